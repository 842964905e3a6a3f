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

from mle_toolkit.competitions.answers import read_answers
from mle_toolkit.competitions.cards import Card, load_card
from mle_toolkit.competitions.medals import DECIMALS, Scale, scale_of
from mle_toolkit.competitions.places import require_prepared
from mle_toolkit.competitions.protocols import STANDARD, get_protocol
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError, UsageError
from mle_toolkit.records import Grade
from mle_toolkit.submissions import as_read, read_table

if TYPE_CHECKING:
    from mle_toolkit.competitions.medals import Ranking

_ROWS_TO_SPARE = 1000


def grade(
    competition: str,
    submission: str | Path | pd.DataFrame,
    *,
    answers: str | Path | pd.DataFrame | None = None,
    strict: bool = False,
) -> Grade:
    """Grade one submission.

    Parameters
    ----------
    competition
        The competition's id.
    submission
        A CSV file, which is read as data only, or a frame.
    answers
        Other answers than the prepared ones: a file as the competition prepares it,
        or a frame.
    strict
        Refuse what the competition's own grader accepts although it is dangerous,
        such as ids that are never compared.  Otherwise such a submission keeps its
        score and ``warnings`` names the danger.

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
    return Grader.of(competition, answers=answers, strict=strict).grade(submission)


@dataclass(frozen=True, slots=True)
class Grader:
    """All that is needed to grade many submissions to one competition."""

    card: Card
    answers: pd.DataFrame
    scale: Scale
    strict: bool = False

    @classmethod
    def of(
        cls,
        competition: str,
        *,
        answers: str | Path | pd.DataFrame | None = None,
        strict: bool = False,
    ) -> Grader:
        """Load the answers and the medal lines; see `grade` for what it raises."""
        card = load_card(competition)
        if answers is None:
            answers = require_prepared(card).private / card.files.answers
        return cls(card, read_answers(card, answers), scale_of(card), strict)

    def grade(self, submission: str | Path | pd.DataFrame) -> Grade:
        """Grade one submission; nothing in it raises."""
        try:
            # Huge predictions overflow to an infinite score, which is a score.
            with np.errstate(all="ignore"):
                outcome = self._score(submission)
        except UsageError as error:
            # A submission that cannot be read, or that the metric cannot take.
            return self.refuse(str(error))
        except Exception as error:  # noqa: BLE001 - a submission must never raise
            said = " ".join(str(error).split())[:200]
            kind = type(error).__name__
            return self.refuse(f"the submission cannot be scored: {kind}: {said}")
        dangers = _dangers(outcome)
        if self.strict and dangers:
            return self.refuse(f"refused because the grade is strict: {dangers[0]}")
        return self._record(
            self.scale.rank(outcome.score),
            score=_rounded(outcome.score),
            score_full=outcome.score,
            warnings=dangers + outcome.notes,
        )

    def refuse(self, reason: str) -> Grade:
        """Return the grade of an invalid submission."""
        return self._record(self.scale.rank(None), reason=reason)

    def _score(self, submission: str | Path | pd.DataFrame) -> Outcome:
        table = self._read(submission)
        entry = Entry(submission=table, answers=self.answers, card=self.card)
        return get_protocol(self.card.protocol)(entry)

    def _read(self, submission: str | Path | pd.DataFrame) -> pd.DataFrame:
        is_ours = self.card.protocol == STANDARD
        if isinstance(submission, pd.DataFrame):
            return submission if is_ours else as_read(submission)
        path = Path(submission)
        if path.suffix.lower() != ".csv":
            msg = f"the name of the file must end in .csv; got {path.name!r}"
            raise SubmissionError(msg)
        max_bytes = self.card.max_mib << 20
        if is_ours:
            max_rows = 2 * len(self.answers) + _ROWS_TO_SPARE
            return read_table(path, max_bytes=max_bytes, max_rows=max_rows)
        return read_table(path, max_bytes=max_bytes, lenient=True)

    def _record(
        self,
        ranking: Ranking,
        *,
        score: float | None = None,
        score_full: float | None = None,
        reason: str | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Grade:
        return Grade(
            competition=self.card.id,
            score=score,
            score_full=score_full,
            valid=reason is None,
            reason=reason,
            warnings=warnings,
            medal=ranking.medal,
            any_medal=ranking.any_medal,
            above_median=ranking.above_median,
            percentile=None if math.isnan(ranking.percentile) else ranking.percentile,
            percentile_reason=ranking.percentile_reason,
            thresholds=ranking.thresholds,
            lower_is_better=self.card.lower_is_better,
        )


def _rounded(score: float) -> float:
    # Shifted by five digits, a score beyond 1e303 overflows, as the reference's does.
    with np.errstate(over="ignore"):
        return float(np.round(score, DECIMALS))


def _dangers(outcome: Outcome) -> tuple[str, ...]:
    if math.isfinite(outcome.score):
        return outcome.dangers
    return (*outcome.dangers, f"the score is {outcome.score}, not a finite number")
