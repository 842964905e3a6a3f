"""Which places on a leaderboard the data can tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.comparisons import success_rates
from mle_toolkit.analysis.counting import (
    count_outcomes,
    noted_seed,
    tidy,
    without_ablations,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

_PAIRWISE = "pairwise"
_COLUMNS = [
    "estimate", "low", "high", "level", "method", "mean", "n_competitions",
    "n_attempts", "n_left_out", "resamples", "seed", "reason",
]  # fmt: skip


def rank_intervals(
    data: pd.DataFrame,
    *,
    method: str = _PAIRWISE,
    ablations: bool = False,
    k: int = 1,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the places on the leaderboard that each agent may deserve.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.  Attempts count once they are published and graded.
    method, level, resamples, seed
        As in `mle_toolkit.stats.rank_intervals`: with ``"pairwise"`` the intervals
        of all agents hold at once with probability `level`.
    ablations
        Whether to take rows whose ``role`` is ``"ablation"``.
    k
        Rank by pass@k, by the medal rate for 1.
    by, split, attempts, outcome
        As in `pass_at_k`.

    Returns
    -------
    DataFrame
        One row per agent, the best first.  Columns: `by`; ``estimate``, the place by
        the plain mean, 1 for the best, shared by equals; ``low, high``, the best and
        the worst place that the data allow; ``level, method``; ``mean``;
        ``n_competitions, n_attempts, n_left_out``; ``resamples`` and ``seed`` of the
        bootstrap; ``reason``.  Agents that lack competitions stand at the end without
        a place, because a mean over other competitions is no reason for one.

    Raises
    ------
    UsageError
        For fewer than two agents with all the competitions, and illegal arguments.
    """
    if not ablations:
        data = without_ablations(data)
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    values = success_rates(counts, by=by, k=k)
    tried = ~np.isnan(np.array(list(values.values()))).all(axis=0)
    values = {name: each[tried] for name, each in values.items()}
    whole = {name: each for name, each in values.items() if not np.isnan(each).any()}
    ranks = stats.rank_intervals(
        whole, level=level, method=method, resamples=resamples, seed=seed
    )
    places = {each.name: _place(each) for each in ranks}
    lacking = {
        name: _without_place(each) for name, each in values.items() if name not in whole
    }
    resampled = method != _PAIRWISE
    fixed = {
        "level": level,
        "method": method,
        "resamples": resamples if resampled else None,
        "seed": noted_seed(seed, used=resampled),
    }
    rows = [
        {by: name, **fixed, **_attempts_of(counts[counts[by] == name], k), **row}
        for name, row in (places | lacking).items()
    ]
    table = tidy(rows, [by, *_COLUMNS], data)
    return table.astype(dict.fromkeys(("estimate", "low", "high"), "Int64"))


def _place(rank: stats.RankInterval) -> dict[str, Any]:
    return {
        "estimate": rank.rank,
        "low": rank.low,
        "high": rank.high,
        "mean": rank.mean,
        "n_competitions": rank.n,
        "reason": None,
    }


def _attempts_of(counts: pd.DataFrame, k: int) -> dict[str, int]:
    return {
        "n_attempts": int(counts.loc[counts["n"] >= k, "n"].sum()),
        "n_left_out": int(counts["n_left_out"].sum()),
    }


def _without_place(values: NDArray[np.float64]) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    lacking = len(values) - len(known)
    return {
        "mean": float(known.mean()) if known.size else float("nan"),
        "n_competitions": len(known),
        "reason": (
            f"lacks {lacking} of {len(values)} competitions; a place needs the same "
            "competitions as the others"
        ),
    }
