"""A model whose replies were written beforehand: for tests and replays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import ModelError, UsageError
from mle_toolkit.models.chat import Reply, ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.chat import Message, Tool


class ScriptedModel:
    """Answer with the replies of a JSON file, in order; the last one is repeated.

    Parameters
    ----------
    path
        A JSON list.  Each entry is a reply's text, or an object with any of
        ``text``, ``tool_calls`` (a list of ``{"name": ..., "arguments": {...}}``),
        ``tokens_in``, ``tokens_out``, ``cost_usd``, or ``error`` (a message: the
        model fails with it).

    Raises
    ------
    UsageError
        When the file is not such a list, or an empty one.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = f"scripted:{path}"
        self._entries = _read(Path(path))
        self._next = 0

    def complete(
        self,
        messages: Sequence[Message],  # noqa: ARG002 - the replies are fixed
        tools: Sequence[Tool] = (),  # noqa: ARG002
    ) -> Reply:
        """Return the next reply; see `mle_toolkit.models.chat.ChatModel`."""
        number = min(self._next, len(self._entries) - 1)
        self._next += 1
        entry = self._entries[number]
        if "error" in entry:
            msg = str(entry["error"])
            raise ModelError(msg)
        calls = tuple(
            ToolCall(f"call-{self._next}-{index}", call["name"], call["arguments"])
            for index, call in enumerate(entry.get("tool_calls", ()))
        )
        return Reply(
            text=entry.get("text", ""),
            tool_calls=calls,
            tokens_in=entry.get("tokens_in", 0),
            tokens_out=entry.get("tokens_out", 0),
            cost_usd=entry.get("cost_usd", 0.0),
        )


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        msg = f"the scripted replies {path} cannot be read: {error.strerror or error}"
        raise UsageError(msg) from error
    except ValueError as error:
        msg = f"the scripted replies {path} are not JSON: {error}"
        raise UsageError(msg) from error
    if not isinstance(data, list) or not data:
        msg = f"{path} must hold a JSON list with at least one reply"
        raise UsageError(msg)
    entries = [{"text": item} if isinstance(item, str) else item for item in data]
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or not all(
            isinstance(call, dict)
            and isinstance(call.get("name"), str)
            and isinstance(call.get("arguments"), dict)
            for call in entry.get("tool_calls", ())
        ):
            msg = (
                f"reply {number} of {path} must be a text, or an object whose "
                "tool_calls each have a name and arguments"
            )
            raise UsageError(msg)
    return entries
