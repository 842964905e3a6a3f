"""`mle run`, `status`, `stop`, `resume`, `extend`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mle_toolkit.cli.options import (
    Competitions,
    Json,
    RunFolder,
    complete_agent,
    complete_model,
    complete_sandbox,
)
from mle_toolkit.cli.output import print_json, print_table

if TYPE_CHECKING:
    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.running.plan import Plan

INCOMPLETE = 1
INTERRUPTED = 130
Detach = Annotated[
    bool, typer.Option("--detach", "-d", help="Return at once; attempts go on.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (run, status, stop, resume, extend):
        app.command(rich_help_panel="Experiments")(command)


def run(
    ids: Competitions,
    agent: Annotated[
        str, typer.Option(help="The scaffold.", autocompletion=complete_agent)
    ] = "tree-search",
    model: Annotated[
        str,
        typer.Option(
            help="offline, openai:NAME, anthropic:NAME or scripted:FILE.",
            autocompletion=complete_model,
        ),
    ] = "offline",
    attempts: Annotated[
        int, typer.Option("--attempts", "-n", help="Seeds per competition.")
    ] = 8,
    steps: Annotated[
        int, typer.Option(help="Nodes per attempt; 0 for no limit but time.")
    ] = 5,
    time_limit: Annotated[
        str, typer.Option(help="Wall time per attempt: 90s, 5m, 24h.")
    ] = "24h",
    parallel: Annotated[
        int, typer.Option("--parallel", "-p", help="Attempts at once.")
    ] = 2,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Run folder.")] = None,
    sandbox: Annotated[
        str,
        typer.Option(
            help="bwrap, or none to run code unconfined.",
            autocompletion=complete_sandbox,
        ),
    ] = "bwrap",
    seed: Annotated[int, typer.Option(help="The first seed.")] = 0,
    memory_mib: Annotated[
        int | None, typer.Option(help="Memory per attempt; default: its share.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run, and run nothing.")
    ] = False,
    detach: Detach = False,
    as_json: Json = False,
) -> None:
    """Run an agent on competitions, and grade what it submits.

    Missing data are prepared first.  The command shows a progress bar and ends
    when all is published.  Interrupting it does not touch the attempts.

    Examples:

      mle run digits --attempts 4 --steps 5 --time-limit 5m --out runs/first

      mle run digits breast-cancer -n 8 -p 2 --detach

      mle run digits --model openai:gpt-4o --time-limit 1h --dry-run
    """
    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.notebook.launching import plan_launch
    from mle_toolkit.running import control
    from mle_toolkit.sandbox import require

    launch = plan_launch(
        *ids,
        agent=agent,
        model=model,
        attempts=attempts,
        steps=steps or None,
        time_limit=time_limit,
        parallel=parallel,
        out=out,
        sandbox=sandbox,
        seed=seed,
        memory_mib=memory_mib,
        prepare=_prepare_aloud,
    )
    if dry_run:
        _show_plan(launch.plan, launch.folder, as_json=as_json)
        return
    require(sandbox)
    folder = control.create(launch.folder, launch.plan)
    control.start(folder)
    _follow(Experiment(folder.path), detach=detach, as_json=as_json)


def status(path: RunFolder, as_json: Json = False) -> None:
    """Show every attempt of an experiment: state, score, medal.

    Example:

      mle status runs/first
    """
    from mle_toolkit.notebook.experiment import Experiment

    _show_status(Experiment(path), as_json=as_json)


def stop(path: RunFolder, as_json: Json = False) -> None:
    """Ask an experiment, or one attempt, to stop.

    Running attempts end within seconds and publish what they have.

    Examples:

      mle stop runs/first

      mle stop runs/first/digits/tree-search-offline/0
    """
    from mle_toolkit.running import control
    from mle_toolkit.store import AttemptFolder, ExperimentFolder

    if (path / "spec.json").exists():
        control.stop(AttemptFolder(path.absolute()))
    else:
        control.stop(ExperimentFolder.open(path))
    if as_json:
        print_json({"stopping": str(path)})
    else:
        print(f"{path} is asked to stop; see: mle status {path}")


def resume(path: RunFolder, detach: Detach = False, as_json: Json = False) -> None:
    """Run what has no result yet, and wait for it.

    Example:

      mle resume runs/first
    """
    from mle_toolkit.notebook.experiment import Experiment

    _follow(Experiment(path).resume(), detach=detach, as_json=as_json)


def extend(
    path: RunFolder,
    attempts: Annotated[
        int, typer.Option("--attempts", "-n", help="More seeds per competition.")
    ] = 8,
    detach: Detach = False,
    as_json: Json = False,
) -> None:
    """Add more seeds to an experiment, and run them.

    Example:

      mle extend runs/first --attempts 8
    """
    from mle_toolkit.notebook.experiment import Experiment

    _follow(Experiment(path).extend(attempts), detach=detach, as_json=as_json)


def _prepare_aloud(name: str) -> None:
    import sys

    from mle_toolkit import competitions

    if not competitions.is_prepared(name):
        print(f"preparing the data of {name} ...", file=sys.stderr)
        competitions.prepare(name)


def _follow(experiment: Experiment, *, detach: bool, as_json: bool) -> None:
    if detach:
        if as_json:
            print_json({"path": str(experiment.path)})
        else:
            print(f"started; see: mle status {experiment.path}")
        return
    try:
        experiment.wait()
    except KeyboardInterrupt:
        typer.echo(
            f"\nno longer watching; the attempts go on. See: mle status "
            f"{experiment.path}, end them: mle stop {experiment.path}",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    _show_status(experiment, as_json=as_json)
    if not experiment.progress().complete:
        raise typer.Exit(INCOMPLETE)


def _show_plan(plan: Plan, folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"folder": folder, **plan.to_dict()})
        return
    print_table(
        ["competition", "agent", "model", "seed", "folder"],
        [
            [item.competition, item.scaffold, item.model, item.seed, folder / item.path]
            for item in plan.attempts
        ],
    )
    limits = plan.limits
    print(
        f"{len(plan.attempts)} attempts, {plan.parallel} at once, each with "
        f"{limits.time_limit_s:g} s, {limits.steps or 'any number of'} steps, "
        f"{limits.cpus} core(s), {limits.memory_mib} MiB; sandbox: {plan.sandbox}"
    )


def _show_status(experiment: Experiment, *, as_json: bool) -> None:
    frame = experiment.attempts()
    progress = experiment.progress()
    report = frame.attrs["report"]
    columns = ["competition", "agent", "seed", "status", "validation_score", "score"]
    columns += ["medal", "percentile", "n_nodes", "elapsed_s"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    if as_json:
        print_json(
            {
                "path": experiment.path,
                "total": progress.total,
                "states": progress.states,
                "complete": progress.complete,
                "dispatching": progress.dispatching,
                "attempts": rows.assign(path=frame["path"]).to_dict("records"),
                "problems": [[item.path, item.reason] for item in report.problems],
            }
        )
        return
    print_table(columns, rows.itertuples(index=False, name=None))
    states = ", ".join(f"{count} {name}" for name, count in progress.states.items())
    medals = int(frame["any_medal"].fillna(value=False).sum())
    print(f"{progress.total} attempts: {states}; {medals} with a medal")
    for problem in report.problems[:10]:
        print(f"  {problem.path}: {problem.reason}")
    if not progress.complete and progress.dispatching is False:
        print(f"nothing is being started; go on with: mle resume {experiment.path}")
