"""Medals by the hour or by the dollar: curves, first medals, and budgets to split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.analysis.counting import (
    GROUPS,
    check_columns,
    noted_seed,
    select,
    tidy,
)
from mle_toolkit.analysis.steps import MISSING, medal_steps
from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats import overtime, splits, survival

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

AXES = {"hours": ("elapsed_s", 3600.0), "dollars": ("cost_usd", 1.0)}
_HELD = ("best", "submitted")
_ENDED = ("final", "censored")
# These ended by themselves: more time would have changed nothing.
_BY_ITSELF = ("finished", "failed")
_KEYS = ["competition", "split", "seed", "status"]
_COUNTS = ["n_competitions", "n_attempts", "n_left_out"]
_CURVE = [
    "axis", "held", "x", "estimate", "low", "high", "level", "method", *_COUNTS, "seed",
    "reason",
]  # fmt: skip
_TIMES = [
    "axis", "held", "kind", "x", "estimate", "low", "high", "level", "method",
    "n_medals", *_COUNTS, "seed", "reason",
]  # fmt: skip
_SPLIT = [
    "axis", "held", "budget", "kind", "k", "length", "estimate", "low", "high", "level",
    "method", "share_chosen", *_COUNTS, "seed", "reason",
]  # fmt: skip


def medal_curve(
    data: pd.DataFrame,
    *,
    axis: str = "hours",
    at: ArrayLike | None = None,
    held: str = "best",
    ended: str = "final",
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of attempts that hold a medal, by the hour or by the dollar.

    Parameters
    ----------
    data
        One row per attempt of a run folder, or what `medal_steps` makes of it, which
        saves reading the folders again.
    axis
        ``"hours"`` since the attempt began or ``"dollars"`` spent on the model.
    at
        Points of the axis; by default all at which a value changes.
    held
        ``"best"``: a medal once won stays won, as if an oracle picked.
        ``"submitted"``: what the agent would have handed in; the curve can fall.
    ended
        What becomes of attempts that ended by themselves before others did:
        ``"final"``, nothing more, however much time they had been given; or
        ``"censored"``, nobody knows, as of those that were stopped from outside.
    by, split, attempts
        As in `pass_at_k`.
    level
        Nominal coverage of the intervals, for other competitions of the same kind.

    Returns
    -------
    DataFrame
        One row per system and step; a value holds from its row to the next.  Columns:
        `by`; ``axis, held``; ``x``, in the unit of `axis`; ``estimate``, the mean over
        competitions, with ``low, high, level, method``; ``n_competitions, n_attempts,
        n_left_out`` (not graded, without a folder, or without known costs);
        ``reason``, such as that not all attempts were observed for so long.

    Raises
    ------
    UsageError
        For counts, for a frame that lacks a column and for illegal arguments.

    See Also
    --------
    mle_toolkit.stats.medal_curve, medal_steps
    """
    rows: list[dict[str, Any]] = []
    for name, part in _groups(
        data, axis=axis, held=held, ended=ended, by=by, split=split, attempts=attempts
    ):
        moments = np.asarray(part.moments() if at is None else at, dtype=np.float64)
        curve = overtime.medal_curve(
            part.times, part.medals, moments, competition=part.competition,
            until=part.until, best=held == "best", level=level,
        )  # fmt: skip
        fixed = {by: name, "axis": axis, "held": held, **part.counts()}
        rows += [
            {
                **fixed,
                "x": float(curve.x[row]),
                "estimate": curve.estimate[row],
                "low": curve.low[row],
                "high": curve.high[row],
                "level": curve.level,
                "method": curve.method,
                "reason": curve.reasons[row],
            }
            for row in range(len(curve.x))
        ]
    return tidy(rows, [by, *_CURVE], data)


