"""Real experiments with scripted models: what the model writes is known."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mle_toolkit import competitions
from mle_toolkit.records import Limits
from mle_toolkit.running import control
from mle_toolkit.running.plan import plan_experiment

GOOD = """
import shutil
shutil.copy("input/sample_submission.csv", "submission.csv")
print("validation log_loss: 0.5")
"""


class Lab:
    """Makes experiments in a folder and looks at what became of them."""

    def __init__(self, folder):
        self.folder = folder
        self.experiments = []

    def model(self, *programs):
        """Return a model that writes these programs, one for each node."""
        review = {
            "is_bug": False,
            "metric": 0.5,
            "summary": "It ran.",
            "lower_is_better": True,
            "has_submission": True,
        }
        replies = []
        for program in programs:
            replies.append(f"A plan.\n\n```python\n{program}\n```\n")
            calls = [{"name": "submit_review", "arguments": review}]
            replies.append({"text": "", "tool_calls": calls})
        path = self.folder / f"replies-{len(list(self.folder.glob('replies-*')))}.json"
        path.write_text(json.dumps(replies))
        return f"scripted:{path}"

    def plan(self, models, *, attempts=1, parallel=2, sandbox="none", **limits):
        """Return the plan of `attempts` seeds of each model on one competition."""
        settings = {"time_limit_s": 600, "steps": 1, "memory_mib": 4000, **limits}
        plans = [
            plan_experiment(
                "x",
                [competitions.task("digits")],
                scaffold="tree-search",
                model=model,
                seeds=range(attempts),
                limits=Limits(**settings),
                sandbox=sandbox,
                parallel=parallel,
                options={"preload": []},
            )
            for model in models
        ]
        merged = tuple(item for plan in plans for item in plan.attempts)
        return replace(plans[0], attempts=merged)

    def create(self, *models, where=None, **settings):
        """Write an experiment without starting it."""
        folder = where or self.folder / f"run-{len(self.experiments)}"
        experiment = control.create(folder, self.plan(models, **settings))
        self.experiments.append(experiment)
        return experiment

    def start(self, *models, **settings):
        """Write an experiment and start its dispatcher."""
        experiment = self.create(*models, **settings)
        control.start(experiment)
        return experiment

    def end(self):
        """End whatever a failed test has left running."""
        for experiment in self.experiments:
            owners = [experiment.dispatcher]
            owners += experiment.path.glob("*/*/*/try-*/claim")
            for path in owners:
                if path.exists():
                    kill(path)


def pid_of(path):
    """Return the process id in a claim."""
    return json.loads(path.read_text())["pid"]


def kill(path, number=signal.SIGKILL):
    """Send a signal to the owner in a claim."""
    try:
        os.kill(pid_of(path), number)
    except ProcessLookupError:
        return


def until(condition, timeout_s=100.0):
    """Wait until something holds; the time is for a very busy machine."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s")
        time.sleep(0.05)


def states(experiment):
    """Return the state of each attempt."""
    return [attempt.state() for attempt in experiment.attempts()]


def attempt_of(experiment, model):
    """Return the first attempt of a model."""
    for attempt in experiment.attempts():
        if attempt.spec().model == model:
            return attempt
    raise LookupError(model)


def alive(word):
    """Whether a process that has this argument runs anywhere on the machine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if word.encode() in words:
                return True
    return False
