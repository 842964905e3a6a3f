"""Protocols of MLE-bench for one label per row.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_labels.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import labels as metrics
from mle_toolkit.competitions.protocols import cells
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import short

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEW = 2
# What pandas 2 makes of a missing value when it is asked for texts.
_MISSING = "nan"


def label(entry: Entry) -> Outcome:
    """Score the share of labels that are right, such as cassava-leaf-disease.

    Whole decimals and flags are equal to whole numbers.  One text among numbers makes
    all of them text, and then none is right.

    Raises
    ------
    SubmissionError
        When the ids differ, a label is missing, not whole or too large, or one side is
        text, the other numbers, and neither has more than two labels.
    """
    truth, prediction = cells.matched(entry, cells.labels)
    dangers = _other_kind(entry, truth, prediction)
    if dangers and max(pd.Series(s).nunique() for s in (truth, prediction)) <= _FEW:
        raise SubmissionError(dangers[0])
    dangers += cells.flags_as_numbers(entry)
    return _accuracy(entry, truth, prediction, dangers)


def normalized_text(entry: Entry) -> Outcome:
    """Score the share of texts that are the same, as in text-normalization.

    Whatever pandas takes for missing, such as NA and null, is the text ``nan`` on both
    sides, so the truths NA and null are found by any of these.

    Raises
    ------
    SubmissionError
        When a column is missing or the ids differ.
    """
    truth, prediction = cells.matched(entry, cells.as_texts)
    # Truths such as NA are read as missing, and so is what finds them.
    n_blank = int(((prediction == _MISSING) & (truth != _MISSING)).sum())
    dangers: tuple[str, ...] = ()
    if n_blank:
        dangers = (f"missing values count as the text {_MISSING!r}: {n_blank} in all",)
    return _accuracy(entry, truth, prediction, dangers)


def filled_label(entry: Entry) -> Outcome:
    """Score the share of labels that are right where a blank is wrong: paddy-disease.

    Raises
    ------
    SubmissionError
        When the ids differ, or all labels are numbers and one is not whole or too
        large.
    """
    truth, prediction = cells.matched(entry, _labels_or_blanks)
    dangers = _other_kind(entry, truth, prediction)
    dangers += cells.blanks(entry, "which is wrong")
    return _accuracy(entry, truth, prediction, dangers)


def text_label(entry: Entry) -> Outcome:
    """Score the share of labels that are right and texts: plant-seedlings.

    Raises
    ------
    SubmissionError
        When the ids differ, all labels are missing, or one is a number or a flag.
    """
    truth, prediction = cells.matched(entry, _some_texts)
    return _accuracy(entry, truth, prediction, cells.blanks(entry, "which is wrong"))


def grades(entry: Entry) -> Outcome:
    """Score the quadratic weighted kappa of whole numbers: aptos2019.

    Raises
    ------
    SubmissionError
        When the ids differ, or a grade is missing, text or not whole.
    """
    return _kappa(entry, *cells.matched(entry, cells.whole_numbers))


def essay_grades(entry: Entry) -> Outcome:
    """Score the quadratic weighted kappa of numbers of 64 bits: essay scoring.

    Raises
    ------
    SubmissionError
        As `grades`, and when a grade does not fit in 64 bits.
    """
    return _kappa(entry, *cells.matched(entry, cells.integers))


def integer_label(entry: Entry) -> Outcome:
    """Score the macro F1 of labels that are cut to whole numbers: herbarium, iwildcam.

    Raises
    ------
    SubmissionError
        When the ids differ, or Python's int takes a label for no number of 64 bits.
    """
    truth, prediction = cells.matched(entry, _cut)
    score = metrics.f1_macro(truth[:, None], prediction[:, None])
    return _outcome(entry, score, _fractions(entry) + cells.flags_as_numbers(entry))


def first_integer_label(entry: Entry) -> Outcome:
    """Score the share of first labels that are wrong: inaturalist-2019.

    A column of numbers is cut to whole ones; the first item of a text must be one.

    Raises
    ------
    SubmissionError
        When the ids differ, or Python's int takes a first label for no number of 64
        bits.
    """
    truth, prediction = cells.matched(entry, _first)
    score = metrics.top_1_error(truth[:, None], prediction[:, None])
    dangers = _fractions(entry) + cells.flags_as_numbers(entry)
    return _outcome(entry, score, dangers, _further_labels(entry))


def contacts(entry: Entry) -> Outcome:
    """Score the Matthews correlation of whole numbers: nfl-player-contact-detection.

    Raises
    ------
    SubmissionError
        When the ids differ, or a label is missing, text or not whole.
    """
    truth, prediction = cells.matched(entry, cells.whole_numbers)
    odd = prediction[~np.isin(prediction, [0, 1])]
    odd = odd[~np.isin(odd, truth)]
    dangers = cells.flags_as_numbers(entry)
    if len(odd):
        dangers += (f"{short(odd[0])} is counted as a class, beside 0 and 1",)
    return _outcome(entry, metrics.mcc(truth[:, None], prediction[:, None]), dangers)


def _other_kind(
    entry: Entry, truth: NDArray[Any], prediction: NDArray[Any]
) -> tuple[str, ...]:
    """Return the danger of texts where the answers are numbers, and the reverse."""
    if (truth.dtype == object) == (prediction.dtype == object):
        return ()
    kinds = ("text", "numbers") if truth.dtype != object else ("numbers", "text")
    said = f"column {entry.target!r} is read as {kinds[0]}{_reason(entry)}"
    return (f"{said}, while the answers are {kinds[1]}, so no row is right",)


def _reason(entry: Entry) -> str:
    """Return the first text that is no number, as that made the column text."""
    for cell in entry.submission[entry.target]:
        if isinstance(cell, str):
            try:
                float(cell)
            except ValueError:
                return f", because of {short(cell)}"
    return ""


def _accuracy(
    entry: Entry,
    truth: NDArray[Any],
    prediction: NDArray[Any],
    dangers: tuple[str, ...],
) -> Outcome:
    score = metrics.accuracy(truth[:, None], prediction[:, None])
    return _outcome(entry, score, dangers)


def _kappa(entry: Entry, truth: NDArray[Any], prediction: NDArray[Any]) -> Outcome:
    score = metrics.quadratic_weighted_kappa(truth[:, None], prediction[:, None])
    dangers = cells.flags_as_numbers(entry)
    # Grades that the answers lack, and with no other grade next to them.
    unknown, both = np.setdiff1d(prediction, truth), np.union1d(truth, prediction)
    lonely = unknown[~np.isin(unknown - 1, both) & ~np.isin(unknown + 1, both)]
    if len(lonely):
        said = f"the grade {short(lonely[0])} counts by its place among all that occur"
        dangers += (f"{said}, not by its value",)
    return _outcome(entry, score, dangers)


def _outcome(
    entry: Entry,
    score: float,
    dangers: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Outcome:
    notes += cells.unused_columns(entry)
    return Outcome(score=score, dangers=dangers, notes=notes)


def _labels_or_blanks(table: pd.DataFrame, name: str) -> NDArray[Any]:
    column = table[name]
    if column.dtype == object or column.isna().any():
        return cells.filled_texts(table, name)
    return cells.integers(table, name)


def _some_texts(table: pd.DataFrame, name: str) -> NDArray[Any]:
    if table[name].isna().all():
        msg = f"every value in column {name!r} is missing"
        raise SubmissionError(msg)
    cells.pure_texts(table, name)
    return cells.as_texts(table, name)


def _cut(table: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return labels as Python's int gives them: 3.9 is 3, and -0.5 is 0."""
    values = table[name].to_numpy()
    if values.dtype.kind != "f":
        return _parsed(table, name, values)
    cells.refuse(table, name, np.isnan(values), "is missing")
    cut = np.trunc(values)
    large = (cut >= cells.TOO_LARGE) | (cut < -cells.TOO_LARGE)
    cells.refuse(table, name, large, "does not fit in 64 bits")
    whole: NDArray[np.int64] = cut.astype(np.int64)
    return whole


