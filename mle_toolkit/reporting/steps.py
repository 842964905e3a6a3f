"""Step functions: when values change, and the middle of several of them."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
