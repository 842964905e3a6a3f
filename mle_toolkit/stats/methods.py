"""Which interval is which: the methods by name, for either target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats import bootstrap, conventional, end_atom
from mle_toolkit.stats.combinatorics import at_least_one
from mle_toolkit.stats.conventional import Limits
from mle_toolkit.stats.records import Interval, Resampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

TARGETS = ("population", "these")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Counts of the competitions that entered, and the k they are judged by.

    Attributes
    ----------
    n, c : array of int, shape (competitions,)
        Attempts, at least `k` of each, and successes.
    k
        Attempts that one may draw.
    outcomes : array, shape (seeds, competitions)
        Medals by seed, where they are known.
    """

    n: Counts
    c: Counts
    k: int
    outcomes: Floats | None = None

    @property
    def values(self) -> Floats:
        """Unbiased estimate of each competition."""
        # For k = 1 the plain ratio, which has no rounding of logarithms.
        if self.k == 1:
            return self.c / self.n
        return at_least_one(self.n, self.c, np.full_like(self.n, self.k))

    @property
    def noise(self) -> Floats:
        """Sampling variance of each estimate."""
        return attempt_noise(self.values, self.n, self.c, np.int64(self.k))

    @property
    def draws(self) -> Floats:
        """Of how many independent draws each estimate is worth the mean."""
        return self.n / self.k


def check_method(target: str, method: str, *, strict: bool) -> None:
    """Raise unless `method` is a method for `target`.

    Raises
    ------
    UsageError
        With the names that are legal, and those for the other target.
    """
    check_choice("target", target, TARGETS)
    here, there = _POPULATION, _THESE
    if target == "these":
        here, there = there, here
    if method in there and method not in here:
        msg = (
            f"method={method!r} does not speak of target={target!r}; choose one of "
            f"{', '.join(here)}"
        )
        raise UsageError(msg)
    check_choice("method", method, here)
    if strict and (target, method) != ("population", "end-atom"):
        msg = (
            "strict=True is a form for target='population' and method='end-atom'; "
            "leave it out"
        )
        raise UsageError(msg)


def interval(
    sample: Sample,
    *,
    target: str,
    level: float,
    method: str,
    strict: bool,
    resamples: int,
    seed: int | np.random.Generator,
) -> Interval:
    """Return the mean over competitions with limits; all arguments are checked."""
    name = method_name(target, method, strict=strict)
    values = sample.values
    if values.size < end_atom.LEAST:
        return end_atom.too_few(values, level, name)
    find = (_POPULATION if target == "population" else _THESE)[method]
    if find is None:
        return _bootstrapped(
            sample,
            target=target,
            level=level,
            method=method,
            resamples=resamples,
            seed=seed,
        )
    limits = _end_atom(sample, level, strict=True) if strict else find(sample, level)
    return Interval(
        estimate=float(values.mean()),
        low=limits.low,
        high=limits.high,
        level=level,
        method=name,
        n=values.size,
        reason=limits.reason,
    )


def method_name(target: str, method: str, *, strict: bool = False) -> str:
    """Return the name that the record carries: it tells the target, too."""
    if strict:
        return f"{method}-strict"
    return method if target == "population" else f"{method}-fixed"


