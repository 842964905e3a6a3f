"""Chao, Good-Toulmin and the power law against sums that one can read."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.powerlaw import power_law_pass_at_k
from mle_toolkit.stats.unseen import (
    chao_pass_at_k,
    good_toulmin_pass_at_k,
    rectangle,
)

BOTH = (chao_pass_at_k, good_toulmin_pass_at_k)


@st.composite
def equal_counts(draw):
    """Draw counts of equally many attempts, with a success and a failure."""
    n = draw(st.integers(2, 12))
    c = draw(st.lists(st.integers(0, n), min_size=3, max_size=20))
    return n, [1, 0, *c]


def slow_chao(n, c, k):
    """Return Chao's value in fractions, except for its last power."""
    once, twice, none = c.count(1), c.count(2), c.count(0)
    hidden = Fraction(n - 1, n) * (
        Fraction(once**2, 2 * twice) if twice else Fraction(once * (once - 1), 2)
    )
    hidden = min(hidden, Fraction(none))
    total = n * hidden + once
    rate = float(once / total) if total else 0.0
    found = float(hidden) * (1 - (1 - rate) ** (k - n))
    return (len(c) - none + found) / len(c)


def slow_good_toulmin(n, c, k):
    """Return the smoothed sum, term by term."""
    t = k / n - 1
    draws = None
    if t > 1:
        draws = max(0, int(np.floor(0.5 * np.log2(sum(c) * t**2 / (t - 1)))))
    new = 0.0
    for i in range(1, n + 1):
        weight = 1.0 if draws is None else stats.binom.sf(i - 1, draws, 2 / (t + 2))
        new -= (-t) ** i * weight * c.count(i)
    none = c.count(0)
    return (len(c) - none + min(max(new, 0.0), none)) / len(c)


@given(equal_counts(), st.integers(1, 400))
def test_chao_is_its_formula(counts, more):
    """With equal attempts, the value is that of the formula in fractions."""
    n, c = counts
    result = chao_pass_at_k([n] * len(c), c, n + more, resamples=100)
    assert result.estimate == pytest.approx(slow_chao(n, c, n + more), rel=1e-9)
    assert result.low <= result.estimate <= result.high


@given(equal_counts(), st.integers(1, 400))
def test_good_toulmin_is_its_formula(counts, more):
    """Plain to twice the attempts, smoothed beyond, it is the sum term by term."""
    n, c = counts
    result = good_toulmin_pass_at_k([n] * len(c), c, n + more, resamples=100)
    slow = slow_good_toulmin(n, c, n + more)
    assert result.estimate == pytest.approx(slow, rel=1e-9, abs=1e-9)
    assert 0 <= result.low <= result.estimate <= result.high <= 1


@pytest.mark.parametrize("rule", BOTH)
def test_below_the_attempts_it_is_plain_pass_at_k(rule):
    """Where nothing is extrapolated, the value is the unbiased estimate."""
    n, c = [8] * 12, [8, 5, 3, 1, 1, *[0] * 7]
    result = rule(n, c, 5)
    assert result.estimate == pytest.approx(np.mean(pass_at_k(n, c, 5)))


def test_ragged_counts_are_brought_down_by_expectation():
    """Chao of 3, 4 and 5 attempts is the formula on mean counts of all draws of 3."""
    n, c = [3, 4, 5, 3], [1, 2, 1, 0]
    mean = np.zeros(4)
    for attempts, wins in zip(n, c, strict=True):
        outcomes = [1] * wins + [0] * (attempts - wins)
        sums = [sum(draw) for draw in combinations(outcomes, 3)]
        mean += np.bincount(sums, minlength=4) / len(sums)
    none, once, twice = mean[:3]
    hidden = min(2 / 3 * once**2 / (2 * twice), none)
    rate = once / (3 * hidden + once)
    expected = (4 - none + hidden * (1 - (1 - rate) ** 7)) / 4
    assert chao_pass_at_k(n, c, 10).estimate == pytest.approx(expected)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_the_rectangle_is_the_largest(n):
    """No other number of common attempts keeps more of the table."""
    rows, common = rectangle(np.array(n))
    areas = {size: size * sum(m >= size for m in n) for size in range(1, 10)}
    if max(n) > 0:
        assert common * rows.sum() == max(areas.values())
        assert (rows == (np.array(n) >= common)).all()
    else:
        assert not rows.any()


