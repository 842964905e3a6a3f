"""Intervals that may be looked at after every round: run until it is narrow enough.

An ordinary interval holds at one sample size that was fixed beforehand.  If one
looks again and again and stops when one likes the answer, its coverage is lost.
A confidence sequence covers at all times together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import confidence, one_whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_NAN = float("nan")
_METHODS = ("betting", "empirical-bernstein")
# Means that are tested; the limits are rounded outwards to them.
_GRID = np.linspace(0.0, 1.0, 2001)
# The largest share of the wealth that one round may stake.
_STAKE = 0.5
_BOLDEST = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequentialInterval:
    """An interval for a mean that holds at every time at which one may stop.

    Attributes
    ----------
    estimate
        Mean of all outcomes so far.
    low, high
        The interval after the last round.
    level
        Least probability that the interval holds the mean after every round,
        all rounds together.
    method
        ``"betting"`` or ``"empirical-bernstein"``.
    n
        Rounds that entered.
    competitions
        Competitions in a round.
    estimates, lows, highs : ndarray, shape (rounds,)
        The same after each round.
    reason
        Why values are NaN, or rounds were left out; None otherwise.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n: int
    competitions: int
    estimates: Floats
    lows: Floats
    highs: Floats
    reason: str | None = None

    def rounds_until(self, width: float) -> int | None:
        """Return after how many rounds the interval was at most so wide.

        Parameters
        ----------
        width
            The wanted width, ``high - low``.

        Returns
        -------
        int or None
            None when it is not that narrow yet: run another round.
        """
        narrow = np.flatnonzero(self.highs - self.lows <= width + 1e-12)
        return int(narrow[0]) + 1 if narrow.size else None


def sequential_interval(
    outcomes: ArrayLike,
    *,
    level: float = 0.95,
    method: str = "betting",
    horizon: int = 8,
) -> SequentialInterval:
    """Return an interval that stays valid however often one looks at it.

    A round is one more attempt on every competition.  The mean that is covered
    is that of these competitions' success rates.  For one competition, the
    interval is the hedged betting sequence of Waudby-Smith and Ramdas (2024,
    JRSS B 86, arXiv 2010.09686, theorem 3): the wealth of a bettor against
    every mean m, who cannot expect to win against the true one; means against
    which it ever reached ``2 / (1 - level)`` are ruled out (Ville's
    inequality).

    With several competitions all attempts of a round are bet on at once, each
    as the excess over a guess g from earlier rounds.  The factors of a round
    have the mean ``prod(1 + stake * (p - g - mean(p - g)))``, at most 1 because
    a geometric mean is at most the arithmetic one; so the attempts count, not
    just the rounds, and differences between competitions cost nothing.

    Parameters
    ----------
    outcomes : array, shape (rounds,) or (rounds, competitions)
        Medals as 0 and 1, or any values in [0, 1], in the order in which the
        attempts were made.  For other competitions of the same kind, pass one
        value per competition, in random order, with the shape (rounds,).
        Rounds from the first one with NaN on do not enter: those that finish
        first need not be like the others.
    level
        Least coverage over all times together.
    method
        ``"betting"``, or ``"empirical-bernstein"``: theorem 2 of the same
        paper, a formula in closed form, wider.
    horizon
        The number of rounds for which the stakes are best.  Choose it before
        the first round; the interval is valid at all others too.

    Returns
    -------
    SequentialInterval
        After no round, [0, 1] is all that is known, and the estimate is NaN.

    Raises
    ------
    UsageError
        For values outside [0, 1], other shapes, and illegal options.

    Examples
    --------
    >>> result = sequential_interval([[1, 0, 1, 0]] * 30)
    >>> result.estimate, result.n
    (0.5, 30)
    >>> result.low < 0.5 < result.high
    True
    >>> result.rounds_until(0.001) is None
    True
    """
    table, reason = _rounds(outcomes)
    level = confidence(level)
    check_choice("method", method, _METHODS)
    best_at = one_whole_number("horizon", horizon, least=1)
    size = table.shape[1]
    run = _bet if method == "betting" else _bernstein
    lows, highs = np.zeros(0), np.ones(0)
    if table.size:
        lows, highs = run(table, 1.0 - level, best_at)
        # What was ruled out once stays ruled out.
        lows, highs = np.maximum.accumulate(lows), np.minimum.accumulate(highs)
    rounds = np.arange(1, len(table) + 1)
    estimates = table.sum(axis=1).cumsum() / (rounds * max(size, 1))
    done = len(table) > 0 and size > 0
    return SequentialInterval(
        estimate=float(estimates[-1]) if done else _NAN,
        low=float(lows[-1]) if done else 0.0,
        high=float(highs[-1]) if done else 1.0,
        level=level,
        method=method,
        n=len(table),
        competitions=size,
        estimates=estimates,
        lows=lows,
        highs=highs,
        reason=reason if done else "there is no complete round yet",
    )


