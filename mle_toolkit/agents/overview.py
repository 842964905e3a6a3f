"""The data overview: what every model gets to see of the public folder."""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mle_toolkit.agents.arrays import (
    describe_array,
    describe_picture,
    is_array,
    is_picture,
)
from mle_toolkit.agents.tables import describe_table, is_table

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARS = 12_000
MAX_FILES = 5_000
TIME_LIMIT_S = 20.0
_LISTED_PER_FOLDER = 30
_TABLES = 8
_TEXT_SUFFIXES = {".md", ".txt", ".json", ".yaml", ".yml", ".toml"}
_HEAD_LINES = 5
_HEAD_BYTES = 2_000
_KILO = 1024


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: str
    size: int
    readable: bool


def describe_folder(
    folder: Path,
    *,
    sample: str | None = None,
    max_chars: int = MAX_CHARS,
    time_limit_s: float = TIME_LIMIT_S,
) -> str:
    """Return an overview of `folder`: files, tables, arrays, pictures, first lines.

    Parameters
    ----------
    folder
        The public folder of a competition.
    sample
        Name of the sample submission, whose first rows are shown.
    max_chars
        The overview is cut at this length.
    time_limit_s
        Tables that come after this time are listed, not read.

    Returns
    -------
    str
        Plain text.  A file that cannot be read is named with the reason; links,
        pipes and devices are named and never opened.
    """
    deadline = time.monotonic() + time_limit_s
    files = sorted(_walk(folder), key=lambda file: file.name)
    parts = [_listing(files)]
    tables = [file for file in files if file.readable and is_table(file.name)]
    tables.sort(key=lambda file: _importance(file.name, sample))
    for file in tables[:_TABLES]:
        if time.monotonic() > deadline:
            parts.append(f"== {file.name}: not read, to save time")
            continue
        head_only = file.name == sample
        parts.append(describe_table(file.path, file.name, head_only=head_only))
    if len(tables) > _TABLES:
        parts.append(f"({len(tables) - _TABLES} more tables)")
    parts += [*_arrays(files), *_pictures(files)]
    parts += [_head(file) for file in files if file.readable and _is_text(file.name)]
    return _cut("\n\n".join(part for part in parts if part), max_chars)


def human_size(size: int) -> str:
    """Return a number of bytes as a person writes it.

    Examples
    --------
    >>> human_size(512), human_size(2048), human_size(3 * 1024**2)
    ('512 B', '2.0 kB', '3.0 MB')
    """
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < _KILO:
            break
        value, unit = value / _KILO, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _importance(name: str, sample: str | None) -> tuple[bool, int, bool, str]:
    """Order tables: training data first, the sample last, and deep folders late."""
    return name == sample, name.count("/"), "train" not in name.lower(), name


def _is_text(name: str) -> bool:
    # The description is in the prompt already.
    path = PurePosixPath(name)
    return path.suffix in _TEXT_SUFFIXES and path.stem != "description"


def _walk(folder: Path) -> Iterator[_File]:
    seen = 0
    for current, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            seen += 1
            if seen > MAX_FILES:
                return
            path = Path(current) / name
            try:
                info = path.lstat()
            except OSError:
                continue
            regular = stat.S_ISREG(info.st_mode)
            shown = path.relative_to(folder).as_posix()
            shown = shown.encode("utf-8", "replace").decode("utf-8")
            yield _File(path, shown, info.st_size, regular)


def _listing(files: list[_File]) -> str:
    if not files:
        return "The folder is empty."
    by_folder: dict[str, list[_File]] = {}
    for file in files:
        by_folder.setdefault(str(PurePosixPath(file.name).parent), []).append(file)
    more = " or more" if len(files) >= MAX_FILES else ""
    lines = [f"Files ({len(files)}{more}):"]
    for inner in by_folder.values():
        shown = inner if len(inner) <= _LISTED_PER_FOLDER else inner[:5]
        lines += [
            f"- {file.name}: {human_size(file.size)}"
            if file.readable
            else f"- {file.name}: not a plain file"
            for file in shown
        ]
        if len(shown) < len(inner):
            lines.append(f"- ... {_kinds(inner)} in {_folder_name(inner[0])}")
    return "\n".join(lines)


def _arrays(files: list[_File]) -> list[str]:
    arrays = [file for file in files if file.readable and is_array(file.name)]
    lines = [describe_array(file.path, file.name) for file in arrays[:_TABLES]]
    if len(arrays) > _TABLES:
        lines.append(f"({len(arrays) - _TABLES} more files with arrays)")
    return lines


def _pictures(files: list[_File]) -> list[str]:
    """Tell the size of the first picture in each folder that holds some."""
    by_folder: dict[str, list[_File]] = {}
    for file in files:
        if file.readable and is_picture(file.name):
            by_folder.setdefault(_folder_name(file), []).append(file)
    lines = []
    for folder, inner in list(by_folder.items())[:_TABLES]:
        if size := describe_picture(inner[0].path):
            first = PurePosixPath(inner[0].name).name
            lines.append(f"== {folder}: {len(inner)} PNG files; {first} has {size}")
    return ["\n".join(lines)] if lines else []


def _folder_name(file: _File) -> str:
    parent = str(PurePosixPath(file.name).parent)
    return "this folder" if parent == "." else f"{parent}/"


def _kinds(files: list[_File]) -> str:
    counts = Counter(PurePosixPath(file.name).suffix or "no suffix" for file in files)
    return ", ".join(f"{count} x {kind}" for kind, count in counts.most_common(5))


def _head(file: _File) -> str:
    try:
        with file.path.open("rb") as source:
            data = source.read(_HEAD_BYTES)
    except OSError as error:
        return f"== {file.name}: cannot be read: {error.strerror or error}"
    text = data.decode("utf-8", "replace").replace("\x00", "?")
    lines = [line[:200] for line in text.splitlines()[:_HEAD_LINES]]
    return f"== {file.name}, first lines\n" + "\n".join(lines)


def _cut(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    note = "\n... (the overview is cut here)"
    return text[: max(0, max_chars - len(note))] + note
