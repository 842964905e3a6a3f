import json

import pytest
from hypothesis import given, settings

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import openhands
from tests.traces.importing import captured, foreign


def read(tmp_path, items, *, lines=False):
    path = tmp_path / "s.json"
    if lines:
        foreign.write_lines(path, items)
    else:
        path.write_text(json.dumps(items))
    (trace,) = openhands.read(path)
    return trace, list(trace.events)


def test_trajectory_of_version_0(tmp_path):
    """Actions of one answer are one call; an observation finds its cause."""
    trace, events = read(tmp_path, foreign.openhands_0())
    kinds = [event["kind"] for event in events]
    assert kinds == [
        "start", "model", "tool", "tool", "note", "model", "tool", "note", "end",
    ]  # fmt: skip
    start, first, listed, failed, state, last, *_ = events
    assert trace.model == start["model"] == "gpt-4o-2024-08-06"
    assert first["messages"] == [{"role": "user", "content": "Win."}]
    assert first["reply"] == "I look."
    assert [call["name"] for call in first["tool_calls"]] == ["execute_bash"] * 2
    assert first["tool_calls"][0]["arguments"] == {"command": "ls"}
    assert (listed["output"], listed["status"]) == ("train.csv", "ok")
    assert listed["duration_s"] == 2.5
    assert listed["time"] == "2025-03-01T10:00:05.500+00:00"
    assert (failed["output"], failed["status"]) == ("no file", "error")
    assert "agent_state_changed" in state["text"]
    assert last["reply"] == "Done."
    assert (trace.status, trace.reason, trace.problems) == ("finished", None, [])


@pytest.mark.parametrize(
    ("make", "first", "last"),
    [
        (foreign.openhands_0, (1000, 50, 0.01), (1400, 30, 0.015)),
        (foreign.openhands_1, (100, 20, 0.5), (160, 5, 0.25)),
    ],
)
def test_sums_become_differences(tmp_path, make, first, last):
    """Each call has what was spent since the call before, and none counts twice."""
    _, events = read(tmp_path, make())
    spent = [
        (event["tokens_in"], event["tokens_out"], pytest.approx(event["cost_usd"]))
        for event in foreign.of_kind(events, "model")
    ]
    assert spent == [first, last]


def test_events_of_version_1(tmp_path):
    """Prompts, thoughts, calls and observations of the SDK's events, in either form."""
    trace, events = read(tmp_path, foreign.openhands_1(), lines=True)
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "model", "end"]
    _, first, ran, last, _ = events
    assert first["messages"] == [
        {"role": "system", "content": "Be good."},
        {"role": "user", "content": "Win."},
    ]
    assert (first["reply"], first["reasoning"]) == ("I look.", "Hm.")
    assert first["tool_calls"] == [
        {"name": "terminal", "arguments": {"command": "ls"}, "id": "call_1"}
    ]
    assert (ran["output"], ran["status"], ran["duration_s"]) == ("train.csv", "ok", 2.0)
    assert last["reply"] == "Done."
    assert trace.status == "finished"
    assert read(tmp_path, foreign.openhands_1())[1] == events


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "AgentErrorEvent", "error": "no such tool"},
        {"kind": "UserRejectObservation", "rejection_reason": "no such tool"},
        {"observation": {"content": "no such tool", "is_error": True}},
        {"observation": {"output": "no such tool", "metadata": {"exit_code": 1}}},
    ],
)
def test_answers_that_failed(tmp_path, change):
    """Each way to say that a tool failed is an error with its text."""
    items = foreign.openhands_1()
    items[4] |= change
    _, events = read(tmp_path, items, lines=True)
    (ran,) = foreign.of_kind(events, "tool")
    assert (ran["output"], ran["status"]) == ("no such tool", "error")


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("error", "failed", "out of money"),
        ("stopped", "stopped", "out of money"),
        ("finished", "finished", None),
    ],
)
def test_state_says_how_version_0_ended(tmp_path, state, status, reason):
    """The last state of the agent is the status, with the reason that it names."""
    items = foreign.openhands_0()
    items[-1]["extras"] = {"agent_state": state, "reason": "out of money"}
    trace, _ = read(tmp_path, items)
    assert (trace.status, trace.reason) == (status, reason)


