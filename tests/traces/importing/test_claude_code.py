import json

import pytest
from hypothesis import given

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import claude_code
from mle_toolkit.traces.importing.storing import import_traces
from tests.traces.importing import captured, foreign


def read(tmp_path, items):
    (trace,) = claude_code.read(foreign.write_lines(tmp_path / "s.jsonl", items))
    return trace, list(trace.events)


def test_stream_becomes_calls_and_answers(tmp_path):
    """Lines of one message are one call; a call and its result are one event."""
    trace, events = read(tmp_path, foreign.claude_stream())
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "tool", "note", "model", "end"]
    _, first, listed, failed, _, second, end = events
    assert first["reasoning"] == "Look first."
    assert first["reply"] == "I look."
    assert first["tool_calls"] == [
        {"name": "Bash", "arguments": {"command": "ls"}, "id": "t1"},
        {"name": "Read", "arguments": {"path": "x"}, "id": "t2"},
    ]
    assert first["time"] == "2026-11-23T10:00:04.000+00:00"
    assert listed["output"] == "train.csv"
    assert listed["status"] == "ok"
    assert listed["time"] == "2026-11-23T10:00:06.500+00:00"
    assert listed["duration_s"] == 3.5
    assert listed["elapsed_s"] == 5.5
    assert (failed["output"], failed["status"]) == ("no file", "error")
    assert second["reply"] == "Done."
    assert end["turns"] == 2
    assert end["elapsed_s"] == 12.5
    assert trace.model == "claude-sonnet-4-5"
    assert (trace.status, trace.reason, trace.problems) == ("finished", None, [])


def test_start_says_who_ran(tmp_path):
    """The start has the model, the version and the folder of the init line."""
    _, events = read(tmp_path, foreign.claude_stream())
    assert events[0] == {
        "kind": "start",
        "competition": "unknown",
        "agent": "claude-code/claude-sonnet-4-5",
        "model": "claude-sonnet-4-5",
        "seed": 0,
        "version": "2.1.330",
        "cwd": "/workspace",
        "session": "s-1",
        "permission_mode": "bypassPermissions",
        "time": "2026-11-23T10:00:01.000+00:00",
        "elapsed_s": 0.0,
    }


def test_totals_are_those_of_the_result(tmp_path):
    """Usage counts once a message, and the last call settles with the result."""
    _, events = read(tmp_path, foreign.claude_stream())
    first, last = foreign.of_kind(events, "model")
    assert (first["tokens_in"], first["tokens_out"]) == (157, 1)
    assert (last["tokens_in"], last["tokens_out"]) == (187, 63)
    assert foreign.summed(events, "tokens_in") == 130 + 207 + 7
    assert foreign.summed(events, "tokens_out") == 64
    assert foreign.summed(events, "cost_usd") == 0.0125
    assert last["cost_usd"] == 0.0125


def test_result_without_a_call_settles_at_the_end(tmp_path):
    """What no call accounts for is in the end event when there was no call."""
    stream = foreign.claude_stream()
    _, events = read(tmp_path, [stream[0], stream[-1]])
    assert events[-1]["tokens_in"] == 344
    assert events[-1]["tokens_out"] == 64
    assert events[-1]["cost_usd"] == 0.0125


def test_messages_that_count_more_are_kept_and_named(tmp_path):
    """A result below the sum of its messages takes nothing away, and is a problem."""
    stream = foreign.claude_stream()
    stream[-1]["usage"] = foreign.claude_usage(1, 64)
    trace, events = read(tmp_path, stream)
    assert foreign.summed(events, "tokens_in") == 157 + 187
    assert foreign.summed(events, "tokens_out") == 64
    assert [problem.kind for problem in trace.problems] == ["token totals"]


