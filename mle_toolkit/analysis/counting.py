"""Which attempts of the tidy frame count, and what they amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import whole_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OUTCOMES = ("any_medal", "above_median", "valid_submission")
GROUPS = ("agent", "scaffold", "model", "experiment", "hardware")
ALL = "all"


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


def counted(frame: pd.DataFrame) -> pd.Series:
    """Return which attempts count: those that are published and graded."""
    return frame["any_medal"].notna()


def count_outcomes(
    frame: pd.DataFrame, *, by: str, outcome: str = "any_medal"
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
        For an unknown `by` or `outcome`, and for a frame that lacks a column.
    """
    check_choice("group", by, GROUPS)
    check_choice("outcome", outcome, OUTCOMES)
    check_columns(frame, {by, "competition", "any_medal", outcome})
    counts = counted(frame) & frame[outcome].notna()
    success = counts & (frame[outcome].astype("boolean").fillna(value=False))
    table = pd.DataFrame(
        {
            by: frame[by],
            "competition": frame["competition"],
            "n": counts.astype(np.int64),
            "c": success.astype(np.int64),
            "n_left_out": (~counts).astype(np.int64),
        }
    )
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
