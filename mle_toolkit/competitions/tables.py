"""Helpers for ``prepare.py``: the same bytes on every machine and library version.

Random draws come from SHA-256, not from a library's generator, and every number is
formatted here, so that checksums hold whatever numpy or pandas is installed.
"""

from __future__ import annotations

import csv
import hashlib
import math
import struct
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Item = TypeVar("Item")
_EIGHT_WORDS = struct.Struct(">8I")


def unit(*key: object) -> float:
    """Return a number in [0, 1) that depends on `key` alone.

    Examples
    --------
    >>> unit("digits", 1) == unit("digits", 1) != unit("digits", 2)
    True
    """
    text = "\x1f".join(str(part) for part in key)
    head = hashlib.sha256(text.encode()).digest()[:8]
    return (int.from_bytes(head, "big") >> 11) / (1 << 53)


def bell(*key: object) -> float:
    """Return a draw with mean 0, variance 1 and nearly the shape of the bell curve.

    It is the scaled sum of eight uniform draws from one digest, always within
    [-4.9, 4.9], and needs no function whose last digit depends on the machine.

    Examples
    --------
    >>> bell("page", 1) == bell("page", 1) != bell("page", 2)
    True
    """
    text = "\x1f".join(str(part) for part in key)
    total: int = sum(_EIGHT_WORDS.unpack(hashlib.sha256(text.encode()).digest()))
    # The sum of eight uniform draws has the mean 4 and the variance 8 / 12.
    return (total / (1 << 32) - 4) * math.sqrt(1.5)


def shuffled(items: Iterable[Item], *key: object) -> list[Item]:
    """Return the items in an order that depends on their number and `key` alone.

    Examples
    --------
    >>> sorted(shuffled(range(5), "a"))
    [0, 1, 2, 3, 4]
    """
    numbered = list(enumerate(items))
    numbered.sort(key=lambda pair: unit(*key, pair[0]))
    return [item for _, item in numbered]


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write a CSV file with line feeds; None becomes an empty cell.

    Floats are refused: the caller formats them, so that the digits are its choice.

    Raises
    ------
    TypeError
        When a cell is a float.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            if any(isinstance(cell, float) for cell in row):
                msg = f"format the floats of {path.name} before writing: {row!r}"
                raise TypeError(msg)
            writer.writerow(row)


def write_split(
    public: Path,
    private: Path,
    *,
    id_column: str,
    header: Sequence[str],
    targets: Sequence[str],
    train: Iterable[Sequence[Sequence[object]]],
    test: Iterable[Sequence[Sequence[object]]],
    example: Sequence[object],
) -> None:
    """Write the four tables of a competition whose targets are columns of train.

    Parameters
    ----------
    public, private
        Folders for ``train.csv``, ``test.csv`` and ``sample_submission.csv``, and for
        ``answers.csv``.
    id_column, header, targets
        Names of the id, of the features and of what is to be predicted.
    train, test
        Rows, each as three sequences: the id alone, the features, the targets.
    example
        The targets that every row of the sample submission has.

    Raises
    ------
    TypeError
        When a cell is a float; see `write_csv`.
    """
    known, asked = list(train), list(test)
    write_csv(
        public / "train.csv",
        [id_column, *header, *targets],
        ([*name, *cells, *truth] for name, cells, truth in known),
    )
    write_csv(
        public / "test.csv",
        [id_column, *header],
        ([*name, *cells] for name, cells, _ in asked),
    )
    write_csv(
        public / "sample_submission.csv",
        [id_column, *targets],
        ([*name, *example] for name, _, _ in asked),
    )
    write_csv(
        private / "answers.csv",
        [id_column, *targets],
        ([*name, *truth] for name, _, truth in asked),
    )
