"""What a verb takes, which attempts of it count, and what they amount to.

Every verb takes a frame of either grain: the tidy frame, one row per attempt, or a
count table, one row per agent and competition with ``c`` successes of ``n`` attempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import counts as legal_counts
from mle_toolkit.stats.checks import one_whole_number, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OUTCOMES = ("any_medal", "above_median", "valid_submission")
GROUPS = ("agent", "scaffold", "model", "experiment", "hardware")
ALL = "all"
ABLATION = "ablation"


def check_columns(frame: pd.DataFrame, needed: Iterable[str]) -> None:
    """Raise unless `frame` has the `needed` columns.

    Raises
    ------
    UsageError
        With the names that are missing.
    """
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        msg = (
            f"the frame has no column {', '.join(map(repr, missing))}; "
            "pass one row per attempt, as mle_toolkit.load_attempts returns it"
        )
        raise UsageError(msg)


def check_counts(counts: pd.DataFrame, by: str) -> None:
    """Raise unless `counts` has one row per agent and competition.

    Raises
    ------
    UsageError
        For a missing column, two rows of one competition, and illegal counts.
    """
    needed = ["agent", "competition", "c", "n", by]
    missing = [name for name in needed if name not in counts.columns]
    if missing:
        msg = (
            f"the counts have no column {', '.join(map(repr, missing))}; pass one row "
            "per agent and competition, as mle_toolkit.record or "
            "mle_toolkit.analysis.count_table return it"
        )
        raise UsageError(msg)
    twice = counts.duplicated(["agent", "competition"])
    if twice.any():
        row = counts[twice].iloc[0]
        msg = (
            f"{row['agent']!r} has two rows of {row['competition']!r}; add them up, or "
            "give the agents different names"
        )
        raise UsageError(msg)
    legal_counts(counts["n"], counts["c"])


def is_counts(data: pd.DataFrame) -> bool:
    """Return whether a frame is a count table, and not one row per attempt."""
    return {"n", "c"} <= set(data.columns) and "any_medal" not in data.columns


def counted(frame: pd.DataFrame) -> pd.Series:
    """Return which attempts count: those that are published and graded."""
    return frame["any_medal"].notna()


def select(
    data: pd.DataFrame,
    *,
    by: str,
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
) -> pd.DataFrame:
    """Return the rows of some splits, and of the first attempts on each competition.

    The first attempts are those with the lowest seeds, whatever became of them: to
    take the first that are finished would favour the fast ones.

    Raises
    ------
    UsageError
        For a split that the frame does not have, and for `attempts` of a count
        table, which does not say which attempt came first.
    """
    if split is not None:
        data = _of_splits(data, [split] if isinstance(split, str) else list(split))
    if attempts is None:
        return data
    limit = one_whole_number("attempts", attempts, least=1)
    if is_counts(data):
        msg = (
            "counts do not say which attempts came first; leave attempts= out, or pass "
            "one row per attempt, as mle_toolkit.load_attempts returns it"
        )
        raise UsageError(msg)
    check_columns(data, [by, "competition", "seed"])
    data = data.reset_index(drop=True)
    groups = data.sort_values("seed", kind="stable").groupby(
        [by, "competition"], sort=False, observed=True, dropna=False
    )
    return data[groups.cumcount().sort_index() < limit]


def count_outcomes(
    data: pd.DataFrame,
    *,
    by: str,
    outcome: str = "any_medal",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
) -> pd.DataFrame:
    """Return attempts and successes per group and competition.

    Returns
    -------
    DataFrame
        One row per group and competition, in order of first appearance:
        `by`, ``competition``, ``n`` (attempts that count), ``c`` (successes
        among them), ``n_left_out``.

    Raises
    ------
    UsageError
        For an unknown `by` or `outcome`, for a frame that lacks a column, and as
        `select`.
    """
    check_choice("group", by, GROUPS)
    check_choice("outcome", outcome, OUTCOMES)
    if is_counts(data):
        check_counts(data, by)
    else:
        check_columns(data, {by, "competition", "any_medal", outcome})
    data = select(data, by=by, split=split, attempts=attempts)
    table = _of_table(data, by) if is_counts(data) else _of_attempts(data, by, outcome)
    keys = [by, "competition"]
    return table.groupby(keys, sort=False, observed=True).sum().reset_index()


def draws(k: int | Sequence[int] | None, attempts: Iterable[int]) -> list[int]:
    """Return the values of k: those asked for, else all that every one reaches.

    `attempts` are the counts per competition; those of 0 set no limit, so that
    a competition that has not begun does not empty the table.
    """
    if k is not None:
        return [int(each) for each in np.atleast_1d(whole_numbers("k", k, least=1))]
    begun = [n for n in attempts if n > 0]
    return list(range(1, min(begun, default=1) + 1))


def without_ablations(data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a published record that belong in a ranking."""
    if "role" not in data.columns:
        return data
    return data[data["role"].ne(ABLATION).fillna(value=True)]


def noted_seed(seed: int | np.random.Generator, *, used: bool) -> int | None:
    """Return the seed to write into a row: None where none was used, or no number."""
    return int(seed) if used and not isinstance(seed, np.random.Generator) else None


def tidy(
    rows: list[dict[str, Any]], columns: list[str], data: pd.DataFrame
) -> pd.DataFrame:
    """Return rows as a frame with these columns, and what is known of the counts.

    Whole numbers stay whole where some are missing; the attributes of a count table,
    such as the competitions that were made up, go with its results.
    """
    table = pd.DataFrame(rows, columns=columns)
    for name in ("seed", "resamples"):
        if name in table.columns:
            table[name] = table[name].astype("Int64")
    if is_counts(data):
        table.attrs = dict(data.attrs)
    return table


def _of_splits(data: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    if "split" not in data.columns:
        msg = "the frame has no column 'split', so that it cannot be divided by split="
        raise UsageError(msg)
    present = [str(name) for name in data["split"].dropna().unique()]
    for name in wanted:
        check_choice("split", name, present)
    return data[data["split"].isin(wanted)]


def _of_table(counts: pd.DataFrame, by: str) -> pd.DataFrame:
    left_out = counts.get("n_left_out", pd.Series(0, index=counts.index))
    return pd.DataFrame(
        {
            by: counts[by],
            "competition": counts["competition"],
            "n": counts["n"].astype(np.int64),
            "c": counts["c"].astype(np.int64),
            "n_left_out": left_out.fillna(0).astype(np.int64),
        }
    )


def _of_attempts(frame: pd.DataFrame, by: str, outcome: str) -> pd.DataFrame:
    counts = counted(frame) & frame[outcome].notna()
    success = counts & (frame[outcome].astype("boolean").fillna(value=False))
    return pd.DataFrame(
        {
            by: frame[by],
            "competition": frame["competition"],
            "n": counts.astype(np.int64),
            "c": success.astype(np.int64),
            "n_left_out": (~counts).astype(np.int64),
        }
    )
