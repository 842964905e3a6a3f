"""Forecasts against exact posteriors, on simulated worlds and on the record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

import mle_toolkit as mle
from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.backtest import backtest_forecast
from mle_toolkit.stats.forecast import MODELS, band, forecast_pass_at_k, weigh
from mle_toolkit.stats.mixing import RATES, Table, laws_for

EIGHT = ([8] * 22, [8, 7, 5, 3, 2, 1, 1] + [0] * 15)


@st.composite
def experiments(draw):
    """Draw ragged counts with at least one success and one failure."""
    n = draw(st.lists(st.integers(1, 20), min_size=3, max_size=12))
    n[0] = max(n[0], 2)
    c = [draw(st.integers(0, attempts)) for attempts in n]
    c[0], c[1] = 1, 0
    return n, c


def record_counts(agent):
    """Return attempts and medals of one agent on the published record."""
    table = mle.record(missing="failure")
    rows = table[table["agent"] == agent]
    return rows["n"].to_numpy(), rows["c"].to_numpy()


@pytest.mark.parametrize("attempts", [3, 8, 40])
def test_every_law_is_a_probability(attempts):
    """All weights are chances that sum to 1, and so does the prior."""
    laws = laws_for(attempts)
    assert (laws.weights >= 0).all()
    assert laws.weights.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert laws.prior.sum() == pytest.approx(1, rel=1e-12)
    shares = np.bincount(laws.family, weights=laws.prior)
    assert shares == pytest.approx(np.full(len(MODELS), 1 / len(MODELS)))


def test_the_posterior_is_likelihood_times_prior():
    """The weights of laws follow from the binomial chances of all counts."""
    n, c = np.array([3, 8, 20, 8, 1]), np.array([0, 2, 19, 0, 1])
    laws = laws_for(8)
    posterior = Table(laws, n, c).posterior(np.ones(5))
    some = np.argsort(posterior)[-50:]
    slow = []
    for row in some:
        value = laws.prior[row]
        for attempts, wins in zip(n, c, strict=True):
            value *= laws.weights[row] @ stats.binom.pmf(wins, attempts, RATES)
        slow.append(value)
    ratio = np.array(slow) / posterior[some]
    assert ratio == pytest.approx(ratio[0], rel=1e-4)


@pytest.mark.parametrize("c", [0, 1, 5])
def test_a_beta_law_has_its_closed_form(c):
    """On the grid, E[(1-p)^k | c] of Beta laws is B(a+c, b+n-c+k)/B(a+c, b+n-c)."""
    laws = laws_for(8)
    rows = np.flatnonzero(laws.family == MODELS.index("beta-binomial"))[::20]
    mean, variance = Table(laws, np.array([8]), np.array([c])).missed(80, rows)
    weights = laws.weights[rows].astype(float)
    first, second = weights @ RATES, weights @ RATES**2
    total = first * (1 - first) / (second - first**2) - 1
    a, b = first * total + c, (1 - first) * total + 8 - c
    exact = np.exp(special.betaln(a, b + 80) - special.betaln(a, b))
    square = np.exp(special.betaln(a, b + 160) - special.betaln(a, b))
    assert mean[:, 0] == pytest.approx(exact, abs=4e-3)
    assert variance[:, 0] == pytest.approx(square - exact**2, abs=4e-3)


def test_the_band_is_that_of_whole_posterior_draws():
    """Draws of a law, then of each success rate, give the same quantiles."""
    n, c = np.array(EIGHT[0]), np.array(EIGHT[1])
    rng, k, level = np.random.default_rng(0), 80, 0.8
    laws = laws_for(8)
    fit = weigh(Table(laws, n, c), np.ones(n.size), MODELS)
    kernel = stats.binom.pmf(c[:, None], n[:, None], RATES)
    draws = []
    for row in rng.choice(fit.rows, p=fit.weights, size=2000):
        chances = laws.weights[row] * kernel
        edges = chances.cumsum(axis=1)
        spot = (edges < rng.random((n.size, 1)) * edges[:, -1:]).sum(axis=1)
        draws.append((1 - (1 - RATES[spot]) ** k).mean())
    result = forecast_pass_at_k(n, c, k, level=level)
    low, high = np.quantile(draws, [0.07, 0.93])
    assert result.low == pytest.approx(low, abs=0.02)
    assert result.high == pytest.approx(high, abs=0.02)
    assert result.estimate == pytest.approx(np.mean(draws), abs=0.01)


def test_the_estimate_averages_the_models_by_their_probability():
    """The model average is the sum of single-model forecasts times their weight."""
    together = forecast_pass_at_k(*EIGHT, 40)
    alone = sum(
        share * forecast_pass_at_k(*EIGHT, 40, models=[name]).estimate
        for name, share in together.models
    )
    assert sum(share for _, share in together.models) == pytest.approx(1)
    assert together.estimate == pytest.approx(alone, abs=1e-6)
    assert forecast_pass_at_k(*EIGHT, 40, models=["library"]).method == "library"


@settings(max_examples=8, deadline=None)
@given(experiments(), st.integers(1, 6))
def test_more_attempts_never_forecast_less(counts, k):
    """Estimates lie in their band and rise with k, whatever the raggedness."""
    n, c = counts
    ks = [k, k + 1, 3 * k + 2]
    found = forecast_pass_at_k(n, c, ks)
    for one in found:
        if one.reason is None:
            assert 0 <= one.low <= one.estimate <= one.high <= 1
    known = [one.estimate for one in found if one.reason is None]
    assert known == sorted(known)


@settings(max_examples=5, deadline=None)
@given(experiments(), st.randoms(use_true_random=False))
def test_the_order_of_competitions_does_not_matter(counts, random):
    """Shuffled competitions, and one without attempts, change no estimate."""
    pairs = list(zip(*counts, strict=True))
    before = forecast_pass_at_k(*counts, 5)
    random.shuffle(pairs)
    n, c = zip(*pairs, (0, 0), strict=True)
    after = forecast_pass_at_k(n, c, 5)
    assert after.estimate == pytest.approx(before.estimate, rel=1e-9)
    assert after.n == before.n


def test_within_the_attempts_made_it_agrees_with_the_unbiased_estimate():
    """At k = n/2 the forecast is near pass@k, which needs no model."""
    n, c = record_counts("scaffolding-gpt4o-aide")
    exact = np.mean(pass_at_k(n, c, 18))
    result = forecast_pass_at_k(n, c, 18)
    assert result.low < exact < result.high
    assert result.estimate == pytest.approx(exact, abs=0.02)
    assert result.caution is None


def test_the_seed_moves_the_band_and_not_the_estimate():
    """One seed gives one band; the estimate is no simulation."""
    first, again, other = (
        forecast_pass_at_k(*EIGHT, 80, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.low != other.low
    assert first.estimate == other.estimate
    drawn = forecast_pass_at_k(*EIGHT, 80, seed=np.random.default_rng(1))
    assert drawn.seed is None
    assert drawn.low == first.low


def test_says_how_far_it_reaches():
    """Above 3 n it is model-dependent, from 10 n there is Good-Toulmin, not past 30."""
    near, edge, over, far, last, out = forecast_pass_at_k(
        *EIGHT, [8, 24, 25, 80, 240, 241]
    )
    assert near.caution is edge.caution is None
    assert over.caution == far.caution == "model-dependent"
    assert over.good_toulmin is None
    assert far.good_toulmin.low <= far.good_toulmin.estimate <= far.good_toulmin.high
    assert last.reason is None
    assert np.isnan([out.estimate, out.low, out.high, out.at_least]).all()
    assert "30 times" in out.reason
    assert near.at_least == pytest.approx(near.power_law.estimate, abs=0.02)


def test_says_when_the_lower_value_is_none():
    """Chao's value above the estimate, and above the band, is a conflict by name."""
    # Seven solved once and one twice: Chao counts on nearly all the others.
    c = [1] * 7 + [2] + [6] * 6 + [12] * 12 + [16] * 20 + [0] * 29
    near, far = forecast_pass_at_k([16] * 75, c, [16, 160])
    assert far.at_least > far.high
    assert far.conflict == "above-band"
    assert near.conflict is None
    calm = forecast_pass_at_k(*EIGHT, 80)
    assert calm.at_least < calm.estimate
    assert calm.conflict is None
    record = mle.record(missing="drop")
    aira = record[record["agent"] == "aira-dojo"]
    between, above = forecast_pass_at_k(aira["n"], aira["c"], [24, 60])
    assert between.at_least < between.estimate
    assert between.conflict is None
    assert above.estimate < above.at_least < above.high
    assert above.conflict == "above-estimate"


