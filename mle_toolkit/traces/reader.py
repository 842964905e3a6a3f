"""Read events, while they are written or long after.

A torn last line is left for later.  A line that is no JSON object is counted
as a problem and passed over, so that one bad line never hides the others.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mle_toolkit.store import AttemptFolder

_BLOB_NAME = re.compile(r"[0-9a-f]{64}")


class EventLog:
    """The events of one try.

    Parameters
    ----------
    folder
        A ``try-N`` folder.

    Attributes
    ----------
    problems
        Lines that the last reading passed over.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "events.jsonl"
        self.problems: list[Problem] = []
        self._offset = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read the log from its start."""
        self.rewind()
        yield from self.read_new()

    def rewind(self) -> None:
        """Let the next `read_new` begin with the first event."""
        self._offset = 0
        self.problems = []

    def read_new(self) -> Iterator[dict[str, Any]]:
        """Yield the events that were written since the last call."""
        try:
            log = self.path.open("rb")
        except FileNotFoundError:
            return
        with log:
            log.seek(self._offset)
            for line in log:
                if not line.endswith(b"\n"):
                    return
                start = self._offset
                self._offset += len(line)
                event = self._parse(line, start)
                if event is not None:
                    yield event

    def text(self, value: Any) -> str:
        """Return a text field whole, also when it lies in a blob."""
        if isinstance(value, dict) and _BLOB_NAME.fullmatch(str(value.get("blob"))):
            try:
                name = str(value["blob"])
                return (self.folder / "blobs" / name).read_text("utf-8", "replace")
            except OSError:
                return f"{value.get('head', '')} [the rest is not on this disk]"
        return "" if value is None else str(value)

    def _parse(self, line: bytes, offset: int) -> dict[str, Any] | None:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError) as error:
            self._pass_over(offset, f"not JSON: {error}")
            return None
        if not isinstance(event, dict) or "kind" not in event:
            self._pass_over(offset, "not an event")
            return None
        return event

    def _pass_over(self, offset: int, reason: str) -> None:
        self.problems.append(Problem(f"{self.path}, byte {offset}", reason))


def read_events(attempt: AttemptFolder) -> Iterator[dict[str, Any]]:
    """Yield the events of an attempt's newest try.

    Raises
    ------
    StoreError
        When the attempt has not begun.
    """
    newest = attempt.latest_try()
    if newest is None:
        msg = f"{attempt.path} has no events: the attempt has not begun"
        raise StoreError(msg)
    yield from EventLog(newest.path)
