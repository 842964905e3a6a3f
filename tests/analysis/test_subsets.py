"""What fewer of the attempts would have shown: exact over all choices."""

import itertools

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError


def counts(*pairs, agent="mine"):
    """A count table from (c, n) of each competition."""
    return pd.DataFrame(
        {
            "agent": agent,
            "competition": [f"c{at}" for at in range(len(pairs))],
            "c": [c for c, _ in pairs],
            "n": [n for _, n in pairs],
        }
    )


def test_the_error_is_that_of_all_choices():
    """By enumeration of all choices of 4 seeds out of 6, and of 5."""
    pairs = [(2, 6), (1, 5), (0, 6), (6, 6), (3, 3)]
    row = analysis.fewer_attempts(counts(*pairs), k=2, attempts=4).iloc[0]
    means, variances = [], []
    for c, n in pairs:
        won = np.arange(n) < c
        drawn = [
            stats.pass_at_k(min(4, n), int(won[list(some)].sum()), 2)
            for some in itertools.combinations(range(n), min(4, n))
        ]
        means.append(np.mean(drawn))
        variances.append(np.var(drawn))
    assert row["estimate"] == pytest.approx(np.mean(means))
    whole = analysis.pass_at_k(counts(*pairs), k=2).iloc[0]
    assert row["estimate"] == pytest.approx(whole["estimate"])
    assert row["error"] == pytest.approx(np.sqrt(np.sum(variances)) / len(pairs))
    assert row["high"] - row["estimate"] == pytest.approx(1.959964 * row["error"])
    assert row["n_competitions"] == 5


def test_all_attempts_leave_no_choice():
    """Nothing varies when every attempt is used."""
    row = analysis.fewer_attempts(counts((1, 4), (2, 4)), k=1, attempts=9).iloc[0]
    assert row["error"] == pytest.approx(0.0, abs=1e-7)


def test_too_few_attempts_are_refused_or_undefined():
    """Fewer than k cannot be asked for; where none has k, NaN says so."""
    with pytest.raises(UsageError, match="at least 3; got 2"):
        analysis.fewer_attempts(counts((1, 4)), k=3, attempts=2)
    row = analysis.fewer_attempts(counts((1, 4)), k=5, attempts=6).iloc[0]
    assert np.isnan(row["estimate"])
    assert np.isnan(row["low"])
    assert "no competition has 5 attempts" in row["reason"]


def test_what_the_paper_prints_and_what_its_seeds_allow():
    """34.1 is a choice of 16 of o1-preview's seeds; 17.0 is none of 36 of GPT-4o's."""
    record = mle.record(missing="drop")
    cases = {
        "models-o1-preview-aide": (8, 16, 34.1, 34.78),
        "scaffolding-gpt4o-aide": (6, 36, 17.0, 18.47),
    }
    distance = {}
    for agent, (k, seeds, printed, all_seeds) in cases.items():
        mine = record[record["agent"] == agent]
        row = analysis.fewer_attempts(mine, k=k, attempts=seeds).iloc[0]
        assert round(100 * row["estimate"], 2) == all_seeds
        distance[agent] = (printed / 100 - row["estimate"]) / row["error"]
    assert -1 < distance["models-o1-preview-aide"] < 0
    assert distance["scaffolding-gpt4o-aide"] < -6
