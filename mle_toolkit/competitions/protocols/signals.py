"""Protocols of MLE-bench for measurements: molecules, neutrinos, lungs, breaths, trips.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_signals.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import domain, regression
from mle_toolkit.competitions.protocols.checks import (
    first_bad,
    id_order,
    in_order,
    match_rows,
    merge_rows,
    repeated_ids,
    require_columns,
    require_only_columns,
    require_row_count,
    spare_columns,
)
from mle_toolkit.competitions.protocols.columns import (
    careless_cells,
    converted_column,
    missing_column,
    numeric_column,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.competitions.protocols.tokens import answers_fault
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import quote_some, short

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LAST_WEEKS = 3
_TIME = "UnixTimeMillis"


def coupling_constants(entry: Entry) -> Outcome:
    """Score champs-scalar-coupling: mean over types of ln(MAE).

    A row whose id occurs twice counts twice.

    Raises
    ------
    SubmissionError
        When the sets of ids differ, or a value is not a finite number.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    values = converted_column(entry.submission, entry.target)
    truth = converted_column(entry.answers, entry.target)
    rows, truth_rows = merge_rows(entry)
    kinds, _ = pd.factorize(entry.answers["type"])
    score = domain.mean_log_mae(truth[truth_rows], values[rows], kinds[truth_rows])
    return Outcome(score=score, dangers=repeated_ids(entry), notes=spare_columns(entry))


def directions(entry: Entry) -> Outcome:
    """Score icecube-neutrinos-in-deep-ice: mean angle between directions.

    Raises
    ------
    SubmissionError
        When there are other columns or ids, or a value is not a finite number.
    """
    given = entry.submission
    require_only_columns(given, [entry.id_column, *entry.targets])
    values = np.column_stack([_finite(given, name) for name in entry.targets])
    truth = np.column_stack([_finite(entry.answers, name) for name in entry.targets])
    truth, values = in_order(match_rows(entry), truth, values)
    return Outcome(score=domain.angular_error(truth, values))


def last_visits(entry: Entry) -> Outcome:
    """Score osic-pulmonary-fibrosis-progression: Laplace log likelihood.

    Only the last three visits of each patient count, and of these only those that the
    submission has.  A missing confidence counts as 0, which the metric raises to 70.

    Raises
    ------
    SubmissionError
        When a column is missing or holds text, an id is unknown, or an id that counts
        is repeated while others count as well.
    """
    given, (volume, confidence) = entry.submission, entry.targets
    require_columns(given, [entry.id_column, volume, confidence])
    volumes, deviations = (numeric_column(given, name) for name in entry.targets)
    scored = _last_visits(entry)
    places = _known_places(entry)
    rows = np.flatnonzero(scored[places])
    n_scored = len(np.unique(places[rows]))
    if 1 < n_scored < len(rows):
        twice = given[entry.id_column].iloc[rows]
        shown = quote_some(twice[twice.duplicated()].unique())
        msg = f"visits that count occur more than once: {shown}"
        raise SubmissionError(msg)
    score = domain.laplace_log_likelihood(
        entry.answers[volume].to_numpy()[places[rows]],
        volumes[rows],
        np.nan_to_num(deviations[rows], nan=0.0, posinf=np.inf, neginf=-np.inf),
    )
    n_all = int(scored.sum())
    partial = f"only {n_scored} of the {n_all} visits that count are there"
    dangers = (
        *((partial,) if n_scored < n_all else ()),
        *missing_column(volume, volumes[rows], "make the score NaN"),
        *missing_column(confidence, deviations[rows], "count as 0"),
        *careless_cells(given, entry.targets),
        *repeated_ids(entry),
    )
    return Outcome(score=score, dangers=dangers, notes=spare_columns(entry))


