"""Read a table from a file that nobody vouches for: as data, and within limits."""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import stat
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.width import MAX_COLUMNS, check_width
from mle_toolkit.submissions.wording import quote_some, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_BYTES = 64 << 20
MAX_ROWS = 10_000_000
_MAX_HEADER = 1 << 20
_INTEGER_BITS = 63
_INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)

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
    path: str | Path,
    *,
    max_bytes: int = MAX_BYTES,
    max_rows: int | None = MAX_ROWS,
    lenient: bool = False,
) -> pd.DataFrame:
    """Return the CSV file at `path` as a frame.

    Values are parsed as pandas does by default, floats to the last digit.

    Parameters
    ----------
    path
        A regular file of UTF-8 text with a header line; not a link.
    max_bytes, max_rows
        Larger files are refused before they are parsed.
    lenient
        Take a file as pandas takes it: repeated names in the header get a number,
        rows with one field too many make their first field the index, and text
        has the type object.  Then only `max_bytes` limits the rows.

    Raises
    ------
    SubmissionError
        With one sentence that says why the file cannot be read as a table.
    """
    data = _read_bytes(path, max_bytes)
    # The parser drops the mark itself, and only one of them.
    content = data.removeprefix(b"\xef\xbb\xbf")
    _check_text(content, None if lenient else max_rows)
    check_width(content, lenient=lenient)
    _check_header(content, lenient=lenient)
    try:
        return _parse_as_pandas(data) if lenient else _parse(data)
    except pd.errors.ParserWarning as error:
        msg = "the rows have more fields than the header has columns"
        raise SubmissionError(msg) from error
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        said = " ".join(str(error).split()).removeprefix("Error tokenizing data. ")
        msg = f"the file is not a CSV table: {said.removeprefix('C error: ')[:200]}"
        raise SubmissionError(msg) from error


def as_read(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as it would be if it were written to a file and read again."""
    text = frame.to_csv(index=False)
    if not text.strip():
        return pd.DataFrame()
    return _parse_as_pandas(text.encode())


def _parse(data: bytes) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            io.BytesIO(data),
            index_col=False,
            float_precision="round_trip",
            low_memory=False,
        )


def _parse_as_pandas(data: bytes) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pd.read_csv(io.BytesIO(data), float_precision="round_trip")
    changed = _overflowing(table, data)
    for name, column in table.items():
        # Text is of type object before pandas 3, and some scores depend on it.
        if isinstance(column.dtype, pd.StringDtype):
            changed.setdefault(name, column.astype(object))
    if not changed:
        return table
    columns = {name: changed.get(name, column) for name, column in table.items()}
    return pd.DataFrame(columns, index=table.index)


def _overflowing(table: pd.DataFrame, data: bytes) -> dict[Any, pd.Series]:
    """Return as text every column in which a number overflows.

    That is what pandas 2 makes of a whole number beyond 64 bits or a decimal one above
    1.8e308; pandas 3 returns Python's integers and infinity.
    """
    whole = {
        name
        for name in table.columns[table.dtypes == "object"]
        if _has_huge_integer(table[name])
    }
    infinite = {
        name: is_infinite
        for name in table.columns[table.dtypes == "float64"]
        if (is_infinite := table[name].to_numpy() == np.inf).any()
    }
    if not whole and not infinite:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinds = dict.fromkeys([*whole, *infinite], str)
        texts = pd.read_csv(io.BytesIO(data), dtype=kinds)
    found = {}
    for name in kinds:
        cells = texts[name].to_numpy(object)
        if name in whole or not _are_infinite(cells[infinite[name]]):
            found[name] = pd.Series(cells, index=table.index, dtype=object)
    return found


def _are_infinite(cells: Iterable[str]) -> bool:
    """Whether all of them say so, rather than being too large."""
    return all(map(_INFINITY.fullmatch, cells))


def _has_huge_integer(column: pd.Series) -> bool:
    return any(
        type(cell) is int and cell.bit_length() > _INTEGER_BITS for cell in column
    )


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
            # One byte more than there should be shows a file that has grown since.
            data = file.read(size + 1)
        if len(data) <= size:
            return data
        msg = "the file grew while it was read"
        raise SubmissionError(msg)
    msg = f"the file has {_mib(size)} MiB; {_mib(max_bytes)} MiB are allowed"
    raise SubmissionError(msg)


def _open_fault(path: str | Path, error: OSError | ValueError) -> str:
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return f"there is no file at {str(path)!r}"
    if number == errno.ELOOP:
        return "the file is a symbolic link, not a regular file"
    return f"the file cannot be opened: {getattr(error, 'strerror', None) or error}"


def _check_text(data: bytes, max_rows: int | None) -> None:
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
    if max_rows is not None and lines > max_rows + 1:
        msg = f"the file has {lines} lines; {max_rows} rows are allowed"
        raise SubmissionError(msg)


def _check_header(data: bytes, *, lenient: bool) -> None:
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
    if twice and not lenient:
        msg = f"the header names these columns more than once: {quote_some(twice)}"
        raise SubmissionError(msg)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f}"
