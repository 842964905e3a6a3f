"""`mle grade` and `mle report`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mle_toolkit.cli.options import Json, RunFolder, complete_competition
from mle_toolkit.cli.output import print_json

if TYPE_CHECKING:
    from mle_toolkit.records import Grade

INVALID = 3


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (grade, report):
        app.command(rich_help_panel="Results")(command)


def grade(
    competition: Annotated[
        str,
        typer.Argument(help="Its id.", autocompletion=complete_competition),
    ],
    submission: Annotated[Path, typer.Argument(help="A CSV file.")],
    answers: Annotated[
        Path | None, typer.Option(help="Other answers than the prepared ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Grade a submission: score, medal, and where it stands.

    Exit code 0: graded.  3: the submission is invalid.  2: wrong usage.

    Examples:

      mle grade digits submission.csv

      mle grade digits submission.csv --answers my-answers.csv --json
    """
    from mle_toolkit.competitions import grade as grade_submission

    done = grade_submission(competition, submission, answers=answers)
    if as_json:
        print_json(dataclasses.asdict(done))
    else:
        _show(done)
    if not done.valid:
        raise typer.Exit(INVALID)


def report(
    path: RunFolder,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the report.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write an experiment's report: one HTML file with its plots inside.

    Example:

      mle report runs/first --out reports/first
    """
    from mle_toolkit.reporting.report import write_report

    target = out or Path("reports") / path.absolute().name
    index = write_report(path, target)
    if as_json:
        print_json({"report": index})
    else:
        print(f"the report is {index}")


def _show(done: Grade) -> None:
    if not done.valid:
        print(f"{done.competition}: invalid: {done.reason}")
        return
    lines = done.thresholds
    medal = done.medal or "no medal"
    print(f"{done.competition}: {done.score:.5f}, {medal}")
    better = "lower" if done.lower_is_better else "higher"
    print(
        f"  {better} is better; gold {lines.gold:.5f}, silver {lines.silver:.5f}, "
        f"bronze {lines.bronze:.5f}, median {lines.median:.5f}"
    )
    if done.percentile is not None:
        print(f"  beats {done.percentile:.1f} % of the leaderboard")
    for warning in done.warnings:
        print(f"  warning: {warning}")
