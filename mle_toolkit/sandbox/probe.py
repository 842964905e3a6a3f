"""Try a box for real, and say what it does and does not hold back."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mle_toolkit.errors import SandboxError, ToolkitError, check_choice
from mle_toolkit.records import SANDBOXES
from mle_toolkit.sandbox.box import open_box
from mle_toolkit.sandbox.bubblewrap import NOT_INSTALLED

_PROGRAM = """
import os, socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    network = "reachable"
except ConnectionRefusedError:
    network = "loopback only"
except OSError:
    network = "none"
print("network:", network)
print("user:", os.getuid())
try:
    open("input/x", "w")
    print("input: writable")
except OSError:
    print("input: read-only")
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a kind of box works here, and if not, why."""

    kind: str
    works: bool
    detail: str


def probe(kind: str) -> Probe:
    """Start a box of that kind, run a program in it, and report."""
    with tempfile.TemporaryDirectory(prefix="mle-probe-") as folder:
        root = Path(folder)
        (root / "public").mkdir()
        try:
            with open_box(
                kind,
                workspace=root / "workspace",
                inputs=root / "public",
                scratch=root / "scratch",
            ) as box:
                done = box.run_python(_PROGRAM, timeout_s=20)
        except ToolkitError as error:
            return Probe(kind, works=False, detail=str(error))
    detail = "; ".join(done.output.strip().splitlines())
    return Probe(kind, works=done.status == "ok", detail=detail)


def require(kind: str) -> None:
    """Check in milliseconds that this kind of box can be started here.

    Raises
    ------
    SandboxError
        When it cannot, with what to do about it.
    """
    check_choice("sandbox", kind, SANDBOXES)
    if kind == "none":
        return
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(NOT_INSTALLED)
    words = ["--unshare-all", "--ro-bind", "/", "/", "--", "true"]
    tried = subprocess.run(  # noqa: S603 - the argument list is our own
        [program, *words], capture_output=True, text=True, check=False, timeout=60
    )
    if tried.returncode != 0:
        said = (tried.stderr.strip().splitlines() or ["it said nothing"])[-1]
        msg = (
            f"bubblewrap does not work on this machine: {said}. Ask for sandbox "
            "'none' by name if you trust the code that will run"
        )
        raise SandboxError(msg)
