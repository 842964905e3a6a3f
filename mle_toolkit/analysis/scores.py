"""The expected best score of k attempts, per competition and on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit import stats
from mle_toolkit.analysis.counting import (
    ALL,
    GROUPS,
    check_columns,
    counted,
    draws,
)
from mle_toolkit.errors import UnknownNameError, UsageError, check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLUMNS = ("score", "percentile")


def score_at_k(
    frame: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    by: str = "agent",
    column: str = "score",
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
        n_attempts, n_left_out, reason``.

    Raises
    ------
    UsageError
        For a frame that lacks a column, illegal arguments, and a competition
        without a card whose direction was not given.

    See Also
    --------
    mle_toolkit.stats.score_at_k
    """
    check_choice("group", by, GROUPS)
    check_choice("column", column, _COLUMNS)
    check_columns(frame, [by, "competition", "any_medal", column])
    rows: list[dict[str, Any]] = []
    for name, part in frame.groupby(by, sort=False, observed=True):
        groups = dict(iter(part.groupby("competition", sort=False, observed=True)))
        ks = draws(k, [int(counted(group).sum()) for group in groups.values()])
        found = [
            row
            for competition, group in groups.items()
            for row in _of_one(
                group,
                ks,
                competition=str(competition),
                column=column,
                lower=column == "score"
                and _is_lower_better(str(competition), lower_is_better),
            )
        ]
        over_all = _over_all(found, ks, level) if column == "percentile" else []
        rows += [{by: name, **row} for row in over_all + found]
    columns = [
        by, "competition", "k", "estimate", "low", "high", "level", "method",
        "n_competitions", "n_attempts", "n_left_out", "reason",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _is_lower_better(
    competition: str,
    given: bool | Mapping[str, bool] | None,  # noqa: FBT001 - a value, not a switch
) -> bool:
    if isinstance(given, bool):
        return given
    if given is not None and competition in given:
        return given[competition]
    from mle_toolkit.competitions.cards import load_card

    try:
        return load_card(competition).lower_is_better
    except UnknownNameError as error:
        msg = (
            f"the direction of {competition!r} is not known, because it has no card; "
            f"pass lower_is_better={{{competition!r}: True}} or False"
        )
        raise UsageError(msg) from error


def _of_one(
    group: pd.DataFrame, ks: list[int], *, competition: str, column: str, lower: bool
) -> list[dict[str, Any]]:
    inside = group[counted(group)]
    values = inside[column].to_numpy(dtype=np.float64, na_value=np.nan)
    floor = 0.0 if column == "percentile" else None
    best = np.atleast_1d(
        stats.score_at_k(values, ks, lower_is_better=lower, floor=floor)
    )
    failed = int(np.isnan(values).sum())
    return [
        {
            "competition": competition,
            "k": k,
            "estimate": float(estimate),
            "low": float("nan"),
            "high": float("nan"),
            "level": float("nan"),
            "method": "order-statistics",
            "n_competitions": int(len(values) >= k),
            "n_attempts": len(values),
            "n_left_out": len(group) - len(values),
            "reason": _reason(k, len(values), failed, estimate),
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
        shares = np.clip([row["estimate"] / 100.0 for row in inside], 0.0, 1.0)
        result = stats.mean_interval(shares, level=level)
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
