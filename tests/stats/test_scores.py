"""Aggregates of scores: slow twins, scipy, and the numbers of rliable."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats import (
    Resampled,
    iqm,
    mean_interval,
    performance_profile,
    probability_of_improvement,
)
from mle_toolkit.stats.aggregates import _UNITS, _Ranking
from mle_toolkit.stats.cells import Cells
from mle_toolkit.stats.redraws import AttemptDraws

NAN = float("nan")
TABLE = np.random.default_rng(7).beta(0.5, 1.0, (8, 24))
OTHER = np.random.default_rng(8).beta(0.5, 1.2, (8, 24))
TAUS = [0.1, 0.5, 0.9]
# rliable 1.2.0 with numpy.random.seed(1): estimate, low, high of 20,000 resamples of
# the attempts (improvement: 8000).
GOLDEN = {
    "iqm": [0.25616274, 0.20515094, 0.31454683],
    "profile": [
        [0.6875, 0.28125, 0.03125],
        [0.625, 0.22395833, 0.01041667],
        [0.75, 0.34375, 0.05729167],
    ],
    "improvement": [0.52018229, 0.4609375, 0.578125],
}
METHODS = [
    ("competition", "end-atom"),
    ("competition", "bootstrap-percentile"),
    ("attempt", "bootstrap-percentile"),
]

tables = st.tuples(st.integers(1, 6), st.integers(1, 7)).flatmap(
    lambda shape: st.lists(
        st.lists(st.integers(0, 8).map(lambda x: x / 8), min_size=shape[1],
                 max_size=shape[1]),
        min_size=shape[0], max_size=shape[0],
    )
)  # fmt: skip


@given(tables)
def test_iqm_is_the_trimmed_mean_of_scipy(table):
    """A quarter of all attempts is cut off at each end."""
    twin = stats.trim_mean(np.ravel(table), 0.25)
    assert iqm(table, resamples=100).estimate == pytest.approx(twin, abs=1e-12)


@given(tables, st.data())
def test_iqm_of_a_resample_is_the_iqm_of_the_scores_drawn(table, data):
    """Masses on ranks give what sorting the drawn scores gives."""
    cells = Cells.of(table, None, floor=None)
    size = cells.values.size
    drawn = data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    ranking = _Ranking(cells)
    times = np.bincount(drawn, minlength=size)[None]
    got = ranking.middle(ranking.rising(times.take(ranking.order, axis=1)))[0]
    twin = stats.trim_mean(cells.values[drawn], 0.25)
    assert got == pytest.approx(twin, abs=1e-12)


def weighted_iqm(values, weights, cut):
    """Cut and average by going through the sorted scores one by one."""
    pairs = sorted(zip(values, weights, strict=True))
    done, total = 0.0, 0.0
    for value, weight in pairs:
        inside = min(max(done + weight, cut), 1 - cut) - min(max(done, cut), 1 - cut)
        total += inside * value
        done += weight
    return total / (1 - 2 * cut)


@given(tables, st.integers(0, 99), st.booleans())
def test_iqm_with_an_unseen_competition(table, seed, low):
    """The form summed by parts equals the obvious one, atom at either end."""
    cells = Cells.of(table, None, floor=None)
    ranking = _Ranking(cells)
    weights = np.random.default_rng(seed).dirichlet(np.ones(cells.made.size + 1))
    each = (weights[:-1] / cells.made)[cells.competition]
    masses = (each[ranking.order] * _UNITS).astype(np.int64)
    end = 0.0 if low else 1.0
    got = ranking.middle_with_atom(np.cumsum(masses)[None], end, low=low)[0]
    every, values = [*each, weights[-1]], [*cells.values, end]
    assert got == pytest.approx(
        weighted_iqm(values, every, ranking.share_cut), abs=1e-9
    )


@given(tables, st.data())
def test_iqm_weighs_competitions_the_same(table, data):
    """With ragged attempts, each has the weight 1 / (n T)."""
    table = np.array(table)
    rows, columns = table.shape
    each = st.integers(1, rows)
    n = data.draw(st.lists(each, min_size=columns, max_size=columns))
    values = np.concatenate([table[: n[at], at] for at in range(columns)])
    weights = np.concatenate([np.full(size, 1 / size / columns) for size in n])
    cut = (values.size // 4) / values.size
    twin = weighted_iqm(values, weights, cut)
    got = iqm(table, n=n, resamples=100).estimate
    assert got == pytest.approx(twin, abs=1e-9)


def test_redrawn_attempts_stay_inside_their_competition():
    """Each competition is redrawn from its own attempts, as often as it has."""
    made = np.array([1, 4, 300, 3, 40, 16, 4])
    times = AttemptDraws(made).times(np.random.default_rng(0), 50)
    starts = np.cumsum(made) - made
    sums = np.add.reduceat(times, starts, axis=1)
    np.testing.assert_array_equal(sums, np.tile(made, (50, 1)))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 16, 17, 31, 32, 40])
def test_redrawn_attempts_are_multinomial(size):
    """Means, variances and covariances of the counts, on 3 competitions at once."""
    times = AttemptDraws(np.full(3, size)).times(np.random.default_rng(size), 20_000)
    assert times.shape == (20_000, 3 * size)
    moments = np.cov(times.T)
    inside = np.eye(size) - 1 / size
    expected = np.kron(np.eye(3), inside)
    np.testing.assert_allclose(times.mean(axis=0), 1.0, atol=0.04)
    np.testing.assert_allclose(np.atleast_2d(moments), expected, atol=0.06)


def test_redrawn_attempts_have_the_exact_law():
    """All 10 ways to draw 3 of 3 occur as often as the multinomial law says."""
    times = AttemptDraws(np.array([3])).times(np.random.default_rng(1), 27_000)
    ways, counts = np.unique(times, axis=0, return_counts=True)
    chances = stats.multinomial(3, [1 / 3] * 3).pmf(ways)
    assert len(ways) == 10
    assert stats.chisquare(counts, 27_000 * chances).pvalue > 1e-3


@pytest.mark.parametrize(("by", "method"), METHODS)
def test_limits_lie_around_the_estimate(by, method):
    """All three aggregates, ragged or not, and nothing is NaN."""
    options = {"by": by, "method": method, "resamples": 400}
    n = np.resize([8, 3, 5], 24)
    for more in ({}, {"n": n}):
        for found in (iqm(TABLE, **more, **options),):
            assert 0 <= found.low < found.estimate < found.high <= 1
            assert (found.by, found.method, found.n) == (by, method, 24)
        curve = performance_profile(TABLE, TAUS, **more, **options)
        assert (curve.low < curve.estimate).all()
        assert (curve.estimate < curve.high).all()
    found = probability_of_improvement(TABLE, OTHER, n_b=n, **options)
    assert 0 <= found.low < found.estimate < found.high <= 1


def test_end_atoms_are_the_wider_ones():
    """The unseen competition widens each interval, towards both ends."""
    for call in (
        lambda method: iqm(TABLE, method=method),
        lambda method: performance_profile(TABLE, TAUS, method=method),
        lambda method: probability_of_improvement(TABLE, OTHER, method=method),
    ):
        ours, usual = call("end-atom"), call("bootstrap-percentile")
        assert np.all(ours.low < usual.low)
        assert np.all(ours.high > usual.high)


@given(tables)
def test_profile_is_the_share_beyond_each_threshold(table):
    """Strictly better than the threshold, in the order of the thresholds given."""
    taus = [0.5, 0.0, 1.0, 0.25, -1.0]
    found = performance_profile(table, taus)
    twin = [np.mean(np.array(table) > tau) for tau in taus]
    np.testing.assert_allclose(found.estimate, twin, atol=1e-12)
    lower = performance_profile(table, taus, lower_is_better=True)
    twin = [np.mean(np.array(table) < tau) for tau in taus]
    np.testing.assert_allclose(lower.estimate, twin, atol=1e-12)
    np.testing.assert_array_equal(found.x, taus)


def test_profile_limits_are_those_of_the_mean_over_competitions():
    """With many competitions the interval is that of `mean_interval`, a bit wider."""
    table = np.random.default_rng(0).random((5, 400))
    found = performance_profile(table, [0.4])
    mean = mean_interval((table > 0.4).mean(axis=0))
    assert found.low[0] < mean.low
    assert found.low[0] == pytest.approx(mean.low, abs=2e-4)
    assert found.high[0] == pytest.approx(mean.high, abs=2e-4)


def test_profile_of_failed_attempts():
    """A failed attempt is better than no threshold, in either direction."""
    table = [[NAN, 0.5], [0.5, 0.5]]
    for lower in (False, True):
        found = performance_profile(
            table, [-99.0 if not lower else 99.0], lower_is_better=lower
        )
        assert found.estimate[0] == 0.75


def meetings(a, b):
    """Return the share of wins over all pairs of attempts, one by one."""
    shares = []
    for x, y in zip(np.transpose(a), np.transpose(b), strict=True):
        points = [(p > q) + (p == q) / 2 for p, q in product(x, y)]
        shares.append(np.mean(points))
    return np.array(shares)


@given(tables, st.integers(0, 9))
def test_improvement_is_the_share_of_meetings_won(table, seed):
    """Ties count one half; the roles add up to one."""
    table = np.array(table)
    other = np.random.default_rng(seed).integers(0, 9, (4, table.shape[1])) / 8
    found = probability_of_improvement(table, other)
    assert found.estimate == pytest.approx(meetings(table, other).mean())
    swapped = probability_of_improvement(other, table)
    assert swapped.estimate == pytest.approx(1 - found.estimate)
    lower = probability_of_improvement(-table, -other, lower_is_better=True)
    assert lower.estimate == pytest.approx(found.estimate)


def test_improvement_is_mann_whitney():
    """Per competition it is U / (n m) of scipy."""
    shares = [
        stats.mannwhitneyu(TABLE[:, at], OTHER[:5, at]).statistic / 40
        for at in range(24)
    ]
    found = probability_of_improvement(TABLE, OTHER[:5])
    assert found.estimate == pytest.approx(np.mean(shares))


def test_improvement_over_failures():
    """Any score beats a failed attempt, two failures tie, and n says what was made."""
    assert probability_of_improvement([[0.1]] * 2, [[NAN]] * 2).estimate == 1.0
    assert probability_of_improvement([[NAN]], [[NAN]]).estimate == 0.5
    table = [[0.9, 0.1], [0.0, 0.0]]
    found = probability_of_improvement(table, table, n_a=[1, 0], n_b=[2, 2])
    assert (found.n, found.estimate) == (1, 0.75)


def test_agrees_with_rliable():
    """The stratified bootstrap of rliable, up to the noise of its resamples."""
    options = {"by": "attempt", "resamples": 20_000}
    middle = iqm(TABLE, **options)
    got = [middle.estimate, middle.low, middle.high]
    np.testing.assert_allclose(got, GOLDEN["iqm"], atol=0.002)
    profile = performance_profile(TABLE, TAUS, **options)
    got = np.stack([profile.estimate, profile.low, profile.high])
    np.testing.assert_allclose(got, GOLDEN["profile"], atol=0.0055)
    wins = probability_of_improvement(TABLE, OTHER, **options)
    got = [wins.estimate, wins.low, wins.high]
    np.testing.assert_allclose(got, GOLDEN["improvement"], atol=0.004)


@pytest.mark.parametrize(("by", "method"), METHODS)
def test_a_seed_gives_the_same_limits_and_is_noted(by, method):
    """Equal seeds give equal records; the global state of numpy plays no part."""
    options = {"by": by, "method": method, "resamples": 200}
    np.random.seed(1)  # noqa: NPY002
    first = iqm(TABLE, seed=3, **options)
    np.random.seed(2)  # noqa: NPY002
    assert iqm(TABLE, seed=3, **options) == first
    assert first.seed == 3
    assert iqm(TABLE, seed=4, **options).low != first.low
    assert iqm(TABLE, seed=np.random.default_rng(3), **options).low == first.low


@pytest.mark.parametrize(("by", "method"), METHODS)
def test_what_cannot_be_resampled_is_nan_with_a_reason(by, method):
    """One competition, one attempt each, or none at all."""
    options = {"by": by, "method": method, "resamples": 100}
    alone = [[0.5], [0.7]] if by == "competition" else [[0.5, 0.7]]
    for table in (alone, np.zeros((0, 0)), np.zeros((3, 0))):
        found = iqm(table, **options)
        assert np.isnan([found.low, found.high]).all()
        assert found.reason
        curve = performance_profile(table, [0.6], **options)
        assert np.isnan([curve.low, curve.high]).all()
        assert curve.reasons[0]
        wins = probability_of_improvement(table, table, **options)
        assert np.isnan([wins.low, wins.high]).all()
        assert wins.reason


def test_an_interval_without_width_is_no_interval():
    """Medals of 0 and 1 that are rare: the IQM is 0, and its interval NaN."""
    rare = np.zeros((4, 20))
    rare[0, 0] = 1.0
    for by, method in METHODS:
        found = iqm(rare, by=by, method=method)
        assert found.estimate == 0.0
        assert np.isnan(found.low)
        assert "no width" in found.reason
    flat = performance_profile(rare, [0.5, 2.0], by="attempt")
    assert np.isnan(flat.low[1])
    assert "no width" in flat.reasons[1]
    ties = probability_of_improvement(rare * 0, rare * 0, by="attempt")
    assert (ties.estimate, np.isnan(ties.low)) == (0.5, True)
    ours = performance_profile(rare, [2.0])
    assert ours.low[0] == 0.0 < ours.high[0]


def test_records_say_how_they_were_made():
    """End atoms of shares need no resamples; bootstraps note theirs."""
    found = probability_of_improvement(TABLE, OTHER)
    assert not isinstance(found, Resampled)
    curve = performance_profile(TABLE, TAUS)
    assert (curve.by, curve.resamples, curve.seed) == ("competition", None, None)
    curve = performance_profile(TABLE, TAUS, by="attempt", resamples=200, seed=5)
    assert (curve.by, curve.resamples, curve.seed) == ("attempt", 200, 5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: iqm([[NAN, 0.5]]), "1 attempts have no score"),
        (lambda: iqm([[0.5, 1.5]]), "got a score of 1.5"),
        (lambda: iqm([[0.5, 0.7]], ends=(1.0, 0.0)), "between the ends"),
        (lambda: iqm([[0.5, 0.7]], ends=None), "ends must be two numbers"),
        (lambda: iqm([[0.5, 0.7]], ends=(0, "1")), "ends must be two numbers"),
        (lambda: iqm([[0.5, np.inf]], by="attempt"), "scores must be finite"),
        (lambda: iqm([[0.5]], by="attempt", method="end-atom"), "other competitions"),
        (lambda: iqm([[0.5]], resamples=5), "resamples must be whole"),
        (lambda: iqm([["a"]]), "scores must be numbers"),
        (lambda: iqm([[0.5]], level=0), "level must lie between"),
        (lambda: performance_profile([[0.5]], [NAN]), "without NaN"),
        (lambda: performance_profile([[0.5]], ["x"]), "taus must be numbers"),
        (
            lambda: probability_of_improvement([[0.5, 0.5]], [[0.5]]),
            "the same ones; got 2 and 1",
        ),
    ],
)
def test_illegal_arguments_are_named(call, words):
    """What does not fit together is refused in words."""
    with pytest.raises(UsageError, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: iqm(TABLE, by="task"),
        lambda: performance_profile(TABLE, TAUS, method="bca"),
        lambda: probability_of_improvement(TABLE, OTHER, by="run"),
    ],
)
def test_unknown_names_list_the_legal_ones(call):
    """Every choice is answered with what exists."""
    with pytest.raises(UnknownNameError, match="choose '"):
        call()
