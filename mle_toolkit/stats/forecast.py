"""Forecasts of pass@k beyond the attempts that were made, with their band."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import (
    competition_counts,
    confidence,
    whole_numbers,
)
from mle_toolkit.stats.mixing import FAMILIES, Table, laws_for, missed_anywhere
from mle_toolkit.stats.powerlaw import PowerLaw, power_law_pass_at_k
from mle_toolkit.stats.seeding import noted_generator
from mle_toolkit.stats.unseen import chao_pass_at_k, good_toulmin_pass_at_k

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from mle_toolkit.stats.records import Interval

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

MODELS = tuple(FAMILIES)
_TARGETS = ("these", "population")
_METHOD = "model-average"
_DRAWS = 4000
# The band cuts its tails at this share of the nominal ones: see the docs.
_TAIL = 0.7
# Laws less likely than this, relative to the best, change no digit shown.
_NEGLIGIBLE = 1e-8
# Beyond these multiples of the attempts made: caution, other methods, refusal.
_MODEL_DEPENDENT, _FAR, _TOO_FAR = 3.0, 10.0, 30.0
_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A forecast of the mean pass@k over competitions.

    Attributes
    ----------
    k
        The number of attempts that it is for.
    estimate
        Posterior mean under the model average; NaN when there is a `reason`.
    low, high
        The band, of nominal coverage `level`.
    level
        Nominal coverage of the band.
    method
        ``"model-average"``, or the name of the only model.
    target
        ``"these"`` competitions, or others of the same ``"population"``.
    n
        Competitions that entered.
    attempts
        Attempts on the middle competition, the yardstick for `k`.
    models
        Names of the models and their posterior probabilities.
    caution
        ``"model-dependent"`` when `k` exceeds 3 times the attempts made: models
        that fit the counts equally well then differ.  None below.
    at_least
        Chao's lower value; see `chao_pass_at_k`.  It is one on average only.
    conflict
        ``"above-estimate"`` or ``"above-band"`` when `at_least` exceeds the estimate
        or the band, for `k` above the attempts made; None otherwise.  It is more often
        the noise of `at_least` than a fault of the estimate (``docs/forecasting.md``).
    good_toulmin
        A band without a model, for `k` of 10 times the attempts and more; else
        None.  See `good_toulmin_pass_at_k`.
    power_law
        What a power law through the observed curve says, as a check.
    seed
        The seed of the draws behind the bands; None for a generator.
    reason
        Why the values are NaN; None when they are not.
    """

    k: int
    estimate: float
    low: float
    high: float
    level: float
    method: str
    target: str
    n: int
    attempts: float
    models: tuple[tuple[str, float], ...] = field(default=())
    caution: str | None = None
    at_least: float = float("nan")
    conflict: str | None = None
    good_toulmin: Interval | None = None
    power_law: PowerLaw | None = None
    seed: int | None = None
    reason: str | None = None


@overload
def forecast_pass_at_k(
    n: ArrayLike,
    c: ArrayLike,
    k: int,
    *,
    level: float = ...,
    target: str = ...,
    models: Sequence[str] = ...,
    seed: int | np.random.Generator = ...,
) -> Forecast: ...


@overload
def forecast_pass_at_k(
    n: ArrayLike,
    c: ArrayLike,
    k: Sequence[int] | NDArray[np.int64],
    *,
    level: float = ...,
    target: str = ...,
    models: Sequence[str] = ...,
    seed: int | np.random.Generator = ...,
) -> tuple[Forecast, ...]: ...


