"""What the agent's own choice among k attempts wins, beside what an oracle's does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.attempted import PERCENTILE, attempts_by, is_lower_better
from mle_toolkit.analysis.counting import ALL, OUTCOMES, draws, tidy
from mle_toolkit.errors import check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mle_toolkit.analysis.attempted import Attempts

_NAN = float("nan")
_VALIDATION = "validation_score"
_METHOD = "order-statistics"
_COLUMNS = [
    "competition", "k", "estimate", "low", "high", "level", "method", "oracle",
    "n_competitions", "n_attempts", "n_left_out", "reason",
]  # fmt: skip
_NOTHING = "no attempt has a validation score, so that there is nothing to choose by"
_ALONE = "no interval: one competition, and attempts that were chosen among"


def select_at_k(
    frame: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    lower_is_better: bool | Mapping[str, bool] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what the best of k attempts by its own validation score would have won.

    pass@k lets an oracle choose among k attempts, which takes the private answers.
    Here the attempt with the best validation score is handed in, and its outcome
    counts: the mean over all draws of k.  The gap to ``oracle`` is what better
    choosing could win.

    Parameters
    ----------
    frame
        One row per attempt, with its ``validation_score``.  Attempts count once they
        are published and graded.
    k, by, split, attempts
        As in `pass_at_k`.
    outcome
        ``"any_medal"``, ``"above_median"``, ``"valid_submission"`` or
        ``"percentile"``, where a failed attempt has 0.
    lower_is_better
        Direction of the validation scores: one for all, or one per competition.  By
        default that of the competition's card.
    level
        Nominal coverage of the intervals.

    Returns
    -------
    DataFrame
        One row per system, competition and k; ``"all"`` is the mean over the
        competitions with k attempts, with its end-atom interval for other
        competitions.  Columns: `by`; ``competition, k, estimate, low, high, level,
        method``; ``oracle``, the outcome of the best attempt of the draw;
        ``n_competitions, n_attempts, n_left_out, reason``.  Single competitions have
        no interval.  NaN with a reason where no attempt has a validation score.

    Raises
    ------
    UsageError
        For counts, which know no validation scores, for a frame that lacks a
        column, for a competition without a card whose direction was not given, and
        for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.select_at_k
    """
    check_choice("outcome", outcome, (*OUTCOMES, PERCENTILE))
    options: dict[str, Any] = {"by": by, "split": split, "attempts": attempts}
    validation = attempts_by(frame, _VALIDATION, **options)
    outcomes = attempts_by(frame, outcome, **options)
    top = 100.0 if outcome == PERCENTILE else 1.0
    rows: list[dict[str, Any]] = []
    for name, worth in outcomes.items():
        ks = draws(k, worth.n.tolist())
        found = _competitions(validation[name], worth, ks, lower_is_better)
        over_all = [_over_all(found, each, level, top) for each in ks]
        rows += [{by: name, "level": level, **row} for row in over_all + found]
    return tidy(rows, [by, *_COLUMNS], frame)


def _competitions(
    validation: Attempts,
    worth: Attempts,
    ks: list[int],
    given: bool | Mapping[str, bool] | None,  # noqa: FBT001 - a value, not a switch
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for at, name in enumerate(worth.competitions):
        n = int(worth.n[at])
        own, won = validation.table[:n, at], worth.table[:n, at]
        fixed = {
            "competition": name,
            "low": _NAN,
            "high": _NAN,
            "method": _METHOD,
            "n_attempts": n,
            "n_left_out": int(worth.left_out[at]),
        }
        chosen = oracle = np.full(len(ks), _NAN)
        reason = worth.on([name]).why_not
        if reason is None and n and np.isnan(own).all():
            reason = _NOTHING
        if reason is None and n:
            lower = is_lower_better(name, given)
            chosen = np.asarray(
                stats.select_at_k(own, won, ks, lower_is_better=lower, floor=0.0)
            )
            oracle = np.asarray(stats.score_at_k(won, ks, floor=0.0))
        rows += [
            {
                **fixed,
                "k": k,
                "estimate": float(chosen[i]),
                "oracle": float(oracle[i]),
                "n_competitions": int(n >= k),
                "reason": reason or _few(k, n) or _ALONE,
            }
            for i, k in enumerate(ks)
        ]
    return rows


def _few(k: int, n: int) -> str | None:
    return f"k = {k} needs at least {k} attempts; there are {n}" if k > n else None


def _over_all(
    found: list[dict[str, Any]], k: int, level: float, top: float
) -> dict[str, Any]:
    mine = [row for row in found if row["k"] == k]
    inside = [row for row in mine if row["n_competitions"]]
    unknown = [row for row in inside if np.isnan(row["estimate"])]
    row = {
        "competition": ALL,
        "k": k,
        "n_competitions": len(inside),
        "n_attempts": sum(row["n_attempts"] for row in inside),
        "n_left_out": sum(row["n_left_out"] for row in mine),
    }
    if unknown:
        reason = f"{unknown[0]['competition']}: {unknown[0]['reason']}"
        limits = dict.fromkeys(("estimate", "low", "high", "oracle"), _NAN)
        return {**row, **limits, "method": "end-atom", "reason": reason}
    values = np.array([row["estimate"] for row in inside]) / top
    result = stats.mean_interval(values.clip(0.0, 1.0), level=level)
    oracle = [row["oracle"] for row in inside]
    return {
        **row,
        "estimate": top * result.estimate,
        "low": top * result.low,
        "high": top * result.high,
        "oracle": float(np.mean(oracle)) if oracle else _NAN,
        "method": result.method,
        "reason": result.reason,
    }
