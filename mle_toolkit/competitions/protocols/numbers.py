"""Protocols of MLE-bench for one number or several per row.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_numbers.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.competitions.metrics import regression
from mle_toolkit.competitions.protocols.checks import (
    first_bad,
    in_order,
    look_up_rows,
    match_rows,
    merge_rows,
    repeated_ids,
    require_columns,
    require_only_columns,
    require_row_count,
    spare_columns,
)
from mle_toolkit.competitions.protocols.columns import converted_column, numeric_column
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_LEAST, _MOST = 1, 100


def pixels(entry: Entry) -> Outcome:
    """Score denoising-dirty-documents: RMSE of pixels that are matched by id.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value is not a finite number.  There is no range.
    """
    truth, prediction = _matched(entry)
    score = regression.rmse(truth, prediction)
    return Outcome(score=score, notes=spare_columns(entry))


def unchecked_rows(entry: Entry) -> Outcome:
    """Score nomad2018: mean column-wise RMSLE of rows in the order of the file.

    The grader does not read the ids.

    Raises
    ------
    SubmissionError
        When a target column is missing, the number of rows differs, or a value is
        negative or not a finite number.
    """
    given = entry.submission
    require_columns(given, entry.targets)
    require_row_count(entry)
    values = [_not_negative(given, name) for name in entry.targets]
    truth = [converted_column(entry.answers, name) for name in entry.targets]
    score = regression.mcrmsle(np.column_stack(truth), np.column_stack(values))
    return Outcome(score=score, dangers=_file_order(entry), notes=spare_columns(entry))


def sorted_fares(entry: Entry) -> Outcome:
    """Score new-york-city-taxi: RMSE after both tables are sorted by key.

    The grader does not compare the keys.

    Raises
    ------
    SubmissionError
        When a column is missing, the number of rows differs, or a value is not a
        finite number.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    require_row_count(entry)
    values = converted_column(entry.submission, entry.target)
    truth = converted_column(entry.answers, entry.target)
    rows, truth_rows, dangers = _pair_sorted(entry)
    score = regression.rmse(truth[truth_rows], values[rows])
    return Outcome(score=score, dangers=dangers, notes=spare_columns(entry))


def bounded_score(entry: Entry) -> Outcome:
    """Score petfinder: RMSE of numbers from 1 to 100.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value is missing, no number or out of range.
    """
    given = entry.submission
    require_columns(given, [entry.id_column, entry.target])
    values = numeric_column(given, entry.target)
    if np.isnan(values).any():
        raise first_bad(given, entry.target, np.isnan(values), "is missing")
    bad = ~((values >= _LEAST) & (values <= _MOST))
    if bad.any():
        what = f"is not in the range from {_LEAST} to {_MOST}"
        raise first_bad(given, entry.target, bad, what)
    truth = numeric_column(entry.answers, entry.target)
    score = regression.rmse(*in_order(match_rows(entry), truth, values))
    return Outcome(score=score, notes=spare_columns(entry))


def eruptions(entry: Entry) -> Outcome:
    """Score predict-volcanic-eruptions: MAE, rounded to a whole number.

    A row whose id occurs twice counts twice.

    Raises
    ------
    SubmissionError
        When the sets of ids differ, a value is not a finite number, or the error is
        infinite.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    values = converted_column(entry.submission, entry.target)
    truth = converted_column(entry.answers, entry.target)
    rows, truth_rows = merge_rows(entry)
    error = regression.mae(truth[truth_rows], values[rows])
    if not np.isfinite(error):
        msg = "the mean absolute error is infinite, so it cannot be rounded"
        raise SubmissionError(msg)
    return Outcome(
        score=float(round(error)),
        dangers=repeated_ids(entry),
        notes=spare_columns(entry),
    )


def rank_columns(entry: Entry) -> Outcome:
    """Score google-quest-challenge: mean column-wise Spearman after sorting by id.

    The grader does not compare the ids.  Text is ranked by its characters.

    Raises
    ------
    SubmissionError
        When the columns are not exactly those asked for, the number of rows differs,
        or a column mixes texts and numbers.
    """
    given = entry.submission
    require_only_columns(given, [entry.id_column, *entry.targets])
    require_row_count(entry)
    rows, truth_rows, dangers = _pair_sorted(entry)
    # One column at a time stays within the processor's cache.
    scores = [
        regression.pearson(
            _ranks(entry.answers, name)[truth_rows, None],
            _ranks(given, name)[rows, None],
        )
        for name in entry.targets
    ]
    return Outcome(
        score=float(np.mean(scores)),
        dangers=dangers + _unranked(given, entry.targets),
    )


def similarity(entry: Entry) -> Outcome:
    """Score us-patent-phrase-to-phrase-matching: Pearson correlation.

    It is NaN when a value is missing or infinite, and when all are the same.

    Raises
    ------
    SubmissionError
        When the ids differ or the predictions are text.
    """
    given = entry.submission
    require_columns(given, [entry.id_column, entry.target])
    values = numeric_column(given, entry.target)
    truth, prediction = in_order(
        match_rows(entry), numeric_column(entry.answers, entry.target), values
    )
    score = regression.pearson(truth[:, None], prediction[:, None])
    return Outcome(
        score=score,
        dangers=_uncorrelated(entry.target, values),
        notes=spare_columns(entry),
    )


def _matched(entry: Entry) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the target in answers and submission, converted, in one order."""
    require_columns(entry.submission, [entry.id_column, entry.target])
    values = converted_column(entry.submission, entry.target)
    return in_order(
        match_rows(entry), converted_column(entry.answers, entry.target), values
    )


