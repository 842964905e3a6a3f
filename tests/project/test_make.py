"""The Makefile says what is wrong with a machine before anything is installed."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture
def clone(root, tmp_path):
    """A folder with the Makefile alone, and a PATH without uv."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, tmp_path / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "awk", "rm", "touch", "make"):
        (tools / name).symlink_to(shutil.which(name))
    return tmp_path


# What a make that runs these tests hands down would change what they see.
FROM_MAKE = {"PYTHON", "VENV", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS"}


def make(folder, *arguments):
    """Run make with the few tools of `folder`, as if from a shell."""
    kept = {k: v for k, v in os.environ.items() if k not in FROM_MAKE}
    return subprocess.run(
        [folder / "tools" / "make", *arguments],
        cwd=folder,
        env={**kept, "PATH": str(folder / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )


def python_that_says(folder, version, *, name="tools/python3", status=1):
    """Write a stand-in for a Python; by default one that is too old."""
    script = folder / name
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        "#!/bin/bash\n"
        f'case "$1" in --version|-V) echo "Python {version}"; exit 0;; esac\n'
        f"exit {status}\n"
    )
    script.chmod(0o755)
    return script


def test_help_is_what_make_says_alone(clone):
    """No argument, no surprise: a list of targets and where to start."""
    done = make(clone)
    assert done.returncode == 0, done.stderr
    assert "make demo" in done.stdout
    assert "make test" in done.stdout


def test_an_old_python_is_refused_with_the_way_out(clone):
    """The message has the version found, the version needed, and what to do."""
    python_that_says(clone, "3.9.2")
    done = make(clone, "setup")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer; found: Python 3.9.2" in done.stderr
    assert "make setup PYTHON=" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_missing_python_is_refused_with_the_way_out(clone):
    """The same sentence when there is no Python at all."""
    done = make(clone, "setup")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr


def test_a_second_setup_installs_nothing(clone):
    """Stamps newer than pyproject.toml and constraints.txt end the work at once."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").touch()
    (clone / ".venv" / ".installed-demo").touch()
    done = make(clone, "setup")
    assert done.returncode == 0, done.stderr
    assert "Installing" not in done.stdout


def test_a_changed_lock_installs_again(clone):
    """What constraints.txt says is what is installed, also after an update."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").touch()
    stamp = clone / ".venv" / ".installed-demo"
    stamp.touch()
    os.utime(clone / "constraints.txt", (2**31, 2**31))
    done = make(clone, "--dry-run", "setup")
    assert "pip install" in done.stdout


@pytest.mark.parametrize(
    ("asked", "anew"), [("3.13.0", True), ("3.11.7", False), (None, False)]
)
def test_another_python_is_never_ignored(clone, asked, anew):
    """An environment of another version is made anew; of the same one it is kept."""
    python_that_says(clone, "3.11.7", name=".venv/bin/python", status=0)
    (clone / ".venv" / ".installed-demo").touch()
    arguments = []
    if asked:
        other = python_that_says(clone, asked, name="other/python3", status=0)
        arguments = [f"PYTHON={other}"]
    done = make(clone, "--dry-run", "setup", *arguments)
    assert done.returncode == 0, done.stderr
    assert ("-m venv" in done.stdout) == anew
    assert ("pip install" in done.stdout) == anew


def test_a_python_that_is_too_old_leaves_the_environment_alone(clone):
    """The refusal comes before anything is removed."""
    python_that_says(clone, "3.11.7", name=".venv/bin/python", status=0)
    (clone / ".venv" / ".installed-demo").touch()
    old = python_that_says(clone, "3.9.2", name="other/python3")
    done = make(clone, "setup", f"PYTHON={old}")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer; found: Python 3.9.2" in done.stderr
    assert (clone / ".venv" / ".installed-demo").exists()
