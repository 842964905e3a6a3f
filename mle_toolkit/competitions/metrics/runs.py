"""Run lengths: the masks of many images as runs of pixels, which are never painted.

Pixels are counted by the ends of the runs alone, so an image of 30,000 by 50,000
pixels costs no more than its text.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.intervals import spread
from mle_toolkit.errors import UsageError
from mle_toolkit.submissions.wording import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

# Larger numbers lie past the end of every image, and sums of two still fit.
_HUGE = 1 << 61
_PLAIN = b"0123456789 "
_NONE = np.empty(0, dtype=np.int64)


class RunError(UsageError):
    """A text is no mask.

    Attributes
    ----------
    index
        Which of the texts, from 0.
    fault
        What is wrong with it, as in ``"its runs overlap"``.
    """

    def __init__(self, index: int, fault: str) -> None:
        super().__init__(f"text {index} is no mask: {fault}")
        self.index = index
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Masks as disjoint runs on one line, on which the images lie end to end.

    Attributes
    ----------
    start, stop
        First pixel of each run and the pixel after its last, shape (runs,), rising.
    edges
        Image i has the pixels from ``edges[i]`` up to ``edges[i + 1]``; shape
        (images + 1,).
    lone, shared, cut
        Which texts were odd, shape (images,): a lone number, which means no pixel; a
        length given once for two starts; a run that ends past the end of its image.
    """

    start: Whole
    stop: Whole
    edges: Whole
    lone: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    cut: NDArray[np.bool_]

    @property
    def sizes(self) -> Whole:
        """Pixels of each image, shape (images,)."""
        return np.diff(self.edges)

    @property
    def image(self) -> Whole:
        """The image that each run lies in, shape (runs,)."""
        return np.searchsorted(self.edges, self.start, side="right") - 1

    @property
    def areas(self) -> Whole:
        """Pixels of each mask, shape (images,)."""
        return _per_image(self.stop - self.start, self)


def decode_runs(texts: Sequence[str], sizes: Whole) -> Runs:
    """Return the masks that texts of starts and lengths stand for.

    Starts count from 1.  A text without numbers is an empty mask, and so is a lone
    number; of three numbers the second is the length of both runs.  What lies past
    the end of the image is cut off.

    Parameters
    ----------
    texts
        One text per image: whole numbers with white space between.
    sizes
        Pixels of each image, shape (images,).

    Raises
    ------
    RunError
        For the first text that holds something else, numbers below 1, five or more
        numbers that do not pair, starts that fall, or runs that share a pixel.
    UsageError
        When the images together have more than 2^61 pixels.

    References
    ----------
    The rules are those of MLE-bench's decoder (Chan et al. 2024, arXiv:2410.07095).

    Examples
    --------
    Pixels 2, 3 and 5 of the six; then a run that is cut to one pixel:

    >>> import numpy as np
    >>> masks = decode_runs(["2 2 5 1", "6 9"], np.array([6, 6]))
    >>> masks.start, masks.stop
    (array([ 1,  4, 11]), array([ 3,  5, 12]))
    >>> masks.areas
    array([3, 1])
    """
    edges = _edges(sizes)
    parts = [_parse(text, index) for index, text in enumerate(texts)]
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    numbers = np.concatenate([*parts, _NONE])
    lone, shared = counts == 1, counts == 3  # noqa: PLR2004 - two starts, one length
    _require_pairs(counts, (counts % 2 == 0) | lone | shared)
    owner = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.flatnonzero(place % 2 == 0)
    _require_order(numbers, owner, at)
    at = at[~lone[owner[at]]]
    # The second of two starts that share a length has it before, not behind.
    behind = np.where(shared[owner[at]] & (place[at] > 0), -1, 1)
    image, start = owner[at], numbers[at] - 1
    size = edges[image + 1] - edges[image]
    stop = start + numbers[at + behind]
    cut = np.zeros(len(counts), dtype=np.bool_)
    cut[image[stop > size]] = True
    inside = start < size
    image, start = image[inside], start[inside]
    stop = np.minimum(stop, size)[inside]
    _require_disjoint(image, start, stop)
    shift = edges[image]
    return Runs(
        start=start + shift,
        stop=stop + shift,
        edges=edges,
        lone=lone,
        shared=shared,
        cut=cut,
    )


