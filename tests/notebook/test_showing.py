"""What a notebook shows of an experiment, outside and inside a real kernel."""

import json
import queue
import time
from types import SimpleNamespace

import pytest
from jupyter_client.manager import start_new_kernel

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.notebook import best as shown_best
from mle_toolkit.notebook import showing
from mle_toolkit.notebook.experiment import attach
from mle_toolkit.notebook.watching import Attempt, watch
from mle_toolkit.store import read_json
from tests.builders import write_run
from tests.laboratory import until

EVIL = "<script>alert(1)</script>"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """A finished experiment with three attempts on each of two competitions."""
    run = write_run(tmp_path_factory.mktemp("runs") / "made", attempts=3)
    return attach(run.path)


def test_bundle_has_a_picture_and_one_line_of_text(experiment):
    """A terminal gets a line, GitHub a table and pictures, without any script."""
    for shown in (experiment, experiment[0]):
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain"}
        assert bundle["text/plain"] == repr(shown)
        assert "<script" not in bundle["text/html"]
        assert len(bundle["text/html"]) < 100_000
    assert "6 attempts" in experiment._repr_mimebundle_()["text/html"]


def test_best_shows_grade_and_whole_program(experiment):
    """The program is text, whatever its length, and the grade stands above it."""
    best = experiment.best("digits")
    shown = shown_best.best_html(best)
    assert "digits, seed" in shown
    assert "print(&#x27;node" in shown
    code = f"print('{EVIL}')\n" * 500
    values = {name: getattr(best, name) for name in best.__slots__}
    shown = shown_best.best_html(SimpleNamespace(**(values | {"code": code})))
    assert "<script" not in shown
    assert shown.count("alert(1)") == 500


def test_best_is_found_beside_odd_grades_and_events(tmp_path):
    """A score that is no number, and a node that is none, are passed over."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2)
    found = attach(run.path)
    best = found.best("digits")
    places = [each.path for each in found.folder.attempts()]
    (other,) = (place for place in places if place != best.attempt)
    grade = read_json(other / "grade.json")
    (other / "grade.json").write_text(json.dumps({**grade, "score_full": "high"}))
    log = best.attempt / "try-1" / "events.jsonl"
    odd = json.dumps({"kind": "exec", "node": [1], "code": "odd"})
    log.write_bytes(f"{odd}\n".encode() + log.read_bytes())
    again = found.best("digits")
    assert (again.attempt, again.code) == (best.attempt, best.code)


def test_outside_a_notebook_one_line_is_printed(experiment, capsys):
    """A script that shows an experiment prints where it stands."""
    experiment._ipython_display_()
    experiment[0]._ipython_display_()
    experiment.compare(0, 1)._ipython_display_()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [repr(experiment), repr(experiment[0])]
    assert lines[2].startswith("<Comparison of digits/")


@pytest.mark.parametrize(
    "name",
    [0, -6, "digits/tree-search-offline/0", "digits/0", ("digits", "0")],
)
def test_an_attempt_has_many_names(experiment, name):
    """By number, by path, or by as much of the path as tells it apart."""
    assert experiment[name].path == experiment.path / "digits/tree-search-offline/0"


@pytest.mark.parametrize("name", [6, -7, "digits", "nothing", "0", ""])
def test_a_name_of_none_or_of_many_is_refused(experiment, name):
    """The message says how an attempt is named."""
    with pytest.raises(UsageError, match="attempt"):
        experiment[name]


def test_watch_takes_whatever_leads_to_an_attempt(experiment, monkeypatch):
    """Run folder, attempt, try, log; relative paths from a notebook's folder too."""
    folder = experiment[0].path
    for path in (folder, folder / "try-1", folder / "try-1" / "events.jsonl"):
        found = watch(path)
        assert isinstance(found, Attempt)
        assert found.path == folder
    assert watch(experiment.path).path == experiment.path
    monkeypatch.chdir(folder)
    assert watch("made").path == experiment.path
    with pytest.raises(StoreError, match="nothing at"):
        watch("no-such-folder")


