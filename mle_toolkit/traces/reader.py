"""Read events, while they are written or long after.

A torn last line is left for later.  A line that is no JSON object is counted
as a problem and passed over, so that one bad line never hides the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.store.files import open_plain, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mle_toolkit.store import AttemptFolder

_BLOB_NAME = re.compile(r"[0-9a-f]{64}")
# More of one text is neither read nor searched.
LONGEST_BLOB = 256 << 20


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
            log = open_plain(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._pass_over(0, f"cannot be read: {error.strerror or error}")
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
                blob = read_blob(self.folder / "blobs", str(value["blob"]))
            except OSError:
                return f"{value.get('head', '')} [the rest is not on this disk]"
            text = blob.decode("utf-8", "replace")
            cut = len(blob) >= LONGEST_BLOB
            return f"{text} [cut after {LONGEST_BLOB} bytes]" if cut else text
        return "" if value is None else str(value)

    def _parse(self, line: bytes, offset: int) -> dict[str, Any] | None:
        try:
            event = parse_json(line)
        except ValueError as error:
            self._pass_over(offset, f"not JSON: {error}")
            return None
        if not isinstance(event, dict) or "kind" not in event:
            self._pass_over(offset, "not an event")
            return None
        return event

    def _pass_over(self, offset: int, reason: str) -> None:
        self.problems.append(Problem(f"{self.path}, byte {offset}", reason))


def read_blob(folder: Path, name: str) -> bytes:
    """Return a long text from the folder of blobs, at most `LONGEST_BLOB` bytes of it.

    Raises
    ------
    OSError
        When it is not there, or no plain file.
    """
    with open_plain(folder / name) as file:
        return file.read(LONGEST_BLOB)


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
