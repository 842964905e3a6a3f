"""`mle grade` and `mle report`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mle_toolkit.cli.options import Json, RunFolder, complete_competition
from mle_toolkit.cli.output import print_json
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from mle_toolkit.records import Grade

INCOMPLETE = 1
INVALID = 3


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (grade, report):
        app.command(rich_help_panel="Results")(command)


def grade(
    competition: Annotated[
        str | None,
        typer.Argument(help="Its id.", autocompletion=complete_competition),
    ] = None,
    submission: Annotated[Path | None, typer.Argument(help="A CSV file.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Other answers than the prepared ones.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Refuse what MLE-bench accepts although it is dangerous."
        ),
    ] = False,
    jsonl: Annotated[
        Path | None,
        typer.Option(help="Grade all that this file names, in MLE-bench's format."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for their report.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Grade a submission: score, medal, and where it stands.

    With --jsonl: each line {"competition_id": ..., "submission_path": ...} is graded,
    and the grading report goes to --out.

    Exit code 0: graded.  3: the submission is invalid.  2: wrong usage.  1: some of
    the file could not be graded; the others are in the report.

    Examples:

      mle grade digits submission.csv

      mle grade digits submission.csv --answers my-answers.csv --json

      mle grade random-acts-of-pizza submission.csv --strict

      mle grade --jsonl submissions.jsonl --out reports/grades
    """
    from mle_toolkit.competitions import grade as grade_submission

    if jsonl is not None or out is not None:
        if jsonl is None or out is None or competition or submission or answers:
            msg = "pass --jsonl and --out together, and no competition or submission"
            raise UsageError(msg)
        _grade_all(jsonl, out, strict=strict, as_json=as_json)
        return
    if competition is None or submission is None:
        msg = "pass a competition and a submission, or --jsonl and --out"
        raise UsageError(msg)
    done = grade_submission(competition, submission, answers=answers, strict=strict)
    if as_json:
        print_json(dataclasses.asdict(done))
    else:
        _show(done)
    if not done.valid:
        raise typer.Exit(INVALID)


def _grade_all(jsonl: Path, out: Path, *, strict: bool, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from mle_toolkit.competitions.bulk import grade_jsonl

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("grading", total=None)
        done = grade_jsonl(
            jsonl,
            out,
            strict=strict,
            progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
    if as_json:
        print_json(dataclasses.asdict(done))
    else:
        print(done)
        for path in (done.report, done.not_graded):
            if path is not None:
                print(f"written: {path}")
    if any(problem.skipped for problem in done.problems):
        raise typer.Exit(INCOMPLETE)


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
    elif done.percentile_reason:
        print(f"  percentile unknown: {done.percentile_reason}")
    for warning in done.warnings:
        print(f"  warning: {warning}")
