"""Run until it is narrow enough: intervals that hold however often one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.analysis.counting import (
    GROUPS,
    OUTCOMES,
    check_columns,
    check_counts,
    count_outcomes,
    counted,
    is_counts,
    noted_seed,
    select,
    tidy,
)
from mle_toolkit.errors import check_choice
from mle_toolkit.seeds import generator
from mle_toolkit.stats import sequential

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_DRAWN = ", order drawn at random"
_COLUMNS = [
    "round", "estimate", "low", "high", "level", "method", "n_competitions",
    "n_attempts", "n_left_out", "seed", "reason",
]  # fmt: skip


def sequential_interval(
    data: pd.DataFrame,
    *,
    horizon: int = 8,
    method: str = "betting",
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the medal rate after every round, with limits that hold at all of them.

    A round is one more attempt on every competition, in the order of their seeds.
    One may look after each and stop when the interval is narrow enough.

    Parameters
    ----------
    data
        One row per attempt.  Of counts, which do not know the order, an order is
        drawn: seeds are exchangeable, so that one is as good as another.
    horizon
        The number of rounds for which the stakes are best; say it beforehand.
    method
        ``"betting"`` or ``"empirical-bernstein"``.
    by, split, attempts, outcome
        As in `pass_at_k`.
    level
        Least probability that all the intervals together hold the mean success rate
        of these competitions.
    seed
        Of the order that is drawn for counts.

    Returns
    -------
    DataFrame
        One row per system and round.  Columns: `by`; ``round``; ``estimate, low,
        high, level, method``; ``n_competitions``; ``n_attempts`` so far;
        ``n_left_out``, attempts that do not count or belong to no complete round;
        ``seed`` of the drawn order; ``reason``.  Before the first complete round, one
        row says so.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.sequential_interval
    """
    check_choice("group", by, GROUPS)
    check_choice("outcome", outcome, OUTCOMES)
    ordered = not is_counts(data)
    if ordered:
        check_columns(data, {by, "competition", "seed", "any_medal", outcome})
    else:
        check_counts(data, by)
    totals = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    used = select(data, by=by, split=split, attempts=attempts)
    rng = generator(seed)
    rows: list[dict[str, Any]] = []
    for name, part in totals.groupby(by, sort=False, observed=True):
        mine = used[used[by] == name]
        table = _in_order(mine, outcome) if ordered else _drawn(part, rng)
        found = sequential.sequential_interval(
            table, level=level, method=method, horizon=horizon
        )
        size = found.n * found.competitions
        fixed = {
            by: name,
            "level": level,
            "method": method + ("" if ordered else _DRAWN),
            "n_competitions": found.competitions,
            "n_left_out": int(part[["n", "n_left_out"]].to_numpy().sum()) - size,
            "seed": noted_seed(seed, used=not ordered),
        }
        rows += [{**fixed, **row} for row in _rounds(found)]
    return tidy(rows, [by, *_COLUMNS], data)


def _rounds(found: sequential.SequentialInterval) -> list[dict[str, Any]]:
    if not found.n:
        return [
            {"round": 0, "estimate": np.nan, "low": 0.0, "high": 1.0, "n_attempts": 0,
             "reason": found.reason}
        ]  # fmt: skip
    return [
        {
            "round": at + 1,
            "estimate": float(found.estimates[at]),
            "low": float(found.lows[at]),
            "high": float(found.highs[at]),
            "n_attempts": (at + 1) * found.competitions,
            "reason": None,
        }
        for at in range(found.n)
    ]


def _in_order(mine: pd.DataFrame, outcome: str) -> Floats:
    """Return outcomes, (rounds, competitions); NaN where one does not count."""
    mine = mine.sort_values("seed", kind="stable")
    values = mine[outcome].astype("Float64").where(counted(mine))
    groups = values.groupby(mine["competition"], sort=False, observed=True)
    rounds = [each.to_numpy(dtype=np.float64, na_value=np.nan) for _, each in groups]
    return _table([np.asarray(each, dtype=np.float64) for each in rounds])


def _drawn(part: pd.DataFrame, rng: np.random.Generator) -> Floats:
    rounds = []
    for n, c in zip(part["n"], part["c"], strict=True):
        outcomes = np.zeros(int(n))
        outcomes[rng.permutation(int(n))[: int(c)]] = 1.0
        rounds.append(outcomes)
    return _table(rounds)


def _table(rounds: list[Floats]) -> Floats:
    longest = max((each.size for each in rounds), default=0)
    table = np.full((longest, len(rounds)), np.nan)
    for at, each in enumerate(rounds):
        table[: each.size, at] = each
    return table
