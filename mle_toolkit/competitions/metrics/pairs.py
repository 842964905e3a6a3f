"""Pairs of things that share a key: boxes of one class on one image."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.intervals import spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

# So many pairs are looked at together: some hundred MB of temporary arrays.
_AT_ONCE = 2_000_000


def equal_pairs(first: Whole, second: Whole) -> Iterator[tuple[Whole, Whole]]:
    """Yield the indices of all pairs with equal keys, in pieces that fit the memory.

    Within the pieces and from one to the next, the first index rises; for equal first
    ones the second rises.  The pairs of one first index are in one piece.

    Parameters
    ----------
    first, second
        Keys, each of shape (things,).

    Examples
    --------
    >>> import numpy as np
    >>> list(equal_pairs(np.array([7, 8]), np.array([8, 7, 8])))
    [(array([0, 1, 1]), array([1, 0, 2]))]
    """
    order = np.argsort(second, kind="stable")
    keys = second[order]
    low = np.searchsorted(keys, first, side="left")
    counts = np.searchsorted(keys, first, side="right") - low
    piece = (np.cumsum(counts) - counts) // _AT_ONCE
    bounds = np.flatnonzero(np.diff(piece, prepend=-1, append=-1))
    for begin, end in itertools.pairwise(bounds):
        some = counts[begin:end]
        yield (
            np.repeat(np.arange(begin, end), some),
            order[spread(low[begin:end], some)],
        )


def take_first_free(takers: Whole, offers: Whole) -> dict[int, int]:
    """Return which offer each taker gets: the first one that nobody has taken.

    Parameters
    ----------
    takers, offers
        Pairs in the order in which they are tried, both of shape (pairs,).

    Examples
    --------
    >>> import numpy as np
    >>> take_first_free(np.array([0, 0, 1, 1]), np.array([5, 6, 5, 6]))
    {0: 5, 1: 6}
    """
    got: dict[int, int] = {}
    taken: set[int] = set()
    for taker, offer in zip(takers.tolist(), offers.tolist(), strict=True):
        if taker not in got and offer not in taken:
            got[taker] = offer
            taken.add(offer)
    return got
