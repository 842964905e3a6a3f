"""Checks of counts and levels that all statistics share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def whole_numbers(name: str, values: ArrayLike, *, least: int) -> NDArray[np.int64]:
    """Return `values` as integers, or say which of them is not a legal count.

    Whole numbers that are stored as floats are accepted, because a frame with
    a missing value turns its counts into floats.

    Raises
    ------
    UsageError
        For values below `least`, fractions, NaN, infinity, booleans and text.
    """
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(array.shape, dtype=np.int64)
    if array.dtype.kind == "b":
        msg = f"{name} must be counts; got booleans: pass their sum per competition"
        raise UsageError(msg)
    if array.dtype.kind not in "iuf":
        msg = f"{name} must be whole numbers; got {array.dtype} values"
        raise UsageError(msg)
    # The bound keeps the conversion to int64 exact and free of overflow.
    legal = (array >= least) & (array < 2.0**53) & (array == np.floor(array))
    if not legal.all():
        wrong = array[~legal].flat[0]
        msg = f"{name} must be whole numbers of at least {least}; got {wrong}"
        raise UsageError(msg)
    return array.astype(np.int64)


def counts(n: ArrayLike, c: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return attempts `n` and successes `c` as integer arrays of one shape.

    Raises
    ------
    UsageError
        When a count is illegal, a `c` exceeds its `n`, or the shapes differ.
    """
    attempts = whole_numbers("n", n, least=0)
    successes = whole_numbers("c", c, least=0)
    try:
        attempts, successes = np.broadcast_arrays(attempts, successes)
    except ValueError as error:
        msg = (
            "n and c must have one entry per competition; got shapes "
            f"{attempts.shape} and {successes.shape}"
        )
        raise UsageError(msg) from error
    if (successes > attempts).any():
        at = np.flatnonzero((successes > attempts).ravel())[0]
        msg = (
            f"c must not exceed n; got c={successes.flat[at]} of n={attempts.flat[at]}"
        )
        raise UsageError(msg)
    return attempts, successes


def confidence(level: float) -> float:
    """Return `level` if it lies strictly between 0 and 1.

    Raises
    ------
    UsageError
        Otherwise.
    """
    if not 0.0 < level < 1.0:
        msg = f"level must lie between 0 and 1, such as 0.95; got {level!r}"
        raise UsageError(msg)
    return float(level)
