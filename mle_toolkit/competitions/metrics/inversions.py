"""Count the pairs that are out of order, in many lists at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def count_inversions(ranks: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Return how many pairs of one list have the larger rank first.

    This is the number of swaps of neighbours that put the lists in order.

    Parameters
    ----------
    ranks
        The lists one after the other; ranks are not negative.
    counts
        The length of each list.

    Notes
    -----
    Two ranks are out of order if, at the highest bit in which they differ, the first
    has 1 and the second 0.  So the lists are parted bit by bit, and at each bit the
    ones before every zero are counted: one pass over all lists per bit.

    Examples
    --------
    (2, 0), (2, 1) of the first list, none of the second:

    >>> import numpy as np
    >>> count_inversions(np.array([2, 0, 1, 0, 1]), np.array([3, 2]))
    2
    """
    if not len(ranks):
        return 0
    ranks = np.asarray(ranks, np.int64)
    # Where the group of an element starts: its list, later those with equal high bits.
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    places = np.arange(len(ranks))
    total = 0
    for bit in reversed(range(int(ranks.max()).bit_length())):
        is_one = (ranks >> bit) & 1
        ones_before = np.cumsum(is_one) - is_one
        ones_before -= ones_before[starts]
        zero = is_one == 0
        total += int(ones_before[zero].sum())
        zeros_before = places - starts - ones_before
        n_zeros = _group_zeros(zero, starts)
        # Zeros of a group go first, ones after them, both in the order they had.
        target = starts + np.where(zero, zeros_before, n_zeros + ones_before)
        starts = _moved(starts + np.where(zero, 0, n_zeros), target)
        ranks = _moved(ranks, target)
    return total


def _group_zeros(
    zero: NDArray[np.bool_], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return, for each element, how many zeros its group has."""
    per_group = np.bincount(starts, weights=zero, minlength=len(starts))
    return per_group.astype(np.int64)[starts]


def _moved(values: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    moved = np.empty_like(values)
    moved[target] = values
    return moved
