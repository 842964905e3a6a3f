"""The rows of the tables: ours beside a reference of the same run.

Seconds of one machine say little about another one, ratios do.  So a bound of speed is
the bound of a ratio.  What no processor makes faster, such as memory, has a bound of
its own.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question: ours and the reference, run by run, and what is promised.

    Attributes
    ----------
    question, reference
        What is measured; without a reference the bound is one of ours itself.
    ours, theirs
        One value a run; those of the same run are divided.
    unit
        The unit of both.
    bound
        The most that the median of the ratios may be; None is no promise.
    at_least
        The bound is the least instead.
    """

    question: str
    ours: list[float]
    unit: str = "s"
    reference: str = ""
    theirs: list[float] = field(default_factory=list)
    bound: float | None = None
    at_least: bool = False

    @property
    def bounded(self) -> list[float]:
        """What the bound is about: ratios, or ours where there is no reference."""
        if not self.reference:
            return self.ours
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]

    @property
    def kept(self) -> bool:
        """Whether the median keeps the bound; NaN keeps none."""
        if self.bound is None:
            return True
        middle = statistics.median(self.bounded)
        return middle >= self.bound if self.at_least else middle <= self.bound

    def cells(self) -> list[str]:
        """Return the row as texts."""
        theirs = ratio = spread = bound = verdict = ""
        if self.reference:
            theirs = f"{_short(statistics.median(self.theirs))} {self.unit}"
            ratio = _short(statistics.median(self.bounded))
            spread = f"{_short(min(self.bounded))} to {_short(max(self.bounded))}"
        if self.bound is not None:
            sign = "≥" if self.at_least else "≤"
            unit = "" if self.reference else f" {self.unit}"
            bound = f"{sign} {_short(self.bound)}{unit}"
            verdict = "[green]ok[/]" if self.kept else "[red]broken[/]"
        ours = f"{_short(statistics.median(self.ours))} {self.unit}"
        return [
            self.question, ours, self.reference, theirs, ratio, spread, bound, verdict
        ]  # fmt: skip


def finish(title: str, rows: list[Row], *, as_json: bool = False) -> int:
    """Print the rows for people or for a machine; return 1 when a bound is broken."""
    if as_json:
        found = [asdict(row) | {"of": row.bounded, "kept": row.kept} for row in rows]
        print(json.dumps(found, indent=1))
    else:
        show(title, rows)
    return int(not all(row.kept for row in rows))


def show(title: str, rows: list[Row]) -> None:
    """Print the rows as a table."""
    table = Table(title=title)
    for name in ("", "ours", "reference", "", "ratio", "of all runs", "bound", ""):
        left = name == "reference" or not table.columns
        table.add_column(name, justify="left" if left else "right")
    for row in rows:
        table.add_row(*row.cells())
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _short(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"  # noqa: PLR2004