def test_the_population_is_less_certain_than_these():
    """Solved competitions are known; others of their kind are not."""
    these, others = (
        forecast_pass_at_k(*EIGHT, 16, target=target)
        for target in ("these", "population")
    )
    assert others.high - others.low > these.high - these.low
    assert others.target == "population"


@pytest.mark.parametrize(
    ("n", "c", "word"),
    [
        ([8], [3], "2 competitions"),
        ([], [], "2 competitions"),
        ([0, 0, 0], [0, 0, 0], "2 competitions"),
        ([1] * 20, [1] * 5 + [0] * 15, "one attempt"),
        ([8] * 20, [0] * 20, "no attempt succeeded"),
    ],
)
def test_says_why_there_is_no_forecast(n, c, word):
    """Undefined forecasts are NaN in every value, with the reason."""
    result = forecast_pass_at_k(n, c, 4)
    assert np.isnan([result.estimate, result.low, result.high, result.at_least]).all()
    assert word in result.reason


def test_all_solved_is_a_forecast():
    """Where every attempt succeeded, pass@k stays near 1 and never above."""
    result = forecast_pass_at_k([8] * 10, [8] * 10, 80)
    assert 0.99 < result.low <= result.estimate <= result.high <= 1


@pytest.mark.parametrize(
    ("n", "c", "k", "options"),
    [
        ([8, 8], [9, 0], 4, {}),
        ([8, 8], [-1, 0], 4, {}),
        ([8, 8.5], [1, 0], 4, {}),
        ([8, float("nan")], [1, 0], 4, {}),
        ([8, 8], [1, 0], 0, {}),
        ([8, 8], [1, 0], 2.5, {}),
        ([8, 8], [1, 0], [[4]], {}),
        ([[8, 8]], [[1, 0]], 4, {}),
        ([8, 8], [1, 0], 4, {"level": 1.0}),
        ([8, 8], [1, 0], 4, {"models": []}),
        ([8, 8], [1, 0], 4, {"seed": -1}),
        ([8, 8], [1, 0], 4, {"seed": 0.5}),
    ],
)
def test_refuses_bad_input(n, c, k, options):
    """Illegal counts, k, level and models are errors, not numbers."""
    with pytest.raises(UsageError):
        forecast_pass_at_k(n, c, k, **options)


