"""Grade many submissions at once, from and into the formats of MLE-bench.

In goes a JSONL file with a line ``{"competition_id": ..., "submission_path": ...}`` for
each attempt.  Out comes a grading report in MLE-bench's schema, which its own scripts
and `mle_toolkit.load_attempts` read.  What cannot be graded, because the data of the
competition are not here, stops nothing: it is listed with its reason and is in none of
the totals, because an attempt that was not graded has not failed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, ToolkitError, UsageError
from mle_toolkit.records import MEDALS, Problem
from mle_toolkit.store import publish_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mle_toolkit.records import Grade

_COMPETITION, _SUBMISSION = "competition_id", "submission_path"
_MOST_NAMES = 3600
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a JSONL file.

    Attributes
    ----------
    line
        Its number, from 1.
    competition
        The competition's id.
    submission
        The path as it is written; None where the attempt has left no submission.
    path
        The file that this means.
    """

    line: int
    competition: str
    submission: str | None
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One entry and what became of it: a grade, or the reason why there is none."""

    entry: Entry
    created_at: datetime
    grade: Grade | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """What grading a JSONL file came to.

    Attributes
    ----------
    report
        The grading report that was written; None when nothing could be graded.
    not_graded
        The list beside it of what could not be graded; None when there is none.
    graded
        Entries with a grade.
    problems
        Lines that are no entries and entries that could not be graded, each of them
        one ``skipped``; and why submissions are invalid, and warnings.
    totals
        The totals of the report by their names in MLE-bench.
    """

    report: Path | None
    not_graded: Path | None
    graded: int
    problems: tuple[Problem, ...]
    totals: dict[str, int]

    def __str__(self) -> str:
        """Say in a few lines what was graded, what was not, and why."""
        totals = self.totals
        medals = [f"{totals[f'total_{name}_medals']} {name}" for name in MEDALS]
        first = (
            f"{self.graded} graded: {totals['total_valid_submissions']} valid, "
            f"{totals['total_above_median']} above the median, "
            f"{totals['total_medals']} with a medal ({', '.join(medals)})"
        )
        lines = [first]
        for skipped, title in ((True, "not graded"), (False, "to know")):
            found = [each for each in self.problems if bool(each.skipped) == skipped]
            if found:
                lines.append(f"{len(found)} {title}:")
            lines += [f"  {each.path}: {each.reason}" for each in found[:_SHOWN]]
            if found[_SHOWN:]:
                lines.append(f"  ... and {len(found) - _SHOWN} more")
        return "\n".join(lines)


def grade_jsonl(
    source: str | Path,
    out: str | Path,
    *,
    strict: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> BulkReport:
    """Grade every submission that a JSONL file names, and write the grading report.

    Parameters
    ----------
    source
        A file with a JSON object in each line: ``competition_id``, and
        ``submission_path``, a CSV file or null.  A relative path is one from the
        folder of `source` or, if there is no such file, from the working folder.
    out
        Folder for ``<time>_grading_report.json`` and, where something could not be
        graded, ``<time>_not_graded.json``.  It is made if needed; nothing in it is
        ever overwritten.
    strict
        As in `grade`.
    progress
        Called with the number of entries done and of all, after each.

    Returns
    -------
    BulkReport
        ``print`` it.

    Raises
    ------
    UsageError
        When `source` cannot be read or has no entry.
    StoreError
        When `out` cannot be written.
    """
    entries, problems = read_entries(source)
    if not entries:
        first = f"; {problems[0].path}: {problems[0].reason}" if problems else ""
        msg = (
            f"{source} names no submission: each line must be a JSON object with "
            f"{_COMPETITION} and {_SUBMISSION}{first}"
        )
        raise UsageError(msg)
    folder = _make_folder(Path(out))
    done = []
    for number, graded in enumerate(grade_entries(entries, strict=strict), start=1):
        done.append(graded)
        if progress is not None:
            progress(number, len(entries))
    problems += [problem for each in done for problem in _problems(each)]
    return _write(folder, [each for each in done if each.grade], problems)


def read_entries(source: str | Path) -> tuple[list[Entry], list[Problem]]:
    """Return the entries of a JSONL file, and the lines that are none.

    Raises
    ------
    UsageError
        When the file cannot be read.
    """
    path = Path(source)
    if path.exists() and not path.is_file():
        msg = f"{source} is no plain file; pass a JSONL file"
        raise UsageError(msg)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        msg = f"{source} cannot be read: {error.strerror or error}"
        raise UsageError(msg) from error
    entries: list[Entry] = []
    problems: list[Problem] = []
    first_seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip(b" \t\r\xef\xbb\xbf"):
            continue
        try:
            entry = _entry(line, number, path.absolute().parent)
        except ValueError as error:
            problems.append(Problem(f"line {number}", str(error), "broken line", 1))
            continue
        entries.append(entry)
        if entry.submission is not None:
            key = (entry.competition, str(entry.path))
            first = first_seen.setdefault(key, number)
            if first != number:
                reason = f"the same submission as in line {first}: graded again"
                problems.append(Problem(f"line {number}", reason, "repeated line"))
    return entries, problems


def grade_entries(
    entries: Iterable[Entry], *, strict: bool = False
) -> Iterator[Graded]:
    """Grade one entry after the other; a competition that cannot, blocks no other."""
    from mle_toolkit.competitions.grading import Grader

    grader: Grader | None = None
    for entry in entries:
        grade = reason = None
        try:
            # Lines of one competition often stand together: its answers stay loaded.
            if grader is None or grader.card.id != entry.competition:
                grader = None
                grader = Grader.of(entry.competition, strict=strict)
            if entry.path is None:
                grade = grader.refuse("there is no submission")
            else:
                grade = grader.grade(entry.path)
        except ToolkitError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - one must never stop the others
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            reason = f"grading broke: {said}"
        now = datetime.now(tz=UTC).astimezone()
        yield Graded(entry=entry, created_at=now, grade=grade, reason=reason)


def competition_report(graded: Graded) -> dict[str, Any]:
    """Return one grade in MLE-bench's schema; a missing score is None.

    Raises
    ------
    UsageError
        When there is no grade.
    """
    done, path = graded.grade, graded.entry.path
    if done is None:
        msg = f"line {graded.entry.line} was not graded: {graded.reason}"
        raise UsageError(msg)
    is_csv = path is not None and path.suffix.lower() == ".csv"
    there = is_csv and path is not None and _is_there(path)
    return {
        "competition_id": done.competition,
        "score": done.score,
        "gold_threshold": done.thresholds.gold,
        "silver_threshold": done.thresholds.silver,
        "bronze_threshold": done.thresholds.bronze,
        "median_threshold": done.thresholds.median,
        "any_medal": done.any_medal,
        **{f"{name}_medal": done.medal == name for name in MEDALS},
        "above_median": done.above_median,
        "submission_exists": there,
        "valid_submission": done.valid,
        "is_lower_better": done.lower_is_better,
        "created_at": graded.created_at.replace(tzinfo=None).isoformat(),
        # Text in every case, because MLE-bench makes a path of it.
        "submission_path": str(graded.entry.submission),
    }


def totals(reports: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return the totals that stand above the reports of single submissions."""

    def count(name: str) -> int:
        return sum(bool(report[name]) for report in reports)

    return {
        "total_runs": len(reports),
        "total_runs_with_submissions": count("submission_exists"),
        "total_valid_submissions": count("valid_submission"),
        "total_medals": count("any_medal"),
        **{f"total_{name}_medals": count(f"{name}_medal") for name in MEDALS},
        "total_above_median": count("above_median"),
    }


