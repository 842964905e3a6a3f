"""Programs that do harm: a clear record of each, and the others untouched."""

import os
import subprocess

import pytest

from mle_toolkit.errors import SandboxError
from mle_toolkit.frames import load_attempts
from mle_toolkit.running import control
from mle_toolkit.sandbox import require
from mle_toolkit.traces import read_events
from tests.laboratory import GOOD, alive, attempt_of, until

# On a slow machine the two minutes that any other test has are too short.
pytestmark = pytest.mark.timeout(600)

ENDINGS = {"finished", "disk-limit", "memory-limit"}
HARM = {
    "prints": "while True:\n    print('x' * 100_000)\n",
    "forks": (
        "import os\nwhile True:\n    try:\n        os.fork()\n"
        "    except OSError:\n        pass\n"
    ),
    "sleeps": "import time\nwhile True:\n    time.sleep(1)\n",
    "deletes": "import os\nos.system('rm -rf /box/workspace/* /box/*/.* . ..')\n",
    "remembers": "x = bytearray(4 << 30)\n",
    "fills": (
        "with open('big', 'wb') as f:\n    while 1:\n        f.write(bytes(1 << 20))\n"
    ),
    "links": "import os\nos.symlink('/etc/passwd', 'submission.csv')\n",
    "pipes": "import os\nos.mkfifo('submission.csv')\n",
    "folder": "import os\nos.mkdir('submission.csv')\n",
    "junk": "open('submission.csv', 'wb').write(bytes(range(256)) * 50)\n",
    "kills": "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(9)\n",
}


@pytest.fixture(scope="module")
def bwrap():
    try:
        require("bwrap")
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("bwrap")
def test_harm_is_contained_and_recorded(lab):
    """Each hostile program ends in its own record; a good one beside them wins."""
    models = {name: lab.model(code) for name, code in HARM.items()}
    good = lab.model(GOOD)
    experiment = lab.start(
        *models.values(), good, sandbox="bwrap", disk_mib=64,
        memory_mib=1500, output_mib=8, exec_timeout_s=3,
    )  # fmt: skip
    assert control.wait(experiment, timeout_s=300).complete

    kept = attempt_of(experiment, good)
    assert kept.result()["status"] == "finished"
    assert kept.grade()["valid"]
    seen = {}
    for name, model in models.items():
        attempt = attempt_of(experiment, model)
        seen[name] = [e for e in read_events(attempt) if e["kind"] == "exec"]
        assert attempt.result()["status"] in ENDINGS, name
        assert attempt.grade()["valid"] is False, name
        assert attempt.grade()["reason"], name
    expected = {"prints": "output-limit", "sleeps": "timeout", "remembers": "memory"}
    for name, status in expected.items():
        assert seen[name][0]["status"] == status
    assert len(load_attempts(experiment.path)) == len(models) + 1


def test_deadline_is_kept_whatever_the_program_does(lab):
    """An attempt whose program ignores every signal ends with its time."""
    stubborn = (
        "import signal, time, os\n"
        "for n in (2, 15):\n    signal.signal(n, signal.SIG_IGN)\n"
        "os.system('setsid sleep 4715 &')\n"
        "while True:\n    time.sleep(1)\n"
    )
    model = lab.model(GOOD, stubborn)
    # On a slow machine the good program needs more than six seconds.
    for limit in (6, 60):
        experiment = lab.start(model, steps=2, time_limit_s=limit)
        assert control.wait(experiment, timeout_s=300).complete
        (attempt,) = experiment.attempts()
        assert attempt.result()["status"] in {"time-limit", "finished"}
        assert attempt.result()["elapsed_s"] < limit + 100
        if any(event["kind"] == "node" for event in read_events(attempt)):
            break
    assert attempt.grade()["valid"], "the good submission before it is kept"
    assert not alive("4715")


@pytest.mark.may_skip("only root may mount a small disk")
def test_full_disk_is_recorded(lab):
    """When the disk is full, the result says so, and another disk is untouched."""
    small = lab.folder / "small"
    small.mkdir()
    if os.geteuid() != 0 or _mount(small).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        greedy = lab.model(
            "f = open('big', 'wb')\n"
            "while True:\n    f.write(bytes(1 << 12)); f.flush()\n"
        )
        full = lab.start(greedy, where=small / "run")
        other = lab.start(lab.model(GOOD))
        assert control.wait(full, timeout_s=300).published == 1
        assert control.wait(other, timeout_s=300).complete
        (attempt,) = full.attempts()
        result = attempt.result()
        assert "space" in str(result["error"]) or "disk is full" in str(result["error"])
        assert other.attempts()[0].result()["status"] == "finished"
        kill_all(full)
    finally:
        until(lambda: _umount(small).returncode == 0)


def kill_all(experiment):
    """End the dispatcher, so that the disk can be taken away."""
    until(lambda: not control.dispatching(experiment))


def _mount(folder):
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False)


def _umount(folder):
    return subprocess.run(["umount", str(folder)], capture_output=True, check=False)
