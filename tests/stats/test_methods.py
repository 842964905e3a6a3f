"""The conventional intervals by name, against peers and slow twins."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats import (
    Resampled,
    medal_rate,
    pass_at_k,
    pass_at_k_curve,
    pass_at_k_interval,
)
from mle_toolkit.stats.combinatorics import at_least_one
from mle_toolkit.stats.end_atom import fixed_limits, population_limits
from mle_toolkit.stats.methods import attempt_noise, variance_bound

POPULATION = [
    "end-atom", "logit-t", "wilson", "clopper-pearson", "cluster-t",
    "bootstrap-percentile", "bootstrap-bca", "sem-over-seeds",
]  # fmt: skip
THESE = [
    "end-atom", "wilson", "clopper-pearson", "stratified-z", "smoothed-z",
    "bootstrap-percentile", "sem-over-seeds",
]  # fmt: skip
N, C = [3] * 22, [3, 3, 2, 1, 1] + [0] * 17
RATES = np.array(C) / 3


def limits(n, c, **options):
    """Limits of the medal rate."""
    found = medal_rate(n, c, **options)
    assert found.reason is None
    return found.low, found.high


@given(st.integers(2, 60).flatmap(lambda t: st.tuples(st.just(t), st.integers(0, t))))
def test_single_attempts_give_the_exact_interval(case):
    """With one attempt on each, Clopper-Pearson is the binomial one (statsmodels)."""
    total, wins = case
    n, c = [1] * total, [1] * wins + [0] * (total - wins)
    exact = proportion_confint(wins, total, method="beta")
    for target in ("population", "these"):
        got = limits(n, c, method="clopper-pearson", target=target)
        np.testing.assert_allclose(got, exact, atol=1e-9)


@given(st.integers(2, 60).flatmap(lambda t: st.tuples(st.just(t), st.integers(0, t))))
def test_single_attempts_give_wilson(case):
    """With one attempt on each, Wilson's is that of statsmodels, with t or z."""
    total, wins = case
    n, c = [1] * total, [1] * wins + [0] * (total - wins)
    exact = proportion_confint(wins, total, method="wilson")
    got = limits(n, c, method="wilson", target="these")
    np.testing.assert_allclose(got, exact, atol=1e-12)
    alpha = 2 * stats.norm.sf(stats.t.ppf(0.975, total - 1))
    exact = proportion_confint(wins, total, alpha=alpha, method="wilson")
    np.testing.assert_allclose(limits(n, c, method="wilson"), exact, atol=1e-12)


def test_cluster_t_is_the_t_interval_of_the_competitions():
    """One value per competition, and scipy's t interval; clipped to [0, 1]."""
    spread = stats.sem(RATES)
    low, high = stats.t.interval(0.95, 21, RATES.mean(), spread)
    assert limits(N, C, method="cluster-t") == pytest.approx((max(low, 0), high))
    few = limits([3] * 5, [3, 0, 0, 0, 0], method="cluster-t")
    assert few[0] == 0.0


def test_logit_t_is_the_t_interval_of_the_log_odds():
    """By the delta method, se / (m (1 - m)) on the logit scale."""
    mean, spread = RATES.mean(), stats.sem(RATES)
    centre, reach = np.log(mean / (1 - mean)), spread / (mean * (1 - mean))
    low, high = stats.t.interval(0.95, 21, centre, reach)
    twin = 1 / (1 + np.exp(-low)), 1 / (1 + np.exp(-high))
    assert limits(N, C, method="logit-t") == pytest.approx(twin)
    none = limits(N, [0] * 22, method="logit-t")
    assert none == pytest.approx(proportion_confint(0, 22, method="beta"))


def test_effective_attempts_lie_between_competitions_and_attempts():
    """Alike competitions are worth all attempts, unlike ones one attempt each.

    Korn and Graubard shrink all attempts for the degrees of freedom.
    """
    alike = limits([4] * 20, [2] * 20, method="clopper-pearson")
    worth = 80 * (stats.t.ppf(0.975, 79) / stats.t.ppf(0.975, 19)) ** 2
    exact = proportion_confint(worth / 2, worth, method="beta")
    assert alike == pytest.approx(exact)
    unlike = limits([4] * 20, [4] * 10 + [0] * 10, method="clopper-pearson")
    assert unlike == pytest.approx(proportion_confint(10, 20, method="beta"))


