"""The log of one try, read by place: rows, whole events, pieces of long texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.live import events
from mle_toolkit.reporting.live.text import clean
from mle_toolkit.store import parse_json
from mle_toolkit.traces import EventLog, LogLines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_TEXT = 200_000
# A node of a linear trace may have a million events; what describes it is few.
_NODE_EVENTS = 400


class LogFile:
    """The log of one try; holds nothing of it but where its lines begin.

    Parameters
    ----------
    folder
        A ``try-N`` folder.
    """

    def __init__(self, folder: Path) -> None:
        self.lines = LogLines(folder)
        self._log = EventLog(folder)

    def rows(self, numbers: range | list[int]) -> list[dict[str, Any]]:
        """Return the rows of the given events."""
        made = []
        for seq, line in self.lines.get(numbers):
            event = parse(line)
            made.append(
                events.row(seq, event)
                if isinstance(event, dict)
                else events.broken_row(seq, event)
            )
        return made

    def event(self, seq: int) -> dict[str, Any]:
        """Return one event; one of kind ``broken`` for a line that is none.

        Raises
        ------
        UsageError
            When there is no such event.
        """
        if not 1 <= seq <= self.lines.count():
            msg = f"there is no event {seq}; the trace has {self.lines.count()}"
            raise UsageError(msg)
        ((_, line),) = self.lines.get([seq])
        event = parse(line)
        return event if isinstance(event, dict) else {"kind": "broken", "text": event}

    def piece(self, seq: int, field: str, begin: int, end: int) -> dict[str, Any]:
        """Return a piece of a text of an event; `field` as in its parts.

        Raises
        ------
        UsageError
            When there is no such event or field.
        """
        value: Any = self.event(seq)
        for name in field.split(".") if field else ():
            if isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            elif isinstance(value, dict) and "blob" not in value and name in value:
                value = value[name]
            else:
                msg = f"event {seq} has no field {field!r}"
                raise UsageError(msg)
        text = self.whole(value)
        begin = max(0, begin)
        end = max(begin, min(end, begin + MOST_TEXT, len(text)))
        return {
            "text": clean(text[begin:end]),
            "from": begin,
            "to": end,
            "size": len(text),
        }

    def whole(self, value: Any) -> str:
        """Return a value as text, also when it lies in a blob."""
        if isinstance(value, list) or (isinstance(value, dict) and "blob" not in value):
            return json.dumps(value, ensure_ascii=False, indent=1)
        return self._log.text(value)

    def texts(self, numbers: list[int]) -> dict[str, str]:
        """Return what the given events of one node say: plan, code, output, summary."""
        found = dict.fromkeys(("plan", "code", "output", "summary"), "")
        for event in self._events(numbers[-_NODE_EVENTS:]):
            if events.kind_of(event) in {"exec", "node"}:
                for name in found:
                    if event.get(name):
                        found[name] = self.whole(event[name])
        return found

    def _events(self, numbers: list[int]) -> Iterable[dict[str, Any]]:
        for _, line in self.lines.get(numbers):
            event = parse(line)
            if isinstance(event, dict):
                yield event


def parse(line: bytes | None) -> dict[str, Any] | str:
    """Return the event of a line, or why it is none."""
    if line is None or not line.endswith(b"\n"):
        return "this line is too long to be an event"
    try:
        event = parse_json(line)
    except ValueError:
        return "this line is no JSON"
    if not isinstance(event, dict) or "kind" not in event:
        return "this line is no event"
    return event
