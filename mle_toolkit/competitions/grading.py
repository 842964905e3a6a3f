"""Grade a submission: is it valid, what does it score, which medal does it win.

Nothing in a submission can raise an error here: whatever is wrong with it becomes
the reason of an invalid grade.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.competitions.cards import Card, load_card
from mle_toolkit.competitions.data import require_prepared
from mle_toolkit.competitions.medals import DECIMALS, leaderboard, rank
from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.errors import SubmissionError, UsageError
from mle_toolkit.records import Grade
from mle_toolkit.submissions import (
    align,
    check_format,
    extra_columns,
    quote_some,
    read_table,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS_TO_SPARE = 1000
_SUM_SLACK = 1e-6


def grade(
    competition: str,
    submission: str | Path | pd.DataFrame,
    *,
    answers: str | Path | pd.DataFrame | None = None,
) -> Grade:
    """Grade one submission.

    Parameters
    ----------
    competition
        The competition's id.
    submission
        A CSV file, which is read as data only, or a frame.
    answers
        Other answers than the prepared ones: a CSV file or a frame with the id
        column and the target columns.

    Returns
    -------
    Grade
        For an invalid submission ``valid`` is false and ``reason`` says why.

    Raises
    ------
    UnknownNameError
        When there is no such competition.
    NotPreparedError
        When its data are not on this machine and no `answers` are given.
    UsageError
        When `answers` cannot be read or lack a column.
    """
    return Grader.of(competition, answers=answers).grade(submission)


@dataclass(frozen=True, slots=True)
class Grader:
    """All that is needed to grade many submissions to one competition."""

    card: Card
    answers: pd.DataFrame
    leaderboard: tuple[float, ...]

    @classmethod
    def of(
        cls, competition: str, *, answers: str | Path | pd.DataFrame | None = None
    ) -> Grader:
        """Load the answers and the leaderboard; see `grade` for what it raises."""
        card = load_card(competition)
        if answers is None:
            answers = require_prepared(card).private / card.files.answers
        return cls(card, _answers(card, answers), tuple(leaderboard(card.id)))

    def grade(self, submission: str | Path | pd.DataFrame) -> Grade:
        """Grade one submission; nothing in it raises."""
        try:
            table = self._read(submission)
            reason = check_format(
                table,
                self.answers,
                id_column=self.card.id_column,
                target_columns=self.card.target_columns,
                rules=self.card.rules,
            )
            if reason is None:
                return self._score(table)
        except SubmissionError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a submission must never raise
            said = " ".join(str(error).split())[:200]
            reason = f"the submission cannot be scored: {type(error).__name__}: {said}"
        return self.refuse(reason)

    def refuse(self, reason: str) -> Grade:
        """Return the grade of an invalid submission."""
        lines = rank(
            None, self.leaderboard, lower_is_better=self.card.lower_is_better
        ).thresholds
        return Grade(
            competition=self.card.id,
            score=None,
            score_full=None,
            valid=False,
            reason=reason,
            warnings=(),
            medal=None,
            any_medal=False,
            above_median=False,
            percentile=None,
            thresholds=lines,
            lower_is_better=self.card.lower_is_better,
        )

    def _read(self, submission: str | Path | pd.DataFrame) -> pd.DataFrame:
        if isinstance(submission, pd.DataFrame):
            return submission
        path = Path(submission)
        if path.suffix.lower() != ".csv":
            msg = f"the name of the file must end in .csv; got {path.name!r}"
            raise SubmissionError(msg)
        return read_table(
            path,
            max_bytes=self.card.max_mib << 20,
            max_rows=2 * len(self.answers) + _ROWS_TO_SPARE,
        )

    def _score(self, table: pd.DataFrame) -> Grade:
        # Huge predictions overflow to an infinite score, which is a score.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._score_quietly(table)

    def _score_quietly(self, table: pd.DataFrame) -> Grade:
        truth, values = self._align(self.answers), self._align(table)
        full = get_metric(self.card.metric)(truth, values)
        ranking = rank(
            full, self.leaderboard, lower_is_better=self.card.lower_is_better
        )
        return Grade(
            competition=self.card.id,
            score=float(np.round(full, DECIMALS)),
            score_full=full,
            valid=True,
            reason=None,
            warnings=tuple(self._warnings(table, values, full)),
            medal=ranking.medal,
            any_medal=ranking.any_medal,
            above_median=ranking.above_median,
            percentile=ranking.percentile,
            thresholds=ranking.thresholds,
            lower_is_better=self.card.lower_is_better,
        )

    def _align(self, table: pd.DataFrame) -> NDArray[np.float64]:
        return align(
            table,
            self.answers[self.card.id_column],
            id_column=self.card.id_column,
            target_columns=self.card.target_columns,
        )

    def _warnings(
        self, table: pd.DataFrame, values: NDArray[np.float64], score: float
    ) -> list[str]:
        card = self.card
        found = []
        extra = extra_columns(
            table, id_column=card.id_column, target_columns=card.target_columns
        )
        if extra:
            found.append(f"columns that nobody asked for: {quote_some(extra)}")
        if card.rules.row_sum is not None:
            misses = np.abs(values.sum(axis=1) - card.rules.row_sum) > _SUM_SLACK
            if misses.any():
                found.append(
                    f"{int(misses.sum())} rows do not add up to "
                    f"{card.rules.row_sum:g} exactly"
                )
        if len(values) > 1 and not np.ptp(values, axis=0).any():
            found.append("all rows have the same prediction")
        if not math.isfinite(score):
            found.append(f"the score is {score}, not a finite number")
        return found


def _answers(card: Card, answers: str | Path | pd.DataFrame) -> pd.DataFrame:
    name = "the frame given as answers"
    if not isinstance(answers, pd.DataFrame):
        name = f"the answers file {str(answers)!r}"
        try:
            # A data folder may be made of links, and its owner vouches for it.
            answers = read_table(Path(answers).resolve(), max_bytes=1 << 30)
        except SubmissionError as error:
            msg = f"{name} cannot be used: {error}"
            raise UsageError(msg) from error
    fault = check_format(
        answers,
        answers,
        id_column=card.id_column,
        target_columns=card.target_columns,
    )
    if fault:
        msg = f"{name} cannot be used: {fault}"
        raise UsageError(msg)
    return answers
