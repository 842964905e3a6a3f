"""Metrics for probabilities that competitions made up for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.competitions.metrics.classification import by_class, pair_auc
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Probabilities are kept off 0 and 1 by this much before a logarithm is taken.
_SHIFT = 1e-15
_KNEE, _LOW_WEIGHT, _HIGH_WEIGHT = 0.4, 2.0, 1.0
_POWER = -5.0


def weighted_roc_auc(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the ROC AUC in which the lower part of the curve counts twice.

    The area below a true positive rate of 0.4 has the weight 2, the area above it
    the weight 1, and the sum is divided by 0.4 * 2 + 0.6 * 1 = 1.4, so that a perfect
    ranking scores 1.

    Parameters
    ----------
    truth
        Shape (rows, columns), two labels in each column; the larger is positive.
    prediction
        Scores in the same shape, on any scale; the mean over columns is returned.

    Raises
    ------
    UsageError
        When a column of the truth has not exactly two classes, or a score is NaN.

    References
    ----------
    Evaluation of the Kaggle competition ALASKA2 Image Steganalysis, 2020.

    Examples
    --------
    The curve is level at the rate 0.5 up to the second negative, so the areas are
    0.4 * 0.5 + 0.4 * 0.5 below the knee and 0.1 * 0.5 + 0.6 * 0.5 above it:

    >>> import numpy as np
    >>> truth = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> round(weighted_roc_auc(truth, np.array([[0.1], [0.4], [0.35], [0.8]])), 9)
    0.821428571
    """
    areas = []
    for is_positive, scores in by_class(truth, prediction):
        low, high = _areas_by_knee(scores[is_positive], scores[~is_positive])
        areas.append(_LOW_WEIGHT * low + _HIGH_WEIGHT * high)
    best = _LOW_WEIGHT * _KNEE + _HIGH_WEIGHT * (1 - _KNEE)
    return float(np.mean(areas)) / best


def bias_auc(
    truth: NDArray[np.bool_],
    prediction: NDArray[Any],
    identities: NDArray[np.bool_],
) -> float:
    """Return the mean of the overall AUC and three means of AUCs over identities.

    Each of the three is the power mean, with the power -5, of one row of `bias_areas`.

    Parameters
    ----------
    truth
        Which rows are positive, shape (rows,).
    prediction
        Scores, shape (rows,); boolean for the verdicts of a hard classifier.
    identities
        Which rows mention which identity, shape (rows, identities).

    Returns
    -------
    float
        Within [0, 1]; NaN when one of the AUCs is undefined.

    References
    ----------
    D. Borkan et al., Nuanced metrics for measuring unintended bias with real data for
    text classification, WWW 2019 companion, arXiv:1903.04561; evaluation of the Kaggle
    competition Jigsaw Unintended Bias in Toxicity Classification, 2019.

    Examples
    --------
    Overall three of four pairs are in order or tied: (1 + 1 + 0.5 + 0.5) / 4.  With
    the identity and for a background of negatives it is 1, else 0.5:

    >>> import numpy as np
    >>> truth = np.array([True, False, True, False])
    >>> verdict = np.array([True, False, False, False])
    >>> identity = np.array([[True], [True], [False], [False]])
    >>> bias_areas(truth, verdict, identity).ravel()
    array([1. , 0.5, 1. ])
    >>> round(bias_auc(truth, verdict, identity), 9)
    0.8125
    """
    overall = pair_auc(prediction[truth], prediction[~truth])
    return mean_bias(overall, bias_areas(truth, prediction, identities))


