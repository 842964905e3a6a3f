"""Which places on a leaderboard the data can tell apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.bootstrap import (
    blocks,
    check_resampling,
    competition_counts,
    percentiles,
)
from mle_toolkit.stats.checks import confidence
from mle_toolkit.stats.families import adjusted_p_values, named_values
from mle_toolkit.stats.records import RankInterval
from mle_toolkit.stats.sign_flip import sign_flip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_METHODS = ("pairwise", "bootstrap-percentile")


def rank_intervals(
    values: Mapping[str, ArrayLike],
    *,
    level: float = 0.95,
    method: str = "pairwise",
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> tuple[RankInterval, ...]:
    """Return the places that each agent of a leaderboard may deserve.

    Parameters
    ----------
    values
        For each agent what `compare` takes, with the same competitions in the
        same order.
    level
        With ``"pairwise"``, the probability that the intervals of all agents
        hold at once; with the bootstrap, the nominal coverage of each.
    method
        ``"pairwise"``: all pairs are compared by the sign-flip test, and an
        agent's best place is 1 + the number of agents that are better beyond
        chance, after a Holm correction over both directions of all pairs
        (Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies
        91).  ``"bootstrap-percentile"``: places in resamples of the
        competitions.  It is the usual picture, but where agents are close its
        intervals are too narrow, and no resampling repairs that.
    resamples, seed
        Of the bootstrap; the seed also of a sign-flip test that must sample.

    Returns
    -------
    tuple of RankInterval
        From the best to the worst by mean.

    Raises
    ------
    UsageError
        As `compare_many`; for the bootstrap also for competitions that an agent
        did not try.

    Examples
    --------
    >>> ranks = rank_intervals(
    ...     {"c": [0] * 9, "a": [1] * 9, "b": [1] * 8 + [0.9]}, level=0.9
    ... )
    >>> [(each.name, each.rank, each.low, each.high) for each in ranks]
    [('a', 1, 1, 2), ('b', 2, 1, 2), ('c', 3, 3, 3)]
    """
    check_choice("method", method, _METHODS)
    level = confidence(level)
    known = named_values(values)
    means = np.array([np.nanmean(each) for each in known.values()])
    if method == "pairwise":
        low, high = _pairwise(list(known.values()), level, seed)
    else:
        low, high = _resampled(known, level, resamples, seed)
    rounded = np.round(means, 12)
    return tuple(
        RankInterval(
            name=name,
            rank=int((rounded > rounded[at]).sum()) + 1,
            low=int(low[at]),
            high=int(high[at]),
            mean=float(means[at]),
            n=int((~np.isnan(each)).sum()),
            level=level,
            method=method,
        )
        for at, (name, each) in enumerate(known.items())
    )


def _pairwise(
    values: list[Floats], level: float, seed: int | np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the best and worst places that no test rules out.

    Both directions of a pair are hypotheses of their own, because a claim about
    places is a claim about directions.
    """
    pairs = list(combinations(range(len(values)), 2))
    one_sided, signs = np.ones(len(pairs)), np.zeros(len(pairs))
    for at, (i, j) in enumerate(pairs):
        differences = values[i] - values[j]
        differences = differences[~np.isnan(differences)]
        if differences.size >= 2:
            one_sided[at] = sign_flip(differences, seed)[0] / 2.0
            signs[at] = np.sign(differences.sum())
    both = np.concatenate([one_sided, 1.0 - one_sided])
    adjusted = adjusted_p_values(both)[: len(pairs)]
    better = np.zeros((len(values), len(values)), dtype=bool)
    for (i, j), p, sign in zip(pairs, adjusted, signs, strict=True):
        if p <= 1.0 - level and sign:
            better[(i, j) if sign > 0 else (j, i)] = True
    return 1 + better.sum(axis=0), len(values) - better.sum(axis=1)


def _resampled(
    known: Mapping[str, Floats],
    level: float,
    resamples: int,
    seed: int | np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = np.stack(list(known.values()), axis=1)
    if np.isnan(table).any():
        msg = (
            "the bootstrap of ranks needs a value of every agent on every competition; "
            "keep the common ones, or use method='pairwise'"
        )
        raise UsageError(msg)
    rng, _ = check_resampling("competition", resamples, seed)
    places = np.empty((resamples, table.shape[1]))
    for block in blocks(resamples, table.shape[0]):
        drawn = competition_counts(rng, block.stop - block.start, len(table))
        means = np.round(drawn @ table / len(table), 12)
        places[block] = 1 + (means[:, None, :] > means[:, :, None]).sum(axis=2)
    low, high = percentiles(places, level)
    return np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64)
