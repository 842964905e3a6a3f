"""Our events as Inspect's: calls of a model, tools, scores, and a span for each node.

Everything here needs inspect_ai, which is imported where it is used.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mle_toolkit.traces.exporting.recording import describe, fenced
from mle_toolkit.traces.exporting.targets import encodable
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    number_of,
    optional_text,
    seconds_of,
    text_of,
    time_of,
    word_of,
)

if TYPE_CHECKING:
    from mle_toolkit.traces.exporting.recording import Recording

# Inspect refuses values that are nested much deeper.
_MAX_DEPTH = 100
_LIMITS = {
    "time-limit": "time",
    "token-limit": "token",
    "cost-limit": "cost",
    "message-limit": "message",
    "stopped": "operator",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Transcript:
    """The events and messages of one sample.

    Parameters
    ----------
    recording
        The try to write.

    Attributes
    ----------
    task
        The task in words, else the competition's name.
    events, messages
        As Inspect's own objects.
    output
        What the model said last.
    began, ended
        Time of the first and of the last event, ISO 8601.
    elapsed_s
        Seconds from the first to the last event.
    """

    def __init__(self, recording: Recording) -> None:
        from inspect_ai.model import ModelOutput

        self._name = f"{recording.competition}/{recording.agent}/{recording.seed}"
        self._model = recording.model
        task = dict_of(recording.spec.get("task"))
        self.task = encodable(text_of(task.get("description")) or recording.competition)
        self.events: list[Any] = []
        self.messages: list[Any] = []
        self.output: Any = ModelOutput()
        self._told: set[int] = set()
        self._shared: dict[tuple[str, str], Any] = {}
        self._moment = _moment(recording.events[0].get("time"), _EPOCH)
        self._first = self._moment
        self._elapsed_s = 0.0
        self._add_init(recording)
        self._add_all(recording.events)

    @property
    def began(self) -> str:
        """When the first event was."""
        return self._first.isoformat(timespec="milliseconds")

    @property
    def ended(self) -> str:
        """When the last event was."""
        return self._moment.isoformat(timespec="milliseconds")

    @property
    def elapsed_s(self) -> float:
        """How long it took."""
        return max(0.0, (self._moment - self._first).total_seconds())

    def close(self, scores: dict[str, Any]) -> None:
        """Add the scores that the sample ends with."""
        from inspect_ai.event import ScoreEvent

        for name, score in scores.items():
            self.events.append(
                ScoreEvent(score=score, scorer=name, **self._common({}, None, name))
            )

    def identity(self, place: str) -> str:
        """Return a name that is this attempt's alone, and the same in each export."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self._name}/{place}").hex

    def _add_init(self, recording: Recording) -> None:
        from inspect_ai.dataset import Sample
        from inspect_ai.event import SampleInitEvent

        sample = Sample(input=self.task, target="", id=recording.competition)
        self.events.append(
            SampleInitEvent(sample=sample, state={}, **self._common({}, None, "init"))
        )

    def _add_all(self, events: list[dict[str, Any]]) -> None:
        from inspect_ai.event import SpanBeginEvent, SpanEndEvent

        last = {_span_of(event): place for place, event in enumerate(events)}
        names = _names(events)
        opened: set[str] = set()
        for place, event in enumerate(events):
            span = _span_of(event)
            if span is not None and span not in opened:
                opened.add(span)
                common = self._common(event, span, f"{span}-begin", keep=False)
                name = names.get(span, span)
                self.events.append(SpanBeginEvent(id=span, name=name, **common))
            self._take(event, span, str(place))
            if span is not None and last[span] == place:
                common = self._common(event, span, f"{span}-end", keep=False)
                self.events.append(SpanEndEvent(id=span, **common))

    def _take(self, event: dict[str, Any], span: str | None, place: str) -> None:
        kind = event.get("kind")
        common = self._common(event, span, place)
        # From here on, no text may hold what UTF-8 cannot.
        event = clean(event)
        if kind == "model":
            made = self._model_event(event, common)
        elif kind in {"exec", "tool"}:
            made = self._tool_event(event, common)
        else:
            made = _other_event(event, common)
        self.events.append(made)

    def _common(
        self,
        event: dict[str, Any],
        span: str | None,
        place: str,
        *,
        keep: bool = True,
    ) -> dict[str, Any]:
        """Return what every event of Inspect has: when, where, and our event."""
        self._moment = _moment(event.get("time"), self._moment)
        took_s = min(seconds_of(event.get("duration_s")) or 0.0, self.elapsed_s)
        elapsed_s = seconds_of(event.get("elapsed_s"))
        self._elapsed_s = self._elapsed_s if elapsed_s is None else elapsed_s
        return {
            "uuid": self.identity(place),
            "span_id": span,
            "timestamp": self._moment - timedelta(seconds=took_s),
            "working_start": max(0.0, self._elapsed_s - took_s),
            "metadata": _embedded(event) if event and keep else None,
        }

    def _model_event(self, event: dict[str, Any], common: dict[str, Any]) -> Any:
        from inspect_ai import event as events
        from inspect_ai import model

        asked = [self._message(item) for item in dicts_of(event.get("messages"))]
        answer = _answer(event, self._model)
        calls = bool(answer.tool_calls)
        self.output = model.ModelOutput(
            model=self._model,
            choices=[
                model.ChatCompletionChoice(
                    message=answer, stop_reason="tool_calls" if calls else "stop"
                )
            ],
            usage=_usage(event),
            time=seconds_of(event.get("duration_s")),
        )
        for item in asked:
            # What is said before every call is told once.
            if item.role != "system" or id(item) not in self._told:
                self._told.add(id(item))
                self.messages.append(item)
        self.messages.append(answer)
        return events.ModelEvent(
            model=self._model,
            input=asked,
            tools=[],
            tool_choice="auto",
            config=model.GenerateConfig(),
            output=self.output,
            completed=self._moment,
            working_time=seconds_of(event.get("duration_s")),
            **common,
        )

    def _message(self, item: dict[str, Any]) -> Any:
        """Return a message, the same object for the same words."""
        from inspect_ai import model

        role, content = word_of(item.get("role"), "user"), text_of(item.get("content"))
        kinds: dict[str, Any] = {
            "system": model.ChatMessageSystem,
            "assistant": model.ChatMessageAssistant,
            "tool": model.ChatMessageTool,
        }
        make = kinds.get(role, model.ChatMessageUser)
        key = role, content
        if key not in self._shared:
            self._shared[key] = make(content=content)
        return self._shared[key]

    def _tool_event(self, event: dict[str, Any], common: dict[str, Any]) -> Any:
        from inspect_ai import event as events
        from inspect_ai.tool import ToolCallContent

        code = text_of(event.get("code"))
        is_program = event.get("kind") == "exec"
        name = "python" if is_program else word_of(event.get("name"), "tool")
        arguments = {"code": code} if is_program else _arguments(event)
        output = text_of(event.get("output"))
        known = text_of(event.get("call_id")) or f"call-{event.get('seq')}"
        view = ToolCallContent(
            title=name, format="markdown", content=fenced(code, "python")
        )
        self._tell(name, known, output, is_program=is_program)
        return events.ToolEvent(
            id=known,
            function=name,
            arguments=arguments,
            view=view if is_program else None,
            result=output,
            error=_tool_error(event, output),
            completed=self._moment,
            working_time=seconds_of(event.get("duration_s")),
            **common,
        )

    def _tell(self, name: str, known: str, output: str, *, is_program: bool) -> None:
        from inspect_ai import model

        if is_program:
            # The agent ran it, not the model: there is no call to answer.
            text = f"Output of the program:\n\n{fenced(output)}"
            self.messages.append(model.ChatMessageUser(content=text))
            return
        self.messages.append(
            model.ChatMessageTool(content=output, tool_call_id=known, function=name)
        )


