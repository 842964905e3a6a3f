"""The figure of the power of designs against the true difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, PercentFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.labels import Label, label_right
from mle_toolkit.reporting.layout import heighten, legend_outside, settle
from mle_toolkit.reporting.style import (
    INK,
    LINES,
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

_DESIGN = ["competitions", "seeds"]
_MOST_BANDS = 3
_MARKERS_PER_LINE = 8


def power_plot(
    frame: pd.DataFrame, *, wanted: float = 0.8, width: str | float = "text"
) -> Figure:
    """Draw the probability of finding a difference, a line for each design.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.power_curve` returns.
    wanted
        Power at which a line is drawn across.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        Colours and markers tell the attempts of each agent on each competition, line
        styles the number of competitions.  The bands hold the error of the variances
        of a pilot; with more than three designs they are left out.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, [*_DESIGN, "delta", "estimate", "low", "high", "level"])
    known = frame[frame["estimate"].notna()]
    if known.empty:
        msg = "no power to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    sizes, seeds = (list(known[name].unique()) for name in _DESIGN)
    with style():
        figure = new_figure(width, ratio=0.66)
        axes = figure.add_subplot()
        axes.axhline(wanted, color=MUTED, linewidth=0.8, linestyle=LINES[2], zorder=1)
        for (size, each), part in known.groupby(_DESIGN, sort=False):
            look = _look(seeds.index(each), sizes.index(size))
            _line(axes, part.sort_values("delta"), look,
                  band=len(sizes) * len(seeds) <= _MOST_BANDS)  # fmt: skip
        axes.set_xlim(float(known["delta"].min()), float(known["delta"].max()))
        axes.set_ylim(0.0, 1.02)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:g}"))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("True difference of the medal rates, points")
        axes.set_ylabel("Probability of finding it")
        handles = _legend(sizes, seeds)
        legend = legend_outside(figure, handles, most_columns=3, handlelength=2.6)
        heighten(figure, legend)
        label_right(axes, [Label(y=wanted, text=f"{100 * wanted:g} %", colour=MUTED)])
        settle(figure)
    return figure


def _look(seeds: int, size: int) -> dict[str, Any]:
    """Return the look of a line: colour and marker say attempts, dashes the size."""
    return {
        "color": palette(10)[seeds % 10],
        "marker": MARKERS[seeds % len(MARKERS)],
        "linestyle": LINES[size % len(LINES)],
        "linewidth": 1.5,
        "markersize": 3.4,
    }


def _line(axes: Axes, table: pd.DataFrame, look: dict[str, Any], *, band: bool) -> None:
    if band:
        axes.fill_between(
            table["delta"], table["low"], table["high"], color=look["color"],
            alpha=0.13, linewidth=0, zorder=1,
        )  # fmt: skip
    every = max(len(table) // _MARKERS_PER_LINE, 1)
    axes.plot(table["delta"], table["estimate"], markevery=every, zorder=3, **look)


def _legend(sizes: list[int], seeds: list[int]) -> list[Line2D]:
    handles = [
        Line2D([], [], label=f"{each} attempt{'s' if each > 1 else ''} each",
               **_look(at, 0))
        for at, each in enumerate(seeds)
    ]  # fmt: skip
    return handles + [
        Line2D([], [], color=INK, linewidth=1.5, linestyle=LINES[at % len(LINES)],
               label=f"{size} competitions")
        for at, size in enumerate(sizes)
    ]  # fmt: skip
