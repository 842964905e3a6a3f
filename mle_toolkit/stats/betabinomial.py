"""The beta-binomial law of success rates, and what it says of every competition."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from mle_toolkit.stats.checks import (
    competition_counts,
    one_whole_number,
    whole_numbers,
)
from mle_toolkit.stats.likelihood import maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_NAN = float("nan")
_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """What the fitted law and its own counts say about each competition.

    The success rate is 0 with probability ``1 - possible``; else it has the
    Beta law of `a` and `b`.

    Attributes
    ----------
    a, b : ndarray, shape (competitions,)
        Parameters; both infinite when the fit found no differences, so that
        every rate is the `mean`.
    mean : ndarray, shape (competitions,)
        Mean of the success rate, given that the competition is possible.
    possible : ndarray, shape (competitions,)
        Probability that it is.
    """

    a: Floats
    b: Floats
    mean: Floats
    possible: Floats

    def pass_at_k(self, k: ArrayLike) -> Floats:
        """Return the chance that one of k fresh attempts succeeds.

        Parameters
        ----------
        k : int or array of int, shape (ks,)
            Attempts; at least 1.

        Returns
        -------
        ndarray, shape (competitions,) or (ks, competitions)
            In [0, 1]; NaN where the fit is undefined.
        """
        draws = whole_numbers("k", k, least=1)[..., None]
        return self.possible * _success(self.a, self.b, self.mean, draws)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allocation:
    """Where more attempts are worth most.

    Attributes
    ----------
    attempts : ndarray of int, shape (competitions,)
        More attempts for each competition, in the order of the counts.
    gain
        Expected number of unsolved competitions that they solve.
    budget
        Attempts that could be spent.
    method
        ``"greedy"``, which is optimal because gains fall with every attempt.
    reason
        Why less than the budget was spent, or nothing; None when all was.
    """

    attempts: Counts
    gain: float
    budget: int
    method: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BetaBinomialFit:
    """A beta-binomial law, fitted to counts by maximum likelihood.

    A share `impossible` of all competitions has the success rate 0; the rates
    of the others have a Beta law with this `mean` and with the correlation
    `rho` between two attempts on one competition: ``a = mean (1/rho - 1)``,
    ``b = (1 - mean)(1/rho - 1)``.

    Attributes
    ----------
    mean, rho, impossible
        In [0, 1]; NaN when there is a `reason`.  `rho` is 0 when competitions
        do not differ more than chance allows, and 1 when each is all or
        nothing.
    log_likelihood
        Of all counts, with the binomial coefficients.
    n
        Competitions that entered.
    method
        ``"beta-binomial"`` or ``"zero-inflated"``.
    attempts, successes : ndarray of int, shape (competitions,)
        The counts, those of competitions without attempts included.
    reason
        Why the values are NaN; None when they are not.
    """

    mean: float
    rho: float
    impossible: float
    log_likelihood: float
    n: int
    method: str
    attempts: Counts
    successes: Counts
    reason: str | None = None

    @property
    def a(self) -> float:
        """First parameter of the Beta law; infinite for ``rho = 0``."""
        return _parameters(self.mean, self.rho)[0]

    @property
    def b(self) -> float:
        """Second parameter of the Beta law; infinite for ``rho = 0``."""
        return _parameters(self.mean, self.rho)[1]

    def pass_at_k(self, k: ArrayLike) -> float | Floats:
        """Return the mean pass@k of competitions that follow this law.

        ``(1 - impossible) (1 - B(a, b + k) / B(a, b))`` (Kazdan et al. 2025,
        arXiv 2510.05197).  A point without an interval: `forecast_pass_at_k`
        says how far it can be off.

        Parameters
        ----------
        k : int or array of int, shape (ks,)
            Attempts; at least 1.

        Returns
        -------
        float or ndarray, shape (ks,)
            In [0, 1]; NaN where the fit is undefined.
        """
        draws = whole_numbers("k", k, least=1)
        a, b = np.array(self.a), np.array(self.b)
        values = _success(a, b, np.array(self.mean), draws)
        result = (1.0 - self.impossible) * values
        return result if draws.ndim else float(result)

    @property
    def posterior(self) -> Posterior:
        """What this law and its own counts say about each competition."""
        n, c = self.attempts, self.successes
        a, b = self.a, self.b
        fixed = not np.isfinite(a + b)
        possible = np.ones(n.shape)
        chance = 1.0 - _success(np.array(a), np.array(b), np.array(self.mean), n)
        never = c == 0
        still = (1.0 - self.impossible) * chance[never]
        possible[never] = still / (self.impossible + still)
        if fixed:
            mean = np.full(n.shape, self.mean)
            return Posterior(
                a=np.full(n.shape, a), b=np.full(n.shape, b), mean=mean,
                possible=possible,
            )  # fmt: skip
        after_a = np.asarray(a + c, dtype=np.float64)
        after_b = np.asarray(b + (n - c), dtype=np.float64)
        # With rho = 1 and no attempt, both are 0: the rate is 0 or 1.
        total = np.where(after_a + after_b > 0.0, after_a + after_b, 1.0)
        mean = np.where(after_a + after_b > 0.0, after_a / total, self.mean)
        return Posterior(a=after_a, b=after_b, mean=mean, possible=possible)

    def next_attempts(self, budget: int) -> Allocation:
        """Return how to spend more attempts to solve most competitions.

        The j-th more attempt on an unsolved competition solves it with the
        chance that the ones before failed and it succeeds, under its posterior.
        This falls with j, so that taking the largest gain again and again is
        optimal for the expected number of solved competitions.

        Parameters
        ----------
        budget
            Attempts to spend; at least 1.

        Returns
        -------
        Allocation
            Nothing goes to competitions that were solved already.

        Raises
        ------
        UsageError
            For an illegal budget.
        """
        total = one_whole_number("budget", budget, least=1)
        spent = np.zeros(self.attempts.size, dtype=np.int64)
        reason = self.reason
        queue: list[tuple[float, int]] = []
        if reason is None:
            after = self.posterior
            alive = after.possible.copy()
            gains = alive * after.mean
            hopeful = (self.successes == 0) & (gains > 0.0)
            queue = [(-float(gains[at]), int(at)) for at in np.flatnonzero(hopeful)]
            heapq.heapify(queue)
            if not queue:
                reason = "no unsolved competition is possible under this law"
            elif (self.successes > 0).all():
                reason = "every competition is solved already"
        gain = 0.0 if self.reason is None else _NAN
        for _ in range(total if queue else 0):
            value, at = queue[0]
            gain -= value
            spent[at] += 1
            rate = _rate_after(after, at, int(spent[at]))
            alive[at] += value
            heapq.heapreplace(queue, (-float(alive[at] * rate), at))
        return Allocation(
            attempts=spent, gain=gain, budget=total, method="greedy", reason=reason
        )


def fit_beta_binomial(
    n: ArrayLike, c: ArrayLike, *, zero_inflated: bool = False
) -> BetaBinomialFit:
    """Fit a beta-binomial law to counts, by maximum likelihood.

    Success rates follow a Beta law over competitions, and each competition's
    successes are binomial (Kazdan et al. 2025, arXiv 2510.05197).  Attempts may
    differ between competitions.  With few attempts, `zero_inflated` cannot tell
    impossible competitions from very hard ones: look at both fits.

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition; those with none do not enter.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    zero_inflated
        Allow for a share of impossible competitions.

    Returns
    -------
    BetaBinomialFit
        With `pass_at_k`, `posterior` and `next_attempts`.  NaN with a reason
        for fewer than 2 competitions, no competition with 2 attempts, no
        success, and no failure.

    Raises
    ------
    UsageError
        For illegal counts.

    Examples
    --------
    Half of the competitions always succeed and half never do: two attempts on
    one of them say no more than one.

    >>> fit = fit_beta_binomial([2] * 20, [2] * 10 + [0] * 10)
    >>> tuple(round(each, 6) for each in (fit.mean, fit.rho, fit.pass_at_k(100)))
    (0.5, 1.0, 0.5)
    >>> fit = fit_beta_binomial([4] * 10, [4, 2, 1] + [0] * 7)
    >>> fit.next_attempts(7).attempts
    array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    """
    attempts, successes = competition_counts(n, c)
    method = "zero-inflated" if zero_inflated else "beta-binomial"
    entered = attempts > 0
    reason = _refusal(attempts[entered], successes[entered])
    best: tuple[float, ...] = (_NAN,) * 4
    if reason is None:
        best = maximum(
            attempts[entered], successes[entered], zero_inflated=zero_inflated
        )
    return BetaBinomialFit(
        mean=best[0],
        rho=best[1],
        impossible=best[2],
        log_likelihood=best[3],
        n=int(entered.sum()),
        method=method,
        attempts=attempts,
        successes=successes,
        reason=reason,
    )


def _refusal(n: Counts, c: Counts) -> str | None:
    if n.size < _LEAST:
        return "at least 2 competitions are needed to see how they differ"
    if n.max() < _LEAST:
        return "one attempt per competition does not say how competitions differ"
    if not c.any():
        return "no attempt succeeded: the counts do not say how rare a success is"
    if (c == n).all():
        return "no attempt failed: the counts do not say how rare a failure is"
    return None


def _parameters(mean: float, rho: float) -> tuple[float, float]:
    if rho == 0.0:
        return float("inf"), float("inf")
    total = 1.0 / rho - 1.0
    return mean * total, (1.0 - mean) * total


def _success(a: Floats, b: Floats, mean: Floats, k: Counts) -> Floats:
    """Return 1 - B(a, b + k)/B(a, b), and its limits where a or b are 0 or infinite."""
    a, b, mean, k = np.broadcast_arrays(a, b, mean, k)
    usual = np.isfinite(a + b) & (a > 0.0) & (b > 0.0)
    one_a, one_b = np.where(usual, a, 1.0), np.where(usual, b, 1.0)
    logs = special.betaln(one_a, one_b + k) - special.betaln(one_a, one_b)
    fixed = -np.expm1(special.xlog1py(k, -mean))
    # A law of 0 and 1 alone: the rate is 1 with the probability of the mean.
    limit = np.where(np.isfinite(a + b), np.where(k > 0, mean, 0.0), fixed)
    result: Floats = np.where(usual, -np.expm1(np.minimum(logs, 0.0)), limit)
    return result


def _rate_after(after: Posterior, at: int, failed: int) -> float:
    """Return the success rate that is left after so many more failures."""
    a, b = float(after.a[at]), float(after.b[at])
    if not np.isfinite(a + b):
        return float(after.mean[at])
    return a / (a + b + failed)
