"""A power law through the observed pass@k curve, as a check of forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.checks import competition_counts, one_whole_number
from mle_toolkit.stats.unseen import rectangle

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """A power law through the observed curve: pass@k = exp(-a k**-b).

    Attributes
    ----------
    a, b
        Its parameters; NaN when no curve could be fitted.
    k
        The k that `estimate` is for.
    estimate
        What the law says at `k`; without an interval, because the points of
        one curve are not independent.
    n
        Number of competitions in the curve.
    attempts
        The curve ran to this k.
    method
        ``"power-law"``.
    reason
        Why the values are NaN; None when they are not.
    """

    a: float
    b: float
    k: int
    estimate: float
    n: int
    attempts: int
    method: str
    reason: str | None = None


def power_law_pass_at_k(n: ArrayLike, c: ArrayLike, k: int) -> PowerLaw:
    """Return pass@k by a power law through the observed curve, as a check.

    ``log(-log(pass@k)) = log(a) - b log(k)`` is fitted by least squares to the
    unbiased curve (Brown et al. 2024, arXiv 2407.21787, section 3).  The noise
    model of this fit is wrong (Kazdan et al. 2025, arXiv 2510.05197), and it
    cannot see impossible competitions: use it to see whether a forecast is far
    from what others would print.

    Parameters
    ----------
    n, c, k
        As in `chao_pass_at_k`.

    Returns
    -------
    PowerLaw
        NaN with a reason when fewer than two points of the curve lie strictly
        between 0 and 1.

    Raises
    ------
    UsageError
        For illegal counts or `k`.

    Examples
    --------
    With pass@1 = 0.2 and pass@2 = 0.4 the law runs through both points, so that
    the next doubling gives ``exp(-log(0.4)**2 / log(0.2))`` less its signs:

    >>> check = power_law_pass_at_k([2] * 10, [1] * 4 + [0] * 6, 4)
    >>> round(check.b, 3), round(check.estimate, 4)
    (0.813, 0.5935)
    """
    attempts, successes = competition_counts(n, c)
    wanted = one_whole_number("k", k, least=1)
    rows, common = rectangle(attempts)
    method, nan = "power-law", float("nan")
    ks = np.arange(1, common + 1)
    curve = np.zeros(0)
    if rows.any():
        values = np.asarray(pass_at_k(attempts[rows], successes[rows], ks))
        curve = values.mean(axis=-1)
    inside = (curve > 0.0) & (curve < 1.0)
    if inside.sum() < _LEAST:
        return PowerLaw(
            a=nan, b=nan, k=wanted, estimate=nan, n=int(rows.sum()), attempts=common,
            method=method,
            reason="fewer than two points of the curve lie between 0 and 1",
        )  # fmt: skip
    x, y = np.log(ks[inside]), np.log(-np.log(curve[inside]))
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    level = y.mean() - slope * x.mean()
    return PowerLaw(
        a=float(np.exp(level)),
        b=float(-slope),
        k=wanted,
        estimate=float(np.exp(-np.exp(level + slope * np.log(wanted)))),
        n=int(rows.sum()),
        attempts=common,
        method=method,
    )
