"""The figures of the published record: what is drawn, and nothing that is not known."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.errors import UsageError
from mle_toolkit.reporting import figures
from mle_toolkit.reporting.heatmaps import _MISSING, _NEVER

AGENTS = ["aira-dojo", "models-o1-preview-aide", "Leeroo", "Thesis", "disarray"]


@pytest.fixture(scope="module")
def dropped():
    """Some agents of the record as they were published."""
    table = mle.record(missing="drop")
    return table[table["agent"].isin(AGENTS)]


@pytest.fixture(scope="module")
def table():
    """The leaderboard of some agents, absent competitions as failures."""
    counts = mle.record(missing="failure")
    return analysis.leaderboard(counts[counts["agent"].isin(AGENTS)])


def row_labels(axes):
    """What stands beside the rows, from above."""
    return [label.get_text() for label in axes.get_yticklabels()]


def written(figure):
    """Every text of a figure and of its legends."""
    texts = [text for axes in figure.axes for text in axes.texts]
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        texts += legend.get_texts() if legend is not None else []
    return [text.get_text() for text in texts]


def test_both_intervals_of_each_row_are_drawn(table):
    """Ours above, the reference's below, in the order of the first panel."""
    figure = figures.leaderboard_plot(table)
    assert len(figure.axes) == 4
    over_all = table[table["split"] == "all"]
    axes = figure.axes[0]
    ours, theirs = axes.collections
    segments = np.array([segment[:, 0] for segment in ours.get_segments()])
    assert np.allclose(segments, over_all[["low", "high"]])
    segments = np.array([segment[:, 0] for segment in theirs.get_segments()])
    assert np.allclose(segments, over_all[["reference_low", "reference_high"]])
    dots = axes.lines[0]
    assert np.allclose(dots.get_xdata(), over_all["estimate"])
    assert dots.get_marker() != axes.lines[1].get_marker()
    assert (dots.get_ydata() < axes.lines[1].get_ydata()).all()
    titles = [panel.get_title() for panel in figure.axes]
    assert titles == ["all competitions (75)", "low (22)", "medium (38)", "high (15)"]


def test_names_carry_marks_and_the_figure_says_what_they_mean(table):
    """A leak, a dispute and made-up failures are never silent."""
    figure = figures.leaderboard_plot(table)
    assert row_labels(figure.axes[0]) == [
        "Disarray †", "Leeroo ‡*", "Thesis", "AIRA-dojo, o3", "AIDE, o1-preview",
    ]  # fmt: skip
    notes = " ".join(written(figure))
    assert "† known leakage" in notes
    assert "‡" in notes
    assert "* competitions without reports count as failed" in notes
    assert "95 % interval for other competitions" in notes


def test_agents_without_a_rank_are_marked(dropped):
    """Leeroo leads by what it lacks, and the figure says so."""
    figure = figures.leaderboard_plot(analysis.leaderboard(dropped))
    assert row_labels(figure.axes[0])[0] == "Leeroo ‡§"
    assert "§ lacks competitions: not ranked" in written(figure)


@pytest.mark.parametrize("width", ["column", "text", "wide", 4.0])
def test_the_width_is_exact_and_everything_is_inside(table, width):
    """Legends are stacked where the page is narrow, and nothing is cut."""
    only = table[table["split"] == "all"]
    figure = figures.leaderboard_plot(only, width=width)
    assert figure.get_figwidth() == figures.WIDTHS.get(width, width)
    figure.draw_without_rendering()
    page = figure.bbox
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert box.x0 >= page.x0 - 1
        assert box.x1 <= page.x1 + 1
        assert box.y0 >= page.y0 - 1
        assert box.y1 <= page.y1 + 1
    box = figure.axes[0].get_tightbbox()
    assert box.x0 >= page.x0 - 1
    assert box.x1 <= page.x1 + 1


def test_the_reference_may_be_left_out(table):
    """Then ours stands in the middle of the row."""
    figure = figures.leaderboard_plot(table, reference=False)
    axes = figure.axes[0]
    assert len(axes.collections) == 1
    assert list(axes.lines[0].get_ydata()) == [0, 1, 2, 3, 4]


