"""Take over a data folder that MLE-bench prepared: linked, not copied.

Such a folder holds ``<id>/prepared/public`` and ``<id>/prepared/private``.  A clone of
MLE-bench, found inside or named, adds leaderboards and descriptions.  Nothing is
fetched, and the folder itself is never changed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.competitions.cards import Card, list_cards
from mle_toolkit.competitions.places import (
    DESCRIPTION,
    LEADERBOARD,
    data_dir,
)
from mle_toolkit.errors import NotPreparedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LFS = b"version https://git-lfs.github.com/spec/"
_SOURCE = "mlebench/competitions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was found of one competition.

    Attributes
    ----------
    competition
        Its id.
    usable
        Whether agents can run on it and submissions can be graded.
    leaderboard
        Whether its whole leaderboard is there; without one, the medal lines of the
        card are used and percentiles are unknown.
    description
        Whether agents can read what the task is.
    problems
        What is missing, one sentence each.
    """

    competition: str
    usable: bool
    leaderboard: bool
    description: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the pieces of one competition were found."""

    prepared: Path
    leaderboard: Path | None
    description: Path | None


def import_mlebench(
    folder: str | Path, *, clone: str | Path | None = None
) -> list[Imported]:
    """Link the prepared competitions of MLE-bench in `folder`; say what is usable.

    Links go to `data_dir`; older links are replaced, but never prepared data.  May be
    called again whenever the folder has grown.

    Parameters
    ----------
    folder
        A data folder of MLE-bench, or a clone that holds one.
    clone
        A clone of MLE-bench, for leaderboards and descriptions; None looks in
        `folder` and the folder above.

    Returns
    -------
    list of Imported
        One entry per competition that `folder` has a subfolder for.

    Raises
    ------
    UsageError
        When `folder` is no folder or holds no competition of MLE-bench.
    NotPreparedError
        When the links cannot be written.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        msg = f"{root} is not a folder; name the one that holds <id>/prepared"
        raise UsageError(msg)
    known = {card.id: card for card in list_cards() if card.protocol != "standard"}
    found = [
        _import(known[name], places) for name, places in _search(root, clone, known)
    ]
    if not found:
        msg = (
            f"{root} holds no competition of MLE-bench: no subfolder <id>/prepared "
            f"with an id such as {next(iter(known))!r}"
        )
        raise UsageError(msg)
    return found


def _search(
    root: Path, clone: str | Path | None, known: dict[str, Card]
) -> Iterator[tuple[str, _Places]]:
    clones = [Path(clone).expanduser()] if clone else [root, root.parent]
    for name in known:
        homes = [root / name, root / "data" / name]
        if root.name == name:
            homes.insert(0, root)
        home = next((path for path in homes if (path / "prepared").is_dir()), None)
        if home is None:
            continue
        sources = [home, *(path / _SOURCE / name for path in clones)]
        prepared = home / "prepared"
        yield (
            name,
            _Places(
                prepared=prepared.resolve(),
                leaderboard=_first([path / LEADERBOARD for path in sources]),
                description=_first(
                    [
                        prepared / "public" / DESCRIPTION,
                        *(path / DESCRIPTION for path in sources),
                    ]
                ),
            ),
        )


def _import(card: Card, places: _Places) -> Imported:
    problems = _faults(card, places)
    target = data_dir() / card.id
    usable = not problems
    try:
        target.mkdir(parents=True, exist_ok=True)
        if usable:
            _link(places.prepared, target / "prepared")
        board, fault = _usable_leaderboard(places.leaderboard)
        if board is not None:
            _link(board, target / LEADERBOARD)
        if places.description is not None:
            _link(places.description, target / DESCRIPTION)
    except OSError as error:
        msg = (
            f"{card.id!r} cannot be linked into {target}: {error.strerror or error}; "
            "set MLE_DATA to a folder that you may write to"
        )
        raise NotPreparedError(msg) from error
    problems += fault
    if places.description is None:
        problems.append("no description: agents would not know the task")
    return Imported(
        competition=card.id,
        usable=usable,
        leaderboard=board is not None,
        description=places.description is not None,
        problems=tuple(problems),
    )


def _faults(card: Card, places: _Places) -> list[str]:
    """Return what grading or running would miss."""
    wanted = {
        f"private/{card.files.answers}": card.answer_columns
        or (card.id_column, *card.target_columns),
        f"public/{card.files.sample_submission}": card.target_columns,
    }
    problems = []
    for name, columns in wanted.items():
        path = places.prepared / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.suffix == ".csv" and (lost := _lost(path, columns)):
            problems.append(f"{name} lacks the columns {', '.join(lost)}")
    return problems


def _lost(path: Path, columns: Sequence[str]) -> list[str]:
    import pandas as pd

    try:
        header = pd.read_csv(path, nrows=0).columns
    except (OSError, ValueError):
        return list(columns)
    return [name for name in columns if name not in header]


def _usable_leaderboard(path: Path | None) -> tuple[Path | None, list[str]]:
    if path is None:
        return None, ["no leaderboard: percentiles will be unknown"]
    with path.open("rb") as file:
        if file.read(len(_LFS)) == _LFS:
            return None, [
                (
                    f"{path} is a pointer of Git LFS, not the leaderboard: run "
                    "`git lfs pull` in the clone"
                )
            ]
    return path.resolve(), []


def _link(source: Path, target: Path) -> None:
    if target.resolve() == source.resolve():
        return
    if target.exists() and not target.is_symlink():
        msg = "data that were prepared here are in the way"
        raise FileExistsError(17, msg)
    # Whoever looks in between finds the old link or the new one, never none.
    temporary = target.with_name(f".link-{os.getpid()}-{target.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(source.resolve())
    temporary.replace(target)


def _first(paths: list[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)
