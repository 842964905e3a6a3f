"""Find the files of one format in a folder, where a tool writes one per attempt."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.surroundings import competition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mle_toolkit.traces.importing.records import ForeignTrace

_LOOKS = 100


def any_matches(
    path: Path, suffixes: tuple[str, ...], matches: Callable[[Path], bool]
) -> bool:
    """Whether a file, or one of the first files of a folder, is of a format.

    Parameters
    ----------
    suffixes
        Endings of the names to look at in a folder.
    matches
        Says it of one file.
    """
    if not path.is_dir():
        return matches(path)
    return any(matches(file) for file in islice(files_in(path, suffixes), _LOOKS))


def read_all(
    path: Path,
    suffixes: tuple[str, ...],
    matches: Callable[[Path], bool],
    read: Callable[[Path], ForeignTrace],
) -> list[ForeignTrace]:
    """Return the trace of a file, or those of all files of a folder.

    An unknown competition is the one that MLE-bench wrote into the name of a folder
    above.  Attempts that are alike in all but their file get the seeds 0, 1, 2 and so
    on.  A file that cannot be read is a problem of the first trace.

    Raises
    ------
    StoreError
        When nothing can be read.
    """
    if not path.is_dir():
        return [_placed(read(path), 0)]
    traces: list[ForeignTrace] = []
    problems: list[Problem] = []
    alike: Counter[tuple[str, str, str]] = Counter()
    for file in files_in(path, suffixes):
        if not matches(file):
            continue
        try:
            trace = read(file)
        except StoreError as error:
            problems.append(Problem(str(file), str(error), "unreadable file", 1))
            continue
        competition = _competition(trace)
        who = (competition, trace.scaffold, trace.model)
        traces.append(_placed(trace, alike[who]))
        alike[who] += 1
    if not traces:
        why = f": {problems[0].reason}" if problems else ""
        msg = f"{path} holds no trace that can be read{why}"
        raise StoreError(msg)
    traces[0].problems.extend(problems)
    return traces


def files_in(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yield the plain files below a folder in the order of their names.

    Links are passed over: they may lead out of the folder.
    """
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(where, name)
            if name.endswith(suffixes) and not path.is_symlink() and path.is_file():
                yield path


def _placed(trace: ForeignTrace, seed: int) -> ForeignTrace:
    competition = _competition(trace)
    said = {"competition": competition, "seed": seed}
    events = _telling(trace.events, said)
    return replace(trace, competition=competition, seed=seed, events=events)


def _competition(trace: ForeignTrace) -> str:
    if trace.competition != "unknown":
        return trace.competition
    return competition_of(trace.source) or "unknown"


def _telling(
    events: Iterable[dict[str, Any]], said: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for event in events:
        yield event | said if event.get("kind") == "start" else event
