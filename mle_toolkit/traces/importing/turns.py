"""Order a linear trace: calls of a model, answers of tools, what was spent.

Agents at a command line say piece by piece what they do.  Here the pieces of one call
become one ``model`` event, a call of a tool and its answer become one ``tool`` event,
and tokens that are named late still reach the call that they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.documents import read_lines
from mle_toolkit.traces.importing.fields import (
    compact,
    dict_of,
    event_of,
    load_json,
    note_of,
    seconds_between,
    text_of,
    word_of,
)
from mle_toolkit.traces.importing.records import ForeignTrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

NO_RESULT = "no result: the stream ended"
_MAX_HELD = 1000
_MAX_DEPTH = 40
_SPENT = ("tokens_in", "tokens_out", "cost_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a tool says at its end that no single call accounts for.

    Attributes
    ----------
    last
        Number of the last ``model`` event, from 1; with 0 the ``end`` gets it.
    spent
        What to add: ``tokens_in``, ``tokens_out``, ``cost_usd``.
    """

    last: int
    spent: dict[str, float]


@dataclass(slots=True)
class _Call:
    name: str
    arguments: Any
    time: str | None
    more: dict[str, Any]


class Turns:
    """The events of one linear trace, as its records come in.

    Parameters
    ----------
    settlement
        What is left to add to the last call, from an earlier reading.

    Attributes
    ----------
    now
        Time of the record at hand, ISO 8601; None when the tool writes none.
    began
        Time of the first record that has one.
    n_models
        Number of ``model`` events that were handed out.
    ended
        Status and reason that the trace was closed with.
    """

    def __init__(self, settlement: Settlement | None = None) -> None:
        self.now: str | None = None
        self.began: str | None = None
        self.n_models = 0
        self.ended: tuple[str, str | None] = ("finished", None)
        self._settlement = settlement
        self._ready: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] = []
        self._key: str | None = None
        self._asked: list[dict[str, Any]] = []
        self._calls: dict[str, _Call] = {}
        self._unnamed = 0
        self._spare: dict[str, float] = {}
        self._totals: dict[str, float] = {}

    @property
    def waiting(self) -> bool:
        """Whether a tool was called that has not answered."""
        return bool(self._calls)

    @property
    def current(self) -> dict[str, Any]:
        """The newest ``model`` event as long as it can grow; else an empty one."""
        return self._held[0] if self._held else {}

    def see(self, time: str | None) -> None:
        """Take the time of the record that comes next."""
        if time is not None:
            self.now = time
            self.began = self.began or time

    def ask(self, role: Any, content: str) -> None:
        """Keep a message for the next call of the model."""
        self._asked.append({"role": word_of(role, "user"), "content": content})

    def model(self, key: str | None = None, **more: Any) -> dict[str, Any]:
        """Return the ``model`` event of the record at hand.

        Parameters
        ----------
        key
            Pieces with one key are one call.  Without a key a piece goes on with the
            call before it until something else happened.
        more
            Fields of a new event.
        """
        goes_on = key == self._key
        if key is None:
            goes_on = len(self._held) == 1 and not self._asked
        if not self._held or not goes_on:
            self.release()
            asked, self._asked = self._asked, []
            event = event_of("model", node=None, purpose="act", messages=asked or None)
            self._held = [event | _known(more)]
            self._key = key
        event = self._held[0]
        if len(self._held) == 1:
            self._stamp(event)
        return event

    def say(self, event: dict[str, Any], field: str, text: str) -> None:
        """Add text to ``reply`` or ``reasoning`` of a ``model`` event."""
        if text:
            before = event.get(field)
            event[field] = f"{before}\n\n{text}" if before else text

    def call(
        self, event: dict[str, Any], call_id: Any, name: Any, arguments: Any
    ) -> str:
        """Add a tool call to a ``model`` event and wait for its answer."""
        known = text_of(call_id)
        if not known:
            self._unnamed += 1
            known = f"call-{self._unnamed}"
        if known in self._calls:
            self.answer(known, NO_RESULT, failed=True)
        made = {
            "name": word_of(name),
            "arguments": shallow(arguments),
            "id": known,
        }
        event.setdefault("tool_calls", []).append(made)
        more: dict[str, Any] = {
            name: event[name] for name in ("subagent", "parent_call") if name in event
        }
        self._calls[known] = _Call(made["name"], made["arguments"], self.now, more)
        return known

    def is_open(self, call_id: Any) -> bool:
        """Whether this call waits for its answer."""
        return text_of(call_id) in self._calls

    def answer(
        self,
        call_id: Any,
        output: str,
        *,
        failed: bool = False,
        duration_s: float | None = None,
        name: str | None = None,
    ) -> None:
        """Add the ``tool`` event of a call that has its answer.

        An answer without a call is kept too: `name` is its tool, if that is known.
        """
        known = text_of(call_id)
        call = self._calls.pop(known, None) or _Call(word_of(name), {}, None, {})
        if duration_s is None and self.now is not None:
            duration_s = seconds_between(call.time, self.now)
        event = event_of(
            "tool",
            node=None,
            name=call.name,
            call_id=known,
            arguments=call.arguments,
            output=output,
            status="error" if failed else "ok",
            duration_s=None if duration_s is None or duration_s < 0 else duration_s,
            **call.more,
        )
        self.other(event)

    def spend(self, **spent: float | None) -> None:
        """Add tokens and dollars to the newest call, else to the next one."""
        _add(self._held[0] if self._held else self._spare, spent)

    def other(self, event: dict[str, Any]) -> None:
        """Add an event of another kind."""
        self._stamp(event)
        if not self._held or len(self._held) > _MAX_HELD:
            self.release()
            self._ready.append(event)
        else:
            # The tokens of the call before may still come.
            self._held.append(event)

    def release(self) -> None:
        """Let the newest call grow no more."""
        if not self._held:
            return
        event = self._held[0]
        self.n_models += 1
        _add(event, self._spare)
        self._spare = {}
        if self._settlement and self._settlement.last == self.n_models:
            _add(event, self._settlement.spent)
        _add(self._totals, event)
        self._ready += self._held
        self._held = []
        self._key = None

    def close(self, status: str, reason: str | None, **more: Any) -> None:
        """Add what is left, and an ``end`` event with the totals of all calls."""
        self.ended = status, reason
        for known in list(self._calls):
            # When it broke off is unknown, so how long it took is as well.
            self._calls[known].time = None
            self.answer(known, NO_RESULT, failed=True)
        self.release()
        for message in self._asked:
            self.other(note_of(f"{message['role']}: {message['content']}"))
        self._asked = []
        _add(self._totals, self._spare)
        if self._settlement and not self._settlement.last:
            _add(self._totals, self._settlement.spent)
        self.other(event_of("end", status=status, reason=reason, **more) | self._totals)

    def drain(self) -> list[dict[str, Any]]:
        """Hand out the events that are complete."""
        ready, self._ready = self._ready, []
        return ready

    def _stamp(self, event: dict[str, Any]) -> None:
        if self.now is not None:
            elapsed = seconds_between(self.began, self.now) or 0.0
            event["time"] = self.now
            event["elapsed_s"] = max(elapsed, event.get("elapsed_s", 0.0), 0.0)


