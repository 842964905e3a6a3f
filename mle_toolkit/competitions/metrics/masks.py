"""Metrics of masks; truth and prediction are `Runs` of the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.runs import common_areas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mle_toolkit.competitions.metrics.runs import Runs

_BETA_SQUARED = 0.25
# 0.5, 0.55 ... 0.95 as the doubles that start + k x step gives.
_THRESHOLDS = 0.5 + np.arange(10) * 0.05


def dice(truth: Runs, prediction: Runs) -> float:
    """Return 2 |A and B| / (|A| + |B|) of the pixels of all images together.

    Parameters
    ----------
    truth, prediction
        Masks of the same images, see `decode_runs`.

    Returns
    -------
    float
        In [0, 1], 1 is best; NaN when both have no pixel at all.

    References
    ----------
    L. R. Dice (1945), Measures of the amount of ecologic association between species,
    Ecology 26(3), 297-302.

    Examples
    --------
    Three pixels against two, one of them shared: 2 / 5.

    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.runs import decode_runs
    >>> sizes = np.array([4, 4])
    >>> truth = decode_runs(["1 2", "1 1"], sizes)
    >>> dice(truth, decode_runs(["2 1", "2 1"], sizes))
    0.4
    """
    total = int(truth.areas.sum() + prediction.areas.sum())
    if not total:
        return float("nan")
    return float(2 * int(common_areas(truth, prediction).sum()) / total)


def mean_dice(truth: Runs, prediction: Runs) -> float:
    """Return the mean over images of 2 |A and B| / (|A| + |B|).

    Two empty masks count 1.

    Parameters
    ----------
    truth, prediction
        Masks of the same images, at least one.

    Returns
    -------
    float
        In [0, 1], 1 is best; NaN when there is no image.

    Examples
    --------
    1 for two empty masks, 2 / 4 for the other:

    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.runs import decode_runs
    >>> sizes = np.array([4, 4])
    >>> truth = decode_runs(["", "1 2"], sizes)
    >>> mean_dice(truth, decode_runs(["", "2 2"], sizes))
    0.75
    """
    if not len(truth.sizes):
        return float("nan")
    total = truth.areas + prediction.areas
    double = 2.0 * common_areas(truth, prediction)
    ones = np.ones(len(total))
    return float(np.divide(double, total, out=ones, where=total > 0).mean())


def f_half(truth: Runs, prediction: Runs) -> float:
    """Return the mean over images of the F-score of pixels with beta = 1/2.

    With beta below 1, precision weighs more than recall.  An image without a pixel
    that is right counts 0, also when both masks are empty.

    Parameters
    ----------
    truth, prediction
        Masks of the same images, at least one.

    Returns
    -------
    float
        In [0, 1], 1 is best; NaN when there is no image.

    References
    ----------
    C. J. van Rijsbergen (1979), Information Retrieval, 2nd edition, chapter 7.

    Examples
    --------
    Precision 1 and recall 1/2: 1.25 x 1 / (0.25 x 2 + 1) = 5 / 6.

    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.runs import decode_runs
    >>> sizes = np.array([4])
    >>> score = f_half(decode_runs(["1 2"], sizes), decode_runs(["1 1"], sizes))
    >>> round(score, 6)
    0.833333
    """
    if not len(truth.sizes):
        return float("nan")
    total = _BETA_SQUARED * truth.areas + prediction.areas
    right = (1 + _BETA_SQUARED) * common_areas(truth, prediction)
    zeros = np.zeros(len(total))
    return float(np.divide(right, total, out=zeros, where=total > 0).mean())


def iou_precision(truth: Runs, prediction: Runs) -> float:
    """Return the mean share of the thresholds 0.5, 0.55 ... 0.95 that the IoU exceeds.

    Two empty masks count 1, and so does none of a mask where there is nothing to
    find count 0.  Where there is something, an **empty prediction is taken for a
    full one**, as the grader of TGS salt does: its histogram of two bins puts the
    pixels of an image without contrast into the upper bin.

    Parameters
    ----------
    truth, prediction
        Masks of the same images, at least one; each mask is one object.

    Returns
    -------
    float
        In [0, 1], 1 is best; NaN when there is no image.

    Examples
    --------
    An IoU of 3 / 5 exceeds 0.5 and 0.55; equality is not enough.

    >>> import numpy as np
    >>> from mle_toolkit.competitions.metrics.runs import decode_runs
    >>> sizes = np.array([9])
    >>> iou_precision(decode_runs(["1 4"], sizes), decode_runs(["2 4"], sizes))
    0.2
    """
    sizes = truth.sizes
    if not len(sizes):
        return float("nan")
    true, given = truth.areas, prediction.areas
    nothing, blank = true == 0, given == 0
    common = np.where(blank, true, common_areas(truth, prediction))
    union = true + np.where(blank, sizes, given) - common
    iou = np.divide(common, union, out=np.zeros(len(sizes)), where=union > 0)
    shares = (iou[:, None] > _THRESHOLDS).mean(axis=1)
    return float(np.where(nothing, blank, shares).mean())


def taken_for_full(truth: Runs, prediction: Runs) -> NDArray[np.bool_]:
    """Return for which images an empty prediction earns credit in `iou_precision`.

    It does where the truth covers more than half of the image.
    """
    least = _THRESHOLDS[0] * truth.sizes
    return np.asarray((prediction.areas == 0) & (truth.areas > least))
