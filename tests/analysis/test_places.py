"""Places among people: rules for ties, and how far the test set moves them."""

import numpy as np
import pytest

from mle_toolkit import analysis
from mle_toolkit.errors import UsageError
from mle_toolkit.stats.percentiles import percentile_range
from tests.builders import make_frame

BOARD = [0.95, 0.9, 0.9, 0.7, 0.5, 0.5, 0.5, 0.1]
SETTING = {"leaderboards": {"x": BOARD}, "lower_is_better": {"x": False}}


def test_each_attempt_has_its_place_by_all_three_rules():
    """Scores of 0.9 and 0.5 tie with two and three teams."""
    frame = make_frame({("a/m", "x"): (2, 1, 1)})
    table = analysis.leaderboard_percentile(frame, score_se=0.0, **SETTING)
    assert table["strict"].tolist() == [62.5, 12.5]
    assert table["weak"].tolist() == [87.5, 50.0]
    assert table["estimate"].tolist() == [75.0, 31.25]
    assert table["low"].tolist() == table["estimate"].tolist()
    assert (table["n_teams"] == 8).all()
    assert (table["n_left_out"] == 1).all()


def test_limits_are_those_of_the_shifted_score():
    """The same as the plain function, one standard error for each competition."""
    frame = make_frame({("a/m", "x"): (1, 1, 0)})
    table = analysis.leaderboard_percentile(
        frame, score_se={"x": 0.05}, ties="weak", level=0.8, **SETTING
    )
    plain = percentile_range(0.9, BOARD, score_se=0.05, ties="weak", level=0.8)
    row = table.iloc[0]
    assert (row["low"], row["high"]) == (plain.low, plain.high)
    assert row["low"] < row["high"]
    assert row["method"] == "shift, ties weak"


def test_a_failed_attempt_and_an_unknown_leaderboard_have_reasons():
    """NaN, and why."""
    frame = make_frame({("a/m", "x"): (1, 0, 0), ("a/m", "y"): (1, 0, 0)})
    frame.loc[0, "score"] = np.nan
    table = analysis.leaderboard_percentile(frame, score_se=0.1, **SETTING)
    assert table["estimate"].isna().all()
    assert table["reason"].tolist() == [
        "there is no score", "no leaderboard of this competition was given",
    ]  # fmt: skip


def test_leaderboards_at_hand_are_found_by_name():
    """Shipped competitions have one; others are no error."""
    frame = make_frame({("a/m", "digits"): (1, 1, 0), ("a/m", "nowhere"): (1, 1, 0)})
    table = analysis.leaderboard_percentile(frame, score_se=0.01)
    assert table["estimate"].notna().tolist() == [True, False]
    # A log loss of 0.9 is worse than most of the field.
    assert table["estimate"].iloc[0] < 50
    assert "nowhere" in table["reason"].iloc[1]


def test_missing_errors_and_directions_are_asked_for():
    """Neither is guessed."""
    frame = make_frame({("a/m", "x"): (1, 1, 0)})
    with pytest.raises(UsageError, match="score_se"):
        analysis.leaderboard_percentile(frame, score_se={"y": 0.1}, **SETTING)
    with pytest.raises(UsageError, match="lower_is_better"):
        analysis.leaderboard_percentile(frame, score_se=0.1, leaderboards={"x": BOARD})
