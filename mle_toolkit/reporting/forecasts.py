"""The figure of pass@k as far as it was observed, and as it is forecast beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import names_of
from mle_toolkit.reporting.labels import Label, label_right
from mle_toolkit.reporting.layout import heighten, legend_outside, settle
from mle_toolkit.reporting.style import (
    INK,
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

_DASHED: Any = (0, (4, 1.6))
_DOTTED: Any = (0, (1, 1.4))
_NEEDED = (
    "kind",
    "k",
    "estimate",
    "low",
    "high",
    "level",
    "caution",
    "at_least",
    "conflict",
)
_MOST_BANDS = 4


def forecast_plot(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    width: str | float = "text",
    ylabel: str = "pass@k (any medal)",
) -> Figure:
    """Draw pass@k against k: observed solid, the forecast dashed with its band.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.forecast_pass_at_k` returns.
    by
        Column that names the systems, a colour each.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    ylabel
        What is on the vertical axis.

    Returns
    -------
    matplotlib.figure.Figure
        Only the forecast has a band; the observed part has its intervals in the frame.
        Beyond 3 times the attempts made, the line is pale and the band hatched: it is
        model-dependent.  The dotted line is Chao's lower value, and the legend says so
        where it exceeds the forecast.  With more than four
        systems the bands are left out.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, [by, *_NEEDED])
    known = frame[frame["estimate"].notna()]
    if known.empty:
        msg = "no pass@k to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    systems = list(known[by].unique())
    names = names_of(systems)
    with style():
        figure = new_figure(width, ratio=0.66)
        axes = figure.add_subplot()
        axes.set_xscale("log")
        labels = []
        for at, each in enumerate(systems):
            mine = known[known[by] == each].sort_values("k")
            colour = palette(10)[at % 10]
            _system(axes, mine, colour, bands=len(systems) <= _MOST_BANDS)
            last = float(mine.iloc[-1]["estimate"])
            labels.append(
                Label(y=last, text=names[str(each)], colour=colour, bold=True)
            )
        _finish(axes, known, ylabel)
        handles = _legend(known, colour=palette(1)[0] if not systems[1:] else INK)
        legend = legend_outside(figure, handles, most_columns=2, handlelength=2.6)
        heighten(figure, legend)
        label_right(axes, labels)
        settle(figure)
    return figure


def _system(axes: Axes, table: pd.DataFrame, colour: str, *, bands: bool) -> None:
    observed = table[table["kind"] == "observed"]
    ahead = table[table["kind"] == "forecast"]
    near = ahead[ahead["caution"].isna()]
    # The far part begins where the near one ends, so that there is no gap.
    far = ahead[ahead["k"] >= near["k"].max()] if len(near) else ahead
    parts = ((near, 0.18, None), (far, 0.07, "////"))
    if bands:
        for part, alpha, hatch in parts:
            axes.fill_between(
                part["k"], part["low"], part["high"], facecolor=(colour, alpha),
                edgecolor=(colour, 0.35), hatch=hatch, linewidth=0.0, zorder=1,
            )  # fmt: skip
            for edge in ("low", "high"):
                axes.plot(
                    part["k"], part[edge], color=colour, alpha=0.35, linewidth=0.5,
                    zorder=1,
                )  # fmt: skip
    axes.plot(observed["k"], observed["estimate"], color=colour, linewidth=1.9,
              marker="o" if len(observed) == 1 else None, markersize=4.0,
              zorder=4)  # fmt: skip
    axes.plot(near["k"], near["estimate"], color=colour, linewidth=1.5,
              linestyle=_DASHED, zorder=3)  # fmt: skip
    axes.plot(far["k"], far["estimate"], color=colour, linewidth=1.2, alpha=0.55,
              linestyle=_DASHED, zorder=3)  # fmt: skip
    axes.plot(ahead["k"], ahead["at_least"], color=colour, linewidth=1.0,
              linestyle=_DOTTED, zorder=3)  # fmt: skip


def _finish(axes: Axes, known: pd.DataFrame, ylabel: str) -> None:
    largest = int(known["k"].max())
    ticks = [
        step * 10**power
        for power in range(12)
        for step in (1, 2, 5)
        if step * 10**power <= largest
    ]
    axes.set_xlim(0.93, largest)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    top = float(np.nanmax(known[["high", "estimate", "at_least"]].to_numpy(float)))
    axes.set_ylim(0.0, min(1.02, 1.06 * max(top, 0.05)))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("Attempts k (log scale)")
    axes.set_ylabel(ylabel)


def _legend(known: pd.DataFrame, *, colour: str) -> list[Any]:
    level = 100 * float(known["level"].iloc[0])
    handles: list[Any] = [
        Line2D([], [], color=colour, linewidth=1.9, label="observed, unbiased"),
        Line2D([], [], color=colour, linewidth=1.5, linestyle=_DASHED,
               label=f"forecast with its {level:g} % band"),
        Line2D([], [], color=colour, linewidth=1.0, linestyle=_DOTTED,
               label=_lower_value(known)),
    ]  # fmt: skip
    if known["caution"].notna().any():
        handles.append(
            Patch(facecolor="white", edgecolor=MUTED, hatch="////", linewidth=0.0,
                  label="model-dependent: beyond 3 n")
        )  # fmt: skip
    return handles


def _lower_value(known: pd.DataFrame) -> str:
    """Name Chao's line, which is a lower one on average only."""
    if known["conflict"].notna().any():
        return "at least (Chao), noisy: not below the forecast"
    return "at least (Chao)"
