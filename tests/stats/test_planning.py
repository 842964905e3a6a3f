"""Power and sample sizes against simulations and other formulas."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats.components import (
    Components,
    assumed_components,
    pilot_components,
)
from mle_toolkit.stats.planning import (
    attempts_needed,
    detectable_difference,
    power_curve,
)

NAN = float("nan")


def parts(spread, noise=0.1):
    """Return components with equal noise."""
    return Components(spread=spread, noise_a=noise, noise_b=noise, method="assumed")


@given(
    delta=st.floats(0, 0.5),
    competitions=st.integers(2, 100),
    seeds=st.integers(1, 20),
    spread=st.floats(0, 0.3),
)
def test_the_power_of_paired_t_is_a_noncentral_t(delta, competitions, seeds, spread):
    """It agrees with scipy's noncentral t law."""
    error = np.sqrt((spread**2 + 0.2 / seeds) / competitions)
    freedom, shift = competitions - 1, delta / error
    limit = stats.t.ppf(0.975, freedom)
    upper = stats.nct.sf(limit, freedom, shift)
    # scipy's other tail is NaN where it vanishes.
    exact = upper + np.nan_to_num(stats.nct.cdf(-limit, freedom, shift))
    if np.isnan(upper):
        return
    ours = power_curve([delta], competitions, seeds=seeds, components=parts(spread))
    assert ours[0] == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("delta", [0.0, 0.05, 0.1])
def test_the_power_of_end_atoms_is_what_happens(delta):
    """Simulated differences are found by the interval as often as it says."""
    rng = np.random.default_rng(0)
    size, w = 40, 0.25
    d = rng.normal(delta, np.sqrt(0.15**2 + 0.2 / 4), (20_000, size))
    n = size + 2 * w
    m = d.sum(axis=1) / n
    v = ((d**2).sum(axis=1) + 2 * w) / n - m**2
    found = abs(m) > stats.t.ppf(0.975, size - 1) * np.sqrt(v / (n - 1))
    ours = power_curve([delta], size, seeds=4, components=parts(0.15), test="end-atom")
    assert ours[0] == pytest.approx(found.mean(), abs=0.03)


def test_without_a_difference_only_errors_are_left():
    """At 0 the power of paired t is the size of the test; the safe form has less."""
    sure, safe = (
        power_curve([0.0], 30, seeds=3, test=test, level=0.9)[0]
        for test in ("paired-t", "end-atom")
    )
    assert sure == pytest.approx(0.1, abs=1e-6)
    assert safe < 0.1


def test_differences_that_never_vary_are_found():
    """Without spread and noise, the smallest difference is found for sure."""
    found = power_curve([0.0, 1e-6, 1.0], 5, seeds=1, components=parts(0.0, 0.0))
    assert found == pytest.approx([0.05, 1, 1], abs=1e-5)


@settings(max_examples=8, deadline=None)
@given(
    competitions=st.integers(10, 100),
    seeds=st.integers(1, 20),
    test=st.sampled_from(["paired-t", "end-atom"]),
)
def test_the_detectable_difference_has_the_wanted_power(competitions, seeds, test):
    """At the answer the power is the wanted one; more data find less."""
    plan = detectable_difference(competitions, seeds, power=0.9, test=test)
    at = power_curve([plan.estimate], competitions, seeds=seeds, test=test)
    assert at[0] == pytest.approx(0.9, abs=1e-6)
    more = detectable_difference(competitions + 1, seeds + 1, power=0.9, test=test)
    assert more.estimate < plan.estimate
    assert plan.delta == plan.estimate


@pytest.mark.parametrize(("size", "seeds"), [(22, 3), (75, 3), (75, 16)])
def test_planned_power_is_what_happens(size, seeds):
    """Whole experiments of two agents end as often with a finding as planned."""
    rng = np.random.default_rng(2)
    p = rng.beta(0.35 * 0.6, 0.65 * 0.6, (3000, size)).clip(1e-12, 1 - 1e-12)
    logit = np.log(p) - np.log1p(-p)
    shift = 0.8 if size < 50 else 0.4
    a, b = (
        1 / (1 + np.exp(-logit - move - rng.normal(0, 0.7, p.shape)))
        for move in (0.0, shift)
    )
    d = (rng.binomial(seeds, b) - rng.binomial(seeds, a)) / seeds
    t = d.mean(axis=1) / (d.std(axis=1, ddof=1) / np.sqrt(size))
    found = (abs(t) > stats.t.ppf(0.975, size - 1)).mean()
    world = functools.partial(assumed_components, rate=0.35)
    planned = power_curve([(b - a).mean()], size, seeds=seeds, components=world)
    assert 0.15 < found < 0.9
    assert planned[0] == pytest.approx(found, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.03, 0.3), st.integers(5, 100))
def test_attempts_needed_are_the_fewest(delta, competitions):
    """One attempt fewer would miss the power; the answer has it."""
    plan = attempts_needed(delta, competitions)
    if plan.reason:
        assert np.isnan(plan.estimate)
        assert power_curve([delta], competitions, seeds=2**40)[0] < 0.8
        return
    seeds = int(plan.estimate)
    assert power_curve([delta], competitions, seeds=seeds)[0] >= 0.8
    if seeds > 1:
        assert power_curve([delta], competitions, seeds=seeds - 1)[0] < 0.8


