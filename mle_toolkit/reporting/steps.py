"""Step functions: when values change, and the middle of several of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

_UNITS = (("s", 1.0), ("min", 60.0), ("h", 3600.0))
_TURN = 180.0


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


def median_steps(
    steps: pd.DataFrame, column: str, *, lower_is_better: bool
) -> pd.DataFrame:
    """Return the median over attempts at every time at which one of them changed.

    An attempt without a value ranks below all others, so the median begins when
    half of the attempts have one.  An attempt that has ended keeps its value.

    Parameters
    ----------
    steps
        Columns ``attempt``, ``time`` and `column`, in order of time.

    Returns
    -------
    DataFrame
        Columns ``time`` and ``value``.
    """
    times = np.unique(steps["time"].to_numpy(dtype=float))
    floor = np.inf if lower_is_better else -np.inf
    curves = []
    for _, attempt in steps.groupby("attempt", sort=False):
        own = attempt["time"].to_numpy(dtype=float)
        values = attempt[column].to_numpy(dtype=float)
        at = np.searchsorted(own, times, side="right") - 1
        held = np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
        curves.append(np.where(np.isnan(held), floor, held))
    middle = np.median(np.array(curves), axis=0)
    value = np.where(np.isfinite(middle), middle, np.nan)
    return pd.DataFrame({"time": times, "value": value})
