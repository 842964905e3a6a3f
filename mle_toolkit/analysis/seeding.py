"""Attempts as seeds, the way MLE-bench counts them, with the rule said aloud.

MLE-bench takes the i-th attempt on every competition for its seed i, computes the
medal rate of each seed, and prints the mean of these rates with its standard error.
Competitions rarely have equally many attempts.  Here what happens to missing and to
surplus ones is an argument without a default, and the result says what was done.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.analysis.counting import (
    ALL,
    GROUPS,
    OUTCOMES,
    check_columns,
    counted,
    select,
)
from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import whole_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

NORMAL_95 = 1.96
_NAMED = ("fewest", "most")
_NEWEST = re.compile(r"newest:(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeedTable:
    """The medal rate of each seed, and how attempts became seeds.

    Attributes
    ----------
    rule
        What was asked for: ``"fewest"``, ``"most"``, ``"newest:N"`` or a number.
    by, outcome
        What tells the systems apart, and what a success is.
    rates
        One row per system, split and seed: `by`, ``split`` (``"all"`` is every
        competition), ``seed``, ``n_competitions``, ``n_padded`` (of them, taken for
        failures because there was no attempt), ``rate`` in [0, 1].
    use
        One row per system and competition: ``n_attempts`` that count, ``n_used``,
        ``n_padded``, ``n_cut``, and ``n_left_out``, which are not graded yet.
    """

    rule: str
    by: str
    outcome: str
    rates: pd.DataFrame
    use: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return the mean over seeds as MLE-bench prints it: mean +- SEM.

        The error is that of the seeds alone: the spread of their rates (with
        ``ddof=1``) over the square root of their number.  It says how far the same
        agent would vary on these same competitions, and nothing about others;
        `mle_toolkit.analysis.leaderboard` has the interval that does.

        Returns
        -------
        DataFrame
            One row per system and split: `by`, ``split, n_seeds, n_competitions,
            n_padded, n_cut, mean, sem, low, high, reason``.  ``low`` and ``high``
            are the mean -+ 1.96 SEM, as MLE-bench has them: they may leave [0, 1],
            and with few seeds they are too narrow even for what they say.  With
            one seed the error is NaN (MLE-bench prints 0).
        """
        keys = [self.by, "split"]
        rows = []
        for (name, split), part in self.rates.groupby(keys, sort=False):
            use = self.use[self.use[self.by] == name]
            if split != ALL:
                use = use[use["split"] == split]
            mean, sem, reason = _mean_and_error(part["rate"].to_numpy())
            rows.append(
                {
                    self.by: name,
                    "split": split,
                    "n_seeds": len(part),
                    "n_competitions": int(part["n_competitions"].iloc[0]),
                    "n_padded": int(use["n_padded"].sum()),
                    "n_cut": int(use["n_cut"].sum()),
                    "mean": mean,
                    "sem": sem,
                    "low": mean - NORMAL_95 * sem,
                    "high": mean + NORMAL_95 * sem,
                    "reason": reason,
                }
            )
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        """Say for each system how many seeds there are and what was done for them."""
        lines = [f"seeds={self.rule!r}, {self.outcome}"]
        for name, use in self.use.groupby(self.by, sort=False):
            seeds = int((use["n_used"] + use["n_padded"]).max())
            lines.append(
                f"  {name}: {seeds} seeds of {len(use)} competitions; "
                f"{_changed(use, 'n_padded')} padded as failures, "
                f"{_changed(use, 'n_cut')} cut, {use['n_left_out'].sum()} not graded"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Show what `str` says, so that a notebook prints it."""
        return str(self)


def by_seed(
    frame: pd.DataFrame,
    *,
    seeds: str | int,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    outcome: str = "any_medal",
    competitions: Iterable[str] | None = None,
) -> SeedTable:
    """Return the success rate of each seed, by a stated rule for unequal numbers.

    Parameters
    ----------
    frame
        One row per attempt.  Attempts count once they are published and graded; on
        each competition they are taken in the order of ``seed``.
    seeds
        Has no default.

        - ``"fewest"``: as many seeds as the competition with the fewest attempts
          has; the later attempts on the others are cut.  What MLE-bench does.
        - ``"most"``: as many as the one with the most; missing attempts count as
          failures.  MLE-bench's ``--pad-missing``.
        - ``"newest:N"``: the last N attempts of every competition, the earlier ones
          are cut.  How the paper came to 16 of 21 seeds.
        - a number N: the first N attempts, the later ones are cut.
    by
        Column that names the systems to tell apart.
    split
        One or several splits, such as ``"low"``; by default all competitions.
    outcome
        What a success is: ``"any_medal"``, ``"above_median"`` or
        ``"valid_submission"``.
    competitions
        The competitions that each system should have.  By default those that it has
        in the frame, so that systems may have different ones.

    Returns
    -------
    SeedTable
        ``print`` it to see how many attempts were used, padded and cut.

    Raises
    ------
    UsageError
        For an unknown rule, for a frame that lacks a column, and where the rule
        cannot be followed: no attempt on a competition under ``"fewest"``, fewer
        than N under the others.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "agent": "a", "competition": ["x", "x", "y"], "split": "low",
    ...     "seed": [0, 1, 0], "any_medal": [True, False, True],
    ... })
    >>> table = by_seed(frame, seeds="most")
    >>> print(table)
    seeds='most', any_medal
      a: 2 seeds of 2 competitions; 1 (1 competition) padded as failures, 0 cut, ...
    >>> float(table.summary()["mean"].iloc[0])
    0.5
    """
    check_choice("group", by, GROUPS)
    check_choice("outcome", outcome, OUTCOMES)
    check_columns(frame, {by, "competition", "seed", "any_medal", outcome})
    rule = _Rule.of(seeds)
    frame = select(frame, by=by, split=split)
    splits = _splits(frame)
    wanted = None if competitions is None else [str(name) for name in competitions]
    rates: list[dict[str, Any]] = []
    use: list[dict[str, Any]] = []
    for name, part in frame.groupby(by, sort=False, observed=True):
        found = _outcomes(part, outcome, wanted)
        number = rule.number_of_seeds(
            {key: len(won) for key, (won, _) in found.items()}
        )
        filled = {key: rule.choose(won, number) for key, (won, _) in found.items()}
        use += [
            {by: name, **_use(key, splits.get(key), found[key], number)}
            for key in found
        ]
        rates += [{by: name, **row} for row in _rates(filled, found, splits)]
    return SeedTable(
        rule=str(seeds),
        by=by,
        outcome=outcome,
        rates=pd.DataFrame(rates),
        use=pd.DataFrame(use),
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """How many seeds there are, and which attempts they are."""

    name: str
    number: int | None = None

    @classmethod
    def of(cls, seeds: str | int) -> _Rule:
        """Read the argument.

        Raises
        ------
        UsageError
            For anything but the rules that `by_seed` names.
        """
        newest = _NEWEST.fullmatch(seeds) if isinstance(seeds, str) else None
        if newest:
            return cls("newest", int(whole_numbers("N", int(newest[1]), least=1)))
        if isinstance(seeds, str):
            check_choice("rule for seeds", seeds, [*_NAMED, "newest:N", "a number"])
            return cls(seeds)
        return cls("first", int(whole_numbers("seeds", seeds, least=1)))

    def number_of_seeds(self, counts: Mapping[str, int]) -> int:
        """Return the number of seeds for these attempts per competition.

        Raises
        ------
        UsageError
            When the rule cannot be followed.
        """
        least = 1 if self.number is None else self.number
        short = [name for name, count in counts.items() if count < least]
        if short and self.name != "most":
            asked = f"{least} seeds" if self.number else "seeds='fewest'"
            msg = (
                f"{asked} cannot be had: {len(short)} competitions have fewer than "
                f"{least} attempts that count, such as {short[0]!r} with "
                f"{counts[short[0]]}; take seeds='most' to count what is missing as "
                "failures, a smaller number, or leave those competitions out"
            )
            raise UsageError(msg)
        if self.number is not None:
            return self.number
        return (max if self.name == "most" else min)(counts.values(), default=0)

    def choose(self, won: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
        """Return the outcomes of the seeds, with failures in place of missing ones."""
        kept = won[-number:] if self.name == "newest" else won[:number]
        return np.concatenate([kept, np.zeros(number - len(kept), dtype=np.bool_)])


def _splits(frame: pd.DataFrame) -> dict[str, str]:
    if "split" not in frame.columns:
        return {}
    known = frame[["competition", "split"]].dropna().drop_duplicates("competition")
    return dict(zip(known["competition"], known["split"], strict=True))


def _outcomes(
    part: pd.DataFrame, outcome: str, wanted: list[str] | None
) -> dict[str, tuple[NDArray[np.bool_], int]]:
    """Return the outcomes in the order of seeds, and how many attempts do not count."""
    groups = dict(iter(part.groupby("competition", sort=False, observed=True)))
    found = {}
    for name in groups if wanted is None else wanted:
        group = groups.get(name)
        if group is None:
            found[str(name)] = (np.zeros(0, dtype=np.bool_), 0)
            continue
        ordered = group.sort_values("seed", kind="stable")
        inside = ordered[counted(ordered) & ordered[outcome].notna()]
        won = inside[outcome].to_numpy(dtype=np.bool_)
        found[str(name)] = (won, len(ordered) - len(inside))
    return found


def _use(
    competition: str,
    split: str | None,
    found: tuple[NDArray[np.bool_], int],
    number: int,
) -> dict[str, Any]:
    attempts, left_out = len(found[0]), found[1]
    return {
        "competition": competition,
        "split": split,
        "n_attempts": attempts,
        "n_used": min(attempts, number),
        "n_padded": max(number - attempts, 0),
        "n_cut": max(attempts - number, 0),
        "n_left_out": left_out,
    }


def _rates(
    filled: Mapping[str, NDArray[np.bool_]],
    found: Mapping[str, tuple[NDArray[np.bool_], int]],
    splits: Mapping[str, str],
) -> list[dict[str, Any]]:
    rows = []
    present = dict.fromkeys(splits[name] for name in filled if name in splits)
    for split in (ALL, *present):
        names = [name for name in filled if split in {ALL, splits.get(name)}]
        outcomes = np.array([filled[name] for name in names])
        counts = np.array([len(found[name][0]) for name in names])
        rows += [
            {
                "split": split,
                "seed": seed,
                "n_competitions": len(names),
                "n_padded": int((counts <= seed).sum()),
                "rate": float(column.mean()),
            }
            for seed, column in enumerate(outcomes.T)
        ]
    return rows


def _mean_and_error(rates: NDArray[np.float64]) -> tuple[float, float, str | None]:
    mean = float(rates.mean())
    if len(rates) == 1:
        return mean, math.nan, "one seed has no spread"
    return mean, float(rates.std(ddof=1) / math.sqrt(len(rates))), None


def _changed(use: pd.DataFrame, column: str) -> str:
    total, where = int(use[column].sum()), int((use[column] > 0).sum())
    if not total:
        return "0"
    return f"{total} ({where} competition{'s' if where > 1 else ''})"
