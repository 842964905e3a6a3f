"""Cards: what is known of a competition before any of its data are touched.

A card is ``card.toml`` in a folder ``<split>/<id>/``, beside ``description.md``,
``leaderboard.csv`` and, where the data can be made, ``prepare.py`` and
``checksums.txt``.  Nothing is executed to read one.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from mle_toolkit.competitions.fields import Fields
from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.errors import CardError, UnknownNameError, check_choice
from mle_toolkit.submissions.rules import Rules

_CARD = "card.toml"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the data come from.

    Attributes
    ----------
    name
        The data set and who made it.
    licence
        Under which terms it may be used.
    changes
        What `prepare` does to it.
    extra
        The pip extra of this package that carries the data; None when no further
        package is needed.
    """

    name: str
    licence: str
    changes: str = ""
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """File names in the prepared folders ``public/`` and ``private/``."""

    train: str = "train.csv"
    test: str = "test.csv"
    sample_submission: str = "sample_submission.csv"
    answers: str = "answers.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One competition.

    Attributes
    ----------
    id, title, split, modality
        ``split`` is the folder above, such as ``"mini"``.
    metric
        The metric by its field name; see `mle_toolkit.competitions.metrics`.
    lower_is_better
        The direction of the metric.
    id_column, target_columns
        Columns that a submission must have.
    rules
        What its values must fulfil.
    max_mib
        Larger submissions are refused.
    source, files
        Where the data come from, and their names once prepared.
    notes
        What a researcher should know before comparing scores.
    folder
        Where the card lies.
    """

    id: str
    title: str
    split: str
    modality: str
    metric: str
    lower_is_better: bool
    id_column: str
    target_columns: tuple[str, ...]
    rules: Rules
    max_mib: int
    source: Source
    files: Files
    notes: tuple[str, ...]
    folder: Path

    def description(self) -> str:
        """Return the task in words, Markdown.

        Raises
        ------
        CardError
            When ``description.md`` is missing or not UTF-8.
        """
        path = self.folder / "description.md"
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the description of {self.id!r} cannot be read: {error}"
            raise CardError(msg) from error


def cards_dir() -> Path:
    """Return the folder of the shipped cards: in the wheel, else in the checkout.

    Raises
    ------
    CardError
        When neither is there, which means a broken installation.
    """
    for folder in (_PACKAGE / "_cards", _PACKAGE.parent / "competitions"):
        if any(folder.glob(f"*/*/{_CARD}")):
            return folder
    msg = f"no competition cards beside {_PACKAGE}: install mle-toolkit again"
    raise CardError(msg)


def load_card(competition: str) -> Card:
    """Return the card of a competition.

    Raises
    ------
    UnknownNameError
        When there is no competition of that id.
    CardError
        When its card is unreadable or contradicts itself.
    """
    folders = _folders()
    check_choice("competition", competition, folders)
    return read_card(folders[competition])


def list_cards(split: str | None = None) -> list[Card]:
    """Return the cards by split and id; of one split only if it is given.

    Raises
    ------
    UnknownNameError
        When there is no such split.
    """
    folders = _folders()
    if split is not None:
        check_choice("split", split, sorted({f.parent.name for f in folders.values()}))
    return [
        read_card(folder)
        for folder in folders.values()
        if split in {None, folder.parent.name}
    ]


def read_card(folder: str | Path) -> Card:
    """Read and validate the card in `folder`.

    Raises
    ------
    CardError
        With the file and the field that is wrong.
    """
    path = Path(folder) / _CARD
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise CardError(msg) from error
    top = Fields(data, str(path))
    metric, submission = top.table("metric"), top.table("submission")
    card = Card(
        id=top.text("id"),
        title=top.text("title"),
        split=top.text("split"),
        modality=top.text("modality"),
        notes=top.texts("notes", default=()),
        metric=metric.text("name"),
        lower_is_better=metric.flag("lower_is_better"),
        id_column=submission.text("id_column"),
        target_columns=submission.texts("target_columns"),
        max_mib=submission.integer("max_mib", default=64),
        rules=_rules(submission),
        source=_source(top.table("source")),
        files=_files(top.table("files", default={})),
        folder=path.parent.resolve(),
    )
    for table in (metric, submission, top):
        table.finish()
    _check(card, path)
    return card


def _folders() -> dict[str, Path]:
    return {
        path.parent.name: path.parent
        for path in sorted(cards_dir().glob(f"*/*/{_CARD}"))
    }


def _rules(table: Fields) -> Rules:
    return Rules(
        numeric=table.flag("numeric", default=True),
        minimum=table.number("minimum", default=None),
        maximum=table.number("maximum", default=None),
        row_sum=table.number("row_sum", default=None),
        row_sum_tolerance=table.number("row_sum_tolerance", default=0.01) or 0.0,
    )


def _source(table: Fields) -> Source:
    source = Source(
        name=table.text("name"),
        licence=table.text("licence"),
        changes=table.text("changes", default=""),
        extra=table.text("extra", default="") or None,
    )
    table.finish()
    return source


def _files(table: Fields) -> Files:
    names = Files()
    files = Files(
        train=table.text("train", default=names.train),
        test=table.text("test", default=names.test),
        sample_submission=table.text(
            "sample_submission", default=names.sample_submission
        ),
        answers=table.text("answers", default=names.answers),
    )
    table.finish()
    return files


def _check(card: Card, path: Path) -> None:
    faults = []
    if card.id != card.folder.name:
        faults.append(f"id is {card.id!r}, but the folder is {card.folder.name!r}")
    if card.split != card.folder.parent.name:
        above = card.folder.parent.name
        faults.append(f"split is {card.split!r}, but the folder above is {above!r}")
    columns = [card.id_column, *card.target_columns]
    if not card.target_columns or len(set(columns)) < len(columns):
        faults.append(f"id_column and target_columns must differ; got {columns}")
    low, high = card.rules.minimum, card.rules.maximum
    if low is not None and high is not None and low > high:
        faults.append(f"minimum {low:g} is above maximum {high:g}")
    try:
        metric = get_metric(card.metric)
    except UnknownNameError as error:
        faults.append(str(error))
    else:
        if metric.lower_is_better != card.lower_is_better:
            right = str(metric.lower_is_better).lower()
            faults.append(f"lower_is_better of {card.metric} must be {right}")
    if faults:
        msg = f"{path}: {'; '.join(faults)}"
        raise CardError(msg)
