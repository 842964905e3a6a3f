"""Intervals round by round, as a verb."""

import numpy as np
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.stats import sequential
from tests.builders import make_frame


def test_rounds_are_the_attempts_in_the_order_of_their_seeds():
    """The last row is what the plain function says of the ordered outcomes."""
    frame = make_frame({("a/m", "x"): (5, 2, 0), ("a/m", "y"): (5, 4, 0)})
    shuffled = frame.sample(frac=1.0, random_state=1)
    table = analysis.sequential_interval(shuffled)
    outcomes = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0]]).T
    plain = sequential.sequential_interval(outcomes)
    np.testing.assert_array_equal(table["low"], plain.lows)
    np.testing.assert_array_equal(table["high"], plain.highs)
    np.testing.assert_allclose(table["estimate"], [1.0, 1.0, 5 / 6, 0.75, 0.6])
    assert table["round"].tolist() == [1, 2, 3, 4, 5]
    assert table["n_attempts"].tolist() == [2, 4, 6, 8, 10]
    assert (table["n_left_out"] == 0).all()
    assert (table["method"] == "betting").all()
    assert table["seed"].isna().all()


def test_a_round_with_a_pending_attempt_waits():
    """It and all after it do not enter, and are counted."""
    frame = make_frame({("a/m", "x"): (5, 2, 0), ("a/m", "y"): (3, 1, 2)})
    table = analysis.sequential_interval(frame)
    assert table["round"].tolist() == [1, 2, 3]
    assert (table["n_left_out"] == 4).all()


def test_before_the_first_round_nothing_is_known():
    """One row: from 0 to 1, with the reason."""
    frame = make_frame({("a/m", "x"): (2, 1, 0), ("a/m", "y"): (0, 0, 2)})
    (row,) = analysis.sequential_interval(frame).to_dict("records")
    assert (row["low"], row["high"], row["round"]) == (0.0, 1.0, 0)
    assert np.isnan(row["estimate"])
    assert "round" in row["reason"]


def test_counts_get_an_order_that_their_seed_decides():
    """The same seed, the same order; the estimate after all rounds is the mean."""
    record = mle.record(missing="drop")
    one = record[record["agent"] == "aira-dojo"]
    table = analysis.sequential_interval(one, seed=2)
    again = analysis.sequential_interval(one, seed=2)
    other = analysis.sequential_interval(one, seed=3)
    assert table["estimate"].tolist() == again["estimate"].tolist()
    assert table["estimate"].tolist() != other["estimate"].tolist()
    assert table["estimate"].iloc[-1] == pytest.approx((one["c"] / one["n"]).mean())
    assert table["method"].iloc[0] == "betting, order drawn at random"
    assert (table["seed"] == 2).all()


def test_limits_only_get_narrower():
    """What was ruled out stays ruled out, so that one may stop at any round."""
    record = mle.record(missing="drop")
    table = analysis.sequential_interval(record[record["agent"] == "disarray"])
    assert table["low"].is_monotonic_increasing
    assert table["high"].is_monotonic_decreasing
