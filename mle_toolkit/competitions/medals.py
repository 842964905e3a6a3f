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

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.competitions.cards import Card, load_card
from mle_toolkit.competitions.places import LEADERBOARD, home
from mle_toolkit.errors import CardError, UsageError
from mle_toolkit.records import MEDALS, Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        half.  NaN without a score or without a whole leaderboard.
    percentile_reason
        Why `percentile` is NaN; else None.
    thresholds
        The medal lines and the median.
    lower_is_better
        The direction that was used.
    """

    medal: str | None
    any_medal: bool
    above_median: bool
    percentile: float
    percentile_reason: str | None
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
    board = _as_floats(leaderboard)
    if lower_is_better is None:
        lower_is_better = bool(board[0] < board[-1])
    return _rank(score, _lines(board), board, lower_is_better=lower_is_better)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the scores of one competition are compared with.

    Attributes
    ----------
    thresholds
        The medal lines and the median.
    leaderboard
        All scores, best first; None when only the lines are known.
    lower_is_better
        The direction.
    source
        Where the lines come from.
    """

    thresholds: Thresholds
    leaderboard: tuple[float, ...] | None
    lower_is_better: bool
    source: str

    def rank(self, score: float | None) -> Ranking:
        """Compare a score with the scale; see `rank`."""
        import numpy as np

        board = None if self.leaderboard is None else np.asarray(self.leaderboard)
        return _rank(
            score, self.thresholds, board, lower_is_better=self.lower_is_better
        )


def scale_of(card: Card) -> Scale:
    """Return the scale of a competition.

    A leaderboard beside the card or among the user's data is used if there is one;
    otherwise the medal lines that the card ships.

    Raises
    ------
    CardError
        When there is neither, or the leaderboard cannot be read.
    """
    path = leaderboard_path(card)
    if path is not None:
        board = _read_leaderboard(card, path)
        return Scale(
            thresholds=_lines(_as_floats(board)),
            leaderboard=tuple(board),
            lower_is_better=card.lower_is_better,
            source=str(path),
        )
    if card.medal_lines is None:
        msg = (
            f"there is no leaderboard of {card.id!r}, and its card has no medal lines: "
            f"put a leaderboard.csv into {card.folder}"
        )
        raise CardError(msg)
    return Scale(
        thresholds=card.medal_lines.thresholds,
        leaderboard=None,
        lower_is_better=card.lower_is_better,
        source=card.medal_lines.source,
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
    card = load_card(competition)
    path = leaderboard_path(card)
    if path is None:
        msg = (
            f"there is no leaderboard of {card.id!r} on this machine; it would be "
            f"{card.folder / LEADERBOARD} or {_imported(card)}"
        )
        raise CardError(msg)
    return _read_leaderboard(card, path)


def leaderboard_path(card: Card) -> Path | None:
    """Return the leaderboard file: the user's, else the card's, else None."""
    for path in (_imported(card), card.folder / LEADERBOARD):
        if path.is_file():
            return path
    return None


def _imported(card: Card) -> Path:
    return home(card) / LEADERBOARD


def _read_leaderboard(card: Card, path: Path) -> list[float]:
    # As the reference reads it: pandas with all its defaults.
    import pandas as pd

    try:
        scores = pd.read_csv(path)["score"].astype(float).tolist()
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"the leaderboard of {card.id!r} cannot be read: {path}: {error}"
        raise CardError(msg) from error
    if not scores:
        msg = f"the leaderboard of {card.id!r} is empty: {path}"
        raise CardError(msg)
    return scores


def _rank(
    score: float | None,
    lines: Thresholds,
    board: NDArray[np.float64] | None,
    *,
    lower_is_better: bool,
) -> Ranking:
    import numpy as np

    with np.errstate(over="ignore"):
        value = math.nan if score is None else float(np.round(score, DECIMALS))
    # With the sign turned where needed, higher is better from here on.
    sign = -1.0 if lower_is_better else 1.0
    medal = next(
        (name for name in MEDALS if sign * value >= sign * getattr(lines, name)),
        None,
    )
    percentile, reason = math.nan, None
    if math.isnan(value):
        reason = "there is no score"
    elif board is None:
        reason = "only the medal lines are known here, not the whole leaderboard"
    else:
        n_beaten = np.sum(sign * value > sign * board) + np.sum(value == board) / 2
        percentile = float(100 * n_beaten / len(board))
    return Ranking(
        medal=medal,
        any_medal=medal is not None,
        above_median=sign * value > sign * lines.median,
        percentile=percentile,
        percentile_reason=reason,
        thresholds=lines,
        lower_is_better=lower_is_better,
    )


def _lines(board: NDArray[np.float64]) -> Thresholds:
    import numpy as np

    places = medal_places(len(board))
    return Thresholds(
        gold=float(board[places.gold - 1]),
        silver=float(board[places.silver - 1]),
        bronze=float(board[places.bronze - 1]),
        median=float(np.nanmedian(board)) if not np.isnan(board).all() else math.nan,
    )


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
