"""The grader process: every published attempt gets a grade or an error file."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from mle_toolkit.competitions import grade
from mle_toolkit.competitions.grader import main
from mle_toolkit.records import AttemptSpec, Task, to_json
from mle_toolkit.store import AttemptFolder, read_json, write_json

NAME = "breast-cancer"


@pytest.fixture
def make(tmp_path, prepared):
    """Return a function that makes an attempt folder as a supervisor leaves it."""
    answers = pd.read_csv(prepared[NAME].private / "answers.csv")

    def _make(seed=0, *, chosen="good", competition=NAME, published=True):
        folder = tmp_path / "runs" / "x" / competition / "agent" / str(seed)
        snapshots = folder / "try-1" / "submissions"
        snapshots.mkdir(parents=True)
        (folder / "try-1" / "claim").write_text("{}")
        files = {
            "good": answers.to_csv(index=False),
            "bad": "sample,malignant\n1,2\n",
        }
        for number, text in enumerate(files.values(), start=1):
            (snapshots / f"{number:04d}.csv").write_text(text)
            write_json(snapshots / f"{number:04d}.json", {"number": number})
        if chosen:
            (folder / "submission.csv").write_text(files[chosen])
        spec = AttemptSpec(
            experiment="x",
            competition=competition,
            scaffold="agent",
            model="offline",
            seed=seed,
            task=Task(
                competition=competition,
                title="",
                description="",
                metric="roc_auc",
                lower_is_better=False,
                public_dir="",
                sample_submission="",
                id_column="",
                target_columns=(),
            ),
        )
        (folder / "spec.json").write_text(to_json(spec))
        if published:
            write_json(folder / "result.json", {"status": "finished"})
        return AttemptFolder(folder)

    return _make


def run(*attempts, again=False):
    flags = ["--again"] if again else []
    return main([*flags, *(str(attempt.path) for attempt in attempts)])


def test_grades_the_chosen_submission_and_every_snapshot(make, prepared):
    """grade.json is the grade as JSON, and each snapshot has its own."""
    attempt = make()
    assert run(attempt) == 0
    expected = grade(NAME, prepared[NAME].private / "answers.csv")
    assert attempt.grade() == json.loads(to_json(expected))
    assert attempt.grade()["medal"] == "gold"
    assert attempt.grade()["thresholds"].keys() == {
        "gold",
        "silver",
        "bronze",
        "median",
    }
    first, second = attempt.latest_try().snapshots()
    assert first["grade"] == attempt.grade()
    assert not second["grade"]["valid"]
    assert "ids are missing" in second["grade"]["reason"]
    assert attempt.is_graded()
    assert not list(attempt.path.glob("**/.*.part"))


@pytest.mark.parametrize("chosen", ["bad", None])
def test_a_bad_or_absent_submission_is_an_invalid_grade(make, chosen):
    """Nothing submitted is a grade too: invalid, with its reason."""
    attempt = make(chosen=chosen)
    assert run(attempt) == 0
    found = attempt.grade()
    assert not found["valid"]
    assert found["score"] is None
    assert ("made no submission" in found["reason"]) == (chosen is None)


def test_the_snapshot_that_the_result_names_will_do(make):
    """Without a submission.csv the chosen snapshot is graded."""
    attempt = make(chosen=None)
    write_json(attempt.result_path, {"submission": {"try": 1, "number": 1}})
    run(attempt)
    assert attempt.grade()["medal"] == "gold"


def test_links_and_pipes_among_the_submissions_are_refused(make, prepared):
    """A link to the answers is not followed, a pipe is not waited for."""
    attempt = make(chosen=None)
    (attempt.path / "submission.csv").symlink_to(prepared[NAME].private / "answers.csv")
    os.mkfifo(attempt.path / "try-1" / "submissions" / "0003.csv")
    run(attempt)
    assert "symbolic link" in attempt.grade()["reason"]
    pipe = read_json(attempt.path / "try-1" / "submissions" / "0003.grade.json")
    assert "a pipe" in pipe["reason"]


def test_what_is_not_published_is_left_alone(make):
    """A running attempt gets no grade."""
    attempt = make(published=False)
    assert run(attempt) == 0
    assert not attempt.is_graded()
    assert not list(attempt.path.glob("**/*.grade.json"))


def test_running_it_again_changes_nothing_unless_asked(make):
    """Grades are kept; --again replaces them; what is missing is added."""
    attempt = make()
    run(attempt)
    write_json(attempt.grade_path, {"mine": 1})
    lost = attempt.path / "try-1" / "submissions" / "0002.grade.json"
    lost.unlink()
    run(attempt)
    assert attempt.grade() == {"mine": 1}
    assert lost.exists()
    run(attempt, again=True)
    assert attempt.grade()["medal"] == "gold"


def test_missing_answers_are_an_error_file_and_the_next_success_removes_it(
    make, tmp_path, monkeypatch
):
    """The grader's own trouble is no judgement on the submission."""
    attempt = make()
    with monkeypatch.context() as patch:
        patch.setenv("MLE_DATA", str(tmp_path / "empty"))
        assert run(attempt) == 1
    assert attempt.grade() is None
    assert "mle prepare breast-cancer" in read_json(attempt.grade_error_path)["error"]
    assert attempt.is_graded()
    assert run(attempt) == 0
    assert not attempt.grade_error_path.exists()
    assert attempt.grade()["valid"]


@pytest.mark.parametrize("damage", ["spec", "competition", "result", "folder"])
def test_one_bad_attempt_does_not_stop_the_others(make, capsys, damage):
    """Damage in one folder is said there, and the next one is graded."""
    bad, good = make(0), make(1, chosen="good")
    match damage:
        case "spec":
            (bad.path / "spec.json").write_text("{")
        case "competition":
            spec = read_json(bad.path / "spec.json")
            task = {**spec["task"], "competition": "digit"}
            write_json(bad.path / "spec.json", {**spec, "task": task})
        case "result":
            bad.result_path.write_text("{")
            (bad.path / "submission.csv").unlink()
        case "folder":
            (bad.path / "grade.json").mkdir()
            (bad.path / "spec.json").unlink()
    assert run(bad, good) == 1
    assert good.grade()["medal"] == "gold"
    assert read_json(bad.grade_error_path)["error"]
    assert str(bad.path) in capsys.readouterr().err


def test_a_defect_of_ours_is_said_in_the_attempt(make, monkeypatch):
    """Even an unforeseen exception leaves a file that says so."""

    def fail(*_):
        message = "surprise"
        raise RuntimeError(message)

    monkeypatch.setattr("mle_toolkit.competitions.grading.Grader.grade", fail)
    attempt = make()
    assert run(attempt) == 1
    error = read_json(attempt.grade_error_path)["error"]
    assert error == "RuntimeError: surprise"


def test_the_process_grades_several_attempts(make):
    """As the dispatcher starts it: a module, with folders as arguments."""
    attempts = [make(seed) for seed in range(3)]
    done = subprocess.run(
        [sys.executable, "-m", "mle_toolkit.competitions.grader"]
        + [str(attempt.path) for attempt in attempts],
        cwd="/",
        env=os.environ,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    assert [attempt.grade()["medal"] for attempt in attempts] == ["gold"] * 3
