"""pass@k and score@k against slow twins in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import UsageError
from mle_toolkit.stats import pass_at_k, score_at_k

NAN = float("nan")


def exact_pass_at_k(n: int, c: int, k: int) -> float:
    """Return pass@k from exact fractions, by the shorter product."""
    short, long = min(c, k), max(c, k)
    miss = Fraction(1)
    for j in range(short):
        miss *= Fraction(max(n - j - long, 0), n - j)
    return float(1 - miss)


def brute_best(scores: list[float], k: int) -> Fraction:
    """Return the mean over all draws of k of the best score in the draw."""
    draws = [max(draw) for draw in combinations(scores, k)]
    return sum((Fraction(best) for best in draws), Fraction(0)) / len(draws)


@st.composite
def counts(draw, largest=60):
    """Draw attempts, successes and a k that the attempts allow."""
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(counts())
def test_is_the_share_of_draws_with_a_success(case):
    """The value is 1 - C(n-c, k)/C(n, k), to 1e-14."""
    n, c, k = case
    exact = float(1 - Fraction(comb(n - c, k), comb(n, k)))
    assert pass_at_k(n, c, k) == pytest.approx(exact, rel=1e-14, abs=0)


@given(
    n=st.integers(100, 100_000),
    c=st.integers(1, 100),
    k=st.integers(1, 100_000),
    swap=st.booleans(),
)
def test_holds_1e_14_for_large_counts(n, c, k, swap):
    """The error stays below 1e-14 up to 100,000 attempts, for rare and common."""
    k = min(k, n)
    if swap:
        c, k = min(k, n), c
    exact = exact_pass_at_k(n, c, k)
    assert pass_at_k(n, c, k) == pytest.approx(exact, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("n", "c", "k"),
    [
        (100_000, 1, 1),
        (100_000, 99_999, 1),
        (100_000, 700, 900),
        (50, 17, 17),
        (100_000, 3, 99_990),
        (99_999, 49_999, 9),
        (1_000, 492, 492),
    ],
)
def test_holds_1e_14_at_the_seams(n, c, k):
    """Both forms of evaluation agree with fractions where one takes over."""
    exact = exact_pass_at_k(n, c, k)
    assert pass_at_k(n, c, k) == pytest.approx(exact, rel=1e-14, abs=0)


@given(counts())
def test_does_not_fall_with_k_or_successes(case):
    """One more attempt or one more success never lowers the value."""
    n, c, k = case
    value = pass_at_k(n, c, k)
    assert 0.0 <= value <= 1.0
    slack = 1e-15
    if k < n:
        assert pass_at_k(n, c, k + 1) >= value - slack
    if c < n:
        assert pass_at_k(n, c + 1, k) >= value - slack


@given(counts(largest=12))
def test_mean_over_one_attempt_removed_is_unchanged(case):
    """It is a U-statistic: averaging over leave-one-out samples changes nothing."""
    n, c, k = case
    if k == n:
        return
    kept = (n - c) * pass_at_k(n - 1, min(c, n - 1), k) if c < n else 0.0
    lost = c * pass_at_k(n - 1, c - 1, k) if c else 0.0
    assert (kept + lost) / n == pytest.approx(pass_at_k(n, c, k), rel=1e-12)


def test_edges_are_exact():
    """No success is 0, too few failures to fill a draw is 1, and k > n is NaN."""
    assert pass_at_k(5, 0, 3) == 0.0
    assert pass_at_k(5, 3, 3) == 1.0
    assert np.isnan(pass_at_k(5, 5, 6))
    assert np.isnan(pass_at_k(0, 0, 1))


def test_shapes():
    """The axes of k come first, then those of the competitions."""
    assert isinstance(pass_at_k(4, 1, 2), float)
    assert pass_at_k([4, 5, 6], [1, 1, 1], 2).shape == (3,)
    assert pass_at_k(4, 1, [1, 2]).shape == (2,)
    assert pass_at_k([4, 5, 6], [1, 1, 1], [1, 2]).shape == (2, 3)
    assert pass_at_k([], [], [1, 2]).shape == (2, 0)
    np.testing.assert_allclose(
        pass_at_k([4, 5], [1, 2], [1, 2]),
        [[1 / 4, 2 / 5], [1 / 2, 7 / 10]],
    )


@pytest.mark.parametrize(
    ("n", "c", "k", "words"),
    [
        (3, 4, 1, "c must not exceed n; got c=4 of n=3"),
        (-1, 0, 1, "n must be whole numbers of at least 0; got -1"),
        (3, 1, 0, "k must be whole numbers of at least 1; got 0"),
        (3, 1.5, 1, "c must be whole numbers of at least 0; got 1.5"),
        (3, NAN, 1, "got nan"),
        (float("inf"), 1, 1, "got inf"),
        ([True, False], 0, 1, "got booleans"),
        ("three", 1, 1, "got <U5 values"),
        ([3, 3], [1, 1, 1], 1, r"got shapes \(2,\) and \(3,\)"),
    ],
)
def test_illegal_counts_are_named(n, c, k, words):
    """A count that cannot be is refused with the value that was given."""
    with pytest.raises(UsageError, match=words):
        pass_at_k(n, c, k)


def test_whole_floats_are_counts():
    """Counts that a frame turned into floats are taken as they are."""
    assert pass_at_k([4.0], [1.0], 2.0) == pytest.approx([0.5])


scores = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=8)


@given(scores, st.integers(1, 8))
def test_score_is_the_mean_best_over_all_draws(values, k):
    """The order-statistic weights equal brute force, in both directions."""
    if k > len(values):
        assert np.isnan(score_at_k(values, k))
        return
    best = float(brute_best(values, k))
    assert score_at_k(values, k) == pytest.approx(best, rel=1e-12, abs=1e-12)
    negated = [-value for value in values]
    lower = score_at_k(negated, k, lower_is_better=True)
    assert lower == pytest.approx(-best, rel=1e-12, abs=1e-12)


@given(counts(largest=30))
def test_score_of_successes_is_pass_at_k(case):
    """For scores of 0 and 1 it is pass@k."""
    n, c, k = case
    outcomes = [1.0] * c + [0.0] * (n - c)
    assert score_at_k(outcomes, k) == pytest.approx(pass_at_k(n, c, k), abs=1e-13)


@given(scores, st.integers(1, 6), st.integers(1, 8), st.booleans())
def test_a_failure_ranks_below_every_score(values, failures, k, lower):
    """NaN with a floor equals the floor as a score; without, NaN when it can win."""
    n = len(values) + failures
    if k > n:
        return
    floor = 60.0 if lower else -60.0
    with_nan = values + [NAN] * failures
    filled = values + [floor] * failures
    expected = score_at_k(filled, k, lower_is_better=lower)
    got = score_at_k(with_nan, k, lower_is_better=lower, floor=floor)
    assert got == pytest.approx(expected)
    bare = score_at_k(with_nan, k, lower_is_better=lower)
    assert np.isnan(bare) if k <= failures else bare == pytest.approx(expected)


def test_score_shapes():
    """Columns are competitions; the axis of k comes first."""
    table = np.array([[1.0, 5.0], [2.0, NAN], [3.0, 4.0]])
    assert isinstance(score_at_k(table[:, 0], 2), float)
    np.testing.assert_allclose(
        score_at_k(table, [1, 2, 3, 4]),
        [[2.0, NAN], [8 / 3, 14 / 3], [3.0, 5.0], [NAN, NAN]],
    )
    assert np.isnan(score_at_k([], 1))


def test_an_infinite_loss_is_a_score():
    """An infinite loss weighs in only where a draw may consist of it."""
    losses = [float("inf"), 1.0, 2.0]
    assert score_at_k(losses, 1, lower_is_better=True) == float("inf")
    assert score_at_k(losses, 2, lower_is_better=True) == pytest.approx(4 / 3)


@pytest.mark.parametrize(
    ("args", "options", "words"),
    [
        (([[[1.0]]], 1), {}, "got \\(1, 1, 1\\)"),
        ((["a"], 1), {}, "scores must be numbers"),
        (([1.0], 0), {}, "at least 1; got 0"),
        (([1.0, 2.0], 1), {"floor": 1.5}, "worst score 1.0; got 1.5"),
        (
            ([1.0, 2.0], 1),
            {"floor": 1.5, "lower_is_better": True},
            "worst score 2.0; got 1.5",
        ),
    ],
)
def test_illegal_scores_are_named(args, options, words):
    """Arrays of a wrong shape and floors above a score are refused."""
    with pytest.raises(UsageError, match=words):
        score_at_k(*args, **options)
