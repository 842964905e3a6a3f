"""Write whole files or nothing, publish once, and copy without following links."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import json
import os
import stat
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MAX_SUBMISSION_BYTES = 512 << 20
LARGEST_JSON = 256 << 20
# Nothing of ours nests deeper, and readers may recurse.
DEEPEST_JSON = 100
_CHUNK = 1 << 20
_serial = itertools.count()


def write_text(path: Path, text: str) -> None:
    """Replace `path` by a file that holds `text`: readers see the old or the new."""
    with _temporary(path, text) as temporary:
        os.replace(temporary, path)  # noqa: PTH105 - one call, no second Path
    _sync_folder(path.parent)


def write_json(path: Path, data: object) -> None:
    """Replace `path` by `data` as JSON; see `write_text`."""
    write_text(path, json.dumps(data, indent=1, default=str) + "\n")


def publish_once(path: Path, data: object) -> bool:
    """Write `data` as JSON unless `path` exists; return whether this call did it.

    The name appears by a hard link, which succeeds for one caller only, also on
    network file systems.
    """
    text = json.dumps(data, indent=1, default=str) + "\n"
    with _temporary(path, text) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
    _sync_folder(path.parent)
    return True


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`.

    Raises
    ------
    StoreError
        When the file is missing, unreadable, or holds anything but an object.
    """
    try:
        with open_plain(path) as file:
            data = parse_json(file.read(LARGEST_JSON))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise StoreError(msg) from error
    except ValueError as error:
        msg = f"{path} is not JSON: {error}"
        raise StoreError(msg) from error
    if not isinstance(data, dict):
        msg = f"{path} must hold a JSON object; it holds {type(data).__name__}"
        raise StoreError(msg)
    return data


def parse_json(data: bytes) -> Any:
    """Return what JSON text says.

    Raises
    ------
    ValueError
        When it is no JSON, or nests deeper than `DEEPEST_JSON`.
    """
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    # Counting is cheap, and tells of almost all that it cannot be deep.
    if data.count(b"[") + data.count(b"{") > DEEPEST_JSON and _is_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


_TOO_DEEP = f"it nests deeper than {DEEPEST_JSON} levels"


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST_JSON):
        inside = (x.values() if isinstance(x, dict) else x for x in level)
        level = [x for items in inside for x in items if isinstance(x, dict | list)]
        if not level:
            return False
    return True


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file to read, in a folder that somebody else may have made.

    A link may lead to a secret, a pipe never answers, and a device never ends.

    Raises
    ------
    OSError
        When it cannot be opened, or is no plain file.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _not_plain(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_plain(path)
    return os.fdopen(descriptor, "rb")


def _not_plain(path: Path) -> OSError:
    return OSError(errno.EINVAL, "it is not a plain file", str(path))


def append_bytes(descriptor: int, data: bytes) -> None:
    """Write all of `data` to an open file, however often the system stops short."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def copy_regular(
    folder: Path, name: str, target: Path, *, max_bytes: int
) -> tuple[int, str]:
    """Copy the plain file `name` in `folder` to `target`; return (size, sha256).

    The content comes from an agent, so nothing about it is trusted: links are
    not followed, pipes and devices are not opened for long, and a file that
    grows while it is copied is refused.

    Raises
    ------
    StoreError
        When `name` is not a plain file of at most `max_bytes`, or changes.
    """
    if "/" in name or name in {"", ".", ".."}:
        msg = f"{name!r} is not a plain file name"
        raise StoreError(msg)
    try:
        with open_plain(folder / name) as file:
            source = file.fileno()
            before = os.fstat(source)
            if before.st_size > max_bytes:
                msg = f"{name} has {before.st_size} bytes; {max_bytes} are allowed"
                raise StoreError(msg)
            copied = _copy(source, target, max_bytes)
            after = os.fstat(source)
    except OSError as error:
        msg = f"{name} cannot be copied: {error.strerror or error}"
        raise StoreError(msg) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        target.unlink(missing_ok=True)
        msg = f"{name} changed while it was copied"
        raise StoreError(msg)
    return copied


def _copy(source: int, target: Path, max_bytes: int) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    partial = _partial_name(target)
    try:
        with partial.open("xb") as out:
            while block := os.read(source, _CHUNK):
                size += len(block)
                if size > max_bytes:
                    msg = f"{target.name} grew above {max_bytes} bytes"
                    raise StoreError(msg)
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return size, digest.hexdigest()


def _partial_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{next(_serial)}.part")


@contextlib.contextmanager
def _temporary(path: Path, text: str) -> Iterator[Path]:
    partial = _partial_name(path)
    try:
        with partial.open("x", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        yield partial
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # Some network file systems refuse to sync a folder; the data are safe then.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
