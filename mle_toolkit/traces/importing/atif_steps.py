"""The steps of an ATIF document as our events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    event_of,
    flag_of,
    integer_of,
    list_of,
    note_of,
    optional_text,
    seconds_of,
    text_of,
    time_of,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN = frozenset(
    {
        "step_id", "timestamp", "source", "model_name", "reasoning_effort", "message",
        "reasoning_content", "tool_calls", "observation", "metrics",
        "is_copied_context", "llm_call_count", "extra",
    }
)  # fmt: skip
_OURS, _RESULTS = "mle", "mle_results"


class Steps:
    """Turns steps into events, with what is remembered from step to step.

    Attributes
    ----------
    restored
        Whether the steps are events of ours.
    """

    def __init__(self, place: str, problems: list[Problem]) -> None:
        self.restored = False
        self._place = place
        self._problems = problems
        self._pending: list[dict[str, Any]] = []
        self._copied = 0

    def begin(self, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the start of a trajectory that is not ours."""
        steps = dicts_of(document.get("steps"))
        self.restored = any(_is_ours(step) for step in steps)
        if not self.restored:
            times = [time_of(step.get("timestamp")) for step in steps[:1]]
            agent = dict_of(document.get("agent"))
            yield event_of(
                "start",
                time=times[0] if times else None,
                version=optional_text(agent.get("version")),
                schema_version=optional_text(document.get("schema_version")),
                session_id=optional_text(document.get("session_id")),
                extra=document.get("extra") or None,
            )

    def take_all(self, steps: list[Any]) -> Iterator[dict[str, Any]]:
        """Yield the events of the steps of one document."""
        if self.restored:
            yield from self._restore(steps)
            return
        for position, step in enumerate(steps, 1):
            if isinstance(step, dict):
                yield from self._take(step)
            else:
                self._broken(position, step)
                yield note_of(step)

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield what nobody answered."""
        for message in self._pending:
            yield event_of("note", text=f"{message['role']}: {message['content']}")
        self._pending = []
        if self._copied:
            reason = f"{self._copied} steps repeat what came before: left out"
            self._problems.append(Problem(self._place, reason, "copied steps"))

    def _broken(self, position: int, step: Any) -> None:
        reason = f"step {position} is a {type(step).__name__}, not an object"
        self._problems.append(Problem(self._place, reason, "broken step", 1))

    def _restore(self, steps: list[Any]) -> Iterator[dict[str, Any]]:
        """Yield our own events, in the order of their numbers where they have them.

        The result of a tool stands in the step of its call, so that it may have to
        move back behind what happened in between.
        """
        events: list[dict[str, Any]] = []
        for position, step in enumerate(steps, 1):
            extra = dict_of(dict_of(step).get("extra"))
            found = [extra.get(_OURS), *list_of(extra.get(_RESULTS))]
            ours = [item for item in found if isinstance(item, dict)]
            events += ours
            # A prompt is part of the event that follows it, and says so by a null.
            if not ours and _OURS not in extra:
                self._broken(position, step)
                events.append(note_of(step))
        numbers = [integer_of(event.get("seq")) for event in events]
        if None not in numbers:
            events.sort(key=lambda event: integer_of(event["seq"]) or 0)
        yield from events

    def _take(self, step: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if flag_of(step.get("is_copied_context")):
            self._copied += 1
            return
        source = word_of(step.get("source"), "agent")
        calls = [_call(call) for call in dicts_of(step.get("tool_calls"))]
        if source != "agent":
            content = text_of(step.get("message"))
            if content:
                self._pending.append({"role": source, "content": content})
        elif not _is_silent(step):
            yield self._model(step, calls)
        yield from _tools(step, calls)

    def _model(
        self, step: dict[str, Any], calls: list[dict[str, Any]]
    ) -> dict[str, Any]:
        messages, self._pending = self._pending, []
        metrics = dict_of(step.get("metrics"))
        others = {name: each for name, each in step.items() if name not in _KNOWN}
        extra = {**dict_of(step.get("extra")), **others}
        return event_of(
            "model",
            node=None,
            purpose="act",
            messages=messages,
            reply=text_of(step.get("message")),
            reasoning=optional_text(step.get("reasoning_content")),
            tool_calls=calls,
            tokens_in=count_of(metrics.get("prompt_tokens")),
            tokens_out=count_of(metrics.get("completion_tokens")),
            tokens_cached=count_of(metrics.get("cached_tokens")),
            cost_usd=seconds_of(metrics.get("cost_usd")),
            model=optional_text(step.get("model_name")),
            extra=extra or None,
            time=time_of(step.get("timestamp")),
        )


def _is_ours(step: dict[str, Any]) -> bool:
    return isinstance(dict_of(step.get("extra")).get(_OURS), dict)


def _is_silent(step: dict[str, Any]) -> bool:
    """Whether no model was asked in a step: it only tells of a tool."""
    said = step.get("message") or step.get("reasoning_content")
    return count_of(step.get("llm_call_count")) == 0 and not said


def _call(call: dict[str, Any]) -> dict[str, Any]:
    arguments = call.get("arguments")
    return {
        "name": word_of(call.get("function_name"), "unknown"),
        "arguments": arguments if isinstance(arguments, dict) else text_of(arguments),
        "id": text_of(call.get("tool_call_id")),
    }


def _tools(
    step: dict[str, Any], calls: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    by_id = {call["id"]: call for call in calls}
    for result in dicts_of(dict_of(step.get("observation")).get("results")):
        known = text_of(result.get("source_call_id"))
        # A result that names no call belongs to the only one, if there is one.
        call = by_id.get(known) or (calls[0] if not known and len(calls) == 1 else {})
        yield event_of(
            "tool",
            node=None,
            name=call.get("name", "unknown"),
            call_id=call.get("id") or known or None,
            arguments=call.get("arguments"),
            output=text_of(result.get("content")),
            status="error" if _failed(result) else "ok",
            subagent=result.get("subagent_trajectory_ref"),
            time=time_of(step.get("timestamp")),
        )


def _failed(result: dict[str, Any]) -> bool:
    """Whether a result failed, which the format has no field for.

    Harbor's converters say it among the extras, each in the words of its agent.
    """
    extra = dict_of(result.get("extra"))
    said = {**extra, **dict_of(extra.get("tool_result_metadata"))}
    failed = any(
        said.get(name) is True for name in ("is_error", "tool_result_is_error")
    )
    return failed or extra.get("error") not in (None, False, "")
