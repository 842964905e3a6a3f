"""Start, stop, resume and extend an experiment, and see how far it is.

Everything here reads files and writes wishes: it works from any process on any
machine that sees the folder, and whoever calls it may die right after.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.running.plan import Plan, extend_plan
from mle_toolkit.store import (
    AttemptFolder,
    ExperimentFolder,
    publish_once,
    read_json,
    write_json,
)
from mle_toolkit.store.processes import current_owner, read_owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DISPATCHER = "mle_toolkit.running.dispatcher"
START_TIMEOUT_S = 30.0
LEAVING_S = 1.0
DONE_STATES = ("graded", "broken")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an experiment is.

    Attributes
    ----------
    states
        How many attempts are in each state of `mle_toolkit.store.folders.STATES`.
    ungradable
        Published attempts that the grader could not grade.
    dispatching
        Whether a dispatcher is at work; None when it is on another machine.
    stopping
        Whether a stop was asked for.
    """

    total: int
    states: dict[str, int]
    ungradable: int
    dispatching: bool | None
    stopping: bool

    @property
    def done(self) -> int:
        """Attempts of which all is known."""
        return sum(self.states.get(name, 0) for name in DONE_STATES) + self.ungradable

    @property
    def published(self) -> int:
        """Attempts that have a result."""
        return sum(
            self.states.get(name, 0) for name in ("published", "graded", "broken")
        )

    @property
    def complete(self) -> bool:
        """Whether every attempt is published and graded."""
        return self.done >= self.total


def create(path: Path, plan: Plan) -> ExperimentFolder:
    """Write the first plan of an experiment into a new folder.

    Raises
    ------
    StoreError
        When there is an experiment already, or the folder cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        fresh = publish_once(path / "plan-1.json", plan.to_dict())
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    if not fresh:
        msg = (
            f"{path} holds an experiment already. Resume it, extend it, "
            "or choose another folder"
        )
        raise StoreError(msg)
    return ExperimentFolder(path.absolute())


def start(experiment: ExperimentFolder) -> None:
    """Start a dispatcher unless one is at work.

    Raises
    ------
    StoreError
        When it does not come up.
    """
    if dispatching(experiment):
        return
    log_path = experiment.path / "dispatcher.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the argument list is our own
            [sys.executable, "-m", DISPATCHER, str(experiment.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    owner = current_owner(process.pid)
    # It outlives us; but while we live, somebody has to reap it when it ends.
    threading.Thread(target=process.wait, daemon=True).start()
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if read_owner(experiment.dispatcher) == owner or dispatching(experiment):
            return
        if process.poll() is not None:
            if process.returncode == 0:
                return
            lines = log_path.read_text("utf-8", "replace").splitlines()
            msg = f"the dispatcher did not start: {(lines or ['no word'])[-1]}"
            raise StoreError(msg)
        time.sleep(0.02)
    msg = f"the dispatcher did not start within {START_TIMEOUT_S:g} s; see {log_path}"
    raise StoreError(msg)


def dispatching(experiment: ExperimentFolder) -> bool | None:
    """Whether a dispatcher is at work; None when it is on another machine."""
    owner = read_owner(experiment.dispatcher)
    return owner.alive() if owner else False


def stop(path: ExperimentFolder | AttemptFolder) -> None:
    """Ask an experiment or one attempt to stop.

    Running attempts end within seconds and publish what they have, with the
    status ``stopped``.  Attempts that have not begun stay pending.
    """
    folder = path.path
    try:
        write_json(folder / "stop", current_owner().to_dict())
    except OSError as error:
        msg = f"{folder} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error


def resume(experiment: ExperimentFolder) -> None:
    """Run what has no result yet: pending attempts, and those that were lost."""
    experiment.stop_wish.unlink(missing_ok=True)
    # A dispatcher that saw the wish, or an empty queue, may be about to leave.
    leaving = time.monotonic() + LEAVING_S
    while dispatching(experiment) and time.monotonic() < leaving:
        time.sleep(0.05)
    start(experiment)


def extend(experiment: ExperimentFolder, attempts: int) -> Plan:
    """Add `attempts` more seeds of each agent on each competition.

    Raises
    ------
    UsageError
        When `attempts` is below 1.
    """
    while True:
        plan = extend_plan(plans(experiment), attempts)
        target = experiment.path / f"plan-{plan.version}.json"
        if publish_once(target, plan.to_dict()):
            return plan


def plans(experiment: ExperimentFolder) -> list[Plan]:
    """Return the plans of an experiment in order.

    Raises
    ------
    StoreError
        When one of them cannot be read.
    """
    found = []
    for path in experiment.plan_paths():
        try:
            found.append(Plan.from_dict(read_json(path)))
        except UsageError as error:
            msg = f"{path}: {error}"
            raise StoreError(msg) from error
    return found


class Monitor:
    """Reads the progress of an experiment, again and again at little cost."""

    def __init__(self, experiment: ExperimentFolder) -> None:
        self.experiment = experiment
        self._final: dict[Path, str] = {}

    def read(self) -> Progress:
        """Return how far the experiment is now."""
        attempts = self.experiment.attempts()
        states: Counter[str] = Counter()
        ungradable = 0
        for attempt in attempts:
            state = self._final.get(attempt.path) or attempt.state()
            if state in DONE_STATES:
                self._final[attempt.path] = state
            elif state == "published" and attempt.grade_error_path.exists():
                ungradable += 1
            states[state] += 1
        return Progress(
            total=len(attempts),
            states=dict(states),
            ungradable=ungradable,
            dispatching=dispatching(self.experiment),
            stopping=self.experiment.stop_wish.exists(),
        )


def wait(
    experiment: ExperimentFolder,
    *,
    show: Callable[[Progress], None] | None = None,
    every_s: float = 0.3,
    timeout_s: float | None = None,
) -> Progress:
    """Wait until all is published and graded, or nothing more will happen.

    Parameters
    ----------
    show
        Called with the progress after each look.
    timeout_s
        Give up waiting after this time; the experiment goes on.

    Returns
    -------
    Progress
        Its `complete` tells whether everything is there.
    """
    monitor = Monitor(experiment)
    began = time.monotonic()
    while True:
        progress = monitor.read()
        if show is not None:
            show(progress)
        if progress.complete:
            return progress
        if progress.dispatching is False:
            # It may have written its last words after we looked.
            return monitor.read()
        if timeout_s is not None and time.monotonic() - began > timeout_s:
            return progress
        time.sleep(every_s)
