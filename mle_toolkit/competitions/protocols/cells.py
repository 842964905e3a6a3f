"""Columns of labels and texts, read as the graders of MLE-bench read them.

pandas gives a column one type: numbers if every cell is one, else text.  One odd cell
therefore changes what all others are, and one blank turns 123 into 123.0.  What a
grader makes of that is told by the reader that it uses: each takes a table and a
column and returns the cells, or refuses them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.protocols.checks import (
    first_bad,
    match_rows,
    require_columns,
)
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions import extra_columns, quote_some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mle_toolkit.competitions.protocols.entry import Entry

Reader = Callable[[pd.DataFrame, str], "NDArray[Any]"]

# The first whole number that a signed one of 64 bits cannot hold.
TOO_LARGE = 2**63


def matched(entry: Entry, read: Reader) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the target of answers and submission, row by row of one id.

    Parameters
    ----------
    entry
        The submission and the answers; ids must be the same, rows may have any order.
    read
        How the cells are read, on both sides.

    Raises
    ------
    SubmissionError
        When a column is missing, the ids differ, or `read` refuses a side.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    pairs = match_rows(entry)
    prediction = read(entry.submission, entry.target)
    truth = answers_of(entry, read)
    if pairs is None:
        return truth, prediction
    rows, truth_rows = pairs
    return truth[truth_rows], prediction[rows]


def answers_of(entry: Entry, read: Reader) -> NDArray[Any]:
    """Return the target of the answers.

    Raises
    ------
    SubmissionError
        When there are none, or `read` refuses them, as the reference then refuses
        every submission.
    """
    if entry.answers.empty:
        msg = "the answers have no rows, so there is nothing to score"
        raise SubmissionError(msg)
    try:
        return read(entry.answers, entry.target)
    except SubmissionError as error:
        msg = f"no submission can be scored: in the answers, {error}"
        raise SubmissionError(msg) from error


def labels(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column of labels, all of them texts or all whole numbers.

    Raises
    ------
    SubmissionError
        When a cell is missing, a number is not whole or does not fit in 64 bits, or
        texts and numbers are mixed.
    """
    values = table[name].to_numpy()
    if values.dtype != object:
        return integers(table, name)
    refuse(table, name, pd.isna(values), "is missing")
    if not _texts_among(values).all():
        raise _mixed(name)
    return values


def whole_numbers(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column of whole numbers, also those written as 3.0, True and False.

    Raises
    ------
    SubmissionError
        When a cell is missing, infinite, a text or has a fraction.
    """
    values = table[name].to_numpy()
    if values.dtype == object:
        refuse(table, name, pd.isna(values), "is missing")
        refuse(table, name, _texts_among(values), "is text, not a number")
        # A long file is read in parts, and one part may be flags, another numbers.
        raise _mixed(name)
    if values.dtype.kind != "f":
        return values.astype(np.int64) if values.dtype == bool else values
    refuse(table, name, np.isnan(values), "is missing")
    refuse(table, name, np.isinf(values), "is infinite")
    refuse(table, name, values != np.trunc(values), "is not a whole number")
    refuse(table, name, np.abs(values) >= TOO_LARGE, "does not fit in 64 bits")
    return values.astype(np.int64)


def integers(table: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return a column of whole numbers that fit in 64 bits with their sign.

    Raises
    ------
    SubmissionError
        As `whole_numbers`, and for a number that is too large.
    """
    values = whole_numbers(table, name)
    refuse(table, name, values >= TOO_LARGE, "does not fit in 64 bits")
    return values.astype(np.int64)


def as_texts(table: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return a column as texts, where a blank is ``nan``, and 123 beside it ``123.0``.

    This is how pandas 2 turns cells into text.
    """
    values = table[name].to_numpy()
    cells = values.tolist()
    if values.dtype == object:
        cells = [cell if isinstance(cell, str) else str(cell) for cell in cells]
    else:
        cells = [str(cell) for cell in cells]
    return _objects(cells)


def filled_texts(table: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return a column as texts, where a blank is the empty text."""
    texts = as_texts(table, name)
    texts[table[name].isna().to_numpy()] = ""
    return texts


def pure_texts(table: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return a column of texts, where a blank is the empty text.

    Raises
    ------
    SubmissionError
        When pandas read any cell as a number or as True or False.
    """
    column = table[name]
    values = column.to_numpy()
    blank = column.isna().to_numpy()
    other = ~(_texts_among(values) | blank)
    refuse(table, name, other, "was read as a number or flag, and texts are wanted")
    return filled_texts(table, name)


def full_texts(table: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return a column of texts without a blank.

    Raises
    ------
    SubmissionError
        When a cell is missing or was read as a number.
    """
    refuse(table, name, table[name].isna().to_numpy(), "is missing")
    return pure_texts(table, name)


def refuse(table: pd.DataFrame, name: str, bad: NDArray[np.bool_], what: str) -> None:
    """Refuse the submission for its first bad cell, if there is one."""
    if bad.any():
        raise first_bad(table, name, bad, what)


def blanks(entry: Entry, what: str) -> tuple[str, ...]:
    """Return the danger of missing predictions; `what` says what they are taken for."""
    bad = entry.submission[entry.target].isna().to_numpy()
    return counted(bad, f"missing, {what}")


def counted(bad: NDArray[np.bool_], what: str) -> tuple[str, ...]:
    """Return the danger that some rows of the submission are `what`, if any are."""
    n_bad = int(np.count_nonzero(bad))
    if not n_bad:
        return ()
    row = int(bad.argmax()) + 1
    if n_bad == 1:
        return (f"the prediction of row {row} is {what}",)
    return (f"{n_bad} predictions are {what}; the first is that of row {row}",)


def whole_as_decimals(entry: Entry) -> tuple[str, ...]:
    """Return the danger of whole numbers that became decimals, as 123.0 is no label."""
    given, wanted = entry.submission[entry.target], entry.answers[entry.target]
    known = given[given.notna()]
    if given.dtype.kind != "f" or wanted.dtype.kind == "f" or known.empty:
        return ()
    return (
        f"predictions are read as decimals, {known.iloc[0]} for one, so none is right",
    )


def flags_as_numbers(entry: Entry) -> tuple[str, ...]:
    """Return the danger of True and False where the answers are numbers."""
    name = entry.target
    if (
        entry.submission[name].dtype.kind != "b"
        or entry.answers[name].dtype.kind == "b"
    ):
        return ()
    return (f"column {name!r} holds True and False, which count as 1 and 0",)


def unused_columns(entry: Entry) -> tuple[str, ...]:
    """Return the note on columns that nobody asked for, if there are any."""
    extra = extra_columns(
        entry.submission, id_column=entry.id_column, target_columns=entry.targets
    )
    return (f"columns that nobody asked for: {quote_some(extra)}",) if extra else ()


def _mixed(name: str) -> SubmissionError:
    return SubmissionError(f"column {name!r} mixes texts, numbers or flags")


def _texts_among(values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.fromiter((isinstance(cell, str) for cell in values), bool, len(values))


def _objects(cells: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(cells), object)
    array[:] = cells
    return array
