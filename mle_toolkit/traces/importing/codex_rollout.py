"""Codex keeps each session in a rollout file: read it line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    event_of,
    first_of,
    integer_of,
    load_json,
    note_of,
    seconds_of,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.turns import Turns, arguments_of

if TYPE_CHECKING:
    from mle_toolkit.records import Problem

_EXIT = re.compile(
    r"^(?:Exit code:|Process exited with code) (-?\d+)\s*$", re.MULTILINE
)
_EXIT_WITHIN = 2000
_UNKNOWN_TOOL = re.compile(r"unsupported (?:custom tool )?call: ")
# Events that repeat what the response items say.
_REPEATS = {
    "agent_message",
    "agent_message_delta",
    "agent_reasoning",
    "agent_reasoning_delta",
    "agent_reasoning_raw_content",
    "agent_reasoning_section_break",
    "exec_command_begin",
    "exec_command_output_delta",
    "user_message",
}
_REPEATED_ITEMS = {
    "AgentMessage",
    "CommandExecution",
    "FileChange",
    "McpToolCall",
    "Reasoning",
    "UserMessage",
    "WebSearch",
}
_CALLS = {"function_call", "custom_tool_call", "local_shell_call", "web_search_call"}


class RolloutReader:
    """Makes our events of the lines of a rollout.

    Parameters
    ----------
    first
        The reader of an earlier reading, which knows the model; else None.
    """

    def __init__(self, first: RolloutReader | None) -> None:
        self.known = 0
        self.turns = Turns()
        self.model = "unknown"
        self.meta: dict[str, Any] = {}
        self._total = (0, 0)
        self._ran: dict[str, _Ran] = {}
        self._in_turn = False
        self._ended: tuple[str, str | None] | None = None
        if first is not None:
            self.turns.see(first.turns.began)
            self.turns.other(first.start())

    def take(self, item: dict[str, Any]) -> None:
        """Take the next line."""
        self.turns.see(time_of(item.get("timestamp")))
        payload = dict_of(item.get("payload"))
        kind = text_of(item.get("type"))
        self.known += kind in {"session_meta", "response_item", "event_msg"}
        if kind == "session_meta" and payload and not self.meta:
            self.meta = payload
        elif kind == "turn_context" and payload:
            if self.model == "unknown":
                self.model = word_of(payload.get("model"))
        elif kind == "response_item" and payload:
            self._take_item(word_of(payload.get("type"), ""), payload)
        elif kind == "event_msg" and payload:
            self._take_event(word_of(payload.get("type"), ""), payload)
        elif kind == "token_usage_record" and payload:
            self._take_tokens(payload.get("thread_token_usage"), payload.get("usage"))
        else:
            self.turns.other(note_of(item))

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace."""
        del place, problems
        status, reason = self._ending()
        self.turns.close(status, reason)

    def facts(self) -> dict[str, Any]:
        """Return who ran, and how it ended."""
        status, reason = self.turns.ended
        return {
            "format": "codex",
            "scaffold": "codex",
            "model": self.model,
            "status": status,
            "reason": reason,
        }

    def start(self) -> dict[str, Any]:
        """Return the ``start`` event."""
        return event_of(
            "start",
            competition="unknown",
            agent=f"codex/{self.model}",
            model=self.model,
            seed=0,
            version=word_of(self.meta.get("cli_version"), "") or None,
            cwd=word_of(self.meta.get("cwd"), "") or None,
            session=word_of(self.meta.get("id"), "") or None,
            provider=word_of(self.meta.get("model_provider"), "") or None,
        )

    def _ending(self) -> tuple[str, str | None]:
        if self._ended is not None:
            return self._ended
        if self._in_turn or self.turns.waiting:
            return "stopped", "the rollout ended within a turn"
        return "finished", None

    def _take_item(self, kind: str, item: dict[str, Any]) -> None:
        if kind == "message" and item.get("role") != "assistant":
            self.turns.ask(item.get("role"), text_of(item.get("content")))
        elif kind == "message":
            self._say("reply", text_of(item.get("content")))
        elif kind == "reasoning":
            parts = item.get("summary") or item.get("content")
            # What is encrypted says nothing, but it opens the call.
            self._say("reasoning", text_of(parts) if parts else "")
        elif kind in _CALLS:
            self._take_call(kind, item)
        elif kind.endswith("_output"):
            self._take_output(item)
        else:
            self.turns.other(note_of(item))

    def _take_output(self, item: dict[str, Any]) -> None:
        output, failed = _outcome(item.get("output"))
        ran = self._ran.pop(text_of(item.get("call_id")), _Ran())
        self.turns.answer(
            item.get("call_id"),
            output,
            failed=failed or ran.failed,
            duration_s=ran.duration_s,
        )

    def _say(self, field: str, text: str) -> None:
        if field == "reasoning" and "tool_calls" in self.turns.current:
            self.turns.release()
        self.turns.say(self.turns.model(), field, text)

    def _take_call(self, kind: str, item: dict[str, Any]) -> None:
        name = first_of(item, "name") or kind.removesuffix("_call")
        arguments = first_of(item, "arguments", "input", "action")
        known = self.turns.call(
            self.turns.model(),
            first_of(item, "call_id", "id"),
            name,
            arguments_of(arguments),
        )
        if kind == "web_search_call":
            # The provider searches: the answer is not in the rollout.
            failed = item.get("status") == "failed"
            self.turns.answer(known, "", failed=failed)

    def _take_event(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "token_count":
            info = dict_of(event.get("info"))
            self._take_tokens(
                info.get("total_token_usage"), info.get("last_token_usage")
            )
        elif kind == "exec_command_end":
            self._remember(event.get("call_id"), event)
        elif kind == "item_completed" and _repeats(event.get("item")):
            self._remember(event["item"].get("id"), event["item"])
        elif kind == "error":
            self._take_failure(event.get("message") or "an error")
        elif kind == "turn_aborted":
            reason = f"the turn was aborted: {text_of(event.get('reason'))}"
            self._in_turn, self._ended = False, ("stopped", reason)
            self.turns.other(note_of(reason))
        elif kind in {"task_started", "turn_started"}:
            self._in_turn, self._ended = True, None
        elif kind in {"task_complete", "turn_complete"}:
            self._in_turn = False
            self._take_failure(event.get("error"))
        elif kind not in _REPEATS:
            self.turns.other(note_of(event))

    def _take_failure(self, error: Any) -> None:
        """Take the error of a turn, which newer versions tell only at its end."""
        if not error:
            return
        said = text_of(first_of(dict_of(error), "message") or error)
        if self._ended != ("failed", said):
            self._ended = "failed", said
            self.turns.other(event_of("error", message=said))

    def _remember(self, call_id: Any, item: dict[str, Any]) -> None:
        """Keep what is known of a command until its answer comes."""
        known = text_of(call_id)
        if self.turns.is_open(known):
            self._ran[known] = _ran(item)

    def _take_tokens(self, total: Any, last: Any) -> None:
        """Give the newest call its tokens: how much the running total has grown.

        Newer versions tell the total twice, at the end of a call and after its tools.
        """
        if not isinstance(total, dict):
            return
        now = _tokens(total)
        new = (now[0] - self._total[0], now[1] - self._total[1])
        if min(new) < 0:
            # The count began anew, as after a summary of the history.
            new = _tokens(dict_of(last))
        self._total = now
        if max(new) > 0:
            self.turns.spend(tokens_in=new[0], tokens_out=new[1])
            self.turns.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    failed: bool = False
    duration_s: float | None = None


def _ran(item: dict[str, Any]) -> _Ran:
    """Return how a command went: its answer does not say how long it took."""
    duration = dict_of(item.get("duration"))
    whole = seconds_of(duration.get("secs"))
    parts = seconds_of(duration.get("nanos")) or 0.0
    said = text_of(item.get("status")) in {"failed", "declined"}
    return _Ran(
        failed=said or integer_of(item.get("exit_code")) not in {None, 0},
        duration_s=None if whole is None else round(whole + parts / 1e9, 6),
    )


def _repeats(item: Any) -> bool:
    """Whether an item is one that is there as a response item too."""
    return isinstance(item, dict) and text_of(item.get("type")) in _REPEATED_ITEMS


def _tokens(usage: dict[str, Any]) -> tuple[int, int]:
    return (
        count_of(usage.get("input_tokens")) or 0,
        count_of(usage.get("output_tokens")) or 0,
    )


def _outcome(output: Any) -> tuple[str, bool]:
    """Return the text of a tool's answer, and whether it says that it failed."""
    output = _unwrapped(output)
    if isinstance(output, dict):
        code = integer_of(dict_of(output.get("metadata")).get("exit_code"))
        failed = output.get("success") is False or code not in {None, 0}
        text = first_of(output, "output", "content")
        return text_of(output if text is None else text), failed
    text = text_of(output)
    found = _EXIT.search(text[:_EXIT_WITHIN])
    failed = found is not None and int(found[1]) != 0
    return text, failed or _UNKNOWN_TOOL.match(text) is not None


def _unwrapped(output: Any) -> Any:
    """Return the object in an answer that is one as text, with its exit code."""
    if not isinstance(output, str) or not output.startswith("{"):
        return output
    try:
        wrapper = dict_of(load_json(output))
    except (ValueError, RecursionError):
        return output
    # A program may print JSON of its own.
    return wrapper if {"output", "metadata"} <= wrapper.keys() else output
