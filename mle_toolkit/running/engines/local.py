"""Supervisors as detached processes on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from mle_toolkit.store.processes import Owner, current_owner

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SUPERVISOR = "mle_toolkit.running.supervisor"


class LocalEngine:
    """Starts each supervisor in a session of its own, so that it outlives us."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._owners: dict[str, Owner] = {}

    def start(self, folder: Path) -> str:
        """Start a supervisor; its words go to ``supervisor.log`` in the folder."""
        with (folder / "supervisor.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - the argument list is our own
                [sys.executable, "-m", SUPERVISOR, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        job = str(child.pid)
        self._children[job] = child
        self._owners[job] = current_owner(child.pid)
        return job

    def poll(self, jobs: Collection[str]) -> dict[str, bool]:
        """Return for each job whether its process lives."""
        return {job: self._alive(job) for job in jobs}

    def cancel(self, job: str) -> None:
        """End a supervisor; its guard ends what it started."""
        if self._alive(job):
            with suppress(ProcessLookupError):
                os.kill(int(job), signal.SIGTERM)

    def _alive(self, job: str) -> bool:
        child = self._children.get(job)
        if child is not None:
            return child.poll() is None
        owner = self._owners.get(job)
        return bool(owner and owner.alive())
