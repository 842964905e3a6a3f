"""Describe arrays and pictures by their headers; their content is not read."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = {".npy", ".npz"}
_PICTURE = ".png"
_MAX_ARRAYS = 20
_MAX_HEADER = 10_000
_PNG = struct.Struct(">8s4x4sIIBB")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey and alpha", 6: "RGB and alpha"}


def is_array(name: str) -> bool:
    """Say whether a file of that name is one that `describe_array` reads."""
    return PurePosixPath(name).suffix.lower() in _SUFFIXES


def is_picture(name: str) -> bool:
    """Say whether a file of that name is one that `describe_picture` reads."""
    return PurePosixPath(name).suffix.lower() == _PICTURE


def describe_array(path: Path, name: str) -> str:
    """Return the shape and the type of the array or arrays in a NumPy file.

    Parameters
    ----------
    path
        The file, ``.npy`` or ``.npz``.
    name
        How to call it in the text.
    """
    try:
        with _open(path) as source:
            if PurePosixPath(name).suffix.lower() == ".npy":
                return f"== {name}: array, {_header(source)}"
            with zipfile.ZipFile(source) as archive:
                return _describe_archive(archive, name)
    except Exception as error:  # noqa: BLE001 - a broken file can raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        return f"== {name}: cannot be read as an array: {reason}"


def describe_picture(path: Path) -> str | None:
    """Return the size and the kind of a PNG file; None when it is none."""
    try:
        with _open(path) as source:
            head = source.read(_PNG.size)
        signature, kind, width, height, bits, colour = _PNG.unpack(head)
    except (OSError, struct.error):
        return None
    if signature != _PNG_SIGNATURE or kind != b"IHDR" or colour not in _COLOURS:
        return None
    return f"{height} rows x {width} columns, {bits}-bit {_COLOURS[colour]}"


def _open(path: Path) -> IO[bytes]:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags), "rb")


def _describe_archive(archive: zipfile.ZipFile, name: str) -> str:
    members = archive.namelist()
    lines = [f"== {name}: {len(members)} arrays"]
    for member in members[:_MAX_ARRAYS]:
        with archive.open(member) as source:
            shown = member.removesuffix(".npy")[:80]
            lines.append(f"{shown}: array, {_header(source)}")
    if len(members) > _MAX_ARRAYS:
        lines.append(f"({len(members) - _MAX_ARRAYS} more arrays)")
    return "\n".join(lines)


def _header(source: IO[bytes]) -> str:
    version = np.lib.format.read_magic(source)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read(source, max_header_size=_MAX_HEADER)
    size = " x ".join(map(str, shape)) or "a single value"
    return f"{size}, {dtype}"
