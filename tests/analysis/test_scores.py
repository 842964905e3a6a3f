"""The expected best score of k attempts, on the tidy frame."""

import numpy as np
import pytest

from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame

TREE = "tree-search/offline"


@pytest.fixture
def frame():
    """Two competitions with three attempts; one attempt of `b` failed."""
    frame = make_frame({(TREE, "a"): (3, 1, 1), (TREE, "b"): (3, 1, 0)})
    known = frame["status"] == "finished"
    frame.loc[known, "score"] = [0.3, 0.1, 0.2, 0.9, 0.8, np.nan]
    frame.loc[known, "percentile"] = [10.0, 90.0, 50.0, 80.0, 40.0, np.nan]
    return frame


def test_each_competition_has_its_direction(frame):
    """The best of k is the least loss in one competition, the most in the other."""
    table = analysis.score_at_k(frame, k=2, lower_is_better={"a": True, "b": False})
    found = table.set_index("competition")["estimate"]
    losses = stats.score_at_k([0.3, 0.1, 0.2], 2, lower_is_better=True)
    assert found["a"] == pytest.approx(losses)
    assert found["b"] == pytest.approx((0.9 + 0.9 + 0.8) / 3)
    assert set(table["n_left_out"]) == {0, 1}


def test_a_failure_may_fill_the_draw(frame):
    """Where all k may have failed, the score is NaN and the reason says so."""
    table = analysis.score_at_k(frame, lower_is_better=False)
    row = table[(table["competition"] == "b") & (table["k"] == 1)].iloc[0]
    assert np.isnan(row["estimate"])
    assert "1 attempts have no score" in row["reason"]


def test_percentiles_average_over_competitions(frame):
    """A failed attempt is at percentile 0, and the mean has its interval."""
    table = analysis.score_at_k(frame, column="percentile")
    row = table[(table["competition"] == "all") & (table["k"] == 2)].iloc[0]
    first = stats.score_at_k([10, 90, 50], 2)
    second = stats.score_at_k([80, 40, 0], 2)
    expected = stats.mean_interval([first / 100, second / 100])
    assert row["estimate"] == pytest.approx((first + second) / 2)
    assert row["low"] == pytest.approx(100 * expected.low)
    assert row["high"] == pytest.approx(100 * expected.high)
    assert row["n_competitions"] == 2


def test_k_beyond_the_attempts(frame):
    """Asking for more than was run gives NaN with the number there is."""
    table = analysis.score_at_k(frame, k=4, column="percentile")
    assert table["estimate"].isna().all()
    assert "there are 3" in table.set_index("competition").loc["a", "reason"]


def test_the_direction_comes_from_the_card():
    """Known competitions need no direction; an unknown one asks for it by name."""
    frame = make_frame(
        {(TREE, "digits"): (2, 1, 0), (TREE, "breast-cancer"): (2, 1, 0)}
    )
    best = analysis.score_at_k(frame, k=2).set_index("competition")["estimate"]
    assert best.to_dict() == {"digits": 0.5, "breast-cancer": 0.9}
    unknown = make_frame({(TREE, "no-such"): (2, 1, 0)})
    with pytest.raises(UsageError, match="pass lower_is_better"):
        analysis.score_at_k(unknown)