def test_results_of_a_session_are_running_totals(tmp_path):
    """The last result of each session counts, and sessions add up."""
    stream = foreign.claude_stream()
    early = {
        **stream[-1],
        "usage": foreign.claude_usage(100, 9),
        "total_cost_usd": 0.01,
    }
    other = {**early, "session_id": "s-2", "total_cost_usd": 0.5}
    _, events = read(tmp_path, [*stream[:-1], early, stream[-1], other])
    assert foreign.summed(events, "tokens_in") == 344 + 100
    assert foreign.summed(events, "tokens_out") == 64 + 9
    assert foreign.summed(events, "cost_usd") == 0.5125


@pytest.mark.parametrize(
    ("subtype", "is_error", "status", "kind"),
    [
        ("error_max_turns", True, "step-limit", "limit"),
        ("error_max_budget_usd", True, "cost-limit", "limit"),
        ("error_during_execution", True, "failed", "error"),
        ("success", True, "failed", "error"),
        ("brand_new", False, "failed", "error"),
    ],
)
def test_result_says_how_it_ended(tmp_path, subtype, is_error, status, kind):
    """A limit is a status of its own, and an error is one although it "succeeds"."""
    stream = foreign.claude_stream()
    stream[-1] |= {"subtype": subtype, "is_error": is_error, "result": "Sorry"}
    trace, events = read(tmp_path, stream)
    assert trace.status == status
    assert trace.reason == ("Sorry" if subtype == "success" else f"{subtype}: Sorry")
    assert events[-1]["status"] == status
    assert len(foreign.of_kind(events, kind)) == 1


def test_call_without_result_is_an_error(tmp_path):
    """A stream that was cut leaves its open call as one that failed."""
    trace, events = read(tmp_path, foreign.claude_stream()[:6])
    open_call = foreign.of_kind(events, "tool")[-1]
    assert open_call["call_id"] == "t2"
    assert open_call["status"] == "error"
    assert open_call["output"] == "no result: the stream ended"
    assert "duration_s" not in open_call
    assert trace.status == "stopped"
    assert "without a result" in trace.reason


def test_log_of_a_session(tmp_path):
    """A session log has the prompt, ends well with an answer, and has no cost."""
    trace, events = read(tmp_path, foreign.claude_log())
    first, second = foreign.of_kind(events, "model")
    assert first["messages"] == [{"role": "user", "content": "Win the competition."}]
    assert "messages" not in second
    assert trace.status == "finished"
    assert events[0]["version"] == "2.1.330"
    assert foreign.summed(events, "tokens_in") == 157 + 187
    assert not any("cost_usd" in event for event in events)
    cut, _ = read(tmp_path, foreign.claude_log()[:-2])
    assert cut.status == "stopped"


def test_interleaved_messages_count_once(tmp_path):
    """A message goes on after one of an agent of the agent; its tokens count once."""
    usage = foreign.claude_usage(10, 1)
    lines = [
        foreign.claude_block("a", {"type": "text", "text": "one"}, usage, 1),
        foreign.claude_block(
            "b", {"type": "text", "text": "sub"}, usage, 2, parent_tool_use_id="t9"
        ),
        foreign.claude_block("a", {"type": "text", "text": "two"}, usage, 3),
    ]
    _, events = read(tmp_path, [*foreign.claude_stream()[:1], *lines])
    calls = foreign.of_kind(events, "model")
    assert [call["reply"] for call in calls] == ["one\n\ntwo", "sub"]
    assert [call["tokens_in"] for call in calls] == [10, 10]
    assert calls[1]["parent_call"] == "t9"
    assert calls[1]["subagent"] is True


def test_agents_of_the_agent_work_meanwhile(tmp_path):
    """Each message is one call although another agent speaks in between."""
    trace, events = read(tmp_path, captured.claude_agents())
    calls = foreign.of_kind(events, "model")
    names = [[made["id"] for made in call.get("tool_calls", [])] for call in calls]
    assert names == [["t1"], ["t2", "t4"], ["t3"], [], [], []]
    assert [call.get("subagent") for call in calls] == [
        None, None, True, True, None, None,
    ]  # fmt: skip
    tools = {event["call_id"]: event for event in foreign.of_kind(events, "tool")}
    assert tools["t3"]["parent_call"] == "t1"
    assert (tools["t2"]["duration_s"], tools["t4"]["duration_s"]) == (4.0, 4.0)
    assert not foreign.of_kind(events, "note")
    assert trace.status == "finished"


