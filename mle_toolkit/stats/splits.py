"""How to split a budget of hours or dollars: many short attempts or few long ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.checks import confidence, one_whole_number, whole_numbers
from mle_toolkit.stats.end_atom import mean_interval
from mle_toolkit.stats.overtime import groups
from mle_toolkit.stats.seeding import noted_generator
from mle_toolkit.stats.survival import checked_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_NAN = float("nan")
_METHODS = {
    "competition": "leave-one-competition-out",
    "attempt": "half-of-the-attempts",
}
_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The best number of attempts to split a budget into, and what it is worth.

    Attributes
    ----------
    k
        Attempts, chosen on all data; 0 when there is a `reason`.
    length
        What each may spend, ``budget / k``.
    estimate, low, high
        Mean over competitions of the chance of a medal, out of sample: each
        value comes from a split that was chosen without it.
    in_sample
        The value of `k` on the data that chose it: too high on average.
    level
        Nominal coverage, for other competitions of the same kind.
    method
        ``"leave-one-competition-out"`` or ``"half-of-the-attempts"``.
    n
        Competitions that entered.
    budget
        The budget.
    ks : ndarray of int, shape (ks,)
        The numbers of attempts that were compared.
    values : ndarray, shape (ks,)
        In-sample value of each.
    chosen : ndarray of int, shape (folds,)
        The choice of each fold: if they differ much, the optimum is flat.
    seed
        The seed of the halves; None where nothing was drawn.
    reason
        Why the values are NaN; None when they are not.
    """

    k: int
    length: float
    estimate: float
    low: float
    high: float
    in_sample: float
    level: float
    method: str
    n: int
    budget: float
    ks: Counts
    values: Floats
    chosen: Counts
    seed: int | None = None
    reason: str | None = None


