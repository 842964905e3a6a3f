"""Scripted replies come in order, and a bad script is refused."""

import json

import pytest

from mle_toolkit.errors import ModelError, UsageError
from mle_toolkit.models import Message, get_model

ASK = [Message("user", "hello")]


def scripted(tmp_path, data):
    path = tmp_path / "replies.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return get_model(f"scripted:{path}", seed=0)


def test_replies_in_order_and_the_last_repeated(tmp_path):
    """Each call takes the next entry; after the last it stays."""
    model = scripted(tmp_path, ["one", {"text": "two", "tokens_out": 7}])
    replies = [model.complete(ASK) for _ in range(3)]
    assert [reply.text for reply in replies] == ["one", "two", "two"]
    assert replies[1].tokens_out == 7
    assert replies[0].cost_usd == 0.0


def test_tool_calls(tmp_path):
    """Calls come with an id of their own each time."""
    call = {"name": "f", "arguments": {"x": 1}}
    model = scripted(tmp_path, [{"tool_calls": [call]}])
    first, second = (model.complete(ASK).tool_calls[0] for _ in range(2))
    assert (first.name, first.arguments) == ("f", {"x": 1})
    assert first.id != second.id


def test_an_error_entry_fails(tmp_path):
    """The model can be told to fail."""
    with pytest.raises(ModelError, match="no credit"):
        scripted(tmp_path, [{"error": "no credit"}]).complete(ASK)


@pytest.mark.parametrize(
    "data", ["{", "[]", "{}", "[3]", '[{"tool_calls": [{"name": "f"}]}]']
)
def test_bad_scripts(tmp_path, data):
    """What is no list of replies is refused when the model is made."""
    with pytest.raises(UsageError):
        scripted(tmp_path, data)


def test_a_missing_script(tmp_path):
    """The path is in the message."""
    with pytest.raises(UsageError, match="nowhere"):
        get_model(f"scripted:{tmp_path}/nowhere.json", seed=0)
