"""`launch`, `attach`, and the handle they return.

The handle only reads the run folder and leaves wishes there.  Nothing runs in
the kernel, so closing or killing it does not touch the attempts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.durations import parse_duration
from mle_toolkit.errors import StoreError, UsageError, check_choice
from mle_toolkit.records import Grade, Limits, Thresholds
from mle_toolkit.running import control
from mle_toolkit.running.plan import Plan, plan_experiment
from mle_toolkit.running.usage import total_memory_mib
from mle_toolkit.store import AttemptFolder, ExperimentFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

MEMORY_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Best:
    """The best graded attempt on one competition.

    Attributes
    ----------
    code
        The program behind the submission, or None when the trace has none.
    submission
        Where the submission lies.
    """

    competition: str
    attempt: Path
    seed: int
    code: str | None
    submission: Path
    grade: Grade

    def _repr_html_(self) -> str:
        from mle_toolkit.notebook.display import best_html

        return best_html(self)


class Experiment:
    """A handle on a run folder.

    Parameters
    ----------
    path
        A run folder that holds a plan.

    Raises
    ------
    StoreError
        When there is no experiment at `path`.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = ExperimentFolder.open(path)
        self._monitor = control.Monitor(self.folder)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.folder.name

    def __repr__(self) -> str:
        """Say in one line how far the experiment is."""
        progress = self.progress()
        counts = ", ".join(f"{n} {state}" for state, n in progress.states.items())
        return f"<Experiment {self.name}: {progress.total} attempts: {counts}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from mle_toolkit.notebook.display import experiment_bundle

        return experiment_bundle(self)

    def _ipython_display_(self) -> None:
        from mle_toolkit.notebook.display import live

        live(self)

    def progress(self) -> control.Progress:
        """Return how many attempts are in which state."""
        return self._monitor.read()

    def plans(self) -> list[Plan]:
        """Return what was planned: the first plan and its extensions."""
        return control.plans(self.folder)

    def wait(self, timeout: float | None = None, *, show: bool = True) -> Experiment:
        """Wait until all attempts are published and graded.

        Parameters
        ----------
        timeout
            Stop waiting after this many seconds; the attempts go on.
        show
            Show a progress bar.

        Raises
        ------
        StoreError
            When the dispatcher has ended before all was done.
        """
        from mle_toolkit.notebook.waiting import progress_shown

        with progress_shown(self, enabled=show) as update:
            progress = control.wait(self.folder, show=update, timeout_s=timeout)
        if progress.complete or progress.stopping or progress.dispatching is not False:
            return self
        left = progress.total - progress.done
        msg = (
            f"the dispatcher has ended with {left} of {progress.total} attempts left. "
            f"Go on with: mle resume {_shown(self.path)}"
        )
        raise StoreError(msg)

    def stop(self) -> None:
        """End running attempts with what they have, and start no more."""
        control.stop(self.folder)

    def resume(self) -> Experiment:
        """Run the attempts that have no result yet."""
        control.resume(self.folder)
        return self

    def extend(self, attempts: int) -> Experiment:
        """Add `attempts` more seeds of each agent on each competition, and run them."""
        control.extend(self.folder, attempts)
        return self.resume()

    def attempts(self) -> pd.DataFrame:
        """Return the tidy frame, one row per attempt; see `load_attempts`."""
        from mle_toolkit.frames import load_attempts

        return load_attempts(self.path)

    def events(self, attempt: int | str | Path | None = None) -> pd.DataFrame:
        """Return the events of one attempt, or of all.

        Parameters
        ----------
        attempt
            A path or a row number of `attempts`; None for all attempts.
        """
        from mle_toolkit.frames import events_frame

        if attempt is None:
            return events_frame(self.folder.attempts())
        if isinstance(attempt, int):
            return events_frame([self.folder.attempts()[attempt]])
        return events_frame([AttemptFolder(self.path / attempt)])

    def best(self, competition: str | None = None) -> Best:
        """Return the best graded attempt: its code, submission and grade.

        Parameters
        ----------
        competition
            Needed when the experiment has more than one.

        Raises
        ------
        StoreError
            When no attempt has a valid submission yet.
        """
        from mle_toolkit.notebook.best import best_attempt

        return best_attempt(self.folder, competition)


def attach(path: str | Path) -> Experiment:
    """Return a handle on a run folder that exists, from any process at any time.

    A relative path is looked for here and in the folders above, because the
    kernel of a notebook works in the notebook's own folder.

    Raises
    ------
    StoreError
        When there is no experiment at `path`.
    """
    wanted = Path(path)
    if not wanted.is_absolute():
        for folder in (Path.cwd(), *Path.cwd().parents):
            if ExperimentFolder(folder / wanted).plan_paths():
                return Experiment(folder / wanted)
    return Experiment(wanted)


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


def read_grade(data: dict[str, Any]) -> Grade:
    """Return the grade record of a ``grade.json``."""
    values = {**data, "thresholds": Thresholds(**data["thresholds"])}
    values["warnings"] = tuple(data["warnings"])
    return Grade(**values)


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


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
