"""Helpers for ``prepare.py``: the same bytes on every machine and library version.

Random draws come from SHA-256, not from a library's generator, and every number is
formatted here, so that checksums hold whatever numpy or pandas is installed.
"""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Item = TypeVar("Item")


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
