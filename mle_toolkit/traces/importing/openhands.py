"""OpenHands: trajectories of version 0 (a JSON list), events of version 1 (SDK).

Both versions write what was spent so far; here each call gets the difference.  They
write local times without a zone: those are taken as UTC, so that only lengths of time
are sure.  The SDK keeps a conversation in a folder, with a file per event and one with
the tokens of each call: such a folder is one trace.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing.documents import head_of, read_document
from mle_toolkit.traces.importing.fields import load_json
from mle_toolkit.traces.importing.folders import any_matches, read_all
from mle_toolkit.traces.importing.openhands_events import KINDS_1, OpenHandsReader
from mle_toolkit.traces.importing.openhands_folder import (
    is_event_file,
    leads,
    read_events,
    read_state,
)
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.streams import follow, numbered, read_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mle_toolkit.records import Problem

_SUFFIXES = (".json", ".jsonl", ".txt", ".log")
_HINT = (
    "a trajectory (a JSON list, as SAVE_TRAJECTORY_PATH makes it), the events of "
    "`openhands --headless --json`, one a line, or the folder of a conversation"
)
_KIND_1 = re.compile(rf'"kind"\s*:\s*"(?:{"|".join(sorted(KINDS_1))})"')
_SOURCE = re.compile(r'"source"\s*:\s*"(?:agent|user|environment)"')
_VERB_0 = re.compile(r'"(?:action|observation)"\s*:\s*"\w+"')
_HEAD_LINES = 50


def matches(path: Path) -> bool:
    """Whether a file, or one in a folder, looks like a trajectory of OpenHands."""
    return any_matches(path, _SUFFIXES, _matches)


def read(path: Path) -> list[ForeignTrace]:
    """Read one trajectory or file of events, or all in a folder.

    Raises
    ------
    StoreError
        When the file cannot be read or holds no event of OpenHands.
    """
    return read_all(path, _SUFFIXES, _matches, _read)


def _matches(path: Path) -> bool:
    if is_event_file(path) and not leads(path):
        return False
    head = head_of(path)
    start = head.lstrip()
    if not _SOURCE.search(head):
        return False
    if start.startswith("["):
        version_0 = '"timestamp"' in head and _VERB_0.search(head) is not None
        return version_0 or _KIND_1.search(head) is not None
    return any(_is_event(line) for line in start.split("\n")[:_HEAD_LINES])


def _read(path: Path) -> ForeignTrace:
    if is_event_file(path):
        return _trace(path.parent.parent, partial(read_events, path), read_state(path))
    if not head_of(path).lstrip().startswith("["):
        return read_stream(path, OpenHandsReader, tool="OpenHands", hint=_HINT)
    problems: list[Problem] = []
    document = read_document(path, problems)
    if not isinstance(document, list):
        msg = f"{path} holds no list of events. Give {_HINT}"
        raise StoreError(msg)
    return _trace(path, partial(numbered, document, f"{path}, event"), {}, problems)


def _trace(
    source: Path,
    records: Callable[[list[Problem]], Iterator[tuple[str, dict[str, Any]]]],
    state: dict[str, Any],
    problems: list[Problem] | None = None,
) -> ForeignTrace:
    """Read records: once for how it ends, and later for the events."""
    problems = [] if problems is None else problems
    first = OpenHandsReader(None, state)
    for _ in follow(records([]), first, [], source):
        pass
    if not first.known:
        msg = f"{source} holds no OpenHands event. Give {_HINT}"
        raise StoreError(msg)
    reader = OpenHandsReader(first, state)
    return ForeignTrace(
        source=source,
        events=follow(records(problems), reader, problems, source),
        problems=problems,
        **first.facts(),
    )


def _is_event(line: str) -> bool:
    try:
        item = load_json(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
        return False
    return item["kind"] in KINDS_1 and isinstance(item.get("source"), str)
