"""What `mle doctor` looks at."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

LOW_DISK_GIB = 5.0
PACKAGES = (
    "jupyterlab",
    "papermill",
    "scikit-image",
    "scikit-learn",
    "seaborn",
    "statsmodels",
)
OPTIONAL = ("openai", "anthropic")
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `good` is None where it is a matter of choice."""

    name: str
    good: bool | None
    detail: str


def run_checks() -> list[Check]:
    """Look at this machine; nothing is changed."""
    checks = [_python(), *map(_package, PACKAGES)]
    checks += [_package(name, optional=True) for name in OPTIONAL]
    checks += [_box("bwrap"), _box("none")]
    checks += [_key(name) for name in KEYS]
    return [*checks, _data(), _disk(), _machine()]


def _python() -> Check:
    import sys

    return Check("python", sys.version_info >= (3, 11), platform.python_version())


def _package(name: str, *, optional: bool = False) -> Check:
    try:
        return Check(name, good=True, detail=importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        hint = "not installed; pip install 'mle-toolkit[all]'"
        return Check(name, good=None if optional else False, detail=hint)


def _box(kind: str) -> Check:
    from mle_toolkit.sandbox import probe

    found = probe(kind)
    # The box that confines nothing works nearly everywhere; it is no achievement.
    good = found.works if kind == "bwrap" else None
    return Check(f"sandbox {kind}", good, found.detail)


def _key(name: str) -> Check:
    seen = bool(os.environ.get(name))
    return Check(name, None, "set" if seen else "not set (only needed for that model)")


def _data() -> Check:
    from mle_toolkit.competitions import data_dir, is_prepared, list_cards

    ready = [card.id for card in list_cards() if is_prepared(card.id)]
    listed = ", ".join(ready) or "none yet; mle run prepares what it needs"
    return Check("prepared data", None, f"{data_dir()}: {listed}")


def _disk() -> Check:
    folder = Path.cwd()
    free = shutil.disk_usage(folder).free / 2**30
    return Check("free disk", free >= LOW_DISK_GIB, f"{free:.1f} GiB in {folder}")


def _machine() -> Check:
    from mle_toolkit.running.usage import hardware

    found = hardware()
    detail = f"{found['cores']} x {found['cpu']}, {found['memory_gib']} GiB"
    gpus = len(found["gpus"])
    return Check("machine", None, f"{detail}, {gpus} GPU(s)")
