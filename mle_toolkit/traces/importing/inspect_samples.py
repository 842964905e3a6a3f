"""The events of one sample of Inspect, made into ours."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.fields import (
    compact,
    count_of,
    dict_of,
    dicts_of,
    event_of,
    integer_of,
    list_of,
    load_json,
    note_of,
    number_of,
    optional_text,
    seconds_between,
    seconds_of,
    text_of,
    time_of,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ATTACHMENT = re.compile(r"attachment://([0-9A-Za-z]+)")
_REASONING = ("reasoning", "thinking")
# What these say stands in other events as well; they are counted in a note.
_STRUCTURE = ("sample_init", "span_end", "step", "state", "store", "branch", "anchor")


class Sample:
    """One sample.

    Parameters
    ----------
    sample
        The JSON object.
    facts
        Who did what: fields of `ForeignTrace`.
    place
        Where it comes from, for problems.
    problems
        Gets what is passed over.
    """

    def __init__(
        self,
        sample: dict[str, Any],
        facts: dict[str, Any],
        place: str,
        problems: list[Problem],
    ) -> None:
        self._sample = sample
        self._facts = facts
        self._place = place
        self._problems = problems
        self._attachments = dict_of(sample.get("attachments"))
        self._pool = list_of(dict_of(sample.get("events_data")).get("messages"))
        self._began = sample.get("started_at")
        self._seen: set[str] = set()
        self._called: dict[str, dict[str, Any]] = {}
        self._answered: set[str] = set()
        self._left_out: Counter[str] = Counter()
        self._convert: dict[str, Callable[[dict[str, Any]], Iterator[dict[str, Any]]]]
        self._convert = {
            "model": self._model,
            "tool": self._tool,
            "sample_limit": self._limit,
            "error": self._error,
        }

    def own_events(self) -> Iterator[dict[str, Any]]:
        """Yield the events that our exporter put into the metadata."""
        for event in self._foreign():
            metadata = dict_of(event.get("metadata"))
            kept = metadata.get("mle")
            if isinstance(metadata.get("mle_json"), str):
                try:
                    kept = load_json(metadata["mle_json"])
                except (ValueError, RecursionError) as error:
                    self._pass_over(f"a kept event is broken: {error}")
            if isinstance(kept, dict) and isinstance(kept.get("kind"), str):
                yield kept

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield our events of a sample that another tool wrote."""
        started = False
        for event in self._foreign():
            if not started:
                yield self._start(event.get("timestamp"))
            started = True
            kind = word_of(event.get("event"), "event")
            yield from self._convert.get(kind, self._other)(event)
        if not started:
            yield from self._from_messages()
        if self._left_out:
            counts = (f"{n} {kind}" for kind, n in self._left_out.most_common())
            yield note_of(f"events of Inspect that are not shown: {', '.join(counts)}")
        facts = self._facts
        end = event_of("end", status=facts["status"], reason=facts["reason"])
        yield self._timed(end, self._sample.get("completed_at"))

    def _foreign(self) -> Iterator[dict[str, Any]]:
        """Yield Inspect's events, each as it was in the end."""
        given = list_of(self._sample.get("events"))
        last: dict[str, int] = {}
        for place, event in enumerate(given):
            if isinstance(event, dict) and isinstance(event.get("uuid"), str):
                last[event["uuid"]] = place
        told: set[str] = set()
        for place, item in enumerate(given):
            if not isinstance(item, dict):
                self._pass_over(f"event {place} is a {type(item).__name__}")
                continue
            # Calls are logged when they begin and again when they end.
            known = item.get("uuid")
            known = known if isinstance(known, str) else f"place {place}"
            if known in told:
                continue
            told.add(known)
            try:
                yield self._resolved(given[last.get(known, place)])
            except RecursionError:
                self._pass_over(f"event {place} is nested too deeply")

    def _resolved(self, value: Any) -> Any:
        """Return a value with the texts that Inspect keeps elsewhere."""
        if isinstance(value, str):
            found = _ATTACHMENT.fullmatch(value)
            text = self._attachments.get(found[1]) if found else None
            return text if isinstance(text, str) else value
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        return value

    def _start(self, moment: Any) -> dict[str, Any]:
        if self._began is None:
            self._began = moment
        facts = self._facts
        start = event_of(
            "start",
            competition=facts["competition"],
            agent=f"{facts['scaffold']}/{facts['model']}",
            model=facts["model"],
            seed=facts["seed"],
        )
        return self._timed(start, moment)

    def _model(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        moment = event.get("timestamp")
        new = [item for item in self._input(event) if self._is_new(item)]
        yield from self._bridged(new, moment)
        output = dict_of(event.get("output"))
        choice = next(iter(dicts_of(output.get("choices"))), {})
        answer = dict_of(choice.get("message"))
        self._is_new(answer)
        asked = [item for item in new if item.get("role") in {"system", "user"}]
        usage = dict_of(output.get("usage"))
        ended = event.get("completed") or moment
        yield self._timed(
            self._said(
                answer,
                asked,
                tokens_in=_tokens_in(usage),
                tokens_out=count_of(usage.get("output_tokens")),
                cost_usd=number_of(usage.get("total_cost")),
                duration_s=_duration(event),
            ),
            ended,
        )
        error = event.get("error") or output.get("error")
        if error:
            message = f"the model did not answer: {text_of(error)}"
            yield self._timed(event_of("error", message=message), ended)

    def _said(
        self, answer: dict[str, Any], asked: list[dict[str, Any]], **more: Any
    ) -> dict[str, Any]:
        calls = []
        for call in dicts_of(answer.get("tool_calls")):
            known = text_of(call.get("id"))
            made = {
                "name": word_of(call.get("function"), "tool"),
                "arguments": call.get("arguments"),
                "id": known,
            }
            self._called[known] = made
            calls.append(made)
        reply, reasoning = _texts(self._resolved(answer.get("content")))
        messages = [
            {
                "role": item["role"],
                "content": text_of(self._resolved(item.get("content"))),
            }
            for item in asked
        ]
        return event_of(
            "model",
            node=None,
            purpose="act",
            messages=messages,
            reply=reply,
            reasoning=reasoning,
            tool_calls=calls or None,
            **more,
        )

    def _input(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the messages that a model got, also when they lie in the pool."""
        yield from dicts_of(event.get("input"))
        for pair in list_of(event.get("input_refs")):
            ends = [integer_of(end) for end in list_of(pair)]
            if len(ends) == 2 and None not in ends:  # noqa: PLR2004 - begin and end
                begin, end = (max(0, number or 0) for number in ends)
                yield from dicts_of(self._pool[begin:end])

    def _is_new(self, message: dict[str, Any]) -> bool:
        """Whether a message was in no call before; each call has the whole history."""
        words = [message.get("role"), message.get("content"), message.get("tool_calls")]
        keys = {compact([*words, message.get("tool_call_id")])}
        if isinstance(message.get("id"), str):
            keys = {message["id"]}
        is_new = not keys & self._seen
        self._seen |= keys
        return is_new

    def _bridged(
        self, messages: list[dict[str, Any]], moment: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield results of tools that were called outside of Inspect."""
        for message in messages:
            known = text_of(message.get("tool_call_id"))
            if message.get("role") == "tool" and known not in self._answered:
                yield self._answer(message, known, moment)

    def _answer(
        self, message: dict[str, Any], known: str, moment: Any
    ) -> dict[str, Any]:
        self._answered.add(known)
        call = self._called.get(known, {})
        error = message.get("error")
        tool = event_of(
            "tool",
            node=None,
            name=word_of(message.get("function"), call.get("name") or "tool"),
            call_id=known,
            arguments=call.get("arguments"),
            output=text_of(self._resolved(message.get("content"))),
            status="error" if error else "ok",
        )
        return self._timed(tool, moment)

    def _tool(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        known = text_of(event.get("id"))
        self._answered.add(known)
        error = dict_of(event.get("error"))
        failed = bool(event.get("error")) or event.get("failed") is True
        output = text_of(event.get("result"))
        said = text_of(error.get("message"))
        tool = event_of(
            "tool",
            node=None,
            name=word_of(event.get("function"), "tool"),
            call_id=known,
            arguments=event.get("arguments"),
            output=output if said in output else f"{output}\n{said}".lstrip("\n"),
            status="error" if failed else "ok",
            duration_s=_duration(event),
        )
        yield self._timed(tool, event.get("completed") or event.get("timestamp"))

    def _limit(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        limit = f"{word_of(event.get('type'), 'some')}-limit"
        detail = optional_text(event.get("message"))
        yield self._timed(
            event_of("limit", limit=limit, detail=detail), event.get("timestamp")
        )

    def _error(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        error = dict_of(event.get("error"))
        made = event_of(
            "error",
            message=text_of(error.get("message") or event.get("error")),
            traceback=optional_text(error.get("traceback")),
        )
        yield self._timed(made, event.get("timestamp"))

    def _other(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        kind = word_of(event.get("event"), "event")
        if kind in _STRUCTURE:
            self._left_out[kind] += 1
            return
        if kind == "span_begin":
            note = note_of(f"span: {text_of(event.get('name'))}")
        else:
            hidden = {"uuid", "span_id", "timestamp", "working_start", "pending"}
            note = note_of({key: event[key] for key in event.keys() - hidden})
        yield self._timed(note, event.get("timestamp"))

    def _from_messages(self) -> Iterator[dict[str, Any]]:
        """Yield what the messages tell of a sample whose events were not logged."""
        yield self._start(self._began)
        asked: list[dict[str, Any]] = []
        for message in dicts_of(self._sample.get("messages")):
            role = message.get("role")
            if role == "assistant":
                yield self._said(message, asked)
                asked = []
            elif role == "tool":
                yield self._answer(message, text_of(message.get("tool_call_id")), None)
            else:
                asked.append({**message, "role": word_of(role, "user")})

    def _timed(self, event: dict[str, Any], moment: Any) -> dict[str, Any]:
        time = time_of(moment)
        if time is None:
            return event
        elapsed_s = seconds_between(self._began, time)
        more = {} if elapsed_s is None else {"elapsed_s": max(0.0, elapsed_s)}
        return {**event, "time": time, **more}

    def _pass_over(self, reason: str) -> None:
        self._problems.append(Problem(self._place, reason, "unreadable event", 1))


def _texts(content: Any) -> tuple[str, str | None]:
    """Return the words of an answer, and the reasoning before them."""
    if not isinstance(content, list):
        return text_of(content), None
    reasoning = [
        text_of(part.get("reasoning") or part.get("summary"))
        for part in dicts_of(content)
        if part.get("type") in _REASONING
    ]
    rest = [
        part
        for part in content
        if not (isinstance(part, dict) and part.get("type") in _REASONING)
    ]
    return text_of(rest) if rest else "", "\n".join(filter(None, reasoning)) or None


def _tokens_in(usage: dict[str, Any]) -> int | None:
    """Return all tokens of the prompt: Inspect counts the cached ones by themselves."""
    names = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")
    counts = [count_of(usage.get(name)) for name in names]
    if counts[0] is None:
        return None
    return sum(count or 0 for count in counts)


def _duration(event: dict[str, Any]) -> float | None:
    took = seconds_of(event.get("working_time"))
    if took is not None:
        return round(took, 3)
    return seconds_of(seconds_between(event.get("timestamp"), event.get("completed")))
