"""Places on a leaderboard, and the places that the data allow."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame
from tests.scored import AGENTS, scored_frame

FRAME = scored_frame(competitions=8, attempts=4, pending=1)


@pytest.mark.parametrize("method", ["pairwise", "bootstrap-percentile"])
def test_rows_are_the_rank_intervals(method):
    """Each agent has the places of the array function; the seed stands with them."""
    counts = analysis.count_table(FRAME)
    values = {
        name: (part["c"] / part["n"]).to_numpy()
        for name, part in counts.groupby("agent", sort=False)
    }
    expected = stats.rank_intervals(values, method=method, resamples=300, seed=2)
    table = analysis.rank_intervals(FRAME, method=method, resamples=300, seed=2)
    assert list(table["agent"]) == [each.name for each in expected] == list(AGENTS)
    for name in ("low", "high", "mean", "method"):
        assert list(table[name]) == [getattr(each, name) for each in expected], name
    assert list(table["estimate"]) == [each.rank for each in expected]
    resampled = method != "pairwise"
    assert list(table["seed"].isna()) == [not resampled] * 3
    assert set(table["n_attempts"]) == {32}
    assert set(table["n_left_out"]) == {8}
    assert table["reason"].isna().all()


def test_agents_that_lack_competitions_have_no_place():
    """They stand below and say what they lack; the others' places are among them."""
    table = analysis.rank_intervals(mle.record(missing="drop"))
    placed = table[table["estimate"].notna()]
    assert len(placed) == 22
    assert list(placed["estimate"]) == list(range(1, 23))
    leeroo = table.set_index("agent").loc["Leeroo"]
    assert pd.isna(leeroo["low"])
    assert leeroo["mean"] == pytest.approx(0.95)
    assert "lacks 35 of 75" in leeroo["reason"]


def test_most_places_on_the_record_are_open():
    """27 agents: not one has a place of its own, o1-preview AIDE comes closest."""
    table = analysis.rank_intervals(mle.record(missing="failure")).set_index("agent")
    assert len(table) == 27
    width = table["high"] - table["low"]
    assert width.min() == 1
    assert width.idxmin() == "models-o1-preview-aide"
    first = table.loc["disarray"]
    assert (first["estimate"], first["low"], first["high"]) == (1, 1, 4)


def test_ranking_by_pass_at_k_needs_k_attempts():
    """An agent with fewer lacks the competition."""
    frame = make_frame(
        {
            ("a/x", "one"): (4, 1, 0), ("a/x", "two"): (4, 1, 0),
            ("b/x", "one"): (4, 3, 0), ("b/x", "two"): (4, 3, 0),
            ("c/x", "one"): (4, 4, 0), ("c/x", "two"): (2, 2, 2),
        }
    )  # fmt: skip
    by_rate = analysis.rank_intervals(frame)
    assert list(by_rate["agent"]) == ["c/x", "b/x", "a/x"]
    by_three = analysis.rank_intervals(frame, k=3)
    assert list(by_three["agent"]) == ["b/x", "a/x", "c/x"]
    assert "lacks 1 of 2" in by_three["reason"].iloc[2]
    assert by_three["n_attempts"].iloc[2] == 4
    assert np.isclose(by_three["mean"].iloc[1], 0.75)
    with pytest.raises(UsageError, match="at least 2 agents"):
        analysis.rank_intervals(frame[frame["agent"] == "a/x"])
