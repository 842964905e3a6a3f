"""Resampling: whole competitions, or the attempts within each competition.

Resamples are drawn in blocks that fit into the processor's cache.  The block
sizes are constants, so that a seed gives the same limits everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import check_choice
from mle_toolkit.stats.checks import checked_seed, one_whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

UNITS = ("competition", "attempt")
# Cells of one block: a few arrays of them fit into the cache, and the time goes
# into the arrays, not into the calls.  Twice as fast as blocks of ten times that.
_BLOCK = 30_000


def check_resampling(
    by: str, resamples: int, seed: int | np.random.Generator
) -> tuple[np.random.Generator, int | None]:
    """Return the generator, and the seed to note down.

    Raises
    ------
    UsageError
        For an unknown unit, fewer than 100 resamples, and an illegal seed.
    """
    check_choice("unit of resampling", by, UNITS)
    one_whole_number("resamples", resamples, least=100)
    return checked_seed(seed)


def blocks(resamples: int, cells: int) -> Iterator[slice]:
    """Yield slices of the resamples, a block at a time."""
    size = max(1, _BLOCK // max(cells, 1))
    for start in range(0, resamples, size):
        yield slice(start, min(start + size, resamples))


def competition_counts(
    rng: np.random.Generator, resamples: int, competitions: int
) -> Counts:
    """Return how often each competition is drawn, shape (resamples, competitions)."""
    drawn = _below(rng, competitions, (resamples, competitions))
    return histogram(drawn, competitions)


def histogram(cells: Counts | NDArray[np.uint8], width: int) -> Counts:
    """Return, for each row of `cells`, how often it holds 0, 1, ... width - 1."""
    rows = len(cells)
    flat = (cells + np.arange(0, rows * width, width)[:, None]).ravel()
    return np.bincount(flat, minlength=rows * width).reshape(rows, width)


def _below(
    rng: np.random.Generator, end: int, shape: tuple[int, int]
) -> NDArray[np.int64] | NDArray[np.uint8]:
    """Return whole numbers from 0 to end - 1, where possible as bytes.

    Bytes are drawn several times as fast as 64-bit integers.
    """
    if end <= 256:
        return rng.integers(0, end, size=shape, dtype=np.uint8)
    return rng.integers(0, end, size=shape)


def resampled_means(values: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """Return means over resampled competitions, shape (resamples, ...).

    `values` has the shape (competitions, ...).
    """
    count = len(values)
    means, scaled = np.empty((resamples, *values.shape[1:])), values / count
    for block in blocks(resamples, count):
        drawn = competition_counts(rng, block.stop - block.start, count)
        means[block] = np.tensordot(drawn.astype(float), scaled, axes=1)
    return means


def percentiles(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the two quantiles that leave equal tails, along the first axis."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail], axis=0)
    return low, high


def bca(draws: Floats, values: Floats, level: float) -> tuple[float, float]:
    """Return the bias-corrected and accelerated limits of a mean.

    Parameters
    ----------
    draws : array, shape (resamples,)
        Means of resampled competitions.
    values : array, shape (competitions,)
        The values, which are not all equal: their jackknife gives the
        acceleration (Efron 1987, JASA 82, equation 6.6).
    level
        Nominal coverage.
    """
    from scipy import special

    mean = values.mean()
    slack = 1e-12
    below = (draws < mean - slack).mean() + (abs(draws - mean) <= slack).mean() / 2.0
    least = 0.5 / draws.size
    bias = special.ndtri(np.clip(below, least, 1.0 - least))
    centred = values - mean
    acceleration = (centred**3).sum() / (6.0 * (centred**2).sum() ** 1.5)
    tail = (1.0 - level) / 2.0
    shifted = bias + special.ndtri(np.array([tail, 1.0 - tail]))
    orders = special.ndtr(bias + shifted / (1.0 - acceleration * shifted))
    low, high = np.quantile(draws, orders)
    return float(low), float(high)
