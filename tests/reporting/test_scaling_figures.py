"""The figures of forecasts, of medals over time, of budgets and of power."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.errors import UsageError
from mle_toolkit.reporting import figures
from tests.builders import write_run

O1 = "models-o1-preview-aide"


@pytest.fixture(scope="module")
def forecast():
    """Forecasts of an agent of the record."""
    record = mle.record(missing="drop")
    return analysis.forecast_pass_at_k(
        record[record["agent"] == O1], k=[19, 40, 60, 100, 200]
    )


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """The medals of a small run, step by step."""
    run = write_run(tmp_path_factory.mktemp("runs") / "made", attempts=6)
    return analysis.medal_steps(mle.load_attempts(run.path))


def written(figure):
    """Every text of a figure and of its legends."""
    texts = [text for axes in figure.axes for text in axes.texts]
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        texts += legend.get_texts() if legend is not None else []
    return [text.get_text() for text in texts]


def lines_at(axes, x, y):
    """Lines that run through exactly these points."""
    return [
        line
        for line in axes.lines
        if len(line.get_xdata()) == len(x)
        and np.allclose(line.get_xdata(), x)
        and np.allclose(line.get_ydata(), y)
    ]


def test_observed_is_solid_and_the_forecast_dashed(forecast):
    """And what is beyond 3 n is hatched, pale, and called model-dependent."""
    figure = figures.forecast_plot(forecast)
    (axes,) = figure.axes
    seen = forecast[forecast["kind"] == "observed"]
    (solid,) = lines_at(axes, seen["k"], seen["estimate"])
    assert solid.get_linestyle() == "-"
    ahead = forecast[forecast["kind"] == "forecast"]
    near = ahead[ahead["caution"].isna()]
    (dashed,) = lines_at(axes, near["k"], near["estimate"])
    assert dashed.get_linestyle() == "--"
    far = ahead[ahead["k"] >= near["k"].max()]
    (pale,) = lines_at(axes, far["k"], far["estimate"])
    assert pale.get_alpha() < 1
    (chao,) = lines_at(axes, ahead["k"], ahead["at_least"])
    assert chao.get_linestyle() not in {"-", solid.get_linestyle()}
    bands = [band.get_hatch() for band in axes.collections]
    assert bands == [None, "////"]
    texts = written(figure)
    assert "model-dependent: beyond 3 n" in texts
    assert "AIDE, o1-preview" in texts


def test_a_lower_value_above_the_forecast_is_not_called_lower():
    """The legend says that Chao's line is above, and only then."""
    record = mle.record(missing="drop")
    aira = record[record["agent"] == "aira-dojo"]
    for k, word in ((60, "noisy: not below the forecast"), (24, "at least (Chao)")):
        table = analysis.forecast_pass_at_k(aira, k=[22, k])
        (text,) = [
            each for each in written(figures.forecast_plot(table)) if "Chao" in each
        ]
        assert text.endswith(word)


def test_a_near_forecast_is_not_called_model_dependent(forecast):
    """The word is for what it is true of."""
    near = forecast[forecast["caution"].isna()]
    texts = written(figures.forecast_plot(near, width="column"))
    assert not any("model-dependent" in text for text in texts)


def test_a_forecast_without_a_value_leaves_the_observed_part():
    """One competition can be drawn, but not forecast; nothing cannot."""
    counts = pd.DataFrame({"agent": ["a"], "competition": ["x"], "n": [4], "c": [1]})
    table = analysis.forecast_pass_at_k(counts, k=20)
    figure = figures.forecast_plot(table)
    assert len(lines_at(figure.axes[0], [1, 2, 3, 4], [0.25, 0.5, 0.75, 1.0])) == 1
    with pytest.raises(UsageError, match="reason"):
        figures.forecast_plot(table[table["kind"] == "forecast"])


def test_medals_over_time_are_steps_in_a_unit_that_reads(steps):
    """Seconds here; every corner is a row of the frame."""
    curve = analysis.medal_curve(steps)
    figure = figures.medal_curve_plot(curve)
    (axes,) = figure.axes
    (line,) = axes.lines
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(line.get_xdata(), curve["x"] * 3600)
    np.testing.assert_allclose(line.get_ydata(), curve["estimate"])
    assert axes.get_xlabel() == "Time since the start (s)"
    assert axes.get_xlim()[1] > curve["x"].max() * 3600


