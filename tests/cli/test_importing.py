"""`mle import trace` and `mle export`, as people type them."""

import json

import pytest

from tests.builders import write_run
from tests.cli.test_commands import mle, mle_json


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of two attempts."""
    return write_run(
        tmp_path_factory.mktemp("runs") / "made", competitions=("digits",), attempts=2
    )


def test_what_goes_out_comes_back(run, tmp_path):
    """An attempt becomes a trajectory, and the trajectory a run folder to watch."""
    attempt = run.attempts()[0].path
    done = mle_json("export", attempt, tmp_path / "one.json")
    assert done["bytes"] == (tmp_path / "one.json").stat().st_size
    got = mle_json("import", "trace", tmp_path / "one.json", "--out", tmp_path / "got")
    assert (got["attempts"], got["problems"]) == (1, [])
    seen = mle_json("watch", tmp_path / "got", "--once")
    assert json.dumps(seen).count("digits")
    assert "imported" in mle("extend", tmp_path / "got", "--attempts", 1).stderr


def test_a_run_is_written_as_a_page(run, tmp_path):
    """A second time only when asked for, and a run is no program."""
    page = tmp_path / "run.html"
    assert "run.html" in mle("export", run.path, page).stdout
    again = mle("export", run.path, page)
    assert again.returncode == 1
    assert "exists" in again.stderr
    assert mle("export", run.path, page, "--overwrite").returncode == 0
    assert mle("export", run.path, page, "--node", 3).returncode == 2
    assert mle("export", run.path, tmp_path / "run.py").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["trace", "no-such-file"], 1, "nothing at"),
        (["trace", ".", "--clone", "."], 2, "--clone"),
        (["mlebench", ".", "--out", "x"], 2, "--out"),
        (["trace", ".", "--format", "nope"], 2, "nope"),
        (["else", "."], 2, "else"),
    ],
)
def test_a_wrong_import_says_what_is_wrong(arguments, code, said, tmp_path):
    """A sentence on standard error, and the exit code of its kind."""
    done = mle("import", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
