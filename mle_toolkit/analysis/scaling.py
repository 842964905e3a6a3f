"""What more attempts would bring: forecasts of pass@k, and how good these are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.counting import count_outcomes, draws, noted_seed, tidy
from mle_toolkit.analysis.rates import limits_of
from mle_toolkit.errors import UsageError
from mle_toolkit.stats.backtest import backtest_forecast as backtest
from mle_toolkit.stats.forecast import MODELS, Forecast
from mle_toolkit.stats.forecast import forecast_pass_at_k as forecast

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

OBSERVED, FORECAST = "observed", "forecast"
_POINTS = 12
_FURTHEST = 30.0
_NAN = float("nan")
_COLUMNS = [
    "kind", "k", "estimate", "low", "high", "level", "method", "target", "caution",
    "at_least", "conflict", "good_toulmin_low", "good_toulmin_high", "power_law",
    "attempts", "n_competitions", "n_attempts", "n_left_out", "seed", "reason",
]  # fmt: skip
_BACKTEST = [
    "k", "truth", "estimate", "low", "high", "bias", "rmse", "coverage", "width",
    "level", "method", "attempts", "draws", "n_competitions", "n_attempts",
    "n_left_out", "seed", "reason",
]  # fmt: skip


def forecast_pass_at_k(
    data: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    reach: float = 10.0,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    target: str = "these",
    level: float = 0.8,
    models: Sequence[str] = MODELS,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return pass@k as far as it was observed, and a forecast beyond.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.  Attempts count once they are published and graded.
    k
        Attempts to forecast for.  By default some numbers up to `reach` times the
        attempts made on the middle competition.
    reach
        How far to go where `k` is not given; at most 30.
    by, split, attempts, outcome
        As in `pass_at_k`.
    target, level, models, seed
        As in `mle_toolkit.stats.forecast_pass_at_k`.

    Returns
    -------
    DataFrame
        One row per system, kind and k.  ``kind`` is ``"observed"`` for k = 1, 2, ...
        as far as all competitions reach, with the unbiased estimate and its
        interval, and ``"forecast"`` for the k asked for.  Columns: `by`; ``kind, k,
        estimate, low, high, level, method, target``; ``caution``, which is
        ``"model-dependent"`` where k exceeds 3 times ``attempts``, those made on the
        middle competition; ``at_least``, Chao's lower value; ``conflict``, which is
        ``"above-estimate"`` or ``"above-band"`` where that value exceeds the forecast
        or its band, by its noise more often than not; ``good_toulmin_low,
        good_toulmin_high``, a band without a model, for k of 10 times the attempts
        and more; ``power_law``, a check; ``n_competitions, n_attempts, n_left_out,
        seed, reason``.  Undefined values are NaN and ``reason`` says why.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.forecast_pass_at_k

    Examples
    --------
    >>> import mle_toolkit as mle
    >>> record = mle.record(missing="drop")
    >>> one = record[record["agent"] == "models-o1-preview-aide"]
    >>> far = forecast_pass_at_k(one, k=100).query("kind == 'forecast'").iloc[0]
    >>> far["caution"], bool(0.42 < far["low"] < far["high"] < 0.75)
    ('model-dependent', True)
    """
    if not 1.0 < reach <= _FURTHEST:
        msg = f"reach must lie above 1 and be at most 30; got {reach!r}"
        raise UsageError(msg)
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    rows: list[dict[str, Any]] = []
    for name, part in counts.groupby(by, sort=False, observed=True):
        seen = _observed(part, target, level)
        ks = draws(k, part["n"]) if k is not None else _grid(part, reach)
        found = forecast(
            part["n"], part["c"], ks, level=level, target=target, models=models,
            seed=seed,
        )  # fmt: skip
        ahead = [_ahead(each, part, seed) for each in found]
        rows += [{by: name, "target": target, **row} for row in seen + ahead]
    return tidy(rows, [by, *_COLUMNS], data)


