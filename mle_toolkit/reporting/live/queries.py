"""Which events a reader wants to see: by kind, by node, by what they say."""

from __future__ import annotations

import json
import re
import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting.live.events import MOST_KINDS, OTHER_KIND
from mle_toolkit.traces.reader import read_blob

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

    from mle_toolkit.traces import LogLines

NO_NODE = -1
_BLOB = re.compile(rb'"blob": ?"([0-9a-f]{64})"')
_LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """What to show; empty fields ask for everything."""

    kinds: tuple[str, ...] = ()
    text: str = ""
    node: int | None = None

    @classmethod
    def of(cls, data: Any) -> Query:
        """Return the query of a front end's message, whatever it holds."""
        given = data if isinstance(data, dict) else {}
        kinds, text, node = (given.get(name) for name in ("kinds", "text", "node"))
        return cls(
            kinds=tuple(sorted({str(kind) for kind in kinds}))
            if isinstance(kinds, list)
            else (),
            text=str(text or "").strip()[:_LONGEST_TEXT],
            node=node if isinstance(node, int) and not isinstance(node, bool) else None,
        )

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kinds or self.text or self.node is not None)


class Marks:
    """Kind and node of every event: 5 bytes each, so that a filter is an array."""

    def __init__(self) -> None:
        self._kinds = bytearray()
        self._nodes = array("i")
        self.names: list[str] = []

    def __len__(self) -> int:
        return len(self._kinds)

    def add(self, kind: str, node: int | None) -> None:
        """Add the next event."""
        if kind not in self.names:
            kind = kind if len(self.names) < MOST_KINDS else OTHER_KIND
            if kind not in self.names:
                self.names.append(kind)
        self._kinds.append(self.names.index(kind))
        fits = node is not None and node < 2**31
        self._nodes.append(node if node is not None and fits else NO_NODE)

    def find(self, query: Query, begin: int, end: int) -> np.ndarray[Any, Any]:
        """Return the numbers, from 1, of the events that fit, less their words."""
        # Views of experiments ask nothing of this, and shall not wait for it.
        import numpy as np

        keep = np.ones(end - begin, dtype=bool)
        if query.kinds:
            codes = [at for at, name in enumerate(self.names) if name in query.kinds]
            kinds = np.frombuffer(bytes(self._kinds[begin:end]), dtype=np.uint8)
            keep &= np.isin(kinds, codes)
        if query.node is not None:
            keep &= np.array(self._nodes[begin:end], dtype=np.int32) == query.node
        return np.flatnonzero(keep) + begin + 1


class Matches:
    """The events that fit one query; grows as the log is read, and as it is searched.

    Parameters
    ----------
    blobs
        Folder of the long texts of the log.
    """

    def __init__(self, query: Query, blobs: Path) -> None:
        self.query = query
        self.found = array("I")
        self._looked = 0
        self._blobs = blobs
        self._in_blob: dict[str, bool] = {}
        self._needles = _encoded(query.text)

    def grow(self, marks: Marks, lines: LogLines, most_s: float) -> bool:
        """Look at what is new, for about `most_s` seconds; return whether all was."""
        until = time.monotonic() + most_s
        while self._looked < len(marks):
            # Without words all fits in one step; with words time is looked at.
            size = 2000 if self.query.text else len(marks)
            end = min(len(marks), self._looked + size)
            fits = marks.find(self.query, self._looked, end).tolist()
            if self.query.text:
                fits = [at for at, line in lines.get(fits) if line and self._says(line)]
            self.found.extend(fits)
            self._looked = end
            if time.monotonic() > until:
                break
        return self._looked >= len(marks)

    def _says(self, line: bytes) -> bool:
        """Whether the words occur in the event's texts, those in blobs included."""
        small = line.lower()
        if any(needle in small for needle in self._needles):
            try:
                texts = " \n".join(_texts(json.loads(line)))
            except (ValueError, RecursionError):
                return True
            if self.query.text.casefold() in texts.casefold():
                return True
        names = {match.decode() for match in _BLOB.findall(line)}
        return any(self._blob_says(name) for name in sorted(names))

    def _blob_says(self, name: str) -> bool:
        if name not in self._in_blob:
            try:
                text = read_blob(self._blobs, name)
            except OSError:
                text = b""
            small = self.query.text.casefold()
            self._in_blob[name] = small in text.decode("utf-8", "replace").casefold()
        return self._in_blob[name]


def _encoded(text: str) -> list[bytes]:
    """Return how a text may look in a log, which is ASCII with escapes."""
    forms = {text, text.lower(), text.upper(), text.title()} if text else set()
    return sorted({json.dumps(form)[1:-1].lower().encode() for form in forms})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in {"blob", "kind", "time"}:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)
