"""Figures of rates, places, profiles and differences: what is drawn, and where."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.errors import UsageError
from mle_toolkit.reporting import figures
from mle_toolkit.reporting.curves import _MOST_BANDS
from mle_toolkit.reporting.forest import _SHADE
from tests.scored import AGENTS, scored_frame

NAMES = ["disarray", "Leeroo", "Thesis", "aira-dojo", "models-o1-preview-aide"]
FRAME = scored_frame(competitions=6, attempts=4)


@pytest.fixture(scope="module")
def padded():
    """Some agents of the record, absent competitions as failures."""
    record = mle.record(missing="failure")
    return record[record["agent"].isin(NAMES)]


@pytest.fixture(scope="module")
def rates(padded):
    """Their medal rates by three methods."""
    methods = ["end-atom", "sem-over-seeds", "logit-t"]
    return analysis.medal_rate(padded, method=methods)


@pytest.fixture(scope="module")
def pairs(padded):
    """Neighbours among them."""
    return analysis.compare_many(padded, pairs="neighbours")


@pytest.fixture(scope="module")
def curves():
    """The pass@k of three agents that differ in their attempts."""
    few = FRAME[(FRAME["agent"] != AGENTS[0]) | (FRAME["seed"] < 2)]
    return analysis.pass_at_k(few)


def row_labels(figure):
    """What stands beside the rows, from above."""
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def written(figure):
    """Every text of a figure and of its legends."""
    texts = [text for axes in figure.axes for text in axes.texts]
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        texts += legend.get_texts() if legend is not None else []
    return [text.get_text() for text in texts]


def segments(collection):
    """The ends of horizontal lines, one row each."""
    return np.array([each[:, 0] for each in collection.get_segments()])


def test_rates_have_each_method_in_each_row(rates):
    """Estimates and limits of every method, below each other, best agent first."""
    figure = figures.medal_rate_plot(rates)
    assert row_labels(figure) == [
        "Disarray †", "Leeroo ‡*", "Thesis", "AIRA-dojo, o3", "AIDE, o1-preview",
    ]  # fmt: skip
    axes = figure.axes[0]
    order = [NAMES.index(each) for each in rates["agent"].unique()]
    heights = []
    for at, method in enumerate(rates["method"].unique()):
        part = rates[rates["method"] == method]
        drawn = segments(axes.collections[at])
        np.testing.assert_allclose(drawn, part[["low", "high"]])
        dots = axes.lines[at]
        np.testing.assert_allclose(dots.get_xdata(), part["estimate"])
        heights.append(np.array(dots.get_ydata()))
        np.testing.assert_array_equal(np.round(heights[-1]), order)
    assert (heights[0] < heights[1]).all()
    assert (heights[1] < heights[2]).all()
    assert len({line.get_marker() for line in axes.lines}) == 3
    assert len({line.get_color() for line in axes.lines}) == 3


def test_rates_say_what_their_intervals_speak_of(rates, padded):
    """The legend tells other competitions from these, and whose rule the SEM is."""
    texts = " ".join(written(figures.medal_rate_plot(rates)))
    assert "end-atom: 95 % for other competitions" in texts
    assert "sem-over-seeds, as MLE-bench has it" in texts
    assert "† known leakage" in texts
    assert "* competitions without reports count as failed" in texts
    these = analysis.medal_rate(padded, method="end-atom", target="these", level=0.9)
    texts = " ".join(written(figures.medal_rate_plot(these)))
    assert "end-atom-fixed: 90 % for these competitions" in texts


def test_places_are_drawn_with_what_the_data_allow(padded):
    """A bar from the best to the worst place, a dot at the place by the mean."""
    table = analysis.rank_intervals(padded)
    figure = figures.rank_plot(table)
    axes = figure.axes[0]
    np.testing.assert_array_equal(
        segments(axes.collections[0]), table[["low", "high"]].astype(float)
    )
    assert list(axes.lines[0].get_xdata()) == [1, 2, 3, 4, 5]
    assert list(axes.lines[0].get_ydata()) == [0, 1, 2, 3, 4]
    assert "places that the data allow (95 % all at once)" in written(figure)
    assert axes.get_xticks()[0] == 1


def test_agents_without_a_place_say_why():
    """They stand below the others, with what they lack."""
    record = mle.record(missing="drop")
    table = analysis.rank_intervals(record[record["agent"].isin(NAMES)])
    figure = figures.rank_plot(table)
    assert row_labels(figure)[-1] == "Leeroo ‡"
    assert "lacks 35 of 75 competitions" in written(figure)
    assert len(figure.axes[0].lines[0].get_xdata()) == 4
    with pytest.raises(UsageError, match="no agent has a place"):
        figures.rank_plot(table[table["estimate"].isna()])


def test_differences_stand_in_rows_with_what_could_be_seen(pairs):
    """Interval, dot, the reach of what is too small, and the p-value, per pair."""
    figure = figures.comparison_plot(pairs)
    axes = figure.axes[0]
    assert row_labels(figure)[0] == "Disarray† \N{MINUS SIGN} Leeroo‡*"
    bars = [
        (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in axes.patches
        if to_hex(bar.get_facecolor()) == _SHADE
    ]
    reach = pairs["detectable"]
    np.testing.assert_allclose(bars, np.column_stack([-reach, reach]))
    found = pairs["differs"].to_numpy()
    assert 0 < found.sum() < len(found)
    lines = [line for line in axes.lines if line.get_marker() == "o"]
    drawn = dict(zip((True, False), lines, strict=True))
    for differs, line in drawn.items():
        part = pairs[found == differs]
        np.testing.assert_allclose(line.get_xdata(), part["estimate"])
        np.testing.assert_array_equal(line.get_ydata(), part.index)
    limits = np.concatenate([segments(each) for each in axes.collections])
    expected = pd.concat([pairs[found], pairs[~found]])[["low", "high"]]
    np.testing.assert_allclose(limits, expected)
    # Filled or hollow: colour is not all that tells them apart.
    assert drawn[False].get_markerfacecolor() == "white"
    assert drawn[True].get_markerfacecolor() != "white"
    texts = written(figure)
    assert {"differs after Holm", "does not differ after Holm", "adjusted p"} <= set(
        texts
    )
    assert "differences with less than 80 % power" in texts
    assert "shared" not in texts


def test_pairs_on_different_competitions_say_how_many(pairs):
    """Where the number varies it stands beside the p-values."""
    record = mle.record(missing="drop")
    record = record[record["agent"].isin(NAMES)]
    texts = written(figures.comparison_plot(analysis.compare_many(record, pairs=pairs)))
    at = texts.index("shared")
    assert texts[at + 1 : at + 5] == ["40", "40", "75", "75"]


def test_one_comparison_and_a_baseline_have_their_own_words(padded):
    """Without a correction the interval speaks; a baseline stands on the axis."""
    one = analysis.compare(padded, a="aira-dojo", b="models-o1-preview-aide")
    figure = figures.comparison_plot(one, width="text")
    texts = written(figure)
    assert "95 % interval beside 0" in texts
    assert "95 % interval with 0" not in texts
    assert "p" in texts
    assert "< 0.001" in texts
    many = analysis.compare_many(padded, baseline="models-o1-preview-aide")
    figure = figures.comparison_plot(many)
    assert row_labels(figure)[-1] == "AIRA-dojo, o3"
    assert figure.axes[0].get_xlabel().endswith("less AIDE, o1-preview")


def test_what_is_undefined_leaves_its_place_empty():
    """A difference without spread has a dot, and neither limits nor a grey bar."""
    counts = pd.DataFrame(
        {
            "agent": ["a", "a", "b", "b"],
            "competition": ["x", "y", "x", "y"],
            "c": [2, 2, 1, 1],
            "n": [4, 4, 4, 4],
        }
    )
    wide = figures.comparison_plot(analysis.compare_many(counts))
    assert wide.axes[0].get_xlim()[1] < 1.1
    table = analysis.compare_many(counts, method="paired-t")
    assert np.isnan(table["detectable"].iloc[0])
    figure = figures.comparison_plot(table)
    (line,) = [each for each in figure.axes[0].lines if each.get_marker() == "o"]
    assert list(line.get_xdata()) == [0.25]
    figure.draw_without_rendering()


def test_profiles_are_steps_with_bands():
    """Each agent has its line, marker and colour; the steps stand behind the scores."""
    table = analysis.performance_profile(FRAME)
    figure = figures.performance_profile_plot(table)
    axes = figure.axes[0]
    lines = [line for line in axes.lines if line.get_label() in AGENTS]
    assert [line.get_label() for line in lines] == list(AGENTS)
    assert {line.get_drawstyle() for line in axes.lines} == {"steps-post"}
    for line in lines:
        part = table[table["agent"] == line.get_label()]
        np.testing.assert_allclose(line.get_ydata(), part["estimate"])
    assert len({line.get_marker() for line in lines}) == 3
    assert len(axes.collections) == 3
    crowd = pd.concat(
        [table.assign(agent=table["agent"] + f"-{copy}") for copy in range(2)]
    )
    assert not figures.performance_profile_plot(crowd).axes[0].collections


def test_curves_of_several_agents_have_their_names_at_the_end(curves):
    """A curve that ends early is led to its label; bands give way to a crowd."""
    figure = figures.pass_at_k_curve(curves)
    axes = figure.axes[0]
    assert sorted(text.get_text() for text in axes.texts) == sorted(AGENTS)
    leads = [each for each in axes.collections if hasattr(each, "get_segments")]
    (lead,) = [each for each in leads if len(each.get_segments()) == 1]
    over_all = curves[(curves["competition"] == "all") & (curves["agent"] == AGENTS[0])]
    assert segments(lead).tolist() == [[2.0, 4.0]]
    assert lead.get_segments()[0][0, 1] == over_all["estimate"].iloc[-1]
    crowd = pd.concat(
        [curves.assign(agent=curves["agent"] + f"-{copy}") for copy in range(2)]
    )
    assert crowd["agent"].nunique() > _MOST_BANDS
    drawn = figures.pass_at_k_curve(crowd).axes[0]
    assert not [each for each in drawn.collections if each.get_facecolor().size]


def test_published_agents_are_called_by_their_names(padded):
    """In curves as in rows; what is not published keeps its own name."""
    figure = figures.pass_at_k_curve(analysis.pass_at_k(padded))
    names = [text.get_text() for text in figure.axes[0].texts]
    assert "AIDE, o1-preview" in names


@pytest.mark.parametrize("width", ["column", "text", "wide", 4.5])
def test_widths_are_exact_and_nothing_is_cut(rates, pairs, padded, width):
    """Legends take as many lines as they need, and labels stay on the page."""
    table = analysis.rank_intervals(padded)
    for figure in (
        figures.medal_rate_plot(rates, width=width),
        figures.comparison_plot(pairs, width=width),
        figures.rank_plot(table, width=width),
    ):
        assert figure.get_figwidth() == figures.WIDTHS.get(width, width)
        figure.draw_without_rendering()
        page = figure.bbox
        boxes = [legend.get_window_extent() for legend in figure.legends]
        boxes.append(figure.axes[0].get_tightbbox())
        for box in boxes:
            assert box.x0 >= page.x0 - 1
            assert box.x1 <= page.x1 + 1
            assert box.y0 >= page.y0 - 1
            assert box.y1 <= page.y1 + 1


@pytest.mark.parametrize(
    "draw",
    [
        figures.medal_rate_plot,
        figures.rank_plot,
        figures.comparison_plot,
        figures.performance_profile_plot,
    ],
)
def test_other_frames_are_refused(draw, rates, pairs):
    """A frame of another verb lacks a column, and attempts are no result."""
    with pytest.raises(UsageError, match=r"figures take what mle_toolkit\.analysis"):
        draw(FRAME)
    if draw is figures.medal_rate_plot:
        with pytest.raises(UsageError, match="no agent to draw"):
            draw(rates.assign(estimate=np.nan))
    if draw is figures.comparison_plot:
        with pytest.raises(UsageError, match="no difference to draw"):
            draw(pairs.assign(estimate=np.nan))
    if draw is figures.performance_profile_plot:
        table = analysis.performance_profile(FRAME, taus=[50.0])
        with pytest.raises(UsageError, match="no profile to draw"):
            draw(table.assign(estimate=np.nan))