@pytest.mark.parametrize("options", [{"models": ["poisson"]}, {"target": "all"}])
def test_lists_the_legal_names(options):
    """An unknown model or target is answered with the known ones."""
    with pytest.raises(UnknownNameError, match="choose"):
        forecast_pass_at_k([8, 8], [1, 0], 4, **options)


def test_a_certain_law_has_no_band():
    """Without variance, all draws are the mean of their law."""
    rng = np.random.default_rng(0)
    ends = band(np.ones(1), np.array([0.3]), np.zeros(1), 0.8, rng)
    assert ends == (0.3, 0.3)


@pytest.mark.parametrize(
    ("law", "least"),
    [
        (lambda rng, size: rng.beta(0.1, 0.5, size), 0.75),
        (lambda rng, size: rng.beta(2, 2, size) * (rng.random(size) < 0.4), 0.6),
        (lambda rng, size: np.where(rng.random(size) < 0.8, 0.05, 0.8), 0.45),
    ],
    ids=["beta", "zero-inflated", "two classes"],
)
def test_bands_cover(law, least):
    """80 % bands at 10 times the attempts cover in kind and in unkind worlds."""
    rng = np.random.default_rng(7)
    held = []
    for _ in range(40):
        p = law(rng, 75)
        c = rng.binomial(8, p)
        result = forecast_pass_at_k([8] * 75, c, 80, seed=rng)
        truth = (1 - (1 - p) ** 80).mean()
        held.append(result.low - 1e-9 <= truth <= result.high + 1e-9)
    assert np.mean(held) >= least


@pytest.mark.parametrize(
    ("agent", "k", "truth"),
    [
        ("models-o1-preview-aide", 18, 0.424),
        ("scaffolding-gpt4o-aide", 36, 0.277),
        ("aira-dojo", 16, 0.573),
    ],
)
def test_would_have_been_right_on_the_record(agent, k, truth):
    """From 8 seeds, bands hold the estimate from all seeds in 75 % and more."""
    (check,) = backtest_forecast(*record_counts(agent), k, draws=60)
    assert check.truth == pytest.approx(truth, abs=5e-4)
    assert check.n == 75
    assert abs(check.bias) < 0.03
    assert check.coverage >= 0.75
    assert check.width < 0.2


def test_the_backtest_makes_the_same_forecasts():
    """When every attempt is drawn, the backtest forecasts what the forecast does."""
    n, c = EIGHT
    (check,) = backtest_forecast(n, c, 8, draws=3)
    assert check.estimate == pytest.approx(forecast_pass_at_k(n, c, 8).estimate)
    assert check.truth == pytest.approx(7 / 22)


def test_the_backtest_keeps_its_competitions_apart():
    """A k that some competitions cannot tell of leaves these out, and only there."""
    n, c = [30] * 10 + [12] * 10, [3] * 6 + [0] * 4 + [6] * 10
    near, far, out = backtest_forecast(n, c, [10, 20, 40], draws=20)
    assert (near.n, far.n, out.n) == (20, 10, 0)
    assert near.truth == pytest.approx(np.mean(pass_at_k(n, c, 10)))
    assert np.isnan([out.truth, out.bias, out.coverage, out.width]).all()
    assert "fewer than 2 competitions" in out.reason


@pytest.mark.parametrize(
    "options",
    [{"attempts": 1}, {"attempts": 9}, {"draws": 0}, {"level": 2}, {"seed": -1}],
)
def test_the_backtest_refuses_bad_input(options):
    """Too few or too many attempts, no draws and odd levels are errors."""
    with pytest.raises(UsageError):
        backtest_forecast(*EIGHT, 8, **options)
