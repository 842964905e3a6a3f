"""Engines carry supervisors to where they run.  They own no truth.

An engine has three verbs.  Whether an attempt runs, and how it ended, is always
read from its folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mle_toolkit.errors import check_choice

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class Engine(Protocol):
    """What a dispatcher needs of an engine."""

    def start(self, folder: Path) -> str:
        """Start a supervisor for the attempt in `folder`; return its job id."""

    def poll(self, jobs: Collection[str]) -> dict[str, bool]:
        """Return for each job whether it is still there."""

    def cancel(self, job: str) -> None:
        """End a job."""


def get_engine(name: str) -> Engine:
    """Return the engine of that name.

    Raises
    ------
    UnknownNameError
        When there is no such engine.
    """
    from mle_toolkit.running.plan import ENGINES

    check_choice("engine", name, ENGINES)
    from mle_toolkit.running.engines.local import LocalEngine

    return LocalEngine()
