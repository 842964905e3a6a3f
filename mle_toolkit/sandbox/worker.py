"""Run inside the box: a preloaded Python that is forked for each execution.

This file is started by path, in a box that does not hold the toolkit, so it
imports nothing of it.  It reads requests, one JSON object a line, from standard
input, and answers each with one line on standard output.  Whatever runs in a
fork may do as it likes: it cannot reach the host, and the host believes no
answer that it cannot parse.
"""

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

KEEP_HEAD = KEEP_TAIL = 64 * 1024
GRACE_S = 2.0

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    """Confine this process, import the usual libraries, then serve requests."""
    settings = json.loads(sys.argv[1])
    confine(settings)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    send(answers, {"ready": True, "pid": os.getpid()})
    libraries = list(settings["preload"])
    while True:
        if libraries and not select.select([requests], [], [], 0.02)[0]:
            import_next(libraries)
            continue
        line = requests.readline()
        if not line:
            return
        send(answers, execute(json.loads(line), settings, libraries))


def confine(settings: dict[str, Any]) -> None:
    """Drop the user id, set limits, and die with the parent."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    set_limit(resource.RLIMIT_CORE, 0)
    set_limit(resource.RLIMIT_FSIZE, settings["disk_bytes"])
    if settings["memory_bytes"]:
        set_limit(resource.RLIMIT_DATA, settings["memory_bytes"])
    if settings["processes"]:
        set_limit(resource.RLIMIT_NPROC, settings["processes"])
    if settings["uid"]:
        os.setgroups([])
        os.setgid(settings["uid"])
        os.setuid(settings["uid"])
        # The change of user clears the wish to die with the parent.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(settings["workspace"])
    os.environ["PWD"] = settings["workspace"]
    prctl(PR_SET_DUMPABLE, 0)
    # When memory runs out, the kernel should take this process and not its host.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    refuse_calls(settings["filter"])


def set_limit(kind: int, value: int) -> None:
    """Lower a resource limit, never raise it."""
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def prctl(option: int, value: int) -> None:
    """Call prctl where there is one."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(option, int(value), 0, 0, 0)


def refuse_calls(program: list[list[int]]) -> None:
    """Install a filter of system calls; nothing can take it away again."""
    if not program:
        return
    import ctypes
    import struct

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    described = Filter(len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(described), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls is refused")


def import_next(libraries: list[str]) -> None:
    """Import one more library while there is time, so that later forks have it."""
    import importlib
    import warnings

    with warnings.catch_warnings(), contextlib.suppress(ImportError):
        warnings.simplefilter("ignore")
        importlib.import_module(libraries.pop(0))


def execute(
    request: dict[str, Any], settings: dict[str, Any], libraries: list[str]
) -> dict[str, Any]:
    """Fork, run the code in the child, and watch it until it ends."""
    began = time.monotonic()
    out_read, out_write = os.pipe()
    name_read, name_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out_read)
        os.close(name_read)
        run_program(request["code"], settings["workspace"], out_write, name_write)
    os.close(out_write)
    os.close(name_write)
    output = Output(request["output_bytes"])
    deadline = began + request["timeout_s"]
    status = watch(child, out_read, output, deadline, libraries)
    clean_up(settings)
    code = reap(child)
    exception = read_name(name_read)
    os.close(out_read)
    if status == "ok" and (exception or code != 0):
        failed = "killed" if code < 0 and not exception else "error"
        status = "memory" if exception == "MemoryError" else failed
    return {
        "status": status,
        "exception": exception or None,
        "exit_code": code,
        "output": output.text(),
        "output_bytes": output.total,
        "duration_s": time.monotonic() - began,
    }


class Output:
    """What a program printed: its head and its tail, and how much it was."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.total = 0
        self.head = bytearray()
        self.tail = bytearray()

    def add(self, block: bytes) -> bool:
        """Take a block; return False when the limit is passed."""
        self.total += len(block)
        room = KEEP_HEAD - len(self.head)
        self.head += block[:room]
        self.tail += block[max(room, 0) :]
        del self.tail[:-KEEP_TAIL]
        return self.total <= self.limit

    def text(self) -> str:
        """Return head and tail, and between them how much was left out."""
        head = self.head.decode("utf-8", "replace")
        tail = self.tail.decode("utf-8", "replace")
        lost = self.total - len(self.head) - len(self.tail)
        gap = f"\n[... {lost} bytes left out ...]\n" if lost else ""
        return head + gap + tail


def watch(
    child: int, pipe: int, output: Output, deadline: float, libraries: list[str]
) -> str:
    """Collect output until the program ends or has to be ended."""
    interrupted = 0.0
    status = "ok"
    while True:
        now = time.monotonic()
        if status == "ok" and now > deadline:
            status, interrupted = "timeout", now
            # An interrupt leaves a traceback that says where the time went.
            kill(child, signal.SIGINT)
        if interrupted and now > interrupted + GRACE_S:
            kill(child, signal.SIGKILL)
            return status
        ready, _, _ = select.select([pipe], [], [], 0.05)
        if ready:
            block = os.read(pipe, 1 << 16)
            if not output.add(block):
                kill(child, signal.SIGKILL)
                return "output-limit"
            if block:
                continue
        if ended(child):
            drain(pipe, output)
            return status
        if libraries and not ready:
            import_next(libraries)


def drain(pipe: int, output: Output) -> None:
    """Take what is still in the pipe, without waiting for stray writers."""
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while block := os.read(pipe, 1 << 16):
            if not output.add(block):
                return


def ended(child: int) -> bool:
    """Whether the child has ended; it stays to be reaped."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, child, flags) is not None


