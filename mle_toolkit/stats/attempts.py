"""What several attempts are worth: pass@k, and the expected best score of k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import counts, whole_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# exp(-40) is below half a unit in the last place of 1.
_SURE = 40.0
_STIRLING = 16
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | NDArray[np.float64]:
    """Return the unbiased pass@k: the chance that one of `k` attempts succeeds.

    It is ``1 - C(n - c, k) / C(n, k)`` (Chen et al. 2021, arXiv 2107.03374,
    equation 1): the share of all draws of `k` out of the `n` attempts that hold
    at least one success.  Evaluated by logarithms near 1, in a time that does
    not grow with the counts, it is within 1e-14 of the exact fraction.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    k : int or array of int, shape (ks,)
        Attempts that one may draw; at least 1.

    Returns
    -------
    float or ndarray
        Values in [0, 1].  The shape is that of `k` followed by that of `n` and
        `c`: scalars give a float, several k of several competitions give
        (ks, competitions).  NaN where ``k > n``: so few attempts cannot say
        what more would have done.

    Raises
    ------
    UsageError
        For counts that are negative, fractional or NaN, for ``c > n`` and for
        ``k < 1``.

    Examples
    --------
    Of the 6 pairs among 4 attempts with 2 successes, 1 pair holds no success:

    >>> pass_at_k(4, 2, 2)
    0.8333333333333334

    Two competitions; the second has too few attempts for k = 3:

    >>> pass_at_k([4, 2], [1, 1], [1, 2, 3])
    array([[0.25, 0.5 ],
           [0.5 , 1.  ],
           [0.75,  nan]])
    """
    attempts, successes = counts(n, c)
    draws = whole_numbers("k", k, least=1)
    shape = draws.shape + attempts.shape
    wide = draws.reshape(draws.shape + (1,) * attempts.ndim)
    result = np.full(shape, np.nan)
    open_n, open_c, open_k = np.broadcast_arrays(attempts, successes, wide)
    result[(open_k <= open_n) & (open_c == 0)] = 0.0
    result[(open_k <= open_n) & (open_k > open_n - open_c)] = 1.0
    rest = np.isnan(result) & (open_k <= open_n)
    result[rest] = -np.expm1(_log_miss(open_n[rest], open_c[rest], open_k[rest]))
    return result if shape else float(result)


def score_at_k(
    scores: ArrayLike,
    k: ArrayLike,
    *,
    lower_is_better: bool = False,
    floor: float | None = None,
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

    Returns
    -------
    float or ndarray
        In units of the score.  The shape is that of `k` followed by
        (competitions,).  NaN where `k` exceeds the number of attempts, and
        where at least `k` attempts failed and no `floor` was given.

    Raises
    ------
    UsageError
        For ``k < 1``, arrays with more than two axes, and a `floor` that is
        better than the worst score.

    Examples
    --------
    The best of 2 out of (0, 3, 6) is 3 once and 6 twice:

    >>> score_at_k([0.0, 6.0, 3.0], 2)
    5.0
    >>> score_at_k([0.0, 6.0, 3.0], 2, lower_is_better=True)
    1.0

    One failure cannot fill a draw of 2, but it can fill a draw of 1:

    >>> score_at_k([float("nan"), 6.0, 3.0], [1, 2])
    array([nan,  5.])
    >>> score_at_k([float("nan"), 6.0, 3.0], 1, floor=0.0)
    3.0
    """
    table = _score_table(scores)
    draws = whole_numbers("k", k, least=1)
    worst_first = _rank(table, lower_is_better=lower_is_better, floor=floor)
    result = np.full(draws.shape + table.shape[1:], np.nan)
    for at in np.ndindex(draws.shape):
        result[at] = _expected_best(worst_first, int(draws[at]))
    return result if result.ndim else float(result)


def _log_miss(
    n: NDArray[np.int64], c: NDArray[np.int64], k: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return log C(n-c, k)/C(n, k) for 1-D counts with c > 0 and k <= n - c."""
    left = n - c - k
    result = np.full(n.shape, -np.inf)
    # log1p(-x) <= -x bounds the sum, so a success that is sure needs no sum.
    unsure = c * (k / n) <= _SURE
    many = unsure & (left >= _STIRLING)
    result[many] = _closed_form(n[many], c[many], k[many])
    few = unsure & (left < _STIRLING)
    result[few] = _product_form(n[few], c[few], k[few])
    return result


def _product_form(
    n: NDArray[np.int64], c: NDArray[np.int64], k: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sum the logarithms of the shorter product, prod(1 - long/(n - j))."""
    short, long = np.minimum(c, k), np.maximum(c, k)
    total = np.zeros(n.shape)
    for j in range(int(short.max(initial=0))):
        more = short > j
        total[more] += np.log1p(-long[more] / (n[more] - j))
    return total


def _closed_form(
    n: NDArray[np.int64], c: NDArray[np.int64], k: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the same sum by Stirling's series, arranged so that little cancels.

    With d = n - c - k, (n - c)(n - k) = n d + c k turns the large terms of
    log[(n-c)! (n-k)! / (n! d!)] into three logarithms near 1.
    """
    d = n - c - k
    ratio = (c / n) * (k / d)
    large = (d + 0.5) * np.log1p(ratio) + k * np.log1p(-c / n) + c * np.log1p(-k / n)
    small = _stirling(n - c) + _stirling(n - k) - _stirling(n) - _stirling(d)
    total: NDArray[np.float64] = large + small
    return total


def _stirling(x: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return log x! less Stirling's formula: below 1e-17 off for x >= 16."""
    inverse = 1.0 / x
    square = inverse * inverse
    series = np.polynomial.polynomial.polyval(square, _SERIES)
    result: NDArray[np.float64] = inverse * series
    return result


def _score_table(scores: ArrayLike) -> NDArray[np.float64]:
    try:
        table = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = "scores must be numbers, with NaN for a failed attempt"
        raise UsageError(msg) from error
    if table.ndim not in (1, 2):
        msg = (
            "scores must have the shape (attempts,) or (attempts, competitions); "
            f"got {table.shape}"
        )
        raise UsageError(msg)
    return table


def _rank(
    table: NDArray[np.float64], *, lower_is_better: bool, floor: float | None
) -> NDArray[np.float64]:
    """Return each column sorted from worst to best, failed attempts first."""
    failed = np.isnan(table)
    sign = -1.0 if lower_is_better else 1.0
    known = sign * table[~failed]
    if floor is not None and known.size and sign * floor > known.min():
        msg = (
            f"floor must be no better than the worst score {sign * known.min()}; "
            f"got {floor!r}"
        )
        raise UsageError(msg)
    order = np.where(failed, -np.inf, sign * table)
    ranked = sign * np.sort(order, axis=0)
    is_failed = np.arange(len(table)).reshape(-1, *[1] * (table.ndim - 1))
    is_failed = is_failed < failed.sum(axis=0)
    return np.where(is_failed, np.nan if floor is None else floor, ranked)


def _expected_best(
    worst_first: NDArray[np.float64], k: int
) -> NDArray[np.float64] | float:
    n = len(worst_first)
    if k > n:
        return float("nan")
    rank = np.arange(n, k, -1)
    falling = np.cumprod((rank - k) / (rank - 1.0))
    weights = (k / n) * np.concatenate(([1.0], falling))
    with np.errstate(invalid="ignore"):
        best: NDArray[np.float64] = weights[::-1] @ worst_first[k - 1 :]
    return best
