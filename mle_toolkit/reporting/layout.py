"""Legends, rows and names that keep inside the page, in whatever font they are written.

Nothing here guesses: texts are measured in the font of the figure, and what is wider
than its room is stacked, broken into lines or thinned.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting.fonts import width_of, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

POINTS = 72.0
# How much of the page's width a legend may fill.
_FULL = 0.97
# How much of the page's width names beside the axes may take.
_BESIDE = 0.4
_MOST_LINES = 4
# What a figure's own height allows for a legend, in inches: one line.
_LINE_INCHES = 0.2
_ROUNDS = 4
_CLOSE_INCHES = 0.005


def legend_outside(
    figure: Figure, handles: Sequence[Any], *, loc: str = "outside upper left",
    most_columns: int | None = None, **look: Any,
) -> Legend:  # fmt: skip
    """Write a legend above or below the axes, in as many columns as fit.

    Where one column is too wide, its labels are broken into lines.
    """
    look |= {"handles": handles, "loc": loc, "borderaxespad": 0.2}
    page = _FULL * figure.bbox.width
    for columns in range(min(len(handles), most_columns or len(handles)), 0, -1):
        legend = figure.legend(ncols=columns, **look)
        wide = legend.get_window_extent().width
        if wide <= page:
            break
        if columns > 1:
            legend.remove()
    else:
        _break_labels(legend, (wide - page) * POINTS / figure.dpi)
    return legend


def heighten(figure: Figure, legend: Legend) -> None:
    """Make a figure higher by what a legend takes beyond its first line."""
    more = legend.get_window_extent().height / figure.dpi - _LINE_INCHES
    if more > 0:
        figure.set_figheight(figure.get_figheight() + more)


def fits_beside(figure: Figure, text: str, size: float) -> bool:
    """Return whether a text may stand beside the axes as it is."""
    return width_of(text, size) <= _BESIDE * figure.get_figwidth() * POINTS


def beside(figure: Figure, text: str, size: float, *, bold: bool = False) -> str:
    """Return a text that stands beside the axes, in lines of a share of the page.

    What takes more than four lines is cut, and ends with an ellipsis.
    """
    room = _BESIDE * figure.get_figwidth() * POINTS
    plain = text.replace("\t", " ")
    lines = wrap(plain, room, size, weight="bold" if bold else "normal").split("\n")
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1][:-1]}…"]
    return "\n".join(lines)


def settle(figure: Figure, *, tall: tuple[Axes, float] | None = None) -> None:
    """Lay a figure out, and mend what has no room.

    Titles and names of axes that are too long are broken into lines, and labels of
    ticks that touch are thinned.

    Parameters
    ----------
    tall
        Axes and how many inches high they shall be: the page becomes as high as that
        needs.
    """
    for _ in range(_ROUNDS):
        figure.draw_without_rendering()
        changed = [_fit(text, room) for text, room in _rooms(figure)]
        changed += [_thin(axes.xaxis) for axes in figure.axes]
        if tall is not None:
            axes, inches = tall
            more = inches - axes.get_window_extent().height / figure.dpi
            changed.append(abs(more) > _CLOSE_INCHES)
            figure.set_figheight(figure.get_figheight() + more * _stacked(axes))
        if not any(changed):
            return


def _stacked(axes: Axes) -> int:
    """Return how many axes stand above each other where these are one of them."""
    place = axes.get_subplotspec()
    return place.get_gridspec().nrows if place is not None else 1


def _rooms(figure: Figure) -> list[tuple[Text, float]]:
    """Return titles and names of axes, and how many points each may be long."""
    found: list[tuple[Text, float]] = []
    scale = _FULL * POINTS / figure.dpi
    for axes in figure.axes:
        box = axes.get_window_extent()
        middle = (box.x0 + box.x1) / 2
        along = 2 * min(middle, figure.bbox.width - middle)
        if len(figure.axes) > 1:
            # Beside other axes, nothing reaches far beyond its own.
            along = min(along, 1.15 * box.width)
        found += [
            (axes.xaxis.label, along * scale),
            (axes.title, along * scale),
            (axes.yaxis.label, box.height * scale),
        ]
    return found


def _fit(text: Text, room: float) -> bool:
    """Break a text that is longer than its room; return whether it was."""
    content, size = text.get_text(), text.get_fontsize()
    if not content or width_of(content, size) <= room:
        return False
    broken = wrap(content, max(room, 3 * size), size)
    text.set_text(broken)
    return broken != content


def _thin(axis: XAxis) -> bool:
    """Leave out every second tick where labels touch; return whether they did."""
    low, high = sorted(axis.get_view_interval())
    shown = [
        (place, label)
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        if low <= place <= high and label.get_visible() and label.get_text()
    ]
    boxes = [label.get_window_extent() for _, label in shown]
    if all(left.x1 < right.x0 for left, right in pairwise(boxes)) or len(boxes) < 3:  # noqa: PLR2004
        return False
    kept = shown[::2]
    axis.set_ticks(
        [place for place, _ in kept], labels=[label.get_text() for _, label in kept]
    )
    return True


def _break_labels(legend: Legend, points: float) -> None:
    """Make a legend so many points narrower."""
    texts = legend.get_texts()
    size = texts[0].get_fontsize()
    room = max(width_of(text.get_text(), size) for text in texts) - points
    for text in texts:
        text.set_text(wrap(text.get_text(), max(room, 3 * size), size))