def _rounds(outcomes: ArrayLike) -> tuple[Floats, str | None]:
    try:
        table = np.asarray(outcomes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = "outcomes must be numbers in [0, 1], with NaN for what is not done yet"
        raise UsageError(msg) from error
    if table.ndim not in {1, 2}:
        msg = (
            "outcomes must have the shape (rounds,) or (rounds, competitions); got "
            f"{table.shape}"
        )
        raise UsageError(msg)
    table = table if table.ndim == 2 else table[:, None]
    missing = np.isnan(table)
    if not (missing | ((table >= 0.0) & (table <= 1.0))).all():
        msg = "outcomes must lie in [0, 1], such as medals as 0 and 1"
        raise UsageError(msg)
    gaps = np.flatnonzero(missing.any(axis=1))
    if not gaps.size:
        return table, None
    left = len(table) - int(gaps[0])
    return table[: gaps[0]], f"{left} rounds from the first incomplete one on left out"


def _guesses(table: Floats) -> tuple[Floats, Floats]:
    """Return what could be guessed before each round: values, and their variance.

    The guess of a competition is its mean so far, drawn to the mean of all.
    """
    before = np.cumsum(table, axis=0) - table
    seen = np.arange(len(table))[:, None]
    common = (before.mean(axis=1, keepdims=True) + 0.5) / (seen + 1.0)
    guess = (before + common) / (seen + 1.0)
    residual = table - guess - (table.mean(axis=1) - guess.mean(axis=1))[:, None]
    if table.shape[1] == 1:
        residual = table - guess
    squares = (residual**2).mean(axis=1)
    past = np.cumsum(squares) - squares
    variance = (0.25 + past) / (np.arange(len(table)) + 1.0)
    return guess, variance


def _stakes(variance: Floats, size: int, alpha: float, horizon: int) -> Floats:
    """Return the predictable stakes (equation 24 of the paper, with a horizon)."""
    rounds = np.arange(1, variance.size + 1)
    attempts = size * np.maximum(horizon, rounds * np.log1p(rounds))
    result: Floats = np.sqrt(2.0 * np.log(2.0 / alpha) / (variance * attempts))
    return result


def _bet(table: Floats, alpha: float, horizon: int) -> tuple[Floats, Floats]:
    lows, highs = np.empty(len(table)), np.empty(len(table))
    bound = np.log(2.0 / alpha)
    for at, wealth in enumerate(_wealths(table, alpha, horizon, _GRID)):
        alive_low = np.flatnonzero(wealth[0] < bound)
        alive_high = np.flatnonzero(wealth[1] < bound)
        # One step outwards: between two points of the grid nothing was tested.
        lows[at] = _GRID[max(int(alive_low[0]) - 1, 0)]
        highs[at] = _GRID[min(int(alive_high[-1]) + 1, _GRID.size - 1)]
    return lows, highs


def _wealths(
    table: Floats, alpha: float, horizon: int, means: Floats
) -> Iterator[Floats]:
    """Yield after each round the log wealth against each mean, shape (2, means).

    The first bets that the true mean is larger, the second that it is smaller.
    """
    guess, variance = _guesses(table)
    stakes = _stakes(variance, table.shape[1], alpha, horizon)
    excess = guess - guess.mean(axis=1, keepdims=True)
    wealth = np.zeros((2, means.size))
    for values, above, stake in zip(table - excess, excess, stakes, strict=True):
        wealth[0] += _logs(values, stake, means, float(above.max()))
        # The same bet on 1 - x is one for less.
        wealth[1] += _logs(1.0 - values, stake, 1.0 - means, float(-above.min()))
        yield wealth


def _logs(values: Floats, stake: float, means: Floats, reach: float) -> Floats:
    """Return the log of the wealth that a round adds, for each mean.

    `reach` is how far the guesses lie above their mean; the stake is cut so
    that no outcome can cost more than its share.
    """
    stakes = np.minimum(stake, _STAKE / np.maximum(means + reach, 1e-12))
    # Few distinct values: competitions with one history are bet on together.
    kinds, counts = np.unique(values, return_counts=True)
    gains = stakes[:, None] * (kinds - means[:, None])
    result: Floats = np.log1p(np.maximum(gains, -_STAKE)) @ counts
    return result


def _bernstein(table: Floats, alpha: float, horizon: int) -> tuple[Floats, Floats]:
    guess, variance = _guesses(table)
    size = table.shape[1]
    stakes = np.minimum(_stakes(variance, size, alpha, horizon), _BOLDEST)
    cost = (-np.log1p(-stakes) - stakes) / 4.0
    squares = 4.0 * ((table - guess) ** 2).sum(axis=1)
    total = size * np.cumsum(stakes)
    centre = np.cumsum(stakes * table.sum(axis=1)) / total
    reach = (np.log(2.0 / alpha) + np.cumsum(cost * squares)) / total
    return (centre - reach).clip(0.0, 1.0), (centre + reach).clip(0.0, 1.0)