@pytest.mark.parametrize(
    ("state", "status"), [("stuck", "failed"), ("paused", "stopped")]
)
def test_state_says_how_version_1_ended(tmp_path, state, status):
    """The last execution status is the status."""
    items = foreign.openhands_1()
    items.append(
        items[3] | {"key": "execution_status", "value": state},
    )
    trace, _ = read(tmp_path, items, lines=True)
    assert trace.status == status
    assert state in trace.reason


def test_failed_conversation(tmp_path):
    """An error of the conversation is an error event and the reason."""
    items = foreign.openhands_1()
    items[-1] = {
        "kind": "ConversationErrorEvent", "source": "environment", "code": "Budget",
        "detail": "used up", "timestamp": None, "id": "x",
    }  # fmt: skip
    trace, events = read(tmp_path, items, lines=True)
    assert (trace.status, trace.reason) == ("failed", "Budget: used up")
    assert foreign.of_kind(events, "error")[0]["message"] == "Budget: used up"


@pytest.mark.parametrize(
    ("code", "status"),
    [("MaxIterationsReached", "step-limit"), ("MaxBudgetReached", "cost-limit")],
)
def test_limits_are_no_errors(tmp_path, code, status):
    """A limit of the SDK comes as an error, and its last state is one as well."""
    item = {
        "kind": "ConversationErrorEvent", "source": "environment", "code": code,
        "detail": "no more",
    }  # fmt: skip
    last = {
        "kind": "ConversationStateUpdateEvent", "source": "environment",
        "key": "execution_status", "value": "error",
    }  # fmt: skip
    trace, events = read(tmp_path, [*foreign.openhands_1()[:5], item, last])
    assert (trace.status, trace.reason) == (status, f"{code}: no more")
    assert not foreign.of_kind(events, "error")
    assert foreign.of_kind(events, "limit")[0]["limit"] == status


def test_conversation_of_the_sdk_is_one_trace(tmp_path):
    """Events in files of their own are one trace, with the costs that its state has."""
    folder = captured.write_openhands_conversation(tmp_path / "c0ffee")
    (trace,) = openhands.read(tmp_path)
    events = list(trace.events)
    assert trace.source == folder
    assert (trace.model, trace.status) == ("openai/gpt-4o", "finished")
    first, last = foreign.of_kind(events, "model")
    assert (first["tokens_in"], first["tokens_out"]) == (500, 40)
    assert first["cost_usd"] == 0.0015
    # What no answer accounts for, as a summary of the history, goes to the last call.
    assert (last["tokens_in"], last["tokens_out"]) == (600, 50)
    assert foreign.summed(events, "cost_usd") == pytest.approx(0.004)
    assert [event["kind"] for event in events] == [
        "start", "model", "tool", "model", "end",
    ]  # fmt: skip


def test_conversation_with_broken_files(tmp_path):
    """A file that is no event is a problem, a link is none, a state may be missing."""
    folder = captured.write_openhands_conversation(tmp_path / "c0ffee")
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({**foreign.openhands_1()[1], "id": "secret"}))
    (folder / "events" / "event-00007-aaaaaaaa.json").symlink_to(secret)
    (folder / "events" / "event-00008-aaaaaaaa.json").write_text("[1]")
    (folder / "events" / "event-00009-aaaaaaaa.json").write_text("what?")
    (folder / "base_state.json").unlink()
    (trace,) = openhands.read(folder)
    events = list(trace.events)
    assert len(foreign.of_kind(events, "model")) == 2
    assert [problem.skipped for problem in trace.problems] == [1, 1]
    assert not foreign.of_kind(events, "note")
    assert events[-1]["status"] == trace.status == "finished"


def test_state_of_a_conversation_may_be_anything(tmp_path):
    """Whatever one value of the state is, its events are a trace in order."""
    folder = captured.write_openhands_conversation(tmp_path / "c0ffee")
    state = folder / "base_state.json"

    @settings(deadline=None)
    @given(document=foreign.mutated(json.loads(state.read_text())))
    def check(document):
        state.write_text(json.dumps(document))
        foreign.check_sound(openhands, folder)

    check()


