"""What a notebook shows of an experiment, outside and inside a real kernel."""

import gc
import queue
import re
import threading
import time
from types import SimpleNamespace

import pytest
from jupyter_client.manager import start_new_kernel

from mle_toolkit.notebook import display
from mle_toolkit.notebook.experiment import Experiment, attach
from mle_toolkit.store import current_owner, read_json, write_json
from tests.builders import make_frame, write_run

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """A finished experiment with three attempts on each of two competitions."""
    run = write_run(tmp_path_factory.mktemp("runs") / "made", attempts=3)
    return attach(run.path)


def test_each_attempt_has_a_row(experiment):
    """Few attempts are listed one by one, sorted by their competition."""
    html = display.attempts_html(experiment.attempts())
    assert html.count("<tr>") == 2 * 3 + 1
    names = re.findall("<td>(digits|breast-cancer)</td>", html)
    assert names == ["digits"] * 3 + ["breast-cancer"] * 3


def test_many_attempts_become_totals():
    """Hundreds of attempts are counted per competition and agent."""
    frame = make_frame({("a/x", "digits"): (30, 9, 2), ("b/x", "digits"): (30, 3, 0)})
    html = display.attempts_html(frame)
    assert html.count("<tr>") == 3
    assert ">32<" in html
    assert ">9<" in html


def test_text_of_agents_is_text(experiment):
    """Markup in a frame is shown, never run."""
    frame = experiment.attempts()
    frame["competition"] = EVIL
    frame["status"] = EVIL
    assert "<script" not in display.attempts_html(frame)


def test_bundle_has_html_and_one_line_of_text(experiment):
    """A terminal gets a line, a notebook a table, GitHub the same without script."""
    bundle = experiment._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == repr(experiment)
    assert "6 of 6 attempts published and graded" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


def test_best_shows_grade_and_whole_program(experiment):
    """The program is text, whatever its length, and the grade stands above it."""
    best = experiment.best("digits")
    shown = display.best_html(best)
    assert "digits, seed" in shown
    assert "print(&#x27;node" in shown
    code = f"print('{EVIL}')\n" * 500
    values = {name: getattr(best, name) for name in best.__slots__}
    shown = display.best_html(SimpleNamespace(**(values | {"code": code})))
    assert "<script" not in shown
    assert shown.count("alert(1)") == 500


def test_outside_a_notebook_one_line_is_printed(experiment, capsys):
    """A script that shows an experiment prints where it stands."""
    display.live(experiment)
    assert capsys.readouterr().out == f"{experiment!r}\n"


class Shown:
    """Takes the place of an output cell."""

    def __init__(self):
        self.pictures = []

    def update(self, bundle, *, raw):
        """Keep what would be shown."""
        assert raw
        self.pictures.append(bundle["text/html"])


def running(run):
    """Return a handle that believes its dispatcher is at work."""
    experiment = Experiment(run.path)
    read = experiment.progress

    def progress():
        now = read()
        return SimpleNamespace(
            total=now.total, states=now.states, done=now.done, stopping=False,
            complete=now.complete, dispatching=True,
        )  # fmt: skip

    experiment.progress = progress
    return experiment


def view_of(experiment):
    """Return a fast live view of an experiment and what it shows."""
    shown = Shown()
    first = display.experiment_bundle(experiment)
    return display.LiveView(experiment, shown, first, every_s=0.02), shown


def eventually(condition):
    """Wait a little for a condition."""
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_view_follows_the_files_and_ends_with_them(tmp_path):
    """A picture for each change, none without one, and no thread after the end."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2)
    hidden = run.attempts()[1].grade_path
    grade = hidden.read_text()
    hidden.unlink()
    experiment = running(run)
    view, shown = view_of(experiment)
    time.sleep(0.2)
    assert not shown.pictures
    assert view.alive()
    hidden.write_text(grade)
    assert eventually(lambda: not view.alive())
    assert "2 of 2 attempts published and graded" in shown.pictures[-1]


def test_view_ends_with_its_experiment(tmp_path):
    """When nobody holds the handle any more, the thread goes."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2, pending=1)
    experiment = running(run)
    view, _ = view_of(experiment)
    assert view.alive()
    del experiment
    gc.collect()
    assert eventually(lambda: not view.alive())


def test_view_survives_a_folder_that_is_away(tmp_path):
    """A folder that vanishes for a while raises nothing; the view goes on."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2, pending=1)
    experiment = running(run)
    view, _ = view_of(experiment)
    run.path.rename(tmp_path / "away")
    time.sleep(0.2)
    assert view.alive()
    (tmp_path / "away").rename(run.path)
    view.stop()
    assert not view.alive()


def test_view_can_be_stopped(tmp_path):
    """Stopping ends the thread at once and leaves the picture."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2, pending=1)
    experiment = running(run)
    view, _ = view_of(experiment)
    view.stop()
    assert not view.alive()
    assert "mle-live-view" not in {thread.name for thread in threading.enumerate()}


def test_a_kernel_updates_the_output_while_a_cell_runs(tmp_path):
    """In a real kernel, new results replace the first output without a new cell."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2)
    hidden = run.attempts()[1].grade_path
    grade = read_json(hidden)
    hidden.unlink()
    write_json(run.path / "dispatcher.json", current_owner().to_dict())
    code = f"""
import json, pathlib, time
from mle_toolkit.notebook.display import live
from mle_toolkit.notebook.experiment import attach
exp = attach({str(run.path)!r})
live(exp, every_s=0.1)
time.sleep(0.3)
pathlib.Path({str(hidden)!r}).write_text(json.dumps({grade!r}))
time.sleep(1.0)
"""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        client.execute(code)
        messages = list(until_idle(client))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    errors = [m["content"] for m in messages if m["msg_type"] == "error"]
    assert not errors
    (first,) = [m["content"] for m in messages if m["msg_type"] == "display_data"]
    updates = [m["content"] for m in messages if m["msg_type"] == "update_display_data"]
    assert "1 of 2 attempts" in first["data"]["text/html"]
    assert updates
    assert "2 of 2 attempts" in updates[-1]["data"]["text/html"]
    assert updates[-1]["transient"] == first["transient"]


def until_idle(client):
    """Yield what a kernel says until it has run the cell."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        yield message
        if message["content"].get("execution_state") == "idle":
            return
