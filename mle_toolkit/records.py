"""Records that more than one layer passes around: frozen, typed, plain data.

This module imports the standard library alone, because the supervisor needs it.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mle_toolkit.errors import UsageError

Record = TypeVar("Record")

SANDBOXES = ("bwrap", "none")
MEDALS = ("gold", "silver", "bronze")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one attempt may use.

    Attributes
    ----------
    time_limit_s
        Wall time of one try, in seconds.
    steps
        Nodes of the search, or turns of the agent; None means no limit.
    exec_timeout_s
        Wall time of one execution; None means what is left of the time limit.
    memory_mib
        Private memory of each process and of the whole tree, in MiB; None means
        no limit.
    output_mib
        What one execution may print before it is ended, in MiB.
    disk_mib
        Size of the workspace, in MiB.
    cpus
        Cores of the attempt's share; BLAS and OpenMP use that many threads.
    """

    time_limit_s: float = 24 * 3600.0
    steps: int | None = None
    exec_timeout_s: float | None = None
    memory_mib: int | None = None
    output_mib: int = 16
    disk_mib: int = 10_240
    cpus: int = 1

    def __post_init__(self) -> None:
        for name in ("time_limit_s", "output_mib", "disk_mib", "cpus"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be above 0; got {getattr(self, name)!r}"
                raise UsageError(msg)
        for name in ("steps", "exec_timeout_s", "memory_mib"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                msg = f"{name} must be above 0, or None for no limit; got {value!r}"
                raise UsageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What an agent may know of a competition: never the answers.

    Attributes
    ----------
    competition
        The competition's id.
    description
        The task in words, Markdown.
    metric
        The metric by its field name, such as ``"roc_auc"``.
    lower_is_better
        The direction of the metric.
    public_dir
        Absolute path of the folder that the box mounts read-only as ``input/``.
    sample_submission
        File name of the sample submission inside `public_dir`.
    id_column
        Column that names the rows of a submission.
    target_columns
        Columns that a submission must fill.
    split
        The set of competitions that this one belongs to, such as ``"mini"``.
    rules
        What the target values must fulfil: see `mle_toolkit.submissions.Rules`.
    card_dir
        Folder of the card when the competition is the user's own; else empty.
    """

    competition: str
    title: str
    description: str
    metric: str
    lower_is_better: bool
    public_dir: str
    sample_submission: str
    id_column: str
    target_columns: tuple[str, ...]
    split: str = ""
    rules: dict[str, Any] = field(default_factory=dict)
    card_dir: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSpec:
    """What to run in one attempt: written once as ``spec.json``, never changed."""

    experiment: str
    competition: str
    scaffold: str
    model: str
    seed: int
    task: Task
    limits: Limits = field(default_factory=Limits)
    sandbox: str = "bwrap"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def agent(self) -> str:
        """The agent's name: scaffold and model together."""
        return f"{self.scaffold}/{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Scores that win each medal, and the median of the leaderboard."""

    gold: float
    silver: float
    bronze: float
    median: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How one submission did in one competition.

    Attributes
    ----------
    score
        The score as reported: rounded to 5 decimals; None when invalid.
    score_full
        The same score before rounding.
    valid, reason
        Whether the submission could be scored, and if not, why not.
    warnings
        What was accepted although it looks wrong.
    medal
        ``"gold"``, ``"silver"``, ``"bronze"`` or None.
    percentile
        Share of the leaderboard that the score beats, in [0, 100]; ties count
        half.  None when there is no leaderboard or no score.
    percentile_reason
        Why `percentile` is None.
    """

    competition: str
    score: float | None
    score_full: float | None
    valid: bool
    reason: str | None
    warnings: tuple[str, ...]
    medal: str | None
    any_medal: bool
    above_median: bool
    percentile: float | None
    thresholds: Thresholds
    lower_is_better: bool
    percentile_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong with a record, or with some of a kind.

    Attributes
    ----------
    path, reason
        Where, and why.
    kind
        The sort of problem in a word or two, to count by.
    skipped
        Records that were passed over for it; 0 when they were kept.  A file that
        cannot be read counts as one.
    """

    path: str
    reason: str
    kind: str = "problem"
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Missing:
    """A column that a source does not know, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How a load went: rows read, and what was wrong with the others.

    Attributes
    ----------
    rows
        Rows of the frame.
    problems
        Every record that was passed over, and whatever is odd about those kept.
    missing
        Columns that the source does not know.
    """

    rows: int
    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def skipped(self) -> int:
        """Number of records that were passed over."""
        return sum(problem.skipped for problem in self.problems)

    def counts(self) -> dict[str, int]:
        """Return the number of problems of each kind, most frequent first."""
        return dict(Counter(item.kind for item in self.problems).most_common())

    def __str__(self) -> str:
        """Say in one line how many rows were read and what was not."""
        if not self.problems:
            return f"{self.rows} rows read"
        counts = self.counts()
        listed = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        kinds = "" if set(counts) == {"problem"} else f" ({listed})"
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        first = self.problems[0]
        return (
            f"{self.rows} rows read{skipped}, {len(self.problems)} problems{kinds}; "
            f"first: {first.path}: {first.reason}"
        )


def to_json(record: Any) -> str:
    """Return a record as JSON text; NaN and infinity become null."""
    return json.dumps(plain(dataclasses.asdict(record)), indent=1, sort_keys=True)


def from_dict(cls: type[Record], data: dict[str, Any]) -> Record:
    """Build a record from `data`; keys that the record lacks are ignored.

    Nested records and tuples are restored.

    Raises
    ------
    UsageError
        When a needed key is missing or a value is illegal.
    """
    if not isinstance(data, dict):
        msg = f"{cls.__name__} needs a JSON object; got {type(data).__name__}"
        raise UsageError(msg)
    values = {}
    for item in dataclasses.fields(cls):  # type: ignore[arg-type]
        if item.name not in data:
            continue
        values[item.name] = _restore(str(item.type), data[item.name])
    try:
        return cls(**values)
    except TypeError as error:
        msg = f"{cls.__name__} cannot be read: {error}"
        raise UsageError(msg) from error


def _restore(type_name: str, value: Any) -> Any:
    nested = {"Limits": Limits, "Task": Task, "Thresholds": Thresholds}
    if type_name in nested:
        return from_dict(nested[type_name], value)
    if type_name.startswith("tuple[") and isinstance(value, list):
        return tuple(value)
    return value


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: NaN and infinity become None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