@pytest.mark.parametrize(
    ("make", "until"), [(foreign.openhands_0, 4), (foreign.openhands_1, 4)]
)
def test_call_without_observation_is_an_error(tmp_path, make, until):
    """A conversation that was cut leaves its open call as one that failed."""
    trace, events = read(tmp_path, make()[:until])
    open_call = foreign.of_kind(events, "tool")[-1]
    assert open_call["status"] == "error"
    assert open_call["output"].startswith("no result")
    assert trace.status == "stopped"


def test_cut_list_is_read_as_far_as_it_goes(tmp_path):
    """A list that was cut off gives its whole events, and a problem."""
    path = tmp_path / "s.json"
    whole = json.dumps(foreign.openhands_0(), indent=1)
    path.write_text(whole[: whole.index('"id": 6')])
    assert openhands.matches(path)
    (trace,) = openhands.read(path)
    assert len(foreign.of_kind(trace.events, "tool")) == 2
    assert [problem.kind for problem in trace.problems] == ["cut off"]
    assert trace.status == "stopped"


def test_broken_records_are_problems(tmp_path):
    """What is no object is counted, in a list and in lines; a torn line is not."""
    items = foreign.openhands_0()
    expected = read(tmp_path, items)[1]
    trace, events = read(tmp_path, [7, *items, None])
    assert events == expected
    assert len(trace.problems) == 2
    items = foreign.openhands_1()
    expected = read(tmp_path, items, lines=True)[1]
    path = tmp_path / "s.json"
    path.write_bytes(
        b"\xef\xbb\xbfAgent is working\n" + path.read_bytes() + b'{"kind": "Act'
    )
    assert openhands.matches(path)
    (trace,) = openhands.read(path)
    assert list(trace.events) == expected
    assert len(trace.problems) == 1


def test_bytes_that_are_no_text(tmp_path):
    """A byte order mark is passed over, and a bad byte becomes a replacement."""
    path = tmp_path / "s.json"
    data = json.dumps(foreign.openhands_0()).encode().replace(b"I look.", b"I \xff.")
    path.write_bytes(b"\xef\xbb\xbf" + data)
    assert openhands.matches(path)
    (trace,) = openhands.read(path)
    assert foreign.of_kind(trace.events, "model")[0]["reply"] == "I \ufffd."


@pytest.mark.parametrize("data", [b"", b"[]", b"[1]", b"{}\n", b"[[", b"hello"])
def test_file_without_events_is_refused(tmp_path, data):
    """A file that holds nothing of ours says so."""
    path = tmp_path / "s.json"
    path.write_bytes(data)
    assert not openhands.matches(path)
    with pytest.raises(StoreError, match=r"s\.json"):
        openhands.read(path)


def test_formats_are_told_apart(tmp_path):
    """Its own three files are recognised, and no file of another tool."""
    assert foreign.taken(openhands, tmp_path) == {"openhands": 3}


@pytest.mark.parametrize(
    ("make", "lines"), [(foreign.openhands_0, False), (foreign.openhands_1, True)]
)
def test_any_value_of_any_type(tmp_path_factory, make, lines):
    """Whatever one value becomes, there are events or a plain error."""
    path = tmp_path_factory.mktemp("any") / "s.json"

    @__import__("hypothesis").settings(
        deadline=None,
        suppress_health_check=list(__import__("hypothesis").HealthCheck),
    )
    @given(items=foreign.mutated(make()))
    def check(items):
        if lines:
            foreign.write_lines(path, items)
        else:
            path.write_text(json.dumps(items))
        openhands.matches(path)
        foreign.check_sound(openhands, path)

    check()


def test_long_stream_needs_no_more_memory(tmp_path):
    """Four times the lines take about the same memory."""
    _, _, action, _, observation, *_ = foreign.openhands_1()

    def lines(count):
        for n in range(count):
            ids = {"tool_call_id": f"c{n}", "llm_response_id": f"r{n}"}
            yield action | ids
            yield observation | ids | {"observation": {"content": "x" * 3000}}

    short = foreign.write_lines(tmp_path / "short.jsonl", lines(200))
    long = foreign.write_lines(tmp_path / "long.jsonl", lines(800))
    few, low = foreign.peak_of(openhands, short)
    many, high = foreign.peak_of(openhands, long)
    assert (few, many) == (402, 1602)
    assert high < low * 1.25