def kept_positions(entry: Entry) -> Outcome:
    """Score stanford-covid-vaccine: MCRMSE over the positions that are kept.

    The grader picks the rows to keep by their place in the file, then sorts them by
    id, so that a file in another order has the wrong rows scored.

    Raises
    ------
    SubmissionError
        When a column is missing, the ids differ, or a value that is scored is not a
        finite number.
    """
    given, answers = entry.submission, entry.answers
    require_columns(given, [entry.id_column, *entry.targets])
    is_moved = match_rows(entry) is not None
    keep = answers["keep"].to_numpy().astype(bool)
    truth_rows = np.flatnonzero(keep)
    rows = truth_rows
    dangers: tuple[str, ...] = ()
    if is_moved or not given.index.equals(answers.index):
        rows, truth_rows, dangers = _kept_by_place(entry, keep)
    names = [name for name in entry.targets if name in entry.card.answer_columns]
    values = [converted_column(given, name, rows) for name in names]
    truth = [converted_column(answers, name, truth_rows) for name in names]
    score = regression.mcrmse(np.column_stack(truth), np.column_stack(values))
    return Outcome(
        score=score,
        dangers=dangers + careless_cells(given, entry.targets),
        notes=spare_columns(entry),
    )


def breaths(entry: Entry) -> Outcome:
    """Score ventilator-pressure-prediction: MAE while air flows in.

    What the rows of the other phase hold is never looked at.

    Raises
    ------
    SubmissionError
        When the ids differ, or a value that is scored is not a finite number.
    """
    given, answers = entry.submission, entry.answers
    require_columns(given, [entry.id_column, entry.target])
    pairs = match_rows(entry)
    inward = answers["u_out"].to_numpy() == 0
    rows = truth_rows = np.flatnonzero(inward)
    if pairs is not None:
        rows, truth_rows = (side[inward[pairs[1]]] for side in pairs)
    values = converted_column(given, entry.target, rows)
    truth = converted_column(answers, entry.target, truth_rows)
    return Outcome(
        score=regression.mae(truth, values),
        dangers=careless_cells(given, [entry.target]),
        notes=spare_columns(entry),
    )


def trips(entry: Entry) -> Outcome:
    """Score smartphone-decimeter-2022: median and 95 % quantile of the distance.

    Rows are matched by their order within a trip; the grader ignores the times.

    Raises
    ------
    SubmissionError
        When a column is missing, a coordinate is text, or the number of rows differs,
        in all or of a trip.
    """
    given, answers = entry.submission, entry.answers
    require_columns(given, [entry.id_column, _TIME, *entry.targets])
    require_row_count(entry)
    values, truth = (
        np.column_stack([_without_flags(table, name) for name in entry.targets])
        for table in (given, answers)
    )
    rows, truth_rows, tracks = _by_trip(entry)
    score = domain.distance_quantiles(truth[truth_rows], values[rows], tracks)
    dangers = _other_times(entry, rows, truth_rows)
    return Outcome(
        score=score,
        dangers=dangers + careless_cells(given, entry.targets),
        notes=spare_columns(entry, _TIME),
    )


def _finite(table: pd.DataFrame, name: str) -> NDArray[Any]:
    values = _without_flags(table, name)
    for bad, what in ((np.isnan(values), "missing"), (np.isinf(values), "infinite")):
        if bad.any():
            raise first_bad(table, name, bad, f"is {what}")
    return values


