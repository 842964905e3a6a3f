"""Show that a try's owner lives, and notice that it was given up for dead.

An owner that was only asleep sees the mark ``abandoned`` when it wakes, and ends
without a result, because another try has begun.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mle_toolkit.store import TryFolder

BEAT_S = 1.0


class Heartbeat:
    """A counter in a file that the owner advances once a second."""

    def __init__(self, folder: TryFolder) -> None:
        self._folder = folder
        self._file = os.open(folder.heartbeat, os.O_WRONLY | os.O_CREAT, 0o644)
        self._count = 0
        self._next = 0.0

    def beat(self) -> None:
        """Advance the counter when it is time."""
        now = time.monotonic()
        if now >= self._next:
            self._count += 1
            os.pwrite(self._file, f"{self._count:012d}\n".encode(), 0)
            self._next = now + BEAT_S

    def is_lost(self) -> bool:
        """Whether an observer has given this try up."""
        return self._folder.abandoned.exists()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
