"""The interquartile mean of scores over competitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.bootstrap import (
    blocks,
    check_resampling,
    competition_counts,
    percentiles,
)
from mle_toolkit.stats.cells import END_ATOM, Cells, checked_method
from mle_toolkit.stats.checks import confidence, is_number
from mle_toolkit.stats.records import Resampled
from mle_toolkit.stats.redraws import AttemptDraws

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# The whole mass in units that integers add up without overflow.
_UNITS = 2**50
_NO_WIDTH = (
    "in nearly all resamples the middle half of the scores is one value, so that the "
    "interval would have no width"
)


def iqm(
    scores: ArrayLike,
    *,
    n: ArrayLike | None = None,
    by: str = "competition",
    method: str | None = None,
    level: float = 0.95,
    floor: float | None = None,
    ends: tuple[float, float] = (0.0, 1.0),
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Resampled:
    """Return the interquartile mean of the scores, with its interval.

    The mean of all attempts' scores after the lowest and the highest quarter
    were cut off (Agarwal et al. 2021, NeurIPS, section 4.3): it is less moved by
    a few competitions than the mean, and needs fewer attempts than the median.
    Competitions have equal weights.  The scores must share a scale, as
    percentiles do; for medals of 0 and 1 it says nothing, and is 0 wherever
    fewer than a quarter of the attempts win.

    Parameters
    ----------
    scores : array, shape (attempts, competitions)
        NaN is a failed attempt; it needs a `floor`.
    n : int or array of int, shape (competitions,)
        Attempts made on each competition, where they differ.
    by
        ``"competition"``: what other competitions of the same kind would show.
        ``"attempt"``: what more attempts on these would show; the stratified
        bootstrap of rliable.
    method
        ``"end-atom"``: a Bayesian bootstrap of the competitions with one more,
        not seen, at the worst end of the scale.  It is the default for
        competitions.  ``"bootstrap-percentile"`` is the other method for these,
        and the only one for attempts.
    level
        Nominal coverage.
    floor
        What a failed attempt is worth.
    ends
        The worst and the best score that the scale allows, for ``"end-atom"``.
    resamples, seed
        Of the bootstrap.

    Returns
    -------
    Resampled
        NaN, with a reason, where nothing can be resampled: one competition, or
        one attempt on each; and where the interval would have no width.

    Raises
    ------
    UsageError
        For failed attempts without a floor, scores outside the `ends`, and
        illegal options.

    Examples
    --------
    Of 8 scores the 2 lowest and the 2 highest are cut off:

    >>> result = iqm([[0.0, 0.1, 0.2, 0.9], [0.0, 0.3, 0.4, 1.0]])
    >>> round(result.estimate, 12)
    0.25
    """
    level = confidence(level)
    method = checked_method(by, method)
    cells = Cells.of(scores, n, floor=floor)
    _check_finite(cells.values)
    if method == END_ATOM:
        _check_ends(cells.values, ends)
    rng, noted = check_resampling(by, resamples, seed)
    low, high, reason = float("nan"), float("nan"), cells.why_not(by)
    estimate = _Ranking(cells).estimate() if cells.values.size else float("nan")
    if reason is None:
        lows, highs = _draws(
            _Ranking(cells),
            by=by,
            method=method,
            ends=ends,
            rng=rng,
            resamples=resamples,
        )
        low = float(percentiles(lows, level)[0])
        high = float(percentiles(highs, level)[1])
    if low == high:
        low, high, reason = float("nan"), float("nan"), _NO_WIDTH
    return Resampled(
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        method=method,
        n=cells.made.size,
        reason=reason,
        by=by,
        resamples=resamples,
        seed=noted,
    )


class _Ranking:
    """The scores in order, so that a resample is no more than masses on them.

    Masses are whole numbers, which add up fast and without rounding: attempts
    where all competitions have the same number of them, tiny units otherwise.
    """

    def __init__(self, cells: Cells) -> None:
        self.order = np.argsort(cells.values, kind="stable")
        self.made = cells.made
        self.values = cells.values[self.order]
        self.competition = cells.competition[self.order]
        self.steps = np.diff(self.values)
        self.units: NDArray[np.int64] | int = 1
        self.total = float(self.order.size)
        if (cells.made != cells.made[0]).any():
            self.units = np.rint(cells.weights[self.order] * _UNITS).astype(np.int64)
            self.total = float(self.units.sum())
        self.share_cut = np.floor(self.order.size / 4.0) / self.order.size

    def estimate(self) -> float:
        """Return the interquartile mean of the scores as they are."""
        once = np.ones((1, self.values.size), dtype=np.int64)
        return float(self.middle(self.rising(once))[0])

    def rising(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return cumulated masses, where each score was drawn so many times."""
        if isinstance(self.units, int):
            return np.cumsum(times, axis=1)
        return np.cumsum(times * self.units, axis=1)

    def middle(self, rising: NDArray[np.int64]) -> Floats:
        """Return means between the cuts: the sum by parts, which saves a pass."""
        cut, rest = self.total * self.share_cut, self.total * (1.0 - self.share_cut)
        kept = np.clip(rising[:, :-1], cut, rest, dtype=np.float64)
        first, last = self.values[[0, -1]]
        result: Floats = (last * rest - first * cut - kept @ self.steps) / (rest - cut)
        return result

    def middle_with_atom(
        self, rising: NDArray[np.int64], end: float, *, low: bool
    ) -> Floats:
        """Return the same with one more score, `end`, below or above all others.

        Its mass is what the masses of the others lack to `_UNITS`.
        """
        cut, rest = _UNITS * self.share_cut, _UNITS * (1.0 - self.share_cut)
        first, last = self.values[[0, -1]]
        seen = rising[:, -1]
        if low:
            outer = last * rest - end * cut
            outer = outer - np.clip(_UNITS - seen, cut, rest) * (first - end)
            rising = rising + (_UNITS - seen)[:, None]
        else:
            outer = end * rest - first * cut
            outer = outer - np.clip(seen, cut, rest) * (end - last)
        kept = np.clip(rising[:, :-1], cut, rest, dtype=np.float64)
        result: Floats = (outer - kept @ self.steps) / (rest - cut)
        return result


