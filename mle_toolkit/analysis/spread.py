"""What counts alone say about the spread over seeds.

The standard error that MLE-bench prints is the spread of the seeds' medal rates.
Counts per competition do not say which seed won where, so they do not determine it:
they give its expectation when seeds are independent, and limits that it cannot leave.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.stats.checks import counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LEAST = 2


def error_from_counts(n: ArrayLike, c: ArrayLike) -> tuple[float, str | None]:
    """Return the standard error of the mean rate from its seeds, and why it is NaN.

    With independent seeds the variance of the mean over T competitions is estimated
    without bias by ``sum(p (1 - p) / (n - 1)) / T**2``, where ``p = c / n``.  With
    equal n its square is the expectation of the squared SEM over seed means.  Like
    that SEM it has no part of the differences between competitions.

    Examples
    --------
    Two competitions, won by 1 and by 2 of 4 seeds:

    >>> error, _ = error_from_counts([4, 4], [1, 2])
    >>> round(error**2, 6) == round((0.1875 / 3 + 0.25 / 3) / 4, 6)
    True
    """
    attempts, successes = counts(n, c)
    inside = attempts > 0
    attempts, successes = attempts[inside], successes[inside]
    if not attempts.size:
        return math.nan, "no attempt"
    single = int((attempts < _LEAST).sum())
    if single:
        many = "1 competition has" if single == 1 else f"{single} competitions have"
        return math.nan, f"{many} one seed, which has no spread"
    rates = successes / attempts
    variance = (rates * (1 - rates) / (attempts - 1)).sum() / attempts.size**2
    return math.sqrt(float(variance)), None


def error_limits(n: ArrayLike, c: ArrayLike) -> tuple[float, float]:
    """Return the least and the largest SEM over seeds that fit the counts.

    The least has the medals spread as evenly as possible over the seeds, which a
    round robin achieves; the largest has the first seed win wherever any does, the
    second wherever two do, and so on.  Both NaN unless all n are equal and above 1.

    Examples
    --------
    Two seeds and two competitions with one medal each: both by the same seed (rates
    1 and 0), or one each (rates 1/2 and 1/2):

    >>> tuple(round(limit, 6) for limit in error_limits([2, 2], [1, 1]))
    (0.0, 0.5)
    """
    attempts, successes = counts(n, c)
    inside = attempts > 0
    attempts, successes = attempts[inside], successes[inside]
    if not attempts.size or attempts.min() != attempts.max() or attempts[0] < _LEAST:
        return math.nan, math.nan
    seeds = int(attempts[0])
    total = int(successes.sum())
    even = np.full(seeds, total // seeds)
    even[: total % seeds] += 1
    stacked = (successes[:, None] > np.arange(seeds)).sum(axis=0)
    scale = attempts.size * math.sqrt(seeds)
    return float(even.std(ddof=1) / scale), float(stacked.std(ddof=1) / scale)
