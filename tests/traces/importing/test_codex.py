import pytest
from hypothesis import given

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import codex
from tests.traces.importing import captured, foreign


def read(tmp_path, items):
    (trace,) = codex.read(foreign.write_lines(tmp_path / "s.jsonl", items))
    return trace, list(trace.events)


def test_stream_becomes_calls_and_answers(tmp_path):
    """Each item finds its call; commands and changes of files are tools."""
    trace, events = read(tmp_path, foreign.codex_stream())
    kinds = [event["kind"] for event in events]
    assert kinds == [
        "start", "model", "tool", "note", "model", "tool", "note", "model", "tool",
        "model", "end",
    ]  # fmt: skip
    _, first, listed, plan, _, changed, lost, _, failed, last, _ = events
    assert first["reasoning"] == "**Looking**"
    assert first["tool_calls"] == [
        {
            "name": "command_execution",
            "arguments": {"command": "bash -lc ls"},
            "id": "item_1",
        }
    ]
    assert (listed["output"], listed["status"]) == ("train.csv\n", "ok")
    assert plan["text"] == "[ ] fit"
    assert changed["name"] == "file_change"
    assert changed["arguments"] == {"changes": [{"path": "a.py", "kind": "add"}]}
    assert lost["text"] == "error: Reconnecting... 1/5"
    assert (failed["output"], failed["status"]) == ("KeyError\n", "error")
    assert last["reply"] == "Done."
    assert (trace.status, trace.reason, trace.problems) == ("finished", None, [])


def test_stream_has_no_times(tmp_path):
    """Where the tool writes no time, no event has one."""
    _, events = read(tmp_path, foreign.codex_stream())
    for event in events:
        assert not {"time", "elapsed_s", "duration_s"} & event.keys()


def test_turn_gives_its_tokens_to_its_last_call(tmp_path):
    """Tokens of a turn are counted once; a second turn says those of both."""
    stream = foreign.codex_stream()
    _, events = read(tmp_path, stream)
    last = foreign.of_kind(events, "model")[-1]
    assert (last["tokens_in"], last["tokens_out"]) == (24763, 122)
    assert foreign.summed(events, "tokens_in") == 24763
    usage = {"input_tokens": 30000, "output_tokens": 150}
    second = {"type": "turn.completed", "usage": usage}
    _, events = read(tmp_path, [*stream, *stream[1:-1], second])
    assert foreign.summed(events, "tokens_in") == 30000
    assert foreign.summed(events, "tokens_out") == 150
    # Another thread begins at 0.
    other = {"type": "thread.started", "thread_id": "other"}
    _, events = read(tmp_path, [*stream, other, *stream[1:-1], second])
    assert foreign.summed(events, "tokens_in") == 24763 + 30000


def test_total_of_a_thread_that_fell_counts_anew(tmp_path):
    """A turn below the one before is taken for itself."""
    stream = foreign.codex_stream()
    usage = {"input_tokens": 100, "output_tokens": 10}
    low = {"type": "turn.completed", "usage": usage}
    _, events = read(tmp_path, [*stream, *stream[1:-1], low])
    assert foreign.summed(events, "tokens_in") == 24763 + 100
    assert foreign.summed(events, "tokens_out") == 122 + 10


def test_turn_without_a_call_is_settled_at_the_end(tmp_path):
    """Tokens are not lost when the turn has no item."""
    stream = foreign.codex_stream()
    _, events = read(tmp_path, [stream[0], stream[1], stream[-1]])
    assert events[-1]["tokens_in"] == 24763


def test_old_key_of_the_type(tmp_path):
    """Streams that call the type `item_type` and the message otherwise are read."""
    item = {"id": "item_0", "item_type": "assistant_message", "text": "Done."}
    path = foreign.write_lines(
        tmp_path / "s.jsonl", [{"type": "item.completed", "item": item}]
    )
    assert codex.matches(path)
    (trace,) = codex.read(path)
    assert foreign.of_kind(trace.events, "model")[0]["reply"] == "Done."


def test_failed_turn(tmp_path):
    """A turn that failed says why."""
    failed = {"type": "turn.failed", "error": {"message": "quota is used up"}}
    trace, events = read(tmp_path, [*foreign.codex_stream()[:-1], failed])
    assert (trace.status, trace.reason) == ("failed", "quota is used up")
    assert foreign.of_kind(events, "error")[0]["message"] == "quota is used up"


def test_cut_stream(tmp_path):
    """A stream that ends within a turn was stopped, and by an error if it had one."""
    stream = foreign.codex_stream()
    trace, events = read(tmp_path, stream[:4])
    assert trace.status == "stopped"
    assert foreign.of_kind(events, "tool")[0]["status"] == "error"
    assert foreign.of_kind(events, "tool")[0]["output"].startswith("no result")
    trace, _ = read(tmp_path, stream[:8])
    assert trace.status == "failed"
    assert trace.reason == "the stream ended within a turn: Reconnecting... 1/5"
    trace, _ = read(tmp_path, stream[:9])
    assert trace.status == "stopped"


