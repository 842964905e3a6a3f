"""Protocols of MLE-bench for a list per row, written with blanks between the items.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_lists.py`` for the accidents one by one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import lists as metrics
from mle_toolkit.competitions.protocols import cells
from mle_toolkit.competitions.protocols.checks import (
    id_order,
    repeated_ids,
    require_only_columns,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError, UsageError
from mle_toolkit.submissions import quote_some
from mle_toolkit.submissions.wording import short

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLANK = "which counts as the item 'nan'"


def ranked_labels(entry: Entry) -> Outcome:
    """Score MAP@5 of labels, the best guess first: hotel-id-2021.

    Items lie between single blanks: a further one is an empty item and takes up a
    place.  A missing cell is the item ``nan``.

    Raises
    ------
    SubmissionError
        When a column is missing or the ids differ.
    """
    truth, prediction = cells.matched(entry, cells.as_texts)
    return Outcome(
        score=metrics.map_at_5(truth, prediction),
        dangers=_list_dangers(entry, prediction),
        notes=cells.unused_columns(entry),
    )


def exact_ranked_labels(entry: Entry) -> Outcome:
    """Score as `ranked_labels`, with no further columns: whale-categorization.

    Raises
    ------
    SubmissionError
        When the columns are not exactly those asked for, or the ids differ.
    """
    require_only_columns(entry.submission, [entry.id_column, entry.target])
    return ranked_labels(entry)


def baskets(entry: Entry) -> Outcome:
    """Score MAP@12 of articles for each customer of the answers: h-and-m.

    Other customers are ignored.  Both tables are sorted by customer and then read side
    by side, so one that occurs twice shifts all that follow.

    Raises
    ------
    SubmissionError
        When the columns are not exactly those asked for, or a customer is missing.
    """
    require_only_columns(entry.submission, [entry.id_column, entry.target])
    truth = cells.answers_of(entry, cells.as_texts)
    known, rows, truth_rows = _customers(entry)
    prediction = cells.as_texts(known, entry.target)[rows]
    n_others = len(entry.submission) - len(known)
    return Outcome(
        score=metrics.map_at_12(truth[truth_rows], prediction),
        dangers=(
            *_repeated_customers(entry, known),
            *_list_dangers(entry, prediction),
            *_leading_zeros(truth, prediction),
        ),
        notes=(f"customers who are not scored: {n_others}",) if n_others else (),
    )


def tags(entry: Entry) -> Outcome:
    """Score the micro F1 of tags: facebook-recruiting-iii.

    Missing means no tag, on both sides.  Tags that no answer has are ignored.

    Raises
    ------
    SubmissionError
        When the ids differ, or pandas reads a cell as a number or flag.
    """
    return _tags(entry, *cells.matched(entry, cells.pure_texts))


def known_tags(entry: Entry) -> Outcome:
    """Score as `tags`, with answers that must all have one: imet, plant-pathology-2021.

    Raises
    ------
    SubmissionError
        As `tags`, and when an answer is missing.
    """
    cells.answers_of(entry, cells.full_texts)
    return tags(entry)


def cell_orders(entry: Entry) -> Outcome:
    """Score the Kendall tau of the cells of all notebooks: AI4Code.

    Cells lie between any blanks.

    Raises
    ------
    SubmissionError
        When the ids differ, a notebook's cells are not those of the answers, or no
        notebook has two cells.
    """
    truth, prediction = cells.matched(entry, cells.as_texts)
    try:
        score = metrics.kendall_tau(truth, prediction)
    except UsageError as error:
        raise _wrong_cells(entry, truth, prediction) from error
    if math.isnan(score):
        msg = "no notebook of the answers has two cells, so there is no order to score"
        raise SubmissionError(msg)
    return Outcome(score=score, notes=cells.unused_columns(entry))


def gestures(entry: Entry) -> Outcome:
    """Score the edit distance of sequences of whole numbers: multi-modal-gesture.

    Raises
    ------
    SubmissionError
        When the ids differ, or an item is no whole number, as in a column of which one
        cell is missing and all others are a single number.
    """
    score = metrics.edits_per_item(*cells.matched(entry, _Gestures().read))
    if math.isnan(score):
        msg = "the answers hold no gestures, so there is nothing to score"
        raise SubmissionError(msg)
    return Outcome(score=score, notes=cells.unused_columns(entry))


def _list_dangers(entry: Entry, prediction: NDArray[Any]) -> tuple[str, ...]:
    n_spaced = sum(text[:1] == " " or "  " in text for text in prediction)
    dangers = cells.blanks(entry, _BLANK) + cells.whole_as_decimals(entry)
    if n_spaced:
        noun = "prediction has" if n_spaced == 1 else "predictions have"
        dangers += (f"{n_spaced} {noun} needless blanks, and each takes up a place",)
    return dangers


def _customers(
    entry: Entry,
) -> tuple[pd.DataFrame, NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of customers in the answers, and which row goes with which."""
    given, wanted = entry.submission[entry.id_column], entry.answers[entry.id_column]
    distinct = pd.Index(wanted.unique())
    places = distinct.get_indexer(pd.Index(given))
    is_known = places >= 0
    known, places = entry.submission[is_known], places[is_known]
    counts = np.bincount(places, minlength=len(distinct))
    if not counts.all():
        missing = distinct[counts == 0]
        noun, verb = ("id", "is") if len(missing) == 1 else ("ids", "are")
        msg = (
            f"{len(missing)} {noun} {verb} missing from column {entry.id_column!r}: "
            f"{quote_some(missing)}"
        )
        raise SubmissionError(msg)
    if len(known) == len(wanted) == len(distinct):
        return known, np.argsort(places, kind="stable"), np.arange(len(wanted))
    rows, truth_rows = id_order(known[entry.id_column]), id_order(wanted)
    n_read = min(len(rows), len(truth_rows))
    return known, rows[:n_read], truth_rows[:n_read]


