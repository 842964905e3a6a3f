"""How the best score of each attempt grew while it ran."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit.analysis.counting import check_columns
from mle_toolkit.errors import StoreError
from mle_toolkit.records import LoadReport, Problem
from mle_toolkit.store import AttemptFolder, TryFolder
from mle_toolkit.traces import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = ["experiment", "competition", "agent", "seed"]
_NAN = float("nan")


def best_over_time(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the best scores so far, at every moment at which one could change.

    The rows of an attempt are the steps of a step function: a value holds from
    its row to the next one.  Draw it with ``drawstyle="steps-post"`` and never
    join the points by lines, because nothing was known in between.

    Parameters
    ----------
    frame
        One row per attempt, with the column ``path`` of its folder.

    Returns
    -------
    DataFrame
        One row per step.  Columns: ``experiment, competition, agent, seed``;
        ``elapsed_s``, in seconds since the attempt's try began; ``event``
        (``"node"``, ``"submission"`` or ``"end"``, which closes each attempt);
        ``node``; ``validation_score`` of this node and ``test_score`` of this
        submission, as it was graded afterwards; ``best_validation`` and
        ``best_test`` so far; ``submitted_test``, the test score of what the
        agent would have handed in at this moment, by its own choice; and
        ``lower_is_better``.  NaN is no score yet, or no valid one.  The agent
        never saw the test scores.  ``attrs["report"]`` is a `LoadReport` of
        what could not be read.

    Raises
    ------
    UsageError
        When the frame lacks a column.
    """
    check_columns(frame, [*_KEYS, "path"])
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for values in frame[[*_KEYS, "path"]].itertuples(index=False, name=None):
        *keys, path = values
        attempt = dict(zip(_KEYS, keys, strict=True))
        try:
            steps = list(_steps(AttemptFolder(Path(path)), problems))
        except (StoreError, OSError) as error:
            problems.append(Problem(str(path), str(error)))
            continue
        rows += [{**attempt, **step} for step in steps]
    columns = [
        *_KEYS, "elapsed_s", "event", "node", "validation_score", "test_score",
        "best_validation", "best_test", "submitted_test", "lower_is_better",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table["node"] = table["node"].astype("Int64")
    table["lower_is_better"] = table["lower_is_better"].astype("boolean")
    table.attrs["report"] = LoadReport(len(table), tuple(problems))
    return table


class _Progress:
    """The best scores of one attempt so far."""

    def __init__(self, *, lower_is_better: bool | None) -> None:
        self.lower_is_better = lower_is_better
        self.validation = _NAN
        self.test = _NAN
        self.submitted = _NAN

    def step(self, event: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Return the state after `event` as one row."""
        node = event.get("node")
        return {
            "elapsed_s": finite(event.get("elapsed_s")),
            "event": event["kind"],
            "node": node if isinstance(node, int) else None,
            "validation_score": _NAN,
            "test_score": _NAN,
            **values,
            "best_validation": self.validation,
            "best_test": self.test,
            "submitted_test": self.submitted,
            "lower_is_better": self.lower_is_better,
        }

    def better(self, old: float, new: float) -> float:
        """Return the better of two scores, of which either may be NaN."""
        if math.isnan(old) or math.isnan(new):
            return old if math.isnan(new) else new
        return min(old, new) if self.lower_is_better else max(old, new)


def _steps(attempt: AttemptFolder, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    result = attempt.result() or {}
    grade = attempt.grade() or {}
    folder = attempt.telling_try()
    if folder is None:
        return
    scores = _snapshot_scores(folder)
    log = EventLog(folder.path)
    events = [event for event in log if event["kind"] in {"node", "submission", "end"}]
    problems += log.problems
    chooses = any(is_choice(event) for event in events)
    progress = _Progress(lower_is_better=_lower_is_better(attempt, grade))
    last = 0.0
    for event in events:
        last = max(last, finite(event.get("elapsed_s"), default=last))
        if event["kind"] == "node":
            value = _NAN if event.get("is_buggy") else finite(event.get("metric"))
            progress.validation = progress.better(progress.validation, value)
            yield progress.step(event, validation_score=value)
        elif event["kind"] == "submission":
            value = scores.get(event.get("number"), _NAN)
            progress.test = progress.better(progress.test, value)
            if is_choice(event) or not chooses:
                progress.submitted = value
            yield progress.step(event, test_score=value)
    if result:
        if grade:
            progress.submitted = finite(grade.get("score"))
        last = max(last, finite(result.get("elapsed_s"), default=last))
    yield progress.step({"kind": "end", "elapsed_s": last})


def _snapshot_scores(folder: TryFolder) -> dict[Any, float]:
    return {
        snapshot.get("number"): finite((snapshot["grade"] or {}).get("score"))
        for snapshot in folder.snapshots()
    }


def _lower_is_better(attempt: AttemptFolder, grade: dict[str, Any]) -> bool:
    if isinstance(grade.get("lower_is_better"), bool):
        return bool(grade["lower_is_better"])
    return attempt.spec().task.lower_is_better


def is_choice(event: dict[str, Any]) -> bool:
    """Return whether the agent chose this submission as its best."""
    return event["kind"] == "submission" and bool(event.get("best"))


def finite(value: Any, *, default: float = _NAN) -> float:
    """Return a number that JSON holds, or `default` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return float(value) if math.isfinite(value) else default
