"""Result records of the statistics layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A point estimate with its interval, and how both were made.

    Attributes
    ----------
    estimate
        The point estimate; NaN when it is undefined.
    low, high
        Limits of the interval; NaN when it is undefined.
    level
        Nominal coverage, such as 0.95.
    method
        Name of the method that made the limits.
    n
        Number of units that entered: competitions, or the attempts when the
        interval is about one competition.
    reason
        Why a value is NaN; None when none is.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n: int
    reason: str | None = None
