"""Reach any line of a log without holding the log: read once, then by place.

A reader that was never here before finds lines by ``events.idx``.  As it reads on,
it keeps the places itself, 8 bytes a line, so a log without an index, or with a
broken one, is as good once it has been read.
"""

from __future__ import annotations

import os
import struct
import time
from array import array
from typing import TYPE_CHECKING, BinaryIO

from mle_toolkit.store.files import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A longer line is counted and can be seen to exist, but is not parsed.
LONGEST_LINE = 32 << 20


class LogLines:
    """The lines of one try's log, by their number from 1.

    Parameters
    ----------
    folder
        A ``try-N`` folder.

    Attributes
    ----------
    read_bytes
        How far `read_on` has come.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
        self._index = folder / "events.idx"
        self._places = array("Q")
        self.read_bytes = 0
        self._file: int | None = None

    @property
    def size(self) -> int:
        """Bytes of the log now; 0 when there is none."""
        try:
            return self.path.lstat().st_size
        except OSError:
            return 0

    @property
    def problem(self) -> str | None:
        """Why the log cannot be read; None when it can, or is not there yet."""
        try:
            open_plain(self.path).close()
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"{self.path.name} cannot be read: {error.strerror or error}"
        return None

    def replaced(self) -> bool:
        """Whether this is no longer the log that was read: another, or a shorter one.

        A new `LogLines` is needed then.
        """
        try:
            status = self.path.lstat()
        except OSError:
            return False
        another = self._file is not None and self._file != status.st_ino
        return another or status.st_size < self.read_bytes

    @property
    def read_count(self) -> int:
        """Lines that `read_on` has come past."""
        return len(self._places)

    def count(self) -> int:
        """Return how many lines there are, as far as the index or we know."""
        try:
            indexed = self._index.stat().st_size // 8
        except OSError:
            indexed = 0
        return max(indexed, self.read_count)

    def read_on(self, most_s: float = float("inf")) -> Iterator[tuple[int, bytes]]:
        """Yield new whole lines with their numbers, for about `most_s` seconds.

        A line above `LONGEST_LINE` bytes is yielded cut, without its end.
        """
        until = time.monotonic() + most_s
        try:
            log = open_plain(self.path)
        except OSError:
            return
        with log:
            if self._file is None:
                self._file = os.fstat(log.fileno()).st_ino
            log.seek(self.read_bytes)
            while True:
                line = log.readline(LONGEST_LINE)
                length = len(line)
                if not line.endswith(b"\n"):
                    rest = _skip_line(log) if length == LONGEST_LINE else None
                    if rest is None:
                        return
                    length += rest
                self._places.append(self.read_bytes)
                self.read_bytes += length
                yield self.read_count, line
                if time.monotonic() > until:
                    return

    def get(self, numbers: range | list[int]) -> Iterator[tuple[int, bytes | None]]:
        """Yield the given lines; None for one that cannot be reached or is too long."""
        try:
            log = open_plain(self.path)
        except OSError:
            yield from ((number, None) for number in numbers)
            return
        with log:
            at, following = -1, -1
            for number in numbers:
                # The line after one that was just read needs no index.
                follows = number == following > 0
                place = at if follows else self._place(number)
                if place is None:
                    yield number, None
                    continue
                if place != at:
                    log.seek(place)
                line = log.readline(LONGEST_LINE)
                at, following = place + len(line), number + 1
                if not line.endswith(b"\n"):
                    following = -1
                yield number, line if line.endswith(b"\n") else None

    def _place(self, number: int) -> int | None:
        if 1 <= number <= self.read_count:
            return self._places[number - 1]
        if number < 1:
            return None
        try:
            with open_plain(self._index) as index:
                index.seek(8 * (number - 1))
                (place,) = struct.unpack("<Q", index.read(8))
        except (OSError, struct.error):
            return None
        return int(place) if self._begins_line(place) else None

    def _begins_line(self, place: int) -> bool:
        """Whether the index can be trusted here: a line begins after a line feed."""
        if place == 0:
            return True
        try:
            with open_plain(self.path) as log:
                log.seek(place - 1)
                return log.read(1) == b"\n"
        except (OSError, OverflowError, ValueError):
            return False


def _skip_line(log: BinaryIO) -> int | None:
    """Go past the end of a line; return its bytes, or None when it has no end yet."""
    length = 0
    while True:
        piece = log.readline(1 << 20)
        if not piece:
            return None
        length += len(piece)
        if piece.endswith(b"\n"):
            return length
