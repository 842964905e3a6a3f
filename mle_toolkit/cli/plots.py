"""Scores over time in a terminal: dots of Braille, with the medal lines beside them."""

from __future__ import annotations

import itertools
from typing import Any

from rich.text import Text

from mle_toolkit.reporting import words
from mle_toolkit.reporting.live.canvas import MEDALS, spread
from mle_toolkit.reporting.live.scores import Scores, limits, scores_of
from mle_toolkit.reporting.live.text import head
from mle_toolkit.reporting.words import time_unit

# Brighter than on paper: most terminals are dark.
LINES = MEDALS | {"median": "#9aa3ad"}
BARS = {
    "model": "#0173b2",
    "training": "#029e73",
    "debugging": "#d55e00",
    "tools": "#cc78bc",
    "idle": "#8a9199",
}
_BEST, _POINT, _TEST = "bold green", "blue", "#de8f05"
# The bits of a character of Braille: rows from the top, two columns.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800
_NAMES = 22
_LEAST = 24


def score_plot(summary: dict[str, Any], *, width: int, rows: int) -> list[Text]:
    """Return the lines of a plot of scores over time.

    Parameters
    ----------
    summary
        What `TraceView.summary` returns.
    width, rows
        Size in characters, without the lines above and below.
    """
    scores = scores_of(summary)
    metric = head(str(summary["header"].get("metric") or "score"), 40)
    ways = {True: ", lower is better", False: ", higher is better", None: ""}
    way = ways[scores.lower]
    title = Text.assemble(("Scores", "bold"), f"  {metric}{way}")
    if not scores.points and not scores.tests:
        failed = f": {len(scores.buggy)} programs failed" if scores.buggy else ""
        return [title, Text(f"no score yet{failed}", style="dim")]
    low, high = limits(scores)
    dots = Dots(max(width - _NAMES, _LEAST), rows)
    _draw(dots, scores, low, high)
    names = _names(scores, low, high, rows)
    lines = [title]
    for row in range(rows):
        line = dots.line(row)
        for text, style in names.get(row, ()):
            line.append(text, style=style)
        lines.append(line)
    unit, seconds = time_unit(scores.end) if scores.timed else ("node", 1.0)
    end = f"{scores.end / seconds:.3g} {unit}"
    axis = f"0{end.rjust(dots.width - 1)}"
    legend = Text.assemble(
        ("━ best so far  ", _BEST), ("⠂ nodes  ", _POINT), ("◆ tests", _TEST)
    )
    beyond = sum(not low <= p.y <= high for p in (*scores.points, *scores.tests))
    if beyond:
        legend.append(f"  {beyond} beyond the edge", style="dim")
    return [*lines, Text(axis, style="dim"), legend]


class Dots:
    """A picture of 2 by 4 dots a character; each character has one style.

    Parameters
    ----------
    width, height
        Characters.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._bits: dict[tuple[int, int], int] = {}
        self._styles: dict[tuple[int, int], str] = {}
        self._marks: dict[tuple[int, int], str] = {}

    def dot(self, x: int, y: int, style: str) -> None:
        """Set a dot; `x` from the left, `y` from the top."""
        if not (0 <= x < 2 * self.width and 0 <= y < 4 * self.height):
            return
        cell = (y // 4, x // 2)
        self._bits[cell] = self._bits.get(cell, 0) | _BITS[y % 4][x % 2]
        self._styles[cell] = style

    def mark(self, x: int, y: int, character: str, style: str) -> None:
        """Put a character where the dot would be."""
        cell = (min(y // 4, self.height - 1), min(x // 2, self.width - 1))
        self._marks[cell] = character
        self._styles[cell] = style

    def rule(self, row: int, style: str) -> None:
        """Draw a line through a whole row, below everything else."""
        for column in range(self.width):
            self._styles.setdefault((row, column), style)
            self._marks.setdefault((row, column), "╌")

    def line(self, row: int) -> Text:
        """Return a row of the picture."""
        text = Text()
        for column in range(self.width):
            cell = (row, column)
            own = chr(_BRAILLE + self._bits[cell]) if cell in self._bits else " "
            mark = self._marks.get(cell)
            shown = own if mark is None or (mark == "╌" and own != " ") else mark
            text.append(shown, style=self._styles.get(cell, ""))
        return text


def _draw(dots: Dots, scores: Scores, low: float, high: float) -> None:
    """Put everything into the picture: first what others may cover."""

    def x(t: float) -> int:
        return round(t / scores.end * (2 * dots.width - 1))

    def y(value: float) -> int:
        return _row(value, low, high, 4 * dots.height)

    for point in scores.points:
        if low <= point.y <= high:
            dots.dot(x(point.t), y(point.y), _POINT)
    _draw_best(dots, [(x(point.t), y(point.y)) for point in scores.best])
    for point in scores.submitted:
        if low <= point.y <= high:
            dots.mark(x(point.t), y(point.y), "\N{BLACK DIAMOND}", _TEST)
    for name, value in scores.lines.items():
        if low <= value <= high:
            dots.rule(y(value) // 4, LINES[name])


def _draw_best(dots: Dots, steps: list[tuple[int, int]]) -> None:
    for (x, y), (until, after) in itertools.pairwise([*steps, (2 * dots.width, -1)]):
        for column in range(x, until):
            dots.dot(column, y, _BEST)
        for row in range(*sorted((y, after))) if after >= 0 else ():
            dots.dot(until, row, _BEST)


def _row(value: float, low: float, high: float, rows: int) -> int:
    """Return the row of a score, from the top."""
    share = (high - min(max(value, low), high)) / (high - low)
    return min(int(share * rows), rows - 1)


def _names(
    scores: Scores, low: float, high: float, rows: int
) -> dict[int, list[tuple[str, str]]]:
    """Return what stands right of each row: one name of a line at most."""
    named = [
        (value, f"{name} {words.score(value)}", LINES[name])
        for name, value in scores.lines.items()
    ]
    if scores.best:
        last = scores.best[-1].y
        named.append((last, f"best {words.score(last)}", _BEST))
    if scores.submitted:
        last = scores.submitted[-1].y
        named.append((last, f"test {words.score(last)}", _TEST))
    shown = sorted(
        (float(_row(value, low, high, rows)), -value, text, style)
        for value, text, style in named
        if low <= value <= high
    )
    places = spread([row for row, *_ in shown], gap=1.0, low=0.0, high=rows - 1.0)
    return {
        min(max(round(place), 0), rows - 1): [(f" {text}", style)]
        for place, (*_, text, style) in zip(places, shown, strict=True)
    }
