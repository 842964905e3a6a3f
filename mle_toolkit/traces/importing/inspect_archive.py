"""Read the members of Inspect's ``.eval`` files: zip archives of JSON documents.

New versions of Inspect compress with Zstandard, which Python's own zip module knows
from 3.14 on only.  What a member claims of itself is not believed: what is decompressed
is counted.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from mle_toolkit.errors import MissingExtraError, StoreError
from mle_toolkit.traces.importing.fields import load_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_MEMBER_BYTES = 1 << 30
MAX_MEMBERS = 1_000_000
_ZSTANDARD = 93
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BLOCK = 1 << 20
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 0x1


class Archive:
    """The JSON documents of one zip file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    StoreError
        When it is no zip file, or its list of members is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with zipfile.ZipFile(path) as file:
                found = file.infolist()
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror or error}"
            raise StoreError(msg) from error
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            msg = (
                f"{path} is no whole zip file: {error}. A log of Inspect is one "
                "when its run has ended; of a killed run, `inspect log recover` "
                "makes one"
            )
            raise StoreError(msg) from error
        if len(found) > MAX_MEMBERS:
            msg = f"{path} lists {len(found)} members; {MAX_MEMBERS} are allowed"
            raise StoreError(msg)
        # Of members of one name the last one counts: a log is appended to.
        self._members = {item.filename: item for item in found}

    @property
    def names(self) -> list[str]:
        """The names of the members; they are not to be used as paths."""
        return list(self._members)

    def document(self, name: str) -> Any:
        """Return the JSON document of a member; None when there is no such member.

        Raises
        ------
        StoreError
            When it is broken or too large.
        MissingExtraError
            When it is compressed with Zstandard, and nothing can undo that.
        """
        item = self._members.get(name)
        if item is None:
            return None
        try:
            return load_json(self._bytes(item))
        except RecursionError as error:
            reason = "its JSON is nested too deeply"
            raise self._broken(name, reason) from error
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise self._broken(name, str(error)) from error

    def _broken(self, name: str, reason: str) -> StoreError:
        return StoreError(f"{name!r} in {self.path} cannot be read: {reason}")

    def _bytes(self, item: zipfile.ZipInfo) -> bytes:
        if item.flag_bits & _ENCRYPTED:
            msg = "it is encrypted"
            raise ValueError(msg)
        if item.compress_type not in {*_PLAIN, _ZSTANDARD}:
            msg = f"it is compressed in a way that is not known ({item.compress_type})"
            raise ValueError(msg)
        found = bytearray()
        for block in _blocks(self.path, item):
            found += block
            if len(found) > MAX_MEMBER_BYTES:
                msg = f"it has more than {MAX_MEMBER_BYTES >> 20} MiB"
                raise ValueError(msg)
        if zlib.crc32(found) != item.CRC:
            msg = "its checksum is wrong"
            raise ValueError(msg)
        return bytes(found)


def _blocks(path: Path, item: zipfile.ZipInfo) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(item.header_offset)
        header = file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            msg = "its header is broken"
            raise ValueError(msg)
        *_, name_length, extra_length = _LOCAL.unpack(header)
        file.seek(name_length + extra_length, io.SEEK_CUR)
        source = _Part(file, item.compress_size)
        if item.compress_type == zipfile.ZIP_STORED:
            yield from iter(lambda: source.read(_BLOCK), b"")
        elif item.compress_type == zipfile.ZIP_DEFLATED:
            yield from _inflated(source)
        else:
            reader = _zstandard_reader(cast("BinaryIO", source))
            yield from iter(lambda: reader.read(_BLOCK), b"")


class _Part(io.RawIOBase):
    """The next `size` bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def _inflated(source: _Part) -> Iterator[bytes]:
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while not machine.eof:
            block = machine.unconsumed_tail or source.read(_BLOCK)
            if not block:
                msg = "it was cut off"
                raise ValueError(msg)
            yield machine.decompress(block, _BLOCK)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _zstandard_reader(source: BinaryIO) -> Any:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        return _Guarded(source)
    return zstd.ZstdFile(source)


class _Guarded:
    """A reader of the package `zstandard`, whose errors are its own."""

    def __init__(self, source: BinaryIO) -> None:
        try:
            import zstandard
        except ImportError as error:
            package = "zstandard, which this log is compressed with,"
            raise MissingExtraError(package, "inspect") from error
        self._error = zstandard.ZstdError
        self._reader = zstandard.ZstdDecompressor().stream_reader(
            source, read_across_frames=True
        )

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._reader.read(size))
        except self._error as error:
            raise ValueError(str(error)) from error
