"""Numbers as a reader wants them: percentages, scores, sums, lengths of time."""

from __future__ import annotations

import math
import sys
from typing import Any

MISSING = "\N{EN DASH}"
_NEAR_AN_END = 0.01
_CENT = 0.01
_UNITS = (("s", 1.0), ("min", 60.0), ("h", 3600.0))
_TURN = 180.0


def percent(share: Any) -> str:
    """Return a share as a percentage, with a decimal only where it tells something.

    Examples
    --------
    >>> percent(0.4375), percent(0.004), percent(1.0)
    ('44 %', '0.4 %', '100 %')
    >>> percent(float("nan")) == MISSING
    True
    """
    if is_missing(share):
        return MISSING
    near_an_end = 0.0 < min(share, 1.0 - share) < _NEAR_AN_END
    return f"{100.0 * share:.1f} %" if near_an_end else f"{100.0 * share:.0f} %"


def interval(low: Any, high: Any) -> str:
    """Return limits as a range of percentages.

    Examples
    --------
    >>> interval(0.15, 0.79)
    '15 to 79 %'
    """
    if is_missing(low) or is_missing(high):
        return "no interval"
    first = percent(low).removesuffix(" %")
    return f"{first} to {percent(high)}"


def score(value: Any) -> str:
    """Return a score with up to 5 decimals, as competitions report it.

    Examples
    --------
    >>> score(0.118), score(12.5), score(0.0), score(2e-7)
    ('0.118', '12.5', '0', '2e-07')
    """
    if is_missing(value):
        return MISSING
    text = f"{float(value):.5f}".rstrip("0").rstrip(".")
    return f"{float(value):.2g}" if float(text) == 0.0 != value else text


def fixed_score(value: Any) -> str:
    """Return a score with exactly 5 decimals, for columns of a table.

    Examples
    --------
    >>> fixed_score(0.1035)
    '0.10350'
    """
    return MISSING if is_missing(value) else f"{float(value):.5f}"


def amount(value: Any) -> str:
    """Return a whole number with thin spaces between the thousands.

    Examples
    --------
    >>> amount(999), amount(1234567) == "1\u202f234\u202f567"
    ('999', True)
    """
    return MISSING if is_missing(value) else f"{int(value):,}".replace(",", "\u202f")


def dollars(value: Any) -> str:
    """Return a cost in US dollars.

    Examples
    --------
    >>> dollars(12.5), dollars(0.0004), dollars(0.0)
    ('$12.50', '$0.0004', '$0')
    """
    if is_missing(value):
        return MISSING
    cost = float(value)
    if cost == 0.0:
        return "$0"
    return f"${cost:.2f}" if cost >= _CENT else f"${cost:.1g}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "attempt"), counted(2, "attempt")
    ('1 attempt', '2 attempts')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def time_unit(longest_s: float) -> tuple[str, float]:
    """Return the unit in which `longest_s` reads best, and its seconds.

    Examples
    --------
    >>> time_unit(90.0), time_unit(600.0), time_unit(86400.0)
    (('s', 1.0), ('min', 60.0), ('h', 3600.0))
    """
    for name, seconds in _UNITS:
        if longest_s / seconds < _TURN:
            return name, seconds
    return _UNITS[-1]


def is_missing(value: Any) -> bool:
    """Return whether a cell of a frame holds nothing."""
    if value is None or _is_na(value):
        return True
    return isinstance(value, float) and not math.isfinite(value)


def _is_na(value: object) -> bool:
    """Whether this is pandas' missing value, without loading pandas to ask."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and value is pandas.NA
