"""Medal rates and pass@k over competitions, with intervals by name."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.checks import (
    competition_counts,
    confidence,
    one_whole_number,
    score_table,
)
from mle_toolkit.stats.methods import Sample, check_method, interval
from mle_toolkit.stats.records import Interval, undefined

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def medal_rate(
    n: ArrayLike,
    c: ArrayLike,
    *,
    target: str = "population",
    level: float = 0.95,
    method: str = "end-atom",
    strict: bool = False,
    outcomes: ArrayLike | None = None,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Return the mean medal rate over competitions, with its interval.

    The estimate is the plain mean of ``c / n``: every competition has the same
    weight, however many attempts it has.  Pooling the counts instead would be
    biased wherever the number of attempts depends on the difficulty.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition; those with none are left out.
    c : int or array of int, shape (competitions,)
        Attempts of each competition that won a medal.
    target
        ``"population"``: what other competitions of the same kind would show.
        ``"these"``: what more attempts on the same competitions would show.
    level
        Nominal coverage.
    method
        ``"end-atom"`` is ours, and the only one that holds its level in all
        the worlds of ``docs/calibration.md``.  To be shown beside it, for the
        population: ``"logit-t"``, ``"wilson"``, ``"clopper-pearson"`` (these
        two with the effective number of attempts), ``"cluster-t"``,
        ``"bootstrap-percentile"``, ``"bootstrap-bca"``; for these competitions:
        ``"wilson"``, ``"clopper-pearson"``, ``"stratified-z"``, ``"smoothed-z"``
        and ``"bootstrap-percentile"``; for both ``"sem-over-seeds"``, the rule
        of MLE-bench's own tables.
    strict
        For the population and ``"end-atom"``, give the unseen competition its
        full weight: about 15 % wider, and the coverage holds in the worst
        worlds too.
    outcomes : array of 0 and 1, shape (seeds, competitions)
        For ``"sem-over-seeds"``: the medals, a row for each seed.  Without it
        the SEM is the mean square over all orders of the attempts.
    resamples, seed
        Of the bootstraps.

    Returns
    -------
    Interval
        `n` is the number of competitions that entered.  With one competition
        the limits for the population are NaN; with none, the estimate too.
        Bootstraps give a `Resampled`.

    Raises
    ------
    UsageError
        For illegal counts, level, target or method, and for outcomes that do
        not add up to the counts.

    Examples
    --------
    13 of 75 competitions, one attempt each:

    >>> rate = medal_rate([1] * 75, [1] * 13 + [0] * 62)
    >>> round(rate.estimate, 4), round(rate.low, 4), round(rate.high, 4)
    (0.1733, 0.096, 0.2752)

    No medal in 22 competitions still allows a rate of 13 %:

    >>> round(medal_rate([3] * 22, [0] * 22).high, 3)
    0.134
    """
    attempts, successes = competition_counts(n, c)
    entered = attempts > 0
    sample = Sample(n=attempts[entered], c=successes[entered], k=1)
    check_method(target, method, strict=strict)
    if outcomes is not None:
        table = _checked_outcomes(outcomes, sample, method)
        sample = dataclasses.replace(sample, outcomes=table)
    return interval(
        sample,
        target=target,
        level=confidence(level),
        method=method,
        strict=strict,
        resamples=resamples,
        seed=seed,
    )