def clean(value: Any) -> Any:
    """Return a JSON value whose texts UTF-8 can hold."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def _embedded(event: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata that keep an event exactly as it is."""
    if _depth(event) < _MAX_DEPTH and clean(event) == event:
        return {"mle": event}
    return {"mle_json": json.dumps(event)}


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


def _span_of(event: dict[str, Any]) -> str | None:
    node = event.get("node")
    return None if node is None else encodable(f"node-{word_of(str(node))}")


def _names(events: list[dict[str, Any]]) -> dict[str, str]:
    """Return the name of each node's span, such as ``node 3: improve of 1``."""
    names = {}
    for event in events:
        span = _span_of(event)
        if span is None or event.get("kind") != "node":
            continue
        parent = event.get("parent")
        stage = encodable(word_of(event.get("stage"), "program"))
        of_parent = "" if parent is None else f" of {parent}"
        names[span] = f"{span.replace('-', ' ', 1)}: {stage}{of_parent}"
    return names


def _moment(value: Any, default: datetime) -> datetime:
    text = time_of(value)
    return default if text is None else datetime.fromisoformat(text)


def _answer(event: dict[str, Any], name: str) -> Any:
    from inspect_ai import model
    from inspect_ai.tool import ToolCall

    reply = text_of(event.get("reply"))
    reasoning = optional_text(event.get("reasoning"))
    content: Any = reply
    if reasoning is not None:
        content = [
            model.ContentReasoning(reasoning=reasoning),
            model.ContentText(text=reply),
        ]
    calls = [
        ToolCall(
            id=text_of(call.get("id")) or f"call-{event.get('seq')}-{number}",
            function=word_of(call.get("name"), "tool"),
            arguments=_arguments(call),
        )
        for number, call in enumerate(dicts_of(event.get("tool_calls")))
    ]
    return model.ChatMessageAssistant(
        content=content, tool_calls=calls or None, model=name
    )


