"""Cards: what is known of a competition before any of its data are touched.

A card is ``card.toml`` in a folder ``<collection>/<id>/``, beside what else may be
shipped: ``description.md``, ``leaderboard.csv`` and, where the data can be made,
``prepare.py`` and ``checksums.txt``.  Nothing is executed to read one.
"""

from __future__ import annotations

import os
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

from mle_toolkit.competitions.fields import Fields
from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.competitions.protocols import STANDARD, check_protocol
from mle_toolkit.errors import CardError, UnknownNameError, check_choice
from mle_toolkit.records import Thresholds
from mle_toolkit.submissions.rules import Rules

# Folders of the user's own competitions, separated as in PATH.
PATH_VARIABLE = "MLE_COMPETITIONS"
SPLITS = ("mini", "low", "medium", "high", "dev")
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
    size_gb
        Size of the data in GB; None when it is not known.
    """

    name: str
    licence: str
    changes: str = ""
    extra: str | None = None
    size_gb: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """File names in the prepared folders ``public/`` and ``private/``."""

    train: str = "train.csv"
    test: str = "test.csv"
    sample_submission: str = "sample_submission.csv"
    answers: str = "answers.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class MedalLines:
    """Scores that win medals, and where these numbers were found."""

    thresholds: Thresholds
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One competition.

    Attributes
    ----------
    id, title
        The id is the name of the folder.
    split
        The set it belongs to: ``"mini"``, or ``"low"``, ``"medium"``, ``"high"`` and
        ``"dev"`` of MLE-bench.
    category
        What kind of task it is, such as ``"Image Classification"``.
    metric
        The metric by its field name; see `mle_toolkit.competitions.metrics`.
    lower_is_better
        The direction of the metric.
    id_column, target_columns
        Columns that a submission must have.
    answer_columns
        Columns that the answers must have; none named means the columns above.
    protocol
        How a submission is checked and matched with the answers, by name; see
        `mle_toolkit.competitions.protocols`.
    rules
        What its values must fulfil under the ``"standard"`` protocol.
    max_mib
        Larger submissions are refused.
    medal_lines
        Medal lines and median for when no leaderboard is at hand, with their source.
    source, files
        Where the data come from, and their names once prepared.
    notes
        What a researcher should know before comparing scores.
    known_issues, known_leaks
        What is wrong with the data, and where they give answers away.
    folder
        Where the card lies.
    """

    id: str
    title: str
    split: str
    category: str
    metric: str
    lower_is_better: bool
    id_column: str
    target_columns: tuple[str, ...]
    answer_columns: tuple[str, ...]
    protocol: str
    rules: Rules
    max_mib: int
    source: Source
    files: Files
    medal_lines: MedalLines | None
    notes: tuple[str, ...]
    known_issues: tuple[str, ...]
    known_leaks: tuple[str, ...]
    folder: Path


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


def competitions_dir() -> Path:
    """Return where the user's own competitions go: see ``$MLE_COMPETITIONS``."""
    places = os.environ.get(PATH_VARIABLE, "").split(os.pathsep)
    return Path(places[0] or "competitions").expanduser().absolute()


def is_shipped(card: Card) -> bool:
    """Whether a card is one of those that come with this package."""
    return card.folder.is_relative_to(cards_dir().resolve())


def load_card(competition: str | Path) -> Card:
    """Return the card of a competition.

    Parameters
    ----------
    competition
        The id of a competition that is shipped or lies in a folder of
        ``$MLE_COMPETITIONS``; or the path of a competition's folder.

    Raises
    ------
    UnknownNameError
        When there is no competition of that id.
    CardError
        When its card is unreadable or contradicts itself.
    """
    name = str(competition)
    folders = _folders()
    path = Path(name).expanduser()
    if name not in folders and name and (path / _CARD).is_file():
        return read_card(path)
    check_choice("competition", name, folders)
    return read_card(folders[name])


def list_cards(split: str | None = None) -> list[Card]:
    """Return the cards by split and id; of one split only if it is given.

    Raises
    ------
    UnknownNameError
        When there is no such split.
    CardError
        When a shipped card is unreadable or contradicts itself; one of the user's is
        left out with a warning.
    """
    cards = []
    for folder in _folders().values():
        try:
            cards.append(read_card(folder))
        except CardError as error:
            if folder.is_relative_to(cards_dir()):
                raise
            # One broken folder of the user must not hide all others.
            warnings.warn(str(error), stacklevel=2)
    cards.sort(key=lambda card: (_order(card.split), card.split))
    if split is not None:
        check_choice("split", split, dict.fromkeys(card.split for card in cards))
    return [card for card in cards if split in {None, card.split}]


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
    lines = top.table("medal_lines", default={})
    card = Card(
        id=top.text("id"),
        title=top.text("title"),
        split=top.text("split"),
        category=top.text("category"),
        notes=top.texts("notes", default=()),
        known_issues=top.texts("known_issues", default=()),
        known_leaks=top.texts("known_leaks", default=()),
        metric=metric.text("name"),
        lower_is_better=metric.flag("lower_is_better"),
        id_column=submission.text("id_column"),
        target_columns=submission.texts("target_columns"),
        answer_columns=submission.texts("answer_columns", default=()),
        protocol=submission.text("protocol", default=STANDARD),
        max_mib=submission.integer("max_mib", default=64),
        rules=_rules(submission),
        source=_source(top.table("source")),
        files=_files(top.table("files", default={})),
        medal_lines=_medal_lines(lines),
        folder=path.parent.resolve(),
    )
    for table in (metric, submission, top):
        table.finish()
    _check(card, path)
    return card


def _folders() -> dict[str, Path]:
    """Return the folder of each competition: ours first, then the user's."""
    ours = sorted(cards_dir().glob(f"*/*/{_CARD}"), key=_by_id)
    found = {path.parent.name: path.parent for path in ours}
    for place in filter(None, os.environ.get(PATH_VARIABLE, "").split(os.pathsep)):
        root = Path(place).expanduser()
        for path in (root / _CARD, *sorted(root.glob(f"*/{_CARD}"))):
            # The name of a shipped competition always means that one.
            if path.is_file():
                found.setdefault(path.parent.name, path.parent)
    return found


def _by_id(path: Path) -> tuple[int, str]:
    # The offline competitions come first: they are what a newcomer can use.
    return _order(path.parents[1].name), path.parent.name.lower()


def _order(split: str) -> int:
    return SPLITS.index(split) if split in SPLITS else len(SPLITS)


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
        size_gb=table.number("size_gb", default=None),
    )
    table.finish()
    return source


def _medal_lines(table: Fields) -> MedalLines | None:
    if table.is_empty:
        return None
    gold, silver, bronze, median = (
        table.number(name) for name in ("gold", "silver", "bronze", "median")
    )
    lines = MedalLines(
        thresholds=Thresholds(
            gold=gold or 0.0,
            silver=silver or 0.0,
            bronze=bronze or 0.0,
            median=median or 0.0,
        ),
        source=table.text("source"),
    )
    table.finish()
    return lines


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
    columns = [card.id_column, *card.target_columns]
    if not card.target_columns or len(set(columns)) < len(columns):
        faults.append(f"id_column and target_columns must differ; got {columns}")
    low, high = card.rules.minimum, card.rules.maximum
    if low is not None and high is not None and low > high:
        faults.append(f"minimum {low:g} is above maximum {high:g}")
    try:
        check_protocol(card.protocol)
    except UnknownNameError as error:
        faults.append(str(error))
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
