"""Metrics for numbers; several columns count alike.

Formulas are written out, because scikit-learn's have changed between versions in what
they refuse and in how they compute with whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def mae(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the mean absolute error.

    Parameters
    ----------
    truth, prediction
        Arrays of one shape, finite.

    Returns
    -------
    float
        At least 0, in the unit of the values; infinite when it overflows.

    Examples
    --------
    >>> import numpy as np
    >>> mae(np.array([[0.0], [4.0]]), np.array([[1.0], [1.0]]))
    2.0
    """
    with np.errstate(over="ignore"):
        errors = prediction - truth
        return float(np.abs(errors, out=errors).mean())


def rmse(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the root of the mean squared error; the mean of it over columns.

    Parameters
    ----------
    truth, prediction
        Finite, shape (rows, columns) or (rows,).

    Returns
    -------
    float
        At least 0, in the unit of the values; infinite when it overflows.

    Examples
    --------
    >>> import numpy as np
    >>> rmse(np.array([[0.0], [0.0]]), np.array([[3.0], [3.0]]))
    3.0
    """
    with np.errstate(over="ignore"):
        errors = prediction - truth
        squares = np.square(errors, out=errors)
        return float(np.sqrt(squares.mean(axis=0)).mean())


def mcrmse(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the mean of the columns' root mean squared errors.

    The name that competitions with several targets give to `rmse`.

    Examples
    --------
    A column that is off by 3 throughout, and one that is right:

    >>> import numpy as np
    >>> mcrmse(np.zeros((2, 2)), np.array([[3.0, 0.0], [3.0, 0.0]]))
    1.5
    """
    return rmse(truth, prediction)


def rmsle(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the root of the mean squared difference of ln(1 + value).

    With several columns it is the mean of it over columns.

    Raises
    ------
    UsageError
        When a value is -1 or less.

    Examples
    --------
    ln(1 + e - 1) = 1 against ln(1 + 0) = 0:

    >>> import numpy as np
    >>> round(rmsle(np.array([[np.e - 1]]), np.array([[0.0]])), 5)
    1.0
    """
    lowest = min(truth.min(), prediction.min())
    if lowest <= -1:
        msg = f"RMSLE needs values above -1; got {lowest}"
        raise UsageError(msg)
    return rmse(np.log1p(truth), np.log1p(prediction))


def mcrmsle(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the mean of the columns' root mean squared logarithmic errors.

    The name that competitions with several targets give to `rmsle`, with its errors.

    Examples
    --------
    ln(1 + 1) for a column that should be 0, and one that is right:

    >>> import numpy as np
    >>> round(mcrmsle(np.array([[0.0, 2.0]]), np.array([[1.0, 2.0]])), 5)
    0.34657
    """
    return rmsle(truth, prediction)


def pearson(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the correlation of truth and prediction; the mean of it over columns.

    Parameters
    ----------
    truth, prediction
        Shape (rows, columns).

    Returns
    -------
    float
        In [-1, 1].  NaN when a column is constant, on either side, or when it holds
        a value that is not finite: then no correlation is defined.

    Notes
    -----
    Each column is centred and divided by its length, which is computed without
    overflow: Pearson, K. (1895), Proceedings of the Royal Society 58, 240.

    Examples
    --------
    Centred: (-1, 0, 1) and (-1, 1, 0), both of length sqrt(2), with product 1:

    >>> import numpy as np
    >>> truth = np.array([[1.0], [2.0], [3.0]])
    >>> round(pearson(truth, np.array([[1.0], [3.0], [2.0]])), 9)
    0.5
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        products = _unit_columns(truth) * _unit_columns(prediction)
        return float(np.clip(products.sum(axis=0), -1, 1).mean())


def spearman(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the rank correlation, ties averaged; the mean of it over columns.

    Parameters
    ----------
    truth, prediction
        Shape (rows, columns); may be infinite.

    Returns
    -------
    float
        In [-1, 1].  NaN when a column is constant, on either side, or holds NaN.

    Notes
    -----
    `pearson` of the ranks: Spearman, C. (1904), American Journal of Psychology 15, 72.

    Examples
    --------
    One pair of neighbours in the wrong order: 1 - 6 * 2 / (3 * 8):

    >>> import numpy as np
    >>> truth = np.array([[1.0], [2.0], [9.0]])
    >>> round(spearman(truth, np.array([[0.1], [0.9], [0.5]])), 9)
    0.5
    """
    from scipy.stats import rankdata

    return pearson(rankdata(truth, axis=0), rankdata(prediction, axis=0))


def _unit_columns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column centred and with length 1, NaN throughout if constant."""
    centred = values - values.mean(axis=0)
    # Dividing by the largest first keeps the squares in range.
    scaled = centred / np.abs(centred).max(axis=0)
    unit: NDArray[np.float64] = scaled / np.sqrt(np.square(scaled).sum(axis=0))
    # The mean of equal numbers may miss them by a digit, which is no variance.
    unit[:, (values == values[:1]).all(axis=0)] = np.nan
    return unit