def reap(child: int) -> int:
    """Return the exit code of the child, negative for a signal; reap strays too."""
    kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return os.waitstatus_to_exitcode(status)


def kill(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def clean_up(settings: dict[str, Any]) -> None:
    """End everything that the program has left behind."""
    if settings["own_pids"]:
        # In a process namespace of its own, -1 means all but this one and init.
        kill(-1, signal.SIGKILL)
        return
    for _ in range(50):
        left = [pid for pid in descendants(os.getpid()) if not gone(pid)]
        if not left:
            return
        # Stopped processes cannot fork while the others are found and ended.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                kill(pid, number)
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def descendants(root: int) -> list[int]:
    """Return every process below `root`, from the process table."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{name}/stat", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def read_name(pipe: int) -> str:
    """Return the name of the exception that the child reported, if any."""
    os.set_blocking(pipe, False)
    try:
        return os.read(pipe, 200).decode("ascii", "replace")
    except BlockingIOError:
        return ""
    finally:
        os.close(pipe)


def run_program(code: str, workspace: str, out: int, name_pipe: int) -> None:
    """Become the program: never returns."""
    exit_code = 1
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(PR_SET_DUMPABLE, 1)
        prctl(PR_SET_CHILD_SUBREAPER, 0)
        os.setsid()
        os.chdir(workspace)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(out, 1)
        os.dup2(out, 2)
        keep_open = {0, 1, 2, name_pipe}
        for descriptor in range(3, 256):
            if descriptor not in keep_open:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - they stay open
        sys.stdout, sys.stderr = (
            open(number, "w", buffering=1, closefd=False, errors="replace")  # noqa: SIM115
            for number in (1, 2)
        )
        exit_code = run_as_main(code, name_pipe)
    except BaseException as error:  # the fork must end here, whatever happens
        report(error, name_pipe, skip=0)
    finally:
        os._exit(exit_code)


def run_as_main(code: str, name_pipe: int) -> int:
    """Execute the code as ``__main__`` and return its exit code."""
    import atexit
    import linecache
    import threading
    import types

    name = "solution.py"
    write_anew(name, code)
    sys.argv = [name]
    sys.path.insert(0, os.getcwd())
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    module = types.ModuleType("__main__")
    module.__file__ = name
    sys.modules["__main__"] = module
    exit_code = 0
    try:
        exec(compile(code, name, "exec", dont_inherit=True), module.__dict__)
        threading._shutdown()  # type: ignore[attr-defined]
    except SystemExit as stop:
        exit_code = report_exit(stop)
    except BaseException as error:
        report(error, name_pipe, skip=1)
        exit_code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return exit_code


def write_anew(name: str, text: str) -> None:
    """Write a file, whatever an earlier program has left in its place."""
    import shutil

    with contextlib.suppress(FileNotFoundError):
        if os.path.isdir(name) and not os.path.islink(name):
            shutil.rmtree(name)
        else:
            os.remove(name)
    with open(name, "x", encoding="utf-8", errors="replace") as file:
        file.write(text)


def report_exit(stop: SystemExit) -> int:
    """Treat ``sys.exit`` as Python does."""
    if stop.code is None or isinstance(stop.code, int):
        return (stop.code or 0) & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def report(error: BaseException, name_pipe: int, skip: int) -> None:
    """Print the traceback without this file's frames, and send the type's name."""
    import traceback

    trace = error.__traceback__
    for _ in range(skip):
        trace = trace.tb_next if trace else None
    text = "".join(traceback.format_exception(type(error), error, trace))
    with contextlib.suppress(OSError):
        os.write(name_pipe, type(error).__name__.encode("ascii", "replace")[:200])
    with contextlib.suppress(OSError):
        os.write(2, text.encode("utf-8", "replace"))


def send(answers: int, message: dict[str, Any]) -> None:
    """Write one answer as a line."""
    view = memoryview(json.dumps(message).encode("ascii") + b"\n")
    while view:
        view = view[os.write(answers, view) :]


if __name__ == "__main__":
    main()
