"""Metrics of boxes and points on images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.pairs import equal_pairs, take_first_free
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Reals = NDArray[np.float64]

_IOU = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Labelled boxes on many images.

    Attributes
    ----------
    image, label
        Numbers of the image and of the label, from 0, shape (boxes,).
    corners
        Smallest x and y, largest x and y, shape (boxes, 4).
    confidence
        How sure a prediction is, shape (boxes,); of true boxes it is not looked at.
    """

    image: Whole
    label: Whole
    corners: Reals
    confidence: Reals

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.image)

    def select(self, which: NDArray[np.bool_] | Whole) -> Boxes:
        """Return some of the boxes, by mask or by index."""
        return Boxes(
            image=self.image[which],
            label=self.label[which],
            corners=self.corners[which],
            confidence=self.confidence[which],
        )

    def key(self, n_labels: int) -> Whole:
        """Return a number for image and label together, shape (boxes,)."""
        return self.image * n_labels + self.label


def f1_points(truth: Boxes, points: Boxes) -> float:
    """Return the F1 of labelled points, over all images together.

    Each true box, in turn, takes the first point of its label that lies strictly
    inside and that no earlier box has taken.

    Parameters
    ----------
    truth
        True boxes.
    points
        Predicted points; the first two corners are x and y, the others are ignored.

    Returns
    -------
    float
        In [0, 1], 1 is best; 0 where nothing is right.

    Examples
    --------
    Two boxes, of which one is hit, and one point beside them: 2 x 1 / (2 + 2).

    >>> import numpy as np
    >>> zeros = np.zeros(2, dtype=int)
    >>> corners = np.array([[0.0, 0, 2, 2], [5, 5, 7, 7]])
    >>> truth = Boxes(
    ...     image=zeros, label=zeros, corners=corners, confidence=np.ones(2)
    ... )
    >>> at = np.array([[1.0, 1, 1, 1], [3, 3, 3, 3]])
    >>> f1_points(
    ...     truth, Boxes(image=zeros, label=zeros, corners=at, confidence=np.ones(2))
    ... )
    0.5
    """
    n_labels = _n_labels(truth, points)
    key = truth.key(n_labels)
    rivals = np.unique(key, return_counts=True, return_inverse=True)
    most = rivals[2][rivals[1]]
    takers, offers = [], []
    for box, point in equal_pairs(key, points.key(n_labels)):
        at, corners = points.corners[point, :2], truth.corners[box]
        inside = ((corners[:, :2] < at) & (at < corners[:, 2:])).all(axis=1)
        hit = box[inside]
        # A box loses at most as many points as it has rivals.
        rank = np.arange(len(hit)) - np.searchsorted(hit, hit)
        wanted = rank < most[hit]
        takers.append(hit[wanted])
        offers.append(point[inside][wanted])
    hits = len(take_first_free(_joined(takers), _joined(offers)))
    return 2.0 * hits / (len(truth) + len(points)) if hits else 0.0


def map_at_iou(truth: Boxes, prediction: Boxes, *, n_images: int) -> float:
    """Return the mean over labels of the average precision at IoU above 0.5.

    For each label, predictions by falling confidence take the free true box that they
    overlap most.  The outcomes of all images are pooled: right or wrong with their
    confidence, a box that was missed as right with confidence 0, and an image with
    neither box nor prediction as wrong with confidence 0.

    Parameters
    ----------
    truth
        True boxes; their labels are those that count.
    prediction
        Predicted boxes with finite confidences.
    n_images
        How many images there are.

    Returns
    -------
    float
        In [0, 1], 1 is best; NaN without true boxes.

    Raises
    ------
    UsageError
        When the outcomes of a label are all right: nothing then tells right from
        wrong.

    Examples
    --------
    The box is found, with less confidence than a wrong one: precision 1/2.

    >>> import numpy as np
    >>> box = np.array([[0.0, 0, 2, 2]])
    >>> zero = np.zeros(1, dtype=int)
    >>> truth = Boxes(image=zero, label=zero, corners=box, confidence=np.ones(1))
    >>> prediction = Boxes(
    ...     image=np.array([0, 1]),
    ...     label=np.array([0, 0]),
    ...     corners=np.concatenate([box, box]),
    ...     confidence=np.array([0.5, 0.9]),
    ... )
    >>> map_at_iou(truth, prediction, n_images=2)
    0.5
    """
    prediction = prediction.select(np.isin(prediction.label, truth.label))
    got = _match_by_confidence(truth, prediction)
    right = np.zeros(len(prediction), dtype=np.bool_)
    right[list(got)] = True
    missed = np.ones(len(truth), dtype=np.bool_)
    missed[list(got.values())] = False
    scores = [
        _average_precision(
            right[prediction.label == label],
            prediction.confidence[prediction.label == label],
            n_missed=int(missed[truth.label == label].sum()),
            n_bare=n_images - _n_images(truth, prediction, label),
        )
        for label in np.unique(truth.label)
    ]
    return float(np.mean(scores)) if scores else float("nan")


def iou(first: Reals, second: Reals) -> Reals:
    """Return intersection over union of pairs of boxes, 0 where there is no union.

    Parameters
    ----------
    first, second
        Corners, shape (pairs, 4).

    Examples
    --------
    >>> import numpy as np
    >>> iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]]))
    array([0.33333333])
    """
    # Absurd corners overflow to no union or to no overlap.
    with np.errstate(all="ignore"):
        sides = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(
            first[:, :2], second[:, :2]
        )
        shared = np.maximum(sides, 0.0).prod(axis=1)
        total = _area(first) + _area(second) - shared
        zeros = np.zeros(len(first))
        return np.asarray(np.divide(shared, total, out=zeros, where=total > 0))


def _area(corners: Reals) -> Reals:
    sides = corners[:, 2:] - corners[:, :2]
    return np.asarray(sides.prod(axis=1))


def _match_by_confidence(truth: Boxes, prediction: Boxes) -> dict[int, int]:
    n_labels = _n_labels(truth, prediction)
    takers, offers, overlaps = [], [], []
    for one, other in equal_pairs(prediction.key(n_labels), truth.key(n_labels)):
        ratio = iou(prediction.corners[one], truth.corners[other])
        close = ratio > _IOU
        takers.append(one[close])
        offers.append(other[close])
        overlaps.append(ratio[close])
    taker, offer = _joined(takers), _joined(offers)
    overlap = np.concatenate([*overlaps, np.empty(0)])
    confidence = prediction.confidence[taker]
    order = np.lexsort((offer, -overlap, taker, -confidence))
    return take_first_free(taker[order], offer[order])


def _average_precision(
    right: NDArray[np.bool_], confidence: Reals, *, n_missed: int, n_bare: int
) -> float:
    from sklearn.metrics import average_precision_score

    outcomes = np.concatenate([right, np.ones(n_missed), np.zeros(n_bare)])
    if outcomes.all():
        msg = "average precision needs a wrong outcome; those of a label are all right"
        raise UsageError(msg)
    confidences = np.concatenate([confidence, np.zeros(n_missed + n_bare)])
    return float(average_precision_score(outcomes, confidences))


def _n_images(truth: Boxes, prediction: Boxes, label: int) -> int:
    """Return on how many images there is a box of that label."""
    images = [each.image[each.label == label] for each in (truth, prediction)]
    return len(np.unique(np.concatenate(images)))


def _n_labels(*boxes: Boxes) -> int:
    return 1 + max((int(each.label.max(initial=0)) for each in boxes), default=0)


def _joined(parts: list[Whole]) -> Whole:
    return np.concatenate([*parts, np.empty(0, dtype=np.int64)])
