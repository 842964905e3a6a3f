"""Medals: how a score compares with a leaderboard.

The rule is the one that MLE-bench takes from Kaggle.  With N lines on the leaderboard,
best first, the medal lines are the scores at these places:

========  ==============  =========  ==============  ============
medal     N < 100         N < 250    N < 1000        N >= 1000
========  ==============  =========  ==============  ============
gold      10 %            10         10 + 0.2 %      10 + 0.2 %
silver    20 %            20 %       50              5 %
bronze    40 %            40 %       100             10 %
========  ==============  =========  ==============  ============

Shares are rounded down, and a place is never below the first.  A score that equals a
medal line wins that medal; above the median means strictly better than it.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.competitions.cards import load_card
from mle_toolkit.errors import CardError, UsageError
from mle_toolkit.records import Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

DECIMALS = 5
_SMALL, _MIDDLE, _LARGE = 100, 250, 1000


@dataclass(frozen=True, slots=True)
class Places:
    """The 1-based place on the leaderboard that each medal line stands at."""

    gold: int
    silver: int
    bronze: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How one score compares with a leaderboard.

    Attributes
    ----------
    medal
        ``"gold"``, ``"silver"``, ``"bronze"`` or None: the best one won.
    any_medal, above_median
        Both are false without a score.
    percentile
        Share of the leaderboard that the score beats, in [0, 100]; a tie counts
        half.  None without a score.
    thresholds
        The medal lines and the median.
    lower_is_better
        The direction that was used.
    """

    medal: str | None
    any_medal: bool
    above_median: bool
    percentile: float | None
    thresholds: Thresholds
    lower_is_better: bool


def rank(
    score: float | None,
    leaderboard: Sequence[float],
    *,
    lower_is_better: bool | None = None,
) -> Ranking:
    """Compare a score with a leaderboard.

    Parameters
    ----------
    score
        Rounded to 5 decimals before it is compared, as scores are reported.  None
        or NaN means no score, which wins nothing.
    leaderboard
        Scores, best first.  The order is taken as it is.
    lower_is_better
        The direction.  None takes it from the leaderboard: lower is better if the
        first score is below the last.

    Raises
    ------
    UsageError
        When the leaderboard is empty or holds something else than numbers.

    Examples
    --------
    Of ten teams, the first wins gold, two silver, four bronze:

    >>> board = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]
    >>> rank(0.8, board).medal
    'silver'
    >>> rank(0.45, board).above_median
    False
    >>> rank(0.8, board).percentile
    85.0
    """
    import numpy as np

    scores = _as_floats(leaderboard)
    if lower_is_better is None:
        lower_is_better = bool(scores[0] < scores[-1])
    places = medal_places(len(scores))
    lines = Thresholds(
        gold=float(scores[places.gold - 1]),
        silver=float(scores[places.silver - 1]),
        bronze=float(scores[places.bronze - 1]),
        median=float(np.nanmedian(scores)) if not np.isnan(scores).all() else math.nan,
    )
    with np.errstate(over="ignore"):
        value = math.nan if score is None else float(np.round(score, DECIMALS))
    # With the sign turned where needed, higher is better from here on.
    sign = -1.0 if lower_is_better else 1.0
    medal = next(
        (
            name
            for name in ("gold", "silver", "bronze")
            if sign * value >= sign * getattr(lines, name)
        ),
        None,
    )
    n_beaten = np.sum(sign * value > sign * scores) + np.sum(value == scores) / 2
    return Ranking(
        medal=medal,
        any_medal=medal is not None,
        above_median=sign * value > sign * lines.median,
        percentile=None if math.isnan(value) else float(100 * n_beaten / len(scores)),
        thresholds=lines,
        lower_is_better=lower_is_better,
    )


def medal_places(n_teams: int) -> Places:
    """Return the places of the medal lines on a leaderboard of `n_teams` lines.

    Raises
    ------
    UsageError
        When there is no line.

    Examples
    --------
    >>> medal_places(120)
    Places(gold=10, silver=24, bronze=48)
    >>> medal_places(2000)
    Places(gold=14, silver=100, bronze=200)
    """
    if n_teams < 1:
        msg = f"a leaderboard needs at least one line; got {n_teams}"
        raise UsageError(msg)
    if n_teams < _SMALL:
        gold = _share(n_teams, 0.1)
    else:
        gold = 10 if n_teams < _MIDDLE else 10 + int(0.002 * n_teams)
    if n_teams < _MIDDLE:
        return Places(gold, _share(n_teams, 0.2), _share(n_teams, 0.4))
    if n_teams < _LARGE:
        return Places(gold, 50, 100)
    return Places(gold, _share(n_teams, 0.05), _share(n_teams, 0.1))


def leaderboard(competition: str) -> list[float]:
    """Return the scores on the leaderboard of a competition, best first.

    Raises
    ------
    UnknownNameError
        When there is no such competition.
    CardError
        When it has no leaderboard, or the file cannot be read.
    """
    path = load_card(competition).folder / "leaderboard.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            scores = [float(row["score"]) for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"the leaderboard of {competition!r} cannot be read: {error}"
        raise CardError(msg) from error
    if not scores:
        msg = f"the leaderboard of {competition!r} is empty: {path}"
        raise CardError(msg)
    return scores


def _share(n_teams: int, share: float) -> int:
    return max(1, int(share * n_teams))


def _as_floats(leaderboard: Sequence[float]) -> NDArray[np.float64]:
    import numpy as np

    try:
        scores = np.asarray(leaderboard, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"a leaderboard is a list of scores: {error}"
        raise UsageError(msg) from error
    if scores.ndim != 1 or not scores.size:
        msg = f"a leaderboard is a list of scores; got the shape {scores.shape}"
        raise UsageError(msg)
    return scores
