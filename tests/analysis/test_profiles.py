"""Interquartile means, profiles and meetings of attempts, on the tidy frame."""

import numpy as np
import pandas as pd
import pytest

from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame
from tests.scored import AGENTS, scored_frame

BIG, SMALL, REACT = AGENTS
FRAME = scored_frame(competitions=6, attempts=5, pending=1)


def table_of(agent, column, floor=np.nan):
    """The column of an agent's attempts as (attempts, competitions)."""
    mine = FRAME[(FRAME["agent"] == agent) & FRAME["any_medal"].notna()]
    wide = mine.pivot_table(
        index="seed", columns="competition", values=column, dropna=False
    )
    return wide.fillna(floor).to_numpy()


@pytest.mark.parametrize("unit", ["competition", "attempt"])
def test_iqm_is_that_of_the_percentiles(unit):
    """With failed attempts at 0, and the unit of resampling in the row."""
    table = analysis.iqm(FRAME, unit=unit, resamples=300, seed=5, level=0.9)
    assert list(table["agent"]) == list(AGENTS)
    for row in table.itertuples(index=False):
        expected = stats.iqm(
            table_of(row.agent, "percentile", 0.0), by=unit, ends=(0.0, 100.0),
            resamples=300, seed=5, level=0.9,
        )  # fmt: skip
        assert (row.estimate, row.low, row.high) == pytest.approx(
            (expected.estimate, expected.low, expected.high)
        )
        assert (row.unit, row.method, row.resamples, row.seed, row.level) == (
            unit, expected.method, 300, 5, 0.9,
        )  # fmt: skip
        assert (row.n_competitions, row.n_attempts, row.n_left_out) == (6, 30, 6)


def test_a_failure_pulls_the_mean_down():
    """It is worth the floor, and is not dropped."""
    frame = make_frame({("a/x", "one"): (4, 4, 0), ("a/x", "two"): (4, 4, 0)})
    frame.loc[frame["seed"] < 2, ["score", "percentile"]] = np.nan
    frame.loc[frame["seed"] < 2, "valid_submission"] = False
    assert analysis.iqm(frame, resamples=200)["estimate"].iloc[0] == 45.0


def test_unknown_places_are_not_taken_for_failures():
    """A grading report has a score and no leaderboard: NaN, with the reason."""
    frame = FRAME.assign(percentile=np.nan)
    for table in (
        analysis.iqm(frame),
        analysis.performance_profile(frame, taus=[10.0, 50.0]),
        analysis.score_at_k(frame, column="percentile", k=2),
        analysis.select_at_k(
            frame, outcome="percentile", k=2, lower_is_better=False
        ),
    ):  # fmt: skip
        assert table["estimate"].isna().all()
        assert table["low"].isna().all()
        known = table["reason"].str.contains("whole leaderboard|is not known")
        assert known.all()
        assert set(table["n_left_out"]) <= {1, 6}


def test_profiles_are_those_of_the_percentiles():
    """One row per agent and threshold; the share falls from one to the next."""
    taus = [75.0, 25.0, 50.0]
    table = analysis.performance_profile(FRAME, taus=taus)
    assert len(table) == 9
    for agent in AGENTS:
        rows = table[table["agent"] == agent]
        expected = stats.performance_profile(table_of(agent, "percentile"), taus)
        assert list(rows["tau"]) == taus
        for name in ("estimate", "low", "high"):
            np.testing.assert_allclose(rows[name], getattr(expected, name))
        assert set(rows["method"]) == {"end-atom"}
        assert rows["seed"].isna().all()
    whole = analysis.performance_profile(FRAME)
    assert whole["tau"].max() == 99.0
    falls = whole.groupby("agent")["estimate"].diff().dropna()
    assert (falls <= 1e-12).all()


def test_profiles_from_resamples_note_their_seed():
    """The bootstrap of attempts has its resamples and seed in each row."""
    table = analysis.performance_profile(
        FRAME, taus=[50.0], unit="attempt", resamples=200, seed=3
    )
    assert set(table["resamples"]) == {200}
    assert set(table["seed"]) == {3}
    assert set(table["unit"]) == {"attempt"}


def test_own_columns_have_their_own_ends():
    """Any column on one scale will do; scores of several competitions have none."""
    frame = FRAME.assign(share=FRAME["percentile"] / 100.0)
    own = analysis.iqm(frame, column="share", ends=(0.0, 1.0), resamples=200)
    percent = analysis.iqm(frame, resamples=200)
    np.testing.assert_allclose(100.0 * own["low"], percent["low"])
    with pytest.raises(UsageError, match="share no scale"):
        analysis.iqm(FRAME, column="score")
    with pytest.raises(UsageError, match="no column 'normalised'"):
        analysis.performance_profile(FRAME, column="normalised")


def test_improvement_is_that_of_the_scores():
    """Failed attempts lose, and the number of meetings does not matter."""
    row = analysis.probability_of_improvement(
        FRAME, a=BIG, b=REACT, lower_is_better=False
    ).iloc[0]
    expected = stats.probability_of_improvement(
        table_of(BIG, "score"), table_of(REACT, "score")
    )
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )
    assert (row["n_competitions"], row["n_attempts"], row["n_left_out"]) == (6, 60, 12)
    turned = analysis.probability_of_improvement(
        FRAME, a=REACT, b=BIG, lower_is_better=False
    ).iloc[0]
    assert turned["estimate"] == pytest.approx(1.0 - row["estimate"])


def test_improvement_follows_each_direction():
    """On a loss less is better: by the card, or as it is given."""
    frame = make_frame(
        {
            ("a/x", "digits"): (2, 2, 0), ("b/x", "digits"): (2, 0, 0),
            ("a/x", "breast-cancer"): (2, 2, 0), ("b/x", "breast-cancer"): (2, 0, 0),
        }
    )  # fmt: skip
    # a has 0.9 and b 0.5 on both; digits is judged by its log loss.
    by_card = analysis.probability_of_improvement(frame).iloc[0]
    assert by_card["estimate"] == 0.5
    given = {"digits": False, "breast-cancer": False}
    row = analysis.probability_of_improvement(frame, lower_is_better=given).iloc[0]
    assert row["estimate"] == 1.0
    by_place = analysis.probability_of_improvement(frame, column="percentile").iloc[0]
    assert by_place["estimate"] == 1.0


def test_improvement_on_counts_compares_medals():
    """A medal beats none, all else ties; competitions of one alone stay out."""
    counts = pd.DataFrame(
        {
            "agent": ["a", "a", "b", "b", "a"],
            "competition": ["x", "y", "y", "x", "z"],
            "c": [2, 1, 0, 1, 4],
            "n": [4, 2, 4, 2, 4],
        }
    )
    row = analysis.probability_of_improvement(counts).iloc[0]
    on_x = 0.5 * 0.5 + 0.5 * (0.5 * 0.5 + 0.5 * 0.5)
    on_y = 0.5 + 0.5 * 0.5
    assert row["estimate"] == pytest.approx((on_x + on_y) / 2)
    assert (row["n_competitions"], row["n_attempts"]) == (2, 12)
    drawn = analysis.probability_of_improvement(
        counts, unit="attempt", resamples=200, seed=1
    ).iloc[0]
    assert (drawn["seed"], drawn["method"]) == (1, "bootstrap-percentile")
