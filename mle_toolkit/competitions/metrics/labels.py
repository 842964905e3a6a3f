"""Metrics that compare labels; several columns count alike unless it says otherwise.

Labels are numbers or texts.  They are compared as they are, so 3 and 3.0 are one label
and 3 and "3" are two.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Sums below this have room in 64 bits.
_SAFE = 2**62


def accuracy(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the share of rows in which every column is right, from 0 to 1.

    Parameters
    ----------
    truth, prediction
        Numbers or texts, shape (rows, columns).  NaN is never right.

    Examples
    --------
    >>> import numpy as np
    >>> accuracy(np.array([["cat"], ["dog"]]), np.array([["cat"], ["cow"]]))
    0.5
    """
    same = np.asarray(truth == prediction, bool)
    right = same[:, 0] if same.shape[1] == 1 else same.all(axis=1)
    return float(right.mean())


def top_1_error(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the share of rows in which some column is wrong: 1 - accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> top_1_error(np.array([[1], [2], [3], [4]]), np.array([[1], [2], [3], [9]]))
    0.25
    """
    return 1 - accuracy(truth, prediction)


def f1_macro(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the mean F1 of all labels in truth or prediction, from 0 to 1.

    The F1 of a label is 2 TP / (rows that have it + rows that are given it).  One that
    occurs on one side only counts 0, so a label that was made up lowers the score.

    Parameters
    ----------
    truth, prediction
        Numbers or texts, shape (rows, columns).

    Raises
    ------
    UsageError
        When texts and numbers are mixed.

    Examples
    --------
    Label 1 has 2 * 1 / (2 + 1), label 2 has 2 * 1 / (1 + 2):

    >>> import numpy as np
    >>> truth, prediction = np.array([[1], [1], [2]]), np.array([[1], [2], [2]])
    >>> round(f1_macro(truth, prediction), 5)
    0.66667
    """
    return _mean_of_columns(_f1_macro, truth, prediction)


def mcc(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the Matthews correlation of two or more labels, from -1 to 1.

    It is 0 when all of the truth or all of the prediction is one label.

    Parameters
    ----------
    truth, prediction
        Numbers or texts, shape (rows, columns).

    Raises
    ------
    UsageError
        When texts and numbers are mixed.

    Notes
    -----
    With n rows, c of them right, and label k occurring t_k times in the truth and p_k
    times in the prediction, it is (c n - sum t_k p_k) divided by the root of
    (n^2 - sum p_k^2)(n^2 - sum t_k^2): equation 8 of Gorodkin, "Comparing two
    K-category assignments by a K-category correlation coefficient", 2004.

    Examples
    --------
    (3 * 4 - 8) / sqrt((16 - 10) (16 - 8)):

    >>> import numpy as np
    >>> truth = np.array([[1], [1], [0], [0]])
    >>> round(mcc(truth, np.array([[1], [1], [1], [0]])), 5)
    0.57735
    """
    return _mean_of_columns(_mcc, truth, prediction)


def quadratic_weighted_kappa(
    truth: NDArray[np.number[Any]], prediction: NDArray[np.number[Any]]
) -> float:
    """Return Cohen's kappa with quadratic weights, at most 1.

    The weight of a mistake is the square of the distance between two labels, counted in
    places among all labels that occur: with the labels 1, 2 and 9, the labels 2 and 9
    are as near as 1 and 2.  This is what scikit-learn computes.

    Parameters
    ----------
    truth, prediction
        Whole numbers, shape (rows, columns).

    Returns
    -------
    float
        NaN when truth and prediction hold one and the same label throughout: then no
        mistake is to be expected by chance.

    Raises
    ------
    UsageError
        When a number is not whole.

    Notes
    -----
    Cohen, "Weighted kappa", 1968: 1 minus the sum of weights observed, divided by the
    sum that is expected when rows are paired at random.

    Examples
    --------
    Observed 1, expected ((0 + 1 + 4) + (1 + 0 + 1) + (1 + 0 + 1)) / 3 = 3:

    >>> import numpy as np
    >>> truth, prediction = np.array([[0], [1], [2]]), np.array([[0], [1], [1]])
    >>> round(quadratic_weighted_kappa(truth, prediction), 5)
    0.66667
    """
    for values in (truth, prediction):
        broken = values[values != np.floor(values)]
        if broken.size:
            msg = (
                f"quadratic_weighted_kappa takes whole numbers; got {broken[0]}: "
                f"round the predictions"
            )
            raise UsageError(msg)
    return _mean_of_columns(_kappa, truth, prediction)


def _mean_of_columns(
    metric: Any, truth: NDArray[Any], prediction: NDArray[Any]
) -> float:
    columns = range(truth.shape[1])
    scores = [metric(*_places(truth[:, at], prediction[:, at])) for at in columns]
    return float(np.mean(scores))


def _f1_macro(
    truth: NDArray[np.intp], prediction: NDArray[np.intp], n_labels: int
) -> float:
    n_true = np.bincount(truth, minlength=n_labels)
    n_given = np.bincount(prediction, minlength=n_labels)
    n_right = np.bincount(truth[truth == prediction], minlength=n_labels)
    return float(np.mean(2 * n_right / (n_true + n_given)))


def _mcc(truth: NDArray[np.intp], prediction: NDArray[np.intp], n_labels: int) -> float:
    # Whole numbers of Python: the products pass 64 bits.
    n_true = np.bincount(truth, minlength=n_labels)
    n_given = np.bincount(prediction, minlength=n_labels)
    n, n_right = len(truth), int((truth == prediction).sum())
    by_chance, spread_true, spread_given = (
        int(np.dot(left, right))
        for left, right in ((n_true, n_given), (n_true, n_true), (n_given, n_given))
    )
    product = (n * n - spread_true) * (n * n - spread_given)
    return float((n_right * n - by_chance) / math.sqrt(product)) if product else 0.0


def _kappa(truth: NDArray[Any], prediction: NDArray[Any], n_labels: int) -> float:
    # The sums over pairs of labels come down to sums over rows; no table is needed.
    n = len(truth)
    if n * n_labels**2 >= _SAFE:
        truth, prediction = truth.astype(float), prediction.astype(float)
    first, second = truth.sum().item(), prediction.sum().item()
    squares = (truth * truth).sum().item() + (prediction * prediction).sum().item()
    difference = truth - prediction
    observed = (difference * difference).sum().item()
    expected = n * squares - 2 * first * second
    return 1 - observed * n / expected if expected else math.nan


def _places(
    truth: NDArray[Any], prediction: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Return the places of labels among all that occur, in order, and their number."""
    both = np.concatenate([truth, prediction])
    try:
        labels, places = np.unique(both, return_inverse=True)
    except TypeError as error:
        msg = "truth and prediction mix texts and numbers: give them one type"
        raise UsageError(msg) from error
    return places[: len(truth)], places[len(truth) :], len(labels)
