"""What an exporter reads: the events of one try, whole, and who made them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import plain
from mle_toolkit.store import AttemptFolder, TryFolder, read_json
from mle_toolkit.traces.exporting.targets import encodable
from mle_toolkit.traces.importing.fields import (
    dict_of,
    integer_of,
    number_of,
    optional_text,
    text_of,
    word_of,
)
from mle_toolkit.traces.reader import EventLog

if TYPE_CHECKING:
    from mle_toolkit.records import Problem

Place = AttemptFolder | TryFolder | Path | str
"""An attempt or one of its tries, or the path of either."""

_BLOB_KEYS = {"blob", "size", "head"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One try of an attempt.

    Attributes
    ----------
    attempt
        The attempt's folder.
    number
        The try's number.
    competition, scaffold, model, seed
        Who did what.
    spec, result, grade
        What the files say; empty when they are missing, and also when the result is
        that of another try.
    events
        All events in order; long texts are whole, NaN and infinity are None.
    problems
        Lines of the log that could not be read.
    """

    attempt: Path
    number: int
    competition: str
    scaffold: str
    model: str
    seed: int
    spec: dict[str, Any]
    result: dict[str, Any]
    grade: dict[str, Any]
    events: list[dict[str, Any]]
    problems: list[Problem] = field(default_factory=list)

    @property
    def agent(self) -> str:
        """Scaffold and model together."""
        return f"{self.scaffold}/{self.model}"

    @property
    def status(self) -> str:
        """How it ended; ``"running"`` before that."""
        end = self._last("end")
        return word_of(self.result.get("status"), word_of(end.get("status"), "running"))

    @property
    def reason(self) -> str | None:
        """Why it ended so, when that is known."""
        said = self.result.get("error") or self._last("end").get("reason")
        return optional_text(said)

    @property
    def score(self) -> float | None:
        """The test score of the chosen submission; None without a valid one."""
        return number_of(self.grade.get("score"))

    @property
    def validation_score(self) -> float | None:
        """What the chosen program said of itself; None when that is unknown."""
        return number_of(self.result.get("validation_score"))

    @property
    def lower_is_better(self) -> bool | None:
        """The direction of the metric; None when nothing tells it."""
        task = dict_of(self.spec.get("task"))
        for known in (self.grade, task, self._last("node")):
            if isinstance(known.get("lower_is_better"), bool):
                return bool(known["lower_is_better"])
        return None

    def total(self, name: str) -> float | None:
        """Return a sum over the model's calls; None when a call does not tell it.

        Parameters
        ----------
        name
            ``tokens_in``, ``tokens_out`` or ``cost_usd``.
        """
        calls = [event for event in self.events if event.get("kind") == "model"]
        told = [number_of(event.get(name)) for event in calls]
        known = [number for number in told if number is not None]
        return sum(known) if known and len(known) == len(told) else None

    def facts(self) -> dict[str, Any]:
        """Return what an importer needs besides the events."""
        return {
            "competition": self.competition,
            "scaffold": self.scaffold,
            "model": self.model,
            "seed": self.seed,
            "status": self.status,
            "reason": self.reason,
            "validation_score": self.validation_score,
            "grade": self.grade or None,
        }

    def _last(self, kind: str) -> dict[str, Any]:
        found = (event for event in reversed(self.events) if event["kind"] == kind)
        return next(found, {})