def bias_areas(
    truth: NDArray[np.bool_],
    prediction: NDArray[Any],
    identities: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the AUCs behind `bias_auc`, shape (3, identities).

    The rows are: within the identity; positives without it against negatives with it;
    positives with it against negatives without it.  NaN where a class is empty.
    """
    areas = np.empty((3, identities.shape[1]))
    for column, has in enumerate(identities.T):
        with_positive = prediction[truth & has]
        with_negative = prediction[~truth & has]
        areas[:, column] = (
            pair_auc(with_positive, with_negative),
            pair_auc(prediction[truth & ~has], with_negative),
            pair_auc(with_positive, prediction[~truth & ~has]),
        )
    return areas


def mean_bias(overall: float, areas: NDArray[np.float64]) -> float:
    """Return the `bias_auc` that follows from its AUCs.

    Examples
    --------
    The power mean of 1 and 1/2 is ((1 + 32) / 2) ** (-1 / 5):

    >>> import numpy as np
    >>> areas = np.array([[1.0, 1.0], [1.0, 0.5], [1.0, 1.0]])
    >>> round(4 * mean_bias(1.0, areas) - 3, 9) == round(16.5**-0.2, 9)
    True
    """
    # One AUC of 0 makes a power mean 0, which is its limit.
    with np.errstate(divide="ignore"):
        means = (areas**_POWER).mean(axis=1) ** (1 / _POWER)
    return float((overall + means.sum()) / 4)


def lwlrap(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the label-weighted label-ranking average precision.

    For every true label of a row: the share of true labels among all that score at
    least as high as it.  The mean of that over all true labels of all rows.

    Parameters
    ----------
    truth
        Shape (rows, labels); above 0 for the labels that a row has.  Rows without
        labels count nothing.
    prediction
        Scores in the same shape, on any scale, without NaN.

    Raises
    ------
    UsageError
        When no row has a label.

    References
    ----------
    E. Fonseca et al., Audio tagging with noisy labels and minimal supervision, DCASE
    2019, arXiv:1906.02975.

    Examples
    --------
    The true labels of the first row come first and third, 1/1 and 2/3; that of the
    second row comes second, 1/2:

    >>> import numpy as np
    >>> truth = np.array([[1, 0, 1], [0, 1, 0]])
    >>> scores = np.array([[0.9, 0.5, 0.1], [0.6, 0.3, 0.2]])
    >>> round(lwlrap(truth, scores), 9)
    0.722222222
    """
    has_label = (truth > 0).any(axis=1)
    if not has_label.any():
        msg = "lwlrap needs a row with a label; none of the answers has one"
        raise UsageError(msg)
    scores = prediction[has_label].astype(np.float64)
    order = (-scores).argsort(axis=1)
    ranked = np.take_along_axis(scores, order, axis=1)
    is_true = np.take_along_axis(truth[has_label] > 0, order, axis=1)
    # Labels that score the same share the rank of the last of them.
    n_labels = ranked.shape[1]
    is_last = np.ones(ranked.shape, bool)
    is_last[:, :-1] = ranked[:, :-1] != ranked[:, 1:]
    last = np.where(is_last, np.arange(n_labels), n_labels)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    n_true = is_true.cumsum(axis=1)
    rows, places = np.nonzero(is_true)
    last = last[rows, places]
    return float((n_true[rows, last] / (last + 1)).mean())


def probabilistic_f1(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the F1 score in which a row counts by its probability.

    Precision is the share of the positives in the sum of all probabilities, recall the
    mean probability of the positives.  The mean over columns is returned.

    Parameters
    ----------
    truth
        Shape (rows, columns); 0 for the negatives.
    prediction
        Probabilities in the same shape, clipped to [0, 1].

    Returns
    -------
    float
        Within [0, 1]; 0 when no positive has a probability above 0.

    Raises
    ------
    UsageError
        When a column of the truth has no positives.

    References
    ----------
    R. Yacouby and D. Axman, Probabilistic extension of precision, recall, and F1 score
    for more thorough evaluation of classification models, Eval4NLP 2020.

    Examples
    --------
    Precision 0.8 / (0.8 + 0.2), recall 0.8 / 1:

    >>> import numpy as np
    >>> score = probabilistic_f1(np.array([[1], [0]]), np.array([[0.8], [0.2]]))
    >>> round(score, 9)
    0.8
    """
    is_positive = truth != 0
    n_positive = is_positive.sum(axis=0)
    if not n_positive.all():
        msg = "probabilistic F1 needs positives; a column of the answers has none"
        raise UsageError(msg)
    shares = prediction.clip(0.0, 1.0)
    hits = np.where(is_positive, shares, 0.0).sum(axis=0)
    # 2 P R / (P + R) with P = hits / total and R = hits / positives.
    scores = 2 * hits / (shares.sum(axis=0) + n_positive)
    return float(scores.mean())


def weighted_log_loss(
    truth: NDArray[Any],
    prediction: NDArray[Any],
    *,
    weights: NDArray[Any],
    groups: NDArray[np.intp],
) -> float:
    """Return the mean over groups of the weighted mean of the binary log loss.

    Parameters
    ----------
    truth
        1 or 0, shape (rows,).
    prediction
        Probabilities of 1, kept off 0 and 1 by 1e-15, shape (rows,).
    weights
        Above 0, shape (rows,).
    groups
        The group of each row: whole numbers from 0 on, each of which occurs.

    References
    ----------
    Evaluation of the Kaggle competition RSNA 2022 Cervical Spine Fracture Detection.

    Examples
    --------
    ln(2) in one group; 3/4 ln(4) + 1/4 ln(4/3) in the other:

    >>> import numpy as np
    >>> truth, guess = np.array([1, 1, 1]), np.array([0.5, 0.25, 0.75])
    >>> weights, groups = np.array([2, 3, 1]), np.array([0, 1, 1])
    >>> round(weighted_log_loss(truth, guess, weights=weights, groups=groups), 9)
    0.902394235
    """
    shares = prediction.clip(_SHIFT, 1 - _SHIFT)
    losses = -np.log(np.where(truth == 1, shares, 1 - shares))
    totals = np.bincount(groups, weights=losses * weights)
    return float((totals / np.bincount(groups, weights=weights)).mean())


def kl_divergence(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the mean Kullback-Leibler divergence of predictions from the truth.

    Parameters
    ----------
    truth
        Shares that add up to 1 in each row, shape (rows, classes).
    prediction
        Probabilities in the same shape, kept off 0 and 1 by 1e-15 and not divided
        by their sum.

    Returns
    -------
    float
        The mean over rows of the sum of t ln(t / p), in nats, where classes with t = 0
        add nothing.

    References
    ----------
    S. Kullback and R. A. Leibler, On information and sufficiency, 1951.

    Examples
    --------
    ln(2) in the one row:

    >>> import numpy as np
    >>> round(kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])), 9)
    0.693147181
    """
    ratios = truth / prediction.clip(_SHIFT, 1 - _SHIFT)
    logs = np.log(ratios, out=np.zeros(truth.shape), where=truth > 0)
    return float((truth * logs).sum() / len(truth))


def _areas_by_knee(
    positive: NDArray[Any], negative: NDArray[Any]
) -> tuple[float, float]:
    """Return the areas under the ROC curve below the knee and above it.

    Along the false positive rate each negative has the width 1 / n.  Over it the curve
    goes straight from `start` to `end`, the rates before and after its score.
    """
    low, n_positive = np.sort(positive), len(positive)
    # Sorted scores are looked up faster.
    scores = np.sort(negative)
    start = (n_positive - low.searchsorted(scores, "right")) / n_positive
    end = (n_positive - low.searchsorted(scores, "left")) / n_positive
    means = (start + end) / 2
    heights = np.minimum(means, _KNEE)
    crossing = (start < _KNEE) & (end > _KNEE)
    if crossing.any():
        # Negatives that tie with each other have the same start and end.
        a, b = start[crossing][0], end[crossing][0]
        share = (_KNEE - a) / (b - a)
        heights[crossing] = share * (a + _KNEE) / 2 + (1 - share) * _KNEE
    low_area = float(heights.mean())
    return low_area, float(means.mean()) - low_area