def test_totals_are_those_of_all_agents_and_prompts(tmp_path):
    """The usage of a result leaves agents out; turns and times of prompts add up."""
    trace, events = read(tmp_path, captured.claude_agents())
    assert foreign.summed(events, "tokens_in") == 967
    assert foreign.summed(events, "tokens_out") == 127
    assert foreign.summed(events, "cost_usd") == 0.004
    assert events[-1]["turns"] == 4
    assert trace.problems == []


def test_result_at_the_budget_counts_what_was_used(tmp_path):
    """At its budget Claude Code says that it used nothing, but not of its models."""
    trace, events = read(tmp_path, captured.claude_out_of_money())
    assert trace.status == "cost-limit"
    assert foreign.summed(events, "tokens_in") == 160
    assert foreign.summed(events, "tokens_out") == 20
    assert foreign.summed(events, "cost_usd") == 0.00065
    assert trace.problems == []


def test_resumed_session_counts_what_is_in_the_stream(tmp_path):
    """Sums of the session include what came before; those since a result do not."""
    _, events = read(tmp_path, captured.claude_resumed())
    assert foreign.summed(events, "tokens_in") == 163 + 164
    assert foreign.summed(events, "tokens_out") == 46
    assert foreign.summed(events, "cost_usd") == 0.25
    assert events[-1]["turns"] == 2


def test_session_is_read_with_its_agents(tmp_path):
    """The agents' files are part of the session's trace, each with its own prompt."""
    path = captured.write_claude_session(tmp_path)
    (alone,), (trace,) = claude_code.read(path), claude_code.read(tmp_path)
    events = list(trace.events)
    assert alone.source == trace.source == path
    calls = foreign.of_kind(events, "model")
    assert [call.get("parent_call") for call in calls] == [None, "t1", None, "t1"]
    asked = [[m["content"] for m in call.get("messages", [])] for call in calls]
    assert asked == [["Win."], ["Look into it."], [], []]
    assert foreign.summed(events, "tokens_in") == 640
    assert foreign.summed(events, "tokens_out") == 80
    assert foreign.summed(events, "cost_usd") == 0.004
    assert not foreign.of_kind(events, "note")
    assert (trace.status, trace.problems) == ("step-limit", [])


def test_agents_behind_a_link_stay_unread(tmp_path):
    """A link in the place of the agents' folder leads nowhere."""
    captured.write_claude_session(tmp_path / "other")
    path = captured.write_claude_session(tmp_path / "own")
    agents = tmp_path / "own" / "s-1" / "subagents"
    agents.rename(tmp_path / "away")
    agents.symlink_to(tmp_path / "other" / "s-1" / "subagents")
    (trace,) = claude_code.read(path)
    assert len(foreign.of_kind(list(trace.events), "model")) == 2


def test_session_that_ends_with_an_error_of_the_provider(tmp_path):
    """The log of a session has no result: its last line says that it failed."""
    log = foreign.claude_log()
    last = {**log[-1], "isApiErrorMessage": True, "uuid": "u-error"}
    last["message"] = {
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": "API Error: 400"}],
    }
    trace, events = read(tmp_path, [*log, last])
    assert (trace.status, trace.reason) == ("failed", "API Error: 400")
    assert len(foreign.of_kind(events, "error")) == 1


