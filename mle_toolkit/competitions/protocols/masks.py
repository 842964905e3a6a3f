"""Protocols of MLE-bench for masks as run lengths.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_masks.py`` for the accidents one by one.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import masks as metrics
from mle_toolkit.competitions.metrics.runs import RunError, Runs, decode_runs
from mle_toolkit.competitions.protocols.checks import (
    repeated_ids,
    require_columns,
    require_only_columns,
    require_row_count,
    sort_by_id,
    spare_columns,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.competitions.protocols.tokens import (
    Texts,
    answers_fault,
    read_texts,
    whole_column,
)
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import short

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EMPTY = "-"
_SALT_PIXELS = 101 * 101


def pooled_masks(entry: Entry) -> Outcome:
    """Score google-research-identify-contrails: Dice of the pixels of all images.

    An empty mask is written ``-``; nothing but white space is one as well.

    Raises
    ------
    SubmissionError
        When the ids differ, a cell is missing, or a text is no mask.
    """
    name = entry.target
    require_columns(entry.submission, [entry.id_column, name])
    submission, answers = sort_by_id(entry)
    height, width = whole_column(answers, "height"), whole_column(answers, "width")
    if len(set(zip(height.tolist(), width.tolist(), strict=True))) > 1:
        msg = "the images differ in size, and this grader needs them to be the same"
        raise answers_fault(msg)
    truth = read_texts(answers, name, entry.id_column, of_answers=True)
    given = read_texts(submission, name, entry.id_column)
    true_masks = decode(truth.changed(_without_dash), height * width)
    masks = decode(given.changed(_without_dash), height * width)
    return Outcome(
        score=metrics.dice(true_masks, masks),
        dangers=repeated_ids(entry) + odd_masks(given, masks),
        notes=spare_columns(entry),
    )


def kidney_masks(entry: Entry) -> Outcome:
    """Score hubmap-kidney-segmentation: the mean Dice of images.

    A missing cell is an empty mask.

    Raises
    ------
    SubmissionError
        When the ids differ, or a text is no mask.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    submission, answers = sort_by_id(entry)
    sizes = whole_column(answers, "height_pixels") * whole_column(
        answers, "width_pixels"
    )
    truth = read_texts(answers, "encoding", entry.id_column, of_answers=True)
    given = read_texts(submission, entry.target, entry.id_column, blank="")
    true_masks, masks = decode(truth, sizes), decode(given, sizes)
    return Outcome(
        score=metrics.mean_dice(true_masks, masks),
        dangers=repeated_ids(entry) + odd_masks(given, masks),
        notes=spare_columns(entry),
    )


def salt_masks(entry: Entry) -> Outcome:
    """Score tgs-salt: the mean share of IoU thresholds that are exceeded.

    A missing cell is an empty mask, and an empty mask where there is salt is scored
    as a full one; see `iou_precision`.

    Raises
    ------
    SubmissionError
        When there are other columns, the ids differ or are no texts, or a text is no
        mask.
    """
    name = entry.target
    require_only_columns(entry.submission, [entry.id_column, name])
    require_row_count(entry)
    filled = dataclasses.replace(
        entry,
        submission=_with_text_ids(entry.submission, entry.id_column),
        answers=_with_text_ids(entry.answers, entry.id_column),
    )
    submission, answers = sort_by_id(filled)
    given = read_texts(submission, name, entry.id_column, blank="")
    truth = read_texts(answers, name, entry.id_column, blank="", of_answers=True)
    sizes = np.full(len(truth), _SALT_PIXELS)
    true_masks, masks = decode(truth, sizes), decode(given, sizes)
    rewarded = np.flatnonzero(metrics.taken_for_full(true_masks, masks))
    what = "an empty mask is scored as if the whole image were salt"
    return Outcome(
        score=metrics.iou_precision(true_masks, masks),
        dangers=repeated_ids(filled)
        + given.danger(rewarded.tolist(), what)
        + odd_masks(given, masks),
    )


def ink(entry: Entry) -> Outcome:
    """Score vesuvius-challenge-ink-detection: the mean F0.5 of fragments.

    Pixels run along the rows, which the counts of pixels do not depend on.

    Raises
    ------
    SubmissionError
        When there are other columns, an id is not at the place that it has in the
        answers, a cell is missing, or a text is no mask.
    """
    require_only_columns(entry.submission, [entry.id_column, entry.target])
    require_row_count(entry)
    _require_same_order(entry)
    sizes = whole_column(entry.answers, "height") * whole_column(entry.answers, "width")
    truth = read_texts(entry.answers, entry.target, entry.id_column, of_answers=True)
    given = read_texts(entry.submission, entry.target, entry.id_column)
    true_masks, masks = decode(truth, sizes), decode(given, sizes)
    return Outcome(
        score=metrics.f_half(true_masks, masks), dangers=odd_masks(given, masks)
    )


def decode(texts: Texts, sizes: NDArray[np.int64]) -> Runs:
    """Return the masks of a column; `sizes` are the pixels of each image.

    Raises
    ------
    SubmissionError
        For the first text that is no mask.
    """
    try:
        return decode_runs(texts.texts, sizes)
    except RunError as error:
        raise texts.fault(error.index, error.fault) from error


def odd_masks(texts: Texts, masks: Runs) -> tuple[str, ...]:
    """Return the dangers of masks that mean something only by accident."""
    spaces = np.array([text.isspace() for text in texts.texts], dtype=np.bool_)
    dangers: tuple[str, ...] = ()
    for flags, what in (
        (masks.cut, "a mask reaches past the end of its image and was cut"),
        (masks.lone, "a start without a length was taken for an empty mask"),
        (masks.shared, "a length was given once for two starts"),
        (spaces, "white space was taken for an empty mask"),
    ):
        dangers += texts.danger(np.flatnonzero(flags).tolist(), what)
    return dangers


def _without_dash(text: str) -> str:
    return "" if text == _EMPTY else text


def _with_text_ids(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table with missing ids as the empty text, which is an id here."""
    ids = table[name].to_numpy(object).copy()
    ids[pd.isna(ids)] = ""
    for each in ids:
        if not isinstance(each, str):
            msg = f"{short(each)} in column {name!r} is a number, and ids must be texts"
            raise SubmissionError(msg)
    return table.assign(**{name: pd.Series(ids, index=table.index, dtype=object)})


def _require_same_order(entry: Entry) -> None:
    name = entry.id_column
    pairs = zip(entry.submission[name], entry.answers[name], strict=True)
    for row, (given, wanted) in enumerate(pairs, start=1):
        if given != wanted:
            msg = (
                f"rows must come in the order of the answers: row {row} has the id "
                f"{short(given)} where {short(wanted)} is expected"
            )
            raise SubmissionError(msg)
