"""Checks of counts, scores and levels that all statistics share."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.seeds import generator

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


def competition_counts(
    n: ArrayLike, c: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return attempts and successes as arrays of shape (competitions,).

    Raises
    ------
    UsageError
        As `counts`, and for arrays with more than one axis.
    """
    attempts, successes = counts(n, c)
    if attempts.ndim > 1:
        msg = f"n and c must have one axis, competitions; got shape {attempts.shape}"
        raise UsageError(msg)
    return np.atleast_1d(attempts), np.atleast_1d(successes)


def score_table(
    name: str, scores: ArrayLike, n: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return scores as (attempts, competitions), and the attempts made on each.

    Raises
    ------
    UsageError
        For what is not a number, more than two axes, and an `n` that does not
        have one entry per competition, at most as large as there are rows.
    """
    try:
        table = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be numbers, with NaN for a failed attempt"
        raise UsageError(msg) from error
    if table.ndim not in {1, 2}:
        msg = (
            f"{name} must have the shape (attempts,) or (attempts, competitions); "
            f"got {table.shape}"
        )
        raise UsageError(msg)
    table = table if table.ndim == 2 else table[:, None]
    if n is None:
        return table, np.full(table.shape[1], len(table), dtype=np.int64)
    made = np.atleast_1d(whole_numbers("n", n, least=0))
    if made.shape != table.shape[1:] or (made > len(table)).any():
        msg = (
            f"n must have one entry per competition, {table.shape[1]} in all, each at "
            f"most the number of rows, {len(table)}; got {n!r}"
        )
        raise UsageError(msg)
    return table, made


def unit_values(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return `values` as floats in [0, 1], shape (competitions,).

    Raises
    ------
    UsageError
        For other shapes, values outside [0, 1] and NaN.
    """
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        msg = f"{name} must be numbers in [0, 1], one per competition"
        raise UsageError(msg) from error
    if array.ndim != 1 or not ((array >= 0.0) & (array <= 1.0)).all():
        msg = f"{name} must be one number in [0, 1] per competition, without NaN"
        raise UsageError(msg)
    return array


def one_whole_number(name: str, value: ArrayLike, *, least: int) -> int:
    """Return `value` as an int, or say that one number was wanted.

    Raises
    ------
    UsageError
        For arrays, and as `whole_numbers`.
    """
    number = whole_numbers(name, value, least=least)
    if number.ndim:
        msg = f"{name} must be one number here; got the shape {number.shape}"
        raise UsageError(msg)
    return int(number)


def checked_seed(
    seed: int | np.random.Generator,
) -> tuple[np.random.Generator, int | None]:
    """Return a generator, and the seed to note down: None for a generator.

    Raises
    ------
    UsageError
        For what is neither a generator nor a whole number from 0 on.
    """
    if isinstance(seed, np.random.Generator):
        return seed, None
    number = one_whole_number("seed", seed, least=0)
    return generator(number), number


def confidence(level: float) -> float:
    """Return `level` if it lies strictly between 0 and 1.

    Raises
    ------
    UsageError
        Otherwise.
    """
    return between("level", level, above=0.0, such_as=0.95)


def between(name: str, value: float, *, above: float, such_as: float) -> float:
    """Return `value` if it lies strictly between `above` and 1.

    Raises
    ------
    UsageError
        Otherwise, and for what is not a number.
    """
    if not (is_number(value) and above < value < 1.0):
        msg = (
            f"{name} must lie between {above:g} and 1, such as {such_as}; got {value!r}"
        )
        raise UsageError(msg)
    return float(value)


def is_number(value: object) -> bool:
    """Say whether this is one real number; a truth value is none."""
    return isinstance(value, Real) and not isinstance(value, bool)
