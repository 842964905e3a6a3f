import json

import pytest
from hypothesis import given

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import swe_agent
from tests.traces.importing import foreign


def read(tmp_path, document, name="django__django-1.traj"):
    path = tmp_path / name
    path.write_text(json.dumps(document))
    (trace,) = swe_agent.read(path)
    return trace, list(trace.events)


def test_steps_become_calls_and_answers(tmp_path):
    """Each step is a call of the model and a tool; the patch is kept as a note."""
    trace, events = read(tmp_path, foreign.swe_trajectory())
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "model", "tool", "note", "end"]
    start, first, listed, last, sent, patch, _ = events
    assert start["competition"] == trace.competition == "django__django-1"
    assert trace.model == start["model"] == "claude-3-7-sonnet"
    assert (start["version"], start["environment"]) == ("1.1.0", "main")
    assert first["messages"] == [
        {"role": "system", "content": "Be good."},
        {"role": "user", "content": "Fix it."},
    ]
    assert first["reply"] == "I look.\n```\nls -a\n```"
    assert first["tool_calls"] == [
        {"name": "bash", "arguments": {"command": "ls -a"}, "id": "c1"}
    ]
    assert (listed["name"], listed["output"]) == ("bash", "setup.py")
    assert (listed["duration_s"], sent["duration_s"]) == (0.25, 1.5)
    assert "messages" not in last
    assert patch["text"] == "submission:\ndiff --git a b"
    assert (trace.status, trace.reason, trace.problems) == ("finished", None, [])


def test_totals_are_given_to_the_last_call(tmp_path):
    """Tokens and dollars of the attempt count once."""
    _, events = read(tmp_path, foreign.swe_trajectory())
    last = foreign.of_kind(events, "model")[-1]
    assert (last["tokens_in"], last["tokens_out"], last["cost_usd"]) == (3000, 200, 0.5)
    assert foreign.summed(events, "tokens_in") == 3000


def test_totals_without_steps_are_at_the_end(tmp_path):
    """An attempt that was over its limit at once still has its cost."""
    document = foreign.swe_trajectory() | {"trajectory": []}
    _, events = read(tmp_path, document)
    assert events[-1]["cost_usd"] == 0.5
    assert "Fix it." in foreign.of_kind(events, "note")[-1]["text"]


def test_no_event_has_a_time(tmp_path):
    """Where the tool writes no time, no event has one."""
    _, events = read(tmp_path, foreign.swe_trajectory())
    assert not any({"time", "elapsed_s"} & event.keys() for event in events)


def test_calls_without_a_history(tmp_path):
    """Without a history that fits the steps, the command itself is the call."""
    document = foreign.swe_trajectory()
    del document["history"][-1]
    _, events = read(tmp_path, document)
    first = foreign.of_kind(events, "tool")[0]
    assert (first["name"], first["arguments"]) == ("shell", {"command": "ls -a"})


def test_step_without_a_command(tmp_path):
    """A step whose answer could not be parsed has no tool; its message is kept."""
    document = foreign.swe_trajectory()
    document["trajectory"][0] |= {"action": "", "observation": "no command was found"}
    _, events = read(tmp_path, document)
    assert len(foreign.of_kind(events, "tool")) == 1
    assert foreign.of_kind(events, "note")[0]["text"] == "no command was found"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("submitted", "finished"),
        ("submitted (exit_cost)", "cost-limit"),
        ("exit_context", "token-limit"),
        ("submitted (exit_total_execution_time)", "time-limit"),
        ("exit_format", "failed"),
        ("early_exit", "stopped"),
        (None, "stopped"),
    ],
)
def test_exit_status(tmp_path, said, status):
    """Only an attempt that sent its patch in by itself is finished."""
    document = foreign.swe_trajectory()
    document["info"]["exit_status"] = said
    trace, events = read(tmp_path, document)
    assert trace.status == events[-1]["status"] == status
    assert (trace.reason is None) == (status == "finished")
    assert len(foreign.of_kind(events, "limit")) == status.endswith("-limit")


