"""Agent Trajectory Interchange Format (ATIF): one JSON document of an attempt.

The format is that of the Harbor project, https://github.com/harbor-framework/harbor,
``rfcs/0001-trajectory-format.md``.  It knows prompts, calls of a model, tools and what
they gave; nodes, scores and submissions become ``system`` steps.  Each step keeps our
event in ``extra["mle"]``, and those of tool results that stand in the step of their
call in ``extra["mle_results"]``.  A prompt is part of the event that follows it, so its
step has ``extra["mle"] = None``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mle_toolkit import __version__
from mle_toolkit.errors import check_choice
from mle_toolkit.store import write_text
from mle_toolkit.traces.exporting.recording import Place, describe, open_recording
from mle_toolkit.traces.exporting.targets import cannot_write, new_file
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    number_of,
    optional_text,
    text_of,
    time_of,
    word_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.traces.exporting.recording import Recording

VERSIONS = ("1.4", "1.5", "1.6", "1.7", "1.8")
_COUNTS_CALLS = ("1.8",)
_HAS_IDS = ("1.7", "1.8")


def to_atif(
    attempt: Place,
    target: str | Path,
    *,
    version: str = "1.6",
    overwrite: bool = False,
) -> Path:
    """Write an attempt as ATIF.

    Parameters
    ----------
    attempt
        The folder of an attempt, whose published or newest try is taken, or of a try.
    target
        The file to write, such as ``trajectory.json``.
    version
        Version of the format, one of `VERSIONS`.  The default is the newest that
        most readers document.
    overwrite
        Whether a file of that name may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        When there is nothing to export, or the file cannot be written.
    UnknownNameError
        When there is no such version.
    """
    check_choice("version of ATIF", version, VERSIONS)
    path = new_file(target, overwrite=overwrite)
    document = trajectory(open_recording(attempt), version=version)
    # ASCII keeps lone surrogates, which a program may print, as they are.
    text = json.dumps(document, indent=1)
    try:
        write_text(path, text + "\n")
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def trajectory(recording: Recording, *, version: str) -> dict[str, Any]:
    """Return the document of one try."""
    steps = _Steps(recording, counts_calls=version in _COUNTS_CALLS)
    for event in recording.events:
        steps.take(event)
    name = f"{recording.competition}/{recording.agent}/{recording.seed}"
    document = {
        "schema_version": f"ATIF-v{version}",
        "session_id": name,
        "agent": {
            "name": recording.scaffold,
            "version": __version__,
            "model_name": recording.model,
        },
        "steps": steps.done,
        "final_metrics": _final_metrics(recording, len(steps.done)),
        "extra": {"mle": recording.facts()},
    }
    if version in _HAS_IDS:
        document["trajectory_id"] = f"{name}/try-{recording.number}"
    return document


class _Steps:
    """The steps of a document as they grow."""

    def __init__(self, recording: Recording, *, counts_calls: bool) -> None:
        self.done: list[dict[str, Any]] = []
        self._model = recording.model
        self._counts_calls = counts_calls
        self._asked: set[str] = set()
        self._open: dict[str, dict[str, Any]] = {}

    def take(self, event: dict[str, Any]) -> None:
        kind = event.get("kind")
        if kind == "model":
            self._take_call(event)
        elif kind == "tool":
            self._take_tool(event)
        elif kind == "exec":
            call = _call(
                f"exec-{event.get('seq')}",
                "python",
                {"code": text_of(event.get("code"))},
            )
            self._take_run(event, call, _output_of(event))
        else:
            self._add("system", describe(event), event)

    def _add(
        self, source: str, message: str, event: dict[str, Any] | None, **more: Any
    ) -> dict[str, Any]:
        step: dict[str, Any] = {"step_id": len(self.done) + 1}
        moment = time_of((event or {}).get("time"))
        if moment is not None:
            step["timestamp"] = moment
        step |= {"source": source, "message": message}
        step |= {key: value for key, value in more.items() if value is not None}
        step["extra"] = {"mle": event}
        self.done.append(step)
        return step

    def _take_call(self, event: dict[str, Any]) -> None:
        for message in dicts_of(event.get("messages")):
            role = word_of(message.get("role"), "user")
            content = text_of(message.get("content"))
            # Answers and results have steps of their own, and what is said before
            # every call is told once.
            if role == "user" or (role == "system" and content not in self._asked):
                self._asked.add(content)
                self._add(role, content, None)
        calls = _calls(event)
        step = self._add(
            "agent",
            text_of(event.get("reply")),
            event,
            model_name=self._model,
            reasoning_content=optional_text(event.get("reasoning")),
            tool_calls=calls or None,
            metrics=_metrics(event) or None,
            llm_call_count=1 if self._counts_calls else None,
        )
        self._open |= {call["tool_call_id"]: step for call in calls}

    def _take_tool(self, event: dict[str, Any]) -> None:
        known = text_of(event.get("call_id"))
        step = self._open.pop(known, None)
        if step is None:
            name = word_of(event.get("name"), "tool")
            call = _call(
                known or f"tool-{event.get('seq')}", name, event.get("arguments")
            )
            self._take_run(event, call, text_of(event.get("output")))
            return
        observation = step.setdefault("observation", {"results": []})
        observation["results"].append(
            {"source_call_id": known, "content": text_of(event.get("output"))}
        )
        step["extra"].setdefault("mle_results", []).append(event)

    def _take_run(
        self, event: dict[str, Any], call: dict[str, Any], output: str
    ) -> None:
        result = {"source_call_id": call["tool_call_id"], "content": output}
        self._add(
            "agent",
            "",
            event,
            tool_calls=[call],
            observation={"results": [result]},
            llm_call_count=0 if self._counts_calls else None,
        )


def _calls(event: dict[str, Any]) -> list[dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for number, call in enumerate(dicts_of(event.get("tool_calls"))):
        known = text_of(call.get("id"))
        if not known or known in made:
            known = f"call-{event.get('seq')}-{number}"
        name = word_of(call.get("name"), "tool")
        made[known] = _call(known, name, call.get("arguments"))
    return list(made.values())


def _call(known: str, name: str, arguments: Any) -> dict[str, Any]:
    if not isinstance(arguments, dict):
        arguments = {} if arguments is None else {"arguments": arguments}
    return {"tool_call_id": known, "function_name": name, "arguments": arguments}


def _output_of(event: dict[str, Any]) -> str:
    output = text_of(event.get("output"))
    status = word_of(event.get("status"), "ok")
    if status == "ok":
        return output
    exception = optional_text(event.get("exception"))
    return f"{output}\n[{status}{f': {exception}' if exception else ''}]".lstrip("\n")


def _metrics(event: dict[str, Any]) -> dict[str, Any]:
    found = {
        "prompt_tokens": count_of(event.get("tokens_in")),
        "completion_tokens": count_of(event.get("tokens_out")),
        "cost_usd": number_of(event.get("cost_usd")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _final_metrics(recording: Recording, steps: int) -> dict[str, Any]:
    found = {
        "total_prompt_tokens": count_of(recording.total("tokens_in")),
        "total_completion_tokens": count_of(recording.total("tokens_out")),
        "total_cost_usd": recording.total("cost_usd"),
        "total_steps": steps,
    }
    scores = {
        "validation_score": recording.validation_score,
        "test_score": recording.score,
        "medal": dict_of(recording.grade).get("medal"),
    }
    known = {name: value for name, value in scores.items() if value is not None}
    metrics = {name: value for name, value in found.items() if value is not None}
    return metrics | ({"extra": known} if known else {})
