"""Medal rates by method, side by side."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.stats import methods
from tests.builders import make_frame
from tests.scored import scored_frame

COUNTS = analysis.count_table(scored_frame(competitions=8, attempts=4, pending=1))


@pytest.mark.parametrize("target", ["population", "these"])
def test_each_row_is_the_statistic_of_that_name(target):
    """Every method that the statistics know, on the counts of each agent."""
    known = methods._POPULATION if target == "population" else methods._THESE
    table = analysis.medal_rate(
        COUNTS, method=list(known), target=target, resamples=200, seed=4, level=0.9
    )
    assert len(table) == 3 * len(known)
    rows = iter(table.itertuples(index=False))
    for _, part in COUNTS.groupby("agent", sort=False):
        for name in known:
            row = next(rows)
            expected = stats.medal_rate(
                part["n"], part["c"], method=name, target=target, resamples=200,
                seed=4, level=0.9,
            )  # fmt: skip
            np.testing.assert_equal(
                (row.estimate, row.low, row.high, row.level, row.method),
                (expected.estimate, expected.low, expected.high, 0.9, expected.method),
            )
            assert row.n_competitions == 8
            assert row.n_attempts == 32
            assert row.n_left_out == 8
            resampled = isinstance(expected, stats.Resampled)
            assert (row.resamples, row.seed) == (
                (200, 4) if resampled else (pd.NA,) * 2
            )


def test_ours_stands_beside_the_rule_of_mle_bench():
    """By default two rows; the spread over seeds is the narrower one."""
    record = mle.record(missing="failure")
    table = analysis.medal_rate(record[record["agent"] == "models-o1-preview-aide"])
    ours, theirs = table.itertuples(index=False)
    assert (ours.method, theirs.method) == ("end-atom", "sem-over-seeds")
    assert ours.estimate == theirs.estimate == pytest.approx(0.1698, abs=5e-5)
    assert theirs.high - theirs.low < (ours.high - ours.low) / 4


def test_seeds_are_taken_from_attempts_where_all_have_as_many():
    """Then the SEM is that of `by_seed`; counts know the mean square only."""
    frame = make_frame({("a/x", "one"): (4, 1, 0), ("a/x", "two"): (4, 2, 0)})
    seeds = analysis.by_seed(frame, seeds="fewest").summary().iloc[0]
    row = analysis.medal_rate(frame, method="sem-over-seeds").iloc[0]
    assert row["high"] - row["estimate"] == pytest.approx(1.96 * seeds["sem"], rel=1e-3)
    of_counts = analysis.medal_rate(
        analysis.count_table(frame), method="sem-over-seeds"
    ).iloc[0]
    assert of_counts["high"] < row["high"]
    ragged = make_frame({("a/x", "one"): (4, 1, 0), ("a/x", "two"): (3, 2, 0)})
    known = analysis.medal_rate(ragged, method="sem-over-seeds").iloc[0]
    expected = stats.medal_rate([4, 3], [1, 2], method="sem-over-seeds")
    assert known["high"] == pytest.approx(expected.high)


def test_strict_and_undefined_forms():
    """The strict form is wider; one competition has a rate and no interval."""
    plain = analysis.medal_rate(COUNTS).iloc[0]
    strict = analysis.medal_rate(COUNTS, strict=True).iloc[0]
    assert strict["method"] == "end-atom-strict"
    assert strict["high"] > plain["high"]
    one = analysis.medal_rate(make_frame({("a/x", "one"): (4, 1, 2)})).iloc[0]
    assert one["estimate"] == 0.25
    assert np.isnan(one["low"])
    assert "at least 2" in one["reason"]
    none = analysis.medal_rate(make_frame({("a/x", "one"): (0, 0, 2)})).iloc[0]
    assert np.isnan(none["estimate"])
    assert (none["n_attempts"], none["n_left_out"]) == (0, 2)
