"""Protocols of MLE-bench for probabilities of classes and labels.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_probabilities.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import classification, probabilities
from mle_toolkit.competitions.protocols.checks import (
    first_bad,
    id_order,
    in_order,
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
    flag_column,
    missing_column,
    numeric_column,
    outside_column,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import quote_some, short

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SUM_SLACK = 1e-6
# Python's round(total, 5) is 1 between these two, which it makes 0.99999 and 1.00001.
_LEAST_SUM, _MOST_SUM = 0.999995, 1.000005
_PATIENT = "patient_overall"
_PATIENT_WEIGHT, _BROKEN_PATIENT = 7, 14
_VERTEBRA_WEIGHT, _BROKEN_VERTEBRA = 1, 2


def class_probabilities(entry: Entry) -> Outcome:
    """Score dog-breed-identification: log loss of rows that add up to 1, nearly.

    Raises
    ------
    SubmissionError
        When a column is missing, the ids differ, a value is missing, no number or not
        within 0 to 1, or a row does not add up to 1.
    """
    totals = _totals(entry)
    _require_sums(totals, np.isclose(totals, 1, atol=_SUM_SLACK))
    return _class_loss(entry)


def exact_class_probabilities(entry: Entry) -> Outcome:
    """Score leaf-classification: as before, and there are no further columns.

    Raises
    ------
    SubmissionError
        When there are other columns than those asked for; else as before.
    """
    require_only_columns(entry.submission, [entry.id_column, *entry.targets])
    return class_probabilities(entry)


def positional_class_probabilities(entry: Entry) -> Outcome:
    """Score spooky-author-identification: as before, and the id comes first.

    Raises
    ------
    SubmissionError
        When the id is not the first column, or there are other columns than those
        asked for; else as before.
    """
    require_only_columns(entry.submission, [entry.id_column, *entry.targets])
    _require_first(entry)
    return class_probabilities(entry)


def rounded_class_probabilities(entry: Entry) -> Outcome:
    """Score lmsys-chatbot-arena: log loss of rows whose sum is 1 after rounding.

    Raises
    ------
    SubmissionError
        When a column is missing, the ids differ, a value is missing, no number or not
        within 0 to 1, or the sum of a row is not 1 at six decimals.
    """
    totals = _totals(entry)
    _require_sums(totals, np.rint(totals * 1e6) / 1e6 == 1)
    return _class_loss(entry)


def binary_probability(entry: Entry) -> Outcome:
    """Score dogs-vs-cats and statoil: log loss of one column of probabilities.

    Raises
    ------
    SubmissionError
        When the ids differ, a value is missing, no number or not within 0 to 1, or the
        answers are of one class.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    values = bounded_column(entry.submission, entry.target, low=0, high=1)
    pairs, repeats = match_with_dangers(entry)
    truth = _truth(entry)[:, 0]
    if truth.all() or not truth.any():
        msg = f"the answers in column {entry.target!r} are of one class"
        raise SubmissionError(msg)
    truth, values = in_order(pairs, truth, values)
    score = classification.log_loss(truth[:, None], values[:, None])
    return _outcome(entry, score, repeats)


