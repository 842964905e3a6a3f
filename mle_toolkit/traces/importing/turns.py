"""Order a linear trace: calls of a model, answers of tools, what was spent.

Agents at a command line say piece by piece what they do.  Here the pieces of one call
become one ``model`` event, a call of a tool and its answer become one ``tool`` event,
and tokens that are named late still reach the call that they belong to.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

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
        self._open: dict[str | None, tuple[str | None, dict[str, Any]]] = {}
        self._newest: dict[str, Any] = {}
        self._asked: dict[str | None, list[dict[str, Any]]] = {}
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
        return self._newest

    def see(self, time: str | None) -> None:
        """Take the time of the record that comes next."""
        if time is not None:
            self.now = time
            self.began = self.began or time

    def ask(self, role: Any, content: str, *, lane: str | None = None) -> None:
        """Keep a message for the next call of the model; see `model` for `lane`."""
        message = {"role": word_of(role, "user"), "content": content}
        self._asked.setdefault(lane, []).append(message)

    def model(
        self, key: str | None = None, *, lane: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """Return the ``model`` event of the record at hand.

        Parameters
        ----------
        key
            Pieces with one key are one call.  Without a key a piece goes on with the
            call before it until something else happened.
        lane
            Who speaks, when agents work at the same time: the calls of one do not end
            those of another.
        more
            Fields of a new event.
        """
        before, event = self._open.get(lane, (None, {}))
        goes_on = bool(event) and key == before
        if key is None:
            goes_on = self._held == [event] and lane not in self._asked
        if not goes_on:
            self._close(lane)
            asked = self._asked.pop(lane, None)
            event = event_of("model", node=None, purpose="act", messages=asked)
            event |= _known(more)
            self._held.append(event)
            self._open[lane] = key, event
        self._newest = event
        if event is self._held[-1]:
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
        _add(self._newest or self._spare, spent)

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
        """Let no call grow any more."""
        self._open.clear()
        self._flush()

    def _close(self, lane: str | None) -> None:
        """End the call of one agent; what came since waits for those of others."""
        self._open.pop(lane, None)
        if len(self._held) > _MAX_HELD:
            self._open.clear()
        self._flush()

    def _flush(self) -> None:
        """Hand out what is held, up to the first call that can still grow."""
        growing = {id(event) for _, event in self._open.values()}
        for count, event in enumerate(self._held):
            if id(event) in growing:
                self._held = self._held[count:]
                break
            if event["kind"] == "model":
                self._settle(event)
            self._ready.append(event)
        else:
            self._held = []
        if id(self._newest) not in growing:
            self._newest = {}

    def _settle(self, event: dict[str, Any]) -> None:
        """Add what belongs to a call that is over, and count it."""
        self.n_models += 1
        _add(event, self._spare)
        self._spare = {}
        if self._settlement and self._settlement.last == self.n_models:
            _add(event, self._settlement.spent)
        _add(self._totals, event)

    def close(self, status: str, reason: str | None, **more: Any) -> None:
        """Add what is left, and an ``end`` event with the totals of all calls."""
        self.ended = status, reason
        for known in list(self._calls):
            # When it broke off is unknown, so how long it took is as well.
            self._calls[known].time = None
            self.answer(known, NO_RESULT, failed=True)
        self.release()
        for message in itertools.chain(*self._asked.values()):
            self.other(note_of(f"{message['role']}: {message['content']}"))
        self._asked = {}
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
