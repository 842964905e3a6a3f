"""mini-swe-agent: the messages of an attempt, with what each cost, in one document.

The model's turn is a chat message or an answer of the Responses API; either way what
it wants to run is among the extras.  Versions before 2 write the text alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    event_of,
    first_of,
    integer_of,
    note_of,
    number_of,
    optional_text,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.turns import Turns, safe_text

if TYPE_CHECKING:
    from mle_toolkit.records import Problem

_MARK = re.compile(r'"mini_version"\s*:')
_CENTS = 1e-9


def is_mini(head: str) -> bool:
    """Whether a document that begins like this is of mini-swe-agent."""
    return head.lstrip().startswith("{") and _MARK.search(head) is not None


class MiniReader:
    """Makes our events of the messages.

    Parameters
    ----------
    document
        What the file holds.
    task
        Name of the task: the file does not tell it.
    """

    def __init__(self, document: dict[str, Any], task: str) -> None:
        self.known = 0
        self.turns = Turns()
        self._info = dict_of(document.get("info"))
        self._config = dict_of(self._info.get("config"))
        model = dict_of(self._config.get("model"))
        self._model = word_of(model.get("model_name"))
        self._task = task
        self._waiting: list[str] = []
        self._cost = 0.0
        for item in dicts_of(document.get("messages")):
            self.turns.see(_time_of(item))
            if self.turns.began:
                break
        self.turns.other(self._start())

    def take(self, item: dict[str, Any]) -> None:
        """Take the next message."""
        self.known += 1
        self.turns.see(_time_of(item))
        role, extra = item.get("role"), dict_of(item.get("extra"))
        output = item.get("type") == "function_call_output"
        if role == "exit":
            self._take_exit(item)
        elif role == "tool" or output or (role == "user" and "returncode" in extra):
            self._take_output(item, extra)
        elif role == "assistant" or item.get("object") == "response":
            self._take_answer(item, extra)
        else:
            text = first_of(item, "content", "output")
            self.turns.ask(role, safe_text(text))

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace with what the messages do not account for."""
        del place, problems
        stats = dict_of(self._info.get("model_stats"))
        rest = (_dollars(stats.get("instance_cost")) or 0.0) - self._cost
        if rest > _CENTS:
            # Answers in a form that could not be read cost as well.
            self.turns.spend(cost_usd=rest)
        submission = safe_text(self._info.get("submission"))
        if submission:
            self.turns.other(note_of(f"submission:\n{submission}"))
        status, reason = self._ending()
        if status.endswith("-limit"):
            self.turns.other(event_of("limit", limit=status, detail=reason))
        elif status == "failed":
            self.turns.other(event_of("error", message=reason))
        self.turns.close(status, reason)

    def facts(self) -> dict[str, Any]:
        """Return who ran on what, and how it ended."""
        status, reason = self._ending()
        return {
            "format": "swe-agent",
            "competition": self._task,
            "scaffold": "mini-swe-agent",
            "model": self._model,
            "status": status,
            "reason": reason,
        }

    def _start(self) -> dict[str, Any]:
        return event_of(
            "start",
            competition=self._task,
            agent=f"mini-swe-agent/{self._model}",
            model=self._model,
            seed=0,
            version=word_of(self._info.get("mini_version"), "") or None,
        )

    def _ending(self) -> tuple[str, str | None]:
        said = word_of(self._info.get("exit_status"), "")
        if said == "Submitted":
            return "finished", None
        if not said:
            return "stopped", "the trajectory has no exit status"
        if said == "TimeExceeded":
            return "time-limit", said
        if said == "LimitsExceeded":
            # One word for both limits: the settings tell which one it was.
            agent = dict_of(self._config.get("agent"))
            most = count_of(agent.get("step_limit")) or 0
            stats = dict_of(self._info.get("model_stats"))
            steps = count_of(stats.get("api_calls")) or 0
            return ("step-limit" if 0 < most <= steps else "cost-limit"), said
        return "failed", said

    def _take_answer(self, item: dict[str, Any], extra: dict[str, Any]) -> None:
        self.turns.release()
        self._waiting = []
        event = self.turns.model()
        parts = dicts_of(item.get("output"))
        said = [text_of(part.get("content")) for part in parts]
        self.turns.say(event, "reply", safe_text(item.get("content")))
        self.turns.say(event, "reply", "\n".join(filter(None, said)))
        self.turns.say(event, "reasoning", safe_text(item.get("reasoning_content")))
        usage = dict_of(
            dict_of(extra.get("response")).get("usage") or item.get("usage")
        )
        cost = _dollars(extra.get("cost"))
        self._cost += cost or 0.0
        self.turns.spend(
            tokens_in=count_of(first_of(usage, "prompt_tokens", "input_tokens")),
            tokens_out=count_of(first_of(usage, "completion_tokens", "output_tokens")),
            cost_usd=cost,
        )
        for action in dicts_of(extra.get("actions")):
            known = first_of(action, "tool_call_id")
            arguments = {k: v for k, v in action.items() if k != "tool_call_id"}
            self._waiting.append(self.turns.call(event, known, "bash", arguments))

    def _take_output(self, item: dict[str, Any], extra: dict[str, Any]) -> None:
        known = optional_text(first_of(item, "tool_call_id", "call_id"))
        if known is None and self._waiting:
            # In text, answers come in the order of their commands.
            known = self._waiting[0]
        if known in self._waiting:
            self._waiting.remove(known)
        output = first_of(extra, "raw_output")
        if not output:
            output = first_of(extra, "exception_info") or first_of(
                item, "content", "output"
            )
        code = integer_of(extra.get("returncode"))
        self.turns.answer(known, safe_text(output), failed=code not in {None, 0})

    def _take_exit(self, item: dict[str, Any]) -> None:
        """Take the end: the command that sends the work in has no other answer."""
        done = self._info.get("exit_status") == "Submitted"
        for known in self._waiting if done else []:
            # It has no time either: less than nothing stands for unknown.
            self.turns.answer(known, safe_text(item.get("content")), duration_s=-1.0)
        self._waiting = []


def _time_of(item: dict[str, Any]) -> str | None:
    return time_of(dict_of(item.get("extra")).get("timestamp"))


def _dollars(value: Any) -> float | None:
    number = number_of(value)
    return number if number is not None and number >= 0 else None
