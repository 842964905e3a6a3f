"""A library of laws for how success rates differ between competitions.

Counts of few attempts do not tell these laws apart: a competition that was
never solved may be impossible, or have a rate of 1 %.  A forecast therefore has
to keep all laws that fit.  Each law is a set of weights on one fixed grid of
success rates, so that every family is handled by the same matrix products.
The families and their priors are in ``docs/forecasting.md``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

# Success rates from 1e-7 to 0.9999 in equal steps of their logit, and both ends.
_LOGIT = np.linspace(-16.1, 9.2, 204)
_STEP = float(_LOGIT[1] - _LOGIT[0])
RATES = np.concatenate(([0.0], special.expit(_LOGIT), [1.0]))
# As wide as the grid is fine: the law of a class that has one success rate.
_NARROW = 0.12
_TINY = 1e-300
# Half of the zero-inflated laws of the library have no impossible competition.
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laws:
    """All laws of the library.

    Attributes
    ----------
    weights : ndarray, shape (laws, rates)
        Probabilities of `RATES`; each row sums to 1.
    family : ndarray of int, shape (laws,)
        Position in `FAMILIES`.
    prior : ndarray, shape (laws,)
        Equal for all families together, and for all laws of one family.
    """

    weights: NDArray[np.float32]
    family: Counts
    prior: Floats


def laws_for(attempts: float) -> Laws:
    """Return the library for so many attempts per competition.

    Only its smallest success rates depend on the attempts, by whole octaves: a
    rate counts as small in comparison with one success in all attempts.
    """
    return _build(int(np.ceil(np.log2(max(attempts, 1.0)))))


class Table:
    """What every law says about some kinds of outcome, c successes in n attempts.

    Parameters
    ----------
    laws
        The library.
    n, c : array of int, shape (kinds,)
        The kinds of outcome.
    """

    def __init__(self, laws: Laws, n: Counts, c: Counts) -> None:
        self.laws = laws
        logs = special.xlogy(c, RATES[:, None]) + special.xlog1py(
            n - c, -RATES[:, None]
        )
        self._kernel = np.exp(logs - logs.max(axis=0))
        chance = laws.weights @ self._kernel.astype(np.float32)
        self._logs = np.log(np.maximum(chance.astype(np.float64), _TINY))

    def posterior(self, counts: Counts) -> Floats:
        """Return the probability of each law, shape (laws,).

        `counts` says how many competitions had each kind of outcome.
        """
        fit = self._logs @ counts + np.log(self.laws.prior)
        weight = np.exp(fit - fit.max())
        total: Floats = weight / weight.sum()
        return total

    def missed(self, k: int, rows: Counts) -> tuple[Floats, Floats]:
        """Return mean and variance of (1 - p)**k, each of shape (rows, kinds).

        They are conditional on the outcome, for the laws `rows`.
        """
        weights = self.laws.weights[rows].astype(np.float64)
        miss = _miss(k)[:, None]
        chance = np.maximum(weights @ self._kernel, _TINY)
        first = (weights @ (self._kernel * miss)) / chance
        second = (weights @ (self._kernel * miss**2)) / chance
        return first, np.maximum(second - first**2, 0.0)


def missed_anywhere(laws: Laws, k: int, rows: Counts) -> Floats:
    """Return the mean of (1 - p)**k over new competitions, shape (rows,)."""
    result: Floats = laws.weights[rows].astype(np.float64) @ _miss(k)
    return result


def _miss(k: int) -> Floats:
    result: Floats = np.exp(special.xlog1py(k, -RATES))
    return result


@functools.lru_cache(maxsize=2)
def _build(octave: int) -> Laws:
    floor = 0.008 / 2.0**octave
    parts = [
        family(_points(size, axes), floor) for family, axes, size in FAMILIES.values()
    ]
    sizes = np.array([len(part) for part in parts])
    share = np.repeat(1.0 / sizes, sizes) / len(parts)
    return Laws(
        weights=np.concatenate(parts),
        family=np.repeat(np.arange(len(parts)), sizes),
        prior=share,
    )


def _points(size: int, axes: int) -> Floats:
    """Return Sobol points in the open unit cube, the same on every machine."""
    from scipy.stats import qmc

    points = qmc.Sobol(axes, scramble=False).random_base2(size)
    shifted: Floats = points + 0.5 / 2.0**size
    return shifted


def _beta_law(u: Floats, _floor: float) -> NDArray[np.float32]:
    """Return Beta laws: mean by the arcsine law, correlation rho by Beta(2, 1)."""
    rho = np.sqrt(u[:, 1]).clip(1e-4, 1.0 - 1e-4)
    return _beta(_arcsine(u[:, 0]).clip(1e-5, 1.0 - 1e-5), 1.0 / rho - 1.0)


def _zero_inflated(u: Floats, floor: float) -> NDArray[np.float32]:
    return _with_impossible(_beta_law(u, floor), u[:, 2])


def _logit_normal(u: Floats, floor: float) -> NDArray[np.float32]:
    """Return normal laws of the logit; its spread is 0.1 to 5."""
    lowest = special.logit(floor) - 2.1
    centre = lowest + (3.0 - lowest) * u[:, 0]
    return _bump(centre, 0.1 * 50.0 ** u[:, 1])


def _two_classes(u: Floats, floor: float) -> NDArray[np.float32]:
    """Return laws with two success rates; the lower one is log-uniform."""
    low = floor * (0.5 / floor) ** u[:, 0]
    high = (low + (1.0 - low) * u[:, 1]).clip(floor, 1.0 - 1e-3)
    width = np.full(len(u), _NARROW)
    share = u[:, 2:3].astype(np.float32)
    lower, upper = _bump(special.logit(low), width), _bump(special.logit(high), width)
    return share * lower + (1.0 - share) * upper


def _three_classes(u: Floats, floor: float) -> NDArray[np.float32]:
    return _with_impossible(_two_classes(u, floor), u[:, 3])


def _two_betas(u: Floats, floor: float) -> NDArray[np.float32]:
    """Return mixtures of two Beta laws, half of them with impossible competitions."""
    low = floor * (0.9 / floor) ** u[:, 0]
    high = _arcsine(u[:, 2]).clip(floor, 1.0 - floor)
    first, second = (0.3 * (1000.0 / 0.3) ** u[:, axis] for axis in (1, 3))
    share = u[:, 4:5].astype(np.float32)
    mixed = share * _beta(low, first) + (1.0 - share) * _beta(high, second)
    return _with_impossible(mixed, np.maximum(0.0, (u[:, 5] - _HALF) / (1.0 - _HALF)))


# The name of each family: its rows, its parameters, and 2**size laws.
FAMILIES: dict[str, tuple[Callable[[Floats, float], NDArray[np.float32]], int, int]] = {
    "beta-binomial": (_beta_law, 2, 11),
    "zero-inflated": (_zero_inflated, 3, 12),
    "logit-normal": (_logit_normal, 2, 11),
    "two-class": (_two_classes, 3, 12),
    "two-class-zero-inflated": (_three_classes, 4, 12),
    "library": (_two_betas, 6, 14),
}


def _arcsine(u: Floats) -> Floats:
    result: Floats = np.sin(np.pi / 2.0 * u) ** 2
    return result


def _beta(mean: Floats, concentration: Floats) -> NDArray[np.float32]:
    """Return Beta laws on the grid; what lies beyond its ends goes to 0 and 1."""
    a, b = mean * concentration, (1.0 - mean) * concentration
    norm = special.betaln(a, b)
    inner = np.outer(a, special.log_expit(_LOGIT))
    inner += np.outer(b, special.log_expit(-_LOGIT))
    inner += (np.log(_STEP) - norm)[:, None]
    low = a * (_LOGIT[0] - _STEP / 2.0) - np.log(a) - norm
    high = -b * (_LOGIT[-1] + _STEP / 2.0) - np.log(b) - norm
    logs = np.column_stack((np.minimum(low, 0.0), inner, np.minimum(high, 0.0)))
    return _normalised(logs)


def _bump(centre: Floats, width: Floats) -> NDArray[np.float32]:
    """Return laws that are normal in the logit, without mass at the ends."""
    logs = -0.5 * ((_LOGIT - centre[:, None]) / width[:, None]) ** 2
    ends = np.full((len(logs), 1), -np.inf)
    return _normalised(np.column_stack((ends, logs, ends)))


def _normalised(logs: Floats) -> NDArray[np.float32]:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    result: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(
        np.float32
    )
    return result


def _with_impossible(
    weights: NDArray[np.float32], share: Floats
) -> NDArray[np.float32]:
    share32 = share.astype(np.float32)
    mixed = weights * (1.0 - share32)[:, None]
    mixed[:, 0] += share32
    return mixed
