"""Say what an experiment will run: pure, and the same for a dry run and a real one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.records import SANDBOXES, AttemptSpec, Limits, Task, from_dict
from mle_toolkit.store import agent_slug

if TYPE_CHECKING:
    from collections.abc import Sequence

ENGINES = ("local",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAttempt:
    """One attempt of a plan and its folder below the experiment."""

    path: str
    competition: str
    scaffold: str
    model: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of what an experiment runs.

    Attributes
    ----------
    version
        From 1; each extension of the experiment adds a plan with the next one.
    attempts
        The attempts that this version adds, in the order of their start.
    tasks
        What the agents may know of each competition, by its id.
    parallel
        How many attempts run at once.
    """

    experiment: str
    version: int
    created: str
    attempts: tuple[PlannedAttempt, ...]
    tasks: dict[str, Task]
    limits: Limits
    sandbox: str
    parallel: int
    engine: str = "local"
    options: dict[str, Any] = field(default_factory=dict)

    def spec(self, attempt: PlannedAttempt) -> AttemptSpec:
        """Return what `attempt` has to run."""
        return AttemptSpec(
            experiment=self.experiment,
            competition=attempt.competition,
            scaffold=attempt.scaffold,
            model=attempt.model,
            seed=attempt.seed,
            task=self.tasks[attempt.competition],
            limits=self.limits,
            sandbox=self.sandbox,
            options=self.options,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Plan:
        """Read a plan back.

        Raises
        ------
        UsageError
            When a key is missing or a value is illegal.
        """
        if "imported" in data:
            msg = "these attempts were imported: there is nothing to run"
            raise UsageError(msg)
        try:
            return cls(
                **{
                    **data,
                    "attempts": tuple(
                        from_dict(PlannedAttempt, item) for item in data["attempts"]
                    ),
                    "tasks": {
                        name: from_dict(Task, item)
                        for name, item in data["tasks"].items()
                    },
                    "limits": from_dict(Limits, data["limits"]),
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            msg = f"the plan cannot be read: {error!r}"
            raise UsageError(msg) from error


def plan_experiment(
    name: str,
    tasks: Sequence[Task],
    *,
    scaffold: str,
    model: str,
    seeds: Sequence[int],
    limits: Limits,
    sandbox: str = "bwrap",
    parallel: int = 1,
    engine: str = "local",
    options: dict[str, Any] | None = None,
    version: int = 1,
) -> Plan:
    """Return the plan of every seed on every competition.

    Attempts are ordered by seed first, so that each competition has results
    early and a stopped experiment is balanced.

    Raises
    ------
    UsageError
        When there is nothing to run or a value is illegal.
    """
    check_choice("sandbox", sandbox, SANDBOXES)
    check_choice("engine", engine, ENGINES)
    if not tasks or not seeds:
        msg = "name at least one competition and ask for at least 1 attempt"
        raise UsageError(msg)
    if parallel < 1:
        msg = f"parallel must be 1 or more; got {parallel}"
        raise UsageError(msg)
    slug = agent_slug(scaffold, model)
    attempts = tuple(
        PlannedAttempt(
            path=f"{task.competition}/{slug}/{seed}",
            competition=task.competition,
            scaffold=scaffold,
            model=model,
            seed=seed,
        )
        for seed in seeds
        for task in tasks
    )
    return Plan(
        experiment=name,
        version=version,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        attempts=attempts,
        tasks={task.competition: task for task in tasks},
        limits=limits,
        sandbox=sandbox,
        parallel=parallel,
        engine=engine,
        options=options or {},
    )


def extend_plan(plans: Sequence[Plan], attempts: int) -> Plan:
    """Return the next version of an experiment: `attempts` more seeds of each.

    Raises
    ------
    UsageError
        When `attempts` is below 1.
    """
    if attempts < 1:
        msg = f"attempts must be 1 or more; got {attempts}"
        raise UsageError(msg)
    last = plans[-1]
    known = [item for plan in plans for item in plan.attempts]
    first = 1 + max(item.seed for item in known)
    agents = list(dict.fromkeys((item.scaffold, item.model) for item in known))
    tasks = {name: task for plan in plans for name, task in plan.tasks.items()}
    grids = [
        plan_experiment(
            last.experiment,
            list(tasks.values()),
            scaffold=scaffold,
            model=model,
            seeds=range(first, first + attempts),
            limits=last.limits,
            sandbox=last.sandbox,
            parallel=last.parallel,
            engine=last.engine,
            options=last.options,
            version=last.version + 1,
        )
        for scaffold, model in agents
    ]
    merged = tuple(item for grid in grids for item in grid.attempts)
    return dataclasses.replace(grids[0], attempts=merged)
