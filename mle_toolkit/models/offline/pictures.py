"""Make out what a problem's pictures are, and where a program finds them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.overview import Column

if TYPE_CHECKING:
    from mle_toolkit.models.offline.overview import Picture, Table
    from mle_toolkit.models.offline.reading import Brief

ARRAYS = "arrays"
FILES = "files"
PIXELS = "pixels"

REACH = 2
"""How far the surroundings of a pixel reach, in pixels."""
SIDE = 16
"""The side to which pictures from files are brought."""
_LARGEST_SIDE = 32
_WHITE = 255
_PAIR = 2
_IMAGE_AXES = (3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures that belong to the rows of the tables.

    Attributes
    ----------
    kind
        ``"arrays"``: one array for each table, with a picture for each row.
        ``"files"``: a column of each table names a file.  ``"pixels"``: as before, and
        a second column of the training data names the picture that is wanted.
    train, test
        Arrays, as `mle_toolkit.models.offline.overview.read_arrays` names them; with
        files, the column that names them.
    wanted
        The column of the wanted pictures, with pixels.
    rows, columns, channels
        Size of a picture.
    scale
        What grey values are divided by, with pixels.
    """

    kind: str
    train: str
    test: str = ""
    wanted: str = ""
    rows: int = 0
    columns: int = 0
    channels: int = 1
    scale: int = 1

    @property
    def step(self) -> int:
        """Every so manyth pixel of an array is used."""
        return -(-max(self.rows, self.columns) // _LARGEST_SIDE)

    @property
    def features(self) -> Column:
        """The columns that a program makes of them."""
        if self.kind == PIXELS:
            count, name = (2 * REACH + 1) ** 2, "around_"
        elif self.kind == FILES:
            count, name = SIDE**2, "pixel_"
        else:
            across = -(-self.columns // self.step)
            count = -(-self.rows // self.step) * across * self.channels
            name = "pixel_"
        return Column(
            first=f"{name}0",
            last=f"{name}{count - 1}",
            count=count,
            kind="number",
            missing=0,
            distinct=_PAIR,
            low=0.0,
            high=float(_WHITE),
            values="",
        )


def find_pictures(brief: Brief, train: Table, test: Table) -> Pictures | None:
    """Return the pictures of a problem, or None when the overview shows none."""
    return (
        _pixels(brief, train, test)
        or _files(brief, train, test)
        or _arrays(brief, train, test)
    )


def _pixels(brief: Brief, train: Table, test: Table) -> Pictures | None:
    """Return the pictures when others are to be made of them, pixel by pixel."""
    given = _file_columns(train, test)
    wanted = [
        c for c in train.columns if c.kind == "file" and c.first not in test.names
    ]
    if not given or not wanted or len(brief.targets) != 1:
        return None
    before, after = _picture(brief, given[0]), _picture(brief, wanted[0])
    if before is None or before != after or not before.is_grey:
        return None
    sample = brief.tables.get(brief.sample)
    if sample is None or not _row_by_row(sample.first_rows):
        return None
    return Pictures(
        kind=PIXELS,
        train=given[0].first,
        wanted=wanted[0].first,
        rows=before.rows,
        columns=before.columns,
        scale=_WHITE if brief.highest == 1 else 1,
    )


def _row_by_row(lines: tuple[str, ...]) -> bool:
    """Say whether ids end in the places of pixels, the columns fastest."""
    places = [re.search(r"\D0\D(\d+)(?:,|$)", line.split(",")[0]) for line in lines[1:]]
    return len(places) > 1 and [
        int(place[1]) if place else -1 for place in places
    ] == list(range(len(places)))


def _files(brief: Brief, train: Table, test: Table) -> Pictures | None:
    """Return the pictures when a column of both tables names their files."""
    for column in _file_columns(train, test):
        if picture := _picture(brief, column):
            return Pictures(
                kind=FILES,
                train=column.first,
                rows=picture.rows,
                columns=picture.columns,
            )
    return None


def _arrays(brief: Brief, train: Table, test: Table) -> Pictures | None:
    """Return the pictures when there is an array with as many entries as rows."""
    names = {
        word: next(
            (
                name
                for name, shape in brief.arrays.items()
                if word in name.lower()
                and shape[0] == table.rows
                and len(shape) in _IMAGE_AXES
            ),
            "",
        )
        for word, table in (("train", train), ("test", test))
    }
    if not all(names.values()):
        return None
    shapes = [brief.arrays[name] for name in names.values()]
    if shapes[0][1:] != shapes[1][1:]:
        return None
    rows, columns, *channels = shapes[0][1:]
    return Pictures(
        kind=ARRAYS,
        train=names["train"],
        test=names["test"],
        rows=rows,
        columns=columns,
        channels=channels[0] if channels else 1,
    )


def _file_columns(train: Table, test: Table) -> list[Column]:
    return [c for c in train.columns if c.kind == "file" and c.first in test.names]


def _picture(brief: Brief, column: Column) -> Picture | None:
    """Return what is known of the pictures that a column names."""
    first = re.match(r'"([^"]+)"', column.values)
    folder = posixpath.dirname(first[1]) if first else ""
    return brief.pictures.get(folder or "this folder")
