"""The host's side of a box: start the worker, send code, read what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import tempfile
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mle_toolkit.errors import SandboxError, check_choice
from mle_toolkit.records import SANDBOXES
from mle_toolkit.sandbox import bubblewrap, plain
from mle_toolkit.sandbox.seccomp import filter_program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

PRELOAD = (
    "numpy",
    "pandas",
    "scipy.sparse",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
)
START_TIMEOUT_S = 120.0
ANSWER_GRACE_S = 15.0
MAX_ANSWER_BYTES = 8 << 20
MAX_PROCESSES = 512
STATUSES = ("ok", "error", "timeout", "output-limit", "memory", "killed")
_FIRST_UID = 200_000


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of running one program.

    Attributes
    ----------
    status
        One of ``ok``, ``error``, ``timeout``, ``output-limit``, ``memory`` and
        ``killed``.
    exception
        Type of the exception that ended the program, if one did.
    output
        Standard output and error with the traceback; the middle is left out
        when it is long.
    output_bytes
        How much the program printed.
    duration_s
        Wall time in seconds.
    """

    status: str
    exception: str | None
    output: str
    output_bytes: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSettings:
    """Where a box works and what it may use."""

    workspace: Path
    inputs: Path
    scratch: Path
    cpus: int = 1
    memory_mib: int | None = None
    output_mib: int = 16
    disk_mib: int = 10_240
    preload: tuple[str, ...] = PRELOAD

    @property
    def uid(self) -> int:
        """The user id inside the box: its own for each workspace when root, else 0."""
        if os.geteuid() != 0:
            return 0
        return _FIRST_UID + zlib.crc32(os.fsencode(self.workspace)) % 1_000_000


