import os
import subprocess
import sys

import pytest

from mle_toolkit.claims import started
from mle_toolkit.running.usage import Pace, disk_usage_mib, hardware, tree_usage
from mle_toolkit.sandbox.worker import descendants


def test_tree_usage_sees_memory_and_processes():
    """A child that holds 200 MiB shows as such, and so do its children."""
    code = "import subprocess; x = bytearray(200 << 20); x[::4096] = b'1' * 51200\n"
    code += "subprocess.Popen(['sleep', '100']); print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        usage = tree_usage(os.getpid())
        below = tree_usage(child.pid)
        assert below.processes == 1
        assert usage.processes >= below.processes + 1
        assert usage.memory_mib > below.memory_mib + 190
        subprocess.run(["pkill", "-P", str(child.pid)], check=False)
        child.stdin.close()
    assert tree_usage(child.pid).processes == 0


def test_disk_usage_counts_files_once_and_no_links(tmp_path):
    """Space is counted in all folders; a link to elsewhere adds nothing."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a").write_bytes(os.urandom(1 << 20))
    (tmp_path / "in" / "deep" / "b").write_bytes(os.urandom(2 << 20))
    (tmp_path / "big").write_bytes(os.urandom(8 << 20))
    (tmp_path / "in" / "link").symlink_to(tmp_path / "big")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    used = disk_usage_mib(tmp_path / "in", stop_above_mib=100)
    assert used == pytest.approx(3, abs=0.2)
    assert disk_usage_mib(tmp_path / "none", stop_above_mib=1) == 0


def test_disk_usage_cannot_be_escaped(tmp_path):
    """Folders too deep to look into, and masses of names, are not taken for nothing."""
    here = os.getcwd()  # noqa: PTH109 - the path grows beyond what a Path can open
    try:
        os.chdir(tmp_path)
        for _ in range(20):
            os.mkdir("d" * 250)  # noqa: PTH102
            os.chdir("d" * 250)
    finally:
        os.chdir(here)
    assert disk_usage_mib(tmp_path, stop_above_mib=100) == float("inf")
    many = tmp_path / "many"
    many.mkdir()
    for number in range(1000):
        (many / str(number)).touch()
    assert disk_usage_mib(many, stop_above_mib=100) > 3.9


def test_names_that_are_no_text_hide_nothing():
    """A process may call itself what it likes; it is still seen."""
    code = (
        "import ctypes; ctypes.CDLL(None).prctl(15, b'\\xff\\xfe', 0, 0, 0)\n"
        "print('ready', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert child.pid in descendants(os.getpid())
        assert started(child.pid)
        child.stdin.close()


def test_costly_measurements_are_made_less_often(monkeypatch):
    """A costly measurement waits 50 times its cost, 10 s at most; a cheap one less."""
    from mle_toolkit.running import usage

    clock = [0.0]
    monkeypatch.setattr(usage.time, "monotonic", lambda: clock[0])
    pace = Pace(2.0)
    for cost, wait in ((0.001, 2.0), (0.1, 5.0), (3.0, 10.0)):
        clock[0] = 0.0
        pace.done(cost)
        clock[0] = wait - 0.01
        assert not pace.due()
        clock[0] = wait
        assert pace.due()


def test_hardware_says_what_ran():
    """The record names cores, memory and Python, and no name of the machine."""
    found = hardware()
    assert found["cores"] >= 1
    assert found["memory_gib"] > 0
    assert os.uname().nodename not in str(found)
