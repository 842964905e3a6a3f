"""Fonts to lay figures out in: those that are everywhere, and some that are not."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import matplotlib as mpl
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from matplotlib import font_manager

DEJAVU, WIDE, NARROW = "DejaVu Sans", "MLE Wide", "MLE Narrow"
# Debian packages two of them in fonts-liberation, the last one in fonts-noto-core.
INSTALLED = ("Liberation Sans", "Liberation Sans Narrow", "Noto Sans")
_FACTORS = {WIDE: 1.3, NARROW: 0.7}


def is_there(family):
    """Whether a family is installed, known to matplotlib or not."""
    stem = family.replace(" ", "")
    paths = [Path(path).stem for path in font_manager.findSystemFonts()]
    return any(path.startswith(f"{stem}-") for path in paths)


@functools.cache
def made(family):
    """Make a wide or a narrow DejaVu Sans, known to this process alone."""
    folder = Path(tempfile.mkdtemp(prefix="mle-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for face in ("", "-Bold", "-Oblique"):
        source = Path(mpl.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{face}.ttf"
        target = folder / f"{family.replace(' ', '')}{face}.ttf"
        stretch(source, target, family, _FACTORS[family])
        font_manager.fontManager.addfont(target)
    return family


def stretch(source, target, family, factor):
    """Write a font whose characters are so many times as wide."""
    with TTFont(source) as font:
        cut = Subsetter()
        cut.options.layout_features = cut.options.drop_tables = []
        cut.options.hinting, cut.options.name_IDs = False, ["*"]
        cut.populate(unicodes=[*range(0x20, 0x180), *range(0x2010, 0x2040), 0x2212])
        cut.subset(font)
        glyphs, widths = font.getGlyphSet(), font["hmtx"].metrics
        drawn = {name: _drawn(glyphs, name, factor) for name in font.getGlyphOrder()}
        for name, glyph in drawn.items():
            font["glyf"][name] = glyph
            widths[name] = tuple(round(each * factor) for each in widths[name])
        for record in font["name"].names:
            if record.nameID in {1, 16}:
                record.string = family
        font.save(target)


def _drawn(glyphs, name, factor):
    outline, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
    glyphs[name].draw(outline)
    outline.replay(TransformPen(pen, (factor, 0, 0, 1, 0, 0)))
    return pen.glyph()
