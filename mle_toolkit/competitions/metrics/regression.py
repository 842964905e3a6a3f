"""Metrics for numbers; several columns count alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def mae(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the mean absolute error.

    Examples
    --------
    >>> import numpy as np
    >>> mae(np.array([[0.0], [4.0]]), np.array([[1.0], [1.0]]))
    2.0
    """
    from sklearn import metrics

    return float(metrics.mean_absolute_error(truth, prediction))


def rmse(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the root of the mean squared error; the mean of it over columns.

    Examples
    --------
    >>> import numpy as np
    >>> rmse(np.array([[0.0], [0.0]]), np.array([[3.0], [3.0]]))
    3.0
    """
    import numpy as np
    from sklearn import metrics

    with np.errstate(over="ignore"):
        return float(metrics.root_mean_squared_error(truth, prediction))


def rmsle(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the root of the mean squared difference of ln(1 + value).

    Values must be above -1.

    Examples
    --------
    ln(1 + e - 1) = 1 against ln(1 + 0) = 0:

    >>> import numpy as np
    >>> round(rmsle(np.array([[np.e - 1]]), np.array([[0.0]])), 5)
    1.0
    """
    from sklearn import metrics

    return float(metrics.root_mean_squared_log_error(truth, prediction))
