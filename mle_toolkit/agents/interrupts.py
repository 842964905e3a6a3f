"""End an attempt early: by a signal from the supervisor, or at the deadline."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Interrupted(BaseException):
    """The attempt has to end now.

    Not an `Exception`: it must pass through the clients of model providers.
    """

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Interrupts:
    """Takes wishes to end at any time, and grants them only inside a `window`.

    Long waits run inside a window and are broken off.  Everything else, such as
    writing an event, is never cut in two.
    """

    def __init__(self) -> None:
        self.status: str | None = None
        self._open = False

    def install(self, deadline: float) -> None:
        """Listen to SIGTERM, and ring at `deadline` on the monotonic clock."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGALRM, self._on_signal)
        signal.setitimer(signal.ITIMER_REAL, max(0.01, deadline - time.monotonic()))

    def request(self, status: str) -> None:
        """Ask for the end; the first wish gives the status."""
        self.status = self.status or status
        if self._open:
            self._open = False
            raise Interrupted(self.status)

    def check(self) -> None:
        """Raise `Interrupted` if the end was asked for."""
        if self.status is not None:
            raise Interrupted(self.status)

    @contextlib.contextmanager
    def window(self) -> Iterator[None]:
        """Let what runs inside be broken off."""
        self._open = True
        try:
            self.check()
            yield
        finally:
            self._open = False

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.request("time-limit" if number == signal.SIGALRM else "stopped")
