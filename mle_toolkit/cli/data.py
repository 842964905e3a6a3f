"""`mle ls`, `mle prepare`, `mle doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from mle_toolkit.cli.options import Competitions, Json
from mle_toolkit.cli.output import print_json, print_table

NOT_READY = 1


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (ls, prepare, doctor):
        app.command(rich_help_panel="Set-up")(command)


def ls(
    split: Annotated[
        str | None, typer.Option(help="Only this split, such as mini.")
    ] = None,
    agents: Annotated[
        bool, typer.Option("--agents", help="List agents and models instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the competitions, or the agents and models.

    Examples:

      mle ls

      mle ls --split mini --json
    """
    if agents:
        _ls_agents(as_json=as_json)
        return
    from mle_toolkit.competitions import is_prepared, list_cards

    cards = list_cards(split)
    rows = [
        [c.id, c.title, c.split, c.modality, c.metric, is_prepared(c.id)] for c in cards
    ]
    columns = ["id", "title", "split", "modality", "metric", "prepared"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table(columns, [[*row[:-1], "yes" if row[-1] else "not yet"] for row in rows])


def prepare(
    ids: Competitions,
    force: Annotated[
        bool, typer.Option("--force", help="Prepare again what is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the data of competitions: what agents see, and the answers.

    Example:

      mle prepare digits breast-cancer
    """
    from mle_toolkit import competitions

    for name in ids:
        competitions.load_card(name)
    done = {}
    for name in ids:
        prepared = competitions.prepare(name, force=force)
        done[name] = str(prepared.public)
        if not as_json:
            print(f"{name}: {prepared.public}")
    if as_json:
        print_json(done)


def doctor(as_json: Json = False) -> None:
    """Check this machine: packages, the box, keys, data, disk.

    Exit code 0: ready to run agents in a box.  1: not yet; it says what to do.

    Example:

      mle doctor --json
    """
    from mle_toolkit.cli.checks import run_checks

    checks = run_checks()
    if as_json:
        print_json([vars_of(check) for check in checks])
    else:
        marks = {True: "ok", False: "missing", None: "-"}
        print_table(
            ["", "what", "found"], [[marks[c.good], c.name, c.detail] for c in checks]
        )
    if any(check.good is False for check in checks):
        raise typer.Exit(NOT_READY)


def vars_of(check: object) -> dict[str, object]:
    """Return the fields of a record."""
    import dataclasses

    return dataclasses.asdict(check)  # type: ignore[call-overload]


def _ls_agents(*, as_json: bool) -> None:
    from mle_toolkit.agents.registry import known_agents
    from mle_toolkit.models.registry import known_models

    if as_json:
        print_json({"agents": known_agents(), "models": known_models()})
        return
    print_table(
        ["kind", "name"],
        [["agent", name] for name in known_agents()]
        + [["model", name] for name in known_models()],
    )
