"""Read the tables of a data overview."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_TITLE = re.compile(
    r"^== (?P<name>.+?): (?:about )?(?P<rows>\d+) rows x (?P<columns>\d+) columns"
)
_GROUP = re.compile(r"^(?P<first>.+) to (?P<last>.+) \((?P<count>\d+) columns\)$")
_RANGE = re.compile(r"^(?P<low>\S+) to (?P<high>[^\s:,]+)")
_ARRAY = re.compile(r"^(?P<name>.+?): array, (?P<shape>\d+(?: x \d+)*), \w+$")
_ARCHIVE = re.compile(r"^== (?P<name>.+?): \d+ arrays$")
_PICTURES = re.compile(
    r"^== (?P<folder>.+?)/?: \d+ PNG files; .+ has "
    r"(?P<rows>\d+) rows x (?P<columns>\d+) columns, \d+-bit (?P<colours>.+)$"
)
_FILE = re.compile(r'^"[^"]+\.png"', re.IGNORECASE)
_DATE = re.compile(r'^"\d{4}-\d{2}-\d{2}')
_FEW = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, or a group of columns that differ by a number.

    Attributes
    ----------
    first, last, count
        Names of the first and last column of the group; the same for one column.
    kind
        ``"number"``, ``"date"``, ``"file"`` (names of pictures), ``"text"``,
        ``"words"`` (few distinct texts) or ``"code"`` (many).
    missing, distinct
        Missing values in all, and distinct values of one column at least.
    low, high
        Range of a number.
    values
        The values as the overview shows them.
    """

    first: str
    last: str
    count: int
    kind: str
    missing: int
    distinct: int
    low: float
    high: float
    values: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The size of a picture in pixels, and whether it is grey."""

    rows: int
    columns: int
    is_grey: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the overview; of some the columns are told, of others a few rows."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    first_rows: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """The names at the ends of the groups of columns."""
        return {name for item in self.columns for name in (item.first, item.last)}


def read_tables(overview: str) -> dict[str, Table]:
    """Return the tables of an overview by file name.

    Lines that are not understood are passed over.
    """
    tables: dict[str, Table] = {}
    name, rows = "", 0
    columns: list[Column] = []
    others: list[str] = []
    for line in [*overview.splitlines(), "== end"]:
        if line.startswith("== "):
            if name:
                shown = () if columns else tuple(others)
                tables[name] = Table(name, rows, tuple(columns), shown)
            title = _TITLE.match(line)
            name = title["name"] if title else ""
            rows = int(title["rows"]) if title else 0
            columns, others = [], []
        elif name and (column := _read_column(line)):
            columns.append(column)
        elif line:
            others.append(line)
    return tables


def read_arrays(overview: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays in an overview, by how a program gets at them.

    The key is the name of a ``.npy`` file; for an array in a ``.npz`` file it is that
    of the file, a colon, and that of the array.
    """
    found: dict[str, tuple[int, ...]] = {}
    archive = ""
    for line in overview.splitlines():
        if line.startswith("== "):
            opening = _ARCHIVE.match(line)
            archive = opening["name"] if opening else ""
        array = _ARRAY.match(line)
        if array and (archive or line.startswith("== ")):
            name = array["name"]
            key = f"{archive}:{name}" if archive else name.removeprefix("== ")
            found[key] = tuple(int(part) for part in array["shape"].split(" x "))
    return found


def read_pictures(overview: str) -> dict[str, Picture]:
    """Return what the first picture of each folder is like, by folder."""
    matches = [_PICTURES.match(line) for line in overview.splitlines()]
    return {
        found["folder"]: Picture(
            rows=int(found["rows"]),
            columns=int(found["columns"]),
            is_grey=found["colours"] == "grey",
        )
        for found in matches
        if found
    }


def _read_column(line: str) -> Column | None:
    name, separator, rest = _split_name(line)
    cells = rest.split(" | ", 3)
    if not separator or len(cells) < 4 or cells[0] == "type":  # noqa: PLR2004
        return None
    group = _GROUP.match(name)
    numbers = re.findall(r"\d+", cells[1] + " " + cells[2])
    missing, distinct = (
        (int(numbers[0]), int(numbers[1])) if len(numbers) > 1 else (0, 0)
    )
    span = _RANGE.match(cells[3])
    return Column(
        first=group["first"] if group else name,
        last=group["last"] if group else name,
        count=int(group["count"]) if group else 1,
        kind=_kind(cells[0], distinct, cells[3]),
        missing=missing,
        distinct=distinct,
        low=_float(span["low"]) if span else float("nan"),
        high=_float(span["high"]) if span else float("nan"),
        values=cells[3],
    )


def _split_name(line: str) -> tuple[str, str, str]:
    quoted = re.match(r'^("(?:[^"\\]|\\.)*") \| ', line)
    if quoted is None:
        return line.partition(" | ")
    return str(json.loads(quoted[1])), " | ", line[quoted.end() :]


def _kind(dtype: str, distinct: int, values: str) -> str:
    if dtype.startswith(("int", "uint", "float", "bool")):
        return "number"
    if values.startswith("text of about"):
        return "text"
    if _DATE.match(values):
        return "date"
    if _FILE.match(values):
        return "file"
    return "words" if distinct <= _FEW else "code"


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
