"""ATIF documents: those of other tools, and our own, which come back as they were."""

import json

import pytest
from hypothesis import given

from mle_toolkit.errors import StoreError
from mle_toolkit.store import ExperimentFolder
from mle_toolkit.traces import EventLog
from mle_toolkit.traces.exporting.atif import to_atif
from mle_toolkit.traces.importing import atif, detect
from mle_toolkit.traces.importing.storing import import_traces
from tests.traces.importing.foreign import mutated
from tests.traces.importing.searches import (
    aide_journal,
    dojo_lines,
    of_kind,
    of_trace,
    outcome,
    write_document,
    write_json_lines,
)


def trajectory(version="1.4", **more):
    """A task, a call with two tools, an answer; as Harbor's agents write it."""

    def step(number, source, message, **fields):
        time = f"2026-11-23T10:00:{number:02d}Z"
        return {
            "step_id": number,
            "timestamp": time,
            "source": source,
            "message": message,
            **fields,
        }

    calls = [
        {"tool_call_id": "c1", "function_name": "bash", "arguments": {"cmd": "ls"}},
        {"tool_call_id": "c2", "function_name": "read", "arguments": {"path": "x"}},
    ]
    results = [
        {"source_call_id": "c2", "content": [{"type": "text", "text": "no file"}]},
        {"source_call_id": "c1", "content": "train.csv"},
    ]
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "cached_tokens": 60}
    return {
        "schema_version": f"ATIF-v{version}",
        "session_id": "s",
        "agent": {"name": "terminus", "version": "2", "model_name": "gpt-5"},
        "steps": [
            step(1, "system", "Be good."),
            step(2, "user", [{"type": "text", "text": "Win."}]),
            step(
                3,
                "agent",
                "I look.",
                reasoning_content="Hm.",
                tool_calls=calls,
                observation={"results": results},
                metrics=usage | {"cost_usd": 0.5},
            ),
            step(4, "agent", "Done.", metrics={"prompt_tokens": 150, "cost_usd": 0.25}),
        ],
        "final_metrics": {"total_prompt_tokens": 260, "total_cost_usd": 1.0},
        **more,
    }


def read(tmp_path, document):
    return of_trace(atif, write_document(tmp_path / "trajectory.json", document))


@pytest.mark.parametrize("version", [f"1.{minor}" for minor in range(9)])
def test_steps_become_calls_and_tools(tmp_path, version):
    """Prompts go to the call that follows; each result finds its call."""
    trace, events = read(tmp_path, trajectory(version))
    assert (trace.scaffold, trace.model) == ("terminus", "gpt-5")
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "tool", "model", "end"]
    first, read_x, listed, last = events[1:5]
    assert first["messages"] == [
        {"role": "system", "content": "Be good."},
        {"role": "user", "content": "Win."},
    ]
    assert (first["reply"], first["reasoning"]) == ("I look.", "Hm.")
    assert first["tool_calls"][0] == {
        "name": "bash",
        "arguments": {"cmd": "ls"},
        "id": "c1",
    }
    assert (first["tokens_in"], first["tokens_out"]) == (100, 20)
    assert (read_x["name"], read_x["output"]) == ("read", "no file")
    assert (listed["arguments"], listed["output"]) == ({"cmd": "ls"}, "train.csv")
    assert last["messages"] == []
    assert trace.problems == []


def test_totals_of_the_document_count(tmp_path, stored):
    """What the tool counted itself goes before the sum of the steps."""
    path = write_document(tmp_path / "trajectory.json", trajectory())
    _, out, _ = stored(path)
    (result,) = (json.loads(p.read_text()) for p in out.glob("*/*/*/result.json"))
    assert (result["tokens_in"], result["tokens_out"]) == (260, 20)
    assert (result["cost_usd"], result["elapsed_s"]) == (1.0, 3.0)


def source_aide(folder):
    return write_document(folder / "journal.json", aide_journal())


def source_dojo(folder):
    return write_json_lines(folder / "JOURNAL.jsonl", dojo_lines())


def source_atif(folder):
    return write_document(folder / "trajectory.json", trajectory())


@pytest.mark.parametrize("version", ["1.4", "1.8"])
@pytest.mark.parametrize("source", [source_aide, source_dojo, source_atif])
def test_our_exports_come_back_exactly(tmp_path, source, version):
    """Export a run folder, import it again: the same events, result and grade."""
    import_traces(source(tmp_path), tmp_path / "one")
    (before,) = ExperimentFolder.open(tmp_path / "one").attempts()
    exported = to_atif(before.path, tmp_path / "out.json", version=version)
    assert detect(exported) == "atif"
    import_traces(exported, tmp_path / "two")
    (after,) = ExperimentFolder.open(tmp_path / "two").attempts()
    path = after.path.relative_to(tmp_path / "two")
    assert before.path.relative_to(tmp_path / "one") == path
    assert events_of(after) == events_of(before)
    # Both say what they were imported from; all else is the same.
    results = [each.result() for each in (after, before)]
    assert results[0].pop("imported") != results[1].pop("imported")
    assert results[0] == results[1]
    assert after.grade() == before.grade()


def events_of(attempt):
    return list(EventLog(attempt.latest_try().path))


