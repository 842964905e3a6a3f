"""Success rates of agents: pass@k and the summary table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit import stats
from mle_toolkit.analysis.counting import (
    ALL,
    check_columns,
    count_outcomes,
    counted,
    draws,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEDALS = ("gold", "silver", "bronze")


def pass_at_k(
    frame: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    by: str = "agent",
    outcome: str = "any_medal",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return pass@k per competition and over all competitions, with intervals.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded.
    k
        One or several numbers of attempts.  By default 1, 2, ... as far as every
        competition with attempts reaches, so that a curve over all competitions
        never changes its competitions on the way.
    by
        Column that names the systems to tell apart.
    outcome
        What a success is: ``"any_medal"``, ``"above_median"`` or
        ``"valid_submission"``.
    level
        Nominal coverage of the intervals.

    Returns
    -------
    DataFrame
        One row per system, competition and k; the competition ``"all"`` is the
        plain mean over the competitions with at least k attempts.  Columns: `by`,
        ``competition, k, estimate, low, high, level, method, n_competitions,
        n_attempts, n_left_out, reason``.  Rows of one competition have
        Clopper-Pearson limits from its attempts; ``"all"`` has the end-atom
        interval, which speaks of other competitions of the same kind.  Undefined
        values are NaN and ``reason`` says why.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.pass_at_k, mle_toolkit.stats.pass_at_k_interval
    """
    counts = count_outcomes(frame, by=by, outcome=outcome)
    rows: list[dict[str, Any]] = []
    for name, part in counts.groupby(by, sort=False, observed=True):
        for each in draws(k, part["n"]):
            rows.append({by: name, **_over_all(part, each, level)})
            rows += [
                {by: name, **_of_one(row, each, level)}
                for row in part.itertuples(index=False)
            ]
    columns = [
        by, "competition", "k", "estimate", "low", "high", "level", "method",
        "n_competitions", "n_attempts", "n_left_out", "reason",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    order = [by, "competition"]
    groups = table.groupby(order, sort=False, observed=True).ngroup()
    return table.iloc[groups.argsort(kind="stable")].reset_index(drop=True)


def summary(
    frame: pd.DataFrame, *, by: str = "agent", level: float = 0.95
) -> pd.DataFrame:
    """Return one row per system: what it tried, what it won, and its medal rate.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded.
    by
        Column that names the systems to tell apart.
    level
        Nominal coverage of the interval of the medal rate.

    Returns
    -------
    DataFrame
        Columns: `by`; ``n_competitions, n_attempts`` (those that count),
        ``n_left_out``; ``n_failed, n_stopped`` (counted, but broken down, or ended
        by hand before their time); counts of ``valid_submission, above_median,
        gold, silver, bronze, any_medal``; ``medal_rate, low, high, level, method,
        reason``, the mean over competitions with its end-atom interval; sums of
        ``elapsed_s, tokens_in, tokens_out, cost_usd`` over the attempts that
        count, NaN where one is unknown.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.
    """
    check_columns(
        frame,
        ["status", "medal", "valid_submission", "above_median", "elapsed_s",
         "tokens_in", "tokens_out", "cost_usd"],
    )  # fmt: skip
    counts = count_outcomes(frame, by=by)
    rows = [
        {by: name, **_summarise(part, counts[counts[by] == name], level)}
        for name, part in frame.groupby(by, sort=False, observed=True)
    ]
    return pd.DataFrame(rows)


def _over_all(part: pd.DataFrame, k: int, level: float) -> dict[str, Any]:
    result = stats.pass_at_k_interval(part["n"], part["c"], k, level=level)
    entered = part["n"] >= k
    return {
        "competition": ALL,
        "k": k,
        **_limits(result),
        "n_competitions": result.n,
        "n_attempts": int(part.loc[entered, "n"].sum()),
        "n_left_out": int(part["n_left_out"].sum()),
    }


def _of_one(row: Any, k: int, level: float) -> dict[str, Any]:
    result = stats.competition_interval(row.n, row.c, k, level=level)
    return {
        "competition": row.competition,
        "k": k,
        **_limits(result),
        "n_competitions": int(row.n >= k),
        "n_attempts": int(row.n),
        "n_left_out": int(row.n_left_out),
    }


def _limits(result: stats.Interval) -> dict[str, Any]:
    values = asdict(result)
    del values["n"]
    return values


def _summarise(
    part: pd.DataFrame, counts: pd.DataFrame, level: float
) -> dict[str, Any]:
    inside = part[counted(part)]
    rate = _limits(stats.medal_rate(counts["n"], counts["c"], level=level))
    return {
        "n_competitions": int((counts["n"] > 0).sum()),
        "n_attempts": len(inside),
        "n_left_out": len(part) - len(inside),
        "n_failed": int((inside["status"] == "failed").sum()),
        "n_stopped": int((inside["status"] == "stopped").sum()),
        "valid_submission": int(inside["valid_submission"].sum()),
        "above_median": int(inside["above_median"].sum()),
        **{medal: int((inside["medal"] == medal).sum()) for medal in _MEDALS},
        "any_medal": int(inside["any_medal"].sum()),
        "medal_rate": rate.pop("estimate"),
        **rate,
        **{
            name: float(pd.to_numeric(inside[name]).sum(skipna=False))
            for name in ("elapsed_s", "tokens_in", "tokens_out", "cost_usd")
        },
    }