def test_fragments_are_repeats_until_the_stream_is_cut(tmp_path):
    """Pieces of a message add nothing once it is whole, and are kept when it is not."""

    def piece(event):
        return {
            "type": "stream_event",
            "session_id": "s-1",
            "uuid": "f",
            "event": event,
        }

    start = piece({"type": "message_start", "message": {"id": "m1"}})
    delta = piece({"type": "content_block_delta", "delta": {"text": "I lo"}})
    stop = piece({"type": "message_stop"})
    stream = foreign.claude_stream()
    _, whole = read(
        tmp_path, [stream[0], start, delta, *stream[1:5], stop, *stream[5:]]
    )
    assert whole == read(tmp_path, stream)[1]
    _, cut = read(tmp_path, [stream[0], start, delta, delta])
    assert cut[-2]["text"] == "a message that was not ended: I loI lo"


def test_pictures_are_named_not_kept(tmp_path):
    """The bytes of a picture are counted in the output of the tool."""
    stream = foreign.claude_stream()
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 5000}
    part = {"type": "image", "source": source}
    stream[5] = foreign.claude_answer("t1", [part, {"type": "text", "text": "x"}], 6)
    _, events = read(tmp_path, stream)
    assert foreign.of_kind(events, "tool")[0]["output"] == (
        "[image/png, 5000 characters]\nx"
    )


def test_unknown_lines_become_notes(tmp_path):
    """A line of a new type is kept as a note of at most 4000 characters."""
    stream = foreign.claude_stream()
    stream.insert(1, {"type": "brand_new", "data": "y" * 9000})
    stream.insert(2, {"type": "system", "subtype": "task_started", "uuid": "x"})
    _, events = read(tmp_path, stream)
    long, started, _ = foreign.of_kind(events, "note")
    assert long["text"].startswith('{"type":"brand_new","data":"yyy')
    assert len(long["text"]) == 4000
    assert "task_started" in started["text"]


def test_broken_lines_are_problems_and_a_torn_one_is_none(tmp_path):
    """Junk hides nothing and is counted; half a last line may still be written."""
    path = foreign.write_lines(tmp_path / "s.jsonl", foreign.claude_stream())
    expected = list(claude_code.read(path)[0].events)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3:3] = [b"junk\xff\n", b"[1]\n", b"[" * 50_000 + b"\n", b"\n"]
    path.write_bytes(b"".join(lines) + b'{"type": "assis')
    (trace,) = claude_code.read(path)
    assert trace.problems == []
    assert list(trace.events) == expected
    assert len(trace.problems) == 3
    assert all("line" in problem.path for problem in trace.problems)


def test_bytes_that_are_no_text(tmp_path):
    """A byte order mark is passed over, and a bad byte becomes a replacement."""
    path = foreign.write_lines(tmp_path / "s.jsonl", foreign.claude_stream())
    data = path.read_bytes().replace(b"I look.", b"I \xfflook.")
    path.write_bytes(b"\xef\xbb\xbf" + data)
    assert claude_code.matches(path)
    (trace,) = claude_code.read(path)
    assert foreign.of_kind(trace.events, "model")[0]["reply"] == "I \ufffdlook."
    assert trace.problems == []


