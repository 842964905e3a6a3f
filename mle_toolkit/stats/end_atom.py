"""Our end-atom Beta interval for a mean over competitions.

The unit is the competition: an agent is judged by one value in [0, 1] per
competition, and the interval says what other competitions of the same kind
could have shown.  The derivation is in ``docs/statistics.md``, the coverage in
``docs/calibration.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.stats.checks import confidence, unit_values
from mle_toolkit.stats.records import Interval, undefined

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

WEIGHT = 0.75
WEIGHT_FIXED = 0.5
LEAST = 2
# Below this the limits equal the mean to every digit, and ratios overflow.
_NO_VARIANCE = 1e-280


def mean_interval(
    values: ArrayLike, *, level: float = 0.95, strict: bool = False
) -> Interval:
    """Return the mean of one value per competition, with its end-atom interval.

    A Bayesian bootstrap over the competitions, plus one competition not yet
    seen that sits at the worst end of the scale (0 for the lower limit, 1 for
    the upper) with a weight of 3/4 of the inverse design effect; the law of the
    mean is replaced by the Beta law of equal mean and variance.  With one
    attempt per competition, the strict form is the Clopper-Pearson interval.

    Parameters
    ----------
    values : array, shape (competitions,)
        One value in [0, 1] per competition.
    level
        Nominal coverage.
    strict
        Give the unseen competition its full weight, as in `medal_rate`.

    Returns
    -------
    Interval
        With one value the limits are NaN; with none, the estimate too.

    Raises
    ------
    UsageError
        For values outside [0, 1] or NaN, and for an illegal level.

    Examples
    --------
    >>> result = mean_interval([1, 1, 2 / 3, 1 / 3, 1 / 3] + [0] * 17)
    >>> round(result.low, 6), round(result.high, 6)
    (0.046756, 0.329275)
    """
    rates = unit_values("values", values)
    method = "end-atom-strict" if strict else "end-atom"
    level = confidence(level)
    if rates.size < LEAST:
        return too_few(rates, level, method)
    low, high = population_limits(rates, level, strict=strict)
    return Interval(
        estimate=float(rates.mean()),
        low=float(low),
        high=float(high),
        level=level,
        method=method,
        n=rates.size,
    )


def too_few(values: Floats, level: float, method: str) -> Interval:
    """Return the record of one competition, or of none: without limits."""
    reason, estimate = "no competition has enough attempts", float("nan")
    if values.size:
        reason = "one competition says nothing about others; at least 2 are needed"
        estimate = float(values[0])
    return undefined(
        reason, estimate=estimate, level=level, method=method, n=values.size
    )


def population_limits(
    values: Floats,
    level: float,
    *,
    strict: bool = False,
    student: bool = False,
    present: NDArray[np.bool_] | None = None,
) -> tuple[Floats, Floats]:
    """Return both limits for other competitions, along the last axis.

    Parameters
    ----------
    values : array, shape (..., competitions)
        Values in [0, 1].
    level, strict
        As in `mean_interval`.
    student
        Widen the variance by the square of Student's quantile over the normal
        one: for values that need not be near 0 or 1, where the Beta law has the
        tails of a normal law, and 22 competitions have not.
    present : array of bool, of the same shape
        Which values count; by default all do.

    Returns
    -------
    tuple of array, each of shape (...)
        Lower and upper limits.
    """
    here = np.ones(values.shape, dtype=bool) if present is None else present
    known = np.where(here, values, 0.0)
    weight = np.ones(values.shape[:-1])
    if not strict:
        weight = WEIGHT * _inverse_design_effect(known, here.sum(axis=-1))
    tail = (1.0 - level) / 2.0
    wider = _student_factor(here.sum(axis=-1), tail) if student else 1.0
    low, high = (
        _limit(known, here, weight, end=end, tail=tail, wider=wider)
        for end in (0.0, 1.0)
    )
    return low, high


def fixed_limits(
    values: Floats,
    noise: Floats,
    draws: Floats,
    level: float,
    *,
    present: NDArray[np.bool_] | None = None,
) -> tuple[Floats, Floats]:
    """Return both limits for more attempts on these competitions.

    Parameters
    ----------
    values : array, shape (..., competitions)
        Estimates in [0, 1].
    noise : array, of the same shape
        Their sampling variances.
    draws : array, of the same shape
        Attempts per attempt needed, n / k: of how many independent draws each
        estimate is worth the mean.
    level, present
        As in `population_limits`.

    Returns
    -------
    tuple of array, each of shape (...)
        Lower and upper limits.
    """
    here = np.ones(values.shape, dtype=bool) if present is None else present
    known = np.where(here, values, 0.0)
    count, total = here.sum(axis=-1), known.sum(axis=-1)
    least = np.where(here, draws, np.inf).min(axis=-1, initial=np.inf)
    weight = WEIGHT_FIXED / least
    size = count + weight
    # The guard: one more competition, at p = 1/2.
    spread = (np.where(here, noise, 0.0).sum(axis=-1) + 0.25 / least) / size**2
    limits = []
    for end in (0.0, 1.0):
        mean = (total + weight * end) / size
        shift = weight * (end - mean) ** 2 / (size * (size * least + 1.0))
        limit = _beta_limit(mean, spread + shift, end=end, tail=(1.0 - level) / 2.0)
        limits.append(np.where(_all_at(end, values, here), end, limit))
    return limits[0], limits[1]


def _inverse_design_effect(known: Floats, count: NDArray[np.int64]) -> Floats:
    """Return 1 when every competition is all or nothing, less when they are alike."""
    size = count + 1.0
    mean = (known.sum(axis=-1) + 0.5) / size
    variance = ((known**2).sum(axis=-1) + 0.5) / size - mean**2
    ratio: Floats = np.minimum(1.0, variance / (mean * (1.0 - mean)))
    return ratio


def _student_factor(count: NDArray[np.int64], tail: float) -> Floats:
    from scipy import special

    student = special.stdtrit(np.maximum(count - 1, 1), tail)
    factor: Floats = (student / special.ndtri(tail)) ** 2
    return factor


def _limit(
    known: Floats,
    here: NDArray[np.bool_],
    weight: Floats,
    *,
    end: float,
    tail: float,
    wider: Floats | float,
) -> Floats:
    size = here.sum(axis=-1) + weight
    mean = (known.sum(axis=-1) + weight * end) / size
    squares = (np.where(here, known - mean[..., None], 0.0) ** 2).sum(axis=-1)
    spread = (squares + weight * (end - mean) ** 2) / size
    limit = _beta_limit(mean, wider * spread / (size + 1.0), end=end, tail=tail)
    return np.where(_all_at(end, known, here), end, limit)


def _all_at(end: float, values: Floats, here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    every: NDArray[np.bool_] = ((values == end) | ~here).all(axis=-1)
    return every


def _beta_limit(mean: Floats, variance: Floats, *, end: float, tail: float) -> Floats:
    """Return the outer quantile of the Beta law with this mean and variance."""
    from scipy import special

    sure = variance < _NO_VARIANCE
    total = mean * (1.0 - mean) / np.where(sure, 1.0, variance) - 1.0
    first, second = mean * total, (1.0 - mean) * total
    # So much spread has no Beta law: its limit has all its mass at the ends.
    lawless = np.minimum(first, second) <= 0.0
    skip = sure | lawless
    quantile = special.betaincinv if end == 0.0 else special.betainccinv
    found = quantile(np.where(skip, 1.0, first), np.where(skip, 1.0, second), tail)
    limit: Floats = np.where(sure, mean, np.where(lawless, end, found))
    return limit
