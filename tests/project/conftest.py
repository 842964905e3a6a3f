"""The checkout as the project tests see it."""

import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"build", "dist", "runs", "node_modules"}


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def pyproject() -> dict:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file that is in git, or would be after `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:  # an unpacked source archive
        files = [
            path
            for path in ROOT.rglob("*")
            if not GENERATED & {*path.relative_to(ROOT).parts}
            and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        ]
    return sorted(path for path in files if path.is_file() and not path.is_symlink())
