"""Whatever lies at the path, `read_table` returns a frame or one sentence."""

import gzip
import os
import socket

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions import read_table, width

PLAIN = b"id,y\n1,0.5\n2,0.25\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        PLAIN.rstrip(),
        b'"id","y"\n"1","0.5"\n2,0.25\n',
        b"\n\nid,y\n\n1,0.5\n\n2,0.25\n",
    ],
    ids=["plain", "bom", "crlf", "cr", "no-end", "quotes", "blank-lines"],
)
def test_reads_every_common_way_to_write_a_csv(tmp_path, data):
    """Byte order marks, line ends, quotes and blank lines do not matter."""
    path = tmp_path / "s.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert table.to_dict("list") == {"id": [1, 2], "y": [0.5, 0.25]}


def test_floats_are_read_to_the_last_digit(tmp_path):
    """A float written by repr comes back as the same float."""
    values = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308]
    path = tmp_path / "s.csv"
    path.write_text("y\n" + "".join(f"{value!r}\n" for value in values))
    assert read_table(path)["y"].tolist() == values


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \r\n\n ", "the file is empty"),
        (gzip.compress(PLAIN, mtime=0), "gzip data"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"PAR1....", "a parquet file"),
        ("id,y\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"id,y\n1,\x00\n", "byte 7 is NUL"),
        ("id,name\n1,é\n".encode("latin-1"), "not UTF-8 text: byte 10"),
        (b"id,y\n1,2,3\n", "more fields than the header"),
        (b"id,y\n1,2\n3,4,5\n", "line 3"),
        (b"id,y\n" + b"," * 30_000 + b"\n", "line 2 has 30001 fields"),
        (b'id,y\n1,"2\n', "EOF inside string"),
        (b"id,y,y\n1,2,3\n", "more than once: 'y'"),
        (b",".join([b"a"] * 20_001) + b"\n", "20001 fields"),
        (b'"a\n"' + b"," * 19_999 + b'"\n",\n', "20001 columns"),
        (b"a" * (2 << 20) + b",y\n1,2\n", "header line cannot be read"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_says_what_is_wrong_with_the_content(tmp_path, data, reason):
    """Each kind of damage has its own sentence."""
    path = tmp_path / "s.csv"
    path.write_bytes(data)
    with pytest.raises(SubmissionError) as caught:
        read_table(path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_caps_bytes_rows_and_lines(tmp_path, monkeypatch):
    """Size limits hold before anything is parsed."""
    path = tmp_path / "s.csv"
    path.write_bytes(PLAIN)
    with pytest.raises(SubmissionError, match="MiB are allowed"):
        read_table(path, max_bytes=5)
    with pytest.raises(SubmissionError, match="1 rows are allowed"):
        read_table(path, max_rows=1)
    monkeypatch.setattr(width, "MAX_COLUMNS", 2)
    monkeypatch.setattr(width, "_MAX_LINE", 5)
    with pytest.raises(SubmissionError, match="line 2"):
        read_table(path)


def test_a_cell_of_five_megabytes_is_read(tmp_path):
    """A huge cell is data like any other."""
    path = tmp_path / "s.csv"
    path.write_text("id,y\n1," + "x" * (5 << 20) + "\n")
    assert len(read_table(path)["y"][0]) == 5 << 20


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "a folder"),
        (os.mkfifo, "a pipe"),
        (lambda path: path.symlink_to("/etc/hostname"), "symbolic link"),
        (lambda path: path.symlink_to("nowhere"), "symbolic link"),
        (lambda _: None, "there is no file"),
    ],
    ids=["folder", "pipe", "link", "broken-link", "nothing"],
)
def test_refuses_what_is_no_regular_file_without_waiting(tmp_path, make, reason):
    """Folders, pipes and links are refused at once."""
    path = tmp_path / "s.csv"
    make(path)
    with pytest.raises(SubmissionError, match=reason):
        read_table(path)


@pytest.mark.timeout(10)
def test_refuses_devices_and_sockets(tmp_path):
    """A device is not read, a socket is not connected to."""
    with pytest.raises(SubmissionError, match="a device"):
        read_table("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.csv"))
        with pytest.raises(SubmissionError, match="cannot be opened"):
            read_table(tmp_path / "s.csv")


def test_short_rows_under_a_wide_header_are_refused(tmp_path):
    """A small file cannot ask for gigabytes by rows that would have to be padded."""
    path = tmp_path / "wide.csv"
    header = ",".join(f"c{n}" for n in range(9000))
    path.write_text(header + "\n" + "1\n" * 9000)
    with pytest.raises(SubmissionError, match="cells"):
        read_table(path)


def test_commas_inside_quotes_are_no_fields(tmp_path):
    """A text with very many commas is one cell; so is a file of CR lines many rows."""
    path = tmp_path / "s.csv"
    path.write_text('id,y\n1,"' + "a," * 30_000 + '"\n')
    assert len(read_table(path)["y"][0]) == 60_000
    path.write_bytes(b"id,y\r" + b"1,2\r" * 30_000)
    assert len(read_table(path)) == 30_000


def test_impossible_names_are_a_reason():
    """A NUL in the path or an endless name is no crash."""
    for name in ("a\0b", "a" * 5000):
        with pytest.raises(SubmissionError, match="cannot be opened"):
            read_table(name)


@given(data=st.binary(max_size=200) | st.text('id,y"\n\r1.\t', max_size=80))
def test_any_content_is_a_table_or_a_reason(tmp_path_factory, data):
    """No bytes at all lead to another error."""
    path = tmp_path_factory.mktemp("any") / "s.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    try:
        read_table(path)
    except SubmissionError as error:
        assert str(error)  # noqa: PT017 - a table is fine too


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (["007", "1", "9" * 20], True),
        (["-1", str(2**63)], True),
        (["", str(2**64), "5"], True),
        (["0.5", "1e999"], True),
        (["0.5", "inf", "1.8e308"], True),
        (["1", str(2**63)], False),
        (["0.5", "+Inf", "-infinity"], False),
        (["0.5", "-1e999"], False),
    ],
)
def test_a_column_is_text_once_a_number_overflows(tmp_path, cells, texts):
    """As in pandas 2, whatever pandas is installed: cells stay as they were written."""
    path = tmp_path / "submission.csv"
    lines = [f"{row},{cell},3" for row, cell in enumerate(cells)]
    path.write_text("id,y,z\n" + "\n".join(lines))
    table = read_table(path, lenient=True)
    assert (table["y"].dtype == object) == texts
    if texts:
        found = ["" if pd.isna(cell) else cell for cell in table["y"]]
        assert found == cells
    assert list(table["z"]) == [3] * len(cells)


def test_only_one_byte_order_mark_is_dropped(tmp_path):
    """A second one is part of the first column's name, as pandas reads it."""
    path = tmp_path / "s.csv"
    for marks, name in ((0, "id"), (1, "id"), (2, "\ufeffid")):
        path.write_bytes(b"\xef\xbb\xbf" * marks + b"id,y\n1,0.5\n")
        for lenient in (True, False):
            assert read_table(path, lenient=lenient).columns.tolist() == [name, "y"]
