"""Codex: the stream of ``codex exec --json``, and rollout files.

The stream has no times, so its events have none, and it counts tokens once a turn: the
last call of the turn gets them all.  They are those of the thread so far, so that the
stream of a resumed thread is charged for what came before it as well.  A rollout counts
after each call.  ``tokens_in`` includes what was read from the cache.  Codex names no
cost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.traces.importing.codex_rollout import RolloutReader
from mle_toolkit.traces.importing.documents import head_of
from mle_toolkit.traces.importing.fields import (
    compact,
    count_of,
    dict_of,
    dicts_of,
    event_of,
    first_of,
    integer_of,
    list_of,
    load_json,
    note_of,
    text_of,
    word_of,
)
from mle_toolkit.traces.importing.folders import any_matches, read_all
from mle_toolkit.traces.importing.streams import read_stream
from mle_toolkit.traces.importing.turns import Turns, arguments_of

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.records import Problem
    from mle_toolkit.traces.importing.records import ForeignTrace

_SUFFIXES = (".jsonl", ".json", ".txt", ".log")
_HEAD_LINES = 50
_LONG_FIRST_LINE = re.compile(r'\{[^\n]{0,200}"type"\s*:\s*"session_meta"')
_ROLLOUT = {"session_meta", "turn_context", "response_item", "event_msg"}
_STREAM = {"thread.started", "turn.started", "turn.completed", "turn.failed"}
_ITEMS = {"item.started", "item.updated", "item.completed"}
_HINT = "the output of `codex exec --json`, or a file rollout-*.jsonl of ~/.codex"


def matches(path: Path) -> bool:
    """Whether a file, or one in a folder, looks like a stream or rollout of Codex."""
    return any_matches(path, _SUFFIXES, _matches)


def read(path: Path) -> list[ForeignTrace]:
    """Read one stream or rollout, or all in a folder.

    Raises
    ------
    StoreError
        When the file cannot be read or holds no record of Codex.
    """
    return read_all(path, _SUFFIXES, _matches, _read)


def _matches(path: Path) -> bool:
    head = head_of(path)
    return bool(_LONG_FIRST_LINE.match(head)) or _style(head) is not None


def _read(path: Path) -> ForeignTrace:
    head = head_of(path)
    rollout = bool(_LONG_FIRST_LINE.match(head)) or _style(head) == "rollout"
    make = RolloutReader if rollout else _StreamReader
    return read_stream(path, make, tool="Codex", hint=_HINT)


def _style(head: str) -> str | None:
    for line in head.split("\n")[:_HEAD_LINES]:
        try:
            item = load_json(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(item, dict):
            continue
        kind = text_of(item.get("type"))
        if kind in _ROLLOUT and isinstance(item.get("payload"), dict):
            return "rollout"
        # Other tools have turns as well, but neither threads nor items.
        named = kind == "thread.started" and "thread_id" in item
        counted = kind == "turn.completed" and "usage" in item
        if named or counted or (kind in _ITEMS and _kind(dict_of(item.get("item")))):
            return "stream"
    return None


def _kind(item: dict[str, Any]) -> str:
    """Return the type of an item, under its new or its old key."""
    return word_of(first_of(item, "type", "item_type"), "")


class _StreamReader:
    """Makes our events of the lines of the stream."""

    def __init__(self, first: _StreamReader | None) -> None:
        self.known = 0
        self.thread: str | None = None
        self.turns = Turns()
        self._in_turn = False
        self._error: str | None = None
        self._failure: str | None = None
        self._todo = ""
        self._totals: dict[str | None, list[int | None]] = {}
        if first is not None:
            self.turns.other(first.start())

    def take(self, item: dict[str, Any]) -> None:
        """Take the next line."""
        kind = text_of(item.get("type"))
        if kind in _ITEMS and isinstance(item.get("item"), dict):
            self.known += 1
            self._in_turn = True
            self._take_item(item["item"], kind == "item.completed")
        elif kind in _STREAM:
            self.known += 1
            self._take_turn(kind, item)
        elif kind == "error":
            # Most often a connection that was lost and is tried again.
            self._error = text_of(first_of(item, "message", "error"))
            self.turns.other(note_of(f"error: {self._error}"))
        else:
            self.turns.other(note_of(item))

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace."""
        del place, problems
        status, reason = self._ending()
        self.turns.close(status, reason)

    def facts(self) -> dict[str, Any]:
        """Return how it ended; the stream does not name its model."""
        status, reason = self.turns.ended
        return {
            "format": "codex",
            "scaffold": "codex",
            "status": status,
            "reason": reason,
        }

    def start(self) -> dict[str, Any]:
        """Return the ``start`` event."""
        return event_of(
            "start",
            competition="unknown",
            agent="codex/unknown",
            model="unknown",
            seed=0,
            session=self.thread,
        )

    def _ending(self) -> tuple[str, str | None]:
        if self._failure is not None:
            return "failed", self._failure
        if self._in_turn and self._error is not None:
            return "failed", f"the stream ended within a turn: {self._error}"
        if self._in_turn:
            return "stopped", "the stream ended within a turn"
        return "finished", None

    def _take_turn(self, kind: str, item: dict[str, Any]) -> None:
        if kind == "thread.started":
            self.thread = word_of(item.get("thread_id"), "") or None
            return
        self._in_turn = kind == "turn.started"
        self._error = None
        if kind == "turn.started":
            self._failure = None
        elif kind == "turn.failed":
            error = item.get("error")
            self._failure = text_of(first_of(dict_of(error), "message") or error)
            self.turns.other(event_of("error", message=self._failure))
        usage = item.get("usage")
        if isinstance(usage, dict):
            self._take_usage(usage)
        if kind != "turn.started":
            self.turns.release()

    def _take_usage(self, usage: dict[str, Any]) -> None:
        """Add how much the thread's total has grown; all of it where it fell."""
        names = ("input_tokens", "output_tokens")
        now = [count_of(usage.get(name)) for name in names]
        before = self._totals.get(self.thread, [None, None])
        self._totals[self.thread] = now
        grown = [(new or 0) - (old or 0) for new, old in zip(now, before, strict=True)]
        if min(grown) < 0:
            grown = [new or 0 for new in now]
        spent = [
            None if new is None else more for new, more in zip(now, grown, strict=True)
        ]
        self.turns.spend(tokens_in=spent[0], tokens_out=spent[1])

    def _take_item(self, item: dict[str, Any], done: bool) -> None:  # noqa: FBT001
        kind = _kind(item)
        # What says that it goes on shows that an error was overcome.
        self._error = None
        if kind in {"agent_message", "assistant_message"}:
            if done:
                self._say("reply", text_of(item.get("text")))
        elif kind == "reasoning":
            if done:
                self._say("reasoning", text_of(item.get("text")))
        elif kind == "todo_list":
            self._take_plan(item)
        elif kind == "error":
            if done:
                message = text_of(first_of(item, "message", "text"))
                self.turns.other(event_of("error", message=message))
        elif kind in _TOOLS:
            self._take_tool(kind, item, done=done)
        else:
            self.turns.other(note_of(item))

    def _say(self, field: str, text: str) -> None:
        current = self.turns.current
        if "reply" in current or "tool_calls" in current:
            self.turns.release()
        self.turns.say(self.turns.model(), field, text)

    def _take_tool(self, kind: str, item: dict[str, Any], *, done: bool) -> None:
        known = item.get("id")
        if not self.turns.is_open(known):
            name, arguments = _TOOLS[kind](item)
            known = self.turns.call(self.turns.model(), known, name, arguments)
        if done:
            output, failed = _outcome(item)
            self.turns.answer(known, output, failed=failed)

    def _take_plan(self, item: dict[str, Any]) -> None:
        lines = [
            f"[{'x' if part.get('completed') is True else ' '}] {text_of(part)}"
            for part in dicts_of(item.get("items"))
        ]
        plan = "\n".join(lines) or compact(item)
        if plan != self._todo:
            self._todo = plan
            self.turns.other(note_of(plan))


def _outcome(item: dict[str, Any]) -> tuple[str, bool]:
    """Return what a tool gave back, and whether it failed."""
    code = integer_of(item.get("exit_code"))
    status = word_of(item.get("status"), "")
    error = item.get("error")
    output = first_of(item, "aggregated_output", "result", "error", "output")
    if isinstance(output, dict):
        output = first_of(output, "content", "message") or output
    failed = status in {"failed", "declined", "error"} or bool(error)
    return text_of(output), failed or code not in {None, 0}


def _command(item: dict[str, Any]) -> tuple[str, Any]:
    return "command_execution", {"command": text_of(item.get("command"))}


def _files(item: dict[str, Any]) -> tuple[str, Any]:
    return "file_change", {"changes": list_of(item.get("changes"))}


def _mcp(item: dict[str, Any]) -> tuple[str, Any]:
    names = [text_of(item.get(name)) for name in ("server", "tool")]
    return ".".join(name for name in names if name), arguments_of(item.get("arguments"))


def _search(item: dict[str, Any]) -> tuple[str, Any]:
    return "web_search", {"query": text_of(item.get("query"))}


_TOOLS = {
    "command_execution": _command,
    "file_change": _files,
    "mcp_tool_call": _mcp,
    "web_search": _search,
}
