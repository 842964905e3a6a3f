import os
import subprocess
import sys

import pytest

from mle_toolkit.running.guard import Guard
from tests.laboratory import alive, until


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a Python program behind a guard."""
    guards = []

    def begin(program):
        log = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
        guard = Guard([sys.executable, "-c", program], env=dict(os.environ), log=log)
        os.close(log)
        guards.append(guard)
        return guard

    yield begin
    for guard in guards:
        guard.close()


def end(guard):
    until(lambda: guard.poll() is not None)
    return guard.poll()


def read_line(guard):
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(guard.output, 1)
    return line


def read_all(guard):
    text = b""
    while block := os.read(guard.output, 65536):
        text += block
    return text


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", -9),
    ],
)
def test_exit_codes_pass_through(start, program, code):
    """The guard ends as its program does."""
    assert end(start(program)) == code


def test_output_passes_through(start, tmp_path):
    """Standard output is the pipe, standard error the log, input is empty."""
    guard = start(
        "import sys; print('out', sys.stdin.read()); print('err', file=sys.stderr)"
    )
    assert read_all(guard) == b"out \n"
    assert end(guard) == 0
    assert (tmp_path / "log").read_text() == "err\n"


def test_program_that_cannot_start(tmp_path):
    """A missing program is an exit code and a line in the log."""
    log = os.open(tmp_path / "log2", os.O_WRONLY | os.O_CREAT)
    guard = Guard(["/no/such/program"], env={}, log=log)
    os.close(log)
    assert end(guard) == 127
    guard.close()
    assert "cannot be started" in (tmp_path / "log2").read_text()


def test_terminate_asks_first(start):
    """The program hears SIGTERM and may end by itself."""
    guard = start(
        "import signal, sys, time\n"
        "signal.signal(15, lambda *_: sys.exit(3))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    assert read_line(guard) == b"ready\n"
    guard.terminate()
    assert end(guard) == 3


def test_kill_ends_the_whole_tree(start):
    """Children in sessions of their own, orphans too, end with the program."""
    guard = start(
        "import os, signal, time\n"
        "signal.signal(15, signal.SIG_IGN)\n"
        "os.system('setsid sleep 4721 & setsid sh -c \"sleep 4722 & sleep 4723\" &')\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    assert read_line(guard) == b"ready\n"
    until(lambda: alive("4721") and alive("4722") and alive("4723"))
    guard.kill()
    assert end(guard) == -9
    assert not any(alive(word) for word in ("4721", "4722", "4723"))


def test_orphans_end_with_a_program_that_has_finished(start):
    """What a program leaves behind does not outlive it."""
    guard = start("import os; os.system('setsid sleep 4724 &')")
    assert end(guard) == 0
    assert not alive("4724")


def test_tree_ends_with_the_process_that_holds_the_guard():
    """When the holder is killed, guard, program and children go too."""
    inner = "import os, time; os.system('setsid sleep 4725 &'); time.sleep(600)"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import os, sys, time\n"
                "from mle_toolkit.running.guard import Guard\n"
                f"guard = Guard([sys.executable, '-c', {inner!r}],"
                " env=dict(os.environ), log=2)\n"
                "print(guard.pid, flush=True)\n"
                "time.sleep(600)\n"
            ),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    guard = int(holder.stdout.readline())
    until(lambda: alive("4725"))
    holder.kill()
    holder.communicate()
    until(lambda: not alive("4725"))
    until(lambda: not os.path.exists(f"/proc/{guard}"))  # noqa: PTH110


def test_close_is_quick_and_may_be_repeated(start, monkeypatch):
    """Closing ends the tree, by a word to the guard; closing again does nothing."""
    # Neither the program nor patience with the guard ends within the time of a test.
    monkeypatch.setattr("mle_toolkit.running.guard.PATIENCE_S", 600)
    guard = start("import time; time.sleep(600)")
    guard.close()
    guard.close()
    guard.kill()
    assert guard.poll() == -9
