"""How quickly the live view shows what happens, and what it costs, in a real browser.

A real JupyterLab, a real kernel and Chromium.  The clock: writers stamp what they
write, and the page notes when a row is in the document.  What takes time is compared
with a reference of the same run: what JupyterLab itself needs, a short log, few
attempts, or a plain loop.

Run it with ``make bench-ui``; ``--pictures`` writes a picture of each pane to
``reports/ui/`` instead.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
# What drives the browser is shared with the tests.
sys.path[:0] = [str(HERE), str(HERE.parent)]

from rows import Row, finish  # noqa: E402
from ui_measures import EVENTS, MEASUREMENTS, Desk  # noqa: E402

from tests.ui.lab import JupyterLab, browser_of, find_browser  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> int:
    """Measure, print the table, and exit 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement")
    parser.add_argument("--events", type=int, default=EVENTS, help="of the long log")
    parser.add_argument("--only", help="a word of the measurement's name")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--pictures", action="store_true", help="write reports/ui/")
    chosen = parser.parse_args()
    path = find_browser()
    if path is None:
        sys.exit("there is no chromium and no google-chrome on the PATH")

    rows: list[Row] = []
    with desk(path) as table:
        if chosen.pictures:
            import ui_pictures

            print(ui_pictures.write(table, HERE.parent / "reports" / "ui"))
            return 0
        for name, measure in MEASUREMENTS.items():
            if chosen.only is None or chosen.only in name:
                print(f"{name} ...", file=sys.stderr)
                rows += measure(table, chosen)
    title = "The live view in JupyterLab and Chromium"
    return finish(title, rows, as_json=chosen.json)


@contextlib.contextmanager
def desk(path: str) -> Iterator[Desk]:
    """Start everything in a folder of its own, and leave nothing behind."""
    precise = "--enable-precise-memory-info"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        lab = JupyterLab(home / "lab")
        try:
            with browser_of(path, precise) as browser:
                yield Desk(lab.wait(), browser, home)
        finally:
            lab.end()


if __name__ == "__main__":
    sys.exit(main())
