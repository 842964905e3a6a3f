"""Medal rates with their intervals, one row for each method side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.counting import (
    count_outcomes,
    counted,
    is_counts,
    select,
    tidy,
)
from mle_toolkit.analysis.rates import limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

_OURS, _SEEDS = "end-atom", "sem-over-seeds"
_COLUMNS = [
    "estimate", "low", "high", "level", "method", "target", "n_competitions",
    "n_attempts", "n_left_out", "resamples", "seed", "reason",
]  # fmt: skip


def medal_rate(
    data: pd.DataFrame,
    *,
    method: str | Sequence[str] = (_OURS, _SEEDS),
    target: str = "population",
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    strict: bool = False,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the mean medal rate over competitions, with intervals by method.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.  Attempts count once they are published and graded.
    method
        One or several names that `mle_toolkit.stats.medal_rate` knows, such as
        ``"logit-t"`` or ``"bootstrap-percentile"``.  By default ours beside the
        rule of MLE-bench's own tables: mean over seeds -+ 1.96 SEM at 95 %.
    target
        ``"population"``: what other competitions of the same kind would show;
        ``"these"``: what more attempts on the same competitions would show.
    by, split, attempts, outcome
        As in `pass_at_k`.
    level
        Nominal coverage.
    strict
        The wider form of ``"end-atom"`` that holds in the worst worlds too.
    resamples, seed
        Of the bootstraps.

    Returns
    -------
    DataFrame
        One row per system and method.  Columns: `by`; ``estimate, low, high`` in
        [0, 1], but ``"sem-over-seeds"`` may leave it, as its model does; ``level``;
        ``method``, which ends in ``-fixed`` for these competitions; ``target``;
        ``n_competitions, n_attempts`` that entered, ``n_left_out``; ``resamples``
        and ``seed`` where there was a bootstrap; ``reason`` where a limit is NaN.

        ``"sem-over-seeds"`` takes the i-th attempt on every competition for seed i
        where all competitions have the same number, and else, or of counts, the
        mean square over all orders of the attempts.

    Raises
    ------
    UsageError
        For a frame that lacks a column, and for illegal arguments.

    Examples
    --------
    >>> import mle_toolkit as mle
    >>> record = mle.record(missing="failure")
    >>> rates = medal_rate(record[record["agent"] == "aira-dojo"])
    >>> rates[["method", "estimate", "low", "high"]].round(3).values.tolist()
    [['end-atom', 0.316, 0.236, 0.405], ['sem-over-seeds', 0.316, 0.301, 0.331]]
    """
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    data_used = select(data, by=by, split=split, attempts=attempts)
    methods = [method] if isinstance(method, str) else list(method)
    rows: list[dict[str, Any]] = []
    for name, part in counts.groupby(by, sort=False, observed=True):
        inside = part[part["n"] > 0]
        seeds = None
        if not is_counts(data):
            seeds = _seeds(data_used[data_used[by] == name], inside, outcome)
        for each in methods:
            result = stats.medal_rate(
                inside["n"],
                inside["c"],
                target=target,
                level=level,
                method=each,
                strict=strict and each == _OURS,
                outcomes=seeds if each == _SEEDS else None,
                resamples=resamples,
                seed=seed,
            )
            rows.append({by: name, **_row(result, part, target)})
    return tidy(rows, [by, *_COLUMNS], data)


def _row(result: stats.Interval, part: pd.DataFrame, target: str) -> dict[str, Any]:
    return {
        "target": target,
        **limits_of(result),
        "n_competitions": result.n,
        "n_attempts": int(part["n"].sum()),
        "n_left_out": int(part["n_left_out"].sum()),
    }


def _seeds(
    frame: pd.DataFrame, inside: pd.DataFrame, outcome: str
) -> NDArray[np.float64] | None:
    """Return the outcomes by seed, if every competition has the same number."""
    if inside.empty or inside["n"].min() < inside["n"].max():
        return None
    counts = frame[counted(frame) & frame[outcome].notna()]
    ordered = counts.sort_values("seed", kind="stable")
    groups = ordered.groupby("competition", sort=False, observed=True)[outcome]
    won = {name: each.to_numpy(dtype=np.float64) for name, each in groups}
    return np.stack([won[name] for name in inside["competition"]], axis=1)
