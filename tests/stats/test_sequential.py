"""Confidence sequences: exact fairness, slow twins, and coverage at all times."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats.sequential import _wealths, sequential_interval

NAN = float("nan")
METHODS = ("betting", "empirical-bernstein")


def slow_betting(x, alpha, horizon, m):
    """Return the log wealth of both bets on one competition, bet by bet."""
    wealth, seen, squares = [0.0, 0.0], [], 0.0
    for at, value in enumerate(x, start=1):
        mean = sum(seen) / len(seen) if seen else 0.5
        guess = (sum(seen) + (sum(seen) + 0.5) / at) / at
        variance = (0.25 + squares) / at
        time = max(horizon, at * np.log(1 + at))
        stake = np.sqrt(2 * np.log(2 / alpha) / (variance * time))
        more = min(stake, 0.5 / m if m > 0 else np.inf)
        less = min(stake, 0.5 / (1 - m) if m < 1 else np.inf)
        wealth[0] += np.log(1 + more * (value - m))
        wealth[1] += np.log(1 - less * (value - m))
        squares += (value - guess) ** 2
        seen.append(value)
        assert 0 <= mean <= 1
    return wealth


@given(
    st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=20),
    st.floats(0.05, 0.95),
)
def test_one_competition_is_bet_on_as_in_the_paper(x, m):
    """The wealth is the product of the bets, each cut to half of what one has."""
    *_, last = _wealths(np.array(x)[:, None], 0.05, 8, np.array([m]))
    assert last[:, 0] == pytest.approx(slow_betting(x, 0.05, 8, m), abs=1e-9)


@pytest.mark.parametrize("p", [(0.1, 0.8), (0.5, 0.5), (0.0, 0.3), (1.0, 0.6)])
def test_nobody_can_expect_to_win_against_the_truth(p):
    """Over all outcomes of 4 rounds of two competitions, mean wealth is at most 1."""
    rates, expected = np.array(p), np.zeros(2)
    for outcome in product([0.0, 1.0], repeat=8):
        table = np.array(outcome).reshape(4, 2)
        chance = np.where(table == 1, rates, 1 - rates).prod()
        *_, last = _wealths(table, 0.05, 2, np.array([rates.mean()]))
        expected += chance * np.exp(last[:, 0])
    assert (expected <= 1 + 1e-12).all()
    assert (expected > 0.2).all()


@pytest.mark.parametrize("p", [(0.1, 0.8), (0.0, 0.3)])
def test_the_bernstein_bound_is_fair_too(p):
    """Its exponential has mean at most 1 against the truth, by enumeration."""
    rates, expected = np.array(p), 0.0
    truth = rates.mean()
    for outcome in product([0.0, 1.0], repeat=6):
        table = np.array(outcome).reshape(3, 2)
        chance = np.where(table == 1, rates, 1 - rates).prod()
        log, before = 0.0, np.zeros(2)
        for seen, row in enumerate(table):
            guess = (before + (before.mean() + 0.5) / (seen + 1)) / (seen + 1)
            stake = 0.4
            cost = (-np.log(1 - stake) - stake) / 4
            log += (stake * (row - truth) - cost * 4 * (row - guess) ** 2).sum()
            before = before + row
        expected += chance * np.exp(log)
    assert expected <= 1 + 1e-12


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=1, max_size=12
    ),
    st.sampled_from(METHODS),
)
def test_limits_hold_the_mean_and_only_narrow(rows, method):
    """Limits lie around the truth of the data, shrink, and mirror with it."""
    result = sequential_interval(rows, method=method)
    other = sequential_interval(1 - np.array(rows), method=method)
    shuffled = sequential_interval(np.array(rows)[:, ::-1], method=method)
    assert result.estimate == pytest.approx(np.mean(rows))
    assert (np.diff(result.lows) >= 0).all()
    assert (np.diff(result.highs) <= 0).all()
    assert result.low <= result.high
    assert other.lows == pytest.approx(1 - result.highs, abs=6e-4)
    assert shuffled.lows == pytest.approx(result.lows, abs=6e-4)
    assert (result.low, result.high) == (result.lows[-1], result.highs[-1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rates", [[0.08] * 20, [0, 0, 0, 0.9, 0.5] * 4, [0.3]])
def test_covers_at_all_times_together(method, rates):
    """Looking after each of 40 rounds, the mean is ruled out in at most 5 %."""
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(100):
        outcomes = rng.random((40, len(rates))) < rates
        result = sequential_interval(outcomes.astype(float), method=method)
        truth = np.mean(rates)
        missed += ((result.lows > truth) | (result.highs < truth)).any()
    assert missed <= 9  # P(more) is 0.03 at a true 5 %


def test_differences_between_competitions_cost_nothing():
    """Sure competitions narrow the interval as if they were not there."""
    rng = np.random.default_rng(5)
    coin = (rng.random((16, 10)) < 0.3).astype(float)
    mixed = np.concatenate((coin, np.zeros((16, 20)), np.ones((16, 10))), axis=1)
    alone = sequential_interval(coin)
    among = sequential_interval(mixed)
    assert among.high - among.low < 0.5 * (alone.high - alone.low)


def test_stops_when_it_is_narrow_enough():
    """The first round with the wanted width is named, or none yet."""
    rng = np.random.default_rng(6)
    result = sequential_interval((rng.random((60, 30)) < 0.2).astype(float))
    rounds = result.rounds_until(0.15)
    widths = result.highs - result.lows
    assert widths[rounds - 1] <= 0.15 < widths[rounds - 2]
    assert result.rounds_until(1e-4) is None
    assert result.rounds_until(1.0) == 1


def test_the_horizon_is_where_it_is_narrowest():
    """Stakes for 4 rounds win at 4, stakes for 40 at 40."""
    rng = np.random.default_rng(7)
    outcomes = (rng.random((40, 50)) < 0.3).astype(float)
    soon, late = (sequential_interval(outcomes, horizon=h) for h in (4, 40))
    width = [(r.highs - r.lows)[[3, 39]] for r in (soon, late)]
    assert width[0][0] < width[1][0]
    assert width[1][1] < width[0][1]


def test_incomplete_rounds_do_not_enter():
    """From the first missing outcome on, rounds are left out, and it says so."""
    result = sequential_interval([[1, 0], [0, 1], [1, NAN], [1, 1]])
    assert result.n == 2
    assert result.estimate == 0.5
    assert "2 rounds" in result.reason


@pytest.mark.parametrize("outcomes", [[], [[NAN, 1]], np.empty((3, 0))])
@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_known_before_the_first_round(outcomes, method):
    """Without a complete round, everything is possible."""
    result = sequential_interval(outcomes, method=method)
    assert np.isnan(result.estimate)
    assert (result.low, result.high) == (0, 1)
    assert result.reason
    assert result.rounds_until(0.5) is None


@pytest.mark.parametrize(
    ("outcomes", "options"),
    [
        ([2.0], {}),
        ([-0.1], {}),
        ([[[1]]], {}),
        (["won"], {}),
        ([1.0], {"level": 1.0}),
        ([1.0], {"horizon": 0}),
    ],
)
def test_refuses_bad_input(outcomes, options):
    """Values beyond [0, 1], other shapes and odd options are errors."""
    with pytest.raises(UsageError):
        sequential_interval(outcomes, **options)


def test_lists_the_methods():
    """An unknown method is answered with the known ones."""
    with pytest.raises(UnknownNameError, match="betting"):
        sequential_interval([1.0], method="wald")
