"""The figures of medals by the hour or by the dollar, and of a budget that is split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import names_of
from mle_toolkit.reporting.curves import whole_ticks
from mle_toolkit.reporting.labels import Label, label_right
from mle_toolkit.reporting.layout import heighten, legend_outside, settle
from mle_toolkit.reporting.style import (
    LINES,
    MARKERS,
    check_columns,
    new_figure,
    palette,
    style,
)
from mle_toolkit.reporting.words import time_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HOUR = 3600.0
_MOST_BANDS = 4
# What shares a k is set this much of the axis apart.
_APART = 0.016
_BEYOND = 1.04
_CURVE = "curve"
_OUTSIDE = "out-of-sample"


def medal_curve_plot(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    width: str | float = "text",
    ylabel: str | None = None,
) -> Figure:
    """Draw the share of attempts with a medal over time or money, as steps.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.medal_curve` or `time_to_first_medal` returns.
    by
        Column that names the systems; each has its colour and its line.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    ylabel
        What is on the vertical axis.

    Returns
    -------
    matplotlib.figure.Figure
        Nothing is interpolated.  Hours below 3 are drawn as minutes or seconds.  The
        bands hold at each moment alone; with more than four systems they are left out.
        What was known at a single moment, such as all medals of attempts that cost
        nothing, is a mark with its interval.

    Raises
    ------
    UsageError
        When the frame has no such columns, several axes, or nothing to draw.
    """
    check_columns(frame, [by, "axis", "held", "x", "estimate", "low", "high", "level"])
    known = frame[frame["estimate"].notna() & frame["x"].notna()]
    if known.empty:
        msg = "no curve to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    unit, scale, axis = _unit(known, "x")
    systems = list(known[by].unique())
    names = names_of(systems)
    # Room to the right of the last step, so that its value is a line, not a point.
    last = float(known["x"].max()) * scale * _BEYOND
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        labels = []
        for at, each in enumerate(systems):
            mine = known[known[by] == each].sort_values("x", kind="stable")
            band = len(systems) <= _MOST_BANDS
            _steps(axes, mine, at, scale, last, band=band)
            labels.append(
                Label(y=float(mine["estimate"].iloc[-1]), text=names[str(each)],
                      colour=palette(10)[at % 10], bold=True)
            )  # fmt: skip
        axes.set_xlim(0.0, last if last > 0.0 else 1.0)
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        spent = "Spent on the attempt" if axis == "dollars" else "Time since the start"
        axes.set_xlabel(f"{spent} ({unit})")
        axes.set_ylabel(ylabel or _held(known))
        if len(systems) <= _MOST_BANDS:
            _name_band(figure, 100 * float(known["level"].iloc[0]))
        label_right(axes, labels)
        settle(figure)
    return figure


def budget_split_plot(
    frame: pd.DataFrame, *, by: str = "agent", width: str | float = "text"
) -> Figure:
    """Draw what a budget is worth when it is split into k attempts.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.best_split` returns.
    by
        Column that names the systems; each pair of a system and a budget has its
        colour and its marker.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        Lines are the values of each k on the data that choose; the mark with its
        interval is the chosen k, valued on data that did not choose it.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, [by, "axis", "budget", "kind", "k", "estimate", "low", "high"])
    known = frame[frame["estimate"].notna()]
    if frame.empty:
        msg = "no split to draw: attempts that spend nothing leave no budget to split"
        raise UsageError(msg)
    if known.empty:
        msg = "no split to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    unit, scale, _ = _unit(known, "budget")
    names = names_of(known[by].unique())
    one = len(names) == 1
    pairs = list(known[[by, "budget"]].drop_duplicates().itertuples(index=False))
    level = 100 * float(known["level"].iloc[0])
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        handles = []
        for at, (system, budget) in enumerate(pairs):
            mine = known[(known[by] == system) & (known["budget"] == budget)]
            text = f"budget {budget * scale:.3g} {unit}"
            label = text if one else f"{names[str(system)]}: {text}"
            shift = _APART * int(known["k"].max()) * (at - (len(pairs) - 1) / 2)
            handles.append(_split(axes, mine, at, label, shift))
        handles.append(
            Line2D([], [], linestyle="none", marker="D", markersize=5.0, color="0.35",
                   markerfacecolor="white",
                   label=f"chosen, out of sample ({level:g} %)")
        )  # fmt: skip
        largest = int(known["k"].max())
        axes.set_xlim(0.6, largest + 0.4)
        axes.set_xticks(whole_ticks(largest))
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("Attempts k that share the budget of a competition")
        axes.set_ylabel("A medal in one of the k")
        heighten(figure, legend_outside(figure, handles, most_columns=2))
        settle(figure)
    return figure


