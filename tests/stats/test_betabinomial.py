"""The beta-binomial fit against scipy, golden likelihoods and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mle_toolkit as mle
from mle_toolkit.errors import UsageError
from mle_toolkit.stats.betabinomial import fit_beta_binomial
from mle_toolkit.stats.likelihood import Likelihood

FEW = ([6, 4, 5, 8, 3, 6], [5, 1, 0, 0, 1, 0])


@st.composite
def experiments(draw):
    """Draw ragged counts with at least one success and one failure."""
    n = draw(st.lists(st.integers(1, 15), min_size=3, max_size=10))
    n[0] = max(n[0], 2)
    c = [draw(st.integers(0, attempts)) for attempts in n]
    c[0], c[1] = 1, 0
    return n, c


def slow_log_likelihood(n, c, a, b, impossible):
    """Sum the log chances of all counts by scipy."""
    total = 0.0
    for attempts, wins in zip(n, c, strict=True):
        chance = stats.betabinom.pmf(wins, attempts, a, b)
        total += np.log((1 - impossible) * chance + impossible * (wins == 0))
    return total


@pytest.mark.parametrize(
    ("agent", "a", "b", "golden"),
    [
        ("models-o1-preview-aide", 0.116, 0.575, -144.02),
        ("scaffolding-gpt4o-aide", 0.072, 0.972, -114.18),
        ("aira-dojo", 0.214, 0.477, -181.16),
    ],
)
def test_the_record_has_its_known_likelihoods(agent, a, b, golden):
    """At parameters known from a grid search, and not below at our maximum."""
    table = mle.record(missing="failure")
    rows = table[table["agent"] == agent]
    n, c = rows["n"].to_numpy(), rows["c"].to_numpy()
    point = np.array([a / (a + b), 1 / (1 + a + b), 0.0])
    assert Likelihood(n, c)(point) == pytest.approx(golden, abs=0.01)
    fit = fit_beta_binomial(n, c)
    assert golden < fit.log_likelihood < golden + 0.5
    inflated = fit_beta_binomial(n, c, zero_inflated=True)
    assert inflated.log_likelihood >= fit.log_likelihood


@settings(max_examples=25, deadline=None)
@given(experiments(), st.booleans(), st.integers(0, 1000))
def test_the_fit_is_a_maximum(counts, zero_inflated, seed):
    """No random parameters are more likely, and scipy agrees on the likelihood."""
    n, c = counts
    fit = fit_beta_binomial(n, c, zero_inflated=zero_inflated)
    if 0.0005 < fit.rho < 0.999:
        slow = slow_log_likelihood(n, c, fit.a, fit.b, fit.impossible)
        assert fit.log_likelihood == pytest.approx(slow, abs=1e-6)
    rng = np.random.default_rng(seed)
    others = rng.random((300, 3)) ** 2
    near = rng.normal(1, 0.02, (300, 3)) * [fit.mean, fit.rho, fit.impossible]
    points = np.concatenate((others, near.clip(1e-9, 1 - 1e-9)))
    points[:, 2] *= zero_inflated
    assert (
        Likelihood(np.array(n), np.array(c))(points).max() < fit.log_likelihood + 1e-5
    )


def test_finds_the_law_that_made_the_counts():
    """From many competitions, the parameters come back."""
    rng = np.random.default_rng(0)
    n = rng.integers(5, 30, 20_000)
    p = rng.beta(0.4, 1.2, n.size) * (rng.random(n.size) < 0.7)
    fit = fit_beta_binomial(n, rng.binomial(n, p), zero_inflated=True)
    assert fit.a == pytest.approx(0.4, rel=0.1)
    assert fit.b == pytest.approx(1.2, rel=0.1)
    assert fit.impossible == pytest.approx(0.3, abs=0.03)


def test_alike_competitions_have_no_correlation():
    """Counts that differ less than chance allows give the binomial limit."""
    fit = fit_beta_binomial([10] * 8, [3] * 8)
    assert (fit.rho, fit.a, fit.b) == (0.0, np.inf, np.inf)
    assert fit.pass_at_k([1, 2]) == pytest.approx([0.3, 1 - 0.7**2])
    assert fit.posterior.pass_at_k(2) == pytest.approx(np.full(8, 0.51))


def test_all_or_nothing_competitions_have_full_correlation():
    """When more attempts on one competition never differ, pass@k is pass@1."""
    fit = fit_beta_binomial([4, 4, 4, 2], [4, 0, 0, 0])
    assert (fit.rho, fit.mean) == (1.0, 0.25)
    assert fit.pass_at_k(1000) == 0.25
    assert fit.posterior.pass_at_k(5).tolist() == [1, 0, 0, 0]
    spent = fit.next_attempts(5)
    assert spent.attempts.sum() == 0
    assert spent.gain == 0
    assert "no unsolved competition" in spent.reason


@settings(max_examples=20, deadline=None)
@given(experiments(), st.booleans(), st.integers(1, 60))
def test_pass_at_k_is_that_of_polyas_urn(counts, zero_inflated, k):
    """Prior and posteriors give the chances of an urn that learns with each draw."""
    fit = fit_beta_binomial(*counts, zero_inflated=zero_inflated)
    if not 1e-4 < fit.rho < 0.9999:
        return
    mean = urn(fit.a, fit.b, k)
    assert fit.pass_at_k(k) == pytest.approx((1 - fit.impossible) * mean, abs=1e-9)
    after = fit.posterior.pass_at_k(k)
    for at, (n, c) in enumerate(zip(*counts, strict=True)):
        value = urn(fit.a + c, fit.b + n - c, k)
        possible = 1.0
        if c == 0:
            alive = (1 - fit.impossible) * (1 - urn(fit.a, fit.b, n))
            possible = alive / (alive + fit.impossible)
        assert after[at] == pytest.approx(possible * value, abs=1e-9)


def urn(a, b, k):
    """Return the chance of a success in k draws of Polya's urn, step by step."""
    failed = 1.0
    for draw in range(k):
        failed *= (b + draw) / (a + b + draw)
    return 1.0 - failed


