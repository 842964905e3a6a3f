"""A process between a supervisor and its runner: the tree dies with its parent.

The guard adopts every orphan below it, so that a program cannot slip away by
forking twice.  It holds one end of a pipe; when the supervisor dies, however it
dies, that pipe closes and the guard ends everything.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from typing import NoReturn

TERMINATE = b"T"
KILL = b"K"
SIGNALLED = 128
PATIENCE_S = 5.0


class Guard:
    """A program whose whole process tree ends with this process.

    Parameters
    ----------
    argv, env
        The program to run; no shell is involved.
    log
        Open file that takes its standard error.

    Attributes
    ----------
    output
        Read end of the program's standard output.
    pid
        Process id of the guard itself.
    """

    def __init__(self, argv: list[str], *, env: dict[str, str], log: int) -> None:
        self.output, out = os.pipe()
        control, self._control = os.pipe()
        self._code: int | None = None
        self._closed = False
        self._killed_at: float | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _be_guard(argv, env, control=control, out=out, log=log)
        os.close(control)
        os.close(out)

    def terminate(self) -> None:
        """Ask the program to end."""
        self._say(TERMINATE)

    def kill(self) -> None:
        """End the whole tree now; a guard that does not obey is ended itself."""
        now = time.monotonic()
        if self._killed_at is None:
            self._killed_at = now
            self._say(KILL)
        elif now > self._killed_at + PATIENCE_S and self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """Return the program's exit code, negative for a signal; None before that."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = _decode(os.waitstatus_to_exitcode(status))
        return self._code

    def close(self) -> None:
        """End the tree if it still runs, and wait for the guard."""
        if self._closed:
            return
        self._closed = True
        os.close(self._control)
        self._killed_at = self._killed_at or time.monotonic()
        while self.poll() is None:
            self.kill()
            time.sleep(0.01)
        os.close(self.output)

    def _say(self, word: bytes) -> None:
        if self._closed:
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self._control, word)


def _be_guard(
    argv: list[str], env: dict[str, str], *, control: int, out: int, log: int
) -> NoReturn:
    code = 127
    try:
        _close_others({0, 1, 2, control, out, log})
        from mle_toolkit.sandbox import worker

        worker.prctl(worker.PR_SET_CHILD_SUBREAPER, 1)
        wake, alarm = os.pipe()
        os.set_blocking(alarm, False)
        signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            _be_program(argv, env, out=out, log=log)
        os.close(out)
        code = _watch(child, control, wake)
    finally:
        os._exit(code)


def _watch(child: int, control: int, wake: int) -> int:
    while True:
        ready, _, _ = select.select([control, wake], [], [], 1.0)
        if wake in ready:
            os.read(wake, 4096)
        if control in ready:
            words = os.read(control, 64)
            if TERMINATE in words:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGTERM)
            if not words or KILL in words:
                end_tree()
                return _encode(-signal.SIGKILL)
        ended = _reap(child)
        if ended is not None:
            end_tree()
            return _encode(ended)


def end_tree() -> None:
    """End every process below this one."""
    from mle_toolkit.sandbox import worker

    for _ in range(200):
        _reap(-1)
        left = [p for p in worker.descendants(os.getpid()) if not worker.gone(p)]
        if not left:
            return
        # What is stopped cannot fork while the others are found and ended.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                worker.kill(pid, number)
        time.sleep(0.01)


def _reap(child: int) -> int | None:
    """Reap whatever has ended; return the exit code of `child` if it was among it."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
    return code


def _be_program(
    argv: list[str], env: dict[str, str], *, out: int, log: int
) -> NoReturn:
    try:
        from mle_toolkit.sandbox import worker

        worker.prctl(worker.PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out, 1), (log, 2)):
            os.dup2(source, target)
        os.execvpe(argv[0], argv, env)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(2, f"{argv[0]} cannot be started: {error}\n".encode())
    finally:
        os._exit(127)


def _close_others(keep: set[int]) -> None:
    for name in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():  # noqa: PTH112, PTH208
        if int(name) not in keep:
            with contextlib.suppress(OSError):
                os.close(int(name))


def _encode(code: int) -> int:
    """Return an exit code that also tells of a signal, as shells write it."""
    return code if code >= 0 else SIGNALLED - code


def _decode(code: int) -> int:
    return SIGNALLED - code if code > SIGNALLED else code
