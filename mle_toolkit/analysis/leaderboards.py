"""Leaderboards from counts of medals and seeds, the grain of published records."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit import published, stats
from mle_toolkit.analysis.counting import (
    ALL,
    check_columns,
    check_counts,
    count_outcomes,
    without_ablations,
)
from mle_toolkit.analysis.seeding import NORMAL_95
from mle_toolkit.analysis.spread import error_from_counts, error_limits
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ORDER = ("low", "medium", "high", "dev")
# Means of equals that were added up in another order differ in their last digits.
_DIGITS = 12
_COLUMNS = [
    "rank", "agent", "name", "n_competitions", "n_absent", "n_attempts", "estimate",
    "low", "high", "level", "method", "reason", "reference_mean", "reference_sem",
    "reference_low", "reference_high", "reference_source", "reference_reason",
    "sem_least", "sem_most", "published", "published_error", "published_error_kind",
    "leakage",
]  # fmt: skip
_REFERENCE = {
    "mean": "reference_mean",
    "sem": "reference_sem",
    "low": "reference_low",
    "high": "reference_high",
    "reason": "reference_reason",
}


def count_table(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
) -> pd.DataFrame:
    """Return the counts of a tidy frame in the grain of the published record.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded.
    by
        Column that names the systems to tell apart; it becomes ``agent``.
    split, attempts
        As in `pass_at_k`.  The counts themselves do not know which attempts came
        first, so that this is the place to choose them.
    outcome
        What a success is: ``"any_medal"``, ``"above_median"`` or
        ``"valid_submission"``.

    Returns
    -------
    DataFrame
        One row per agent and competition: ``agent, competition, split, c, n``, and
        ``n_left_out``, attempts that do not count yet.  Below the rows of
        `mle_toolkit.record` it compares an agent of yours with the published ones.

    Raises
    ------
    UsageError
        For an unknown `by` or `outcome`, and for a frame that lacks a column.
    """
    check_columns(frame, ["split"])
    table = count_outcomes(
        frame, by=by, outcome=outcome, split=split, attempts=attempts
    )
    known = frame[["competition", "split"]].dropna().drop_duplicates("competition")
    table = table.merge(known, on="competition", how="left")
    columns = [by, "competition", "split", "c", "n", "n_left_out"]
    return table[columns].rename(columns={by: "agent"})


def leaderboard(
    counts: pd.DataFrame,
    *,
    reference: pd.DataFrame | None = None,
    ablations: bool = False,
    by: str = "split",
    target: str = "population",
    level: float = 0.95,
    strict: bool = False,
) -> pd.DataFrame:
    """Return the medal rates of agents, over all competitions and by split.

    Each agent has an interval over competitions, which says what other competitions
    of the same kind could have shown, and beside it what MLE-bench prints: the mean
    over seeds with its standard error, which holds nothing of the differences
    between competitions and gets narrower with every seed.

    Parameters
    ----------
    counts
        One row per agent and competition with the columns ``agent, competition, c,
        n`` and `by`, as `mle_toolkit.record` and `count_table` return it.
    reference
        The mean over seeds of these agents: what `SeedTable.summary` returns.
        Without it, it is worked out from the counts as far as they go.
    ablations
        Whether to include rows whose ``role`` is ``"ablation"``.  The same agent
        with other means does not belong in a ranking.
    by
        Column that divides the competitions, such as ``"split"`` or ``"category"``.
    target, level, strict
        As in `mle_toolkit.stats.medal_rate`.

    Returns
    -------
    DataFrame
        One row per group of competitions (`by`; ``"all"`` comes first) and agent,
        best first.  Columns: ``rank``, shared by equals, missing for agents that lack
        competitions; ``agent`` and ``name``; ``n_competitions``; ``n_absent``, those
        that others have and this agent has not; ``n_attempts``; ``estimate, low,
        high, level, method, reason``, the plain mean of ``c / n`` with its interval,
        all in [0, 1].  ``reference_mean, reference_sem``, and ``reference_low,
        reference_high``, the mean -+ 1.96 SEM; ``reference_source`` is ``"seeds"``,
        or ``"counts"``: then the mean is exact for equal n, the SEM is the one
        expected of independent seeds, and ``sem_least, sem_most`` are the limits
        that the true one cannot leave (NaN for unequal n).  ``published,
        published_error, published_error_kind``: what is known of published agents,
        over all competitions only; ``leakage``.  `attrs` are those of `counts`.

    Raises
    ------
    UsageError
        For a frame that lacks a column, and for an agent with two rows of one
        competition.
    """
    check_counts(counts, by)
    attrs = counts.attrs
    if not ablations:
        counts = without_ablations(counts)
    rows = [
        row
        for group, part in _groups(counts, by)
        for row in _ranked(group, part, by, target=target, level=level, strict=strict)
    ]
    table = pd.DataFrame(rows, columns=[by, *_COLUMNS])
    table["rank"] = table["rank"].astype("Int64")
    table = _with_published(table, by)
    if reference is not None:
        table = _with_reference(table, reference, by)
    table.attrs = dict(attrs)
    return table


def _groups(counts: pd.DataFrame, by: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield ALL, counts
    names = [str(name) for name in counts[by].dropna().unique()]
    names.sort(key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    for name in names:
        yield name, counts[counts[by].eq(name).fillna(value=False)]


def _ranked(
    group: str, counts: pd.DataFrame, by: str, **options: Any
) -> list[dict[str, Any]]:
    tried = counts[counts["n"] > 0]
    whole = tried["competition"].nunique()
    rows = [
        {by: group, **_of_agent(str(agent), part, whole, **options)}
        for agent, part in counts.groupby("agent", sort=False, observed=True)
    ]
    rows.sort(key=lambda row: (-round(row["estimate"], _DIGITS), row["agent"]))
    complete = [row for row in rows if not row["n_absent"]]
    for row in complete:
        own = round(row["estimate"], _DIGITS)
        better = [each for each in complete if round(each["estimate"], _DIGITS) > own]
        row["rank"] = 1 + len(better)
    return rows


def _of_agent(
    agent: str, part: pd.DataFrame, whole: int, **options: Any
) -> dict[str, Any]:
    n, c = part["n"].to_numpy(), part["c"].to_numpy()
    interval = asdict(stats.medal_rate(n, c, **options))
    entered = int(interval.pop("n"))
    sem, reason = error_from_counts(n, c)
    least, most = error_limits(n, c)
    mean = interval["estimate"]
    return {
        "rank": None,
        "agent": agent,
        "n_competitions": entered,
        "n_absent": whole - entered,
        "n_attempts": int(n.sum()),
        **interval,
        "reference_mean": mean,
        "reference_sem": sem,
        "reference_low": mean - NORMAL_95 * sem,
        "reference_high": mean + NORMAL_95 * sem,
        "reference_source": "counts",
        "reference_reason": reason,
        "sem_least": least,
        "sem_most": most,
    }


def _with_published(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Add what is known of published agents; percent become shares."""
    known = published.experiments().set_index("agent")
    known[["published", "published_error"]] /= 100.0
    agents = table["agent"]
    table["name"] = agents.map(known["name"]).fillna(agents).astype("string")
    table["leakage"] = agents.map(known["leakage"]).astype("string")
    over_all = table[by].eq(ALL)
    for column in ("published", "published_error"):
        table[column] = agents.map(known[column]).astype("float64").where(over_all)
    kinds = agents.map(known["published_error_kind"]).astype("string")
    table["published_error_kind"] = kinds.where(over_all)
    return table


def _with_reference(
    table: pd.DataFrame, reference: pd.DataFrame, by: str
) -> pd.DataFrame:
    """Replace what the counts say of the mean over seeds by what the seeds say."""
    missing = [name for name in ("agent", by, *_REFERENCE) if name not in reference]
    if missing:
        msg = (
            f"reference has no column {', '.join(map(repr, missing))}; pass what "
            "SeedTable.summary returns"
        )
        raise UsageError(msg)
    keys = ["agent", by]
    seeds = reference.set_index(keys).reindex(pd.MultiIndex.from_frame(table[keys]))
    there = seeds["mean"].notna().to_numpy()
    for column, name in _REFERENCE.items():
        values = pd.Series(seeds[column].array, index=table.index)
        table[name] = table[name].where(~there, values)
    table["reference_source"] = table["reference_source"].where(~there, "seeds")
    for column in ("sem_least", "sem_most"):
        table[column] = table[column].where(~there)
    return table
