"""Protocols of MLE-bench for areas under ROC curves.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_areas.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import classification, probabilities
from mle_toolkit.competitions.protocols.checks import (
    id_order,
    in_order,
    look_up_rows,
    match_rows,
    match_with_dangers,
    repeated_ids,
    require_columns,
    require_only_columns,
    require_row_count,
    require_same_id_set,
    spare_columns,
)
from mle_toolkit.competitions.protocols.columns import (
    bounded_column,
    careless_cells,
    converted_column,
    flag_column,
    missing_column,
    outside_column,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.competitions.protocols.tokens import answers_fault
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import quote_some

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CUT = 0.5
_OTHER_NAME = "toxicity"


def roc_auc(entry: Entry) -> Outcome:
    """Score the mean ROC AUC of one or more columns of probabilities.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value is missing, no number or not within 0 to 1.
    """
    given = entry.submission
    require_columns(given, [entry.id_column, *entry.targets])
    require_row_count(entry)
    values = np.column_stack(
        [bounded_column(given, name, low=0, high=1) for name in entry.targets]
    )
    return _matched_area(entry, values)


def open_column_roc_auc(entry: Entry) -> Outcome:
    """Score playground-series-s3e18: the mean ROC AUC of scores without a range.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value is not a finite number.
    """
    given = entry.submission
    require_columns(given, [entry.id_column, *entry.targets])
    require_row_count(entry)
    values = _converted(given, entry.targets)
    return _matched_area(entry, values, _open_dangers(given, entry.targets, values))


def exact_column_roc_auc(entry: Entry) -> Outcome:
    """Score plant-pathology-2020: as before, and there are no further columns.

    Raises
    ------
    SubmissionError
        When there are other columns than those asked for, the ids differ, or a value
        is not a finite number.
    """
    require_only_columns(entry.submission, [entry.id_column, *entry.targets])
    return open_column_roc_auc(entry)


def positional_roc_auc(entry: Entry) -> Outcome:
    """Score jigsaw-toxic: the mean ROC AUC of columns in the order of the file.

    Rows whose labels are -1 in the answers are left out.  Both tables are sorted by
    id, and then compared row by row.

    Raises
    ------
    SubmissionError
        When a column is missing or too many, the number of rows differs before or
        after rows are left out, an id is unknown, or a value is not a finite number.
    """
    given, answers = entry.submission, entry.answers
    require_columns(given, [entry.id_column, *entry.targets])
    require_row_count(entry)
    labels = [name for name in answers.columns if name != entry.id_column]
    require_only_columns(given, [entry.id_column, *labels])
    columns = [name for name in given.columns if name != entry.id_column]
    is_kept = _sums_of_labels(answers, labels) >= 0
    rows, truth_rows = _kept_rows(entry, is_kept)
    values = _converted(given, columns, rows)
    truth = _labels(answers.iloc[truth_rows], labels)
    dangers = repeated_ids(entry) + careless_cells(given, columns)
    if columns != labels:
        said = (
            f"the columns are in another order, {quote_some(columns)}, than in the "
            f"answers, {quote_some(labels)}, and this grader compares them by place"
        )
        dangers = (said, *dangers)
    return Outcome(
        score=classification.roc_auc(truth, values),
        dangers=dangers + _outside(columns, values),
    )


def steganalysis(entry: Entry) -> Outcome:
    """Score alaska2: the ROC AUC in which low true positive rates weigh more.

    The score is 0 when no answer is positive, and NaN when all are.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value is not a finite number.
    """
    given = entry.submission
    require_columns(given, [entry.id_column, entry.target])
    require_row_count(entry)
    values = _converted(given, [entry.target])
    pairs, repeats = match_with_dangers(entry)
    truth = entry.answers[[entry.target]].to_numpy() == 1
    if not len(truth):
        msg = "the answers have no rows"
        raise SubmissionError(msg)
    truth, values = in_order(pairs, truth, values)
    score = float("nan") if truth.all() else 0.0
    if truth.any() and not truth.all():
        score = probabilities.weighted_roc_auc(truth, values)
    return Outcome(
        score=score,
        dangers=repeats + _texts(given, [entry.target]),
        # Scores on any scale are what the competition asked for.
        notes=spare_columns(entry) + _outside([entry.target], values),
    )


def identity_bias(entry: Entry) -> Outcome:
    """Score jigsaw-unintended-bias: AUCs of predictions that are cut at 0.5.

    Raises
    ------
    SubmissionError
        When there is no column of predictions or two, the ids differ, a prediction is
        text, or the answers leave an AUC undefined.
    """
    given, answers = entry.submission, entry.answers
    require_columns(given, [entry.id_column])
    name = _prediction_column(given, entry.target)
    require_row_count(entry)
    scores = flag_column(given, name)
    pairs, repeats = match_with_dangers(entry)
    _, toxicity, *identities = entry.card.answer_columns
    truth = answers[toxicity].to_numpy() >= _CUT
    has_identity = answers[identities].to_numpy() >= _CUT
    # A comparison with a missing value is false, so a blank counts as 0.
    verdict = scores >= _CUT
    if pairs is not None:
        rows, truth_rows = pairs
        truth, has_identity = truth[truth_rows], has_identity[truth_rows]
        verdict = verdict[rows]
    overall = classification.pair_auc(verdict[truth], verdict[~truth])
    areas = probabilities.bias_areas(truth, verdict, has_identity)
    _check_bias(overall, areas, identities)
    return Outcome(
        score=probabilities.mean_bias(overall, areas),
        dangers=repeats
        + missing_column(name, scores, "counted as 0")
        + outside_column(name, scores, low=0, high=1),
        notes=spare_columns(entry, name),
    )


def _matched_area(
    entry: Entry, values: NDArray[Any], dangers: tuple[str, ...] = ()
) -> Outcome:
    pairs, repeats = match_with_dangers(entry)
    truth = _labels(entry.answers, entry.targets)
    return Outcome(
        score=classification.roc_auc(*in_order(pairs, truth, values)),
        dangers=repeats + dangers,
        notes=spare_columns(entry),
    )


def _kept_rows(
    entry: Entry, is_kept: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of both tables whose id is kept, as they are held together."""
    given, wanted = entry.submission[entry.id_column], entry.answers[entry.id_column]
    if not wanted.is_unique:
        pairs = match_rows(entry)
        rows, truth_rows = (np.arange(len(wanted)),) * 2 if pairs is None else pairs
        return rows[is_kept[truth_rows]], truth_rows[is_kept[truth_rows]]
    matched = look_up_rows(given, wanted)
    if matched is not None:
        return matched[is_kept], np.flatnonzero(is_kept)
    places = pd.Index(wanted).get_indexer(pd.Index(given))
    if (places < 0).any():
        require_same_id_set(entry)
    order, truth_order = _index_order(given), _index_order(wanted)
    rows = order[is_kept[places[order]]]
    truth_rows = truth_order[is_kept[truth_order]]
    if len(rows) != len(truth_rows):
        msg = (
            f"{len(rows)} rows have ids that are scored, because ids occur more than "
            f"once; {len(truth_rows)} are expected"
        )
        raise SubmissionError(msg)
    return rows, truth_rows


