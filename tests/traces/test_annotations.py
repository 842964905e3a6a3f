"""Annotations: nothing noted is lost, and nothing wrong is noted."""

import errno
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.frames import load_annotations, load_attempts
from mle_toolkit.notebook.experiment import Experiment
from mle_toolkit.traces.annotations import (
    FILE,
    annotate,
    read_annotations,
    remove_annotation,
)
from tests.builders import write_run

TAGS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(
    lambda tag: tag.isprintable() and "," not in tag and tag == tag.strip()
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "edit", "remove"]),
        st.integers(0, 5),
        st.lists(TAGS, min_size=1, max_size=3, unique=True),
        st.text(max_size=30),
    ),
    max_size=10,
)


@pytest.fixture
def attempt(tmp_path):
    """A folder that looks like an attempt's."""
    folder = tmp_path / "attempt"
    folder.mkdir()
    (folder / "spec.json").write_text("{}")
    return folder


def lines(folder):
    return (folder / FILE).read_text().splitlines()


@given(steps=STEPS)
def test_it_is_a_dictionary_that_only_grows(tmp_path_factory, steps):
    """Any adding, editing and removing gives what a plain dictionary gives."""
    folder = tmp_path_factory.mktemp("a")
    (folder / "spec.json").write_text("{}")
    twin = {}
    for written, (verb, which, tags, comment) in enumerate(steps, 1):
        known = list(twin)[which:][:1]
        if verb == "add" or not known:
            made = annotate(folder, tags=tags, comment=comment, author="me")
            twin[made.id] = (tuple(tags), made.comment)
        elif verb == "edit":
            made = annotate(folder, tags=tags, comment=comment, id=known[0])
            twin[known[0]] = (tuple(tags), made.comment)
        else:
            remove_annotation(folder, known[0])
            del twin[known[0]]
        found, problems = read_annotations(folder)
        assert {each.id: (each.tags, each.comment) for each in found} == twin
        assert [each.id for each in found] == list(twin)
        assert not problems
        assert len(lines(folder)) == written


def test_every_field_comes_back(attempt):
    """What is returned is what is read; blanks around and repeated tags go."""
    made = annotate(
        attempt, kind="node", n=3, tags=[" leak ", "leak", "odd"], comment=" why?\n"
    )
    assert read_annotations(attempt) == ([made], [])
    assert (made.kind, made.n) == ("node", 3)
    assert (made.tags, made.comment) == (("leak", "odd"), "why?")
    assert made.author
    assert made.time.endswith("+00:00")


def test_two_processes_at_once_lose_nothing(attempt):
    """Four writers, 25 annotations each: a hundred whole lines."""
    program = (
        "import sys\n"
        "from mle_toolkit.traces.annotations import annotate\n"
        "for n in range(25):\n"
        "    annotate(sys.argv[1], tags=[f'{sys.argv[2]}-{n}'], comment='x' * 9000)\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(attempt), str(number)])
        for number in range(4)
    ]
    assert [each.wait(100) for each in writers] == [0] * 4
    found, problems = read_annotations(attempt)
    assert not problems
    expected = {(f"{number}-{n}",) for number in range(4) for n in range(25)}
    assert {each.tags for each in found} == expected


def test_a_torn_line_swallows_nothing(attempt):
    """A writer that died in the middle costs its own line, which is counted."""
    first = annotate(attempt, tags=["one"])
    with (attempt / FILE).open("a") as file:
        file.write('{"id": "torn", "ta')
    found, problems = read_annotations(attempt)
    assert found == [first]
    assert "torn" in problems[0].reason
    second = annotate(attempt, tags=["two"])
    found, problems = read_annotations(attempt)
    assert found == [first, second]
    assert [(each.kind, each.skipped) for each in problems] == [("annotation", 1)]


GOOD = {"id": "x", "time": "t", "author": "a", "kind": "attempt", "tags": ["y"]}
GOOD |= {"n": None, "comment": ""}


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({**GOOD, "tags": "y"}).encode(),
        json.dumps({**GOOD, "tags": [["y"]]}).encode(),
        json.dumps({**GOOD, "kind": ["node"]}).encode(),
        json.dumps({**GOOD, "n": 1}).encode(),
        json.dumps({**GOOD, "kind": "node", "n": float("nan")}).encode(),
        json.dumps({**GOOD, "comment": "x" * 10_001}).encode(),
        json.dumps({**GOOD, "id": 5}).encode(),
        json.dumps({"id": "x"}).encode(),
    ],
)
def test_a_bad_line_is_counted_and_hides_no_other(attempt, line):
    """Whatever somebody else wrote there, the others are read."""
    (attempt / FILE).write_bytes(line + b"\n" + json.dumps(GOOD).encode() + b"\n")
    found, problems = read_annotations(attempt)
    assert [each.id for each in found] == ["x"]
    assert len(problems) == 1
    assert f"{FILE}, line 1" in problems[0].path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tags": []}, "needs a tag or a comment"),
        ({"tags": "leak"}, "must be a list"),
        ({"tags": ["a,b"]}, "no comma"),
        ({"tags": ["a\nb"]}, "printable"),
        ({"tags": ["\x1b[2J"]}, "printable"),
        ({"tags": [" "]}, "1 to 40"),
        ({"tags": ["x" * 41]}, "1 to 40"),
        ({"tags": [7]}, "got 7"),
        ({"tags": [str(n) for n in range(21)]}, "at most 20"),
        ({"comment": "x" * 10_001}, "got 10001"),
        ({"comment": None}, "got None"),
        ({"kind": "tree"}, "unknown kind of annotation"),
        ({"kind": "node"}, "whole number from 0; got None"),
        ({"kind": "node", "n": -1}, "got -1"),
        ({"kind": "node", "n": True}, "got True"),
        ({"kind": "event", "n": 0}, "whole number from 1"),
        ({"n": 3}, "has no number"),
        ({"author": ""}, "author"),
        ({"id": "none"}, "unknown annotation"),
    ],
)
def test_bad_input_is_a_sentence_and_writes_nothing(attempt, changes, said):
    """An illegal value is named, and the file stays as it was."""
    with pytest.raises(UsageError, match=said):
        annotate(attempt, **{"tags": ["x"], **changes})
    assert not (attempt / FILE).exists() or not lines(attempt)


