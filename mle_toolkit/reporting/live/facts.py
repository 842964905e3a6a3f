"""What the files beside a trace tell: the task, the result, grades, medal lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import ToolkitError
from mle_toolkit.reporting.live.events import number, short, whole
from mle_toolkit.store import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.store import AttemptFolder, TryFolder

MEDALS = ("gold", "silver", "bronze")
LINES = (*MEDALS, "median")


@dataclass(slots=True)
class Facts:
    """What is known of an attempt beside its events.

    Attributes
    ----------
    lines
        Scores of the medals and of the leaderboard's median; a line that is not
        known is not there.
    tests
        One entry per snapshot that has been graded: ``t, score, medal, node,
        number``; the agent never saw these scores.
    problems
        Files that could not be read.
    """

    state: str = "pending"
    spec: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    grade: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, float] = field(default_factory=dict)
    tests: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    by_node: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def test_of(self, node: int) -> dict[str, Any] | None:
        """Return the newest graded snapshot of a node."""
        return self.by_node.get(node)

    @property
    def task(self) -> dict[str, Any]:
        """The task of the spec."""
        return _dict(self.spec.get("task"))

    @property
    def imported(self) -> dict[str, Any]:
        """Which format an imported attempt had, and what could not be read of it."""
        return _dict(self.result.get("imported"))

    @property
    def limits(self) -> dict[str, Any]:
        """The limits of the spec."""
        return _dict(self.spec.get("limits"))

    @property
    def lower_is_better(self) -> bool | None:
        """The direction of the metric by the task, else by the grade."""
        for source in (self.task, self.grade):
            if isinstance(source.get("lower_is_better"), bool):
                return bool(source["lower_is_better"])
        return None


def read_facts(attempt: AttemptFolder, folder: TryFolder | None) -> Facts:
    """Read what there is; what cannot be read is named and passed over."""
    facts = Facts(state=attempt.state())
    for name, path in (
        ("spec", attempt.path / "spec.json"),
        ("result", attempt.result_path),
        ("grade", attempt.grade_path),
    ):
        if path.exists():
            setattr(facts, name, _read(path, facts.problems))
    if folder is not None:
        facts.tests = _tests(folder, facts.problems)
        facts.by_node = {test["node"]: test for test in facts.tests}
    competition = attempt.path.parents[1].name
    card = str(facts.task.get("card_dir") or competition)
    facts.lines = _grade_lines(facts) or dict(_card_lines(card))
    return facts


def stamp(attempt: AttemptFolder, folder: TryFolder | None) -> tuple[object, ...]:
    """Return a value that changes whenever `read_facts` may read something new."""
    paths = [attempt.path, attempt.path / "stop"]
    if folder is not None:
        paths += [folder.path, folder.submissions]
    return tuple(_changed_at(path) for path in paths)


def stop_asked(attempt: AttemptFolder) -> bool:
    """Whether somebody asked this attempt, or all, to stop."""
    experiment = attempt.path.parent.parent.parent
    return any((path / "stop").exists() for path in (attempt.path, experiment))


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return read_json(path)
    except ToolkitError as error:
        problems.append(beside(error, path.parent))
        return {}


def beside(error: ToolkitError, folder: Path) -> str:
    """Return what went wrong without the folder's place, which a page may not tell."""
    return short(str(error).replace(f"{folder}/", ""))


def _tests(folder: TryFolder, problems: list[str]) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.submissions.glob("[0-9]*.grade.json")):
        grade = _read(path, problems)
        score = number(grade.get("score"))
        record = _read(path.with_name(f"{path.name[:-11]}.json"), problems)
        if score is None or not record:
            continue
        found.append(
            {
                "t": number(record.get("elapsed_s")),
                "score": score,
                "medal": medal_of(grade),
                "node": whole(record.get("node")),
                "number": whole(record.get("number")),
            }
        )
    return found


def medal_of(grade: dict[str, Any]) -> str | None:
    """Return the medal of a grade if it is one of the three."""
    medal = grade.get("medal")
    return medal if medal in MEDALS else None


def _grade_lines(facts: Facts) -> dict[str, float]:
    lines = _dict(facts.grade.get("thresholds"))
    found = {name: number(lines.get(name)) for name in LINES}
    return {name: value for name, value in found.items() if value is not None}


@lru_cache(maxsize=256)
def _card_lines(competition: str) -> tuple[tuple[str, float], ...]:
    """Return the medal lines of a competition that is known here, else nothing."""
    from mle_toolkit.competitions.cards import load_card
    from mle_toolkit.competitions.medals import scale_of

    try:
        thresholds = scale_of(load_card(competition)).thresholds
    except (ToolkitError, OSError):
        return ()
    found = [(name, number(getattr(thresholds, name))) for name in LINES]
    return tuple((name, value) for name, value in found if value is not None)


def metric_title(name: Any) -> str | None:
    """Return the metric's name as a reader knows it."""
    if not isinstance(name, str) or not name:
        return None
    from mle_toolkit.competitions.metrics import get_metric

    try:
        return get_metric(name).title
    except ToolkitError:
        return short(name, 60)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
