"""The power of tests of paired differences, and what it takes to have it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import confidence
from mle_toolkit.stats.components import Components, assumed_components

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Assumption = Components | Callable[[float], Components] | None

_NAN = float("nan")
_TESTS = ("paired-t", "end-atom")
# Weight of each atom at +-1 of the interval that `compare` uses by default.
_ATOM = 0.25
# More than anybody will run; the searches end here.
_MOST = 2**30
# Differences that are tried from small to large, before the search is refined.
_STEPS = tuple(step / 25.0 for step in range(1, 25))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an experiment can find, or needs.

    Attributes
    ----------
    estimate
        The answer: a difference of success rates, or a number of attempts.
    competitions, seeds
        Size of the experiment; `seeds` are attempts per competition and agent.
    delta
        The true mean difference that is to be found.
    power
        Probability of finding it.
    level
        One less the size of the two-sided test.
    method
        The test: ``"paired-t"`` or ``"end-atom"``.
    components
        What was assumed about the agents.
    reason
        Why the estimate is NaN; None when it is not.
    """

    estimate: float
    competitions: int
    seeds: int | None
    delta: float
    power: float
    level: float
    method: str
    components: Components
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """A test of the paired differences, and what they vary by."""

    parts: Callable[[float], Components]
    level: float
    power: float
    test: str

    def chance(self, delta: float, competitions: int, seeds: float) -> float:
        """Return the probability that a true mean difference is found."""
        parts = self.parts(delta)
        if np.isnan(parts.spread):
            return _NAN
        noise = (parts.noise_a + parts.noise_b) / seeds
        # A difference that never varies is found for sure.
        variance = max(parts.spread**2 + noise, 1e-24)
        error = float(np.sqrt(variance / competitions))
        freedom = competitions - 1.0
        limit = float(special.stdtrit(freedom, (1.0 + self.level) / 2.0))
        if self.test == "end-atom":
            # What d-bar must exceed, with the sum of squares at its mean.
            size = competitions + 2.0 * _ATOM
            share = competitions / size
            squares = share * (variance + delta**2) + 2.0 * _ATOM / size
            left = squares - (share * delta) ** 2
            limit *= float(np.sqrt(left / (size - 1.0))) / (share * error)
        return _exceeds(delta / error, limit, freedom)

    def enough(self, delta: float, competitions: int, seeds: float) -> bool:
        """Return whether the difference is found with the wanted power."""
        return self.chance(delta, competitions, seeds) >= self.power

    def smallest(self, competitions: int, seeds: float) -> tuple[float, str | None]:
        """Return the smallest difference that is found, or why there is none."""
        low = 0.0
        for high in _STEPS:
            if self.enough(high, competitions, seeds):
                break
            low = high
        else:
            reason = self.parts(_STEPS[0]).reason
            if reason and np.isnan(self.parts(_STEPS[0]).spread):
                return _NAN, reason
            return (
                _NAN,
                "even the largest possible difference would be missed too often",
            )
        while high - low > 1e-7:
            middle = (low + high) / 2.0
            if self.enough(middle, competitions, seeds):
                high = middle
            else:
                low = middle
        return high, None

    def fewest(self, delta: float, competitions: int) -> tuple[float, str | None]:
        """Return the fewest attempts that find `delta`, or why none do."""
        parts = self.parts(delta)
        if np.isnan(parts.spread):
            return _NAN, parts.reason
        found = _first(lambda seeds: self.enough(delta, competitions, seeds))
        if found is not None:
            return float(found), None
        more = _first(lambda size: self.enough(delta, size + 1, float(_MOST)))
        reason = (
            "no number of attempts is enough: with these components it takes at "
            f"least {_MOST if more is None else more + 1} competitions"
        )
        return _NAN, reason

    def plan(
        self,
        estimate: float,
        reason: str | None,
        *,
        competitions: int,
        seeds: int | None,
        delta: float,
    ) -> Plan:
        """Return the answer as a record."""
        return Plan(
            estimate=estimate,
            competitions=competitions,
            seeds=seeds,
            delta=delta,
            power=self.power,
            level=self.level,
            method=self.test,
            components=self.parts(0.0 if np.isnan(delta) else delta),
            reason=reason,
        )


def paired_test(
    components: Assumption, level: float, power: float, test: str
) -> PairedTest:
    """Return the test, or say what is wrong with its options.

    Raises
    ------
    UsageError
        For an unknown test, an illegal level, and a power that is not above
        the size of the test.
    """
    check_choice("test", test, _TESTS)
    level = confidence(level)
    if not 1.0 - level < power < 1.0:
        msg = (
            f"power must lie between {1.0 - level:g}, the size of the test, and 1; "
            f"got {power!r}"
        )
        raise UsageError(msg)
    parts = assumed_components if components is None else components
    if isinstance(parts, Components):
        return PairedTest(parts=_always(parts), level=level, power=power, test=test)
    return PairedTest(parts=parts, level=level, power=power, test=test)


def _always(parts: Components) -> Callable[[float], Components]:
    return lambda _delta: parts


def _first(enough: Callable[[int], bool]) -> int | None:
    """Return the smallest number that is enough; more is never worse."""
    high = 1
    while not enough(high):
        if high >= _MOST:
            return None
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _exceeds(shift: float, limit: float, freedom: float) -> float:
    """Return P(|t| > limit) of a noncentral t, averaged over its scale.

    Given the scale s of the sample, t exceeds the limit when a normal variable
    exceeds ``limit * s``.  (`scipy.special.nctdtr` is NaN for some arguments.)
    """
    scale, weights = _scales(freedom)
    far = special.ndtr(shift - limit * scale) + special.ndtr(-shift - limit * scale)
    return float(np.clip(far @ weights, 0.0, 1.0))


@functools.lru_cache(maxsize=32)
def _scales(freedom: float) -> tuple[Floats, Floats]:
    """Return nodes and weights for an average over the scale of a sample."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    squares = special.gammaincinv(freedom / 2.0, (1.0 + nodes) / 2.0)
    return np.sqrt(2.0 * squares / freedom), weights / 2.0
