"""Which rows a verb takes: attempts or counts, of a split, the first of each."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.errors import UnknownNameError, UsageError
from tests.builders import make_frame
from tests.scored import scored_frame

TREE, REACT = "tree-search/offline", "react/offline"
RAGGED = make_frame(
    {
        (TREE, "a"): (5, 2, 1), (TREE, "b"): (3, 3, 0), (TREE, "c"): (0, 0, 2),
        (REACT, "a"): (4, 0, 0), (REACT, "b"): (4, 1, 3),
    }
)  # fmt: skip
ON_COUNTS = {
    "pass_at_k": {},
    "pass_hat_k": {},
    "medal_rate": {"method": ["end-atom", "wilson", "bootstrap-percentile"]},
    "compare": {},
    "compare_many": {},
    "fewer_attempts": {"k": 2, "attempts": 3},
    "rank_intervals": {},
}


@pytest.mark.parametrize(("verb", "options"), ON_COUNTS.items())
def test_counts_say_the_same_as_their_attempts(verb, options):
    """A count table gives what the attempts give that it was made of."""
    frame = scored_frame(competitions=4, attempts=4, pending=2)
    call = getattr(analysis, verb)
    if verb == "compare":
        frame = frame[frame["agent"] != "react/small"]
    of_counts = call(analysis.count_table(frame), **options)
    pd.testing.assert_frame_equal(call(frame, **options), of_counts)
    assert (of_counts["n_left_out"] > 0).all()


@pytest.mark.parametrize(("verb", "options"), ON_COUNTS.items())
def test_a_split_is_the_frame_of_that_split(verb, options):
    """What `split=` gives is what the rows of the split alone give."""
    frame = scored_frame(agents=("a/x", "b/x"), competitions=6)
    call = getattr(analysis, verb)
    low = frame[frame["split"] == "low"]
    expected = call(low, **options)
    pd.testing.assert_frame_equal(call(frame, split="low", **options), expected)
    both = call(frame, split=["low", "high"], **options)
    pd.testing.assert_frame_equal(both, call(frame, **options))


def test_the_first_attempts_are_those_with_the_lowest_seeds():
    """Also where they have not finished: the fast ones are not preferred."""
    frame = RAGGED.copy()
    frame.loc[(frame["agent"] == TREE) & (frame["seed"] == 0), "any_medal"] = pd.NA
    shuffled = frame.sample(frac=1.0, random_state=3)
    table = analysis.pass_at_k(shuffled, k=1, attempts=3)
    rows = table[table["agent"] == TREE].set_index("competition")
    assert rows["n_attempts"].to_dict() == {"all": 4, "a": 2, "b": 2, "c": 0}
    assert rows["n_left_out"].to_dict() == {"all": 4, "a": 1, "b": 1, "c": 2}
    # Seeds 1 and 2 of a: one medal; those of b: two.
    assert rows.loc["all", "estimate"] == 0.75


def test_attempts_of_several_tables_may_share_an_index():
    """Frames that were concatenated keep all their rows."""
    part = make_frame({(TREE, "a"): (4, 4, 0)})
    other = make_frame({(REACT, "a"): (4, 0, 0)})
    table = analysis.pass_at_k(pd.concat([part, other]), k=2, attempts=2)
    assert list(table["n_attempts"]) == [2, 2, 2, 2]
    assert list(table["estimate"]) == [1.0, 1.0, 0.0, 0.0]


def test_counts_know_no_first_attempts():
    """The sentence says what to pass instead."""
    record = mle.record(missing="drop")
    with pytest.raises(UsageError, match="which attempts came first"):
        analysis.pass_at_k(record, attempts=4)
    with pytest.raises(UsageError, match="at least 1; got 0"):
        analysis.pass_at_k(RAGGED, attempts=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: analysis.pass_at_k(RAGGED, split="lwo"), "choose 'mini'"),
        (lambda: analysis.compare(RAGGED, a=TREE, b="react"), "unknown agent 'react'"),
        (lambda: analysis.compare_many(RAGGED, correction="bonf"), "holm"),
        (lambda: analysis.medal_rate(RAGGED, method="mean"), "unknown method"),
        (lambda: analysis.select_at_k(RAGGED, outcome="score"), "any_medal"),
    ],
)
def test_unknown_names_are_named(call, words):
    """The message has the legal ones."""
    with pytest.raises(UnknownNameError, match=words):
        call()


@pytest.mark.parametrize("verb", ["iqm", "performance_profile", "select_at_k"])
def test_scores_are_not_in_counts(verb):
    """Verbs that need scores say which column the counts lack."""
    with pytest.raises(UsageError, match="counts hold no"):
        getattr(analysis, verb)(mle.record(missing="drop"))
    with pytest.raises(UsageError, match="counts hold no percentile"):
        analysis.score_at_k(mle.record(missing="drop"), column="percentile")


def test_counts_of_the_record_and_ones_own_stand_together():
    """A table without n_left_out beside one with it: nothing was left out there."""
    own = analysis.count_table(make_frame({("my/agent", "spooky-author"): (2, 1, 3)}))
    both = pd.concat([mle.record(missing="failure"), own])
    table = analysis.fewer_attempts(both, k=1, attempts=2)
    left_out = table.set_index("agent")["n_left_out"]
    assert left_out["my/agent"] == 3
    assert left_out["aira-dojo"] == 0
    assert np.isclose(table.set_index("agent").loc["my/agent", "estimate"], 0.5)


def test_results_of_counts_remember_what_was_made_up():
    """The competitions that count as failed go with every result of the record."""
    record = mle.record(missing="failure")
    record = record[record["agent"].isin(["Leeroo", "aira-dojo"])]
    for table in (
        analysis.pass_at_k(record, k=1),
        analysis.medal_rate(record),
        analysis.compare(record),
        analysis.rank_intervals(record),
    ):
        assert table.attrs["padded_competitions"]["Leeroo"] == 35


@pytest.mark.parametrize(
    "verb",
    ["pass_hat_k", "medal_rate", "iqm", "performance_profile", "select_at_k"],
)
def test_an_agent_that_has_not_begun_is_undefined(verb):
    """NaN with a reason, and what is under way counted: neither 0 nor an error."""
    frame = make_frame({(TREE, "a"): (0, 0, 3), (TREE, "b"): (0, 0, 2)})
    table = getattr(analysis, verb)(frame)
    first = table.iloc[0]
    assert np.isnan(first["estimate"])
    assert np.isnan(first["low"])
    assert first["reason"]
    assert (first["n_attempts"], first["n_left_out"]) == (0, 5)
    assert getattr(analysis, verb)(frame.head(0)).empty
