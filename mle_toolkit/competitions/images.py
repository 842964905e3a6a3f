"""Pictures and arrays for ``prepare.py``: the same bytes on every machine.

Image libraries compress as their version of zlib likes.  These files are small, so
they are written without compression, byte by byte as their formats demand; every
library reads them.
"""

from __future__ import annotations

import itertools
import math
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NPY_MAGIC = b"\x93NUMPY\x01\x00"
_NPY_ALIGNMENT = 64
_BLOCK = 0xFFFF


def write_png(path: Path, rows: Sequence[Sequence[int]]) -> None:
    """Write an 8-bit grey PNG file, without compression.

    Parameters
    ----------
    path
        The file.
    rows
        Grey values from 0 (black) to 255 (white), row by row from the top.

    Raises
    ------
    ValueError
        When there is no pixel, the rows differ in length, or a value is out of range.

    References
    ----------
    Portable Network Graphics (PNG) Specification, W3C, sections 5, 9 and 10.
    """
    width = len(rows[0]) if rows else 0
    if not width or any(len(row) != width for row in rows):
        msg = f"{path.name} needs rows of one length; got {[len(row) for row in rows]}"
        raise ValueError(msg)
    # Each row is preceded by its filter: none.  Grey, 8 bits, not interlaced.
    content = b"".join(b"\x00" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 0, 0, 0, 0)
    path.write_bytes(
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", _stored(content))
        + _chunk(b"IEND", b"")
    )


def write_npy(path: Path, values: Iterable[int], shape: tuple[int, ...]) -> None:
    """Write numbers from 0 to 255 as a ``.npy`` file of the type uint8.

    Parameters
    ----------
    path
        The file.
    values
        The numbers, the last axis fastest.
    shape
        The shape of the array.

    Raises
    ------
    ValueError
        When the number of values is not that of the shape, or one is out of range.

    References
    ----------
    NEP 1, a simple file format for NumPy arrays, version 1.0.
    """
    content = bytes(values)
    if len(content) != math.prod(shape):
        msg = f"{path.name} needs {math.prod(shape)} values; got {len(content)}"
        raise ValueError(msg)
    facts = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    used = len(_NPY_MAGIC) + 2 + len(facts) + 1
    header = facts + " " * (-used % _NPY_ALIGNMENT) + "\n"
    size = struct.pack("<H", len(header))
    path.write_bytes(_NPY_MAGIC + size + header.encode("ascii") + content)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _stored(content: bytes) -> bytes:
    """Return a zlib stream of stored blocks."""
    return (
        b"\x78\x01"
        + b"".join(_blocks(content))
        + struct.pack(">I", zlib.adler32(content))
    )


def _blocks(content: bytes) -> Iterator[bytes]:
    starts = range(0, len(content), _BLOCK)
    for start, following in itertools.zip_longest(starts, starts[1:]):
        block = content[start:following]
        last = b"\x01" if following is None else b"\x00"
        yield last + struct.pack("<HH", len(block), len(block) ^ _BLOCK) + block
