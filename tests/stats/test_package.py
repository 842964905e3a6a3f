"""The package: names are loaded late, and all of them exist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mle_toolkit import stats

ROOT = Path(__file__).resolve().parents[2]


def test_every_public_name_exists_and_is_described():
    """The lists agree, and each name has a docstring."""
    assert sorted(stats.__all__) == sorted(stats._NAMES) == dir(stats)
    for name in stats.__all__:
        assert getattr(stats, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    """As for any other module."""
    with pytest.raises(AttributeError, match="no attribute 'mean'"):
        _ = stats.mean


def test_importing_the_package_loads_no_numbers():
    """What they cost is paid with the first name that needs them."""
    code = "import sys, mle_toolkit.stats; print({'numpy', 'scipy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