def test_the_mean_of_the_law_is_its_pass_at_1():
    """pass@1 is the mean success rate of all competitions, impossible included."""
    fit = fit_beta_binomial(*FEW, zero_inflated=True)
    assert fit.pass_at_k(1) == pytest.approx((1 - fit.impossible) * fit.mean)
    curve = fit.pass_at_k([1, 2, 10, 100, 10_000])
    assert (np.diff(curve) > 0).all()
    assert curve[-1] <= 1 - fit.impossible


@pytest.mark.parametrize("zero_inflated", [False, True])
@pytest.mark.parametrize("budget", [1, 3, 5])
def test_next_attempts_beat_every_other_allocation(zero_inflated, budget):
    """The expected number of newly solved competitions is the largest possible."""
    fit = fit_beta_binomial(*FEW, zero_inflated=zero_inflated)
    best = fit.next_attempts(budget)
    unsolved = np.flatnonzero(np.array(FEW[1]) == 0)

    def gain(shares):
        return sum(
            fit.posterior.pass_at_k(share)[at]
            for at, share in zip(unsolved, shares, strict=True)
            if share
        )

    every = [s for s in product(range(budget + 1), repeat=3) if sum(s) == budget]
    assert best.gain == pytest.approx(max(gain(shares) for shares in every))
    assert best.gain == pytest.approx(gain(best.attempts[unsolved]))
    assert best.attempts.sum() == best.budget == budget
    assert best.attempts[np.array(FEW[1]) > 0].sum() == 0


def test_the_least_tried_unsolved_competition_comes_first():
    """Of unsolved competitions, the one with the fewest failures is most hopeful."""
    fit = fit_beta_binomial([9, 9, 3, 6], [5, 0, 0, 0])
    assert fit.next_attempts(1).attempts.tolist() == [0, 0, 1, 0]


def test_a_competition_without_attempts_gets_its_share():
    """It does not enter the fit; its posterior is the law itself."""
    fit = fit_beta_binomial([*FEW[0], 0], [*FEW[1], 0])
    assert fit.n == 6
    assert fit.posterior.pass_at_k(4)[-1] == pytest.approx(fit.pass_at_k(4))
    assert fit.next_attempts(1).attempts.tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_nothing_is_left_to_solve():
    """When every competition is solved, no attempt is spent, and it says so."""
    spent = fit_beta_binomial([4, 4, 4], [4, 1, 2]).next_attempts(3)
    assert spent.attempts.tolist() == [0, 0, 0]
    assert spent.gain == 0
    assert spent.reason


@pytest.mark.parametrize(
    ("n", "c", "word"),
    [
        ([], [], "2 competitions"),
        ([9], [3], "2 competitions"),
        ([0, 0], [0, 0], "2 competitions"),
        ([1, 1, 1], [1, 0, 0], "one attempt"),
        ([5, 5], [0, 0], "no attempt succeeded"),
        ([5, 3], [5, 3], "no attempt failed"),
    ],
)
@pytest.mark.parametrize("zero_inflated", [False, True])
def test_says_why_there_is_no_fit(n, c, word, zero_inflated):
    """What the counts cannot tell is NaN everywhere, with the reason."""
    fit = fit_beta_binomial(n, c, zero_inflated=zero_inflated)
    values = [fit.mean, fit.rho, fit.a, fit.b, fit.log_likelihood, fit.pass_at_k(3)]
    assert np.isnan(values).all()
    assert np.isnan(fit.posterior.pass_at_k([1, 2])).all()
    assert word in fit.reason
    spent = fit.next_attempts(2)
    assert spent.attempts.sum() == 0
    assert np.isnan(spent.gain)
    assert spent.reason == fit.reason


@pytest.mark.parametrize(
    ("n", "c"), [([3, 3], [4, 0]), ([3, 3], [-1, 0]), ([3, 3.5], [1, 0])]
)
def test_refuses_bad_counts(n, c):
    """Illegal counts are errors."""
    with pytest.raises(UsageError):
        fit_beta_binomial(n, c)


@pytest.mark.parametrize("bad", [0, -1, 1.5])
def test_refuses_bad_k_and_budget(bad):
    """So are k and budgets below 1."""
    fit = fit_beta_binomial(*FEW)
    for function in (fit.pass_at_k, fit.posterior.pass_at_k, fit.next_attempts):
        with pytest.raises(UsageError):
            function(bad)
