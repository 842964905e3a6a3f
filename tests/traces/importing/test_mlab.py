"""MLAB's logs: what it did, what it said, how it ended."""

import json

import pytest
from hypothesis import given

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import mlab
from tests.traces.importing.foreign import mutated
from tests.traces.importing.searches import (
    mlab_trace,
    of_kind,
    of_trace,
    outcome,
    write_mlab,
)


def test_steps_are_calls_and_tools(tmp_path):
    """Each step is what the model said and what the environment answered."""
    trace, events = of_trace(mlab, write_mlab(tmp_path))
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", *["model", "tool"] * 3, "end"]
    assert (trace.scaffold, trace.model) == ("mlab", "gpt-4o")
    assert events[0]["task"] == "Predict the leaves."
    tool = events[4]
    assert (tool["name"], tool["arguments"]) == (
        "Execute Script",
        {"script_name": "a.py"},
    )
    assert (tool["output"], tool["status"]) == ("EnvError: no a.py", "error")
    assert tool["time"] == "2023-11-14T22:13:50.000+00:00"
    assert of_kind(events, "tool")[0]["status"] == "ok"


def test_prompt_is_told_once(tmp_path):
    """Later prompts repeat the first one and the steps so far, and are left out."""
    _, events = of_trace(mlab, write_mlab(tmp_path))
    calls = of_kind(events, "model")
    assert calls[0]["messages"] == [{"role": "user", "content": "Prompt of 0"}]
    assert [call["messages"] for call in calls[1:]] == [[], []]
    assert [call["reply"] for call in calls] == [f"Thought: {n}" for n in range(3)]
    assert [call["tokens_in"] for call in calls] == [100, 101, 102]
    assert [call["tokens_out"] for call in calls] == [10, 11, 12]


def test_main_log_stands_in_for_missing_step_logs(tmp_path):
    """Without the log of a step, its reply is what ``main_log`` has of it."""
    path = write_mlab(tmp_path)
    (tmp_path / "agent_log" / "step_1_log.log").unlink()
    (tmp_path / "agent_log" / "main_log").write_text(
        "Step 0:\nnot this\nObservation:\nx\nStep 1:\nThought: run it\n"
        "Observation:\n```\nStep up\n```\n"
    )
    _, events = of_trace(mlab, path)
    replies = [call["reply"] for call in of_kind(events, "model")]
    assert replies == ["Thought: 0", "Thought: run it", "Thought: 2"]


@pytest.mark.parametrize(
    ("steps", "error", "status"),
    [(3, "", "finished"), (2, "", "stopped"), (3, "x\nKeyError: 'a'\n", "failed")],
)
def test_end_is_told(tmp_path, steps, error, status):
    """A final answer finishes; without one it was stopped; error.txt says why."""
    trace = mlab_trace()
    trace["steps"] = trace["steps"][:steps]
    path = write_mlab(tmp_path, trace)
    path.with_name("error.txt").write_text(error)
    _, events = of_trace(mlab, path)
    end = events[-1]
    assert (end["status"], end["elapsed_s"]) == (status, 80.5)
    if error:
        assert end["reason"] == "KeyError: 'a'"


def test_low_level_steps_are_counted(tmp_path):
    """The insides of steps are left out, and the report says how many."""
    trace, _ = of_trace(mlab, write_mlab(tmp_path))
    assert [problem.kind for problem in trace.problems] == ["low-level steps"]
    assert trace.problems[0].reason.startswith("1 low-level")


def test_broken_steps_and_unknown_fields_are_kept_as_notes(tmp_path):
    """Nothing is dropped in silence."""
    trace = mlab_trace() | {"surprise": [1, 2]}
    trace["steps"].insert(1, "junk")
    read, events = of_trace(mlab, write_mlab(tmp_path, trace))
    notes = [note["text"] for note in of_kind(events, "note")]
    assert notes == ["junk", '{"surprise":[1,2]}']
    assert read.problems[0].skipped == 1


def test_link_out_of_the_run_is_not_followed(tmp_path):
    """A log that is a link to a file elsewhere is no log."""
    secret = tmp_path / "secret"
    secret.write_text("Step 0:\nanswers\n")
    path = write_mlab(tmp_path / "run")
    log = tmp_path / "run" / "agent_log" / "step_0_log.log"
    log.unlink()
    log.symlink_to(secret)
    (tmp_path / "run" / "agent_log" / "main_log").symlink_to(secret)
    _, events = of_trace(mlab, path)
    assert "answers" not in json.dumps(events)
    assert len(of_kind(events, "model")) == 2


def test_folder_of_runs_gives_all(tmp_path, stored):
    """Each run is an attempt with its competition from MLE-bench's folder."""
    for number in range(2):
        name = f"leaf_0b2f5d2e-9f1c-4c5a-8d7e-00000000000{number}"
        write_mlab(tmp_path / "in" / name / "logs")
    report, out, tries = stored(tmp_path / "in")
    assert report.rows == len(tries) == 2
    assert (out / "leaf" / "mlab-gpt-4o" / "1" / "result.json").exists()


def test_what_is_no_trace_is_refused(tmp_path):
    """A trace.json of another tool, and a folder without one."""
    path = tmp_path / "trace.json"
    path.write_text('{"steps": {"a": 1}}')
    assert not mlab.matches(path)
    with pytest.raises(StoreError, match="no list of steps"):
        mlab.read(path)
    with pytest.raises(StoreError, match="env_log"):
        mlab.read(tmp_path)


@given(trace=mutated(mlab_trace()))
def test_any_value_may_be_anything(tmp_path_factory, trace):
    """Whatever one value becomes, the run is stored or refused in words."""
    folder = tmp_path_factory.mktemp("mlab")
    path = write_mlab(folder / "run", trace)
    assert outcome(path, folder / "out", format="mlab") in {1, path.name}
