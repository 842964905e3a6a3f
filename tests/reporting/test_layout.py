"""Figures keep inside their page, whatever font a machine has."""

import os
import subprocess
import sys

import pytest
from matplotlib import font_manager
from matplotlib.text import Text

import mle_toolkit as mle
from mle_toolkit.errors import UsageError
from mle_toolkit.reporting import figures, fonts
from mle_toolkit.reporting.layout import legend_outside
from mle_toolkit.reporting.style import new_figure, style
from tests.builders import make_frame
from tests.reporting import catalogue
from tests.reporting.fonts import (
    DEJAVU,
    INSTALLED,
    NARROW,
    WIDE,
    is_there,
    made,
    stretch,
)

NAMES = [
    "rates", "single", "steps", "forecast", "medals", "split", "profile", "power",
    "medal_rate", "ranks", "pairs", "baseline", "board", "panels", "counts", "few",
]  # fmt: skip


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    """Every figure of the package, as functions of a width."""
    frames = catalogue.frames(tmp_path_factory.mktemp("runs"))
    found = catalogue.drawings(frames)
    assert list(found) == NAMES
    return found


def check(draw, family, width):
    """Draw in a font, and measure outside of any style, as a notebook would."""
    with style(family=family):
        figure = draw(width)
    assert figure.get_figwidth() == figures.WIDTHS.get(width, width)
    assert catalogue.faults_of(figure) == []
    written = {text.get_fontfamily()[0] for text in figure.findobj(Text)}
    assert written == {family}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("family", [DEJAVU, NARROW, WIDE])
def test_nothing_is_cut_and_nothing_overprints(drawings, family, name):
    """Texts, legends and labels fit on the narrowest page, in narrow and wide fonts."""
    if family != DEJAVU:
        made(family)
    check(drawings[name], family, "column")


@pytest.mark.may_skip("fonts of the distribution need not be installed")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("family", INSTALLED)
def test_fonts_of_the_distribution_fit_too(drawings, family, name):
    """Those that Debian packages, one of them narrow and one with high lines."""
    if not is_there(family):
        pytest.skip(f"{family} is not installed")
    check(drawings[name], family, "text")


@pytest.mark.parametrize("name", NAMES)
def test_the_font_that_was_found_fits(drawings, name):
    """The family that this machine chose, at a width between those of venues."""
    check(drawings[name], fonts.current(), 4.0)


def test_a_figure_keeps_its_font_when_the_block_has_ended(drawings):
    """What is drawn later, by whomever, is drawn in the font of the layout."""
    with style(family=made(WIDE)):
        figure = drawings["rates"]("text")
    figure.draw_without_rendering()
    before = [box.width for _, box in catalogue.texts_of(figure)]
    figure.axes[0].set_xticks([1, 2, 3])
    figure.draw_without_rendering()
    assert {text.get_fontfamily()[0] for text in figure.findobj(Text)} == {WIDE}
    with style(family=DEJAVU):
        narrower = drawings["rates"]("text")
    after = [box.width for _, box in catalogue.texts_of(narrower)]
    assert sum(before) > sum(after)


def test_an_unknown_font_is_refused_with_those_that_are_meant():
    """The message has the name, and names that are close to it."""
    with (
        pytest.raises(UsageError, match="'DejaVu Snas' is installed; did you mean"),
        style(family="DejaVu Snas"),
    ):
        pass


def test_a_font_that_no_file_can_carry_is_refused(monkeypatch, tmp_path):
    """Outlines of another kind would be broken in a PDF."""
    path = tmp_path / "Odd.otf"
    path.write_bytes(b"OTTO" + bytes(60))
    monkeypatch.setattr(fonts, "file_of", lambda *_, **__: str(path))
    with (
        pytest.raises(UsageError, match="'Odd' has no TrueType outlines"),
        style(family="Odd"),
    ):
        pass


def test_the_first_font_that_is_there_is_chosen(monkeypatch):
    """And the one that comes with matplotlib when there is no other."""
    fonts._found.cache_clear()
    monkeypatch.setattr(fonts, "_unfit", lambda name: "" if name == "Arimo" else "no")
    assert fonts.current() == "Arimo"
    fonts._found.cache_clear()
    monkeypatch.setattr(fonts, "_unfit", lambda _: "no")
    assert fonts.current() == "DejaVu Sans"
    fonts._found.cache_clear()


