"""Lengths of time as people write them."""

from __future__ import annotations

import re

from mle_toolkit.errors import UsageError

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def parse_duration(value: str | float) -> float:
    """Return seconds.

    Parameters
    ----------
    value
        Seconds as a number, or text such as ``"90"``, ``"5m"`` or ``"1h30m"``.

    Raises
    ------
    UsageError
        When the text is not a length of time, or it is not above 0.

    Examples
    --------
    >>> parse_duration("1h30m")
    5400.0
    >>> parse_duration(90)
    90.0
    """
    text = str(value).strip().lower()
    parts = _PART.findall(text)
    whole = "".join(text.split())
    if not parts or "".join(number + unit for number, unit in parts) != whole:
        msg = f"{value!r} is not a length of time; write 90, '90s', '5m', '24h' or '2d'"
        raise UsageError(msg)
    seconds = sum(float(number) * _SECONDS[unit or "s"] for number, unit in parts)
    if seconds <= 0:
        msg = f"a length of time must be above 0; got {value!r}"
        raise UsageError(msg)
    return seconds


def format_duration(seconds: float) -> str:
    """Return a length of time in at most two units.

    Examples
    --------
    >>> format_duration(5400)
    '1h30m'
    >>> format_duration(3.2)
    '3.2s'
    """
    if seconds < _SECONDS["m"]:
        return f"{seconds:.2g}s"
    whole = round(seconds)
    for unit, below, size in (("d", "h", 86400), ("h", "m", 3600), ("m", "s", 60)):
        if whole >= size:
            rest = (whole % size) // int(_SECONDS[below])
            return (
                f"{whole // size}{unit}{rest}{below}"
                if rest
                else f"{whole // size}{unit}"
            )
    return f"{whole}s"