def pass_at_k_interval(
    n: ArrayLike,
    c: ArrayLike,
    k: int,
    *,
    target: str = "population",
    level: float = 0.95,
    method: str = "end-atom",
    strict: bool = False,
    resamples: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """Return the mean pass@k over competitions, with its interval.

    Only competitions with at least `k` attempts enter; the field `n` of the
    result says how many these are.  The intervals are those of `medal_rate`,
    on the estimates of the competitions, and equal to them for k = 1.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    k
        Attempts that one may draw; at least 1.
    target, level, method, strict, resamples, seed
        As in `medal_rate`; ``"sem-over-seeds"`` is a rule for k = 1 alone.

    Returns
    -------
    Interval
        Undefined values are NaN, with the reason in words.

    Raises
    ------
    UsageError
        For illegal counts, level, target or method, and for ``k < 1``.

    Examples
    --------
    The third competition has too few attempts for k = 2:

    >>> result = pass_at_k_interval([4, 4, 1], [2, 0, 1], 2)
    >>> result.n, round(result.estimate, 4)
    (2, 0.4167)
    """
    attempts, successes = competition_counts(n, c)
    draws = one_whole_number("k", k, least=1)
    check_method(target, method, strict=strict)
    if method == "sem-over-seeds" and draws > 1:
        msg = f"method='sem-over-seeds' is a rule for k = 1; got k = {draws}"
        raise UsageError(msg)
    entered = attempts >= draws
    return interval(
        Sample(n=attempts[entered], c=successes[entered], k=draws),
        target=target,
        level=confidence(level),
        method=method,
        strict=strict,
        resamples=resamples,
        seed=seed,
    )


def competition_interval(
    n: int, c: int, k: int = 1, *, level: float = 0.95
) -> Interval:
    """Return pass@k of one competition, with an interval from its attempts.

    The Clopper-Pearson limits of the success rate p of a single attempt are
    carried through ``1 - (1 - p)**k``, which rises with p: the coverage of at
    least `level` carries over.  The limits are stretched, where needed, to hold
    the unbiased estimate.

    Parameters
    ----------
    n, c
        Attempts and successes.
    k
        Attempts that one may draw; at least 1.
    level
        Least coverage.

    Returns
    -------
    Interval
        `n` is the number of attempts.  All NaN when ``k > n``.

    Raises
    ------
    UsageError
        For illegal counts or level.

    Examples
    --------
    No success in 3 attempts leaves room for a rate of ``1 - 0.025**(1/3)``:

    >>> round(competition_interval(3, 0).high, 4), round(1 - 0.025 ** (1 / 3), 4)
    (0.7076, 0.7076)
    """
    from scipy import special

    level = confidence(level)
    estimate = pass_at_k(n, c, k)
    if not isinstance(estimate, float):
        msg = "competition_interval takes the counts of one competition"
        raise UsageError(msg)
    method = "clopper-pearson"
    if np.isnan(estimate):
        reason = f"k = {k} needs at least {k} attempts; there are {n}"
        return undefined(reason, level=level, method=method, n=int(n))
    tail = (1.0 - level) / 2.0
    low = float(special.betaincinv(c, n - c + 1, tail)) if c else 0.0
    high = float(special.betainccinv(c + 1, n - c, tail)) if c < n else 1.0
    return Interval(
        estimate=estimate,
        low=min(estimate, _at_least_one(low, k)),
        high=max(estimate, _at_least_one(high, k)),
        level=level,
        method=method,
        n=int(n),
    )


def _checked_outcomes(
    outcomes: ArrayLike, sample: Sample, method: str
) -> NDArray[np.float64]:
    if method != "sem-over-seeds":
        msg = f"outcomes= is for method='sem-over-seeds'; got method={method!r}"
        raise UsageError(msg)
    table, _ = score_table("outcomes", outcomes, None)
    legal = np.isin(table, (0.0, 1.0)).all()
    seeds, competitions = table.shape
    if (
        not legal
        or competitions != sample.n.size
        or (sample.n != seeds).any()
        or (sample.c != table.sum(axis=0)).any()
    ):
        msg = (
            "outcomes must hold 0 and 1, a row for each seed and a column for each "
            "competition, and add up to n and c; leave them out where competitions "
            "differ in their number of attempts"
        )
        raise UsageError(msg)
    return table


def _at_least_one(p: float, k: int) -> float:
    return 1.0 if p == 1.0 else float(-np.expm1(k * np.log1p(-p)))
