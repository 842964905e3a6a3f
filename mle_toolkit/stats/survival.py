"""Time to the first medal, with attempts that were stopped before they had one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import confidence
from mle_toolkit.stats.end_atom import mean_interval
from mle_toolkit.stats.overtime import groups, observed_until
from mle_toolkit.stats.records import Curve, Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_NAN = float("nan")
_EDGE = "the limits of Greenwood are undefined where the curve is 0 or 1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MedalTimes:
    """The share of attempts with a medal, as it grows with time.

    Attributes
    ----------
    curve
        Share at each moment `x` at which an attempt won its first medal; it
        holds until the next.  Before the first, it is 0.
    median
        When half of the attempts have one; NaN when that was not seen.  The
        lower limit is where the upper limit of the curve reaches one half.
    n_attempts, n_medals
        Attempts that entered, and those that won a medal while observed.
    """

    curve: Curve
    median: Interval
    n_attempts: int
    n_medals: int


def time_to_first_medal(
    first: ArrayLike,
    until: ArrayLike,
    *,
    competition: ArrayLike | None = None,
    level: float = 0.95,
) -> MedalTimes:
    """Return the share of attempts with a medal over time, despite censoring.

    The estimator of Kaplan and Meier (1958, JASA 53), by ``scipy.stats.ecdf``:
    an attempt that was stopped counts for as long as it was observed.  With
    `competition`, it is computed for each competition and averaged with equal
    weight, and the interval is that of `mean_interval`, for other competitions
    of the same kind.  Without, all attempts are one sample, with the
    logarithmic limits of Greenwood; attempts on one competition are alike, so
    that these speak of these competitions only.

    Parameters
    ----------
    first : array, shape (attempts,)
        When each attempt won its first medal; NaN where it did not.
    until : array, shape (attempts,), or a number
        How long each attempt was observed.  Censoring must have nothing to do
        with the medals.  One that gave up will never win: it is not censored,
        so give it infinity.
    competition : array, shape (attempts,)
        What each attempt worked on.
    level
        Nominal coverage.

    Returns
    -------
    MedalTimes
        Without attempts, or without a medal, the curve has no points and the
        median is NaN, with the reason.

    Raises
    ------
    UsageError
        For negative times, medals later than `until`, and lengths that differ.

    Examples
    --------
    Three attempts; the second was stopped after two hours without a medal.  At
    three hours only one of the remaining one is left, and it wins:

    >>> times = time_to_first_medal([1.0, float("nan"), 3.0], [4.0, 2.0, 4.0])
    >>> times.curve.x, times.curve.estimate.round(3)
    (array([1., 3.]), array([0.333, 1. ]))
    """
    level = confidence(level)
    won, horizon = checked_times(first, until)
    medals = np.unique(won[~np.isnan(won)])
    if competition is None:
        method, size = "kaplan-meier", won.size
        rows = _pooled(won, horizon, medals, level)
    else:
        method = "kaplan-meier-by-competition"
        group, names = groups(competition, won.size)
        size = len(names)
        medals = medals[medals <= _common(horizon, group, size)]
        table = np.array(
            [_shares(won[group == at], horizon[group == at], medals)
             for at in range(size)]
        ).reshape(size, medals.size)  # fmt: skip
        rows = [mean_interval(column, level=level) for column in table.T]
    curve = Curve(
        x=medals,
        estimate=np.array([row.estimate for row in rows], dtype=np.float64),
        low=np.array([row.low for row in rows], dtype=np.float64),
        high=np.array([row.high for row in rows], dtype=np.float64),
        n=np.full(medals.size, size, dtype=np.int64),
        level=level,
        method=method,
        reasons=tuple(row.reason for row in rows),
    )
    return MedalTimes(
        curve=curve,
        median=_median(curve, size),
        n_attempts=won.size,
        n_medals=int((~np.isnan(won)).sum()),
    )


def checked_times(first: ArrayLike, until: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as floats, shape (attempts,).

    Raises
    ------
    UsageError
        For negative times, and medals later than `until`.
    """
    try:
        won = np.atleast_1d(np.asarray(first, dtype=np.float64))
    except (TypeError, ValueError) as error:
        msg = f"first must be times, with NaN for no medal; got {first!r}"
        raise UsageError(msg) from error
    if won.ndim != 1 or (won < 0.0).any():
        msg = f"first must be times of at least 0, one per attempt; got {first!r}"
        raise UsageError(msg)
    horizon = observed_until(until, won.size)
    if (won > horizon).any():
        at = int(np.flatnonzero(won > horizon)[0])
        msg = (
            f"attempt {at} won a medal at {won[at]:g}, after it was observed until "
            f"{horizon[at]:g}: pass the moment at which it was stopped as until"
        )
        raise UsageError(msg)
    return won, horizon


def _common(horizon: Floats, group: NDArray[np.int64], size: int) -> float:
    """Return until when each competition has an attempt under observation."""
    lasts = [horizon[group == at].max() for at in range(size)]
    return float(min(lasts, default=np.inf))


def _curve(won: Floats, horizon: Floats) -> Any:
    from scipy import stats

    has = ~np.isnan(won)
    # Infinity stands for later than all that was seen.
    seen = np.concatenate((won[has], horizon[np.isfinite(horizon)]))
    later = np.where(np.isfinite(horizon), horizon, seen.max(initial=0.0) + 1.0)
    data = stats.CensoredData(uncensored=won[has], right=later[~has])
    return stats.ecdf(data).sf


def _shares(won: Floats, horizon: Floats, at: Floats) -> Floats:
    survival = _curve(won, horizon)
    shares: Floats = 1.0 - survival.evaluate(at)
    return shares


def _pooled(won: Floats, horizon: Floats, at: Floats, level: float) -> list[Interval]:
    if not at.size:
        return []
    survival = _curve(won, horizon)
    with warnings.catch_warnings():
        # It warns that limits are undefined, which `reason` says.
        warnings.simplefilter("ignore", RuntimeWarning)
        limits = survival.confidence_interval(level, method="log-log")
    shares = 1.0 - survival.evaluate(at)
    highs, lows = 1.0 - limits.low.evaluate(at), 1.0 - limits.high.evaluate(at)
    return [
        Interval(
            estimate=float(share), low=float(low), high=float(high), level=level,
            method="kaplan-meier", n=won.size,
            reason=_EDGE if np.isnan(low + high) else None,
        )
        for share, low, high in zip(shares, lows, highs, strict=True)
    ]  # fmt: skip


def _median(curve: Curve, size: int) -> Interval:
    when = {
        name: _reached(curve.x, getattr(curve, name))
        for name in ("estimate", "low", "high")
    }
    reason = None
    if np.isnan(when["estimate"]):
        reason = "fewer than half of the attempts were seen to win a medal"
    elif np.isnan(when["low"] + when["high"]):
        reason = "a limit of the curve does not reach one half"
    return Interval(
        estimate=when["estimate"],
        low=when["high"],
        high=when["low"],
        level=curve.level,
        method=curve.method,
        n=size,
        reason=reason,
    )


def _reached(x: Floats | NDArray[np.int64], shares: Floats) -> float:
    there = np.flatnonzero(shares >= 0.5 - 1e-12)
    return float(x[there[0]]) if there.size else _NAN
