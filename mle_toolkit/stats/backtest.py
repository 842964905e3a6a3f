"""How good forecasts would have been on attempts that were made already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.checks import (
    competition_counts,
    confidence,
    one_whole_number,
    whole_numbers,
)
from mle_toolkit.stats.forecast import MODELS, band, checked_models, weigh
from mle_toolkit.stats.mixing import Table, laws_for
from mle_toolkit.stats.seeding import noted_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_LEAST = 2
_REASON = "fewer than 2 competitions have k attempts, or none of them a success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """How forecasts from few attempts compare with what more of them showed.

    Attributes
    ----------
    k
        The k that was forecast.
    truth
        The unbiased pass@k from all attempts.
    estimate
        Mean of the forecasts.
    bias, rmse
        Mean error, and root of the mean squared error, of the forecasts.
    coverage
        Share of the bands that held `truth`.
    width
        Mean width of the bands.
    level
        Nominal coverage of the bands.
    method
        ``"model-average"`` or the name of the only model.
    attempts
        Attempts per competition that each forecast saw.
    draws
        Number of forecasts.
    n
        Competitions with at least `k` attempts: only they entered.
    seed
        The seed of the draws; None for a generator.
    reason
        Why the values are NaN; None when they are not.
    """

    k: int
    truth: float
    estimate: float
    bias: float
    rmse: float
    coverage: float
    width: float
    level: float
    method: str
    attempts: int
    draws: int
    n: int
    seed: int | None = None
    reason: str | None = None


def backtest_forecast(
    n: ArrayLike,
    c: ArrayLike,
    k: int | Sequence[int] | NDArray[np.int64],
    *,
    attempts: int = 8,
    draws: int = 500,
    level: float = 0.8,
    models: Sequence[str] = MODELS,
    seed: int | np.random.Generator = 0,
) -> tuple[Backtest, ...]:
    """Forecast pass@k from a few of the attempts made, and compare with all.

    Draws `attempts` of each competition at random, without replacement,
    forecasts pass@k from them as `forecast_pass_at_k` does, and repeats this.
    The truth is the unbiased estimate from all attempts, which shares the drawn
    ones; with a pool not much larger than k this is a little favourable.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    k : int or array of int, shape (ks,)
        Attempts to forecast for.  Competitions with fewer are left out.
    attempts
        Attempts of each competition that a forecast sees; at least 2 and at
        most k.
    draws
        Number of forecasts.
    level, models
        As in `forecast_pass_at_k`.
    seed
        Of the draws.

    Returns
    -------
    tuple of Backtest
        One per k; NaN with a reason when fewer than 2 competitions have so many
        attempts, or when none of their attempts succeeded.  Draws without any
        success have no forecast: they are drawn again.

    Raises
    ------
    UsageError
        For illegal counts, `k`, `attempts`, `draws`, `level` or `seed`.

    Examples
    --------
    >>> n, c = [40] * 20, [0] * 10 + [1, 2, 4, 5, 10, 15, 20, 30, 35, 40]
    >>> (check,) = backtest_forecast(n, c, [20], draws=50)
    >>> round(check.truth, 3), abs(check.bias) < 0.1
    (0.459, True)
    """
    made, successes = competition_counts(n, c)
    few = one_whole_number("attempts", attempts, least=2)
    number = one_whole_number("draws", draws, least=1)
    ks = np.atleast_1d(whole_numbers("k", k, least=few))
    if ks.ndim > 1:
        msg = f"k must be one number or have one axis; got shape {ks.shape}"
        raise UsageError(msg)
    rng, noted = noted_generator(seed)
    setting = _Setting(
        few=few,
        number=number,
        level=confidence(level),
        models=checked_models(models),
        rng=rng,
    )
    results: dict[int, Backtest] = {}
    # All k that the same competitions can tell of share their draws.
    for least in np.unique(made[made >= few]):
        group = [int(value) for value in ks if _least(made, value) == least]
        rows = made >= least
        if group and rows.sum() >= _LEAST and successes[rows].any():
            bands = _forecasts(made[rows], successes[rows], group, setting)
            for value, found in zip(group, bands, strict=True):
                truth = np.mean(pass_at_k(made[rows], successes[rows], value))
                results[value] = _summary(value, float(truth), found, setting)
    done = []
    for value in ks:
        size = int((made >= value).sum())
        empty = _summary(int(value), np.nan, np.full((number, 3), np.nan), setting)
        result = results.get(int(value), replace(empty, reason=_REASON))
        done.append(replace(result, n=size, seed=noted))
    return tuple(done)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    few: int
    number: int
    level: float
    models: list[str]
    rng: np.random.Generator


def _least(made: Counts, k: int) -> int:
    """Return the fewest attempts of all competitions that have at least `k`."""
    return int(made[made >= k].min(initial=np.iinfo(np.int64).max))


def _forecasts(n: Counts, c: Counts, ks: list[int], setting: _Setting) -> list[Floats]:
    """Return estimate, low and high of each forecast, (number, 3) for each k."""
    few, size = setting.few, n.size
    table = Table(laws_for(few), np.full(few + 1, few), np.arange(few + 1))
    every = np.arange(table.laws.prior.size)
    missed = [table.missed(k, every) for k in ks]
    found = [np.empty((setting.number, 3)) for _ in ks]
    done = 0
    while done < setting.number:
        drawn = setting.rng.hypergeometric(c, n - c, few)
        if not drawn.any():
            continue
        counts = np.bincount(drawn, minlength=few + 1)
        fit = weigh(table, counts, setting.models)
        for (mean, spread), rows in zip(missed, found, strict=True):
            means = 1.0 - mean[fit.rows] @ counts / size
            variances = spread[fit.rows] @ counts / size**2
            limits = band(fit.weights, means, variances, setting.level, setting.rng)
            rows[done] = fit.weights @ means, *limits
        done += 1
    return found


def _summary(k: int, truth: float, found: Floats, setting: _Setting) -> Backtest:
    estimate, low, high = found.T
    held = np.where(np.isnan(found[:, 0]), np.nan, (low <= truth) & (truth <= high))
    one = len(setting.models) == 1
    return Backtest(
        k=k,
        truth=truth,
        estimate=float(estimate.mean()),
        bias=float(estimate.mean() - truth),
        rmse=float(np.sqrt(((estimate - truth) ** 2).mean())),
        coverage=float(held.mean()),
        width=float((high - low).mean()),
        level=setting.level,
        method=setting.models[0] if one else "model-average",
        attempts=setting.few,
        draws=setting.number,
        n=0,
    )
