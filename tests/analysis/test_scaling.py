"""Forecasts as verbs: what was observed, what is ahead, and the way to more medals."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from mle_toolkit.stats.betabinomial import fit_beta_binomial
from mle_toolkit.stats.forecast import forecast_pass_at_k
from tests.builders import make_frame

O1 = "models-o1-preview-aide"


@pytest.fixture(scope="module")
def record():
    """The record without made-up competitions."""
    return mle.record(missing="drop")


@pytest.fixture(scope="module")
def o1(record):
    """The agent of the paper."""
    return record[record["agent"] == O1]


def test_observed_rows_are_the_unbiased_curve(o1):
    """They end where the first competition runs out of attempts."""
    table = analysis.forecast_pass_at_k(o1, k=[40])
    seen = table[table["kind"] == "observed"]
    assert seen["k"].tolist() == list(range(1, int(o1["n"].min()) + 1))
    values = stats.pass_at_k(o1["n"].to_numpy(), o1["c"].to_numpy(), seen["k"])
    np.testing.assert_allclose(seen["estimate"], np.mean(values, axis=-1))
    assert (seen["method"] == "end-atom-fixed").all()
    assert seen["seed"].isna().all()


def test_forecast_rows_are_those_of_the_statistics(o1):
    """Nothing is lost or changed on the way into the frame."""
    table = analysis.forecast_pass_at_k(o1, k=[40, 100, 300, 5000], seed=3)
    ahead = table[table["kind"] == "forecast"]
    plain = forecast_pass_at_k(o1["n"], o1["c"], [40, 100, 300, 5000], seed=3)
    for name in ("estimate", "low", "high", "at_least", "k", "attempts"):
        expected = [getattr(each, name) for each in plain]
        np.testing.assert_array_equal(ahead[name].astype(float), expected)
    cautions = ahead["caution"].astype(object).where(ahead["caution"].notna(), None)
    assert list(cautions) == [None, "model-dependent", "model-dependent", None]
    conflicts = ahead["conflict"].astype(object).where(ahead["conflict"].notna(), None)
    assert list(conflicts) == [each.conflict for each in plain]
    assert ahead["good_toulmin_high"].notna().tolist() == [False, False, True, False]
    assert ahead["power_law"].notna().tolist() == [True, True, True, False]
    assert "30 times" in ahead["reason"].iloc[-1]
    assert (ahead["seed"] == 3).all()
    assert (ahead["n_competitions"] == 75).all()


def test_the_default_grid_starts_at_the_observed_end_and_reaches_far(o1):
    """From the last observed k to `reach` times the middle number of attempts."""
    table = analysis.forecast_pass_at_k(o1, reach=4.0)
    ks = table.loc[table["kind"] == "forecast", "k"]
    assert ks.iloc[0] == o1["n"].min()
    assert ks.iloc[-1] == 4 * o1["n"].median()
    assert ks.is_monotonic_increasing


def test_attempts_that_do_not_count_are_left_out_of_a_forecast():
    """A frame of attempts gives what its counts give; the pending are reported."""
    frame = make_frame(
        {("a/m", "x"): (6, 2, 1), ("a/m", "y"): (5, 0, 0), ("a/m", "z"): (5, 4, 2)}
    )
    table = analysis.forecast_pass_at_k(frame, k=10)
    counts = analysis.forecast_pass_at_k(analysis.count_table(frame), k=10)
    pd.testing.assert_frame_equal(table, counts)
    assert (table["n_left_out"] == 3).all()
    assert (table["n_attempts"] == 16).all()


def test_one_competition_has_no_forecast_but_a_reason():
    """The observed part is there all the same."""
    frame = make_frame({("a/m", "x"): (4, 2, 0)})
    table = analysis.forecast_pass_at_k(frame, k=10)
    assert table.loc[table["kind"] == "observed", "estimate"].iloc[0] == 0.5
    last = table.iloc[-1]
    assert np.isnan(last["estimate"])
    assert "2 competitions" in last["reason"]


def test_without_an_attempt_there_is_nothing_observed():
    """Nothing counts yet: no observed rows, and forecasts that say why not."""
    frame = make_frame({("a/m", "x"): (0, 0, 2), ("a/m", "y"): (0, 0, 1)})
    table = analysis.forecast_pass_at_k(frame)
    assert set(table["kind"]) == {"forecast"}
    assert table["estimate"].isna().all()
    assert table["reason"].notna().all()


@pytest.mark.parametrize("reach", [1.0, 31.0, -2.0])
def test_reach_has_its_limits(o1, reach):
    """Beyond 30 no method holds, and below 1 nothing is forecast."""
    with pytest.raises(UsageError, match="reach"):
        analysis.forecast_pass_at_k(o1, reach=reach)


def test_backtest_compares_with_the_truth_from_all_attempts(record):
    """Bias and width are small in the record; k that nobody reached has a reason."""
    agents = [O1, "scaffolding-gpt4o-aide"]
    table = analysis.backtest_forecast(
        record[record["agent"].isin(agents)], k=[18, 36], number=30
    ).set_index(["agent", "k"])
    row = table.loc[(O1, 18)]
    counts = record[record["agent"] == O1]
    truth = np.mean(stats.pass_at_k(counts["n"], counts["c"], 18))
    assert row["truth"] == pytest.approx(truth)
    assert row["bias"] == pytest.approx(row["estimate"] - truth)
    assert abs(row["bias"]) < 0.03
    assert row["coverage"] > 0.6
    assert row["high"] - row["low"] == pytest.approx(2 * row["rmse"])
    assert np.isnan(table.loc[(O1, 36), "truth"])
    assert "2 competitions" in table.loc[(O1, 36), "reason"]
    assert table.loc[("scaffolding-gpt4o-aide", 36), "n_competitions"] == 75


def test_next_attempts_go_to_the_unsolved_and_add_up(record):
    """The shares are the budget, their chances are the gain, solved ones get none."""
    one = record[record["agent"] == "aira-dojo"]
    plan = analysis.next_attempts(one, budget=60)
    assert plan["next_attempts"].sum() == 60
    solved = plan[plan["c"] > 0]
    assert (solved["next_attempts"] == 0).all()
    assert (solved["reason"] == "it is solved already").all()
    fit = fit_beta_binomial(one["n"], one["c"], zero_inflated=True)
    assert plan["estimate"].sum() == pytest.approx(fit.next_attempts(60).gain)
    given = plan[plan["next_attempts"] > 0]
    assert (given["low"] <= given["high"]).all()
    assert given["reason"].isna().all()


def test_next_attempts_limits_are_quantiles_of_the_posterior():
    """Drawing rates from the posterior gives the same share below each limit."""
    n, c = np.full(12, 6), np.array([5, 3, 2, 1, 1] + [0] * 7)
    counts = pd.DataFrame(
        {"agent": "a", "competition": [f"c{at}" for at in range(12)], "n": n, "c": c}
    )
    plan = analysis.next_attempts(counts, budget=40, zero_inflated=False, level=0.6)
    row = plan.iloc[-1]
    after = fit_beta_binomial(n, c).posterior
    rng = np.random.default_rng(0)
    rates = rng.beta(after.a[-1], after.b[-1], size=40_000)
    chances = 1 - (1 - rates) ** row["next_attempts"]
    expected = np.quantile(chances, [0.2, 0.8])
    np.testing.assert_allclose([row["low"], row["high"]], expected, atol=0.01)
    assert row["estimate"] == pytest.approx(chances.mean(), abs=0.01)


def test_next_attempts_without_a_success_says_why_there_is_no_plan():
    """No law can be fitted, so no attempt is handed out."""
    frame = make_frame({("a/m", "x"): (4, 0, 0), ("a/m", "y"): (4, 0, 0)})
    plan = analysis.next_attempts(frame, budget=8)
    assert (plan["next_attempts"] == 0).all()
    assert plan["estimate"].isna().all()
    assert plan["reason"].notna().all()