def _draws(
    ranking: _Ranking,
    *,
    by: str,
    method: str,
    ends: tuple[float, float],
    rng: np.random.Generator,
    resamples: int,
) -> tuple[Floats, Floats]:
    """Return the draws for the lower limit, and those for the upper one."""
    found = np.empty((2, resamples))
    attempts = AttemptDraws(ranking.made)
    count = ranking.made.size
    for block in blocks(resamples, ranking.values.size):
        rows = block.stop - block.start
        if method == END_ATOM:
            rising = _with_unseen(ranking, rng, rows)
            found[0, block] = ranking.middle_with_atom(rising, ends[0], low=True)
            found[1, block] = ranking.middle_with_atom(rising, ends[1], low=False)
            continue
        if by == "attempt":
            times = attempts.times(rng, rows).take(ranking.order, axis=1)
        else:
            times = competition_counts(rng, rows, count)
            times = times.take(ranking.competition, axis=1)
        rising = ranking.rising(times.astype(np.int64))
        found[:, block] = ranking.middle(rising)
    return found[0], found[1]


def _with_unseen(
    ranking: _Ranking, rng: np.random.Generator, rows: int
) -> NDArray[np.int64]:
    """Return cumulated Dirichlet weights, one more competition having the rest."""
    weights = rng.standard_exponential((rows, ranking.made.size + 1))
    weights /= weights.sum(axis=1, keepdims=True)
    masses = (weights[:, :-1] * (_UNITS / ranking.made)).astype(np.int64)
    return np.cumsum(masses.take(ranking.competition, axis=1), axis=1)


def _check_finite(values: Floats) -> None:
    if np.isinf(values).any():
        msg = "scores must be finite: an interquartile mean weighs their distances"
        raise UsageError(msg)


def _check_ends(values: Floats, ends: tuple[float, float]) -> None:
    low, high = _pair(ends)
    outside = values[(values < low) | (values > high)]
    if not low < high or outside.size:
        got = f"; got a score of {outside[0]}" if outside.size else ""
        msg = (
            f"scores must lie between the ends of their scale, {ends}{got}; "
            "pass ends=(worst, best), or method='bootstrap-percentile'"
        )
        raise UsageError(msg)


def _pair(ends: tuple[float, float]) -> tuple[float, float]:
    if isinstance(ends, tuple | list) and len(ends) == 2 and all(map(is_number, ends)):
        return float(ends[0]), float(ends[1])
    msg = f"ends must be two numbers, the worst and the best score; got {ends!r}"
    raise UsageError(msg)