def test_fixed_forms_use_the_harmonic_total():
    """T**2 / sum(1/n) attempts; for equal n that is T n."""
    got = limits(N, C, method="wilson", target="these")
    assert got == pytest.approx(proportion_confint(10, 66, method="wilson"))
    ragged = limits([1, 2, 4], [1, 1, 1], method="clopper-pearson", target="these")
    total, mean = 9 / 1.75, (1 + 0.5 + 0.25) / 3
    low = stats.beta.ppf(0.025, mean * total, total - mean * total + 1)
    high = stats.beta.ppf(0.975, mean * total + 1, total - mean * total)
    assert ragged == pytest.approx((low, high))


def test_z_forms_add_up_the_variances_of_the_competitions():
    """Unbiased variances when stratified, at (c + 1/2)/(n + 1) when smoothed."""
    z = stats.norm.ppf(0.975)
    unbiased = RATES * (1 - RATES) / 2
    reach = z * np.sqrt(unbiased.sum()) / 22
    low, high = RATES.mean() - reach, RATES.mean() + reach
    got = limits(N, C, method="stratified-z", target="these")
    assert got == pytest.approx((low, high))
    p = (np.array(C) + 0.5) / 4
    reach = z * np.sqrt((p * (1 - p) / 3).sum()) / 22
    got = limits(N, C, method="smoothed-z", target="these")
    assert got == pytest.approx((RATES.mean() - reach, RATES.mean() + reach))


def reference_sem(outcomes):
    """Mean and SEM over seeds, as the benchmark's own script has them."""
    means = outcomes.mean(axis=1)
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


def test_sem_over_seeds_is_the_rule_of_the_benchmark():
    """Mean +- 1.96 SEM of the means of the seeds."""
    rng = np.random.default_rng(3)
    outcomes = (rng.random((4, 30)) < 0.3).astype(float)
    mean, sem = reference_sem(outcomes)
    n, c = [4] * 30, outcomes.sum(axis=0)
    for target in ("population", "these"):
        got = limits(n, c, method="sem-over-seeds", outcomes=outcomes, target=target)
        assert got == pytest.approx((mean - 1.959964 * sem, mean + 1.959964 * sem))


def test_sem_from_counts_is_the_mean_square_over_all_orders():
    """Every way to call the attempts of each competition seed 1, 2, 3 is tried."""
    c = [1, 2, 0, 1]
    columns = [
        {tuple(np.roll([1] * k + [0] * (3 - k), shift)) for shift in range(3)}
        for k in c
    ]
    squares = [
        np.mean([reference_sem(np.array(table).T)[1] ** 2])
        for table in product(*columns)
    ]
    low, high = limits([3] * 4, c, method="sem-over-seeds")
    sem = (high - low) / 2 / stats.norm.ppf(0.975)
    assert sem == pytest.approx(np.sqrt(np.mean(squares)))


def test_bootstraps_agree_with_scipy():
    """Percentile and BCa limits are those of scipy, up to the resamples."""
    rng = np.random.default_rng(8)
    n = rng.integers(5, 40, 30)
    c = rng.binomial(n, rng.beta(0.4, 1.2, 30))
    for method, name in (("percentile", "percentile"), ("bca", "BCa")):
        peer = stats.bootstrap(
            (c / n,), np.mean, method=name, n_resamples=20_000, random_state=1
        ).confidence_interval
        got = limits(n, c, method=f"bootstrap-{method}", resamples=20_000, seed=2)
        assert got == pytest.approx((peer.low, peer.high), abs=0.006)


def test_the_bootstrap_of_attempts_redraws_binomial_counts():
    """For these competitions the resamples are sums of binomials."""
    got = limits(
        N, C, method="bootstrap-percentile", target="these", resamples=20_000, seed=5
    )
    rng = np.random.default_rng(0)
    means = rng.binomial(N, RATES, size=(20_000, 22)).mean(axis=1) / 3
    assert got == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.004)


