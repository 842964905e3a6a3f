"""The font of figures: chosen once, measured, and carried along where it is shown.

A figure is laid out by the widths of its texts, so that it must be shown in the font
that it was laid out in.  Names of fonts alone do not promise that: what "sans-serif"
is, every machine and every viewer decides for itself.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import re
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from fontTools.ttLib import TTFont, TTLibError
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first three have the same widths; the last one comes with matplotlib, so that it
# is always there.  It also has the characters that others lack.
FAMILIES = ("Arial", "Liberation Sans", "Arimo", "DejaVu Sans")
LAST = FAMILIES[-1]

_NAMED: ContextVar[str | None] = ContextVar("family", default=None)
# Where a line may end: behind blanks and behind what joins the parts of a name.
_PART = re.compile(r"[^\s/:_,;\N{EN DASH}-]*[/:_,;\N{EN DASH}-]*\s*")
# Renderers round the advance of a character in their own ways.
_ROUNDING = 1.03


def current() -> str:
    """Return the family that figures are laid out in here."""
    return _NAMED.get() or _found()


@contextlib.contextmanager
def named(family: str | None) -> Iterator[None]:
    """Lay figures out in `family` inside a ``with`` block; None changes nothing.

    Raises
    ------
    UsageError
        When there is no such family, or its files cannot be embedded.
    """
    if family is None:
        yield
        return
    reason = _unfit(family)
    if reason:
        raise UsageError(reason)
    token = _NAMED.set(family)
    try:
        yield
    finally:
        _NAMED.reset(token)


@functools.cache
def file_of(family: str, *, weight: str | int = 400, slant: str = "normal") -> str:
    """Return the path of the file that draws a family.

    Raises
    ------
    ValueError
        When the family is not installed.
    """
    wanted = FontProperties(family=[family], weight=weight, style=slant)
    path = str(font_manager.findfont(wanted, fallback_to_default=False))
    # matplotlib remembers fonts of other days.  Where a file is gone, it looks again,
    # and then takes any other font.
    named = {entry.fname for entry in font_manager.fontManager.ttflist
             if entry.name == family}  # fmt: skip
    if path not in named:
        msg = f"no file of {family!r} is left"
        raise ValueError(msg)
    return path


def width_of(text: str, size: float, *, weight: str | int = "normal") -> float:
    """Return the width of the longest line of a text in points, rounded up a little."""
    look = FontProperties(family=[current(), LAST], size=size, weight=weight)
    widths = [
        text_to_path.get_text_width_height_descent(line, look, ismath=False)[0]
        for line in text.split("\n")
    ]
    return _ROUNDING * max(widths)


def wrap(text: str, room: float, size: float, *, weight: str | int = "normal") -> str:
    """Return a text with line breaks, so that no line is wider than `room` points.

    Lines end behind blanks, slashes, colons, underscores, commas and dashes.  A part
    that is too wide alone is broken anywhere; no character is lost but blanks at the
    ends of lines.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for part in _parts(paragraph, room, size, weight):
            if line and width_of((line + part).rstrip(), size, weight=weight) > room:
                lines.append(line.rstrip())
                line = ""
            line += part
        lines.append(line.rstrip())
    return "\n".join(lines)


def _parts(text: str, room: float, size: float, weight: str | int) -> Iterator[str]:
    """Yield the pieces between which lines may end."""
    for part in _PART.findall(text):
        rest = part
        while len(rest) > 1 and width_of(rest.rstrip(), size, weight=weight) > room:
            many = _fitting(rest, room, size, weight)
            yield rest[:many]
            rest = rest[many:]
        if rest:
            yield rest


def _fitting(text: str, room: float, size: float, weight: str | int) -> int:
    """Return how many characters of a text fit, one at least."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle], size, weight=weight) <= room:
            low = middle
        else:
            high = middle - 1
    return low


@functools.cache
def _found() -> str:
    """Return the first family that this machine has."""
    return next((name for name in FAMILIES if not _unfit(name)), LAST)


def _unfit(family: str) -> str:
    """Return why figures cannot be drawn in a family; nothing if they can."""
    try:
        path = _newly_found(family)
    except ValueError:
        names = {entry.name for entry in font_manager.fontManager.ttflist}
        close = difflib.get_close_matches(family, sorted(names), 3)
        hint = "; did you mean " + " or ".join(map(repr, close)) + "?" if close else ""
        return f"no font family {family!r} is installed{hint}"
    if _has_outlines(path):
        return ""
    return (
        f"{family!r} has no TrueType outlines, which a file could carry along; take "
        f"another family, such as {LAST!r}"
    )


def _newly_found(family: str) -> str:
    """Return the path of a family, though matplotlib's memory may be older than it."""
    try:
        return file_of(family)
    except ValueError:
        _look_again(family)
        return file_of(family)


def _look_again(family: str) -> None:
    """Tell matplotlib of the files that seem to be of a family."""
    stem = _letters(family)
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known and stem and _letters(Path(path).stem).startswith(stem):
            # What is no font is none of this family.
            with contextlib.suppress(OSError, RuntimeError):
                font_manager.fontManager.addfont(path)


@functools.cache
def _has_outlines(path: str) -> bool:
    try:
        with TTFont(path, lazy=True) as font:
            return "glyf" in font
    except (OSError, TTLibError):
        return False


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