def forecast_pass_at_k(
    n: ArrayLike,
    c: ArrayLike,
    k: int | Sequence[int] | NDArray[np.int64],
    *,
    level: float = 0.8,
    target: str = "these",
    models: Sequence[str] = MODELS,
    seed: int | np.random.Generator = 0,
) -> Forecast | tuple[Forecast, ...]:
    """Forecast the mean pass@k over competitions for more attempts than were made.

    A Bayesian average, with equal prior weight, of six models of how success
    rates differ between competitions: beta-binomial, zero-inflated
    beta-binomial, a library of mixtures of two Beta laws with or without
    impossible competitions, logit-normal, and two classes with and without
    impossible competitions.  Each is a set of fixed laws, weighted by their
    likelihood; given a law, every competition has its own posterior from its
    own counts, however many attempts it has.  The band holds what that leaves
    open.  Its tails are cut at 7/10 of the nominal ones, which was chosen on
    simulated worlds other than those of the report: it covers more than its
    level on average, and less in the worst worlds (``docs/forecasting.md``).

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition; those with none are left out.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    k : int or array of int, shape (ks,)
        Attempts that one will make on each competition; at least 1.
    level
        Nominal coverage of the band.
    target
        ``"these"``: k fresh attempts on the same competitions.
        ``"population"``: on other competitions of the same kind.
    models
        Names of the models to average; `MODELS` lists them all.
    seed
        Of the draws that make the bands; the estimate does not depend on it.

    Returns
    -------
    Forecast or tuple of Forecast
        One per k; a tuple when `k` is an array.  NaN with a reason when `k`
        exceeds 30 times the attempts made (no method that we know holds there),
        when there are fewer than 2 competitions, when no competition has 2
        attempts, and when no attempt succeeded.

    Raises
    ------
    UsageError
        For illegal counts, `k`, `level`, `target`, `models` or `seed`.

    Examples
    --------
    >>> n, c = [8] * 22, [8, 7, 5, 3, 2, 1, 1] + [0] * 15
    >>> far = forecast_pass_at_k(n, c, 80)
    >>> far.caution
    'model-dependent'
    >>> 7 / 22 < far.low < far.estimate < far.high < 0.9
    True
    >>> forecast_pass_at_k(n, c, 1000).reason
    'k = 1000 is more than 30 times the 8 attempts made: no forecast holds there'
    """
    attempts, successes = competition_counts(n, c)
    ks = whole_numbers("k", k, least=1)
    if ks.ndim > 1:
        msg = f"k must be one number or have one axis; got shape {ks.shape}"
        raise UsageError(msg)
    level = confidence(level)
    check_choice("target", target, _TARGETS)
    names = checked_models(models)
    rng, noted = noted_generator(seed)
    entered = attempts > 0
    attempts, successes = attempts[entered], successes[entered]
    middle = float(np.median(attempts)) if attempts.size else 0.0
    blank = Forecast(
        k=0, estimate=np.nan, low=np.nan, high=np.nan, level=level,
        method=names[0] if len(names) == 1 else _METHOD, target=target,
        n=attempts.size, attempts=middle,
        seed=noted,
    )  # fmt: skip
    problem = _refusal(attempts, successes)
    wanted = [int(value) for value in np.atleast_1d(ks)]
    if problem:
        done = [replace(blank, k=value, reason=problem) for value in wanted]
    else:
        fit = _fit(attempts, successes, names)
        done = [
            _one(replace(blank, k=value), fit, attempts, successes, rng)
            for value in wanted
        ]
    return tuple(done) if ks.ndim else done[0]


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The laws that the counts leave, with their probabilities."""

    table: Table
    counts: Counts
    rows: Counts
    weights: Floats
    models: tuple[tuple[str, float], ...]


def checked_models(models: Sequence[str]) -> list[str]:
    """Return the names as a list, or say which of them is not a model."""
    names = [models] if isinstance(models, str) else list(models)
    if not names:
        msg = f"models must name at least one of {', '.join(MODELS)}; got none"
        raise UsageError(msg)
    for name in names:
        check_choice("model", name, MODELS)
    return names


def _refusal(n: Counts, c: Counts) -> str | None:
    if n.size < _LEAST:
        return "at least 2 competitions are needed to see how they differ"
    if n.max() < _LEAST:
        return "one attempt per competition does not say how competitions differ"
    if not c.any():
        return "no attempt succeeded: the counts do not say how rare a success is"
    return None


def _fit(n: Counts, c: Counts, names: Sequence[str]) -> _Fit:
    kinds, counts = np.unique(np.column_stack((n, c)), axis=0, return_counts=True)
    table = Table(laws_for(float(np.median(n))), kinds[:, 0], kinds[:, 1])
    return weigh(table, counts, names)


def weigh(table: Table, counts: Counts, names: Sequence[str]) -> _Fit:
    """Return the posterior of the laws, without those that do not matter."""
    chosen = np.isin(table.laws.family, [MODELS.index(name) for name in names])
    posterior = table.posterior(counts) * chosen
    posterior /= posterior.sum()
    rows = np.flatnonzero(posterior > _NEGLIGIBLE * posterior.max())
    weights = posterior[rows] / posterior[rows].sum()
    share = np.bincount(table.laws.family[rows], weights=weights, minlength=len(MODELS))
    models = tuple((name, float(share[MODELS.index(name)])) for name in names)
    return _Fit(table, counts, rows, weights, models)


def moments(fit: _Fit, k: int, target: str) -> tuple[Floats, Floats]:
    """Return mean and variance of pass@k under each law, shape (rows,)."""
    if target == "population":
        means = 1.0 - missed_anywhere(fit.table.laws, k, fit.rows)
        return means, np.zeros(means.shape)
    missed, spread = fit.table.missed(k, fit.rows)
    size = fit.counts.sum()
    return 1.0 - missed @ fit.counts / size, spread @ fit.counts / size**2


def band(
    weights: Floats,
    means: Floats,
    variances: Floats,
    level: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the limits of the band, from draws of pass@k.

    Under one law, the mean over competitions is drawn from the Beta law with
    its mean and variance.
    """
    strata = (np.arange(_DRAWS) + rng.random(_DRAWS)) / _DRAWS
    drawn = np.searchsorted(np.cumsum(weights), strata).clip(0, weights.size - 1)
    mean = means[drawn].clip(0.0, 1.0)
    variance = variances[drawn]
    room = mean * (1.0 - mean)
    spread = (variance > 1e-14) & (variance < room)
    total = room[spread] / variance[spread] - 1.0
    values = mean.copy()
    values[spread] = rng.beta(mean[spread] * total, (1.0 - mean[spread]) * total)
    tail = _TAIL * (1.0 - level) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return float(low), float(high)


