import os
import subprocess
import sys

import pytest

from mle_toolkit.running.usage import Pace, disk_usage_mib, hardware, tree_usage


def test_tree_usage_sees_memory_and_processes():
    """A child that holds 200 MiB shows as such, and so do its children."""
    code = "import subprocess; x = bytearray(200 << 20); x[::4096] = b'1' * 51200\n"
    code += "subprocess.Popen(['sleep', '30']); print('ready', flush=True); input()"
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


def test_costly_measurements_are_made_less_often(monkeypatch):
    """A measurement of 1 s is due again after 50 s, a cheap one at its own pace."""
    from mle_toolkit.running import usage

    clock = [0.0]
    monkeypatch.setattr(usage.time, "monotonic", lambda: clock[0])
    pace = Pace(2.0)
    pace.done(1.0)
    clock[0] = 49
    assert not pace.due()
    clock[0] = 50
    assert pace.due()
    pace.done(0.001)
    clock[0] = 52
    assert pace.due()


def test_hardware_says_what_ran():
    """The record names cores, memory and Python, and no name of the machine."""
    found = hardware()
    assert found["cores"] >= 1
    assert found["memory_gib"] > 0
    assert os.uname().nodename not in str(found)
