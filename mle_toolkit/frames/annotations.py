"""The frame of what people noted: one row per annotation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mle_toolkit.errors import StoreError
from mle_toolkit.frames.finding import find_sources
from mle_toolkit.frames.runs import attempts_frame
from mle_toolkit.records import LoadReport, Problem
from mle_toolkit.store import AttemptFolder, ExperimentFolder
from mle_toolkit.traces.annotations import FILE, is_attempt, read_annotations

COLUMNS = {
    "experiment": "string",
    "competition": "string",
    "agent": "string",
    "seed": "Int64",
    "kind": "string",
    "n": "Int64",
    "tags": "string",
    "comment": "string",
    "author": "string",
    "time": "datetime64[ms, UTC]",
    "id": "string",
    "path": "string",
}


def load_annotations(path: str | Path) -> pd.DataFrame:
    """Return what people noted about attempts, one row per annotation.

    Lines that cannot be read are counted in ``frame.attrs["report"]``, a
    `LoadReport`.

    Parameters
    ----------
    path
        The folder of an attempt, a run folder, or a folder of several.

    Returns
    -------
    DataFrame
        In the order of the attempts, then of the time of writing.  ``experiment``,
        ``competition``, ``agent`` and ``seed`` are those of the tidy frame.  ``kind``
        is ``attempt``, ``node`` or ``event``, and ``n`` its number: missing for the
        attempt.  ``tags`` are separated by commas, missing without any, and so is
        ``comment``.  ``time`` is UTC, the time of the last change.  ``path`` is the
        attempt's folder.

    Raises
    ------
    StoreError
        When there is neither an attempt nor an experiment at `path`.
    """
    rows: list[dict[Any, Any]] = []
    problems: list[Problem] = []
    for experiment, attempts in _annotated(Path(path).absolute(), shown=path):
        places = attempts_frame(attempts, experiment=experiment)
        first = places[["experiment", "competition", "agent", "seed", "path"]]
        for place in first.to_dict("records"):
            try:
                annotations, unread = read_annotations(place["path"])
            except StoreError as error:
                problems.append(Problem(place["path"], str(error), "annotation", 1))
                continue
            problems += unread
            rows += [
                place
                | {
                    "kind": each.kind,
                    "n": each.n,
                    "tags": ", ".join(each.tags) or None,
                    "comment": each.comment or None,
                    "author": each.author,
                    "time": each.time,
                    "id": each.id,
                }
                for each in annotations
            ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    # An odd time of a hand-written line is missing, and hides no other.
    frame["time"] = pd.to_datetime(
        frame["time"], utc=True, format="ISO8601", errors="coerce"
    )
    frame = frame.astype(COLUMNS)
    frame.attrs["report"] = LoadReport(len(frame), tuple(problems))
    return frame


def _annotated(
    place: Path, *, shown: str | Path
) -> list[tuple[str, list[AttemptFolder]]]:
    """Return the name of each experiment, and its attempts with annotations."""
    if is_attempt(place):
        return [(_experiment_of(place), _with_file([AttemptFolder(place)]))]
    runs = find_sources(place).runs if place.is_dir() else []
    if not runs:
        msg = (
            f"{shown} holds neither an attempt (there is no spec.json in it) nor an "
            "experiment (there is no plan-1.json)"
        )
        raise StoreError(msg)
    experiments = [ExperimentFolder(run) for run in runs]
    return [(each.name, _with_file(each.attempts())) for each in experiments]


def _experiment_of(attempt: Path) -> str:
    # runs/<experiment>/<competition>/<agent>/<seed>
    parents = attempt.parents
    return parents[2].name if len(parents) > 2 else attempt.name  # noqa: PLR2004


def _with_file(attempts: list[AttemptFolder]) -> list[AttemptFolder]:
    # Most attempts have none, and their other files need not be opened.
    return [each for each in attempts if (each.path / FILE).exists()]
