"""What a program may expect, in both kinds of box."""

import os
from pathlib import Path

import pytest

from mle_toolkit.errors import SandboxError, UnknownNameError
from mle_toolkit.sandbox import open_box
from tests.laboratory import until


def run(box, code, timeout_s=60.0):
    return box.run_python(code, timeout_s=timeout_s)


def test_program_runs_as_main_and_sees_its_input(box):
    """A program is ``__main__``, reads ``input/`` and writes to its folder."""
    done = run(
        box,
        "print(__name__, open('input/train.csv').read().split()[0])\n"
        "open('submission.csv', 'w').write('id,y')\n",
    )
    assert (done.status, done.exception) == ("ok", None)
    assert done.output == "__main__ id,y\n"
    assert (box.settings.workspace / "submission.csv").read_text() == "id,y"


def test_traceback_shows_the_programs_own_lines(box):
    """An exception is named, and its traceback holds only the program."""
    done = run(box, "def f():\n    return 1 / 0\n\nf()\n")
    assert (done.status, done.exception) == ("error", "ZeroDivisionError")
    assert "return 1 / 0" in done.output
    assert "worker.py" not in done.output


def test_syntax_error_is_an_error_of_the_program(box):
    """Code that does not parse fails as Python says it does."""
    done = run(box, "def f(:\n")
    assert (done.status, done.exception) == ("error", "SyntaxError")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import sys; sys.exit()", "ok"),
        ("import sys; sys.exit(3)", "error"),
        ("import sys; sys.exit('no data')", "error"),
        ("import os; os._exit(0)", "ok"),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
        ("raise KeyboardInterrupt", "error"),
    ],
)
def test_every_way_to_end_has_its_status(box, code, status):
    """Exits, signals and exceptions are told apart."""
    assert run(box, code).status == status


def test_executions_do_not_see_each_other(box):
    """State of one program is gone in the next."""
    run(box, "import builtins, numpy; builtins.x = 1; numpy.pi = 3")
    done = run(box, "import numpy; print('x' in dir(__builtins__), numpy.pi)")
    assert done.output == "False 3.141592653589793\n"


def test_timeout_interrupts_and_says_where(box):
    """A program that takes too long ends, and its traceback shows the place."""
    # It must have begun by then, on a busy machine too.
    done = run(box, "import time\ntime.sleep(600)\n", timeout_s=1)
    assert done.status == "timeout"
    assert "time.sleep(600)" in done.output


def test_timeout_cannot_be_ignored(box):
    """A program that catches the interrupt is killed."""
    code = (
        "import time\n"
        "while True:\n"
        "    try:\n"
        "        time.sleep(1)\n"
        "    except BaseException:\n"
        "        print('caught', flush=True)\n"
    )
    done = run(box, code, timeout_s=1)
    assert (done.status, done.output) == ("timeout", "caught\n")


def test_flood_of_output_is_ended_and_cut(box):
    """A program that prints without end is ended; head and tail are kept."""
    done = run(box, "i = 0\nwhile True:\n    i += 1; print(i)\n")
    assert done.status == "output-limit"
    assert done.output_bytes > 4 << 20
    assert done.output.startswith("1\n2\n3\n")
    assert "bytes left out" in done.output
    assert len(done.output) < 200_000


def test_one_gigabyte_in_one_line_is_ended(box):
    """A single huge write does no more harm than many small ones."""
    done = run(box, "import sys\nsys.stdout.write('x' * (1 << 28))\n")
    assert done.status in {"output-limit", "memory"}


def test_memory_is_limited(box):
    """Asking for more memory than allowed raises MemoryError in the program."""
    done = run(box, "x = bytearray(3 << 30)\n")
    assert (done.status, done.exception) == ("memory", "MemoryError")


def test_stray_children_are_ended(box):
    """What a program leaves running ends with it, also when it has set its session."""
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen(['setsid', 'sleep', '4711'])\n"
        "print(p.pid)\n"
    )
    assert run(box, code).status == "ok"
    until(lambda: not commands_with("4711"))


def test_forks_without_end_are_ended(boxed):
    """A fork bomb meets the limit on processes, the timeout, and its end."""
    code = (
        "import os\n"
        "while True:\n"
        "    try:\n"
        "        os.fork()\n"
        "    except OSError:\n"
        "        pass\n"
    )
    done = run(boxed, code, timeout_s=1)
    assert done.status == "timeout"
    assert run(boxed, "print('next')").output == "next\n"


def test_odd_output_is_text(box):
    """Bytes that are no text, and lone surrogates, arrive as text."""
    code = "import os\nos.write(1, bytes(range(256)))\nprint('\\ud800')\n"
    done = run(box, code)
    assert done.status == "ok"
    done.output.encode("utf-8")


def test_environment_is_ours_alone(box, monkeypatch):
    """No variable of the host, above all no key, is visible."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    code = "import os; print('KEY' in str(os.environ), os.environ['OMP_NUM_THREADS'])"
    assert run(box, code).output == "False 1\n"


def test_broken_box_says_so_and_a_new_one_works(make_box):
    """A program that kills its worker breaks the box, not the host."""
    with make_box("none") as first:
        with pytest.raises(SandboxError, match="ended by itself"):
            run(first, "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(5)\n")
        with pytest.raises(SandboxError):
            run(first, "print(1)")
    with make_box("none") as second:
        assert run(second, "print(1)").output == "1\n"


def test_deleted_workspace_does_not_break_the_box(make_box):
    """A program may delete its folder; the next one says so as its own error."""
    with make_box("none") as box:
        run(box, "import shutil, os\nshutil.rmtree(os.getcwd())\n")
        again = run(box, "print('here')")
        assert (again.status, again.output) == ("ok", "here\n")


@pytest.mark.parametrize(
    "harm",
    [
        "os.remove('solution.py'); os.mkfifo('solution.py')",
        "os.remove('solution.py'); os.mkdir('solution.py')",
        "os.chmod('.', 0)",
    ],
)
def test_one_bad_program_does_not_spoil_the_next(box, harm):
    """Whatever a program leaves in place of its source, the next one runs."""
    run(box, f"import os\n{harm}\n")
    assert run(box, "print('next')").output == "next\n"


def test_unknown_kind_is_refused(tmp_path):
    """Another kind of box is named as unknown, with the known ones."""
    with pytest.raises(UnknownNameError, match="'bwrap' or 'none'"):
        open_box("docker", workspace=tmp_path, inputs=tmp_path, scratch=tmp_path)


def commands_with(word):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if word.encode() in words:
                found.append(words)
    return found
