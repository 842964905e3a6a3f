"""The usual intervals for a mean over competitions, to be shown beside ours.

Each is what its name says in the literature, worked out from one value in
[0, 1] per competition.  How often each covers is in ``docs/calibration.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

NO_SPREAD = (
    "all competitions have the same value, and this method has no other measure of "
    "its error; use method='end-atom'"
)
_NAN = float("nan")


class Limits(NamedTuple):
    """Both limits, and why they are NaN if they are."""

    low: float
    high: float
    reason: str | None = None


def cluster_t(values: Floats, level: float) -> Limits:
    """Return mean +- t SE, with one value per competition (Miller 2024)."""
    error = _standard_error(values)
    if error == 0.0:
        return Limits(_NAN, _NAN, NO_SPREAD)
    return _around(float(values.mean()), t_quantile(values.size - 1, level) * error)


def logit_t(values: Floats, level: float) -> Limits:
    """Return the t interval on the logit scale, by the delta method.

    Where the standard error is 0, which has no logit, the interval is that of
    Clopper and Pearson with one attempt per competition.
    """
    from scipy import special

    mean, error = float(values.mean()), _standard_error(values)
    if error == 0.0:
        return _exact(mean, float(values.size), level)
    reach = t_quantile(values.size - 1, level) * error / (mean * (1.0 - mean))
    centre = special.logit(mean)
    return Limits(
        float(special.expit(centre - reach)), float(special.expit(centre + reach))
    )


def wilson(values: Floats, attempts: Counts, level: float) -> Limits:
    """Return Wilson's interval with the effective number of attempts, and t."""
    number = _effective(values, attempts)
    return _score(float(values.mean()), number, t_quantile(values.size - 1, level))


def clopper_pearson(values: Floats, attempts: Counts, level: float) -> Limits:
    """Return Clopper and Pearson's interval with effective attempts.

    These are corrected for the degrees of freedom (Korn and Graubard 1998,
    Survey Methodology 24).  One attempt per competition gives the exact interval.
    """
    total = float(attempts.sum())
    ratio = t_quantile(total - 1, level) / t_quantile(values.size - 1, level)
    number = _effective(values, attempts) * ratio**2
    number = min(max(number, float(values.size)), total)
    return _exact(float(values.mean()), number, level)


def wilson_fixed(values: Floats, draws: Floats, level: float) -> Limits:
    """Return Wilson's interval with the harmonic total of independent draws."""
    return _score(float(values.mean()), _harmonic(draws), normal_quantile(level))


def clopper_pearson_fixed(values: Floats, draws: Floats, level: float) -> Limits:
    """Return Clopper and Pearson's interval with the harmonic total of draws."""
    return _exact(float(values.mean()), _harmonic(draws), level)


def stratified_z(values: Floats, noise: Floats, level: float) -> Limits:
    """Return mean +- z SE, from the variances of the attempts within competitions."""
    error = float(np.sqrt(noise.sum())) / values.size
    if error == 0.0:
        reason = (
            "every competition is all or nothing, and this method has no other "
            "measure of its error; use method='end-atom'"
        )
        return Limits(_NAN, _NAN, reason)
    return _around(float(values.mean()), normal_quantile(level) * error)


def sem_over_seeds(outcomes: Floats, level: float) -> Limits:
    """Return mean +- z SEM of the means of the seeds, as MLE-bench reports them.

    Parameters
    ----------
    outcomes : array, shape (seeds, competitions)
        Row i holds what is called seed i of every competition.
    level
        Nominal coverage; 0.95 gives the factor 1.96.
    """
    means = outcomes.mean(axis=1)
    spread = np.sqrt(means.var(ddof=1)) if means.size > 1 else 0.0
    return _seeds(float(means.mean()), float(spread), means.size, level)


def sem_over_seeds_of_counts(values: Floats, attempts: Counts, level: float) -> Limits:
    """Return the same from counts: its mean square over all orders of the attempts.

    Which attempt of a competition is called seed i is arbitrary.  Averaged over
    all ways to call them, the variance of the seeds' means is the sum of the
    variances within competitions.  Where attempts differ in number, as many
    seeds count as the competition with the fewest has.
    """
    seeds = int(attempts.min())
    inside = values * (1.0 - values) * attempts / np.maximum(attempts - 1, 1)
    spread = float(np.sqrt(inside.sum())) / values.size
    return _seeds(float(values.mean()), spread, seeds, level)


def t_quantile(freedom: float, level: float) -> float:
    """Return the two-sided quantile of Student's law."""
    from scipy import special

    return float(special.stdtrit(freedom, (1.0 + level) / 2.0))


def normal_quantile(level: float) -> float:
    """Return the two-sided quantile of the normal law."""
    from scipy import special

    return float(special.ndtri((1.0 + level) / 2.0))


def _seeds(mean: float, spread: float, seeds: int, level: float) -> Limits:
    if seeds < 2:
        reason = "one seed has no spread; at least 2 are needed"
        return Limits(_NAN, _NAN, reason)
    if spread == 0.0:
        reason = (
            "all seeds have the same mean; the rule prints +- 0, which is no interval"
        )
        return Limits(_NAN, _NAN, reason)
    return _around(mean, normal_quantile(level) * spread / seeds**0.5)


def _standard_error(values: Floats) -> float:
    if (values == values[0]).all():
        return 0.0
    return float(np.sqrt(values.var(ddof=1) / values.size))


def _effective(values: Floats, attempts: Counts) -> float:
    """Return how many independent attempts the mean is worth.

    At least one per competition, at most all that were made.
    """
    mean, error = float(values.mean()), _standard_error(values)
    least, most = float(values.size), float(attempts.sum())
    if mean in {0.0, 1.0}:
        return least
    if error == 0.0:
        return most
    return min(max(mean * (1.0 - mean) / error**2, least), most)


def _harmonic(draws: Floats) -> float:
    return float(draws.size**2 / (1.0 / draws).sum())


def _score(mean: float, number: float, quantile: float) -> Limits:
    """Return Wilson's limits (1927, JASA 22)."""
    square = quantile**2
    centre = (mean + square / (2.0 * number)) / (1.0 + square / number)
    inside = mean * (1.0 - mean) / number + square / (4.0 * number**2)
    reach = quantile * inside**0.5 / (1.0 + square / number)
    return Limits(
        0.0 if mean == 0.0 else max(centre - reach, 0.0),
        1.0 if mean == 1.0 else min(centre + reach, 1.0),
    )


def _exact(mean: float, number: float, level: float) -> Limits:
    """Return Clopper and Pearson's limits for a number that need not be whole."""
    from scipy import special

    tail = (1.0 - level) / 2.0
    hits = mean * number
    low = high = mean
    if mean == 0.0:
        low = 0.0
    else:
        low = float(special.betaincinv(hits, number - hits + 1.0, tail))
    if mean == 1.0:
        high = 1.0
    else:
        high = float(special.betainccinv(hits + 1.0, number - hits, tail))
    return Limits(low, high)


def _around(mean: float, reach: float) -> Limits:
    """Return mean +- reach inside [0, 1], where the mean must lie."""
    return Limits(max(mean - reach, 0.0), min(mean + reach, 1.0))
