"""What people note about an attempt: tags and comments, kept beside its log.

``annotations.jsonl`` only grows.  An edit is a later line with the same id, a removal
one that says so.  Each line is one write under a lock, so that two notebooks which
note something at once lose nothing.
"""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit import claims
from mle_toolkit.errors import StoreError, UsageError, check_choice
from mle_toolkit.records import Problem
from mle_toolkit.store import AttemptFolder, open_plain, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE = "annotations.jsonl"
KINDS = ("attempt", "node", "event")
MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_COMMENT = 10_000
_LONGEST_NAME = 100
# More than anybody writes by hand.
_LARGEST_FILE = 64 << 20
_LEAST_N = {"node": 0, "event": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What somebody noted about an attempt, or about a node or an event of it.

    Attributes
    ----------
    id
        Names the annotation within its attempt; an edit keeps it.
    time
        When it was written or last changed: UTC, ISO 8601.
    author
        Who wrote or last changed it.
    kind
        What it is about: one of `KINDS`.
    n
        The node's number, or the ``seq`` of the event; None for the attempt.
    tags
        Words to filter by, none twice.
    comment
        Free text, possibly empty.
    """

    id: str
    time: str
    author: str
    kind: str
    n: int | None
    tags: tuple[str, ...]
    comment: str

    def __post_init__(self) -> None:
        check_choice("kind of annotation", self.kind, KINDS)
        _check_number(self.kind, self.n)
        _check_tags(self.tags)
        _check_comment(self.comment)
        for name in ("id", "time", "author"):
            value = getattr(self, name)
            if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
                msg = (
                    f"{name} of an annotation must be a text of 1 to {_LONGEST_NAME} "
                    f"characters; got {str(value)[:_LONGEST_NAME]!r}"
                )
                raise UsageError(msg)
        if not self.tags and not self.comment:
            msg = "an annotation needs a tag or a comment; got neither"
            raise UsageError(msg)


def annotate(
    attempt_folder: str | Path | AttemptFolder,
    *,
    kind: str = "attempt",
    n: int | None = None,
    tags: Iterable[str] = (),
    comment: str = "",
    author: str | None = None,
    id: str | None = None,  # noqa: A002 - the name of the column and of the field
) -> Annotation:
    """Note something about an attempt, and return it as written.

    Parameters
    ----------
    attempt_folder
        The folder of one attempt.
    kind, n
        What it is about: ``"attempt"``, or ``"node"`` and the node's number, or
        ``"event"`` and its ``seq``.
    tags
        At most 20, each of at most 40 characters without a comma or a line feed.
    comment
        At most 10,000 characters.
    author
        By default the login name.
    id
        Change this annotation instead of adding one: everything is replaced.

    Raises
    ------
    UsageError
        When a value is illegal, or no annotation has that `id`.
    StoreError
        When this is no attempt's folder, or it cannot be written.

    Examples
    --------
    >>> annotate("runs/x/digits/tree-search-offline/0", tags=["leak"])
    ... # doctest: +SKIP
    """
    if isinstance(tags, str):
        msg = f"tags must be a list of texts, such as [{tags!r}]; got {tags!r}"
        raise UsageError(msg)
    made = Annotation(
        id=secrets.token_hex(6) if id is None else id,
        time=_now(),
        author=_login() if author is None else _sound(author),
        kind=kind,
        n=n,
        tags=tuple(dict.fromkeys(_sound(tag) for tag in tags)),
        comment=_sound(comment),
    )
    folder = _attempt(attempt_folder)
    with _locked(folder) as log:
        if id is not None:
            _check_known(id, folder)
        _append(log, asdict(made), folder)
    return made


def remove_annotation(
    attempt_folder: str | Path | AttemptFolder,
    id: str,  # noqa: A002 - as in `annotate`
    *,
    author: str | None = None,
) -> None:
    """Take an annotation away; the file keeps what was written.

    Raises
    ------
    UsageError
        When no annotation has that `id`.
    StoreError
        When this is no attempt's folder, or it cannot be written.
    """
    folder = _attempt(attempt_folder)
    line = {
        "id": id,
        "removed": True,
        "time": _now(),
        "author": _login() if author is None else author,
    }
    with _locked(folder) as log:
        _check_known(id, folder)
        _append(log, line, folder)


def read_annotations(
    folder: str | Path | AttemptFolder,
) -> tuple[list[Annotation], list[Problem]]:
    """Return the annotations of an attempt, oldest first, and what was wrong.

    Parameters
    ----------
    folder
        The folder of one attempt.

    Returns
    -------
    list of Annotation
        As they are now, in the order in which they were first written.
    list of Problem
        Lines that were passed over: torn ones, and those that are no annotation.

    Raises
    ------
    StoreError
        When the file is there and cannot be read.
    """
    path = _path_of(folder) / FILE
    try:
        with open_plain(path) as file:
            data = file.read(_LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise StoreError(msg) from error
    found: dict[str, Annotation | None] = {}
    problems = []
    for number, line in enumerate(io.BytesIO(data), 1):
        if not line.strip():
            continue
        try:
            name, annotation = _parse(line)
        except (UsageError, ValueError) as error:
            where = f"{path}, line {number}"
            problems.append(Problem(where, str(error), "annotation", 1))
            continue
        found[name] = annotation
    return [each for each in found.values() if each is not None], problems


def _parse(line: bytes) -> tuple[str, Annotation | None]:
    """Return the id of a line and what it says, or None for a removal."""
    if not line.endswith(b"\n"):
        msg = "the last line is torn"
        raise UsageError(msg)
    data = parse_json(line)
    if not isinstance(data, dict) or not isinstance(data.get("id"), str):
        msg = "no annotation: it has no id"
        raise UsageError(msg)
    if data.get("removed") is True:
        return _sound(data["id"]), None
    fields = {name: _sound(data.get(name)) for name in Annotation.__slots__}
    tags = fields["tags"]
    fields["tags"] = tuple(map(_sound, tags)) if isinstance(tags, list) else tags
    made = Annotation(**fields)
    return made.id, made


def _check_number(kind: str, n: object) -> None:
    if kind == "attempt":
        if n is not None:
            msg = f"an annotation of the attempt has no number; got n={n!r}"
            raise UsageError(msg)
        return
    least = _LEAST_N[kind]
    if not isinstance(n, int) or isinstance(n, bool) or n < least:
        msg = f"n of a {kind} must be a whole number from {least}; got {n!r}"
        raise UsageError(msg)


def _check_tags(tags: object) -> None:
    if not isinstance(tags, tuple) or len(tags) > MOST_TAGS:
        got = len(tags) if isinstance(tags, tuple) else repr(tags)
        msg = f"tags must be a list of at most {MOST_TAGS} texts; got {got}"
        raise UsageError(msg)
    for tag in tags:
        legal = isinstance(tag, str) and tag.isprintable() and "," not in tag
        if not legal or not 0 < len(tag) <= LONGEST_TAG:
            shown = repr(tag) if len(repr(tag)) <= 2 * LONGEST_TAG else "a longer text"
            msg = (
                f"a tag must have 1 to {LONGEST_TAG} printable characters and no "
                f"comma; got {shown}"
            )
            raise UsageError(msg)


def _check_comment(comment: object) -> None:
    if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
        got = len(comment) if isinstance(comment, str) else repr(comment)
        msg = f"a comment has at most {LONGEST_COMMENT:,} characters; got {got}"
        raise UsageError(msg)


def _check_known(name: str, folder: Path) -> None:
    known = [each.id for each in read_annotations(folder)[0]]
    check_choice(f"annotation of {folder}", name, known)


def _sound(value: Any) -> Any:
    """Return a text without blanks around it and without half characters."""
    if not isinstance(value, str):
        return value
    # A browser may cut a character in two; no file and no frame could hold that.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _path_of(folder: str | Path | AttemptFolder) -> Path:
    return folder.path if isinstance(folder, AttemptFolder) else Path(folder)


def _attempt(folder: str | Path | AttemptFolder) -> Path:
    path = _path_of(folder).absolute()
    if not is_attempt(path):
        msg = (
            f"{path} is not the folder of an attempt: it has no spec.json, no "
            "result.json and no try folder. Name one such as "
            "runs/x/digits/tree-search-offline/0"
        )
        raise StoreError(msg)
    return path


def is_attempt(folder: Path) -> bool:
    """Whether a folder is that of one attempt, by the files in it."""
    names = ("spec.json", claims.RESULT)
    return any((folder / name).is_file() for name in names) or bool(
        folder.is_dir() and claims.claimed_tries(str(folder))
    )


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Yield the open file, which nobody else of us writes meanwhile."""
    import fcntl

    # Not through a link, which may lead to a file of somebody else.
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        log = os.open(folder / FILE, flags, 0o644)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        # Some network file systems have no locks; the append is one write there too.
        with contextlib.suppress(OSError):
            fcntl.flock(log, fcntl.LOCK_EX)
        yield log
    finally:
        os.close(log)


def _append(log: int, line: dict[str, Any], folder: Path) -> None:
    # ASCII keeps lone surrogates and odd line separators out of the file.
    data = json.dumps(line).encode("ascii") + b"\n"
    try:
        size = os.fstat(log).st_size
        if size and os.pread(log, 1, size - 1) != b"\n":
            # A torn line must not swallow this one.
            data = b"\n" + data
        if os.write(log, data) < len(data):
            os.ftruncate(log, size)
            msg = f"{folder / FILE} cannot be written: the disk is full"
            raise StoreError(msg)
        os.fsync(log)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> StoreError:
    msg = f"{folder / FILE} cannot be written: {error.strerror or error}"
    return StoreError(msg)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _login() -> str:
    try:
        return getpass.getuser() or "unknown"
    except (OSError, KeyError, ImportError):
        # A container may know no name for its user.
        return "unknown"