def test_a_font_that_was_removed_is_not_chosen(tmp_path):
    """What matplotlib remembers of another day is checked against the disk."""
    program = """
from matplotlib import font_manager as fm
gone = fm.FontEntry("/gone/Arial.ttf", "Arial", "normal", "normal", 400, "normal",
                    "scalable")
fm.fontManager.ttflist = [e for e in fm.fontManager.ttflist if e.name != "Arial"]
fm.fontManager.ttflist.append(gone)
from mle_toolkit.reporting import fonts
assert fonts.current() != "Arial", fonts.current()
assert fonts.file_of(fonts.current())
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "MPLCONFIGDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_font_of_today_is_found(tmp_path, monkeypatch):
    """One that was installed after matplotlib looked, and after it was refused."""
    with pytest.raises(UsageError, match="'MLE Narrow 2' is installed"):
        style(family="MLE Narrow 2").__enter__()
    path = tmp_path / "MLENarrow2-Regular.ttf"
    stretch(fonts.file_of(DEJAVU), path, "MLE Narrow 2", 0.8)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(path)])
    with style(family="MLE Narrow 2"):
        assert fonts.current() == "MLE Narrow 2"
        assert fonts.width_of("Attempts", 8.0) > 0


def test_dollars_in_names_are_no_formula(drawings):
    """A name with two of them is written as it is."""
    figure = drawings["rates"]("wide")
    texts = [text for text, _ in catalogue.texts_of(figure)]
    assert any("$5 and $10" in text.replace("\n", " ") for text in texts)


def test_a_long_legend_is_stacked_before_it_is_broken():
    """As many columns as fit; then one; then lines within a label."""
    from matplotlib.lines import Line2D

    def written(*labels):
        with style(family=DEJAVU):
            figure = new_figure("column")
            figure.add_subplot()
            handles = [Line2D([], [], label=label) for label in labels]
            return legend_outside(figure, handles)

    assert written("a", "b", "c")._ncols == 3
    stacked = written(25 * "n", 25 * "o")
    assert stacked._ncols == 1
    broken = written("one name that is so long that no column of a paper holds it")
    (text,) = broken.get_texts()
    assert "\n" in text.get_text()
    assert " ".join(text.get_text().split()) == (
        "one name that is so long that no column of a paper holds it"
    )


@pytest.mark.parametrize(
    "text", ["", " ", "plain", "a/b-c_d:e, f", "x" * 200, "two\nlines", "ünï — çödé"]
)
@pytest.mark.parametrize("room", [5.0, 40.0, 1000.0])
def test_breaking_loses_no_character(text, room):
    """But blanks at the ends of lines; and no line is too wide but of one character."""
    with style(family=DEJAVU):
        broken = fonts.wrap(text, room, 8.0)
        assert "".join(broken.split()) == "".join(text.split())
        for line in broken.split("\n"):
            assert len(line) <= 1 or fonts.width_of(line, 8.0) <= room


@pytest.mark.parametrize("name", ["x" * 500, "word " * 100, "a\nb\tc\n" * 4])
def test_names_of_any_length_leave_room_for_the_figure(name):
    """They are cut in the picture, and say so; the data beside it has them whole."""
    outcomes = {(name, at): (8, 2, 0) for at in ("x", "y")}
    frame = mle.analysis.pass_at_k(make_frame(outcomes | {("b", "x"): (8, 3, 0)}))
    figure = figures.pass_at_k_curve(frame, width="column")
    assert catalogue.faults_of(figure) == []
    (label,) = [text for text, _ in catalogue.texts_of(figure) if text.endswith("…")]
    assert label.count("\n") == 3


def test_widths_are_those_of_the_font():
    """A wide font's texts are as much wider as its characters are."""
    with style(family=DEJAVU):
        plain = fonts.width_of("Attempts k", 8.0)
        assert fonts.width_of("a\nAttempts k", 8.0) == plain
    with style(family=made(WIDE)):
        assert fonts.width_of("Attempts k", 8.0) / plain == pytest.approx(1.3, rel=0.02)


def test_a_frame_of_one_row_has_a_page_of_its_own():
    """The page is as high as its rows need, from one to many."""
    record = mle.record(missing="failure")
    heights = []
    for count in (1, 5, 20):
        names = list(record["agent"].unique()[:count])
        rates = mle.analysis.medal_rate(record[record["agent"].isin(names)])
        figure = mle.figures.medal_rate_plot(rates)
        figure.draw_without_rendering()
        heights.append(figure.axes[0].get_window_extent().height / figure.dpi / count)
    assert max(heights) - min(heights) < 0.02


def test_the_last_font_is_always_there():
    """It comes with matplotlib, wherever the machine's fonts are."""
    assert font_manager.findfont(fonts.LAST, fallback_to_default=False)