def _arguments(call: dict[str, Any]) -> dict[str, Any]:
    arguments = call.get("arguments")
    if isinstance(arguments, dict) and _depth(arguments) < _MAX_DEPTH:
        return arguments
    return {} if arguments is None else {"arguments": text_of(arguments)}


def _usage(event: dict[str, Any]) -> Any:
    from inspect_ai.model import ModelUsage

    tokens_in = count_of(event.get("tokens_in"))
    tokens_out = count_of(event.get("tokens_out"))
    if tokens_in is None or tokens_out is None:
        return None
    return ModelUsage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        total_tokens=tokens_in + tokens_out,
        total_cost=number_of(event.get("cost_usd")),
    )


def _tool_error(event: dict[str, Any], output: str) -> Any:
    from inspect_ai.tool import ToolCallError

    status = word_of(event.get("status"), "ok")
    if status == "ok":
        return None
    exception = optional_text(event.get("exception"))
    said = f"[{status}: {exception}]" if exception else f"[{status}]"
    # The viewer shows the message in place of the output.
    kind = "timeout" if status == "timeout" else "unknown"
    return ToolCallError(kind, f"{output}\n{said}".strip())


def _other_event(event: dict[str, Any], common: dict[str, Any]) -> Any:
    from inspect_ai import event as events
    from inspect_ai.log import EvalError
    from inspect_ai.scorer import Score

    kind = word_of(event.get("kind"), "event")
    metric = number_of(event.get("metric"))
    if kind == "node" and metric is not None and not event.get("is_buggy"):
        score = Score(value=metric, explanation=describe(event))
        return events.ScoreEvent(
            score=score, scorer="validation", intermediate=True, **common
        )
    if kind == "limit":
        limit: Any = _LIMITS.get(text_of(event.get("limit")), "custom")
        return events.SampleLimitEvent(type=limit, message=describe(event), **common)
    if kind == "error":
        traceback = text_of(event.get("traceback"))
        message = text_of(event.get("message"))
        error = EvalError(
            message=message, traceback=traceback, traceback_ansi=traceback
        )
        return events.ErrorEvent(error=error, **common)
    return events.InfoEvent(source=kind, data=describe(event), **common)
