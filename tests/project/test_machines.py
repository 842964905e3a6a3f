"""Other processors and other numbers of threads give the same results."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("elsewhere.py")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# What a fit by iteration contributes to: it ends when nothing improves any more.
FITTED = {"fit", "forecast"}


def settings(features, threads):
    """Return what makes a process compute as such a machine would."""
    made = dict.fromkeys(THREADS, str(threads))
    if features is not None:
        made["NPY_DISABLE_CPU_FEATURES"] = " ".join(features)
        # The C library and the linear algebra choose by the processor, too.
        made["GLIBC_TUNABLES"] = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F"
        if platform.machine() == "x86_64":
            made["OPENBLAS_CORETYPE"] = "Prescott"
    return made


def start(folder, **changes):
    """Start the program, as a machine with these settings."""
    folder.mkdir()
    kept = {k: v for k, v in os.environ.items() if k != "NPY_DISABLE_CPU_FEATURES"}
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder)],
        stdout=subprocess.PIPE,
        env={**kept, **changes},
    )


def end(process):
    """Return what the program printed."""
    out, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(out)


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Results of one thread, of two, and of an older processor."""
    folder = tmp_path_factory.mktemp("machines")
    here = start(folder / "here", **settings(None, 1))
    more = start(folder / "more", **settings(None, 2))
    found = {"here": end(here), "more threads": end(more)}
    features = found["here"]["features"]
    found["older"] = end(start(folder / "old", **settings(features, 1)))
    return found


def differences(ours, theirs):
    """Return the largest relative difference of floats; the rest must be equal."""
    assert len(ours) == len(theirs)
    worst = 0.0
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(one, float) and isinstance(other, float):
            scale = max(abs(one), abs(other))
            worst = max(worst, abs(one - other) / scale if scale else 0.0)
        else:
            assert one == other
    return worst


@pytest.mark.may_skip("some processors have no newer features")
def test_the_older_machine_really_is_one(machines):
    """Without the newer loops of numpy, logarithms have other last digits."""
    if not machines["here"]["features"]:
        pytest.skip("numpy uses no newer feature of this processor")
    assert machines["older"]["features"] == []
    if "X86_V4" in machines["here"]["features"]:
        assert machines["older"]["odd"] != machines["here"]["odd"]
    assert machines["more threads"]["threads"] == "2"


@pytest.mark.parametrize("other", ["more threads", "older"])
@pytest.mark.parametrize("part", ["stats", "analysis"])
def test_statistics_are_the_same(machines, other, part):
    """Counts, names, verdicts and places exactly, numbers to 12 digits.

    Draws are the same under one seed.  Fits by iteration agree to 3 digits.
    """
    here, there = machines["here"][part], machines[other][part]
    assert here.keys() == there.keys()
    for name, ours in here.items():
        most = 1e-3 if name in FITTED else 1e-12
        assert differences(ours, there[name]) <= most, name


@pytest.mark.parametrize("other", ["more threads", "older"])
def test_grades_are_the_same(machines, other):
    """Validity and medal exactly, scores to 1e-9."""
    here, there = machines["here"]["grades"], machines[other]["grades"]
    assert len(here) > 50
    for name, ours in here.items():
        assert differences(ours, there[name]) <= 1e-9, name
