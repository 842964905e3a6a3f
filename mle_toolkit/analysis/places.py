"""Where attempts stand among people, by each rule for ties, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.analysis.counting import (
    GROUPS,
    check_columns,
    counted,
    select,
    tidy,
)
from mle_toolkit.errors import ToolkitError, UsageError, check_choice
from mle_toolkit.stats.percentiles import percentile, percentile_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

    # The scores of the teams, whether lower is better, and why there are none.
    _Board = tuple[ArrayLike, bool, str | None]

_COLUMNS = [
    "competition", "seed", "score", "estimate", "low", "high", "level", "method",
    "strict", "weak", "score_se", "n_teams", "n_attempts", "n_left_out", "reason",
]  # fmt: skip


def leaderboard_percentile(
    frame: pd.DataFrame,
    *,
    score_se: float | Mapping[str, float],
    leaderboards: Mapping[str, ArrayLike] | None = None,
    lower_is_better: Mapping[str, bool] | None = None,
    ties: str = "half",
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of people that each attempt beats, and how far that may move.

    People were scored on a test set that is not public, agents on one that was split
    off anew: the same submission would have scored a little differently there, and no
    interval over competitions or seeds holds this error.

    Parameters
    ----------
    frame
        One row per attempt, with its ``score``.
    score_se
        Standard error of the difference between the two test sets, in units of the
        score; one number, or one for each competition.  For a mean over rows with
        standard deviation s it is ``s * sqrt(1/n_new + 1/n_old)``.
    leaderboards
        The scores of the teams, for each competition; by default those of the
        competitions at hand.
    lower_is_better
        The direction of each of the `leaderboards`, where these are given.
    ties
        What a team with the same score counts for: ``"half"``, ``"strict"`` (nothing)
        or ``"weak"`` (all of it).
    by, split, attempts
        As in `pass_at_k`.
    level
        Nominal coverage.

    Returns
    -------
    DataFrame
        One row per attempt that counts: `by`; ``competition, seed, score``;
        ``estimate``, its percentile in [0, 100], and ``low, high``, those of scores
        that are worse and better by the standard error times the normal quantile;
        ``level, method``, which names the rule; ``strict, weak``, by the other rules;
        ``score_se``; ``n_teams``; ``n_attempts`` and ``n_left_out`` of the system;
        ``reason`` where there is no percentile.

    Raises
    ------
    UsageError
        For a frame that lacks a column, a standard error or a direction that is
        missing, and illegal arguments.

    See Also
    --------
    mle_toolkit.stats.percentile_range
    """
    check_choice("group", by, GROUPS)
    check_columns(frame, [by, "competition", "seed", "score", "any_medal"])
    frame = select(frame, by=by, split=split, attempts=attempts)
    boards = {
        name: _board(name, leaderboards, lower_is_better)
        for name in map(str, frame["competition"].unique())
    }
    rows: list[dict[str, Any]] = []
    for name, part in frame.groupby(by, sort=False, observed=True):
        inside = part[counted(part)]
        fixed = {by: name, "n_attempts": len(inside),
                 "n_left_out": len(part) - len(inside)}  # fmt: skip
        for row in inside.to_dict("records"):
            competition = str(row["competition"])
            error = _error(score_se, competition)
            place = _place(
                float(row["score"]), boards[competition], error, ties=ties, level=level
            )
            kept = {"competition": competition, "seed": row["seed"]}
            rows.append({**fixed, **kept, "score": row["score"], **place})
    return tidy(rows, [by, *_COLUMNS], frame)


def _place(
    score: float, board: _Board, error: float, *, ties: str, level: float
) -> dict[str, Any]:
    teams, lower, reason = board
    found = percentile_range(
        score, teams, score_se=error, lower_is_better=lower, ties=ties, level=level
    )
    others = {
        rule: percentile(score, teams, lower_is_better=lower, ties=rule)
        for rule in ("strict", "weak")
    }
    return {
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "level": level,
        "method": found.method,
        **others,
        "score_se": error,
        "n_teams": found.n,
        "reason": reason or found.reason,
    }


def _board(
    competition: str,
    given: Mapping[str, ArrayLike] | None,
    directions: Mapping[str, bool] | None,
) -> _Board:
    """Return the scores of the teams, the direction, and why there are none."""
    if given is None:
        return _known_board(competition)
    if competition not in given:
        return np.zeros(0), False, "no leaderboard of this competition was given"
    if directions is None or competition not in directions:
        msg = (
            f"say in lower_is_better which way the scores of {competition!r} run, such "
            f"as {{{competition!r}: True}}"
        )
        raise UsageError(msg)
    return given[competition], bool(directions[competition]), None


def _known_board(competition: str) -> _Board:
    from mle_toolkit.competitions import load_card
    from mle_toolkit.competitions.medals import scale_of

    try:
        scale = scale_of(load_card(competition))
    except ToolkitError as error:
        return np.zeros(0), False, str(error)
    if scale.leaderboard is None:
        return np.zeros(0), scale.lower_is_better, "its leaderboard is not at hand"
    return np.asarray(scale.leaderboard), scale.lower_is_better, None


def _error(score_se: float | Mapping[str, float], competition: str) -> float:
    if not isinstance(score_se, Mapping):
        return float(score_se)
    if competition not in score_se:
        msg = (
            f"score_se has no entry of {competition!r}; give one number for all, or "
            "one for each competition of the frame"
        )
        raise UsageError(msg)
    return float(score_se[competition])
