"""The review is read with care: what a score is, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.agents.review import as_metric, read_review
from mle_toolkit.models import Reply, ToolCall


def call(**arguments):
    return Reply("", (ToolCall("1", "submit_review", arguments),))


@pytest.mark.parametrize(
    ("value", "metric"),
    [
        (1, 1.0),
        (0, 0.0),
        (0.25, 0.25),
        ("0.5", 0.5),
        (True, None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        ("none", None),
        ([0.5], None),
        (10**400, None),
    ],
)
def test_what_counts_as_a_metric(value, metric):
    """An integer does; a truth value and what is not finite do not."""
    assert as_metric(value) == metric


def test_a_tool_call_is_read():
    """All fields arrive, with truth values also from text."""
    review = read_review(
        call(is_bug="false", summary="Good.", metric=1, lower_is_better=True)
    )
    assert review.is_bug is False
    assert review.metric == 1.0
    assert review.lower_is_better is True
    assert review.has_submission is None


def test_json_in_the_text_counts():
    """A model that does not call tools may answer in JSON."""
    text = "Here:\n" + json.dumps({"is_bug": False, "metric": 0.3, "summary": "x"})
    assert read_review(Reply(text)).metric == 0.3


@pytest.mark.parametrize("text", ["", "all good", "{", "}{", "[1]", '{"a": 1}'])
def test_no_review(text):
    """Text without the fields is no review."""
    assert read_review(Reply(text)) is None


def test_doubt_is_a_bug():
    """A truth value that cannot be read counts against the program."""
    assert read_review(call(is_bug="perhaps", metric=0.5)).is_bug is True


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5)))
def test_no_arguments_break_it(arguments):
    """Whatever a model passes, there is a review or there is none."""
    read_review(call(**{"is_bug": False, **arguments}))
    read_review(Reply("", (ToolCall("1", "submit_review", arguments),)))
