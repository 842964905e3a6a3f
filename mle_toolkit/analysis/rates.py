"""Success rates of agents: pass@k, pass^k and the summary table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit import stats
from mle_toolkit.analysis.counting import (
    ALL,
    check_columns,
    count_outcomes,
    counted,
    draws,
    select,
    tidy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEDALS = ("gold", "silver", "bronze")
# What an attempt need not say of itself.
_PERHAPS = ["n_failed", "n_stopped", "valid_submission", "above_median"]
_COLUMNS = [
    "competition", "k", "estimate", "low", "high", "level", "method", "n_competitions",
    "n_attempts", "n_left_out", "reason",
]  # fmt: skip


def pass_at_k(
    data: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    target: str = "population",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return pass@k per competition and over all competitions, with intervals.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.  Attempts count once they are published and graded.
    k
        One or several numbers of attempts.  By default 1, 2, ... as far as every
        competition with attempts reaches, so that a curve over all competitions
        never changes its competitions on the way.
    by
        Column that names the systems to tell apart.
    split
        One or several splits, such as ``"low"``; by default all competitions.
    attempts
        Use only so many attempts of each competition, those with the lowest seeds.
        Counts do not know them.
    outcome
        What a success is: ``"any_medal"``, ``"above_median"`` or
        ``"valid_submission"``.  Counts have one kind of success already.
    target
        ``"population"``: the interval over all speaks of other competitions of the
        same kind.  ``"these"``: of more attempts on the same competitions.
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
        interval.  Undefined values are NaN and ``reason`` says why.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.pass_at_k, mle_toolkit.stats.pass_at_k_curve
    """
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    rows = [
        {by: name, **row}
        for name, part in counts.groupby(by, sort=False, observed=True)
        for row in _curves(part, draws(k, part["n"]), target, level)
    ]
    return tidy(rows, [by, *_COLUMNS], data)


def pass_hat_k(
    data: pd.DataFrame,
    *,
    k: int | Sequence[int] | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    target: str = "population",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return pass^k, the chance that all of k attempts succeed, with intervals.

    All k succeed unless one of them fails: pass^k is 1 less the pass@k of failing,
    and its intervals are those of `pass_at_k`, turned over.

    Parameters
    ----------
    data, k, by, split, attempts, outcome, target, level
        As in `pass_at_k`.

    Returns
    -------
    DataFrame
        As `pass_at_k`; the estimates fall with k.

    Raises
    ------
    UsageError
        As `pass_at_k`.

    See Also
    --------
    mle_toolkit.stats.pass_hat_k
    """
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    failing = counts.assign(c=counts["n"] - counts["c"])
    rows = [
        {by: name, **_turned(row)}
        for name, part in failing.groupby(by, sort=False, observed=True)
        for row in _curves(part, draws(k, part["n"]), target, level)
    ]
    return tidy(rows, [by, *_COLUMNS], data)


def summary(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return one row per system: what it tried, what it won, and its medal rate.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded.
    by
        Column that names the systems to tell apart.
    split, attempts
        As in `pass_at_k`.
    level
        Nominal coverage of the interval of the medal rate.

    Returns
    -------
    DataFrame
        Columns: `by`; ``n_competitions, n_attempts`` (those that count),
        ``n_left_out``; ``n_failed, n_stopped`` (counted, but broken down, or ended
        by hand before their time; missing where an attempt does not say how it
        ended, as in grading reports of MLE-bench); counts of ``valid_submission,
        above_median``, missing likewise, and of ``gold, silver, bronze, any_medal``;
        ``medal_rate, low, high, level, method, reason``, the mean over competitions
        with its end-atom interval; sums of ``elapsed_s, tokens_in, tokens_out,
        cost_usd`` over the attempts that count, NaN where one is unknown.

    Raises
    ------
    UsageError
        For a frame that lacks a column and for illegal arguments.
    """
    check_columns(
        frame,
        ["status", "medal", "any_medal", "valid_submission", "above_median",
         "elapsed_s", "tokens_in", "tokens_out", "cost_usd"],
    )  # fmt: skip
    frame = select(frame, by=by, split=split, attempts=attempts)
    counts = count_outcomes(frame, by=by)
    rows = [
        {by: name, **_summarise(part, counts[counts[by] == name], level)}
        for name, part in frame.groupby(by, sort=False, observed=True)
    ]
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(_PERHAPS, "Int64")) if rows else table


