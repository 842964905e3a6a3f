"""The process that owns the queue: ``python -m mle_toolkit.running.dispatcher``.

It starts supervisors through an engine, takes over attempts whose supervisor has
died, and has every published attempt graded.  It may die at any moment: attempts
go on, and the next dispatcher reads from the folders where things stand.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from mle_toolkit.errors import StoreError, ToolkitError
from mle_toolkit.records import to_json
from mle_toolkit.running.engines import Engine, get_engine
from mle_toolkit.running.plan import Plan
from mle_toolkit.running.record import publish_failure
from mle_toolkit.store import (
    AttemptFolder,
    ExperimentFolder,
    Observer,
    current_owner,
    read_json,
    write_json,
    write_text,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.running.plan import PlannedAttempt

GRADER = "mle_toolkit.competitions.grader"
TICK_S = 0.2
MAX_LOSSES = 3
GRADING_LIMIT_S = 1800.0
USAGE = 2
BUSY = 3


@dataclass(slots=True)
class Running:
    """An attempt at work; `job` is None when an earlier dispatcher started it."""

    attempt: AttemptFolder
    job: str | None


class Dispatcher:
    """Works through the plans of one experiment until all is published and graded."""

    def __init__(self, experiment: ExperimentFolder) -> None:
        self.experiment = experiment
        self.observer = Observer()
        self.engine: Engine | None = None
        self.parallel = 1
        self.queue: deque[AttemptFolder] = deque()
        self.running: dict[Path, Running] = {}
        self.ungraded: dict[Path, AttemptFolder] = {}
        self._plans_read: set[Path] = set()
        self._losses: dict[Path, int] = {}
        self._grading: tuple[subprocess.Popen[bytes], list[AttemptFolder]] | None = None
        self._grading_ends_at = 0.0
        self._grading_failures: dict[Path, int] = {}

    def run(self) -> None:
        """Dispatch until nothing is left to do, or a stop was asked for."""
        while True:
            self._read_plans()
            self._look_after_running()
            stopping = self.experiment.stop_wish.exists()
            if not stopping:
                self._fill()
            self._grade()
            idle = not self.running and not self.ungraded and self._grading is None
            if idle and (stopping or not self.queue):
                return
            time.sleep(TICK_S)

    def _read_plans(self) -> None:
        for path in self.experiment.plan_paths():
            if path in self._plans_read:
                continue
            self._plans_read.add(path)
            try:
                plan = Plan.from_dict(read_json(path))
            except ToolkitError as error:
                say(f"{path.name} is passed over: {error}")
                continue
            self.parallel = plan.parallel
            self.engine = get_engine(plan.engine)
            for item in plan.attempts:
                self._add(plan, item)

    def _add(self, plan: Plan, item: PlannedAttempt) -> None:
        attempt = AttemptFolder(self.experiment.path / item.path)
        try:
            attempt.path.mkdir(parents=True, exist_ok=True)
            spec = attempt.path / "spec.json"
            if not spec.exists():
                write_text(spec, to_json(plan.spec(item)) + "\n")
        except OSError as error:
            say(f"{item.path} cannot be written: {error}")
            return
        newest = attempt.latest_try()
        if attempt.result_path.exists():
            if not attempt.is_graded():
                self.ungraded[attempt.path] = attempt
        elif newest is not None and not newest.abandoned.exists():
            self.running[attempt.path] = Running(attempt, job=None)
        else:
            self.queue.append(attempt)

    def _look_after_running(self) -> None:
        jobs = [item.job for item in self.running.values() if item.job]
        alive = self.engine.poll(jobs) if self.engine and jobs else {}
        for item in list(self.running.values()):
            if item.attempt.result_path.exists():
                # The supervisor may still be closing its files; it is done anyway.
                del self.running[item.attempt.path]
                self.ungraded[item.attempt.path] = item.attempt
            elif item.job and alive.get(item.job):
                continue
            elif self._has_living_owner(item.attempt):
                item.job = None
            elif not item.attempt.result_path.exists():
                self._take_over(item.attempt)

    def _has_living_owner(self, attempt: AttemptFolder) -> bool:
        newest = attempt.latest_try()
        if newest is None or newest.abandoned.exists():
            return False
        return not self.observer.is_dead(newest)

    def _take_over(self, attempt: AttemptFolder) -> None:
        """Give the try up and queue the attempt again, unless that is hopeless."""
        del self.running[attempt.path]
        newest = attempt.latest_try()
        tries = 0
        if newest is not None:
            tries = newest.number
            with suppress(OSError):
                write_json(newest.abandoned, current_owner().to_dict())
        self._losses[attempt.path] = self._losses.get(attempt.path, 0) + 1
        name = attempt.path.relative_to(self.experiment.path)
        say(f"{name}: the supervisor of try {tries} is gone")
        if max(tries, self._losses[attempt.path]) < MAX_LOSSES:
            self.queue.appendleft(attempt)
            return
        try:
            publish_failure(attempt, f"{MAX_LOSSES} supervisors died one after another")
        except OSError as error:
            say(f"{name}: not even the failure can be published: {error}")
            return
        self.ungraded[attempt.path] = attempt

    def _fill(self) -> None:
        while self.queue and self.engine and len(self.running) < self.parallel:
            attempt = self.queue.popleft()
            try:
                job = self.engine.start(attempt.path)
            except OSError as error:
                say(f"{attempt.path.name} cannot be started: {error}")
                self.running[attempt.path] = Running(attempt, job=None)
                self._take_over(attempt)
                continue
            self.running[attempt.path] = Running(attempt, job)

    def _grade(self) -> None:
        if self._grading is not None:
            process, batch = self._grading
            if process.poll() is None:
                if time.monotonic() > self._grading_ends_at:
                    process.kill()
                return
            self._grading = None
            self._after_grading(batch, process.returncode)
        if self.ungraded:
            self._start_grader(self._next_to_grade())

    def _next_to_grade(self) -> list[AttemptFolder]:
        """Return all at once, but those whose grading has failed one by one."""
        waiting = list(self.ungraded.values())
        fresh = [item for item in waiting if item.path not in self._grading_failures]
        return fresh or waiting[:1]

    def _start_grader(self, batch: list[AttemptFolder]) -> None:
        folders = [str(attempt.path) for attempt in batch]
        with (self.experiment.path / "grader.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the argument list is our own
                [sys.executable, "-m", GRADER, *folders],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        self._grading = process, batch
        self._grading_ends_at = time.monotonic() + GRADING_LIMIT_S

    def _after_grading(self, batch: list[AttemptFolder], code: int) -> None:
        for attempt in batch:
            if attempt.is_graded():
                self.ungraded.pop(attempt.path, None)
                continue
            failures = 1 + self._grading_failures.get(attempt.path, 0)
            self._grading_failures[attempt.path] = failures
            if failures < MAX_LOSSES:
                continue
            reason = f"the grader ended with exit code {code}; see grader.log"
            with suppress(OSError):
                write_json(attempt.grade_error_path, {"error": reason})
            self.ungraded.pop(attempt.path, None)


def say(text: str) -> None:
    """Write a line to the dispatcher's log."""
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    print(f"{now} {text}", flush=True)


def lock(experiment: ExperimentFolder) -> TextIO | None:
    """Return the held lock of an experiment, or None when another holds it."""
    handle = (experiment.path / "dispatcher.lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def main(argv: list[str]) -> int:
    """Dispatch the experiment in the folder ``argv[1]``; return the exit code."""
    try:
        _, folder = argv
    except ValueError:
        print("usage: python -m mle_toolkit.running.dispatcher EXPERIMENT_FOLDER")
        return USAGE
    try:
        experiment = ExperimentFolder.open(folder)
        held = lock(experiment)
        if held is None:
            say("another dispatcher is at work")
            return BUSY
        with held:
            write_json(experiment.dispatcher, current_owner().to_dict())
            Dispatcher(experiment).run()
    except (StoreError, OSError) as error:
        say(f"the dispatcher ends: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
