"""Sets of whole numbers as sorted, disjoint intervals, which end before their stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

_FAR = np.array([1 << 62])


@dataclass(frozen=True, slots=True)
class Intervals:
    """The numbers from each start up to its stop, both of shape (intervals,)."""

    start: Whole
    stop: Whole

    def __len__(self) -> int:
        """Return how many numbers are in the set."""
        return int((self.stop - self.start).sum())

    def shifted(self, by: int) -> Intervals:
        """Return the set with `by` added to each number."""
        return Intervals(self.start + by, self.stop + by)

    def shrunk(self) -> Intervals:
        """Return the numbers whose two neighbours are in the set."""
        start, stop = self.start + 1, self.stop - 1
        kept = start < stop
        return Intervals(start[kept], stop[kept])

    def members(self) -> Whole:
        """Return the numbers themselves, rising."""
        return spread(self.start, self.stop - self.start)


def spread(start: Whole, counts: Whole) -> Whole:
    """Return ``start[i], start[i] + 1 ...``, `counts[i]` numbers for each i.

    Examples
    --------
    >>> import numpy as np
    >>> spread(np.array([5, 1]), np.array([2, 3]))
    array([5, 6, 1, 2, 3])
    """
    shift: Whole = start - (np.cumsum(counts) - counts)
    return np.arange(int(counts.sum())) + np.repeat(shift, counts)


def union(start: Whole, stop: Whole) -> Intervals:
    """Return what any of the intervals covers; they may overlap, in any order.

    Examples
    --------
    >>> import numpy as np
    >>> union(np.array([4, 1, 2]), np.array([6, 3, 4])).members()
    array([1, 2, 3, 4, 5])
    """
    kept = start < stop
    order = np.argsort(start[kept], kind="stable")
    start, stop = start[kept][order], stop[kept][order]
    if not len(start):
        return Intervals(start, stop)
    reach = np.maximum.accumulate(stop)
    first = np.concatenate([[True], start[1:] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return Intervals(start[first], reach[last])


def common(first: Intervals, second: Intervals) -> Intervals:
    """Return the numbers in both sets.

    Examples
    --------
    >>> import numpy as np
    >>> ones = union(np.array([0, 5]), np.array([3, 9]))
    >>> common(ones, union(np.array([2]), np.array([7]))).members()
    array([2, 5, 6])
    """
    low = np.searchsorted(second.stop, first.start, side="right")
    counts = np.searchsorted(second.start, first.stop, side="left") - low
    other = spread(low, counts)
    one = np.repeat(np.arange(len(counts)), counts)
    return Intervals(
        np.maximum(first.start[one], second.start[other]),
        np.minimum(first.stop[one], second.stop[other]),
    )


def without(first: Intervals, second: Intervals) -> Intervals:
    """Return the numbers of the first set that are not in the second.

    Examples
    --------
    >>> import numpy as np
    >>> ones = union(np.array([0]), np.array([6]))
    >>> without(ones, union(np.array([2]), np.array([4]))).members()
    array([0, 1, 4, 5])
    """
    gaps = Intervals(
        np.concatenate([-_FAR, second.stop]), np.concatenate([second.start, _FAR])
    )
    return common(first, gaps)
