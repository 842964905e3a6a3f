"""Comparisons of agents: golden values, exact tests by brute force, and peers."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats import (
    adjusted_p_values,
    compare,
    compare_many,
    rank_intervals,
)
from mle_toolkit.stats import sign_flip as sign_flip_module
from mle_toolkit.stats.sign_flip import EXACT, SAMPLED, sign_flip

NAN = float("nan")
THIRDS = np.array([1 / 3] * 5 + [2 / 3] * 3 + [-1 / 3] * 4 + [1] + [0] * 62)
RNG = np.random.default_rng(4)


def as_agents(differences):
    """Two agents with these differences, and values in [0, 1]."""
    return np.clip(differences, 0, 1), np.clip(-differences, 0, 1)


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("end-atom", -0.0068585, 0.0951587),
        ("end-atom-sharp", -0.0049437, 0.0936393),
    ],
)
def test_golden_intervals(method, low, high):
    """Both forms with end atoms give the limits that were computed independently."""
    result = compare(*as_agents(THIRDS), method=method)
    assert (result.low, result.high) == pytest.approx((low, high), abs=6e-8)
    assert result.estimate == pytest.approx(THIRDS.mean())


def test_paired_t_is_that_of_scipy():
    """The plain t interval is the one of scipy, on any scale."""
    a, b = RNG.normal(3, 9, 30), RNG.normal(1, 9, 30)
    result = compare(a, b, method="paired-t", level=0.9)
    peer = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert (result.low, result.high) == pytest.approx((peer.low, peer.high))
    assert result.mean_a - result.mean_b == pytest.approx(result.estimate)


values = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=30
)


@given(values, st.sampled_from(["end-atom", "end-atom-sharp", "paired-t"]))
def test_swapping_the_agents_mirrors_the_result(pairs, method):
    """Interval, difference and p-value do not depend on who comes first."""
    a, b = np.array(pairs).T / 8
    first, second = compare(a, b, method=method), compare(b, a, method=method)
    mirrored = [-second.estimate, -second.high, -second.low, second.p_value]
    got = [first.estimate, first.low, first.high, first.p_value]
    np.testing.assert_allclose(got, mirrored, atol=1e-12)
    assert first.reason is not None or first.low <= first.estimate <= first.high


@given(values)
def test_end_atoms_never_give_certainty(pairs):
    """Equal differences leave room; the plain t interval has none, and says so."""
    a, b = np.array(pairs).T / 8
    safe = compare(a, b)
    assert safe.high > safe.low
    assert np.isnan(safe.detectable) or 0 < safe.detectable <= 1
    same = compare(a, a, method="paired-t")
    assert np.isnan([same.low, same.high, same.detectable]).all()
    assert "no width" in same.reason


def test_detectable_difference_has_its_power():
    """With normal differences that large, the t test finds it in 80 % of 4000 runs."""
    rng = np.random.default_rng(9)
    size, spread = 30, 0.2
    sample = rng.normal(0, spread, (4000, size))
    known = [
        compare(row, np.zeros(size), method="paired-t").detectable
        for row in sample[:50]
    ]
    shifted = sample + np.mean(known)
    found = stats.ttest_1samp(shifted, 0, axis=1).pvalue < 0.05
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_attempts_are_averaged_per_competition():
    """A table (attempts, competitions) is its column means, whatever their number."""
    a, b = RNG.random((4, 12)), RNG.random((3, 12))
    assert compare(a, b) == compare(a.mean(axis=0), b.mean(axis=0))


def test_only_shared_competitions_enter():
    """NaN is a competition that was not tried: left out, and counted."""
    a, b = np.array([0.5, NAN, 1.0, 0.2]), np.array([0.1, 0.3, NAN, 0.1])
    result = compare(a, b)
    assert (result.n, result.n_left_out) == (2, 2)
    assert result.estimate == pytest.approx(0.25)
    alone = compare(a[[0, 3]], b[[0, 3]])
    assert (result.low, result.high) == (alone.low, alone.high)


@pytest.mark.parametrize("size", [0, 1])
def test_fewer_than_two_competitions_are_nan(size):
    """Neither interval, nor p-value, nor detectable difference; and why."""
    result = compare([0.5] * size, [0.0] * size)
    known = [result.low, result.high, result.p_value, result.detectable]
    assert np.isnan(known).all()
    assert f"there are {size}" in result.reason


def brute_sign_flip(differences):
    """Try all ways to sign the differences."""
    observed = abs(np.sum(differences)) - 1e-9
    sums = [np.dot(s, differences) for s in product([-1, 1], repeat=len(differences))]
    return np.mean(np.abs(sums) >= observed)


small = st.lists(st.integers(-6, 6), min_size=1, max_size=9)


@given(small, st.sampled_from([1, 3, 7, 16]))
def test_sign_flips_of_fractions_are_all_counted(steps, unit):
    """The table of sums gives the share of all 2**T ways."""
    differences = np.array(steps) / unit
    p_value, method = sign_flip(differences, 0)
    assert method == EXACT
    assert p_value == pytest.approx(brute_sign_flip(differences), abs=1e-12)


@given(st.lists(st.floats(-1, 1).map(lambda x: round(x, 6)), min_size=1, max_size=9))
def test_sign_flips_of_any_numbers_are_all_counted(differences):
    """Up to 40 differences without a common unit are counted by halves."""
    differences = np.array(differences)
    p_value, method = sign_flip(differences, 0)
    assert method == EXACT
    assert p_value == pytest.approx(brute_sign_flip(differences), abs=1e-12)


def test_ways_of_counting_agree(monkeypatch):
    """Table, halves and samples find the same p-value."""
    differences = np.array([1, 2, -1, 1, 1, 3, -2, 1, 1, 0, 2, 1]) / 8
    table, _ = sign_flip(differences, 0)
    monkeypatch.setattr(sign_flip_module, "_LONGEST_TABLE", 0)
    halves, _ = sign_flip(differences, 0)
    monkeypatch.setattr(sign_flip_module, "_MOST_HALVED", 0)
    sampled, method = sign_flip(differences, 0)
    assert halves == pytest.approx(table, abs=1e-12)
    assert (method, sampled) == (SAMPLED, pytest.approx(table, abs=0.005))


def test_sign_flip_agrees_with_scipy():
    """The permutation test of scipy for paired samples, all ways counted."""
    a, b = RNG.random(10), RNG.random(10)
    peer = stats.permutation_test(
        (a, b), lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples", n_resamples=np.inf, vectorized=True,
    ).pvalue  # fmt: skip
    assert compare(a, b).p_value == pytest.approx(peer, abs=1e-12)


def test_many_attempts_and_no_difference():
    """No difference at all is p = 1; sampled p-values are never 0."""
    assert sign_flip(np.zeros(5), 0) == (1.0, EXACT)
    steep = RNG.random(60) + 1.0
    p_value, method = sign_flip(steep, 0)
    assert method == SAMPLED
    assert p_value == 1e-5


def test_many_ragged_differences_stay_exact():
    """75 differences of rates with 3 and 5 attempts are still counted."""
    a, b = RNG.integers(0, 4, 75) / 3, RNG.integers(0, 6, 75) / 5
    result = compare(a, b, seed=3)
    assert (result.p_method, result.seed) == (EXACT, None)
    sampled = compare(RNG.random(75), RNG.random(75), seed=3)
    assert (sampled.p_method, sampled.seed) == (SAMPLED, 3)


@pytest.mark.parametrize("tests", [1, 2, 3, 10, 30])
def test_adjusted_p_values_are_those_of_statsmodels(tests):
    """Holm and Benjamini-Hochberg agree with the peer, with and without ties."""
    for digits in (1, 2, 16):
        p_values = np.round(RNG.random(tests), digits)
        for name, peer in (("holm", "holm"), ("benjamini-hochberg", "fdr_bh")):
            got = adjusted_p_values(p_values, correction=name)
            expected = multipletests(p_values, method=peer)[1]
            np.testing.assert_allclose(got, expected, atol=1e-15)


def test_missing_p_values_do_not_count():
    """A test that could not be made is no member of the family."""
    got = adjusted_p_values([0.01, NAN, 0.04])
    np.testing.assert_allclose(got, [0.02, NAN, 0.04])
    assert adjusted_p_values([]).shape == (0,)


AGENTS = {
    "low": [0.0, 0.1, 0.0, 0.2, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0],
    "top": [0.9, 1.0, 0.8, 1.0, 0.7, 0.9, 1.0, 0.8, 1.0, 0.9],
    "mid": [0.8, 1.0, 0.8, 0.9, 0.7, 0.9, 0.9, 0.8, 1.0, 0.9],
}


def test_families_of_pairs():
    """All pairs, neighbours by mean, one baseline, or a list: the better one first."""
    names = [(p.a, p.b) for p in compare_many(AGENTS).pairs]
    assert names == [("top", "mid"), ("top", "low"), ("mid", "low")]
    neighbours = compare_many(AGENTS, pairs="neighbours").pairs
    assert [(p.a, p.b) for p in neighbours] == [("top", "mid"), ("mid", "low")]
    against = compare_many(AGENTS, baseline="mid").pairs
    assert [(p.a, p.b) for p in against] == [("top", "mid"), ("low", "mid")]
    chosen = compare_many(AGENTS, pairs=[("low", "top")]).pairs
    assert chosen[0].comparison == compare(AGENTS["low"], AGENTS["top"])


def test_a_family_adjusts_and_judges():
    """Adjusted p-values are those of the pairs' own, against 1 - level."""
    family = compare_many(AGENTS, correction="benjamini-hochberg", level=0.9)
    own = [pair.comparison.p_value for pair in family.pairs]
    adjusted = adjusted_p_values(own, correction="benjamini-hochberg")
    assert [pair.p_adjusted for pair in family.pairs] == adjusted.tolist()
    assert [pair.differs for pair in family.pairs] == [False, True, True]
    assert {pair.comparison.level for pair in family.pairs} == {0.9}


