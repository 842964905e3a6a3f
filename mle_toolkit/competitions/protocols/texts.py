"""Protocols of MLE-bench for a text per row.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_texts.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.competitions.metrics import texts as metrics
from mle_toolkit.competitions.protocols import cells
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def span_words(entry: Entry) -> Outcome:
    """Score the mean share of words in common: chaii.

    Missing means no words.

    Raises
    ------
    SubmissionError
        When the ids differ, or pandas reads a cell as a number or flag.
    """
    truth, prediction = cells.matched(entry, cells.pure_texts)
    return Outcome(
        score=metrics.jaccard(truth, prediction),
        notes=_empty(prediction) + cells.unused_columns(entry),
    )


def selected_words(entry: Entry) -> Outcome:
    """Score the mean share of words in common: tweet-sentiment-extraction.

    Missing means no words; numbers and flags are words.

    Raises
    ------
    SubmissionError
        When the ids differ, or neither prediction nor answer of a row has a word.
    """
    truth, prediction = cells.matched(entry, cells.filled_texts)
    for wanted, given in zip(truth, prediction, strict=True):
        # Nearly all have a letter at once; the others are looked at twice.
        if not (wanted or given) or not (wanted.strip() or given.strip()):
            msg = (
                f"column {entry.target!r} is empty where the answer is empty too, and "
                f"then the share of words in common is 0 / 0: write any word"
            )
            raise SubmissionError(msg)
    return Outcome(
        score=metrics.jaccard(truth, prediction),
        dangers=_numbers_with_blanks(entry),
        notes=_empty(prediction) + cells.unused_columns(entry),
    )


def sentences(entry: Entry) -> Outcome:
    """Score the mean edit distance of texts without a blank: billion-word.

    Raises
    ------
    SubmissionError
        When the ids differ, or a sentence is missing or read as a number or flag.
    """
    truth, prediction = cells.matched(entry, cells.full_texts)
    return Outcome(
        score=metrics.levenshtein(truth, prediction), notes=cells.unused_columns(entry)
    )


def identifiers(entry: Entry) -> Outcome:
    """Score the mean edit distance of texts, missing ones being ``nan``: bms.

    Raises
    ------
    SubmissionError
        When a column is missing or the ids differ.
    """
    truth, prediction = cells.matched(entry, cells.as_texts)
    return Outcome(
        score=metrics.levenshtein(truth, prediction),
        dangers=cells.blanks(entry, "which counts as the text 'nan'"),
        notes=cells.unused_columns(entry),
    )


def _empty(prediction: NDArray[Any]) -> tuple[str, ...]:
    n_empty = int(np.count_nonzero(prediction == ""))
    return (f"predictions without a word: {n_empty}",) if n_empty else ()


def _numbers_with_blanks(entry: Entry) -> tuple[str, ...]:
    column = entry.submission[entry.target]
    if column.dtype.kind != "f" or column.isna().all():
        return ()
    first = column[column.notna()].iloc[0]
    return (f"predictions are read as decimals, {first} for one",)
