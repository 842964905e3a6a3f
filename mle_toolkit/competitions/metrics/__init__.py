"""Metrics by the names that the field uses.

A metric takes the truth and the predictions as float arrays with one row per id
and one column per target column, and returns one number.  scikit-learn computes
it wherever it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.competitions.metrics import classification, regression
from mle_toolkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    MetricFunction = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One way to score.

    Attributes
    ----------
    name
        The field name, such as ``"roc_auc"``.
    title
        The name in a sentence, such as ``"ROC AUC"``.
    lower_is_better
        The direction.
    best
        The score of a perfect submission.
    function
        ``function(truth, prediction) -> float``.
    """

    name: str
    title: str
    lower_is_better: bool
    best: float
    function: MetricFunction

    def __call__(
        self, truth: NDArray[np.float64], prediction: NDArray[np.float64]
    ) -> float:
        """Return the score of `prediction`; both have the shape (rows, columns).

        Raises
        ------
        UsageError
            When the shapes differ or there are no rows.
        """
        if truth.shape != prediction.shape or not truth.size:
            msg = (
                f"{self.name} needs two arrays of one shape with at least one row; "
                f"got {truth.shape} and {prediction.shape}"
            )
            raise UsageError(msg)
        return float(self.function(truth, prediction))


_ALL = (
    Metric(
        name="accuracy",
        title="accuracy",
        lower_is_better=False,
        best=1.0,
        function=classification.accuracy,
    ),
    Metric(
        name="log_loss",
        title="log loss",
        lower_is_better=True,
        best=0.0,
        function=classification.log_loss,
    ),
    Metric(
        name="roc_auc",
        title="ROC AUC",
        lower_is_better=False,
        best=1.0,
        function=classification.roc_auc,
    ),
    Metric(
        name="mae",
        title="mean absolute error",
        lower_is_better=True,
        best=0.0,
        function=regression.mae,
    ),
    Metric(
        name="rmse",
        title="root mean squared error",
        lower_is_better=True,
        best=0.0,
        function=regression.rmse,
    ),
    Metric(
        name="rmsle",
        title="root mean squared logarithmic error",
        lower_is_better=True,
        best=0.0,
        function=regression.rmsle,
    ),
)
METRICS = {metric.name: metric for metric in _ALL}


def get_metric(name: str) -> Metric:
    """Return the metric of that field name.

    Raises
    ------
    UnknownNameError
        When there is none.

    Examples
    --------
    >>> import numpy as np
    >>> get_metric("mae")(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]]))
    1.0
    """
    check_choice("metric", name, METRICS)
    return METRICS[name]
