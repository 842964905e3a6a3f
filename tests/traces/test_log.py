import errno
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.traces import EventLog, EventWriter, LogLines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(fields=st.lists(st.dictionaries(st.text(min_size=1), JSON), max_size=8))
def test_what_is_written_is_read(tmp_path_factory, fields):
    """Any fields come back as they were, numbered from 1 without a gap."""
    folder = tmp_path_factory.mktemp("log")
    writer = EventWriter(folder)
    for item in fields:
        writer.append("note", item)
    writer.close()
    events = list(EventLog(folder))
    assert [event["seq"] for event in events] == list(range(1, len(fields) + 1))
    reserved = {"seq", "time", "elapsed_s", "kind"}
    for item, event in zip(fields, events, strict=True):
        kept = {key: value for key, value in item.items() if key not in reserved}
        assert kept.items() <= event.items()


def write(folder, count):
    writer = EventWriter(folder)
    for number in range(count):
        writer.append("note", {"text": str(number)})
    return writer


def test_torn_last_line_waits_for_its_end(tmp_path):
    """Half a line is not read; it is read once it is whole."""
    write(tmp_path, 2).close()
    log = EventLog(tmp_path)
    with log.path.open("a") as file:
        file.write('{"seq": 3, "kind"')
    assert [event["seq"] for event in log.read_new()] == [1, 2]
    with log.path.open("a") as file:
        file.write(': "note"}\n')
    assert [event["seq"] for event in log.read_new()] == [3]
    assert log.problems == []


def test_bad_lines_are_counted_and_hide_nothing(tmp_path):
    """Junk in the log is named as a problem; the other events are there."""
    write(tmp_path, 2).close()
    path = tmp_path / "events.jsonl"
    good = path.read_bytes()
    path.write_bytes(b"\xff\x00junk\n" + good + b"[1]\n" + b"[" * 50_000 + b"\n")
    log = EventLog(tmp_path)
    assert [event["seq"] for event in log] == [1, 2]
    assert len(log.problems) == 3


def test_large_text_lies_in_a_blob(tmp_path):
    """A long text does not swell the log, and is read whole, also when nested."""
    text = "ä" * 50_000
    writer = EventWriter(tmp_path)
    writer.append("model", {"reply": text, "messages": [{"content": text}]})
    writer.close()
    assert (tmp_path / "events.jsonl").stat().st_size < 30_000
    assert len(list((tmp_path / "blobs").iterdir())) == 1
    log = EventLog(tmp_path)
    (event,) = list(log)
    assert log.text(event["reply"]) == text
    assert log.text(event["messages"][0]["content"]) == text


def test_blob_name_is_no_path(tmp_path):
    """A forged blob cannot make us read another file."""
    (tmp_path / "secret").write_text("answers")
    log = EventLog(tmp_path)
    assert "answers" not in log.text({"blob": "../secret", "head": "x"})


def test_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    """When a write stops half-way, the half is taken back and the log goes on."""
    writer = write(tmp_path, 1)
    real = os.write
    calls = []

    def fail(descriptor, data):
        calls.append(len(data))
        if len(calls) == 1:
            return real(descriptor, bytes(data)[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space"):
        writer.append("note", {"text": "lost"})
    monkeypatch.setattr(os, "write", real)
    writer.append("note", {"text": "kept"})
    writer.close()
    events = list(EventLog(tmp_path))
    assert [event["seq"] for event in events] == [1, 2]
    assert events[1]["text"] == "kept"
    ((_, line),) = LogLines(tmp_path).get([2])
    assert json.loads(line)["text"] == "kept"


def test_log_is_ascii_lines(tmp_path):
    """Line separators of Unicode and lone surrogates cannot break a line."""
    writer = EventWriter(tmp_path)
    writer.append("note", {"text": "a\u2028b\ud800c\nd"})
    writer.close()
    raw = (tmp_path / "events.jsonl").read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == 1
    assert json.loads(raw)["text"] == "a\u2028b\ud800c\nd"


@pytest.mark.parametrize("kind", ["link", "pipe", "device"])
def test_a_blob_that_is_no_plain_file_is_not_read(tmp_path, kind):
    """Of a text whose blob is a link or a pipe, the beginning is there alone."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "secret").write_text("secret")
    blob = tmp_path / "blobs" / ("a" * 64)
    if kind == "pipe":
        os.mkfifo(blob)
    else:
        blob.symlink_to(tmp_path / "secret" if kind == "link" else "/dev/zero")
    text = EventLog(tmp_path).text({"blob": "a" * 64, "size": 6, "head": "begin"})
    assert text == "begin [the rest is not on this disk]"


def test_a_log_that_cannot_be_read_is_a_problem(tmp_path):
    """A pipe in place of a log gives no event, and says why."""
    os.mkfifo(tmp_path / "events.jsonl")
    log = EventLog(tmp_path)
    assert list(log) == []
    (problem,) = log.problems
    assert "not a plain file" in problem.reason


def test_a_text_that_is_cut_says_so(tmp_path, monkeypatch):
    """Nobody mistakes the beginning of a monster for all of it."""
    from mle_toolkit.traces import reader

    writer = EventWriter(tmp_path)
    writer.append("model", {"reply": "z" * 20_000})
    writer.close()
    log = EventLog(tmp_path)
    (event,) = list(log)
    monkeypatch.setattr(reader, "LONGEST_BLOB", 10_000)
    text = log.text(event["reply"])
    assert text == "z" * 10_000 + " [cut after 10000 bytes]"