def _repeated_customers(entry: Entry, known: pd.DataFrame) -> tuple[str, ...]:
    if not repeated_ids(
        Entry(submission=known, answers=entry.answers, card=entry.card)
    ):
        return ()
    twice = known[entry.id_column]
    listed = quote_some(twice[twice.duplicated()].unique())
    return (f"customers that occur twice shift all that follow: {listed}",)


def _leading_zeros(truth: NDArray[Any], prediction: NDArray[Any]) -> tuple[str, ...]:
    n_zeros = sum(text[:1] == "0" for text in prediction)
    if not n_zeros or any(text[:1] == "0" for text in truth):
        return ()
    rows = "row" if n_zeros == 1 else "rows"
    return (f"article ids begin with 0 in {n_zeros} {rows}, and never in the answers",)


def _tags(entry: Entry, truth: NDArray[Any], prediction: NDArray[Any]) -> Outcome:
    vocabulary = set(" ".join(truth).split())
    if not vocabulary:
        msg = "the answers hold no tags, so there is nothing to score"
        raise SubmissionError(msg)
    unknown = set(" ".join(prediction).split()) - vocabulary
    dangers: tuple[str, ...] = ()
    if unknown:
        listed = quote_some(sorted(unknown))
        dangers = (f"tags that no answer has are ignored: {listed}",)
    try:
        score = metrics.f1_micro(truth, prediction)
    except UsageError as error:
        raise SubmissionError(str(error)) from error
    return Outcome(score=score, dangers=dangers, notes=cells.unused_columns(entry))


def _wrong_cells(
    entry: Entry, truth: NDArray[Any], prediction: NDArray[Any]
) -> SubmissionError:
    """Return the error for the first notebook whose cells are not those wanted."""
    for wanted, given in zip(truth, prediction, strict=True):
        items, guess = wanted.split(), given.split()
        missing = set(items) - set(guess)
        if len(items) == len(guess) and not missing:
            continue
        where = f"column {entry.target!r} has an order of {short(given)}"
        if len(items) != len(guess):
            msg = f"{where} with {len(guess)} cells, where {len(items)} are expected"
        else:
            msg = f"{where}, which lacks the cells {quote_some(sorted(missing))}"
        return SubmissionError(msg)
    return SubmissionError(f"column {entry.target!r} repeats a cell of a notebook")


class _Gestures(dict[str, int]):
    """Numbers from 0 for the gestures in both tables: 7, 07 and +7 are one gesture."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[int, int] = {}

    def __missing__(self, text: str) -> int:
        number = self._numbers.setdefault(int(text), len(self._numbers))
        self[text] = number
        return number

    def read(self, table: pd.DataFrame, name: str) -> NDArray[np.object_]:
        """Return the lists of a column, or refuse the first that is none."""
        lists = np.empty(len(table), object)
        bad = np.zeros(len(table), bool)
        for row, text in enumerate(cells.as_texts(table, name)):
            try:
                lists[row] = [self[item] for item in text.split()]
            except ValueError:
                bad[row] = True
        cells.refuse(table, name, bad, "is no list of whole numbers")
        return lists
