"""Find what an attempt ran: the program of a node, or the calls of a linear agent."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, UnknownNameError, UsageError
from mle_toolkit.store import TryFolder
from mle_toolkit.traces.importing.fields import (
    dict_of,
    integer_of,
    number_of,
    optional_text,
    text_of,
    word_of,
)

if TYPE_CHECKING:
    from mle_toolkit.traces.exporting.recording import Recording

PYTHON, BASH = "python", "bash"
# Names of tools, in small letters and without underscores.
_LANGUAGES = {
    PYTHON: {
        "python", "ipython", "pythonrepl", "runpython", "executepython", "pythonexec",
        "runipython", "runcell", "executeipythoncell", "codeinterpreter", "jupyter",
        "notebookcell", "runcode", "executecode", "codeexecution",
    },
    BASH: {
        "bash", "shell", "sh", "terminal", "executebash", "runbash", "run", "cmdrun",
        "commandexecution", "executecommand", "execcommand", "localshell", "command",
        "runshellcommand", "runterminalcmd", "bashcommand", "bashtool",
    },
}  # fmt: skip
_ARGUMENTS = ("code", "source", "command", "cmd", "commands", "script", "input")
_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One piece of code, and what it printed when it was recorded."""

    language: str
    code: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What an attempt ran.

    Attributes
    ----------
    facts
        Where it comes from: pairs of a name and a text, not yet safe to print.
    plan
        What the model wrote of it.
    cells
        The code: one cell for a node.
    left_out
        How many calls of other tools there are, by name.
    imported
        Another tool ran it, so files lie where that tool had them.
    competition
        The competition's id, not yet safe to print.
    """

    facts: list[tuple[str, str]]
    plan: str
    cells: list[Cell]
    left_out: dict[str, int]
    imported: bool
    competition: str


def find_program(recording: Recording, node: int | None) -> Program:
    """Return the program of a node, or all calls of an agent that makes no nodes.

    Raises
    ------
    StoreError
        When nothing was run.
    UnknownNameError
        When there is no such node.
    UsageError
        When there are nodes, none is asked for, and none was chosen.
    """
    programs = {
        event["node"]: event
        for event in recording.events
        if event.get("kind") == "exec" and integer_of(event.get("node")) is not None
    }
    if node is None and not programs:
        return _calls(recording)
    if node is None:
        node = _chosen(recording)
    if node is None or node not in programs:
        raise _no_program(recording, programs, node)
    return _of_node(recording, node, programs[node])


def _of_node(recording: Recording, node: int, run: dict[str, Any]) -> Program:
    said = _node_event(recording, node)
    stage = word_of(said.get("stage"), "program")
    parent = said.get("parent")
    facts = _who(recording)
    facts.append(("Node", f"{node} ({stage}{_of_parent(parent)})"))
    facts.append(("Validation score", _validation(recording, said)))
    facts.append(("Test score", _test_score(recording, node)))
    status = word_of(run.get("status"), "ok")
    exception = optional_text(run.get("exception"))
    facts.append(("Exit", f"{status}: {exception}" if exception else status))
    cell = Cell(
        language=PYTHON,
        code=text_of(run.get("code")),
        output=text_of(run.get("output")),
    )
    return Program(
        facts=facts,
        plan=text_of(said.get("plan")),
        cells=[cell],
        left_out={},
        imported=_is_imported(recording),
        competition=recording.competition,
    )


def _calls(recording: Recording) -> Program:
    cells: list[Cell] = []
    left_out: Counter[str] = Counter()
    for event in recording.events:
        if event.get("kind") not in {"tool", "exec"}:
            continue
        name = word_of(event.get("name"), PYTHON if "code" in event else "tool")
        language, code = _language(name), _code(event)
        if language is None or not code.strip():
            left_out[name] += 1
            continue
        output = text_of(event.get("output"))
        cells.append(Cell(language=language, code=code, output=output))
    if not cells:
        msg = f"{recording.attempt} ran neither a program nor a command"
        raise StoreError(msg)
    facts = [*_who(recording), ("Calls", f"{len(cells)}, in their order")]
    facts.append(("Test score", _grade_text(recording.grade)))
    return Program(
        facts=facts,
        plan="",
        cells=cells,
        left_out=dict(left_out.most_common()),
        imported=_is_imported(recording),
        competition=recording.competition,
    )


def _who(recording: Recording) -> list[tuple[str, str]]:
    return [
        ("Competition", recording.competition),
        ("Agent", recording.agent),
        ("Seed", str(recording.seed)),
    ]


def _chosen(recording: Recording) -> int | None:
    """Return the node of the submission that was handed in."""
    number = dict_of(recording.result.get("submission")).get("number")
    best = None
    for event in recording.events:
        if event.get("kind") != "submission":
            continue
        if event.get("best") or (number is not None and event.get("number") == number):
            best = integer_of(event.get("node"))
    return best


def _no_program(
    recording: Recording, programs: dict[int, Any], node: int | None
) -> Exception:
    numbers = ", ".join(str(each) for each in list(programs)[:_LISTED])
    more = f" and {len(programs) - _LISTED} more" if len(programs) > _LISTED else ""
    if node is None:
        msg = f"no submission was chosen, so say which node: {numbers}{more}"
        return UsageError(msg)
    said = _node_event(recording, node)
    if said:
        reason = text_of(said.get("reason")) or "no program was run for it"
        return StoreError(f"node {node} has no program: {reason}")
    msg = f"unknown node {node!r}; those with a program: {numbers or 'none'}{more}"
    return UnknownNameError(msg)


def _node_event(recording: Recording, node: int) -> dict[str, Any]:
    found = (
        event
        for event in reversed(recording.events)
        if event.get("kind") == "node" and event.get("node") == node
    )
    return next(found, {})


def _of_parent(parent: Any) -> str:
    return "" if parent is None else f" of node {parent}"


def _validation(recording: Recording, said: dict[str, Any]) -> str:
    metric = number_of(said.get("metric"))
    if metric is None:
        reason = optional_text(said.get("reason"))
        return f"none: {reason}" if reason else "none"
    name = word_of(dict_of(recording.spec.get("task")).get("metric"), "")
    words = {True: "lower is better", False: "higher is better", None: ""}
    direction = words[recording.lower_is_better]
    told = ", ".join(part for part in (name, direction) if part)
    return f"{metric:.6g} ({told})" if told else f"{metric:.6g}"


def _test_score(recording: Recording, node: int) -> str:
    """Return the grade of the submission that a node made."""
    folder = TryFolder(recording.attempt / f"try-{recording.number}")
    grade: dict[str, Any] = {}
    try:
        for snapshot in folder.snapshots():
            if snapshot.get("node") == node:
                grade = dict_of(snapshot.get("grade"))
    except StoreError:
        return "unknown"
    if not grade and _chosen(recording) == node:
        grade = recording.grade
    return _grade_text(grade)


def _grade_text(grade: dict[str, Any]) -> str:
    score = number_of(grade.get("score"))
    if score is None:
        return text_of(grade.get("reason")) or "not graded"
    medal = word_of(grade.get("medal"), "no medal")
    return f"{score:.6g} ({medal})"


def _is_imported(recording: Recording) -> bool:
    return recording.spec.get("sandbox") not in {"bwrap", "none"}


def _language(name: str) -> str | None:
    plain = name.lower().replace("_", "").replace("-", "").replace(" ", "")
    plain = plain.removesuffix("action").removesuffix("tool") or plain
    return next((key for key, names in _LANGUAGES.items() if plain in names), None)


def _code(event: dict[str, Any]) -> str:
    if event.get("kind") == "exec":
        return text_of(event.get("code"))
    arguments = event.get("arguments")
    if isinstance(arguments, str):
        return arguments
    for name in _ARGUMENTS:
        value = dict_of(arguments).get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value:
            return _command(value)
    return ""


def _command(words: list[Any]) -> str:
    """Return an argument list as one command; that of ``bash -c`` is its script."""
    texts = [text_of(word) for word in words]
    match texts:
        case [shell, "-c" | "-lc", script] if shell.endswith("sh"):
            return script
    return shlex.join(texts)
