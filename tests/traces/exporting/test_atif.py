import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError, UnknownNameError
from mle_toolkit.traces import EventWriter
from mle_toolkit.traces.exporting import to_atif
from mle_toolkit.traces.exporting.recording import open_recording
from mle_toolkit.traces.importing import read_traces

AGENT_ONLY = {"model_name", "reasoning_content", "tool_calls", "metrics"}
STEP = {"step_id", "timestamp", "source", "message", "observation", "extra"}
TEXT = st.text(max_size=20) | st.sampled_from(["\ud800", "a\0b", "x" * 20_000])
VALUE = st.none() | st.booleans() | st.integers() | TEXT
FIELDS = st.dictionaries(
    st.sampled_from(
        ["node", "code", "output", "call_id", "name", "arguments", "reply", "metric",
         "messages", "tool_calls", "tokens_in", "status", "stage", "text", "other"]
    ),
    VALUE | st.lists(VALUE, max_size=2) | st.dictionaries(TEXT, VALUE, max_size=2),
)  # fmt: skip
KIND = st.sampled_from(["start", "model", "tool", "exec", "node", "limit", "end"])


def document(folder, target, **options):
    return json.loads(to_atif(folder, target, **options).read_text())


@pytest.mark.parametrize("name", ["search", "linear"])
def test_importing_gives_the_same_events(request, tmp_path, name):
    """Our events, written as ATIF and imported, are the same, and so is the grade."""
    folder = request.getfixturevalue(name)
    recording = open_recording(folder)
    (trace,) = read_traces(to_atif(folder, tmp_path / "t.json"))
    assert list(trace.events) == recording.events
    assert trace.problems == []
    assert (trace.grade or {}) == recording.grade
    assert (trace.competition, trace.seed) == ("means", recording.seed)
    assert f"{trace.scaffold}/{trace.model}" == recording.agent


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(events=st.lists(st.tuples(KIND, FIELDS), min_size=1, max_size=6))
def test_any_events_come_back(tmp_path_factory, events):
    """Odd types, lone surrogates and long texts survive, and every step is legal."""
    folder = tmp_path_factory.mktemp("attempt") / "try-1"
    folder.mkdir()
    writer = EventWriter(folder)
    for kind, fields in events:
        writer.append(kind, fields)
    writer.close()
    target = folder / "t.json"
    check_steps(document(folder, target)["steps"])
    (trace,) = read_traces(target, format="atif")
    assert list(trace.events) == open_recording(folder).events


def check_steps(steps):
    """Hold the rules of the format, version 1.6."""
    assert [step["step_id"] for step in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        extra = AGENT_ONLY if step["source"] == "agent" else set()
        assert step.keys() <= STEP | extra
        assert isinstance(step["message"], str)
        calls = [call["tool_call_id"] for call in step.get("tool_calls", [])]
        assert len(set(calls)) == len(calls)
        assert all(
            isinstance(call["arguments"], dict) for call in step.get("tool_calls", [])
        )
        for result in step.get("observation", {"results": []})["results"]:
            assert result["source_call_id"] in calls
            assert isinstance(result["content"], str)


def test_results_stand_with_their_calls(linear, tmp_path):
    """The result of a known call is in its step; an unknown call has its own step."""
    steps = document(linear, tmp_path / "t.json")["steps"]
    check_steps(steps)
    asked = next(step for step in steps if step["message"] == "I look.")
    given = [item["source_call_id"] for item in asked["observation"]["results"]]
    assert given == ["b", "a"]
    alone = [
        step for step in steps if step["source"] == "agent" and not step["message"]
    ]
    assert [step["tool_calls"][0]["tool_call_id"] for step in alone] == ["c", "d"]


def test_prompts_are_steps(search, tmp_path):
    """What the model was asked can be read; the system's words stand there once."""
    steps = document(search, tmp_path / "t.json")["steps"]
    told = [(s["source"], s["message"]) for s in steps if s["extra"]["mle"] is None]
    assert told == [
        ("system", "You are an engineer."),
        ("user", "Write a program."),
        ("user", "Improve it."),
    ]


def test_totals(search, tmp_path):
    """The document sums up what was spent, and says how well it went."""
    found = document(search, tmp_path / "t.json")
    metrics = found["final_metrics"]
    assert metrics["total_prompt_tokens"] == 150
    assert metrics["total_completion_tokens"] == 25
    assert metrics["total_cost_usd"] == 0.5
    assert metrics["extra"]["test_score"] == 0.5
    assert metrics["extra"]["medal"] == "silver"


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("1.4", set()),
        ("1.6", set()),
        ("1.7", {"trajectory_id"}),
        ("1.8", {"trajectory_id"}),
    ],
)
def test_versions(search, tmp_path, version, more):
    """A field is written from the version on that knows it."""
    found = document(search, tmp_path / "t.json", version=version)
    assert found["schema_version"] == f"ATIF-v{version}"
    assert found.keys() - {
        "schema_version", "session_id", "agent", "steps", "final_metrics", "extra",
    } == more  # fmt: skip
    counted = any("llm_call_count" in step for step in found["steps"])
    assert counted == (version == "1.8")


def test_files_are_not_replaced_by_accident(search, tmp_path):
    """A file of that name stays as it is, unless overwriting is asked for."""
    target = tmp_path / "new" / "t.json"
    to_atif(search, target)
    before = target.read_bytes()
    with pytest.raises(StoreError, match="overwrite=True"):
        to_atif(search, target, version="1.8")
    assert target.read_bytes() == before
    to_atif(search, target, version="1.8", overwrite=True)
    assert b"ATIF-v1.8" in target.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["t.json"]


def test_unknown_version_is_refused(search, tmp_path):
    """A version that was never written is an error that lists the others."""
    with pytest.raises(UnknownNameError, match=r"'1\.6'"):
        to_atif(search, tmp_path / "t.json", version="2.0")
