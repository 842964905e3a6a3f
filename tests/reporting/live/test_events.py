import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.reporting.live import events

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = [
    "seq",
    "time",
    "elapsed_s",
    "node",
    "purpose",
    "messages",
    "reply",
    "reasoning",
    "tool_calls",
    "name",
    "arguments",
    "output",
    "status",
    "exception",
    "code",
    "parent",
    "stage",
    "plan",
    "is_buggy",
    "reason",
    "metric",
    "summary",
    "number",
    "best",
    "valid",
    "text",
    "message",
    "duration_s",
]
KINDS = [
    "start",
    "model",
    "tool",
    "exec",
    "node",
    "submission",
    "validation",
    "limit",
    "note",
    "error",
    "end",
    "odd",
]


@given(
    kind=st.sampled_from(KINDS) | JSON,
    fields=st.dictionaries(st.sampled_from(NAMES), JSON),
)
def test_any_event_can_be_shown(kind, fields):
    """Whatever the fields hold, there is a row and there are parts, as strict JSON."""
    event = {"kind": kind, **fields}
    row = events.row(7, event)
    assert row["q"] == 7
    assert len(row["h"]) <= events.HEADLINE
    assert "\n" not in row["h"]
    details = events.details(7, event)
    for part in details["parts"]:
        assert len(part["text"]) <= events.PIECE
    json.dumps([row, details], allow_nan=False)


@pytest.mark.parametrize(
    ("event", "headline"),
    [
        (
            {"kind": "exec", "status": "error", "exception": "ValueError",
             "output": "Traceback\n  line\nValueError: no such column\n"},
            "error: ValueError: no such column",
        ),
        ({"kind": "exec", "status": "ok", "output": "a\nscore: 0.5\n\n"}, "score: 0.5"),
        ({"kind": "exec", "status": "timeout", "output": ""}, "timeout"),
        (
            {"kind": "node", "stage": "debug", "node": 4, "is_buggy": True,
             "reason": "it printed no score"},
            "debug 4: buggy: it printed no score",
        ),
        ({"kind": "tool", "name": "Bash", "arguments": {"command": "ls -l"}},
         "Bash ls -l"),
        (
            {"kind": "model", "purpose": "act",
             "tool_calls": [{"name": "Read", "arguments": {"path": "a.csv"}}]},
            'act: Read({"path": "a.csv"})',
        ),
        ({"kind": "end", "status": "failed", "reason": "no model"}, "failed: no model"),
        ({"kind": "note", "text": "one\ntwo"}, "one two"),
    ],
)  # fmt: skip
def test_a_headline_says_what_matters(event, headline):
    """One line tells what happened."""
    assert events.row(1, event)["h"] == headline


def test_what_went_wrong_is_marked():
    """Failed programs, tools, nodes, checks and endings are errors; others are not."""
    wrong = [
        {"kind": "exec", "status": "error"}, {"kind": "tool", "status": "error"},
        {"kind": "node", "is_buggy": True}, {"kind": "validation", "valid": False},
        {"kind": "end", "status": "time-limit"}, {"kind": "error"}, {"kind": "limit"},
    ]  # fmt: skip
    right = [
        {"kind": "exec", "status": "ok"}, {"kind": "tool"}, {"kind": "node"},
        {"kind": "validation", "valid": True}, {"kind": "end", "status": "finished"},
        {"kind": "note"}, {"kind": "model"},
    ]  # fmt: skip
    assert all(events.row(1, event).get("e") == 1 for event in wrong)
    assert not any("e" in events.row(1, event) for event in right)


def test_parts_name_the_way_to_the_rest():
    """Each part has the field by which its rest can be asked for, and its size."""
    text = "z" * (events.PIECE + 5)
    event = {
        "kind": "model", "messages": [{"role": "system", "content": "be good"}],
        "reply": text, "tool_calls": [{"name": "submit", "arguments": {"a": 1}}],
    }  # fmt: skip
    parts = {part["field"]: part for part in events.details(1, event)["parts"]}
    assert parts["messages.0.content"]["text"] == "be good"
    assert parts["messages.0.content"]["folded"]
    assert (len(parts["reply"]["text"]), parts["reply"]["size"]) == (
        events.PIECE, events.PIECE + 5,
    )  # fmt: skip
    assert json.loads(parts["tool_calls.0.arguments"]["text"]) == {"a": 1}


def test_a_text_in_a_blob_shows_its_head_and_its_whole_size():
    """The head is at hand; how much more there is, too."""
    blob = {"blob": "0" * 64, "size": 10**6, "head": "begins so"}
    (part,) = events.details(1, {"kind": "exec", "output": blob})["parts"]
    assert (part["text"], part["size"], part["field"]) == ("begins so", 10**6, "output")


def test_what_has_no_place_of_its_own_is_data():
    """Nothing of an event is lost: unknown fields stand at the end."""
    parts = events.details(1, {"kind": "start", "limits": {"steps": 3}})["parts"]
    assert json.loads(parts[-1]["text"]) == {"limits": {"steps": 3}}