def _one(
    blank: Forecast, fit: _Fit, n: Counts, c: Counts, rng: np.random.Generator
) -> Forecast:
    k, reach = blank.k, blank.k / blank.attempts
    if reach > _TOO_FAR:
        reason = (
            f"k = {k} is more than 30 times the {blank.attempts:g} attempts made: "
            "no forecast holds there"
        )
        return replace(blank, models=fit.models, reason=reason)
    means, variances = moments(fit, k, blank.target)
    estimate = float((fit.weights @ means).clip(0.0, 1.0))
    low, high = band(fit.weights, means, variances, blank.level, rng)
    far = None
    if reach >= _FAR:
        far = good_toulmin_pass_at_k(n, c, k, level=blank.level, seed=rng)
    lower = chao_pass_at_k(n, c, k, level=blank.level, seed=rng).estimate
    high = max(high, estimate)
    return replace(
        blank,
        estimate=estimate,
        low=min(low, estimate),
        high=high,
        models=fit.models,
        caution="model-dependent" if reach > _MODEL_DEPENDENT else None,
        at_least=lower,
        conflict=_conflict(lower, estimate, high) if reach > 1.0 else None,
        good_toulmin=far,
        power_law=power_law_pass_at_k(n, c, k),
    )


def _conflict(lower: float, estimate: float, high: float) -> str | None:
    if lower > high:
        return "above-band"
    return "above-estimate" if lower > estimate else None
