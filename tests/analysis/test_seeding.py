"""Attempts as seeds: the rules for unequal numbers, and the reference's mean +- SEM."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit import analysis
from mle_toolkit.errors import UsageError

RULES = ["fewest", "most", 2, "newest:2"]


def attempts(outcomes, *, agent="a", splits=None):
    """Return a tidy frame from the outcomes of each competition, in order of seeds.

    None is an attempt that is not graded yet.
    """
    rows = [
        {
            "agent": agent,
            "competition": name,
            "split": (splits or {}).get(name, "low"),
            "seed": seed,
            "any_medal": won,
        }
        for name, won_by_seed in outcomes.items()
        for seed, won in enumerate(won_by_seed)
    ]
    frame = pd.DataFrame(rows)
    return frame.astype({"any_medal": "boolean", "split": "string"})


FRAME = attempts({"x": [1, 0, 1, 1], "y": [0, 1], "z": [1, 1, 0]}, splits={"z": "high"})


@pytest.mark.parametrize(
    ("rule", "rates"),
    [
        ("fewest", [2 / 3, 2 / 3]),
        ("most", [2 / 3, 2 / 3, 1 / 3, 1 / 3]),
        (2, [2 / 3, 2 / 3]),
        ("newest:2", [2 / 3, 2 / 3]),
        (1, [2 / 3]),
        ("newest:1", [2 / 3]),
    ],
)
def test_rates_of_seeds_by_hand(rule, rates):
    """Seed i is the i-th attempt on each competition; what is missing has failed."""
    table = analysis.by_seed(FRAME, seeds=rule)
    over_all = table.rates[table.rates["split"] == "all"]
    assert list(over_all["rate"]) == pytest.approx(rates)
    assert list(over_all["seed"]) == list(range(len(rates)))


def test_splits_have_rates_of_their_own():
    """Each split is a mean over its competitions."""
    table = analysis.by_seed(FRAME, seeds="most")
    rates = table.rates.groupby("split")["rate"].apply(list)
    assert rates["low"] == [0.5, 0.5, 0.5, 0.5]
    assert rates["high"] == [1.0, 1.0, 0.0, 0.0]
    padded = table.rates.groupby("split")["n_padded"].apply(list)
    assert padded["all"] == [0, 0, 1, 2]
    assert padded["high"] == [0, 0, 0, 1]
    high = analysis.by_seed(FRAME, seeds="most", split="high")
    # The most attempts are now those of a competition in this split.
    assert high.rates.groupby("split")["rate"].apply(list)["all"] == [1.0, 1.0, 0.0]
    assert set(high.use["split"]) == {"high"}


@pytest.mark.parametrize(
    ("rule", "padded", "cut", "said"),
    [
        ("fewest", 0, 3, "0 padded as failures, 3 (2 competitions) cut"),
        ("most", 3, 0, "3 (2 competitions) padded as failures, 0 cut"),
        ("newest:1", 0, 6, "1 seeds of 3 competitions"),
    ],
)
def test_it_says_what_was_padded_and_cut(rule, padded, cut, said):
    """In the record, in the summary, and in words when it is shown."""
    table = analysis.by_seed(FRAME, seeds=rule)
    assert table.use["n_padded"].sum() == padded
    assert table.use["n_cut"].sum() == cut
    summary = table.summary().set_index("split")
    assert summary.loc["all", ["n_padded", "n_cut"]].tolist() == [padded, cut]
    parts = summary.loc[["low", "high"], ["n_padded", "n_cut"]].sum()
    assert parts.tolist() == [padded, cut]
    assert said in str(table)
    assert repr(table) == str(table)


def test_there_is_no_default_rule():
    """The choice decides the result, so it is the caller's."""
    with pytest.raises(TypeError, match="seeds"):
        analysis.by_seed(FRAME)


@pytest.mark.parametrize(
    "rule", ["all", "newest:", "newest:0", 0, -1, 2.5, "newest:-2"]
)
def test_unknown_rules_are_refused(rule):
    """The sentence names the rules, or the least number."""
    with pytest.raises(UsageError, match=r"fewest|at least 1"):
        analysis.by_seed(FRAME, seeds=rule)


@pytest.mark.parametrize("rule", [3, "newest:3", "fewest"])
def test_a_rule_that_cannot_be_followed_is_an_error(rule):
    """Nothing is padded in silence; the sentence names a competition and a way out."""
    names = ["x", "y", "z", "gone"] if rule == "fewest" else None
    with pytest.raises(UsageError, match=r"such as '(y|gone)'.*seeds='most'"):
        analysis.by_seed(FRAME, seeds=rule, competitions=names)


