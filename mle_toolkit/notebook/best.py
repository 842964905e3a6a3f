"""Find the best graded attempt and the program behind its submission, and show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, ToolkitError, UsageError, check_choice
from mle_toolkit.notebook.experiment import Best, read_grade
from mle_toolkit.reporting import words
from mle_toolkit.reporting.live.events import number, whole
from mle_toolkit.reporting.markup import Html, element, escape, join
from mle_toolkit.traces import EventLog

if TYPE_CHECKING:
    from mle_toolkit.store import AttemptFolder, ExperimentFolder


def best_attempt(experiment: ExperimentFolder, competition: str | None) -> Best:
    """Return the attempt with the best score on one competition; ties: first seed."""
    attempts = experiment.attempts()
    name = _choose(attempts, competition)
    best: tuple[float, AttemptFolder, dict[str, Any]] | None = None
    for attempt in attempts:
        if attempt.path.parents[1].name != name:
            continue
        try:
            grade = attempt.grade()
        except ToolkitError:
            continue
        score = number((grade or {}).get("score_full"))
        if grade is None or score is None:
            continue
        value = -score if grade.get("lower_is_better") else score
        if best is None or value > best[0]:
            best = (value, attempt, grade)
    if best is None:
        msg = f"no attempt on {name} has a valid, graded submission yet"
        raise StoreError(msg)
    return _of(name, *best[1:])


def _choose(attempts: list[AttemptFolder], competition: str | None) -> str:
    names = list(dict.fromkeys(item.path.parents[1].name for item in attempts))
    if competition is not None:
        check_choice("competition", competition, names)
        return competition
    if len(names) > 1:
        listed = ", ".join(repr(name) for name in names)
        msg = f"say which competition: best({names[0]!r}); this experiment has {listed}"
        raise UsageError(msg)
    return names[0]


def _of(name: str, attempt: AttemptFolder, grade: dict[str, Any]) -> Best:
    submission = attempt.submission()
    if submission is None:
        msg = f"{attempt.path} has a grade but names no submission"
        raise StoreError(msg)
    return Best(
        competition=name,
        attempt=attempt.path,
        seed=int(attempt.path.name),
        code=_code(attempt),
        submission=submission,
        grade=read_grade(grade),
    )


def _code(attempt: AttemptFolder) -> str | None:
    """Return the code of the node that made the chosen submission."""
    chosen = (attempt.result() or {})["submission"]["number"]
    newest = attempt.latest_try()
    if newest is None:
        return None
    log = EventLog(newest.path)
    node = None
    codes: dict[Any, str] = {}
    for event in log:
        if event["kind"] == "exec" and "code" in event:
            codes[whole(event.get("node"))] = log.text(event["code"])
        elif event["kind"] == "submission" and event.get("number") == chosen:
            node = whole(event.get("node"))
    return codes.get(node)


def best_html(best: Best) -> str:
    """Return the best attempt as safe HTML: its grade and its program."""
    grade = best.grade
    facts: list[object] = [
        element("b", f"{best.competition}, seed {best.seed}"),
        f"test score {words.score(grade.score)}",
    ]
    if grade.medal:
        facts.append(element("b", grade.medal))
    if grade.percentile is not None:
        facts.append(f"beats {grade.percentile:.0f} % of the leaderboard")
    code = (
        element("pre", Html(escape_whole(best.code)), style=_STYLE)
        if best.code
        else None
    )
    missing = element("p", "The trace does not hold its program.")
    body = join([element("p", join(facts, " · ")), code or missing])
    return str(element("div", body))


def escape_whole(text: str) -> str:
    """Return a program as harmless text, however long it is."""
    size = 1000
    return "".join(
        escape(text[start : start + size]) for start in range(0, len(text), size)
    )


_STYLE = (
    "max-height:26em;overflow:auto;padding:8px 10px;font:12px/1.45 "
    "var(--jp-code-font-family, ui-monospace, Menlo, monospace);"
    "background:var(--jp-layout-color2, #f4f4f0);"
    "color:var(--jp-content-font-color1, #1c2126)"
)
