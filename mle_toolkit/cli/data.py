"""`mle ls`, `mle prepare`, `mle doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mle_toolkit.cli.options import Competitions, Json, complete_split
from mle_toolkit.cli.output import print_json, print_table

if TYPE_CHECKING:
    from mle_toolkit.competitions import Card

NOT_READY = 1


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (ls, prepare, doctor):
        app.command(rich_help_panel="Set-up")(command)


def ls(
    split: Annotated[
        str | None,
        typer.Option(
            help="Only this split: mini; low (Lite), medium, high or dev of MLE-bench.",
            autocompletion=complete_split,
        ),
    ] = None,
    agents: Annotated[
        bool, typer.Option("--agents", help="List agents and models instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the competitions, or the agents and models.

    Examples:

      mle ls

      mle ls --split low

      mle ls --split mini --json
    """
    if agents:
        _ls_agents(as_json=as_json)
        return
    from mle_toolkit.competitions import list_cards
    from mle_toolkit.competitions.places import is_complete

    cards = list_cards(split)
    rows = [
        [c.id, c.title, c.split, c.category, c.metric, is_complete(c)] for c in cards
    ]
    columns = ["id", "title", "split", "category", "metric", "prepared"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table(columns, [[*row[:-1], "yes" if row[-1] else "not yet"] for row in rows])


def prepare(
    ids: Competitions,
    force: Annotated[
        bool, typer.Option("--force", help="Prepare again what is there.")
    ] = False,
    from_kaggle: Annotated[
        bool,
        typer.Option(
            "--from-kaggle",
            help="Download from Kaggle, and prepare as MLE-bench does if it is "
            "installed.",
        ),
    ] = False,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Run the prepare.py of competitions not ours."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the data of competitions: what agents see, and the answers.

    Examples:

      mle prepare digits breast-cancer

      mle prepare random-acts-of-pizza --from-kaggle
    """
    from mle_toolkit import competitions

    cards = [competitions.load_card(name) for name in ids]
    done = {}
    for name, card in zip(ids, cards, strict=True):
        if from_kaggle:
            public = _from_kaggle(card, as_json=as_json)
        else:
            public = str(competitions.prepare(name, force=force, trust=trust).public)
        done[card.id] = public
        if not as_json:
            print(f"{card.id}: {public}")
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


def _from_kaggle(card: Card, *, as_json: bool) -> str:
    from mle_toolkit.competitions.kaggle import fetch
    from mle_toolkit.competitions.places import locate

    fetched = fetch(card, quiet=as_json)
    if fetched.next_step and not as_json:
        print(f"{card.id}: {fetched.next_step}")
    return str(locate(card).public if fetched.prepared else fetched.archive)


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