def open_recording(place: Place) -> Recording:
    """Read an attempt's published or newest try, or the one that is named.

    Raises
    ------
    StoreError
        When there is no event to read.
    """
    folder = _try_of(place)
    log = EventLog(folder.path)
    events = [
        {str(key): _whole(log, value) for key, value in event.items()} for event in log
    ]
    if not events:
        msg = f"{folder.path} holds no events, so there is nothing to export"
        raise StoreError(msg)
    attempt = folder.path.parent
    spec, result = _read(attempt / "spec.json"), _read(attempt / "result.json")
    if integer_of(result.get("try")) not in {None, folder.number}:
        result = {}
    start = next((event for event in events if event.get("kind") == "start"), {})
    scaffold, _, _ = word_of(start.get("agent"), "agent").partition("/")
    return Recording(
        attempt=attempt,
        number=folder.number,
        competition=_first(spec, start, "competition"),
        scaffold=encodable(word_of(spec.get("scaffold"), scaffold)),
        model=_first(spec, start, "model"),
        seed=integer_of(spec.get("seed")) or integer_of(start.get("seed")) or 0,
        spec=spec,
        result=result,
        grade=_read(attempt / "grade.json") if result else {},
        events=events,
        problems=log.problems,
    )


def describe(event: dict[str, Any]) -> str:
    """Say in a line or two what an event tells, for a reader of the transcript."""
    kind = text_of(event.get("kind"))
    of_node = "" if event.get("node") is None else f" of node {event['node']}"
    if kind == "start":
        who = f"{text_of(event.get('agent'))}, seed {text_of(event.get('seed'))}"
        return f"Start: {text_of(event.get('competition'))}, {who}"
    if kind == "validation":
        reason = optional_text(event.get("reason"))
        said = "valid" if event.get("valid") else f"not valid: {reason or 'unknown'}"
        return f"The submission{of_node} is {said}"
    if kind == "submission":
        what = f"Submission {text_of(event.get('number')) or '?'}{of_node}"
        return f"{what} is the best so far" if event.get("best") else f"{what} is kept"
    if kind == "node":
        return _describe_node(event)
    words = {"limit": ("limit", "detail"), "end": ("status", "reason")}
    names = words.get(kind, ("text", "message"))
    told = [text_of(event[name]) for name in names if event.get(name) is not None]
    return f"{kind.capitalize()}: {': '.join(told) or 'nothing is told'}"


def fenced(text: str, language: str = "") -> str:
    """Return text as a block of Markdown, with a fence that it cannot close.

    Examples
    --------
    >>> fenced("a ``` b").splitlines()[0]
    '````'
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _describe_node(event: dict[str, Any]) -> str:
    parent = event.get("parent")
    stage = text_of(event.get("stage")) or "program"
    what = stage if parent is None else f"{stage} of node {parent}"
    metric = number_of(event.get("metric"))
    if event.get("is_buggy"):
        outcome = f"buggy: {text_of(event.get('reason')) or 'no reason is told'}"
    elif metric is None:
        outcome = "no validation score"
    else:
        outcome = f"validation score {metric:.6g}"
    text = f"Node {event.get('node')} ({what}): {outcome}"
    summary = text_of(event.get("summary")).strip()
    return f"{text}\n\n{summary}" if summary else text


def _try_of(place: Place) -> TryFolder:
    if isinstance(place, TryFolder):
        return place
    path = place.path if isinstance(place, AttemptFolder) else Path(place)
    path = path.absolute()
    if path.name.startswith("try-") and (path / "events.jsonl").exists():
        return TryFolder(path)
    told = AttemptFolder(path).telling_try() if path.is_dir() else None
    if told is None:
        msg = (
            f"{path} holds no attempt that has begun. Give the folder of an attempt, "
            "runs/<experiment>/<competition>/<agent>/<seed>, or of one of its tries"
        )
        raise StoreError(msg)
    return told


def _read(path: Path) -> dict[str, Any]:
    return dict_of(plain(read_json(path))) if path.exists() else {}


def _first(spec: dict[str, Any], start: dict[str, Any], name: str) -> str:
    return encodable(word_of(spec.get(name), word_of(start.get(name))))


def _whole(log: EventLog, value: Any) -> Any:
    """Return a field with its long texts read from the blobs."""
    if isinstance(value, dict):
        if value.keys() == _BLOB_KEYS:
            return log.text(value)
        return {str(key): _whole(log, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(log, item) for item in value]
    return plain(value)
