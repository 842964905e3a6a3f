"""Checks that several protocols share.

Each raises `SubmissionError` with one sentence, or returns what the next step needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import quote_some, short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mle_toolkit.competitions.protocols.entry import Entry


def require_columns(table: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse a table that lacks one of the columns."""
    missing = [name for name in names if name not in table.columns]
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        verb = "is" if len(missing) == 1 else "are"
        msg = (
            f"{noun} {quote_some(missing)} {verb} missing; "
            f"found: {quote_some(table.columns)}"
        )
        raise SubmissionError(msg)


def require_only_columns(table: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse a table that has other columns than these, in whatever order."""
    wanted = list(names)
    require_columns(table, wanted)
    extra = [name for name in table.columns if name not in wanted]
    if extra:
        noun = "this column is" if len(extra) == 1 else "these columns are"
        msg = f"{noun} not allowed: {quote_some(extra)}; legal: {quote_some(wanted)}"
        raise SubmissionError(msg)


def require_row_count(entry: Entry) -> None:
    """Refuse a submission that has another number of rows than the answers."""
    got, wanted = len(entry.submission), len(entry.answers)
    if got != wanted:
        msg = f"the submission has {got} rows; {wanted} are expected"
        raise SubmissionError(msg)


def require_same_id_set(entry: Entry) -> None:
    """Refuse ids that are missing or unknown; repeated ones are not looked at.

    Raises
    ------
    SubmissionError
        Naming some of the ids.
    """
    name = entry.id_column
    given = pd.Index(entry.submission[name].unique())
    wanted = pd.Index(entry.answers[name].unique())
    for ids, what in (
        (wanted.difference(given, sort=False), "missing from"),
        (given.difference(wanted, sort=False), "unknown in"),
    ):
        if len(ids):
            noun, verb = ("id", "is") if len(ids) == 1 else ("ids", "are")
            msg = f"{len(ids)} {noun} {verb} {what} column {name!r}: {quote_some(ids)}"
            raise SubmissionError(msg)


def sort_by_id(entry: Entry) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return submission and answers row by row of one id; their ids must be the same.

    Rows with equal ids keep their order, so that a submission in the answers' own
    order is matched row by row.

    Raises
    ------
    SubmissionError
        When the number of rows differs, or an id at any place.
    """
    pairs = match_rows(entry)
    if pairs is None:
        return entry.submission, entry.answers
    rows, truth_rows = pairs
    return entry.submission.iloc[rows], entry.answers.iloc[truth_rows]


def match_rows(entry: Entry) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return which row of the submission goes with which row of the answers.

    The two arrays of row numbers belong together place by place; None says that the
    rows are in the same order already.  Rows with equal ids are where `id_order` puts
    them.

    Raises
    ------
    SubmissionError
        When the number of rows differs, or the ids are not the same.
    """
    return match_with_dangers(entry)[0]


def match_with_dangers(
    entry: Entry,
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]] | None, tuple[str, ...]]:
    """Return what `match_rows` returns, and the danger of ids that repeat.

    Raises
    ------
    SubmissionError
        When the number of rows differs, or the ids are not the same.
    """
    require_row_count(entry)
    name = entry.id_column
    given, wanted = entry.submission[name], entry.answers[name]
    if given.dtype == wanted.dtype and bool((given.to_numpy() == wanted).all()):
        return None, ()
    rows = look_up_rows(given, wanted)
    if rows is not None:
        return (rows, np.arange(len(rows))), ()
    if given.hasnans:
        # It differs from every id, another missing one included.
        raise first_bad(entry.submission, name, given.isna().to_numpy(), "is missing")
    require_same_id_set(entry)
    return _match_sorted(name, given, wanted), repeated_ids(entry)


def look_up_rows(given: pd.Series, wanted: pd.Series) -> NDArray[np.intp] | None:
    """Return for each wanted id the row that has it.

    None says that the given ids, of which there are as many, are not the same, or that
    ids repeat or are missing.
    """
    # Looking ids up takes a tenth of the time of sorting texts.
    index = pd.Index(wanted)
    if not index.is_unique or index.hasnans:
        return None
    places = index.get_indexer(pd.Index(given))
    rows = np.full(len(places), -1)
    rows[places] = np.arange(len(places))
    return rows if (places >= 0).all() and (rows >= 0).all() else None


def _match_sorted(
    name: str, given: pd.Series, wanted: pd.Series
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    try:
        rows, truth_rows = id_order(given), id_order(wanted)
    except TypeError as error:
        msg = f"column {name!r} mixes texts and numbers, so it cannot be sorted"
        raise SubmissionError(msg) from error
    sorted_given = given.to_numpy()[rows]
    differing = sorted_given != wanted.to_numpy()[truth_rows]
    if differing.any():
        first = sorted_given[int(differing.argmax())]
        msg = (
            f"the ids in column {name!r} do not occur as often as in the answers, "
            f"{short(first)} for one"
        )
        raise SubmissionError(msg)
    return rows, truth_rows


def merge_rows(entry: Entry) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every pair of a row of the submission and one of the answers of its id.

    A submission that repeats an id has several rows for it, and each counts.

    Raises
    ------
    SubmissionError
        When an id is missing or unknown.
    """
    name = entry.id_column
    given, wanted = entry.submission[name], entry.answers[name]
    distinct = pd.Index(wanted if wanted.is_unique else wanted.unique())
    places = distinct.get_indexer(pd.Index(given))
    counts = np.bincount(places + 1, minlength=len(distinct) + 1)
    if counts[0] or not counts[1:].all():
        require_same_id_set(entry)
    if wanted.is_unique:
        return np.arange(len(places)), places
    truth_places = distinct.get_indexer(pd.Index(wanted))
    rows = pd.DataFrame({"id": places, "row": np.arange(len(places))})
    pairs = rows.merge(pd.DataFrame({"id": truth_places, "place": range(len(wanted))}))
    return pairs["row"].to_numpy(), pairs["place"].to_numpy()


def in_order(
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]] | None,
    truth: NDArray[Any],
    values: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows of both arrays as `match_rows` says that they belong together."""
    if pairs is None:
        return truth, values
    rows, truth_rows = pairs
    if not (truth_rows == np.arange(len(truth_rows))).all():
        truth = _take(truth, truth_rows)
    return truth, _take(values, rows)


def _take(values: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    # The columns of a frame lie one after the other, and are taken so in a quarter of
    # the time.
    return np.take(values.T, rows, axis=-1).T


def repeated_ids(entry: Entry) -> tuple[str, ...]:
    """Return the danger of ids that occur more than once, if there are any.

    Where they repeat in the answers as well, there is none as long as the rows come in
    the answers' order.
    """
    name = entry.id_column
    given, wanted = entry.submission[name], entry.answers[name]
    if len(given) == len(wanted) and bool((given.to_numpy() == wanted).all()):
        return ()
    if given.is_unique:
        return ()
    twice = given[given.duplicated()]
    said = f"ids occur more than once: {quote_some(twice.unique())}"
    if wanted.is_unique:
        return (said,)
    order = "the rows are not in the order of the answers, in which they repeat as well"
    return (f"{said}; {order}, so it is chance which is held against which",)


def spare_columns(entry: Entry, *also_read: str) -> tuple[str, ...]:
    """Return the note on columns that are not read, if there are any.

    `also_read` names those that are, beside the id and the targets.
    """
    read = {entry.id_column, *entry.targets, *also_read}
    spare = [name for name in entry.submission.columns if name not in read]
    if not spare:
        return ()
    noun, verb = ("column", "is") if len(spare) == 1 else ("columns", "are")
    return (f"{noun} {quote_some(spare)} {verb} not read",)


def first_bad(
    table: pd.DataFrame, column: str, bad: NDArray[np.bool_], what: str
) -> SubmissionError:
    """Return the error that shows the first bad value of a column and its row.

    `what` ends the sentence, as in ``"is below 0"``.
    """
    row = int(np.asarray(bad).argmax())
    value = table[column].iloc[row]
    shown = "a value" if pd.isna(value) else f"the value {short(value)}"
    n_bad = int(np.count_nonzero(bad))
    more = f", and {n_bad - 1} more" if n_bad > 1 else ""
    return SubmissionError(f"{shown} in column {column!r} {what} (row {row + 1}{more})")


def id_order(ids: pd.Series) -> NDArray[np.intp]:
    """Return the rows in the order of their ids, sorted as pandas sorts a column.

    That sort is not stable.  Where equal texts end does not depend on the machine.
    Where equal numbers do depends on the processor, beyond some tens of rows: here
    they keep their order, as they do there in small tables.
    """
    values = ids.to_numpy()
    return values.argsort(kind="quicksort" if values.dtype == object else "stable")