def test_equals_are_seldom_told_apart():
    """Among 5 equal agents, Holm raises a false alarm in at most 5 % of 200 worlds."""
    rng = np.random.default_rng(2)
    alarms = []
    for _ in range(200):
        p = rng.beta(0.5, 1, 22)
        agents = {str(at): rng.binomial(3, p) / 3 for at in range(5)}
        alarms.append(any(pair.differs for pair in compare_many(agents).pairs))
    assert np.mean(alarms) <= 0.05


def test_ranks_that_can_be_told_apart():
    """Two agents that tie share places 1 and 2; the third is third for certain."""
    for method in ("pairwise", "bootstrap-percentile"):
        ranks = rank_intervals(AGENTS, method=method)
        assert [each.name for each in ranks] == ["top", "mid", "low"]
        assert [each.rank for each in ranks] == [1, 2, 3]
        assert [(each.low, each.high) for each in ranks][2] == (3, 3)
        assert ranks[0].low == 1
    pairwise = rank_intervals(AGENTS)
    assert [(each.low, each.high) for each in pairwise[:2]] == [(1, 2), (1, 2)]


def test_ranks_follow_from_one_sided_tests():
    """A slow twin: Holm over both directions of all pairs, then counting."""
    rng = np.random.default_rng(11)
    p = rng.beta(0.5, 1, 40)
    agents = {
        str(at): rng.binomial(4, np.clip(p + 0.08 * at, 0, 1)) / 4 for at in range(6)
    }
    tests = {}
    for one, two in combinations(agents, 2):
        result = compare(agents[one], agents[two])
        for a, b, sign in ((one, two, 1), (two, one, -1)):
            better = sign * result.estimate > 0
            tests[a, b] = result.p_value / 2 if better else 1 - result.p_value / 2
    reject = multipletests(list(tests.values()), 0.05, method="holm")[0]
    wins = [pair for pair, found in zip(tests, reject, strict=True) if found]
    assert wins
    for each in rank_intervals(agents):
        assert each.low == 1 + sum(b == each.name for _, b in wins)
        assert each.high == 6 - sum(a == each.name for a, _ in wins)