def _index_order(ids: pd.Series) -> NDArray[np.intp]:
    # pandas leaves an index that is in order as it is.
    in_order_already = pd.Index(ids).is_monotonic_increasing
    return np.arange(len(ids)) if in_order_already else id_order(ids)


def _converted(
    table: pd.DataFrame, names: list[str], rows: NDArray[np.intp] | None = None
) -> NDArray[Any]:
    return np.column_stack([converted_column(table, name, rows) for name in names])


def _sums_of_labels(answers: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    """Return the sum of the labels of each row, all of which must be numbers."""
    values = np.column_stack([answers[name].to_numpy() for name in names])
    if values.dtype == object or np.isnan(values.astype(np.float64)).any():
        msg = "a label is missing or no number"
        raise answers_fault(msg)
    totals: NDArray[np.float64] = values.sum(axis=1)
    return totals


def _labels(answers: pd.DataFrame, names: list[str]) -> NDArray[Any]:
    """Return the answers of the columns, in which both classes must occur."""
    columns = [answers[name].to_numpy() for name in names]
    for name, labels in zip(names, columns, strict=True):
        if not len(labels):
            msg = "no row of the answers is scored"
        elif labels.dtype == object:
            msg = f"the answers in column {name!r} are no numbers"
        elif labels.min() == labels.max():
            msg = f"the answers in column {name!r} are of one class: no AUC is defined"
        elif not ((labels == labels.min()) | (labels == labels.max())).all():
            msg = f"the answers in column {name!r} are not of two classes"
        else:
            continue
        raise SubmissionError(msg)
    return np.column_stack(columns)


def _prediction_column(table: pd.DataFrame, name: str) -> str:
    if _OTHER_NAME not in table.columns:
        require_columns(table, [name])
        return name
    if name in table.columns:
        msg = f"there are two columns of predictions, {name!r} and {_OTHER_NAME!r}"
        raise SubmissionError(msg)
    return _OTHER_NAME


def _check_bias(
    overall: float, areas: NDArray[np.float64], identities: list[str]
) -> None:
    """Refuse AUCs that are undefined, and those of 0, whose powers are."""
    if np.isnan(overall):
        msg = "the answers are of one class: no AUC is defined"
        raise SubmissionError(msg)
    for bad, what in (
        (np.isnan(areas), "is undefined: a class has no rows"),
        (areas == 0, "is 0, which this grader does not score with every library"),
    ):
        if bad.any():
            name = identities[int(bad.any(axis=0).argmax())]
            msg = f"an AUC of the rows with and without {name!r} {what}"
            raise SubmissionError(msg)


def _texts(table: pd.DataFrame, names: list[str]) -> tuple[str, ...]:
    return careless_cells(table, [n for n in names if table[n].dtype == object])


def _outside(names: list[str], values: NDArray[Any]) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for name, column in zip(names, values.T, strict=True):
        found += outside_column(name, column, low=0, high=1)
    return found


def _open_dangers(
    table: pd.DataFrame, names: list[str], values: NDArray[Any]
) -> tuple[str, ...]:
    return _texts(table, names) + _outside(names, values)
