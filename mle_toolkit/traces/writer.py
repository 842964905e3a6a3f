"""Number events and append them to a log: the supervisor's side of a trace.

``events.jsonl`` holds one JSON object a line.  ``events.idx`` holds the byte
offset of each line as a little-endian 64-bit integer, so that event ``seq`` is
found without reading the log.  Texts above 16 kB go to ``blobs/<sha256>``.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from mle_toolkit.store.files import append_bytes

if TYPE_CHECKING:
    from pathlib import Path

# What an event may be about.
KINDS = (
    "start",
    "model",
    "tool",
    "exec",
    "node",
    "submission",
    "validation",
    "limit",
    "note",
    "error",
    "end",
)
BLOB_ABOVE = 16 * 1024
HEAD = 2000


class EventWriter:
    """The only writer of one try's events."""

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "blobs"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL | os.O_CLOEXEC
        self._log = os.open(folder / "events.jsonl", flags, 0o644)
        self._index = os.open(folder / "events.idx", flags, 0o644)
        self._offset = 0
        self._seq = 0
        self._begin = monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the log was opened."""
        return monotonic() - self._begin

    def append(
        self,
        kind: str,
        fields: dict[str, Any],
        *,
        time: str | None = None,
        elapsed_s: float | None = None,
    ) -> dict[str, Any]:
        """Write one event and return it as written.

        Parameters
        ----------
        time
            When it happened, if not now; ISO 8601 with a zone.
        elapsed_s
            Seconds since the attempt began, if not by our clock.  The time is then
            null unless it is given too: our clock does not know it.

        Raises
        ------
        OSError
            When the disk is full or gone.
        """
        event = {
            "seq": self._seq + 1,
            "time": _now() if time is None and elapsed_s is None else time,
            "elapsed_s": round(self.elapsed_s if elapsed_s is None else elapsed_s, 3),
            "kind": kind,
        }
        reserved = set(event)
        event |= {
            key: self._spill(value)
            for key, value in fields.items()
            if key not in reserved
        }
        # ASCII keeps lone surrogates and odd line separators out of the file.
        line = json.dumps(event, default=str).encode("ascii") + b"\n"
        self._write(line)
        return event

    def sync(self) -> None:
        """Force what was written to the disk."""
        os.fsync(self._log)
        os.fsync(self._index)

    def close(self) -> None:
        """Sync and close the log."""
        for descriptor in (self._log, self._index):
            os.fsync(descriptor)
            os.close(descriptor)

    def _write(self, line: bytes) -> None:
        try:
            append_bytes(self._log, line)
        except OSError:
            # A half-written line would run into the next one.
            os.ftruncate(self._log, self._offset)
            raise
        append_bytes(self._index, struct.pack("<Q", self._offset))
        self._offset += len(line)
        self._seq += 1

    def _spill(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > BLOB_ABOVE:
            return self._blob(value)
        if isinstance(value, list):
            return [self._spill(item) for item in value]
        if isinstance(value, dict):
            return {key: self._spill(item) for key, item in value.items()}
        return value

    def _blob(self, text: str) -> dict[str, Any]:
        data = text.encode("utf-8", "replace")
        name = hashlib.sha256(data).hexdigest()
        target = self._blobs / name
        if not target.exists():
            self._blobs.mkdir(exist_ok=True)
            partial = self._blobs / f".{name}.part"
            partial.write_bytes(data)
            partial.replace(target)
        return {"blob": name, "size": len(data), "head": text[:HEAD]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
