"""Second opinions on pass@k beyond the attempts made, without a law for the rates.

Rules that use only how many competitions were solved, solved once, solved
twice ...  They need equally many attempts everywhere.  Ragged counts are
therefore brought down to a common number of attempts, by expectation over all
draws, and competitions with fewer attempts are left out.  The common number is
the one that keeps the most attempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.bootstrap import check_resampling, resampled_means
from mle_toolkit.stats.checks import competition_counts, confidence, one_whole_number
from mle_toolkit.stats.records import Resampled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_LEAST = 2
# Good-Toulmin terms beyond this have no weight: 2**128 successes would give one.
_TERMS = 64


def chao_pass_at_k(
    n: ArrayLike,
    c: ArrayLike,
    k: int,
    *,
    level: float = 0.8,
    resamples: int = 1000,
    seed: int | np.random.Generator = 0,
) -> Resampled:
    """Return what pass@k will be at least, by the estimator of Chao.

    The competitions solved once and twice bound from below how many of the
    unsolved ones can be solved: ``f0 = (n - 1)/n f1**2 / (2 f2)``, at most all.
    They are approached as in the extrapolation of species counts by incidence
    (Chao 1987, Biometrics 43; Colwell et al. 2012, J. Plant Ecology 5,
    equation 18).

    Parameters
    ----------
    n : int or array of int, shape (competitions,)
        Attempts of each competition; those with none are left out.
    c : int or array of int, shape (competitions,)
        Successes of each competition.
    k
        The number of attempts; below the attempts made, the value is the plain
        unbiased pass@k.
    level
        Share of the bootstrap over competitions that the band holds.  The
        estimate is a lower value: do not expect the band to hold the truth.  It is
        lower on average over experiments; ``f1**2 / f2`` of few competitions is
        noisy, and in a single one it may well exceed the truth.
    resamples, seed
        Of the bootstrap over competitions.

    Returns
    -------
    Resampled
        In [0, 1].  `n` counts the competitions that entered.  NaN when there
        are fewer than 2 of them, fewer than 2 attempts, or no success.

    Raises
    ------
    UsageError
        For illegal counts, `k`, `level`, `resamples` or `seed`.

    Examples
    --------
    Of ten competitions with 4 attempts, two were solved once and one twice,
    so that ``f0 = 3/4 * 4/2 = 1.5`` more can be solved in the long run:

    >>> result = chao_pass_at_k([4] * 10, [1, 1, 2] + [0] * 7, 1000)
    >>> round(result.estimate, 3)
    0.45
    """
    return _banded(_Chao, n, c, k=k, level=level, resamples=resamples, seed=seed)


def good_toulmin_pass_at_k(
    n: ArrayLike,
    c: ArrayLike,
    k: int,
    *,
    level: float = 0.8,
    resamples: int = 1000,
    seed: int | np.random.Generator = 0,
) -> Resampled:
    """Return pass@k by the smoothed Good-Toulmin estimator, with its band.

    Nothing is assumed about the success rates.  With ``f_i`` competitions that
    were solved exactly i times and ``t = k/n - 1``, the newly solved ones are
    ``-sum((-t)**i * P(L >= i) * f_i)``, where L is binomial with
    ``floor(log2(N t**2/(t - 1))/2)`` draws of chance ``2/(t + 2)`` and N the
    number of successes (Orlitsky, Suresh and Wu 2016, PNAS 113, equation 2 and
    table 1).  For ``t <= 1`` it is the unsmoothed sum.  The band is wide; it is
    the only one near its nominal level in nearly all of our simulated worlds.

    Parameters
    ----------
    n, c, k, level, resamples, seed
        As in `chao_pass_at_k`.

    Returns
    -------
    Resampled
        In [0, 1]; NaN as in `chao_pass_at_k`.

    Raises
    ------
    UsageError
        As in `chao_pass_at_k`.

    Examples
    --------
    Four attempts of which two competitions were solved once, one twice: four
    more attempts would solve ``2 - 1`` more, so that 4 of 10 are solved:

    >>> result = good_toulmin_pass_at_k([4] * 10, [1, 1, 2] + [0] * 7, 8)
    >>> round(result.estimate, 3)
    0.4
    """
    return _banded(_GoodToulmin, n, c, k=k, level=level, resamples=resamples, seed=seed)


def rectangle(n: Counts) -> tuple[NDArray[np.bool_], int]:
    """Return which competitions have enough attempts, and how many these are.

    Of all rectangles in the ragged table, (competitions) x (attempts that each
    of them has), it is the largest.
    """
    if not n.size:
        return np.zeros(0, dtype=bool), 0
    sizes = np.sort(n)[::-1]
    area = sizes * np.arange(1, n.size + 1)
    # Of equal areas, that with more competitions.
    common = int(sizes[n.size - 1 - int(area[::-1].argmax())])
    return n >= max(common, 1), common


def _banded(
    kind: type[_Rule],
    n: ArrayLike,
    c: ArrayLike,
    *,
    k: int,
    level: float,
    resamples: int,
    seed: int | np.random.Generator,
) -> Resampled:
    attempts, successes = competition_counts(n, c)
    wanted = one_whole_number("k", k, least=1)
    level = confidence(level)
    rng, noted = check_resampling("competition", resamples, seed)
    rows, common = rectangle(attempts)
    attempts, successes = attempts[rows], successes[rows]
    reason = _refusal(attempts.size, common, successes)
    estimate = low = high = float("nan")
    if reason is None:
        rule = (_Plain if wanted <= common else kind)(attempts.size, common, wanted)
        table = rule.table(attempts, successes)
        estimate = float(rule.value(table.mean(axis=0)))
        values = rule.value(resampled_means(table, rng, resamples))
        tail = (1.0 - level) / 2.0
        low, high = np.quantile(values, [tail, 1.0 - tail])
    return Resampled(
        estimate=estimate,
        low=float(np.fmin(low, estimate)),
        high=float(np.fmax(high, estimate)),
        level=level,
        method=kind.method,
        n=attempts.size,
        reason=reason,
        by="competition",
        resamples=resamples,
        seed=noted,
    )


def _refusal(size: int, common: int, successes: Counts) -> str | None:
    if size < _LEAST:
        return "fewer than 2 competitions have enough attempts"
    if common < _LEAST:
        return "one attempt per competition does not say how competitions differ"
    if not successes.any():
        return "no attempt succeeded, which leaves nothing to extrapolate"
    return None


class _Rule:
    """An estimator that needs only means over competitions of a few numbers."""

    method: str

    def __init__(self, size: int, attempts: int, k: int) -> None:
        self.size, self.attempts, self.k = size, attempts, k
        self.t = k / attempts - 1.0

    def table(self, n: Counts, c: Counts) -> Floats:
        """Return the numbers of each competition, shape (competitions, numbers)."""
        raise NotImplementedError

    def value(self, means: Floats) -> Floats:
        """Return pass@k from the means of the numbers, along the last axis."""
        raise NotImplementedError


class _Plain(_Rule):
    def table(self, n: Counts, c: Counts) -> Floats:
        return np.asarray(pass_at_k(n, c, self.k))[:, None]

    def value(self, means: Floats) -> Floats:
        result: Floats = means[..., 0]
        return result


class _Chao(_Rule):
    method = "chao"

    def table(self, n: Counts, c: Counts) -> Floats:
        return _expected_successes(n, c, self.attempts, upto=2)

    def value(self, means: Floats) -> Floats:
        none, once, twice = (self.size * means[..., i] for i in range(3))
        some = np.where(twice > 0.0, twice, 1.0)
        by_once = np.maximum(once * (once - 1.0) / 2.0, 0.0)
        hidden = np.where(twice > 0.0, once**2 / (2.0 * some), by_once)
        hidden = np.minimum(hidden * (self.attempts - 1) / self.attempts, none)
        total = self.attempts * hidden + once
        rate = np.minimum(once / np.where(total > 0.0, total, 1.0), 1.0)
        more = self.k - self.attempts
        found = hidden * -np.expm1(special.xlog1py(more, -rate))
        result: Floats = (self.size - none + found) / self.size
        return result


class _GoodToulmin(_Rule):
    method = "good-toulmin"

    def table(self, n: Counts, c: Counts) -> Floats:
        smooth = self.t > 1.0
        upto = min(self.attempts, _TERMS) if smooth else self.attempts
        chances = _expected_successes(n, c, self.attempts, upto=upto)
        if smooth:
            return np.column_stack((chances, c * (self.attempts / n)))
        new = -(chances[:, 1:] @ (-self.t) ** np.arange(1, upto + 1))
        return np.column_stack((chances[:, 0], new))

    def value(self, means: Floats) -> Floats:
        sums = self.size * means
        none, new = sums[..., 0], sums[..., -1]
        if self.t > 1.0:
            new = self._smoothed(sums[..., 1:-1], new)
        result: Floats = (self.size - none + np.clip(new, 0.0, none)) / self.size
        return result

    def _smoothed(self, exactly: Floats, successes: Floats) -> Floats:
        inside = np.maximum(successes, 1.0) * self.t**2 / (self.t - 1.0)
        draws = np.maximum(np.floor(0.5 * np.log2(inside)), 0.0)[..., None]
        i = np.arange(1, exactly.shape[-1] + 1)
        # P(L >= i) of a binomial law, by the incomplete beta function.
        chance = special.betainc(
            i, np.maximum(draws - i + 1.0, 1.0), 2.0 / (self.t + 2.0)
        )
        chance = np.where(i <= draws, chance, 0.0)
        result: Floats = -((-self.t) ** i * chance * exactly).sum(axis=-1)
        return result


def _expected_successes(n: Counts, c: Counts, common: int, *, upto: int) -> Floats:
    """Return P(i successes among `common` drawn), shape (competitions, upto + 1)."""
    i = np.arange(upto + 1)
    failed = (n - c)[:, None]
    legal = (i <= c[:, None]) & (common - i <= failed)
    successes = np.where(legal, c[:, None], upto)
    failures = np.where(legal, failed, common)
    logs = _log_choose(successes, i) + _log_choose(failures, common - i)
    logs -= _log_choose(n, np.full(n.shape, common))[:, None]
    result: Floats = np.where(legal, np.exp(np.minimum(logs, 0.0)), 0.0)
    return result


def _log_choose(n: Counts, k: Counts) -> Floats:
    upper, lower = special.gammaln(n + 1.0), special.gammaln(k + 1.0)
    result: Floats = upper - lower - special.gammaln(n - k + 1.0)
    return result
