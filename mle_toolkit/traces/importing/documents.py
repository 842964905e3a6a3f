"""Read other tools' files: whole JSON documents, also cut ones, and JSON lines."""

from __future__ import annotations

import itertools
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.fields import load_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DOCUMENT_BYTES = 2 << 30
MAX_LINE_BYTES = 256 << 20
HEAD_BYTES = 64 << 10
MAX_DEPTH = 6
MAX_ENTRIES = 200_000
_MARK = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_CLOSERS = {"{": "}", "[": "]"}


def head_of(path: Path, size: int = HEAD_BYTES) -> str:
    """Return the first `size` bytes of a plain file as text; ``""`` without one.

    Nothing raises: a folder, a pipe or a file that may not be read is no text.
    """
    try:
        with os.fdopen(_open_regular(path), "rb") as file:
            return file.read(size).decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return ""


def read_document(path: Path, problems: list[Problem]) -> Any:
    """Return the JSON document in a file; of one that was cut off, what is there.

    Parameters
    ----------
    problems
        Gets a problem when the document was cut off.

    Raises
    ------
    StoreError
        When the file cannot be read, is too large, or holds no JSON at all.
    """
    text = _text_of_file(path)
    try:
        return load_json(text)
    except RecursionError as error:
        msg = f"{path} cannot be read: its JSON is nested too deeply"
        raise StoreError(msg) from error
    except ValueError as error:
        reason = f"the JSON is broken or was cut off: {error}"
        found = _closed(text)
        if found is None:
            msg = f"{path} cannot be read: {reason}. Is it the right file?"
            raise StoreError(msg) from error
    problems.append(
        Problem(str(path), f"{reason}; what comes before was read", kind="cut off")
    )
    return found


def read_lines(
    path: Path,
    problems: list[Problem],
    *,
    progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object of a file of JSON lines, with its place.

    Lines that hold no object become problems.  A last line that does not end, as in
    a file that is still written, is taken when it is whole and passed over in silence
    when it is not.

    Parameters
    ----------
    progress
        Called with the number of bytes of each line.

    Yields
    ------
    tuple of str and dict
        The place, such as ``"<path>, line 3"``, and the object.

    Raises
    ------
    StoreError
        When the file cannot be read.
    """
    with _opened(path) as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            place = f"{path}, line {number}"
            if len(line) >= MAX_LINE_BYTES and not line.endswith(b"\n"):
                _skip_line(file)
                reason = f"the line has more than {MAX_LINE_BYTES >> 20} MiB"
                problems.append(Problem(place, reason, "long line", 1))
            else:
                item = _object_of(line, place, problems)
                if item is not None:
                    yield place, item
            if progress is not None:
                progress(len(line))


def inside(folder: Path, name: str) -> Path | None:
    """Return the plain file `name` in `folder`; None when it is not there.

    `name` may come from a trace: it may not lead out of the folder, and neither may
    a link on the way.
    """
    try:
        root = folder.resolve()
        path = (root / name).resolve()
        if path.is_relative_to(root) and stat.S_ISREG(path.stat().st_mode):
            return path
    except (OSError, ValueError, RuntimeError):
        pass
    return None


def peek(path: Path) -> Any:
    """Return what the beginning of a JSON file holds; None when that is no JSON.

    Of a longer document it is the part that lies in the first `HEAD_BYTES`, and of
    JSON lines the first line.
    """
    head = head_of(path)
    for text in (head, head.partition("\n")[0]):
        try:
            return load_json(text)
        except (ValueError, RecursionError):
            continue
    return _closed(head)


def find_files(
    root: Path, wanted: Callable[[str], bool], *, most: int | None = None
) -> list[Path]:
    """Return the plain files below a folder whose name is wanted, in order.

    Links are not followed.  The search ends `MAX_DEPTH` folders down, after
    `MAX_ENTRIES` names, and when `most` files are found.
    """
    found: list[Path] = []
    waiting = [(str(root), 0)]
    left = MAX_ENTRIES
    while waiting and left > 0 and (most is None or len(found) < most):
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(itertools.islice(listing, left), key=_name)
        except OSError:
            continue
        left -= len(entries)
        found += [Path(entry.path) for entry in entries if _is_wanted(entry, wanted)]
        if depth < MAX_DEPTH:
            below = [each for each in entries if each.is_dir(follow_symlinks=False)]
            waiting += [(each.path, depth + 1) for each in reversed(below)]
    return found[:most]


def _opened(path: Path) -> Any:
    try:
        return os.fdopen(_open_regular(path), "rb")
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise StoreError(msg) from error
    except ValueError as error:
        msg = f"{str(path)!r} cannot be read: {error}"
        raise StoreError(msg) from error


def _open_regular(path: Path) -> int:
    # A pipe would block for ever, and a device has no end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, "it is not a plain file")
    return descriptor


def _text_of_file(path: Path) -> str:
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_DOCUMENT_BYTES:
            msg = (
                f"{path} has {size} bytes, and a JSON document may have "
                f"{MAX_DOCUMENT_BYTES}: it has to fit into memory. Split it, or "
                "import a format of one record a line"
            )
            raise StoreError(msg)
        return bytes(file.read(MAX_DOCUMENT_BYTES)).decode("utf-8-sig", "replace")


def _closed(text: str) -> Any:
    """Return what a cut document holds up to its last whole value; None for nothing."""
    open_brackets: list[str] = []
    keep = 0
    for match in _MARK.finditer(text):
        mark = match.group()
        if mark == '"':
            # A string without an end: the cut is in it.
            break
        if mark in _CLOSERS:
            open_brackets.append(_CLOSERS[mark])
            keep = match.end()
        elif mark == ",":
            keep = match.start()
        elif mark in {"]", "}"}:
            if not open_brackets or open_brackets.pop() != mark:
                return None
            keep = match.end()
            if not open_brackets:
                break
    if not keep:
        return None
    try:
        return load_json(text[:keep] + "".join(reversed(open_brackets)))
    except (ValueError, RecursionError):
        return None


def _object_of(
    line: bytes, place: str, problems: list[Problem]
) -> dict[str, Any] | None:
    if not line.strip():
        return None
    try:
        item = load_json(line)
    except (ValueError, RecursionError) as error:
        if line.endswith(b"\n"):
            problems.append(Problem(place, f"not JSON: {error}", "not JSON", 1))
        return None
    if not isinstance(item, dict):
        reason = f"a JSON object is needed; this is a {type(item).__name__}"
        problems.append(Problem(place, reason, "not an object", 1))
        return None
    return item


def _skip_line(file: Any) -> None:
    while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_wanted(entry: os.DirEntry[str], wanted: Callable[[str], bool]) -> bool:
    return wanted(entry.name) and entry.is_file(follow_symlinks=False)
