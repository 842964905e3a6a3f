"""Write one foreign attempt into its folder: claim, events, result and grade."""

from __future__ import annotations

import contextlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import MEDALS, Problem, plain
from mle_toolkit.store import AttemptFolder, TryFolder, write_json
from mle_toolkit.traces.importing.fields import (
    NOTE_CHARS,
    count_of,
    cut,
    dict_of,
    flag_of,
    note_of,
    number_of,
    optional_text,
    text_of,
    word_of,
)
from mle_toolkit.traces.importing.totals import Clock, Totals
from mle_toolkit.traces.writer import KINDS, EventWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mle_toolkit.traces.importing.records import ForeignTrace

_STAMPED = frozenset({"kind", "seq", "time", "elapsed_s"})
_LINES = ("gold", "silver", "bronze", "median")
_MAX_SNAPSHOTS = 9999
# All problems are in the load report; these few stay with the attempt.
_MOST_REASONS = 20
_LONGEST_REASON = 400


def keep(
    trace: ForeignTrace,
    folder: Path,
    spec: dict[str, Any],
    tell: Callable[[int], None],
) -> bool:
    """Store a trace; return False, and leave no folder, when nothing could be read.

    Parameters
    ----------
    folder
        The attempt's folder, which is there and empty.
    spec
        ``experiment, competition, scaffold, model, seed`` as they are stored.
    tell
        Called with the rough size of each event.

    Raises
    ------
    OSError
        When the disk does not take it.
    """
    attempt_try = TryFolder(folder / "try-1")
    attempt_try.path.mkdir()
    write_json(attempt_try.claim, {"imported": trace.format})
    keeper = _Keeper(trace, attempt_try, spec)
    if not keeper.write_events(tell):
        _remove(folder)
        return False
    attempt = AttemptFolder(folder)
    write_json(folder / "spec.json", keeper.spec())
    write_json(attempt.result_path, keeper.result())
    grade = _grade(trace.grade, str(spec["competition"]))
    if grade is not None:
        write_json(attempt.grade_path, grade)
    else:
        reason = f"imported from {trace.format}: the trace names no test score"
        write_json(attempt.grade_error_path, {"error": reason})
    return True


def _remove(folder: Path) -> None:
    """Remove the folder of an attempt, and those above it that are empty then."""
    shutil.rmtree(folder)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()
        folder.parents[1].rmdir()


