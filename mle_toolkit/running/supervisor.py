"""The process that owns one attempt: ``python -m mle_toolkit.running.supervisor``.

It claims a try before it imports anything of weight, so that it is ready in
milliseconds; then `supervision` takes over.
"""

import os
import sys

from mle_toolkit.claims import claim_next

USAGE = 2


def main(argv: list[str]) -> int:
    """Supervise the attempt in the folder ``argv[1]``; return the exit code."""
    try:
        folder = os.path.abspath(argv[1])
    except IndexError:
        print("usage: python -m mle_toolkit.running.supervisor ATTEMPT_FOLDER")
        return USAGE
    number = claim_next(folder)
    if number is None:
        print(f"{folder}: published already, or another supervisor has it")
        return 0
    from pathlib import Path

    from mle_toolkit.running.supervision import supervise

    return 0 if supervise(Path(folder), number) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