def _not_negative(table: pd.DataFrame, name: str) -> NDArray[Any]:
    if table[name].dtype == bool:
        # The reference takes their logarithms with three digits.
        msg = f"column {name!r} holds True and False, not numbers"
        raise SubmissionError(msg)
    values = converted_column(table, name)
    if (values < 0).any():
        raise first_bad(table, name, values < 0, "is below 0")
    return values


def _file_order(entry: Entry) -> tuple[str, ...]:
    """Return the danger of a file whose rows may belong to other ids."""
    name = entry.id_column
    if name not in entry.answers.columns:
        return ()
    if name not in entry.submission.columns:
        said = f"there is no column {name!r}; rows are taken to be in the right order"
        return (said,)
    given = entry.submission[name].to_numpy()
    n_moved = int(np.count_nonzero(given != entry.answers[name].to_numpy()))
    if not n_moved:
        return ()
    rows = "row has" if n_moved == 1 else "rows have"
    said = (
        f"{n_moved} {rows} another id than the answers at that place, and this "
        "grader compares rows by place alone"
    )
    return (said,)


def _pair_sorted(
    entry: Entry,
) -> tuple[NDArray[np.intp], NDArray[np.intp], tuple[str, ...]]:
    """Return rows of both tables in the order of their ids, and the danger of it."""
    name = entry.id_column
    given, wanted = entry.submission[name], entry.answers[name]
    here, there = given.to_numpy(), wanted.to_numpy()
    if here.dtype == there.dtype and bool((here == there).all()):
        same = np.arange(len(here))
        return same, same, ()
    found = look_up_rows(given, wanted)
    if found is not None:
        return found, np.arange(len(found)), ()
    try:
        rows, truth_rows = _sorted_rows(given), _sorted_rows(wanted)
    except TypeError as error:
        msg = f"column {name!r} mixes texts and numbers, so it cannot be sorted"
        raise SubmissionError(msg) from error
    n_other = int(np.count_nonzero(here[rows] != there[truth_rows]))
    if not n_other:
        return rows, truth_rows, ()
    noun = "row is" if n_other == 1 else "rows are"
    said = (
        f"ids differ from the answers, and this grader never compares them: once "
        f"sorted, {n_other} {noun} scored against another id"
    )
    return rows, truth_rows, (said,)


def _sorted_rows(ids: pd.Series) -> NDArray[np.intp]:
    # pandas' own sort of texts is not stable, but does the same everywhere.  Where it
    # leaves equal numbers depends on the processor; with few of them, in their order.
    kind: Any = "stable" if ids.dtype.kind in "iuf" else "quicksort"
    ordered = ids.reset_index(drop=True).sort_values(kind=kind)
    return ordered.index.to_numpy()


def _ranks(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return the ranks of a column from 1, ties averaged; all NaN if a cell is."""
    column = table[name]
    if column.isna().any():
        return np.full(len(column), np.nan)
    from scipy.stats import rankdata

    try:
        ranks: NDArray[np.float64] = rankdata(column.to_numpy())
    except TypeError as error:
        msg = f"column {name!r} mixes texts and numbers, so it cannot be ranked"
        raise SubmissionError(msg) from error
    return ranks


def _unranked(table: pd.DataFrame, names: list[str]) -> tuple[str, ...]:
    found = []
    for name in names:
        column = table[name]
        if column.isna().any():
            found.append(f"a value in column {name!r} is missing")
        elif (column == column.iloc[0]).all():
            found.append(f"all values in column {name!r} are the same")
        elif column.dtype == object:
            found.append(f"column {name!r} is text, which is ranked by its characters")
        elif np.isinf(column.to_numpy()).any():
            found.append(f"a value in column {name!r} is infinite")
    return tuple(found)


def _uncorrelated(name: str, values: NDArray[Any]) -> tuple[str, ...]:
    for bad, what in ((np.isnan(values), "missing"), (np.isinf(values), "infinite")):
        if bad.any():
            return (f"a value in column {name!r} is {what}",)
    if (values == values[:1]).all():
        return (f"all values in column {name!r} are the same",)
    return ()
