"""Where an export goes: a new file, complete or not there at all."""

from __future__ import annotations

from pathlib import Path

from mle_toolkit.errors import StoreError


def new_file(target: str | Path, *, overwrite: bool) -> Path:
    """Return the path to write to; its folder is made when it is missing.

    Raises
    ------
    StoreError
        When there is something that may not be replaced, or no folder can be made.
    """
    path = Path(target).absolute()
    if path.is_dir():
        msg = f"{path} is a folder. Give the name of the file to write"
        raise StoreError(msg)
    if path.exists() and not overwrite:
        msg = f"{path} exists already. Give another name, or overwrite=True"
        raise StoreError(msg)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{path.parent} cannot be made: {error.strerror or error}"
        raise StoreError(msg) from error
    return path


def cannot_write(path: Path, error: OSError) -> StoreError:
    """Return the error that says why nothing was written."""
    return StoreError(f"{path} cannot be written: {error.strerror or error}")


def encodable(text: str) -> str:
    """Return text with lone surrogates, which no UTF-8 file can hold, as ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
