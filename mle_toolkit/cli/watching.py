"""`mle watch`, `annotate`, `annotations`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mle_toolkit.cli.options import Json, complete_attempt
from mle_toolkit.cli.output import print_json, print_table
from mle_toolkit.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console, RenderableType

    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.notebook.watching import Attempt
    from mle_toolkit.store import AttemptFolder

INTERRUPTED = 130
# Reading goes on between two pictures for at most this long.
_READ_S = 0.5
_PIPED_WIDTH = 120
# A dispatcher that was just started has shown itself by then.
_QUIET_S = 5.0

AttemptPath = Annotated[
    Path, typer.Argument(help="The folder of an attempt, such as runs/x/digits/a/0.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for name, command in (
        ("watch", watch),
        ("annotate", annotate),
        ("annotations", list_annotations),
    ):
        app.command(name, rich_help_panel="Traces")(command)


def watch(
    path: Annotated[
        Path,
        typer.Argument(help="A run folder, an attempt, or a trace of another tool."),
    ],
    attempt: Annotated[
        str | None,
        typer.Option(
            "--attempt",
            "-a",
            help="One attempt of the run: a row number, or the end of its path.",
            autocompletion=complete_attempt,
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Print the state now, and end.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", help="Seconds between two pictures.", min=0.1)
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Watch an experiment or one attempt in the terminal.

    An experiment shows its attempts, an attempt its solution tree, scores, budget
    and last events.  Interrupting it does not touch the attempts.  Without a
    terminal, the state is printed once.

    Examples:

      mle watch runs/first

      mle watch runs/first --attempt digits/tree-search-offline/0

      mle watch runs/first --attempt 0 --once

      mle watch journal.json --json
    """
    from rich.console import Console

    from mle_toolkit.notebook import watching

    handle = watching.watch(path)
    if attempt is not None:
        if isinstance(handle, watching.Attempt):
            msg = f"{path} is an attempt already: leave out --attempt"
            raise UsageError(msg)
        handle = handle[int(attempt) if attempt.isdigit() else attempt]
    screen = (
        _trace_screen(handle)
        if isinstance(handle, watching.Attempt)
        else _experiment_screen(handle)
    )
    if as_json:
        screen.advance()
        print_json(screen.plain())
        return
    console = Console()
    if once or not console.is_terminal:
        screen.advance()
        if not console.is_terminal:
            console.width = _PIPED_WIDTH
        console.print(screen.draw(console.width, None))
        return
    _follow(console, screen, every=every, where=handle.path)


