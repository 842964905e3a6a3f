"""Options that several commands share, and what the shell can complete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def complete_competition(incomplete: str) -> list[str]:
    """Return the competitions that begin with what was typed."""
    from mle_toolkit.competitions import list_cards

    return [card.id for card in list_cards() if card.id.startswith(incomplete)]


def complete_split(incomplete: str) -> list[str]:
    """Return the splits that begin with what was typed."""
    from mle_toolkit.competitions.cards import SPLITS

    return [name for name in SPLITS if name.startswith(incomplete)]


def complete_agent(incomplete: str) -> list[str]:
    """Return the agents that begin with what was typed."""
    from mle_toolkit.agents.registry import known_agents

    return [name for name in known_agents() if name.startswith(incomplete)]


def complete_model(incomplete: str) -> list[str]:
    """Return the ways to name a model that begin with what was typed."""
    from mle_toolkit.models.registry import known_models

    names = [name.partition(":")[0] for name in known_models()]
    return [name for name in names if name.startswith(incomplete)]


def complete_sandbox(incomplete: str) -> list[str]:
    """Return the kinds of box that begin with what was typed."""
    from mle_toolkit.records import SANDBOXES

    return [name for name in SANDBOXES if name.startswith(incomplete)]


def complete_attempt(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the attempts of the named run that begin with what was typed."""
    from mle_toolkit.errors import ToolkitError
    from mle_toolkit.store import ExperimentFolder

    try:
        experiment = ExperimentFolder.open(ctx.params.get("path") or ".")
        paths = [each.path for each in experiment.attempts()]
    except (ToolkitError, KeyError, TypeError):
        return []
    names = [path.relative_to(experiment.path).as_posix() for path in paths]
    return [name for name in names if name.startswith(incomplete)]


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs to read.")]
RunFolder = Annotated[Path, typer.Argument(help="A run folder, such as runs/x.")]
Competitions = Annotated[
    list[str],
    typer.Argument(
        help="Ids of competitions; see: mle ls", autocompletion=complete_competition
    ),
]
