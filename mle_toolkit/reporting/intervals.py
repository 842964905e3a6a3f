"""Figures with a row for each agent: its medal rate by method, and its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import marked, marks_of, names_of
from mle_toolkit.reporting.curves import whole_ticks
from mle_toolkit.reporting.rows import finish, prepare
from mle_toolkit.reporting.style import (
    MARKERS,
    MUTED,
    check_columns,
    new_figure,
    palette,
    style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NEEDED = ["estimate", "low", "high", "level", "method"]
_METHOD_INCHES, _GAP_INCHES, _PLACE_INCHES = 0.075, 0.085, 0.18
_SEEDS = "sem-over-seeds"


def medal_rate_plot(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    width: str | float = "text",
    xlabel: str = "Medal rate, %",
) -> Figure:
    """Draw medal rates with the intervals of several methods below each other.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.medal_rate` returns.
    by
        Column that names the systems, one row each, the best first.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    xlabel
        What is on the horizontal axis.

    Returns
    -------
    matplotlib.figure.Figure
        Each method has its colour and its marker, in the order of the frame.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, [by, *_NEEDED])
    known = frame[frame["estimate"].notna()]
    if known.empty:
        msg = "no agent to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    methods = list(known["method"].unique())
    first = known[known["method"] == methods[0]]
    ordered = first.sort_values("estimate", ascending=False, kind="stable")
    agents = list(dict.fromkeys([*ordered[by], *known[by]]))
    marks = marks_of(agents, frame.attrs)
    names = names_of(agents)
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        prepare(axes, [marked(names[each], marks[each]) for each in map(str, agents)])
        handles = []
        for at, method in enumerate(methods):
            part = known[known["method"] == method].drop_duplicates(by)
            shift = _shift(at, len(methods))
            y = [agents.index(each) + shift for each in part[by]]
            handles.append(_method(axes, part, y, at))
        axes.set_xlim(0.0, min(1.0, 1.04 * float(known["high"].max(skipna=True))))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:g}"))
        axes.set_xlabel(xlabel)
        used = dict.fromkeys(mark for each in marks.values() for mark in each)
        finish(
            figure,
            axes,
            row_inches=_GAP_INCHES + _METHOD_INCHES * len(methods),
            handles=handles,
            marks=list(used),
        )
    return figure


def rank_plot(
    frame: pd.DataFrame, *, by: str = "agent", width: str | float = "text"
) -> Figure:
    """Draw the place of each agent, and the places that it may deserve.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.rank_intervals` returns.
    by
        Column that names the systems, one row each, the best first.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        Agents without a place stand below the others, and say why.

    Raises
    ------
    UsageError
        When the frame has no such columns, or no agent has a place.
    """
    check_columns(frame, [by, *_NEEDED, "reason"])
    placed = frame[frame["estimate"].notna()]
    if placed.empty:
        msg = "no agent has a place; the column reason says why"
        raise UsageError(msg)
    ordered = placed.sort_values("estimate", kind="stable")
    others = frame[frame["estimate"].isna()]
    agents = [str(each) for each in [*ordered[by], *others[by]]]
    marks, names = marks_of(agents, frame.attrs), names_of(agents)
    colour = palette(1)[0]
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        prepare(axes, [marked(names[each], marks[each]) for each in agents])
        rows = range(len(ordered))
        places = ordered[["low", "estimate", "high"]].astype(float)
        axes.hlines(
            rows, places["low"], places["high"], color=colour, linewidth=3.4,
            alpha=0.35, zorder=2,
        )  # fmt: skip
        axes.plot(
            places["estimate"], rows, linestyle="none", marker="o", markersize=4.0,
            markeredgewidth=0.0, color=colour, zorder=3,
        )  # fmt: skip
        for row, reason in enumerate(others["reason"], start=len(ordered)):
            text = str(reason).partition(";")[0]
            axes.text(1.0, row, text, color=MUTED, fontsize=6.6, va="center")
        axes.set_xlim(0.4, len(ordered) + 0.6)
        axes.set_xticks(whole_ticks(len(ordered)))
        axes.set_xlabel("Place")
        used = dict.fromkeys(mark for each in marks.values() for mark in each)
        finish(
            figure,
            axes,
            row_inches=_PLACE_INCHES,
            handles=_places_legend(placed, colour),
            marks=list(used),
        )
    return figure


def _shift(at: int, of: int) -> float:
    """Return how far below the middle of its row a method stands."""
    height = of * _METHOD_INCHES / (_GAP_INCHES + of * _METHOD_INCHES)
    return height * ((at + 0.5) / of - 0.5)


def _method(axes: Axes, part: pd.DataFrame, y: list[float], at: int) -> Line2D:
    """Draw one method's interval in every row; return its entry in the legend."""
    look = {"color": _colour(at), "marker": MARKERS[at % len(MARKERS)]}
    axes.hlines(
        y, part["low"], part["high"], color=look["color"],
        linewidth=1.7 if at == 0 else 1.2, zorder=2,
    )  # fmt: skip
    axes.plot(
        part["estimate"], y, linestyle="none", markersize=3.6 if at == 0 else 3.0,
        markeredgewidth=0.0, zorder=3, clip_on=False, **look,
    )  # fmt: skip
    return Line2D(
        [], [], label=_words(part.iloc[0]), linewidth=1.7 if at == 0 else 1.2,
        markersize=4.0, markeredgewidth=0.0, **look,
    )  # fmt: skip


def _words(row: pd.Series) -> str:
    """Return the name of a method, and for the known ones what its interval says."""
    name, percent = str(row["method"]), f"{100 * row['level']:g} %"
    if name.startswith(_SEEDS):
        return f"{name}, as MLE-bench has it"
    if name.startswith("end-atom"):
        target = "these" if name.endswith("-fixed") else "other"
        return f"{name}: {percent} for {target} competitions"
    return name


def _places_legend(table: pd.DataFrame, colour: str) -> list[Line2D]:
    level = 100 * float(table["level"].iloc[0])
    at_once = " all at once" if table["method"].eq("pairwise").all() else ""
    return [
        Line2D(
            [], [], linestyle="none", marker="o", markersize=4.5, markeredgewidth=0.0,
            color=colour, label="place by the mean",
        ),
        Line2D(
            [], [], linewidth=3.4, color=colour, alpha=0.35,
            label=f"places that the data allow ({level:g} %{at_once})",
        ),
    ]  # fmt: skip


def _colour(at: int) -> str:
    # Blue, orange, green ... ; the second is MLE-bench's own in the leaderboard, too.
    order = (0, 3, 2, 1, 4, 5, 8, 7)
    return palette(10)[order[at % len(order)]]