def test_cut_file_is_read_as_far_as_it_goes(tmp_path):
    """A file that was cut off gives its whole steps, and a problem."""
    path = tmp_path / "a.traj"
    whole = json.dumps(foreign.swe_trajectory())
    path.write_text(whole[: whole.index('"history"')])
    assert swe_agent.matches(path)
    (trace,) = swe_agent.read(path)
    assert len(foreign.of_kind(trace.events, "tool")) == 2
    assert [problem.kind for problem in trace.problems] == ["cut off"]
    assert trace.status == "stopped"


def test_broken_steps_are_problems(tmp_path):
    """A step that is no object is counted and hides no other."""
    document = foreign.swe_trajectory()
    document["trajectory"].insert(0, "x")
    trace, events = read(tmp_path, document)
    assert len(foreign.of_kind(events, "tool")) == 2
    assert len(trace.problems) == 1
    assert "step 0" in trace.problems[0].path


def test_bytes_that_are_no_text(tmp_path):
    """A byte order mark is passed over, and a bad byte becomes a replacement."""
    path = tmp_path / "a.traj"
    data = json.dumps(foreign.swe_trajectory()).encode()
    path.write_bytes(b"\xef\xbb\xbf" + data.replace(b"setup.py", b"s\xff.py"))
    assert swe_agent.matches(path)
    (trace,) = swe_agent.read(path)
    assert foreign.of_kind(trace.events, "tool")[0]["output"] == "s\ufffd.py"


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"hello", b'{"trajectory": 1}'])
def test_file_without_a_trajectory_is_refused(tmp_path, data):
    """A file that holds nothing of ours says so."""
    path = tmp_path / "s.json"
    path.write_bytes(data)
    assert not swe_agent.matches(path)
    with pytest.raises(StoreError, match=r"s\.json"):
        swe_agent.read(path)


def test_formats_are_told_apart(tmp_path):
    """Its own files are recognised by name or content, and no file of another tool."""
    assert foreign.taken(swe_agent, tmp_path) == {"swe-agent": 2}


def test_folder_gives_each_task(tmp_path):
    """A folder of runs has one attempt per file; one that is broken is a problem."""
    for name in ("a__a-1", "b__b-2"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / f"{name}.traj"
        path.write_text(json.dumps(foreign.swe_trajectory()))
    (tmp_path / "c.traj").write_text('{"trajectory": 3}')
    assert swe_agent.matches(tmp_path)
    traces = swe_agent.read(tmp_path)
    assert [trace.competition for trace in traces] == ["a__a-1", "b__b-2"]
    assert [trace.seed for trace in traces] == [0, 0]
    list(traces[0].events)
    assert [problem.kind for problem in traces[0].problems] == ["unreadable file"]


def test_deep_nesting_hides_nothing(tmp_path):
    """Nesting that Python can parse and not walk through becomes text."""
    deep = json.loads('{"content":[0,' * 150 + "1" + "]}" * 150)
    document = foreign.swe_trajectory()
    document["history"][0]["content"] = [deep, "x"]
    document["info"]["submission"] = [deep, "x"]
    trace, events = read(tmp_path, document)
    assert len(foreign.of_kind(events, "tool")) == 2
    assert trace.status == "finished"


def test_any_value_of_any_type(tmp_path_factory):
    """Whatever one value becomes, there are events or a plain error."""
    path = tmp_path_factory.mktemp("any") / "s.traj"

    @__import__("hypothesis").settings(
        deadline=None,
        suppress_health_check=list(__import__("hypothesis").HealthCheck),
    )
    @given(document=foreign.mutated(foreign.swe_trajectory()))
    def check(document):
        path.write_text(json.dumps(document))
        swe_agent.matches(path)
        foreign.check_sound(swe_agent, path)

    check()
