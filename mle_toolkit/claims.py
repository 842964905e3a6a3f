"""Own a try of an attempt: the first thing that a supervisor does.

A try is claimed by the exclusive creation of its ``claim`` file.  A second try
begins only after an observer has marked the first one ``abandoned``.

This module imports `os` alone, because thousands of supervisors start with it.
"""

from __future__ import annotations

import os

CLAIM = "claim"
ABANDONED = "abandoned"
RESULT = "result.json"


def claimed_tries(attempt: str) -> list[int]:
    """Return the numbers of the tries that somebody has claimed, in order."""
    try:
        names = os.listdir(attempt)
    except OSError:
        return []
    numbers = [name[4:] for name in names if name.startswith("try-")]
    return sorted(
        int(number)
        for number in numbers
        if number.isdigit() and os.path.exists(f"{attempt}/try-{number}/{CLAIM}")
    )


def claim_next(attempt: str) -> int | None:
    """Claim the next try for this process; None when there is nothing to claim.

    Parameters
    ----------
    attempt
        Path of the attempt's folder.

    Returns
    -------
    int or None
        The number of the try.  None when the attempt is published, or another
        supervisor has it.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    if os.path.exists(f"{attempt}/{RESULT}"):
        return None
    tries = claimed_tries(attempt)
    if tries and not os.path.exists(f"{attempt}/try-{tries[-1]}/{ABANDONED}"):
        return None
    number = tries[-1] + 1 if tries else 1
    folder = f"{attempt}/try-{number}"
    os.makedirs(folder, exist_ok=True)
    return number if _create(folder) else None


def host() -> str:
    """Return the name of this machine."""
    return os.uname().nodename


def boot() -> str:
    """Return what tells this boot, and this table of processes, from others."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return "unknown"


def started(pid: int) -> str | None:
    """Return the start time of a process in kernel ticks; None when it has ended."""
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as file:
            text = file.read()
    except OSError:
        return None if os.path.exists("/proc/self/stat") else _started_by_signal(pid)
    # The command name may hold blanks and brackets; the fields follow its end.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _create(folder: str) -> bool:
    # A claim appears with its content, by a link, so that nobody reads half of it.
    draft = f"{folder}/.{CLAIM}-{os.getpid()}"
    quoted = host().replace("\\", "\\\\").replace('"', '\\"')
    with open(draft, "w") as file:
        file.write(
            f'{{"host": "{quoted}", "boot": "{boot()}", '
            f'"pid": {os.getpid()}, "started": "{started(os.getpid()) or ""}"}}\n'
        )
    try:
        os.link(draft, f"{folder}/{CLAIM}")
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def _started_by_signal(pid: int) -> str | None:
    # Without a process table only the existence of a process can be told.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "unknown"
    return "unknown"
