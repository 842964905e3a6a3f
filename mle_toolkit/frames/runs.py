"""The frames of our own run folders: attempts, and the events of their traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit.errors import ToolkitError
from mle_toolkit.frames.columns import COLUMNS
from mle_toolkit.records import LoadReport, Problem
from mle_toolkit.store import read_json
from mle_toolkit.traces import EventLog
from mle_toolkit.traces.annotations import read_annotations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mle_toolkit.store import AttemptFolder


def attempts_frame(
    attempts: Iterable[AttemptFolder], *, experiment: str
) -> pd.DataFrame:
    """Return the tidy frame of the given attempt folders."""
    rows = []
    problems: list[Problem] = []
    for attempt in attempts:
        row, reason = _row(attempt, experiment)
        if reason is not None:
            problems.append(Problem(str(attempt.path), reason))
        row["tags"], unread = _tags(attempt)
        problems += unread
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    frame.attrs["report"] = LoadReport(len(rows), tuple(problems))
    return frame


def _row(attempt: AttemptFolder, experiment: str) -> tuple[dict[str, Any], str | None]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    # The place in the folder tells these also when no file can be read.
    row |= {
        "experiment": experiment,
        "competition": attempt.path.parents[1].name,
        "agent": attempt.path.parent.name,
        "seed": int(attempt.path.name) if attempt.path.name.isdigit() else None,
        "path": str(attempt.path),
        "status": "broken",
    }
    try:
        row |= _of_spec(attempt)
        row |= _of_result(attempt)
        row |= _of_grade(attempt)
    except (ToolkitError, KeyError, TypeError, ValueError) as error:
        row["status"] = "broken"
        return row, str(error)
    return row, _missing(attempt, row)


def _of_spec(attempt: AttemptFolder) -> dict[str, Any]:
    if not (attempt.path / "spec.json").exists():
        return {"status": "pending"}
    spec = attempt.spec()
    return {
        "experiment": spec.experiment,
        "competition": spec.competition,
        "split": spec.task.split,
        "scaffold": spec.scaffold,
        "model": spec.model,
        "agent": spec.agent,
        "seed": spec.seed,
    }


def _of_result(attempt: AttemptFolder) -> dict[str, Any]:
    result = attempt.result()
    if result is None:
        return {"status": attempt.state()}
    return {
        "status": result["status"],
        "validation_score": result.get("validation_score"),
        "elapsed_s": result.get("elapsed_s"),
        "tokens_in": result.get("tokens_in"),
        "tokens_out": result.get("tokens_out"),
        "cost_usd": result.get("cost_usd"),
        "n_nodes": result.get("n_nodes"),
        "hardware": _hardware(result.get("hardware")),
    }


def _hardware(known: Any) -> str | None:
    """Return the machine in words; None where nobody wrote it down."""
    if not known:
        return None
    return f"{known.get('cores')} x {known.get('cpu')}, {known.get('memory_gib')} GiB"


def _of_grade(attempt: AttemptFolder) -> dict[str, Any]:
    grade = attempt.grade()
    if grade is None:
        return {}
    return {
        "score": grade["score"],
        "medal": grade["medal"],
        "any_medal": grade["any_medal"],
        "above_median": grade["above_median"],
        "valid_submission": grade["valid"],
        "percentile": grade["percentile"],
    }


def _tags(attempt: AttemptFolder) -> tuple[str | None, list[Problem]]:
    """Return the tags that people gave, and what was unreadable.

    Tags of nodes and events count: an attempt with a leak in it is one to look at.
    """
    try:
        annotations, problems = read_annotations(attempt.path)
    except ToolkitError as error:
        return None, [Problem(str(attempt.path), str(error))]
    tags = dict.fromkeys(tag for each in annotations for tag in each.tags)
    return ", ".join(tags) or None, problems


def _missing(attempt: AttemptFolder, row: dict[str, Any]) -> str | None:
    """Say why a published attempt has no grade, or no percentile."""
    if attempt.grade_error_path.exists() and row["valid_submission"] is None:
        try:
            return str(read_json(attempt.grade_error_path).get("error"))
        except ToolkitError as error:
            return str(error)
    if row["valid_submission"] and row["percentile"] is None:
        return "no percentile: the competition has no whole leaderboard here"
    return None


def events_frame(attempts: Iterable[AttemptFolder]) -> pd.DataFrame:
    """Return the events of the newest try of each attempt, one row an event.

    Long texts are cut to their beginning; `mle_toolkit.traces.EventLog.text`
    returns them whole.  Unreadable lines are counted in ``frame.attrs["report"]``.
    """
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for attempt in attempts:
        newest = attempt.latest_try()
        if newest is None:
            continue
        log = EventLog(newest.path)
        place = {
            "competition": attempt.path.parents[1].name,
            "agent": attempt.path.parent.name,
            "seed": attempt.path.name,
        }
        rows += [place | _short(event) for event in log]
        problems += log.problems
    first = ["competition", "agent", "seed", "seq", "time", "elapsed_s", "kind"]
    frame = pd.DataFrame(rows)
    frame = frame.reindex(columns=[*first, *frame.columns.difference(first)])
    frame.attrs["report"] = LoadReport(len(rows), tuple(problems))
    return frame


def _short(event: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.get("head") if isinstance(value, dict) and "blob" in value else value
        for key, value in event.items()
    }
