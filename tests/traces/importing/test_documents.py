"""Files of strangers: cut documents, lines, pipes, links and depths."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import documents
from mle_toolkit.traces.importing.documents import (
    find_files,
    head_of,
    inside,
    peek,
    read_document,
    read_lines,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def is_part(part, whole):
    """Whether a value is the beginning of another, as far as it was written."""
    if isinstance(whole, dict) and isinstance(part, dict):
        names = list(whole)[: len(part)]
        return names == list(part) and all(
            is_part(part[name], whole[name]) for name in names
        )
    if isinstance(whole, list) and isinstance(part, list):
        return len(part) <= len(whole) and all(map(is_part, part, whole))
    return part == whole


@given(whole=st.dictionaries(st.text(), VALUES, min_size=1), data=st.data())
def test_cut_document_gives_its_beginning(tmp_path_factory, whole, data):
    """Cut anywhere, what is read is a beginning of the whole, and a problem."""
    text = json.dumps(whole, ensure_ascii=data.draw(st.booleans()))
    text = text.encode("utf-8", "replace").decode()
    whole = json.loads(text)
    path = tmp_path_factory.mktemp("cut") / "a.json"
    end = data.draw(st.integers(1, len(text) - 1))
    path.write_text(text[:end], encoding="utf-8")
    problems = []
    found = read_document(path, problems)
    assert isinstance(found, dict)
    assert is_part(found, whole)
    assert [problem.kind for problem in problems] == ["cut off"]


def test_everything_before_the_cut_is_there(tmp_path):
    """No value that ended before the cut is lost."""
    path = tmp_path / "a.json"
    text = '{"a": [1, {"b": "x,]"}, 2], "c": {"d": "e\\"'
    path.write_text(text)
    assert read_document(path, []) == {"a": [1, {"b": "x,]"}, 2], "c": {}}


@pytest.mark.parametrize("text", ["", "   ", "nothing", "]", '"abc', '{"a": 1]', "{a}"])
def test_no_json_is_an_error(tmp_path, text):
    """What has no beginning of a document is refused by name."""
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(StoreError, match=r"a\.json"):
        read_document(path, [])


def test_numbers_that_are_none_are_none(tmp_path):
    """NaN, infinity, and what overflows to it become None."""
    path = tmp_path / "a.json"
    path.write_text("[NaN, -Infinity, 1e999, 0.5]")
    assert read_document(path, []) == [None, None, None, 0.5]


def test_large_documents_are_refused(tmp_path, monkeypatch):
    """The error says how many bytes it has and how many it may have."""
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 10)
    path = tmp_path / "a.json"
    path.write_text("[1, 2, 3, 4, 5]")
    with pytest.raises(StoreError, match=r"15 bytes.*10"):
        read_document(path, [])


def test_deep_documents_are_refused(tmp_path):
    """A hundred thousand brackets are an error and no crash."""
    path = tmp_path / "a.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(StoreError, match="nested too deeply"):
        read_document(path, [])


def test_lines_are_counted_with_their_place(tmp_path):
    """Bad lines are problems, a torn last one waits, a whole last one counts."""
    path = tmp_path / "a.jsonl"
    deep = "[" * 100_000
    path.write_text('{"a": 1}\r\n\nx\n[2]\n' + deep + '\n{"a": 3}')
    problems, bytes_read = [], []
    found = list(read_lines(path, problems, progress=bytes_read.append))
    assert [item for _, item in found] == [{"a": 1}, {"a": 3}]
    assert [place for place, _ in found] == [f"{path}, line 1", f"{path}, line 6"]
    assert [p.path[-1] for p in problems] == ["3", "4", "5"]
    assert [p.skipped for p in problems] == [1, 1, 1]
    assert sum(bytes_read) == path.stat().st_size
    path.write_text('{"a": 1}\n{"a": ')
    problems = []
    assert len(list(read_lines(path, problems))) == 1
    assert problems == []


def test_long_lines_are_passed_over(tmp_path, monkeypatch):
    """A line without an end costs no more memory than it may; the next one is read."""
    monkeypatch.setattr(documents, "MAX_LINE_BYTES", 20)
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "' + "x" * 100 + '"}\n{"a": 1}\n')
    problems = []
    found = list(read_lines(path, problems))
    assert found == [(f"{path}, line 2", {"a": 1})]
    assert [problem.kind for problem in problems] == ["long line"]


def test_pipes_folders_and_missing_files_are_no_text(tmp_path):
    """Nothing raises and nothing blocks in a look; reading says why not."""
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "gone", "."):
        path = tmp_path / name
        assert head_of(path) == ""
        assert peek(path) is None
        with pytest.raises(StoreError, match="cannot be read"):
            read_document(path, [])
        with pytest.raises(StoreError, match="cannot be read"):
            list(read_lines(path, []))


def test_peek_sees_the_beginning(tmp_path):
    """Of a long document the part in its head, of lines the first one."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"a": 1, "b": [{"c": 2}, "x" * 200_000]}))
    assert peek(path) == {"a": 1, "b": [{"c": 2}]}
    path.write_text('{"a": 1}\n{"b": 2}\n')
    assert peek(path) == {"a": 1}


def test_inside_stays_inside(tmp_path):
    """Neither dots nor an absolute path nor a link leads out of the folder."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a").write_text("a")
    (tmp_path / "secret").write_text("answers")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    (root / "near").symlink_to(root / "sub" / "a")
    assert inside(root, "sub/a") == inside(root, "near") == root / "sub" / "a"
    for name in ("../secret", str(tmp_path / "secret"), "link", "up/secret", "gone"):
        assert inside(root, name) is None
    for name in ("", ".", "sub", "a\0b", "x" * 5000):
        assert inside(root, name) is None


def test_files_are_found_in_order_and_within_bounds(tmp_path, monkeypatch):
    """Links are not followed; depth and the number of names are bounded."""
    deep = tmp_path / "r"
    for name in "bacdefgh":
        deep = deep / name
        deep.mkdir(parents=True)
        (deep / "x").write_text("")
    (tmp_path / "r" / "a0").mkdir()
    (tmp_path / "r" / "a0" / "x").write_text("")
    (tmp_path / "r" / "loop").symlink_to(tmp_path / "r")
    (tmp_path / "r" / "x").symlink_to(deep / "x")
    found = find_files(tmp_path / "r", "x".__eq__)
    assert [len(path.relative_to(tmp_path).parts) for path in found] == [
        3, *range(3, 3 + documents.MAX_DEPTH),
    ]  # fmt: skip
    assert find_files(tmp_path / "r", "x".__eq__, most=2) == found[:2]
    monkeypatch.setattr(documents, "MAX_ENTRIES", 6)
    assert len(find_files(tmp_path / "r", "x".__eq__)) < len(found)
