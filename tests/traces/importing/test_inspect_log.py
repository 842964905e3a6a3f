"""Logs as Inspect writes them, made by hand: its own package is not needed."""

import json
import sys
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mle_toolkit.errors import MissingExtraError, StoreError
from mle_toolkit.traces.importing import detect, inspect_archive, read_traces
from mle_toolkit.traces.importing.inspect_log import matches

LONG = "a long text, which Inspect keeps elsewhere " * 5
HEADER = {
    "version": 2,
    "status": "success",
    "eval": {"task": "inspect_evals/mle_bench", "run_id": "r", "model": "openai/gpt-4o",
             "solver": "inspect_evals/aide", "dataset": {}},
    "plan": {"steps": [{"solver": "react"}]},
}  # fmt: skip
ASKED = [
    {"id": "m0", "role": "system", "content": "Be good."},
    {"id": "m1", "role": "user", "content": [{"type": "text", "text": "Solve it."}]},
]
CALL = {"id": "c1", "function": "bash", "arguments": {"command": "ls"}}
ANSWER = {"id": "m2", "role": "assistant", "tool_calls": [CALL], "content": [
    {"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "I look."},
]}  # fmt: skip
RESULT = {"id": "m3", "role": "tool", "tool_call_id": "c1", "content": "train.csv"}
LAST = {"id": "m4", "role": "assistant", "content": "attachment://abc123"}


def model(uuid, given, answer, **more):
    usage = {"input_tokens": 10, "input_tokens_cache_read": 5, "output_tokens": 3,
             "total_cost": 0.01}  # fmt: skip
    output = {"choices": [{"message": answer}] if answer else [], "usage": usage}
    return {"event": "model", "uuid": uuid, "output": output,
            "timestamp": "2026-11-01T10:00:01Z", "completed": "2026-11-01T10:00:03Z",
            **given, **more}  # fmt: skip


def make_sample(**more):
    events = [
        {"event": "span_begin", "id": "s", "name": "solvers", "uuid": "u0",
         "timestamp": "2026-11-01T10:00:00Z"},
        {"event": "sample_init", "uuid": "u1"},
        model("u2", {"input": ASKED}, None, pending=True),
        model("u2", {"input": ASKED}, ANSWER, working_time=1.5),
        {"event": "tool", "uuid": "u3", "id": "c1", "function": "bash",
         "arguments": {"command": "ls"}, "pending": True},
        {"event": "tool", "uuid": "u3", "id": "c1", "function": "bash",
         "arguments": {"command": "ls"}, "result": "train.csv",
         "timestamp": "2026-11-01T10:00:03Z", "completed": "2026-11-01T10:00:04Z"},
        {"event": "state", "uuid": "u4", "changes": []},
        model("u5", {"input": [], "input_refs": [[0, 4]]}, LAST),
        {"event": "logger", "uuid": "u6", "message": {"message": LONG}},
    ]  # fmt: skip
    return {
        "id": "leaf", "epoch": 2, "input": "Solve it.", "target": "",
        "messages": [], "started_at": "2026-11-01T10:00:00Z",
        "completed_at": "2026-11-01T10:01:00Z", "events": events,
        "attachments": {"abc123": LONG},
        "events_data": {"messages": [*ASKED, ANSWER, RESULT], "calls": []},
        "scores": {"accuracy": {"value": "C"}, "score": {"value": 0.875}},
        **more,
    }  # fmt: skip


def write_log(path, *samples, header=HEADER, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("_journal/start.json", json.dumps({"eval": HEADER["eval"]}))
        for sample in samples:
            name = f"samples/{sample['id']}_epoch_{sample['epoch']}.json"
            file.writestr(name, json.dumps(sample))
        if header is not None:
            file.writestr("header.json", json.dumps(header))
        for name, text in more.items():
            file.writestr(name, text)
    return path


def test_sample_becomes_a_trace(tmp_path):
    """Who, what and how well are known, and events are told once and in order."""
    path = write_log(tmp_path / "a.eval", make_sample())
    assert detect(path) == "inspect"
    (trace,) = read_traces(path)
    assert (trace.competition, trace.scaffold) == ("leaf", "aide")
    assert (trace.model, trace.seed, trace.status) == ("openai/gpt-4o", 2, "finished")
    assert trace.grade["score"] == 0.875
    events = list(trace.events)
    assert trace.problems == []
    assert [event["kind"] for event in events] == [
        "start", "note", "model", "tool", "model", "note", "note", "end",
    ]  # fmt: skip
    first, tool, second = events[2], events[3], events[4]
    assert first["messages"] == [
        {"role": "system", "content": "Be good."},
        {"role": "user", "content": "Solve it."},
    ]
    assert (first["reply"], first["reasoning"]) == ("I look.", "Hm.")
    assert first["tool_calls"] == [
        {"name": "bash", "arguments": {"command": "ls"}, "id": "c1"}
    ]
    assert (first["tokens_in"], first["tokens_out"], first["cost_usd"]) == (15, 3, 0.01)
    assert (first["duration_s"], first["elapsed_s"]) == (1.5, 3.0)
    assert (tool["output"], tool["status"], tool["duration_s"]) == (
        "train.csv",
        "ok",
        1,
    )
    assert (second["messages"], second["reply"]) == ([], LONG)
    assert LONG[:40] in events[5]["text"]
    assert "1 state" in events[6]["text"]


def test_json_logs_are_the_same(tmp_path):
    """The old format gives the same events."""
    zipped = write_log(tmp_path / "a.eval", make_sample())
    whole = tmp_path / "a.json"
    whole.write_text(json.dumps({**HEADER, "samples": [make_sample()]}))
    assert detect(whole) == "inspect"
    one, two = (list(read_traces(path)[0].events) for path in (zipped, whole))
    assert one == two


def test_one_trace_per_sample_and_epoch(tmp_path):
    """Samples and epochs are attempts of their own."""
    samples = [make_sample(id=name, epoch=n) for name in ("a", 7) for n in (1, 2)]
    traces = read_traces(write_log(tmp_path / "a.eval", *samples))
    assert [(trace.competition, trace.seed) for trace in traces] == [
        ("a", 1), ("a", 2), ("mle_bench-7", 1), ("mle_bench-7", 2),
    ]  # fmt: skip


def test_tools_outside_of_inspect_are_found(tmp_path):
    """Results that only the next call shows become events of tools."""
    events = [e for e in make_sample()["events"] if e["event"] != "tool"]
    (trace,) = read_traces(write_log(tmp_path / "a.eval", make_sample(events=events)))
    (tool,) = (event for event in trace.events if event["kind"] == "tool")
    assert (tool["name"], tool["call_id"], tool["output"]) == (
        "bash",
        "c1",
        "train.csv",
    )
    assert tool["arguments"] == {"command": "ls"}


def test_messages_stand_in_for_events(tmp_path):
    """A sample without events is told by its messages."""
    sample = make_sample(events=[], messages=[*ASKED, ANSWER, RESULT, LAST])
    (trace,) = read_traces(write_log(tmp_path / "a.eval", sample))
    events = list(trace.events)
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "model", "tool", "model", "end"]
    assert (events[1]["reply"], events[3]["reply"]) == ("I look.", LONG)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"error": {"message": "boom"}}, ("failed", "boom")),
        ({"limit": {"type": "time", "limit": 5}}, ("time-limit", None)),
        ({}, ("finished", None)),
        ({"completed_at": None}, ("stopped", None)),
    ],
)
def test_endings(tmp_path, more, expected):
    """A sample says how it ended; without that, its log does."""
    header = HEADER | {"status": "cancelled" if "completed_at" in more else "success"}
    (trace,) = read_traces(
        write_log(tmp_path / "a.eval", make_sample(**more), header=header)
    )
    assert (trace.status, trace.reason) == expected


