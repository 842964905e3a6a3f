"""The end-atom interval: golden values, limits, symmetries and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats import (
    competition_interval,
    mean_interval,
    medal_rate,
    pass_at_k,
    pass_at_k_interval,
)

GOLDEN = {
    "few": ([3] * 22, [3, 3, 2, 1, 1] + [0] * 17),
    "none": ([3] * 22, [0] * 22),
    "one success": ([16] * 22, [1] + [0] * 21),
    "one attempt each": ([1] * 75, [1] * 13 + [0] * 62),
    "many": ([3] * 75, [3] * 25 + [1] * 10 + [0] * 40),
    "all": ([3] * 22, [3] * 22),
}


@pytest.mark.parametrize(
    ("name", "default", "strict", "fixed"),
    [
        ("few", (0.046756, 0.329275), (0.045827, 0.347632), (0.097856, 0.221895)),
        ("none", (0, 0.133620), (0, 0.154373), (0, 0.057270)),
        ("one success", (9.0e-5, 0.127331), (8.8e-5, 0.155579), (0, 0.023469)),
        (
            "one attempt each",
            (0.095983, 0.275189),
            (0.095651, 0.278149),
            (0.095111, 0.273971),
        ),
        ("many", (0.276196, 0.487305), (0.274829, 0.489986), (0.348567, 0.408111)),
        ("all", (0.866380, 1), (0.845627, 1), (0.942730, 1)),
    ],
)
def test_golden_values(name, default, strict, fixed):
    """The three forms give the limits that were computed independently."""
    n, c = GOLDEN[name]
    for result, limits in [
        (medal_rate(n, c), default),
        (medal_rate(n, c, strict=True), strict),
        (medal_rate(n, c, target="these"), fixed),
    ]:
        assert (result.low, result.high) == pytest.approx(limits, abs=6e-7)


rates = st.lists(
    st.fractions(0, 1, max_denominator=16).map(float), min_size=2, max_size=40
)


@given(rates, st.sampled_from([0.5, 0.8, 0.95, 0.99]), st.booleans())
def test_limits_enclose_the_mean(values, level, strict):
    """The limits lie in [0, 1] around the plain mean and widen with the level."""
    result = mean_interval(values, level=level, strict=strict)
    assert 0 <= result.low <= result.estimate + 1e-12
    assert result.estimate - 1e-12 <= result.high <= 1
    assert result.estimate == pytest.approx(np.mean(values))
    wider = mean_interval(values, level=(1 + level) / 2, strict=strict)
    assert wider.low <= result.low
    assert wider.high >= result.high


@given(rates)
def test_success_and_failure_mirror(values):
    """Swapping success and failure mirrors the interval."""
    result = mean_interval(values)
    mirror = mean_interval([1 - value for value in values])
    assert (mirror.low, mirror.high) == pytest.approx(
        (1 - result.high, 1 - result.low), abs=1e-9
    )


@given(rates)
def test_strict_form_is_wider(values):
    """The unseen competition with its full weight only widens the interval."""
    default, strict = mean_interval(values), mean_interval(values, strict=True)
    assert strict.low <= default.low + 1e-9
    assert strict.high >= default.high - 1e-9


@given(st.integers(2, 60).flatmap(lambda t: st.tuples(st.just(t), st.integers(0, t))))
def test_strict_form_of_single_attempts_is_clopper_pearson(case):
    """With one attempt per competition, the strict form is the exact interval."""
    total, wins = case
    result = medal_rate([1] * total, [1] * wins + [0] * (total - wins), strict=True)
    exact = stats.binomtest(wins, total).proportion_ci(0.95, method="exact")
    assert (result.low, result.high) == pytest.approx(tuple(exact), abs=1e-9)


@pytest.mark.parametrize("competitions", [2, 5, 22])
def test_coverage_holds_with_few_competitions(competitions):
    """In rare, common and lumpy worlds, at least 88 % of the intervals cover."""
    rng = np.random.default_rng(20)
    shape = (300, competitions)
    worlds = [
        (0.10, rng.beta(0.05, 0.45, shape)),
        (0.50, rng.beta(5, 5, shape)),
        (0.20, np.where(rng.random(shape) < 0.8, 0.05, 0.8)),
    ]
    for truth, p in worlds:
        found = [mean_interval(row) for row in rng.binomial(8, p) / 8]
        covered = [each.low <= truth <= each.high for each in found]
        assert np.mean(covered) >= 0.88


ragged = st.lists(
    st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=2,
    max_size=30,
)


@given(ragged)
def test_every_target_has_finite_limits_around_the_estimate(pairs):
    """Whatever the counts, also 1 attempt beside 20, no limit is NaN."""
    n, c = zip(*pairs, strict=True)
    for options in ({}, {"strict": True}, {"target": "these"}):
        result = medal_rate(n, c, **options)
        assert 0 <= result.low <= result.estimate + 1e-12
        assert result.estimate - 1e-12 <= result.high <= 1


def test_limits_survive_values_at_the_edge_of_floats():
    """Values that vanish or round to an end give limits, without a warning."""
    for values in ([1e-200] * 5, [1e-200, 0.0], [1 - 1e-15, 1.0, 1.0], [5e-324, 1.0]):
        result = mean_interval(values)
        assert 0 <= result.low <= result.high <= 1
    fixed = medal_rate([1, 14], [0, 1], target="these")
    assert fixed.low == 0.0


def test_pass_at_1_is_the_medal_rate():
    """For k = 1 the two intervals are the same numbers."""
    n, c = [3, 5, 8, 2], [1, 0, 8, 1]
    first, rate = pass_at_k_interval(n, c, 1), medal_rate(n, c)
    assert first.estimate == pytest.approx(rate.estimate)
    assert (first.low, first.high) == pytest.approx((rate.low, rate.high))


def test_only_competitions_with_k_attempts_enter():
    """A competition with n < k is left out, and the record says how many stayed."""
    result = pass_at_k_interval([8, 8, 3], [2, 0, 3], 4)
    alone = pass_at_k_interval([8, 8], [2, 0], 4)
    assert result == alone
    assert result.n == 2
    assert result.estimate == pytest.approx(np.mean(pass_at_k([8, 8], [2, 0], 4)))


def test_competitions_without_attempts_are_left_out():
    """No attempt is no information: neither a failure nor a competition."""
    with_empty = medal_rate([4, 4, 0], [1, 3, 0])
    assert with_empty == medal_rate([4, 4], [1, 3])
    fixed = medal_rate([4, 4, 0], [1, 3, 0], target="these")
    assert fixed == medal_rate([4, 4], [1, 3], target="these")


@pytest.mark.parametrize("target", ["population", "these"])
def test_undefined_is_nan_with_a_reason(target):
    """One competition has no interval, none has no estimate: NaN, and why."""
    one = medal_rate(4, 1, target=target)
    assert one.estimate == 0.25
    assert np.isnan([one.low, one.high]).all()
    assert "at least 2" in one.reason
    none = medal_rate([], [], target=target)
    assert np.isnan([none.estimate, none.low, none.high]).all()
    assert "no competition" in none.reason
    assert none.n == 0


@given(st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_competition_interval_is_clopper_pearson(case):
    """For k = 1 it is the exact interval; it rises with k and holds the estimate."""
    n, c = case
    exact = stats.binomtest(c, n).proportion_ci(0.95, method="exact")
    first = competition_interval(n, c)
    assert (first.low, first.high) == pytest.approx(tuple(exact), abs=1e-9)
    last = first
    for k in range(1, n + 1):
        result = competition_interval(n, c, k)
        assert result.low <= result.estimate <= result.high
        assert result.low >= last.low - 1e-12
        assert result.high >= last.high - 1e-12
        last = result
    beyond = competition_interval(n, c, n + 1)
    assert np.isnan(beyond.estimate)
    assert f"there are {n}" in beyond.reason


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: medal_rate([2], [3]), "c must not exceed n"),
        (lambda: medal_rate([2], [1], level=95), "level must lie between 0 and 1"),
        (lambda: medal_rate([[2]], [[1]]), "one axis"),
        (lambda: medal_rate([2], [1], target="these", strict=True), "strict"),
        (lambda: pass_at_k_interval([2], [1], [1, 2]), "k must be one number"),
        (lambda: pass_at_k_interval([2], [1], 0), "at least 1; got 0"),
        (lambda: mean_interval([0.5, 1.1]), r"in \[0, 1\]"),
        (lambda: mean_interval([0.5, float("nan")]), "without NaN"),
        (lambda: competition_interval(2, [1, 1]), "one competition"),
    ],
)
def test_illegal_arguments_are_named(call, words):
    """Arguments that cannot be are refused in words."""
    with pytest.raises(UsageError, match=words):
        call()


def test_unknown_target_lists_the_legal_ones():
    """A misspelt name is answered with the names that exist."""
    with pytest.raises(UnknownNameError, match="'population' or 'these'"):
        medal_rate([2], [1], target="them")
