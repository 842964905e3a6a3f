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


def make(folder, *arguments):
    """Run make with the few tools of `folder`."""
    return subprocess.run(
        [folder / "tools" / "make", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": str(folder / "tools"), "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def python_that_says(folder, version):
    """Write a stand-in for a Python that is too old."""
    script = folder / "tools" / "python3"
    script.write_text(
        "#!/bin/bash\n"
        f'if [ "$1" = --version ]; then echo "Python {version}"; exit 0; fi\n'
        "exit 1\n"
    )
    script.chmod(0o755)


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
