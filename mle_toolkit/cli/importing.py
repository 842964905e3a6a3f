"""`mle import` and `mle export`: what comes from elsewhere, and what goes there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mle_toolkit.cli.options import Json
from mle_toolkit.cli.output import print_json, print_table
from mle_toolkit.errors import StoreError, UsageError, check_choice

NOT_READY = 1
MLEBENCH, TRACE = THINGS = ("mlebench", "trace")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("import", rich_help_panel="Set-up")(import_)
    app.command(rich_help_panel="Results")(export)


def complete_format(incomplete: str) -> list[str]:
    """Return the formats of traces that begin with what was typed."""
    from mle_toolkit.traces.importing import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def import_(
    what: Annotated[
        str, typer.Argument(help="mlebench or trace", autocompletion=lambda: THINGS)
    ],
    path: Annotated[
        Path,
        typer.Argument(help="MLE-bench's data folder, or what another tool wrote."),
    ],
    clone: Annotated[
        Path | None,
        typer.Option(help="A clone of MLE-bench, for leaderboards and descriptions."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The new run folder of traces.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Of the trace; by default it is recognised.",
            autocompletion=complete_format,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Link data that MLE-bench prepared, or import traces of other tools.

    `mlebench` lists what is usable; nothing is copied, fetched or changed.  `trace`
    writes a run folder of attempts that AIDE, aira-dojo, MLAB, Inspect, OpenHands,
    SWE-agent, Claude Code or Codex recorded, or of ATIF trajectories; `mle watch`,
    frames and figures take it like a run of our own.

    Exit code 1: nothing is usable.

    Examples:

      mle import mlebench ~/.cache/mle-bench/data

      mle import mlebench /data/mle-bench --clone ~/src/mle-bench

      mle import trace logs/my-run/journal.json --out runs/aide
    """
    check_choice("thing to import", what, THINGS)
    if what == TRACE:
        if clone is not None:
            msg = "--clone belongs to: mle import mlebench"
            raise UsageError(msg)
        _import_traces(path, out, form, as_json=as_json)
        return
    if out is not None or form is not None:
        msg = "--out and --format belong to: mle import trace"
        raise UsageError(msg)
    _import_mlebench(path, clone, as_json=as_json)


def export(
    path: Annotated[Path, typer.Argument(help="A run folder, or one attempt's.")],
    target: Annotated[
        Path, typer.Argument(help="FILE.html, .json (ATIF), .eval, .ipynb or .py")
    ],
    node: Annotated[
        int | None, typer.Option(help="Which program, for .ipynb and .py.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a run or an attempt into one file to share.

    A page (.html) is interactive and needs nobody; a run can only be written as one.
    An attempt can also be an ATIF trajectory (.json), a log for Inspect View (.eval,
    needs the extra `inspect`), or the program of a node (.ipynb or .py).

    Examples:

      mle export runs/first first.html

      mle export runs/first/digits/tree-search-offline/0 best.ipynb

      mle export runs/first/digits/tree-search-offline/0 seven.py --node 7
    """
    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.notebook.watching import watch

    shown = watch(path)
    if isinstance(shown, Experiment):
        if node is not None:
            msg = f"--node needs one attempt; {path} is a run of several"
            raise UsageError(msg)
        written = shown.export(target, overwrite=overwrite)
    else:
        written = shown.export(target, node=node, overwrite=overwrite)
    if as_json:
        print_json({"path": str(written), "bytes": written.stat().st_size})
    else:
        print(f"{written}: {written.stat().st_size / 1e6:.1f} MB")


def _import_traces(
    path: Path, out: Path | None, form: str | None, *, as_json: bool
) -> None:
    from mle_toolkit.notebook.waiting import bytes_shown
    from mle_toolkit.traces.importing.storing import import_traces

    if not path.exists():
        msg = f"there is nothing at {path}"
        raise StoreError(msg)
    target = out or Path("runs") / (path.stem if path.is_file() else path.name)
    with bytes_shown(f"reading {path.name}") as progress:
        report = import_traces(path, target, format=form, progress=progress)
    if as_json:
        problems = [f"{each.path}: {each.reason}" for each in report.problems]
        print_json({"path": str(target), "attempts": report.rows, "problems": problems})
        return
    print(report)
    print(f"{target}: {report.rows} imported. Next: mle watch {target}")


def _import_mlebench(folder: Path, clone: Path | None, *, as_json: bool) -> None:
    from mle_toolkit.cli.data import vars_of
    from mle_toolkit.competitions.importing import import_mlebench

    found = import_mlebench(folder, clone=clone)
    if as_json:
        print_json([vars_of(each) for each in found])
    else:
        yes = {True: "yes", False: "no"}
        print_table(
            ["competition", "usable", "leaderboard", "description", "what is missing"],
            [
                [
                    each.competition,
                    yes[each.usable],
                    yes[each.leaderboard],
                    yes[each.description],
                    "; ".join(each.problems),
                ]
                for each in found
            ],
        )
        n_usable = sum(each.usable for each in found)
        print(f"{n_usable} of {len(found)} competitions found are usable")
    if not any(each.usable for each in found):
        raise typer.Exit(NOT_READY)
