"""Record the checksums of prepared data: ``python competitions/record_checksums.py``.

Run it after a deliberate change of a description or of a ``prepare.py``, and look
at the difference before you commit it: scores from before no longer compare, and
the reference field must be made again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from mle_toolkit.competitions.cards import list_cards, load_card
from mle_toolkit.competitions.data import build


def main(ids: list[str]) -> None:
    """Write ``checksums.txt`` of the competitions named, else of all."""
    for card in [load_card(name) for name in ids] or list_cards("mini"):
        with tempfile.TemporaryDirectory() as folder:
            found = build(card, Path(folder))
        text = "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items()))
        path = card.folder / "checksums.txt"
        changed = not path.exists() or path.read_text("utf-8") != text
        path.write_text(text, encoding="utf-8")
        print(f"{card.id}: {len(found)} files, {'changed' if changed else 'the same'}")


if __name__ == "__main__":
    main(sys.argv[1:])
