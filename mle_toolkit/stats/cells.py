"""Attempts as one list of cells, which is what resampling and sorting need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.bootstrap import UNITS
from mle_toolkit.stats.checks import score_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

END_ATOM, PERCENTILE = "end-atom", "bootstrap-percentile"
_METHODS = {"competition": (END_ATOM, PERCENTILE), "attempt": (PERCENTILE,)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """All attempts, those of the first competition first.

    Attributes
    ----------
    values : array, shape (cells,)
        Scores, with failed attempts at their floor.
    made : array of int, shape (competitions,)
        Attempts of each competition; competitions without any are gone.
    """

    values: Floats
    made: Counts

    @classmethod
    def of(
        cls, scores: ArrayLike, n: ArrayLike | None, *, floor: float | None
    ) -> Cells:
        """Read a table of scores.

        Raises
        ------
        UsageError
            For failed attempts where there is no `floor`, and as `score_table`.
        """
        table, made = score_table("scores", scores, n)
        rows = np.arange(len(table))[:, None] < made
        values = table.T[rows.T]
        failed = np.isnan(values)
        if failed.any() and floor is None:
            msg = (
                f"{int(failed.sum())} attempts have no score; say what a failed "
                "attempt is worth, such as floor=0.0 for a percentile"
            )
            raise UsageError(msg)
        if floor is not None:
            values = np.where(failed, floor, values)
        return cls(values=values, made=made[made > 0])

    @property
    def competition(self) -> Counts:
        """Index of the competition of each cell."""
        return np.repeat(np.arange(self.made.size), self.made)

    @property
    def weights(self) -> Floats:
        """Weight of each cell, so that competitions weigh the same; their sum is 1."""
        return np.repeat(1.0 / self.made, self.made) / max(self.made.size, 1)

    def why_not(self, by: str) -> str | None:
        """Return why the unit cannot be resampled, or None when it can."""
        if by == "competition" and self.made.size < 2:
            few = "one competition says nothing about others; at least 2 are needed"
            return few if self.made.size else "there are no competitions"
        if by == "attempt" and (self.made < 2).all():
            return "one attempt on each competition cannot be resampled; add attempts"
        return None


def checked_method(by: str, method: str | None) -> str:
    """Return the method, or the default one for the unit of resampling.

    Raises
    ------
    UsageError
        For unknown names, and methods that are not for this unit.
    """
    check_choice("unit of resampling", by, UNITS)
    if method is None:
        return _METHODS[by][0]
    if by == "attempt" and method == END_ATOM:
        msg = (
            "method='end-atom' speaks of other competitions; for by='attempt' use "
            "method='bootstrap-percentile'"
        )
        raise UsageError(msg)
    check_choice("method", method, _METHODS[by])
    return method


def with_width(low: Floats, high: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return limits that are NaN where they have no width, and where that is."""
    flat = low == high
    return np.where(flat, np.nan, low), np.where(flat, np.nan, high), flat
