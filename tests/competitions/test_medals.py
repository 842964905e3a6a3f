"""The medal rule, at its boundaries and against a slow twin."""

import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.competitions import leaderboard, medals, rank
from mle_toolkit.competitions.medals import Places, medal_places
from mle_toolkit.errors import CardError, UnknownNameError, UsageError

scores = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("n_teams", "gold", "silver", "bronze"),
    [
        (1, 1, 1, 1),
        (4, 1, 1, 1),
        (5, 1, 1, 2),
        (9, 1, 1, 3),
        (10, 1, 2, 4),
        (99, 9, 19, 39),
        (100, 10, 20, 40),
        (249, 10, 49, 99),
        (250, 10, 50, 100),
        (499, 10, 50, 100),
        (500, 11, 50, 100),
        (999, 11, 50, 100),
        (1000, 12, 50, 100),
        (1999, 13, 99, 199),
        (2000, 14, 100, 200),
    ],
)
def test_places_by_number_of_teams(n_teams, gold, silver, bronze):
    """The table of the rule at both sides of each boundary."""
    assert medal_places(n_teams) == Places(gold, silver, bronze)


def test_places_agree_with_exact_fractions():
    """Float products never fall below the exact share, up to 20,000 teams."""
    for n_teams in range(1, 20_001):
        places = medal_places(n_teams)
        tenth, fifth = Fraction(n_teams, 10), Fraction(n_teams, 5)
        if n_teams < 250:
            gold = max(1, int(tenth)) if n_teams < 100 else 10
            exact = Places(gold, max(1, int(fifth)), max(1, int(2 * fifth)))
        elif n_teams < 1000:
            exact = Places(10 + n_teams // 500, 50, 100)
        else:
            exact = Places(10 + n_teams // 500, n_teams // 20, n_teams // 10)
        assert places == exact


def slow_rank(score, board, *, lower):
    """Return medal, above median and percentile, one team at a time."""

    def better(a, b):
        return a < b if lower else a > b

    places = medal_places(len(board))
    medal = None
    for name in ("bronze", "silver", "gold"):
        line = board[getattr(places, name) - 1]
        if score == line or better(score, line):
            medal = name
    ordered = sorted(board)
    middle = len(board) // 2
    median = ordered[middle]
    if len(board) % 2 == 0:
        median = (ordered[middle - 1] + median) / 2
    beaten = sum(better(score, other) for other in board)
    tied = sum(score == other for other in board)
    percentile = 100 * (beaten + tied / 2) / len(board)
    return medal, better(score, median), percentile


@given(board=scores, score=st.integers(-6, 6), lower=st.booleans())
def test_rank_agrees_with_a_slow_twin(board, score, lower):
    """Many ties, both directions, any size."""
    board = sorted(board, reverse=not lower)
    found = rank(float(score), board, lower_is_better=lower)
    medal, above, percentile = slow_rank(score, board, lower=lower)
    assert found.medal == medal
    assert found.any_medal == (medal is not None)
    assert found.above_median == above
    assert found.percentile == pytest.approx(percentile)


@given(board=scores)
def test_direction_is_taken_from_the_leaderboard(board):
    """Lower is better if the first is below the last; equal means higher."""
    rising = sorted(board)
    assert rank(0, rising).lower_is_better == (rising[0] < rising[-1])
    assert not rank(0, rising[::-1]).lower_is_better


def test_ties_with_a_line_win_and_the_median_must_be_beaten():
    """A medal line is inclusive, above the median is strict."""
    board = [0.9, 0.8, 0.7, 0.6, 0.5]
    assert rank(0.9, board).medal == "gold"
    assert rank(0.8, board).medal == "bronze"
    assert rank(0.7, board).medal is None
    assert not rank(0.7, board).above_median
    assert rank(0.70001, board).above_median


def test_scores_are_rounded_to_five_decimals_first():
    """0.799996 is reported as 0.8, and ranks as that."""
    board = [0.9, 0.8, 0.7, 0.6, 0.5]
    assert rank(0.799996, board).medal == "bronze"
    assert rank(0.799994, board).medal is None


@pytest.mark.parametrize("score", [None, math.nan, np.float64("nan")])
def test_no_score_wins_nothing(score):
    """None and NaN: no medal, not above, no percentile, but the lines are known."""
    found = rank(score, [0.9, 0.8, 0.7])
    assert (found.medal, found.any_medal, found.above_median) == (None, False, False)
    assert math.isnan(found.percentile)
    assert found.percentile_reason == "there is no score"
    assert found.thresholds.gold == 0.9


def test_infinite_and_huge_scores_rank_too():
    """Infinity is a number; rounding a huge one does not warn."""
    assert rank(math.inf, [0.9, 0.8]).medal == "gold"
    assert rank(-math.inf, [0.9, 0.8]).percentile == 0
    assert rank(1e308, [0.1, 0.2]).medal is None


def test_the_median_passes_over_missing_scores():
    """A line without a score keeps its place but has no say in the median."""
    found = rank(0.5, [0.9, 0.7, math.nan])
    assert found.thresholds.median == pytest.approx(0.8)


@pytest.mark.parametrize("board", [[], ["a"], [[1.0]], None])
def test_a_leaderboard_is_a_list_of_numbers(board):
    """Anything else is refused."""
    with pytest.raises(UsageError, match="leaderboard"):
        rank(0.5, board)
    with pytest.raises(UsageError, match="at least one line"):
        medal_places(0)


def test_leaderboards_are_read_from_the_card(tmp_path, monkeypatch):
    """Best first; a damaged or empty file is an error with a reason."""
    assert leaderboard("digits") == sorted(leaderboard("digits"))
    with pytest.raises(UnknownNameError):
        leaderboard("digit")
    card = SimpleNamespace(folder=tmp_path, id="digits")
    monkeypatch.setattr(medals, "load_card", lambda _: card)
    for text, reason in (
        ("points\n1\n", "cannot be read"),
        ("score\nx\n", "cannot be read"),
        ("score\n", "is empty"),
    ):
        (tmp_path / "leaderboard.csv").write_text(text)
        with pytest.raises(CardError, match=reason):
            leaderboard("digits")
    (tmp_path / "leaderboard.csv").unlink()
    with pytest.raises(CardError, match="no leaderboard of 'digits'"):
        leaderboard("digits")