def common_areas(first: Runs, second: Runs) -> Whole:
    """Return how many pixels two masks share, for each image.

    Raises
    ------
    UsageError
        When the images differ in number or size.

    Examples
    --------
    >>> import numpy as np
    >>> sizes = np.array([9])
    >>> common_areas(decode_runs(["1 5"], sizes), decode_runs(["4 4"], sizes))
    array([2])
    """
    if not np.array_equal(first.edges, second.edges):
        msg = "masks can be compared only if they are of the same images"
        raise UsageError(msg)
    common = _before(first, second.stop) - _before(first, second.start)
    return _per_image(common, second)


def select_images(masks: Runs, images: Whole) -> Runs:
    """Return the masks of some images, in the order in which they are named.

    Examples
    --------
    >>> import numpy as np
    >>> masks = decode_runs(["1 1", "1 2", "1 3"], np.array([9, 9, 9]))
    >>> select_images(masks, np.array([2, 0])).areas
    array([3, 1])
    """
    bounds = np.searchsorted(masks.start, masks.edges)
    counts = np.diff(bounds)[images]
    run = spread(bounds[images], counts)
    edges = _edges(masks.sizes[images])
    shift = np.repeat(edges[:-1] - masks.edges[images], counts)
    return Runs(
        start=masks.start[run] + shift,
        stop=masks.stop[run] + shift,
        edges=edges,
        lone=masks.lone[images],
        shared=masks.shared[images],
        cut=masks.cut[images],
    )


def _edges(sizes: Whole) -> Whole:
    if sum(sizes.tolist()) > _HUGE:
        msg = f"the images have {sum(sizes.tolist())} pixels; 2^61 are allowed"
        raise UsageError(msg)
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _parse(text: str, index: int) -> Whole:
    text = text.strip()
    if not text:
        return _NONE
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        numbers = np.fromstring(text, dtype=np.int64, sep=" ")
        # Whatever does not fit has become the largest number that does.
        if numbers.max() < _HUGE:
            return numbers
    return _parse_exactly(text, index)


def _parse_exactly(text: str, index: int) -> Whole:
    """Read numbers as Python does, of any size, with signs and underscores."""
    values = []
    for token in text.split():
        try:
            values.append(int(token))
        except ValueError as error:
            raise RunError(index, f"{short(token)} is not a whole number") from error
    # The order must be judged before numbers that are too large become equal.
    if any(start > after for start, after in itertools.pairwise(values[::2])):
        raise RunError(index, "its starts fall")
    return np.array([max(0, min(value, _HUGE)) for value in values], dtype=np.int64)


def _require_pairs(counts: Whole, fine: NDArray[np.bool_]) -> None:
    if not fine.all():
        index = int(fine.argmin())
        fault = f"{counts[index]} numbers are no pairs of start and length"
        raise RunError(index, fault)


def _require_order(numbers: Whole, owner: Whole, at: Whole) -> None:
    low = numbers < 1
    if low.any():
        where = int(low.argmax())
        raise RunError(int(owner[where]), "starts and lengths must be above 0")
    start, image = numbers[at], owner[at]
    falls = (np.diff(start) < 0) & (np.diff(image) == 0)
    if falls.any():
        where = int(falls.argmax())
        fault = f"its starts fall, from {start[where]} to {start[where + 1]}"
        raise RunError(int(image[where]), fault)


def _require_disjoint(image: Whole, start: Whole, stop: Whole) -> None:
    # Starts never fall, so it is neighbours that overlap if any runs do.
    overlaps = (start[1:] < stop[:-1]) & (np.diff(image) == 0)
    if overlaps.any():
        where = int(overlaps.argmax())
        fault = f"its runs overlap at pixel {start[where + 1] + 1}"
        raise RunError(int(image[where]), fault)


def _before(masks: Runs, points: Whole) -> Whole:
    """Return how many masked pixels lie before each point of the line."""
    if not len(masks.start):
        return np.zeros(len(points), dtype=np.int64)
    total = np.concatenate([[0], np.cumsum(masks.stop - masks.start)])
    begun = np.searchsorted(masks.start, points, side="right")
    ahead = np.where(begun > 0, masks.stop[begun - 1] - points, 0)
    return total[begun] - np.maximum(ahead, 0)


def _per_image(values: Whole, masks: Runs) -> Whole:
    total = np.concatenate([[0], np.cumsum(values)])
    return np.diff(total[np.searchsorted(masks.start, masks.edges)])
