"""What several attempts are worth: pass@k, pass^k and G-Pass@k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import counts, is_number, whole_numbers
from mle_toolkit.stats.combinatorics import at_least_one, hypergeometric_tail, miss

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# k * tau is taken for the whole number that it misses by rounding alone.
_ROUNDING = 1e-9


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

    >>> round(pass_at_k(4, 2, 2), 6)
    0.833333

    Two competitions; the second has too few attempts for k = 3:

    >>> pass_at_k([4, 2], [1, 1], [1, 2, 3]).round(6)
    array([[0.25, 0.5 ],
           [0.5 , 1.  ],
           [0.75,  nan]])
    """
    result = at_least_one(*_grid(n, c, k))
    return result if result.ndim else float(result)


def pass_hat_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> float | NDArray[np.float64]:
    """Return the unbiased pass^k: the chance that all of `k` attempts succeed.

    It is ``C(c, k) / C(n, k)`` (Yao et al. 2024, arXiv 2406.12045, section 4),
    which says how far an agent can be relied on.  The relative error is below
    1e-14 for small values, too.

    Parameters
    ----------
    n, c, k
        As in `pass_at_k`.

    Returns
    -------
    float or ndarray
        Values in [0, 1], shaped as in `pass_at_k`.  NaN where ``k > n``.

    Raises
    ------
    UsageError
        As in `pass_at_k`.

    Examples
    --------
    Of the 6 pairs among 4 attempts with 2 successes, 1 pair holds both:

    >>> round(pass_hat_k(4, 2, 2), 6)
    0.166667
    """
    attempts, successes, draws = _grid(n, c, k)
    result = np.full(attempts.shape, np.nan)
    result[(draws <= attempts) & (draws > successes)] = 0.0
    result[(draws <= attempts) & (successes == attempts)] = 1.0
    rest = np.isnan(result) & (draws <= attempts)
    failures = attempts - successes
    result[rest] = miss(attempts[rest], failures[rest], draws[rest])
    return result if result.ndim else float(result)


def g_pass_at_k(
    n: ArrayLike, c: ArrayLike, k: ArrayLike, tau: float
) -> float | NDArray[np.float64]:
    """Return G-Pass@k: the chance that a share `tau` of `k` attempts succeeds.

    At least ``ceil(tau * k)`` of the `k` attempts must succeed, and at least
    one: a tail of the hypergeometric law (Liu et al. 2024, arXiv 2412.13147,
    equation 3).  It joins `pass_at_k`, at a `tau` of 0, to `pass_hat_k`, at 1.

    Parameters
    ----------
    n, c, k
        As in `pass_at_k`.
    tau
        Share in [0, 1].  A ``tau * k`` within 1e-9 of a whole number is taken
        for it, because 0.07 * 100 is a little above 7 in floating point.

    Returns
    -------
    float or ndarray
        Values in [0, 1], shaped as in `pass_at_k`.  NaN where ``k > n``.

    Raises
    ------
    UsageError
        As in `pass_at_k`, and for a `tau` outside [0, 1].

    Examples
    --------
    Of the 4 triples among 4 attempts with 3 successes, 1 triple holds all 3 and
    3 hold 2 of them:

    >>> round(g_pass_at_k(4, 3, 3, 1.0), 6), round(g_pass_at_k(4, 3, 3, 0.5), 6)
    (0.25, 1.0)
    """
    if not (is_number(tau) and 0.0 <= tau <= 1.0):
        msg = f"tau must be a share between 0 and 1; got {tau!r}"
        raise UsageError(msg)
    attempts, successes, draws = _grid(n, c, k)
    result = np.full(attempts.shape, np.nan)
    legal = draws <= attempts
    least = np.maximum(np.ceil(draws * tau - _ROUNDING).astype(np.int64), 1)
    result[legal] = hypergeometric_tail(
        attempts[legal], successes[legal], draws[legal], least[legal]
    )
    return result if result.ndim else float(result)


def _grid(
    n: ArrayLike, c: ArrayLike, k: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return checked counts on one grid: the axes of k, then those of n and c."""
    attempts, successes = counts(n, c)
    draws = whole_numbers("k", k, least=1)
    wide = draws.reshape(draws.shape + (1,) * attempts.ndim)
    attempts, successes, wide = np.broadcast_arrays(attempts, successes, wide)
    return attempts, successes, wide
