"""Malformed submissions, made from a good one: seeded, so that each has a name.

`contents` changes what is in the file and `places` what kind of file it is.  The names
say what was done; together with the seed they reproduce every file.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import random
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAVY_BYTES = 5_000_000
COLUMNS_SHOWN = 4
# What a cell may hold, by name.  Many are legal for some competition.
CELLS: dict[str, str] = {
    **json.loads(Path(__file__).with_name("odd_cells.json").read_text("utf-8")),
    "int64": str(2**63 - 1),
    "int64-min": str(-(2**63)),
    "uint64": str(2**64 - 1),
    "beyond-64": str(2**64),
    "30-digits": "9" * 30,
    "400-digits": "9" * 400,
    "400-decimals": "0." + "3" * 400,
    "run-of-400-digits": f"1 {'9' * 400}",
}
# These also fill whole columns.
FILLERS = (
    "blank", "space", "inf", "minus-inf", "1e308", "minus-1e308", "1e-320", "zero",
    "one", "minus-one", "half", "true", "int64", "beyond-64", "400-digits", "word",
    "words", "quote", "newline", "emoji", "dash", "one-run", "run-endless",
    "six-nans", "six-infs", "box", "box-3d", "point", "colon", "underscore",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as texts."""

    header: list[str]
    rows: list[list[str]]

    @classmethod
    def parse(cls, text: str) -> Sheet:
        """Return the sheet of a CSV text."""
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        return cls(header, rows)

    def dump(self) -> bytes:
        """Return the sheet as CSV."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue().encode("utf-8", "surrogatepass")

    def set(self, row: int, column: int, cell: str) -> Sheet:
        """Return the sheet with another cell."""
        rows = [list(each) for each in self.rows]
        rows[row][column] = cell
        return replace(self, rows=rows)

    def fill(self, column: int, cells: Callable[[str], str]) -> Sheet:
        """Return the sheet with all cells of a column changed."""
        rows = [
            [*row[:column], cells(row[column]), *row[column + 1 :]] for row in self.rows
        ]
        return replace(self, rows=rows)

    def pick(self, places: list[int]) -> Sheet:
        """Return the sheet with these columns, in this order."""
        return Sheet(
            [self.header[place] for place in places],
            [[row[place] for place in places] for row in self.rows],
        )


def contents(
    text: str, *, seed: int, n_random: int, heavy: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of malformed files.

    Parameters
    ----------
    text
        A good submission, as CSV.
    seed
        Which cells are hit, and what the random ones are.
    n_random
        How many random changes of tokens, and how many random combinations.
    heavy
        Whether to add files of some megabytes.
    """
    sheet, draw = Sheet.parse(text), random.Random(seed)  # noqa: S311 - no secrets
    yield from _whole_files(text.encode(), draw)
    for kind in (_column_changes, _row_changes, _cell_changes):
        yield from ((name, changed.dump()) for name, changed in kind(sheet, draw))
    for number in range(n_random):
        yield f"token-{number}", _token_change(sheet, draw).dump()
    for number in range(n_random):
        yield f"combination-{number}", _combination(sheet, draw)
    if heavy:
        yield from _heavy_files(sheet, draw)


def places(folder: Path, data: bytes) -> Iterator[tuple[str, Path]]:
    """Yield name and path of what is no plain CSV file; `data` is a good submission."""
    good = folder / "good.csv"
    good.write_bytes(data)
    (folder / "folder.csv").mkdir()
    yield "folder", folder / "folder.csv"
    (folder / "link.csv").symlink_to(good)
    yield "link", folder / "link.csv"
    (folder / "nowhere.csv").symlink_to(folder / "nothing")
    yield "dangling-link", folder / "nowhere.csv"
    (folder / "endless.csv").symlink_to("/dev/zero")
    yield "link-to-device", folder / "endless.csv"
    os.mkfifo(folder / "pipe.csv")
    yield "pipe", folder / "pipe.csv"
    (folder / "gzip.csv").write_bytes(gzip.compress(data, mtime=0))
    yield "gzip", folder / "gzip.csv"
    with zipfile.ZipFile(folder / "zip.csv", "w") as archive:
        archive.writestr("submission.csv", data)
    yield "zip", folder / "zip.csv"
    (folder / "table.txt").write_bytes(data)
    yield "other-suffix", folder / "table.txt"
    (folder / "UPPER.CSV").write_bytes(data)
    yield "upper-suffix", folder / "UPPER.CSV"
    (folder / "new\nline \U0001f600.csv").write_bytes(data)
    yield "newline-in-name", folder / "new\nline \U0001f600.csv"
    yield "missing", folder / "missing.csv"
    yield "missing-with-newline", folder / "missing\n.csv"


