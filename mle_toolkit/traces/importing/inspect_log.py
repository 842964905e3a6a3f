"""Inspect: its ``.eval`` and ``.json`` logs, one trace per sample and epoch.

Logs that `mle_toolkit.traces.exporting.to_inspect` wrote give back our own events.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.documents import head_of, read_document
from mle_toolkit.traces.importing.fields import (
    dict_of,
    dicts_of,
    flag_of,
    integer_of,
    load_json,
    number_of,
    optional_text,
    text_of,
    word_of,
)
from mle_toolkit.traces.importing.folders import any_matches, files_in
from mle_toolkit.traces.importing.inspect_archive import Archive
from mle_toolkit.traces.importing.inspect_samples import Sample
from mle_toolkit.traces.importing.records import ForeignTrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SUFFIXES = (".eval", ".json")
_ZIP = "PK\x03\x04"
_EVAL = re.compile(r'"eval"\s*:\s*\{')
_START = "_journal/start.json"
_SAMPLE = re.compile(r"samples/[^\x00]*\.json", re.DOTALL)
_ENDED = {"success": "finished", "cancelled": "stopped", "started": "stopped"}
_MEDALS = ("gold", "silver", "bronze")


def matches(path: Path) -> bool:
    """Whether the file, or one in the folder, looks like a log of Inspect."""
    return any_matches(path, _SUFFIXES, _matches)


def read(path: Path) -> list[ForeignTrace]:
    """Read a log, or all logs of a folder.

    A sample that cannot be read is a problem of the first trace.

    Raises
    ------
    StoreError
        When there is no sample to read, as after a run that was killed.
    MissingExtraError
        When the log is compressed with Zstandard, and nothing can undo that.
    """
    if not path.is_dir():
        return _read(path)
    traces: list[ForeignTrace] = []
    problems: list[Problem] = []
    for file in files_in(path, _SUFFIXES):
        if not _matches(file):
            continue
        try:
            traces += _read(file)
        except StoreError as error:
            problems.append(Problem(str(file), str(error), "unreadable file", 1))
    if not traces:
        why = f": {problems[0].reason}" if problems else ""
        msg = f"{path} holds no log of Inspect that can be read{why}"
        raise StoreError(msg)
    traces[0].problems.extend(problems)
    return traces


def _matches(path: Path) -> bool:
    head = head_of(path)
    if path.suffix == ".eval":
        return head.startswith(_ZIP)
    known = '"run_id"' in head or '"eval_id"' in head or '"task_id"' in head
    return head.lstrip().startswith("{") and known and bool(_EVAL.search(head))


def _read(path: Path) -> list[ForeignTrace]:
    if head_of(path, len(_ZIP)) == _ZIP:
        header, sources, problems = _read_archive(path)
    else:
        header, sources, problems = _read_json(path)
    traces = []
    for place, load in sources:
        try:
            traces.append(_trace(path, place, header, load))
        except StoreError as error:
            problems.append(Problem(place, str(error), "unreadable sample", 1))
    if not traces:
        why = problems[0].reason if problems else "it holds no sample"
        msg = f"{path} cannot be read: {why}"
        raise StoreError(msg)
    traces[0].problems.extend(problems)
    return traces


Sources = list[tuple[str, "Callable[[], Any]"]]


def _read_archive(path: Path) -> tuple[dict[str, Any], Sources, list[Problem]]:
    archive = Archive(path)
    problems: list[Problem] = []
    header = dict_of(archive.document("header.json"))
    if not header:
        # Without its end, a log is known by how it began.
        header = {"status": "started", **dict_of(archive.document(_START))}
        reason = "the log has no end: the run was killed, or goes on"
        problems.append(Problem(str(path), reason, "unfinished log"))
    names = [name for name in archive.names if _SAMPLE.fullmatch(name)]
    if not names:
        began = " after its start" if _START in archive.names else ""
        msg = (
            f"{path} holds no sample: nothing was written{began}. Inspect writes "
            "samples when they end; on the machine of the run, `inspect log recover` "
            "may find those of a killed run"
        )
        raise StoreError(msg)
    sources: Sources = [
        (f"{path}, {name!r}", lambda name=name: archive.document(name))  # type: ignore[misc]
        for name in names
    ]
    return header, sources, problems


def _read_json(path: Path) -> tuple[dict[str, Any], Sources, list[Problem]]:
    problems: list[Problem] = []
    document = dict_of(read_document(path, problems))
    if not isinstance(document.get("eval"), dict):
        msg = f"{path} is no log of Inspect: it has no object `eval`"
        raise StoreError(msg)
    samples = dicts_of(document.pop("samples", None))
    sources: Sources = [
        (f"{path}, sample {number}", lambda sample=sample: sample)  # type: ignore[misc]
        for number, sample in enumerate(samples)
    ]
    return document, sources, problems


def _trace(
    path: Path, place: str, header: dict[str, Any], load: Callable[[], Any]
) -> ForeignTrace:
    sample = _checked(load())
    problems: list[Problem] = []
    facts = _facts(header, sample)
    own = dict_of(dict_of(sample.get("metadata")).get("mle"))
    if own:
        facts |= _own_facts(own)
    grade = own.get("grade") if own else _grade(dict_of(sample.get("scores")))
    return ForeignTrace(
        format="inspect",
        source=path,
        # The sample is read again when its events are: many do not fit into memory.
        events=_events(place, facts, load, problems, is_own=bool(own)),
        problems=problems,
        grade=grade if isinstance(grade, dict) else None,
        **facts,
    )


def _events(
    place: str,
    facts: dict[str, Any],
    load: Callable[[], Any],
    problems: list[Problem],
    *,
    is_own: bool,
) -> Iterator[dict[str, Any]]:
    sample = Sample(_checked(load()), facts, place, problems)
    yield from sample.own_events() if is_own else sample.events()


def _checked(sample: Any) -> dict[str, Any]:
    if not isinstance(sample, dict):
        msg = f"a sample is a JSON object; this is a {type(sample).__name__}"
        raise StoreError(msg)
    return sample


def _facts(header: dict[str, Any], sample: dict[str, Any]) -> dict[str, Any]:
    spec = dict_of(header.get("eval"))
    task = word_of(spec.get("task"), word_of(header.get("task"))).rpartition("/")[2]
    name = sample.get("id")
    competition = word_of(name, "") or (
        task if name is None else f"{task}-{text_of(name)}"
    )
    epoch = integer_of(sample.get("epoch"))
    status, reason = _ending(header, sample)
    return {
        "competition": competition,
        "scaffold": _scaffold(header, spec),
        "model": word_of(spec.get("model")),
        "seed": 0 if epoch is None or epoch < 0 else epoch,
        "status": status,
        "reason": reason,
    }


def _own_facts(own: dict[str, Any]) -> dict[str, Any]:
    return {
        "competition": word_of(own.get("competition")),
        "scaffold": word_of(own.get("scaffold"), "agent"),
        "model": word_of(own.get("model")),
        "seed": integer_of(own.get("seed")) or 0,
        "status": word_of(own.get("status"), "finished"),
        "reason": optional_text(own.get("reason")),
    }


def _scaffold(header: dict[str, Any], spec: dict[str, Any]) -> str:
    solver = word_of(spec.get("solver"), "")
    if not solver:
        steps = dicts_of(dict_of(header.get("plan")).get("steps"))
        solver = word_of(steps[-1].get("solver"), "") if steps else ""
    return solver.rpartition("/")[2] or "inspect"


def _ending(header: dict[str, Any], sample: dict[str, Any]) -> tuple[str, str | None]:
    limit = dict_of(sample.get("limit"))
    if limit:
        said = optional_text(limit.get("reason"))
        return f"{word_of(limit.get('type'), 'some')}-limit", said
    error = sample.get("error")
    if error:
        return "failed", text_of(dict_of(error).get("message") or error)
    if sample.get("completed_at") and header.get("status") != "cancelled":
        return "finished", None
    said = word_of(header.get("status"), "success")
    error = dict_of(header.get("error"))
    return _ENDED.get(said, "failed"), optional_text(error.get("message"))


def _grade(scores: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the scorers say; None without a number."""
    for score in scores.values():
        report = _report(dict_of(score))
        if report:
            return _of_report(report)
    for score in scores.values():
        value = dict_of(score).get("value")
        if isinstance(value, str) or number_of(value) is None:
            continue
        return {"score": number_of(value), "lower_is_better": None, "valid": True}
    return None


def _report(score: dict[str, Any]) -> dict[str, Any]:
    """Return a grading report of MLE-bench, wherever the scorer has put it."""
    texts = []
    for name in ("answer", "explanation"):
        text = score.get(name)
        if isinstance(text, str) and text.lstrip().startswith("{"):
            texts.append(_parsed(text))
    for found in (score.get("value"), score.get("metadata"), *texts):
        if isinstance(found, dict) and "any_medal" in found and "score" in found:
            return found
    return {}


def _parsed(text: str) -> Any:
    try:
        return load_json(text)
    except (ValueError, RecursionError):
        return None


def _of_report(report: dict[str, Any]) -> dict[str, Any]:
    lines = {
        name: number_of(report.get(f"{name}_threshold"))
        for name in (*_MEDALS, "median")
    }
    won = (name for name in _MEDALS if flag_of(report.get(f"{name}_medal")))
    return {
        "score": number_of(report.get("score")),
        "lower_is_better": flag_of(report.get("is_lower_better")),
        "medal": next(won, None),
        "any_medal": flag_of(report.get("any_medal")),
        "above_median": flag_of(report.get("above_median")),
        "valid": flag_of(report.get("valid_submission")),
        "thresholds": None if None in lines.values() else lines,
    }
