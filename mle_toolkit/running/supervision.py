"""Supervise one try from its claim to its result.

The supervisor starts the agent runner behind a guard, numbers the events that it
sends, keeps snapshots, holds the limits, and publishes one result.  It imports
the standard library alone and talks to nobody but the file system, so nobody has
to stay alive for it.
"""

from __future__ import annotations

import json
import os
import selectors
import sys
import time
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, ToolkitError
from mle_toolkit.running.guard import Guard, end_tree
from mle_toolkit.running.heartbeat import Heartbeat
from mle_toolkit.running.record import (
    RESERVE,
    Ending,
    Record,
    publish,
    publish_failure,
)
from mle_toolkit.running.snapshots import Snapshots
from mle_toolkit.running.usage import Pace, disk_usage_mib, tree_usage
from mle_toolkit.sandbox import worker
from mle_toolkit.store import MAX_SUBMISSION_BYTES, AttemptFolder, TryFolder

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.records import AttemptSpec

RUNNER = "mle_toolkit.agents.runner"
RESERVE_BYTES = 256 * 1024
TICK_S = 0.2
GRACE_S = 10.0
SYNC_S = 2.0
DISK_S = 2.0
TREE_S = 1.0
LOOK_S = 0.5
MAX_PROCESSES = 2048
MAX_LINE = 16 << 20


def supervise(path: Path, number: int) -> bool:
    """Run try `number` of the attempt at `path`; return whether it was published."""
    attempt = AttemptFolder(path)
    folder = TryFolder(path / f"try-{number}")
    try:
        spec = attempt.spec()
        supervision = Supervision(attempt, folder, spec)
    except (ToolkitError, OSError) as error:
        publish_failure(attempt, f"the attempt cannot begin: {error}")
        return False
    try:
        return supervision.run()
    finally:
        supervision.close()


