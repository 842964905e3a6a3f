"""Figures: what is drawn, at which size, and what lies beside the file."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mle_toolkit import analysis
from mle_toolkit.errors import UsageError
from mle_toolkit.frames import load_attempts
from mle_toolkit.records import Thresholds
from mle_toolkit.reporting import figures
from mle_toolkit.reporting.export import inline_svg
from mle_toolkit.reporting.labels import Label, label_right, spread
from mle_toolkit.reporting.steps import median_steps
from mle_toolkit.reporting.style import WIDTHS, new_figure
from tests.builders import SCALES, make_frame, write_run

TREE = "tree-search/offline"
LINES = {name: Thresholds(**scale.thresholds) for name, scale in SCALES.items()}


@pytest.fixture(scope="module")
def rates():
    """pass@k of one agent on two competitions."""
    frame = make_frame({(TREE, "digits"): (8, 2, 0), (TREE, "nuclei"): (8, 5, 0)})
    return analysis.pass_at_k(frame)


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Scores over time of an experiment on two competitions."""
    run = write_run(tmp_path_factory.mktemp("runs") / "made", attempts=5)
    return analysis.best_over_time(load_attempts(run.path))


def of(steps, competition):
    """Return the rows of one competition."""
    return steps[steps["competition"] == competition]


def lines_with(figure, values):
    """Return the lines whose data are `values`."""
    return [
        line
        for line in figure.axes[0].lines
        if len(line.get_ydata()) == len(values)
        and np.allclose(line.get_ydata(), values, equal_nan=True)
    ]


def texts(figure):
    """Return what is written in and beside the axes."""
    return [text.get_text() for text in figure.axes[0].texts]


def test_curve_draws_all_and_each(rates):
    """The mean is thick with a band of its interval, the competitions are thin."""
    figure = figures.pass_at_k_curve(rates)
    widths = {}
    for name in ("all", "digits", "nuclei"):
        (line,) = lines_with(figure, rates[rates["competition"] == name]["estimate"])
        widths[name] = line.get_linewidth()
    assert widths["all"] > widths["digits"] == widths["nuclei"]
    (band,) = figure.axes[0].collections
    heights = band.get_paths()[0].vertices[:, 1]
    over_all = rates[rates["competition"] == "all"]
    assert heights.min() == pytest.approx(over_all["low"].min())
    assert heights.max() == pytest.approx(over_all["high"].max())
    assert set(texts(figure)) == {"mean of 2", "digits", "nuclei"}


def test_curve_of_one_competition_has_its_own_band(rates):
    """Rows of one competition alone make that competition the thick line."""
    figure = figures.pass_at_k_curve(rates[rates["competition"] == "digits"])
    assert texts(figure) == ["digits"]
    assert len(figure.axes[0].collections) == 1


def test_curves_of_agents_differ_in_more_than_colour():
    """Each agent has its own marker and line style."""
    outcomes = {
        (agent, name): (8, c, 0)
        for agent, c in (("a/x", 1), ("b/x", 3), ("c/x", 6))
        for name in ("digits", "nuclei")
    }
    figure = figures.pass_at_k_curve(analysis.pass_at_k(make_frame(outcomes)))
    thick = [line for line in figure.axes[0].lines if line.get_linewidth() > 1.5]
    assert len({line.get_marker() for line in thick}) == 3
    assert len({str(line._unscaled_dash_pattern) for line in thick}) == 3
    assert set(texts(figure)) == {"a/x", "b/x", "c/x"}


def test_many_competitions_are_a_quiet_grey():
    """Above eight competitions the thin lines lose their labels."""
    frame = make_frame({(TREE, f"c{i}"): (4, i % 5, 0) for i in range(20)})
    figure = figures.pass_at_k_curve(analysis.pass_at_k(frame), width="column")
    assert texts(figure) == ["mean of 20"]


def test_medal_lines_are_labelled_with_their_scores(steps):
    """Gold, silver, bronze and median stand at their scores, with their names."""
    figure = figures.score_over_time(of(steps, "digits"), LINES["digits"])
    written = " ".join(texts(figure))
    for text in ("gold 0.071", "silver 0.093", "bronze 0.118", "board median 0.191"):
        assert text in written
    flat = {line.get_ydata()[0] for line in figure.axes[0].lines[-4:]}
    assert flat == set(SCALES["digits"].thresholds.values())
    styles = {str(line._unscaled_dash_pattern) for line in figure.axes[0].lines[-4:]}
    assert len(styles) == 4


@pytest.mark.parametrize(
    ("competition", "words"),
    [("digits", "lower is better"), ("breast-cancer", "higher is better")],
)
def test_the_axis_says_which_way_is_better(steps, competition, words):
    """The axis keeps its direction and names it."""
    figure = figures.score_over_time(
        of(steps, competition), LINES[competition], metric="a metric"
    )
    assert figure.axes[0].get_ylabel() == f"a metric ({words})"
    assert not figure.axes[0].yaxis_inverted()


def test_scores_are_steps(steps):
    """No line joins two scores: every line that moves is drawn as steps."""
    figure = figures.score_over_time(of(steps, "digits"), LINES["digits"])
    moving = [
        line
        for line in figure.axes[0].lines
        if len(set(line.get_ydata())) > 1 and line.get_linestyle() != "None"
    ]
    assert moving
    assert {line.get_drawstyle() for line in moving} == {"steps-post"}


