"""How often the intervals cover, the tests err, and the forecasts hold.

Every section simulates worlds whose truth is known, calls the public functions
of `mle_toolkit.stats` on the data, and counts.  The tables go to
``docs/calibration.md``; each section replaces its own part of that page only.

    python benchmarks/calibration.py                     # everything, an hour
    python benchmarks/calibration.py rates --effort 0.1  # one section, roughly
    python benchmarks/calibration.py rates comparisons scores --out docs/calibration.md

A section is a module ``calibration_NAME.py`` beside this one, with a function
``run(effort, seed)`` that returns a `Report`.  At effort 1 it takes its full
number of repetitions.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Threads are limited before numpy is imported.
import numpy as np  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

HERE = Path(__file__).resolve().parent
SECTIONS = ("rates", "comparisons", "scores", "forecasts")
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"
LOWEST = 92.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a section found.

    Attributes
    ----------
    markdown
        Its part of the page, from its heading on.
    broken
        Promises that did not hold, in words; empty when all did.
    """

    markdown: str
    broken: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """Coverage and widths of one method over many cells.

    A cell is one combination of world, competitions and attempts.

    Attributes
    ----------
    coverage
        Share of intervals that held the truth, in percent, one entry per cell.
    widths
        Mean width of those that were defined.
    undefined
        Share of those that were not, in percent.
    cells
        Name of each cell.
    """

    coverage: list[float] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    undefined: list[float] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)

    def add(self, cell: str, limits: ArrayLike, truth: float) -> None:
        """Count one cell.  A limit that is NaN covers nothing."""
        low, high = np.array(limits, dtype=np.float64).T
        slack = 1e-12
        inside = (low <= truth + slack) & (high >= truth - slack)
        self.coverage.append(100.0 * float(inside.mean()))
        known = ~np.isnan(high - low)
        self.widths.append(float((high - low)[known].mean()) if known.any() else np.nan)
        self.undefined.append(100.0 * float(1.0 - known.mean()))
        self.cells.append(cell)

    @property
    def mean(self) -> float:
        """Mean coverage over cells."""
        return float(np.mean(self.coverage))

    @property
    def worst(self) -> float:
        """Coverage of the worst cell."""
        return float(np.min(self.coverage))

    @property
    def worst_cell(self) -> str:
        """Name of the worst cell."""
        return self.cells[int(np.argmin(self.coverage))]

    def row(self, name: str, reference: Tally) -> list[str]:
        """Return the row of a table; widths are relative to the reference."""
        coverage = np.array(self.coverage)
        ratio = np.nanmean(np.array(self.widths) / np.array(reference.widths))
        return [
            name,
            f"{self.mean:.1f}",
            f"{self.worst:.1f}",
            f"{np.quantile(coverage, 0.05):.1f}",
            f"{100 * (coverage < LOWEST).mean():.0f} %",
            f"{np.mean(self.undefined):.0f} %",
            f"{ratio:.2f}",
            self.worst_cell,
        ]


COVERAGE_COLUMNS = (
    "method",
    "mean %",
    "worst %",
    "5 % of cells below",
    "cells below 92 %",
    "undefined",
    "width",
    "worst cell",
)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def repetitions(full: int, effort: float, *, least: int = 40) -> int:
    """Return how often a cell is simulated at this effort."""
    return max(least, round(full * effort))


def section_names() -> list[str]:
    """Return the sections that exist, in their order on the page."""
    return [name for name in SECTIONS if (HERE / f"calibration_{name}.py").exists()]


def runner(name: str) -> Callable[[float, int], Report]:
    """Return the function that runs a section."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    return importlib.import_module(f"calibration_{name}").run


def replace_section(page: str, name: str, markdown: str) -> str:
    """Return the page with the part of one section exchanged, or put at its end."""
    begin, end = BEGIN.format(name), END.format(name)
    part = f"{begin}\n{markdown.strip()}\n{end}"
    if begin in page:
        head, rest = page.split(begin, 1)
        return head + part + rest.split(end, 1)[1]
    return f"{page.rstrip()}\n\n{part}\n"


def main() -> int:
    """Run the sections, show them or write the page; exit 1 on a broken promise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", help="by default all")
    parser.add_argument("--effort", type=float, default=1.0, help="1 is the full run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="the page to update")
    chosen = parser.parse_args()
    broken: list[str] = []
    for name in chosen.sections or section_names():
        start = time.perf_counter()
        report = runner(name)(chosen.effort, chosen.seed)
        took = time.perf_counter() - start
        print(f"{report.markdown}\n\n({name}: {took:.0f} s)\n", flush=True)
        broken += report.broken
        if chosen.out is not None:
            page = chosen.out.read_text(encoding="utf-8")
            page = replace_section(page, name, report.markdown)
            chosen.out.write_text(page, encoding="utf-8")
    for promise in broken:
        print(f"BROKEN: {promise}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
