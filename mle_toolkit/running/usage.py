"""Measure what an attempt uses: its disk, its memory, its processes."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class TreeUsage:
    """Memory in MiB and number of processes below one process."""

    memory_mib: float
    processes: int


def tree_usage(root: int) -> TreeUsage:
    """Return what all processes below `root` use together.

    Shared pages are counted once where the kernel tells the proportional share,
    since the forks of a preloaded worker share most of theirs.
    """
    from mle_toolkit.sandbox.worker import descendants

    below = descendants(root)
    return TreeUsage(sum(map(_memory_mib, below)), len(below))


def disk_usage_mib(folder: Path, *, stop_above_mib: float) -> float:
    """Return the space that `folder` takes, in MiB, links not followed.

    Counting ends once `stop_above_mib` is passed; the rest does not matter.
    """
    total = 0
    todo = [str(folder)]
    while todo and total <= stop_above_mib * _MIB:
        with suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
    return total / _MIB


class Pace:
    """Says when a measurement is due: seldom enough to cost under 2 % of the time."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._next = 0.0

    def due(self) -> bool:
        """Whether it is time to measure again."""
        return time.monotonic() >= self._next

    def done(self, cost_s: float) -> None:
        """Say how long the measurement took."""
        self._next = time.monotonic() + max(self._every_s, 50 * cost_s)


@cache
def hardware() -> dict[str, Any]:
    """Return the processor, cores, memory and Python of this machine."""
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": round(total_memory_mib() / 1024, 1),
        "gpus": sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*")),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def total_memory_mib() -> float:
    """Return the machine's memory in MiB."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _MIB
    except (ValueError, OSError):
        return 0.0


def _cpu_name() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_mib(pid: int) -> float:
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MIB
    return 0.0
