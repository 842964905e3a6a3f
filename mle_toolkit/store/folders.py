"""The layout of an experiment on disk, and how to read it.

::

    runs/<experiment>/plan-1.json, plan-2.json ...
        <competition>/<agent-slug>/<seed>/
            spec.json                what to run, never changed
            try-1/, try-2/ ...       claim, heartbeat, events, workspace, snapshots
            submission.csv           the one chosen
            result.json              published once
            grade.json               written after the result
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_toolkit import claims
from mle_toolkit.errors import StoreError
from mle_toolkit.records import AttemptSpec, from_dict
from mle_toolkit.store.files import read_json

STATES = ("pending", "running", "lost", "published", "graded", "broken")


def agent_slug(scaffold: str, model: str) -> str:
    """Return the folder name of an agent.

    Examples
    --------
    >>> agent_slug("tree-search", "openai:gpt-4o")
    'tree-search-openai-gpt-4o'
    """
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{scaffold}-{model}").strip("-.")
    return slug or "agent"


@dataclass(frozen=True, slots=True)
class TryFolder:
    """One try of an attempt: only its own supervisor ever writes here."""

    path: Path

    @property
    def number(self) -> int:
        """The try's number, from 1."""
        return int(self.path.name.removeprefix("try-"))

    @property
    def claim(self) -> Path:
        """Who supervises this try."""
        return self.path / claims.CLAIM

    @property
    def heartbeat(self) -> Path:
        """A counter that the supervisor advances."""
        return self.path / "heartbeat"

    @property
    def abandoned(self) -> Path:
        """A mark by an observer: the supervisor is gone, a new try may begin."""
        return self.path / claims.ABANDONED

    @property
    def events(self) -> Path:
        """The numbered events, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def workspace(self) -> Path:
        """What the agent may write."""
        return self.path / "workspace"

    @property
    def scratch(self) -> Path:
        """What the agent sees as its temporary folder."""
        return self.path / "scratch"

    @property
    def incoming(self) -> Path:
        """Copies of submissions on their way from the runner to the supervisor."""
        return self.path / "incoming"

    @property
    def submissions(self) -> Path:
        """Numbered snapshots of submissions."""
        return self.path / "submissions"

    def snapshots(self) -> list[dict[str, Any]]:
        """Return the record of every snapshot, with its grade when there is one."""
        found = []
        for path in sorted(self.submissions.glob("[0-9]*.json")):
            if path.name.endswith(".grade.json"):
                continue
            record = read_json(path)
            grade = path.with_suffix(".grade.json")
            record["grade"] = read_json(grade) if grade.exists() else None
            found.append(record)
        return found


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """One agent on one competition with one seed."""

    path: Path

    def spec(self) -> AttemptSpec:
        """Return what to run.

        Raises
        ------
        StoreError, UsageError
            When ``spec.json`` is missing, unreadable or incomplete.
        """
        return from_dict(AttemptSpec, read_json(self.path / "spec.json"))

    def tries(self) -> list[TryFolder]:
        """Return the tries in order; only claimed ones count."""
        numbers = claims.claimed_tries(str(self.path))
        return [TryFolder(self.path / f"try-{number}") for number in numbers]

    def latest_try(self) -> TryFolder | None:
        """Return the newest try, or None before the first."""
        tries = self.tries()
        return tries[-1] if tries else None

    def telling_try(self) -> TryFolder | None:
        """Return the try that was published, else the newest; None before the first."""
        try:
            published = (self.result() or {}).get("try")
        except StoreError:
            published = None
        tries = self.tries()
        told = [each for each in tries if each.number == published] or tries
        return told[-1] if told else None

    @property
    def result_path(self) -> Path:
        """Where the result is published."""
        return self.path / claims.RESULT

    @property
    def grade_path(self) -> Path:
        """Where the grade of the chosen submission lies."""
        return self.path / "grade.json"

    @property
    def grade_error_path(self) -> Path:
        """Why the grader could not grade, when it could not."""
        return self.path / "grade-error.json"

    def result(self) -> dict[str, Any] | None:
        """Return the published result, or None before that."""
        return read_json(self.result_path) if self.result_path.exists() else None

    def grade(self) -> dict[str, Any] | None:
        """Return the grade, or None before that."""
        return read_json(self.grade_path) if self.grade_path.exists() else None

    def submission(self) -> Path | None:
        """Return the snapshot that the result names, or None without one."""
        chosen = (self.result() or {}).get("submission")
        if not chosen:
            return None
        number, attempt_try = int(chosen["number"]), int(chosen["try"])
        return self.path / f"try-{attempt_try}" / "submissions" / f"{number:04d}.csv"

    def is_graded(self) -> bool:
        """Whether the grader has said all that it can say of this attempt."""
        return self.grade_path.exists() or self.grade_error_path.exists()

    def state(self) -> str:
        """Return one of `STATES`, from the files and the process table alone."""
        if self.result_path.exists():
            try:
                self.result()
            except StoreError:
                return "broken"
            return "graded" if self.grade_path.exists() else "published"
        newest = self.latest_try()
        if newest is None:
            return "pending"
        from mle_toolkit.store.processes import read_owner

        owner = read_owner(newest.claim)
        gone = owner is not None and owner.alive() is False
        return "lost" if gone or newest.abandoned.exists() else "running"


@dataclass(frozen=True, slots=True)
class ExperimentFolder:
    """A planned set of attempts."""

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> ExperimentFolder:
        """Return the experiment at `path`.

        Raises
        ------
        StoreError
            When there is no plan in that folder.
        """
        folder = cls(Path(path).absolute())
        if not folder.plan_paths():
            msg = f"{path} holds no experiment: there is no plan-1.json in it"
            raise StoreError(msg)
        return folder

    @property
    def name(self) -> str:
        """The experiment's name: that of its folder."""
        return self.path.name

    @property
    def stop_wish(self) -> Path:
        """When this file exists, no attempt is started and running ones end."""
        return self.path / "stop"

    @property
    def dispatcher(self) -> Path:
        """Who dispatches this experiment, written by the dispatcher itself."""
        return self.path / "dispatcher.json"

    def plan_paths(self) -> list[Path]:
        """Return the plans in order of their version."""
        return sorted(
            (p for p in self.path.glob("plan-*.json") if p.stem[5:].isdigit()),
            key=lambda p: int(p.stem[5:]),
        )

    def attempts(self) -> list[AttemptFolder]:
        """Return every planned attempt in the order of the plans.

        Raises
        ------
        StoreError
            When a plan cannot be read.
        """
        seen: dict[str, AttemptFolder] = {}
        for path in self.plan_paths():
            try:
                refs = [
                    str(item["path"]) for item in read_json(path).get("attempts", ())
                ]
            except (KeyError, TypeError) as error:
                msg = f"{path} is no plan: it lists no attempts with a path"
                raise StoreError(msg) from error
            for ref in refs:
                seen.setdefault(ref, AttemptFolder(self.path / ref))
        return list(seen.values())
