"""What a supervisor writes down: numbered events, and in the end one result."""

from __future__ import annotations

import errno
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.running.usage import hardware
from mle_toolkit.store import publish_once
from mle_toolkit.traces.writer import KINDS, EventWriter

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.records import AttemptSpec
    from mle_toolkit.running.snapshots import Snapshot, Snapshots
    from mle_toolkit.store import AttemptFolder, TryFolder

RESERVE = "reserve"


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended, and in a sentence why, when it did not finish."""

    status: str
    reason: str | None = None


class Record:
    """The events of one try and the totals that the result needs."""

    def __init__(
        self, folder: TryFolder, spec: AttemptSpec, snapshots: Snapshots
    ) -> None:
        self._writer = EventWriter(folder.path)
        self._folder = folder
        self._spec = spec
        self._snapshots = snapshots
        self._started = datetime.now(UTC)
        self._tokens = {"tokens_in": 0, "tokens_out": 0}
        self._cost: float | None = 0.0
        self._n_nodes = 0
        self._metrics: dict[int, Any] = {}
        self._best: int | None = None
        self.said: Ending | None = None
        self.last_error: str | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the try began."""
        return self._writer.elapsed_s

    def log(self, kind: str, **fields: Any) -> None:
        """Append an event of our own."""
        self._writer.append(kind, fields)

    def log_start(self) -> None:
        """Log what is about to run, and on what."""
        self.log(
            "start",
            competition=self._spec.competition,
            agent=self._spec.agent,
            model=self._spec.model,
            seed=self._spec.seed,
            limits=asdict(self._spec.limits),
            sandbox=self._spec.sandbox,
            hardware=hardware(),
        )

    def take(self, event: dict[str, Any]) -> None:
        """Append an event that the runner sent, and count what it says."""
        kind = event.pop("kind", None)
        if kind not in KINDS:
            self.log("note", text=f"the runner sent an event of kind {kind!r}")
            return
        if kind == "submission":
            self._take_submission(event)
            return
        self._count(kind, event)
        self.log(kind, **event)

    def snapshot(self, snapshot: Snapshot, *, best: bool = False) -> None:
        """Log that a submission was kept."""
        self.log(
            "submission",
            node=snapshot.node,
            number=snapshot.number,
            sha256=snapshot.sha256,
            size=snapshot.size,
            best=best,
        )

    def sync(self) -> None:
        """Force the events to the disk."""
        self._writer.sync()

    def close(self) -> None:
        """Close the log."""
        self._writer.close()

    def chosen(self) -> Snapshot | None:
        """Return the submission that the agent stands by, else its newest."""
        if self._best is not None:
            marked = self._snapshots.of_node(self._best)
            if marked is not None:
                return marked
        return self._snapshots.last()

    def result(self, ending: Ending) -> dict[str, Any]:
        """Return what is published."""
        chosen = self.chosen()
        return {
            "status": ending.status,
            "error": ending.reason,
            "try": self._folder.number,
            "started": self._started.isoformat(timespec="milliseconds"),
            "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "elapsed_s": round(self.elapsed_s, 3),
            "submission": chosen
            and {
                "number": chosen.number,
                "try": self._folder.number,
                "sha256": chosen.sha256,
            },
            "validation_score": self._metrics.get(self._best)
            if self._best is not None
            else None,
            "n_nodes": self._n_nodes,
            **self._tokens,
            "cost_usd": self._cost,
            "hardware": hardware(),
            "sandbox": self._spec.sandbox,
        }

    def _take_submission(self, event: dict[str, Any]) -> None:
        node = event.get("node")
        if event.get("best"):
            self._best = node
            snapshot = self._snapshots.of_node(node) if node is not None else None
            if snapshot is not None:
                self.snapshot(snapshot, best=True)
            return
        try:
            snapshot = self._snapshots.take(
                str(event.get("file")), node=node, elapsed_s=self.elapsed_s
            )
        except StoreError as error:
            self.log("note", node=node, text=f"no snapshot was taken: {error}")
            return
        self.snapshot(snapshot)

    def _count(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "model":
            for name in self._tokens:
                self._tokens[name] += int(event.get(name) or 0)
            cost = event.get("cost_usd")
            if cost is None or self._cost is None:
                self._cost = None
            else:
                self._cost += cost
        elif kind == "node":
            self._n_nodes += 1
            self._metrics[event.get("node", -1)] = event.get("metric")
        elif kind == "error":
            self.last_error = str(event.get("message"))
        elif kind == "end":
            reason = event.get("reason")
            self.said = Ending(str(event.get("status", "finished")), reason)


def publish(attempt: AttemptFolder, folder: TryFolder, result: dict[str, Any]) -> bool:
    """Publish the result once; return whether this call did it.

    A small reserve was written when the try began.  It is given up here when the
    disk is full, so that there is room to say so.
    """
    try:
        return _publish(attempt, folder, result)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        (folder.path / RESERVE).unlink(missing_ok=True)
        full = "the disk is full"
        result["error"] = f"{result['error']}; {full}" if result["error"] else full
        return _publish(attempt, folder, result)


def publish_failure(attempt: AttemptFolder, reason: str) -> bool:
    """Publish that an attempt cannot be run at all."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    result = {
        "status": "failed",
        "error": reason,
        "try": len(attempt.tries()),
        "started": now,
        "ended": now,
        "elapsed_s": 0.0,
        "submission": None,
        "validation_score": None,
        "n_nodes": 0,
        "tokens_in": 0,
        "tokens_out": 0,
        "cost_usd": None,
        "hardware": hardware(),
        "sandbox": None,
    }
    return publish_once(attempt.result_path, result)


def _publish(attempt: AttemptFolder, folder: TryFolder, result: dict[str, Any]) -> bool:
    chosen = result["submission"]
    if chosen is not None and not folder.abandoned.exists():
        source = folder.submissions / f"{chosen['number']:04d}.csv"
        _link(source, attempt.path / "submission.csv")
    return publish_once(attempt.result_path, result)


def _link(source: Path, target: Path) -> None:
    """Give a snapshot its second name without copying it."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    os.link(source, temporary)
    temporary.replace(target)
