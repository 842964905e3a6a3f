"""`mle watch`, `annotate`, `annotations`: on real runs, in a terminal and in a pipe."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console
from typer.testing import CliRunner

from mle_toolkit import competitions
from mle_toolkit.cli.app import app
from mle_toolkit.cli.options import complete_attempt
from mle_toolkit.cli.plots import Dots, score_plot
from mle_toolkit.cli.screens import experiment_screen, trace_screen
from mle_toolkit.errors import StoreError, ToolkitError, UsageError
from mle_toolkit.store import ExperimentFolder
from tests.builders import write_run
from tests.laboratory import GOOD, Lab, states, until
from tests.summaries import attempt, experiment, node, search, summary

ALTERNATE = b"\x1b[?1049h"
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold]x[/bold] [link=http://e.vil]\x9b31m\u202ey\x07"


@pytest.fixture
def data(tmp_path_factory, monkeypatch):
    """Prepared data of their own."""
    monkeypatch.setenv("MLE_DATA", str(tmp_path_factory.mktemp("data")))
    return competitions.prepare("digits")


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A graded run of eight attempts on each of two competitions."""
    return write_run(tmp_path_factory.mktemp("runs") / "first")


def mle(*words):
    """Run the command in this process and return its result."""
    return CliRunner().invoke(app, [str(word) for word in words])


def command(*words):
    return [sys.executable, "-m", "mle_toolkit.cli", *map(str, words)]


def drawn(item, width=120, height=None):
    """Return what a terminal would get, with its control sequences."""
    console = Console(width=width, force_terminal=True, height=height)
    with console.capture() as captured:
        console.print(item)
    return captured.get()


