"""The sign-flip test on paired differences, exact wherever it can be."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.stats.checks import checked_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXACT, SAMPLED = "sign-flip", "sign-flip-sampled"
_SAMPLES = 99_999
# The largest denominator of one difference, and the longest table of sums.
_DENOMINATOR = 10_000
_LONGEST_TABLE = 300_000
# Two halves of 20 differences have a million sums each.
_MOST_HALVED = 40
_SLACK = 1e-12


def sign_flip(
    differences: Floats, seed: int | np.random.Generator
) -> tuple[float, str]:
    """Return the two-sided p-value of the mean, and how it was found.

    If neither agent is better, each difference might as well have had the other
    sign.  The p-value is the share of all ``2**T`` ways to sign the differences
    whose mean is at least as far from 0 as the one observed (Fisher 1935, The
    Design of Experiments, section 21).  Differences of rates are fractions, and
    the ways are counted through a table of their sums; other values are counted
    up to 40 of them, by halves, and sampled beyond.

    Parameters
    ----------
    differences : array, shape (competitions,)
        Finite differences.
    seed
        For the samples; not used when the ways can be counted.
    """
    rng, _ = checked_seed(seed)
    sizes = np.abs(differences[differences != 0.0])
    if not sizes.size:
        return 1.0, EXACT
    observed = abs(differences.sum())
    whole = _whole(sizes)
    if whole is not None:
        steps, unit = whole
        return _by_table(steps, observed / unit), EXACT
    slack = _SLACK * sizes.sum()
    if sizes.size <= _MOST_HALVED:
        return _by_halves(sizes, observed - slack), EXACT
    return _by_samples(sizes, observed - slack, rng), SAMPLED


def _whole(sizes: Floats) -> tuple[NDArray[np.int64], float] | None:
    """Return the sizes as multiples of one unit, if they have a usable one."""
    common = 1
    for size in np.unique(sizes):
        fraction = Fraction(float(size)).limit_denominator(_DENOMINATOR)
        common = math.lcm(common, fraction.denominator)
        if common * sizes.sum() > _LONGEST_TABLE:
            return None
    steps = np.rint(sizes * common)
    if (np.abs(sizes * common - steps) > 1e-7).any():
        return None
    return steps.astype(np.int64), 1.0 / common


def _by_table(steps: NDArray[np.int64], observed: float) -> float:
    """Add up, over all subsets, the chance of each sum of the positive ones."""
    total = int(steps.sum())
    chance = np.zeros(total + 1)
    chance[0] = 1.0
    reached = 0
    for step in np.sort(steps):
        part = chance[: reached + 1] / 2.0
        chance[: reached + 1] = part
        chance[step : step + reached + 1] += part
        reached += int(step)
    sums = 2.0 * np.arange(total + 1) - total
    return float(min(chance[np.abs(sums) >= observed - 0.5].sum(), 1.0))


def _by_halves(sizes: Floats, least: float) -> float:
    """Count the signed sums by pairing those of one half with the other's."""
    middle = sizes.size // 2
    first, second = _signed_sums(sizes[:middle]), _signed_sums(sizes[middle:])
    second.sort()
    above = second.size - np.searchsorted(second, least - first, side="left")
    below = np.searchsorted(second, -least - first, side="right")
    found = (above + below).sum() if least > 0.0 else first.size * second.size
    return float(found / (first.size * second.size))


def _signed_sums(sizes: Floats) -> Floats:
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return sums


def _by_samples(sizes: Floats, least: float, rng: np.random.Generator) -> float:
    """Count the observed signs among the sampled ones, so that p is never 0."""
    found = 1
    for start in range(0, _SAMPLES, 10_000):
        rows = min(10_000, _SAMPLES - start)
        bits = rng.integers(0, 2, size=(rows, sizes.size), dtype=np.int8)
        sums = (2.0 * bits - 1.0) @ sizes
        found += int((np.abs(sums) >= least).sum())
    return found / (_SAMPLES + 1)