def attempt_noise(
    values: Floats,
    n: Counts,
    c: Counts,
    k: NDArray[np.int64] | np.int64,
    *,
    present: NDArray[np.bool_] | None = None,
) -> Floats:
    """Return the sampling variance of the pass@k of each competition.

    With M(k) for ``C(n - c, k) / C(n, k)``, the unbiased estimate of the chance
    that k attempts all fail, ``M(k)**2 - M(2 k)`` is the unbiased estimate of its
    variance.  It needs 2 k attempts.  For competitions with fewer, the smaller sum
    of two that are too large on average is taken: `variance_bound`, with a guard
    of one more competition solved once, and the bound of a U-statistic, ``k / n``
    times the variance of a single draw (Hoeffding 1948, Annals of Mathematical
    Statistics 19, theorem 5.2), at the mean over competitions.  The first meets the
    unbiased one at ``n = 2 k`` but for the guard, which grows from 0.

    Parameters
    ----------
    values : array, shape (..., competitions)
        Estimates of pass@k.
    n, c, k : array of int
        Counts that broadcast to the shape of `values`.
    present : array of bool, of that shape
        Which competitions have k attempts; by default all.
    """
    here = np.ones(values.shape, dtype=bool) if present is None else present
    n, c, k = (np.broadcast_to(each, values.shape) for each in (n, c, k))
    beyond = at_least_one(n, c, 2 * k)
    unbiased = (1.0 - values) ** 2 - (1.0 - beyond)
    few = here & (2 * k > n)
    count = np.maximum(here.sum(axis=-1, keepdims=True), 1)
    mean = np.where(here, values, 0.0).sum(axis=-1, keepdims=True) / count
    hoeffding = np.where(few, k / np.maximum(n, 1) * mean * (1.0 - mean), 0.0)
    solved = np.where(few, variance_bound(values, n, c, k), 0.0)
    # The guard: one more competition that was solved once.
    guard = np.where(few, 2 * k / np.maximum(n, 1) - 1.0, 0.0)
    guard = guard.max(axis=-1, keepdims=True, initial=0.0)
    solved += guard * few / np.maximum(few.sum(axis=-1, keepdims=True), 1)
    smaller = solved.sum(axis=-1, keepdims=True) < hoeffding.sum(axis=-1, keepdims=True)
    return np.where(few, np.where(smaller, solved, hoeffding), unbiased)


def variance_bound(values: Floats, n: Counts, c: Counts, k: Counts) -> Floats:
    """Return what exceeds the variance of pass@k on average, for k <= n <= 2 k.

    With q = 1 - p, M(k)**2 estimates ``q**(2 k)`` plus the variance, and for the
    former ``q**n (1 - (2 k - n) p)`` is too small.  There, ``q**n`` is the chance of
    no success, and ``n p q**n`` is below that of one: what is left of ``M(k)**2``
    where a competition was solved, and ``2 k / n - 1`` for each that was solved once.

    Parameters
    ----------
    values : array, shape (..., competitions)
        Estimates of pass@k.
    n, c, k : array of int, of that shape
        Attempts, successes, and attempts that one may draw.

    Returns
    -------
    ndarray
        Of that shape, at least 0; for other k it has no meaning.
    """
    missed = np.where(c > 0, (1.0 - values) ** 2, 0.0)
    result: Floats = missed + (2.0 * k / np.maximum(n, 1) - 1.0) * (c == 1)
    return result


def _smoothed(sample: Sample, level: float) -> Limits:
    """Return mean +- z SE, each competition at the rate (c + 1/2)/(n + 1)."""
    variances = [
        _exact_variance(int(n), (c + 0.5) / (n + 1.0), sample.k)
        for n, c in zip(sample.n, sample.c, strict=True)
    ]
    return conventional.stratified_z(sample.values, np.array(variances), level)


def _exact_variance(n: int, p: float, k: int) -> float:
    """Return the variance of pass@k over all numbers of successes."""
    if k == 1:
        return p * (1.0 - p) / n
    from scipy import special

    c = np.arange(n + 1)
    values = at_least_one(np.full_like(c, n), c, np.full_like(c, k))
    logs = special.gammaln(n + 1) - special.gammaln(c + 1) - special.gammaln(n - c + 1)
    weights = np.exp(logs + c * np.log(p) + (n - c) * np.log1p(-p))
    mean = (weights * values).sum()
    return float((weights * (values - mean) ** 2).sum())


def _end_atom(sample: Sample, level: float, *, strict: bool = False) -> Limits:
    low, high = end_atom.population_limits(sample.values, level, strict=strict)
    return Limits(float(low), float(high))