def test_a_page_is_written_once(experiment, tmp_path):
    """One file with everything; what exists is kept unless one says otherwise."""
    target = tmp_path / "new" / "run.html"
    assert experiment.export(target) == target
    assert target.read_text().startswith("<!doctype html>")
    with pytest.raises(StoreError, match="overwrite"):
        experiment.export(target)
    experiment.export(target, overwrite=True)
    with pytest.raises(UsageError, match=r"\.html"):
        experiment.export(tmp_path / "run.pdf")


def test_an_attempt_is_exported_by_the_ending(experiment, tmp_path):
    """A page, a trajectory and programs; the chosen node is the default."""
    attempt = experiment[0]
    attempt.export(tmp_path / "a.html")
    attempt.export(tmp_path / "a.json")
    attempt.export(tmp_path / "a.py")
    attempt.export(tmp_path / "a.ipynb", node=0)
    assert "ATIF" in json.loads((tmp_path / "a.json").read_text())["schema_version"]
    compile((tmp_path / "a.py").read_text(), "a.py", "exec")
    assert json.loads((tmp_path / "a.ipynb").read_text())["nbformat"] == 4
    for bad in ({"target": tmp_path / "a.txt"}, {"target": "b.html", "node": 1}):
        with pytest.raises(UsageError):
            attempt.export(**bad)
    with pytest.raises(StoreError, match="exists"):
        attempt.export(tmp_path / "a.json")


def test_an_attempt_gives_its_trace_as_data(experiment):
    """Summary, nodes and events without any picture."""
    attempt = experiment[0]
    summary = attempt.summary()
    assert summary["total"] == len(attempt.events())
    assert attempt.node(summary["nodes"][0]["n"])["code"]


def test_a_trace_that_two_read_at_once_is_shown_to_both(tmp_path, monkeypatch):
    """Whoever comes second takes what the first has put into the cache meanwhile."""
    from mle_toolkit.traces.importing import storing

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "journal.json"
    node = {"id": "a", "step": 0, "code": "x", "plan": "p", "metric": {"value": 1.0}}
    source.write_text(json.dumps({"nodes": [node], "node2parent": {}}))
    once = storing.import_traces

    def twice(*args, **options):
        once(*args, **options)
        return once(*args, **options)

    monkeypatch.setattr(storing, "import_traces", twice)
    assert len(watch(source).summary()["nodes"]) == 1
    monkeypatch.setattr(storing, "import_traces", once)
    (tmp_path / "no.json").write_text("{}")
    with pytest.raises(StoreError):
        watch(tmp_path / "no.json")


def test_a_view_that_fails_does_not_silence_the_others():
    """One thread polls all views; whatever one of them raises, it goes on."""
    from mle_toolkit.notebook.live import Watcher

    class View:
        def __init__(self, error=None):
            self.session, self.sent, self.error = self, [], error

        def poll(self):
            if self.error:
                raise self.error
            yield {"push": "trace"}

        def busy(self):
            return False

        def send(self, message):
            if self.error:
                raise self.error
            self.sent.append(message)

    watcher = Watcher()
    bad = [View(error()) for error in (RecursionError, OverflowError, RuntimeError)]
    good = View()
    for view in (*bad, good):
        watcher.add(view)
    until(lambda: len(good.sent) >= 5)
    for view in (*bad, good):
        watcher.discard(view)


def run_in_kernel(code):
    """Return what a real kernel says while it runs a cell."""
    manager, client = start_new_kernel(100, kernel_name="python3")
    try:
        messages = list(until_idle(client, client.execute(code)))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert not [m["content"] for m in messages if m["msg_type"] == "error"]
    return messages


def test_a_kernel_renews_the_picture_while_a_cell_runs(tmp_path):
    """The widget comes at once, then the picture, which new results replace."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2)
    hidden = run.attempts()[1].grade_path
    grade = read_json(hidden)
    hidden.unlink()
    code = f"""
import json, pathlib, time
import mle_toolkit as mle
from IPython.display import DisplayHandle, display
from mle_toolkit.notebook import showing
showing._RENEW_S, showing._READ_S = 0.1, 60
sent, update = [], DisplayHandle.update
def note(handle, data, **options):
    update(handle, data, **options)
    sent.append(data["text/html"])
