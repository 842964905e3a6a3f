"""Agents compared: as the statistics do it, and on the published record."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame
from tests.scored import AGENTS, scored_frame

BIG, SMALL, REACT = AGENTS
FRAME = scored_frame(competitions=8, attempts=4, pending=1)
EXTRA_TIME = "extratime-gpt4o-aide"
O1, TWO_GPUS = "models-o1-preview-aide", "biggpu-gpt4o-aide"


def rates(frame, agent, k=1):
    """The pass@k of an agent on each competition, by the obvious way."""
    mine = frame[(frame["agent"] == agent) & frame["any_medal"].notna()]
    groups = mine.groupby("competition")["any_medal"]
    n, c = groups.size(), groups.sum().astype(int)
    return pd.Series(stats.pass_at_k(n.to_numpy(), c.to_numpy(), k), index=n.index)


@pytest.mark.parametrize("k", [1, 3])
def test_a_row_is_the_comparison_of_the_two(k):
    """Estimate, interval, test and detectable difference of the array function."""
    row = analysis.compare(FRAME, a=SMALL, b=REACT, k=k, level=0.9, power=0.7).iloc[0]
    expected = stats.compare(
        rates(FRAME, SMALL, k), rates(FRAME, REACT, k), level=0.9, power=0.7
    )
    for name in (
        "estimate", "low", "high", "p_value", "detectable", "mean_a", "mean_b",
    ):  # fmt: skip
        assert row[name] == pytest.approx(getattr(expected, name)), name
    assert (row["a"], row["b"], row["k"], row["level"], row["power"]) == (
        SMALL, REACT, k, 0.9, 0.7,
    )  # fmt: skip
    assert row["method"] == "end-atom"
    assert row["n_competitions"] == 8
    assert row["n_attempts"] == 64
    assert row["n_left_out"] == 16
    assert pd.isna(row["seed"])


def test_turning_the_pair_turns_the_sign():
    """The estimate is a less b, and nothing else depends on the order."""
    one = analysis.compare(FRAME, a=BIG, b=REACT).iloc[0]
    other = analysis.compare(FRAME, a=REACT, b=BIG).iloc[0]
    assert one["estimate"] == pytest.approx(-other["estimate"])
    assert one["low"] == pytest.approx(-other["high"])
    assert one["p_value"] == pytest.approx(other["p_value"])
    assert one["detectable"] == pytest.approx(other["detectable"])


def test_competitions_that_one_lacks_do_not_enter():
    """They are counted, and too few attempts for k lack a competition, too."""
    frame = make_frame(
        {
            ("a/x", "one"): (4, 4, 0), ("a/x", "two"): (4, 2, 0),
            ("a/x", "three"): (1, 1, 3), ("a/x", "mine"): (4, 4, 0),
            ("b/x", "one"): (4, 0, 0), ("b/x", "two"): (4, 2, 0),
            ("b/x", "three"): (4, 1, 0), ("b/x", "yours"): (0, 0, 4),
        }
    )  # fmt: skip
    row = analysis.compare(frame).iloc[0]
    assert (row["n_competitions"], row["n_not_shared"]) == (3, 1)
    assert row["estimate"] == pytest.approx((1.0 + 0.0 + 0.75) / 3)
    assert row["n_attempts"] == 21
    assert row["n_left_out"] == 7
    row = analysis.compare(frame, k=2).iloc[0]
    assert (row["n_competitions"], row["n_not_shared"]) == (2, 2)
    row = analysis.compare(frame, k=5).iloc[0]
    assert row["n_competitions"] == 0
    assert np.isnan(row["estimate"])
    assert "at least 2 shared competitions" in row["reason"]


def test_the_names_are_asked_for_where_they_are_not_plain():
    """Three agents, one name, or one name twice are refused with the names."""
    with pytest.raises(UsageError, match=r"a= and b=; the frame has .*tree/big"):
        analysis.compare(FRAME)
    with pytest.raises(UsageError, match="two different"):
        analysis.compare(FRAME, a=BIG)
    with pytest.raises(UsageError, match="two different"):
        analysis.compare(FRAME, a=BIG, b=BIG)


def test_many_are_compared_as_one_by_one_and_judged_together():
    """Rows equal `compare`; the adjusted p-values are those of the correction."""
    for correction in ("holm", "benjamini-hochberg"):
        table = analysis.compare_many(FRAME, correction=correction)
        assert [tuple(pair) for pair in table[["a", "b"]].to_numpy()] == [
            (BIG, SMALL), (BIG, REACT), (SMALL, REACT),
        ]  # fmt: skip
        adjusted = stats.adjusted_p_values(table["p_value"], correction=correction)
        np.testing.assert_allclose(table["p_adjusted"], adjusted)
        assert list(table["differs"]) == list(adjusted <= 0.05)
        assert set(table["correction"]) == {correction}
        one = analysis.compare(FRAME, a=BIG, b=REACT)
        pd.testing.assert_frame_equal(
            table.loc[[1], one.columns].reset_index(drop=True), one
        )


def test_families_by_name():
    """A baseline stands second; neighbours follow each other; lists stay in order."""
    table = analysis.compare_many(FRAME, baseline=SMALL)
    assert list(zip(table["a"], table["b"], strict=True)) == [
        (BIG, SMALL), (REACT, SMALL),
    ]  # fmt: skip
    neighbours = analysis.compare_many(FRAME, pairs="neighbours")
    assert list(neighbours["b"]) == [SMALL, REACT]
    listed = analysis.compare_many(FRAME, pairs=[(REACT, BIG)])
    assert listed["estimate"].iloc[0] < 0
    again = analysis.compare_many(FRAME, pairs=neighbours)
    pd.testing.assert_frame_equal(again, neighbours)


def test_neighbours_are_ordered_by_what_all_have():
    """An agent does not rise by lacking the competitions that nobody wins."""
    frame = make_frame(
        {
            ("a/x", "easy"): (4, 3, 0), ("a/x", "hard"): (4, 0, 0),
            ("b/x", "easy"): (4, 4, 0), ("b/x", "hard"): (4, 1, 0),
            ("c/x", "easy"): (4, 2, 0), ("c/x", "hard"): (0, 0, 1),
        }
    )  # fmt: skip
    # By their own means c is above a: 0.5 on one competition, and 0.25 on three.
    frame = pd.concat([frame, make_frame({("a/x", "worst"): (4, 0, 0)})])
    table = analysis.compare_many(frame, pairs="neighbours")
    assert list(zip(table["a"], table["b"], strict=True)) == [
        ("b/x", "a/x"), ("a/x", "c/x"),
    ]  # fmt: skip
    apart = make_frame({("a/x", "one"): (2, 1, 0), ("b/x", "two"): (2, 1, 0)})
    with pytest.raises(UsageError, match="no competition is common to all"):
        analysis.compare_many(apart, pairs="neighbours")


def test_sampled_tests_note_their_seed():
    """Where the flips cannot be counted, the seed stands in the row."""
    rng = np.random.default_rng(5)
    n = rng.integers(50, 2000, size=(2, 60))
    counts = pd.DataFrame(
        {
            "agent": np.repeat(["a", "b"], 60),
            "competition": [f"c{at}" for at in range(60)] * 2,
            "c": (n * rng.random(n.shape) * 0.5).astype(int).ravel(),
            "n": n.ravel(),
        }
    )
    row = analysis.compare(counts, seed=7).iloc[0]
    assert (row["p_method"], row["seed"]) == ("sign-flip-sampled", 7)
    row = analysis.compare(counts, seed=np.random.default_rng(7)).iloc[0]
    assert pd.isna(row["seed"])


@pytest.fixture(scope="module")
def padded():
    """The record with absent competitions as failures, less 4 of 75 competitions."""
    record = mle.record(missing="failure")
    return record[record["agent"] != EXTRA_TIME]


@pytest.fixture(scope="module")
def neighbours(padded):
    """Its neighbours, ablations among them."""
    return analysis.compare_many(padded, pairs="neighbours", ablations=True)


def test_of_29_neighbours_on_the_record_one_pair_differs(neighbours):
    """It is o1-preview AIDE against GPT-4o AIDE with a second GPU."""
    assert len(neighbours) == 29
    (row,) = neighbours[neighbours["differs"]].itertuples(index=False)
    assert (row.a, row.b) == (O1, TWO_GPUS)
    assert row.estimate == pytest.approx(0.0756, abs=5e-5)
    assert row.p_adjusted < 0.001
    rest = neighbours[~neighbours["differs"]]
    assert rest["p_adjusted"].min() > 0.15
    assert set(neighbours["n_competitions"]) == {75}
    # What was not found could be there: such data miss it too often.
    assert neighbours["detectable"].between(0.03, 0.15).all()


def test_on_common_competitions_it_is_the_same_pair(neighbours):
    """And Disarray's lead over LoongFlow was what LoongFlow lacks."""
    reported = mle.record(missing="drop")
    table = analysis.compare_many(
        reported[reported["agent"] != EXTRA_TIME], pairs=neighbours, ablations=True
    )
    assert list(table["a"]) == list(neighbours["a"])
    (row,) = table[table["differs"]].itertuples(index=False)
    assert (row.a, row.b) == (O1, TWO_GPUS)
    first = table.iloc[0]
    assert (first["a"], first["b"]) == ("disarray", "loongflow")
    assert neighbours["estimate"].iloc[0] == pytest.approx(0.138, abs=5e-4)
    assert first["estimate"] == pytest.approx(-0.042, abs=5e-4)
    assert (first["n_competitions"], first["n_not_shared"]) == (48, 27)


def test_without_ablations_the_next_below_differs(padded):
    """Of 26 neighbours again one pair: o1-preview AIDE and GPT-4o AIDE."""
    table = analysis.compare_many(padded, pairs="neighbours")
    assert len(table) == 26
    (row,) = table[table["differs"]].itertuples(index=False)
    assert (row.a, row.b) == (O1, "scaffolding-gpt4o-aide")


def test_fewer_than_two_agents_are_refused():
    """One agent has nobody to differ from."""
    one = FRAME[FRAME["agent"] == BIG]
    with pytest.raises(UsageError, match="at least 2 agents"):
        analysis.compare_many(one)
