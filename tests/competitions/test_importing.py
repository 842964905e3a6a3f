"""MLE-bench's data are linked, checked and listed; nothing is copied or changed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mle_toolkit.competitions import competition, grade, leaderboard, task
from mle_toolkit.competitions.importing import import_mlebench
from mle_toolkit.errors import CardError, NotPreparedError, UsageError

PIZZA = "random-acts-of-pizza"
CACTUS = "aerial-cactus-identification"
EXAMPLES = Path(__file__).parent / "examples"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Prepared data go to a folder of this test."""
    monkeypatch.setenv("MLE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def fill(folder, name, sample="sample_submission.csv"):
    """Write a prepared competition as MLE-bench lays it out; return its folder."""
    public, private = (folder / name / "prepared" / p for p in ("public", "private"))
    public.mkdir(parents=True)
    private.mkdir()
    (private / "test.csv").write_bytes((EXAMPLES / name / "test.csv").read_bytes())
    perfect = EXAMPLES / name / "sub_01_perfect.csv"
    (public / sample).write_bytes(perfect.read_bytes())
    (public / "description.md").write_text(f"# {name}\n\nPredict it.\n")
    return folder / name


def test_a_whole_folder_is_linked_and_usable(tmp_path, data):
    """Public data, answers, description and leaderboard serve at once."""
    source = tmp_path / "mlebench"
    home = fill(source, CACTUS)
    (home / "leaderboard.csv").write_text("score\n1.0\n0.9\n0.8\n0.7\n")
    before = sorted(path for path in source.rglob("*"))
    (found,) = import_mlebench(source)
    assert (found.competition, found.usable, found.leaderboard) == (CACTUS, True, True)
    assert found.problems == ()
    assert sorted(path for path in source.rglob("*")) == before
    assert (data / CACTUS / "prepared").is_symlink()
    entry = competition(CACTUS)
    assert entry.is_prepared
    assert entry.description.startswith(f"# {CACTUS}")
    assert leaderboard(CACTUS) == [1.0, 0.9, 0.8, 0.7]
    graded = grade(CACTUS, EXAMPLES / CACTUS / "sub_01_perfect.csv")
    assert (graded.score, graded.medal, graded.percentile) == (1.0, "gold", 87.5)
    wanted = task(CACTUS)
    # A box mounts the real folder: a link would dangle inside.
    assert Path(wanted.public_dir) == (home / "prepared" / "public").resolve()
    assert wanted.description.startswith(f"# {CACTUS}")


def test_a_clone_gives_leaderboards_and_descriptions(tmp_path):
    """They are found above the data folder or where --clone says."""
    source = tmp_path / "clone" / "data"
    (fill(source, CACTUS) / "prepared/public/description.md").unlink()
    facts = tmp_path / "clone" / "mlebench" / "competitions" / CACTUS
    facts.mkdir(parents=True)
    (facts / "leaderboard.csv").write_text("score\n0.9\n")
    (facts / "description.md").write_text("# From the clone")
    for found in (
        import_mlebench(source),
        import_mlebench(source, clone=tmp_path / "clone"),
        import_mlebench(tmp_path / "clone"),
        import_mlebench(source / CACTUS, clone=tmp_path / "clone"),
    ):
        assert [each.leaderboard for each in found] == [True]
    assert competition(CACTUS).description == "# From the clone"


def test_what_is_missing_is_said(tmp_path):
    """No sample, wrong columns, LFS pointers: named, and the others go on."""
    source = tmp_path / "mlebench"
    fill(source, CACTUS)
    fill(source, PIZZA)
    fill(source, "leaf-classification")
    (source / "leaf-classification/prepared/public/sample_submission.csv").unlink()
    private = source / PIZZA / "prepared/private/test.csv"
    private.write_text("request_id,other\n1,2\n")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    (source / CACTUS / "leaderboard.csv").write_text(pointer)
    found = {each.competition: each for each in import_mlebench(source)}
    assert [name for name, each in found.items() if each.usable] == [CACTUS]
    assert not found[CACTUS].leaderboard
    assert "git lfs pull" in found[CACTUS].problems[0]
    assert found["leaf-classification"].problems[0] == (
        "public/sample_submission.csv is missing"
    )
    # The sample of this competition has another name.
    assert any("sampleSubmission.csv is missing" in p for p in found[PIZZA].problems)
    assert any("requester_received_pizza" in p for p in found[PIZZA].problems)
    with pytest.raises(NotPreparedError, match="mle import mlebench"):
        grade(PIZZA, private)
    graded = grade(CACTUS, EXAMPLES / CACTUS / "sub_01_perfect.csv")
    assert graded.percentile is None
    assert "only the medal lines" in graded.percentile_reason
    with pytest.raises(CardError, match="no leaderboard"):
        leaderboard(CACTUS)


def test_importing_again_follows_a_moved_folder(tmp_path):
    """Old links are replaced; data that were prepared here are never."""
    fill(tmp_path / "a", CACTUS)
    import_mlebench(tmp_path / "a")
    fill(tmp_path / "b", CACTUS)
    (tmp_path / "a").rename(tmp_path / "gone")
    assert not competition(CACTUS).is_prepared
    import_mlebench(tmp_path / "b")
    assert competition(CACTUS).is_prepared


def test_data_prepared_here_stay(tmp_path, data):
    """A real folder in the way is an error, and keeps its content."""
    fill(tmp_path / "a", CACTUS)
    own = data / CACTUS / "prepared"
    own.mkdir(parents=True)
    (own / "mine").touch()
    with pytest.raises(NotPreparedError, match="in the way"):
        import_mlebench(tmp_path / "a")
    assert (own / "mine").exists()


@pytest.mark.parametrize("what", ["missing", "file", "empty"])
def test_a_folder_without_competitions_is_an_error(tmp_path, what):
    """It says what a right folder looks like."""
    folder = tmp_path / what
    if what == "file":
        folder.touch()
    elif what == "empty":
        folder.mkdir()
    with pytest.raises(UsageError, match="<id>/prepared"):
        import_mlebench(folder)


def test_the_command_lists_what_is_usable(tmp_path, data):
    """A table for people, JSON for programs, and exit code 1 when nothing is usable."""
    fill(tmp_path / "mlebench", CACTUS)
    command = [sys.executable, "-m", "mle_toolkit.cli", "import", "mlebench"]
    env = os.environ | {"MLE_DATA": str(data)}
    run = subprocess.run(
        [*command, str(tmp_path / "mlebench"), "--json"],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout)[0]["usable"] is True
    (tmp_path / "mlebench" / CACTUS / "prepared/private/test.csv").unlink()
    run = subprocess.run(
        [*command, str(tmp_path / "mlebench")],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "0 of 1 competitions found are usable" in run.stdout
