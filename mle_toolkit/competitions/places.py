"""Where prepared data lie, and whether they are there.

There are three kinds of home.  Data that are made from a card's ``prepare.py``, and
data of MLE-bench that were imported, lie in ``<data folder>/<id>/prepared``.  A
competition of the user's own may hold them itself, in ``prepared/`` beside its card.
Either way ``public/`` is what agents see and ``private/`` holds the answers.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import CardError, NotPreparedError

if TYPE_CHECKING:
    from mle_toolkit.competitions.cards import Card

LEADERBOARD = "leaderboard.csv"
DESCRIPTION = "description.md"
CHECKSUMS = "checksums.txt"
MANIFEST = "manifest.json"
SCRIPT = "prepare.py"


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


def home(card: Card) -> Path:
    """Return the folder that holds ``prepared/``, or would."""
    own = card.folder / "prepared"
    return card.folder if own.is_dir() else data_dir() / card.id


def locate(card: Card) -> Prepared:
    """Return where the prepared data are, or would be; nothing is checked."""
    # Links are followed once, here: a box mounts the folder itself.
    folder = (home(card) / "prepared").resolve()
    return Prepared(folder / "public", folder / "private")


def is_complete(card: Card) -> bool:
    """Whether the data are there; this reads none of them.

    Made data are compared with their record, by name and size.  Of other data, the
    sample submission and the answers must be there.
    """
    folder = (home(card) / "prepared").resolve()
    if (card.folder / CHECKSUMS).exists():
        return _as_recorded(card, folder)
    return (folder / "public" / card.files.sample_submission).is_file() and (
        folder / "private" / card.files.answers
    ).is_file()


def require_prepared(card: Card) -> Prepared:
    """Return the prepared folders.

    Raises
    ------
    NotPreparedError
        When the data are not on this machine yet; it says how to get them.
    """
    if not is_complete(card):
        msg = f"the data of {card.id!r} are not prepared in {home(card)}: {how(card)}"
        raise NotPreparedError(msg)
    return locate(card)


def how(card: Card) -> str:
    """Return what to do to get a competition's data."""
    if (card.folder / SCRIPT).exists():
        return f"run `mle prepare {card.id}`"
    return (
        "run `mle import mlebench DIR` if MLE-bench has prepared them, else "
        f"`mle prepare {card.id} --from-kaggle`"
    )


def describe(card: Card) -> str:
    """Return the task in words, Markdown: the card's own, else the user's copy.

    Raises
    ------
    CardError
        When there is none, or it is not UTF-8.
    """
    for path in (
        card.folder / DESCRIPTION,
        locate(card).public / DESCRIPTION,
        home(card) / DESCRIPTION,
    ):
        if not path.is_file():
            continue
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the description of {card.id!r} cannot be read: {path}: {error}"
            raise CardError(msg) from error
    msg = f"there is no description of {card.id!r} on this machine: {how(card)}"
    raise CardError(msg)


def checksums(card: Card) -> dict[str, str]:
    """Return the recorded SHA-256 of each prepared file, by its relative name.

    Raises
    ------
    CardError
        When ``checksums.txt`` is missing or no list of checksums.
    """
    path = card.folder / CHECKSUMS
    try:
        pairs = [line.split() for line in path.read_text("utf-8").splitlines()]
        return {name: digest for digest, name in pairs}
    except (OSError, ValueError) as error:
        msg = f"the checksums of {card.id!r} cannot be read: {error}"
        raise CardError(msg) from error


def _as_recorded(card: Card, folder: Path) -> bool:
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_bytes())
        files = manifest["files"]
        return {name: files[name]["sha256"] for name in files} == checksums(
            card
        ) and all(
            (folder / name).stat().st_size == files[name]["size"] for name in files
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
