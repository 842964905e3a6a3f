"""Where a score stands among people, and how sure that place is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import confidence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# What a team with the same score counts for, in each rule.
TIES = {"half": 0.5, "strict": 0.0, "weak": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileRange:
    """A percentile, and where it moves when the score is a little off.

    Attributes
    ----------
    estimate
        The percentile of the score, in [0, 100].
    low, high
        Percentiles of the scores `shift` worse and better.
    level
        Nominal coverage, if the error of the score is normal.
    method
        ``"shift"`` and the rule for ties.
    n
        Teams on the leaderboard.
    shift
        How far the score was moved, in its own units.
    reason
        Why the values are NaN; None when they are not.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n: int
    shift: float
    reason: str | None = None


def percentile(
    score: ArrayLike,
    leaderboard: ArrayLike,
    *,
    lower_is_better: bool = False,
    ties: str = "half",
) -> float | Floats:
    """Return the share of a leaderboard that a score beats, in per cent.

    Parameters
    ----------
    score : float or array, shape (scores,)
        Scores to place; NaN where there is none.
    leaderboard : array, shape (teams,)
        Scores of the teams, in any order.
    lower_is_better
        Direction of the score.
    ties
        What a team with the same score counts for: ``"half"`` (the mid-rank,
        as in the column ``percentile`` of a frame of attempts), ``"strict"``
        (nothing: only teams that are worse count) or ``"weak"`` (all of it).
        On leaderboards where many share a score, such as the sample
        submission's, the rules differ by tens of points: name the one used.

    Returns
    -------
    float or ndarray, shape (scores,)
        In [0, 100]; NaN where there is no score, and when the leaderboard is
        empty.

    Raises
    ------
    UsageError
        For NaN on the leaderboard, other shapes, and an unknown rule.

    Examples
    --------
    >>> board = [0.9, 0.8, 0.8, 0.5]
    >>> percentile(0.8, board), percentile(0.8, board, ties="strict")
    (50.0, 25.0)
    >>> percentile(0.8, board, ties="weak"), percentile(0.95, board)
    (75.0, 100.0)
    """
    check_choice("rule for ties", ties, TIES)
    board = _board(leaderboard)
    scores = _numbers("score", score)
    if not board.size:
        beaten = np.full(scores.shape, np.nan)
    else:
        sign = -1.0 if lower_is_better else 1.0
        order = np.sort(sign * board)
        below = np.searchsorted(order, sign * scores, side="left")
        equal = np.searchsorted(order, sign * scores, side="right") - below
        beaten = 100.0 * (below + TIES[ties] * equal) / board.size
        beaten = np.where(np.isnan(scores), np.nan, beaten)
    return beaten if scores.ndim else float(beaten)


def percentile_range(
    score: float,
    leaderboard: ArrayLike,
    *,
    score_se: float,
    lower_is_better: bool = False,
    ties: str = "half",
    level: float = 0.95,
) -> PercentileRange:
    """Return how far the percentile moves with the test set.

    People were scored on a test set that is not public, agents on one that was
    split off again from the training data.  The score on the one would have
    been a little different on the other; no interval over competitions or
    seeds holds this error.  Here the score is moved by its standard error,
    times the normal quantile, against a leaderboard that stays.

    Parameters
    ----------
    score
        The score to place.
    leaderboard, lower_is_better, ties
        As in `percentile`.
    score_se
        Standard error of the difference between the two test sets, in units of
        the score: for a mean over rows with standard deviation s,
        ``s * sqrt(1/n_new + 1/n_old)``.
    level
        Nominal coverage.

    Returns
    -------
    PercentileRange
        NaN with a reason for a missing score or an empty leaderboard.

    Raises
    ------
    UsageError
        As `percentile`, and for a negative `score_se`.

    Examples
    --------
    An accuracy of 0.8 on 400 new rows, where people had 1600:

    >>> board = [0.70, 0.76, 0.79, 0.795, 0.805, 0.81, 0.84, 0.9]
    >>> se = (0.8 * 0.2 * (1 / 400 + 1 / 1600)) ** 0.5
    >>> place = percentile_range(0.8, board, score_se=se)
    >>> place.low, place.estimate, place.high
    (12.5, 50.0, 87.5)
    """
    level = confidence(level)
    if not 0.0 <= score_se < np.inf:
        msg = f"score_se must be a number of at least 0; got {score_se!r}"
        raise UsageError(msg)
    board = _board(leaderboard)
    value = _numbers("score", score)
    if value.ndim:
        msg = f"score must be one number here; got the shape {value.shape}"
        raise UsageError(msg)
    shift = float(special.ndtri((1.0 + level) / 2.0)) * float(score_se)
    sign = -1.0 if lower_is_better else 1.0
    moved = float(value) + sign * shift * np.array([-1.0, 0.0, 1.0])
    places = np.asarray(
        percentile(moved, board, lower_is_better=lower_is_better, ties=ties)
    )
    reason = None if board.size else "the leaderboard is empty"
    if np.isnan(value):
        reason = "there is no score"
    return PercentileRange(
        estimate=float(places[1]),
        low=float(places[0]),
        high=float(places[2]),
        level=level,
        method=f"shift, ties {ties}",
        n=board.size,
        shift=shift,
        reason=reason,
    )


def _board(leaderboard: ArrayLike) -> Floats:
    board = np.atleast_1d(_numbers("leaderboard", leaderboard))
    if board.ndim != 1 or np.isnan(board).any():
        msg = "leaderboard must be numbers on one axis, without NaN"
        raise UsageError(msg)
    return board


def _numbers(name: str, values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be numbers; got {values!r}"
        raise UsageError(msg) from error
