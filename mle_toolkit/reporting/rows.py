"""What figures with one row per agent, or per pair, have in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from mle_toolkit.reporting.style import MUTED, RULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mle_toolkit.reporting.agents import Mark

STRIPE = "#f4f6f8"
_LINE_INCHES, _FRAME_INCHES = 0.17, 0.62
_SMALL = 7.0
# How much of the width a legend may fill: other fonts are a little wider.
_FULL = 0.95


def prepare(axes: Axes, labels: Sequence[str], *, size: float = 7.5) -> None:
    """Stripe the rows, write their labels and draw the vertical rules."""
    for place in range(0, len(labels), 2):
        axes.axhspan(place - 0.5, place + 0.5, color=STRIPE, linewidth=0, zorder=0)
    axes.set_yticks(range(len(labels)), labels, fontsize=size)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(axis="x", color=RULE, linewidth=0.5, zorder=1)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def finish(
    figure: Figure,
    *,
    rows_inches: float,
    frame_inches: float = _FRAME_INCHES,
    handles: Sequence[Any],
    marks: Sequence[Mark] = (),
) -> None:
    """Write the legends above and below, and give the figure its height."""
    lines = 0
    if handles:
        lines += _legend(figure, handles, "outside upper left", columnspacing=1.6)
    if marks:
        notes = [f"{mark.sign} {mark.text}" for mark in marks]
        blank = [Line2D([], [], linestyle="none", label=note) for note in notes]
        lines += _legend(
            figure, blank, "outside lower left", handlelength=0, handletextpad=0,
            fontsize=_SMALL, labelcolor=MUTED,
        )  # fmt: skip
    inches = rows_inches + _LINE_INCHES * lines + frame_inches
    figure.set_size_inches(figure.get_figwidth(), inches)


def _legend(figure: Figure, handles: Sequence[Any], loc: str, **look: Any) -> int:
    """Write a legend in as many columns as fit; return how many lines it takes."""
    look |= {"handles": handles, "loc": loc, "borderaxespad": 0.2}
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(ncols=columns, **look)
        figure.draw_without_rendering()
        fits = legend.get_window_extent().width < _FULL * figure.bbox.width
        if fits or columns == 1:
            break
        legend.remove()
    return math.ceil(len(handles) / columns)