def _entry(line: bytes, number: int, folder: Path) -> Entry:
    """Read a line.

    Raises
    ------
    ValueError
        With what is wrong with it.
    """
    try:
        item = json.loads(line)
    except RecursionError as error:
        msg = "it is nested too deeply"
        raise ValueError(msg) from error
    except ValueError as error:
        msg = f"it is not JSON in UTF-8: {error}"
        raise ValueError(msg) from error
    if not isinstance(item, dict) or _SUBMISSION not in item:
        msg = f"it is no JSON object with {_COMPETITION} and {_SUBMISSION}"
        raise ValueError(msg)
    competition, submission = item.get(_COMPETITION), item[_SUBMISSION]
    if not isinstance(competition, str) or not competition:
        msg = f"{_COMPETITION} must be the id of a competition; got {competition!r}"
        raise ValueError(msg)
    if submission is not None and (
        not isinstance(submission, str) or "\0" in submission
    ):
        msg = f"{_SUBMISSION} must be a path or null"
        raise ValueError(msg)
    return Entry(
        line=number,
        competition=competition,
        submission=submission,
        path=None if submission is None else _resolve(submission, folder),
    )


def _resolve(submission: str, folder: Path) -> Path:
    beside = folder / submission
    return beside if _is_there(beside) else Path(submission)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _problems(graded: Graded) -> Iterator[Problem]:
    """Say what the report has no room for: why there is no score, and warnings."""
    where = f"line {graded.entry.line}, {graded.entry.competition}"
    done = graded.grade
    if done is None:
        yield Problem(where, str(graded.reason), "not graded", 1)
    elif not done.valid and graded.entry.submission is not None:
        yield Problem(where, f"invalid: {done.reason}", "invalid submission")
    else:
        for warning in done.warnings:
            yield Problem(where, f"warning: {warning}", "warning")


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"the folder {folder} cannot be made: {error.strerror or error}"
        raise StoreError(msg) from error
    return folder


def _write(
    folder: Path, done: Sequence[Graded], problems: Sequence[Problem]
) -> BulkReport:
    now = datetime.now(tz=UTC).astimezone()
    reports = [competition_report(each) for each in done]
    counts = totals(reports)
    lost = [item for item in problems if item.skipped]
    report = not_graded = None
    if reports:
        content: object = counts | {"competition_reports": reports}
        report = _publish(folder, "grading_report", content, now)
    if lost:
        listed = [{"where": each.path, "reason": each.reason} for each in lost]
        not_graded = _publish(folder, "not_graded", {"not_graded": listed}, now)
    return BulkReport(
        report=report,
        not_graded=not_graded,
        graded=len(reports),
        problems=tuple(problems),
        totals=counts,
    )


def _publish(folder: Path, name: str, content: object, now: datetime) -> Path:
    """Write a file under a name of its own: never over one that exists.

    Raises
    ------
    StoreError
        When that cannot be done.
    """
    for later in range(_MOST_NAMES):
        # Two reports within a second: the next free second is the name of the later.
        time = now + timedelta(seconds=later)
        path = folder / f"{time:%Y-%m-%dT%H-%M-%S-%Z}_{name}.json"
        try:
            if publish_once(path, content):
                return path
        except OSError as error:
            msg = f"{path} cannot be written: {error.strerror or error}"
            raise StoreError(msg) from error
    msg = f"{folder} has no free name for a file *_{name}.json at this time"
    raise StoreError(msg)
