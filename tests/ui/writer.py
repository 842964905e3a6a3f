"""A process that owns a try and appends events to its log when it is told to.

It reads lines from its standard input: how many events, at about how many per second
(0: at once), how many characters each.  It answers each line with how many it has
written in all.  The text of an event is its number and the time when it was written.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Writer:
    """The handle on such a process."""

    def __init__(self, folder: Path) -> None:
        self.total = 0
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
        )
        self._heard()

    @property
    def pid(self) -> int:
        """The owner of the try."""
        return self._process.pid

    def write(self, count: int, *, hz: float = 0.0, size: int = 0) -> int:
        """Let it write; return how many events there are when it has."""
        self.begin(count, hz=hz, size=size)
        return self.end()

    def begin(self, count: int, *, hz: float = 0.0, size: int = 0) -> None:
        """Let it write, without waiting for it."""
        self._process.stdin.write(f"{count} {hz} {size}\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Wait until it has written all; return how many events there are."""
        return self._heard()

    def close(self) -> None:
        """End the process: its attempt is lost then."""
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def _heard(self) -> int:
        said = self._process.stdout.readline()
        if not said:
            message = f"the writer has ended with {self._process.wait()}"
            raise RuntimeError(message)
        self.total = int(said)
        return self.total


def main() -> None:
    """Claim the try, then write as told until the input ends."""
    from mle_toolkit.store.processes import current_owner
    from mle_toolkit.traces import EventWriter

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    (folder / "claim").write_text(json.dumps(current_owner().to_dict()))
    log = EventWriter(folder)
    start = {"agent": "tree-search/offline", "model": "offline", "seed": 0}
    log.append("start", start)
    total, uneven = 1, random.Random(0)
    say(total)
    for line in sys.stdin:
        count, hz, size = (float(word) for word in line.split())
        for _ in range(int(count)):
            if hz:
                # Uneven, so that no reader can be in step with it.
                time.sleep(uneven.uniform(0.5, 1.5) / hz)
            total += 1
            text = f"event {total} at {time.time():.4f} "
            log.append("note", {"text": text.ljust(int(size), "x")})
        say(total)


def say(total: int) -> None:
    """Tell how many events there are."""
    sys.stdout.write(f"{total}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