def test_wanted_competitions_without_an_attempt_are_padded_under_most():
    """The denominator is what the caller says it is."""
    table = analysis.by_seed(FRAME, seeds="most", competitions=["x", "gone"])
    assert list(table.rates[table.rates["split"] == "all"]["rate"]) == [
        0.5, 0.0, 0.5, 0.5,
    ]  # fmt: skip
    use = table.use.set_index("competition")
    assert use.loc["gone", ["n_attempts", "n_padded"]].tolist() == [0, 4]


def test_attempts_without_a_grade_are_left_out_and_counted():
    """A pending attempt is no failure, and no seed."""
    table = analysis.by_seed(
        attempts({"x": [None, 1, 0], "y": [1, None, 1]}), seeds="fewest"
    )
    assert list(table.rates[table.rates["split"] == "all"]["rate"]) == [1.0, 0.5]
    assert list(table.use["n_left_out"]) == [1, 1]
    assert "2 not graded" in str(table)


def test_seeds_decide_the_order_and_not_the_rows():
    """A shuffled frame gives the same table."""
    shuffled = FRAME.sample(frac=1.0, random_state=3)
    first = analysis.by_seed(FRAME, seeds="fewest").rates
    second = analysis.by_seed(shuffled, seeds="fewest").rates
    keys = ["split", "seed"]
    assert first.sort_values(keys, ignore_index=True).equals(
        second.sort_values(keys, ignore_index=True)
    )


def test_mean_and_error_are_those_of_the_reference():
    """With ddof = 1, over the root of the number of seeds, 1.96 to both sides."""
    frame = attempts({"x": [1, 0, 1], "y": [1, 0, 0], "z": [1, 0, 0]})
    row = analysis.by_seed(frame, seeds="fewest").summary().iloc[0]
    rates = [1.0, 0.0, 1 / 3]
    sem = math.sqrt(sum((rate - 4 / 9) ** 2 for rate in rates) / 2 / 3)
    assert row["mean"] == pytest.approx(4 / 9)
    assert row["sem"] == pytest.approx(sem)
    assert row["low"] == pytest.approx(4 / 9 - 1.96 * sem)
    assert row["high"] == pytest.approx(4 / 9 + 1.96 * sem)
    assert row["high"] > 1.0  # as the reference's may


def test_one_seed_has_no_error():
    """NaN with a reason, where the reference prints 0."""
    row = analysis.by_seed(FRAME, seeds=1).summary().iloc[0]
    assert math.isnan(row["sem"])
    assert math.isnan(row["low"])
    assert row["reason"] == "one seed has no spread"


def test_agents_are_apart():
    """Each system has its own number of seeds and its own competitions."""
    other = attempts({"x": [1]}, agent="b")
    table = analysis.by_seed(pd.concat([FRAME, other]), seeds="fewest")
    summary = table.summary()
    over_all = summary[summary["split"] == "all"].set_index("agent")
    assert over_all["n_seeds"].to_dict() == {"a": 2, "b": 1}
    assert over_all["n_competitions"].to_dict() == {"a": 3, "b": 1}


@given(
    outcomes=st.dictionaries(
        st.sampled_from("uvwxyz"), st.lists(st.booleans(), min_size=2, max_size=6),
        min_size=1,
    ),
    rule=st.sampled_from(RULES),
)  # fmt: skip
def test_it_equals_the_slow_and_obvious_way(outcomes, rule):
    """Lists of lists, padded and cut by hand; every attempt is used or cut."""
    table = analysis.by_seed(attempts(outcomes), seeds=rule)
    lengths = [len(won) for won in outcomes.values()]
    size = {"fewest": min(lengths), "most": max(lengths)}.get(rule, 2)
    lists = [
        (won[-2:] if rule == "newest:2" else won[:size]) + [False] * (size - len(won))
        for won in outcomes.values()
    ]
    expected = [sum(won[seed] for won in lists) / len(lists) for seed in range(size)]
    got = table.rates[table.rates["split"] == "all"]["rate"]
    assert np.allclose(got, expected)
    use = table.use
    assert (use["n_used"] + use["n_cut"] == use["n_attempts"]).all()
    assert (use["n_used"] + use["n_padded"] == size).all()
