"""Many comparisons at once, with a correction for their number."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import confidence
from mle_toolkit.stats.paired import compare, competition_values
from mle_toolkit.stats.records import Family, Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

CORRECTIONS = ("holm", "benjamini-hochberg")
_PAIRS = ("all", "neighbours")


def compare_many(
    values: Mapping[str, ArrayLike],
    *,
    baseline: str | None = None,
    pairs: str | Sequence[tuple[str, str]] = "all",
    correction: str = "holm",
    level: float = 0.95,
    method: str = "end-atom",
    power: float = 0.8,
    seed: int | np.random.Generator = 0,
) -> Family:
    """Compare many agents, and say which differences survive their number.

    Parameters
    ----------
    values
        For each agent what `compare` takes, with the same competitions in the
        same order.
    baseline
        Compare every other agent with this one.
    pairs
        Without a baseline: ``"all"`` pairs, the ``"neighbours"`` on a
        leaderboard by mean, or a list of pairs of names.
    correction
        ``"holm"`` keeps the chance of any false alarm to 1 - `level` (Holm 1979,
        Scandinavian Journal of Statistics 6); ``"benjamini-hochberg"`` the
        expected share of false alarms among the findings (Benjamini and Hochberg
        1995, JRSS B 57), for screening a large leaderboard.
    level, method, power, seed
        As in `compare`.  Each interval has its level on its own.

    Returns
    -------
    Family
        The pairs, from the better by mean to the worse; for a baseline, from
        every other agent to it.

    Raises
    ------
    UsageError
        As `compare`, for fewer than two agents, and for names that do not exist.

    Examples
    --------
    >>> family = compare_many(
    ...     {"a": [1] * 8, "b": [1, 1] + [0] * 6, "c": [0] * 8}, baseline="c"
    ... )
    >>> [(pair.a, pair.b, pair.differs) for pair in family.pairs]
    [('a', 'c', True), ('b', 'c', False)]
    """
    check_choice("correction", correction, CORRECTIONS)
    known = named_values(values)
    wanted = _wanted(known, baseline, pairs)
    found = [
        compare(known[a], known[b], level=level, method=method, power=power, seed=seed)
        for a, b in wanted
    ]
    adjusted = adjusted_p_values(
        [each.p_value for each in found], correction=correction
    )
    return Family(
        pairs=tuple(
            Pair(
                a=a,
                b=b,
                comparison=each,
                p_adjusted=float(p),
                differs=bool(p <= 1.0 - level),
            )
            for (a, b), each, p in zip(wanted, found, adjusted, strict=True)
        ),
        correction=correction,
        level=confidence(level),
    )


def adjusted_p_values(
    p_values: ArrayLike, *, correction: str = "holm"
) -> NDArray[np.float64]:
    """Return p-values that are adjusted for their number.

    Parameters
    ----------
    p_values : array, shape (tests,)
        Values in [0, 1]; NaN is a test that could not be made, and does not
        count.
    correction
        ``"holm"`` or ``"benjamini-hochberg"``, as in `compare_many`.

    Returns
    -------
    ndarray, shape (tests,)
        To be compared with the error that one accepts.

    Raises
    ------
    UsageError
        For values outside [0, 1] and an unknown correction.

    Examples
    --------
    >>> adjusted_p_values([0.01, 0.02, 0.2]).round(4)
    array([0.03, 0.04, 0.2 ])
    >>> adjusted_p_values([0.01, 0.02, 0.2], correction="benjamini-hochberg").round(4)
    array([0.03, 0.03, 0.2 ])
    """
    check_choice("correction", correction, CORRECTIONS)
    try:
        p = np.atleast_1d(np.asarray(p_values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        msg = f"p_values must be numbers in [0, 1] or NaN; got {p_values!r}"
        raise UsageError(msg) from error
    known = ~np.isnan(p)
    if p.ndim != 1 or ((p[known] < 0.0) | (p[known] > 1.0)).any():
        msg = f"p_values must be a list of numbers in [0, 1] or NaN; got {p_values!r}"
        raise UsageError(msg)
    adjusted = np.full(p.shape, np.nan)
    count = int(known.sum())
    order = np.flatnonzero(known)[np.argsort(p[known], kind="stable")]
    rising = p[order]
    if correction == "holm":
        scaled = np.maximum.accumulate(rising * np.arange(count, 0, -1))
    else:
        scaled = rising * count / np.arange(1, count + 1)
        scaled = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted[order] = np.minimum(scaled, 1.0)
    return adjusted


def named_values(values: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Return one value per competition for each agent, from the best to the worst.

    Raises
    ------
    UsageError
        For fewer than two agents, different numbers of competitions, and an
        agent without any value.
    """
    if not isinstance(values, Mapping):
        msg = (
            "values must be a mapping from the name of each agent to its values, such "
            f"as {{'a': [...], 'b': [...]}}; got {type(values).__name__}"
        )
        raise UsageError(msg)
    known = {
        name: competition_values(f"values[{name!r}]", each)
        for name, each in values.items()
    }
    if len(known) < 2:
        msg = f"at least 2 agents are needed; got {list(known)}"
        raise UsageError(msg)
    if len({each.size for each in known.values()}) > 1:
        sizes = {name: each.size for name, each in known.items()}
        msg = f"all agents need the same competitions, in the same order; got {sizes}"
        raise UsageError(msg)
    empty = [name for name, each in known.items() if np.isnan(each).all()]
    if empty:
        msg = f"agents without a value on any competition: {empty}; leave them out"
        raise UsageError(msg)
    return dict(sorted(known.items(), key=lambda item: -float(np.nanmean(item[1]))))


def _wanted(
    known: Mapping[str, Floats],
    baseline: str | None,
    pairs: str | Sequence[tuple[str, str]],
) -> list[tuple[str, str]]:
    names = list(known)
    if baseline is not None:
        check_choice("baseline", baseline, names)
        if pairs != "all":
            msg = "pass either baseline= or pairs=, not both"
            raise UsageError(msg)
        return [(name, baseline) for name in names if name != baseline]
    if isinstance(pairs, str):
        check_choice("family of pairs", pairs, _PAIRS)
        return list(combinations(names, 2) if pairs == "all" else pairwise(names))
    wanted = [tuple(pair) for pair in pairs] if _are_pairs(pairs) else []
    if not wanted:
        msg = (
            "pairs must be 'all', 'neighbours', or a list of pairs of names; "
            f"got {pairs!r}"
        )
        raise UsageError(msg)
    for name in {name for pair in wanted for name in pair}:
        check_choice("agent", name, names)
    return [(a, b) for a, b in wanted]


def _are_pairs(pairs: object) -> bool:
    return isinstance(pairs, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
    )
