"""What the values of a submission must fulfil."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the values of the target columns must fulfil.

    Attributes
    ----------
    numeric
        Every value is a finite number.  The other rules need this one.
    minimum, maximum
        Legal range, both ends included; None means no bound.
    row_sum
        What the target columns of a row must add up to; None means anything.
    row_sum_tolerance
        By how much a row may miss `row_sum`.
    """

    numeric: bool = True
    minimum: float | None = None
    maximum: float | None = None
    row_sum: float | None = None
    row_sum_tolerance: float = 0.01
