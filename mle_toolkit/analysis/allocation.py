"""Which competitions to try next, when some are unsolved and attempts are dear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.analysis.counting import count_outcomes, tidy
from mle_toolkit.stats.betabinomial import fit_beta_binomial
from mle_toolkit.stats.checks import confidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mle_toolkit.stats.betabinomial import Posterior

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_COLUMNS = [
    "competition", "next_attempts", "estimate", "low", "high", "level", "method", "c",
    "n_competitions", "n_attempts", "n_left_out", "reason",
]  # fmt: skip


def next_attempts(
    data: pd.DataFrame,
    *,
    budget: int,
    zero_inflated: bool = True,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.8,
) -> pd.DataFrame:
    """Return how to spend more attempts so that most competitions get solved.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.  Attempts count once they are published and graded.
    budget
        Attempts that each system may still make, over all competitions.
    zero_inflated
        Allow for competitions that cannot be solved: attempts then spread sooner
        from those that were tried long in vain.
    by, split, attempts, outcome
        As in `pass_at_k`.
    level
        Posterior probability between ``low`` and ``high``.

    Returns
    -------
    DataFrame
        One row per system and competition.  Columns: `by`; ``competition``;
        ``next_attempts``, its share of the budget; ``estimate``, the chance that these
        solve it, with ``low, high, level`` from the posterior of its success rate,
        given the fitted law, whose own error they do not hold; ``method``; ``c``
        successes so far; ``n_competitions`` behind the law; ``n_attempts`` so far;
        ``n_left_out``; ``reason``, such as that it is solved.  The sum of ``estimate``
        is the expected number of newly solved competitions.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.fit_beta_binomial

    Examples
    --------
    >>> import mle_toolkit as mle
    >>> record = mle.record(missing="drop")
    >>> plan = next_attempts(record[record["agent"] == "aira-dojo"], budget=100)
    >>> int(plan["next_attempts"].sum()), int(plan["next_attempts"].gt(0).sum())
    (100, 31)
    """
    level = confidence(level)
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    rows: list[dict[str, Any]] = []
    for name, part in counts.groupby(by, sort=False, observed=True):
        fit = fit_beta_binomial(part["n"], part["c"], zero_inflated=zero_inflated)
        plan = fit.next_attempts(budget)
        shares = np.full((3, len(part)), np.nan)
        if fit.reason is None:
            shares = _chances(fit.posterior, plan.attempts, level)
        for at, row in enumerate(part.to_dict("records")):
            undefined, reason = np.isnan(shares[0, at]), plan.reason
            if fit.reason is None and not plan.attempts[at]:
                undefined, reason = True, "it gets no more attempts"
                if row["c"]:
                    reason = "it is solved already"
            rows.append(
                {
                    by: name,
                    "competition": row["competition"],
                    "next_attempts": int(plan.attempts[at]),
                    "estimate": np.nan if undefined else shares[0, at],
                    "low": np.nan if undefined else shares[1, at],
                    "high": np.nan if undefined else shares[2, at],
                    "level": level,
                    "method": f"{fit.method} posterior",
                    "c": int(row["c"]),
                    "n_competitions": fit.n,
                    "n_attempts": int(row["n"]),
                    "n_left_out": int(row["n_left_out"]),
                    "reason": reason if undefined else None,
                }
            )
    return tidy(rows, [by, *_COLUMNS], data)


def _chances(after: Posterior, k: Counts, level: float) -> Floats:
    """Return the chance that k attempts succeed, with limits: (3, competitions)."""
    from scipy import special

    found = np.full((3, k.size), np.nan)
    for at in np.flatnonzero(k > 0):
        found[0, at] = after.pass_at_k(int(k[at]))[at]
        for row, share in ((1, (1.0 - level) / 2.0), (2, (1.0 + level) / 2.0)):
            # A rate of 0 has the posterior probability 1 - possible.
            inside = (share - 1.0 + after.possible[at]) / after.possible[at]
            rate = 0.0
            if inside > 0.0 and np.isfinite(after.a[at]):
                rate = float(special.betaincinv(after.a[at], after.b[at], inside))
            elif inside > 0.0:
                rate = float(after.mean[at])
            found[row, at] = -np.expm1(k[at] * np.log1p(-min(rate, 1.0 - 1e-15)))
    return found
