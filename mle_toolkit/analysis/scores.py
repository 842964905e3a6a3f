"""The expected best score of k attempts, per competition and on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.attempted import (
    PERCENTILE,
    SCORE,
    Attempts,
    attempts_by,
    is_lower_better,
)
from mle_toolkit.analysis.counting import ALL, draws, tidy
from mle_toolkit.errors import check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

_VALUES = (SCORE, PERCENTILE)
_COLUMNS = [
    "competition", "k", "estimate", "low", "high", "level", "method", "n_competitions",
    "n_attempts", "n_left_out", "reason",
]  # fmt: skip


def score_at_k(
    frame: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    column: str = SCORE,
    lower_is_better: bool | Mapping[str, bool] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the expected best of k attempts, by score or by leaderboard place.

    An attempt that counts but has no score has failed and ranks below all
    others.  Scores have no number for that, so the result is NaN where k
    attempts may all fail; on the leaderboard such an attempt has percentile 0.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded.
    k
        One or several numbers of attempts; by default as in `pass_at_k`.
    by
        Column that names the systems to tell apart.
    split, attempts
        As in `pass_at_k`.
    column
        ``"score"``, in the units of each competition, or ``"percentile"``, the
        share of the leaderboard beaten, which can be averaged over competitions.
    lower_is_better
        Direction of the scores: one for all, or one per competition.  By
        default that of the competition's card.  Percentiles need none.
    level
        Nominal coverage of the intervals.

    Returns
    -------
    DataFrame
        One row per system, competition and k, and for percentiles one more over
        ``"all"`` competitions, with its end-atom interval.  Columns: `by`,
        ``competition, k, estimate, low, high, level, method, n_competitions,
        n_attempts, n_left_out, reason``.  Percentiles are NaN with a reason where the
        place of a score is not known.

    Raises
    ------
    UsageError
        For counts, for a frame that lacks a column, illegal arguments, and a
        competition without a card whose direction was not given.

    See Also
    --------
    mle_toolkit.stats.score_at_k
    """
    check_choice("column", column, _VALUES)
    systems = attempts_by(frame, column, by=by, split=split, attempts=attempts)
    rows: list[dict[str, Any]] = []
    for name, made in systems.items():
        ks = draws(k, made.n.tolist())
        found = [
            row
            for each in made.competitions
            for row in _of_one(
                made.on([each]),
                ks,
                column=column,
                lower=column == SCORE and is_lower_better(each, lower_is_better),
            )
        ]
        over_all = _over_all(found, ks, level) if column == PERCENTILE else []
        rows += [{by: name, **row} for row in over_all + found]
    return tidy(rows, [by, *_COLUMNS], frame)


def _of_one(
    made: Attempts, ks: list[int], *, column: str, lower: bool
) -> list[dict[str, Any]]:
    values = made.table[: made.n[0], 0]
    floor = 0.0 if column == PERCENTILE else None
    best = np.atleast_1d(
        stats.score_at_k(values, ks, lower_is_better=lower, floor=floor)
    )
    if made.why_not is not None:
        best = np.full(len(ks), np.nan)
    failed = int(np.isnan(values).sum())
    return [
        {
            "competition": made.competitions[0],
            "k": k,
            "estimate": float(estimate),
            "low": float("nan"),
            "high": float("nan"),
            "level": float("nan"),
            "method": "order-statistics",
            "n_competitions": int(len(values) >= k),
            "n_attempts": len(values),
            "n_left_out": made.n_left_out,
            "reason": made.why_not or _reason(k, len(values), failed, estimate),
        }
        for k, estimate in zip(ks, best, strict=True)
    ]


def _reason(k: int, n: int, failed: int, estimate: float) -> str | None:
    if k > n:
        return f"k = {k} needs at least {k} attempts; there are {n}"
    if np.isnan(estimate):
        return f"{failed} attempts have no score, so that all {k} may have none"
    return None


def _over_all(
    found: list[dict[str, Any]], ks: list[int], level: float
) -> list[dict[str, Any]]:
    rows = []
    for k in ks:
        inside = [row for row in found if row["k"] == k and row["n_competitions"]]
        result = _mean([row["estimate"] for row in inside], level)
        rows.append(
            {
                "competition": ALL,
                "k": k,
                "estimate": 100.0 * result.estimate,
                "low": 100.0 * result.low,
                "high": 100.0 * result.high,
                "level": level,
                "method": result.method,
                "n_competitions": result.n,
                "n_attempts": sum(row["n_attempts"] for row in inside),
                "n_left_out": sum(row["n_left_out"] for row in found if row["k"] == k),
                "reason": result.reason,
            }
        )
    return rows


def _mean(percentiles: list[float], level: float) -> stats.Interval:
    shares = np.array(percentiles) / 100.0
    if not np.isnan(shares).any():
        return stats.mean_interval(shares.clip(0.0, 1.0), level=level)
    return stats.Interval(
        estimate=float("nan"),
        low=float("nan"),
        high=float("nan"),
        level=level,
        method="end-atom",
        n=len(shares),
        reason="the percentile of a competition is not known",
    )
