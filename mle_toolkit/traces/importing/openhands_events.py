"""Make our events of those of OpenHands, version 0 and version 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    event_of,
    first_of,
    integer_of,
    list_of,
    note_of,
    number_of,
    optional_text,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.turns import Turns, arguments_of

if TYPE_CHECKING:
    from mle_toolkit.records import Problem

KINDS_1 = {
    "ActionEvent",
    "AgentErrorEvent",
    "Condensation",
    "ConversationErrorEvent",
    "ConversationStateUpdateEvent",
    "MessageEvent",
    "ObservationEvent",
    "PauseEvent",
    "SystemPromptEvent",
    "UserRejectObservation",
}
_ENDS = {
    "finished": "finished",
    "awaiting_user_input": "finished",
    "error": "failed",
    "stuck": "failed",
    "rejected": "failed",
    "stopped": "stopped",
    "paused": "stopped",
    "step-limit": "step-limit",
    "cost-limit": "cost-limit",
}
_LIMITS = {"MaxIterationsReached": "step-limit", "MaxBudgetReached": "cost-limit"}
_SETTINGS = {"change_agent_state", "recall", "null"}


class OpenHandsReader:
    """Makes our events of those of a conversation.

    Parameters
    ----------
    first
        The reader of an earlier reading, which knows the model; else None.
    state
        What the conversation says of itself at its end, if it is known.
    """

    def __init__(
        self, first: OpenHandsReader | None, state: dict[str, Any] | None = None
    ) -> None:
        self.known = 0
        self.model = "unknown"
        self.turns = Turns()
        self._spent = (0, 0, 0.0)
        self._state = ""
        self._reason: str | None = None
        self._spoke_last = False
        self._final = state or {}
        self._costs = _costs_of(dict_of(self._final.get("stats")))
        if first is not None:
            self.turns.see(first.turns.began)
            self.turns.other(first.start())

    def take(self, item: dict[str, Any]) -> None:
        """Take the next event."""
        self.turns.see(time_of(item.get("timestamp")))
        kind = text_of(item.get("kind"))
        if kind in KINDS_1:
            self.known += 1
            self._take_1(kind, item)
        elif isinstance(item.get("observation"), str):
            self.known += 1
            self._take_observation_0(item)
        elif isinstance(item.get("action"), str):
            self.known += 1
            self._take_action_0(item)
        else:
            self.turns.other(note_of(item))
        self._take_metrics(dict_of(item.get("llm_metrics")))

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace."""
        del place, problems
        if self._final:
            self._take_state_1({"key": "full_state", "value": self._final})
        status, reason = self._ending()
        if status.endswith("-limit"):
            self.turns.other(event_of("limit", limit=status, detail=reason))
        self.turns.close(status, reason)

    def facts(self) -> dict[str, Any]:
        """Return who ran, and how it ended."""
        status, reason = self.turns.ended
        return {
            "format": "openhands",
            "scaffold": "openhands",
            "model": self.model,
            "status": status,
            "reason": reason,
        }

    def start(self) -> dict[str, Any]:
        """Return the ``start`` event."""
        return event_of(
            "start",
            competition="unknown",
            agent=f"openhands/{self.model}",
            model=self.model,
            seed=0,
        )

    def _ending(self) -> tuple[str, str | None]:
        status = _ENDS.get(self._state)
        if status is None:
            if self._spoke_last and not self.turns.waiting:
                return "finished", None
            return "stopped", "the events end before the agent says that it finished"
        if status == "finished":
            return status, None
        return status, self._reason or f"the agent's last state: {self._state}"

    def _take_1(self, kind: str, item: dict[str, Any]) -> None:
        if kind in {"ActionEvent", "MessageEvent", "ObservationEvent"}:
            self._spoke_last = kind == "MessageEvent" and item.get("source") == "agent"
        if kind == "ActionEvent":
            self._take_action_1(item)
        elif kind == "ObservationEvent":
            self._answer_1(item, item.get("observation"))
        elif kind in {"AgentErrorEvent", "UserRejectObservation"}:
            said = first_of(item, "error", "rejection_reason", "observation")
            self._answer_1(item, said, failed=True)
        elif kind == "MessageEvent":
            self._take_message_1(item)
        elif kind == "SystemPromptEvent":
            self.turns.ask("system", text_of(item.get("system_prompt")))
        elif kind == "ConversationStateUpdateEvent":
            self._take_state_1(item)
        elif kind == "ConversationErrorEvent":
            self._take_error_1(item)
        else:
            self.turns.other(note_of(item))

    def _take_error_1(self, item: dict[str, Any]) -> None:
        parts = [text_of(item.get(name)) for name in ("code", "detail")]
        self._state = _LIMITS.get(parts[0], "error")
        self._reason = ": ".join(part for part in parts if part) or "an error"
        if self._state == "error":
            self.turns.other(event_of("error", message=self._reason))

    def _model_1(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the call of the record at hand, with its cost if that is known."""
        known = optional_text(item.get("llm_response_id"))
        event = self.turns.model(known)
        if known in self._costs:
            cost = self._costs.pop(known)
            self.turns.spend(tokens_in=cost[0], tokens_out=cost[1], cost_usd=cost[2])
            spent = self._spent
            self._spent = (spent[0] + cost[0], spent[1] + cost[1], spent[2] + cost[2])
        return event

    def _take_action_1(self, item: dict[str, Any]) -> None:
        event = self._model_1(item)
        self.turns.say(event, "reply", text_of(item.get("thought")))
        reasoning = text_of(item.get("reasoning_content"))
        if not reasoning:
            blocks = dicts_of(item.get("thinking_blocks"))
            reasoning = "\n".join(text_of(part.get("thinking")) for part in blocks)
        self.turns.say(event, "reasoning", reasoning)
        call = dict_of(item.get("tool_call"))
        function = dict_of(call.get("function"))
        arguments = first_of(call, "arguments") or function.get("arguments")
        if arguments is None:
            action = dict_of(item.get("action"))
            arguments = {k: v for k, v in action.items() if k != "kind"}
        name = first_of(item, "tool_name") or first_of(call, "name")
        known = first_of(item, "tool_call_id") or first_of(call, "id")
        self.turns.call(event, known, name, arguments_of(arguments))
        if name == "finish":
            self._state = "finished"

    def _answer_1(
        self, item: dict[str, Any], said: Any, *, failed: bool = False
    ) -> None:
        observation = dict_of(said)
        code = first_of(observation, "exit_code") or dict_of(
            observation.get("metadata")
        ).get("exit_code")
        failed = (
            failed
            or observation.get("is_error") is True
            or observation.get("error") not in (None, False, "")
            or integer_of(code) not in {None, 0}
        )
        text = first_of(observation, "content", "output", "text", "message", "error")
        self.turns.answer(
            item.get("tool_call_id"),
            text_of(said if text is None else text),
            failed=failed,
            name=word_of(item.get("tool_name")),
        )

    def _take_message_1(self, item: dict[str, Any]) -> None:
        message = dict_of(item.get("llm_message"))
        text = text_of(message.get("content"))
        if item.get("source") != "agent":
            # With a new task the old end is none.
            self._state = ""
            self.turns.ask(message.get("role"), text)
            return
        event = self._model_1(item)
        self.turns.say(event, "reply", text)
        self.turns.say(event, "reasoning", text_of(message.get("reasoning_content")))

    def _take_state_1(self, item: dict[str, Any]) -> None:
        key, value = word_of(item.get("key"), ""), item.get("value")
        whole = dict_of(value)
        stats = whole if key == "stats" else dict_of(whole.get("stats"))
        status = value if key == "execution_status" else whole.get("execution_status")
        if isinstance(status, str) and self._state not in _LIMITS.values():
            # At a limit its own state is no more than "error".
            self._state = status.lower()
        model = dict_of(dict_of(whole.get("agent")).get("llm")).get("model")
        if self.model == "unknown":
            self.model = word_of(model)
        per_use = dict_of(stats.get("usage_to_metrics"))
        self._take_metrics(*map(dict_of, per_use.values()))
        if not per_use:
            self.turns.other(note_of(item))

    def _take_action_0(self, item: dict[str, Any]) -> None:
        action, source = item["action"], item.get("source")
        arguments = dict_of(item.get("args"))
        self._spoke_last = action == "message" and source == "agent"
        said = text_of(first_of(arguments, "content", "thought", "final_thought"))
        if action in {"message", "system"} and source != "agent":
            self._state = ""
            self.turns.ask("system" if action == "system" else "user", said)
        elif action == "system":
            self.turns.ask("system", said)
        elif source != "agent" or action in _SETTINGS:
            self.turns.other(note_of(item))
        else:
            self._take_call_0(item, action, arguments, said)

    def _take_call_0(
        self, item: dict[str, Any], action: str, arguments: dict[str, Any], said: str
    ) -> None:
        meta = dict_of(item.get("tool_call_metadata"))
        response = dict_of(meta.get("model_response"))
        event = self.turns.model(optional_text(response.get("id")))
        if self.model == "unknown":
            self.model = word_of(response.get("model"))
        if said and said not in event.get("reply", ""):
            # Actions of one answer repeat its thought.
            self.turns.say(event, "reply", said)
        if action == "message":
            return
        rest = {k: v for k, v in arguments.items() if k != "thought"}
        name = first_of(meta, "function_name") or action
        known = self.turns.call(event, f"event-{text_of(item.get('id'))}", name, rest)
        if action in {"finish", "reject"}:
            self._state = "finished" if action == "finish" else "rejected"
            self._reason = said or None
            self.turns.answer(known, said)
        elif action == "think":
            self.turns.answer(known, "")

    def _take_observation_0(self, item: dict[str, Any]) -> None:
        self._spoke_last = False
        kind, extras = item["observation"], dict_of(item.get("extras"))
        known = f"event-{text_of(item.get('cause'))}"
        if kind == "agent_state_changed":
            self._state = word_of(extras.get("agent_state"), self._state)
            self._reason = optional_text(extras.get("reason"))
            if self._state == "error":
                reason = self._reason or "an error"
                self.turns.other(event_of("error", message=reason))
                return
        if not self.turns.is_open(known):
            self.turns.other(note_of(item))
            return
        metadata = dict_of(extras.get("metadata"))
        code = integer_of(first_of(metadata, "exit_code") or extras.get("exit_code"))
        failed = kind == "error" or item.get("success") is False
        self.turns.answer(
            known,
            text_of(first_of(item, "content", "message")),
            failed=failed or code not in {None, 0},
        )

    def _take_metrics(self, *metrics: dict[str, Any]) -> None:
        """Give the newest call what was spent since the sums before."""
        if not any(metrics):
            return
        totals = [_sums(entry) for entry in metrics]
        now = (
            max(self._spent[0], sum(total[0] for total in totals)),
            max(self._spent[1], sum(total[1] for total in totals)),
            max(self._spent[2], sum(total[2] for total in totals)),
        )
        self.turns.spend(
            tokens_in=now[0] - self._spent[0],
            tokens_out=now[1] - self._spent[1],
            cost_usd=now[2] - self._spent[2],
        )
        self._spent = now


def _costs_of(stats: dict[str, Any]) -> dict[str, tuple[int, int, float]]:
    """Return tokens in and out and dollars of each answer, by its id."""
    costs: dict[str, tuple[int, int, float]] = {}
    for metrics in map(dict_of, dict_of(stats.get("usage_to_metrics")).values()):
        usages = dicts_of(metrics.get("token_usages"))
        dollars = [
            number_of(each.get("cost")) for each in dicts_of(metrics.get("costs"))
        ]
        # The lists are parallel, unless a call failed or was for free.
        paired = dollars if len(dollars) == len(usages) else [None] * len(usages)
        for usage, cost in zip(usages, paired, strict=True):
            key = word_of(usage.get("response_id"), "")
            if key:
                costs[key] = (
                    count_of(usage.get("prompt_tokens")) or 0,
                    count_of(usage.get("completion_tokens")) or 0,
                    max(0.0, cost or 0.0),
                )
    return costs


def _sums(metrics: dict[str, Any]) -> tuple[int, int, float]:
    usage = dict_of(metrics.get("accumulated_token_usage"))
    cost = number_of(metrics.get("accumulated_cost"))
    if not usage:
        # Older files have the usage of each call alone.
        each = [dict_of(entry) for entry in list_of(metrics.get("token_usages"))]
    else:
        each = [usage]
    return (
        sum(count_of(entry.get("prompt_tokens")) or 0 for entry in each),
        sum(count_of(entry.get("completion_tokens")) or 0 for entry in each),
        max(0.0, cost or 0.0),
    )
