"""Prepared data: made once per machine, checked, and never half there.

``<data folder>/<id>/prepared/`` holds ``public/`` (what agents see), ``private/``
(the answers) and ``manifest.json``.  It appears by one rename, so whoever sees it
sees all of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.competitions.cards import Card, load_card
from mle_toolkit.competitions.code import run_script
from mle_toolkit.errors import CardError, MissingExtraError, NotPreparedError
from mle_toolkit.records import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANIFEST = "manifest.json"
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The two folders of prepared data."""

    public: Path
    private: Path


def data_dir() -> Path:
    """Return the folder of prepared data: ``$MLE_DATA``, else the user's cache."""
    given = os.environ.get("MLE_DATA")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("mle-toolkit")) / "data"


def locate(competition: str) -> Prepared:
    """Return where the prepared data are, or would be; nothing is checked."""
    folder = data_dir() / competition / "prepared"
    return Prepared(folder / "public", folder / "private")


def is_prepared(competition: str) -> bool:
    """Whether the data are there: the recorded files with the recorded sizes.

    This reads no data; `verify` compares the content.
    """
    return _is_complete(load_card(competition), locate(competition).public.parent)


def verify(competition: str) -> list[str]:
    """Return the prepared files that are missing or differ from their checksums.

    An empty list means that all is as recorded.
    """
    card = load_card(competition)
    recorded = checksums(card)
    found = _hash_files(locate(competition).public.parent)
    return sorted(name for name in recorded if found.get(name) != recorded[name])


def prepare(competition: str, *, force: bool = False) -> Prepared:
    """Make the data of a competition and return where they are.

    Does nothing when they are there already.  Two processes may call this at once:
    the second waits for the first.

    Parameters
    ----------
    competition
        The competition's id.
    force
        Make the data again even if they are there.

    Raises
    ------
    UnknownNameError
        When there is no such competition.
    MissingExtraError
        When the package that carries the data is not installed.
    NotPreparedError
        When the folder cannot be written, the data cannot be made, or they differ
        from the recorded checksums.
    """
    card = load_card(competition)
    if not (card.folder / "prepare.py").exists():
        msg = f"the data of {card.id!r} cannot be made: its card has no prepare.py"
        raise NotPreparedError(msg)
    home = locate(card.id).public.parent.parent
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _lock(home):
            if force or not _is_complete(card, home / "prepared"):
                _make(card, home)
    except OSError as error:
        msg = (
            f"the data of {card.id!r} cannot be written to {home}: "
            f"{error.strerror or error}. Make room or get the right to write there, "
            "or set MLE_DATA to another folder"
        )
        raise NotPreparedError(msg) from error
    return locate(card.id)


def task(competition: str) -> Task:
    """Return what an agent may know of a competition.

    Raises
    ------
    NotPreparedError
        When the data are not on this machine yet.
    """
    card = load_card(competition)
    return Task(
        competition=card.id,
        title=card.title,
        description=card.description(),
        metric=card.metric,
        lower_is_better=card.lower_is_better,
        public_dir=str(require_prepared(card).public),
        sample_submission=card.files.sample_submission,
        id_column=card.id_column,
        target_columns=card.target_columns,
        split=card.split,
        rules=asdict(card.rules),
    )


def require_prepared(card: Card) -> Prepared:
    """Return the prepared folders.

    Raises
    ------
    NotPreparedError
        When the data are not on this machine yet.
    """
    if not is_prepared(card.id):
        msg = (
            f"the data of {card.id!r} are not prepared in {data_dir()}: "
            f"run `mle prepare {card.id}`"
        )
        raise NotPreparedError(msg)
    return locate(card.id)


def checksums(card: Card) -> dict[str, str]:
    """Return the recorded SHA-256 of each prepared file, by its relative name.

    Raises
    ------
    CardError
        When ``checksums.txt`` is missing or no list of checksums.
    """
    path = card.folder / "checksums.txt"
    try:
        pairs = [line.split() for line in path.read_text("utf-8").splitlines()]
        return {name: digest for digest, name in pairs}
    except (OSError, ValueError) as error:
        msg = f"the checksums of {card.id!r} cannot be read: {error}"
        raise CardError(msg) from error


def build(card: Card, folder: Path) -> dict[str, str]:
    """Make the data in an empty `folder`; return the SHA-256 of each file.

    Raises
    ------
    MissingExtraError, NotPreparedError
        See `prepare`.
    """
    public, private = folder / "public", folder / "private"
    public.mkdir()
    private.mkdir(mode=0o700)
    (public / "description.md").write_text(card.description(), encoding="utf-8")
    try:
        run_script(card, "prepare.py")["prepare"](public, private)
    except ModuleNotFoundError as error:
        package = (error.name or "a package").partition(".")[0]
        if card.source.extra:
            raise MissingExtraError(package, card.source.extra) from error
        msg = f"the data of {card.id!r} need {package}, which is not installed"
        raise NotPreparedError(msg) from error
    return _hash_files(folder)


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[None]:
    import fcntl

    with (home / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(card: Card, home: Path) -> None:
    _remove_partial(home)
    temporary = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=home))
    try:
        found = build(card, temporary)
        _compare(card, found)
        _write_manifest(temporary, found)
        _open_to_agents(temporary)
        ready = home / "prepared"
        if ready.exists():
            ready.rename(home / f"{_PARTIAL}old-{os.getpid()}")
        temporary.rename(ready)
    finally:
        _remove_partial(home)


def _open_to_agents(folder: Path) -> None:
    # Agents may run under another user, and this one may have a strict umask.
    for path in (folder, folder / "public", *folder.glob("public/**/*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _remove_partial(home: Path) -> None:
    for leftover in home.glob(f"{_PARTIAL}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _compare(card: Card, found: dict[str, str]) -> None:
    recorded = checksums(card)
    differing = sorted(
        name for name in recorded | found if recorded.get(name) != found.get(name)
    )
    if differing:
        msg = (
            f"the data made for {card.id!r} differ from the recorded ones in "
            f"{', '.join(differing)}, so scores would not compare: the installed "
            f"packages carry other data than {card.source.name}"
        )
        raise NotPreparedError(msg)


def _write_manifest(folder: Path, found: dict[str, str]) -> None:
    files = {
        name: {"sha256": digest, "size": (folder / name).stat().st_size}
        for name, digest in found.items()
    }
    text = json.dumps({"files": files}, indent=1, sort_keys=True)
    (folder / _MANIFEST).write_text(text + "\n", encoding="utf-8")


def _is_complete(card: Card, folder: Path) -> bool:
    try:
        manifest: Any = json.loads((folder / _MANIFEST).read_bytes())
        files = manifest["files"]
        return {name: files[name]["sha256"] for name in files} == checksums(
            card
        ) and all(
            (folder / name).stat().st_size == files[name]["size"] for name in files
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _hash_files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.glob("p*/**/*"))
        if path.is_file()
    }
