"""Pictures that carry their font along, so that every viewer shows what was laid out.

An SVG names fonts, and a viewer that lacks them takes others, whose texts are longer
or shorter.  Here the characters that a picture uses are put into it, as a WOFF font of
some kilobytes; its texts stay texts that can be searched and copied.
"""

from __future__ import annotations

import base64
import functools
import html
import io
import logging
import re
from dataclasses import dataclass, field

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from mle_toolkit.reporting.fonts import file_of

_TEXT = re.compile(r'<text style="(?P<style>[^"]*)"[^>]*>(?P<content>[^<]*)</text>')
_FAMILIES = re.compile(r"font-family: (?P<names>[^;]*)")
_NORMAL = "400"


@dataclass(frozen=True, slots=True)
class _Face:
    """One file of a family, as a style names it."""

    family: str
    weight: str
    slant: str

    @property
    def path(self) -> str:
        """The file that matplotlib draws this face with."""
        return file_of(self.family, weight=int(self.weight), slant=self.slant)


@dataclass(slots=True)
class _Uses:
    """The characters that are drawn with each face."""

    faces: dict[_Face, set[str]] = field(default_factory=dict)

    def add(self, style: str, content: str) -> None:
        """Give each character of a text to the first family that has it."""
        weight = _of(style, "font-weight") or _NORMAL
        slant = _of(style, "font-style") or "normal"
        faces = [_Face(name, weight, slant) for name in _names(style)]
        # Not a set, whose order changes: the same figure is the same file.
        for character in dict.fromkeys(html.unescape(content)):
            for face in faces:
                if ord(character) in _characters(face.path):
                    self.faces.setdefault(face, set()).add(character)
                    break


def embed_fonts(svg: str, *, prefix: str) -> str:
    """Return a picture of matplotlib with the fonts of its texts in it.

    Parameters
    ----------
    svg
        What matplotlib wrote, texts as texts.
    prefix
        Goes before the names of the fonts, so that several pictures fit on one page.

    Returns
    -------
    str
        Characters that no font of the picture has are left to the viewer.
    """
    uses = _Uses()
    for found in _TEXT.finditer(svg):
        uses.add(found["style"], found["content"])
    families = list(dict.fromkeys(face.family for face in uses.faces))
    names = {family: f"{prefix}-font-{at}" for at, family in enumerate(families)}
    rules = "".join(
        f"@font-face{{font-family:'{names[face.family]}';font-weight:{face.weight};"
        f"font-style:{face.slant};src:url(data:font/woff;base64,"
        f"{_woff(face.path, ''.join(sorted(characters)))}) format('woff')}}"
        for face, characters in uses.faces.items()
    )
    carried = ", ".join(f"'{name}'" for name in names.values())
    svg = _TEXT.sub(lambda found: _renamed(found[0], carried), svg)
    # Advances as in the font, not rounded to pixels: that is how texts were measured.
    start = svg.index("<svg ") + len("<svg ")
    end = svg.index(">", start) + 1
    opening = f'text-rendering="geometricPrecision" {svg[start:end]}'
    return f"{svg[:start]}{opening}<style>{rules}</style>{svg[end:]}"


def _renamed(text: str, carried: str) -> str:
    """Put the fonts that are carried along before the names in a text's style."""
    return text.replace("font-family: ", f"font-family: {carried}, ", 1)


def _of(style: str, name: str) -> str:
    found = re.search(rf"(?:^|; ){name}: ([^;]*)", style)
    return found[1] if found else ""


def _names(style: str) -> list[str]:
    found = _FAMILIES.search(style)
    return re.findall(r"'([^']*)'", html.unescape(found["names"])) if found else []


@functools.lru_cache(maxsize=32)
def _characters(path: str) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@functools.lru_cache(maxsize=256)
def _woff(path: str, characters: str) -> str:
    """Return some characters of a font file as WOFF, in base64; always the same."""
    options = Options(hinting=False, flavor="woff", notdef_outline=True)
    options.drop_tables += ["FFTM"]
    # It tells of tables that it does not know, which nobody here would read.
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        subset = Subsetter(options)
        subset.populate(text=characters)
        subset.subset(font)
        font.flavor = "woff"
        buffer = io.BytesIO()
        font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
