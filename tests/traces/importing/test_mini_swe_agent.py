import json

import pytest
from hypothesis import given

from mle_toolkit.traces.importing import swe_agent
from tests.traces.importing import captured, foreign


def read(tmp_path, document, name="django__django-1.traj.json"):
    path = tmp_path / name
    path.write_text(json.dumps(document, indent=2))
    (trace,) = swe_agent.read(path)
    return trace, list(trace.events)


def test_messages_become_calls_and_answers(tmp_path):
    """Each answer is a call with its tokens and times, each command a tool."""
    trace, events = read(tmp_path, captured.mini_trajectory())
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "tool", "model", "tool", "note", "end"]
    start, first, listed, failed, last, sent, note, end = events
    assert (start["competition"], start["version"]) == ("django__django-1", "2.4.6")
    assert (trace.scaffold, trace.model) == ("mini-swe-agent", "openai/gpt-4o")
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    assert (first["reply"], first["reasoning"]) == ("I look.", "Hm.")
    assert (first["tokens_in"], first["tokens_out"]) == (500, 40)
    assert (listed["arguments"], listed["output"]) == ({"command": "ls"}, "a.csv\n")
    assert (listed["status"], listed["duration_s"]) == ("ok", 2.0)
    assert (failed["status"], failed["name"]) == ("error", "bash")
    assert last["messages"] == [{"role": "user", "content": "No command?"}]
    assert (sent["status"], sent["output"]) == ("ok", "my answer\n")
    assert "duration_s" not in sent
    assert "my answer" in note["text"]
    assert end["elapsed_s"] == 4.0
    assert (trace.status, trace.problems) == ("finished", [])
    assert "not for a trace" not in json.dumps(events)


def test_cost_that_no_message_names_goes_to_the_last_call(tmp_path):
    """The sum of the attempt includes answers that could not be read."""
    _, events = read(tmp_path, captured.mini_trajectory())
    first, last = foreign.of_kind(events, "model")
    assert (first["cost_usd"], last["cost_usd"]) == (0.25, 0.375)
    assert foreign.summed(events, "cost_usd") == 0.625
    assert foreign.summed(events, "tokens_in") == 500 + 504


@pytest.mark.parametrize(
    ("said", "step_limit", "status"),
    [
        ("LimitsExceeded", 3, "step-limit"),
        ("LimitsExceeded", 0, "cost-limit"),
        ("LimitsExceeded", 4, "cost-limit"),
        ("TimeExceeded", 0, "time-limit"),
        ("RepeatedFormatError", 0, "failed"),
        ("", 0, "stopped"),
    ],
)
def test_exit_status(tmp_path, said, step_limit, status):
    """One word stands for two limits: the settings tell which one it was."""
    config = {"agent": {"step_limit": step_limit}}
    document = captured.mini_trajectory(exit_status=said, config=config)
    trace, events = read(tmp_path, document)
    assert (trace.status, events[-1]["status"]) == (status, status)
    # The command that was open is not said to have gone well.
    assert foreign.of_kind(events, "tool")[-1]["status"] == "error"


def test_commands_in_text(tmp_path):
    """Without ids the outputs, as messages of the user, follow their commands."""
    document = captured.mini_trajectory()
    for message in document["messages"]:
        message.pop("tool_call_id", None)
        for action in message.get("extra", {}).get("actions", []):
            del action["tool_call_id"]
        if message["role"] == "tool":
            message["role"] = "user"
    _, events = read(tmp_path, document)
    tools = foreign.of_kind(events, "tool")
    assert [tool["arguments"]["command"] for tool in tools] == ["ls", "false", "submit"]
    assert [tool["status"] for tool in tools] == ["ok", "error", "ok"]


def test_answers_of_the_responses_api(tmp_path):
    """The messages may be answers of the Responses API as they came."""
    document = captured.mini_trajectory()
    answer = document["messages"][2]
    del answer["role"], answer["content"], answer["extra"]["response"]
    said = [{"type": "output_text", "text": "I look."}]
    answer |= {
        "object": "response",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": said},
        ],
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }
    for output in document["messages"][3:5]:
        key, text = output.pop("tool_call_id"), output.pop("content")
        del output["role"]
        output |= {"type": "function_call_output", "call_id": key, "output": text}
    _, events = read(tmp_path, document)
    first = foreign.of_kind(events, "model")[0]
    assert (first["reply"], first["tokens_in"], first["tokens_out"]) == (
        "I look.",
        7,
        3,
    )
    assert [tool["status"] for tool in foreign.of_kind(events, "tool")] == [
        "ok", "error", "ok",
    ]  # fmt: skip


@given(document=foreign.mutated(captured.mini_trajectory()))
def test_any_value_may_be_anything(tmp_path_factory, document):
    """Whatever one value is, there is a trace in order or a refusal."""
    path = tmp_path_factory.mktemp("mini") / "x.traj.json"
    path.write_text(json.dumps(document))
    swe_agent.matches(path)
    foreign.check_sound(swe_agent, path)
