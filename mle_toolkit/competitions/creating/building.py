"""Put a new competition together, whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.competitions.cards import competitions_dir, list_cards, read_card
from mle_toolkit.competitions.code import run_script
from mle_toolkit.competitions.creating import field, writing
from mle_toolkit.competitions.creating.checking import check_competition
from mle_toolkit.competitions.creating.problem import Problem, define
from mle_toolkit.competitions.creating.splitting import split_rows
from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.competitions.places import DESCRIPTION, LEADERBOARD, SCRIPT
from mle_toolkit.competitions.view import Competition
from mle_toolkit.errors import UsageError
from mle_toolkit.submissions import quote_some

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_LEAST_ENTRANTS = 10


@dataclass(frozen=True, slots=True)
class Created:
    """A new competition and what to know about it.

    Attributes
    ----------
    competition
        The competition, for looking at.
    remarks
        What a check of the whole found: not wrong, but worth a look.
    """

    competition: Competition
    remarks: tuple[str, ...]

    def _repr_html_(self) -> str:
        return self.competition._repr_html_()


def new_competition(
    name: str,
    data: str | Path | pd.DataFrame,
    *,
    target: str | Sequence[str],
    metric: str,
    group: str | None = None,
    time: str | None = None,
    test_share: float = 0.25,
    title: str | None = None,
    folder: str | Path | None = None,
    n_entrants: int = 40,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Created:
    """Make a competition from a table: card, split, answers, reference field.

    Parameters
    ----------
    name
        The id: letters, digits, dots, dashes and underscores.
    data
        A CSV file or a frame; rows without a target are left out.
    target
        The column to predict, or several columns of numbers.
    metric
        How predictions are scored; see `mle_toolkit.competitions.metrics`.
    group
        A column whose groups must not be on both sides, such as a patient.
    time
        A column by which the latest rows become the test.
    test_share
        Share of the rows that agents are judged by.
    title
        A title in words; None makes one of the id.
    folder
        Where the competition's folder is put; None means the first folder of
        ``$MLE_COMPETITIONS``, else ``competitions/`` here.
    n_entrants
        Lines of the reference field, at least 10.
    seed
        Of the split and of the field.
    progress
        Called with entrants done and entrants in all.

    Returns
    -------
    Created
        The competition, and remarks on it.

    Raises
    ------
    UsageError
        When an argument does not fit the data, or the id is taken.
    """
    root = _place(name, folder)
    if n_entrants < _LEAST_ENTRANTS:
        msg = f"a field needs {_LEAST_ENTRANTS} entrants or more; got {n_entrants}"
        raise UsageError(msg)
    targets = [target] if isinstance(target, str) else list(target)
    rows = _read(data, [*targets, *filter(None, (group, time))])
    rows = rows.dropna(subset=targets).reset_index(drop=True)
    problem = define(rows, targets, metric)
    rng = np.random.default_rng(seed)
    split = split_rows(
        rows, problem, test_share=test_share, group=group, time=time, rng=rng
    )
    id_column = _free_name(rows)
    rows.insert(0, id_column, rng.permutation(len(rows)) + 1)
    with _whole_or_nothing(root, name) as partial:
        train, test = rows.iloc[split.train], rows.iloc[split.test]
        _write_tables(partial, problem, train, test, id_column)
        writing.write_description(
            partial,
            title=title or _title(name),
            problem=problem,
            id_column=id_column,
            train=train,
        )
        entrants = field.enter_field(
            problem,
            train.drop(columns=id_column),
            test.drop(columns=id_column),
            n_entrants=n_entrants,
            rng=rng,
            progress=progress,
        )
        writing.write_leaderboard(partial, entrants)
        card = _card(name, title or _title(name), problem, id_column)
        card["notes"] = [f"Rows were split {split.how}."]
        writing.write_toml(partial / "card.toml", _notes_first(card))
    return _created(root / name)


def wrap_competition(
    name: str,
    script: str | Path,
    *,
    target: str | Sequence[str],
    metric: str,
    leaderboard: str | Path,
    description: str | Path,
    id_column: str = "id",
    title: str | None = None,
    folder: str | Path | None = None,
) -> Created:
    """Make a competition of many files or images from a ``prepare.py``.

    The script defines ``prepare(public, private)`` and is run here and now.  It writes
    what agents see into the folder `public`, with ``sample_submission.csv``, and
    ``answers.csv`` into the folder `private`.

    Parameters
    ----------
    name, target, metric, title, folder
        As in `new_competition`.
    script
        The ``prepare.py``; it is copied into the competition.
    leaderboard
        A CSV file with a column ``score``, best first: what scores are compared with.
    description
        A Markdown file with the task in words.
    id_column
        The column that names the rows of a submission.

    Raises
    ------
    UsageError
        When a file is missing or what the script wrote is not whole.
    """
    root = _place(name, folder)
    targets = [target] if isinstance(target, str) else list(target)
    chosen = get_metric(metric)
    with _whole_or_nothing(root, name) as partial:
        for source, to in (
            (script, SCRIPT), (leaderboard, LEADERBOARD), (description, DESCRIPTION),
        ):  # fmt: skip
            if not Path(source).is_file():
                msg = f"there is no file {str(source)!r}, which becomes {to}"
                raise UsageError(msg)
            shutil.copyfile(source, partial / to)
        writing.write_toml(
            partial / "card.toml",
            {
                "id": name,
                "title": title or _title(name),
                "split": "own",
                "category": "own",
                "source": {"name": "your own data", "licence": "yours"},
                "metric": {
                    "name": metric,
                    "lower_is_better": chosen.lower_is_better,
                },
                "submission": {
                    "id_column": id_column,
                    "target_columns": targets,
                    "numeric": chosen.inputs == "numbers",
                },
            },
        )
        folders = [partial / "prepared" / part for part in ("public", "private")]
        for each in folders:
            each.mkdir(parents=True)
        card = read_card(partial)
        run_script(card, SCRIPT, trust=True)["prepare"](*folders)
    return _created(root / name)


def _place(name: str, folder: str | Path | None) -> Path:
    if not _ID.fullmatch(name):
        msg = (
            f"an id has letters, digits, dots, dashes and underscores, 80 at most; "
            f"got {name!r}"
        )
        raise UsageError(msg)
    if name in {card.id for card in list_cards()}:
        msg = f"there is a competition {name!r} already; choose another id"
        raise UsageError(msg)
    root = competitions_dir() if folder is None else Path(folder).expanduser()
    if (root / name).exists():
        msg = f"{root / name} exists already; choose another id or folder"
        raise UsageError(msg)
    return root.absolute()


def _read(data: str | Path | pd.DataFrame, needed: list[str]) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        rows = data.copy()
    else:
        try:
            rows = pd.read_csv(data, low_memory=False)
        except (OSError, ValueError) as error:
            msg = f"{str(data)!r} cannot be read as a CSV table: {error}"
            raise UsageError(msg) from error
    rows.columns = [str(name) for name in rows.columns]
    missing = [name for name in needed if name not in rows.columns]
    if missing:
        msg = (
            f"the data have no column {quote_some(missing)}; "
            f"found: {quote_some(rows.columns)}"
        )
        raise UsageError(msg)
    if rows.columns.duplicated().any():
        twice = rows.columns[rows.columns.duplicated()]
        msg = f"these columns occur more than once: {quote_some(twice)}"
        raise UsageError(msg)
    flags = rows.select_dtypes("bool").columns
    return rows.astype(dict.fromkeys(flags, int))


def _free_name(rows: pd.DataFrame) -> str:
    names = ["id", "row_id", *(f"row_id_{number}" for number in range(len(rows)))]
    return next(name for name in names if name not in rows.columns)


def _title(name: str) -> str:
    return re.sub(r"[-_.]+", " ", name).strip().capitalize() or name


def _write_tables(
    partial: Path,
    problem: Problem,
    train: pd.DataFrame,
    test: pd.DataFrame,
    id_column: str,
) -> None:
    public, private = (partial / "prepared" / name for name in ("public", "private"))
    public.mkdir(parents=True)
    private.mkdir(mode=0o700)
    ids = test[id_column].reset_index(drop=True)
    answers = problem.answers(test).reset_index(drop=True)
    sample = problem.baseline(train, len(test))
    train.to_csv(public / "train.csv", index=False)
    test.drop(columns=list(problem.targets)).to_csv(public / "test.csv", index=False)
    for path, table in (
        (public / "sample_submission.csv", sample),
        (private / "answers.csv", answers),
    ):
        pd.concat([ids, table], axis=1).to_csv(path, index=False)


def _card(name: str, title: str, problem: Problem, id_column: str) -> dict[str, object]:
    bounds = {
        "minimum": problem.minimum,
        "maximum": problem.maximum,
        "row_sum": problem.row_sum,
    }
    return {
        "id": name,
        "title": title,
        "split": "own",
        "category": "Tabular",
        "source": {"name": "your own data", "licence": "yours"},
        "metric": {
            "name": problem.metric.name,
            "lower_is_better": problem.metric.lower_is_better,
        },
        "submission": {
            "id_column": id_column,
            "target_columns": list(problem.columns),
            "numeric": problem.is_numeric,
            **{key: value for key, value in bounds.items() if value is not None},
        },
    }


def _notes_first(card: dict[str, object]) -> dict[str, object]:
    # In TOML what follows a table belongs to it.
    return dict(sorted(card.items(), key=lambda item: isinstance(item[1], dict)))


def _created(folder: Path) -> Created:
    card = read_card(folder)
    return Created(Competition(card), tuple(check_competition(card)))


class _whole_or_nothing:  # noqa: N801 - used like a function
    """A folder that gets its name only when the block has ended without an error."""

    def __init__(self, root: Path, name: str) -> None:
        self._root, self._name = root, name

    def __enter__(self) -> Path:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            holder = tempfile.mkdtemp(prefix=".new-", dir=self._root)
        except OSError as error:
            msg = f"{self._root} cannot be written to: {error.strerror or error}"
            raise UsageError(msg) from error
        self._holder = Path(holder)
        # The folder has the right name from the start: the card must match it.
        (self._holder / self._name).mkdir()
        return self._holder / self._name

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                check_competition(read_card(self._holder / self._name))
                (self._holder / self._name).rename(self._root / self._name)
        finally:
            shutil.rmtree(self._holder, ignore_errors=True)
