"""Figures in a page, measured in a real browser that need not have their font."""

import base64
from pathlib import Path

import pytest

from mle_toolkit.reporting.fonts import current, file_of, width_of
from mle_toolkit.reporting.live.drawing import budget_svg, chart_svg, tree_svg
from mle_toolkit.reporting.report import write_report
from mle_toolkit.reporting.style import style
from tests.builders import write_run
from tests.reporting.fonts import DEJAVU, NARROW, WIDE, made
from tests.summaries import search, summary

# Every text of every picture: where it is, where its picture is, and how long it is
# in the picture's own units.
TEXTS = """() => [...document.querySelectorAll("figure svg")].map((svg) => {
  const page = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].map((text) => {
    const box = text.getBoundingClientRect();
    return {
      text: text.textContent,
      left: box.left - page.left, right: page.right - box.right,
      top: box.top - page.top, bottom: page.bottom - box.bottom,
      length: text.getComputedTextLength(),
      size: parseFloat(getComputedStyle(text).fontSize),
      weight: getComputedStyle(text).fontWeight,
    };
  });
})"""
FONTS = """() => document.fonts.ready.then(() =>
  [...document.fonts].map((font) => [font.family, font.status]))"""
WIDTHS = (480, 1000, 1600)


@pytest.fixture(scope="module", params=[None, DEJAVU, NARROW, WIDE])
def report(request, tmp_path_factory):
    """The report of a run, laid out in a font: that of this machine, and others."""
    folder = tmp_path_factory.mktemp("report")
    run = write_run(folder / "run", attempts=4)
    family = request.param
    if family in {NARROW, WIDE}:
        made(family)
    with style(family=family):
        return write_report(run.path, folder / "out"), current()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_text_of_every_chart_is_inside_its_picture(page, report, width):
    """On phones, laptops and wide screens, in fonts that the browser lacks."""
    path, _ = report
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path.as_uri())
    assert {status for _, status in page.evaluate(FONTS)} == {"loaded"}
    charts = page.evaluate(TEXTS)
    assert len(charts) == 5
    for texts in charts:
        assert len(texts) > 8
        for each in texts:
            sides = (each["left"], each["right"], each["top"], each["bottom"])
            assert min(sides) >= -1.0, each


def test_texts_are_as_long_as_they_were_laid_out(page, report):
    """The browser shows the font of the layout, and no other one of its own."""
    path, family = report
    page.goto(path.as_uri())
    page.evaluate(FONTS)
    with style(family=family):
        for texts in page.evaluate(TEXTS):
            for each in texts:
                measured = width_of(
                    each["text"], each["size"], weight=int(each["weight"])
                )
                # What is measured is rounded up by 3 %.
                share = each["length"] / measured
                assert share == pytest.approx(1 / 1.03, rel=0.02), each


# Texts that leave their picture, and pairs that lie on each other.
CLASHES = """() => [...document.querySelectorAll("svg")].flatMap((svg) => {
  const page = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")]
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const found = texts
    .filter(([, box]) => box.left < page.left - 1 || box.right > page.right + 1)
    .map(([text]) => `${text} leaves its picture`);
  texts.forEach(([one, a], at) => texts.slice(at + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 4) found.push(`${one} on ${other}`);
  }));
  return found;
})"""


@pytest.mark.parametrize("family", [DEJAVU, NARROW])
def test_pictures_of_the_live_view_have_room_for_wide_fonts(page, family):
    """They are shown in a font that nobody knows before: a wide one fits, too."""
    if family == NARROW:
        made(family)
    font = base64.b64encode(Path(file_of(family)).read_bytes()).decode()
    pictures = [
        draw(shown)
        for shown in (summary([]), search(12), search(40), search(40, chain=True))
        for draw in (tree_svg, chart_svg, budget_svg)
    ]
    page.set_content(
        "<!doctype html><style>@font-face { font-family: test; "
        f"src: url(data:font/ttf;base64,{font}) }} "
        f"svg text {{ font-family: test !important }}</style>{''.join(pictures)}"
    )
    assert {status for _, status in page.evaluate(FONTS)} == {"loaded"}
    assert page.evaluate(CLASHES) == []
