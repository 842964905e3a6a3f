"""Which rows agents may learn from, and which they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mle_toolkit.competitions.creating.problem import Problem

_LEAST = 5


@dataclass(frozen=True, slots=True)
class Split:
    """Positions of the rows for training and for the test, and how they were drawn."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    how: str


def split_rows(
    data: pd.DataFrame,
    problem: Problem,
    *,
    test_share: float,
    group: str | None,
    time: str | None,
    rng: np.random.Generator,
) -> Split:
    """Split the rows of `data`.

    With `group`, all rows of a group are on one side.  With `time`, the latest rows
    are the test.  Otherwise rows are drawn at random, with the same share of every
    class where there are classes.

    Raises
    ------
    UsageError
        When the share is not inside (0, 1), both ways are asked for, or a side would
        be too small.
    """
    if not 0 < test_share < 1:
        msg = f"test_share must be between 0 and 1; got {test_share!r}"
        raise UsageError(msg)
    if group is not None and time is not None:
        msg = f"split by group or by time, not both; got {group!r} and {time!r}"
        raise UsageError(msg)
    if group is not None:
        is_test = _by_group(data[group], test_share, rng)
        how = f"by groups of {group}: no group is on both sides"
    elif time is not None:
        is_test = _by_time(data[time], test_share)
        how = f"by time: the latest rows by {time} are the test"
    elif problem.is_classification:
        is_test = _by_class(data[problem.targets[0]], test_share, rng)
        how = "at random, with the same share of every class"
    else:
        is_test = np.zeros(len(data), bool)
        is_test[rng.permutation(len(data))[: round(test_share * len(data))]] = True
        how = "at random"
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    if min(len(train), len(test)) < _LEAST:
        msg = (
            f"the split leaves {len(train)} rows for training and {len(test)} for the "
            f"test; each needs {_LEAST}: give more data or another test_share"
        )
        raise UsageError(msg)
    # The order of the rows must tell nothing of how they were drawn.
    return Split(train, rng.permutation(test), how)


def _by_group(
    groups: pd.Series, test_share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    codes = pd.factorize(groups, use_na_sentinel=False)[0]
    sizes = np.bincount(codes)
    if len(sizes) < 2:  # noqa: PLR2004 - one for each side
        msg = f"column {groups.name!r} has one group only; two are needed"
        raise UsageError(msg)
    order = rng.permutation(len(sizes))
    # As many groups as come nearest to the share of rows, one on each side at least.
    filled = np.cumsum(sizes[order])
    nearest = int(np.abs(filled - test_share * len(groups)).argmin())
    taken = order[: min(nearest + 1, len(sizes) - 1)]
    return np.isin(codes, taken)


def _by_time(times: pd.Series, test_share: float) -> NDArray[np.bool_]:
    values = times
    if not pd.api.types.is_numeric_dtype(times.dtype):
        try:
            values = pd.to_datetime(times, format="mixed")
        except (ValueError, TypeError) as error:
            msg = f"column {times.name!r} cannot be read as times: {error}"
            raise UsageError(msg) from error
    if values.isna().any():
        msg = f"column {times.name!r} has rows without a time"
        raise UsageError(msg)
    ordered = np.sort(values.to_numpy())
    cut = ordered[min(len(ordered) - 1, round((1 - test_share) * len(ordered)))]
    # Rows of one moment stay together.
    return np.asarray(values.to_numpy() >= cut)


def _by_class(
    labels: pd.Series, test_share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    is_test = np.zeros(len(labels), bool)
    for rows in (
        labels.reset_index(drop=True).groupby(labels.to_numpy()).groups.values()
    ):
        drawn = rng.permutation(np.asarray(rows))
        # A class of one row can only be learnt from.
        n_test = min(max(1, round(test_share * len(drawn))), len(drawn) - 1)
        is_test[drawn[:n_test]] = True
    return is_test
