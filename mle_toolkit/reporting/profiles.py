"""The figure of performance profiles: the share of attempts beyond each percentile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import names_of
from mle_toolkit.reporting.layout import heighten, legend_outside, settle
from mle_toolkit.reporting.style import (
    LINES,
    MARKERS,
    check_columns,
    new_figure,
    palette,
    style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_MARKERS_PER_LINE = 6
_MOST_BANDS = 4
# The share of the axes, from the upper right corner, that falling lines leave free.
_FREE = 0.5


def performance_profile_plot(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    width: str | float = "text",
    xlabel: str = "Percentile \u03c4 of the leaderboard",
    ylabel: str = "Attempts beyond \u03c4",
) -> Figure:
    """Draw the share of attempts beyond each threshold, a step line for each agent.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.performance_profile` returns.
    by
        Column that names the systems; each has its colour, line and marker.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    xlabel, ylabel
        What is on the axes.

    Returns
    -------
    matplotlib.figure.Figure
        The bands are the intervals of the frame, which hold at each threshold alone;
        with more than four systems they are left out.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, [by, "tau", "estimate", "low", "high"])
    known = frame[frame["estimate"].notna()]
    if known.empty:
        msg = "no profile to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    systems = list(known[by].unique())
    names = names_of(systems)
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        handles = [
            _line(
                axes,
                known[known[by] == each].sort_values("tau"),
                at,
                names[str(each)],
                band=len(systems) <= _MOST_BANDS,
            )
            for at, each in enumerate(systems)
        ]
        axes.set_xlim(float(known["tau"].min()), float(known["tau"].max()) + 1e-9)
        axes.set_ylim(0.0, 1.0)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        _legend(figure, axes, handles)
        settle(figure)
    return figure


def _legend(figure: Figure, axes: Axes, handles: list[Line2D]) -> None:
    """Write the legend where profiles leave room; above the axes if it needs more."""
    legend = axes.legend(handles=handles, loc="upper right", handlelength=2.6)
    figure.draw_without_rendering()
    box, room = legend.get_window_extent(), axes.get_window_extent()
    if box.width > _FREE * room.width or box.height > _FREE * room.height:
        legend.remove()
        heighten(figure, legend_outside(figure, handles, handlelength=2.6))


def _line(axes: Axes, table: pd.DataFrame, at: int, name: str, *, band: bool) -> Line2D:
    colour = palette(10)[at % 10]
    # The share changes right behind a score, so that a step stands before it.
    if band:
        axes.fill_between(
            table["tau"], table["low"], table["high"], step="post", color=colour,
            alpha=0.1, linewidth=0, zorder=1,
        )  # fmt: skip
        for edge in ("low", "high"):
            axes.plot(
                table["tau"], table[edge], drawstyle="steps-post", color=colour,
                alpha=0.4, linewidth=0.5, zorder=1,
            )  # fmt: skip
    every = max(len(table) // _MARKERS_PER_LINE, 1)
    (line,) = axes.plot(
        table["tau"], table["estimate"], drawstyle="steps-post", color=colour,
        linewidth=1.6, linestyle=LINES[at % len(LINES)],
        marker=MARKERS[at % len(MARKERS)], markersize=3.6,
        markevery=(min(at, every - 1), every), label=name, zorder=3 + at,
    )  # fmt: skip
    return line
