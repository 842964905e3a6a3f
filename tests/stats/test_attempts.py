"""pass@k, pass^k and G-Pass@k against slow twins in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import UsageError
from mle_toolkit.stats import g_pass_at_k, pass_at_k, pass_hat_k

NAN = float("nan")


def exact_pass_at_k_fraction(n: int, c: int, k: int) -> Fraction:
    """Return pass@k from exact fractions, by the shorter product."""
    short, long = min(c, k), max(c, k)
    above = below = 1
    for j in range(short):
        above *= max(n - j - long, 0)
        below *= n - j
    return 1 - Fraction(above, below)


def exact_pass_at_k(n: int, c: int, k: int) -> float:
    """Return the same, rounded once."""
    return float(exact_pass_at_k_fraction(n, c, k))


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


def human_eval(n, c, k):
    """Return pass@k by the loop that human-eval uses, which is right for k <= n."""
    if n - c < k:
        return 1.0
    return 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


@given(counts(largest=200))
def test_agrees_with_the_formula_of_human_eval(case):
    """Within its own rounding; beyond n it would say 1 where we say NaN."""
    n, c, k = case
    assert pass_at_k(n, c, k) == pytest.approx(human_eval(n, c, k), rel=1e-12)
    assert human_eval(n, n, n + 1) == 1.0
    assert np.isnan(pass_at_k(n, n, n + 1))


@given(counts())
def test_all_succeed_in_the_exact_share_of_draws(case):
    """pass^k is C(c, k)/C(n, k), to 1e-14, and mirrors pass@k of the failures."""
    n, c, k = case
    exact = Fraction(comb(c, k), comb(n, k))
    assert pass_hat_k(n, c, k) == pytest.approx(float(exact), rel=1e-14, abs=0)
    assert pass_hat_k(n, c, k) == pytest.approx(1 - pass_at_k(n, n - c, k), abs=1e-15)


@given(
    n=st.integers(100, 100_000),
    few=st.integers(1, 600),
    k=st.integers(1, 100_000),
    swap=st.booleans(),
)
def test_all_succeed_holds_1e_14_of_its_value_when_tiny(n, few, k, swap):
    """The relative error stays below 1e-14 for 100,000 attempts, down to 1e-300."""
    few, k = min(few, n), min(k, n)
    failures, k = (k, few) if swap else (few, k)
    exact = 1 - Fraction(exact_pass_at_k_fraction(n, failures, k))
    if exact > Fraction(1, 10**300):
        got = Fraction(pass_hat_k(n, n - failures, k))
        assert abs(got - exact) <= exact / 10**14
    else:
        assert pass_hat_k(n, n - failures, k) <= 1e-299


def exact_tail(n, c, k, least):
    """Return the chance of at least `least` successes, from exact fractions."""
    ways = sum(comb(c, j) * comb(n - c, k - j) for j in range(least, min(c, k) + 1))
    return Fraction(ways, comb(n, k))


@given(counts(), st.fractions(0, 1, max_denominator=20))
def test_a_share_succeeds_in_the_exact_share_of_draws(case, tau):
    """G-Pass@k is the tail of the hypergeometric law, with the exact ceiling."""
    n, c, k = case
    least = max(-(-tau.numerator * k // tau.denominator), 1)
    exact = float(exact_tail(n, c, k, least))
    assert g_pass_at_k(n, c, k, float(tau)) == pytest.approx(exact, rel=1e-14, abs=0)


@given(counts())
def test_a_share_joins_both_ends(case):
    """At tau = 0 it is pass@k, at tau = 1 it is pass^k."""
    n, c, k = case
    assert g_pass_at_k(n, c, k, 0.0) == pytest.approx(pass_at_k(n, c, k), abs=1e-14)
    assert g_pass_at_k(n, c, k, 1.0) == pytest.approx(pass_hat_k(n, c, k), abs=1e-14)


@pytest.mark.parametrize(
    ("n", "c", "k", "least"),
    [
        (3_000, 2_100, 1_500, 1_100),
        (3_000, 1_500, 1_200, 600),
        (100_000, 60, 5_000, 8),
        (100_000, 99_000, 200, 199),
    ],
)
def test_a_share_holds_1e_14_for_large_counts(n, c, k, least):
    """The sums of ratios lose nothing to exact fractions."""
    exact = float(exact_tail(n, c, k, least))
    got = g_pass_at_k(n, c, k, least / k)
    assert got == pytest.approx(exact, rel=1e-14, abs=0)


@pytest.mark.parametrize("tau", [-0.1, 1.1, NAN, None, "0.5", True])
def test_a_share_outside_0_and_1_is_refused(tau):
    """A share is no percentage."""
    with pytest.raises(UsageError, match="tau must be a share between 0 and 1"):
        g_pass_at_k(3, 1, 1, tau)


@pytest.mark.parametrize("function", [pass_hat_k, lambda *x: g_pass_at_k(*x, 0.5)])
def test_edges_and_shapes_are_those_of_pass_at_k(function):
    """NaN for k > n, 0 for one success of none, and the axes of k first."""
    assert np.isnan(function(5, 5, 6))
    assert function(5, 0, 3) == 0.0
    assert function(5, 5, 3) == 1.0
    assert isinstance(function(4, 1, 2), float)
    assert function([4, 5, 6], [1, 1, 1], [1, 2]).shape == (2, 3)
    assert function([], [], [1, 2]).shape == (2, 0)
    with pytest.raises(UsageError, match="c must not exceed n"):
        function(2, 3, 1)
    with pytest.raises(UsageError, match="k must be whole numbers of at least 1"):
        function(2, 1, 0)