def time_to_first_medal(
    data: pd.DataFrame,
    *,
    axis: str = "hours",
    held: str = "best",
    ended: str = "final",
    pooled: bool = False,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return when attempts win their first medal, those that were stopped included.

    Parameters
    ----------
    data, axis, held, ended, by, split, attempts
        As in `medal_curve`.
    pooled
        Take all attempts for one sample: its interval speaks of these competitions
        only.  Else every competition has the same weight, and the interval speaks of
        others of the same kind.
    level
        Nominal coverage.

    Returns
    -------
    DataFrame
        Rows of the kind ``"curve"``: the share with a medal by ``x``, at all x where
        it changes, by Kaplan and Meier; and one of the kind ``"median"``, whose
        ``estimate, low, high`` are when half of the attempts have one, in the unit of
        `axis`.  Other columns as in `medal_curve`; ``n_medals`` attempts won one.

    Raises
    ------
    UsageError
        As `medal_curve`.

    See Also
    --------
    mle_toolkit.stats.time_to_first_medal
    """
    rows: list[dict[str, Any]] = []
    for name, part in _groups(
        data, axis=axis, held=held, ended=ended, by=by, split=split, attempts=attempts
    ):
        found = survival.time_to_first_medal(
            part.first(), part.until, level=level,
            competition=None if pooled else part.competition,
        )  # fmt: skip
        curve, middle = found.curve, found.median
        fixed = {by: name, "axis": axis, "held": held, **part.counts(),
                 "level": curve.level, "method": curve.method,
                 "n_medals": found.n_medals}  # fmt: skip
        rows += [
            {**fixed, "kind": "curve", "x": float(curve.x[row]),
             "estimate": curve.estimate[row], "low": curve.low[row],
             "high": curve.high[row], "reason": curve.reasons[row]}
            for row in range(len(curve.x))
        ]  # fmt: skip
        rows.append(
            {**fixed, "kind": "median", "x": np.nan, "estimate": middle.estimate,
             "low": middle.low, "high": middle.high, "reason": middle.reason}
        )  # fmt: skip
    return tidy(rows, [by, *_TIMES], data)


def best_split(
    data: pd.DataFrame,
    *,
    budget: float | Sequence[float] | None = None,
    ks: Sequence[int] | None = None,
    unit: str = "competition",
    repeats: int = 100,
    axis: str = "hours",
    held: str = "best",
    ended: str = "final",
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    level: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return what a budget is worth, split into k attempts of ``budget / k`` each.

    Parameters
    ----------
    data, axis, held, ended, by, split, attempts
        As in `medal_curve`.
    budget
        One or several, in the unit of `axis`, for each competition.  By default the
        longest attempt, and half of it.
    ks
        Numbers of attempts to compare; by default all that the data can value.
    unit
        What the choice is tested on: ``"competition"``, others than those that chose,
        or ``"attempt"``, other attempts on the same ones.
    repeats, level, seed
        As in `mle_toolkit.stats.best_split`.

    Returns
    -------
    DataFrame
        For each system and budget, rows of the kind ``"in-sample"``: the value of
        every k on all data, of which the largest is too high on average, with
        ``share_chosen``, the share of the folds that chose it; and one of the kind
        ``"out-of-sample"``: the chosen ``k`` and ``length``, with ``estimate, low,
        high`` from data that did not choose.  Other columns as in `medal_curve`.

    Raises
    ------
    UsageError
        As `medal_curve`.

    See Also
    --------
    mle_toolkit.stats.best_split
    """
    rows: list[dict[str, Any]] = []
    for name, part in _groups(
        data, axis=axis, held=held, ended=ended, by=by, split=split, attempts=attempts
    ):
        budgets = part.budgets() if budget is None else np.atleast_1d(budget)
        for each in budgets:
            found = splits.best_split(
                part.first(), part.until, budget=float(each), ks=ks, by=unit,
                competition=part.competition, repeats=repeats, level=level, seed=seed,
            )  # fmt: skip
            fixed = {by: name, "axis": axis, "held": held, **part.counts(),
                     "budget": float(each), "level": level, "method": found.method,
                     "seed": noted_seed(seed, used=unit == "attempt")}  # fmt: skip
            rows += [{**fixed, **row} for row in _of_split(found)]
    return tidy(rows, [by, *_SPLIT], data)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """The attempts of one system, as the statistics take them."""

    times: list[Floats]
    medals: list[Floats]
    competition: list[str]
    until: Floats
    best: bool
    n_left_out: int

    def first(self) -> Floats:
        return overtime.first_medal(self.times, self.medals)

    def moments(self) -> Floats:
        """Return where a value changes, from 0 to the last end."""
        changes = [0.0]
        for when, what in zip(self.times, self.medals, strict=True):
            state = np.maximum.accumulate(what) if self.best else what
            changed = np.diff(state, prepend=0.0) != 0.0
            changes += [*when[changed], *when[-1:]]
        return np.unique(changes)

    def budgets(self) -> Floats:
        """Return half of what the longest attempt took, and all of it."""
        longest = max((float(when[-1]) for when in self.times), default=0.0)
        return np.array([longest / 2.0, longest]) if longest > 0.0 else np.zeros(0)

    def counts(self) -> dict[str, int]:
        return {
            "n_competitions": len(set(self.competition)),
            "n_attempts": len(self.times),
            "n_left_out": self.n_left_out,
        }


def _groups(
    data: pd.DataFrame,
    *,
    axis: str,
    held: str,
    ended: str,
    by: str,
    split: str | Sequence[str] | None,
    attempts: int | None,
) -> Iterator[tuple[Any, _Part]]:
    check_choice("axis", axis, AXES)
    check_choice("thing held", held, _HELD)
    check_choice("treatment of ended attempts", ended, _ENDED)
    check_choice("group", by, GROUPS)
    ready = "event" in data.columns
    if ready and attempts is not None:
        msg = "steps do not take attempts=; pass the attempts themselves instead"
        raise UsageError(msg)
    steps = data if ready else medal_steps(select(data, by=by, attempts=attempts))
    check_columns(steps, [by, *_KEYS, "event", "elapsed_s", "cost_usd", *_HELD])
    steps = select(steps, by=by, split=split)
    for name, part in steps.groupby(by, sort=False, observed=True):
        yield name, _part(part, axis, held, ended)


def _part(steps: pd.DataFrame, axis: str, held: str, ended: str) -> _Part:
    column, unit = AXES[axis]
    times, medals, names, until = [], [], [], []
    left_out = 0
    keys = ["experiment", "competition", "agent", "seed"]
    for _, attempt in steps.groupby(keys, sort=False, observed=True, dropna=False):
        spent = attempt[column].to_numpy(dtype=np.float64) / unit
        if (attempt["event"] == MISSING).any() or np.isnan(spent).any():
            left_out += 1
            continue
        final = ended == "final" and attempt["status"].iloc[0] in _BY_ITSELF
        times.append(spent)
        medals.append(attempt[held].to_numpy(dtype=np.float64))
        names.append(str(attempt["competition"].iloc[0]))
        until.append(np.inf if final else spent[-1])
    return _Part(
        times=times,
        medals=medals,
        competition=names,
        until=np.array(until, dtype=np.float64),
        best=held == "best",
        n_left_out=left_out,
    )


def _of_split(found: splits.Split) -> Iterator[dict[str, Any]]:
    folds = max(found.chosen.size, 1)
    for k, value in zip(found.ks, found.values, strict=True):
        yield {
            "kind": "in-sample",
            "k": int(k),
            "length": found.budget / int(k),
            "estimate": float(value),
            "share_chosen": float((found.chosen == k).sum()) / folds,
            "reason": "no limits: the choice was made on these data",
        }
    yield {
        "kind": "out-of-sample",
        "k": found.k,
        "length": found.length,
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "reason": found.reason,
    }
