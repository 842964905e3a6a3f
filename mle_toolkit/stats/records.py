"""Result records of the statistics layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A point estimate with its interval, and how both were made.

    Attributes
    ----------
    estimate
        The point estimate; NaN when it is undefined.
    low, high
        Limits of the interval; NaN when it is undefined.
    level
        Nominal coverage, such as 0.95.
    method
        Name of the method that made the limits.  One that ends in ``-fixed``
        speaks of these competitions, any other of others of the same kind.
    n
        Number of units that entered: competitions, or the attempts when the
        interval is about one competition.
    reason
        Why a value is NaN; None when none is.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled(Interval):
    """An interval from a bootstrap.

    Attributes
    ----------
    by
        What was resampled: ``"competition"`` or ``"attempt"``.
    resamples
        Number of resamples.
    seed
        The seed, where it was a number; None for a generator.
    """

    by: str
    resamples: int
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Estimates with pointwise intervals along an axis.

    Attributes
    ----------
    x : ndarray, shape (points,)
        The axis: numbers of attempts k, or thresholds tau.
    estimate, low, high : ndarray, shape (points,)
        As in `Interval`.
    n : ndarray of int, shape (points,)
        Competitions that entered each point.
    level, method
        As in `Interval`.
    reasons
        Why values are NaN, one entry per point; None where none is.
    by, resamples, seed
        As in `Resampled`; None where nothing was resampled.
    """

    x: NDArray[np.float64] | NDArray[np.int64]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    level: float
    method: str
    reasons: tuple[str | None, ...]
    by: str | None = None
    resamples: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Interval):
    """A difference between two agents, with its interval and its test.

    The estimate is the mean over competitions of the first agent's value less
    the second's, so that a positive number speaks for the first.

    Attributes
    ----------
    mean_a, mean_b
        The agents' own means over the competitions that entered.
    p_value
        Two-sided p-value of the sign-flip test; NaN when it is undefined.
    p_method
        ``"sign-flip"`` when all flips were counted, ``"sign-flip-sampled"``
        when too many made that impossible.
    detectable
        The smallest true difference that would be found with probability
        `power` by a two-sided test at 1 - `level`; NaN when it is undefined, or when
        rates cannot differ by so much.
    power
        The probability that `detectable` refers to.
    n_left_out
        Competitions that one of the two lacks: they did not enter.
    seed
        The seed of a sampled test, where it was a number; None otherwise.
    """

    mean_a: float
    mean_b: float
    p_value: float
    p_method: str
    detectable: float
    power: float
    n_left_out: int
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One of many comparisons.

    Attributes
    ----------
    a, b
        Names of the two agents.
    comparison
        The comparison on its own.
    p_adjusted
        The p-value, adjusted for all pairs of the family.
    differs
        Whether the adjusted p-value is at most 1 - level.
    """

    a: str
    b: str
    comparison: Comparison
    p_adjusted: float
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Many comparisons that are judged together.

    Attributes
    ----------
    pairs
        The comparisons, in the order that was asked for.
    correction
        ``"holm"`` (chance of any false alarm) or ``"benjamini-hochberg"``
        (expected share of false alarms among the findings).
    level
        One less the error that the correction keeps to.
    """

    pairs: tuple[Pair, ...]
    correction: str
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankInterval:
    """The places on a leaderboard that an agent may deserve.

    Attributes
    ----------
    name
        The agent.
    rank
        Its place by the plain mean, 1 for the best; equals share the better one.
    low, high
        The best and the worst place that the data allow.
    mean
        Its mean over its competitions.
    n
        Number of these competitions.
    level, method
        As in `Interval`.
    """

    name: str
    rank: int
    low: int
    high: int
    mean: float
    n: int
    level: float
    method: str


def undefined(
    reason: str,
    *,
    level: float,
    method: str,
    n: int,
    estimate: float = float("nan"),
) -> Interval:
    """Return an interval without limits, and the reason for it."""
    nan = float("nan")
    return Interval(
        estimate=estimate,
        low=nan,
        high=nan,
        level=level,
        method=method,
        n=n,
        reason=reason,
    )
