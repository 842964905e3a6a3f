"""The tidy frame of grading reports: what is a duplicate, and which seed is which."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit import published
from mle_toolkit.frames.columns import from_columns
from mle_toolkit.frames.reports import Report, UnreadableError, read_reports
from mle_toolkit.records import LoadReport, Missing, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mle_toolkit.frames.groups import Groups

_AGENT = "a grading report names no agent: the experiment stands for it"
_GRADES_ONLY = "a grading report tells the grade of a submission and nothing else"
_REGRADED = (
    "of a submission that an earlier report of that competition names: kept, but was "
    "it graded twice?"
)
_ALIKE = (
    "without a date and like an earlier one: kept, because two attempts may be alike"
)
_UNKNOWN = {
    "status": "a grading report does not say how the attempt ended",
    "percentile": "it needs the whole leaderboard, which a grading report leaves out",
    "flagged": "nothing was looked for",
    "tags": "people tag attempts, and a grading report knows none",
} | dict.fromkeys(
    ("validation_score", "elapsed_s", "tokens_in", "tokens_out", "cost_usd",
     "n_nodes", "hardware"),
    _GRADES_ONLY,
)  # fmt: skip


def reports_frame(names: Sequence[str], groups: Groups, *, root: Path) -> pd.DataFrame:
    """Return one row for each grading report in the files `names`, in their order.

    Parameters
    ----------
    names
        Paths below `root`, in the order that numbers the seeds.
    groups
        Which experiments the run groups belong to.
    root
        Where the names of run groups begin; its own name is that of files in it.
    """
    reader = _Reader()
    values: dict[str, list[Any]] = {
        column: [] for column in ("experiment", "seed", "path", *Report._fields)
    }
    seeds: Counter[tuple[str, str]] = Counter()
    found: dict[str, None] = {}
    for name in names:
        group = groups.group_of((root.name, *Path(name).relative_to(root).parts[:-1]))
        found[group] = None
        for report in reader.new_in(name):
            for experiment in groups.experiments_of(group):
                seed = seeds[experiment, report.competition]
                seeds[experiment, report.competition] += 1
                row = (experiment, seed, name, *report)
                # Column by column: a million kept tuples would slow the collector.
                for column, value in zip(values.values(), row, strict=True):
                    column.append(value)
    problems = [*reader.all_problems(), *_of_groups(groups, list(found))]
    return _complete(values, problems, groups)


@dataclass(slots=True)
class _Reader:
    """Reads one file after the other and knows a report that comes again."""

    problems: list[Problem] = field(default_factory=list)
    files: dict[tuple[str, str, str | None], str] = field(default_factory=dict)
    submissions: set[tuple[str, str]] = field(default_factory=set)
    undated: set[Report] = field(default_factory=set)
    regraded: list[str] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)

    def new_in(self, name: str) -> list[Report]:
        """Return the reports in a file that were not read before."""
        try:
            reports, problems = read_reports(name)
        except UnreadableError as fault:
            self.problems.append(Problem(name, fault.reason, fault.kind, 1))
            return []
        self.problems += problems
        return [report for report in reports if self._is_new(report, name)]

    def all_problems(self) -> list[Problem]:
        """Return every problem, those of the same kind that say the same as one."""
        found = list(self.problems)
        for names, kind, said in (
            (self.regraded, "same submission", _REGRADED),
            (self.alike, "alike", _ALIKE),
        ):
            if names:
                reason = f"{_reports(len(names))}, the first one here, {said}"
                found.append(Problem(names[0], reason, kind))
        return found

    def _is_new(self, report: Report, name: str) -> bool:
        if report.created_at is None:
            if report in self.undated:
                self.alike.append(name)
            self.undated.add(report)
            return True
        key = (report.competition, report.created_at, report.submission_path)
        if key in self.files:
            first = self.files[key]
            # Two seeds without a submission may be graded in one tick of the clock.
            if first == name and report.submission_path is None:
                return True
            reason = f"{report.competition}: the same report as in {first}"
            self.problems.append(Problem(name, reason, "duplicate", 1))
            return False
        self.files[key] = name
        if report.submission_path is not None:
            submission = (report.competition, report.submission_path)
            if submission in self.submissions:
                self.regraded.append(name)
            self.submissions.add(submission)
        return True


def _of_groups(groups: Groups, found: list[str]) -> list[Problem]:
    """Return what does not fit together: the table and the folders."""
    if not groups.known:
        return []
    unlisted = f"not in {groups.source}: kept as an experiment of its own"
    problems = [
        Problem(group, unlisted, "unlisted group")
        for group in found
        if group not in groups.experiments
    ]
    if groups.is_whole:
        reason = f"{groups.source} lists this run group, which has no grading report"
        problems += [
            Problem(group, reason, "no report")
            for group in groups.experiments
            if group not in found
        ]
    return problems


def _complete(
    values: dict[str, list[Any]], problems: list[Problem], groups: Groups
) -> pd.DataFrame:
    """Add what is known of competitions and experiments, and say what is not."""
    facts = published.competitions()
    splits = dict(zip(facts["competition"], facts["split"], strict=True))
    counts = Counter(values["competition"])
    values["split"] = [splits.get(name) for name in values["competition"]]
    for name, count in counts.items():
        if name not in splits:
            reason = f"{_reports(count)} of a competition that MLE-bench does not have"
            problems.append(Problem(name, f"{reason}: no split", "unknown competition"))
    systems = published.experiments().set_index("agent")
    missing = [Missing("agent", _AGENT)]
    if not groups.known:
        missing.append(Missing("experiment", groups.source))
    for column in ("scaffold", "model"):
        known = systems[column].dropna().to_dict()
        values[column] = [known.get(name) for name in values["experiment"]]
        if None in values[column]:
            missing.append(Missing(column, _AGENT))
    values["agent"] = values["experiment"]
    missing += [Missing(column, reason) for column, reason in _UNKNOWN.items()]
    rows = len(values["competition"])
    frame = from_columns(values, rows)
    frame.attrs["report"] = LoadReport(rows, tuple(problems), tuple(missing))
    return frame


def _reports(count: int) -> str:
    return "1 report" if count == 1 else f"{count} reports"
