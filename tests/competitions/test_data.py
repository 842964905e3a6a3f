"""Prepared data are complete or absent, the same everywhere, and safe to make."""

import errno
import hashlib
import os
import shutil
import stat
import subprocess
import sys

import pytest

from mle_toolkit.competitions import (
    code,
    data,
    is_prepared,
    list_cards,
    load_card,
    places,
    prepare,
    read_card,
    task,
    verify,
)
from mle_toolkit.errors import (
    MissingExtraError,
    NotPreparedError,
    UnknownNameError,
    UsageError,
)

NAME = "breast-cancer"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return an empty data folder that is in use."""
    monkeypatch.setenv("MLE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("name", [card.id for card in list_cards("mini")])
def test_prepared_files_match_their_checksums(prepared, name):
    """What prepare made is what the card records, byte by byte."""
    assert verify(name) == []
    found = {
        path.relative_to(prepared[name].public.parent).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for folder in (prepared[name].public, prepared[name].private)
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found == data.checksums(load_card(name))
    assert set(found) >= {
        "public/description.md",
        "public/train.csv",
        "public/test.csv",
        "public/sample_submission.csv",
        "private/answers.csv",
    }


def test_preparing_is_deterministic(tmp_path):
    """Two runs make the same bytes."""
    card = load_card(NAME)
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made.append(data.build(card, tmp_path / name))
    assert made[0] == made[1] == data.checksums(card)


def test_prepare_does_nothing_when_all_is_there(home):
    """A second call touches no file, unless it is forced."""
    first = prepare(NAME)
    before = (first.public / "train.csv").stat()
    assert prepare(NAME) == first
    assert (first.public / "train.csv").stat().st_ino == before.st_ino
    prepare(NAME, force=True)
    assert (first.public / "train.csv").stat().st_ino != before.st_ino
    assert sorted(path.name for path in (home / NAME).iterdir()) == [
        ".lock",
        "prepared",
    ]


def test_agents_may_enter_public_and_nobody_else_private(home):  # noqa: ARG001
    """Public files are readable by all, answers by the owner, whatever the umask."""
    old = os.umask(0o077)
    try:
        made = prepare(NAME)
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in made.public.iterdir()]
    assert set(modes) == {0o644}
    assert stat.S_IMODE(made.public.stat().st_mode) == 0o755
    assert stat.S_IMODE(made.public.parent.stat().st_mode) == 0o755
    assert stat.S_IMODE(made.private.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", ["missing", "shorter", "manifest", "outdated"])
def test_damage_is_seen_and_mended(home, damage):
    """A file lost or cut, a manifest lost or of other data: prepared again."""
    made = prepare(NAME)
    manifest = home / NAME / "prepared" / "manifest.json"
    match damage:
        case "missing":
            (made.public / "test.csv").unlink()
        case "shorter":
            (made.private / "answers.csv").write_text("id\n")
        case "manifest":
            manifest.unlink()
        case "outdated":
            manifest.write_text(
                manifest.read_text().replace('"sha256": "', '"sha256": "0')
            )
    assert not is_prepared(NAME)
    prepare(NAME)
    assert is_prepared(NAME)
    assert verify(NAME) == []


def test_verify_sees_a_change_that_keeps_the_size(home):  # noqa: ARG001
    """The thorough check compares content."""
    path = prepare(NAME).public / "train.csv"
    path.write_bytes(path.read_bytes()[:-2] + b"7\n")
    assert is_prepared(NAME)
    assert verify(NAME) == ["public/train.csv"]


def test_two_processes_prepare_at_once(home):
    """Both succeed, and nothing half-made is left."""
    script = f"from mle_toolkit.competitions import prepare; prepare({NAME!r})"
    processes = [
        subprocess.Popen([sys.executable, "-c", script], env=os.environ)
        for _ in range(2)
    ]
    assert [process.wait(timeout=100) for process in processes] == [0, 0]
    assert verify(NAME) == []
    assert not list((home / NAME).glob(".partial-*"))


def test_leftovers_of_a_killed_process_are_removed(home):
    """What an interrupted prepare left behind does not pile up."""
    (home / NAME / ".partial-dead" / "public").mkdir(parents=True)
    prepare(NAME)
    assert not list((home / NAME).glob(".partial-*"))


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path, monkeypatch):
    """No right to write: the message names the folder and the way out."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLE_DATA", str(tmp_path / "file"))
    with pytest.raises(NotPreparedError, match=r"Not a directory.*set MLE_DATA"):
        prepare(NAME)


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(home, monkeypatch):
    """When the disk is full in the middle, nothing half-made is left."""

    def fill(card, folder, *, trust):  # noqa: ARG001
        (folder / "public").mkdir()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(data, "build", fill)
    with pytest.raises(NotPreparedError, match="No space left on device"):
        prepare(NAME)
    assert [path.name for path in (home / NAME).iterdir()] == [".lock"]
    assert not is_prepared(NAME)


def test_other_data_than_recorded_are_refused(home, monkeypatch):
    """When the packages carry other data, scores would not compare."""
    monkeypatch.setattr(data, "checksums", lambda _: {"public/train.csv": "0"})
    with pytest.raises(NotPreparedError, match=r"public/train\.csv.*would not compare"):
        prepare(NAME)
    assert [path.name for path in (home / NAME).iterdir()] == [".lock"]


def test_a_missing_package_names_its_extra(home, monkeypatch):  # noqa: ARG001
    """Without statsmodels the message says which extra to install."""
    for name in ("statsmodels", "statsmodels.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"statsmodels.*mle-toolkit\[mini\]"):
        prepare("doctor-visits")


def test_a_task_tells_all_but_the_answers(prepared):
    """The record that goes to an agent has no way to the private folder."""
    found = task("digits")
    assert found.public_dir == str(prepared["digits"].public)
    assert found.metric == "log_loss"
    assert found.sample_submission == "sample_submission.csv"
    assert found.id_column == "image"
    assert "# Handwritten digits" in found.description
    assert "private" not in str(found)
    assert "answers" not in str(found)


def test_a_task_needs_prepared_data(home):
    """The message says how to prepare them."""
    with pytest.raises(NotPreparedError, match="run `mle prepare digits`") as caught:
        task("digits")
    assert str(home) in str(caught.value)
    with pytest.raises(UnknownNameError):
        task("nothing")


def test_the_data_folder_is_the_cache_unless_named(monkeypatch):
    """MLE_DATA wins; a tilde in it is the home folder."""
    monkeypatch.delenv("MLE_DATA")
    assert places.data_dir().parts[-2:] == ("mle-toolkit", "data")
    monkeypatch.setenv("MLE_DATA", "~/somewhere")
    assert str(places.data_dir()) == os.path.expanduser("~/somewhere")  # noqa: PTH111


def test_code_of_other_cards_runs_only_when_trusted(tmp_path):
    """A card from elsewhere may bring code; it is not run unasked."""
    folder = tmp_path / "mini" / "digits"
    shutil.copytree(load_card("digits").folder, folder)
    (folder / "grade.py").write_text("VALUE = 1\n")
    card = read_card(folder)
    with pytest.raises(UsageError, match="--trust"):
        code.run_script(card, "grade.py")
    with pytest.raises(UsageError, match="--trust"):
        data.build(card, tmp_path)
    assert code.run_script(card, "grade.py", trust=True)["VALUE"] == 1