@pytest.mark.parametrize("data", [b"", b"\n", b"hello\n", b'{"type": "other"}\n'])
def test_file_without_records_is_refused(tmp_path, data):
    """A file that holds nothing of ours says so, and what to give instead."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(data)
    assert not claude_code.matches(path)
    with pytest.raises(StoreError, match="Give the output of `claude"):
        claude_code.read(path)


def test_missing_file_is_refused(tmp_path):
    """What is not there is an error, and is of no format."""
    assert not claude_code.matches(tmp_path / "none.jsonl")
    with pytest.raises(StoreError, match="cannot be read"):
        claude_code.read(tmp_path / "none.jsonl")


def test_formats_are_told_apart(tmp_path):
    """Its own two files are recognised, and no file of another tool."""
    assert foreign.taken(claude_code, tmp_path) == {"claude-code": 2}


def test_folder_gives_all_of_its_files(tmp_path):
    """A folder has one attempt per file, numbered when alike; links are left out."""
    deep = tmp_path / "out" / "mini-wine_01234567-89ab-cdef-0123-456789abcdef"
    deep.mkdir(parents=True)
    foreign.write_lines(deep / "a.jsonl", foreign.claude_stream())
    foreign.write_lines(deep / "b.jsonl", foreign.claude_stream())
    foreign.write_lines(tmp_path / "out" / "c.jsonl", foreign.codex_stream())
    outside = foreign.write_lines(tmp_path / "x.jsonl", foreign.claude_stream())
    (deep / "link.jsonl").symlink_to(outside)
    assert claude_code.matches(tmp_path / "out")
    traces = claude_code.read(tmp_path / "out")
    assert [trace.source.name for trace in traces] == ["a.jsonl", "b.jsonl"]
    assert [(t.competition, t.seed) for t in traces] == [
        ("mini-wine", 0),
        ("mini-wine", 1),
    ]
    start = next(iter(traces[1].events))
    assert (start["competition"], start["seed"]) == ("mini-wine", 1)


@pytest.mark.parametrize(
    "make",
    [
        foreign.claude_stream,
        foreign.claude_log,
        captured.claude_agents,
        captured.claude_resumed,
    ],
)
def test_any_value_of_any_type(tmp_path_factory, make):
    """Whatever one value of a stream becomes, there are events or a plain error."""
    path = tmp_path_factory.mktemp("any") / "s.jsonl"

    @__import__("hypothesis").settings(
        deadline=None,
        suppress_health_check=list(__import__("hypothesis").HealthCheck),
    )
    @given(items=foreign.mutated(make()))
    def check(items):
        foreign.write_lines(path, items)
        claude_code.matches(path)
        foreign.check_sound(claude_code, path)

    check()


def test_deep_nesting_is_a_problem_or_text(tmp_path):
    """Nesting that Python can parse and not walk through hides no other line."""
    deep = json.loads('{"a":[0,' * 200 + "1" + "]}" * 200)
    stream = foreign.claude_stream()
    stream[3]["message"]["content"][0]["input"] = deep
    stream[6]["message"]["content"][0]["content"] = [deep]
    trace, events = read(tmp_path, stream)
    assert len(foreign.of_kind(events, "tool")) == 2
    assert len(foreign.of_kind(events, "model")) == 2
    depth, value = 0, foreign.of_kind(events, "model")[0]["tool_calls"][0]["arguments"]
    while isinstance(value, (dict, list)):
        value = value["a"] if isinstance(value, dict) else value[1]
        depth += 1
    assert depth == 40
    assert trace.status == "finished"


def test_long_stream_needs_no_more_memory(tmp_path, monkeypatch):
    """Four times the lines take about the same memory."""
    monkeypatch.setattr(claude_code, "_MESSAGES_KEPT", 50)

    def lines(count):
        usage = foreign.claude_usage(10, 1)
        yield foreign.claude_stream()[0]
        for n in range(count):
            call = {"type": "tool_use", "id": f"t{n}", "name": "Bash", "input": {}}
            yield foreign.claude_block(f"m{n}", call, usage, n % 60)
            yield foreign.claude_answer(f"t{n}", "x" * 3000, n % 60)

    short = foreign.write_lines(tmp_path / "short.jsonl", lines(200))
    long = foreign.write_lines(tmp_path / "long.jsonl", lines(800))
    few, low = foreign.peak_of(claude_code, short)
    many, high = foreign.peak_of(claude_code, long)
    assert (few, many) == (402, 1602)
    assert high < low * 1.25


def test_stored_run_has_the_totals(tmp_path):
    """Stored as a run, the attempt has the tokens, cost and status of the result."""
    path = foreign.write_lines(tmp_path / "s.jsonl", foreign.claude_stream())
    assert import_traces(path, tmp_path / "run").rows == 1
    (result,) = (tmp_path / "run").rglob("result.json")
    said = json.loads(result.read_text())
    assert (said["tokens_in"], said["tokens_out"]) == (344, 64)
    assert said["cost_usd"] == 0.0125
    assert said["status"] == "finished"
    assert said["elapsed_s"] == 12.5
