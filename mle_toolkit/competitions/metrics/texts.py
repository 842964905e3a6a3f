"""Metrics that compare texts; every cell counts alike, whatever its column."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def jaccard(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the mean share of words that two texts have in common, from 0 to 1.

    A text is the set of its words, in lower case and split at blanks; the share is
    words in both / words in either.  Two texts without words count 0.

    Parameters
    ----------
    truth, prediction
        Texts, shape (rows, columns).

    Examples
    --------
    Two of four words, then the one word in another case:

    >>> import numpy as np
    >>> truth = np.array([["so very sad"], ["Yes"]], object)
    >>> jaccard(truth, np.array([["so sad now"], ["YES"]], object))
    0.75
    """
    pairs = zip(truth.ravel(), prediction.ravel(), strict=True)
    return float(np.mean(list(starmap(_shared_words, pairs))))


def levenshtein(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the mean number of characters to insert, delete or replace.

    Parameters
    ----------
    truth, prediction
        Texts, shape (rows, columns).  A character is a code point of Unicode.

    Notes
    -----
    Levenshtein, "Binary codes capable of correcting deletions, insertions, and
    reversals", 1966; computed by rapidfuzz, 64 characters at a time.

    Examples
    --------
    3 for the first row, 0 for the second:

    >>> import numpy as np
    >>> truth = np.array([["kitten"], ["same"]], object)
    >>> levenshtein(truth, np.array([["sitting"], ["same"]], object))
    1.5
    """
    from rapidfuzz.distance import Levenshtein

    pairs = zip(truth.ravel(), prediction.ravel(), strict=True)
    distances = starmap(Levenshtein.distance, pairs)
    return float(np.mean(np.fromiter(distances, np.int64, truth.size)))


def _shared_words(one: str, other: str) -> float:
    words, others = set(one.lower().split()), set(other.lower().split())
    n_shared = len(words & others)
    n_all = len(words) + len(others) - n_shared
    return n_shared / n_all if n_all else 0.0
