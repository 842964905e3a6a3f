"""Scores over time as a static picture, with the rules of the live chart.

Points are nodes, the dark line is the best validation score so far, diamonds are test
scores of snapshots, and horizontal lines are the medals and the leaderboard's median.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting import words as said
from mle_toolkit.reporting.live.canvas import (
    BUGGY,
    DASHES,
    INK,
    MEDALS,
    MUTED,
    PAPER,
    TEST,
    Scale,
    at,
    card,
    length_of,
    line,
    mark,
    number,
    outline,
    path,
    spread,
    stage_of,
    tick_text,
    ticks,
    words,
)
from mle_toolkit.reporting.live.forest import best_of
from mle_toolkit.reporting.live.scores import Point, Scores, limits, scores_of
from mle_toolkit.reporting.words import time_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.reporting.markup import Html

_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 128.0, 40.0, 36.0
# The band below the plot in which buggy programs are ticked.
_STRIP = 14.0
# More marks than this say nothing more.
_MOST_MARKS = 160
_GAP = 11.5
_BEST_LINE = {"stroke": INK, "stroke_width": "1.8"}
_TEST_LINE = {"stroke": TEST, "stroke_width": "1.5", "stroke_dasharray": "5 2"}
_WAYS = {
    True: ", \N{DOWNWARDS ARROW} lower is better",
    False: ", \N{UPWARDS ARROW} higher is better",
}


def chart_svg(
    summary: dict[str, Any], *, width: float = 720, height: float = 280
) -> str:
    """Return the scores of a trace over time as an SVG.

    Parameters
    ----------
    summary
        What `TraceView.summary` returns.
    width, height
        Pixels.

    Returns
    -------
    str
        Less than 60 kB, however many nodes there are.  The axis keeps the direction
        of the metric and says which way is better; scores far beyond the medal lines
        are counted at the edge.
    """
    scores = scores_of(summary)
    if not scores.points and not scores.tests:
        return _empty(width, summary, scores)
    plot = _Plot(scores, width, height)
    parts = [
        *plot.axes(str((summary.get("header") or {}).get("metric") or "score")),
        *plot.legend(),
        *plot.medals(),
        *plot.steps(),
        *plot.nodes(),
        *plot.outside(),
        *plot.strip(),
        *plot.test_marks(),
        *plot.end_labels(),
    ]
    return str(card(width, height, _label(summary, scores), *parts))


class _Plot:
    """Knows where times and scores are in the picture, and draws them."""

    def __init__(self, scores: Scores, width: float, height: float) -> None:
        self.scores = scores
        self.right, self.bottom = width - _RIGHT, height - _BOTTOM - _STRIP
        self.low, self.high = limits(scores)
        self.end = scores.end * 1.04
        self.floor = self.bottom + _STRIP

    def x(self, t: float) -> float:
        return _LEFT + (self.right - _LEFT) * t / self.end

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - (self.bottom - _TOP) * share

    def inside(self, point: Point) -> bool:
        return self.low <= point.y <= self.high

    def axes(self, metric: str) -> list[Html]:
        made: list[Html] = []
        marks = ticks(self.low, self.high, most=max(2, int((self.bottom - _TOP) / 36)))
        step = marks[1] - marks[0] if marks[1:] else self.high - self.low
        for value in marks:
            y = self.y(value)
            made.append(line([(_LEFT, y), (self.right, y)], stroke="#eceef1"))
            text = tick_text(value, step)
            made.append(
                words(_LEFT - 6, y + 3.5, text, size=10, fill=MUTED, anchor="end")
            )
        unit, seconds = time_unit(self.end) if self.scores.timed else ("node", 1.0)
        times = ticks(
            0.0, self.end / seconds, most=max(2, int((self.right - _LEFT) / 80))
        )
        step = times[1] - times[0] if times[1:] else self.end
        for value in times:
            x = self.x(value * seconds)
            made.append(line([(x, self.floor), (x, self.floor + 4)], stroke=MUTED))
            text = tick_text(value, step)
            made.append(
                words(x, self.floor + 15, text, size=10, fill=MUTED, anchor="middle")
            )
        corner = [(_LEFT, _TOP), (_LEFT, self.floor), (self.right, self.floor)]
        made.append(line(corner, stroke=MUTED))
        name = f"time since the start ({unit})" if self.scores.timed else "node number"
        x, y = self.right, self.floor + 29
        made.append(words(x, y, name, size=10, fill=MUTED, anchor="end"))
        way = _WAYS.get(self.scores.lower, "")
        made.append(words(14, 18, metric + way, size=10.5, fill=INK))
        return made

    def legend(self) -> list[Html]:
        entries: list[tuple[str, Any]] = [("best validation so far", _BEST_LINE)]
        if self.scores.submitted:
            entries.append(("its test score", _TEST_LINE))
        if self.scores.tests:
            entries.append(("test of a snapshot", None))
        entries = entries if self.scores.best or self.scores.tests else []
        x, made = self.right + _RIGHT - 14, []
        for text, look in reversed(entries):
            x -= length_of(text, 9.5)
            made.append(words(x, 17.5, text, size=9.5, fill=MUTED))
            if look is None:
                made.append(mark("test", x - 9, 14, 3.6, fill=PAPER, stroke=TEST))
            else:
                made.append(
                    path(f"M{at(x - 22)} 17H{at(x - 13)}V11H{at(x - 5)}", **look)
                )
            x -= 34
        return made

    def medals(self) -> list[Html]:
        return [
            line(
                [(_LEFT, self.y(value)), (self.right, self.y(value))],
                stroke=MEDALS[name], stroke_width="1.1", stroke_dasharray=DASHES[name],
            )
            for name, value in self.scores.lines.items()
            if self.low <= value <= self.high
        ]  # fmt: skip

    def steps(self) -> list[Html]:
        """Return the lines of the best so far, clipped to the plot by hand."""
        made = []
        for points, look in (
            (self.scores.submitted, _TEST_LINE),
            (self.scores.best, _BEST_LINE),
        ):
            if not points:
                continue
            steps = ""
            for point in points:
                y = min(max(self.y(point.y), _TOP), self.bottom)
                steps += (
                    f"H{at(self.x(point.t))}V{at(y)}"
                    if steps
                    else f"M{at(self.x(point.t))} {at(y)}"
                )
            made.append(path(f"{steps}H{at(self.x(self.scores.end))}", **look))
        return made

    def nodes(self) -> list[Html]:
        """Return the marks of nodes: those of one look are one path."""
        if not self.scores.points:
            return []
        values = [point.y for point in self.scores.points]
        scale = Scale(values, lower=bool(self.scores.lower))
        groups: dict[str, str] = {}
        for point in _thinned([p for p in self.scores.points if self.inside(p)]):
            place = outline(
                stage_of(point.about), self.x(point.t), self.y(point.y), 3.8
            )
            fill = scale.of(point.y)
            groups[fill] = groups.get(fill, "") + place
        return [
            path(places, fill=fill, stroke=INK, stroke_width="0.5")
            for fill, places in groups.items()
        ]

    def outside(self) -> list[Html]:
        """Return heads of arrows and a count where scores lie beyond an edge."""
        every = (*self.scores.points, *self.scores.tests)
        beyond = [p for p in every if not self.inside(p)]
        made: list[Html] = []
        for over in (True, False):
            mine = [p for p in beyond if (p.y > self.high) is over]
            if not mine:
                continue
            y, way = (_TOP, 5) if over else (self.bottom, -5)
            heads = sorted({round(self.x(p.t) / 3) * 3 for p in mine})
            steps = "".join(
                f"M{x - 3} {at(y + way)}L{x} {at(y)}L{x + 3} {at(y + way)}"
                for x in heads
            )
            made.append(path(steps, stroke=MUTED))
            text = f"{said.counted(len(mine), 'score')} beyond this edge"
            look = {"size": 9.5, "fill": MUTED, "anchor": "end", "halo": True}
            made.append(words(self.right - 4, y - (6 if over else 8), text, **look))
        return made

    def strip(self) -> list[Html]:
        if not self.scores.buggy:
            return []
        places = sorted({round(self.x(t)) for t in self.scores.buggy})
        top = at(self.bottom + 3)
        ticked = "".join(f"M{at(x)} {top}v8" for x in places)
        text = f"{len(self.scores.buggy)} buggy"
        return [
            path(ticked, stroke=BUGGY, stroke_width="1.4"),
            words(self.right + 8, self.bottom + 11, text, size=10, fill=BUGGY),
        ]

    def test_marks(self) -> list[Html]:
        tests = [point for point in self.scores.tests if self.inside(point)]
        others = _thinned([p for p in tests if not p.about.get("chosen")])
        places = [outline("test", self.x(p.t), self.y(p.y), 3.6) for p in others]
        made = [path("".join(places), fill=PAPER, stroke=TEST)] if places else []
        for point in (point for point in tests if point.about.get("chosen")):
            x, y = self.x(point.t), self.y(point.y)
            made.append(mark("draft", x, y, 8, stroke=INK, stroke_width="1.4"))
            made.append(mark("test", x, y, 5, fill=TEST, stroke=TEST))
        return made

    def end_labels(self) -> list[Html]:
        """Return the names of lines at their right ends, kept apart."""
        scores = self.scores
        named = [
            (
                value,
                f"{'board median' if name == 'median' else name} {said.score(value)}",
                MEDALS[name],
            )
            for name, value in scores.lines.items()
        ]
        if scores.best:
            named.append(
                (scores.best[-1].y, f"best valid. {said.score(scores.best[-1].y)}", INK)
            )
        if scores.submitted:
            last = scores.submitted[-1]
            name = "submitted" if last.about.get("chosen") else "its test"
            named.append((last.y, f"{name} {said.score(last.y)}", TEST))
        shown = sorted(
            (self.y(v), text, c) for v, text, c in named if self.low <= v <= self.high
        )
        # Below them stands how many programs were buggy.
        floor = self.bottom - (_GAP / 2 if scores.buggy else 0.0)
        places = spread([y for y, _, _ in shown], gap=_GAP, low=_TOP, high=floor)
        made = []
        for (y, text, colour), place in zip(shown, places, strict=True):
            x = self.right
            made.append(
                line([(x + 1, y), (x + 5, place)], stroke=colour, stroke_width="0.8")
            )
            made.append(words(x + 8, place + 3.5, text, size=10, fill=colour))
        return made


def _thinned(points: Sequence[Point]) -> list[Point]:
    every = -(-len(points) // _MOST_MARKS) or 1
    return list(points[::every])


def _empty(width: float, summary: dict[str, Any], scores: Scores) -> str:
    if scores.buggy:
        text = f"No score yet: {said.counted(len(scores.buggy), 'program')} failed."
    elif (summary.get("header") or {}).get("imported"):
        text = "This imported trace has no scores."
    else:
        text = "No score yet."
    return str(card(width, 60, text, words(16, 35, text, fill=MUTED)))


def _label(summary: dict[str, Any], scores: Scores) -> str:
    text = f"Scores over time: {said.counted(len(scores.points), 'scored node')}"
    best = best_of([point.about for point in scores.points], lower=scores.lower)
    if best is not None:
        text += f", best validation {said.score(best['m'])}"
    score = number((summary.get("header") or {}).get("score"))
    return text + (f", test score {said.score(score)}" if score is not None else "")
