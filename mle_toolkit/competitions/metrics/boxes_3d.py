"""The metric of boxes in space: average precision over the overlap of volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.pairs import equal_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

THRESHOLDS = np.round(np.arange(0.5, 1.0, 0.05), 2)
_ROUNDING = 1e-8
# No pair can exceed the lowest threshold if one volume is so much larger.
_LEAST_RATIO = 0.49
# So many pairs of polygons are held in memory: some 100 MB.
_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes3D:
    """Labelled boxes that stand upright in space, of many samples.

    Attributes
    ----------
    sample, label
        Numbers of the sample and of the label, from 0, shape (boxes,).
    centre
        x, y and z of the centre, shape (boxes, 3).
    size
        Width across the heading, length along it, height; shape (boxes, 3).
    yaw
        Direction of the heading from the x axis, in radians, shape (boxes,).
    confidence
        How sure a prediction is, shape (boxes,); of true boxes it is not looked at.
    """

    sample: Whole
    label: Whole
    centre: Reals
    size: Reals
    yaw: Reals
    confidence: Reals

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.sample)

    def select(self, which: Flags | Whole) -> Boxes3D:
        """Return some of the boxes, by mask or by index."""
        return Boxes3D(
            sample=self.sample[which],
            label=self.label[which],
            centre=self.centre[which],
            size=self.size[which],
            yaw=self.yaw[which],
            confidence=self.confidence[which],
        )

    def key(self, n_labels: int) -> Whole:
        """Return a number for sample and label together, shape (boxes,)."""
        return self.sample * n_labels + self.label


def map_3d(truth: Boxes3D, prediction: Boxes3D, *, n_samples: int) -> float:
    """Return the average precision of boxes, over labels, overlaps and samples.

    For each sample and each label of its true boxes, predictions by falling
    confidence are compared with the box that they overlap most, taken or not.  One is
    right if the overlap exceeds the threshold and the box is still free.  The average
    precision is the area below the best precision at that recall or above.

    Parameters
    ----------
    truth
        True boxes.
    prediction
        Predicted boxes; labels that the true boxes of the sample lack are ignored.
        Those of the others must be boxes, see `are_boxes`.
    n_samples
        How many samples there are.

    Returns
    -------
    float
        The mean over the thresholds 0.5, 0.55 ... 0.95 and the labels of a sample,
        then over samples; in [0, 1], 1 is best.  NaN when a sample has no true box.

    References
    ----------
    M. Everingham et al. (2010), The PASCAL visual object classes challenge, IJCV 88,
    section 4.2, for the average precision.

    Examples
    --------
    A box that is as high as 7/10 of the true one exceeds 0.5, 0.55, 0.6 and 0.65:

    >>> import numpy as np
    >>> truth = Boxes3D(
    ...     sample=np.zeros(1, dtype=int),
    ...     label=np.zeros(1, dtype=int),
    ...     centre=np.zeros((1, 3)),
    ...     size=np.array([[1.0, 2, 10]]),
    ...     yaw=np.zeros(1),
    ...     confidence=np.ones(1),
    ... )
    >>> import dataclasses
    >>> lower = dataclasses.replace(truth, size=np.array([[1.0, 2, 6.9]]))
    >>> map_3d(truth, lower, n_samples=1)
    0.4
    """
    n_labels = 1 + int(truth.label.max(initial=0))
    groups, n_true = np.unique(truth.key(n_labels), return_counts=True)
    prediction = prediction.select(known_here(truth, prediction))
    group = np.searchsorted(groups, prediction.key(n_labels))
    order = _by_confidence(group, prediction.confidence)
    prediction, group = prediction.select(order), group[order]
    overlap, box = best_overlaps(truth, prediction)
    precision = np.zeros(len(groups))
    for threshold in THRESHOLDS:
        right = _right(overlap > threshold, box)
        precision += _average_precision(right, group, n_true)
    return _mean_over_samples(
        precision / len(THRESHOLDS), groups // n_labels, n_samples
    )


def known_here(truth: Boxes3D, prediction: Boxes3D) -> Flags:
    """Return which predictions have a label that is true in their sample."""
    n_labels = 1 + int(max(truth.label.max(initial=0), prediction.label.max(initial=0)))
    known = (prediction.label >= 0) & np.isin(
        prediction.key(n_labels), truth.key(n_labels)
    )
    return np.asarray(known)


def corners(boxes: Boxes3D) -> Reals:
    """Return the corners of the boxes on the ground, in turn, shape (boxes, 4, 2).

    Examples
    --------
    >>> import numpy as np
    >>> one = Boxes3D(
    ...     sample=np.zeros(1, dtype=int),
    ...     label=np.zeros(1, dtype=int),
    ...     centre=np.array([[5.0, 5, 0]]),
    ...     size=np.array([[2.0, 4, 1]]),
    ...     yaw=np.zeros(1),
    ...     confidence=np.ones(1),
    ... )
    >>> corners(one)[0].tolist()
    [[7.0, 4.0], [7.0, 6.0], [3.0, 6.0], [3.0, 4.0]]
    """
    cos, sin = np.cos(boxes.yaw), np.sin(boxes.yaw)
    half_width, half_length = boxes.size[:, 0] / 2, boxes.size[:, 1] / 2
    turn = []
    for along, across in ((1, 1), (1, -1), (-1, -1), (-1, 1)):
        x = boxes.centre[:, 0] + along * half_length * cos + across * half_width * sin
        y = boxes.centre[:, 1] + along * half_length * sin - across * half_width * cos
        turn.append(np.column_stack([x, y]))
    return np.stack(turn, axis=1)


def are_boxes(boxes: Boxes3D) -> Flags:
    """Return which boxes are boxes: sizes above 0, four right angles, nothing NaN.

    A right angle is one whose edges have a dot product within 1e-8 of 0; boxes with
    absurd sizes or places miss it through rounding.
    """
    with np.errstate(all="ignore"):
        points = corners(boxes)
        ahead = np.roll(points, -1, axis=1) - points
        behind = np.roll(points, 1, axis=1) - points
        dots = (ahead * behind).sum(axis=2)
        square = (np.abs(dots) <= _ROUNDING).all(axis=1)
    numbers = np.column_stack([boxes.centre, boxes.size, boxes.yaw])
    return np.asarray(
        square & (boxes.size > 0).all(axis=1) & ~np.isnan(numbers).any(axis=1)
    )


def best_overlaps(truth: Boxes3D, prediction: Boxes3D) -> tuple[Reals, Whole]:
    """Return the largest IoU of each prediction, and the true box it has it with.

    Only boxes of the same sample and label are compared, and an IoU that cannot
    exceed the lowest threshold is given as 0.  The first of equals is named.

    Returns
    -------
    overlap, box
        In [0, 1] and an index of `truth`, both of shape (predictions,).
    """
    n_labels = 1 + int(max(truth.label.max(initial=0), prediction.label.max(initial=0)))
    ground, true_ground = corners(prediction), corners(truth)
    overlap = np.zeros(len(prediction))
    box = np.zeros(len(prediction), dtype=np.int64)
    for one, other in equal_pairs(prediction.key(n_labels), truth.key(n_labels)):
        close = _may_overlap(prediction, one, truth, other)
        one_close, other_close = one[close], other[close]
        iou = _iou(
            prediction.select(one_close),
            truth.select(other_close),
            _shared_ground(ground[one_close], true_ground[other_close]),
        )
        order = np.lexsort((other_close, -iou, one_close))
        first = order[np.diff(one_close, prepend=-1) > 0]
        overlap[one_close[first]] = iou[first]
        box[one_close[first]] = other_close[first]
    return overlap, box


def _may_overlap(first: Boxes3D, one: Whole, second: Boxes3D, other: Whole) -> Flags:
    """Return which pairs are close and alike enough to exceed a threshold."""
    with np.errstate(all="ignore"):
        reach = np.hypot(first.size[one, 0], first.size[one, 1]) + np.hypot(
            second.size[other, 0], second.size[other, 1]
        )
        apart = np.abs(first.centre[one, :2] - second.centre[other, :2])
        volumes = [first.size.prod(axis=1)[one], second.size.prod(axis=1)[other]]
        ratio = np.minimum(*volumes) / np.maximum(*volumes)
    return np.asarray((apart <= reach[:, None]).all(axis=1) & (ratio > _LEAST_RATIO))


def _shared_ground(first: Reals, second: Reals) -> Reals:
    """Return the areas that pairs of rectangles share."""
    import shapely

    areas = [np.empty(0)]
    for begin in range(0, len(first), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        one, other = shapely.polygons(first[some]), shapely.polygons(second[some])
        areas.append(shapely.area(shapely.intersection(one, other)))
    return np.concatenate(areas)


def _iou(first: Boxes3D, second: Boxes3D, ground: Reals) -> Reals:
    with np.errstate(all="ignore"):
        tops = [each.centre[:, 2] + each.size[:, 2] / 2 for each in (first, second)]
        bottoms = [each.centre[:, 2] - each.size[:, 2] / 2 for each in (first, second)]
        height = np.minimum(*tops) - np.maximum(*bottoms)
        shared = ground * np.where(height > 0, height, 0.0)
        total = first.size.prod(axis=1) + second.size.prod(axis=1) - shared
        ratio = np.nan_to_num(shared / total, nan=0.0)
        return np.asarray(np.clip(ratio, 0.0, 1.0))


def _by_confidence(group: Whole, confidence: Reals) -> Whole:
    """Return the order by group, then by falling confidence, then as given."""
    order = np.lexsort((-confidence, group))
    values = confidence.tolist()
    for each in np.unique(group[np.isnan(confidence)]):
        # What a sort makes of NaN is up to the sort: here it is Python's.
        mine = np.flatnonzero(group == each).tolist()
        mine.sort(key=values.__getitem__, reverse=True)
        order[group[order] == each] = mine
    return order


def _right(exceeds: Flags, box: Whole) -> Flags:
    """Return which predictions are the first, in order, to find their box."""
    right = np.zeros(len(box), dtype=np.bool_)
    candidates = np.flatnonzero(exceeds)
    right[candidates[np.unique(box[candidates], return_index=True)[1]]] = True
    return right


def _average_precision(right: Flags, group: Whole, n_true: Whole) -> Reals:
    """Return the average precision of each group of predictions in order."""
    begin = np.searchsorted(group, np.arange(len(n_true)))
    total = np.concatenate([[0], np.cumsum(right)])
    at = np.flatnonzero(right)
    mine = group[at]
    found = total[at + 1] - total[begin[mine]]
    precision = found / (at + 1 - begin[mine])
    # Each hit is a step of recall; the table has one row per group, one hit a column.
    table = np.zeros((len(n_true), int(found.max(initial=0))))
    table[mine, found - 1] = precision
    best = np.maximum.accumulate(table[:, ::-1], axis=1)[:, ::-1]
    hits = np.bincount(mine, minlength=len(n_true))
    counted = np.arange(table.shape[1]) < hits[:, None]
    return np.asarray((best * counted).sum(axis=1) / n_true)


def _mean_over_samples(precision: Reals, sample: Whole, n_samples: int) -> float:
    labels = np.bincount(sample, minlength=n_samples)
    if not n_samples or not labels.all():
        return float("nan")
    return float((np.bincount(sample, precision, minlength=n_samples) / labels).mean())
