"""Describe a table in a few lines: rows, columns, types, gaps, ranges, examples."""

from __future__ import annotations

import io
import json
import os
import re
import warnings
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_MAX_BYTES = 8 << 20
_MAX_ROWS = 20_000
_MAX_COLUMNS = 2_000
_SHOWN_COLUMNS = 60
_FEW_VALUES = 20
_HEAD_ROWS = 3
_NAME_LENGTH = 80
_VALUE_LENGTH = 40
_TEXT_LENGTH = 50
_GROUP = 6
_DATE = r"\d{4}-\d{2}-\d{2}"


def is_table(name: str) -> bool:
    """Say whether a file of that name is one that `describe_table` reads."""
    return PurePosixPath(name).suffix.lower() in _SEPARATORS


def describe_table(path: Path, name: str, *, head_only: bool = False) -> str:
    """Return a description of the CSV or TSV file at `path`.

    A header line is followed by a line per column, or per group of columns that
    differ only by a number.  Large files are judged by their first part.

    Parameters
    ----------
    path
        The file.
    name
        How to call it in the text.
    head_only
        Show the first rows instead of the columns.
    """
    try:
        frame, complete, size = _read(path)
    except (OSError, ValueError, MemoryError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        return f"== {name}: cannot be read as a table: {reason}"
    rows = f"{len(frame)}" if complete else f"about {_estimate(frame, size)}"
    title = f"== {name}: {rows} rows x {frame.shape[1]} columns"
    if head_only:
        return f"{title}, first rows\n{_head(frame)}"
    if not complete:
        title += f" (what follows is from the first {len(frame)} rows)"
    lines = [title, "column | type | missing | distinct | values"]
    groups = list(_groups(frame.iloc[:, :_MAX_COLUMNS]))
    shown = groups
    if len(groups) > _SHOWN_COLUMNS:
        shown = groups[: _SHOWN_COLUMNS - 10] + groups[-10:]
    lines += [_line(group) for group in shown]
    hidden = sum(len(group.columns) for group in groups) - sum(
        len(group.columns) for group in shown
    )
    hidden += max(0, frame.shape[1] - _MAX_COLUMNS)
    if hidden:
        lines.append(f"({hidden} more columns)")
    return "\n".join(lines)


def _read(path: Path) -> tuple[pd.DataFrame, bool, int]:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as source:
        size = os.fstat(source.fileno()).st_size
        data = source.read(_MAX_BYTES)
    whole = len(data) >= size
    if not whole:
        data = data[: data.rfind(b"\n") + 1] or data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pd.read_csv(
            io.BytesIO(data),
            sep=_SEPARATORS[path.suffix.lower()],
            index_col=False,
            nrows=_MAX_ROWS + 1,
            on_bad_lines="skip",
            encoding_errors="replace",
            low_memory=False,
        )
    complete = whole and len(frame) <= _MAX_ROWS
    if not complete and len(frame) <= _MAX_ROWS:
        # Bytes per row, for the estimate of the number of rows.
        frame.attrs["bytes"] = len(data)
    elif not complete:
        frame = frame.iloc[:_MAX_ROWS]
        frame.attrs["bytes"] = _prefix_bytes(data, _MAX_ROWS)
    return frame, complete, size


def _prefix_bytes(data: bytes, rows: int) -> int:
    position = 0
    for _ in range(rows + 1):
        found = data.find(b"\n", position)
        if found < 0:
            return len(data)
        position = found + 1
    return position


def _estimate(frame: pd.DataFrame, size: int) -> int:
    rows = len(frame) * size / max(1, frame.attrs["bytes"])
    return int(float(f"{rows:.2g}"))


def _head(frame: pd.DataFrame) -> str:
    some = frame.iloc[:_HEAD_ROWS, :_SHOWN_COLUMNS]
    text = some.to_csv(index=False)
    lines = [line[:1000] for line in text.splitlines()]
    return "\n".join(lines)


def _groups(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the columns, neighbours that differ by a number alone together."""
    start = 0
    keys = [_key(frame, index) for index in range(frame.shape[1])]
    for end in range(1, len(keys) + 1):
        if end < len(keys) and keys[end] == keys[start]:
            continue
        if end - start >= _GROUP:
            yield frame.iloc[:, start:end]
        else:
            for index in range(start, end):
                yield frame.iloc[:, index : index + 1]
        start = end


def _key(frame: pd.DataFrame, index: int) -> tuple[str, str]:
    """Return what neighbours share that are shown as one: only numbers are."""
    name = str(frame.columns[index])
    if frame.dtypes.iloc[index].kind not in "iuf" or not re.search(r"\d", name):
        return name, str(index)
    return re.sub(r"\d+", "#", name), ""


def _line(group: pd.DataFrame) -> str:
    first = group.iloc[:, 0]
    missing = group.isna().sum()
    if group.shape[1] == 1:
        cells = [
            _name(first.name),
            str(first.dtype),
            str(int(missing.iloc[0])),
            str(_distinct(first)),
            _values(first),
        ]
        return " | ".join(cells)
    types = sorted({str(kind) for kind in group.dtypes})
    distinct = [_distinct(group.iloc[:, index]) for index in range(group.shape[1])]
    names = f"{_name(first.name)} to {_name(group.columns[-1])}"
    cells = [
        f"{names} ({group.shape[1]} columns)",
        ", ".join(types),
        f"{int(missing.sum())} in all",
        f"{min(distinct)} to {max(distinct)}",
        _range(group),
    ]
    return " | ".join(cells)


def _distinct(column: pd.Series) -> int:
    return int(column.nunique())


def _range(group: pd.DataFrame) -> str:
    low, high = group.min().min(), group.max().max()
    return f"{_short(low)} to {_short(high)}"


def _values(column: pd.Series) -> str:
    present = column.dropna()
    if present.empty:
        return "all missing"
    distinct = present.drop_duplicates()
    if column.dtype.kind in "iuf":
        span = f"{_short(present.min())} to {_short(present.max())}"
        if len(distinct) <= _FEW_VALUES:
            listed = ", ".join(_short(value) for value in sorted(distinct))
            return f"{span}: {listed}"
        return f"{span}, median {_short(present.median())}"
    return _texts(present, distinct)


def _texts(present: pd.Series, distinct: pd.Series) -> str:
    words = present.astype(str)
    length = words.str.len().mean()
    if length > _TEXT_LENGTH:
        return f"text of about {length:.0f} characters, such as {_quoted(distinct, 1)}"
    if words.str.match(_DATE).all():
        # In this form the order of the texts is the order of the dates.
        ends = pd.Series([words.min(), words.max()])
        return " to ".join(_quoted(ends[place:], 1) for place in (0, 1))
    if len(distinct) <= _FEW_VALUES:
        return _quoted(distinct.sort_values(key=lambda part: part.astype(str)), 20)
    return f"{_quoted(distinct, 4)}, ..."


def _quoted(values: pd.Series, count: int) -> str:
    return ", ".join(
        json.dumps(str(value)[:_VALUE_LENGTH], ensure_ascii=False)
        for value in values.head(count)
    )


def _short(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text[:_VALUE_LENGTH]


def _name(name: object) -> str:
    """Return a column's name; one that would break the line is quoted."""
    text = str(name)
    if (
        text != text.strip()
        or re.search(r'[|"\n\r`]', text)
        or len(text) > _NAME_LENGTH
    ):
        return json.dumps(text[:_NAME_LENGTH], ensure_ascii=False)
    return text