def study_probabilities(entry: Entry) -> Outcome:
    """Score rsna-2022: log loss by study, in which fractures and patients weigh more.

    The study is what comes before the first underscore of the id.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value is missing, no number or not within 0 to 1.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    values = bounded_column(entry.submission, entry.target, low=0, high=1)
    pairs, repeats = match_with_dangers(entry)
    truth = _truth(entry)[:, 0]
    parts = [str(name).partition("_") for name in entry.answers[entry.id_column]]
    studies, _ = pd.factorize(np.array([study for study, _, _ in parts], object))
    is_patient = np.array([label == _PATIENT for _, _, label in parts])
    weights = np.where(
        is_patient,
        np.where(truth == 1, _BROKEN_PATIENT, _PATIENT_WEIGHT),
        np.where(truth == 1, _BROKEN_VERTEBRA, _VERTEBRA_WEIGHT),
    )
    rows, values = in_order(pairs, np.arange(len(truth)), values)
    score = probabilities.weighted_log_loss(
        truth[rows], values, weights=weights[rows], groups=studies[rows]
    )
    return _outcome(entry, score, repeats)


def votes(entry: Entry) -> Outcome:
    """Score hms: divergence of probabilities from the shares of the votes.

    Sums of rows are checked twice, at last over further columns as well.  A missing
    value adds nothing to a sum and nothing to the score.

    Raises
    ------
    SubmissionError
        When a column is missing or text, the sets of ids differ, a value is not within
        0 to 1, or a row does not add up to 1.
    """
    given = entry.submission
    totals = _totals(entry, may_lack=True)
    _require_sums(totals, (totals > _LEAST_SUM) & (totals < _MOST_SUM))
    names = [name for name in given.columns if name != entry.id_column]
    if len(names) > len(entry.targets):
        totals = _sums(given, names, may_lack=True)
        _require_sums(totals, np.isclose(totals, 1), " over all its columns")
    values = _matrix(given, entry.targets)
    counts, shares = in_order(
        _places(entry), _matrix(entry.answers, entry.targets), values
    )
    truth = counts / counts.sum(axis=1)[:, None]
    dangers = repeated_ids(entry)
    if np.isnan(values).any():
        for name, column in zip(entry.targets, values.T, strict=True):
            dangers += missing_column(name, column, "counted as no error")
    # Terms that are not numbers, also those of a row without votes, add nothing.
    truth[np.isnan(truth) | np.isnan(shares)] = 0
    return _outcome(entry, probabilities.kl_divergence(truth, shares), dangers)


def clipped_probability(entry: Entry) -> Outcome:
    """Score rsna-breast-cancer-detection: F1 of probabilities, clipped to 0..1.

    A missing value makes the score 0.

    Raises
    ------
    SubmissionError
        When the ids differ, a value is text, all of them are below 0, or no answer is
        positive.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    values = flag_column(entry.submission, entry.target)
    pairs, repeats = match_with_dangers(entry)
    truth = _truth(entry)
    if not truth.any():
        msg = f"no answer in column {entry.target!r} is positive: no recall is defined"
        raise SubmissionError(msg)
    if (values < 0).all():
        msg = f"all values in column {entry.target!r} are below 0: no precision then"
        raise SubmissionError(msg)
    score = 0.0
    if not np.isnan(values).any():
        score = probabilities.probabilistic_f1(*in_order(pairs, truth, values[:, None]))
    dangers = repeats + missing_column(entry.target, values, "made the score 0")
    dangers += outside_column(entry.target, values, low=0, high=1)
    return _outcome(entry, score, dangers)


def tagging(entry: Entry) -> Outcome:
    """Score freesound-audio-tagging-2019: label-weighted LRAP.

    Clips without labels are left out.

    Raises
    ------
    SubmissionError
        When the columns are not those asked for in this order, the ids differ, a value
        is text, or one that counts is not finite.
    """
    given = entry.submission
    require_only_columns(given, [entry.id_column, *entry.targets])
    _require_first(entry)
    _require_column_order(entry)
    if _are_flags(given, entry.targets).all():
        msg = "all columns hold True and False, which are verdicts and no scores"
        raise SubmissionError(msg)
    values = _matrix(given, entry.targets)
    pairs, repeats = match_with_dangers(entry)
    truth = _matrix(entry.answers, entry.targets) > 0
    if not truth.any():
        msg = "no clip of the answers has a label"
        raise SubmissionError(msg)
    truth, rows = in_order(pairs, truth, np.arange(len(truth)))
    _require_finite(given, entry.targets, values, rows[truth.any(axis=1)])
    dangers = repeats
    if not np.isfinite(values).all():
        dangers += careless_cells(given, entry.targets)
    return _outcome(entry, probabilities.lwlrap(truth, values[rows]), dangers)


def _outcome(entry: Entry, score: float, dangers: tuple[str, ...]) -> Outcome:
    return Outcome(score=score, dangers=dangers, notes=spare_columns(entry))