def test_ranks_on_shared_competitions():
    """Competitions that one agent lacks leave the pair, not the leaderboard."""
    agents = {"a": [1.0] * 12, "b": [0.0] * 11 + [NAN], "c": [NAN] * 12}
    with pytest.raises(UsageError, match=r"without a value .*\['c'\]"):
        rank_intervals(agents)
    del agents["c"]
    ranks = rank_intervals(agents)
    assert [(each.low, each.high, each.n) for each in ranks] == [(1, 1, 12), (2, 2, 11)]
    with pytest.raises(UsageError, match="keep the common ones"):
        rank_intervals(agents, method="bootstrap-percentile")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compare([0.1, 0.2], [0.1]), "got 2 and 1"),
        (lambda: compare([0.1, 1.2], [0.1, 0.2]), r"a must lie in \[0, 1\]"),
        (lambda: compare([0.1, 0.2], [0.1, -0.2]), "got -0.2"),
        (lambda: compare([0.1, np.inf], [0, 0], method="paired-t"), "must be finite"),
        (lambda: compare([[[0.1]]], [0.1]), r"got \(1, 1, 1\)"),
        (lambda: compare(["x"], [0.1]), "a must be numbers"),
        (lambda: compare([[0.1, NAN], [0.2, 0.3]], [0, 0]), "attempts without a value"),
        (lambda: compare([0.1, 0.2], [0, 0], level=95), "level must lie between"),
        (lambda: compare([0.1, 0.2], [0, 0], power=0.3), "power must lie between"),
        (lambda: compare([0.1, 0.2], [0, 0], seed=1.5), "seed must be whole numbers"),
        (lambda: compare_many({"a": [1.0, 0.0]}), "at least 2 agents"),
        (lambda: compare_many({"a": [1.0], "b": [1.0, 0.0]}), "same competitions"),
        (lambda: compare_many(AGENTS, baseline="top", pairs="neighbours"), "not both"),
        (lambda: compare_many([[1.0], [0.0]]), "mapping from the name of each agent"),
        (lambda: compare_many(AGENTS, pairs=["top"]), "a list of pairs of names"),
        (lambda: compare_many(AGENTS, pairs=[]), "a list of pairs of names"),
        (lambda: compare([0.1, 0.2], [0, 0], power=None), "got None"),
        (lambda: adjusted_p_values([1.5]), "numbers in"),
        (lambda: adjusted_p_values(["a"]), "numbers in"),
    ],
)
def test_illegal_comparisons_are_named(call, words):
    """What cannot be compared is refused in words."""
    with pytest.raises(UsageError, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: compare([0.1, 0.2], [0, 0], method="z"),
        lambda: compare_many(AGENTS, baseline="nobody"),
        lambda: compare_many(AGENTS, pairs="some"),
        lambda: compare_many(AGENTS, pairs=[("top", "nobody")]),
        lambda: compare_many(AGENTS, correction="bonferroni"),
        lambda: rank_intervals(AGENTS, method="mean"),
    ],
)
def test_unknown_names_list_the_legal_ones(call):
    """Every choice is answered with what exists."""
    with pytest.raises(UnknownNameError, match="choose '"):
        call()


def test_no_impossible_difference_is_called_detectable():
    """With two competitions no difference of rates would be found, and it says so."""
    few = compare([1.0, 0.5], [0.0, 0.2])
    assert np.isnan(few.detectable)
    assert "so few competitions" in few.reason
    assert few.low < few.estimate < few.high
    assert compare([1.0, 0.5], [0.0, 0.2], method="paired-t").detectable > 1
