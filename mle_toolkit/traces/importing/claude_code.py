"""Claude Code: the stream of ``claude -p --output-format stream-json``, session logs.

One line holds one block of a message, and the lines of one message share its id and
its usage.  The ``output_tokens`` of the stream are those at the start of a message, so
the ``result`` line has the last word: what it counts above the messages is added to
the last call.  Its ``modelUsage`` counts the whole session, also the agents of the
agent; its ``usage`` counts one prompt of the main agent.  Newer versions also say what
came since the result before, so that the stream of a resumed session counts only what
is in it; older ones charge it for all of the session.  ``tokens_in`` includes what was
read from and written to the cache.  Session logs have no ``result`` but, in newer
versions, a ``cost-state`` with the same sums; the agents of the agent have files of
their own.  Lines that only repeat others, or count while it thinks, are left out.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.claude_lines import (
    added,
    amount_of,
    blocks,
    is_agents,
    is_noise,
    is_ours,
    limit_of,
    session,
    session_lines,
    stated_in,
    sums_of,
    text_of_block,
    tokens,
)
from mle_toolkit.traces.importing.documents import head_of
from mle_toolkit.traces.importing.fields import (
    dict_of,
    event_of,
    first_of,
    load_json,
    note_of,
    optional_text,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.folders import any_matches, read_all
from mle_toolkit.traces.importing.streams import read_stream
from mle_toolkit.traces.importing.turns import Settlement, Turns, safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.traces.importing.records import ForeignTrace

_SUFFIXES = (".jsonl", ".json", ".txt", ".log")
_HEAD_LINES = 50
_MESSAGES_KEPT = 1000
_LONG_FIRST_LINE = re.compile(r'\{[^\n]{0,1000}"parentUuid"\s*:')
_ENDS = {
    "success": "finished",
    "error_max_turns": "step-limit",
    "error_max_budget_usd": "cost-limit",
}
_CUT = "the stream ended without a result"


def matches(path: Path) -> bool:
    """Whether a file, or one in a folder, looks like a stream or log of Claude Code."""
    return any_matches(path, _SUFFIXES, _matches)


def read(path: Path) -> list[ForeignTrace]:
    """Read one stream or session log, or all in a folder.

    Raises
    ------
    StoreError
        When the file cannot be read or holds no record of Claude Code.
    """
    return read_all(path, _SUFFIXES, _matches, _read)


def _matches(path: Path) -> bool:
    if is_agents(path):
        # It is read with the log of its session.
        return False
    head = head_of(path)
    if _LONG_FIRST_LINE.match(head):
        return True
    for line in head.split("\n")[:_HEAD_LINES]:
        try:
            item = load_json(line)
        except (ValueError, RecursionError):
            continue
        if is_ours(item):
            return True
    return False


def _read(path: Path) -> ForeignTrace:
    hint = (
        "the output of `claude -p --verbose --output-format stream-json`, or a "
        "session log (*.jsonl)"
    )
    return read_stream(
        path, _Reader, tool="Claude Code", hint=hint, lines=session_lines
    )


class _Reader:
    """Makes our events of the lines."""

    def __init__(self, first: _Reader | None) -> None:
        self.known = 0
        self.model = "unknown"
        self.init: dict[str, Any] = {}
        self.result: dict[str, Any] = {}
        self.turns = Turns(first.settlement() if first else None)
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._counted: dict[str, list[int]] = {}
        self._stated: dict[str, dict[str, Any]] = {}
        self._took: dict[str, float] = {}
        self._spoke_last = False
        self._last_error = ""
        self._partial: list[str] = []
        self._partial_id: str | None = None
        if first is not None:
            self.turns.see(first.turns.began)
            self.turns.other(first.start())

    def take(self, item: dict[str, Any]) -> None:
        """Take the next line."""
        self.turns.see(time_of(item.get("timestamp")))
        kind = item.get("type")
        if kind == "assistant" and isinstance(item.get("message"), dict):
            self._take_assistant(item, item["message"])
        elif kind == "user" and isinstance(item.get("message"), dict):
            self._take_user(item, item["message"])
        elif kind == "stream_event" and isinstance(item.get("event"), dict):
            self._take_fragment(item["event"])
        elif kind == "result":
            self._take_result(item)
        elif kind == "system" and item.get("subtype") == "init" and not self.init:
            self.init = item
        elif kind == "cost-state":
            self._stated[session(item)] = stated_in(item)
        elif kind == "attachment" and limit_of(item):
            self.result = limit_of(item)
        elif is_noise(item):
            pass
        else:
            self.known += kind == "system"
            self.turns.other(note_of(item))
            return
        self.known += 1

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace with the word of the last result."""
        if self._partial:
            text = "".join(self._partial)
            self.turns.other(note_of(f"a message that was not ended: {text}"))
        status, reason = self._ending()
        if status in {"step-limit", "cost-limit"}:
            self.turns.other(event_of("limit", limit=status, detail=reason))
        elif status == "failed" and reason != self._last_error:
            self.turns.other(event_of("error", message=reason))
        turns, took = (self._took.get(name) for name in ("num_turns", "duration_ms"))
        self.turns.close(
            status,
            reason,
            turns=None if turns is None else int(turns),
            elapsed_s=None if took is None else took / 1000,
        )
        if self._overcounted():
            reason = (
                "the messages count more tokens than the result (as with agents of "
                "the agent); those of the messages were kept"
            )
            problems.append(Problem(place, reason, "token totals"))

    def facts(self) -> dict[str, Any]:
        """Return who ran what, and how it ended."""
        status, reason = self.turns.ended
        return {
            "format": "claude-code",
            "scaffold": "claude-code",
            "model": self.model_name(),
            "status": status,
            "reason": reason,
        }

    def model_name(self) -> str:
        """Return the model that was asked for, else the one that answered."""
        return word_of(self.init.get("model"), self.model)

    def start(self) -> dict[str, Any]:
        """Return the ``start`` event."""
        version = first_of(self.init, "claude_code_version", "version")
        return event_of(
            "start",
            competition="unknown",
            agent=f"claude-code/{self.model_name()}",
            model=self.model_name(),
            seed=0,
            version=word_of(version, "") or None,
            cwd=word_of(self.init.get("cwd"), "") or None,
            session=session(self.init) or None,
            permission_mode=word_of(self.init.get("permissionMode"), "") or None,
        )

    def _ending(self) -> tuple[str, str | None]:
        """Return the status and, unless it finished, the reason."""
        if not self.result:
            is_log = "sessionId" in self.init
            if is_log and self._last_error:
                return "failed", self._last_error
            if is_log and self._spoke_last and not self.turns.waiting:
                return "finished", None
            return "stopped", _CUT
        subtype = word_of(self.result.get("subtype"))
        status = _ENDS.get(subtype, "failed")
        if status == "finished" and self.result.get("is_error") is True:
            status = "failed"
        if status == "finished":
            return status, None
        said = safe_text(first_of(self.result, "result", "errors"))
        if said and subtype == "success":
            return status, said
        return status, f"{subtype}: {said}" if said else subtype

    def settlement(self) -> Settlement:
        """Return what the results count above the messages."""
        spent: dict[str, float] = {}
        for known, stated in self._stated.items():
            counted = self._counted.get(known, [0, 0])
            for name, done in zip(("tokens_in", "tokens_out"), counted, strict=True):
                more = max(0, stated.get(name, 0) - done)
                spent[name] = spent.get(name, 0) + more
            if "cost_usd" in stated:
                spent["cost_usd"] = spent.get("cost_usd", 0.0) + stated["cost_usd"]
        return Settlement(last=self.turns.n_models, spent=spent)

    def _overcounted(self) -> bool:
        return any(
            counted > stated.get(name, counted)
            for known, stated in self._stated.items()
            for name, counted in zip(
                ("tokens_in", "tokens_out"),
                self._counted.get(known, [0, 0]),
                strict=True,
            )
        )

    def _take_assistant(self, item: dict[str, Any], message: dict[str, Any]) -> None:
        synthetic = message.get("model") == "<synthetic>"
        if item.get("isApiErrorMessage") is True or (synthetic and "error" in item):
            self._remember(item)
            self._last_error = text_of(message.get("content"))
            self.turns.other(event_of("error", message=self._last_error))
            return
        key = optional_text(message.get("id"))
        if key is None or key == self._partial_id:
            self._partial = []
        inner = _is_inner(item)
        self._last_error = ""
        event = self.turns.model(
            key,
            lane=_lane(item),
            parent_call=optional_text(item.get("parent_tool_use_id")),
            subagent=inner or None,
        )
        if self.model == "unknown" and not synthetic:
            self.model = word_of(message.get("model"))
        self._remember(item)
        self._count(key, dict_of(message.get("usage")), session(item))
        for block in blocks(message.get("content")):
            self._spoke_last = (
                self._spoke_last if inner else block.get("type") == "text"
            )
            self._take_block(event, block)

    def _take_block(self, event: dict[str, Any], block: dict[str, Any]) -> None:
        kind = text_of(block.get("type"))
        if kind == "text":
            self.turns.say(event, "reply", text_of(block.get("text")))
        elif kind == "thinking":
            self.turns.say(event, "reasoning", text_of(block.get("thinking")))
        elif kind == "redacted_thinking":
            self.turns.say(event, "reasoning", "[redacted by the provider]")
        elif kind.endswith("tool_use"):
            name = block.get("name")
            self.turns.call(event, block.get("id"), name, block.get("input"))
        elif kind.endswith("tool_result"):
            self._answer(block)
        else:
            self.turns.other(note_of(block))

    def _take_user(self, item: dict[str, Any], message: dict[str, Any]) -> None:
        self._spoke_last = self._spoke_last and _is_inner(item)
        self._last_error = ""
        self._remember(item)
        interrupted = dict_of(first_of(item, "tool_use_result", "toolUseResult"))
        for block in blocks(message.get("content")):
            if text_of(block.get("type")).endswith("tool_result"):
                self._answer(block, cut=interrupted.get("interrupted") is True)
            else:
                text = text_of_block(block)
                self.turns.ask(message.get("role"), text, lane=_lane(item))

    def _answer(self, block: dict[str, Any], *, cut: bool = False) -> None:
        content = block.get("content")
        error = isinstance(content, dict) and "error_code" in content
        output = "\n".join(text_of_block(part) for part in blocks(content))
        failed = block.get("is_error") is True or cut or error
        self.turns.answer(block.get("tool_use_id"), output, failed=failed)

    def _take_fragment(self, event: dict[str, Any]) -> None:
        """Take a piece of a message: the whole follows, unless the stream is cut."""
        kind = event.get("type")
        if kind == "message_start":
            self._partial = []
            self._partial_id = optional_text(dict_of(event.get("message")).get("id"))
        elif kind == "content_block_delta":
            delta = dict_of(event.get("delta"))
            piece = first_of(delta, "text", "thinking", "partial_json")
            self._partial.append(text_of(piece))
        elif kind == "message_stop":
            self._partial = []

    def _take_result(self, item: dict[str, Any]) -> None:
        """Take the end of a prompt: its costs are those of the session so far."""
        self.result = item
        known = session(item)
        since = item.get("model_usage_since_last_result")
        if isinstance(since, dict):
            self._stated[known] = added(self._stated.get(known, {}), sums_of(since))
        else:
            self._stated[known] = stated_in(item)
        for name in ("num_turns", "duration_ms"):
            # These count one prompt alone.
            took = amount_of(item.get(name))
            if took is not None:
                self._took[name] = self._took.get(name, 0) + took
        denied = item.get("permission_denials")
        if denied:
            self.turns.other(note_of({"permission_denials": denied}))

    def _count(self, key: str | None, usage: dict[str, Any], known: str) -> None:
        before = self._seen.pop(key, (0, 0)) if key is not None else (0, 0)
        now = tokens(usage)
        most = (max(before[0], now[0]), max(before[1], now[1]))
        if key is not None:
            self._seen[key] = most
            if len(self._seen) > _MESSAGES_KEPT:
                self._seen.popitem(last=False)
        new = (most[0] - before[0], most[1] - before[1])
        counted = self._counted.setdefault(known, [0, 0])
        counted[0] += new[0]
        counted[1] += new[1]
        if usage:
            self.turns.spend(tokens_in=new[0], tokens_out=new[1])

    def _remember(self, item: dict[str, Any]) -> None:
        """Keep what a session log says in each line and a stream once."""
        if not self.init and "sessionId" in item:
            self.init = {
                name: item[name]
                for name in ("cwd", "version", "sessionId")
                if name in item
            }


def _lane(item: dict[str, Any]) -> str | None:
    """Return which agent of the agent a line is by; None for the agent itself."""
    return optional_text(first_of(item, "parent_tool_use_id", "agentId"))


def _is_inner(item: dict[str, Any]) -> bool:
    return bool(item.get("parent_tool_use_id")) or item.get("isSidechain") is True
