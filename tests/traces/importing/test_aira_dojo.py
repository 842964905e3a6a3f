"""Journals of aira-dojo: both forms, operators, usage, and what the test set said."""

import json

import pytest
from hypothesis import given

from mle_toolkit.analysis import best_over_time
from mle_toolkit.errors import StoreError
from mle_toolkit.frames import load_attempts
from mle_toolkit.traces.importing import aide, aira_dojo
from tests.traces.importing.foreign import mutated
from tests.traces.importing.searches import (
    aide_journal,
    dojo_lines,
    dojo_node,
    of_kind,
    of_trace,
    outcome,
    write_document,
    write_json_lines,
)


def read(tmp_path, items):
    return of_trace(aira_dojo, write_json_lines(tmp_path / "JOURNAL.jsonl", items))


def test_metric_is_of_validation_and_grade_of_test(tmp_path):
    """The test score is no metric; the grade is that of the current best node."""
    trace, events = read(tmp_path, dojo_lines())
    nodes = of_kind(events, "node")
    assert [node["metric"] for node in nodes] == [0.5, 0.4, 0.45]
    assert {node["lower_is_better"] for node in nodes} == {True}
    assert trace.competition == "leaf"
    # The third node does better on the test set, and nobody could know.
    assert trace.grade["score"] == 0.28
    assert (trace.grade["medal"], trace.grade["any_medal"]) == ("bronze", True)
    assert trace.grade["thresholds"]["gold"] == 0.1


def test_submissions_are_marked_as_the_search_saw_them(tmp_path):
    """A node is the best when its own record says so, not because a later one does."""
    _, events = read(tmp_path, dojo_lines())
    found = of_kind(events, "submission")
    assert [(each["number"], each["node"], each["best"]) for each in found] == [
        (1, 0, True),
        (2, 1, True),
        (3, 2, False),
    ]


def test_test_scores_lie_with_the_grades(tmp_path, stored):
    """No event holds a test score; figures over time find them all the same."""
    path = write_json_lines(tmp_path / "JOURNAL.jsonl", dojo_lines())
    _, out, (events,) = stored(path)
    assert "0.28" not in json.dumps(events)
    (row,) = load_attempts(out).to_dict("records")
    assert (row["score"], row["medal"], row["validation_score"]) == (
        0.28,
        "bronze",
        0.4,
    )
    steps = best_over_time(load_attempts(out))
    graded = steps[steps["event"] == "submission"]
    assert graded["test_score"].tolist() == [0.55, 0.28, 0.15]
    assert steps["submitted_test"].tolist()[-1] == 0.28


def test_usage_is_that_of_all_operators(tmp_path, stored):
    """Tokens and cost of drafts and reviews add up; each call has its operator."""
    path = write_json_lines(tmp_path / "JOURNAL.jsonl", dojo_lines())
    _, out, (events,) = stored(path)
    calls = of_kind(events, "model")
    assert [call["operator"] for call in calls[:2]] == ["draft", "analysis"]
    assert [call["purpose"] for call in calls[:2]] == ["draft", "review"]
    assert calls[1]["reply"] == "analysis 0"
    (row,) = load_attempts(out).to_dict("records")
    assert (row["tokens_in"], row["tokens_out"]) == (750, 105)
    assert row["cost_usd"] == 1.125
    # The first record was written 60 s after the begin, 15 s after its first call.
    assert events[0]["time"] == "2023-11-14T22:14:05.000+00:00"
    assert row["elapsed_s"] == 135.0


def test_analysis_without_an_operator_is_kept(tmp_path):
    """A review that no operator accounts for is told once."""
    node = dojo_node(0, operators_used=["draft"], operators_metrics=[])
    _, events = read(tmp_path, [node])
    replies = [call["reply"] for call in of_kind(events, "model")]
    assert replies == ["plan 0\n\n```python\nx = 0\n```", "analysis 0"]


def test_parents_and_crossover(tmp_path):
    """Of two parents the first leads the way; the stage is a crossover."""
    lines = dojo_lines()
    lines[2]["operators_used"] = ["crossover", "analysis"]
    _, events = read(tmp_path, lines)
    nodes = of_kind(events, "node")
    assert [node["parent"] for node in nodes] == [None, 0, 0]
    assert [node["stage"] for node in nodes] == ["draft", "improve", "crossover"]
    assert nodes[2]["parents"] == ["id-0", "id-1"]


