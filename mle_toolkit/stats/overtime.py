"""Medals over hours or dollars: curves of the best so far, and times with censoring.

An attempt is a step function: what it holds at a moment holds until its next
step.  Nothing is interpolated.  The horizontal axis is hours, dollars, tokens or
whatever else an attempt spends; all functions only need it to grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import confidence, unit_values
from mle_toolkit.stats.end_atom import mean_interval
from mle_toolkit.stats.records import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_NAN = float("nan")
_UNSEEN = "an attempt was not observed for so long"


def step_values(
    times: Sequence[ArrayLike], values: Sequence[ArrayLike], at: ArrayLike
) -> Floats:
    """Return what each attempt holds at some moments, by its last step.

    Parameters
    ----------
    times : sequence of array, each of shape (steps,)
        For each attempt, when its value changed; not falling.
    values : sequence of array, of the same shapes
        The value from that moment on: a medal as 0 or 1, or a score.
    at : array, shape (points,)
        The moments asked for.

    Returns
    -------
    ndarray, shape (attempts, points)
        NaN before an attempt's first step.

    Raises
    ------
    UsageError
        For times that fall or are NaN, and arrays of different lengths.

    Examples
    --------
    A medal after two hours that a later choice throws away at five:

    >>> step_values([[2.0, 5.0]], [[1, 0]], [1.0, 2.0, 4.9, 6.0])
    array([[nan,  1.,  1.,  0.]])
    """
    moments = points(at)
    if len(times) != len(values):
        msg = (
            "times and values must have one entry per attempt; got "
            f"{len(times)} and {len(values)}"
        )
        raise UsageError(msg)
    result = np.full((len(times), moments.size), np.nan)
    for row, (when, what) in enumerate(zip(times, values, strict=True)):
        steps, held = _steps(when, what, row)
        last = np.searchsorted(steps, moments, side="right") - 1
        known = last >= 0
        result[row, known] = held[last[known]]
    return result


def first_medal(times: Sequence[ArrayLike], medals: Sequence[ArrayLike]) -> Floats:
    """Return when each attempt first held a medal, NaN where it never did.

    Parameters
    ----------
    times, medals
        As in `step_values`; a medal is a value above 0.

    Returns
    -------
    ndarray, shape (attempts,)
        In the unit of the times.

    Raises
    ------
    UsageError
        As in `step_values`.

    Examples
    --------
    >>> first_medal([[1.0, 2.0, 5.0], [3.0], []], [[0, 1, 0], [0], []])
    array([ 2., nan, nan])
    """
    if len(times) != len(medals):
        msg = (
            "times and medals must have one entry per attempt; got "
            f"{len(times)} and {len(medals)}"
        )
        raise UsageError(msg)
    found = np.full(len(times), np.nan)
    for row, (when, what) in enumerate(zip(times, medals, strict=True)):
        steps, held = _steps(when, what, row)
        won = np.flatnonzero(held > 0.0)
        if won.size:
            found[row] = steps[won[0]]
    return found


def medal_curve(
    times: Sequence[ArrayLike],
    medals: Sequence[ArrayLike],
    at: ArrayLike,
    *,
    competition: ArrayLike,
    until: ArrayLike,
    best: bool = True,
    level: float = 0.95,
) -> Curve:
    """Return the share of medals at each moment, over competitions.

    The value of a competition is the mean of its attempts, and every
    competition has the same weight.  The interval is that of `mean_interval`:
    it speaks of other competitions of the same kind, at each point alone.

    Parameters
    ----------
    times, medals
        As in `step_values`; values in [0, 1].  Before its first step an attempt
        has no medal.
    at : array, shape (points,)
        Hours, dollars ...
    competition : array, shape (attempts,)
        What each attempt worked on.
    until : array, shape (attempts,), or a number
        How long each attempt was observed.  One that ended by its own choice
        will not win a medal later: give it infinity, or its deadline.  Give its
        last moment to one that was stopped from outside.
    best
        True: a medal once won stays won, as if the best submission were picked
        by an oracle.  False: what would have been handed in at that moment.
    level
        Nominal coverage.

    Returns
    -------
    Curve
        NaN, with the reason, beyond the moment until which all attempts were
        observed: the others need not be like those that went on.

    Raises
    ------
    UsageError
        For illegal times, values outside [0, 1], and lengths that differ.

    Examples
    --------
    Of two competitions, one is won after an hour and one after three:

    >>> curve = medal_curve([[1.0], [3.0]], [[1], [1]], [0.5, 1.0, 3.0, 9.0],
    ...                     competition=["a", "b"], until=4.0)
    >>> curve.estimate
    array([0. , 0.5, 1. , nan])
    """
    moments, level = points(at), confidence(level)
    held = [unit_values("medals", medal) for medal in medals]
    if best:
        held = [np.maximum.accumulate(medal) for medal in held]
    values = np.nan_to_num(step_values(times, held, moments))
    group, names = groups(competition, len(times))
    horizon = observed_until(until, len(times)).min(initial=np.inf)
    table = np.empty((len(names), moments.size))
    for row in range(len(names)):
        table[row] = values[group == row].mean(axis=0)
    rows = [
        mean_interval(column, level=level) if moment <= horizon else None
        for moment, column in zip(moments, table.T, strict=True)
    ]
    low, mean, high = (
        np.array([_NAN if row is None else getattr(row, name) for row in rows])
        for name in ("low", "estimate", "high")
    )
    return Curve(
        x=moments,
        estimate=mean,
        low=low,
        high=high,
        n=np.array([0 if row is None else row.n for row in rows], dtype=np.int64),
        level=level,
        method="end-atom",
        reasons=tuple(_UNSEEN if row is None else row.reason for row in rows),
    )


def points(at: ArrayLike) -> Floats:
    """Return moments as floats, shape (points,).

    Raises
    ------
    UsageError
        For NaN and for more than one axis.
    """
    moments = np.atleast_1d(_floats("at", at))
    if moments.ndim != 1 or np.isnan(moments).any():
        msg = f"at must be numbers on one axis, without NaN; got {at!r}"
        raise UsageError(msg)
    return moments


def groups(competition: ArrayLike, attempts: int) -> tuple[Counts, list[str]]:
    """Return the number of each attempt's competition, and their names.

    Raises
    ------
    UsageError
        When there is not one name per attempt.
    """
    labels = np.asarray(competition)
    if labels.shape != (attempts,):
        msg = (
            f"competition must have one entry for each of the {attempts} attempts; "
            f"got the shape {labels.shape}"
        )
        raise UsageError(msg)
    names, group = np.unique(labels.astype(str), return_inverse=True)
    return group, [str(name) for name in names]


def observed_until(until: ArrayLike, attempts: int) -> Floats:
    """Return until when each attempt was observed, shape (attempts,).

    Raises
    ------
    UsageError
        For NaN, negative times, and a shape that does not fit.
    """
    horizon = _floats("until", until)
    if horizon.shape not in {(), (attempts,)} or not (horizon >= 0.0).all():
        msg = (
            "until must be one time of at least 0, or one for each of the "
            f"{attempts} attempts; got {until!r}"
        )
        raise UsageError(msg)
    return np.broadcast_to(horizon, (attempts,))


def _steps(when: ArrayLike, what: ArrayLike, row: int) -> tuple[Floats, Floats]:
    steps, held = _floats("times", when), _floats("values", what)
    if steps.ndim != 1 or steps.shape != held.shape:
        msg = (
            f"attempt {row} must have as many values as times, on one axis; got the "
            f"shapes {held.shape} and {steps.shape}"
        )
        raise UsageError(msg)
    if not (np.diff(steps) >= 0.0).all() or np.isnan(steps).any():
        msg = f"the times of attempt {row} must not fall and not be NaN; got {when!r}"
        raise UsageError(msg)
    return steps, held


def _floats(name: str, values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be numbers; got {values!r}"
        raise UsageError(msg) from error