def best_split(
    first: ArrayLike,
    until: ArrayLike,
    *,
    budget: float,
    competition: ArrayLike,
    ks: Sequence[int] | None = None,
    by: str = "competition",
    repeats: int = 100,
    level: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> Split:
    """Choose k attempts of ``budget / k`` each, and value the choice out of sample.

    For each k, every attempt is cut at ``budget / k``; with c of n attempts
    that had a medal by then, the unbiased pass@k is what k such attempts are
    worth, if an oracle picks the best (RE-Bench, Wijk et al. 2024, arXiv
    2411.15114).  The largest of these values is too high, because the same
    noise chose it.  So each competition is valued by the k that the others
    choose; or, ``by="attempt"``, one random half of the attempts of every
    competition chooses and the other half gives the value, on average over
    `repeats`.

    Parameters
    ----------
    first : array, shape (attempts,)
        When each attempt won its first medal, in the unit of the budget; NaN
        where it did not.
    until : array, shape (attempts,), or a number
        How long each attempt was observed; infinity for one that gave up.
    budget
        Hours, dollars ... to spend on each competition.
    competition : array, shape (attempts,)
        What each attempt worked on.
    ks
        Numbers of attempts to compare; by default all that the data can value:
        every competition has so many attempts (twice as many for
        ``by="attempt"``), each observed for ``budget / k``.
    by
        ``"competition"`` or ``"attempt"``.
    repeats
        Random halves, for ``by="attempt"``.
    level
        Nominal coverage of the limits.
    seed
        Of the halves.

    Returns
    -------
    Split
        NaN with a reason when the data can value no k, and for fewer than 2
        competitions.  Equal values go to the smaller k.

    Raises
    ------
    UsageError
        For illegal times, `budget`, `by`, `repeats`, `level` or `seed`, lengths
        that differ, and `ks` that the data cannot value.

    Examples
    --------
    Two attempts of an hour always beat one of two hours here, because the
    attempt that wins does so within the hour:

    >>> split = best_split([0.5, float("nan")] * 4, 2.0, budget=2.0,
    ...                    competition=["a", "a", "b", "b", "c", "c", "d", "d"])
    >>> split.k, split.length, split.values
    (2, 1.0, array([0.5, 1. ]))
    """
    won, horizon = checked_times(first, until)
    group, names = groups(competition, won.size)
    check_choice("unit", by, _METHODS)
    level = confidence(level)
    rounds = one_whole_number("repeats", repeats, least=1)
    rng, noted = noted_generator(seed)
    if not 0.0 < budget < np.inf:
        msg = f"budget must be a positive number; got {budget!r}"
        raise UsageError(msg)
    cut = _Cut(won, group, len(names), float(budget))
    tried = _tried(ks, cut.legal(horizon, halves=by == "attempt"))
    blank = _blank(cut, tried, level, by)
    if blank.reason:
        return blank
    table = cut.values(tried, np.ones(won.size, dtype=bool))
    values = table.mean(axis=1)
    if by == "attempt":
        outside, chosen = _halves(cut, tried, rounds, rng)
        blank = replace(blank, seed=noted)
    else:
        outside, chosen = _left_out(table)
    interval = mean_interval(outside, level=level)
    best = _first_best(values)
    return replace(
        blank,
        k=int(tried[best]),
        length=float(budget / tried[best]),
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        in_sample=float(values[best]),
        values=values,
        chosen=tried[chosen],
    )


class _Cut:
    """Attempts cut at a share of the budget."""

    def __init__(self, won: Floats, group: Counts, size: int, budget: float) -> None:
        self.won, self.group, self.size, self.budget = won, group, size, budget

    def legal(self, horizon: Floats, *, halves: bool) -> Counts:
        """Return the numbers of attempts that the data can value."""
        made = np.bincount(self.group, minlength=self.size)
        most = int(made.min()) if self.size else 0
        ks = np.arange(1, most // (2 if halves else 1) + 1)
        shortest = float(horizon.min(initial=np.inf))
        return ks[self.budget / ks <= shortest * (1.0 + 1e-12)]

    def values(self, ks: Counts, rows: NDArray[np.bool_]) -> Floats:
        """Return pass@k of cut attempts, shape (ks, competitions)."""
        n = np.bincount(self.group[rows], minlength=self.size)
        table = np.empty((ks.size, self.size))
        for at, k in enumerate(ks):
            by_then = rows & (self.won <= self.budget / k)
            c = np.bincount(self.group[by_then], minlength=self.size)
            table[at] = pass_at_k(n, c, k)
        return table


def _blank(cut: _Cut, tried: Counts, level: float, by: str) -> Split:
    """Return a split without values, with the reason if there can be none."""
    reason = None
    if cut.size < _LEAST:
        reason = "at least 2 competitions are needed to choose on others"
    elif not tried.size:
        reason = (
            f"no k fits: every competition needs k attempts, all observed for the "
            f"{cut.budget:g}/k that each may spend"
        )
    return Split(
        k=0,
        length=_NAN,
        estimate=_NAN,
        low=_NAN,
        high=_NAN,
        in_sample=_NAN,
        level=level,
        method=_METHODS[by],
        n=cut.size,
        budget=cut.budget,
        ks=tried,
        values=np.full(tried.size, np.nan),
        chosen=np.zeros(0, dtype=np.int64),
        reason=reason,
    )


def _tried(ks: Sequence[int] | None, legal: Counts) -> Counts:
    if ks is None:
        return legal
    wanted = np.unique(whole_numbers("ks", ks, least=1))
    if not np.isin(wanted, legal).all():
        wrong = wanted[~np.isin(wanted, legal)]
        msg = (
            f"ks holds {wrong.tolist()}, which the data cannot value; they can "
            f"value {legal.tolist()}: leave ks out to compare these"
        )
        raise UsageError(msg)
    return wanted


def _first_best(values: Floats) -> int:
    return int(np.argmax(values >= values.max() - 1e-12))


def _left_out(table: Floats) -> tuple[Floats, Counts]:
    """Return each competition's value under the choice of the others."""
    size = table.shape[1]
    others = (table.sum(axis=1, keepdims=True) - table) / (size - 1)
    chosen = np.array([_first_best(column) for column in others.T])
    return table[chosen, np.arange(size)], chosen


def _halves(
    cut: _Cut, ks: Counts, rounds: int, rng: np.random.Generator
) -> tuple[Floats, Counts]:
    """Return mean values of halves under the choice of the other halves."""
    total = np.zeros(cut.size)
    chosen = np.empty(rounds, dtype=np.int64)
    made = np.bincount(cut.group, minlength=cut.size)
    for at in range(rounds):
        order = np.lexsort((rng.random(cut.won.size), cut.group))
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        place -= (np.cumsum(made) - made)[cut.group]
        # The half that values has the odd attempt: pass@k needs k of them.
        choosing = place < made[cut.group] // 2
        chosen[at] = _first_best(cut.values(ks, choosing).mean(axis=1))
        total += cut.values(ks[chosen[at] : chosen[at] + 1], ~choosing)[0]
    return total / rounds, chosen
