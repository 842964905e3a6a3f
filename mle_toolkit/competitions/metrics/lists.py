"""Metrics for lists that are written as text, with blanks between the items.

Every cell is one list and counts alike, whatever its column.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.competitions.metrics.inversions import count_inversions
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


# What no item is: files with this character are no text.
_END = "\0"


def f1_micro(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the F1 of all pairs of cell and item, from 0 to 1.

    It is 2 TP / (2 TP + FP + FN) over all cells together.  An item counts once per
    cell, its place does not matter, and items that no truth has are ignored.

    Parameters
    ----------
    truth, prediction
        Texts, shape (rows, columns); items lie between any blanks.

    Returns
    -------
    float
        NaN when neither side has an item that the truth knows.

    Examples
    --------
    Right are a and c, d is missed, and nobody knows x: 2 * 2 / (2 * 2 + 0 + 1).

    >>> import numpy as np
    >>> truth = np.array([["a"], ["c d"]], object)
    >>> f1_micro(truth, np.array([["a x"], ["c"]], object))
    0.8
    """
    words, guesses = _words(truth), _words(prediction)
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    numbers.setdefault(_END, len(numbers))
    wanted, given = _pairs(words, numbers), _pairs(guesses, numbers)
    n_right = len(np.intersect1d(wanted, given, assume_unique=True))
    n_all = len(wanted) + len(given)
    return 2 * n_right / n_all if n_all else math.nan


def map_at_5(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the mean average precision of the first 5 items; see `map_at_12`.

    Examples
    --------
    The one item is found at place 2:

    >>> import numpy as np
    >>> map_at_5(np.array([["b"]], object), np.array([["a b c d e"]], object))
    0.5
    """
    return _mean_average_precision(truth, prediction, 5)


def map_at_12(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the mean average precision of the first 12 items, from 0 to 1.

    The average precision of a cell is the sum, over the places where an item of the
    truth is found, of the share of right items up to there, divided by the number of
    items in the truth or by 12, whichever is less.  An item that is named again scores
    nothing, but takes up a place; so does each further blank between two items.

    Parameters
    ----------
    truth, prediction
        Texts, shape (rows, columns); items lie between single blanks.  The truth is a
        set, the prediction has the best guess first.

    Examples
    --------
    Right at the places 1 and 3: (1/1 + 2/3) / 2.

    >>> import numpy as np
    >>> truth = np.array([["a b"]], object)
    >>> round(map_at_12(truth, np.array([["a x b"]], object)), 5)
    0.83333
    """
    return _mean_average_precision(truth, prediction, 12)


def kendall_tau(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return 1 - 4 S / sum n (n - 1) over all cells, from -1 to 1.

    S is the number of pairs of items in the wrong order, n the number of items of a
    cell: long lists weigh more than short ones.

    Parameters
    ----------
    truth, prediction
        Texts, shape (rows, columns); items lie between any blanks.  Both hold the same
        items, each once.

    Returns
    -------
    float
        NaN when no list has two items.

    Raises
    ------
    UsageError
        When an item of the truth is missing from the prediction, or the numbers of
        items differ.

    Examples
    --------
    One of three pairs is in the wrong order: 1 - 4 * 1 / 6.

    >>> import numpy as np
    >>> truth = np.array([["a b c"]], object)
    >>> round(kendall_tau(truth, np.array([["b a c"]], object)), 5)
    0.33333
    """
    counts: list[int] = []
    ranks: list[int] = []
    for cell, guessed in zip(truth.ravel(), prediction.ravel(), strict=True):
        items, guess = cell.split(), guessed.split()
        places = dict(zip(guess, range(len(guess)), strict=True))
        if len(items) != len(guess) or not places.keys() >= set(items):
            both = f"{cell[:60]!r} and {guessed[:60]!r}"
            msg = f"kendall_tau needs the same items on both sides; got {both}"
            raise UsageError(msg)
        counts.append(len(items))
        ranks.extend(map(places.__getitem__, items))
    n_pairs = sum(n * (n - 1) for n in counts)
    if not n_pairs:
        return math.nan
    return 1 - 4 * count_inversions(np.array(ranks), np.array(counts)) / n_pairs


def normalized_levenshtein(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return items to insert, delete or replace, per item of the truth.

    It is 0 for a perfect prediction, and above 1 when more is wrong than there is.

    Parameters
    ----------
    truth, prediction
        Texts, shape (rows, columns); items lie between any blanks.

    Returns
    -------
    float
        NaN when the truth has no items at all.

    Examples
    --------
    Replace 2 by 9, insert 4: 2 of 4.

    >>> import numpy as np
    >>> truth = np.array([["1 2 3 4"]], object)
    >>> normalized_levenshtein(truth, np.array([["1 9 3"]], object))
    0.5
    """
    # Numbers instead of items: rapidfuzz compares hashes, and two texts may share one.
    numbers: dict[str, int] = defaultdict(count().__next__)
    lists, guesses = (
        [[numbers[item] for item in cell.split()] for cell in cells.ravel()]
        for cells in (truth, prediction)
    )
    return edits_per_item(lists, guesses)


def edits_per_item(
    lists: Iterable[Sequence[int]], guesses: Iterable[Sequence[int]]
) -> float:
    """Return `normalized_levenshtein` of lists whose items are numbers from 0.

    Examples
    --------
    >>> edits_per_item([[0, 1, 2, 3]], [[0, 9, 2]])
    0.5
    """
    from rapidfuzz.distance import Levenshtein

    n_edits = n_items = 0
    for items, guess in zip(lists, guesses, strict=True):
        n_edits += Levenshtein.distance(items, guess)
        n_items += len(items)
    return n_edits / n_items if n_items else math.nan


def _words(cells: NDArray[Any]) -> list[str]:
    """Return the items of all cells, with a mark between two cells.

    One list takes a fraction of the time of a list for each cell.
    """
    words = f" {_END} ".join(cells.ravel().tolist()).split()
    if words.count(_END) != cells.size - 1:
        msg = f"the character {_END!r} cannot be an item"
        raise UsageError(msg)
    return words


def _pairs(words: list[str], numbers: dict[str, int]) -> NDArray[np.int64]:
    """Return a number for each pair of a cell and an item that has a number, sorted."""
    found = map(numbers.get, words, repeat(-1))
    items = np.fromiter(found, np.int64, len(words))
    is_end = items == numbers[_END]
    known = (items >= 0) & ~is_end
    pairs = np.sort(np.cumsum(is_end)[known] * len(numbers) + items[known])
    distinct: NDArray[np.int64] = pairs[np.diff(pairs, prepend=-1) > 0]
    return distinct


def _mean_average_precision(
    truth: NDArray[Any], prediction: NDArray[Any], most: int
) -> float:
    total = 0.0
    for wanted, guess in zip(truth.ravel(), prediction.ravel(), strict=True):
        items = set(wanted.split(" "))
        guesses = guess.split(" ", most)[:most]
        # Most lists of most submissions miss altogether.
        if not items.isdisjoint(guesses):
            total += _average_precision(items, guesses, most)
    return total / truth.size


def _average_precision(items: set[str], guesses: Sequence[str], most: int) -> float:
    n_wanted, n_right, total = min(len(items), most), 0, 0.0
    for place, guess in enumerate(guesses, start=1):
        if guess in items:
            items.remove(guess)
            n_right += 1
            total += n_right / place
    return total / n_wanted