def test_a_seed_gives_the_same_limits_and_is_noted():
    """Equal seeds give equal records; a generator is used as it is."""
    options = {"method": "bootstrap-bca", "resamples": 500}
    first, second = medal_rate(N, C, **options), medal_rate(N, C, **options)
    assert first == second
    assert isinstance(first, Resampled)
    assert (first.seed, first.by, first.resamples) == (0, "competition", 500)
    other = medal_rate(N, C, seed=1, **options)
    assert (other.low, other.high) != (first.low, first.high)
    drawn = medal_rate(N, C, seed=np.random.default_rng(0), **options)
    assert (drawn.low, drawn.high, drawn.seed) == (first.low, first.high, None)


@pytest.mark.parametrize("target", ["population", "these"])
def test_every_method_has_limits_around_the_estimate(target):
    """On ordinary ragged data each gives 0 <= low < estimate < high <= 1."""
    n, c = [3, 8, 2, 5, 4] * 5, [1, 4, 0, 5, 2] * 5
    for method in POPULATION if target == "population" else THESE:
        found = medal_rate(n, c, method=method, target=target, resamples=300)
        assert found.estimate == pytest.approx(np.mean(np.array(c) / n))
        assert 0 <= found.low < found.estimate < found.high <= 1
        assert found.method.startswith(method)
        assert found.method.endswith("-fixed") == (target == "these")
        assert found.n == 25


@pytest.mark.parametrize("wins", [0, 3])
@pytest.mark.parametrize("target", ["population", "these"])
def test_no_method_claims_certainty(wins, target):
    """All fail or all succeed: a real limit on the other side, or NaN and why."""
    for method in POPULATION if target == "population" else THESE:
        found = medal_rate([3] * 22, [wins] * 22, method=method, target=target)
        if found.reason is None:
            assert found.high - found.low > 0.02
        else:
            assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("method", POPULATION)
def test_one_competition_and_none_are_nan_with_a_reason(method):
    """Whatever the method: the estimate alone, or nothing."""
    one, none = medal_rate(4, 1, method=method), medal_rate([], [], method=method)
    assert one.estimate == 0.25
    assert np.isnan([one.low, one.high, none.estimate, none.low]).all()
    assert one.reason
    assert none.reason


def test_one_seed_has_no_sem():
    """The rule of the benchmark prints 0 there; we say NaN, and why."""
    found = medal_rate([1] * 9, [1] * 3 + [0] * 6, method="sem-over-seeds")
    assert np.isnan(found.low)
    assert "one seed has no spread" in found.reason
    table = np.repeat([[1.0, 0.0, 0.0]], 3, axis=0)
    found = medal_rate([3] * 3, [3, 0, 0], method="sem-over-seeds", outcomes=table)
    assert "no interval" in found.reason


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_variance_of_pass_at_k_is_unbiased(k):
    """With 2 k attempts, its mean over all outcomes is the true variance."""
    n, p = 16, 0.3
    c = np.arange(n + 1)
    weights = stats.binom.pmf(c, n, p)
    values = pass_at_k(n, c, k)
    noise = attempt_noise(values, np.full(n + 1, n), c, np.int64(k))
    true = weights @ (values - weights @ values) ** 2
    assert weights @ noise == pytest.approx(true, rel=1e-10)


def test_variance_of_too_few_attempts_is_a_bound():
    """With k to 2 k - 1 attempts, k / n of the variance of one draw is more."""
    p = np.array([0.05, 0.3, 0.7])
    for n, k in [(1, 1), (3, 2), (8, 5), (8, 8)]:
        c = np.arange(n + 1)
        values = pass_at_k(n, c, k)
        for rate in p:
            weights = stats.binom.pmf(c, n, rate)
            mean = weights @ values
            true = weights @ (values - mean) ** 2
            assert true <= k / n * mean * (1 - mean) + 1e-12


@pytest.mark.parametrize(("n", "k"), [(3, 2), (8, 4), (8, 5), (16, 9), (16, 16)])
def test_variance_bound_exceeds_the_variance_on_average(n, k):
    """Over all outcomes, at every rate; at n = 2 k it is the unbiased estimate."""
    c = np.arange(n + 1)
    values = pass_at_k(n, c, k)
    bound = variance_bound(values, np.full(n + 1, n), c, np.full(n + 1, k))
    assert (bound >= 0).all()
    for p in (0.0, 0.01, 0.05, 0.2, 0.5, 0.9, 1.0):
        weights = stats.binom.pmf(c, n, p)
        true = weights @ (values - weights @ values) ** 2
        assert weights @ bound >= true - 1e-12
    if n == 2 * k:
        noise = attempt_noise(values, np.full(n + 1, n), c, np.int64(k))
        np.testing.assert_allclose(bound, noise, atol=1e-12)


