"""Graders of MLE-bench against plain formulations, at the competitions' real sizes.

Submissions are generated.  The yardstick is what a careful person would write with
pandas, numpy and scikit-learn.  Both must give the same score; the fastest of some
runs counts, taken in turns.

Run it with ``python benchmarks/graders.py``; name competitions for some of them.  It
exits with 1 when ours is the slower one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import graders_labels
import graders_masks
import graders_numbers
import graders_probabilities
import numpy as np
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPS = (graders_probabilities, graders_numbers, graders_labels, graders_masks)
# Two equal programs differ by this much on a busy machine.
NOISE = 1.1
# A grader that takes longer than this needs no second run to be told apart.
LONG_S = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """One competition: rows per second of ours, and the time it takes of the plain."""

    competition: str
    rows: int
    rows_per_second: float
    plain_rows_per_second: float
    ratio: float


def main() -> int:
    """Measure, print the table, and exit 1 when a grader is slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("competitions", nargs="*", help="ids; all if none is named")
    parser.add_argument("--runs", type=int, default=3, help="runs of each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    cases = itertools.chain.from_iterable(group.cases() for group in GROUPS)
    rows = [
        measure(name, n_rows, ours, plain, runs=chosen.runs)
        for name, n_rows, ours, plain in cases
        if not chosen.competitions or name in chosen.competitions
    ]
    if chosen.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        show(rows)
    return int(any(row.ratio > NOISE for row in rows))


def measure(
    name: str,
    n_rows: int,
    ours: Callable[[], Any],
    plain: Callable[[], Any],
    *,
    runs: int,
) -> Row:
    """Time both in turns; the first run of each also compares the scores."""
    best = {ours: np.inf, plain: np.inf}
    scores = {}
    for run in range(runs):
        for function in (ours, plain):
            if run and best[function] > LONG_S:
                continue
            began = time.perf_counter()
            scores[function] = float(function())
            best[function] = min(best[function], time.perf_counter() - began)
    if not np.isclose(scores[ours], scores[plain], rtol=1e-6):
        msg = f"{name}: {scores[ours]} is not {scores[plain]}"
        raise ValueError(msg)
    return Row(
        name, n_rows, n_rows / best[ours], n_rows / best[plain],
        best[ours] / best[plain],
    )  # fmt: skip


def show(rows: list[Row]) -> None:
    """Print the table for people."""
    table = Table(title="graders: rows per second", box=None, header_style="bold")
    for name in ("competition", "rows", "ours", "plain", "time of plain"):
        table.add_column(name, justify="left" if name == "competition" else "right")
    for row in rows:
        table.add_row(
            row.competition,
            f"{row.rows:,}",
            f"{row.rows_per_second:,.0f}",
            f"{row.plain_rows_per_second:,.0f}",
            f"[{'red' if row.ratio > NOISE else 'green'}]{row.ratio:.2f} x",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
