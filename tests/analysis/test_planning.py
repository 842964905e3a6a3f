"""Plans from a pilot of two agents, of one, or from none."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats import components, planning
from mle_toolkit.stats.betabinomial import fit_beta_binomial
from tests.builders import make_frame

A, B = "models-o1-preview-aide", "aira-dojo"


@pytest.fixture(scope="module")
def record():
    """The record without made-up competitions."""
    return mle.record(missing="drop")


def pair(record):
    """The counts of both agents, competition by competition."""
    wide = record[record["agent"].isin([A, B])].pivot_table(
        index="competition", columns="agent", values=["n", "c"]
    )
    return [wide[name][agent].astype(int) for agent in (A, B) for name in ("n", "c")]


def test_a_pilot_of_two_gives_the_components_of_the_statistics(record):
    """The detectable difference is that of the plain function on the same counts."""
    n_a, c_a, n_b, c_b = pair(record)
    parts = components.pilot_components(n_a, c_a, n_b=n_b, c_b=c_b)
    table = analysis.detectable_difference(record, a=A, b=B, seeds=3)
    row = table.iloc[0]
    plan = planning.detectable_difference(75, 3, components=parts)
    assert row["estimate"] == pytest.approx(plan.estimate)
    assert (row["spread"], row["noise_a"]) == pytest.approx(
        (parts.spread, parts.noise_a)
    )
    assert row["low"] < row["estimate"] < row["high"]
    assert (row["a"], row["b"], row["components"]) == (A, B, "pilot")
    assert (row["competitions"], row["n_competitions"], row["seed"]) == (75, 75, 0)


def test_limits_are_those_of_resampled_pilots(record):
    """A slow twin: resample the competitions and plan with each resample."""
    rng = np.random.default_rng(5)
    counts = np.column_stack([each.to_numpy() for each in pair(record)])
    found = []
    for _ in range(60):
        n_a, c_a, n_b, c_b = counts[rng.integers(75, size=75)].T
        parts = components.pilot_components(n_a, c_a, n_b=n_b, c_b=c_b)
        found.append(planning.detectable_difference(75, 3, components=parts).estimate)
    row = analysis.detectable_difference(record, a=A, b=B, seeds=3).iloc[0]
    expected = np.quantile(found, [0.025, 0.975])
    np.testing.assert_allclose([row["low"], row["high"]], expected, atol=0.008)


def test_a_pilot_of_one_assumes_a_second_like_it(record):
    """Its fitted law of success rates takes the place of the defaults."""
    mine = record[record["agent"] == B]
    fit = fit_beta_binomial(mine["n"], mine["c"])
    parts = components.assumed_components(
        0.1, rate=fit.mean, concentration=1 / fit.rho - 1
    )
    table = analysis.power_curve(mine, deltas=[0.1], seeds=5)
    row = table.iloc[0]
    expected = planning.power_curve([0.1], 75, seeds=5, components=parts)
    assert row["estimate"] == pytest.approx(expected[0])
    assert row["components"] == "assumed from a"
    assert np.isnan(row["low"])
    assert row["power"] == row["estimate"]


def test_without_a_pilot_the_defaults_speak():
    """All of MLE-bench, and no limits where nothing was measured."""
    table = analysis.detectable_difference(seeds=[3])
    assert table["estimate"].iloc[0] == planning.detectable_difference(75, 3).estimate
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["components"].iloc[0] == "assumed"


def test_power_stays_between_its_limits_and_falls_to_the_size(record):
    """At no difference it is one less the level, whatever the pilot."""
    table = analysis.power_curve(record, a=A, b=B, competitions=[22, 75], seeds=[1, 5])
    assert len(table) == 2 * 2 * 31
    start = table[table["delta"] == 0.0]
    np.testing.assert_allclose(start["estimate"], 0.05, atol=1e-6)
    assert (table["low"] <= table["estimate"] + 1e-9).all()
    assert (table["estimate"] <= table["high"] + 1e-9).all()
    more = table[table["delta"] == 0.1].set_index(["competitions", "seeds"])["estimate"]
    assert more[22, 1] < more[22, 5] < more[75, 5]


def test_attempts_needed_turns_the_power_around(record):
    """So many attempts have the power, one fewer does not."""
    table = analysis.attempts_needed([0.1], record, a=A, b=B)
    row = table.iloc[0]
    chances = analysis.power_curve(
        record, a=A, b=B, deltas=[0.1],
        seeds=[int(row["estimate"]) - 1, int(row["estimate"])],
    )  # fmt: skip
    assert (chances["estimate"] >= 0.8).tolist() == [False, True]
    assert row["low"] <= row["estimate"] <= row["high"]


def test_what_no_number_of_attempts_finds_has_a_reason(record):
    """The spread alone is too much, and even its lower limit may be."""
    row = analysis.attempts_needed(0.03, record, a=A, b=B).iloc[0]
    assert np.isnan(row["estimate"])
    assert np.isinf(row["high"])
    assert "competitions" in row["reason"]


def test_ablations_do_not_enter_unless_named(record):
    """One agent is left of two when the other is an ablation."""
    both = record[record["agent"].isin(["scaffolding-gpt4o-aide", "cpu-gpt4o-aide"])]
    alone = analysis.detectable_difference(both, seeds=3)
    assert alone["b"].isna().all()
    named = analysis.detectable_difference(
        both, a="scaffolding-gpt4o-aide", b="cpu-gpt4o-aide", seeds=3
    )
    assert named["b"].iloc[0] == "cpu-gpt4o-aide"


def test_attempts_are_counted_and_the_pending_left_out():
    """A tidy frame is a pilot like its counts."""
    outcomes = {
        (agent, name): (4, wins, 1)
        for agent, all_wins in (("a/m", (4, 1, 0)), ("b/m", (2, 2, 1)))
        for name, wins in zip("xyz", all_wins, strict=True)
    }
    frame = make_frame(outcomes)
    table = analysis.detectable_difference(frame, seeds=4)
    counts = analysis.detectable_difference(analysis.count_table(frame), seeds=4)
    pd.testing.assert_frame_equal(table, counts)
    assert (table["n_left_out"] == 6).all()
    assert (table["competitions"] == 3).all()


def test_first_attempts_of_a_pilot():
    """`attempts=` plans with the attempts of the lowest seeds, in all three verbs."""
    frame = make_frame(
        {(agent, name): (6, c, 0)
         for agent, wins in (("a/m", (1, 4, 6)), ("b/m", (2, 3, 1)))
         for name, c in zip("xyz", wins, strict=True)}
    )  # fmt: skip
    first = frame[frame["seed"] < 4]
    for verb in (
        analysis.detectable_difference,
        analysis.power_curve,
        lambda pilot, **named: analysis.attempts_needed(0.3, pilot, **named),
    ):
        cut = verb(frame, attempts=4)
        pd.testing.assert_frame_equal(cut, verb(first))
        assert (cut["n_attempts"] == 24).all()
    with pytest.raises(UsageError, match="which attempts came first"):
        analysis.power_curve(analysis.count_table(frame), attempts=4)


def test_a_pilot_that_says_nothing_gives_nan_with_the_reason():
    """One competition does not say how competitions differ."""
    frame = make_frame({("a/m", "x"): (4, 2, 0)})
    table = analysis.power_curve(frame, competitions=20, seeds=3, deltas=[0.1])
    assert table["estimate"].isna().all()
    assert table["reason"].str.contains("2 competitions").all()
    with pytest.raises(UsageError, match="competitions="):
        analysis.power_curve(frame)


def test_names_are_checked(record):
    """Several agents need names, unknown ones are refused."""
    with pytest.raises(UsageError, match="a= alone"):
        analysis.detectable_difference(record)
    with pytest.raises(UsageError, match="a= alone"):
        analysis.detectable_difference(record, b=B)
    with pytest.raises(UnknownNameError, match="nobody"):
        analysis.detectable_difference(record, a="nobody")
    with pytest.raises(UsageError, match="frame"):
        analysis.detectable_difference(a=A)
