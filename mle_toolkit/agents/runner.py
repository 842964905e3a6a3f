"""The process that runs one attempt's agent.

Started by the supervisor as ``python -m mle_toolkit.agents.runner SPEC_JSON
TRY_FOLDER``.  Its standard output is a pipe on which it sends events, and nothing
else: whatever else is printed goes to the log.  SIGTERM asks it to end.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from mle_toolkit.agents.boxes import open_for
from mle_toolkit.agents.events import EventPipe
from mle_toolkit.agents.interrupts import Interrupted, Interrupts
from mle_toolkit.agents.registry import load_scaffold
from mle_toolkit.errors import ModelError, SandboxError, UsageError
from mle_toolkit.models import get_model
from mle_toolkit.records import AttemptSpec, from_dict
from mle_toolkit.seeds import derive
from mle_toolkit.store import TryFolder, read_json

DEADLINE = "MLE_DEADLINE_MONOTONIC"
_FINISH_S = 2.0
_FINISH_SHARE = 0.02


def main(argv: list[str]) -> int:
    """Run the attempt of ``argv[1]`` in the try ``argv[2]``; return the exit code."""
    events = EventPipe(_private_stdout())
    try:
        spec, folder = _read_arguments(argv)
        status, reason = run_attempt(spec, folder, events)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        _tell_error(events, error)
        return 1
    events.send("end", status=status, reason=reason)
    return 0


def run_attempt(
    spec: AttemptSpec, folder: TryFolder, events: EventPipe
) -> tuple[str, str | None]:
    """Run the scaffold of `spec`; return the status and the reason of a failure."""
    deadline = _deadline(spec)
    interrupts = Interrupts()
    # What is left then is for closing the box and telling of the end.
    finish_s = min(_FINISH_S, _FINISH_SHARE * spec.limits.time_limit_s)
    interrupts.install(deadline - finish_s)
    try:
        # The box imports its libraries while this process imports its own.
        with open_for(spec, folder) as box:
            from mle_toolkit.agents.attempt import Attempt

            attempt = Attempt(
                spec,
                folder,
                model=get_model(
                    spec.model,
                    seed=derive("model", spec.competition, spec.seed),
                    options=spec.options.get("model"),
                ),
                events=events,
                deadline=deadline,
                interrupts=interrupts,
                box=box,
            )
            try:
                return load_scaffold(spec.scaffold)(attempt), None
            finally:
                attempt.close()
    except Interrupted as interrupt:
        return interrupt.status, None
    except (ModelError, SandboxError) as error:
        _tell_error(events, error)
        return "failed", str(error)


def _read_arguments(argv: list[str]) -> tuple[AttemptSpec, TryFolder]:
    try:
        _, spec, folder = argv
    except ValueError as error:
        msg = "usage: python -m mle_toolkit.agents.runner SPEC_JSON TRY_FOLDER"
        raise UsageError(msg) from error
    return from_dict(AttemptSpec, read_json(Path(spec))), TryFolder(Path(folder))


def _private_stdout() -> int:
    """Return a descriptor of the pipe; standard output becomes the log."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe


def _deadline(spec: AttemptSpec) -> float:
    given = os.environ.get(DEADLINE)
    if given is None:
        return time.monotonic() + spec.limits.time_limit_s
    try:
        return float(given)
    except ValueError as error:
        msg = f"{DEADLINE} must be a number of seconds; got {given!r}"
        raise UsageError(msg) from error


def _tell_error(events: EventPipe, error: Exception) -> None:
    message = " ".join(str(error).split()) or type(error).__name__
    events.send("error", message=message, traceback=traceback.format_exc())
    traceback.print_exc()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