def _whole_files(data: bytes, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    head, _, body = data.partition(b"\n")
    lines = data.splitlines()
    middle = len(data) // 2
    yield from {
        "untouched": data,
        "empty": b"",
        "blank-file": b" \n\t\n",
        "newline-only": b"\n",
        "header-only": head + b"\n",
        "header-without-end": head,
        "no-header": body,
        "header-twice": head + b"\n" + data,
        "bom": b"\xef\xbb\xbf" + data,
        "bom-twice": b"\xef\xbb\xbf" * 2 + data,
        "utf-16": data.decode().encode("utf-16"),
        "utf-16-bare": data.decode().encode("utf-16-le"),
        "utf-32": data.decode().encode("utf-32"),
        "crlf": data.replace(b"\n", b"\r\n"),
        "cr": data.replace(b"\n", b"\r"),
        "no-end": data.rstrip(b"\n"),
        "blank-lines": data.replace(b"\n", b"\n\n"),
        "space-lines": data.replace(b"\n", b"\n \n"),
        "trailing-commas": data.replace(b"\n", b",\n"),
        "leading-commas": b"\n".join(b"," + line for line in lines),
        "spaces-after-commas": data.replace(b",", b", "),
        "semicolons": data.replace(b",", b";"),
        "tabs": data.replace(b",", b"\t"),
        "unclosed-quote": head + b'\n"' + body,
        "quote-in-the-middle": data[:middle] + b'"' + data[middle:],
        "truncated": data[:middle],
        "nul": data[:middle] + b"\0" + data[middle:],
        "latin-1": data[:middle] + b"\xe9" + data[middle:],
        "surrogates": data[:middle] + b"\xed\xa0\x80" + data[middle:],
        "control": data[:middle] + b"\x1a\x1b\x08" + data[middle:],
        "random-bytes": draw.randbytes(2000),
        "binary-tail": data + draw.randbytes(500),
        "pickle": pickle.dumps([1, "submission"]),
        "parquet": b"PAR1" + draw.randbytes(500) + b"PAR1",
        "png": b"\x89PNG\r\n\x1a\n" + draw.randbytes(500),
        "json": b'[{"id": 1, "target": 0.5}]',
        "html": b"<html><body>404, not found</body></html>\n",
        "separator-line": b"sep=,\n" + data,
        "comment": b"# made by hand\n" + data,
        "index-column": b"\n".join(
            b"%d,%s" % (number, line) for number, line in enumerate(lines)
        ),
        "one-field-more": head
        + b"\n"
        + b"\n".join(
            b"%d,%s" % (number, line) for number, line in enumerate(body.splitlines())
        ),
        "one-long-row": data + lines[-1] + b",1,2,3,4,5\n",
        "one-short-row": data + lines[-1].split(b",")[0] + b"\n",
    }.items()


def _column_changes(sheet: Sheet, draw: random.Random) -> Iterator[tuple[str, Sheet]]:
    header, n_columns = sheet.header, len(sheet.header)
    every = list(range(n_columns))
    for place in _some(every, draw):
        name = header[place]
        rest = [other for other in every if other != place]
        yield f"drop {name}", sheet.pick(rest)
        yield f"twice {name}", sheet.pick([*every, place])
        for said, other in (
            ("upper", name.upper()),
            ("space", f" {name}"),
            ("unnamed", ""),
            ("accent", f"{name}\u0301"),
        ):
            names = [*header[:place], other, *header[place + 1 :]]
            yield f"{said} {name}", replace(sheet, header=names)
    yield "reversed-columns", sheet.pick(every[::-1])
    yield "names-reversed", replace(sheet, header=header[::-1])
    yield "same-names", replace(sheet, header=[header[0]] * n_columns)
    yield "numbered-names", replace(sheet, header=[str(place) for place in every])
    for name in ("extra", "type", "keep", "Usage", "index", "self", "0", "nan"):
        yield f"extra {name}", _with_column(sheet, n_columns, name, "1")
    yield "extra-text", _with_column(sheet, n_columns, "extra", "text")
    yield "extra-first", _with_column(sheet, 0, "", "7")
    yield (
        "many-columns",
        Sheet(
            [*header, *(f"c{number}" for number in range(2000))],
            [[*row, *["0"] * 2000] for row in sheet.rows[:20]],
        ),
    )


def _row_changes(sheet: Sheet, draw: random.Random) -> Iterator[tuple[str, Sheet]]:
    rows, n_rows = sheet.rows, len(sheet.rows)
    shuffled, row = draw.sample(rows, n_rows), draw.randrange(n_rows)
    changed = {
        "one-row": rows[:1],
        "half": rows[: n_rows // 2],
        "without-first": rows[1:],
        "without-last": rows[:-1],
        "first-again": [*rows, rows[0]],
        "last-for-first": [rows[-1], *rows[1:]],
        "all-twice": rows * 2,
        "all-the-same": [rows[0]] * n_rows,
        "reversed": rows[::-1],
        "shuffled": shuffled,
        "sorted": sorted(rows),
        "shifted": [*rows[1:], rows[0]],
        "stranger": [*rows, ["stranger", *rows[0][1:]]],
        "stranger-for-first": [["stranger", *rows[0][1:]], *rows[1:]],
    }
    yield from (
        (name, replace(sheet, rows=[list(each) for each in found]))
        for name, found in changed.items()
    )
    for name in (
        "blank",
        "space",
        "nan",
        "inf",
        "400-digits",
        "emoji",
        "true",
        "quote",
    ):
        yield f"id-{name}", sheet.set(row, 0, CELLS[name])
    for name in ("blank", "one", "inf", "word", "true", "beyond-64", "newline"):
        yield f"ids-{name}", sheet.fill(0, lambda _, cell=CELLS[name]: cell)
    yield "ids-with-space", sheet.fill(0, lambda cell: f" {cell}")
    yield "ids-as-floats", sheet.fill(0, lambda cell: f"{cell}.0")
    yield "ids-with-zero", sheet.fill(0, lambda cell: f"0{cell}")
    yield "ids-upper", sheet.fill(0, str.upper)


def _cell_changes(sheet: Sheet, draw: random.Random) -> Iterator[tuple[str, Sheet]]:
    n_rows = len(sheet.rows)
    targets = list(range(1, len(sheet.header)))
    for name, cell in CELLS.items():
        changed = sheet.set(draw.randrange(n_rows), draw.choice(targets), cell)
        yield f"cell-{name}", changed
    for name in FILLERS:
        column = draw.choice(targets)
        yield f"column-{name}", sheet.fill(column, lambda _, cell=CELLS[name]: cell)
    for name in ("zero", "one", "1e308", "blank", "word", "half"):
        changed = sheet
        for column in targets:
            changed = changed.fill(column, lambda _, cell=CELLS[name]: cell)
        yield f"all-{name}", changed


def _token_change(sheet: Sheet, draw: random.Random) -> Sheet:
    """Change one token of one cell, or the blanks between tokens."""
    column = draw.randrange(1, len(sheet.header))
    row = draw.randrange(len(sheet.rows))
    tokens = sheet.rows[row][column].split(" ")
    place = draw.randrange(len(tokens))
    other = draw.choice(list(CELLS.values()))
    found = draw.choice(
        [
            tokens[:place] + tokens[place + 1 :],
            [*tokens[:place], tokens[place], *tokens[place:]],
            [*tokens[:place], other, *tokens[place + 1 :]],
            [*tokens[:place], "", *tokens[place:]],
            [*tokens[:place], tokens[place][:-1], *tokens[place + 1 :]],
            [*tokens[:place], f"-{tokens[place]}", *tokens[place + 1 :]],
            [*tokens[:place], f"{tokens[place]}0", *tokens[place + 1 :]],
            [*tokens[:place], f"{tokens[place]}.5", *tokens[place + 1 :]],
            tokens[::-1],
            tokens * 2,
            draw.sample(tokens, len(tokens)),
        ]
    )
    return sheet.set(row, column, " ".join(found))


def _combination(sheet: Sheet, draw: random.Random) -> bytes:
    for _ in range(draw.randrange(1, 4)):
        kinds = (_column_changes, _row_changes, _cell_changes)
        changes = list(draw.choice(kinds)(sheet, draw))
        changed = draw.choice(changes)[1]
        if changed.rows and len(changed.header) > 1:
            sheet = changed
        sheet = _token_change(sheet, draw)
    data = bytearray(sheet.dump())
    for _ in range(draw.choice((0, 0, 1, 3))):
        data[draw.randrange(len(data))] = draw.choice(b',"\n\r 0\x009.e-x\xff')
    return bytes(data)


def _heavy_files(sheet: Sheet, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    row, column = draw.randrange(len(sheet.rows)), draw.randrange(1, len(sheet.header))
    own = sheet.rows[row][column] or "1"
    for name, unit in {
        "letters": "x",
        "digits": "9",
        "words": "ab ",
        "numbers": "1 ",
        "commas": ",",
        "quotes": '"',
        "newlines": "\n",
        "blanks": " ",
        "emojis": "\U0001f600",
        "its-own": f"{own} ",
        "boxes": "opacity 0.5 0 0 10 10 ",
        "3d-boxes": "0.9 1 2 3 4 5 6 0 car ",
        "points": "U+0031 1 2 ",
        "underscores": "1_",
    }.items():
        cell = unit * (HEAVY_BYTES // len(unit.encode()))
        yield f"5-MB-{name}", sheet.set(row, column, cell).dump()
    share = HEAVY_BYTES // len(sheet.rows)
    yield (
        "5-MB-its-own-in-all-rows",
        sheet.fill(column, lambda cell: f"{cell} " * (share // (len(cell) + 1))).dump(),
    )
    runs = " ".join(f"{start} 1" for start in range(1, 700_000, 2))
    yield "5-MB-runs", sheet.set(row, column, runs).dump()
    yield "5-MB-id", sheet.set(row, 0, "x" * HEAVY_BYTES).dump()
    yield (
        "5-MB-name",
        replace(sheet, header=[*sheet.header[:-1], "x" * HEAVY_BYTES]).dump(),
    )
    data = sheet.dump()
    line = data.splitlines(keepends=True)[-1]
    yield "5-MB-rows", data + line * (HEAVY_BYTES // len(line))
    yield "5-MB-blank-lines", data + b"\n" * HEAVY_BYTES
    yield "5-MB-commas", data + b"," * HEAVY_BYTES
    yield "5-MB-open-quote", data + b'"' + b"x\n" * (HEAVY_BYTES // 2)
    yield "5-MB-of-noise", draw.randbytes(HEAVY_BYTES)
    head, _, body = data.partition(b"\n")
    commas = b"," * HEAVY_BYTES
    yield "5-MB-first-row", head + b"\n" + commas + b"\n" + body
    # A quote within a field opens nothing, and one on another line closes.
    yield "5-MB-between-quotes", head + b'\nx"' + commas + b'x"\n' + body
    yield "5-MB-after-quotes", head + b'\n"x\n"' + commas + b'"x"\n' + body
    names = b"".join(b",c%d" % number for number in range(15_000))
    yield "many-names", head + names + b"\n" + body
    yield "many-fields", head + names + b"\n" + (b"x," * 15_000 + body[:100])


def _with_column(sheet: Sheet, place: int, name: str, cell: str) -> Sheet:
    return Sheet(
        [*sheet.header[:place], name, *sheet.header[place:]],
        [[*row[:place], cell, *row[place:]] for row in sheet.rows],
    )


def _some(columns: list[int], draw: random.Random) -> list[int]:
    """Return the first two columns and some others."""
    others = columns[2:]
    return columns[:2] + draw.sample(others, min(len(others), COLUMNS_SHOWN - 2))