def test_other_items(tmp_path):
    """Tools of servers and searches are tools, errors are errors, the rest is kept."""
    items = [
        foreign.codex_item(
            "completed", "a", "mcp_tool_call", server="docs", tool="find",
            arguments={"q": 1}, result={"content": [{"type": "text", "text": "here"}]},
            status="completed",
        ),
        foreign.codex_item(
            "completed", "b", "mcp_tool_call", server="docs", tool="find",
            arguments={}, error={"message": "no such page"}, status="failed",
        ),
        foreign.codex_item("completed", "c", "web_search", query="auc"),
        foreign.codex_item("completed", "d", "error", message="odd"),
        foreign.codex_item("completed", "e", "brand_new", x=1),
    ]  # fmt: skip
    _, events = read(tmp_path, items)
    found, missing, searched = foreign.of_kind(events, "tool")
    assert found["name"] == "docs.find"
    assert found["arguments"] == {"q": 1}
    assert (found["output"], found["status"]) == ("here", "ok")
    assert (missing["output"], missing["status"]) == ("no such page", "error")
    assert searched["arguments"] == {"query": "auc"}
    assert foreign.of_kind(events, "error")[0]["message"] == "odd"
    assert "brand_new" in foreign.of_kind(events, "note")[0]["text"]


def test_rollout(tmp_path):
    """A rollout has times, its model, the prompt and the exit code of each command."""
    trace, events = read(tmp_path, foreign.codex_rollout())
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "model", "end"]
    start, first, ran, last, _ = events
    assert trace.model == start["model"] == "gpt-5-codex"
    assert (start["version"], start["cwd"]) == ("0.118.0", "/w")
    assert first["messages"] == [{"role": "user", "content": "Win."}]
    assert first["reasoning"] == "Looking"
    assert first["tool_calls"][0]["arguments"] == {"command": ["bash", "-lc", "ls"]}
    assert (ran["output"], ran["status"], ran["duration_s"]) == ("boom", "error", 2.0)
    assert ran["time"] == "2026-11-23T10:00:06.000+00:00"
    assert last["reply"] == "Done."
    assert last["elapsed_s"] == 8.0
    assert trace.status == "finished"


def test_rollout_counts_each_call(tmp_path):
    """Running totals become differences; a repeated total adds nothing."""
    _, events = read(tmp_path, foreign.codex_rollout())
    first, last = foreign.of_kind(events, "model")
    assert (first["tokens_in"], first["tokens_out"]) == (1000, 40)
    assert (last["tokens_in"], last["tokens_out"]) == (1500, 15)


def test_rollout_with_items(tmp_path):
    """Items repeat what is there and split no call, but say how commands went."""
    trace, events = read(tmp_path, captured.codex_rollout())
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "tool", "tool", "note", "model", "end"]
    _, first, fitted, failed, unknown, note, last, _ = events
    assert (first["reasoning"], first["reply"]) == ("Looking", "I look.")
    assert [call["id"] for call in first["tool_calls"]] == ["c1", "c2", "c3"]
    assert (fitted["status"], fitted["duration_s"]) == ("ok", 1.5)
    assert (failed["status"], failed["duration_s"]) == ("error", 0.25)
    assert unknown["status"] == "error"
    assert "BrandNew" in note["text"]
    assert (first["tokens_in"], last["tokens_in"]) == (1000, 1500)
    assert (first["tokens_out"], last["tokens_out"]) == (30, 40)
    assert trace.status == "finished"


def test_turn_that_completed_with_an_error(tmp_path):
    """Newer versions tell an error only where a turn is complete."""
    rollout = captured.codex_rollout()
    rollout[-2]["payload"]["error"] = {"message": "refused", "codex_error_info": "x"}
    trace, events = read(tmp_path, rollout)
    assert (trace.status, trace.reason) == ("failed", "refused")
    assert [event["message"] for event in foreign.of_kind(events, "error")] == [
        "refused"
    ]


def test_totals_that_begin_anew(tmp_path):
    """Where the running total falls, the usage of the last call is taken."""
    rollout = foreign.codex_rollout()
    rollout[12] = foreign.rollout_tokens(8, (300, 20), (300, 20))
    _, events = read(tmp_path, rollout)
    assert foreign.summed(events, "tokens_in") == 1300
    assert foreign.summed(events, "tokens_out") == 60