def limits_of(result: stats.Interval) -> dict[str, Any]:
    """Return the columns of a row that an interval fills.

    In frames, `by` names the systems, and what was resampled is the ``unit``; n is
    the number of competitions in some rows and that of attempts in others.
    """
    values = asdict(result)
    del values["n"]
    if "by" in values:
        values["unit"] = values.pop("by")
    return values


def _curves(
    part: pd.DataFrame, ks: list[int], target: str, level: float
) -> list[dict[str, Any]]:
    """Return the rows over all competitions, then those of each competition."""
    curve = stats.pass_at_k_curve(
        part["n"].to_numpy(), part["c"].to_numpy(), ks, target=target, level=level
    )
    left_out = int(part["n_left_out"].sum())
    rows: list[dict[str, Any]] = [
        {
            "competition": ALL,
            "k": k,
            "estimate": float(curve.estimate[at]),
            "low": float(curve.low[at]),
            "high": float(curve.high[at]),
            "level": curve.level,
            "method": curve.method,
            "n_competitions": int(curve.n[at]),
            "n_attempts": int(part.loc[part["n"] >= k, "n"].sum()),
            "n_left_out": left_out,
            "reason": curve.reasons[at],
        }
        for at, k in enumerate(ks)
    ]
    # Few seeds make few different counts, and each pair is worked out once.
    known: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for name, n, c, waiting in zip(
        part["competition"], part["n"], part["c"], part["n_left_out"], strict=True
    ):
        pair = (int(n), int(c))
        if pair not in known:
            known[pair] = [_of_one(*pair, each, level) for each in ks]
        fixed = {"competition": name, "n_left_out": int(waiting)}
        rows += [fixed | each for each in known[pair]]
    return rows


def _of_one(n: int, c: int, k: int, level: float) -> dict[str, Any]:
    result = stats.competition_interval(n, c, k, level=level)
    return {
        "k": k,
        **limits_of(result),
        "n_competitions": int(n >= k),
        "n_attempts": n,
    }


def _turned(row: dict[str, Any]) -> dict[str, Any]:
    """Return 1 less what a row says; its limits change places."""
    turned = {
        "estimate": 1.0 - row["estimate"],
        "low": 1.0 - row["high"],
        "high": 1.0 - row["low"],
    }
    return row | turned


def _summarise(
    part: pd.DataFrame, counts: pd.DataFrame, level: float
) -> dict[str, Any]:
    inside = part[counted(part)]
    rate = limits_of(stats.medal_rate(counts["n"], counts["c"], level=level))
    return {
        "n_competitions": int((counts["n"] > 0).sum()),
        "n_attempts": len(inside),
        "n_left_out": len(part) - len(inside),
        "n_failed": _number(inside["status"].astype("string") == "failed"),
        "n_stopped": _number(inside["status"].astype("string") == "stopped"),
        "valid_submission": _number(inside["valid_submission"]),
        "above_median": _number(inside["above_median"]),
        **{medal: int((inside["medal"] == medal).sum()) for medal in _MEDALS},
        "any_medal": int(inside["any_medal"].sum()),
        "medal_rate": rate.pop("estimate"),
        **rate,
        **{
            name: float(
                pd.to_numeric(inside[name]).to_numpy(np.float64, na_value=np.nan).sum()
            )
            for name in ("elapsed_s", "tokens_in", "tokens_out", "cost_usd")
        },
    }


def _number(flags: pd.Series) -> Any:
    """Return how many are true, or NA where one of them is not known."""
    return flags.astype("boolean").astype("Int64").sum(skipna=False)
