"""Read grading reports as MLE-bench writes them, one or many in a file.

A file holds one report (``competition_id``, ``score``, medals), a list of them, or the
report of a run, whose ``competition_reports`` is such a list.  JSON with NaN and
Infinity is accepted, because Python writes them.
"""

from __future__ import annotations

import json
import math
import os
import stat
from typing import Any, NamedTuple

from mle_toolkit.records import MEDALS, Problem

_REPORTS = "competition_reports"
_COMPETITION = "competition_id"
_POINTER = b"version https://git-lfs.github.com/spec/"
_MOST_BYTES = 512 << 20
_FLAGS = {0: False, 1: True}
# How a missing path looks after it went through Python's str().
NO_PATHS = ("", ".", "None", "nan")


class UnreadableError(Exception):
    """A file holds no grading report: the kind of fault, and a sentence."""

    def __init__(self, *, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Report(NamedTuple):
    """One grading report; what it does not say is None, a missing score NaN.

    A named tuple, because there may be a million, and they become columns.
    """

    competition: str
    score: float
    medal: str | None
    any_medal: bool | None
    above_median: bool | None
    valid_submission: bool | None
    created_at: str | None
    submission_path: str | None


def read_reports(path: str) -> tuple[list[Report], list[Problem]]:
    """Return the reports in a file, and what is wrong with those that are odd.

    Raises
    ------
    UnreadableError
        When the file holds none, or cannot be read.
    """
    content = _parse(_read(path))
    problems: list[Problem] = []
    reports = []
    for item in _entries(content):
        try:
            report, oddities = _report(item)
        except UnreadableError as fault:
            problems.append(Problem(path, fault.reason, fault.kind, 1))
            continue
        reports.append(report)
        problems += [
            Problem(path, f"{report.competition}: {reason}", "odd value")
            for reason in oddities
        ]
    said = content.get("total_runs") if isinstance(content, dict) else None
    there = len(reports) + sum(problem.skipped for problem in problems)
    if isinstance(said, int) and said != there:
        reason = f"the file says {said} runs and holds {there}"
        problems.append(Problem(path, reason, "totals disagree"))
    return reports, problems


def _read(path: str) -> bytes:
    try:
        # Without waiting: a pipe that nobody writes to would block for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise UnreadableError(
                    kind="unreadable", reason="this is not a plain file"
                )
            if state.st_size > _MOST_BYTES:
                reason = f"{state.st_size} bytes; at most {_MOST_BYTES} are read"
                raise UnreadableError(kind="too large", reason=reason)
            return file.read()
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or error}"
        raise UnreadableError(kind="unreadable", reason=reason) from error


def _parse(data: bytes) -> Any:
    if data.startswith(_POINTER):
        reason = "this is a pointer of Git LFS, not the file: run git lfs pull"
        raise UnreadableError(kind="LFS pointer", reason=reason)
    if not data.strip():
        raise UnreadableError(kind="empty file", reason="the file is empty")
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        reason = f"the file is not text in UTF-8: {error.reason}"
        raise UnreadableError(kind="broken JSON", reason=reason) from error
    except (ValueError, RecursionError) as error:
        reason = f"the file is not JSON: {error}"
        raise UnreadableError(kind="broken JSON", reason=reason) from error


def _entries(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    if isinstance(content, dict):
        if isinstance(content.get(_REPORTS), list):
            return list(content[_REPORTS])
        if _COMPETITION in content:
            return [content]
    reason = f"this JSON has neither a {_COMPETITION} nor a list {_REPORTS}"
    raise UnreadableError(kind="not a report", reason=reason)


def _report(item: Any) -> tuple[Report, list[str]]:
    competition = item.get(_COMPETITION) if isinstance(item, dict) else None
    if not isinstance(competition, str) or not competition.strip():
        reason = f"a report without a {_COMPETITION} in text"
        raise UnreadableError(kind="no competition", reason=reason)
    odd: list[str] = []
    score = _number(item, "score", odd)
    medal, any_medal = _medal(item, odd)
    report = Report(
        competition,
        score,
        medal,
        any_medal,
        _flag(item, "above_median", odd),
        _flag(item, "valid_submission", odd),
        _text(item, "created_at"),
        _text(item, "submission_path"),
    )
    if any_medal and report.valid_submission is False:
        odd.append("a medal without a valid submission")
    return report, odd


def _medal(item: dict[str, Any], odd: list[str]) -> tuple[str | None, bool | None]:
    """Return the medal, and whether there is one; both None when that is not said."""
    flags = {name: _flag(item, f"{name}_medal", odd) for name in MEDALS}
    won = [name for name, flag in flags.items() if flag]
    any_medal = _flag(item, "any_medal", odd)
    if any_medal is None:
        known = won or None not in flags.values()
        any_medal = bool(won) if known else None
        if not known:
            odd.append("it does not say whether there is a medal")
    one = bool(won) if None not in flags.values() else any_medal
    if len(won) > 1 or (won and any_medal is False) or one != any_medal:
        said = " and ".join(won) or "none of the three"
        odd.append(f"any_medal is {any_medal}, with {said}: the medal is left out")
        return None, any_medal
    return (won[0] if won else None), any_medal


def _flag(item: dict[str, Any], name: str, odd: list[str]) -> bool | None:
    value = item.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in _FLAGS:
        return _FLAGS[int(value)]
    odd.append(f"{name} is {_short(value)}, neither true nor false")
    return None


def _number(item: dict[str, Any], name: str, odd: list[str]) -> float:
    value = item.get(name)
    if isinstance(value, float):
        return value
    if value is None:
        return math.nan
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            odd.append(f"{name} is too large for a number")
            return math.nan
    odd.append(f"{name} is {_short(value)}, not a number")
    return math.nan


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value not in NO_PATHS else None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]} ..."  # noqa: PLR2004 - a glance