@pytest.mark.parametrize("said", [1, "id-1", {"id": "id-1"}])
def test_best_node_may_be_named_in_many_ways(tmp_path, said):
    """By its step, by its id, as an object; a later silence does not take it back."""
    lines = [dojo_node(0, score=0.5), dojo_node(1, score=0.4), dojo_node(2, score=0.1)]
    lines[1]["current_best_node"] = said
    trace, _ = read(tmp_path, lines)
    assert trace.grade["score"] == 0.4
    for line, flag in zip(lines, (True, True, False), strict=True):
        line["current_best_node"] = flag
    trace, _ = read(tmp_path, lines)
    assert trace.grade["score"] == 0.4


def test_without_a_best_node_there_is_no_grade(tmp_path):
    """No test score is chosen on the agent's behalf."""
    trace, events = read(tmp_path, [dojo_node(0, score=0.2), dojo_node(1, score=0.1)])
    assert trace.grade is None
    assert [each["best"] for each in of_kind(events, "submission")] == [False, False]


def test_exit_code_is_an_error(tmp_path):
    """A program that ends with a code of its own failed, also without an exception."""
    _, events = read(tmp_path, [dojo_node(0, exit_code=1)])
    (run,) = of_kind(events, "exec")
    assert (run["status"], run["exit_code"]) == ("error", 1)


def test_document_says_the_same_as_the_lines(tmp_path):
    """``journal.json`` gives the events that ``JOURNAL.jsonl`` gives."""
    _, lines = read(tmp_path, dojo_lines())
    path = write_document(tmp_path / "journal.json", {"nodes": dojo_lines()})
    assert aira_dojo.matches(path)
    _, document = of_trace(aira_dojo, path)
    assert document == lines


def test_folder_prefers_lines_and_leaves_aide_alone(tmp_path):
    """A run's checkpoint repeats its lines; AIDE's journals are not ours."""
    path = write_json_lines(tmp_path / "json" / "JOURNAL.jsonl", dojo_lines())
    document = {"nodes": dojo_lines()}
    write_document(tmp_path / "checkpoint" / "journal.json", document)
    (trace,) = aira_dojo.read(tmp_path)
    assert trace.source == path
    assert trace.grade["score"] == 0.28
    assert len(of_kind(list(trace.events), "node")) == 3
    other = write_document(tmp_path / "aide" / "journal.json", aide_journal())
    assert not aira_dojo.matches(other)
    assert not aide.matches(path)


def test_bad_lines_are_counted_and_a_torn_one_waits(tmp_path):
    """Junk between the lines is a problem; half a last line is one still written."""
    path = write_json_lines(tmp_path / "JOURNAL.jsonl", dojo_lines()[:2])
    with path.open("a") as file:
        file.write('junk\n[1]\n\n{"code": "x = 2", "pl')
    trace, events = of_trace(aira_dojo, path)
    assert len(of_kind(events, "node")) == 2
    assert [problem.path for problem in trace.problems] == [
        f"{path}, line 3",
        f"{path}, line 4",
    ]


def test_broken_journal_in_a_folder_hides_no_other(tmp_path, stored):
    """One that holds no nodes is a problem; the others are stored."""
    write_json_lines(tmp_path / "in" / "a" / "JOURNAL.jsonl", dojo_lines())
    bad = {"nodes": [dojo_node(0)], "more": 1}
    path = write_json_lines(tmp_path / "in" / "b" / "JOURNAL.jsonl", [bad])
    path.write_text(path.read_text()[:-300])
    report, _, tries = stored(tmp_path / "in", format="aira-dojo")
    assert report.rows == len(tries) == 2
    assert "cut off" in report.counts()


def test_no_journal_is_an_error(tmp_path):
    """The error says what to name instead."""
    with pytest.raises(StoreError, match="Name the folder of a run"):
        aira_dojo.read(tmp_path)
    path = write_document(tmp_path / "journal.json", {"nodes": 1})
    with pytest.raises(StoreError, match="no nodes"):
        aira_dojo.read(path)


@given(lines=mutated(dojo_lines()))
def test_any_value_may_be_anything(tmp_path_factory, lines):
    """Whatever one value becomes, the journal is stored or refused in words."""
    folder = tmp_path_factory.mktemp("journal")
    items = lines if isinstance(lines, list) else [lines]
    path = write_json_lines(folder / "JOURNAL.jsonl", items)
    result = outcome(path, folder / "run", format="aira-dojo")
    assert result in {1, path.name}