def test_grading_reports_of_mle_bench_are_grades(tmp_path):
    """A report in a score gives medal, lines and direction."""
    report = {
        "score": 0.9, "any_medal": True, "silver_medal": True, "gold_medal": False,
        "above_median": True, "valid_submission": True, "is_lower_better": False,
        "gold_threshold": 0.95, "silver_threshold": 0.9, "bronze_threshold": 0.8,
        "median_threshold": 0.5,
    }  # fmt: skip
    for place in ({"metadata": report}, {"explanation": json.dumps(report)}):
        sample = make_sample(scores={"mle_bench": {"value": "I", **place}})
        (trace,) = read_traces(write_log(tmp_path / "a.eval", sample))
        assert (trace.grade["medal"], trace.grade["any_medal"]) == ("silver", True)
        assert trace.grade["lower_is_better"] is False
        assert trace.grade["thresholds"]["median"] == 0.5


def test_without_a_number_there_is_no_grade(tmp_path):
    """Words are no score."""
    sample = make_sample(scores={"match": {"value": "C"}, "x": {"value": float("nan")}})
    (trace,) = read_traces(write_log(tmp_path / "a.eval", sample))
    assert trace.grade is None


def test_crashed_run_says_so(tmp_path):
    """Only the start was written: the error says what may help."""
    path = write_log(tmp_path / "a.eval", header=None)
    with pytest.raises(
        StoreError, match=r"nothing was written after its start.*recover"
    ):
        read_traces(path)


