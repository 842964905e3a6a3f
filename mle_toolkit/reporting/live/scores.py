"""Scores over time as charts show them: points, the best so far, tests, limits.

The front end's chart follows the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mle_toolkit.reporting.live.canvas import MEDALS, is_scored, number

if TYPE_CHECKING:
    from collections.abc import Iterable

# Spans of the medal lines below the worst of them that the picture still shows, and
# those that it shows for the sake of a final score.
_STUMBLE, _FINAL = 2.0, 6.0


class Point(NamedTuple):
    """A score at a time, of a node or of a test."""

    t: float
    y: float
    about: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the chart shows of a summary.

    Attributes
    ----------
    timed
        Whether `t` is seconds; otherwise it is the number of the node.
    points, best, tests, submitted
        Nodes with a score, those that were the best so far, graded snapshots, and
        those of them that were or would have been handed in.
    buggy
        Times of nodes that failed.
    lines
        Scores of the medals and of the median.
    end
        Where time ends.
    """

    lower: bool | None
    timed: bool
    points: list[Point]
    best: list[Point]
    tests: list[Point]
    submitted: list[Point]
    buggy: list[float]
    lines: dict[str, float]
    end: float


def scores_of(summary: dict[str, Any]) -> Scores:
    """Return what a chart shows of a trace's summary, in order of time."""
    lower = (summary.get("header") or {}).get("lower")
    chart = summary.get("chart") or {}
    nodes = [node for node in summary.get("nodes") or () if node.get("bug") is not None]
    timed = any(number(node.get("t")) is not None for node in nodes)
    key = "t" if timed else "n"
    points = _sorted((n.get(key), n["m"], n) for n in nodes if is_scored(n))
    key = "t" if timed else "node"
    tests = _sorted((t.get(key), t.get("score"), t) for t in chart.get("tests") or ())
    best: list[Point] = []
    for point in points if lower is not None else ():
        if not best or (point.y < best[-1].y if lower else point.y > best[-1].y):
            best.append(point)
    places = (number(n.get("t" if timed else "n")) for n in nodes if n.get("bug"))
    buggy = sorted(place for place in places if place is not None)
    elapsed = number((summary.get("budget") or {}).get("elapsed_s")) if timed else None
    ends = [
        elapsed or 0.0,
        *buggy[-1:],
        *(each[-1].t for each in (points, tests) if each),
    ]
    known = {name: number((chart.get("lines") or {}).get(name)) for name in MEDALS}
    return Scores(
        lower=lower,
        timed=timed,
        points=points,
        best=best,
        tests=tests,
        submitted=_submitted(tests, best),
        buggy=buggy,
        lines={name: value for name, value in known.items() if value is not None},
        end=max(ends) or 1.0,
    )


def limits(scores: Scores) -> tuple[float, float]:
    """Return limits that hold medals and good scores, but not every early stumble."""
    sign = 1.0 if scores.lower else -1.0
    worst = max if scores.lower else min
    values = [point.y for point in (*scores.points, *scores.tests)]
    values.sort(key=lambda y: sign * y)
    lines = list(scores.lines.values())
    edge = worst(values or lines or [1.0])
    finals = [each[-1].y for each in (scores.best, scores.submitted) if each]
    inside = list(lines)
    if len(lines) > 1:
        span = max(lines) - min(lines)
        edge = worst(lines) + sign * _STUMBLE * span
        inside.append(worst(lines) + sign * 0.35 * span)
        reach = worst(lines) + sign * _FINAL * span
        edge = worst([edge, *(y for y in finals if sign * (y - reach) < 0)])
    elif len(values) > 3:  # noqa: PLR2004 - fewer have no middle worth the name
        middle = abs(values[len(values) // 2] - values[0])
        edge = values[0] + sign * 4.0 * middle if middle else edge
    inside += [y for y in values if sign * (y - edge) <= 0] or values[:1] or [0.0]
    low, high = min(inside), max(inside)
    pad = 0.07 * (high - low) or 0.05 * abs(high) or 0.05
    return low - pad, high + pad


def _sorted(rows: Iterable[tuple[Any, Any, dict[str, Any]]]) -> list[Point]:
    points = []
    for t, y, about in rows:
        if (place := number(t)) is not None and (value := number(y)) is not None:
            points.append(Point(place, value, about))
    return sorted(points, key=lambda point: point.t)


def _submitted(tests: list[Point], best: list[Point]) -> list[Point]:
    """Return the tests of what was the best by validation, up to what was handed in."""
    leaders = {point.about.get("n") for point in best}
    chosen = next((point for point in tests if point.about.get("chosen")), None)
    until = chosen.t if chosen else float("inf")
    return [
        point
        for point in tests
        if point is chosen or (point.about.get("node") in leaders and point.t <= until)
    ]