def _class_loss(entry: Entry) -> Outcome:
    pairs, repeats = match_with_dangers(entry)
    values = _matrix(entry.submission, entry.targets)
    truth, values = in_order(pairs, _truth(entry), values)
    score = classification.log_loss(truth, values, divide=False)
    return _outcome(entry, score, repeats)


def _matrix(table: pd.DataFrame, names: list[str]) -> NDArray[Any]:
    values = table[names].to_numpy()
    if values.dtype.kind in "iuf":
        return values
    return np.column_stack([numeric_column(table, name) for name in names])


def _are_flags(table: pd.DataFrame, names: list[str]) -> NDArray[np.bool_]:
    return np.array([kind.kind == "b" for kind in table[names].dtypes])


def _truth(entry: Entry) -> NDArray[Any]:
    """Return the labels, 0 and 1, in the answers' target columns."""
    labels = _matrix(entry.answers, entry.targets)
    if not len(labels):
        msg = "the answers have no rows"
        raise SubmissionError(msg)
    if not ((labels == 0) | (labels == 1)).all():
        msg = f"the answers in {quote_some(entry.targets)} are not all 0 or 1"
        raise SubmissionError(msg)
    return labels


def _totals(entry: Entry, *, may_lack: bool = False) -> NDArray[np.float64]:
    """Return the sum of each row's shares, after all checks but those of the ids."""
    require_columns(entry.submission, [entry.id_column, *entry.targets])
    require_row_count(entry)
    return _sums(entry.submission, entry.targets, may_lack=may_lack)


def _sums(
    table: pd.DataFrame, names: list[str], *, may_lack: bool
) -> NDArray[np.float64]:
    """Return the sum of each row over columns of numbers within 0 to 1."""
    values = _matrix(table, names)
    if not ((values >= 0) & (values <= 1)).all():
        for name in names:
            bounded_column(table, name, low=0, high=1, may_lack=may_lack)
    is_flag = _are_flags(table, names)
    if is_flag.any() and not is_flag.all():
        name = names[int(is_flag.argmax())]
        msg = f"column {name!r} holds True and False, but others hold numbers"
        raise SubmissionError(msg)
    # The last digit of a sum, which decides at the bounds, is that of pandas.
    return table[names].sum(axis=1).to_numpy(np.float64)


def _require_sums(
    totals: NDArray[np.float64], good: NDArray[np.bool_], over: str = ""
) -> None:
    if good.all():
        return
    row = int((~good).argmax())
    n_bad = int(np.count_nonzero(~good))
    more = f", and {n_bad - 1} more rows" if n_bad > 1 else ""
    msg = (
        f"the probabilities of a row must add up to 1{over}; "
        f"row {row + 1} adds up to {float(totals[row])!r}{more}"
    )
    raise SubmissionError(msg)


def _require_first(entry: Entry) -> None:
    first = entry.submission.columns[0]
    if first != entry.id_column:
        msg = f"the first column must be {entry.id_column!r}; got {short(first)}"
        raise SubmissionError(msg)


def _require_column_order(entry: Entry) -> None:
    for got, wanted in zip(entry.submission.columns[1:], entry.targets, strict=True):
        if got != wanted:
            msg = (
                "the columns must be in the order of the vocabulary; "
                f"got {short(got)} in the place of {wanted!r}"
            )
            raise SubmissionError(msg)


def _require_finite(
    table: pd.DataFrame,
    names: list[str],
    values: NDArray[Any],
    rows: NDArray[np.intp],
) -> None:
    """Refuse a column in which one of these rows holds no finite number."""
    for name, column in zip(names, values.T, strict=True):
        bad = np.zeros(len(column), bool)
        bad[rows] = ~np.isfinite(column[rows])
        if bad.any():
            raise first_bad(table, name, bad, "is not a finite number")


def _places(entry: Entry) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return the rows of both tables sorted by id, however often one occurs."""
    given, wanted = entry.submission[entry.id_column], entry.answers[entry.id_column]
    if wanted.is_unique:
        return match_rows(entry)
    require_same_id_set(entry)
    if (given.to_numpy() == wanted).all():
        return None
    return id_order(given), id_order(wanted)
