"""pass@k and the summary on the tidy frame."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame

TREE = "tree-search/offline"
FRAME = make_frame({(TREE, "digits"): (8, 2, 0), (TREE, "nuclei"): (8, 5, 0)})


def test_rows_equal_the_statistics_on_the_counts():
    """Each row is what the array functions give for that competition or for all."""
    table = analysis.pass_at_k(FRAME, k=[1, 4])
    over_all = table[table["competition"] == "all"].set_index("k")
    for k in (1, 4):
        expected = stats.pass_at_k_interval([8, 8], [2, 5], k)
        assert over_all.loc[k, "estimate"] == pytest.approx(expected.estimate)
        assert over_all.loc[k, "low"] == pytest.approx(expected.low)
        assert over_all.loc[k, "high"] == pytest.approx(expected.high)
        assert over_all.loc[k, "method"] == "end-atom"
        assert over_all.loc[k, "n_competitions"] == 2
        assert over_all.loc[k, "n_attempts"] == 16
    digits = table[table["competition"] == "digits"].set_index("k")
    exact = stats.competition_interval(8, 2, 4)
    row = digits.loc[4]
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
        (exact.estimate, exact.low, exact.high)
    )


def test_columns_and_order():
    """All competitions come first, then each of them with its k in order."""
    table = analysis.pass_at_k(FRAME)
    assert list(table.columns) == [
        "agent", "competition", "k", "estimate", "low", "high", "level", "method",
        "n_competitions", "n_attempts", "n_left_out", "reason",
    ]  # fmt: skip
    assert list(table["competition"].unique()) == ["all", "digits", "nuclei"]
    assert list(table["k"]) == list(range(1, 9)) * 3
    assert table["reason"].isna().all()


def test_default_k_goes_as_far_as_every_competition():
    """A curve over all competitions never changes its competitions on the way."""
    frame = make_frame(
        {(TREE, "a"): (8, 2, 0), (TREE, "b"): (3, 1, 5), (TREE, "c"): (0, 0, 8)}
    )
    table = analysis.pass_at_k(frame)
    over_all = table[table["competition"] == "all"]
    assert list(over_all["k"]) == [1, 2, 3]
    assert set(over_all["n_competitions"]) == {2}
    assert set(over_all["n_left_out"]) == {13}


def test_unfinished_attempts_are_left_out_and_counted():
    """Pending attempts are no failures: only n_left_out changes."""
    waiting = make_frame({(TREE, "a"): (4, 1, 6), (TREE, "b"): (4, 2, 0)})
    alone = make_frame({(TREE, "a"): (4, 1, 0), (TREE, "b"): (4, 2, 0)})
    first, second = analysis.pass_at_k(waiting), analysis.pass_at_k(alone)
    columns = ["competition", "k", "estimate", "low", "high", "n_attempts"]
    pd.testing.assert_frame_equal(first[columns], second[columns])
    by_competition = first.groupby("competition")["n_left_out"].first()
    assert by_competition.to_dict() == {"a": 6, "all": 6, "b": 0}


def test_failed_attempts_count_as_failures():
    """A published attempt without a valid submission stays in the denominator."""
    frame = make_frame({(TREE, "a"): (4, 2, 0), (TREE, "b"): (4, 2, 0)})
    failed = frame["seed"].eq(3)
    frame.loc[failed, ["score", "percentile"]] = np.nan
    frame.loc[failed, "valid_submission"] = False
    frame.loc[failed, "status"] = "failed"
    table = analysis.pass_at_k(frame, k=1)
    assert set(table["estimate"]) == {0.5}
    valid = analysis.pass_at_k(frame, k=1, outcome="valid_submission")
    assert set(valid["estimate"]) == {0.75}


def test_k_beyond_the_attempts_is_nan_with_a_reason():
    """Asking for more than was run gives NaN, and says why."""
    table = analysis.pass_at_k(FRAME, k=9).set_index("competition")
    assert table["estimate"].isna().all()
    assert "needs at least 9 attempts; there are 8" in table.loc["digits", "reason"]
    assert table.loc["all", "n_competitions"] == 0
    assert "no competition" in table.loc["all", "reason"]


def test_nothing_published_yet():
    """A table of an experiment that has just begun is NaN, not empty or zero."""
    table = analysis.pass_at_k(make_frame({(TREE, "a"): (0, 0, 4)}))
    assert table["estimate"].isna().all()
    assert set(table["n_left_out"]) == {4}
    assert analysis.pass_at_k(FRAME.head(0)).empty


def test_agents_are_apart():
    """Each agent has its own rows, whatever the other does."""
    other = "react/offline"
    frame = make_frame(
        {
            (TREE, "digits"): (8, 2, 0), (TREE, "nuclei"): (8, 5, 0),
            (other, "digits"): (2, 0, 0), (other, "nuclei"): (2, 1, 0),
        }
    )  # fmt: skip
    table = analysis.pass_at_k(frame)
    mine = table[table["agent"] == TREE].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, analysis.pass_at_k(FRAME))
    assert table[table["agent"] == other]["k"].max() == 2
    by_scaffold = analysis.pass_at_k(frame, by="scaffold")
    assert set(by_scaffold["scaffold"]) == {"tree-search", "react"}


def test_the_published_curves():
    """pass@k of all released seeds, in percent with two decimals."""
    table = analysis.pass_at_k(mle.record(missing="failure"), k=range(1, 9))
    over_all = table[table["competition"] == "all"].set_index("agent")
    percent = over_all["estimate"].mul(100).round(2).groupby("agent").agg(list)
    assert percent["models-o1-preview-aide"] == [
        16.98, 23.29, 26.77, 29.12, 30.92, 32.40, 33.66, 34.78,
    ]  # fmt: skip
    assert percent["scaffolding-gpt4o-aide"][:6] == [
        8.74, 12.71, 14.97, 16.47, 17.58, 18.47,
    ]  # fmt: skip
    assert percent["aira-dojo"] == [
        31.60, 40.51, 45.17, 48.07, 50.03, 51.45, 52.52, 53.36,
    ]  # fmt: skip


def test_the_target_decides_the_interval_over_all():
    """Many attempts make the interval for these competitions the narrower one."""
    record = mle.record(missing="failure")
    counts = record[record["agent"] == "aira-dojo"]
    widths = {}
    for target in ("population", "these"):
        row = analysis.pass_at_k(counts, k=4, target=target).iloc[0]
        expected = stats.pass_at_k_interval(counts["n"], counts["c"], 4, target=target)
        assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
        assert row["method"] == expected.method
        widths[target] = row["high"] - row["low"]
    assert widths["these"] < widths["population"] / 3


def test_pass_hat_k_is_the_share_of_draws_without_a_failure():
    """As the array function has it; the limits are those of failing, turned over."""
    ks = [1, 2, 5, 8]
    table = analysis.pass_hat_k(FRAME, k=ks)
    for competition, c in (("digits", 2), ("nuclei", 5)):
        rows = table[table["competition"] == competition]
        np.testing.assert_allclose(rows["estimate"], stats.pass_hat_k(8, c, ks))
    over_all = table[table["competition"] == "all"].set_index("k")
    both = np.mean([stats.pass_hat_k(8, 2, ks), stats.pass_hat_k(8, 5, ks)], axis=0)
    np.testing.assert_allclose(over_all["estimate"], both, atol=1e-15)
    failing = stats.pass_at_k_interval([8, 8], [6, 3], 5)
    row = over_all.loc[5]
    assert (row["low"], row["high"]) == pytest.approx(
        (1 - failing.high, 1 - failing.low)
    )
    assert row["n_attempts"] == 16
    first = analysis.pass_at_k(FRAME, k=1)
    for name in ("estimate", "low", "high"):
        np.testing.assert_allclose(
            table.loc[table["k"] == 1, name], first[name], atol=1e-12
        )
    beyond = analysis.pass_hat_k(FRAME, k=9)
    assert beyond["estimate"].isna().all()
    assert beyond["reason"].notna().all()


def test_summary_of_the_first_attempts():
    """`attempts=` cuts what the summary adds up, and keeps who is not finished."""
    frame = make_frame({(TREE, "a"): (8, 2, 1), (TREE, "b"): (3, 3, 2)})
    row = analysis.summary(frame, attempts=4).iloc[0]
    assert (row["n_attempts"], row["any_medal"], row["n_left_out"]) == (7, 5, 1)
    assert row["elapsed_s"] == 7 * 60.0


def test_summary_counts_what_happened():
    """One row per agent: attempts, medals by colour, the rate with its interval."""
    frame = make_frame({(TREE, "a"): (8, 2, 1), (TREE, "b"): (4, 3, 0)})
    frame.loc[0, "medal"] = "gold"
    frame.loc[1, "status"] = "stopped"
    row = analysis.summary(frame).iloc[0]
    rate = stats.medal_rate([8, 4], [2, 3])
    assert row["n_attempts"] == 12
    assert row["n_left_out"] == 1
    assert row["n_stopped"] == 1
    assert (row["gold"], row["silver"], row["bronze"]) == (1, 4, 0)
    assert row["any_medal"] == 5
    assert row["medal_rate"] == pytest.approx(rate.estimate)
    assert (row["low"], row["high"]) == pytest.approx((rate.low, rate.high))
    assert row["elapsed_s"] == 12 * 60.0
    assert row["cost_usd"] == 6.0


def test_summary_does_not_add_up_what_is_unknown():
    """The cost of an agent is NaN as soon as one attempt's is unknown."""
    frame = make_frame({(TREE, "a"): (3, 1, 0)})
    frame.loc[0, "cost_usd"] = np.nan
    row = analysis.summary(frame).iloc[0]
    assert np.isnan(row["cost_usd"])
    assert np.isnan(row["low"])
    assert "at least 2" in row["reason"]


