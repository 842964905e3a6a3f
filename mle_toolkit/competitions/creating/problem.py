"""What is to be predicted, and in which form a submission says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import METRICS, Metric, get_metric
from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.submissions import quote_some

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a submission holds for each metric that a table can be scored by.
_FORMS = {
    "roc_auc": "probability",
    "weighted_roc_auc": "probability",
    "probabilistic_f1": "probability",
    "log_loss": "probability",
    "accuracy": "label",
    "f1_macro": "label",
    "mcc": "label",
    "top_1_error": "label",
    "quadratic_weighted_kappa": "label",
    "mae": "number",
    "rmse": "number",
    "mcrmse": "number",
    "rmsle": "number",
    "mcrmsle": "number",
    "pearson": "number",
    "spearman": "number",
}
_NOT_NEGATIVE = {"rmsle", "mcrmsle"}
_MAX_CLASSES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A target and the form of its predictions.

    Attributes
    ----------
    targets
        Columns of the training data that are to be predicted.
    metric
        How predictions are scored.
    form
        ``"probability"`` of the second of two classes, ``"probabilities"`` of three
        or more, ``"label"`` or ``"number"``.
    classes
        The classes in order; empty for numbers.
    columns
        Columns that a submission fills.
    """

    targets: tuple[str, ...]
    metric: Metric
    form: str
    classes: tuple[Any, ...]
    columns: tuple[str, ...]

    @property
    def is_numeric(self) -> bool:
        """Whether every value of a submission must be a number."""
        return self.form != "label" or not isinstance(self.classes[0], str)

    @property
    def is_classification(self) -> bool:
        """Whether there are classes."""
        return self.form != "number"

    @property
    def minimum(self) -> float | None:
        """The least legal value, if there is one."""
        bounded = self.form.startswith("probab") or self.metric.name in _NOT_NEGATIVE
        return 0.0 if bounded else None

    @property
    def maximum(self) -> float | None:
        """The largest legal value, if there is one."""
        return 1.0 if self.form.startswith("probab") else None

    @property
    def row_sum(self) -> float | None:
        """What the values of a row add up to, if that is fixed."""
        return 1.0 if self.form == "probabilities" else None

    def answers(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the answers of some rows, in the form of a submission."""
        if self.form == "number":
            return rows[list(self.targets)]
        labels = rows[self.targets[0]]
        if self.form == "label":
            return labels.to_frame()
        wanted = self.classes[1:] if self.form == "probability" else self.classes
        return pd.DataFrame(
            {
                column: (labels == label).astype(int)
                for column, label in zip(self.columns, wanted, strict=True)
            },
            index=rows.index,
        )

    def baseline(self, train: pd.DataFrame, n_rows: int) -> pd.DataFrame:
        """Return what one predicts without looking at features: means and shares."""
        if self.form == "label":
            values: list[Any] = [train[self.targets[0]].mode().iloc[0]]
        else:
            values = [round(float(v), 6) for v in self.answers(train).mean()]
            if self.form == "probabilities":
                values[-1] = round(1.0 - sum(values[:-1]), 6)
        return pd.DataFrame(
            {
                name: [value] * n_rows
                for name, value in zip(self.columns, values, strict=True)
            }
        )


def define(data: pd.DataFrame, targets: Sequence[str], metric: str) -> Problem:
    """Return the problem of predicting `targets`, scored by `metric`.

    Raises
    ------
    UsageError
        When the metric does not fit a table or its target.
    """
    if metric in METRICS and metric not in _FORMS:
        msg = (
            f"{metric!r} does not score plain columns: choose one of "
            f"{', '.join(_FORMS)}, or write a prepare.py"
        )
        raise UsageError(msg)
    check_choice("metric", metric, _FORMS)
    form = _FORMS[metric]
    if form != "number" and len(targets) != 1:
        msg = f"{metric} takes one target column; got {quote_some(targets)}"
        raise UsageError(msg)
    if form == "number":
        _check_numbers(data, targets, metric)
        classes: tuple[Any, ...] = ()
    else:
        classes = _classes(data[targets[0]], metric)
    columns = tuple(targets)
    if form == "probability" and len(classes) != 2:  # noqa: PLR2004 - two classes
        if metric != "log_loss":
            msg = (
                f"{metric} needs a target of two classes; {targets[0]!r} has "
                f"{len(classes)}: {quote_some(classes)}"
            )
            raise UsageError(msg)
        form = "probabilities"
        columns = tuple(f"{targets[0]}_{label}" for label in classes)
    return Problem(
        targets=tuple(targets),
        metric=get_metric(metric),
        form=form,
        classes=classes,
        columns=columns,
    )


def _check_numbers(data: pd.DataFrame, targets: Sequence[str], metric: str) -> None:
    for name in targets:
        column = data[name]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            msg = f"{metric} needs numbers; column {name!r} holds {column.iloc[0]!r}"
            raise UsageError(msg)
        if not np.isfinite(column.to_numpy(float)).all():
            msg = f"column {name!r} holds an infinite value"
            raise UsageError(msg)
        if metric in _NOT_NEGATIVE and (column < 0).any():
            msg = f"{metric} needs numbers of 0 and more; column {name!r} has less"
            raise UsageError(msg)


def _classes(column: pd.Series, metric: str) -> tuple[Any, ...]:
    values = column.unique()
    if pd.api.types.is_float_dtype(column.dtype):
        fractions = values[values != np.round(values)]
        if len(fractions):
            msg = (
                f"{metric} needs classes; column {column.name!r} holds "
                f"{float(fractions[0])!r}"
            )
            raise UsageError(msg)
    classes = tuple(sorted(value.item() if hasattr(value, "item") else value
                           for value in values))  # fmt: skip
    if not 1 < len(classes) <= _MAX_CLASSES:
        msg = (
            f"column {column.name!r} has {len(classes)} classes; "
            f"2 to {_MAX_CLASSES} are possible"
        )
        raise UsageError(msg)
    return classes