def _without_flags(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column of numbers, refused if it holds True and False alone."""
    if table[name].dtype == bool:
        msg = f"column {name!r} holds True and False, not numbers"
        raise SubmissionError(msg)
    return numeric_column(table, name)


def _known_places(entry: Entry) -> NDArray[np.intp]:
    """Return the row of the answers of each row of the submission."""
    name = entry.id_column
    wanted = pd.Index(entry.answers[name])
    if not wanted.is_unique:
        msg = f"ids occur more than once in column {name!r}"
        raise answers_fault(msg)
    places: NDArray[np.intp] = wanted.get_indexer(pd.Index(entry.submission[name]))
    if (places < 0).any():
        raise first_bad(entry.submission, name, places < 0, "is not in the answers")
    return places


def _last_visits(entry: Entry) -> NDArray[np.bool_]:
    """Return which rows of the answers are among the last real ones of a patient."""
    volumes = entry.answers[entry.targets[0]]
    if volumes.dtype == object:
        msg = f"column {entry.targets[0]!r} holds text"
        raise answers_fault(msg)
    real = np.flatnonzero(volumes.notna())
    names = entry.answers[entry.id_column].to_numpy()[real]
    split = [str(name).rpartition("_") for name in names]
    try:
        weeks = [int(week) for _, _, week in split]
    except ValueError as error:
        msg = f"an id in column {entry.id_column!r} does not end in a week"
        raise answers_fault(msg) from error
    visits = pd.DataFrame(
        {"patient": [patient for patient, _, _ in split], "week": weeks}, index=real
    )
    visits = visits.sort_values("week", kind="stable")
    last = visits.groupby("patient").tail(_LAST_WEEKS).index
    scored = np.zeros(len(entry.answers), bool)
    scored[last] = True
    return scored


def _kept_by_place(
    entry: Entry, keep: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], tuple[str, ...]]:
    """Return the rows that the reference compares, in its order, and the danger."""
    given, answers, name = entry.submission, entry.answers, entry.id_column
    labels = answers.index.get_indexer_for(given.index)
    if (labels < 0).any():
        msg = (
            "the rows have more fields than the header has columns, so they cannot be "
            "told apart by their place"
        )
        raise SubmissionError(msg)
    rows, truth_rows = np.flatnonzero(keep[labels]), np.flatnonzero(keep)
    if len(rows) != len(truth_rows):
        msg = (
            f"{len(rows)} rows are kept by their place; {len(truth_rows)} are expected"
        )
        raise SubmissionError(msg)
    ids, truth_ids = given[name].iloc[rows], answers[name].iloc[truth_rows]
    order, truth_order = id_order(ids), id_order(truth_ids)
    n_other = int(
        np.count_nonzero(ids.to_numpy()[order] != truth_ids.to_numpy()[truth_order])
    )
    said = (
        "the rows are in another order than the answers, and this grader picks the "
        f"rows to score by place: {n_other} are scored against another id"
    )
    return rows[order], truth_rows[truth_order], (said,) if n_other else ()


def _by_trip(
    entry: Entry,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return rows of both tables, trip by trip in file order, and the trips."""
    name = entry.id_column
    truth_trips, names = pd.factorize(entry.answers[name])
    given_trips = pd.Index(names).get_indexer(pd.Index(entry.submission[name]))
    if (given_trips < 0).any():
        raise first_bad(
            entry.submission, name, given_trips < 0, "is not in the answers"
        )
    counts, wanted = (
        np.bincount(trips, minlength=len(names)) for trips in (given_trips, truth_trips)
    )
    if (counts != wanted).any():
        first = int((counts != wanted).argmax())
        msg = (
            f"trip {short(names[first])} has {counts[first]} rows; "
            f"{wanted[first]} are expected"
        )
        raise SubmissionError(msg)
    rows, truth_rows = (
        np.argsort(trips, kind="stable") for trips in (given_trips, truth_trips)
    )
    return rows, truth_rows, truth_trips[truth_rows]


def _other_times(
    entry: Entry, rows: NDArray[np.intp], truth_rows: NDArray[np.intp]
) -> tuple[str, ...]:
    if _TIME not in entry.answers.columns:
        return ()
    given = entry.submission[_TIME].to_numpy()[rows]
    n_other = int(
        np.count_nonzero(given != entry.answers[_TIME].to_numpy()[truth_rows])
    )
    if not n_other:
        return ()
    noun = "row has" if n_other == 1 else "rows have"
    said = (
        f"{n_other} {noun} another {_TIME} than the answers at that place of the "
        "trip, and this grader never compares them"
    )
    return (said,)