def test_summary_of_grading_reports_does_not_call_unknown_endings_none():
    """Without a status nobody can say how many attempts broke down or were stopped."""
    frame = make_frame({(TREE, "a"): (4, 2, 0), (TREE, "b"): (4, 1, 0)})
    frame.loc[0, "valid_submission"] = False
    row = analysis.summary(frame).iloc[0]
    assert (row["n_failed"], row["n_stopped"], row["valid_submission"]) == (0, 0, 7)
    reports = frame.assign(
        status=pd.array([pd.NA] * len(frame), dtype="string"),
        tokens_in=pd.array([pd.NA] * len(frame), dtype="Int64"),
        cost_usd=np.nan,
    )
    row = analysis.summary(reports).iloc[0]
    assert row[["n_failed", "n_stopped", "tokens_in", "cost_usd"]].isna().all()
    assert (row["valid_submission"], row["any_medal"]) == (7, 3)
    # One unknown is enough, as for sums of cost.
    frame.loc[3, ["status", "above_median"]] = pd.NA
    row = analysis.summary(frame).iloc[0]
    assert row[["n_failed", "n_stopped", "above_median"]].isna().all()
    assert row["valid_submission"] == 7
    assert analysis.summary(frame.iloc[:0]).empty


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: analysis.pass_at_k(FRAME, by="agnet"), "did you mean 'agent'"),
        (lambda: analysis.pass_at_k(FRAME, outcome="gold"), "choose 'any_medal'"),
        (lambda: analysis.pass_at_k(FRAME, k=0), "at least 1; got 0"),
        (lambda: analysis.pass_at_k(FRAME[["agent"]]), "load_attempts"),
        (lambda: analysis.summary(FRAME.drop(columns="medal")), "'medal'"),
        (lambda: analysis.pass_at_k(FRAME, level=1.0), "between 0 and 1"),
    ],
)
def test_illegal_arguments_are_named(call, words):
    """What cannot be is refused in words."""
    with pytest.raises(UsageError, match=words):
        call()
