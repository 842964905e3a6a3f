"""Static pictures of a trace and of an experiment, for exports and saved notebooks.

They are strings of SVG from the summary that the live view shows, with its marks: no
script, no style sheet, no outside address, and every text escaped.
"""

from __future__ import annotations

from typing import Any

from mle_toolkit.durations import format_duration
from mle_toolkit.reporting import words as said
from mle_toolkit.reporting.live.canvas import (
    BUGGY,
    INK,
    MEDALS,
    MUTED,
    PAPER,
    RULE,
    at,
    card,
    length_of,
    number,
    path,
    safe,
    words,
)
from mle_toolkit.reporting.live.drawing_chart import chart_svg
from mle_toolkit.reporting.live.drawing_tree import tree_svg
from mle_toolkit.reporting.markup import Html, element

__all__ = ["budget_svg", "chart_svg", "matrix_svg", "tree_svg"]

_PHASES = {
    "model": "#0173b2",
    "training": "#029e73",
    "debugging": "#d55e00",
    "tools": "#cc78bc",
    "idle": "#cfd5db",
}
_OTHER = "#949494"
_PAD = 14.0
_SHORTEST_BAR = 40.0


def budget_svg(summary: dict[str, Any], *, width: float = 720) -> str:
    """Return where time, tokens and dollars went as an SVG.

    Parameters
    ----------
    summary
        What `TraceView.summary` returns.
    width
        Pixels.
    """
    budget = summary.get("budget") or {}
    phases = [
        p for p in budget.get("phases") or () if p.get("seconds") or p.get("tokens")
    ]
    spent = sum(number(p.get("seconds")) or 0.0 for p in phases)
    title = budget_text(budget)
    if not spent:
        text = "This trace does not say where its time went."
        return str(card(width, 44, text, words(_PAD, 27, text, fill=MUTED)))
    parts: list[Html] = [words(_PAD, 20, title, size=11, bold=True)]
    room = width - 2 * _PAD
    elapsed, limit = number(budget.get("elapsed_s")), number(budget.get("limit_s"))
    if limit and elapsed is not None:
        parts += _used(min(elapsed / limit, 1.0), width, _PAD + length_of(title, 12))
    x = _PAD
    for phase in phases:
        wide = room * (number(phase.get("seconds")) or 0.0) / spent
        colour = _PHASES.get(phase["name"], _OTHER)
        parts.append(_bar(x, 32, wide, 18, colour))
        share = said.percent((number(phase.get("seconds")) or 0.0) / spent)
        text = f"{safe(phase['name'], 20)} {share}"
        if length_of(text, 10) + 8 < wide:
            ink = INK if phase["name"] == "idle" else PAPER
            parts.append(words(x + 6, 44.5, text, size=10, fill=ink, bold=True))
        x += wide
    legend, tall = _phases(phases, width)
    return str(card(width, tall, f"Budget: {title}", *parts, *legend))


def _used(share: float, width: float, left: float) -> list[Html]:
    """Return how much of the time is used, as a thin bar right of `left`."""
    text = f"{said.percent(share)} of the time"
    wide = length_of(text, 10) + 16
    long = min(200.0, width - _PAD - left - wide)
    if long < _SHORTEST_BAR:
        return [words(width - _PAD, 20, text, size=10, fill=MUTED, anchor="end")]
    x = width - _PAD - long
    return [
        words(x - 6, 20, text, size=10, fill=MUTED, anchor="end"),
        _bar(x, 14, long, 5, RULE, rx="2.5"),
        _bar(x, 14, max(long * share, 1.5), 5, INK, rx="2.5"),
    ]


def budget_text(budget: dict[str, Any]) -> str:
    """Return the time, tokens and dollars of a budget on one line."""
    facts = []
    elapsed, limit = number(budget.get("elapsed_s")), number(budget.get("limit_s"))
    if elapsed is not None:
        of = f" of {format_duration(limit)}" if limit else ""
        facts.append(f"{format_duration(elapsed)}{of}")
    if number(budget.get("tokens")):
        facts.append(f"{said.amount(budget['tokens'])} tokens")
    if number(budget.get("usd")) is not None:
        most = number(budget.get("usd_limit"))
        of = f" of {said.dollars(most)}" if most else ""
        facts.append(f"{said.dollars(budget['usd'])}{of}")
    return " \N{MIDDLE DOT} ".join(facts)


def _phases(phases: list[dict[str, Any]], width: float) -> tuple[list[Html], float]:
    """Return the legend with the numbers, and how high the picture is with it."""
    x, y, made = _PAD, 68.0, []
    for phase in phases:
        facts = [format_duration(number(phase.get("seconds")) or 0.0)]
        if phase.get("tokens"):
            facts.append(f"{said.amount(phase['tokens'])} tokens")
        if number(phase.get("usd")):
            facts.append(said.dollars(phase["usd"]))
        text = f"{safe(phase['name'], 20)} {', '.join(facts)}"
        wide = length_of(text, 10) + 28
        if x + wide > width and x > _PAD:
            x, y = _PAD, y + 16
        made.append(_bar(x, y - 8, 9, 9, _PHASES.get(phase["name"], _OTHER), rx="2"))
        made.append(words(x + 14, y, text, size=10, fill=MUTED))
        x += wide
    return made, y + 14


