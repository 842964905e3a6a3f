"""The command line of a bubblewrap box.

What is in it: the interpreter and its packages, the system's libraries, the
workspace, the competition's public folder.  What is not: network, environment,
other processes, home folders, the answers, this toolkit, and the data files that
scientific packages bundle, because the offline competitions are made from them.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
import sysconfig
from functools import cache
from pathlib import Path

from mle_toolkit.errors import SandboxError
from mle_toolkit.sandbox.plain import WORDS, WORKER, Command, environment

NOT_INSTALLED = (
    "bubblewrap is not installed, so there is no box to run code in. Install it "
    "(Debian, Ubuntu: apt install bubblewrap), or ask for sandbox 'none' by name "
    "if you trust the code that will run; 'mle doctor' says more"
)
WORKSPACE = "/box/workspace"
SHM_BYTES = 256 << 20
SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/nsswitch.conf",
)
GPU_DEVICES = ("/dev/nvidia*", "/dev/nvidia-caps", "/dev/dri", "/dev/kfd")

HIDDEN_FOLDERS = (
    "mle_toolkit",
    "sklearn/datasets/data",
    "sklearn/datasets/images",
    "sklearn/datasets/tests/data",
    "statsmodels/**/tests",
    "skimage/**/tests",
)
HIDDEN_FILES = (
    "statsmodels/datasets/**/*.csv",
    "statsmodels/datasets/**/*.dta",
    "statsmodels/datasets/**/*.txt",
    "statsmodels/datasets/**/*.dat",
    "skimage/data/*.*",
)


def command(*, workspace: Path, inputs: Path, scratch: Path, cpus: int) -> Command:
    """Return how to start a worker in a bubblewrap box.

    Raises
    ------
    SandboxError
        When bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(NOT_INSTALLED)
    # The places for the mounts must exist before the box does.
    place = workspace / "input"
    if place.is_symlink() or place.is_file():
        place.unlink()
    place.mkdir(parents=True, exist_ok=True)
    empty = _empty(scratch.parent)
    words = (
        *_namespaces(),
        *_system(),
        # Before the interpreter, which may itself lie below /tmp.
        *("--bind", str(scratch), "/tmp"),  # noqa: S108 - inside the box
        *_interpreter(),
        *_hide(*empty),
        *_devices(),
        *_open_parents(f"{WORKSPACE}/input"),
        *("--bind", str(workspace), WORKSPACE),
        *("--ro-bind", str(inputs), f"{WORKSPACE}/input"),
        *("--ro-bind", str(WORKER), "/box/worker.py"),
        *("--remount-ro", "/dev"),
        *("--remount-ro", "/"),
    )
    return Command(
        argv=[program, "--args", WORDS, "--", sys.executable, "-I", "/box/worker.py"],
        env=environment(home="/tmp", cpus=cpus),  # noqa: S108 - inside the box
        cwd="/",
        workspace=WORKSPACE,
        words=words,
    )


def _namespaces() -> list[str]:
    common = [
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--die-with-parent",
        *("--hostname", "box"),
    ]
    if os.geteuid() != 0:
        return [*common, "--unshare-user"]
    # Root is needed for the mounts only: the worker gives it up before anything.
    needed = ("CAP_SETUID", "CAP_SETGID")
    return [*common, "--cap-drop", "ALL"] + [
        word for name in needed for word in ("--cap-add", name)
    ]


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM_FOLDERS:
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            words += ["--ro-bind", name, name]
    for name in SYSTEM_FILES:
        words += ["--ro-bind-try", name, name]
    return words


def _interpreter() -> list[str]:
    """Mount the interpreter and its packages, unless the system folders hold them."""
    words = []
    executable = Path(sys.executable).resolve()
    roots = {sys.prefix, sys.base_prefix, str(executable.parent.parent)}
    for root in sorted(roots, key=len):
        if not root.startswith("/usr/") and root != "/usr":
            words += [*_open_parents(root), "--ro-bind", root, root]
    return words


def _open_parents(path: str) -> list[str]:
    """Make the folders above a mount, passable for the box's own user."""
    words = []
    for parent in reversed(Path(path).parents[:-1]):
        words += ["--perms", "0755", "--dir", str(parent)]
    return words


def _hide(empty_folder: Path, empty_file: Path) -> list[str]:
    words = []
    for folder in _hidden_folders():
        words += ["--ro-bind", str(empty_folder), folder]
    for file in _hidden_files():
        words += ["--ro-bind", str(empty_file), file]
    return words


def _devices() -> list[str]:
    words = ["--proc", "/proc", "--dev", "/dev"]
    words += ["--perms", "1777", "--size", str(SHM_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    for pattern in GPU_DEVICES:
        for device in sorted(Path("/dev").glob(pattern.removeprefix("/dev/"))):
            words += ["--dev-bind", str(device), str(device)]
    return words


def _empty(folder: Path) -> tuple[Path, Path]:
    nothing = folder / "nothing"
    nothing.mkdir(exist_ok=True)
    (nothing / "folder").mkdir(exist_ok=True)
    (nothing / "file").touch()
    return nothing / "folder", nothing / "file"


@cache
def _hidden_folders() -> tuple[str, ...]:
    found = []
    for packages in _package_folders():
        if _is_unused(packages):
            found.append(str(packages))
            continue
        for pattern in HIDDEN_FOLDERS:
            found += [str(p) for p in packages.glob(pattern) if p.is_dir()]
    # A folder inside one that is hidden already has no place to be mounted on.
    return tuple(
        path
        for path in sorted(set(found))
        if not any(path.startswith(f"{other}/") for other in found)
    )


@cache
def _hidden_files() -> tuple[str, ...]:
    folders = _hidden_folders()
    found = []
    for packages in _package_folders():
        if _is_unused(packages):
            continue
        for pattern in HIDDEN_FILES:
            found += [
                str(path)
                for path in packages.glob(pattern)
                if path.suffix not in {".py", ".pyc", ".pyi"} and path.is_file()
            ]
    return tuple(
        path
        for path in sorted(set(found))
        if not any(path.startswith(f"{folder}/") for folder in folders)
    )


@cache
def _package_folders() -> tuple[Path, ...]:
    """Return every folder of Python packages that the box would show."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = {Path(name) for name in site.getsitepackages()}
    candidates |= {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    candidates.add(Path(sys.base_prefix, "lib", version, "site-packages"))
    for root in ("/usr/lib", "/usr/local/lib"):
        for kind in ("site-packages", "dist-packages"):
            candidates |= set(Path(root).glob(f"python3*/{kind}"))
    return tuple(sorted(path for path in candidates if path.is_dir()))


def _is_unused(packages: Path) -> bool:
    """Whether this interpreter never imports from that folder."""
    return str(packages) not in sys.path
