"""Get the data of MLE-bench's competitions from Kaggle, when the user asks for it.

The official kaggle package downloads; MLE-bench's own preparation, when that package
is installed, then makes the split that published scores belong to.  Both are asked to
work in the layout that they share with us, so nothing is moved afterwards.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.competitions.places import data_dir, is_complete
from mle_toolkit.errors import MissingExtraError, NotPreparedError, UsageError

if TYPE_CHECKING:
    from mle_toolkit.competitions.cards import Card

_KEYS = "https://www.kaggle.com/settings"
_RULES = "https://www.kaggle.com/c/{}/rules"
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was downloaded, and whether it is prepared.

    Attributes
    ----------
    archive
        The downloaded file.
    prepared
        Whether the competition may be used now.
    next_step
        What to do if it may not; else empty.
    """

    archive: Path
    prepared: bool
    next_step: str


def fetch(card: Card, *, quiet: bool = False) -> Fetched:
    """Download a competition from Kaggle, and prepare it if MLE-bench is installed.

    An archive that is whole already is not downloaded again.

    Parameters
    ----------
    card
        A competition of MLE-bench.
    quiet
        Show no progress.

    Raises
    ------
    UsageError
        When the competition is not one of Kaggle's.
    MissingExtraError
        When the kaggle package is not installed.
    NotPreparedError
        When there are no keys, the rules are not accepted, the download fails, or
        the preparation fails; it says what to do.
    """
    if not card.source.name.startswith("Kaggle competition"):
        msg = f"{card.id!r} does not come from Kaggle: run `mle prepare {card.id}`"
        raise UsageError(msg)
    folder = data_dir() / card.id
    archive = folder / f"{card.id}.zip"
    if not _is_whole(archive):
        _download(card, folder, quiet=quiet)
    if not _is_whole(archive):
        msg = f"Kaggle sent no whole archive of {card.id!r}: {archive}; try again"
        raise NotPreparedError(msg)
    if importlib.util.find_spec("mlebench") is None:
        return Fetched(
            archive,
            is_complete(card),
            "MLE-bench, which makes the split, is not installed: install its clone "
            "with pip and run this again. Nothing will be downloaded twice",
        )
    _prepare(card, quiet=quiet)
    return Fetched(archive, prepared=True, next_step="")


def _download(card: Card, folder: Path, *, quiet: bool) -> None:
    if importlib.util.find_spec("kaggle") is None:
        package = "kaggle"
        raise MissingExtraError(package, "kaggle")
    from kaggle.api.kaggle_api_extended import KaggleApi
    from requests import RequestException

    api = KaggleApi()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        api.authenticate()
        api.competition_download_files(card.id, path=str(folder), quiet=quiet)
    except SystemExit as stop:
        # What the package does when it finds no keys.
        raise NotPreparedError(_no_keys()) from stop
    except RequestException as error:
        status = error.response.status_code if error.response is not None else None
        raise NotPreparedError(_reason(card, status, error)) from error
    except (OSError, ValueError) as error:
        msg = f"{card.id!r} cannot be downloaded to {folder}: {error}"
        raise NotPreparedError(msg) from error


def _reason(card: Card, status: int | None, error: Exception) -> str:
    if status == _UNAUTHORIZED:
        return f"Kaggle does not accept your key: make a new one at {_KEYS}"
    if status == _FORBIDDEN:
        return (
            f"Kaggle refuses the data of {card.id!r}: accept its rules at "
            f"{_RULES.format(card.id)} and run this again. Where the page has no "
            "button any more, the data cannot be had from Kaggle"
        )
    if status == _NOT_FOUND:
        return f"Kaggle does not know the competition {card.id!r} any more"
    said = f"status {status}" if status else type(error).__name__
    return f"the download of {card.id!r} failed: {said}; run this again to go on"


def _no_keys() -> str:
    return (
        f"there is no key for Kaggle: make one at {_KEYS}, and put it into "
        f"{Path.home() / '.kaggle'} or the variable KAGGLE_API_TOKEN"
    )


def _is_whole(archive: Path) -> bool:
    # The directory of a zip file is at its end: half a download has none.
    return archive.is_file() and zipfile.is_zipfile(archive)


def _prepare(card: Card, *, quiet: bool) -> None:
    command = [sys.executable, "-m", "mlebench.cli", "prepare", "-c", card.id]
    command += ["--data-dir", str(data_dir())]
    done = subprocess.run(  # noqa: S603 - MLE-bench, which the user installed
        command,
        check=False,
        text=True,
        env=os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else None,
        stderr=subprocess.PIPE,
    )
    if done.returncode or not is_complete(card):
        said = (done.stderr or "").strip().splitlines()
        msg = (
            f"MLE-bench did not prepare {card.id!r} "
            f"(exit code {done.returncode}): {said[-1] if said else 'it said nothing'}"
        )
        raise NotPreparedError(msg)