def test_log_without_its_end_is_read(tmp_path):
    """What was written before a run was killed is there, and the loss is told."""
    path = write_log(tmp_path / "a.eval", make_sample(), header=None)
    (trace,) = read_traces(path)
    assert trace.competition == "leaf"
    assert trace.problems[0].kind == "unfinished log"


def test_broken_sample_hides_no_other(tmp_path):
    """Samples that cannot be read are problems; the others are traces."""
    broken = {"samples/x_epoch_1.json": "{", "samples/y_epoch_1.json": "[1]",
              "samples/z_epoch_1.json": "[" * 100_000}  # fmt: skip
    path = write_log(tmp_path / "a.eval", make_sample(), **broken)
    (trace,) = read_traces(path)
    reasons = [problem.reason for problem in trace.problems]
    assert len(reasons) == 3
    assert "x_epoch_1" in reasons[0]
    assert "nested too deeply" in reasons[2]


def test_bombs_are_not_unpacked(tmp_path, monkeypatch):
    """A member that grows beyond the limit is refused, whatever its size claims."""
    monkeypatch.setattr(inspect_archive, "MAX_MEMBER_BYTES", 1 << 20)
    path = tmp_path / "a.eval"
    write_log(path, **{"samples/x_epoch_1.json": " " * (8 << 20)})
    # Claim that it is small, in the list of members.
    data = path.read_bytes()
    data = data.replace((8 << 20).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(StoreError, match="more than 1 MiB"):
        read_traces(path)


def test_names_are_no_paths(tmp_path):
    """A member whose name leads elsewhere is read like any other, in the zip file."""
    path = write_log(
        tmp_path / "a.eval",
        **{"samples/../../x_epoch_1.json": json.dumps(make_sample())},
    )
    (trace,) = read_traces(path)
    assert len(list(trace.events)) == 8
    assert [item.name for item in tmp_path.iterdir()] == ["a.eval"]


def test_zstandard_without_its_package(tmp_path, monkeypatch):
    """A log of a new Inspect needs the extra, and the error names it."""
    path = write_log(tmp_path / "a.eval", make_sample())
    mark_members(path, 93)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    with pytest.raises(MissingExtraError, match=r"mle-toolkit\[inspect\]"):
        read_traces(path)


def mark_members(path, method):
    """Say in the list of members that they are compressed by `method`."""
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data[place + 10 : place + 12] = method.to_bytes(2, "little")
        place = data.find(b"PK\x01\x02", place + 4)
    path.write_bytes(data)


@pytest.mark.may_skip("zstandard comes with the extra `inspect`")
def test_zstandard_is_read(tmp_path):
    """Members of several frames are read whole; broken ones are errors."""
    zstandard = pytest.importorskip("zstandard")
    text = json.dumps(make_sample()).encode()
    machine = zstandard.ZstdCompressor()
    packed = machine.compress(text[:99]) + machine.compress(text[99:])
    path = tmp_path / "a.eval"
    for data, ok in ((packed, True), (packed[:-9], False), (b"\0" * 99, False)):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("samples/leaf_epoch_2.json", data)
        mark_members(path, 93)
        raw = bytearray(path.read_bytes())
        central = raw.find(b"PK\x01\x02")
        raw[central + 16 : central + 20] = zlib.crc32(text).to_bytes(4, "little")
        path.write_bytes(raw)
        if ok:
            assert len(list(read_traces(path)[0].events)) == 8
        else:
            with pytest.raises(StoreError, match="cannot be read"):
                read_traces(path)


def test_damaged_files_are_errors(tmp_path):
    """Cut or changed anywhere, a log gives traces or an error, never a traceback."""
    whole = write_log(tmp_path / "a.eval", make_sample()).read_bytes()
    path = tmp_path / "b.eval"
    for place in range(0, len(whole), 37):
        for data in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :],
        ):
            path.write_bytes(data)
            matches(path)
            try:
                for trace in read_traces(path, format="inspect"):
                    list(trace.events)
            except StoreError:
                continue


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(1e999),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "role", "content", "mle"]), inner)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["event", "uuid", "timestamp", "completed", "input", "input_refs", "output",
     "error", "result", "id", "function", "arguments", "type", "message",
     "metadata", "name"]
)  # fmt: skip
EVENTS = st.dictionaries(NAMES, VALUES, max_size=5) | VALUES
KINDS = st.sampled_from(
    ["model", "tool", "error", "sample_limit", "info", "span_begin"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(st.tuples(EVENTS, KINDS), max_size=4),
    more=st.dictionaries(
        st.sampled_from(["events_data", "attachments", "messages", "scores", "epoch",
                         "metadata", "limit", "error", "started_at", "id"]),
        VALUES,
    ),
    own=st.booleans(),
)  # fmt: skip
def test_any_types_are_survived(tmp_path, events, more, own):
    """Whatever stands in a sample, events come out: each has a kind."""
    given_events = [
        {**event, "event": kind} if isinstance(event, dict) else event
        for event, kind in events
    ]
    sample = {**make_sample(events=given_events), **more}
    if own:
        sample["metadata"] = {"mle": {"seed": "x"}}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"eval": {"run_id": 1}, "samples": [sample]}))
    (trace,) = read_traces(path, format="inspect")
    assert all(isinstance(event["kind"], str) for event in trace.events)


def test_folder_of_logs(tmp_path, stored):
    """All logs of a folder are stored; one that cannot be read is a problem."""
    logs = tmp_path / "logs"
    logs.mkdir()
    write_log(logs / "a.eval", make_sample())
    write_log(logs / "b.eval", make_sample(epoch=3))
    (logs / "c.eval").write_bytes(b"PK\x03\x04 no more")
    (logs / "other.json").write_text("{}")
    assert detect(logs) == "inspect"
    report, _, events = stored(logs)
    assert report.rows == 2
    assert [problem.kind for problem in report.problems] == ["unreadable file"]
    assert [len(each) for each in events] == [8, 8]


def test_other_files_are_not_taken(tmp_path):
    """JSON of other tools and files that end like a log are none."""
    for name, text in (("a.json", '{"eval": 1}'), ("b.eval", "text"), ("c.json", "\0")):
        (tmp_path / name).write_text(text)
        assert not matches(tmp_path / name)
    assert not matches(tmp_path / "nothing.eval")