class Supervision:
    """One try that has begun."""

    def __init__(
        self, attempt: AttemptFolder, folder: TryFolder, spec: AttemptSpec
    ) -> None:
        # Should the guard die, what it held falls to us.
        worker.prctl(worker.PR_SET_CHILD_SUBREAPER, 1)
        _write_reserve(folder)
        folder.workspace.mkdir(exist_ok=True)
        self.attempt = attempt
        self.folder = folder
        self.limits = spec.limits
        max_bytes = min(self.limits.disk_mib << 20, MAX_SUBMISSION_BYTES)
        self.snapshots = Snapshots(folder, max_bytes=max_bytes)
        self.record = Record(folder, spec, self.snapshots)
        self.record.log_start()
        self.heart = Heartbeat(folder)
        self.ending: Ending | None = None
        self.deadline = time.monotonic() + self.limits.time_limit_s
        self.kill_at = float("inf")
        self.lost = False
        self._buffer = b""
        self._paces = {
            self._sync: Pace(SYNC_S),
            self._hold_disk: Pace(DISK_S),
            self._hold_tree: Pace(TREE_S),
            self._obey_wishes: Pace(LOOK_S),
            self._look: Pace(LOOK_S),
        }
        self.guard = _start_runner(attempt, folder, self.deadline)

    def run(self) -> bool:
        """Run the attempt to its end; return whether the result was published."""
        try:
            self._watch()
        except OSError as error:
            self._end("failed", f"{error.strerror or error}", log=False)
        self.guard.close()
        if self.lost:
            return False
        return publish(self.attempt, self.folder, self._result())

    def close(self) -> None:
        """End what still runs and close the files."""
        self.guard.close()
        end_tree()
        self.heart.close()
        (self.folder.path / RESERVE).unlink(missing_ok=True)

    def _watch(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.guard.output, selectors.EVENT_READ)
            talking = True
            while True:
                if talking and selector.select(TICK_S):
                    talking = self._read()
                    if not talking:
                        selector.unregister(self.guard.output)
                elif not talking:
                    time.sleep(0.01)
                self._tick()
                if not talking and self.guard.poll() is not None:
                    break
        self._take_last_look()

    def _read(self) -> bool:
        """Take what the runner has sent; return False once it has hung up."""
        block = os.read(self.guard.output, 1 << 20)
        *lines, self._buffer = (self._buffer + block).split(b"\n")
        if len(self._buffer) > MAX_LINE:
            self._buffer = b""
            self.record.log("note", text=f"a line above {MAX_LINE} bytes was left out")
        for line in lines:
            self._take(line)
        return bool(block)

    def _take(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            text = line[:200].decode("utf-8", "replace")
            self.record.log("note", text=f"the runner sent no event: {text}")
            return
        self.record.take(event)

    def _tick(self) -> None:
        self.heart.beat()
        if self.heart.is_lost():
            self.lost = True
            self.guard.kill()
            return
        now = time.monotonic()
        if now > self.kill_at:
            self.guard.kill()
        if now > self.deadline and self.ending is None:
            self._stop("time-limit", f"{self.limits.time_limit_s:g} s are over")
        for measure, pace in self._paces.items():
            if pace.due():
                began = time.monotonic()
                measure()
                pace.done(time.monotonic() - began)

    def _sync(self) -> None:
        self.record.sync()

    def _obey_wishes(self) -> None:
        experiment = self.attempt.path.parents[2]
        if (self.attempt.path / "stop").exists() or (experiment / "stop").exists():
            self._stop("stopped", "a stop was asked for")

    def _look(self, *, resting: bool = False) -> None:
        elapsed_s = self.record.elapsed_s
        try:
            snapshot = self.snapshots.look(elapsed_s=elapsed_s, resting=resting)
        except StoreError as error:
            self.record.log("note", text=f"no snapshot was taken: {error}")
            return
        if snapshot is not None:
            self.record.snapshot(snapshot)

    def _hold_disk(self) -> None:
        limit = self.limits.disk_mib
        used = sum(
            disk_usage_mib(folder, stop_above_mib=limit)
            for folder in (
                self.folder.workspace,
                self.folder.scratch,
                self.folder.incoming,
                self.folder.submissions,
            )
        )
        if used > limit:
            self._stop("disk-limit", f"the workspace grew above {limit} MiB")

    def _hold_tree(self) -> None:
        usage = tree_usage(self.guard.pid)
        limit = self.limits.memory_mib
        if limit is not None and usage.memory_mib > limit:
            reason = f"the processes used {usage.memory_mib:.0f} MiB of {limit}"
            self._stop("memory-limit", reason)
        if usage.processes > MAX_PROCESSES:
            self._stop("process-limit", f"above {MAX_PROCESSES} processes")

    def _stop(self, status: str, reason: str) -> None:
        """End the attempt: a word first, and the end of its tree after a grace."""
        if self.ending is not None:
            return
        self._end(status, reason)
        self.guard.terminate()
        self.kill_at = time.monotonic() + GRACE_S

    def _end(self, status: str, reason: str, *, log: bool = True) -> None:
        self.ending = self.ending or Ending(status, reason)
        if log:
            self.record.log("limit", limit=status, detail=reason)

    def _take_last_look(self) -> None:
        if self._buffer:
            self._take(self._buffer)
        # What was written just before the end has no two seconds left to rest.
        self._look(resting=True)
        code = self.guard.poll()
        if self.ending is None and self.record.said is None:
            said = self.record.last_error or f"the agent ended with exit code {code}"
            self._end("failed", f"{said}; see agent.log", log=False)

    def _result(self) -> dict[str, Any]:
        ending = self.ending or self.record.said or Ending("finished")
        result = self.record.result(ending)
        try:
            if self.record.said is None:
                self.record.log("end", status=ending.status, reason=ending.reason)
            self.record.close()
        except OSError as error:
            result["error"] = result["error"] or f"the events: {error.strerror}"
        return result


def _write_reserve(folder: TryFolder) -> None:
    with (folder.path / RESERVE).open("wb") as reserve:
        reserve.write(b"\0" * RESERVE_BYTES)


def _start_runner(attempt: AttemptFolder, folder: TryFolder, deadline: float) -> Guard:
    argv = [sys.executable, "-m", RUNNER]
    argv += [str(attempt.path / "spec.json"), str(folder.path)]
    env = dict(os.environ, MLE_DEADLINE_MONOTONIC=repr(deadline))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    log = os.open(folder.path / "agent.log", flags, 0o644)
    try:
        return Guard(argv, env=env, log=log)
    finally:
        os.close(log)