DisplayHandle.update = note
display(mle.attach({str(run.path)!r}))
assert sent
pathlib.Path({str(hidden)!r}).write_text(json.dumps({grade!r}))
ends = time.monotonic() + 60
while "2 graded" not in sent[-1] and time.monotonic() < ends:
    time.sleep(0.05)
"""
    messages = run_in_kernel(code)
    shown = [m["content"] for m in messages if m["msg_type"] == "display_data"]
    assert [WIDGET in content["data"] for content in shown] == [False, True]
    # Where there is no widget, the picture is all there is.
    for content in shown:
        data = content["data"]
        assert (data["text/html"], data["text/plain"]) == ("", "")
    updates = [m["content"] for m in messages if m["msg_type"] == "update_display_data"]
    assert "1 published" in updates[0]["data"]["text/html"]
    assert "2 graded" in updates[-1]["data"]["text/html"]
    assert updates[-1]["transient"] == shown[0]["transient"]


def test_a_widget_answers_what_a_front_end_sends(tmp_path):
    """A message to the comm comes back with its answer, and rows follow."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1)
    code = f"""
import mle_toolkit as mle, secrets
from mle_toolkit.notebook.live import LiveView
view = LiveView(mle.attach({str(run.path)!r})[0].session(), "token")
said = []
view.send = said.append
view._handle_custom_msg({{"id": "a-1", "op": "open"}}, [])
assert said[0]["re"] == "a-1" and said[0]["ok"], said
view.close()
assert view.comm is None
"""
    run_in_kernel(code)


def test_a_view_goes_when_its_cell_is_run_again(tmp_path):
    """Running a cell again closes the widget that it made before, and only that."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1)
    code = f"""
import mle_toolkit as mle
from mle_toolkit.notebook import showing
shell = get_ipython()
shell.get_parent = lambda: {{"metadata": {{"cellId": "cell"}}, "header": {{}}}}
exp = mle.attach({str(run.path)!r})
exp._ipython_display_()
exp[0]._ipython_display_()
first = list(showing._of_cell["cell"][1])
assert len(first) == 2 and all(view.comm for view in first)
shell.execution_count += 1
exp._ipython_display_()
assert not any(view.comm or view.layout.comm for view in first)
assert len(showing._of_cell["cell"][1]) == 1
"""
    run_in_kernel(code)


def test_waiting_shows_the_last_state(experiment, monkeypatch):
    """The picture in the cell that waits is renewed, and its last state is kept."""
    shown = []
    handle = SimpleNamespace(update=lambda data, **_: shown.append(data))
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: handle)
    progress = showing.CellProgress(experiment, every_s=0.0)
    progress._shown = {}
    progress.update(experiment.progress())
    progress.close()
    assert len(shown) == 1
    assert "6 graded" in shown[0]["text/html"]


def until_idle(client, asked):
    """Yield what a kernel says until it has run the cell that was asked for."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        yield message
        ours = message["parent_header"].get("msg_id") == asked
        if ours and message["content"].get("execution_state") == "idle":
            return
    pytest.fail("the kernel has not run the cell")


def test_a_long_reading_shows_a_bar_in_its_cell():
    """A bar comes, moves, and leaves nothing behind."""
    code = """
import time
from mle_toolkit.notebook import waiting
waiting._SHOW_S = 0.05
with waiting.bytes_shown("reading <b>") as update:
    for done in range(4):
        time.sleep(0.1)
        update(done * 1_000_000, 4_000_000)
"""
    messages = run_in_kernel(code)
    shown = [
        m["content"]["data"]["text/html"] for m in messages if "update" in m["msg_type"]
    ]
    assert len(shown) == 5
    assert 'value="3000000" max="4000000"' in shown[3]
    assert "reading &lt;b&gt;: 3 of 4 MB" in shown[3]
    assert shown[4] == ""


def test_a_comparison_leaves_pictures_of_both(experiment):
    """Where nobody answers, the two attempts stand one below the other."""
    first, second = experiment.folder.attempts()[:2]
    sides = zip("ab", (first, second), strict=True)
    chosen = {
        side: {"ref": each.path.relative_to(experiment.path).as_posix(), "node": None}
        for side, each in sides
    }
    shown = showing.bundle(experiment.session(compare=chosen))
    assert shown["text/html"].count("Solution tree") == 2
    assert shown["text/plain"].startswith("<Comparison of ")