class _Keeper:
    """Writes the events of one trace and knows what they add up to."""

    def __init__(
        self, trace: ForeignTrace, folder: TryFolder, spec: dict[str, Any]
    ) -> None:
        self._trace = trace
        self._folder = folder
        self._spec = spec
        self._clock = Clock()
        self._totals = Totals()
        self._writer = EventWriter(folder.path)

    def write_events(self, tell: Callable[[int], None]) -> bool:
        """Write all events; return whether there were any."""
        try:
            for event in self._readable():
                if self._totals.events == 0 and event["kind"] != "start":
                    self._write({"kind": "start"})
                tell(self._write(event))
            if self._totals.events and self._totals.status is None:
                status, reason = self._trace.status, self._trace.reason
                self._write({"kind": "end", "status": status, "reason": reason})
        finally:
            self._writer.close()
        if self._totals.disagree():
            reason = "its nodes disagree on whether a lower metric is better"
            self._problem(reason, "mixed directions")
        return self._totals.events > 0

    def spec(self) -> dict[str, Any]:
        """Return what would have been run, as far as that is known."""
        task = {
            "competition": self._spec["competition"],
            "title": self._spec["competition"],
            "description": "",
            "metric": "",
            "lower_is_better": self._totals.lower_is_better(),
            "public_dir": "",
            "sample_submission": "",
            "id_column": "",
            "target_columns": [],
        }
        names = ("experiment", "competition", "scaffold", "model", "seed")
        known = {name: self._spec[name] for name in names}
        return {**known, "task": task, "sandbox": "imported"}

    def result(self) -> dict[str, Any]:
        """Return what an attempt publishes."""
        clock, totals = self._clock, self._totals
        times = {"started": clock.first, "ended": clock.last}
        said = totals.status or self._trace.status
        return {
            "status": said,
            "error": totals.reason or self._trace.reason,
            "try": 1,
            **{name: time for name, time in times.items() if time is not None},
            "elapsed_s": round(clock.elapsed_s, 3) if clock.knows else None,
            "submission": None,
            "validation_score": totals.validation_score(),
            "n_nodes": totals.nodes,
            **totals.usage(),
            "hardware": {},
            "sandbox": "imported",
            "imported": {
                "format": self._trace.format,
                "source": self._trace.source.name,
                "n_problems": len(self._trace.problems),
                "problems": [
                    cut(f"{each.path}: {each.reason}", _LONGEST_REASON)
                    for each in self._trace.problems[:_MOST_REASONS]
                ],
            },
        }

    def _readable(self) -> Iterator[dict[str, Any]]:
        """Yield the events up to where the source can be read no further."""
        try:
            yield from self._trace.events
        except (StoreError, RecursionError) as error:
            self._trace.problems.append(
                Problem(str(self._trace.source), str(error), "unreadable", 1)
            )
            if self._totals.events:
                yield {"kind": "error", "message": f"the trace ends here: {error}"}

    def _write(self, event: dict[str, Any]) -> int:
        """Write one event; return its rough size."""
        kind, fields = self._fields_of(event)
        time, elapsed_s = self._clock.stamp(event)
        try:
            fields = plain(fields)
            self._writer.append(kind, fields, time=time, elapsed_s=elapsed_s)
        except (RecursionError, ValueError) as error:
            self._problem(f"an event was left out: {error}", "unwritable event", 1)
            text = f"an event of kind {kind} that cannot be written: {error}"
            kind, fields = "note", {"text": cut(text, NOTE_CHARS)}
            self._writer.append(kind, fields, time=time, elapsed_s=elapsed_s)
        self._totals.take({**fields, "kind": kind})
        return sum(len(value) for value in fields.values() if isinstance(value, str))

    def _fields_of(self, event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        kind = event.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            return "note", {"text": note_of(event)["text"]}
        fields = {name: each for name, each in event.items() if name not in _STAMPED}
        if kind == "start":
            fields |= {
                "competition": self._spec["competition"],
                "agent": f"{self._spec['scaffold']}/{self._spec['model']}",
                "model": self._spec["model"],
                "seed": self._spec["seed"],
            }
        elif kind == "submission":
            # What the agent never saw is kept where grades are kept.
            self._keep_score(fields, fields.pop("grade", None))
        return kind, fields

    def _keep_score(self, fields: dict[str, Any], said: Any) -> None:
        number = count_of(fields.get("number"))
        grade = _grade(dict_of(said), str(self._spec["competition"]))
        if grade is None or not number or number > _MAX_SNAPSHOTS:
            return
        place = self._folder.submissions / f"{number:04d}.json"
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            node = count_of(fields.get("node"))
            record = {"number": number, "node": node, "imported": True}
            # Synced with all others in the end: one by one would take minutes.
            place.write_text(json.dumps(record))
            place.with_suffix(".grade.json").write_text(json.dumps(grade))

    def _problem(self, reason: str, kind: str, skipped: int = 0) -> None:
        place = str(self._trace.source)
        self._trace.problems.append(Problem(place, reason, kind, skipped))


def _grade(said: dict[str, Any] | None, competition: str) -> dict[str, Any] | None:
    """Return a grade in our form; None when the score and validity are unknown."""
    said = said or {}
    score, valid = number_of(said.get("score")), flag_of(said.get("valid"))
    if score is None and valid is None:
        return None
    medal = word_of(said.get("medal"), "")
    any_medal = flag_of(said.get("any_medal"))
    lines = dict_of(said.get("thresholds"))
    full, percentile = (
        number_of(said.get("score_full")),
        number_of(said.get("percentile")),
    )
    unknown = "imported: the trace has no leaderboard"
    return {
        "competition": competition,
        "score": score,
        "score_full": score if full is None else full,
        # What has a score could be scored.
        "valid": score is not None if valid is None else valid,
        "reason": optional_text(text_of(said.get("reason"))),
        "warnings": [],
        "medal": medal if medal in MEDALS else None,
        "any_medal": True if any_medal is None and medal in MEDALS else any_medal,
        "above_median": flag_of(said.get("above_median")),
        "percentile": percentile,
        "thresholds": {name: number_of(lines.get(name)) for name in _LINES},
        "lower_is_better": flag_of(said.get("lower_is_better")),
        "percentile_reason": unknown if percentile is None else None,
    }
