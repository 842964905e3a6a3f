"""What makes the difference between two agents vary: assumed, or from a pilot."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import competition_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_NAN = float("nan")
_LEAST = 2
_POINTS = 500
# A mean rate beyond this is as good as 1.
_MOST = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """What makes the difference between two agents vary.

    Attributes
    ----------
    spread
        Standard deviation over competitions of the true difference between the
        agents' success rates.
    noise_a, noise_b
        Variance of one attempt given its competition, ``p (1 - p)``, on
        average over competitions, for each agent.
    method
        ``"assumed"`` or ``"pilot"``.
    reason
        Why `spread` is NaN, or was set to 0; else None.
    """

    spread: float
    noise_a: float
    noise_b: float
    method: str
    reason: str | None = None


def assumed_components(
    difference: float = 0.0,
    *,
    rate: float = 0.17,
    concentration: float = 0.6,
    interaction: float = 0.7,
) -> Components:
    """Return components of two agents whose mean rates differ by so much.

    Success rates follow a Beta law over competitions, with this mean and this
    sum of its parameters; the defaults are about those of o1-preview with AIDE
    on MLE-bench.  Each agent departs from it by a normal error of the logit,
    and the second is better by a constant on that scale.  A difference then
    varies: it is largest where the outcome is open.

    Parameters
    ----------
    difference
        Mean rate of the second agent less that of the first; at least 0.
    rate
        Mean success rate of the first agent, in (0, 1), but for its error.
    concentration
        ``a + b`` of the Beta law; small means all-or-nothing competitions.
    interaction
        Standard deviation of each agent's own error, on the logit scale.

    Returns
    -------
    Components
        NaN, with the reason, when the difference would need a rate of 1.

    Raises
    ------
    UsageError
        For values outside their range.

    Examples
    --------
    >>> same, better = assumed_components(), assumed_components(0.1)
    >>> round(same.spread, 3), round(better.spread, 3)
    (0.093, 0.164)
    """
    if not (
        0.0 <= difference < 1.0
        and 0.0 < rate < 1.0
        and concentration > 0.0
        and interaction >= 0.0
    ):
        msg = (
            "difference must lie in [0, 1), rate between 0 and 1, concentration be "
            f"positive and interaction at least 0; got {difference!r}, {rate!r}, "
            f"{concentration!r} and {interaction!r}"
        )
        raise UsageError(msg)
    return _assumed(
        float(difference), float(rate), float(concentration), float(interaction)
    )


def pilot_components(
    n_a: ArrayLike, c_a: ArrayLike, *, n_b: ArrayLike, c_b: ArrayLike
) -> Components:
    """Return components that a pilot experiment with two agents shows.

    The variance of the observed differences, less the noise of the attempts
    that it contains.  With few competitions this is itself uncertain.

    Parameters
    ----------
    n_a, c_a, n_b, c_b : int or array of int, shape (competitions,)
        Attempts and successes of both agents on the same competitions.  Only
        competitions with 2 attempts of both enter: one shows no noise.

    Returns
    -------
    Components
        `spread` is 0, with the reason, when the noise explains all that varies;
        all are NaN when fewer than 2 competitions enter.

    Raises
    ------
    UsageError
        For illegal counts, and when the agents have different competitions.

    Examples
    --------
    >>> pilot_components([4] * 3, [4, 0, 0], n_b=[4] * 3, c_b=[0, 4, 0]).spread
    1.0
    """
    (n_a, c_a), (n_b, c_b) = competition_counts(n_a, c_a), competition_counts(n_b, c_b)
    if n_a.shape != n_b.shape:
        msg = (
            "both agents must have counts for the same competitions, in one order; "
            f"got {n_a.size} and {n_b.size}"
        )
        raise UsageError(msg)
    rows = (n_a >= _LEAST) & (n_b >= _LEAST)
    if rows.sum() < _LEAST:
        return Components(
            spread=_NAN, noise_a=_NAN, noise_b=_NAN, method="pilot",
            reason="fewer than 2 competitions have 2 attempts of both agents",
        )  # fmt: skip
    rates, noises, shares = [], [], []
    for n, c in ((n_a[rows], c_a[rows]), (n_b[rows], c_b[rows])):
        rate = c / n
        noise = rate * (1.0 - rate) * n / (n - 1)
        rates.append(rate)
        noises.append(float(noise.mean()))
        shares.append(float((noise / n).mean()))
    left = float((rates[0] - rates[1]).var(ddof=1)) - sum(shares)
    reason = "the noise of the attempts explains all that varies" if left < 0 else None
    return Components(
        spread=float(np.sqrt(max(left, 0.0))),
        noise_a=noises[0],
        noise_b=noises[1],
        method="pilot",
        reason=reason,
    )


@functools.lru_cache(maxsize=1024)
def _assumed(
    difference: float, rate: float, concentration: float, interaction: float
) -> Components:
    from scipy.optimize import brentq

    order = (np.arange(_POINTS) + 0.5) / _POINTS
    a, b = rate * concentration, (1.0 - rate) * concentration
    # Quantiles of both tails, so that neither is rounded to 0 or 1.
    common = np.log(special.betaincinv(a, b, order).clip(1e-300)) - np.log(
        special.betaincinv(b, a, 1.0 - order).clip(1e-300)
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    logits, weights = common[:, None] + interaction * nodes, weights / weights.sum()
    first = special.expit(logits)
    start = float((first @ weights).mean())
    if start + difference > _MOST:
        return Components(
            spread=_NAN, noise_a=_NAN, noise_b=_NAN, method="assumed",
            reason=f"a rate of {rate:g} leaves no room for {difference:g} more",
        )  # fmt: skip

    def short(shift: float) -> float:
        moved = float((special.expit(logits + shift) @ weights).mean())
        return start + difference - moved

    shift = brentq(short, 0.0, 60.0, xtol=1e-10) if difference > 0.0 else 0.0
    second = special.expit(logits + shift)
    squares = [(rates**2 @ weights) for rates in (first, second)]
    means = [(rates @ weights) for rates in (first, second)]
    moved = squares[0] + squares[1] - 2.0 * means[0] * means[1]
    gap = float(means[1].mean() - means[0].mean())
    return Components(
        spread=float(np.sqrt(max(moved.mean() - gap**2, 0.0))),
        noise_a=float((means[0] - squares[0]).mean()),
        noise_b=float((means[1] - squares[1]).mean()),
        method="assumed",
    )