def test_results_move_back_behind_what_came_between(tmp_path):
    """Events of ours are put in the order of their numbers."""
    ours = [
        {"seq": 1, "kind": "start"},
        {"seq": 2, "kind": "model", "reply": "x"},
        {"seq": 3, "kind": "note", "text": "between"},
        {"seq": 4, "kind": "tool", "name": "bash", "reasoning": None},
    ]
    extras = [
        {"mle": ours[0]},
        {"mle": None},
        {"mle": ours[1], "mle_results": [ours[3]]},
        {"mle": ours[2]},
    ]
    document = trajectory()
    document["steps"] = [
        {"step_id": n, "source": "agent", "message": "x", "extra": extra}
        for n, extra in enumerate(extras, 1)
    ]
    _, events = read(tmp_path, document)
    assert events == ours


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        (None, "ok"),
        ({"tool_result_is_error": False, "tool_result_metadata": {}}, "ok"),
        ({"tool_result_is_error": True}, "error"),
        ({"tool_result_metadata": {"is_error": True}}, "error"),
        ({"is_error": True}, "error"),
        ({"error": "no such file"}, "error"),
        ("odd", "ok"),
    ],
)
def test_extras_say_that_a_tool_failed(tmp_path, extra, status):
    """The format has no word for a failure; Harbor's converters put it with extras."""
    document = trajectory()
    results = next(s["observation"] for s in document["steps"] if "observation" in s)
    results["results"][0]["extra"] = extra
    path = write_document(tmp_path / "trajectory.json", document)
    (trace,) = atif.read(path)
    assert of_kind(list(trace.events), "tool")[0]["status"] == status


def test_copies_and_silent_steps_are_no_calls(tmp_path):
    """Context that is repeated is counted; a step without a call is a tool alone."""
    document = trajectory("1.8")
    document["steps"][1]["is_copied_context"] = True
    document["steps"][2] |= {
        "llm_call_count": 0,
        "message": "",
        "reasoning_content": "",
    }
    trace, events = read(tmp_path, document)
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "tool", "tool", "model", "end"]
    assert [problem.kind for problem in trace.problems] == ["copied steps"]


def test_last_words_of_the_user_are_kept(tmp_path):
    """A message that no call follows is a note."""
    document = trajectory()
    document["steps"].append({"step_id": 5, "source": "user", "message": "Thanks."})
    _, events = read(tmp_path, document)
    assert of_kind(events, "note") == [{"kind": "note", "text": "user: Thanks."}]


def test_continuations_are_read_and_circles_end(tmp_path):
    """Documents that go on in others are one attempt; none leads out of the folder."""
    later = trajectory(continued_trajectory_ref="trajectory.json")
    write_document(tmp_path / "trajectory.cont-1.json", later)
    document = trajectory(continued_trajectory_ref="trajectory.cont-1.json")
    _, events = read(tmp_path, document)
    assert len(of_kind(events, "model")) == 4
    assert len(of_kind(events, "end")) == 1
    outside = write_document(tmp_path / "secret.json", trajectory())
    inner = tmp_path / "in"
    document["continued_trajectory_ref"] = f"../{outside.name}"
    write_document(inner / "trajectory.json", document)
    _, events = of_trace(atif, inner / "trajectory.json")
    assert len(of_kind(events, "model")) == 2


def test_subagents_follow(tmp_path):
    """Trajectories within a trajectory are read behind it, with a note of whose."""
    inner = trajectory(trajectory_id="helper")
    _, events = read(tmp_path, trajectory("1.7", subagent_trajectories=[inner]))
    assert len(of_kind(events, "model")) == 4
    assert "helper" in of_kind(events, "note")[0]["text"]


def test_folder_of_trials_gives_all(tmp_path, stored):
    """Harbor names a trial after its task; a continuation is no attempt of its own."""
    for trial in ("leaf__a1b2c3d", "spooky__a1b2c3e"):
        folder = tmp_path / "job" / trial / "agent"
        document = trajectory(continued_trajectory_ref="trajectory.cont-1.json")
        write_document(folder / "trajectory.json", document)
        write_document(folder / "trajectory.cont-1.json", trajectory())
    broken = tmp_path / "job" / "bad__a1b2c3f" / "agent" / "trajectory.json"
    write_document(broken, {"schema_version": "ATIF-v1.4", "steps": "none"})
    report, out, _ = stored(tmp_path / "job")
    assert (report.rows, report.skipped) == (2, 1)
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == [
        "leaf",
        "spooky",
    ]


def test_truncated_document_gives_its_steps(tmp_path, stored):
    """A cut document is an attempt that was stopped."""
    path = write_document(tmp_path / "trajectory.json", trajectory())
    text = path.read_text()
    path.write_text(text[: text.index("Done.")])
    report, _, (events,) = stored(path)
    assert events[-1]["status"] == "stopped"
    assert len(of_kind(events, "tool")) == 2
    assert "cut off" in report.counts()


def test_broken_steps_are_counted_and_kept(tmp_path):
    """A step that is no object is a problem with its number, and a note."""
    document = trajectory()
    document["steps"].insert(2, ["junk"])
    trace, events = read(tmp_path, document)
    assert of_kind(events, "note")[0]["text"] == '["junk"]'
    assert (trace.problems[0].kind, trace.problems[0].skipped) == ("broken step", 1)


def test_what_is_no_trajectory_is_refused(tmp_path):
    """A document without steps, and a folder without one."""
    path = write_document(tmp_path / "trajectory.json", {"schema_version": "ATIF-v1.4"})
    with pytest.raises(StoreError, match="no list of steps"):
        atif.read(path)
    with pytest.raises(StoreError, match="no trajectory"):
        atif.read(tmp_path)


@given(document=mutated(trajectory()))
def test_any_value_may_be_anything(tmp_path_factory, document):
    """Whatever one value becomes, the document is stored or refused in words."""
    folder = tmp_path_factory.mktemp("atif")
    path = write_document(folder / "trajectory.json", document)
    assert outcome(path, folder / "out", format="atif") in {1, path.name}
