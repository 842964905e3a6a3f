"""`mle grade --jsonl`: exit codes, files and JSON."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mle_toolkit import competitions
from mle_toolkit.cli.app import app
from mle_toolkit.errors import UsageError


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory):
    """Prepared data of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLE_DATA", str(tmp_path_factory.mktemp("data")))
        yield competitions.prepare("digits")


@pytest.fixture
def source(data, tmp_path):
    """A JSONL file with one submission that can be graded."""
    shutil.copy(data.public / "sample_submission.csv", tmp_path / "sample.csv")
    path = tmp_path / "submissions.jsonl"
    line = {"competition_id": "digits", "submission_path": "sample.csv"}
    path.write_text(json.dumps(line) + "\n")
    return path


def mle(*words):
    """Run the command in this process and return its result."""
    return CliRunner().invoke(app, [str(word) for word in words])


def test_all_graded_is_exit_code_0(source, tmp_path):
    """The report is written, and named on the screen."""
    done = mle("grade", "--jsonl", source, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    (report,) = (tmp_path / "out").iterdir()
    assert str(report) in done.stdout
    assert "1 graded: 1 valid" in done.stdout
    assert done.stdout.startswith("1 graded")


def test_some_not_graded_is_exit_code_1_and_the_report_is_there(source, tmp_path):
    """For programs the whole result is JSON."""
    with source.open("a") as file:
        file.write('{"competition_id": "no-such", "submission_path": "x.csv"}\n')
    done = mle("grade", "--jsonl", source, "--out", tmp_path / "out", "--json")
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert result["graded"] == 1
    assert result["totals"]["total_runs"] == 1
    kinds = {problem["kind"]: problem["skipped"] for problem in result["problems"]}
    assert kinds == {"not graded": 1, "warning": 0}
    assert json.loads(Path(result["report"]).read_text())["total_runs"] == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--jsonl", "x.jsonl"],
        ["--out", "out"],
        ["digits", "--jsonl", "x.jsonl", "--out", "out"],
        ["--jsonl", "x.jsonl", "--out", "out", "--answers", "a.csv"],
        ["digits"],
        [],
    ],
)
def test_half_a_wish_is_wrong_usage(words):
    """One sentence says what to pass."""
    done = mle("grade", *words)
    assert isinstance(done.exception, UsageError)
    assert "--jsonl" in str(done.exception)
