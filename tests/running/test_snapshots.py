import os

import pytest

from mle_toolkit.errors import StoreError
from mle_toolkit.running import snapshots as module
from mle_toolkit.running.snapshots import Snapshots
from mle_toolkit.store import TryFolder, read_json


@pytest.fixture
def folder(tmp_path):
    made = TryFolder(tmp_path / "try-1")
    made.workspace.mkdir(parents=True)
    return made


@pytest.fixture
def snapshots(folder):
    return Snapshots(folder, max_bytes=1000)


def hand_over(folder, name, text):
    (folder.incoming / name).write_text(text)
    return name


def test_snapshots_are_numbered_and_not_repeated(folder, snapshots):
    """Equal content is kept once, and the node that repeats it points to it."""
    texts = ["a", "b", "a", "c"]
    taken = [
        snapshots.take(hand_over(folder, f"n{i}", text), node=i, elapsed_s=i)
        for i, text in enumerate(texts)
    ]
    assert [item.number for item in taken] == [1, 2, 1, 3]
    assert [item.new for item in taken] == [True, True, False, True]
    assert snapshots.of_node(2).number == 1
    assert snapshots.last().number == 3
    assert sorted(p.name for p in folder.submissions.glob("*.csv")) == [
        "0001.csv",
        "0002.csv",
        "0003.csv",
    ]
    assert read_json(folder.submissions / "0001.json")["node"] == 0
    assert list(folder.incoming.iterdir()) == []


def test_file_is_taken_only_once_it_rests(folder, snapshots, monkeypatch):
    """A file that still changes is left; at rest it is taken, and once."""
    path = folder.workspace / "submission.csv"
    path.write_text("a")
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    assert snapshots.look(elapsed_s=0) is None
    clock[0] += 1.5
    path.write_text("ab")
    assert snapshots.look(elapsed_s=0) is None
    clock[0] += 1.5
    assert snapshots.look(elapsed_s=0) is None
    clock[0] += 1
    assert snapshots.look(elapsed_s=0).number == 1
    clock[0] += 9
    assert snapshots.look(elapsed_s=0) is None
    path.write_text("abc")
    assert snapshots.look(elapsed_s=0, resting=True).number == 2


def test_only_plain_files_are_taken(folder, snapshots, tmp_path):
    """Links, pipes and folders at the submission path are no submissions."""
    secret = tmp_path / "answers.csv"
    secret.write_text("secret")
    path = folder.workspace / "submission.csv"
    for make in (
        lambda: path.symlink_to(secret),
        lambda: os.mkfifo(path),
        path.mkdir,
    ):
        make()
        assert snapshots.look(elapsed_s=0, resting=True) is None
        path.rmdir() if path.is_dir() else path.unlink()
    assert snapshots.last() is None


def test_large_file_is_refused_once(folder, snapshots):
    """A file above the cap is an error the first time and silence after it."""
    (folder.workspace / "submission.csv").write_text("x" * 2000)
    with pytest.raises(StoreError, match="2000 bytes"):
        snapshots.look(elapsed_s=0, resting=True)
    assert snapshots.look(elapsed_s=0, resting=True) is None
