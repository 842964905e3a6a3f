"""In CI a skip that nobody allowed is a failure."""

import subprocess
import sys

import pytest

SKIPPING = """
import pytest

@pytest.mark.skipif(True, reason="no bubblewrap")
def test_unexpected():
    pass

def test_unexpected_too():
    pytest.skip("no chromium")

@pytest.mark.may_skip("needs a GPU")
def test_allowed():
    pytest.skip("no GPU")

@pytest.mark.xfail(reason="known")
def test_known():
    raise ValueError
"""


@pytest.fixture
def suite(root, tmp_path):
    """A small project with this project's conftest."""
    source = (root / "tests" / "conftest.py").read_text()
    (tmp_path / "conftest.py").write_text(source)
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers = may_skip(reason): allowed\n"
    )
    return tmp_path


def run_suite(folder, ci):
    """Return what pytest prints about the tests of `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rsfxE"],
        cwd=folder,
        env={"PATH": "", "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_skip_fails_in_ci_unless_it_is_marked(suite):
    """Only what nobody allowed fails, and the message says what to do."""
    printed = run_suite(suite, "true")
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in printed
    assert "no bubblewrap" in printed
    assert "no chromium" in printed
    assert "may_skip" in printed


def test_a_whole_module_that_is_skipped_fails_in_ci(suite):
    """`importorskip` at the top of a module is a skip too."""
    (suite / "test_skipping.py").write_text(
        "import pytest\npytest.importorskip('not_there')\n"
    )
    printed = run_suite(suite, "true")
    assert "1 error" in printed
    assert "not_there" in printed


def test_a_skip_is_a_skip_elsewhere(suite):
    """On a developer's machine something may be missing."""
    assert "3 skipped, 1 xfailed" in run_suite(suite, "")
