"""When attempts held medals: the grades of their snapshots, in hours and dollars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit.analysis.counting import (
    GROUPS,
    OUTCOMES,
    check_columns,
    counted,
    is_counts,
)
from mle_toolkit.analysis.timeline import finite, is_choice
from mle_toolkit.errors import StoreError, UsageError, check_choice
from mle_toolkit.records import LoadReport, Problem
from mle_toolkit.store import AttemptFolder
from mle_toolkit.traces import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mle_toolkit.store import TryFolder

MISSING = "missing"
_FIELDS = {
    "any_medal": "any_medal",
    "above_median": "above_median",
    "valid_submission": "valid",
}
_KEYS = ["competition", "split", *GROUPS, "seed", "status"]
_COLUMNS = ["event", "elapsed_s", "cost_usd", "won", "best", "submitted", "reason"]


def medal_steps(frame: pd.DataFrame, *, outcome: str = "any_medal") -> pd.DataFrame:
    """Return what each attempt held at every moment at which that could change.

    The rows of an attempt are the steps of step functions: a value holds from its
    row to the next one, and nothing is known to change in between.  They come from
    the grades of all snapshots, which the agent never saw.

    Parameters
    ----------
    frame
        One row per attempt, with the column ``path`` of its folder.
    outcome
        What a success is: ``"any_medal"``, ``"above_median"`` or
        ``"valid_submission"``.

    Returns
    -------
    DataFrame
        One row per step.  Columns: ``competition, split, agent, scaffold, model,
        experiment, hardware, seed, status`` of the attempt; ``event``:
        ``"submission"``, or ``"end"``, which closes an attempt, or ``"missing"``, the
        only row of an attempt that does not count, with the ``reason``;
        ``elapsed_s`` and ``cost_usd`` spent since the attempt's try began, the
        latter NaN from the first call without a price on; ``won``, whether this
        submission is a success; ``best``, whether one so far is; ``submitted``,
        whether that is one which the agent would have handed in at this moment.
        ``attrs["report"]`` is a `LoadReport` of what could not be read.

    Raises
    ------
    UsageError
        For an unknown `outcome`, for counts, which know no time, and for a frame
        that lacks a column.
    """
    check_choice("outcome", outcome, OUTCOMES)
    if is_counts(frame):
        msg = (
            "counts do not know when a medal was won; pass one row per attempt, as "
            "mle_toolkit.load_attempts returns it for a run folder"
        )
        raise UsageError(msg)
    check_columns(frame, [*_KEYS, "path", "any_medal"])
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    counts = counted(frame).tolist()
    for counts_already, row in zip(counts, frame.to_dict("records"), strict=True):
        attempt = {name: row[name] for name in _KEYS}
        if not counts_already:
            rows.append({**attempt, **_missing("it is not graded yet")})
            continue
        rows += [{**attempt, **step} for step in _read(row["path"], outcome, problems)]
    table = pd.DataFrame(rows, columns=[*_KEYS, *_COLUMNS])
    for name in _KEYS:
        table[name] = table[name].astype(frame[name].dtype)
    for name in ("won", "best", "submitted"):
        table[name] = table[name].astype("boolean")
    for name in ("elapsed_s", "cost_usd"):
        table[name] = table[name].astype("float64")
    table.attrs["report"] = LoadReport(len(table), tuple(problems))
    return table


def _read(path: Any, outcome: str, problems: list[Problem]) -> list[dict[str, Any]]:
    if not isinstance(path, str) or not Path(path).is_dir():
        return [_missing("its folder is not here: nothing says when what happened")]
    attempt = AttemptFolder(Path(path))
    try:
        result, grade = attempt.result() or {}, attempt.grade() or {}
        folder = attempt.telling_try()
        if folder is None:
            return [_missing("it has no try whose events could be read")]
        known = _grades(folder, _FIELDS[outcome])
        end = {
            "elapsed_s": finite(result.get("elapsed_s")),
            "won": bool(grade.get(_FIELDS[outcome])),
        }
        log = EventLog(folder.path)
        steps = list(_steps(list(log), known, end))
    except (StoreError, OSError) as error:
        problems.append(Problem(path, str(error)))
        return [_missing("its files could not be read")]
    problems += log.problems
    if any(step["won"] is None for step in steps):
        return [_missing("some of its snapshots are not graded")]
    return steps


def _steps(
    events: list[dict[str, Any]], known: dict[Any, bool | None], end: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    chooses = any(is_choice(event) for event in events)
    last, cost, best, submitted = 0.0, 0.0, False, False
    for event in events:
        last = max(last, finite(event.get("elapsed_s"), default=last))
        if event["kind"] == "model":
            cost += finite(event.get("cost_usd"))
        elif event["kind"] == "submission":
            won = known.get(event.get("number"))
            best = best or bool(won)
            if is_choice(event) or not chooses:
                submitted = bool(won)
            yield _step("submission", last, cost, (won, best, submitted))
    last = max(last, finite(end["elapsed_s"], default=last))
    won = end["won"]
    yield _step("end", last, cost, (won, best or won, won))


def _step(
    event: str, elapsed_s: float, cost: float, held: tuple[bool | None, bool, bool]
) -> dict[str, Any]:
    won, best, submitted = held
    return {
        "event": event,
        "elapsed_s": elapsed_s,
        "cost_usd": cost,
        "won": won,
        "best": best,
        "submitted": submitted,
    }


def _missing(reason: str) -> dict[str, Any]:
    return {"event": MISSING, "reason": reason}


def _grades(folder: TryFolder, field: str) -> dict[Any, bool | None]:
    """Return for each snapshot whether it is a success; None without a grade."""
    return {
        snapshot.get("number"): None
        if snapshot["grade"] is None
        else bool(snapshot["grade"].get(field))
        for snapshot in folder.snapshots()
    }
