"""How wide the rows of a CSV file are, before a parser spends memory on them.

A parser takes gigabytes for a line of nothing but commas, pads short rows to the
header's width, and makes an index level of every field that a row has too many.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import SubmissionError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CELLS = 20_000_000
MAX_COLUMNS = 20_000
# Fields that rows may have beyond the header's; to pandas they are index levels.
_MAX_SPARE = 100
_MAX_LINE = 16 << 20
# A quote opens a field at its start only; elsewhere it is a character like others.
# Nothing here backtracks, so that time grows with the size alone.
_QUOTED_FIELD = rb'"[^"]*+(?:""[^"]*+)*+"'
_QUOTED = re.compile(rb"(?<![^,\r\n])" + _QUOTED_FIELD)
_FIELD = rb"(?:" + _QUOTED_FIELD + rb")?+[^,\r\n]*+"
_ROW = re.compile(rb"(?:[ \t]*+[\r\n])*+(" + _FIELD + rb"(?:," + _FIELD + rb")*+)")


def check_width(data: bytes, *, lenient: bool) -> None:
    """Refuse a file whose rows are so wide, or so unlike the header, as to harm.

    Parameters
    ----------
    data
        The content of the file.
    lenient
        Whether the rows may have more fields than the header, which is a few then.

    Raises
    ------
    SubmissionError
        With the line and its size.
    """
    lines = list(_long_lines(data))
    for number, line in lines:
        if len(line) > _MAX_LINE:
            msg = f"line {number} has {_mib(len(line))} MiB; 16 MiB are allowed"
            raise SubmissionError(msg)
    if any(_n_fields(line) > MAX_COLUMNS for _, line in lines):
        for number, line in _long_lines(_QUOTED.sub(b"", data)):
            if (n_fields := _n_fields(line)) > MAX_COLUMNS:
                msg = f"line {number} has {n_fields} fields; {MAX_COLUMNS} are allowed"
                raise SubmissionError(msg)
    _check_cells(data)
    if lenient:
        _check_first_row(data)


def _check_cells(data: bytes) -> None:
    if _n_cells(data) > MAX_CELLS and _n_cells(_QUOTED.sub(b"", data)) > MAX_CELLS:
        msg = (
            f"the header has too many columns for the number of lines: the table "
            f"would have more than {MAX_CELLS} cells, but the file has only "
            f"{len(data)} bytes"
        )
        raise SubmissionError(msg)


def _check_first_row(data: bytes) -> None:
    header = _ROW.match(data)
    row = header and _ROW.match(data, header.end())
    if header is None or row is None:
        return
    wanted, got = (
        1 + _QUOTED.sub(b"", found[1]).count(b",") for found in (header, row)
    )
    if got > wanted + _MAX_SPARE:
        msg = f"the first row has {got} fields, but the header has {wanted}"
        raise SubmissionError(msg)


def _long_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the lines that may hold too many fields."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    starts = np.concatenate([[0], ends + 1])
    ends = np.append(ends, len(data))
    for index in np.flatnonzero(ends - starts >= MAX_COLUMNS):
        yield int(index) + 1, data[starts[index] : ends[index] + 1]


def _n_fields(line: bytes) -> int:
    n_commas = line.count(b",")
    if n_commas >= MAX_COLUMNS and b"\r" in line:
        n_commas = max(part.count(b",") for part in line.split(b"\r"))
    return 1 + n_commas


def _n_cells(text: bytes) -> int:
    """Return how many cells a table would have, 0 if it has bytes enough for them."""
    columns = 1 + re.split(rb"[\r\n]", text, maxsplit=1)[0].count(b",")
    cells = columns * (1 + text.count(b"\n") + text.count(b"\r"))
    return cells if cells > 2 * len(text) else 0


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f}"
