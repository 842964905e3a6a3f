"""Keep every submission that an attempt makes, numbered and without repetition.

A submission is any plain file at the submission path that has not changed for
two seconds, or a copy that the runner hands over.  Whether it is any good is
for the grader to say.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mle_toolkit.store import copy_regular, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.store import TryFolder

SUBMISSION = "submission.csv"
QUIET_S = 2.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One kept submission."""

    number: int
    sha256: str
    size: int
    node: int | None
    elapsed_s: float
    new: bool


class Snapshots:
    """The snapshots of one try.

    Parameters
    ----------
    folder
        The try.
    max_bytes
        Files above this size are refused.
    """

    def __init__(self, folder: TryFolder, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._by_hash: dict[str, Snapshot] = {}
        self._by_node: dict[int, Snapshot] = {}
        self._seen: tuple[int, int, int] | None = None
        self._since = 0.0
        self._taken: tuple[int, int, int] | None = None
        folder.submissions.mkdir(exist_ok=True)
        folder.incoming.mkdir(exist_ok=True)

    def of_node(self, node: int) -> Snapshot | None:
        """Return the snapshot that was taken for a node."""
        return self._by_node.get(node)

    def last(self) -> Snapshot | None:
        """Return the newest snapshot."""
        return max(self._by_hash.values(), key=lambda s: s.number, default=None)

    def path(self, snapshot: Snapshot) -> Path:
        """Return the file of a snapshot."""
        return self._folder.submissions / f"{snapshot.number:04d}.csv"

    def take(self, name: str, *, node: int | None, elapsed_s: float) -> Snapshot:
        """Keep the file `name` that the runner has put into ``incoming``.

        Raises
        ------
        StoreError
            When it is no plain file or too large.
        """
        snapshot = self._keep(self._folder.incoming, name, node, elapsed_s)
        with suppress(OSError):
            (self._folder.incoming / name).unlink()
        return snapshot

    def look(self, *, elapsed_s: float, resting: bool = False) -> Snapshot | None:
        """Keep the file at the submission path if it is new and has come to rest.

        With `resting`, nothing can change it any more, and no time needs to pass.

        Raises
        ------
        StoreError
            When it cannot be copied; the same file is not tried again.
        """
        mark = _mark(self._folder.workspace / SUBMISSION)
        now = time.monotonic()
        if mark != self._seen:
            self._seen, self._since = mark, now
        quiet = resting or now - self._since >= QUIET_S
        if mark is None or mark == self._taken or not quiet:
            return None
        self._taken = mark
        snapshot = self._keep(self._folder.workspace, SUBMISSION, None, elapsed_s)
        return snapshot if snapshot.new else None

    def _keep(
        self, folder: Path, name: str, node: int | None, elapsed_s: float
    ) -> Snapshot:
        number = len(self._by_hash) + 1
        target = self._folder.submissions / f"{number:04d}.csv"
        size, sha256 = copy_regular(folder, name, target, max_bytes=self._max_bytes)
        known = self._by_hash.get(sha256)
        if known is None:
            snapshot = Snapshot(number, sha256, size, node, elapsed_s, new=True)
            self._write(snapshot)
        else:
            target.unlink()
            asked = known.node if node is None else node
            snapshot = Snapshot(
                known.number, sha256, size, asked, known.elapsed_s, new=False
            )
        self._by_hash.setdefault(sha256, snapshot)
        if node is not None:
            self._by_node[node] = snapshot
        return snapshot

    def _write(self, snapshot: Snapshot) -> None:
        record = {
            "number": snapshot.number,
            "sha256": snapshot.sha256,
            "size": snapshot.size,
            "node": snapshot.node,
            "elapsed_s": round(snapshot.elapsed_s, 3),
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        write_json(self.path(snapshot).with_suffix(".json"), record)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