def test_says_how_many_competitions_it_takes():
    """When no number of attempts is enough, competitions are; the number is right."""
    plan = attempts_needed(0.02, 22)
    assert np.isnan(plan.estimate)
    least = int(plan.reason.split("least ")[1].split()[0])
    assert attempts_needed(0.02, least).reason is None
    assert attempts_needed(0.02, least - 1).reason is not None


def test_says_when_nothing_can_be_found():
    """Two competitions whose difference varies a lot find nothing."""
    plan = detectable_difference(2, 1, components=parts(0.5, 0.25))
    assert np.isnan(plan.estimate)
    assert "largest possible" in plan.reason


def test_assumed_components_are_those_of_simulated_agents():
    """Spread and noise agree with a large simulation of the same model."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.2 * 0.8, 0.8 * 0.8, 400_000).clip(1e-12, 1 - 1e-12)
    logit = np.log(p) - np.log1p(-p)
    a, b = (1 / (1 + np.exp(-logit - rng.normal(0, 0.7, p.size))) for _ in range(2))
    for shift in (0.0, 1.5):
        c = b / (b + (1 - b) * np.exp(-shift))
        world = assumed_components(
            (c - b).mean(), rate=0.2, concentration=0.8, interaction=0.7
        )
        assert world.spread == pytest.approx((c - a).std(), rel=0.01)
        assert world.noise_a == pytest.approx((a * (1 - a)).mean(), rel=0.01)
        assert world.noise_b == pytest.approx((c * (1 - c)).mean(), rel=0.01)


def test_no_room_is_said():
    """A difference that would need a rate above 1 has no components."""
    world = assumed_components(0.5, rate=0.6)
    assert np.isnan(world.spread)
    assert "no room" in world.reason
    plan = attempts_needed(
        0.5, 75, components=functools.partial(assumed_components, rate=0.6)
    )
    assert np.isnan(plan.estimate)
    assert plan.reason == world.reason
    assert np.isnan(power_curve([0.9], 75, seeds=3)[0])


def test_pilots_are_unbiased():
    """The mean of spread squared over pilots is the truth of the world."""
    rng = np.random.default_rng(1)
    squares, noises = [], []
    for _ in range(400):
        a, b = rng.beta(1, 1, (2, 60))
        n = rng.integers(2, 6, 60)
        pilot = pilot_components(n, rng.binomial(n, a), n_b=n, c_b=rng.binomial(n, b))
        squares.append(pilot.spread**2)
        noises.append(pilot.noise_a)
    assert np.mean(squares) == pytest.approx(1 / 6, rel=0.03)
    assert np.mean(noises) == pytest.approx(1 / 6, rel=0.03)


def test_a_pilot_says_when_noise_explains_all():
    """A negative estimate is cut to 0, and flagged; too little data are NaN."""
    same = pilot_components([4] * 5, [2] * 5, n_b=[4] * 5, c_b=[2] * 5)
    assert same.spread == 0
    assert "noise" in same.reason
    none = pilot_components([1, 1], [1, 0], n_b=[3, 3], c_b=[1, 0])
    assert np.isnan([none.spread, none.noise_a, none.noise_b]).all()
    plan = detectable_difference(75, 3, components=none)
    assert np.isnan(plan.estimate)
    assert plan.reason == none.reason
    assert attempts_needed(0.1, 75, components=none).reason == none.reason


@pytest.mark.parametrize("competitions", [1, 0, 2.5])
def test_refuses_too_few_competitions(competitions):
    """A paired test needs 2 competitions."""
    for call in (
        lambda: detectable_difference(competitions, 3),
        lambda: attempts_needed(0.1, competitions),
        lambda: power_curve([0.1], competitions, seeds=3),
    ):
        with pytest.raises(UsageError):
            call()


@pytest.mark.parametrize(
    "options", [{"power": 0.04}, {"power": 1.0}, {"power": NAN}, {"level": 0.0}]
)
def test_refuses_bad_options(options):
    """Power lies between the size of the test and 1."""
    with pytest.raises(UsageError):
        detectable_difference(75, 3, **options)


def test_refuses_bad_values():
    """Differences beyond 1, no attempts, odd worlds and unknown tests are errors."""
    for call in (
        lambda: power_curve([1.5], 75, seeds=3),
        lambda: power_curve([NAN], 75, seeds=3),
        lambda: power_curve([0.1], 75, seeds=0),
        lambda: attempts_needed(0.0, 75),
        lambda: attempts_needed(NAN, 75),
        lambda: assumed_components(1.0),
        lambda: assumed_components(NAN),
        lambda: assumed_components(rate=0.0),
        lambda: assumed_components(concentration=0.0),
        lambda: assumed_components(interaction=-1.0),
        lambda: pilot_components([3], [1], n_b=[3, 3], c_b=[1, 1]),
    ):
        with pytest.raises(UsageError):
            call()
    with pytest.raises(UnknownNameError):
        power_curve([0.1], 75, seeds=3, test="welch")