def _first(table: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return the first of the labels in each cell."""
    values = table[name].to_numpy()
    if values.dtype.kind == "f":
        return _cut(table, name)
    if values.dtype == object:
        firsts = [
            cell.split(None, 1)[:1] if isinstance(cell, str) else [cell]
            for cell in values
        ]
        values = np.empty(len(firsts), object)
        values[:] = [first[0] if first else "" for first in firsts]
    return _parsed(table, name, values)


def _parsed(table: pd.DataFrame, name: str, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return texts as Python's int reads them, and flags as 1 and 0."""
    if values.dtype != object:
        return cells.integers(table, name)
    cells.refuse(table, name, pd.isna(values), "is missing")
    numbers = [_integer(cell) for cell in values]
    bad = np.fromiter((number is None for number in numbers), bool, len(numbers))
    cells.refuse(table, name, bad, "is not a whole number")
    large = np.fromiter(
        (not -cells.TOO_LARGE <= (number or 0) < cells.TOO_LARGE for number in numbers),
        bool,
        len(numbers),
    )
    cells.refuse(table, name, large, "does not fit in 64 bits")
    return np.array(numbers, np.int64)


def _integer(cell: Any) -> int | None:
    try:
        return int(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def _fractions(entry: Entry) -> tuple[str, ...]:
    values = entry.submission[entry.target].to_numpy()
    if values.dtype.kind != "f":
        return ()
    return cells.counted(values != np.trunc(values), "cut to a whole number")


def _further_labels(entry: Entry) -> tuple[str, ...]:
    values = entry.submission[entry.target].to_numpy()
    if values.dtype != object:
        return ()
    n_more = sum(
        isinstance(cell, str) and len(cell.split(None, 2)) > 1 for cell in values
    )
    rows = "row names" if n_more == 1 else "rows name"
    return (f"{n_more} {rows} more than one label; the first counts",) if n_more else ()
