import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.traces import EventWriter, LogLines, lines


def write(folder, count):
    writer = EventWriter(folder)
    for number in range(1, count + 1):
        writer.append("note", {"text": "x" * (number % 7) + str(number)})
    writer.close()


def texts(found):
    return [json.loads(line)["text"] for _, line in found]


def test_any_line_is_found_before_the_log_was_read(tmp_path):
    """The index alone leads to every line, in any order."""
    write(tmp_path, 100)
    log = LogLines(tmp_path)
    assert log.count() == 100
    assert log.read_count == 0
    whole = tmp_path.joinpath("events.jsonl").read_bytes().splitlines(keepends=True)
    assert [line for _, line in log.get(range(1, 101))] == whole
    assert [line for _, line in log.get([40, 7, 99])] == [
        whole[39],
        whole[6],
        whole[98],
    ]
    assert list(log.get([0, 101, 10**12])) == [(0, None), (101, None), (10**12, None)]


@given(lies=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=9))
def test_a_broken_index_leads_to_no_wrong_line(tmp_path_factory, lies):
    """What an index says is believed only where a line begins."""
    folder = tmp_path_factory.mktemp("log")
    write(folder, 5)
    places = b"".join(value.to_bytes(8, "little") for value in lies)
    (folder / "events.idx").write_bytes(places)
    log = LogLines(folder)
    whole = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    for _, line in log.get(range(1, 12)):
        assert line is None or line in whole
    assert [line for _, line in log.read_on()] == whole
    assert [line for _, line in log.get(range(1, 6))] == whole


def test_a_log_without_index_is_found_once_it_was_read(tmp_path):
    """Places are kept while reading; new lines are met where reading stopped."""
    write(tmp_path, 10)
    (tmp_path / "events.idx").unlink()
    log = LogLines(tmp_path)
    assert list(log.get([3])) == [(3, None)]
    assert [number for number, _ in log.read_on()] == list(range(1, 11))
    with log.path.open("a") as file:
        file.write('{"text": "new"}\n{"torn')
    assert texts(log.read_on()) == ["new"]
    assert texts(log.get([3, 11])) == ["xxx3", "new"]
    assert log.count() == 11


def test_reading_goes_on_where_its_time_ended(tmp_path):
    """However short the time, every call gets on, and no line comes twice."""
    write(tmp_path, 50)
    log = LogLines(tmp_path)
    numbers = []
    while True:
        some = [number for number, _ in log.read_on(0.0)]
        if not some:
            break
        numbers += some
    assert numbers == list(range(1, 51))


@pytest.mark.parametrize("ended", [True, False])
def test_a_line_too_long_is_counted_and_not_held(tmp_path, monkeypatch, ended):
    """A monster has a number; its end is waited for, and its neighbours are read."""
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"text": "a"}\n' + b"y" * 5000 + b"\n" * ended)
    log = LogLines(tmp_path)
    found = list(log.read_on())
    assert [number for number, _ in found] == [1, 2][: 1 + ended]
    assert all(len(line) <= 1000 for _, line in found)
    with path.open("ab") as file:
        file.write(b"\n" * (not ended) + b'{"text": "b"}\n')
    list(log.read_on())
    assert log.read_count == 3
    assert list(log.get([2])) == [(2, None)]
    assert texts(log.get([3])) == ["b"]


def test_no_log_is_an_empty_one(tmp_path):
    """Before the first event there is nothing, and no error."""
    log = LogLines(tmp_path)
    assert (log.size, log.count(), list(log.read_on())) == (0, 0, [])
    assert list(log.get([1])) == [(1, None)]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_log_that_is_no_plain_file_is_said_and_not_read(tmp_path, kind):
    """Nothing is read through a link, and a pipe is not waited for."""
    (tmp_path / "outside").write_text('{"kind": "note"}\n')
    log = LogLines(tmp_path)
    if kind == "link":
        log.path.symlink_to(tmp_path / "outside")
    elif kind == "pipe":
        os.mkfifo(log.path)
    else:
        log.path.mkdir()
    assert log.problem == "events.jsonl cannot be read: it is not a plain file"
    assert list(log.read_on()) == []
    assert list(log.get([1])) == [(1, None)]


def test_another_log_in_its_place_is_noticed(tmp_path):
    """A log that was cut or put in place of the old one is not that log."""
    write(tmp_path, 9)
    log = LogLines(tmp_path)
    assert log.problem is None
    assert not log.replaced()
    assert len(list(log.read_on())) == 9
    assert not log.replaced()
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:50])
    assert log.replaced()
    log.path.write_bytes(whole + b"{}\n")
    assert not log.replaced()
    (tmp_path / "other").write_bytes(whole)
    (tmp_path / "other").rename(log.path)
    assert log.replaced()
    log.path.unlink()
    assert not log.replaced()
    assert log.problem is None
