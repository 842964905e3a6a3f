"""What figures with one row per agent, or per pair, have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from mle_toolkit.reporting.layout import beside, legend_outside, settle
from mle_toolkit.reporting.style import MUTED, RULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mle_toolkit.reporting.agents import Mark

STRIPE = "#f4f6f8"
_SMALL = 7.0
# How much of a row its label may fill.
_FILLED = 0.95
_ROOM_INCHES = 6.0


def prepare(axes: Axes, labels: Sequence[str], *, size: float = 7.5) -> None:
    """Stripe the rows, write their labels and draw the vertical rules."""
    stripe(axes, len(labels))
    label_rows(axes, labels, size=size)


def stripe(axes: Axes, rows: int) -> None:
    """Stripe so many rows and draw the vertical rules."""
    for place in range(0, rows, 2):
        axes.axhspan(place - 0.5, place + 0.5, color=STRIPE, linewidth=0, zorder=0)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(axis="x", color=RULE, linewidth=0.5, zorder=1)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def label_rows(axes: Axes, labels: Sequence[str], *, size: float = 7.5) -> None:
    """Write labels beside the rows, in as many lines as they need."""
    figure = axes.get_figure(root=True)
    broken = [beside(figure, label, size) for label in labels]
    axes.set_yticks(range(len(labels)), broken, fontsize=size)


def finish(
    figure: Figure,
    axes: Axes,
    *,
    row_inches: float,
    handles: Sequence[Any],
    marks: Sequence[Mark] = (),
) -> None:
    """Write the legends above and below, and make the page as high as the rows need.

    `row_inches` is the height of a row whose label takes no more.
    """
    # Room for all that comes; what is not needed goes at the end.
    figure.set_figheight(_ROOM_INCHES + len(axes.get_yticks()) * row_inches)
    if handles:
        legend_outside(figure, handles, columnspacing=1.6)
    if marks:
        notes = [f"{mark.sign} {mark.text}" for mark in marks]
        blank = [Line2D([], [], linestyle="none", label=note) for note in notes]
        legend_outside(
            figure, blank, loc="outside lower left", handlelength=0, handletextpad=0,
            fontsize=_SMALL, labelcolor=MUTED,
        )  # fmt: skip
    figure.draw_without_rendering()
    labels = axes.get_yticklabels()
    tallest = max(label.get_window_extent().height for label in labels) / figure.dpi
    inches = len(labels) * max(row_inches, tallest / _FILLED)
    settle(figure, tall=(axes, inches))
