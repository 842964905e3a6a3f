"""Percentiles of agents over competitions: interquartile means and profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.attempted import PERCENTILE, SCORE, Attempts, attempts_by
from mle_toolkit.analysis.counting import tidy
from mle_toolkit.analysis.rates import limits_of
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

_NAN = float("nan")
_COLUMNS = [
    "estimate", "low", "high", "level", "method", "unit", "n_competitions",
    "n_attempts", "n_left_out", "resamples", "seed", "reason",
]  # fmt: skip


def iqm(
    frame: pd.DataFrame,
    *,
    column: str = PERCENTILE,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    unit: str = "competition",
    method: str | None = None,
    level: float = 0.95,
    floor: float = 0.0,
    ends: tuple[float, float] = (0.0, 100.0),
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the interquartile mean of the attempts' percentiles, with its interval.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded.
    column
        ``"percentile"``, the share of the leaderboard beaten, or another column on a
        scale that all competitions share.  Scores have none.
    by, split, attempts
        As in `pass_at_k`.
    unit
        What is resampled: ``"competition"``, for what other competitions of the same
        kind would show, or ``"attempt"``, for more attempts on these.
    method, level, resamples, seed
        As in `mle_toolkit.stats.iqm`.
    floor, ends
        What a failed attempt is worth; the worst and the best value that the scale
        allows.

    Returns
    -------
    DataFrame
        One row per system: `by`; ``estimate, low, high``, in units of the column;
        ``level, method, n_competitions, n_attempts, n_left_out, unit, resamples,
        seed, reason``.  NaN with a reason where a percentile is not known although
        the submission was valid.

    Raises
    ------
    UsageError
        For counts, for a frame that lacks a column, for scores of several
        competitions, and for illegal arguments.
    """
    systems = _systems(frame, column, by=by, split=split, attempts=attempts)
    rows = []
    for name, made in systems.items():
        found = _undefined(made, level, unit)
        if made.why_not is None:
            result = stats.iqm(
                made.table,
                n=made.n,
                by=unit,
                method=method,
                level=level,
                floor=floor,
                ends=ends,
                resamples=resamples,
                seed=seed,
            )
            found = limits_of(result)
        rows.append({by: name, **_numbers(made), **found})
    return tidy(rows, [by, *_COLUMNS], frame)


def performance_profile(
    frame: pd.DataFrame,
    *,
    taus: ArrayLike | None = None,
    column: str = PERCENTILE,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    unit: str = "competition",
    method: str | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the share of attempts that lie beyond each percentile.

    Parameters
    ----------
    frame, column, by, split, attempts, unit, level
        As in `iqm`.
    taus
        Thresholds, in units of the column.  By default 0, 1, ... 99.
    method, resamples, seed
        As in `mle_toolkit.stats.performance_profile`.

    Returns
    -------
    DataFrame
        One row per system and threshold ``tau``: ``estimate``, the share of attempts
        that are better than it, each competition with the same weight, with ``low,
        high``, which hold at each threshold alone; the other columns as in `iqm`.

    Raises
    ------
    UsageError
        As `iqm`.
    """
    grid = np.arange(100.0) if taus is None else taus
    systems = _systems(frame, column, by=by, split=split, attempts=attempts)
    rows: list[dict[str, Any]] = []
    for name, made in systems.items():
        fixed = {by: name, **_numbers(made)}
        if made.why_not:
            undefined = _undefined(made, level, unit)
            rows += [{**fixed, **undefined, "tau": tau} for tau in np.atleast_1d(grid)]
            continue
        curve = stats.performance_profile(
            made.table,
            grid,
            n=made.n,
            by=unit,
            method=method,
            level=level,
            resamples=resamples,
            seed=seed,
        )
        rows += [{**fixed, **row} for row in _points(curve)]
    return tidy(rows, [by, "tau", *_COLUMNS], frame)


def _systems(
    frame: pd.DataFrame,
    column: str,
    *,
    by: str,
    split: str | Sequence[str] | None,
    attempts: int | None,
) -> dict[str, Attempts]:
    if column == SCORE:
        msg = (
            "scores of different competitions share no scale; use column='percentile', "
            "or a column of your own"
        )
        raise UsageError(msg)
    return attempts_by(frame, column, by=by, split=split, attempts=attempts)


def _numbers(made: Attempts) -> dict[str, int]:
    return {
        "n_competitions": int((made.n > 0).sum()),
        "n_attempts": int(made.n.sum()),
        "n_left_out": made.n_left_out,
    }


def _undefined(made: Attempts, level: float, unit: str) -> dict[str, Any]:
    return {
        "estimate": _NAN,
        "low": _NAN,
        "high": _NAN,
        "level": level,
        "unit": unit,
        "reason": made.why_not,
    }


def _points(curve: stats.Curve) -> list[dict[str, Any]]:
    return [
        {
            "tau": float(curve.x[at]),
            "estimate": float(curve.estimate[at]),
            "low": float(curve.low[at]),
            "high": float(curve.high[at]),
            "level": curve.level,
            "method": curve.method,
            "unit": curve.by,
            "resamples": curve.resamples,
            "seed": curve.seed,
            "reason": curve.reasons[at],
        }
        for at in range(len(curve.x))
    ]