@pytest.mark.parametrize(
    ("output", "text", "status"),
    [
        ("Exit code: 1\nWall time: 0.1 seconds\nOutput:\nx", None, "error"),
        ("Exit code: 0\nOutput:\nx", None, "ok"),
        ("Process exited with code 3\nOutput:\nx", None, "error"),
        ('{"score": 1}', '{"score": 1}', "ok"),
        ({"content": "x", "success": False}, "x", "error"),
        ([{"type": "input_text", "text": "x"}], "x", "ok"),
        ('{"output": broken', '{"output": broken', "ok"),
    ],
)
def test_answers_of_tools(tmp_path, output, text, status):
    """The exit code is found in each way of writing it; other text stays as it is."""
    rollout = foreign.codex_rollout()
    rollout[8]["payload"]["output"] = output
    _, events = read(tmp_path, rollout)
    (ran,) = foreign.of_kind(events, "tool")
    assert (ran["output"], ran["status"]) == (output if text is None else text, status)


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        ({"type": "turn_aborted", "reason": "interrupted"}, "stopped", "interrupted"),
        ({"type": "error", "message": "quota"}, "failed", "quota"),
        ({"type": "brand_new"}, "stopped", "within a turn"),
    ],
)
def test_rollout_that_ends_badly(tmp_path, line, status, reason):
    """Aborted, failed and cut rollouts are not finished."""
    lines = [*foreign.codex_rollout()[:9], foreign.rollout_line(7, "event_msg", **line)]
    trace, _ = read(tmp_path, lines)
    assert trace.status == status
    assert reason in trace.reason


@pytest.mark.parametrize("make", [foreign.codex_stream, foreign.codex_rollout])
def test_broken_lines_are_problems_and_a_torn_one_is_none(tmp_path, make):
    """Junk hides nothing and is counted; half a last line may still be written."""
    path = foreign.write_lines(tmp_path / "s.jsonl", make())
    expected = list(codex.read(path)[0].events)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3:3] = [b"junk\xff\n", b"[1]\n", b"[" * 50_000 + b"\n"]
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(lines) + b'{"type": "item.com')
    assert codex.matches(path)
    (trace,) = codex.read(path)
    assert list(trace.events) == expected
    assert len(trace.problems) == 3


def test_bytes_that_are_no_text(tmp_path):
    """A bad byte becomes a replacement."""
    path = foreign.write_lines(tmp_path / "s.jsonl", foreign.codex_stream())
    path.write_bytes(path.read_bytes().replace(b"Done.", b"D\xffne."))
    (trace,) = codex.read(path)
    assert foreign.of_kind(trace.events, "model")[-1]["reply"] == "D\ufffdne."


@pytest.mark.parametrize("data", [b"", b"\n", b"hello\n", b'{"type": "other"}\n'])
def test_file_without_records_is_refused(tmp_path, data):
    """A file that holds nothing of ours says so, and what to give instead."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(data)
    assert not codex.matches(path)
    with pytest.raises(StoreError, match="Give the output of `codex exec"):
        codex.read(path)


def test_formats_are_told_apart(tmp_path):
    """Streams, also quoting ones, and rollouts are recognised, and nothing else."""
    assert foreign.taken(codex, tmp_path) == {"codex": 3}


def test_long_first_line_is_recognised(tmp_path):
    """Instructions that fill the whole look do not hide what the file is."""
    rollout = foreign.codex_rollout()
    rollout[0]["payload"]["instructions"] = "x" * 200_000
    path = foreign.write_lines(tmp_path / "s.jsonl", rollout)
    assert codex.matches(path)
    assert codex.read(path)[0].model == "gpt-5-codex"


@pytest.mark.parametrize(
    "make", [foreign.codex_stream, foreign.codex_rollout, captured.codex_rollout]
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
        codex.matches(path)
        foreign.check_sound(codex, path)

    check()


@pytest.mark.parametrize("style", ["stream", "rollout"])
def test_long_stream_needs_no_more_memory(tmp_path, style):
    """Four times the lines take about the same memory."""

    def lines(count):
        if style == "stream":
            for n in range(count):
                yield foreign.codex_item(
                    "completed", f"i{n}", "command_execution", command="ls",
                    aggregated_output="x" * 3000, exit_code=0,
                )  # fmt: skip
            return
        yield foreign.codex_rollout()[0]
        for n in range(count):
            said = {"call_id": f"c{n}", "name": "shell", "arguments": "{}"}
            answer = {"call_id": f"c{n}", "output": "x" * 3000}
            yield foreign.rollout_line(1, "response_item", type="function_call", **said)
            yield foreign.rollout_line(
                1, "response_item", type="function_call_output", **answer
            )

    short = foreign.write_lines(tmp_path / "short.jsonl", lines(200))
    long = foreign.write_lines(tmp_path / "long.jsonl", lines(800))
    few, low = foreign.peak_of(codex, short)
    many, high = foreign.peak_of(codex, long)
    assert (few, many) == (402, 1602)
    assert high < low * 1.25
