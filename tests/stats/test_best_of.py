"""score@k and select@k against all draws, one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import UsageError
from mle_toolkit.stats import pass_at_k, score_at_k, select_at_k

NAN = float("nan")


def brute_best(scores: list[float], k: int) -> Fraction:
    """Return the mean over all draws of k of the best score in the draw."""
    draws = [max(draw) for draw in combinations(scores, k)]
    return sum((Fraction(best) for best in draws), Fraction(0)) / len(draws)


def brute_select(validation, outcome, k) -> Fraction:
    """Return the mean outcome of the choice, over all draws and orders of equals."""
    total, count = Fraction(0), 0
    for draw in permutations(range(len(validation)), k):
        known = [at for at in draw if not np.isnan(validation[at])]
        # The first of the best: each order of a draw is equally likely.
        chosen = max(known or draw[:1], key=lambda at: validation[at])
        total += Fraction(outcome[chosen])
        count += 1
    return total / count


@st.composite
def counts(draw, largest=60):
    """Draw attempts, successes and a k that the attempts allow."""
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


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


@given(scores, st.integers(1, 8), st.integers(0, 3))
def test_rows_below_n_are_not_read(values, k, padding):
    """Attempts that were not made change nothing, whatever the table holds there."""
    table = np.array([values + [99.0] * padding, values + [-99.0] * padding]).T
    got = score_at_k(table, k, n=[len(values)] * 2)
    alone = score_at_k(values, k)
    np.testing.assert_array_equal(got, [alone, alone])
    first = np.stack([values, values], axis=1)
    chosen = select_at_k(table, table, k, n=[len(values)] * 2)
    np.testing.assert_allclose(chosen, select_at_k(first, first, k), rtol=1e-12)


def test_columns_of_different_length_are_independent():
    """A ragged table gives what its columns give one by one."""
    table = np.array([[1.0, 5.0, 3.0], [2.0, 7.0, NAN], [9.0, NAN, NAN]])
    got = score_at_k(table, [1, 2, 3], n=[3, 2, 1])
    for at, total in enumerate([3, 2, 1]):
        column = score_at_k(table[:total, at], [1, 2, 3])
        np.testing.assert_array_equal(got[:, at], column)


selections = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from([NAN, 0.0, 1.0, 2.0]), min_size=n, max_size=n),
        st.lists(st.integers(-5, 5).map(float), min_size=n, max_size=n),
        st.integers(1, n),
    )
)


@given(selections)
def test_select_is_the_mean_outcome_of_the_own_choice(case):
    """Ties are broken by chance, and unmeasured attempts are chosen last."""
    validation, outcome, k = case
    exact = float(brute_select(validation, outcome, k))
    assert select_at_k(validation, outcome, k) == pytest.approx(exact, abs=1e-12)
    negated = [-value for value in validation]
    lower = select_at_k(negated, outcome, k, lower_is_better=True)
    assert lower == pytest.approx(exact, abs=1e-12)


@given(scores, st.integers(1, 8))
def test_select_by_the_outcome_itself_is_score_at_k(values, k):
    """An agent that measures the truth chooses like an oracle."""
    got, best = select_at_k(values, values, k), score_at_k(values, k)
    assert got == pytest.approx(best, abs=1e-12, nan_ok=True)


@given(selections)
def test_select_is_never_above_the_oracle(case):
    """No choice among k attempts wins more than the best of them."""
    validation, outcome, k = case
    assert select_at_k(validation, outcome, k) <= score_at_k(outcome, k) + 1e-12


def test_select_of_failed_attempts():
    """A failed attempt has its floor; without one, NaN only where it may be chosen."""
    validation, outcome = [3.0, 2.0, NAN], [1.0, 0.0, NAN]
    assert select_at_k(validation, outcome, 2) == pytest.approx(2 / 3)
    assert np.isnan(select_at_k(validation, outcome, 1))
    assert select_at_k(validation, outcome, 1, floor=0.0) == pytest.approx(1 / 3)


def test_select_shapes():
    """The axis of k comes first, then the competitions; k > n is NaN."""
    table = np.array([[1.0, 2.0], [3.0, 1.0]])
    assert isinstance(select_at_k(table[:, 0], table[:, 0], 1), float)
    assert select_at_k(table, table, [1, 2, 3]).shape == (3, 2)
    assert np.isnan(select_at_k(table, table, 3)).all()
    assert np.isnan(select_at_k([], [], 1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: select_at_k([1.0, 2.0], [1.0], 1), "one shape"),
        (lambda: select_at_k([1.0, 2.0], [[1.0], [0.0]], 1), "one shape"),
        (lambda: select_at_k([1.0], [1.0], 0), "at least 1; got 0"),
        (lambda: select_at_k(["a"], [1.0], 1), "validation must be numbers"),
        (lambda: select_at_k([1.0], ["a"], 1), "outcome must be numbers"),
        (lambda: score_at_k([[1.0], [2.0]], 1, n=[3]), "at most the number of rows, 2"),
        (lambda: score_at_k([[1.0], [2.0]], 1, n=[1, 1]), "one entry per competition"),
        (lambda: score_at_k([1.0], 1, n=0.5), "n must be whole numbers"),
        (lambda: score_at_k([1.0], 1, floor="0"), "floor must be a number"),
        (lambda: select_at_k([1.0], [1.0], 1, floor=NAN), "floor must be a number"),
    ],
)
def test_illegal_selections_are_named(call, words):
    """Arrays that do not fit together are refused in words."""
    with pytest.raises(UsageError, match=words):
        call()
