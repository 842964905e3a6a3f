"""Who owns a try, and whether that owner still lives.

On the same machine and boot the process table answers at once.  From elsewhere
only the heartbeat does: it is stale when the observer's own monotonic clock has
seen it unchanged for long enough, so that clocks never need to agree.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit import claims
from mle_toolkit.errors import StoreError
from mle_toolkit.store.files import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.store.folders import TryFolder

STALE_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, named so that a reused process id is not taken for it."""

    host: str
    boot: str
    pid: int
    started: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return asdict(self)

    def alive(self) -> bool | None:
        """Whether the process lives; None when it cannot be seen from here.

        That is so on another machine, and in another container of this one.
        """
        if self.host != claims.host():
            return None
        here = claims.boot()
        if self.boot.partition("/")[0] != here.partition("/")[0]:
            return False
        if self.boot != here:
            return None
        return claims.started(self.pid) == self.started


def current_owner(pid: int | None = None) -> Owner:
    """Return the identity of `pid` on this machine (of this process by default)."""
    number = os.getpid() if pid is None else pid
    ticks = claims.started(number) or ""
    return Owner(claims.host(), claims.boot(), number, ticks)


def read_owner(path: Path) -> Owner | None:
    """Return the owner written in a claim, or None when it cannot be read."""
    try:
        data = read_json(path)
        return Owner(
            str(data["host"]), str(data["boot"]), int(data["pid"]), str(data["started"])
        )
    except (StoreError, KeyError, TypeError, ValueError):
        return None


class Observer:
    """Watches tries and says which of them have lost their supervisor."""

    def __init__(self, *, stale_after_s: float = STALE_AFTER_S) -> None:
        self._stale_after_s = stale_after_s
        self._seen: dict[Path, tuple[bytes, float]] = {}

    def is_dead(self, attempt_try: TryFolder) -> bool:
        """Whether the try's supervisor is gone, as far as this observer can tell."""
        owner = read_owner(attempt_try.claim)
        alive = owner.alive() if owner else None
        if alive is not None:
            return not alive
        return self._heart_stopped(attempt_try.heartbeat)

    def _heart_stopped(self, heartbeat: Path) -> bool:
        try:
            beat = heartbeat.read_bytes()
        except OSError:
            beat = b""
        now = time.monotonic()
        last, since = self._seen.get(heartbeat, (None, now))
        if beat != last:
            self._seen[heartbeat] = (beat, now)
            return False
        return now - since > self._stale_after_s
