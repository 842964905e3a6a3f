"""How often each attempt is drawn, when those of a competition are redrawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.stats.bootstrap import histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

# Tables of so many rows are made in no time, and stay in the cache.
_ENTRIES = 2**12
# Rows of these widths, in bytes, are copied in one step.
_WIDTHS = (8, 16, 32)


class AttemptDraws:
    """Draws of attempts with replacement, as many of each competition as it has.

    Parameters
    ----------
    made : array of int, shape (competitions,)
        Attempts of each competition, all above 0.  The cells of a resample are
        the attempts of the first competition, then those of the second ...
    """

    def __init__(self, made: Counts) -> None:
        self.cells = int(made.sum())
        starts = np.cumsum(made) - made
        self._groups = []
        for size in np.unique(made):
            whose = np.flatnonzero(made == size)
            cells = (starts[whose][:, None] + np.arange(size)).ravel()
            self._groups.append((int(size), whose.size, cells, _tables(int(size))))

    def times(self, rng: np.random.Generator, resamples: int) -> Bytes | Counts:
        """Return how often each cell was drawn, shape (resamples, cells)."""
        parts = [
            _redrawn(rng, (resamples, count), size, tables)
            for size, count, _, tables in self._groups
        ]
        if len(parts) == 1:
            return parts[0]
        times = np.empty((resamples, self.cells), dtype=np.int64)
        for part, (_, _, cells, _) in zip(parts, self._groups, strict=True):
            times[:, cells] = part
        return times


def _redrawn(
    rng: np.random.Generator,
    shape: tuple[int, int],
    size: int,
    tables: list[tuple[Bytes, int]],
) -> Bytes | Counts:
    """Return how often each of `size` attempts is drawn, for each competition."""
    resamples, competitions = shape
    if not tables:
        drawn = rng.integers(0, size, size=(resamples * competitions, size))
        return histogram(drawn, size).reshape(resamples, -1)
    width = tables[0][0].shape[1]
    total = np.zeros((resamples, competitions * width), dtype=np.uint8)
    for table, repeats in tables:
        entry = _entries(rng, len(table), (repeats, *shape))
        rows = table.view(f"V{width}").ravel().take(entry).view(np.uint8)
        total += rows.reshape(repeats, resamples, -1).sum(axis=0, dtype=np.uint8)
    if width == size:
        return total
    padded = total.reshape(resamples, competitions, width)
    return padded[:, :, :size].reshape(resamples, -1)


def _entries(
    rng: np.random.Generator, end: int, shape: tuple[int, ...]
) -> NDArray[np.uint16]:
    """Return whole numbers from 0 to end - 1.

    Where `end` is a power of two, the bits of whole words are used, which takes a
    third of the time.
    """
    if end & (end - 1):
        return rng.integers(0, end, size=shape, dtype=np.uint16)
    count = math.prod(shape)
    words = rng.integers(0, 2**64, size=-(-count // 4), dtype=np.uint64)
    return (words.view(np.uint16)[:count] & np.uint16(end - 1)).reshape(shape)


def _tables(size: int) -> list[tuple[Bytes, int]]:
    """Return tables of counts, and how often to draw from each, for `size` draws.

    An entry of a table is what a few draws at once may come to: it has one row
    for every sequence of so many draws, all equally likely.  One 16-bit number
    then does the work of several, and one copy that of several increments.
    """
    if size > _WIDTHS[-1]:
        return []
    width = next(each for each in _WIDTHS if each >= size)
    fitting = [each for each in range(1, size + 1) if size**each <= _ENTRIES]
    # A second table for the rest of the division costs more than shorter draws.
    even = [each for each in fitting[1:] if size % each == 0]
    at_once = (even or fitting)[-1]
    repeats, rest = divmod(size, at_once)
    tables = [(_table(size, width, at_once), repeats)]
    return [*tables, (_table(size, width, rest), 1)] if rest else tables


def _table(size: int, width: int, draws: int) -> Bytes:
    single = np.zeros((size, width), dtype=np.uint8)
    single[np.arange(size), np.arange(size)] = 1
    table = np.zeros((1, width), dtype=np.uint8)
    for _ in range(draws):
        table = (table[:, None] + single).reshape(-1, width)
    return table