def test_the_width_for_these_does_not_jump_beyond_half_of_the_attempts():
    """From k = n/2 to n/2 + 1 it grows by an eighth at most, and less than doubles.

    With Hoeffding's bound alone it grew by 86 % there.
    """
    c = np.resize([16, 15, 12, 7, 3, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0], 75)
    curve = pass_at_k_curve(np.full(75, 16), c, target="these")
    width = curve.high - curve.low
    growth = width[1:] / width[:-1]
    assert growth[7:].max() < 1.125
    assert width[15] < 2 * width[7]


def test_too_few_attempts_never_cost_more_than_hoeffding():
    """The smaller of two bounds is taken, with the guard on the other one."""
    rng = np.random.default_rng(2)
    for a, b in ((0.1, 0.5), (50.0, 500.0), (3.0, 3.0)):
        n = np.full((200, 22), 16)
        c = rng.binomial(n, rng.beta(a, b, n.shape))
        values = at_least_one(n, c, np.full_like(n, 12))
        mean = values.mean(axis=1)
        total = attempt_noise(values, n, c, np.int64(12)).sum(axis=1)
        assert (total <= 22 * 12 / 16 * mean * (1 - mean) + 1e-12).all()


@given(
    st.integers(1, 8).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))
    )
)
def test_smoothed_z_enumerates_all_outcomes(case):
    """The variance at (c + 1/2)/(n + 1) is that of exact fractions."""
    n, c, k = case
    found = pass_at_k_interval([n] * 4, [c] * 4, k, target="these", method="smoothed-z")
    p = Fraction(2 * c + 1, 2 * (n + 1))
    chances = [comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]
    values = [1 - Fraction(comb(n - x, k), comb(n, k)) for x in range(n + 1)]
    mean = sum(w * v for w, v in zip(chances, values, strict=True))
    square = sum(w * (v - mean) ** 2 for w, v in zip(chances, values, strict=True))
    reach = stats.norm.ppf(0.975) * float(square) ** 0.5 / 2
    estimate = pass_at_k(n, c, k)
    assert found.low == pytest.approx(max(estimate - reach, 0), abs=1e-9)
    assert found.high == pytest.approx(min(estimate + reach, 1), abs=1e-9)


ragged = st.lists(
    st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=2,
    max_size=30,
)


@given(ragged, st.sampled_from(["population", "these"]))
def test_pass_at_1_is_the_medal_rate_by_every_method(pairs, target):
    """For k = 1 both functions give the same numbers."""
    n, c = zip(*pairs, strict=True)
    for method in POPULATION if target == "population" else THESE:
        options = {"method": method, "target": target, "resamples": 100}
        first, rate = (
            pass_at_k_interval(n, c, 1, **options),
            medal_rate(n, c, **options),
        )
        np.testing.assert_equal(
            (first.estimate, first.low, first.high, first.reason),
            (rate.estimate, rate.low, rate.high, rate.reason),
        )


@given(ragged, st.sampled_from(["population", "strict", "these"]))
def test_the_curve_is_the_interval_at_every_k(pairs, form):
    """One pass over all k gives what one call for each k gives."""
    n, c = zip(*pairs, strict=True)
    target = "these" if form == "these" else "population"
    options = {"target": target, "strict": form == "strict", "level": 0.9}
    curve = pass_at_k_curve(n, c, range(1, 22), **options)
    for at, k in enumerate(range(1, 22)):
        one = pass_at_k_interval(n, c, k, **options)
        np.testing.assert_allclose(
            [curve.estimate[at], curve.low[at], curve.high[at]],
            [one.estimate, one.low, one.high],
            rtol=1e-9, atol=1e-12,
        )  # fmt: skip
        assert (curve.n[at], curve.reasons[at]) == (one.n, one.reason)
    assert curve.method == one.method