def test_the_limits_themselves_are_legal(attempt):
    """20 tags of 40 characters and a comment of 10,000 are written and read."""
    tags = [f"{n:040d}" for n in range(20)]
    made = annotate(attempt, kind="node", n=0, tags=tags, comment="ü" * 10_000)
    assert read_annotations(attempt) == ([made], [])


def test_half_a_character_is_replaced(attempt):
    """A text that a browser cut in two stays printable."""
    made = annotate(attempt, comment="a\ud83d", author="b\ude00")
    assert (made.comment, made.author) == ("a\ufffd", "b\ufffd")
    assert read_annotations(attempt)[0] == [made]


def test_only_attempts_are_annotated(tmp_path):
    """Another folder, or none, is a sentence that says what to name."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(StoreError, match="not the folder of an attempt"):
            annotate(folder, tags=["x"])
        with pytest.raises(StoreError, match="not the folder of an attempt"):
            remove_annotation(folder, "x")
    assert read_annotations(tmp_path / "none") == ([], [])
    (tmp_path / "try-1").mkdir()
    (tmp_path / "try-1" / "claim").touch()
    assert annotate(tmp_path, tags=["x"]).tags == ("x",)


def test_a_file_that_cannot_be_written_is_said(attempt):
    """Root may write anywhere, so a folder stands where the file should."""
    (attempt / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        annotate(attempt, tags=["x"])
    with pytest.raises(StoreError, match="cannot be read"):
        read_annotations(attempt)


def test_a_full_disk_leaves_no_half_line(attempt, monkeypatch):
    """What fitted is taken back; an error of the disk is the house's own."""
    first = annotate(attempt, tags=["one"])
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
    with pytest.raises(StoreError, match="disk is full"):
        annotate(attempt, tags=["two"])

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(StoreError, match="No space left"):
        annotate(attempt, tags=["three"])
    assert read_annotations(attempt) == ([first], [])


def test_a_user_without_a_name_can_annotate(attempt, monkeypatch):
    """A container may know no login name."""

    def nobody():
        raise KeyError(1000)

    monkeypatch.setattr("getpass.getuser", nobody)
    assert annotate(attempt, tags=["x"]).author == "unknown"


def test_frames_carry_tags_and_comments(tmp_path):
    """A run, an attempt and a folder of runs give the same rows; tags are a column."""
    write_run(tmp_path / "runs" / "r")
    frame = load_attempts(tmp_path / "runs" / "r")
    assert frame["tags"].isna().all()
    target = frame["path"].iloc[1]
    annotate(target, tags=["leak", "odd"], author="ann")
    annotate(target, kind="node", n=2, tags=["deep"], comment="why?")
    rows = load_annotations(tmp_path / "runs" / "r")
    assert rows["tags"].to_list() == ["leak, odd", "deep"]
    assert rows["comment"].isna().to_list() == [True, False]
    assert rows["n"].isna().to_list() == [True, False]
    assert rows["author"].iloc[0] == "ann"
    assert rows["time"].dt.year.min() >= 2024
    first = frame.iloc[1]
    for name in ("experiment", "competition", "agent", "seed", "path"):
        assert rows[name].iloc[0] == first[name]
    for place in (target, tmp_path / "runs"):
        assert load_annotations(place).equals(rows)
    tags = load_attempts(tmp_path / "runs" / "r")["tags"]
    assert tags.notna().sum() == 1
    assert tags.iloc[1] == "leak, odd, deep"
    assert Experiment(tmp_path / "runs" / "r").annotations().equals(rows)


def test_frames_count_what_cannot_be_read(tmp_path):
    """A bad line is a problem of both reports; without any the frame is empty."""
    write_run(tmp_path / "r")
    empty = load_annotations(tmp_path / "r")
    assert len(empty) == 0
    target = load_attempts(tmp_path / "r")["path"].iloc[0]
    with open(f"{target}/{FILE}", "w") as file:  # noqa: PTH123
        file.write(json.dumps(GOOD) + "\nnonsense\n")
    rows = load_annotations(tmp_path / "r")
    assert rows["time"].isna().all()
    assert rows.dtypes.equals(empty.dtypes)
    for frame in (rows, load_attempts(tmp_path / "r")):
        kinds = frame.attrs["report"].counts()
        assert kinds["annotation"] == 1
    with pytest.raises(StoreError, match="neither an attempt"):
        load_annotations(tmp_path / "none")


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_nothing_is_noted_through_a_link_or_a_pipe(attempt, tmp_path, kind):
    """What lies outside is neither read nor written, and nobody waits."""
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    if kind == "link":
        (attempt / FILE).symlink_to(outside)
    else:
        os.mkfifo(attempt / FILE)
    with pytest.raises(StoreError, match="cannot be written"):
        annotate(attempt, tags=["x"])
    with pytest.raises(StoreError, match="not a plain file"):
        read_annotations(attempt)
    assert outside.read_text() == "mine\n"
