"""The probability that one agent's attempt beats another's."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.bootstrap import (
    blocks,
    check_resampling,
    histogram,
    percentiles,
    resampled_means,
)
from mle_toolkit.stats.cells import END_ATOM, checked_method
from mle_toolkit.stats.checks import confidence, score_table
from mle_toolkit.stats.end_atom import LEAST, population_limits
from mle_toolkit.stats.records import Interval, Resampled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def probability_of_improvement(
    a: ArrayLike,
    b: ArrayLike,
    *,
    n_a: ArrayLike | None = None,
    n_b: ArrayLike | None = None,
    by: str = "competition",
    method: str | None = None,
    level: float = 0.95,
    lower_is_better: bool = False,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Return the chance that an attempt of `a` beats one of `b`.

    Both attempts are on the same competition, drawn at random; ties count one
    half, and the mean is over competitions (Agarwal et al. 2021, NeurIPS,
    section 4.3).  Only the order of scores on one competition enters, so that
    competitions need no common scale.  It says how often, not by how much.

    Parameters
    ----------
    a, b : array, shape (attempts, competitions)
        Scores on the same competitions; the numbers of attempts may differ.
        NaN is a failed attempt: any score beats it, and two of them tie.
    n_a, n_b : int or array of int, shape (competitions,)
        Attempts made on each competition, where they differ.  Competitions that
        one of the two did not try are left out.
    by, method, level, resamples, seed
        As in `performance_profile`.
    lower_is_better
        Direction of the scores.

    Returns
    -------
    Interval
        Values in [0, 1]; 1/2 means that neither is better.  Bootstraps give a
        `Resampled`.

    Raises
    ------
    UsageError
        For arrays with different numbers of competitions, and illegal options.

    Examples
    --------
    On the first competition `a` wins 3 of 4 meetings, on the second both tie:

    >>> result = probability_of_improvement([[3, 1], [2, 1]], [[1, 1], [2.5, 1]])
    >>> result.estimate
    0.625
    """
    level = confidence(level)
    method = checked_method(by, method)
    rng, noted = check_resampling(by, resamples, seed)
    wins = _all_meetings(a, b, n_a, n_b, -1.0 if lower_is_better else 1.0)
    each = np.array([table.mean() for table in wins])
    low, high, reason = float("nan"), float("nan"), _why_not(wins, by)
    if reason is None and method == END_ATOM:
        limits = population_limits(each, level, student=True)
        low, high = float(limits[0]), float(limits[1])
    elif reason is None:
        drawn = (
            resampled_means(each, rng, resamples)
            if by == "competition"
            else _resampled(wins, rng, resamples)
        )
        low, high = (float(limit) for limit in percentiles(drawn, level))
    if low == high:
        reason = "no resample changes the result, so that the interval has no width"
        low = high = float("nan")
    found = Interval(
        estimate=float(each.mean()) if each.size else float("nan"),
        low=low,
        high=high,
        level=level,
        method=method,
        n=each.size,
        reason=reason,
    )
    if method == END_ATOM:
        return found
    return Resampled(
        **dataclasses.asdict(found), by=by, resamples=resamples, seed=noted
    )


def _all_meetings(
    a: ArrayLike,
    b: ArrayLike,
    n_a: ArrayLike | None,
    n_b: ArrayLike | None,
    sign: float,
) -> list[Floats]:
    """Return the table of meetings of each competition that both agents tried."""
    first, made_a = _filled("a", a, n_a, sign)
    second, made_b = _filled("b", b, n_b, sign)
    if made_a.size != made_b.size:
        msg = (
            "a and b must have a column for each competition, the same ones; "
            f"got {made_a.size} and {made_b.size}"
        )
        raise UsageError(msg)
    return [
        _meetings(first[: made_a[at], at], second[: made_b[at], at])
        for at in np.flatnonzero((made_a > 0) & (made_b > 0))
    ]


def _filled(
    name: str, scores: ArrayLike, n: ArrayLike | None, sign: float
) -> tuple[Floats, NDArray[np.int64]]:
    table, made = score_table(name, scores, n)
    return np.where(np.isnan(table), -np.inf, sign * table), made


def _meetings(first: Floats, second: Floats) -> Floats:
    """Return 1 for a win, 1/2 for a tie, 0 for a loss, of each against each."""
    over = first[:, None] > second
    wins: Floats = over + (first[:, None] == second) / 2.0
    return wins


def _why_not(wins: list[Floats], by: str) -> str | None:
    if by == "competition" and len(wins) < LEAST:
        return f"at least 2 shared competitions are needed; there are {len(wins)}"
    if by == "attempt" and all(table.size < 2 for table in wins):
        return "one attempt on each competition cannot be resampled; add attempts"
    return None


def _resampled(wins: list[Floats], rng: np.random.Generator, resamples: int) -> Floats:
    """Redraw the attempts of both agents on each competition."""
    total = np.zeros(resamples)
    for table in wins:
        for block in blocks(resamples, sum(table.shape)):
            rows = block.stop - block.start
            times_a, times_b = (
                histogram(rng.integers(0, size, size=(rows, size)), size)
                for size in table.shape
            )
            met = np.einsum("ra,ab,rb->r", times_a, table, times_b, optimize=True)
            total[block] += met / table.size
    return total / len(wins)
