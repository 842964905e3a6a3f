"""The box that is none: a child process with a clean environment."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
WORDS = "{words}"
"""Stands in an argument list for the descriptor that holds further words."""

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a worker.

    Attributes
    ----------
    argv
        Program and arguments; the worker's settings are added as the last one.
    words
        Further arguments, handed over by a pipe.  The command line is visible in
        the box, and the host's paths need not be.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    workspace: str
    words: tuple[str, ...] = ()


def environment(*, home: str, cpus: int) -> dict[str, str]:
    """Return the whole environment of a box: nothing of ours, above all no keys."""
    threads = dict.fromkeys(THREAD_VARIABLES, str(cpus))
    return threads | {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": home,
        "MPLCONFIGDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def command(*, workspace: Path, inputs: Path, scratch: Path, cpus: int) -> Command:
    """Return how to start a worker that is not confined."""
    link = workspace / "input"
    workspace.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink(inputs, link, target_is_directory=True)  # noqa: PTH211 - py3.11
    return Command(
        argv=[sys.executable, "-I", str(WORKER)],
        env=environment(home=str(scratch), cpus=cpus),
        cwd=str(workspace),
        workspace=str(workspace),
    )
