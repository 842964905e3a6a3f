"""A small competition, and doubles of the model and the box."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from mle_toolkit.agents.attempt import Attempt
from mle_toolkit.agents.events import EventPipe
from mle_toolkit.errors import SandboxError
from mle_toolkit.models import Reply, ToolCall
from mle_toolkit.records import AttemptSpec, Limits, Task
from mle_toolkit.sandbox import Execution
from mle_toolkit.store import TryFolder

GOOD = "id,y\n1,0.5\n2,0.5\n"


def program_reply(code="print(1)", plan="Fit a line."):
    """Return a reply with one program."""
    return Reply(f"{plan}\n\n```python\n{code}\n```", tokens_in=10, tokens_out=5)


def review_reply(metric=0.5, *, is_bug=False, lower=False, **more):
    """Return a reply that calls the review tool."""
    arguments = {
        "is_bug": is_bug,
        "summary": "It ran.",
        "metric": metric,
        "lower_is_better": lower,
        "has_submission": True,
        **more,
    }
    return Reply("", (ToolCall("c1", "submit_review", arguments),), 3, 2, 0.01)


class FakeModel:
    """Answer from two lists: programs, and reviews; the last entries repeat."""

    name = "fake"

    def __init__(self, programs=(), reviews=()):
        self.programs = list(programs) or [program_reply()]
        self.reviews = list(reviews) or [review_reply()]
        self.asked = []

    def complete(self, messages, tools=()):
        """Return the next reply, or raise it."""
        self.asked.append((list(messages), list(tools)))
        replies = self.reviews if tools else self.programs
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, BaseException):
            raise reply
        return reply


class FakeBox:
    """Pretend to run programs: write the submission that the outcome holds."""

    def __init__(self, workspace, outcomes):
        self.workspace = workspace
        self.outcomes = outcomes
        self.closed = False

    def run_python(self, code, *, timeout_s):  # noqa: ARG002 - as the real one
        """Return the next outcome, or raise it."""
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        status, output, submission = outcome
        if submission is not None:
            (self.workspace / "submission.csv").write_text(submission)
        exception = "ValueError" if status == "error" else None
        return Execution(status, exception, output, len(output), 0.01)

    def close(self):
        """Take note of the end."""
        self.closed = True


def ran(submission=GOOD, output="validation score: 0.5\n"):
    """Return the outcome of a program that works."""
    return ("ok", output, submission)


def crashed():
    """Return the outcome of a program that fails."""
    return ("error", "Traceback (most recent call last):\nValueError: no\n", None)


def broke():
    """Return the outcome of a box that breaks."""
    return SandboxError("the box is gone")


@pytest.fixture
def task(tmp_path):
    """A competition with two test rows."""
    public = tmp_path / "public"
    public.mkdir()
    (public / "train.csv").write_text("id,x,y\n7,1,0\n8,2,1\n9,3,1\n")
    (public / "test.csv").write_text("id,x\n1,1\n2,2\n")
    (public / "sample_submission.csv").write_text("id,y\n1,0\n2,0\n")
    return Task(
        competition="tiny",
        title="Tiny",
        description="# Overview\n\nPredict y from x.",
        metric="roc_auc",
        lower_is_better=False,
        public_dir=str(public),
        sample_submission="sample_submission.csv",
        id_column="id",
        target_columns=("y",),
    )


@pytest.fixture
def folder(tmp_path):
    """The folder of a try."""
    path = tmp_path / "try-1"
    for name in ("workspace", "incoming", "submissions", "scratch"):
        (path / name).mkdir(parents=True)
    return TryFolder(path)


class Harness:
    """An attempt whose events are kept in a list."""

    def __init__(self, task, folder, *, model=None, outcomes=(), **spec):
        limits = spec.pop("limits", Limits(time_limit_s=100, steps=4))
        self.spec = AttemptSpec(
            experiment="e",
            competition="tiny",
            scaffold="tree-search",
            model="fake",
            seed=spec.pop("seed", 3),
            task=task,
            limits=limits,
            sandbox="none",
            **spec,
        )
        self.model = model or FakeModel()
        self.outcomes = list(outcomes) or [ran()]
        self.boxes = []
        self.log = folder.path / "log"
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.attempt = Attempt(
            self.spec,
            folder,
            model=self.model,
            events=EventPipe(descriptor),
            deadline=time.monotonic() + limits.time_limit_s,
            make_box=self.open_box,
        )

    def open_box(self, kind, *, workspace, **_):
        """Return a double of the box."""
        assert kind == "none"
        self.boxes.append(FakeBox(Path(workspace), self.outcomes))
        return self.boxes[-1]

    def events(self, *kinds):
        """Return the events so far, all or those of some kinds."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [event for event in lines if not kinds or event["kind"] in kinds]


@pytest.fixture
def harness(task, folder):
    """A function that makes an attempt; see `Harness`."""
    return lambda **given: Harness(given.pop("task", task), folder, **given)


@pytest.fixture
def doubles():
    """What the doubles of the model and the box can be told to do."""
    return SimpleNamespace(
        GOOD=GOOD,
        FakeModel=FakeModel,
        broke=broke,
        crashed=crashed,
        program_reply=program_reply,
        ran=ran,
        review_reply=review_reply,
    )