def _bar(
    x: float, y: float, wide: float, tall: float, fill: str, *, rx: str | None = None
) -> Html:
    return element(
        "rect", x=at(x), y=at(y), width=at(wide), height=at(tall), fill=fill, rx=rx
    )


_STATES = {
    "pending": ("#f1f3f5", "", MUTED),
    "running": ("#bfe0f5", "\N{HORIZONTAL ELLIPSIS}", MUTED),
    "stopping": ("#bfe0f5", "\N{HORIZONTAL ELLIPSIS}", MUTED),
    "lost": (PAPER, "?", MUTED),
    "broken": (PAPER, "!", MUTED),
}
_NO_MEDAL = "#e3e7eb"
_CELL, _ROW = 20.0, 22.0
_MOST_CELLS = 800
_MOST_ROWS = 60
_LONGEST_NAME = 36


def matrix_svg(experiment: dict[str, Any], *, width: float = 720) -> str:
    """Return the attempts of an experiment as a grid of small cells.

    A row is an agent on a competition, a cell a seed: its medal by colour and letter,
    a dot for a valid submission without one, a cross for none.

    Parameters
    ----------
    experiment
        What `ExperimentView.full` returns.
    width
        Pixels.
    """
    attempts = list(experiment.get("attempts") or ())[:_MOST_CELLS]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in attempts:
        key = (str(each.get("competition")), str(each.get("agent")))
        groups.setdefault(key, []).append(each)
    one = len({agent for _, agent in groups}) == 1
    names = [
        safe(name if one else f"{name} \N{MIDDLE DOT} {agent}", _LONGEST_NAME)
        for name, agent in groups
    ][:_MOST_ROWS]
    left = _PAD + max((length_of(name, 11) for name in names), default=0.0) + 16
    per_line = max(1, int((width - _PAD - left) // _CELL))
    y, made = 12.0, []
    cells: list[tuple[dict[str, Any], float, float]] = []
    for name, mine in zip(names, groups.values(), strict=False):
        made.append(words(_PAD, y + 14, name, size=11))
        for index, each in enumerate(mine):
            row, column = divmod(index, per_line)
            place = (left + column * _CELL, y + row * _CELL)
            cells.append((each, *place))
        y += (-(-len(mine) // per_line) - 1) * _CELL + _ROW
    made += _cells(cells) + _matrix_legend(y + 8, attempts)
    undrawn = len(list(experiment.get("attempts") or ())) - len(attempts)
    undrawn += sum(len(mine) for mine in list(groups.values())[_MOST_ROWS:])
    if undrawn:
        text = f"{undrawn} more attempts are not drawn"
        made.append(
            words(width - _PAD, y + 16, text, size=9.5, fill=MUTED, anchor="end")
        )
    label = f"{said.counted(len(attempts), 'attempt')} by competition, agent and seed"
    return str(card(width, y + 30, label, *made))


def _cells(cells: list[tuple[dict[str, Any], float, float]]) -> list[Html]:
    """Return squares with letters: those of one look are one path and one text."""
    looks: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for attempt, x, y in cells:
        looks.setdefault(_look(attempt), []).append((x, y))
    made = []
    side = at(_CELL - 3)
    for (fill, letter, ink), places in looks.items():
        squares = "".join(f"M{at(x)} {at(y)}h{side}v{side}h-{side}z" for x, y in places)
        edge = RULE if fill in {PAPER, _STATES["pending"][0]} else fill
        made.append(path(squares, fill=fill, stroke=edge, stroke_linejoin="round"))
        if letter:
            middle = (_CELL - 3) / 2
            made.append(
                element(
                    "text", letter * len(places), fill=ink, font_size="10",
                    font_weight="600", text_anchor="middle",
                    x=Html(" ".join(at(x + middle) for x, _ in places)),
                    y=Html(" ".join(at(y + 12.3) for _, y in places)),
                )
            )  # fmt: skip
    return made


def _look(attempt: dict[str, Any]) -> tuple[str, str, str]:
    """Return the colour, the letter and the ink of an attempt."""
    medal, state = attempt.get("medal"), str(attempt.get("state"))
    if medal in MEDALS:
        return MEDALS[str(medal)], str(medal)[0].upper(), PAPER
    if state in _STATES:
        return _STATES[state]
    if attempt.get("valid") is None:
        return _NO_MEDAL, "", INK
    if attempt["valid"]:
        return _NO_MEDAL, "\N{MIDDLE DOT}", INK
    return _NO_MEDAL, "\N{MULTIPLICATION SIGN}", BUGGY


def _matrix_legend(y: float, attempts: list[dict[str, Any]]) -> list[Html]:
    examples: dict[str, dict[str, Any]] = {}
    for each in attempts:
        state = str(each.get("state"))
        if each.get("medal") in MEDALS:
            name = str(each["medal"])
        elif state in _STATES:
            name = state
        else:
            name = {True: "valid, no medal", False: "no valid submission"}.get(
                each.get("valid"), "not graded"
            )
        examples.setdefault(name, each)
    x, made = _PAD, []
    order = [*MEDALS, "valid, no medal", "no valid submission", "not graded", *_STATES]
    for name in (name for name in order if name in examples):
        made += _cells([(examples[name], x, y)])
        made.append(words(x + 21, y + 12.5, name, size=9.5, fill=MUTED))
        x += 36 + length_of(name, 9.5)
    return made