@settings(max_examples=25)
@given(equal_counts())
def test_chao_rises_with_k_to_its_bound(counts):
    """The lower value never falls, and never exceeds all competitions."""
    n, c = counts
    values = [
        chao_pass_at_k([n] * len(c), c, k, resamples=100).estimate
        for k in (n, n + 1, 2 * n, 10 * n, 1000 * n)
    ]
    assert all(a <= b + 1e-12 for a, b in pairwise(values))
    assert values[0] == pytest.approx(np.mean(np.array(c) > 0))
    assert values[-1] <= 1


def test_chao_is_a_lower_value():
    """In worlds of many kinds, its mean lies below the truth at 20 n."""
    rng = np.random.default_rng(3)
    for a, b in ((0.1, 0.5), (1, 9), (0.5, 1)):
        errors = []
        for _ in range(60):
            p = rng.beta(a, b, 60)
            c = rng.binomial(8, p)
            value = chao_pass_at_k([8] * 60, c, 160, resamples=100).estimate
            errors.append(value - (1 - (1 - p) ** 160).mean())
        assert np.mean(errors) < 0.01


def test_many_attempts_are_no_burden():
    """A hundred thousand attempts per competition work, without overflow."""
    n, c = [100_000] * 10, [50_000, 100, 2, 1, 1, 0, 0, 0, 0, 0]
    for k in (150_000, 1_000_000):
        for rule in BOTH:
            result = rule(n, c, k, resamples=100)
            assert 0 < result.low <= result.estimate <= result.high <= 1
            assert result.estimate >= 0.5


@pytest.mark.parametrize("rule", BOTH)
def test_the_seed_is_noted(rule):
    """One seed gives one band; a generator leaves no seed to note."""
    n, c = [8] * 12, [8, 5, 3, 1, 1, *[0] * 7]
    assert rule(n, c, 80, seed=4) == rule(n, c, 80, seed=4)
    assert rule(n, c, 80, seed=4).seed == 4
    assert rule(n, c, 80, seed=np.random.default_rng(4)).seed is None


@pytest.mark.parametrize("rule", BOTH)
@pytest.mark.parametrize(
    ("n", "c", "word"),
    [
        ([], [], "2 competitions"),
        ([5], [2], "2 competitions"),
        ([1, 1, 1], [1, 0, 0], "one attempt"),
        ([5, 5], [0, 0], "no attempt succeeded"),
    ],
)
def test_says_why_it_is_undefined(rule, n, c, word):
    """Without differences to see or successes to count, all is NaN."""
    result = rule(n, c, 40)
    assert np.isnan([result.estimate, result.low, result.high]).all()
    assert word in result.reason


@pytest.mark.parametrize("rule", BOTH)
@pytest.mark.parametrize(
    ("n", "c", "k", "options"),
    [
        ([3, 3], [4, 0], 6, {}),
        ([3, 3], [1, 0], 0, {}),
        ([3, 3], [1, 0], [6, 7], {}),
        ([3, 3], [1, 0], 6, {"level": 0}),
        ([3, 3], [1, 0], 6, {"resamples": 5}),
        ([3, 3], [1, 0], 6, {"seed": -1}),
    ],
)
def test_refuses_bad_input(rule, n, c, k, options):
    """Illegal counts, k and options are errors."""
    with pytest.raises(UsageError):
        rule(n, c, k, **options)


@given(equal_counts(), st.integers(1, 200))
def test_the_power_law_is_a_line_on_log_scales(counts, k):
    """The parameters are those of a straight line by another least squares."""
    n, c = counts
    result = power_law_pass_at_k([n] * len(c), c, k)
    ks = np.arange(1, n + 1)
    curve = np.mean(pass_at_k([n] * len(c), c, ks), axis=1)
    inside = curve < 1
    if inside.sum() < 2:
        assert np.isnan(result.estimate)
        assert result.reason
        return
    slope, level = np.polyfit(np.log(ks[inside]), np.log(-np.log(curve[inside])), 1)
    assert result.b == pytest.approx(-slope, abs=1e-8)
    assert result.estimate == pytest.approx(np.exp(-np.exp(level) * k**slope))


@pytest.mark.parametrize(
    ("n", "c"), [([], []), ([1, 1], [1, 0]), ([4, 4], [0, 0]), ([4, 4], [4, 4])]
)
def test_no_power_law_through_nothing(n, c):
    """A curve at 0 or 1, or of one point, has no law."""
    result = power_law_pass_at_k(n, c, 8)
    assert np.isnan([result.a, result.b, result.estimate]).all()
    assert result.reason
