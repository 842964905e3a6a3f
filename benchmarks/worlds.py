"""Simulated worlds: how success rates are spread over competitions.

A world is a mixture of laws of the success rate p of one attempt.  It draws
competitions, and it knows its own truth exactly, by quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NODES = 200
HARD = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of the competitions, and the law of p among them.

    Attributes
    ----------
    share
        Weight in the mixture.
    law
        ``"beta"`` (both exponents), ``"logit-normal"`` (mean and standard
        deviation) or ``"point"`` (the value of p).
    numbers
        The parameters of the law.
    """

    share: float
    law: str
    numbers: tuple[float, ...]

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw rates, shape (size,)."""
        if self.law == "beta":
            return rng.beta(*self.numbers, size)
        if self.law == "logit-normal":
            return special.expit(rng.normal(*self.numbers, size))
        return np.full(size, self.numbers[0])

    def mean_of(self, function: Callable[[Floats], Floats]) -> float:
        """Return the mean of a function of p, exact for polynomials."""
        if self.law == "beta":
            a, b = self.numbers
            with np.errstate(invalid="ignore"):  # scipy divides 0 by 0 on the way
                nodes, weights = special.roots_jacobi(NODES, b - 1.0, a - 1.0)
            return float(weights @ function((nodes + 1.0) / 2.0) / weights.sum())
        if self.law == "logit-normal":
            centre, spread = self.numbers
            nodes, weights = special.roots_hermitenorm(NODES)
            values = function(special.expit(centre + spread * nodes))
            return float(weights @ values / weights.sum())
        return float(function(np.array(self.numbers[:1]))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A mixture of parts, and its name in the tables."""

    name: str
    parts: tuple[Part, ...]

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw the rates of `size` competitions."""
        shares = np.array([part.share for part in self.parts])
        which = rng.choice(shares.size, size=size, p=shares)
        rates = np.empty(size)
        for at, part in enumerate(self.parts):
            rates[which == at] = part.draw(rng, int((which == at).sum()))
        return rates

    def pass_at_k(self, k: int = 1) -> float:
        """Return the true mean of pass@k over competitions."""
        return sum(
            part.share * part.mean_of(lambda p: 1.0 - (1.0 - p) ** k)
            for part in self.parts
        )


def beta(mean: float, concentration: float) -> World:
    """Return the Beta world with this mean and sum of exponents."""
    numbers = (mean * concentration, (1.0 - mean) * concentration)
    return World(
        name=f"Beta mean {mean:.2f}, a+b {concentration:g}",
        parts=(Part(share=1.0, law="beta", numbers=numbers),),
    )


def hopeless(share: float, a: float, b: float) -> World:
    """Return a world where a share of the competitions cannot be won."""
    return World(
        name=f"{share:.0%} at 0, else Beta({a:g},{b:g})",
        parts=(
            Part(share=share, law="point", numbers=(0.0,)),
            Part(share=1.0 - share, law="beta", numbers=(a, b)),
        ),
    )


def two_points(share: float, low: float, high: float) -> World:
    """Return a world with `share` of the competitions at `low`, the rest at `high`."""
    return World(
        name=f"{share:.0%} at {low:g}, {1 - share:.0%} at {high:g}",
        parts=(
            Part(share=share, law="point", numbers=(low,)),
            Part(share=1.0 - share, law="point", numbers=(high,)),
        ),
    )


def logit_normal(centre: float, spread: float) -> World:
    """Return the world whose log-odds are normal."""
    numbers = (centre, spread)
    return World(
        name=f"logit-normal({centre:g},{spread:g})",
        parts=(Part(share=1.0, law="logit-normal", numbers=numbers),),
    )


WORLDS = (
    beta(0.03, 0.6),
    beta(0.03, 3.0),
    beta(0.10, 0.5),
    beta(0.17, 0.6),
    beta(0.17, 2.0),
    beta(0.35, 0.8),
    beta(0.50, 10.0),
    beta(0.50, 0.4),
    beta(0.60, 0.8),
    beta(0.90, 0.8),
    beta(0.97, 1.0),
    hopeless(0.60, 2.0, 2.0),
    hopeless(0.85, 4.0, 2.0),
    hopeless(0.50, 1.0, 9.0),
    hopeless(0.30, 0.5, 1.0),
    two_points(0.80, 0.05, 0.80),
    two_points(0.90, 0.01, 0.30),
    two_points(0.94, 0.0, 0.95),
    logit_normal(-3.0, 1.5),
    logit_normal(0.0, 2.5),
    logit_normal(-5.0, 2.5),
    World(name="all at 0.08", parts=(Part(share=1.0, law="point", numbers=(0.08,)),)),
)

# A few nearly sure competitions among many alike: 22 draws often hold none.
ADVERSARIAL = (
    two_points(0.98, 0.02, 0.90),
    two_points(0.95, 0.10, 0.90),
    two_points(0.90, 0.05, 1.00),
    two_points(0.95, 0.00, 1.00),
    two_points(0.90, 0.30, 0.90),
)

PATTERNS = ("1", "3", "8", "16", "1-16 in turn", "3, some 1 and 20", "by difficulty")


def attempts(pattern: str, rates: Floats) -> NDArray[np.int64]:
    """Return the attempts of each competition, by the name of a pattern.

    By difficulty: competitions with a rate below 0.2 get 8 attempts, others 2.
    """
    size = rates.size
    if pattern == "1-16 in turn":
        return np.resize([1, 2, 3, 4, 6, 8, 12, 16], size)
    if pattern == "3, some 1 and 20":
        return np.resize([3, 3, 20, 3, 3, 3, 1], size)
    if pattern == "by difficulty":
        return np.where(rates < HARD, 8, 2)
    return np.full(size, int(pattern))