class Box:
    """A running box.  Use it as a context manager, or call `close`."""

    def __init__(self, kind: str, settings: BoxSettings) -> None:
        self.kind = kind
        self.settings = settings
        self._buffer = b""
        try:
            self._process = _start(kind, settings)
        except OSError as error:
            msg = f"the {kind} box cannot be set up: {error}"
            raise SandboxError(msg) from error
        try:
            self._receive(START_TIMEOUT_S)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the box itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the box."""
        self.close()

    def run_python(self, code: str, *, timeout_s: float) -> Execution:
        """Run `code` as ``__main__`` in a fresh fork of the preloaded worker.

        Parameters
        ----------
        code
            A Python program.
        timeout_s
            Wall time in seconds after which it is ended.

        Raises
        ------
        SandboxError
            When the box itself has broken; open a new one.
        """
        # An earlier program may have shut the workspace, or removed it.
        with contextlib.suppress(OSError):
            self.settings.workspace.mkdir(exist_ok=True)
            self.settings.workspace.chmod(0o700)
        request = {
            "code": code,
            "timeout_s": max(0.0, timeout_s),
            "output_bytes": self.settings.output_mib << 20,
        }
        self._send(request)
        return _execution(self._receive(timeout_s + ANSWER_GRACE_S))

    def close(self) -> None:
        """End the box and everything in it."""
        process = self._process
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        if self._process.stdin is None:
            msg = "the box has no input pipe"
            raise SandboxError(msg)
        try:
            self._process.stdin.write(json.dumps(message).encode("ascii") + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise SandboxError(self._broken()) from error

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        line = self._read_line(time.monotonic() + timeout_s)
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            self.close()
            msg = "the box sent something that is not an answer"
            raise SandboxError(msg) from error
        if not isinstance(message, dict):
            self.close()
            msg = "the box sent something that is not an answer"
            raise SandboxError(msg)
        return message

    def _read_line(self, deadline: float) -> bytes:
        if self._process.stdout is None:
            msg = "the box has no output pipe"
            raise SandboxError(msg)
        descriptor = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    self.close()
                    msg = "the box did not answer in time"
                    raise SandboxError(msg)
                block = os.read(descriptor, 1 << 16)
                self._buffer += block
                if not block or len(self._buffer) > MAX_ANSWER_BYTES:
                    raise SandboxError(self._broken())
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _broken(self) -> str:
        self.close()
        try:
            said = (self.settings.scratch.parent / "box.log").read_text("utf-8")
        except OSError:
            said = ""
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        return f"the {self.kind} box ended by itself: {last[0][:300]}"


def open_box(
    kind: str,
    *,
    workspace: Path,
    inputs: Path,
    scratch: Path,
    cpus: int = 1,
    memory_mib: int | None = None,
    output_mib: int = 16,
    disk_mib: int = 10_240,
    preload: Sequence[str] = PRELOAD,
) -> Box:
    """Start a box and wait until its worker is ready.

    Parameters
    ----------
    kind
        ``"bwrap"`` or ``"none"``.
    workspace
        Folder that the program may write; its working directory.
    inputs
        Folder that appears read-only as ``input`` in the workspace.
    scratch
        Folder that appears as the temporary folder.
    cpus
        Threads that BLAS and OpenMP may use.
    memory_mib, output_mib, disk_mib
        Limits for each process, each execution's output and each file, in MiB.
    preload
        Modules that the worker imports while it waits for programs; one that is
        not installed is passed over.

    Raises
    ------
    SandboxError
        When the box does not start, with what to do about it.
    """
    check_choice("sandbox", kind, SANDBOXES)
    settings = BoxSettings(
        workspace=workspace,
        inputs=inputs,
        scratch=scratch,
        cpus=cpus,
        memory_mib=memory_mib,
        output_mib=output_mib,
        disk_mib=disk_mib,
        preload=tuple(preload),
    )
    return Box(kind, settings)


def _start(kind: str, settings: BoxSettings) -> subprocess.Popen[bytes]:
    _make_folders(settings, own=kind == "bwrap")
    makers = {"bwrap": bubblewrap.command, "none": plain.command}
    command = makers[kind](
        workspace=settings.workspace,
        inputs=settings.inputs,
        scratch=settings.scratch,
        cpus=settings.cpus,
    )
    worker = {
        "uid": settings.uid if kind == "bwrap" else 0,
        "workspace": command.workspace,
        "own_pids": kind == "bwrap",
        "processes": MAX_PROCESSES if kind == "bwrap" and _counts_by_box() else 0,
        "memory_bytes": (settings.memory_mib or 0) << 20,
        "disk_bytes": settings.disk_mib << 20,
        "preload": settings.preload,
        "filter": filter_program() if kind == "bwrap" else [],
    }
    words = _words(command.words)
    argv = [str(words) if word == plain.WORDS else word for word in command.argv]
    try:
        with (settings.scratch.parent / "box.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - the argument list is our own
                [*argv, json.dumps(worker)],
                cwd=command.cwd,
                env=command.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                pass_fds=[words],
            )
    except OSError as error:
        msg = f"the {kind} box cannot be started: {error}"
        raise SandboxError(msg) from error
    finally:
        os.close(words)


def _words(words: tuple[str, ...]) -> int:
    """Return an open descriptor from which the words can be read."""
    with tempfile.TemporaryFile() as file:
        file.write(b"".join(os.fsencode(word) + b"\0" for word in words))
        file.seek(0)
        return os.dup(file.fileno())


def _counts_by_box() -> bool:
    """Whether a limit on processes counts those of the box alone."""
    if os.geteuid() == 0:
        return True
    major, minor = (int(part) for part in os.uname().release.split(".")[:2])
    return (major, minor) >= (5, 14)


def _make_folders(settings: BoxSettings, *, own: bool) -> None:
    for folder in (settings.workspace, settings.scratch):
        folder.mkdir(parents=True, exist_ok=True)
        if own and settings.uid:
            os.chown(folder, settings.uid, settings.uid)
        # Others may pass through: the interpreter is started before the user changes,
        # and when it lies below /tmp its way leads through the scratch folder.
        folder.chmod(0o711)


def _execution(answer: dict[str, Any]) -> Execution:
    """Read an answer as what it is: something that the box may have forged."""
    try:
        status = str(answer["status"])
        exception = answer["exception"]
        return Execution(
            status=status if status in STATUSES else "error",
            exception=None if exception is None else str(exception)[:200],
            output=str(answer["output"]),
            output_bytes=int(answer["output_bytes"]),
            duration_s=float(answer["duration_s"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        msg = "the box sent something that is not an answer"
        raise SandboxError(msg) from error