def annotate(
    path: AttemptPath,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", "-t", help="A tag; may be repeated.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", "-c", help="Free text.")] = "",
    node: Annotated[int | None, typer.Option(help="It is about this node.")] = None,
    event: Annotated[
        int | None, typer.Option(help="It is about the event of this number.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option(help="Remove the annotation of this id.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tag or comment an attempt, or a node or an event of it.

    Examples:

      mle annotate runs/first/digits/tree-search-offline/0 --tag leak

      mle annotate runs/first/digits/tree-search-offline/0 --node 3
      --comment "fits the scaler on the test set"

      mle annotate runs/first/digits/tree-search-offline/0 --remove 3f2a9c81d0b7
    """
    from mle_toolkit.reporting.live.trace import shown_annotation
    from mle_toolkit.traces import annotations as notes

    folder = _attempt_at(path)
    if remove is not None:
        if tags or comment or node is not None or event is not None:
            msg = "--remove takes an id alone; leave out tags, comment, node and event"
            raise UsageError(msg)
        notes.remove_annotation(folder, remove)
        if as_json:
            print_json({"removed": remove})
        else:
            print(f"annotation {remove} is removed")
        return
    if node is not None and event is not None:
        msg = "annotate a node or an event, not both at once"
        raise UsageError(msg)
    kind, n = "attempt", None
    if node is not None:
        kind, n = "node", node
    elif event is not None:
        kind, n = "event", event
    _check_target(folder, kind, n)
    made = notes.annotate(folder, kind=kind, n=n, tags=tags or (), comment=comment)
    if as_json:
        print_json(shown_annotation(made))
        return
    about = "the attempt" if n is None else f"{kind} {n}"
    print(f"annotation {made.id} is about {about}; see: mle annotations {path}")


def list_annotations(
    path: Annotated[
        Path, typer.Argument(help="A run folder, a folder of several, or an attempt.")
    ],
    csv: Annotated[Path | None, typer.Option(help="Write them to this file.")] = None,
    as_json: Json = False,
) -> None:
    """List what people noted about attempts.

    Examples:

      mle annotations runs/first

      mle annotations runs/first --csv notes.csv
    """
    from mle_toolkit.frames import load_annotations
    from mle_toolkit.reporting.live.text import clean

    frame = load_annotations(_found(path))
    report = frame.attrs["report"]
    if csv is not None:
        try:
            frame.to_csv(csv, index=False)
        except OSError as error:
            msg = f"{csv} cannot be written: {error.strerror or error}"
            raise StoreError(msg) from error
    texts = frame.assign(
        time=frame["time"].dt.strftime("%Y-%m-%d %H:%M").astype(object)
    )
    plain = texts.astype(object).where(texts.notna(), None)
    if as_json:
        problems = [[item.path, item.reason] for item in report.problems]
        print_json({"annotations": plain.to_dict("records"), "problems": problems})
        return
    columns = ["id", "competition", "agent", "seed", "kind", "n", "tags", "comment"]
    columns += ["author", "time"]
    rows = plain[columns].map(
        lambda cell: clean(cell) if isinstance(cell, str) else cell
    )
    print_table(columns, rows.itertuples(index=False, name=None))
    print(report)
    if csv is not None:
        print(f"written to {csv}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screen:
    """What is watched: how to read on, to draw it, to say it, and to know the end."""

    advance: Callable[..., bool]
    draw: Callable[[int, int | None], RenderableType]
    plain: Callable[[], dict[str, Any]]
    done: Callable[[], bool]


def _trace_screen(attempt: Attempt) -> _Screen:
    from mle_toolkit.cli.screens import trace_screen
    from mle_toolkit.reporting.live.trace import TraceView

    view = TraceView(attempt.folder, ref="/".join(attempt.path.parts[-3:]))

    def draw(width: int, height: int | None) -> RenderableType:
        rows = view.tail()["rows"]
        return trace_screen(view.summary(), rows, width=width, height=height)

    return _Screen(
        advance=view.advance, draw=draw, plain=view.summary, done=lambda: view.final
    )


def _experiment_screen(experiment: Experiment) -> _Screen:
    from mle_toolkit.cli.screens import experiment_screen
    from mle_toolkit.reporting.live.experiment import ExperimentView

    view = ExperimentView(experiment.folder)
    busy_at = time.monotonic()

    def draw(width: int, height: int | None) -> RenderableType:
        return experiment_screen(view.full(), width=width, height=height)

    def done() -> bool:
        """Whether all is graded, or nothing has run or been started for a while."""
        nonlocal busy_at
        shown = view.full()
        running = {"running", "stopping"} & set(shown["totals"]["states"])
        if running or shown["dispatching"] is not False or shown["reading"]:
            busy_at = time.monotonic()
        return view.done() or time.monotonic() - busy_at > _QUIET_S

    return _Screen(advance=view.advance, draw=draw, plain=view.full, done=done)


def _follow(console: Console, screen: _Screen, *, every: float, where: Path) -> None:
    """Draw again and again until all is done, and leave the last state behind."""
    from rich.live import Live

    interrupted = False
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                screen.advance(_READ_S)
                live.update(screen.draw(console.width, console.height), refresh=True)
                if screen.done():
                    break
                time.sleep(every)
    except KeyboardInterrupt:
        interrupted = True
    console.print(screen.draw(console.width, None))
    if interrupted:
        typer.echo(
            f"no longer watching; the attempts go on. End them: mle stop {where}",
            err=True,
        )
        raise typer.Exit(INTERRUPTED)


def _found(path: Path) -> Path:
    from mle_toolkit.notebook.experiment import find

    return find(path)


def _attempt_at(path: Path) -> AttemptFolder:
    from mle_toolkit.notebook.watching import attempt_at

    folder = attempt_at(_found(path))
    if folder is None:
        msg = (
            f"{path} is no attempt. Name one by its folder, such as "
            "runs/x/digits/tree-search-offline/0; see: mle status runs/x"
        )
        raise StoreError(msg)
    return folder


def _check_target(folder: AttemptFolder, kind: str, n: int | None) -> None:
    """Raise unless the node or event exists: a typing error would be lost in a file."""
    from mle_toolkit.reporting.live.trace import TraceView

    if n is None:
        return
    view = TraceView(folder).read_all()
    known = n in view.model.nodes if kind == "node" else 1 <= n <= view.total()
    if known:
        return
    if kind == "node":
        numbers = sorted(view.model.nodes)
        legal = f"nodes {numbers[0]} to {numbers[-1]}" if numbers else "no nodes"
    else:
        legal = f"events 1 to {view.total()}" if view.total() else "no events"
    msg = f"there is no {kind} {n} in {folder.path}; it has {legal}"
    raise UsageError(msg)
