"""Read what other tools wrote of their attempts, and store it as run folders of ours.

Nothing is executed, unpickled or trusted: text stays text, whatever has the wrong type
is counted as a problem, and names become safe before they become paths.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from mle_toolkit.errors import StoreError, check_choice

if TYPE_CHECKING:
    from mle_toolkit.traces.importing.records import ForeignTrace

# In the order in which they are tried: the most telling marks first.
FORMATS = {
    "inspect": "inspect_log",
    "aira-dojo": "aira_dojo",
    "aide": "aide",
    "mlab": "mlab",
    "swe-agent": "swe_agent",
    "atif": "atif",
    "openhands": "openhands",
    "codex": "codex",
    "claude-code": "claude_code",
}


class Importer(Protocol):
    """What a module of a format offers."""

    def matches(self, path: Path) -> bool:
        """Say by a cheap look whether a file or folder is of this format."""
        ...

    def read(self, path: Path) -> list[ForeignTrace]:
        """Return the traces in it; see `read_traces` for the errors."""
        ...


def importer(name: str) -> Importer:
    """Return the importer of a format.

    Raises
    ------
    UnknownNameError
        When there is no such format.
    """
    check_choice("trace format", name, FORMATS)
    module = importlib.import_module(f"{__name__}.{FORMATS[name]}")
    return cast("Importer", module)


def detect(path: str | Path) -> str | None:
    """Return the format of a file or folder by a cheap look; None when it is unknown.

    Examples
    --------
    >>> detect("no/such/file") is None
    True
    """
    place = Path(path)
    if not place.exists():
        return None
    return next((name for name in FORMATS if importer(name).matches(place)), None)


def read_traces(path: str | Path, *, format: str | None = None) -> list[ForeignTrace]:  # noqa: A002 - as in pandas and click
    """Return the attempts that another tool recorded in a file or folder.

    Parameters
    ----------
    path
        A file, or the folder that the tool wrote; a folder of many attempts gives
        all of them.
    format
        One of `FORMATS`; by default, what `detect` says.

    Returns
    -------
    list of ForeignTrace
        Their events are read when they are iterated over, once.

    Raises
    ------
    StoreError
        When there is nothing to read, or it is of no known format.
    UnknownNameError
        When there is no such format.
    """
    place = Path(path)
    if format is not None:
        check_choice("trace format", format, FORMATS)
    if not place.exists():
        msg = f"{path} does not exist, so there is no trace to import"
        raise StoreError(msg)
    name = format or detect(place)
    if name is None:
        listed = ", ".join(sorted(FORMATS))
        msg = (
            f"{path} is of no known format of traces. Known are {listed}: name the "
            "file that the tool wrote, or say which format it is"
        )
        raise StoreError(msg)
    found = importer(name).read(place)
    if not found:
        msg = f"{path} holds no trace of the format {name}"
        raise StoreError(msg)
    return found
