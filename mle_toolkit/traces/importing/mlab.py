"""Import the logs of MLAB, the agent of MLAgentBench and of its fork for MLE-bench.

Huang et al., 2024, "MLAgentBench: Evaluating Language Agents on Machine Learning
Experimentation", arXiv 2310.03302.  ``env_log/trace.json`` holds what it did;
``agent_log/step_<n>_log.log`` the prompts and replies; ``agent_log/main_log`` the
replies as one text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
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
    event_of,
    list_of,
    note_of,
    optional_text,
    seconds_of,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.surroundings import competition_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "trace.json"
_LOOKS = 20
_LOG_BYTES = 64 << 20
_HEADING = re.compile(r"^={5,}(.+?)={5,}$", re.MULTILINE)
_REPLY = re.compile(r"(?:(.+?) response(?: \(.*\))?|.*completion.*)")
_TOKENS = re.compile(r"number of (prompt|sampled) tokens: *(\d+)", re.IGNORECASE)
_STEP = re.compile(r"^Step (\d+):", re.MULTILINE)
_OBSERVATION = re.compile(r"^Observation:", re.MULTILINE)
_FAILED = ("EnvError", "Error:", "Traceback (most recent call last)")
_FINAL = "final answer"
_KNOWN = frozenset({"steps", "low_level_steps", "action_infos", "task_description"})


def matches(path: Path) -> bool:
    """Whether `path` is a ``trace.json`` of MLAB, or a folder with one in it."""
    if path.is_dir():
        return any(map(matches, find_files(path, NAME.__eq__, most=_LOOKS)))
    if '"steps"' not in head_of(path):
        return False
    found = dict_of(peek(path))
    steps = list_of(found.get("steps"))
    first = dict_of(steps[0]) if steps else {}
    if not steps:
        return "low_level_steps" in found or "action_infos" in found
    return "action" in first and "observation" in first


def read(path: Path) -> list[ForeignTrace]:
    """Return the trace of a run, or those of all runs in a folder.

    Raises
    ------
    StoreError
        When `path` is a file that cannot be read, or a folder without a run.
    """
    if not path.is_dir():
        problems: list[Problem] = []
        return [_trace(path, problems, _load(path, problems))]
    files = [file for file in find_files(path, NAME.__eq__) if matches(file)]
    if not files:
        msg = f"{path} holds no env_log/{NAME} of MLAB. Name the folder of a run"
        raise StoreError(msg)
    return [_trace(file, []) for file in files]


def _load(path: Path, problems: list[Problem]) -> dict[str, Any]:
    document = read_document(path, problems)
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        msg = f"{path} is no trace of MLAB: it has no list of steps"
        raise StoreError(msg)
    return document


def _trace(
    path: Path, problems: list[Problem], document: dict[str, Any] | None = None
) -> ForeignTrace:
    calls = _calls(_log(path, "step_0_log.log"))
    return ForeignTrace(
        format="mlab",
        source=path,
        events=_events(path, problems, document),
        problems=problems,
        competition=competition_of(path) or "unknown",
        scaffold="mlab",
        model=word_of(calls[0].get("model") if calls else None),
    )


def _events(
    path: Path, problems: list[Problem], document: dict[str, Any] | None
) -> Iterator[dict[str, Any]]:
    trace = document if document is not None else _load(path, problems)
    told = _Told(path)
    task = optional_text(trace.get("task_description"))
    steps = trace["steps"]
    yield event_of("start", task=task)
    last: dict[str, Any] = {}
    for number, step in enumerate(steps):
        yield from told.before_step(number)
        if isinstance(step, dict):
            last = step
            yield _tool(step)
        else:
            reason = f"step {number} is a {type(step).__name__}, not an object"
            problems.append(Problem(str(path), reason, "broken step", 1))
            yield note_of(step)
    yield from told.before_step(len(steps))
    yield from _rest(trace, path, problems)
    yield _end(path, last)


def _tool(step: dict[str, Any]) -> dict[str, Any]:
    action = dict_of(step.get("action"))
    arguments = action.get("args")
    output = text_of(step.get("observation"))
    return event_of(
        "tool",
        node=None,
        name=word_of(action.get("name"), "unknown"),
        arguments=arguments if isinstance(arguments, dict) else text_of(arguments),
        output=output,
        status="error" if output.lstrip().startswith(_FAILED) else "ok",
        time=time_of(step.get("timestamp")),
    )


def _rest(
    trace: dict[str, Any], path: Path, problems: list[Problem]
) -> Iterator[dict[str, Any]]:
    # They are what went on inside of the steps, such as reading a file to edit it.
    inner = list_of(trace.get("low_level_steps"))
    if inner:
        reason = f"{len(inner)} low-level steps are the insides of steps: left out"
        problems.append(Problem(str(path), reason, "low-level steps"))
    for name, value in trace.items():
        if name not in _KNOWN:
            yield note_of({name: value})


def _end(path: Path, last: dict[str, Any]) -> dict[str, Any]:
    name = word_of(dict_of(last.get("action")).get("name"), "")
    error = _env_text(path, "error.txt").strip()
    if error:
        status, reason = "failed", error.splitlines()[-1][:500]
    elif name.lower() == _FINAL:
        status, reason = "finished", None
    else:
        status, reason = "stopped", "it gave no final answer"
    time_used = seconds_of(_env_text(path, "overall_time.txt").strip())
    return event_of("end", status=status, reason=reason, elapsed_s=time_used)


class _Told:
    """What the model said before each step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked = False
        self._main = _replies(_log(path, "main_log"))

    def before_step(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the calls of the model that led to a step."""
        calls = _calls(_log(self._path, f"step_{number}_log.log"))
        if not calls and number in self._main:
            calls = [{"reply": self._main[number]}]
        for call in calls:
            # Each prompt repeats the task, the rules and the steps so far: those are
            # events already.
            prompt = None if self._asked else call.pop("prompt", None)
            call.pop("prompt", None)
            self._asked = True
            messages = [{"role": "user", "content": prompt}] if prompt else []
            yield event_of("model", node=None, purpose="act", messages=messages, **call)


def _calls(text: str) -> list[dict[str, Any]]:
    """Return the calls of the model in the log of a step."""
    parts = _HEADING.split(text)
    calls: list[dict[str, Any]] = []
    prompt = None
    for heading, body in zip(parts[1::2], parts[2::2], strict=False):
        name = heading.strip()
        if name == "prompt":
            prompt = body.strip()
        elif name == "tokens":
            if calls:
                calls[-1] |= _counts(body)
        elif found := _REPLY.fullmatch(name):
            calls.append({"prompt": prompt, "reply": body.strip(), "model": found[1]})
            prompt = None
    return calls


def _counts(text: str) -> dict[str, Any]:
    said = {kind.lower(): count_of(number) for kind, number in _TOKENS.findall(text)}
    return {"tokens_in": said.get("prompt"), "tokens_out": said.get("sampled")}


def _replies(text: str) -> dict[int, str]:
    """Return what ``main_log`` has of each step, up to its observation."""
    parts = _STEP.split(text)
    replies = {}
    for number, body in zip(parts[1::2], parts[2::2], strict=False):
        known = count_of(number)
        if known is not None:
            replies[known] = _OBSERVATION.split(body)[0].strip()
    return {number: reply for number, reply in replies.items() if reply}


def _log(path: Path, name: str) -> str:
    return _text(path.parent.parent, f"agent_log/{name}")


def _env_text(path: Path, name: str) -> str:
    return _text(path.parent, name)


def _text(folder: Path, name: str) -> str:
    """Return a log as text; ``""`` when it is not in the folder."""
    file = inside(folder, name)
    return "" if file is None else head_of(file, _LOG_BYTES)
