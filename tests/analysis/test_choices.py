"""What the agent's own choice wins, beside what an oracle's choice does."""

import itertools

import numpy as np
import pandas as pd
import pytest

from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame
from tests.scored import AGENTS, scored_frame

FRAME = scored_frame(agents=AGENTS[:2], competitions=4, attempts=5, pending=2)
HIGHER = {"lower_is_better": False}


def by_hand(part, k, column, *, lower=False):
    """Mean outcome of the best validation over all draws, by enumeration."""
    sign = -1.0 if lower else 1.0
    own = (sign * part["validation_score"]).fillna(-np.inf).to_numpy()
    won = part[column].astype(float).fillna(0.0).to_numpy()
    found = []
    for draw in itertools.combinations(range(len(own)), k):
        best = max(own[i] for i in draw)
        found.append(np.mean([won[i] for i in draw if own[i] == best]))
    return np.mean(found)


@pytest.mark.parametrize("outcome", ["any_medal", "above_median", "percentile"])
def test_each_competition_is_the_mean_over_all_draws(outcome):
    """By enumeration of the draws; the oracle is pass@k or score@k."""
    table = analysis.select_at_k(FRAME, k=[1, 3], outcome=outcome, **HIGHER)
    inside = FRAME[FRAME["any_medal"].notna()]
    rows = table[table["competition"] != "all"]
    assert len(rows) == 2 * 4 * 2
    for row in rows.itertuples(index=False):
        part = inside[
            (inside["agent"] == row.agent) & (inside["competition"] == row.competition)
        ]
        assert row.estimate == pytest.approx(by_hand(part, row.k, outcome))
        assert row.oracle >= row.estimate - 1e-9
        assert (row.n_attempts, row.n_left_out) == (5, 2)
        if outcome != "percentile":
            won = int(part[outcome].sum())
            assert row.oracle == pytest.approx(stats.pass_at_k(5, won, row.k))


def test_over_all_competitions_it_has_the_end_atom_interval():
    """The mean over competitions with its limits, as `mean_interval` has them."""
    table = analysis.select_at_k(FRAME, k=2, outcome="percentile", **HIGHER)
    single = table[table["competition"] != "all"]
    for agent, rows in single.groupby("agent"):
        (over_all,) = table[
            (table["agent"] == agent) & (table["competition"] == "all")
        ].itertuples(index=False)
        expected = stats.mean_interval(rows["estimate"] / 100.0)
        assert over_all.estimate == pytest.approx(100 * expected.estimate)
        assert over_all.low == pytest.approx(100 * expected.low)
        assert over_all.high == pytest.approx(100 * expected.high)
        assert over_all.oracle == pytest.approx(rows["oracle"].mean())
        assert (over_all.n_competitions, over_all.n_attempts) == (4, 20)
        assert over_all.n_left_out == 8


def test_with_one_attempt_there_is_no_choice():
    """At k = 1 the choice, the oracle and the medal rate are one."""
    table = analysis.select_at_k(FRAME, k=1, **HIGHER)
    np.testing.assert_allclose(table["estimate"], table["oracle"])
    rates = analysis.pass_at_k(FRAME, k=1)
    np.testing.assert_allclose(table["estimate"], rates["estimate"])


def test_the_direction_is_that_of_the_card():
    """On digits, a log loss, the least validation score is chosen."""
    frame = make_frame({("a/x", "digits"): (3, 1, 0)})
    frame["validation_score"] = [0.1, 0.5, 0.9]
    table = analysis.select_at_k(frame, k=3).set_index("competition")
    assert table.loc["digits", "estimate"] == 1.0
    turned = analysis.select_at_k(frame, k=3, **HIGHER).set_index("competition")
    assert turned.loc["digits", "estimate"] == 0.0
    unknown = frame.assign(competition="no-such")
    with pytest.raises(UsageError, match="pass lower_is_better"):
        analysis.select_at_k(unknown)


def test_without_validation_scores_there_is_nothing_to_choose_by():
    """Grading reports have none: NaN with the reason, and never pass@1."""
    frame = make_frame({("a/x", "one"): (3, 1, 0), ("a/x", "two"): (3, 1, 1)})
    table = analysis.select_at_k(frame, **HIGHER)
    assert table["estimate"].isna().all()
    assert table["low"].isna().all()
    assert table["reason"].str.contains("no attempt has a validation score").all()
    assert set(table["n_left_out"]) == {0, 1}


def test_k_beyond_the_attempts_is_nan():
    """It says how many there are; other competitions still enter the mean."""
    frame = pd.concat(
        [
            scored_frame(agents=["a/x"], competitions=2, attempts=2),
            scored_frame(agents=["a/x"], competitions=6, attempts=4).query(
                "competition not in ('c0', 'c1')"
            ),
        ]
    )
    table = analysis.select_at_k(frame, k=3, **HIGHER).set_index("competition")
    assert np.isnan(table.loc["c0", "estimate"])
    assert "there are 2" in table.loc["c0", "reason"]
    assert table.loc["all", "n_competitions"] == 4
    assert table.loc["all", "n_attempts"] == 16
    assert analysis.select_at_k(frame, **HIGHER)["k"].max() == 2
