"""Metrics for classes and their probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPSILON = float(np.finfo(np.float64).eps)


def log_loss(
    truth: NDArray[Any], prediction: NDArray[Any], *, divide: bool = True
) -> float:
    """Return the mean of -ln(probability of the true class), natural logarithm.

    Parameters
    ----------
    truth
        Shape (rows, classes): 1 for the true class, 0 elsewhere.  A single column
        means two classes, and holds the label of the second.
    prediction
        Probabilities, not below 0, in the same shape.  They are kept off 0 and 1 by
        the machine epsilon, 2.2e-16, so one row that is wrong for certain costs
        36.04.  NaN makes the loss NaN.
    divide
        Whether a row of two or more columns is divided by its sum first.

    Raises
    ------
    UsageError
        When a row that is to be divided has the sum 0.

    References
    ----------
    The clipping is that of ``log_loss`` in scikit-learn since version 1.3, which
    used to divide rows and no longer does.

    Examples
    --------
    ln(2) for the first row, 0 for the second:

    >>> import numpy as np
    >>> truth = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(log_loss(truth, np.array([[0.5, 0.5], [0.0, 1.0]])), 5)
    0.34657
    """
    if truth.shape[1] == 1:
        right = np.where(truth == 1, prediction, 1.0 - prediction)
        return -float(np.log(right.clip(_EPSILON, 1 - _EPSILON)).mean())
    # Only what the truth asks for is looked up: one logarithm per row, not per cell.
    rows, classes = np.nonzero(truth)
    right = prediction[rows, classes].astype(np.float64)
    if divide:
        totals = prediction.sum(axis=1)
        if (totals == 0).any():
            row = int((totals == 0).argmax())
            msg = f"probabilities must add up to more than 0; row {row} has the sum 0"
            raise UsageError(msg)
        right /= totals[rows]
    logs = np.log(right.clip(_EPSILON, 1 - _EPSILON))
    return -float((truth[rows, classes] * logs).sum() / len(truth))


def roc_auc(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the area under the ROC curve; the mean of it over several columns.

    It is the chance that a random positive row is ranked above a random negative
    one, where a tie counts half.

    Parameters
    ----------
    truth
        Shape (rows, columns), two labels in each column; the larger is positive.
    prediction
        Scores in the same shape, on any scale: only their order counts.

    Raises
    ------
    UsageError
        When a column of the truth has not exactly two classes, or a score is NaN.

    References
    ----------
    J. A. Hanley and B. J. McNeil, The meaning and use of the area under a receiver
    operating characteristic (ROC) curve, Radiology 143, 1982.

    Examples
    --------
    Of the four pairs, three are in the right order:

    >>> import numpy as np
    >>> truth = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> roc_auc(truth, np.array([[0.1], [0.4], [0.35], [0.8]]))
    0.75
    """
    areas = [
        pair_auc(scores[is_positive], scores[~is_positive])
        for is_positive, scores in by_class(truth, prediction)
    ]
    return float(np.mean(areas))


def pair_auc(positive: NDArray[Any], negative: NDArray[Any]) -> float:
    """Return the ROC AUC that separates two sets of scores.

    Parameters
    ----------
    positive, negative
        Scores of the rows of each class, shape (n,), in any order and without NaN.
        Boolean ones are the verdicts of a hard classifier.

    Returns
    -------
    float
        Within [0, 1]; NaN when one of the sets is empty, as no pair is left.

    Examples
    --------
    Three of the four pairs are in order, one is a tie:

    >>> import numpy as np
    >>> pair_auc(np.array([0.4, 0.8]), np.array([0.1, 0.4]))
    0.875
    """
    if not len(positive) or not len(negative):
        return float("nan")
    if positive.dtype == bool:
        return float((1.0 + positive.mean() - negative.mean()) / 2)
    # Sorting both and looking one up in the other costs a third of an argsort.
    low, high = np.sort(negative), np.sort(positive)
    below = int(low.searchsorted(high, "left").sum())
    not_above = int(low.searchsorted(high, "right").sum())
    return (below + not_above) / (2 * len(low) * len(high))


def by_class(
    truth: NDArray[Any], prediction: NDArray[Any]
) -> list[tuple[NDArray[np.bool_], NDArray[Any]]]:
    """Return which rows are positive, and the scores, for each column.

    Raises
    ------
    UsageError
        When a column of the truth has not exactly two classes, or a score is NaN.
    """
    if np.isnan(prediction).any():
        msg = "ROC AUC needs scores that can be ordered; got NaN"
        raise UsageError(msg)
    columns = []
    for labels, scores in zip(truth.T, prediction.T, strict=True):
        is_positive = labels == labels.max()
        if is_positive.all():
            msg = "ROC AUC needs answers of both classes; a column has one class only"
            raise UsageError(msg)
        if not (is_positive | (labels == labels.min())).all():
            msg = "ROC AUC needs answers of two classes; a column has more"
            raise UsageError(msg)
        columns.append((is_positive, scores))
    return columns
