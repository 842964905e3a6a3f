"""Performance profiles: the share of attempts beyond each threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.bootstrap import (
    blocks,
    check_resampling,
    percentiles,
    resampled_means,
)
from mle_toolkit.stats.cells import END_ATOM, Cells, checked_method, with_width
from mle_toolkit.stats.checks import confidence, score_table
from mle_toolkit.stats.end_atom import population_limits
from mle_toolkit.stats.records import Curve
from mle_toolkit.stats.redraws import AttemptDraws

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_NO_WIDTH = (
    "no resample changes the share at this threshold, so that the interval would have "
    "no width; use by='competition' with method='end-atom'"
)


def performance_profile(
    scores: ArrayLike,
    taus: ArrayLike,
    *,
    n: ArrayLike | None = None,
    by: str = "competition",
    method: str | None = None,
    level: float = 0.95,
    lower_is_better: bool = False,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Curve:
    """Return the share of attempts that score better than each threshold.

    Competitions have equal weights.  An agent whose profile lies above another's
    everywhere is better whatever the threshold; profiles that cross say where
    each is the better one (Dolan and More 2002, Mathematical Programming 91;
    Agarwal et al. 2021, NeurIPS, section 4.2).

    Parameters
    ----------
    scores : array, shape (attempts, competitions)
        NaN is a failed attempt: it is better than no threshold.
    taus : array, shape (taus,)
        Thresholds, in units of the scores, in any order.
    n : int or array of int, shape (competitions,)
        Attempts made on each competition, where they differ.
    by
        ``"competition"``: what other competitions of the same kind would show.
        ``"attempt"``: what more attempts on these would show; the stratified
        bootstrap of rliable.
    method
        ``"end-atom"``: the Beta interval of `mean_interval` with Student's
        quantiles, which needs no resamples; the default for competitions.
        ``"bootstrap-percentile"`` is the other method for these, and the only
        one for attempts.
    level
        Nominal coverage.
    lower_is_better
        Direction of the score: better is below the threshold.
    resamples, seed
        Of the bootstrap.

    Returns
    -------
    Curve
        `x` holds the thresholds.  The limits hold at each threshold alone, not
        for the whole profile at once.  They are NaN, with a reason, where
        nothing can be resampled or the interval would have no width.

    Raises
    ------
    UsageError
        For thresholds that are NaN, and for illegal options.

    Examples
    --------
    >>> profile = performance_profile([[0.2, 0.9], [0.4, 0.5]], [0.3, 0.6])
    >>> profile.estimate
    array([0.75, 0.25])
    """
    level = confidence(level)
    method = checked_method(by, method)
    sign = -1.0 if lower_is_better else 1.0
    table, made = score_table("scores", scores, n)
    cells = Cells.of(sign * table, made, floor=-np.inf)
    grid = _thresholds(taus)
    order = np.argsort(sign * grid, kind="stable")
    passed = np.searchsorted((sign * grid)[order], cells.values, side="left")
    rng, noted = check_resampling(by, resamples, seed)
    shares = _shares(passed, cells, grid.size)
    low, high = np.full((2, grid.size), np.nan)
    reasons: list[str | None] = [cells.why_not(by)] * grid.size
    if cells.why_not(by) is None:
        if method == END_ATOM:
            low, high = population_limits(shares.T, level, student=True)
        else:
            draws = _resampled(
                passed, cells, shares, by=by, rng=rng, resamples=resamples
            )
            low, high, flat = with_width(*percentiles(draws, level))
            reasons = [_NO_WIDTH if each else None for each in flat]
    back = np.argsort(order, kind="stable")
    estimate = np.full(grid.size, np.nan)
    if cells.made.size:
        estimate = shares.mean(axis=0)
    return Curve(
        x=grid,
        estimate=estimate[back],
        low=low[back],
        high=high[back],
        n=np.full(grid.size, cells.made.size),
        level=level,
        method=method,
        reasons=tuple(reasons[at] for at in back),
        by=by,
        resamples=None if method == END_ATOM else resamples,
        seed=None if method == END_ATOM else noted,
    )


def _thresholds(taus: ArrayLike) -> Floats:
    try:
        grid = np.atleast_1d(np.asarray(taus, dtype=np.float64))
    except (TypeError, ValueError) as error:
        msg = f"taus must be numbers; got {taus!r}"
        raise UsageError(msg) from error
    if grid.ndim != 1 or np.isnan(grid).any():
        msg = f"taus must be a list of thresholds without NaN; got {taus!r}"
        raise UsageError(msg)
    return grid


def _shares(passed: Counts, cells: Cells, taus: int) -> Floats:
    """Return the share of attempts that pass, shape (competitions, taus)."""
    cell = cells.competition * (taus + 1) + passed
    counts = np.bincount(cell, minlength=cells.made.size * (taus + 1))
    table = counts.reshape(cells.made.size, taus + 1).astype(np.float64)
    return _beyond(table) / cells.made[:, None]


def _beyond(counts: Floats) -> Floats:
    """Return how many pass more than 0, 1, ... thresholds, along the last axis."""
    rising: Floats = np.cumsum(counts[..., ::-1], axis=-1)
    return rising[..., ::-1][..., 1:]


def _resampled(
    passed: Counts,
    cells: Cells,
    shares: Floats,
    *,
    by: str,
    rng: np.random.Generator,
    resamples: int,
) -> Floats:
    """Return profiles of resamples, shape (resamples, taus)."""
    if by == "competition":
        return resampled_means(shares, rng, resamples)
    draws = AttemptDraws(cells.made)
    # In the order of what they pass, those that fail a threshold come first.
    order = np.argsort(passed, kind="stable")
    fails = np.searchsorted(passed[order], np.arange(shares.shape[1]), side="right")
    units, total = _units(cells)
    units = units[order]
    found = np.empty((resamples, shares.shape[1]))
    for block in blocks(resamples, draws.cells):
        times = draws.times(rng, block.stop - block.start).take(order, axis=1)
        rising = np.cumsum(times * units, axis=1)
        failed = np.where(fails > 0, rising[:, fails - 1], 0)
        found[block] = 1.0 - failed / total
    return found


def _units(cells: Cells) -> tuple[Counts, float]:
    """Return the weights of the cells as whole numbers, and their sum.

    Whole numbers add up faster, and an agent that always passes has exactly 1.
    """
    if (cells.made == cells.made[0]).all():
        return np.ones(cells.values.size, dtype=np.int64), float(cells.values.size)
    units = np.rint(cells.weights * 2.0**50).astype(np.int64)
    return units, float(units.sum())
