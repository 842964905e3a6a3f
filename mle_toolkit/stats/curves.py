"""pass@k for many k in one pass, with its intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.checks import competition_counts, confidence, whole_numbers
from mle_toolkit.stats.end_atom import LEAST, fixed_limits, population_limits
from mle_toolkit.stats.methods import attempt_noise, check_method, method_name
from mle_toolkit.stats.records import Curve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

# Points times competitions of a curve that nobody asked for point by point.
_MOST_POINTS = 10_000_000
_TOO_FEW = (
    "no competition has enough attempts",
    "one competition says nothing about others; at least 2 are needed",
)


def pass_at_k_curve(
    n: ArrayLike,
    c: ArrayLike,
    k: ArrayLike | None = None,
    *,
    target: str = "population",
    level: float = 0.95,
    strict: bool = False,
) -> Curve:
    """Return the mean pass@k for many k in one pass, with end-atom intervals.

    Parameters
    ----------
    n, c : int or array of int, shape (competitions,)
        Attempts and successes of each competition.
    k : int or array of int, shape (ks,)
        Attempts that one may draw.  By default 1, 2, ... as far as every
        competition with attempts reaches, so that the curve never changes its
        competitions on the way.
    target, level, strict
        As in `medal_rate`.

    Returns
    -------
    Curve
        At each k the values of `pass_at_k_interval`.  The limits hold at each
        point alone, not for the whole curve at once.

    Raises
    ------
    UsageError
        For illegal counts, level or target, and for a k below 1.

    Examples
    --------
    >>> curve = pass_at_k_curve([3, 3, 3], [0, 1, 3])
    >>> curve.x
    array([1, 2, 3])
    >>> curve.estimate.round(3)
    array([0.444, 0.556, 0.667])
    """
    attempts, successes = competition_counts(n, c)
    check_method(target, "end-atom", strict=strict)
    level = confidence(level)
    draws = _all_reach(attempts) if k is None else whole_numbers("k", k, least=1)
    draws = draws.reshape(-1)
    present = attempts >= draws[:, None]
    count = present.sum(axis=1)
    values = np.asarray(pass_at_k(attempts, successes, draws)).reshape(present.shape)
    values[draws == 1] = successes / np.maximum(attempts, 1)
    total = np.where(present, values, 0.0).sum(axis=1)
    estimate = np.full(draws.size, np.nan)
    np.divide(total, count, out=estimate, where=count > 0)
    low, high = np.full((2, draws.size), np.nan)
    some = count >= LEAST
    if target == "population":
        low[some], high[some] = population_limits(
            values[some], level, strict=strict, present=present[some]
        )
    else:
        low[some], high[some] = _these(
            values[some], attempts, successes, draws[some], level
        )
    return Curve(
        x=draws,
        estimate=estimate,
        low=low,
        high=high,
        n=count,
        level=level,
        method=method_name(target, "end-atom", strict=strict),
        reasons=tuple(None if each >= LEAST else _TOO_FEW[each] for each in count),
    )


def _all_reach(attempts: Counts) -> Counts:
    begun = attempts[attempts > 0]
    last = int(begun.min()) if begun.size else 1
    if last * max(attempts.size, 1) > _MOST_POINTS:
        msg = (
            f"a curve of {last} points for {attempts.size} competitions is too large; "
            "pass the k that you want, such as k=[1, 10, 100]"
        )
        raise UsageError(msg)
    return np.arange(1, last + 1)


def _these(
    values: Floats, attempts: Counts, successes: Counts, draws: Counts, level: float
) -> tuple[Floats, Floats]:
    wide = draws[:, None]
    present = attempts >= wide
    noise = attempt_noise(values, attempts, successes, wide, present=present)
    return fixed_limits(values, noise, attempts / wide, level, present=present)