def test_the_default_curve_ends_where_a_competition_runs_out():
    """Competitions that have not begun set no limit; with none there is one point."""
    curve = pass_at_k_curve([5, 0, 3], [1, 0, 2])
    np.testing.assert_array_equal(curve.x, [1, 2, 3])
    np.testing.assert_array_equal(curve.n, [2, 2, 2])
    for target in ("population", "these"):
        empty = pass_at_k_curve([], [], target=target)
        assert np.isnan([empty.estimate, empty.low]).all()
        assert "no competition" in empty.reasons[0]


@given(ragged)
def test_tables_and_rows_have_the_same_limits(pairs):
    """The functions on whole tables are those behind the public ones."""
    n, c = (np.array(each) for each in zip(*pairs, strict=True))
    table = np.stack([c, n - c]) / n
    low, high = population_limits(table, 0.95)
    noise = attempt_noise(table, n, np.stack([c, n - c]), np.int64(1))
    low_fixed, high_fixed = fixed_limits(table, noise, np.stack([n, n]), 0.95)
    for at, successes in enumerate((c, n - c)):
        one = medal_rate(n, successes)
        assert (low[at], high[at]) == pytest.approx((one.low, one.high), abs=1e-12)
        one = medal_rate(n, successes, target="these")
        both = low_fixed[at], high_fixed[at]
        assert both == pytest.approx((one.low, one.high), abs=1e-12)


def test_fixed_pass_at_k_covers():
    """In three worlds, 93 % of 400 intervals hold the truth, beyond k = n/2 too."""
    rng = np.random.default_rng(6)
    for a, b in ((0.1, 0.5), (3.0, 3.0), (0.48, 0.32)):
        for n, k in ((8, 2), (8, 5), (8, 8), (16, 12), (16, 16)):
            p = rng.beta(a, b, (400, 22))
            c = rng.binomial(n, p)
            values = at_least_one(np.full_like(c, n), c, np.full_like(c, k))
            noise = attempt_noise(values, np.full_like(c, n), c, np.int64(k))
            draws = np.full(c.shape, n / k)
            low, high = fixed_limits(values, noise, draws, 0.95)
            truth = (1 - (1 - p) ** k).mean(axis=1)
            assert np.mean((low <= truth) & (truth <= high)) >= 0.93


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: medal_rate(N, C, method="stratified-z"), "does not speak of target"),
        (lambda: medal_rate(N, C, method="logit-t", target="these"), "choose one of"),
        (lambda: medal_rate(N, C, method="wilson", strict=True), "leave it out"),
        (lambda: medal_rate(N, C, outcomes=[[1]]), "is for method='sem-over-seeds'"),
        (
            lambda: medal_rate([2], [1], method="sem-over-seeds", outcomes=[[1], [1]]),
            "add up to n and c",
        ),
        (
            lambda: medal_rate(
                [2], [1], method="sem-over-seeds", outcomes=[[1], [0.5]]
            ),
            "must hold 0 and 1",
        ),
        (
            lambda: pass_at_k_interval(N, C, 2, method="sem-over-seeds"),
            "a rule for k = 1",
        ),
        (
            lambda: medal_rate(N, C, method="bootstrap-bca", resamples=10),
            "resamples must be whole numbers of at least 100; got 10",
        ),
        (
            lambda: medal_rate(N, C, method="bootstrap-bca", seed=-1),
            "seed must be whole numbers of at least 0; got -1",
        ),
        (lambda: pass_at_k_curve(N, C, 0), "k must be whole numbers"),
        (lambda: pass_at_k_curve([10**8], [3]), "pass the k that you want"),
        (lambda: medal_rate(N, C, level="95"), "such as 0.95; got '95'"),
    ],
)
def test_illegal_arguments_are_named(call, words):
    """What does not fit together is refused in words."""
    with pytest.raises(UsageError, match=words):
        call()


def test_unknown_methods_list_the_legal_ones():
    """A misspelt name is answered with the names that exist."""
    with pytest.raises(UnknownNameError, match="did you mean 'wilson'"):
        medal_rate(N, C, method="wislon")
    with pytest.raises(UnknownNameError, match="'smoothed-z'"):
        pass_at_k_interval(N, C, 2, method="z", target="these")


def test_too_few_attempts_for_a_stratified_variance_are_named():
    """NaN, with the number of attempts that the method needs."""
    found = pass_at_k_interval(N, C, 2, method="stratified-z", target="these")
    assert np.isnan(found.low)
    assert "needs 4 attempts" in found.reason
