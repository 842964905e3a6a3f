"""Measure what an attempt uses: its disk, its memory, its processes."""

from __future__ import annotations

import math
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_MIB = 1 << 20
LONGEST_WAIT_S = 10.0
EXACT_FOR_S = 0.3
MAX_ENTRIES = 200_000
ENTRY_BYTES = 4096


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
    exact_until = time.monotonic() + EXACT_FOR_S
    memory = sum(_memory_mib(p, exact=time.monotonic() < exact_until) for p in below)
    return TreeUsage(memory, len(below))


def disk_usage_mib(folder: Path, *, stop_above_mib: float) -> float:
    """Return the space that `folder` takes, in MiB, links not followed.

    Each entry counts at least one block, because names take room too.  Counting
    ends once `stop_above_mib` is passed.  What cannot be looked at, or holds more
    than 200,000 entries, counts as infinite: it was made to escape counting.
    """
    total = 0
    entries_seen = 0
    todo = [str(folder)]
    while todo and total <= stop_above_mib * _MIB:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    entries_seen += 1
                    total += _entry_bytes(entry)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return math.inf
        if entries_seen > MAX_ENTRIES:
            return math.inf
    return total / _MIB


def _entry_bytes(entry: os.DirEntry[str]) -> int:
    try:
        return max(ENTRY_BYTES, entry.stat(follow_symlinks=False).st_blocks * 512)
    except OSError:
        return ENTRY_BYTES


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
        wait_s = max(self._every_s, min(50 * cost_s, LONGEST_WAIT_S))
        self._next = time.monotonic() + wait_s


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


def _memory_mib(pid: int, *, exact: bool) -> float:
    if exact:
        with suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MIB
    return 0.0
