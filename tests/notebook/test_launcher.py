"""The form: what it prints is what it does, and what goes wrong is a sentence."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from mle_toolkit.errors import SandboxError
from mle_toolkit.notebook import launching
from mle_toolkit.notebook.launcher import launcher


@pytest.fixture
def form():
    """The form with two competitions chosen."""
    made = launcher()
    made._fields["competitions"].value = ("digits", "breast-cancer")
    return made


@pytest.fixture
def launched(monkeypatch):
    """What was passed to launch; no experiment is started."""
    calls = []

    def launch(*competitions, **options):
        calls.append((competitions, options))
        return SimpleNamespace(path=Path("runs/one"))

    monkeypatch.setattr(launching, "launch", launch)
    return calls


def press(form):
    """Press the button and wait for the thread behind it."""
    form._button.click()
    join_launches()


def join_launches():
    """Wait for the threads that launch."""
    for thread in threading.enumerate():
        if thread.name == "mle-launch":
            thread.join(60)


def run_printed(form):
    """Run the printed Python with a stand-in; return what it passes to launch."""
    calls = []
    code = form.code.replace("import mle_toolkit as mle\n", "")
    stand_in = SimpleNamespace(launch=lambda *names, **kw: calls.append((names, kw)))
    exec(code, {"mle": stand_in})
    return calls


def test_the_printed_python_is_what_the_button_does(form, launched):
    """Both pass the same arguments, also after every field has changed."""
    for name, value in {
        "model": " openai:gpt-4o ", "attempts": 3, "parallel": 4, "steps": 7,
        "time_limit": "90m", "seed": 11, "sandbox": "none", "out": "runs/it's",
    }.items():  # fmt: skip
        form._fields[name].value = value
        assert run_printed(form)
    press(form)
    assert launched == run_printed(form)
    competitions, options = launched[0]
    assert competitions == ("digits", "breast-cancer")
    assert options["model"] == "openai:gpt-4o"
    assert options["out"] == "runs/it's"


def test_the_arguments_are_those_of_launch(form):
    """Every field is a parameter of `launch`, so that the printed code runs."""
    import inspect

    names = set(inspect.signature(launching.launch).parameters)
    ((_, options),) = run_printed(form)
    assert set(options) <= names
    assert "out" not in options


def test_zero_steps_mean_no_limit(form):
    """The form has no way to write None, so 0 stands for it."""
    form._fields["steps"].value = 0
    ((_, options),) = run_printed(form)
    assert options["steps"] is None


def test_nothing_chosen_cannot_be_launched():
    """Without a competition the button is off and the form says why."""
    form = launcher()
    assert form._button.disabled
    assert "Choose one or more competitions" in form._message.value


def test_a_success_says_how_to_follow(form, launched):
    """The handle is kept, and the sentence shows how to attach to it."""
    press(form)
    assert launched
    assert form.experiment.path == Path("runs/one")
    assert "mle.attach(&#x27;runs/one&#x27;)" in form._message.value
    assert not form._button.disabled


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SandboxError("no box: <install> bubblewrap"), "no box: &lt;install&gt;"),
        (ZeroDivisionError("odd"), "ZeroDivisionError: odd"),
    ],
)
def test_an_error_is_a_sentence_in_the_form(form, monkeypatch, error, words):
    """Nothing is raised into a callback; the form says it and can be used again."""

    def launch(*_, **__):
        raise error

    monkeypatch.setattr(launching, "launch", launch)
    press(form)
    assert words in form._message.value
    assert form.experiment is None
    assert not form._button.disabled


def test_pressing_twice_launches_once(form, monkeypatch):
    """While one launch is under way the button is off, whatever else changes."""
    calls = []
    looked_at = threading.Event()

    def launch(*_, **__):
        calls.append(1)
        looked_at.wait(60)
        return SimpleNamespace(path=Path("runs/one"))

    monkeypatch.setattr(launching, "launch", launch)
    form._button.click()
    form._fields["attempts"].value = 2
    assert form._button.disabled
    assert "Starting" in form._message.value
    looked_at.set()
    join_launches()
    assert calls == [1]
    assert not form._button.disabled
