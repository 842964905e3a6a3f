"""Check a competition as a whole: can it be run, graded, and trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mle_toolkit.competitions.grading import Grader
from mle_toolkit.competitions.medals import scale_of
from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.competitions.places import describe, require_prepared
from mle_toolkit.competitions.protocols import STANDARD
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from mle_toolkit.competitions.cards import Card

_TINY = 1e-9


def check_competition(card: Card) -> list[str]:
    """Check card, data, description, answers and medal lines.

    Returns
    -------
    list of str
        Remarks on what is legal but worth a look, such as test rows that occur in the
        training data.

    Raises
    ------
    UsageError
        When submissions could not be graded.
    CardError
        When there is no description or no leaderboard.
    NotPreparedError
        When the data are not there.
    """
    prepared = require_prepared(card)
    describe(card)
    scale_of(card)
    answers = prepared.private / card.files.answers
    grader = Grader.of(str(card.folder), answers=answers)
    sample = grader.grade(prepared.public / card.files.sample_submission)
    if not sample.valid:
        msg = f"the sample submission of {card.id!r} is not valid: {sample.reason}"
        raise UsageError(msg)
    if card.protocol != STANDARD:
        return []
    columns = [card.id_column, *card.target_columns]
    perfect = grader.grade(grader.answers[columns])
    best = get_metric(card.metric).best
    if not perfect.valid or abs((perfect.score_full or 0.0) - best) > _TINY:
        msg = (
            f"the answers of {card.id!r}, submitted, score {perfect.score_full} "
            f"instead of {best}: {perfect.reason or 'the metric does not fit them'}"
        )
        raise UsageError(msg)
    return _remarks(card, sample.medal)


def _remarks(card: Card, sample_medal: str | None) -> list[str]:
    remarks = []
    if sample_medal is not None:
        remarks.append(f"the sample submission wins a {sample_medal} medal")
    lines = scale_of(card).thresholds
    if lines.gold == lines.median:
        remarks.append("gold line and median are equal: the field tells little apart")
    public = require_prepared(card).public
    train_path, test_path = public / card.files.train, public / card.files.test
    if train_path.is_file() and test_path.is_file():
        train, test = pd.read_csv(train_path), pd.read_csv(test_path)
        remarks += _overlaps(card, train, test)
        remarks += _giveaways(card, train, test)
    return remarks


def _overlaps(card: Card, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    shared = [c for c in test.columns if c in train.columns and c != card.id_column]
    if not shared:
        return []
    # Equal hashes mean equal rows, but for a chance of one in 2^64 a pair.
    known = pd.util.hash_pandas_object(train[shared], index=False)
    seen = pd.util.hash_pandas_object(test[shared], index=False).isin(known)
    if not seen.any():
        return []
    n_seen = int(seen.sum())
    return [f"{n_seen} of {len(test)} test rows also occur in the training data"]


def _giveaways(card: Card, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """Name features that alone fix the target on the training rows."""
    targets = [name for name in train.columns if name not in test.columns]
    if len(targets) != 1:
        return []
    target, remarks = train[targets[0]], []
    for name in test.columns:
        levels = train[name]
        # A column that is different in every row says nothing of the next one.
        if name == card.id_column or levels.nunique() > len(train) / 2:
            continue
        by_level = target.groupby(levels.to_numpy(), dropna=False)
        if (by_level.transform("first") == target).all():
            remarks.append(f"column {name!r} alone gives {targets[0]!r} away")
    return remarks