class Reader(Protocol):
    """What makes our events of the records of one format."""

    turns: Turns
    known: int

    def take(self, item: dict[str, Any]) -> None:
        """Take the next record."""

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace."""

    def facts(self) -> dict[str, Any]:
        """Return the fields of `ForeignTrace` that the records tell."""


def follow(
    records: Iterable[tuple[str, dict[str, Any]]],
    reader: Reader,
    problems: list[Problem],
    source: Path,
) -> Iterator[dict[str, Any]]:
    """Yield the events that a reader makes of records."""
    for place, item in records:
        try:
            reader.take(item)
        except RecursionError:
            reason = "the record is nested too deeply"
            problems.append(Problem(place, reason, "nested too deeply", 1))
        yield from reader.turns.drain()
    reader.finish(str(source), problems)
    yield from reader.turns.drain()


def read_stream(
    path: Path, make: Callable[[Any], Reader], *, tool: str, hint: str
) -> ForeignTrace:
    """Read a file of JSON lines: once for how it ends, and later for its events.

    Parameters
    ----------
    make
        Makes a reader, given None, or the reader of the first reading.
    tool, hint
        Name of the format in a sentence, and what its files hold.

    Raises
    ------
    StoreError
        When no line is of this format.
    """
    first = make(None)
    passed: list[Problem] = []
    for _ in follow(read_lines(path, passed), first, passed, path):
        pass
    if not first.known:
        why = f"; the first line that is none: {passed[0].reason}" if passed else ""
        msg = f"{path} holds no {tool} record{why}. Give {hint}"
        raise StoreError(msg)
    problems: list[Problem] = []
    events = follow(read_lines(path, problems), make(first), problems, path)
    return ForeignTrace(source=path, events=events, problems=problems, **first.facts())


def numbered(
    items: list[Any], place: str, problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list with their places; the others are problems."""
    for number, item in enumerate(items):
        if isinstance(item, dict):
            yield f"{place} {number}", item
        else:
            reason = f"a JSON object is needed; this is a {type(item).__name__}"
            problems.append(Problem(f"{place} {number}", reason, "not an object", 1))


def safe_text(value: Any) -> str:
    """Return `text_of` a value, however deeply it is nested."""
    try:
        return text_of(value)
    except RecursionError:
        return compact(value)


def shallow(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """Return a value with what lies deeper than `depth` as text."""
    if not isinstance(value, (dict, list)):
        return value
    if depth == 0:
        return compact(value)
    if isinstance(value, dict):
        return {key: shallow(item, depth - 1) for key, item in value.items()}
    return [shallow(item, depth - 1) for item in value]


def arguments_of(value: Any) -> Any:
    """Return the arguments of a tool call: an object, or the text that came."""
    if not isinstance(value, str):
        return value if isinstance(value, dict) else text_of(value)
    try:
        return dict_of(load_json(value)) or value
    except (ValueError, RecursionError):
        return value


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _add(target: dict[str, Any], spent: dict[str, Any]) -> None:
    for name in _SPENT:
        amount = spent.get(name)
        if amount is not None:
            target[name] = target.get(name, 0) + amount