def _end_atom_fixed(sample: Sample, level: float) -> Limits:
    low, high = end_atom.fixed_limits(sample.values, sample.noise, sample.draws, level)
    return Limits(float(low), float(high))


def _stratified(sample: Sample, level: float) -> Limits:
    if (sample.n < 2 * sample.k).any():
        reason = (
            f"the variance needs {2 * sample.k} attempts of each competition; "
            f"there are {sample.n.min()}; use method='end-atom'"
        )
        return Limits(float("nan"), float("nan"), reason)
    return conventional.stratified_z(sample.values, sample.noise, level)


def _seeds(sample: Sample, level: float) -> Limits:
    if sample.outcomes is not None:
        return conventional.sem_over_seeds(sample.outcomes, level)
    return conventional.sem_over_seeds_of_counts(sample.values, sample.n, level)


def _bootstrapped(
    sample: Sample,
    *,
    target: str,
    level: float,
    method: str,
    resamples: int,
    seed: int | np.random.Generator,
) -> Interval:
    by = "competition" if target == "population" else "attempt"
    rng, noted = bootstrap.check_resampling(by, resamples, seed)
    values = sample.values
    spread = values if by == "competition" else sample.noise
    limits = Limits(float("nan"), float("nan"), conventional.NO_SPREAD)
    if by == "competition" and (spread != spread[0]).any():
        draws = bootstrap.resampled_means(values, rng, resamples)
        limits = _quantiles(draws, values, level, method)
    elif by == "attempt" and ((sample.c > 0) & (sample.c < sample.n)).any():
        draws = _redrawn(sample, rng, resamples)
        limits = _quantiles(draws, values, level, method)
    return Resampled(
        estimate=float(values.mean()),
        low=limits.low,
        high=limits.high,
        level=level,
        method=method_name(target, method),
        n=values.size,
        reason=limits.reason,
        by=by,
        resamples=resamples,
        seed=noted,
    )


def _redrawn(sample: Sample, rng: np.random.Generator, resamples: int) -> Floats:
    """Return means after the attempts of each competition were drawn anew."""
    means = np.empty(resamples)
    for block in bootstrap.blocks(resamples, sample.n.size):
        shape = (block.stop - block.start, sample.n.size)
        successes = rng.binomial(sample.n, sample.c / sample.n, size=shape)
        n = np.broadcast_to(sample.n, shape)
        values = at_least_one(n, successes, np.full(shape, sample.k))
        means[block] = values.mean(axis=1)
    return means


def _quantiles(draws: Floats, values: Floats, level: float, method: str) -> Limits:
    if method == "bootstrap-bca":
        return Limits(*bootstrap.bca(draws, values, level))
    low, high = bootstrap.percentiles(draws, level)
    return Limits(float(low), float(high))


_Method: TypeAlias = "Callable[[Sample, float], Limits]"

_POPULATION: dict[str, _Method | None] = {
    "end-atom": _end_atom,
    "logit-t": lambda sample, level: conventional.logit_t(sample.values, level),
    "wilson": lambda sample, level: conventional.wilson(sample.values, sample.n, level),
    "clopper-pearson": lambda sample, level: conventional.clopper_pearson(
        sample.values, sample.n, level
    ),
    "cluster-t": lambda sample, level: conventional.cluster_t(sample.values, level),
    "bootstrap-percentile": None,
    "bootstrap-bca": None,
    "sem-over-seeds": _seeds,
}
_THESE: dict[str, _Method | None] = {
    "end-atom": _end_atom_fixed,
    "wilson": lambda sample, level: conventional.wilson_fixed(
        sample.values, sample.draws, level
    ),
    "clopper-pearson": lambda sample, level: conventional.clopper_pearson_fixed(
        sample.values, sample.draws, level
    ),
    "stratified-z": _stratified,
    "smoothed-z": _smoothed,
    "bootstrap-percentile": None,
    "sem-over-seeds": _seeds,
}
