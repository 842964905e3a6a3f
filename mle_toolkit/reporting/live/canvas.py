"""Pieces of static pictures: SVG that is safe by construction, scales, and marks.

Pictures are white cards with dark ink, so that they read the same in every theme.
Whatever a colour tells, a shape or a word tells too.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting.live.text import head
from mle_toolkit.reporting.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# As in `mle_toolkit.reporting.style`, which would import matplotlib.
INK = "#1c2126"
MUTED = "#6a737d"
RULE = "#d8dce1"
MEDALS = {
    "gold": "#b8860b",
    "silver": "#7c858e",
    "bronze": "#a0622d",
    "median": "#5b6470",
}
DASHES = {"gold": None, "silver": "6 2", "bronze": "4 1.5 1 1.5", "median": "1 2"}
BUGGY = "#c8401a"
TEST = "#b35900"
PAPER = "#ffffff"
# As in the front end: from the worst, dark, to the best, bright.
_RAMP = ((68, 44, 122), (54, 92, 141), (33, 144, 141), (83, 197, 104), (190, 222, 40))
_SHADES = 24
# Below this share of all scores a score counts as the worst.
_WORST = 0.1
STAGES = ("draft", "improve", "debug")
OTHER = "other"
_CORNERS = {
    "debug": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "improve": ((0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)),
    "test": ((0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)),
    OTHER: (
        (-1.05, 0.0), (-0.52, -0.95), (0.52, -0.95),
        (1.05, 0.0), (0.52, 0.95), (-0.52, 0.95),
    ),
}  # fmt: skip
FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
# Characters that no XML may hold: one of them would break the whole picture.
_ILLEGAL = re.compile("[\ufffe\uffff]")
# Width of a character, as a share of the font's size; a generous mean.
_WIDE = 0.56
_DECIMALS = 6
_LARGEST = 1e100


def number(value: Any) -> float | None:
    """Return a float that a picture can hold, or None for anything else.

    Examples
    --------
    >>> number(3), number(float("nan")), number("x"), number(1e300)
    (3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Spans and squares of larger ones overflow; NaN is never below anything.
    return float(value) if abs(value) < _LARGEST else None


def card(width: float, height: float, label: str, *children: object) -> Html:
    """Return a picture of `width` by `height` pixels; `label` says what it shows."""
    paper = element(
        "rect", x="0.5", y="0.5", width=at(width - 1), height=at(height - 1),
        rx="4", fill=PAPER, stroke=RULE,
    )  # fmt: skip
    return element(
        "svg",
        element("title", safe(label, 200)),
        paper,
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {at(width)} {at(height)}",
        width=at(width),
        height=at(height),
        role="img",
        font_family=FONT,
    )


def words(
    x: float,
    y: float,
    content: object,
    *,
    size: float = 11,
    fill: str = INK,
    anchor: str | None = None,
    bold: bool = False,
    halo: bool = False,
) -> Html:
    """Return a line of text that begins, ends or is centred at a point.

    A `halo` keeps it readable above lines.
    """
    around = {"paint_order": "stroke", "stroke": PAPER, "stroke_width": "3"}
    return element(
        "text", safe(content, 200), x=at(x), y=at(y), font_size=at(size), fill=fill,
        text_anchor=anchor, font_weight="600" if bold else None,
        **(around if halo else {}),
    )  # fmt: skip


def line(points: Iterable[tuple[float, float]], **look: object) -> Html:
    """Return a line through points."""
    return path("M" + "L".join(f"{at(x)} {at(y)}" for x, y in points), **look)


def path(steps: str, **look: object) -> Html:
    """Return a path; `steps` are numbers and letters of this module's users."""
    return element("path", d=Html(steps), **({"fill": "none"} | look))


def mark(shape: str, x: float, y: float, r: float, **look: object) -> Html:
    """Return the mark of a stage, or of a ``"test"``, of about the area of a circle."""
    return path(outline(shape, x, y, r), **look)


def outline(shape: str, x: float, y: float, r: float) -> str:
    """Return the path of a mark; many of one look are one path."""
    if shape == "draft":
        arc = f"a{at(r)} {at(r)} 0 1 0"
        return f"M{at(x - r)} {at(y)}{arc} {at(2 * r)} 0{arc} {at(-2 * r)} 0Z"
    places = [f"{at(x + r * dx)} {at(y + r * dy)}" for dx, dy in _CORNERS[shape]]
    return f"M{'L'.join(places)}Z"


def crossing(x: float, y: float, r: float) -> str:
    """Return the path of a cross that fits into a circle of radius `r`."""
    d = 0.62 * r
    return (
        f"M{at(x - d)} {at(y - d)}L{at(x + d)} {at(y + d)}"
        f"M{at(x - d)} {at(y + d)}L{at(x + d)} {at(y - d)}"
    )


def stage_of(node: dict[str, Any]) -> str:
    """Return the stage of a node, which is its shape; ``"other"`` if it is not ours."""
    stage = node.get("s")
    return stage if stage in STAGES else OTHER


def is_scored(node: dict[str, Any]) -> bool:
    """Whether a node's program worked and said a score."""
    return not node.get("bug") and number(node.get("m")) is not None


class Scale:
    """The colours of scores; the worst tenth shares one, so a wild score does no harm.

    Parameters
    ----------
    values
        All scores, at least one.
    lower
        The direction of the metric.

    Examples
    --------
    >>> scale = Scale([0.1, 0.2, 0.3], lower=True)
    >>> scale.of(0.1), scale.of(0.3)
    ('#bede28', '#442c7a')
    """

    def __init__(self, values: Sequence[float], *, lower: bool) -> None:
        order = sorted(values, reverse=lower)
        self.worst = order[int(len(order) * _WORST)]
        self.best = order[-1]
        self.clamped = order[0] != self.worst

    def of(self, value: float) -> str:
        """Return the colour of a score."""
        span = self.best - self.worst
        return shade((value - self.worst) / span if span else 1.0)


def shade(share: float) -> str:
    """Return the colour of a place between the worst, 0, and the best, 1.

    Examples
    --------
    >>> shade(0.0), shade(1.0)
    ('#442c7a', '#bede28')
    """
    level = round(min(max(share, 0.0), 1.0) * _SHADES)
    place = level / _SHADES * (len(_RAMP) - 1)
    first = min(int(place), len(_RAMP) - 2)
    pairs = zip(_RAMP[first], _RAMP[first + 1], strict=True)
    mixed = [round(a + (b - a) * (place - first)) for a, b in pairs]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def scale_bar(x: float, y: float, width: float) -> Html:
    """Return the colours from the worst to the best as a bar of 8 pixels."""
    steps = 12
    each = width / steps
    return element(
        "g",
        *(
            element(
                "rect", x=at(x + n * each), y=at(y), width=at(each + 0.3), height="8",
                fill=shade(n / (steps - 1)),
            )
            for n in range(steps)
        ),
    )  # fmt: skip


def ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Return round numbers between two limits.

    Examples
    --------
    >>> ticks(0.0, 10.0)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [(first + n) * step for n in range(count)]


def tick_text(value: float, step: float) -> str:
    """Return a tick's number with as many decimals as its step needs.

    Examples
    --------
    >>> tick_text(0.30000000000000004, 0.1), tick_text(20.0, 5.0)
    ('0.3', '20')
    """
    if not value:
        return "0"
    digits = max(0, -math.floor(math.log10(abs(step)) + 1e-9)) if step else 2
    return f"{value:.{digits}f}" if digits <= _DECIMALS else f"{value:.3g}"


def spread(
    places: Sequence[float], *, gap: float, low: float, high: float
) -> list[float]:
    """Return places at least `gap` apart and within limits, near the given ones.

    Parameters
    ----------
    places
        In ascending order.

    Examples
    --------
    >>> spread([10.0, 11.0, 50.0], gap=12.0, low=0.0, high=100.0)
    [10.0, 22.0, 50.0]
    """
    moved: list[float] = []
    for place in places:
        least = moved[-1] + gap if moved else low
        moved.append(max(place, least))
    limit = high
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - gap
    return moved


def length_of(text: str, size: float) -> float:
    """Return about how many pixels wide a text is."""
    return len(text) * size * _WIDE


def safe(content: object, most: int) -> str:
    """Return one line of at most `most` characters that XML can hold."""
    return _ILLEGAL.sub("\ufffd", head(str(content), most))


def at(value: float) -> str:
    """Return a coordinate with one decimal at most.

    Examples
    --------
    >>> at(3.0), at(2.26)
    ('3', '2.3')
    """
    return f"{value:.1f}".removesuffix(".0")
