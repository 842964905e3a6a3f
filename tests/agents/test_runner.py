"""The runner as a real process, with a real box and scripted or offline models."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from mle_toolkit.records import AttemptSpec, Limits, to_json
from tests.laboratory import until

GOOD_CODE = """
import pandas as pd
print("stray words")
sample = pd.read_csv("input/sample_submission.csv")
sample.to_csv("submission.csv", index=False)
print("validation roc_auc: 0.5")
"""
REVIEW = {
    "tool_calls": [
        {
            "name": "submit_review",
            "arguments": {
                "is_bug": False,
                "summary": "ok",
                "metric": 0.5,
                "lower_is_better": False,
                "has_submission": True,
            },
        }
    ]
}


def program(code):
    return f"A plan.\n\n```python\n{code}\n```"


@pytest.fixture
def start(task, folder, tmp_path):
    """A function that starts a runner; it is killed when the test ends."""
    started = []

    def go(replies=None, *, model=None, scaffold="tree-search", env=None, **limits):
        if replies is not None:
            script = tmp_path / "replies.json"
            script.write_text(json.dumps(replies))
            model = f"scripted:{script}"
        spec = AttemptSpec(
            experiment="e",
            competition="tiny",
            scaffold=scaffold,
            model=model,
            seed=0,
            task=task,
            limits=Limits(**{"time_limit_s": 600, "steps": 1, **limits}),
            sandbox="none",
        )
        path = tmp_path / "spec.json"
        path.write_text(to_json(spec))
        process = subprocess.Popen(
            [sys.executable, "-m", "mle_toolkit.agents.runner", path, folder.path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            text=True,
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()


def finish(process):
    out, err = process.communicate(timeout=100)
    events = [json.loads(line) for line in out.splitlines()]
    return SimpleNamespace(
        code=process.returncode,
        events=events,
        err=err,
        kinds=[e["kind"] for e in events],
    )


def test_an_attempt_from_start_to_end(start, folder):
    """All events arrive as JSON lines, and the submission lies in the folder."""
    done = finish(start([program(GOOD_CODE), REVIEW]))
    assert done.code == 0
    expected = "model exec validation submission model node submission end"
    assert done.kinds == expected.split()
    assert done.events[-1] == {"kind": "end", "status": "finished", "reason": None}
    assert done.events[1]["status"] == "ok"
    assert "stray words" in done.events[1]["output"]
    assert (folder.incoming / "node-0000.csv").exists()


def test_a_wish_to_end_is_granted_at_once(start, folder):
    """SIGTERM in a program of ten minutes: an orderly end soon, no further node."""
    code = "import time\nopen('begun', 'w').close()\ntime.sleep(600)"
    process = start([program(code), REVIEW], steps=5)
    first = json.loads(process.stdout.readline())
    assert first["kind"] == "model"
    until((folder.workspace / "begun").exists)
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert done.code == 0
    assert done.events[-1]["status"] == "stopped"
    assert done.events[0]["status"] == "killed"
    assert "node" not in done.kinds


def test_the_deadline_is_kept(start):
    """The supervisor's deadline counts, also against a sleeping program."""
    # By its own limit the program would sleep for longer than `finish` waits.
    deadline = time.monotonic() + 9
    process = start(
        [program("import time\ntime.sleep(600)"), REVIEW],
        env={"MLE_DEADLINE_MONOTONIC": repr(deadline)},
        time_limit_s=120,
        steps=5,
    )
    done = finish(process)
    assert done.code == 0
    assert done.events[-1]["status"] == "time-limit"


def test_a_model_that_fails_ends_the_attempt(start):
    """The error is told, what was made is kept, and the exit is orderly."""
    done = finish(
        start([program(GOOD_CODE), REVIEW, {"error": "no credit left"}], steps=3)
    )
    assert done.code == 0
    assert done.events[-1]["status"] == "failed"
    assert done.events[-1]["reason"] == "no credit left"
    assert "submission" in done.kinds
    assert done.kinds[-2] == "error"


@pytest.mark.parametrize(
    ("model", "scaffold", "said"),
    [
        ("offlin", "tree-search", "did you mean 'offline'"),
        ("offline", "tree-serch", "did you mean 'tree-search'"),
    ],
)
def test_a_crash_is_told(start, model, scaffold, said):
    """Anything unexpected is an error event with a traceback, and exit code 1."""
    done = finish(start(model=model, scaffold=scaffold))
    assert done.code == 1
    assert done.kinds == ["error"]
    assert said in done.events[0]["message"]
    assert "Traceback" in done.events[0]["traceback"]
    assert "Traceback" in done.err


def test_the_offline_model_finds_a_solution(start, task):
    """The offline model solves a small task, end to end."""
    rows = "".join(f"{i},{i % 7},{i % 7 > 3:d}\n" for i in range(10, 90))
    Path(task.public_dir, "train.csv").write_text(f"id,x,y\n{rows}")
    done = finish(start(model="offline", steps=3))
    assert done.code == 0, done.err
    assert done.events[-1]["status"] == "finished"
    assert done.kinds.count("node") == 3
    assert any(event.get("best") for event in done.events)
    models = [event for event in done.events if event["kind"] == "model"]
    assert all(event["cost_usd"] == 0 for event in models)
    assert all(event["tokens_in"] > 0 for event in models)


def test_wrong_arguments_are_told():
    """Without its two paths the runner says how it is used."""
    done = subprocess.run(
        [sys.executable, "-m", "mle_toolkit.agents.runner"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "usage" in json.loads(done.stdout)["message"]