class Terminal:
    """A process that believes to be in a terminal."""

    def __init__(self, *words):
        self.master, slave = pty.openpty()
        environment = os.environ | {"TERM": "xterm", "LINES": "40", "COLUMNS": "120"}
        # Tests in the background ignore interrupts, and children inherit that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self.process = subprocess.Popen(
                command(*words),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=environment,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        os.close(slave)
        self.seen = b""

    def read(self, enough, timeout_s=100.0):
        """Read until something is on the screen, or the process has ended."""
        deadline = time.monotonic() + timeout_s
        while not enough(self.seen):
            assert time.monotonic() < deadline, self.seen[-2000:]
            if not select.select([self.master], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(self.master, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            self.seen += piece
        return self.seen

    def end(self):
        """Return the exit code and everything that was shown."""
        seen = self.read(lambda _: False)
        os.close(self.master)
        return self.process.wait(60), seen


@pytest.mark.usefixtures("data")
def test_a_real_run_is_watched_to_its_end(lab):
    """In a terminal the screen is redrawn until all is graded; the last state stays."""
    made = lab.start(lab.model(GOOD), attempts=2)
    terminal = Terminal("watch", made.path, "--every", "0.2")
    code, seen = terminal.end()
    assert code == 0
    assert ALTERNATE in seen
    assert states(made) == ["graded", "graded"]
    last = seen.rsplit(b"\x1b[?1049l", 1)[1].decode()
    assert "2 attempts: 2 graded" in last
    assert last.count("finished") == 2
    ref = made.attempts()[0].path.relative_to(made.path).as_posix()
    done = subprocess.run(
        command("watch", made.path, "--attempt", ref),
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert "\x1b" not in done.stdout
    for said in ("Solution tree", "best", "submitted", "Budget", "Last events", "end"):
        assert said in done.stdout


@pytest.mark.usefixtures("data")
def test_interrupting_leaves_the_attempts_alone(lab):
    """Ctrl-C ends the watching, says so, and the attempt runs on."""
    made = lab.start(lab.model("import time\ntime.sleep(600)\n"))
    until(lambda: states(made) == ["running"])
    terminal = Terminal("watch", made.path, "--attempt", "0", "--every", "0.1")
    terminal.read(lambda seen: b"Solution tree" in seen)
    terminal.process.send_signal(signal.SIGINT)
    code, seen = terminal.end()
    assert code == 130
    assert b"the attempts go on" in seen
    assert b"Traceback" not in seen
    assert states(made) == ["running"]


def test_what_nobody_goes_on_with_is_not_watched_for_ever(tmp_path):
    """Attempts are left, but no dispatcher: the state is shown, and how to go on."""
    made = write_run(tmp_path / "first", attempts=2, pending=1)
    began = time.monotonic()
    code, seen = Terminal("watch", made.path, "--every", "0.2").end()
    # One that was just started has some seconds to show itself.
    assert time.monotonic() - began > 4
    assert code == 0
    assert b"mle resume" in seen
    assert b"2 pending" in seen


def test_a_piped_run_is_printed_once(run):
    """Every attempt has its line, whole, without control sequences."""
    done = mle("watch", run.path)
    assert done.exit_code == 0, done.output
    assert "16 attempts: 16 graded" in done.stdout
    assert done.stdout.count("finished") == 16
    assert "\x1b" not in done.stdout


def test_json_is_what_the_live_view_shows(run):
    """The summaries of the views, of the run and of an attempt, try or log in it."""
    whole = json.loads(mle("watch", run.path, "--json").stdout)
    assert whole["totals"]["n"] == len(whole["attempts"]) == 16
    ref = whole["attempts"][3]["ref"]
    first = json.loads(mle("watch", run.path, "-a", "3", "--json").stdout)
    assert first["attempt"] == ref
    assert first["nodes"]
    for place in (ref, f"{ref}/try-1", f"{ref}/try-1/events.jsonl"):
        again = json.loads(mle("watch", run.path / place, "--json").stdout)
        assert again["nodes"] == first["nodes"]


def test_what_cannot_be_watched_is_a_sentence(run, tmp_path):
    """Nothing there, an attempt of an attempt, an attempt that is not there."""
    first = run.attempts()[0].path
    assert isinstance(mle("watch", tmp_path / "none").exception, StoreError)
    twice = mle("watch", first, "--attempt", "0")
    assert isinstance(twice.exception, UsageError)
    assert "leave out --attempt" in str(twice.exception)
    assert isinstance(mle("watch", run.path, "-a", "no/such").exception, ToolkitError)
    assert mle("watch", run.path, "--every", "0").exit_code == 2


def test_texts_of_agents_reach_no_terminal(monkeypatch):
    """No control character, no markup: what the agent wrote stands there as text."""
    nodes = [
        node(0, plan=HOSTILE, s=HOSTILE, m=0.4),
        node(1, 0, bug=True, why=HOSTILE, m=None),
    ]
    made = summary(nodes)
    made["header"] |= {"title": HOSTILE, "agent": HOSTILE, "reason": HOSTILE,
                       "metric": HOSTILE, "status": HOSTILE}  # fmt: skip
    made["budget"]["phases"][1]["name"] = HOSTILE
    made["annotations"] = [{"tags": [HOSTILE]}]
    rows = [{"q": 1, "t": 1.0, "k": HOSTILE, "n": 0, "h": HOSTILE}]
    cell = attempt(competition=HOSTILE, agent=HOSTILE, status=HOSTILE, tags=[HOSTILE])
    screens = [
        trace_screen(made, rows, width=200, height=None),
        experiment_screen(experiment([cell], name=HOSTILE), width=200, height=None),
    ]
    monkeypatch.setenv("NO_COLOR", "1")
    for screen in screens:
        shown = drawn(screen, width=200)
        assert "[bold]x[/bold]" in shown
        for sequence in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\u202e"):
            assert sequence not in shown


@pytest.mark.parametrize("size", [1, 12, 300, 3000])
@pytest.mark.parametrize("width", [60, 90, 140])
@pytest.mark.parametrize("chain", [False, True])
def test_a_trace_fits_the_screen(size, width, chain):
    """No line is wider than the terminal, and the screen is no higher than 40."""
    made = search(size, chain=chain)
    rows = [{"q": q, "t": 1.0, "k": "model", "n": 1, "h": "x" * 240} for q in range(20)]
    made["problems"] = 3
    shown = drawn(trace_screen(made, rows, width=width, height=44), width, 44)
    lines = Console(force_terminal=True).render_str(shown).plain.splitlines()
    assert len(lines) <= 44
    for said in ("best", "submitted", "Budget", "Last events", "gold 0.3"):
        assert said in shown


def test_marks_of_the_tree():
    """Best, submitted, buggy and running nodes say so, below their parents."""
    nodes = [
        node(0, m=0.9),
        node(1, 0, bug=True, m=None, why="ZeroDivisionError"),
        node(2, 0, m=0.3, chosen=True, medal="gold"),
        node(3, 2, m=None, bug=None),
    ]
    shown = drawn(trace_screen(summary(nodes), [], width=140, height=None), 140)
    plain = "".join(c for c in shown if c.isprintable() or c == "\n")
    for said in (
        "2 0.3",
        "best",
        "submitted",
        "1 buggy",
        "ZeroDivisionError",
        "3 running",
    ):
        assert said in plain
    assert "no event yet" in plain


def test_more_attempts_than_fit_are_counted_and_running_ones_come_first():
    """Of a hundred attempts on a screen of 20 lines, the running one is in sight."""
    attempts = [attempt(n) for n in range(100)]
    attempts[77] |= {"state": "running", "status": None, "valid": None}
    attempts[78] |= {"state": "pending", "status": None, "elapsed_s": None}
    screen = experiment_screen(experiment(attempts), width=120, height=20)
    shown = drawn(screen)
    assert len(shown.splitlines()) <= 20
    assert "running" in shown.splitlines()[3]
    assert "1m of 10m" in shown
    assert "and 85 more" in shown
    whole = drawn(experiment_screen(experiment(attempts), width=120, height=None))
    assert whole.count("finished") == 98
    idle = experiment(attempts, dispatching=False)
    assert "mle resume" in drawn(experiment_screen(idle, width=120, height=None))


@pytest.mark.parametrize("lower", [True, False])
def test_the_plot_keeps_the_direction(lower):
    """Larger scores stand higher; the line of the best so far only gets better."""
    nodes = [node(n, m=m) for n, m in enumerate([0.5, 0.4, 0.8, 0.3, 0.9])]
    made = summary(nodes)
    made["header"]["lower"] = lower
    made["chart"]["lines"] = {"gold": 0.2, "median": 0.7}
    lines = [line.plain for line in score_plot(made, width=60, rows=12)]
    row = {
        name: next(at for at, line in enumerate(lines) if f" {name} 0" in line)
        for name in ("gold", "median", "best")
    }
    assert row["median"] < row["gold"]
    assert (row["best"] > row["median"]) is lower
    way = "lower" if lower else "higher"
    assert f"{way} is better" in lines[0]


def test_dots_are_braille():
    """Each character has two by four dots; a rule is below all else."""
    dots = Dots(2, 2)
    for x, y in ((0, 0), (1, 3), (3, 7), (9, 9), (-1, 0)):
        dots.dot(x, y, "red")
    dots.rule(0, "blue")
    assert dots.line(0).plain == "\u2881\u254c"
    assert dots.line(1).plain == " \u2880"
    dots.mark(0, 0, "x", "red")
    assert dots.line(0).plain == "x\u254c"


def test_annotating_and_listing(tmp_path):
    """Noted, listed, written as CSV, removed: for people and for programs."""
    run = write_run(tmp_path / "first", attempts=1)
    first = run.attempts()[0].path
    words = ["--tag", "leak", "-t", "odd", "--comment", "why?", "--node", 2]
    made = json.loads(mle("annotate", first, *words, "--json").stdout)
    assert made["target"] == {"kind": "node", "n": 2}
    assert (made["tags"], made["comment"]) == (["leak", "odd"], "why?")
    assert "about event 3" in mle("annotate", first, "--event", 3, "-t", "x").stdout
    assert "about the attempt" in mle("annotate", first, "-t", "y").stdout
    for place in (run.path, first, first / "try-1"):
        listed = mle("annotations", place)
        if place.name == "try-1":
            assert isinstance(listed.exception, StoreError)
            continue
        assert "leak, odd" in listed.stdout
        assert "3 rows read" in listed.stdout
    csv = tmp_path / "notes.csv"
    assert str(csv) in mle("annotations", run.path, "--csv", csv).stdout
    assert len(csv.read_text().splitlines()) == 4
    bad = mle("annotations", run.path, "--csv", tmp_path / "no" / "notes.csv")
    assert isinstance(bad.exception, StoreError)
    assert made["id"] in mle("annotate", first, "--remove", made["id"]).stdout
    rows = json.loads(mle("annotations", run.path, "--json").stdout)["annotations"]
    assert [row["kind"] for row in rows] == ["event", "attempt"]
    assert rows[1]["n"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-t", "x", "--node", 99], "there is no node 99 in"),
        (["-t", "x", "--event", 9999], "it has events 1 to"),
        (["-t", "x", "--node", 1, "--event", 1], "not both at once"),
        (["-t", "a,b"], "no comma"),
        ([], "needs a tag or a comment"),
        (["--remove", "none"], "unknown annotation"),
        (["--remove", "none", "-t", "x"], "takes an id alone"),
    ],
)
def test_a_wrong_annotation_is_wrong_usage(run, words, said):
    """A sentence says what is legal, and nothing is written."""
    first = run.attempts()[0].path
    done = mle("annotate", first, *words)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert isinstance(mle("annotate", run.path, "-t", "x").exception, StoreError)


def test_the_shell_completes_attempts(run, tmp_path):
    """The refs of the named run that begin with what was typed."""

    class Context:
        params = {"path": run.path}  # noqa: RUF012

    refs = [
        each.path.relative_to(run.path).as_posix()
        for each in ExperimentFolder.open(run.path).attempts()
    ]
    assert complete_attempt(Context, "") == refs
    assert complete_attempt(Context, "digits/") == [r for r in refs if r[0] == "d"]
    Context.params = {"path": tmp_path}
    assert complete_attempt(Context, "") == []


@pytest.mark.parametrize("name", ["watch", "annotate", "annotations"])
def test_help_has_an_example(name):
    """Each command says what it does and shows how."""
    shown = mle(name, "--help").stdout
    assert f"mle {name}" in shown
    assert "--json" in shown
