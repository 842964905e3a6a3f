"""How far a result would have moved, had only some of the attempts been reported."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit import stats
from mle_toolkit.analysis.counting import count_outcomes, tidy
from mle_toolkit.stats.checks import confidence, one_whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

_METHOD = "random-choice"
_COLUMNS = [
    "k", "attempts", "estimate", "error", "low", "high", "level", "method",
    "n_competitions", "n_attempts", "n_left_out", "reason",
]  # fmt: skip


def fewer_attempts(
    data: pd.DataFrame,
    *,
    k: int,
    attempts: int,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what pass@k would have been from fewer of the attempts made.

    A report rests on some attempts, and others were made.  With `attempts` of each
    competition chosen at random, pass@k keeps its mean and varies by ``error``:
    what lies far beyond cannot be put down to the choice.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.
    k
        Attempts that one may draw.
    attempts
        How many of each competition are used; of one with fewer, all.
    by, split, outcome
        As in `pass_at_k`.
    level
        Share of the choices between ``low`` and ``high``.

    Returns
    -------
    DataFrame
        One row per system: `by`; ``k, attempts``; ``estimate`` from all attempts;
        ``error``, the exact standard deviation over the choices; ``low, high``, by
        the normal law; ``level, method, n_competitions, n_attempts`` (of all that
        were made), ``n_left_out, reason``.

    Raises
    ------
    UsageError
        For a frame that lacks a column, for `attempts` below k, and for other
        illegal arguments.

    Examples
    --------
    >>> import mle_toolkit as mle
    >>> record = mle.record(missing="drop")
    >>> one = record[record["agent"] == "models-o1-preview-aide"]
    >>> row = fewer_attempts(one, k=8, attempts=16).iloc[0]
    >>> round(100 * float(row["estimate"]), 2), round(100 * float(row["error"]), 2)
    (34.78, 0.98)
    """
    from scipy import special

    least = one_whole_number("k", k, least=1)
    size = one_whole_number("attempts", attempts, least=least)
    reach = float(special.ndtri((1.0 + confidence(level)) / 2.0))
    table = count_outcomes(data, by=by, outcome=outcome, split=split)
    rows = []
    for name, part in table.groupby(by, sort=False, observed=True):
        inside = part[part["n"] >= least]
        estimate, error = _mean_and_error(inside, least, size)
        row = {
            by: name,
            "k": least,
            "attempts": size,
            "estimate": estimate,
            "error": error,
            "low": max(estimate - reach * error, 0.0),
            "high": min(estimate + reach * error, 1.0),
            "level": level,
            "method": _METHOD,
            "n_competitions": len(inside),
            "n_attempts": int(inside["n"].sum()),
            "n_left_out": int(part["n_left_out"].sum()),
            "reason": None,
        }
        if inside.empty:
            reason = f"no competition has {least} attempts"
            row |= {"low": math.nan, "high": math.nan, "reason": reason}
        rows.append(row)
    return tidy(rows, [by, *_COLUMNS], data)


def _mean_and_error(inside: pd.DataFrame, k: int, size: int) -> tuple[float, float]:
    if inside.empty:
        return math.nan, math.nan
    moments = [
        _moments(int(n), int(c), k, size)
        for n, c in zip(inside["n"], inside["c"], strict=True)
    ]
    means, variances = np.array(moments).T
    return float(means.mean()), math.sqrt(variances.sum()) / len(moments)


def _moments(n: int, c: int, k: int, size: int) -> tuple[float, float]:
    """Return the moments of pass@k over all choices of `size` of n attempts."""
    used = min(size, n)
    won = np.arange(max(0, used - (n - c)), min(used, c) + 1)
    values = np.asarray(stats.pass_at_k(np.full_like(won, used), won, k))
    logs = (
        _log_binomial(c, won)
        + _log_binomial(n - c, used - won)
        - _log_binomial(n, np.array(used))
    )
    weights = np.exp(logs)
    mean = float(weights @ values)
    return mean, float(weights @ (values - mean) ** 2)


def _log_binomial(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    from scipy import special

    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
