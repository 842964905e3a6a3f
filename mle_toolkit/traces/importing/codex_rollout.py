"""Codex keeps each session in a rollout file: read it line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    event_of,
    first_of,
    integer_of,
    load_json,
    note_of,
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
# Events that repeat what the response items say.
_REPEATS = {
    "agent_message",
    "agent_message_delta",
    "agent_reasoning",
    "agent_reasoning_delta",
    "agent_reasoning_raw_content",
    "agent_reasoning_section_break",
    "exec_command_begin",
    "exec_command_end",
    "exec_command_output_delta",
    "user_message",
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
            output, failed = _outcome(item.get("output"))
            self.turns.answer(item.get("call_id"), output, failed=failed)
        else:
            self.turns.other(note_of(item))

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
            self._take_tokens(dict_of(event.get("info")))
        elif kind == "error":
            self._ended = "failed", text_of(event.get("message"))
            self.turns.other(event_of("error", message=self._ended[1]))
        elif kind == "turn_aborted":
            reason = f"the turn was aborted: {text_of(event.get('reason'))}"
            self._in_turn, self._ended = False, ("stopped", reason)
            self.turns.other(note_of(reason))
        elif kind in {"task_started", "turn_started"}:
            self._in_turn, self._ended = True, None
        elif kind in {"task_complete", "turn_complete"}:
            self._in_turn = False
        elif kind not in _REPEATS:
            self.turns.other(note_of(event))

    def _take_tokens(self, info: dict[str, Any]) -> None:
        """Give the newest call its tokens: how much the running total has grown."""
        if not isinstance(info.get("total_token_usage"), dict):
            return
        total = _tokens(info["total_token_usage"])
        new = (total[0] - self._total[0], total[1] - self._total[1])
        if min(new) < 0:
            # The count began anew, as after a summary of the history.
            new = _tokens(dict_of(info.get("last_token_usage")))
        self._total = total
        if max(new) > 0:
            self.turns.spend(tokens_in=new[0], tokens_out=new[1])
            self.turns.release()


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
    return text, found is not None and int(found[1]) != 0


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
