"""What a report is made from: everything that one run folder tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit import analysis
from mle_toolkit.errors import StoreError, ToolkitError
from mle_toolkit.frames import load_attempts
from mle_toolkit.records import LoadReport, Problem, Task, Thresholds, from_dict
from mle_toolkit.store import AttemptFolder, ExperimentFolder, read_json

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetitionFacts:
    """One competition of an experiment, and the medal lines of its grades."""

    name: str
    task: Task | None
    metric: str | None
    split: str
    thresholds: Thresholds | None

    @property
    def title(self) -> str:
        """The title, or the id where none is known."""
        return (self.task.title if self.task else "") or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The frames of one experiment and what they do not hold.

    Attributes
    ----------
    attempts, rates, summary, steps
        The tidy frame, and what the verbs of `mle_toolkit.analysis` say of it.
    plans
        The plans as they were written.
    notes
        Why an attempt failed or its submission was refused, by its path.
    hardware
        The machines that the attempts ran on, each once.
    started, ended
        First start and last end, as written; None before the first result.
    problems
        What could not be read.
    """

    path: Path
    name: str
    attempts: pd.DataFrame
    rates: pd.DataFrame
    summary: pd.DataFrame
    steps: pd.DataFrame
    competitions: tuple[CompetitionFacts, ...]
    plans: tuple[dict[str, Any], ...]
    notes: dict[str, str]
    hardware: tuple[dict[str, Any], ...]
    started: str | None
    ended: str | None
    problems: tuple[Problem, ...]

    @property
    def agents(self) -> list[str]:
        """The agents in order of appearance."""
        return [str(name) for name in self.attempts["agent"].unique()]


@dataclass(slots=True)
class _Findings:
    """What the files of the attempts hold beside the frame."""

    thresholds: dict[str, Thresholds] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    hardware: list[dict[str, Any]] = field(default_factory=list)
    times: list[str] = field(default_factory=list)


def gather(path: str | Path) -> Material:
    """Read a run folder.

    Raises
    ------
    StoreError
        When there is no experiment at `path`.
    """
    experiment = ExperimentFolder.open(path)
    attempts = load_attempts(experiment.path)
    steps = analysis.best_over_time(attempts)
    findings = _Findings()
    for row in attempts.itertuples(index=False):
        _look_into(AttemptFolder(Path(row.path)), str(row.competition), findings)
    plans = tuple(_plans(experiment))
    names = [str(name) for name in attempts["competition"].unique()]
    return Material(
        path=experiment.path,
        name=experiment.name,
        attempts=attempts,
        rates=analysis.pass_at_k(attempts),
        summary=analysis.summary(attempts),
        steps=steps,
        competitions=tuple(_facts(name, plans, findings) for name in names),
        plans=plans,
        notes={
            path: note.replace(f"{experiment.path}/", "")
            for path, note in findings.notes.items()
        },
        hardware=tuple(findings.hardware),
        started=min(findings.times, default=None),
        ended=max(findings.times, default=None),
        problems=_problems([attempts, steps], experiment),
    )


def _look_into(attempt: AttemptFolder, competition: str, findings: _Findings) -> None:
    try:
        result, grade = attempt.result(), attempt.grade()
    except StoreError as error:
        findings.notes[str(attempt.path)] = str(error)
        return
    if result is None:
        return
    hardware = result.get("hardware")
    if isinstance(hardware, dict) and hardware not in findings.hardware:
        findings.hardware.append(hardware)
    findings.times += [
        str(result[key]) for key in ("started", "ended") if key in result
    ]
    note = result.get("error") or (grade or {}).get("reason")
    if note:
        findings.notes[str(attempt.path)] = str(note)
    if grade and competition not in findings.thresholds:
        try:
            lines = from_dict(Thresholds, grade["thresholds"])
        except (KeyError, ToolkitError):
            return
        findings.thresholds[competition] = lines


def _plans(experiment: ExperimentFolder) -> list[dict[str, Any]]:
    return [read_json(path) for path in experiment.plan_paths()]


def _facts(
    name: str, plans: tuple[dict[str, Any], ...], findings: _Findings
) -> CompetitionFacts:
    task = None
    for plan in plans:
        try:
            task = from_dict(Task, plan["tasks"][name])
            break
        except (KeyError, TypeError, ToolkitError):
            continue
    return CompetitionFacts(
        name=name,
        task=task,
        metric=_metric_title(task),
        split=(task.split if task else "") or _split_of_card(name),
        thresholds=findings.thresholds.get(name),
    )


def _split_of_card(name: str) -> str:
    from mle_toolkit.competitions.cards import load_card

    try:
        return load_card(name).split
    except ToolkitError:
        return ""


def _metric_title(task: Task | None) -> str | None:
    if task is None:
        return None
    from mle_toolkit.competitions.metrics import get_metric

    try:
        return get_metric(task.metric).title
    except ToolkitError:
        return task.metric


def _problems(
    frames: list[pd.DataFrame], experiment: ExperimentFolder
) -> tuple[Problem, ...]:
    """Return what the frames report, once, with paths as seen from the run folder."""
    base = f"{experiment.path}/"
    found: dict[Problem, None] = {}
    for frame in frames:
        report = frame.attrs.get("report")
        for each in report.problems if isinstance(report, LoadReport) else ():
            path, reason = f"{each.path}/", each.reason.replace(base, "")
            found[Problem(path.removeprefix(base).rstrip("/"), reason)] = None
    return tuple(found)
