"""The best of several attempts: by an oracle, and by the agent's own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import is_number, score_table, whole_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def score_at_k(
    scores: ArrayLike,
    k: ArrayLike,
    *,
    lower_is_better: bool = False,
    floor: float | None = None,
    n: ArrayLike | None = None,
) -> float | NDArray[np.float64]:
    """Return the expected best score of `k` attempts drawn from those made.

    With the scores sorted from worst to best, the i-th of n is the best of a
    draw of k with probability ``C(i - 1, k - 1) / C(n, k)``; the result is the
    mean under these weights, the unbiased estimate from order statistics.  For
    scores of 0 and 1 it equals `pass_at_k`.

    Parameters
    ----------
    scores : array, shape (attempts,) or (attempts, competitions)
        One score per attempt.  NaN is a failed attempt: it ranks below every
        score and is never dropped, because dropping it would pay an agent for
        failing when it would have scored badly.
    k : int or array of int, shape (ks,)
        Attempts that one may draw; at least 1.
    lower_is_better
        Direction of the score.
    floor
        The score that a failed attempt is worth.  Without it, the result is NaN
        wherever a draw of `k` may consist of failures alone.
    n : int or array of int, shape (competitions,)
        Attempts made on each competition, where they differ: what lies below
        the first `n` rows of a column is not read.

    Returns
    -------
    float or ndarray
        In units of the score.  The shape is that of `k` followed by
        (competitions,).  NaN where `k` exceeds the number of attempts, and
        where at least `k` attempts failed and no `floor` was given.

    Raises
    ------
    UsageError
        For ``k < 1``, arrays with more than two axes, an `n` that does not fit,
        and a `floor` that is better than the worst score.

    Examples
    --------
    The best of 2 out of (0, 3, 6) is 3 once and 6 twice:

    >>> round(score_at_k([0.0, 6.0, 3.0], 2), 6)
    5.0
    >>> round(score_at_k([0.0, 6.0, 3.0], 2, lower_is_better=True), 6)
    1.0

    One failure cannot fill a draw of 2, but it can fill a draw of 1:

    >>> score_at_k([float("nan"), 6.0, 3.0], [1, 2]).round(6)
    array([nan,  5.])
    >>> round(score_at_k([float("nan"), 6.0, 3.0], 1, floor=0.0), 6)
    3.0
    """
    table, made = score_table("scores", scores, n)
    draws = whole_numbers("k", k, least=1)
    rows = np.arange(len(table))[:, None] < made
    filled = _fill(table, rows, lower_is_better=lower_is_better, floor=floor)
    result = np.full((draws.size, table.shape[1]), np.nan)
    for total in np.unique(made):
        columns = made == total
        ranked = _rank(filled[:total, columns], lower_is_better=lower_is_better)
        for at, each in enumerate(draws.flat):
            result[at, columns] = _expected_best(ranked, int(each))
    return _shaped(result, draws.shape, np.ndim(scores))


def select_at_k(
    validation: ArrayLike,
    outcome: ArrayLike,
    k: ArrayLike,
    *,
    lower_is_better: bool = False,
    floor: float | None = None,
    n: ArrayLike | None = None,
) -> float | NDArray[np.float64]:
    """Return what the agent's own choice among `k` attempts would have won.

    Of a draw of `k` attempts, the one with the best validation score is handed
    in, and its outcome counts.  The result is the mean over all draws, by the
    weights of order statistics on the validation scores.  It is the honest
    partner of `pass_at_k` and `score_at_k`, where an oracle chooses: the gap
    between the two is what better choosing could win.

    Parameters
    ----------
    validation : array, shape (attempts,) or (attempts, competitions)
        What the agent measured itself.  NaN is an attempt that measured
        nothing: it is chosen only where the draw has nothing else.  Among
        equals, chance decides.
    outcome : array, of the same shape
        What the attempt was worth: 0 or 1 for a medal, a percentile, or the
        test score.  NaN is a failed attempt.
    k : int or array of int, shape (ks,)
        Attempts that one may draw; at least 1.
    lower_is_better
        Direction of the validation score.
    floor
        The outcome that a failed attempt is worth.  Without it, the result is
        NaN wherever a failed attempt may be chosen.
    n : int or array of int, shape (competitions,)
        Attempts made on each competition, where they differ.

    Returns
    -------
    float or ndarray
        In units of the outcome.  The shape is that of `k` followed by
        (competitions,).  NaN where `k` exceeds the number of attempts.

    Raises
    ------
    UsageError
        For ``k < 1``, arrays whose shapes differ or have more than two axes,
        and an `n` that does not fit.

    Examples
    --------
    The attempt that validated best won no medal, the second one did.  Of the 3
    pairs, the pair without the first hands in the medal:

    >>> round(select_at_k([0.9, 0.8, 0.1], [0, 1, 0], 2), 6)
    0.333333
    """
    table, made = score_table("validation", validation, n)
    worth, _ = score_table("outcome", outcome, n)
    if worth.shape != table.shape or np.ndim(validation) != np.ndim(outcome):
        msg = (
            "validation and outcome must have one shape; got "
            f"{np.shape(validation)} and {np.shape(outcome)}"
        )
        raise UsageError(msg)
    floor = _checked_floor(floor)
    if floor is not None:
        worth = np.where(np.isnan(worth), floor, worth)
    draws = whole_numbers("k", k, least=1)
    sign = -1.0 if lower_is_better else 1.0
    order = np.where(np.isnan(table), -np.inf, sign * table)
    result = np.full((draws.size, table.shape[1]), np.nan)
    for column, total in enumerate(made):
        ranked = _by_validation(order[:total, column], worth[:total, column])
        for at, each in enumerate(draws.flat):
            result[at, column] = _expected_best(ranked, int(each))
    return _shaped(result, draws.shape, np.ndim(validation))


def _by_validation(validation: Floats, outcome: Floats) -> Floats:
    """Return outcomes from worst to best validation, equals by their mean."""
    by = np.argsort(validation, kind="stable")
    _, starts, sizes = np.unique(validation[by], return_index=True, return_counts=True)
    if not starts.size:
        return outcome
    with np.errstate(invalid="ignore"):
        means = np.add.reduceat(outcome[by], starts) / sizes
    return np.repeat(means, sizes)


def _fill(
    table: Floats,
    made: NDArray[np.bool_],
    *,
    lower_is_better: bool,
    floor: float | None,
) -> Floats:
    """Return the table with failed attempts at the floor, if there is one."""
    floor = _checked_floor(floor)
    if floor is None:
        return table
    failed = np.isnan(table)
    sign = -1.0 if lower_is_better else 1.0
    known = sign * table[made & ~failed]
    if known.size and sign * floor > known.min():
        msg = (
            f"floor must be no better than the worst score {sign * known.min()}; "
            f"got {floor!r}"
        )
        raise UsageError(msg)
    return np.where(failed, floor, table)


def _checked_floor(floor: float | None) -> float | None:
    if floor is None or (is_number(floor) and not np.isnan(floor)):
        return floor
    msg = f"floor must be a number, or None for no floor; got {floor!r}"
    raise UsageError(msg)


def _rank(table: Floats, *, lower_is_better: bool) -> Floats:
    """Return each column sorted from worst to best, failed attempts first."""
    failed = np.isnan(table)
    sign = -1.0 if lower_is_better else 1.0
    ranked = sign * np.sort(np.where(failed, -np.inf, sign * table), axis=0)
    is_failed = np.arange(len(table))[:, None] < failed.sum(axis=0)
    return np.where(is_failed, np.nan, ranked)


def _expected_best(worst_first: Floats, k: int) -> Floats | float:
    """Return the mean best of k; each column is sorted from worst to best."""
    n = len(worst_first)
    if k > n:
        return float("nan")
    rank = np.arange(n, k, -1)
    falling = np.cumprod((rank - k) / (rank - 1.0))
    weights = (k / n) * np.concatenate(([1.0], falling))
    with np.errstate(invalid="ignore"):
        best: Floats = weights[::-1] @ worst_first[k - 1 :]
    return best


def _shaped(
    result: Floats, ks: tuple[int, ...], axes: int
) -> float | NDArray[np.float64]:
    columns = result.shape[1:] if axes == 2 else ()
    shaped = result.reshape(ks + columns)
    return shaped if shaped.ndim else float(shaped)
