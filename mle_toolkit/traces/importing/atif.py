"""Import the Agent Trajectory Interchange Format (ATIF), versions 1.x.

The format of the Harbor project, https://github.com/harbor-framework/harbor, read
leniently.  In exports of ours, each step keeps its event under ``extra["mle"]``: those
come back as they were.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.atif_steps import Steps
from mle_toolkit.traces.importing.documents import (
    find_files,
    head_of,
    inside,
    peek,
    read_document,
)
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    event_of,
    integer_of,
    list_of,
    number_of,
    optional_text,
    word_of,
)
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.surroundings import competition_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r".*(?:traj|atif).*\.json", re.IGNORECASE)
_LOOKS = 20
_MAX_PARTS = 100
_MAX_DEPTH = 4
# Harbor names the folder of a trial "<task>__<random>".
_TRIAL = re.compile(r"(.+)__[A-Za-z0-9]{5,12}")


def matches(path: Path) -> bool:
    """Whether `path` is a trajectory, or a folder with one in it."""
    if path.is_dir():
        return any(map(matches, find_files(path, _is_named, most=_LOOKS)))
    if '"steps"' not in head_of(path):
        return False
    found = dict_of(peek(path))
    if str(found.get("schema_version")).upper().startswith("ATIF"):
        return True
    steps = list_of(found.get("steps"))
    return bool(steps) and {"step_id", "source"} <= dict_of(steps[0]).keys()


def read(path: Path) -> list[ForeignTrace]:
    """Return a trajectory, with its continuations, or those of all in a folder.

    Raises
    ------
    StoreError
        When `path` is no trajectory, or a folder without any.
    """
    if not path.is_dir():
        return [_trace(path)]
    files = [file for file in find_files(path, _is_named) if matches(file)]
    traces: list[ForeignTrace] = []
    problems: list[Problem] = []
    continued: set[Path] = set()
    for file in files:
        try:
            document = _load(file, [])
        except StoreError as error:
            problems.append(Problem(str(file), str(error), "unreadable file", 1))
            continue
        following = _next_part(file, document)
        if following is not None:
            continued.add(following)
    for file in files:
        if file.resolve() not in continued:
            try:
                traces.append(_trace(file))
            except StoreError:
                continue
    if not traces:
        msg = f"{path} holds no trajectory that can be read"
        raise StoreError(msg)
    traces[0].problems.extend(problems)
    return traces


def _is_named(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _load(path: Path, problems: list[Problem]) -> dict[str, Any]:
    document = read_document(path, problems)
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        msg = f"{path} is no trajectory: it has no list of steps"
        raise StoreError(msg)
    return document


def _trace(path: Path) -> ForeignTrace:
    # Its steps are read again when they are stored: those of many trajectories do not
    # fit into memory at once.
    document = _load(path, [])
    problems: list[Problem] = []
    agent = dict_of(document.get("agent"))
    facts = dict_of(dict_of(document.get("extra")).get("mle"))
    competition = word_of(facts.get("competition"), "") or competition_of(path)
    return ForeignTrace(
        format="atif",
        source=path,
        events=_events(path, problems),
        problems=problems,
        competition=competition or _task(path) or "unknown",
        scaffold=word_of(facts.get("scaffold") or agent.get("name"), "agent"),
        model=word_of(facts.get("model") or agent.get("model_name")),
        seed=integer_of(facts.get("seed")) or 0,
        status=word_of(facts.get("status"), "finished"),
        reason=optional_text(facts.get("reason")),
        grade=dict_of(facts.get("grade")) or None,
    )


def _task(path: Path) -> str | None:
    for folder in list(path.absolute().parents)[:2]:
        if found := _TRIAL.fullmatch(folder.name):
            return found[1]
    return None


def _events(path: Path, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    steps = Steps(str(path), problems)
    part: Path | None = path
    seen: set[Path] = set()
    document: dict[str, Any] = {}
    while part is not None and part.resolve() not in seen and len(seen) < _MAX_PARTS:
        seen.add(part.resolve())
        document = _load(part, problems)
        if part == path:
            yield from steps.begin(document)
        yield from _of_document(document, steps, 0)
        part = _next_part(part, document)
    yield from steps.finish()
    if not steps.restored:
        yield _end(document, cut_off=any(item.kind == "cut off" for item in problems))


def _of_document(
    document: dict[str, Any], steps: Steps, depth: int
) -> Iterator[dict[str, Any]]:
    yield from steps.take_all(list_of(document.get("steps")))
    for inner in dicts_of(document.get("subagent_trajectories")):
        name = word_of(inner.get("trajectory_id") or inner.get("session_id"), "unnamed")
        yield event_of("note", text=f"what follows is by the subagent {name}")
        if depth < _MAX_DEPTH:
            yield from _of_document(inner, steps, depth + 1)


def _next_part(path: Path, document: dict[str, Any]) -> Path | None:
    said = document.get("continued_trajectory_ref")
    name = said.get("trajectory_path") if isinstance(said, dict) else said
    return inside(path.parent, name) if isinstance(name, str) and name else None


def _end(document: dict[str, Any], *, cut_off: bool) -> dict[str, Any]:
    totals = dict_of(document.get("final_metrics"))
    cost = number_of(totals.get("total_cost_usd"))
    return event_of(
        "end",
        status="stopped" if cut_off else "finished",
        reason="the document was cut off" if cut_off else None,
        tokens_in=count_of(totals.get("total_prompt_tokens")),
        tokens_out=count_of(totals.get("total_completion_tokens")),
        cost_usd=cost,
        notes=optional_text(document.get("notes")),
    )
