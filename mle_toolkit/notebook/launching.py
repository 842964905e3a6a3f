"""`launch`: plan an experiment, start it, and return a handle at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.durations import parse_duration
from mle_toolkit.errors import StoreError, UsageError, check_choice
from mle_toolkit.notebook.experiment import Experiment
from mle_toolkit.records import Limits
from mle_toolkit.running import control
from mle_toolkit.running.plan import Plan, plan_experiment
from mle_toolkit.running.usage import total_memory_mib

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MEMORY_SHARE = 0.8


def launch(
    *competitions: str,
    agent: str = "tree-search",
    model: str = "offline",
    attempts: int = 8,
    steps: int | None = 5,
    time_limit: str | float = "24h",
    parallel: int = 2,
    out: str | Path | None = None,
    sandbox: str = "bwrap",
    engine: str = "local",
    seed: int = 0,
    memory_mib: int | None = None,
    options: dict[str, Any] | None = None,
) -> Experiment:
    """Start an experiment and return a handle on it at once.

    Data that are missing are prepared first.  The attempts run in processes of
    their own, which outlive this one.

    Parameters
    ----------
    competitions
        Ids, such as ``"digits"``.
    agent, model
        Scaffold and chat model; see ``mle ls --agents``.
    attempts
        Seeds per competition, beginning with `seed`.
    steps
        Nodes of the search in each attempt; None for no limit but time.
    time_limit
        Wall time of each attempt, such as ``"5m"`` or ``"24h"``.
    parallel
        Attempts that run at once; each gets an equal share of cores and memory.
    out
        Run folder; by default a new one below ``runs/``.
    sandbox
        ``"bwrap"``, or ``"none"`` to run the code unconfined.
    memory_mib
        Memory of each attempt; by default its share of the machine.
    options
        Further settings of the agent and the model.

    Raises
    ------
    UsageError, SandboxError, NotPreparedError, StoreError
        Before anything is started.
    """
    plan = plan_launch(
        *competitions,
        agent=agent,
        model=model,
        attempts=attempts,
        steps=steps,
        time_limit=time_limit,
        parallel=parallel,
        out=out,
        sandbox=sandbox,
        engine=engine,
        seed=seed,
        memory_mib=memory_mib,
        options=options,
    )
    from mle_toolkit.sandbox import require

    require(sandbox)
    folder = control.create(plan.folder, plan.plan)
    control.start(folder)
    return Experiment(folder.path)


@dataclass(frozen=True, slots=True)
class Launch:
    """A plan and the folder that it is meant for."""

    folder: Path
    plan: Plan


def plan_launch(
    *competitions: str,
    agent: str = "tree-search",
    model: str = "offline",
    attempts: int = 8,
    steps: int | None = 5,
    time_limit: str | float = "24h",
    parallel: int = 2,
    out: str | Path | None = None,
    sandbox: str = "bwrap",
    engine: str = "local",
    seed: int = 0,
    memory_mib: int | None = None,
    options: dict[str, Any] | None = None,
    prepare: Callable[[str], object] | None = None,
) -> Launch:
    """Return what `launch` would run; see there for the parameters.

    `prepare` is called with the id of each competition before its data are
    needed; by default missing data are prepared.
    """
    from mle_toolkit import competitions as catalog
    from mle_toolkit.agents.registry import known_agents

    if not competitions:
        msg = "name at least one competition, such as 'digits'; see: mle ls"
        raise UsageError(msg)
    if attempts < 1 or seed < 0:
        msg = f"attempts must be 1 or more and seed 0 or more; got {attempts}, {seed}"
        raise UsageError(msg)
    check_choice("agent", agent, known_agents())
    limits = Limits(
        time_limit_s=parse_duration(time_limit),
        steps=steps,
        memory_mib=memory_mib or _memory_share(parallel),
        cpus=_cpu_share(parallel),
    )
    model = _check_model(model)
    folder = Path(out) if out is not None else _fresh_folder()
    for name in competitions:
        catalog.load_card(name)
    for name in competitions:
        (prepare or catalog.prepare)(name)
    plan = plan_experiment(
        folder.absolute().name,
        [catalog.task(name) for name in dict.fromkeys(competitions)],
        scaffold=agent,
        model=model,
        seeds=range(seed, seed + attempts),
        limits=limits,
        sandbox=sandbox,
        parallel=parallel,
        engine=engine,
        options=options,
    )
    return Launch(folder, plan)


def _check_model(name: str) -> str:
    """Check the name, and make a path in it independent of this process."""
    from mle_toolkit.models.registry import FAMILIES

    family, colon, rest = name.partition(":")
    check_choice("model", family, FAMILIES)
    if family == "scripted":
        return f"{family}{colon}{Path(rest).absolute()}"
    return name


def _fresh_folder(root: Path = Path("runs")) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    names: Sequence[str] = [stamp, *(f"{stamp}-{n}" for n in range(2, 100))]
    for name in names:
        if not (root / name).exists():
            return root / name
    msg = f"no free name below {root}"
    raise StoreError(msg)


def _cpu_share(parallel: int) -> int:
    cores = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )
    return max(1, cores // max(1, parallel))


def _memory_share(parallel: int) -> int | None:
    total = total_memory_mib() * MEMORY_SHARE
    return int(total / max(1, parallel)) or None
