"""The folder in which the SDK of OpenHands keeps a conversation, one file per event."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.documents import inside, read_document
from mle_toolkit.traces.importing.fields import dict_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EVENTS = "events"
_EVENT = re.compile(r"event-(\d{5,12})-[0-9A-Za-z-]+\.json")
_STATE = "base_state.json"
MAX_EVENTS = 1_000_000


def is_event_file(path: Path) -> bool:
    """Whether a file is one event of a conversation's folder, by its name."""
    return path.parent.name == _EVENTS and _EVENT.fullmatch(path.name) is not None


def leads(path: Path) -> bool:
    """Whether a file is the first event of its folder, which stands for all of them."""
    if not is_event_file(path):
        return False
    own = _order(path.name)
    # Almost any other file comes before a later one: this ends soon.
    return all(number >= own for number in _numbered(path.parent))


def read_state(path: Path) -> dict[str, Any]:
    """Return what the conversation of an event says of itself; nothing without it."""
    state = inside(path.parent.parent, _STATE)
    if state is None:
        return {}
    try:
        return dict_of(read_document(state, []))
    except StoreError:
        return {}


def read_events(
    path: Path, problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events of the folder that `path` lies in, each with its file.

    A file that cannot be read, or holds no object, is a problem.
    """
    for file in _event_files(path.parent):
        try:
            item = read_document(file, problems)
        except StoreError as error:
            problems.append(Problem(str(file), str(error), "unreadable file", 1))
            continue
        if isinstance(item, dict):
            yield str(file), item
        else:
            reason = f"a JSON object is needed; this is a {type(item).__name__}"
            problems.append(Problem(str(file), reason, "not an object", 1))


def _event_files(folder: Path) -> list[Path]:
    """Return the events in their order; links are passed over."""
    found = islice(_numbered(folder), MAX_EVENTS)
    return [folder / name for _, name in sorted(found)]


def _numbered(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield number and name of each event in a folder, in no order."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_event = _EVENT.fullmatch(entry.name) is not None
                if is_event and entry.is_file(follow_symlinks=False):
                    yield _order(entry.name)
    except OSError:
        return


def _order(name: str) -> tuple[int, str]:
    return int(name.split("-")[1]), name
