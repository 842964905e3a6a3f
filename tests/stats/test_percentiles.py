"""Percentiles among people: ties, directions and shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.competitions.medals import rank
from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats.percentiles import TIES, percentile, percentile_range

NAN = float("nan")
BOARDS = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=15)


@given(st.integers(-1, 7), BOARDS, st.booleans())
def test_counts_the_teams_that_are_worse(score, board, lower):
    """Strict counts worse teams, weak also equal ones, half lies in the middle."""
    worse = [team > score if lower else team < score for team in board]
    equal = [team == score for team in board]
    found = {
        ties: percentile(score, board, lower_is_better=lower, ties=ties)
        for ties in TIES
    }
    assert found["strict"] == pytest.approx(100 * np.mean(worse))
    assert found["weak"] == pytest.approx(100 * np.mean(np.add(worse, equal)))
    assert found["half"] == pytest.approx((found["strict"] + found["weak"]) / 2)


@given(st.integers(0, 6).map(float), BOARDS)
def test_half_is_the_rule_of_grading(score, board):
    """The default agrees with the percentile of a graded submission."""
    graded = rank(score, board, lower_is_better=False).percentile
    assert percentile(score, board) == pytest.approx(graded)


def test_takes_many_scores():
    """An array is answered by an array; a missing score has no place."""
    found = percentile([0.5, 2.5, NAN], [1, 2, 3, 4])
    assert found[:2].tolist() == [0, 50]
    assert np.isnan(found[2])
    assert np.isnan(percentile(NAN, [1, 2]))
    assert np.isnan(percentile(0.5, []))


@given(st.integers(0, 6).map(float), BOARDS, st.floats(0, 3), st.booleans())
def test_the_range_holds_the_shifted_places(score, board, se, lower):
    """Its ends are the percentiles of the score, moved by z standard errors."""
    place = percentile_range(score, board, score_se=se, lower_is_better=lower)
    sign = -1 if lower else 1
    for moved, end in ((-1, place.low), (0, place.estimate), (1, place.high)):
        value = score + sign * moved * 1.959963984540054 * se
        assert end == percentile(value, board, lower_is_better=lower)
    assert place.low <= place.estimate <= place.high
    assert place.n == len(board)


def test_a_sure_score_has_no_range():
    """Without error, the range is a point; with more, it never narrows."""
    board = np.linspace(0, 1, 101)
    sure = percentile_range(0.5, board, score_se=0.0)
    assert sure.low == sure.estimate == sure.high
    some = percentile_range(0.5, board, score_se=0.1)
    assert (some.low, some.high) == pytest.approx((30, 70), abs=1)


def test_says_why_there_is_no_place():
    """No score and no leaderboard are NaN with a reason."""
    for score, board, word in ((NAN, [1.0], "no score"), (1.0, [], "empty")):
        place = percentile_range(score, board, score_se=0.1)
        assert np.isnan([place.low, place.estimate, place.high]).all()
        assert word in place.reason


def test_refuses_bad_input():
    """NaN on the leaderboard, text, negative errors and unknown rules are errors."""
    for call in (
        lambda: percentile(0.5, [1, NAN]),
        lambda: percentile("best", [1]),
        lambda: percentile(0.5, [[1]]),
        lambda: percentile_range(0.5, [1], score_se=-1),
        lambda: percentile_range(0.5, [1], score_se=NAN),
        lambda: percentile_range([0.5, 0.6], [1], score_se=0.1),
        lambda: percentile_range(0.5, [1], score_se=0.1, level=0),
    ):
        with pytest.raises(UsageError):
            call()
    with pytest.raises(UnknownNameError):
        percentile(0.5, [1], ties="average")
