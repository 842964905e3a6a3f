"""Read a table from a file that nobody vouches for: as data, and within limits."""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import stat
import warnings
from typing import TYPE_CHECKING

import pandas as pd

from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import quote_some, repeated

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 << 20
MAX_ROWS = 10_000_000
MAX_CELLS = 20_000_000
MAX_COLUMNS = 20_000
_MAX_LINE = 16 << 20
_MAX_HEADER = 1 << 20
_QUOTED = re.compile(rb'"[^"]*"')

_MAGIC = {
    b"\x1f\x8b": "gzip data",
    b"PK\x03\x04": "a zip archive",
    b"BZh91AY": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"PAR1": "a parquet file",
    b"\x93NUMPY": "a numpy array",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_table(
    path: str | Path, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> pd.DataFrame:
    """Return the CSV file at `path` as a frame.

    Values are parsed as pandas does by default, floats to the last digit.

    Parameters
    ----------
    path
        A regular file of UTF-8 text with a header line; not a link.
    max_bytes, max_rows
        Larger files are refused before they are parsed.

    Raises
    ------
    SubmissionError
        With one sentence that says why the file cannot be read as a table.
    """
    data = _read_bytes(path, max_bytes).removeprefix(b"\xef\xbb\xbf")
    _check_text(data, max_rows)
    _check_header(data)
    _check_cells(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(data),
                index_col=False,
                float_precision="round_trip",
                low_memory=False,
            )
    except pd.errors.ParserWarning as error:
        msg = "the rows have more fields than the header has columns"
        raise SubmissionError(msg) from error
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        said = " ".join(str(error).split()).removeprefix("Error tokenizing data. ")
        msg = f"the file is not a CSV table: {said.removeprefix('C error: ')[:200]}"
        raise SubmissionError(msg) from error


def _read_bytes(path: str | Path, max_bytes: int) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise SubmissionError(_open_fault(path, error)) from error
    try:
        return _read_regular(descriptor, max_bytes)
    except OSError as error:
        msg = f"the file cannot be read: {error.strerror or error}"
        raise SubmissionError(msg) from error
    finally:
        os.close(descriptor)


def _read_regular(descriptor: int, max_bytes: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "special")
        msg = f"the file is {kind}, not a regular file"
        raise SubmissionError(msg)
    size = status.st_size
    if size <= max_bytes:
        with open(descriptor, "rb", closefd=False) as file:
            # One byte more than allowed shows a file that has grown since.
            data = file.read(max_bytes + 1)
        if len(data) <= max_bytes:
            return data
        size = len(data)
    msg = f"the file has {_mib(size)} MiB; {_mib(max_bytes)} MiB are allowed"
    raise SubmissionError(msg)


def _open_fault(path: str | Path, error: OSError | ValueError) -> str:
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return f"there is no file at {str(path)!r}"
    if number == errno.ELOOP:
        return "the file is a symbolic link, not a regular file"
    return f"the file cannot be opened: {getattr(error, 'strerror', None) or error}"


def _check_text(data: bytes, max_rows: int) -> None:
    if not data.strip():
        msg = "the file is empty"
        raise SubmissionError(msg)
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            msg = f"the file is {kind}, not CSV text in UTF-8"
            raise SubmissionError(msg)
    nul = data.find(b"\0")
    if nul >= 0:
        msg = f"the file is not text: byte {nul} is NUL"
        raise SubmissionError(msg)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        msg = f"the file is not UTF-8 text: byte {error.start} is {data[error.start]}"
        raise SubmissionError(msg) from error
    lines = data.count(b"\n")
    if lines > max_rows + 1:
        msg = f"the file has {lines} lines; {max_rows} rows are allowed"
        raise SubmissionError(msg)
    for number, line in enumerate(io.BytesIO(data), start=1):
        if len(line) > MAX_COLUMNS:
            _check_long_line(number, line)


def _check_long_line(number: int, line: bytes) -> None:
    if len(line) > _MAX_LINE:
        msg = f"line {number} has {_mib(len(line))} MiB; 16 MiB are allowed"
        raise SubmissionError(msg)
    # The parser takes gigabytes for a line of nothing but commas.
    bare = _QUOTED.sub(b"", line)
    n_fields = 1 + max(part.count(b",") for part in bare.split(b"\r"))
    if n_fields > MAX_COLUMNS:
        msg = f"line {number} has {n_fields} fields; {MAX_COLUMNS} are allowed"
        raise SubmissionError(msg)


def _check_cells(data: bytes) -> None:
    # Short rows are padded to the width of the header, which may be a thousandfold.
    if _cells(data) > MAX_CELLS and _cells(_QUOTED.sub(b"", data)) > MAX_CELLS:
        msg = (
            f"the header has too many columns for the number of lines: the table "
            f"would have more than {MAX_CELLS} cells, but the file has only "
            f"{len(data)} bytes"
        )
        raise SubmissionError(msg)


def _cells(text: bytes) -> int:
    """Return how many cells a table would have, 0 if it has bytes enough for them."""
    columns = 1 + re.split(rb"[\r\n]", text, maxsplit=1)[0].count(b",")
    cells = columns * (1 + text.count(b"\n") + text.count(b"\r"))
    return cells if cells > 2 * len(text) else 0


def _check_header(data: bytes) -> None:
    head = data[:_MAX_HEADER].decode(errors="ignore")
    try:
        header: list[str] = next(
            filter(None, csv.reader(io.StringIO(head, newline=""))), []
        )
    except csv.Error as error:
        msg = f"the header line cannot be read: {error}"
        raise SubmissionError(msg) from error
    if len(header) > MAX_COLUMNS:
        msg = f"the header names {len(header)} columns; {MAX_COLUMNS} are allowed"
        raise SubmissionError(msg)
    twice = repeated(name for name in header if name)
    if twice:
        msg = f"the header names these columns more than once: {quote_some(twice)}"
        raise SubmissionError(msg)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f}"
