"""`mle new` and `mle check`: competitions of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from mle_toolkit.cli.options import Competitions, Json
from mle_toolkit.cli.output import print_json
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from mle_toolkit.competitions.creating.building import Created


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (new, check):
        app.command(rich_help_panel="Your own competitions")(command)


def complete_metric(incomplete: str) -> list[str]:
    """Return the metrics that begin with what was typed."""
    from mle_toolkit.competitions.metrics import METRICS

    return [name for name in METRICS if name.startswith(incomplete)]


def new(
    name: Annotated[str, typer.Argument(help="The id of the new competition.")],
    target: Annotated[
        list[str], typer.Option(help="The column to predict; repeat for several.")
    ],
    metric: Annotated[
        str,
        typer.Option(
            help="How to score, such as roc_auc.", autocompletion=complete_metric
        ),
    ],
    data: Annotated[
        Path | None, typer.Option(help="A CSV file with features and target.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Keep the groups of this column together.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="The latest rows by this column are the test.")
    ] = None,
    test_share: Annotated[
        float, typer.Option(help="Share of the rows in the test.")
    ] = 0.25,
    prepare: Annotated[
        Path | None,
        typer.Option(help="Instead of --data: a prepare.py, for images or many files."),
    ] = None,
    description: Annotated[
        Path | None, typer.Option(help="With --prepare: the task in words, Markdown.")
    ] = None,
    leaderboard: Annotated[
        Path | None, typer.Option(help="With --prepare: a CSV file, column score.")
    ] = None,
    id_column: Annotated[
        str, typer.Option(help="With --prepare: the column that names the rows.")
    ] = "id",
    title: Annotated[str | None, typer.Option(help="A title in words.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to put it: $MLE_COMPETITIONS, else ./competitions."),
    ] = None,
    entrants: Annotated[int, typer.Option(help="Lines of the reference field.")] = 40,
    seed: Annotated[int, typer.Option(help="Of the split and the field.")] = 0,
    as_json: Json = False,
) -> None:
    """Make a competition of your own: card, split, answers, reference field.

    Examples:

      mle new churn --data customers.csv --target left --metric roc_auc

      mle new visits --data clinic.csv --target days --metric rmsle --group patient

      mle new cells --prepare prepare.py --description task.md --leaderboard lines.csv
      --target label --metric accuracy
    """
    if (data is None) == (prepare is None):
        msg = "give either --data TABLE.csv or --prepare prepare.py"
        raise UsageError(msg)
    given: dict[str, Any] = {
        "target": target,
        "metric": metric,
        "title": title,
        "folder": folder,
    }
    if data is None:
        made = _wrap(name, prepare, description, leaderboard, id_column, given)
    else:
        from mle_toolkit.competitions import new_competition

        with _Progress(quiet=as_json) as progress:
            made = new_competition(
                name,
                data,
                group=group,
                time=time,
                test_share=test_share,
                n_entrants=entrants,
                seed=seed,
                progress=progress.show,
                **given,
            )
    _show(made, as_json=as_json)


def check(ids: Competitions, as_json: Json = False) -> None:
    """Check competitions as a whole: data, answers, description, medal lines.

    Example:

      mle check digits ./competitions/churn
    """
    from mle_toolkit.competitions import check_competition, load_card

    found = {}
    for name in ids:
        found[name] = check_competition(load_card(name))
        if not as_json:
            print(f"{name}: whole")
            for remark in found[name]:
                print(f"  note: {remark}")
    if as_json:
        print_json(found)


def _wrap(
    name: str,
    script: Path | None,
    description: Path | None,
    leaderboard: Path | None,
    id_column: str,
    given: dict[str, Any],
) -> Created:
    from mle_toolkit.competitions.creating.building import wrap_competition

    if script is None or description is None or leaderboard is None:
        msg = (
            "--prepare also needs --description FILE, which agents read, and "
            "--leaderboard FILE, which scores are compared with"
        )
        raise UsageError(msg)
    return wrap_competition(
        name,
        script,
        leaderboard=leaderboard,
        description=description,
        id_column=id_column,
        **given,
    )


def _show(made: Created, *, as_json: bool) -> None:
    card = made.competition.card
    lines = made.competition.thresholds
    if as_json:
        print_json({"id": card.id, "folder": str(card.folder), "remarks": made.remarks})
        return
    print(f"{card.id}: {card.folder}")
    for note in card.notes:
        print(f"  {note}")
    print(
        f"  gold {lines.gold:.5g}, silver {lines.silver:.5g}, "
        f"bronze {lines.bronze:.5g}, median {lines.median:.5g}"
    )
    for remark in made.remarks:
        print(f"  note: {remark}")
    print("Use it by its folder, or let every command find it by its id:")
    print(f"  mle run {card.folder} --attempts 4")
    print(f"  export MLE_COMPETITIONS={card.folder.parent}")


class _Progress:
    """A bar on standard error while the field is trained."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True), disable=quiet)
        self._task = self._bar.add_task("training the reference field", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=done, total=total)
