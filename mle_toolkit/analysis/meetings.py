"""How often an attempt of one agent beats an attempt of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.attempted import (
    SCORE,
    attempts_by,
    is_lower_better,
    outcomes_by,
)
from mle_toolkit.analysis.comparisons import two_names
from mle_toolkit.analysis.counting import is_counts, tidy
from mle_toolkit.analysis.rates import limits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

_COLUMNS = [
    "a", "b", "estimate", "low", "high", "level", "method", "unit", "n_competitions",
    "n_attempts", "n_left_out", "resamples", "seed", "reason",
]  # fmt: skip


def probability_of_improvement(
    data: pd.DataFrame,
    *,
    a: str | None = None,
    b: str | None = None,
    column: str = SCORE,
    lower_is_better: bool | Mapping[str, bool] | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    unit: str = "competition",
    method: str | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the chance that an attempt of one agent beats an attempt of another.

    Both attempts are on the same competition; ties count one half, and the mean is
    over the competitions that both tried.  Only the order of the scores of one
    competition enters, so that they need no common scale.

    Parameters
    ----------
    data
        One row per attempt, or counts: then a medal beats no medal, and all else ties.
    a, b
        Names of the two; they may be left out where the frame has no others.
    column
        What is compared, of attempts: ``"score"`` or another column.
    lower_is_better
        Direction of the scores: one for all, or one per competition.  By default
        that of the competition's card.  Other columns need none: more is better.
    by, split, attempts
        As in `pass_at_k`.
    unit
        As in `iqm`.
    method, level, resamples, seed
        As in `mle_toolkit.stats.probability_of_improvement`.

    Returns
    -------
    DataFrame
        One row: ``a, b``; ``estimate, low, high`` in [0, 1], where 1/2 means that
        neither is better; the other columns as in `iqm`.

    Raises
    ------
    UsageError
        For names that the frame does not have, for a competition without a card
        whose direction was not given, and for illegal arguments.
    """
    if is_counts(data):
        systems = outcomes_by(data, by=by, split=split, attempts=attempts)
    else:
        systems = attempts_by(data, column, by=by, split=split, attempts=attempts)
    first, second = two_names(list(systems), a, b)
    tried = systems[second].competitions
    shared = [name for name in systems[first].competitions if name in tried]
    signs = np.ones(len(shared))
    if column == SCORE and not is_counts(data):
        signs[[is_lower_better(name, lower_is_better) for name in shared]] = -1.0
    left, right = (systems[name].on(shared) for name in (first, second))
    result = stats.probability_of_improvement(
        signs * left.table,
        signs * right.table,
        n_a=left.n,
        n_b=right.n,
        by=unit,
        method=method,
        level=level,
        resamples=resamples,
        seed=seed,
    )
    met = (left.n > 0) & (right.n > 0)
    row = {
        "a": first,
        "b": second,
        "unit": unit,
        **limits_of(result),
        "n_competitions": result.n,
        "n_attempts": int(left.n[met].sum() + right.n[met].sum()),
        "n_left_out": systems[first].n_left_out + systems[second].n_left_out,
    }
    return tidy([row], _COLUMNS, data)