def test_first_medals_start_at_nothing_and_last_to_the_edge(steps):
    """The survival curve has no row before its first medal; the figure has."""
    table = analysis.time_to_first_medal(steps)
    figure = figures.medal_curve_plot(table)
    (axes,) = figure.axes
    (line,) = axes.lines
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (0.0, 0.0)
    assert line.get_xdata()[-1] == pytest.approx(axes.get_xlim()[1])
    assert line.get_drawstyle() == "steps-post"


def test_dollars_keep_their_unit_and_axes_do_not_mix(steps):
    """One figure, one axis."""
    paid = steps.assign(cost_usd=steps["elapsed_s"] / 10)
    dollars = analysis.medal_curve(paid, axis="dollars", held="submitted")
    figure = figures.medal_curve_plot(dollars)
    assert figure.axes[0].get_xlabel() == "Spent on the attempt (dollars)"
    assert figure.axes[0].get_ylabel() == "Medal, if submitted then"
    both = pd.concat([dollars, analysis.medal_curve(paid)])
    with pytest.raises(UsageError, match="one axis"):
        figures.medal_curve_plot(both)
    with pytest.raises(UsageError, match="reason"):
        figures.medal_curve_plot(dollars.assign(estimate=np.nan))


def test_medals_that_cost_nothing_are_a_mark(steps):
    """A curve of one moment is seen, with its interval; it has no budget to split."""
    free = steps.assign(cost_usd=0.0)
    curve = analysis.medal_curve(free, axis="dollars")
    assert len(curve) == 1
    for table in (curve, analysis.time_to_first_medal(free, axis="dollars")):
        (axes,) = figures.medal_curve_plot(table).axes
        (mark,) = axes.lines
        assert mark.get_marker() != "None"
        (row,) = table[table["x"].notna()].to_dict("records")
        assert (mark.get_xdata()[0], mark.get_ydata()[-1]) == (0.0, row["estimate"])
        ((bar,),) = [each.get_segments() for each in axes.collections]
        np.testing.assert_allclose(bar[:, 1], [row["low"], row["high"]])
    with pytest.raises(UsageError, match="no budget to split"):
        figures.budget_split_plot(analysis.best_split(free, axis="dollars"))


def test_a_band_says_what_it_holds(steps):
    """Its level is in the legend; without bands there is none."""
    curve = analysis.medal_curve(steps, level=0.8)
    assert "80 % interval, moment by moment" in written(figures.medal_curve_plot(curve))
    many = pd.concat([curve.assign(agent=f"a{at}") for at in range(5)])
    assert not figures.medal_curve_plot(many).legends


def test_the_chosen_split_is_marked_with_its_own_value(steps):
    """The mark is the out-of-sample value, not the best of the line."""
    table = analysis.best_split(steps, budget=0.016)
    figure = figures.budget_split_plot(table)
    (axes,) = figure.axes
    line, mark = axes.lines
    inside = table[table["kind"] == "in-sample"]
    np.testing.assert_allclose(line.get_ydata(), inside["estimate"])
    (chosen,) = table[table["kind"] == "out-of-sample"].to_dict("records")
    assert mark.get_ydata()[0] == chosen["estimate"]
    ((segment,),) = [each.get_segments() for each in axes.collections]
    np.testing.assert_allclose(segment[:, 1], [chosen["low"], chosen["high"]])
    assert "budget 57.6 s" in written(figure)
    with pytest.raises(UsageError, match="reason"):
        figures.budget_split_plot(table.assign(estimate=np.nan))


def test_power_has_a_line_for_each_design():
    """Colours tell attempts, line styles competitions; the wanted power is drawn."""
    table = analysis.power_curve(competitions=[22, 75], seeds=[1, 5], deltas=[0, 0.1])
    figure = figures.power_plot(table, wanted=0.9)
    (axes,) = figure.axes
    wanted, *lines = axes.lines
    assert set(wanted.get_ydata()) == {0.9}
    assert len(lines) == 4
    assert len({line.get_color() for line in lines}) == 2
    assert len({line.get_linestyle() for line in lines}) == 2
    last = table.loc[table["delta"] == 0.1, "estimate"]
    np.testing.assert_allclose([line.get_ydata()[-1] for line in lines], last)
    texts = written(figure)
    assert {"1 attempt each", "5 attempts each", "22 competitions", "90 %"} <= set(
        texts
    )
    with pytest.raises(UsageError, match="reason"):
        figures.power_plot(table.assign(estimate=np.nan))


def test_files_have_their_data_beside(forecast, tmp_path):
    """A figure and the frame that it shows."""
    files = figures.save(
        figures.forecast_plot(forecast), tmp_path / "f.svg", data=forecast
    )
    assert [path.name for path in files] == ["f.svg", "f.csv"]
    assert len(pd.read_csv(files[1])) == len(forecast)
