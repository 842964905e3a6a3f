"""Pictures carry the characters that they use, and nothing else."""

import base64
import io
import os
import re
import subprocess
import sys

import pytest
from fontTools.ttLib import TTFont

from mle_toolkit.reporting import figures
from mle_toolkit.reporting.embedding import embed_fonts
from mle_toolkit.reporting.export import inline_svg
from mle_toolkit.reporting.style import new_figure, style
from tests.reporting.fonts import DEJAVU, WIDE, made

FACE = re.compile(
    r"@font-face\{font-family:'([\w-]+)';font-weight:(\d+);font-style:(\w+);"
    r"src:url\(data:font/woff;base64,([\w+/=]+)\) format\('woff'\)\}"
)


def picture(*texts, family=DEJAVU, **look):
    """Draw texts below each other and return the picture."""
    with style(family=family):
        figure = new_figure("column")
        for at, text in enumerate(texts):
            figure.text(0.5, 0.2 + 0.2 * at, text, **look)
    return figure


def faces(svg):
    """Return the fonts in a picture: name, weight and slant, and the font."""
    return {
        found[:3]: TTFont(io.BytesIO(base64.b64decode(found[3])))
        for found in FACE.findall(svg)
    }


def test_a_picture_has_the_characters_of_its_texts():
    """Those that are drawn, in the weight that they are drawn in."""
    svg = inline_svg(picture("Zażółć & <gęślą>"), name="f1", description="")
    ((key, font),) = faces(svg).items()
    assert key == ("f1-font-0", "400", "normal")
    assert set(font.getBestCmap()) == {ord(each) for each in "Zażółć & <gęślą>"}
    assert font.flavor == "woff"
    (text,) = re.findall(r"<text style=\"([^\"]*)\"", svg)
    assert "font-family: 'f1-font-0', 'DejaVu Sans'" in text


def test_bold_and_slanted_texts_have_their_own_font():
    """A viewer would make them up otherwise, with other widths."""
    figure = picture("plain")
    with style(family=DEJAVU):
        figure.text(0.1, 0.8, "bold", weight="bold")
        figure.text(0.1, 0.9, "slanted", style="italic")
    found = faces(inline_svg(figure, name="f1", description=""))
    assert {key[1:] for key in found} == {
        ("400", "normal"), ("700", "normal"), ("400", "italic"),
    }  # fmt: skip


def test_what_a_font_lacks_comes_from_the_other():
    """As matplotlib draws it: character by character."""
    svg = inline_svg(picture("a ⊕", family=made(WIDE)), name="f1", description="")
    found = {key[0]: set(font.getBestCmap()) for key, font in faces(svg).items()}
    assert found == {"f1-font-0": {ord("a"), ord(" ")}, "f1-font-1": {ord("⊕")}}


def test_saved_files_carry_their_font_too(tmp_path):
    """Twice the same bytes, so that a figure is no new file at every run."""
    paths = [
        figures.save(picture("text"), tmp_path / f"{name}.svg")[0] for name in "ab"
    ]
    first, second = (path.read_text(encoding="utf-8") for path in paths)
    assert first == second
    assert len(faces(first)) == 1
    assert 'text-rendering="geometricPrecision"' in first


def test_the_same_picture_comes_from_every_process():
    """No order of a set, which changes from one process to the next, is in it."""
    program = """
from mle_toolkit.reporting.export import inline_svg
from mle_toolkit.reporting.style import new_figure, style
with style(family="DejaVu Sans Mono"):
    figure = new_figure("column")
    figure.text(0.5, 0.5, "abc \u2295 \u05d0 xyz", weight="bold")
print(inline_svg(figure, name="f1", description=""))
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


@pytest.mark.parametrize("svg", ['<svg width="1"><g/></svg>', "<svg >no text</svg>"])
def test_a_picture_without_texts_has_no_font(svg):
    """And stays a picture."""
    found = embed_fonts(svg, prefix="f1")
    assert "@font-face" not in found
    assert found.endswith("</svg>")
