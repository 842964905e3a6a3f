"""A filter of system calls for the box, as a classic BPF program.

It refuses what programs that train models do not need and what would slip by the
limits: new namespaces and mounts, memory that belongs to no process, the kernel's
key rings, and rings of asynchronous calls.  See seccomp(2) and linux/filter.h.
"""

from __future__ import annotations

import errno
import platform
from dataclasses import dataclass

Instruction = tuple[int, int, int, int]

_LOAD, _RETURN = 0x20, 0x06
_EQUAL, _GREATER_EQUAL, _ANY_BIT = 0x15, 0x35, 0x45
_OFFSET_CALL, _OFFSET_MACHINE, _OFFSET_FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_NEWUSER = 0x10000000
_X32_CALLS = 0x40000000

# The same numbers on every machine.
_NEW_CALLS = {
    "io_uring_setup": 425,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "clone3": 435,
    "mount_setattr": 442,
    "memfd_secret": 447,
}


@dataclass(frozen=True, slots=True)
class _Machine:
    audit: int
    clone: int
    refused: tuple[int, ...]


# unshare, setns, memfd_create, shmget, mount, pivot_root, keyctl, add_key,
# request_key, userfaultfd
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E, 56, (272, 308, 319, 29, 165, 155, 250, 248, 249, 323)
    ),
    "aarch64": _Machine(
        0xC00000B7, 220, (97, 268, 279, 194, 40, 41, 219, 217, 218, 282)
    ),
}


def filter_program(machine: str | None = None) -> list[Instruction]:
    """Return the filter for this machine; empty when its calls are not known.

    Parameters
    ----------
    machine
        Name of the architecture; this machine's by default.
    """
    known = _MACHINES.get(machine or platform.machine())
    if known is None:
        return []
    unknown_call = (_RETURN, 0, 0, _FAIL | errno.ENOSYS)
    refuse = (_RETURN, 0, 0, _FAIL | errno.EPERM)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _OFFSET_MACHINE),
        (_EQUAL, 1, 0, known.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _OFFSET_CALL),
        (_GREATER_EQUAL, 0, 1, _X32_CALLS),
        unknown_call,
    ]
    refused = [n for name, n in _NEW_CALLS.items() if name != "clone3"]
    for number in (*known.refused, *refused):
        program += [(_EQUAL, 0, 1, number), refuse]
    # Its flags lie in memory, out of sight; without it, libraries use clone.
    program += [(_EQUAL, 0, 1, _NEW_CALLS["clone3"]), unknown_call]
    program += [
        (_EQUAL, 0, 3, known.clone),
        (_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_NEWUSER),
        refuse,
        (_RETURN, 0, 0, _ALLOW),
    ]
    return program
