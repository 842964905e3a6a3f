"""Intervals for rates over competitions: our end-atom Beta interval.

The unit is the competition: an agent is judged by one value in [0, 1] per
competition, and the interval says what other competitions of the same kind
could have shown.  The derivation is in ``docs/statistics.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.checks import confidence, counts, whole_numbers
from mle_toolkit.stats.records import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_WEIGHT = 0.75
_WEIGHT_FIXED = 0.5
_LEAST = 2
# Below this the limits equal the mean to every digit, and ratios overflow.
_NO_VARIANCE = 1e-280
_TARGETS = ("population", "these")


def medal_rate(
    n: ArrayLike,
    c: ArrayLike,
    *,
    target: str = "population",
    level: float = 0.95,
    strict: bool = False,
) -> Interval:
    """Return the mean medal rate over competitions, with its interval.

    The estimate is the plain mean of ``c / n``: every competition has the same
    weight, however many attempts it has.  Pooling the counts instead would be
    biased wherever the number of attempts depends on the difficulty.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition; those with none are left out.
    c : int or array of int, shape (competitions,)
        Attempts of each competition that won a medal.
    target
        ``"population"``: what other competitions of the same kind would show.
        ``"these"``: what more attempts on the same competitions would show.
    level
        Nominal coverage.
    strict
        For the population, give the unseen competition its full weight: about
        15 % wider, and the coverage holds in the worst worlds too.

    Returns
    -------
    Interval
        `n` is the number of competitions that entered.  With one competition
        the limits for the population are NaN; with none, the estimate too.

    Raises
    ------
    UsageError
        For illegal counts, level or target.

    Examples
    --------
    13 of 75 competitions, one attempt each:

    >>> rate = medal_rate([1] * 75, [1] * 13 + [0] * 62)
    >>> round(rate.estimate, 4), round(rate.low, 4), round(rate.high, 4)
    (0.1733, 0.096, 0.2752)

    No medal in 22 competitions still allows a rate of 13 %:

    >>> round(medal_rate([3] * 22, [0] * 22).high, 3)
    0.134
    """
    check_choice("target", target, _TARGETS)
    attempts, successes = _one_axis(n, c)
    entered = attempts > 0
    attempts, successes = attempts[entered], successes[entered]
    if target == "population":
        return mean_interval(successes / attempts, level=level, strict=strict)
    if strict:
        msg = "strict=True is a form for target='population'; leave it out"
        raise UsageError(msg)
    return _fixed(attempts, successes, confidence(level))


def pass_at_k_interval(
    n: ArrayLike,
    c: ArrayLike,
    k: int,
    *,
    level: float = 0.95,
    strict: bool = False,
) -> Interval:
    """Return the mean pass@k over competitions, with its interval.

    Only competitions with at least `k` attempts enter; the field `n` of the
    result says how many these are.  The interval is about other competitions
    of the same kind, as in `medal_rate`, to which it is equal for k = 1.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    k
        Attempts that one may draw; at least 1.
    level, strict
        As in `medal_rate`.

    Returns
    -------
    Interval
        Undefined values are NaN, with the reason in words.

    Raises
    ------
    UsageError
        For illegal counts or level, and for ``k < 1``.

    Examples
    --------
    The third competition has too few attempts for k = 2:

    >>> result = pass_at_k_interval([4, 4, 1], [2, 0, 1], 2)
    >>> result.n, round(result.estimate, 4)
    (2, 0.4167)
    """
    attempts, successes = _one_axis(n, c)
    draws = whole_numbers("k", k, least=1)
    if draws.ndim:
        msg = f"k must be one number here; got the shape {draws.shape}"
        raise UsageError(msg)
    values = np.atleast_1d(pass_at_k(attempts, successes, draws))
    values = values[attempts >= draws]
    return mean_interval(values, level=level, strict=strict)


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
    level, strict
        As in `medal_rate`.

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
    rates = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if rates.ndim != 1 or not ((rates >= 0.0) & (rates <= 1.0)).all():
        msg = "values must be one number in [0, 1] per competition, without NaN"
        raise UsageError(msg)
    method = "end-atom-strict" if strict else "end-atom"
    level = confidence(level)
    if rates.size < _LEAST:
        return _undefined(rates, level, method)
    weight = 1.0 if strict else _WEIGHT * _inverse_design_effect(rates)
    tail = (1.0 - level) / 2.0
    return Interval(
        estimate=float(rates.mean()),
        low=_limit(rates, weight, end=0.0, tail=tail),
        high=_limit(rates, weight, end=1.0, tail=tail),
        level=level,
        method=method,
        n=rates.size,
    )


def competition_interval(
    n: int, c: int, k: int = 1, *, level: float = 0.95
) -> Interval:
    """Return pass@k of one competition, with an interval from its attempts.

    The Clopper-Pearson limits of the success rate p of a single attempt are
    carried through ``1 - (1 - p)**k``, which rises with p: the coverage of at
    least `level` carries over.  The limits are stretched, where needed, to hold
    the unbiased estimate.

    Parameters
    ----------
    n, c
        Attempts and successes.
    k
        Attempts that one may draw; at least 1.
    level
        Least coverage.

    Returns
    -------
    Interval
        `n` is the number of attempts.  All NaN when ``k > n``.

    Raises
    ------
    UsageError
        For illegal counts or level.

    Examples
    --------
    No success in 3 attempts leaves room for a rate of ``1 - 0.025**(1/3)``:

    >>> round(competition_interval(3, 0).high, 4), round(1 - 0.025 ** (1 / 3), 4)
    (0.7076, 0.7076)
    """
    level = confidence(level)
    estimate = pass_at_k(int(n), c, k)
    if not isinstance(estimate, float):
        msg = "competition_interval takes the counts of one competition"
        raise UsageError(msg)
    if np.isnan(estimate):
        reason = f"k = {k} needs at least {k} attempts; there are {n}"
        nan = float("nan")
        return Interval(
            estimate=nan,
            low=nan,
            high=nan,
            level=level,
            method="clopper-pearson",
            n=int(n),
            reason=reason,
        )
    tail = (1.0 - level) / 2.0
    low = float(special.betaincinv(c, n - c + 1, tail)) if c else 0.0
    high = float(special.betainccinv(c + 1, n - c, tail)) if c < n else 1.0
    return Interval(
        estimate=estimate,
        low=min(estimate, _at_least_one(low, k)),
        high=max(estimate, _at_least_one(high, k)),
        level=level,
        method="clopper-pearson",
        n=int(n),
    )


def _one_axis(
    n: ArrayLike, c: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    attempts, successes = counts(n, c)
    if attempts.ndim > 1:
        msg = f"n and c must have one axis, competitions; got shape {attempts.shape}"
        raise UsageError(msg)
    return np.atleast_1d(attempts), np.atleast_1d(successes)


def _undefined(rates: NDArray[np.float64], level: float, method: str) -> Interval:
    reason = "no competition has enough attempts"
    estimate = float("nan")
    if rates.size:
        reason = "one competition says nothing about others; at least 2 are needed"
        estimate = float(rates[0])
    return Interval(
        estimate=estimate,
        low=float("nan"),
        high=float("nan"),
        level=level,
        method=method,
        n=rates.size,
        reason=reason,
    )


def _inverse_design_effect(rates: NDArray[np.float64]) -> float:
    """Return 1 when every competition is all or nothing, less when they are alike."""
    size = rates.size + 1.0
    mean = (rates.sum() + 0.5) / size
    variance = ((rates**2).sum() + 0.5) / size - mean**2
    return float(min(1.0, variance / (mean * (1.0 - mean))))


def _limit(
    rates: NDArray[np.float64], weight: float, *, end: float, tail: float
) -> float:
    if (rates == end).all():
        return end
    size = rates.size + weight
    mean = (rates.sum() + weight * end) / size
    spread = (((rates - mean) ** 2).sum() + weight * (end - mean) ** 2) / size
    return _beta_limit(mean, spread / (size + 1.0), end=end, tail=tail)


def _fixed(n: NDArray[np.int64], c: NDArray[np.int64], level: float) -> Interval:
    """Return the fixed-target form, with one guard competition at p = 1/2."""
    method = "end-atom-fixed"
    if n.size < _LEAST:
        return _undefined(c / n, level, method)
    rates = c / n
    mean = rates.mean()
    noise = np.where(
        n > 1, rates * (1.0 - rates) / np.maximum(n - 1, 1), mean * (1.0 - mean)
    )
    least = float(n.min())
    weight = _WEIGHT_FIXED / least
    size = n.size + weight
    spread = (noise.sum() + 0.25 / least) / size**2
    limits = []
    for end in (0.0, 1.0):
        centre = (rates.sum() + weight * end) / size
        shift = weight * (end - centre) ** 2 / (size * (size * least + 1.0))
        limit = end
        if not (rates == end).all():
            tail = (1.0 - level) / 2.0
            limit = _beta_limit(centre, spread + shift, end=end, tail=tail)
        limits.append(limit)
    return Interval(
        estimate=float(mean),
        low=limits[0],
        high=limits[1],
        level=level,
        method=method,
        n=n.size,
    )


def _beta_limit(mean: float, variance: float, *, end: float, tail: float) -> float:
    """Return the outer quantile of the Beta law with this mean and variance."""
    if variance < _NO_VARIANCE:
        return float(mean)
    total = mean * (1.0 - mean) / variance - 1.0
    first, second = mean * total, (1.0 - mean) * total
    if min(first, second) <= 0.0:
        # So much spread has no Beta law: its limit has all its mass at the ends.
        return end
    quantile = special.betaincinv if end == 0.0 else special.betainccinv
    return float(quantile(first, second, tail))


def _at_least_one(p: float, k: int) -> float:
    return 1.0 if p == 1.0 else float(-np.expm1(k * np.log1p(-p)))