def test_median_counts_attempts_without_a_score_as_worst():
    """The middle begins when half of the attempts have a score."""
    steps = pd.DataFrame(
        {
            "attempt": ["a", "a", "b", "c", "c"],
            "time": [1.0, 4.0, 2.0, 0.0, 3.0],
            "score": [5.0, 3.0, 4.0, np.nan, 6.0],
        }
    )
    middle = median_steps(steps, "score", lower_is_better=True)
    assert list(middle["time"]) == [0.0, 1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(middle["value"], [np.nan, np.nan, 5.0, 5.0, 4.0])


def test_hopeless_outliers_do_not_squeeze_the_medals(steps):
    """A score far beyond the field is named in a note instead of scaling the axis."""
    frame = of(steps, "digits").copy()
    first = frame["seed"] == frame["seed"].iloc[0]
    frame.loc[first, ["best_validation", "best_test", "submitted_test"]] = 900.0
    figure = figures.score_over_time(frame, LINES["digits"])
    assert figure.axes[0].get_ylim()[1] < 1.0
    assert any("1 final score lies beyond this edge" in text for text in texts(figure))


def test_validation_stands_in_while_nothing_is_graded(steps):
    """Without test scores the validation scores are drawn, without thresholds too."""
    frame = of(steps, "digits").assign(best_test=np.nan, submitted_test=np.nan)
    figure = figures.score_over_time(frame)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "median attempt: validation, best so far"
    ]


def test_what_cannot_be_drawn_is_refused_in_words(rates, steps):
    """Wrong frames, several competitions and empty frames give a sentence."""
    attempts = make_frame({(TREE, "digits"): (2, 1, 0)})
    for call, words in [
        (lambda: figures.pass_at_k_curve(attempts), "what mle_toolkit.analysis"),
        (lambda: figures.pass_at_k_curve(rates.assign(estimate=np.nan)), "NaN"),
        (lambda: figures.pass_at_k_curve(rates.query("competition != 'all'")), "one"),
        (lambda: figures.score_over_time(steps), "one competition per figure"),
        (lambda: figures.score_over_time(of(steps, "digits").head(0)), "no score"),
        (
            lambda: figures.score_over_time(of(steps, "digits"), scores=["best"]),
            "validation, test",
        ),
        (lambda: figures.pass_at_k_curve(rates, width="page"), "column, text, wide"),
        (lambda: figures.save(Figure(), "plot.docx"), "pdf, svg, png"),
    ]:
        with pytest.raises(UsageError, match=words):
            call()


@pytest.mark.parametrize("width", ["column", "text", 4.0])
def test_saved_size_is_exact(rates, tmp_path, width):
    """The file has the width of its column to the pixel, whatever is in it."""
    inches = WIDTHS.get(width, width)
    drawn = figures.pass_at_k_curve(rates, width=width)
    figures.save(drawn, tmp_path / "deep" / "figure.png")
    with Image.open(tmp_path / "deep" / "figure.png") as picture:
        assert picture.width == round(inches * 300)


def test_save_writes_all_formats_and_the_data(rates, tmp_path):
    """Without a suffix: PDF with TrueType fonts, SVG with text, PNG, and a CSV."""
    paths = figures.save(figures.pass_at_k_curve(rates), tmp_path / "curve", data=rates)
    assert [path.suffix for path in paths] == [".pdf", ".svg", ".png", ".csv"]
    pdf = paths[0].read_bytes()
    assert b"/Type3" not in pdf
    assert b"/TrueType" in pdf or b"/CIDFontType2" in pdf
    assert "<text" in paths[1].read_text()
    back = pd.read_csv(paths[3])
    np.testing.assert_allclose(back["estimate"], rates["estimate"])


def test_the_same_figure_is_the_same_file(rates, tmp_path):
    """No date or random id makes a new file out of an old figure."""
    contents = []
    for name in ("first", "second"):
        paths = figures.save(figures.pass_at_k_curve(rates), tmp_path / name)
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]


def test_inline_svg_fits_into_a_page(rates):
    """Ids are prefixed, references follow, inks are variables, text is escaped."""
    figure = figures.pass_at_k_curve(rates)
    svg = inline_svg(figure, name="f7", description='a "quoted" <caption>')
    assert svg.startswith("<svg role=")
    assert "a &quot;quoted&quot; &lt;caption&gt;" in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids
    assert all(name.startswith("f7-") for name in ids)
    used = re.findall(r'(?:url\(#|href="#)([^")]+)', svg)
    assert set(used) <= set(ids)
    assert "var(--ink)" in svg
    assert "var(--c0)" in svg
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", svg)


def test_figures_show_themselves_without_pyplot(rates):
    """A notebook gets a PNG at the size of the figure; pyplot holds nothing."""
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    data, size = figures.pass_at_k_curve(rates)._repr_png_()
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.width == 2 * size["width"]
    assert plt.get_fignums() == before


def test_style_is_left_behind(rates):
    """Drawing changes no setting of matplotlib."""
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figures.pass_at_k_curve(rates)
    assert dict(mpl.rcParams) == before


def test_labels_keep_their_distance():
    """Labels that would touch are pushed apart and stay in the figure."""
    places = spread([10.0, 11.0, 11.5, 90.0], gap=8.0, low=0.0, high=92.0)
    assert np.diff(places).min() >= 8.0 - 1e-9
    assert min(places) >= 0.0
    assert places[3] == 90.0
    figure = new_figure("text")
    axes = figure.add_subplot()
    label_right(axes, [Label(y=y, text="x", colour="k") for y in (0.5, 0.5, 9.0)])
    assert len(axes.texts) == 2
    assert axes.texts[0].xyann[1] < axes.texts[1].xyann[1]