def _unit(known: pd.DataFrame, column: str) -> tuple[str, float, str]:
    """Return the unit to draw, what to multiply by, and the axis of the frame."""
    kinds = [str(each) for each in known["axis"].unique()]
    if len(kinds) > 1:
        msg = f"one axis per figure; the frame has {', '.join(kinds)}"
        raise UsageError(msg)
    if kinds[0] != "hours":
        return kinds[0], 1.0, kinds[0]
    unit, seconds = time_unit(_HOUR * float(known[column].max()))
    return unit, _HOUR / seconds, "hours"


def _held(known: pd.DataFrame) -> str:
    if (known["held"] == "submitted").all():
        return "Medal, if submitted then"
    return "Attempts with a medal so far"


def _name_band(figure: Figure, level: float) -> None:
    text = f"{level:g} % interval, moment by moment"
    patch = Patch(facecolor="0.35", alpha=0.25, linewidth=0.0, label=text)
    heighten(figure, legend_outside(figure, [patch]))


def _steps(
    axes: Axes, table: pd.DataFrame, at: int, scale: float, last: float, *, band: bool
) -> None:
    colour = palette(10)[at % 10]
    x = table["x"].to_numpy(float) * scale
    columns = table[["estimate", "low", "high"]].to_numpy(float)
    if "kind" in table.columns:
        # A survival curve starts at its first medal; before that, nothing was won.
        x, columns = np.append(0.0, x), np.vstack([[0.0, np.nan, np.nan], columns])
        x, columns = np.append(x, last), np.vstack([columns, columns[-1:]])
    if np.unique(x).size == 1:
        # A line of no length would not be seen.
        look: dict[str, Any] = {"color": colour, "zorder": 4, "clip_on": False}
        axes.plot(x[-1:], columns[-1:, 0], marker=MARKERS[at % len(MARKERS)], **look)
        if band:
            axes.vlines(x[-1:], columns[-1:, 1], columns[-1:, 2], linewidth=1.6, **look)
        return
    if band:
        axes.fill_between(
            x, columns[:, 1], columns[:, 2], step="post", color=colour, alpha=0.13,
            linewidth=0, zorder=1,
        )  # fmt: skip
    axes.plot(
        x, columns[:, 0], drawstyle="steps-post", color=colour, linewidth=1.8,
        linestyle=LINES[at % len(LINES)], zorder=4,
    )  # fmt: skip


def _split(
    axes: Axes, table: pd.DataFrame, at: int, label: str, shift: float
) -> Line2D:
    colour, marker = palette(10)[at % 10], MARKERS[at % len(MARKERS)]
    inside = table[table["kind"] != _OUTSIDE].sort_values("k")
    look: dict[str, Any] = {
        "color": colour, "marker": marker, "markersize": 3.6, "linewidth": 1.0,
        "linestyle": LINES[at % len(LINES)],
    }  # fmt: skip
    (line,) = axes.plot(inside["k"] + shift, inside["estimate"], label=label, **look)
    chosen = table[table["kind"] == _OUTSIDE]
    k = chosen["k"].to_numpy(float) + shift
    axes.vlines(k, chosen["low"], chosen["high"], color=colour, linewidth=1.6)
    axes.plot(
        k, chosen["estimate"], linestyle="none", marker="D", markersize=6.0,
        color=colour, markerfacecolor="white", markeredgewidth=1.4, zorder=5,
    )  # fmt: skip
    return line
