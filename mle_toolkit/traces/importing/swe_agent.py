"""SWE-agent: one ``.traj`` file per task; also those of mini-swe-agent.

That of SWE-agent has no times, only how long each command took, and counts tokens and
dollars for the whole attempt: the last call gets them all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing.documents import head_of, read_document
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    event_of,
    load_json,
    note_of,
    number_of,
    seconds_of,
    text_of,
    word_of,
)
from mle_toolkit.traces.importing.folders import any_matches, read_all
from mle_toolkit.traces.importing.mini_swe_agent import MiniReader, is_mini
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.streams import follow, numbered
from mle_toolkit.traces.importing.turns import Turns, arguments_of, safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.records import Problem

_SUFFIXES = (".traj", ".traj.json")
_TRAJECTORY = re.compile(r'"trajectory"\s*:\s*\[')
_STEP = re.compile(r'"(?:observation|response|thought)"\s*:')
_HINT = "a .traj file of SWE-agent or mini-swe-agent"
_LIMITS = {
    "exit_cost": "cost-limit",
    "exit_context": "token-limit",
    "exit_total_execution_time": "time-limit",
    "exit_command_timeout": "time-limit",
    "exit_format": "failed",
    "exit_error": "failed",
    "exit_api": "failed",
    "exit_environment_error": "failed",
}


def matches(path: Path) -> bool:
    """Whether the file, or one in the folder, looks like a trajectory of SWE-agent."""
    return any_matches(path, _SUFFIXES, _matches)


def read(path: Path) -> list[ForeignTrace]:
    """Read one trajectory, or all in a folder; a task is named as its file is.

    Raises
    ------
    StoreError
        When the file cannot be read or holds no trajectory.
    """
    return read_all(path, _SUFFIXES, _matches, _read)


def _matches(path: Path) -> bool:
    head = head_of(path)
    if not head.lstrip().startswith("{"):
        return False
    if is_mini(head):
        return True
    if path.suffix == ".traj":
        return '"trajectory"' in head or '"history"' in head
    return bool(_TRAJECTORY.search(head) and _STEP.search(head))


def _read(path: Path) -> ForeignTrace:
    problems: list[Problem] = []
    document = read_document(path, problems)
    if isinstance(document, dict) and isinstance(document.get("messages"), list):
        return _read_mini(path, document, problems)
    steps = dict_of(document).get("trajectory")
    if not isinstance(steps, list):
        msg = f"{path} holds no trajectory. Give {_HINT}"
        raise StoreError(msg)
    reader = _Reader(path, document)
    records = numbered(steps, f"{path}, step", problems)
    return ForeignTrace(
        source=path,
        events=follow(records, reader, problems, path),
        problems=problems,
        **reader.facts(),
    )


def _read_mini(
    path: Path, document: dict[str, Any], problems: list[Problem]
) -> ForeignTrace:
    reader = MiniReader(document, _task_of(path))
    records = numbered(document["messages"], f"{path}, message", problems)
    return ForeignTrace(
        source=path,
        events=follow(records, reader, problems, path),
        problems=problems,
        **reader.facts(),
    )


class _Reader:
    """Makes our events of the steps."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self.known = 0
        self.turns = Turns()
        self._info = dict_of(document.get("info"))
        self._task = _task_of(path)
        self._model = _model_of(document)
        history = [
            message
            for message in dicts_of(document.get("history"))
            if message.get("is_demo") is not True
        ]
        answers = [item for item in history if item.get("role") == "assistant"]
        same = len(answers) == len(document["trajectory"])
        # Only the history has the calls, in the order of the steps.
        self._calls = [dicts_of(item.get("tool_calls")) for item in answers if same]
        self.turns.other(self._start(document))
        for message in history:
            if message.get("role") == "assistant":
                break
            self.turns.ask(message.get("role"), safe_text(message.get("content")))

    def take(self, item: dict[str, Any]) -> None:
        """Take the next step: what the model said, and what its command gave."""
        calls = self._calls[self.known] if self.known < len(self._calls) else []
        self.known += 1
        action, thought = text_of(item.get("action")), text_of(item.get("thought"))
        reply = text_of(item.get("response")) or thought
        self.turns.release()
        event = self.turns.model(None)
        self.turns.say(event, "reply", reply)
        if not action.strip():
            observation = text_of(item.get("observation"))
            if observation:
                self.turns.other(note_of(observation))
            return
        name, arguments, known = _call(calls, action)
        known = self.turns.call(event, known, name, arguments)
        self.turns.answer(
            known,
            text_of(item.get("observation")),
            duration_s=seconds_of(item.get("execution_time")),
        )

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace: with the patch, and what all of it took."""
        del place, problems
        stats = dict_of(self._info.get("model_stats"))
        cost = number_of(stats.get("instance_cost"))
        self.turns.spend(
            tokens_in=count_of(stats.get("tokens_sent")),
            tokens_out=count_of(stats.get("tokens_received")),
            cost_usd=cost if cost is not None and cost >= 0 else None,
        )
        submission = safe_text(self._info.get("submission"))
        if submission:
            self.turns.other(event_of("note", text=f"submission:\n{submission}"))
        status, reason = self._ending()
        if status.endswith("-limit"):
            self.turns.other(event_of("limit", limit=status, detail=reason))
        self.turns.close(status, reason)

    def facts(self) -> dict[str, Any]:
        """Return who ran on what, and how it ended."""
        status, reason = self._ending()
        return {
            "format": "swe-agent",
            "competition": self._task,
            "scaffold": "swe-agent",
            "model": self._model,
            "status": status,
            "reason": reason,
        }

    def _start(self, document: dict[str, Any]) -> dict[str, Any]:
        return event_of(
            "start",
            competition=self._task,
            agent=f"swe-agent/{self._model}",
            model=self._model,
            seed=0,
            version=word_of(self._info.get("swe_agent_version"), "") or None,
            environment=word_of(document.get("environment"), "") or None,
        )

    def _ending(self) -> tuple[str, str | None]:
        said = word_of(self._info.get("exit_status"), "")
        if said == "submitted":
            return "finished", None
        if not said:
            return "stopped", "the trajectory has no exit status"
        # A patch is sent in at a limit too: "submitted (exit_cost)".
        known = next((name for name in _LIMITS if name in said), None)
        return _LIMITS[known] if known else "stopped", said


def _task_of(path: Path) -> str:
    name = path.name.removesuffix(".json").removesuffix(".traj")
    return word_of(name)


def _call(calls: list[dict[str, Any]], action: str) -> tuple[str, Any, Any]:
    if len(calls) != 1:
        return "shell", {"command": action}, None
    function = dict_of(calls[0].get("function"))
    arguments = arguments_of(function.get("arguments"))
    return word_of(function.get("name"), "shell"), arguments, calls[0].get("id")


def _model_of(document: dict[str, Any]) -> str:
    """Return the model, which only the configuration to replay the attempt names."""
    config = document.get("replay_config")
    if isinstance(config, str):
        try:
            config = load_json(config)
        except (ValueError, RecursionError):
            return "unknown"
    agent = dict_of(dict_of(config).get("agent"))
    model = dict_of(agent.get("model"))
    return word_of(model.get("name"), word_of(model.get("model_name")))
