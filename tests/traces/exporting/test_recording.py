import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError
from mle_toolkit.traces import EventLog
from mle_toolkit.traces.exporting.recording import describe, fenced, open_recording

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = (
    "start", "model", "tool", "exec", "node", "submission", "validation", "limit",
    "note", "error", "end", "unheard-of",
)  # fmt: skip


def test_long_texts_are_whole(write_attempt):
    """Texts that lie in blobs are read, at any depth; what looks like one is not."""
    long = "x" * 40_000
    lookalike = {"blob": "0" * 64, "other": 1}
    folder = write_attempt([("start", {"a": long, "b": [{"c": long}], "d": lookalike})])
    assert next(iter(EventLog(folder / "try-1")))["a"] != long
    (event,) = open_recording(folder).events
    assert (event["a"], event["b"], event["d"]) == (long, [{"c": long}], lookalike)


def test_attempt_and_try_are_one(search):
    """The newest try of an attempt is what its own folder says."""
    by_attempt, by_try = open_recording(search), open_recording(search / "try-1")
    assert by_attempt == by_try
    assert by_attempt.agent == "tree-search/offline"
    assert (by_attempt.seed, by_attempt.score, by_attempt.status) == (
        3,
        0.5,
        "finished",
    )
    assert by_attempt.total("tokens_in") == 150


def test_totals_are_unknown_when_a_call_is(linear):
    """A sum over calls of which one does not tell its cost is no number."""
    recording = open_recording(linear)
    assert recording.total("cost_usd") is None
    assert recording.total("tokens_in") == 10


def test_result_of_another_try_is_not_taken(search):
    """A try that was given up has no result and no grade."""
    result = json.loads((search / "result.json").read_text())
    (search / "result.json").write_text(json.dumps(result | {"try": 2}))
    recording = open_recording(search)
    assert (recording.result, recording.grade) == ({}, {})


def test_nothing_to_export_is_said(tmp_path):
    """A folder without an attempt is an error that says what to give."""
    with pytest.raises(StoreError, match="Give the folder of an attempt"):
        open_recording(tmp_path)
    with pytest.raises(StoreError, match="Give the folder of an attempt"):
        open_recording(tmp_path / "nowhere")


@given(fields=st.dictionaries(st.text(max_size=9), JSON), kind=st.sampled_from(KINDS))
def test_any_event_is_described(fields, kind):
    """Whatever the fields hold, there are words for it."""
    names = ("node", "parent", "metric", "is_buggy", "valid", "text", "best")
    usual = dict(zip(names, fields.values(), strict=False))
    assert describe({"kind": kind, **fields, **usual} | {"kind": kind})


@given(text=st.text(alphabet="`a\n"))
def test_fence_is_longer_than_any_in_the_text(text):
    """No line of the text closes its block."""
    first, *inside, last = fenced(text).splitlines()
    assert first == last
    assert not any(line.strip().startswith(first) for line in inside)
