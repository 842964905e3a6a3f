"""Metrics for classes and their probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def accuracy(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the share of rows in which every column is right.

    Examples
    --------
    >>> import numpy as np
    >>> accuracy(np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]]))
    0.5
    """
    return float((truth == prediction).all(axis=1).mean())


def log_loss(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the mean of -ln(probability of the true class), natural logarithm.

    Parameters
    ----------
    truth
        One column per class: 1 for the true class, 0 elsewhere.  A single column
        means two classes, and holds the label of the second.
    prediction
        Probabilities, not below 0.  With two or more columns a row is divided by
        its sum.  scikit-learn keeps them off 0 and 1 by the machine epsilon,
        2.2e-16, so one row that is wrong for certain costs 36.04.

    Examples
    --------
    ln(2) for the first row, 0 for the second:

    >>> import numpy as np
    >>> truth = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(log_loss(truth, np.array([[0.5, 0.5], [0.0, 1.0]])), 5)
    0.34657
    """
    from sklearn import metrics

    if truth.shape[1] == 1:
        score = metrics.log_loss(truth[:, 0], prediction[:, 0], labels=[0, 1])
    else:
        shares = prediction / prediction.sum(axis=1, keepdims=True)
        n_classes = truth.shape[1]
        score = metrics.log_loss(
            truth.argmax(axis=1), shares, labels=list(range(n_classes))
        )
    return float(score)


def roc_auc(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve; the mean of it over several columns.

    It is the chance that a random positive row is ranked above a random negative
    one, where a tie counts half.

    Raises
    ------
    UsageError
        When a column of the truth has one class only.

    Examples
    --------
    Of the four pairs, three are in the right order:

    >>> import numpy as np
    >>> truth = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> roc_auc(truth, np.array([[0.1], [0.4], [0.35], [0.8]]))
    0.75
    """
    from sklearn import metrics

    if (truth.min(axis=0) == truth.max(axis=0)).any():
        msg = "ROC AUC needs answers of both classes; a column has one class only"
        raise UsageError(msg)
    return float(metrics.roc_auc_score(truth, prediction, average="macro"))
