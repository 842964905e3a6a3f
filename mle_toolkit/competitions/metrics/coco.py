"""COCO's mean average precision, with all accidents of identifiers and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.pairs import equal_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mle_toolkit.competitions.metrics.boxes import Boxes

    Whole = NDArray[np.int64]
    Reals = NDArray[np.float64]

_IOU = 0.4
MOST = 100
_LARGEST_AREA = 1e10
_RECALLS = np.linspace(0.0, 1.0, 101)


def coco_map(truth: Boxes, prediction: Boxes) -> float:
    """Return COCO's mean average precision at an IoU of at least 0.4.

    It follows the evaluation that VinBigData is graded with, where corners are taken
    for x, y, width and height, and both kinds of boxes are numbered from 0, which
    the evaluation takes for "not matched".  So the first true box is never found, and
    a box found by the first prediction may be found once more.

    Parameters
    ----------
    truth
        True boxes, sorted by image; their labels are those that count.
    prediction
        Predicted boxes in the order of the file; of each image and label the 100 of
        highest confidence count.

    Returns
    -------
    float
        The mean over labels and the recalls 0, 0.01 ... 1 of the best precision at
        that recall or above; in [0, 1], 1 is best.  NaN when no true box counts: one
        counts whose area lies in [0, 1e10].

    References
    ----------
    T.-Y. Lin et al. (2014), Microsoft COCO: common objects in context, ECCV, and the
    evaluation code of its authors.

    Examples
    --------
    Two boxes and two perfect predictions, of which the first one is lost: at recalls
    up to 1/2 the precision is 1/2, so the score is 51 / 101 / 2.

    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.boxes import Boxes
    >>> boxes = Boxes(
    ...     image=np.array([0, 1]),
    ...     label=np.array([0, 0]),
    ...     corners=np.array([[1.0, 1, 3, 3], [2, 2, 5, 5]]),
    ...     confidence=np.ones(2),
    ... )
    >>> round(coco_map(boxes, boxes), 6)
    0.252475
    """
    labels = np.unique(truth.label)
    chosen = most_confident(prediction, labels)
    match = match_boxes(truth, prediction, chosen)
    true_counts = ~out_of_range(truth)
    # A prediction counts as its box does; an unmatched one by its own area, and
    # whatever has found box 0 looks unmatched.
    found = match > 0
    ignored = ~found & out_of_range(prediction)[chosen]
    ignored[match >= 0] |= ~true_counts[match[match >= 0]]
    label_of = prediction.label[chosen]
    scores = []
    for label in labels:
        n_true = int(np.count_nonzero(true_counts[truth.label == label]))
        if n_true:
            mine = (label_of == label) & ~ignored
            scores.append(_average_precision(found[mine], n_true))
    return float(np.mean(scores)) if scores else float("nan")


def most_confident(prediction: Boxes, labels: Whole) -> Whole:
    """Return the indices of the predictions that count, in the order of confidence.

    Equal ones are sorted by image, then by place in the file; NaN comes last.  At
    most 100 of an image and a label are kept, and labels that do not count are not.
    """
    index = np.flatnonzero(np.isin(prediction.label, labels))
    confidence = prediction.confidence[index]
    unknown = np.isnan(confidence)
    falling = np.where(unknown, 0.0, -confidence)
    index = index[np.lexsort((prediction.image[index], falling, unknown))]
    key = prediction.key(int(labels.max(initial=0)) + 1)[index]
    by_key = np.argsort(key, kind="stable")
    rank = np.empty(len(key), dtype=np.int64)
    rank[by_key] = np.arange(len(key)) - np.searchsorted(key[by_key], key[by_key])
    return index[rank < MOST]


def match_boxes(truth: Boxes, prediction: Boxes, chosen: Whole) -> Whole:
    """Return which true box each of the chosen predictions finds, -1 for none.

    Parameters
    ----------
    truth, prediction
        As for `coco_map`.
    chosen
        Indices of predictions, in the order in which they choose.
    """
    counts = (~out_of_range(truth)).tolist()
    free = [True] * len(truth)
    match = np.full(len(chosen), -1)
    for taker, boxes, overlaps in _candidates(truth, prediction, chosen):
        best = _choose(boxes, overlaps, free, counts)
        match[taker] = best
        # A prediction with the number 0 leaves the box free.
        if best >= 0 and chosen[taker] > 0:
            free[best] = False
    return match


def first_is_doubled(truth: Boxes, prediction: Boxes) -> bool:
    """Return whether the box that the first prediction finds is found once more.

    Both then count as right, because the number 0 looks like "not matched".
    """
    if not len(prediction):
        return False
    rivals = (prediction.image == prediction.image[0]) & (
        prediction.label == prediction.label[0]
    )
    chosen = most_confident(prediction, np.unique(truth.label))
    chosen = chosen[rivals[chosen]]
    match = match_boxes(truth, prediction, chosen)
    mine = match[chosen == 0]
    return bool(mine.size and mine[0] >= 0 and np.count_nonzero(match == mine[0]) > 1)


def out_of_range(boxes: Boxes) -> NDArray[np.bool_]:
    """Return which boxes have an area below 0 or above 1e10."""
    with np.errstate(all="ignore"):
        area = (boxes.corners[:, 2:] - boxes.corners[:, :2]).prod(axis=1)
    return np.asarray((area < 0) | (area > _LARGEST_AREA))


def _candidates(
    truth: Boxes, prediction: Boxes, chosen: Whole
) -> Iterator[tuple[int, list[int], list[float]]]:
    """Yield predictions that touch a box, with the boxes of their image and label.

    Boxes that count come first.
    """
    n_labels = int(truth.label.max(initial=0)) + 1
    order = np.argsort(out_of_range(truth), kind="stable")
    keys = truth.key(n_labels)[order]
    for one, other in equal_pairs(prediction.key(n_labels)[chosen], keys):
        box = order[other]
        overlap = _overlap(prediction.corners[chosen[one]], truth.corners[box])
        begins = np.flatnonzero(np.diff(one, prepend=-1))
        # NaN is no number below the limit either.
        close = np.logical_or.reduceat(~(overlap < _IOU), begins)
        ends = np.append(begins[1:], len(one))
        for begin, end in zip(
            begins[close].tolist(), ends[close].tolist(), strict=True
        ):
            yield (
                int(one[begin]),
                box[begin:end].tolist(),
                overlap[begin:end].tolist(),
            )


def _choose(
    boxes: list[int], overlaps: list[float], free: list[bool], counts: list[bool]
) -> int:
    best, least = -1, _IOU
    for box, overlap in zip(boxes, overlaps, strict=True):
        if not free[box]:
            continue
        if best >= 0 and counts[best] and not counts[box]:
            break
        # The last of equals wins, and after NaN every later one.
        if not overlap < least:
            best, least = box, overlap
    return best


def _overlap(first: Reals, second: Reals) -> Reals:
    """Return the IoU of boxes whose last two numbers are taken for the sides."""
    with np.errstate(all="ignore"):
        # A corner that is NaN does not bound the overlap.
        sides = np.fmin(
            first[:, 2:] + first[:, :2], second[:, 2:] + second[:, :2]
        ) - np.fmax(first[:, :2], second[:, :2])
        shared = sides[:, 0] * sides[:, 1]
        total = first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - shared
        ratio: Reals = shared / total
    ratio[(sides <= 0).any(axis=1)] = 0.0
    return ratio


def _average_precision(found: NDArray[np.bool_], n_true: int) -> float:
    right = np.cumsum(found)
    precision = right / (np.arange(1, len(found) + 1) + np.spacing(1))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(right / n_true, _RECALLS, side="left")
    return float(np.append(best, 0.0)[at].mean())
