"""The likelihood of a beta-binomial law with impossible competitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

# Logits of mean, correlation and share beyond which nothing changes.
_REACH = 16.0


class Likelihood:
    """The log likelihood of the counts, as a function of the parameters.

    Points have the shape (..., 3): mean, rho and impossible.
    """

    def __init__(self, n: Counts, c: Counts) -> None:
        kinds, self.counts = np.unique(
            np.column_stack((n, c)), axis=0, return_counts=True
        )
        self.n, self.c = kinds.T
        upper, lower = special.gammaln(self.n + 1.0), special.gammaln(self.c + 1.0)
        choose = upper - lower - special.gammaln(self.n - self.c + 1.0)
        self.constant = float(choose @ self.counts)

    def __call__(self, points: Floats) -> Floats:
        """Return the log likelihood of each point, shape (...)."""
        mean, rho, impossible = (points[..., axis, None] for axis in range(3))
        logs = np.where(
            rho <= 0.0,
            special.xlogy(self.c, mean) + special.xlog1py(self.n - self.c, -mean),
            self._beta(mean, rho),
        )
        logs = np.where(rho >= 1.0, self._all_or_nothing(mean), logs)
        logs = logs + special.xlog1py(1.0, -impossible)
        zero = np.logaddexp(special.xlogy(1.0, impossible), logs)
        total: Floats = np.where(self.c == 0, zero, logs) @ self.counts
        return total + self.constant

    def _beta(self, mean: Floats, rho: Floats) -> Floats:
        inside = np.clip(rho, 1e-7, 1.0 - 1e-7)
        a, b = mean * (1.0 / inside - 1.0), (1.0 - mean) * (1.0 / inside - 1.0)
        result: Floats = special.betaln(
            a + self.c, b + self.n - self.c
        ) - special.betaln(a, b)
        return result

    def _all_or_nothing(self, mean: Floats) -> Floats:
        some = np.where(self.c == self.n, special.xlogy(1.0, mean), -np.inf)
        return np.where(self.c == 0, special.xlog1py(1.0, -mean), some)


def maximum(n: Counts, c: Counts, *, zero_inflated: bool) -> tuple[float, ...]:
    """Return mean, rho, impossible and the log likelihood, at its maximum."""
    height = Likelihood(n, c)
    # Simple laws first: of equally likely ones, the first is taken.
    found = [np.array([c.sum() / n.sum(), 0.0, 0.0])]
    if ((c == 0) | (c == n)).all():
        found.append(np.array([(c > 0).mean(), 1.0, 0.0]))
    nothing, means = np.array([-np.inf]), np.linspace(-8.0, 8.0, 17)
    spreads = np.linspace(-6.0, 6.0, 13)
    found += _searched(height, means, spreads, nothing)
    if zero_inflated:
        shares = special.logit(np.array([0.1, 0.3, 0.5, 0.7, 0.9]))
        found += _searched(height, means, nothing, shares)
        found += _searched(height, means, spreads, shares)
    values = height(np.array(found))
    best = int(np.argmax(values > values.max() - 1e-9))
    return *(float(value) for value in found[best]), float(values[best])


def _searched(height: Likelihood, *axes: Floats) -> list[Floats]:
    """Return the maxima that are reached from the best points of a grid.

    The axes are logits; one with a single point is held fixed.
    """
    from scipy.optimize import minimize

    grid = np.array(np.meshgrid(*axes, indexing="ij")).reshape(len(axes), -1).T
    free = np.array([axis.size > 1 for axis in axes])
    starts = grid[np.argsort(-height(special.expit(grid)), kind="stable")[:3]]

    def depth(x: Floats, start: Floats) -> float:
        point = start.copy()
        point[free] = x
        return -float(height(special.expit(point)))

    bounds = [(-_REACH, _REACH)] * int(free.sum())
    found = []
    for start in starts:
        done = minimize(
            depth, start[free], args=(start,), method="L-BFGS-B", bounds=bounds
        )
        point = start.copy()
        point[free] = done.x
        found.append(special.expit(point))
    return found
