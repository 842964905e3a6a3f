import sys

import pytest

from mle_toolkit.errors import MissingExtraError, StoreError
from mle_toolkit.traces.exporting import to_inspect
from mle_toolkit.traces.exporting.recording import open_recording
from mle_toolkit.traces.importing import read_traces
from tests.traces.exporting.conftest import GRADE, SEARCH

needs_inspect = pytest.mark.may_skip("inspect-ai is an extra of its own, and large")
IGNORED = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def inspect_log():
    return pytest.importorskip("inspect_ai.log")


def test_missing_extra_is_named(search, tmp_path, monkeypatch):
    """Without inspect_ai, the error says what to install, and nothing is written."""
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(MissingExtraError, match=r"mle-toolkit\[inspect\]"):
        to_inspect(search, tmp_path / "a.eval")
    assert not (tmp_path / "a.eval").exists()


@needs_inspect
@IGNORED
@pytest.mark.parametrize("name", ["search", "linear"])
@pytest.mark.parametrize("ending", ["eval", "json"])
@pytest.mark.usefixtures("inspect_log")
def test_importing_gives_the_same_events(request, tmp_path, name, ending):
    """Our events, written by inspect_ai and read by our own reader, are the same."""
    folder = request.getfixturevalue(name)
    recording = open_recording(folder)
    (trace,) = read_traces(to_inspect(folder, tmp_path / f"a.{ending}"))
    assert list(trace.events) == recording.events
    assert trace.problems == []
    assert (trace.grade or {}) == recording.grade
    assert (trace.competition, trace.seed) == ("means", recording.seed)
    assert f"{trace.scaffold}/{trace.model}" == recording.agent


@needs_inspect
@IGNORED
@pytest.mark.usefixtures("inspect_log")
def test_odd_events_come_back(write_attempt, tmp_path):
    """Lone surrogates, long texts, deep values and odd types survive."""
    deep = {}
    for _ in range(150):
        deep = {"a": deep}
    odd = {
        "node": "a/b\ud800",
        "reply": "\ud800" * 200,
        "tokens_in": -1,
        "cost_usd": "x",
        "messages": [{"role": 3, "content": ["\ud800"]}, 7],
        "tool_calls": [{"id": None, "arguments": "text"}, {"arguments": deep}],
    }
    events = [
        ("start", {"competition": "a\ud800", "agent": 5, "model": None}),
        ("model", odd),
        ("exec", {"node": 1, "code": None, "output": "y" * 50_000, "status": "killed"}),
        ("tool", {"arguments": deep, "name": None, "output": {"x": 1}}),
        *[(kind, {"node": None, "text": "\ud800", "metric": 1, "stage": 2})
          for kind in ("node", "error", "limit", "note", "validation", "other")],
    ]  # fmt: skip
    folder = write_attempt(events)
    (trace,) = read_traces(to_inspect(folder, tmp_path / "a.eval"))
    assert list(trace.events) == open_recording(folder).events


@needs_inspect
@IGNORED
def test_inspect_reads_it(search, tmp_path, inspect_log):
    """Inspect finds scores, usage, messages, and a span of each node's events."""
    log = inspect_log.read_eval_log(str(to_inspect(search, tmp_path / "a.eval")))
    assert (log.status, log.eval.task, log.eval.model) == (
        "success",
        "means",
        "offline",
    )
    assert log.results.scores[0].metrics["score"].value == GRADE["score"]
    (sample,) = log.samples
    assert sample.epoch == 4
    scores = {name: score.value for name, score in sample.scores.items()}
    assert scores == {"validation": 2.0, "test": 0.5, "medal": "silver"}
    usage = sample.model_usage["offline"]
    assert (usage.input_tokens, usage.output_tokens, usage.total_cost) == (150, 25, 0.5)
    spans = [event.name for event in sample.events if event.event == "span_begin"]
    assert spans == ["node 0: draft", "node 1: improve of 0", "node 2: improve of 0"]
    inside = [event.event for event in sample.events if event.span_id == "node-0"]
    assert inside == [
        "span_begin", "model", "tool", "info", "info", "score", "info", "span_end",
    ]  # fmt: skip
    called = [event for event in sample.events if event.event == "tool"]
    assert [event.error and event.error.type for event in called] == [None, "unknown"]
    words = [message.role for message in sample.messages]
    assert words == ["system", "user", "assistant", "user", "user", "assistant", "user"]


@needs_inspect
@IGNORED
@pytest.mark.parametrize(
    ("status", "expected"),
    [("failed", "error"), ("stopped", "cancelled"), ("memory-limit", "success")],
)
def test_status(write_attempt, tmp_path, inspect_log, status, expected):
    """How an attempt ended is told in Inspect's words."""
    folder = write_attempt([SEARCH[0], ("end", {"status": status, "reason": "so"})])
    (folder / "result.json").unlink()
    log = inspect_log.read_eval_log(str(to_inspect(folder, tmp_path / "a.eval")))
    assert log.status == expected
    assert (log.error is not None) == (status == "failed")


@needs_inspect
@IGNORED
@pytest.mark.usefixtures("inspect_log")
def test_files_are_not_replaced_by_accident(search, tmp_path):
    """A file of that name stays, unless overwriting is asked for; no rest is left."""
    target = tmp_path / "logs" / "a.eval"
    to_inspect(search, target)
    with pytest.raises(StoreError, match="overwrite=True"):
        to_inspect(search, target)
    to_inspect(search, target, overwrite=True)
    assert [path.name for path in target.parent.iterdir()] == ["a.eval"]
