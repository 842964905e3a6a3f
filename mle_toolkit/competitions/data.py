"""Make data: once per machine, checked, and never half there.

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
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.competitions import places
from mle_toolkit.competitions.cards import Card, is_shipped, load_card
from mle_toolkit.competitions.code import run_script
from mle_toolkit.competitions.places import (
    CHECKSUMS,
    DESCRIPTION,
    MANIFEST,
    SCRIPT,
    Prepared,
    checksums,
    describe,
    how,
    is_complete,
    locate,
    require_prepared,
)
from mle_toolkit.errors import MissingExtraError, NotPreparedError
from mle_toolkit.records import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTIAL = ".partial-"


def is_prepared(competition: str) -> bool:
    """Whether the data are there.

    This reads no data; `verify` compares the content.
    """
    return is_complete(load_card(competition))


def verify(competition: str) -> list[str]:
    """Return the prepared files that are missing or differ from their checksums.

    An empty list means that all is as recorded.
    """
    card = load_card(competition)
    recorded = checksums(card)
    found = _hash_files(locate(card).public.parent)
    return sorted(name for name in recorded if found.get(name) != recorded[name])


def prepare(competition: str, *, force: bool = False, trust: bool = False) -> Prepared:
    """Make the data of a competition and return where they are.

    Does nothing when they are there already.  Two processes may call this at once:
    the second waits for the first.

    Parameters
    ----------
    competition
        The competition's id.
    force
        Make the data again even if they are there.
    trust
        Run the ``prepare.py`` of a competition that is not shipped here.

    Raises
    ------
    UnknownNameError
        When there is no such competition.
    UsageError
        When the competition is not shipped and not trusted.
    MissingExtraError
        When the package that carries the data is not installed.
    NotPreparedError
        When the folder cannot be written, the data cannot be made, or they differ
        from the recorded checksums.
    """
    card = load_card(competition)
    if not (card.folder / SCRIPT).exists():
        if is_complete(card):
            return locate(card)
        msg = f"the data of {card.id!r} are not here and cannot be made: {how(card)}"
        raise NotPreparedError(msg)
    home = places.home(card)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _lock(home):
            if force or not is_complete(card):
                _make(card, home, trust=trust)
    except OSError as error:
        msg = (
            f"the data of {card.id!r} cannot be written to {home}: "
            f"{error.strerror or error}. Make room or get the right to write there, "
            "or set MLE_DATA to another folder"
        )
        raise NotPreparedError(msg) from error
    return locate(card)


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
        description=describe(card),
        metric=card.metric,
        lower_is_better=card.lower_is_better,
        public_dir=str(require_prepared(card).public),
        sample_submission=card.files.sample_submission,
        id_column=card.id_column,
        target_columns=card.target_columns,
        split=card.split,
        rules=asdict(card.rules),
        card_dir="" if is_shipped(card) else str(card.folder),
    )


def build(card: Card, folder: Path, *, trust: bool = False) -> dict[str, str]:
    """Make the data in an empty `folder`; return the SHA-256 of each file.

    Raises
    ------
    MissingExtraError, NotPreparedError
        See `prepare`.
    """
    public, private = folder / "public", folder / "private"
    public.mkdir()
    private.mkdir(mode=0o700)
    (public / DESCRIPTION).write_text(describe(card), encoding="utf-8")
    try:
        run_script(card, SCRIPT, trust=trust)["prepare"](public, private)
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


def _make(card: Card, home: Path, *, trust: bool) -> None:
    _remove_partial(home)
    temporary = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=home))
    try:
        found = build(card, temporary, trust=trust)
        if (card.folder / CHECKSUMS).exists():
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
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _hash_files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.glob("p*/**/*"))
        if path.is_file()
    }
