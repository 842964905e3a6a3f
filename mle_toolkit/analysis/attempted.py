"""The attempts of one system as the arrays that the statistics on scores take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.analysis.counting import (
    GROUPS,
    check_columns,
    count_outcomes,
    counted,
    is_counts,
    select,
)
from mle_toolkit.errors import UnknownNameError, UsageError, check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

PERCENTILE, SCORE = "percentile", "score"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attempts:
    """The attempts of one system that count, by competition.

    Attributes
    ----------
    competitions
        Their names.
    table : array, shape (attempts, competitions)
        A column of the frame; NaN is a failed attempt, and fills up the columns
        of competitions with fewer attempts.
    n : array of int, shape (competitions,)
        Attempts of each competition.
    left_out : array of int, shape (competitions,)
        Attempts that do not count yet.
    unknown : array of int, shape (competitions,)
        Attempts that must have a value, and it is not known.
    """

    competitions: tuple[str, ...]
    table: NDArray[np.float64]
    n: NDArray[np.int64]
    left_out: NDArray[np.int64]
    unknown: NDArray[np.int64]

    @property
    def n_left_out(self) -> int:
        """Attempts on all competitions that do not count yet."""
        return int(self.left_out.sum())

    @property
    def why_not(self) -> str | None:
        """Why nothing can be said, or None when it can."""
        unknown = int(self.unknown.sum())
        if not unknown:
            return None
        return (
            f"the place of {unknown} scores is not known; a percentile needs the whole "
            "leaderboard of the competition"
        )

    def on(self, competitions: Sequence[str]) -> Attempts:
        """Return the attempts on some competitions, in that order."""
        at = [self.competitions.index(name) for name in competitions]
        return replace(
            self,
            competitions=tuple(competitions),
            table=self.table[:, at],
            n=self.n[at],
            left_out=self.left_out[at],
            unknown=self.unknown[at],
        )


def attempts_by(
    frame: pd.DataFrame,
    column: str,
    *,
    by: str,
    split: str | Sequence[str] | None,
    attempts: int | None,
) -> dict[str, Attempts]:
    """Return the attempts of each system, in the order of their seeds.

    Raises
    ------
    UsageError
        For counts, for an unknown `by`, for a frame that lacks a column, and as
        `select`.
    """
    if is_counts(frame):
        msg = (
            f"counts hold no {column}; pass one row per attempt, as "
            "mle_toolkit.load_attempts returns it"
        )
        raise UsageError(msg)
    check_choice("group", by, GROUPS)
    check_columns(frame, [by, "competition", "seed", "any_medal", column])
    frame = select(frame, by=by, split=split, attempts=attempts)
    return {
        str(name): _of_system(part, column)
        for name, part in frame.groupby(by, sort=False, observed=True)
    }


def outcomes_by(
    counts: pd.DataFrame,
    *,
    by: str,
    split: str | Sequence[str] | None,
    attempts: int | None,
) -> dict[str, Attempts]:
    """Return what counts say of each system's attempts: 1 for a success, else 0."""
    table = count_outcomes(counts, by=by, split=split, attempts=attempts)
    return {
        str(name): Attempts(
            competitions=tuple(map(str, part["competition"])),
            table=_stacked(
                [np.arange(n) < c for n, c in zip(part["n"], part["c"], strict=True)]
            ),
            n=part["n"].to_numpy(),
            left_out=part["n_left_out"].to_numpy(),
            unknown=np.zeros(len(part), dtype=np.int64),
        )
        for name, part in table.groupby(by, sort=False, observed=True)
    }


def is_lower_better(
    competition: str,
    given: bool | Mapping[str, bool] | None,  # noqa: FBT001 - a value, not a switch
) -> bool:
    """Return the direction of a competition's scores: as given, else of its card.

    Raises
    ------
    UsageError
        When neither says it.
    """
    if isinstance(given, bool):
        return given
    if given is not None and competition in given:
        return given[competition]
    from mle_toolkit.competitions.cards import load_card

    try:
        return load_card(competition).lower_is_better
    except UnknownNameError as error:
        msg = (
            f"the direction of {competition!r} is not known, because it has no card; "
            f"pass lower_is_better={{{competition!r}: True}} or False"
        )
        raise UsageError(msg) from error


def _of_system(frame: pd.DataFrame, column: str) -> Attempts:
    names, columns, left_out, unknown = [], [], [], []
    for name, group in frame.groupby("competition", sort=False, observed=True):
        inside = group[counted(group)].sort_values("seed", kind="stable")
        values = pd.to_numeric(inside[column]).to_numpy(np.float64, na_value=np.nan)
        names.append(str(name))
        columns.append(values)
        left_out.append(len(group) - len(inside))
        unknown.append(int((np.isnan(values) & _must_have(inside, column)).sum()))
    return Attempts(
        competitions=tuple(names),
        table=_stacked(columns),
        n=np.array([len(each) for each in columns], dtype=np.int64),
        left_out=np.array(left_out, dtype=np.int64),
        unknown=np.array(unknown, dtype=np.int64),
    )


def _stacked(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return columns side by side, filled up with NaN."""
    table = np.full((max(map(len, columns), default=0), len(columns)), np.nan)
    for at, values in enumerate(columns):
        table[: len(values), at] = values
    return table


def _must_have(inside: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Return which attempts have a score: their percentile is somewhere, too."""
    if column != PERCENTILE or SCORE not in inside.columns:
        return np.zeros(len(inside), dtype=bool)
    return inside[SCORE].notna().to_numpy()
