"""Labels beside the lines that they name, pushed apart where they would touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.reporting.layout import POINTS, beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text at the height `y` of the data, in the colour of its line."""

    y: float
    text: str
    colour: str
    bold: bool = False


def label_right(axes: Axes, labels: Sequence[Label], *, size: float = 7.5) -> None:
    """Write `labels` to the right of the axes, at the heights of their lines."""
    low, high = sorted(axes.get_ylim())
    written = [
        _write(axes, label, size)
        for label in sorted(labels, key=lambda label: label.y)
        if low <= label.y <= high
    ]
    if not written:
        return
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    figure.draw_without_rendering()
    scale = POINTS / figure.dpi
    height = axes.get_window_extent().height * scale
    gap = max(note.get_window_extent().height for note in written) * scale
    heights = [(note.xy[1] - low) / (high - low) * height for note in written]
    if axes.yaxis_inverted():
        heights = [height - each for each in heights]
    places = spread(heights, gap=gap, low=0.0, high=height)
    for note, own, place in zip(written, heights, places, strict=True):
        note.xyann = (5.0, place - own)


def spread(
    places: Sequence[float], *, gap: float, low: float, high: float
) -> list[float]:
    """Return the places moved as little as needed to be `gap` apart, in order.

    All stay between `low` and `high` as long as there is room.

    Examples
    --------
    >>> spread([5.0, 6.0, 20.0], gap=4.0, low=0.0, high=20.0)
    [3.5, 7.5, 20.0]
    >>> spread([20.0, 20.0], gap=4.0, low=0.0, high=20.0)
    [16.0, 20.0]
    """
    order = sorted(range(len(places)), key=lambda at: places[at])
    groups: list[list[float]] = []
    for at in order:
        groups.append([places[at], 1.0])
        while len(groups) > 1 and _overlap(groups[-2], groups[-1], gap):
            centre, count = groups.pop()
            before, more = groups[-1]
            total = count + more
            groups[-1] = [(centre * count + before * more) / total, total]
    moved = [
        centre + (index - (count - 1) / 2) * gap
        for centre, count in groups
        for index in range(int(count))
    ]
    for at in reversed(range(len(moved))):
        moved[at] = min(moved[at], high)
        high = moved[at] - gap
    for at, place in enumerate(moved):
        moved[at] = max(place, low)
        low = moved[at] + gap
    result = dict(zip(order, moved, strict=True))
    return [result[at] for at in range(len(places))]


def _overlap(first: list[float], second: list[float], gap: float) -> bool:
    return second[0] - first[0] < gap * (first[1] + second[1]) / 2


def _write(axes: Axes, label: Label, size: float) -> Annotation:
    figure = axes.get_figure(root=True)
    return axes.annotate(
        beside(figure, label.text, size, bold=label.bold),
        xy=(1.0, label.y),
        xycoords=("axes fraction", "data"),
        xytext=(5.0, 0.0),
        textcoords="offset points",
        color=label.colour,
        fontsize=size,
        fontweight="bold" if label.bold else "normal",
        va="center",
        ha="left",
        annotation_clip=False,
    )