def test_a_frame_of_something_else_is_refused(table, dropped):
    """The sentence names the column; NaN alone is nothing to draw."""
    with pytest.raises(UsageError, match="'estimate'"):
        figures.leaderboard_plot(dropped)
    with pytest.raises(UsageError, match="no agent to draw"):
        figures.leaderboard_plot(table.assign(estimate=np.nan))
    with pytest.raises(UsageError, match="no column 'n'"):
        figures.medal_heat_map(dropped.drop(columns="n"))
    with pytest.raises(UsageError, match="two rows"):
        figures.medal_heat_map(pd.concat([dropped, dropped]))
    with pytest.raises(UsageError, match="no cell"):
        figures.medal_heat_map(dropped.assign(n=0, c=0))


def cells(figure):
    """The colour of each cell, below each other."""
    rows = []
    for mesh in figure.axes[0].collections:
        if hasattr(mesh, "get_coordinates"):
            rows += [[to_hex(cell) for cell in row] for row in mesh.get_array()]
    return np.array(rows)


def test_heat_map_tells_never_from_no_attempt(dropped):
    """Three kinds of cells: a share, a plain zero, and a stroke where nothing ran."""
    figure = figures.medal_heat_map(dropped)
    names = row_labels(figure.axes[0])
    assert len(names) == 75
    agents = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert agents == [
        "Disarray", "Leeroo", "Thesis", "AIRA-dojo, o3", "AIDE, o1-preview",
    ]  # fmt: skip
    colours = cells(figure)
    leeroo = dropped[dropped["agent"] == "Leeroo"].set_index("competition")
    for name, row in zip(names, colours, strict=True):
        assert (row[1] == _MISSING) == (name not in leeroo.index)
    thesis = dropped[dropped["agent"] == "Thesis"].set_index("competition")
    never = (colours[:, 2] == _NEVER).sum()
    assert never == (thesis["c"] == 0).sum()
    strokes = figure.axes[0].collections[-1].get_segments()
    assert len(strokes) == 35
    assert {"never", "no attempt"} <= set(written(figure))


def test_heat_map_puts_the_easiest_first_in_each_split(dropped):
    """The means at the margin fall from row to row within a split."""
    figure = figures.medal_heat_map(dropped)
    names = row_labels(figure.axes[0])
    shares = (dropped["c"] / dropped["n"]).groupby(dropped["competition"]).sum() / 5
    splits = dropped.drop_duplicates("competition").set_index("competition")["split"]
    found = pd.DataFrame({"share": shares[names], "split": splits[names]})
    assert list(found["split"].unique()) == ["low", "medium", "high"]
    for _, part in found.groupby("split"):
        assert part["share"].is_monotonic_decreasing
    texts = written(figure)
    assert {"low (22)", "medium (38)", "high (15)", "mean, %"} <= set(texts)
    assert f"{100 * found['share'].iloc[0]:.0f}" in texts


def test_heat_map_leaves_ablations_out_and_fits_a_page():
    """27 agents on 75 competitions in a page's width and height, in vectors."""
    figure = figures.medal_heat_map(mle.record(missing="failure"))
    width, height = figure.get_size_inches()
    assert width == figures.WIDTHS["wide"]
    assert height < 9.5
    assert cells(figure).shape == (75, 27)
    assert "no attempt" not in written(figure)
    small = mle.record(missing="failure").query("split == 'high'")
    with_all = figures.medal_heat_map(small, ablations=True, by="category")
    assert cells(with_all).shape == (15, 31)


def test_heat_map_takes_agents_of_ones_own():
    """Unknown agents are called by their names; other groups come behind."""
    counts = pd.DataFrame(
        {
            "agent": ["mine", "mine", "other"],
            "competition": ["x", "y", "x"],
            "split": ["mini", "low", "mini"],
            "c": [1, 0, 2],
            "n": [2, 1, 2],
        }
    )
    figure = figures.medal_heat_map(counts, width="text")
    assert row_labels(figure.axes[0]) == ["y", "x"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "other", "mine",
    ]  # fmt: skip