def backtest_forecast(
    data: pd.DataFrame,
    *,
    k: int | Sequence[int],
    attempts: int = 8,
    number: int = 500,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    outcome: str = "any_medal",
    level: float = 0.8,
    models: Sequence[str] = MODELS,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return how good forecasts from a few of the attempts would have been.

    Parameters
    ----------
    data
        As in `forecast_pass_at_k`; systems with many attempts.
    k
        Attempts to forecast for; competitions with fewer attempts are left out.
    attempts
        Attempts of each competition that a forecast sees, drawn at random.
    number
        How many forecasts to make.
    by, split, outcome
        As in `pass_at_k`.
    level, models, seed
        As in `mle_toolkit.stats.backtest_forecast`.

    Returns
    -------
    DataFrame
        One row per system and k: `by`; ``k``; ``truth``, the unbiased pass@k from all
        attempts; ``estimate``, the mean of the forecasts; ``bias``, its error;
        ``rmse``, the typical error of one forecast, and ``low, high``, the estimate
        less and plus this; ``coverage``, the share of the bands that held the truth,
        and their mean ``width``; ``level`` of the bands; ``method, attempts, draws,
        n_competitions, n_attempts, n_left_out, seed, reason``.  The truth shares the
        drawn attempts, which is a little favourable.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.backtest_forecast
    """
    counts = count_outcomes(data, by=by, outcome=outcome, split=split)
    rows: list[dict[str, Any]] = []
    for name, part in counts.groupby(by, sort=False, observed=True):
        checks = backtest(
            part["n"], part["c"], draws(k, part["n"]), attempts=attempts, draws=number,
            level=level, models=models, seed=seed,
        )  # fmt: skip
        for check in checks:
            values = {each: getattr(check, each, None) for each in _BACKTEST}
            inside = part["n"] >= check.k
            rows.append(
                {
                    by: name,
                    **values,
                    "low": check.estimate - check.rmse,
                    "high": check.estimate + check.rmse,
                    "n_competitions": check.n,
                    "n_attempts": int(part.loc[inside, "n"].sum()),
                    "n_left_out": int(part["n_left_out"].sum()),
                }
            )
    return tidy(rows, [by, *_BACKTEST], data)


def _observed(part: pd.DataFrame, target: str, level: float) -> list[dict[str, Any]]:
    if not (part["n"] > 0).any():
        return []
    ks = draws(None, part["n"])
    curve = [
        stats.pass_at_k_interval(part["n"], part["c"], each, target=target, level=level)
        for each in ks
    ]
    return [
        {
            "kind": OBSERVED,
            "k": each,
            **limits_of(result),
            "attempts": _middle(part),
            "n_competitions": result.n,
            "n_attempts": int(part["n"].sum()),
            "n_left_out": int(part["n_left_out"].sum()),
        }
        for each, result in zip(ks, curve, strict=True)
    ]


def _ahead(
    found: Forecast, part: pd.DataFrame, seed: int | np.random.Generator
) -> dict[str, Any]:
    far = found.good_toulmin
    law = found.power_law
    return {
        "kind": FORECAST,
        "k": found.k,
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "method": found.method,
        "caution": found.caution,
        "at_least": found.at_least,
        "conflict": found.conflict,
        "good_toulmin_low": far.low if far else _NAN,
        "good_toulmin_high": far.high if far else _NAN,
        "power_law": law.estimate if law else _NAN,
        "attempts": found.attempts,
        "n_competitions": found.n,
        "n_attempts": int(part["n"].sum()),
        "n_left_out": int(part["n_left_out"].sum()),
        "seed": noted_seed(seed, used=True),
        "reason": found.reason,
    }


def _grid(part: pd.DataFrame, reach: float) -> list[int]:
    """Return numbers of attempts from where the observed curve ends, all in ratio."""
    first = max(draws(None, part["n"]))
    last = max(int(reach * _middle(part)), first + 1)
    steps = np.geomspace(first, last, _POINTS)
    return [int(each) for each in np.unique(steps.round().astype(np.int64))]


def _middle(part: pd.DataFrame) -> float:
    begun = part.loc[part["n"] > 0, "n"]
    return float(begun.median()) if len(begun) else 0.0
