"""Metrics by the names that the field uses.

A metric is a plain function that returns one number.  What it takes depends on its
`Metric.inputs`; those that any competition may use take truth and prediction as two
arrays with one row per id and one column per target column.  scikit-learn, scipy and
the like compute where they can.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    from collections.abc import Callable


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
    inputs
        What truth and prediction hold: ``"numbers"``, float arrays; ``"labels"``,
        texts or numbers that are compared as they are; ``"texts"``, arrays of text;
        ``"own"``, whatever the metric's docstring says: such a metric serves the
        protocols that know it.
    home
        ``"module.function"`` below this package.
    """

    name: str
    title: str
    lower_is_better: bool
    best: float
    inputs: str
    home: str

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        module, _, name = self.home.partition(".")
        found: Callable[..., Any] = getattr(
            importlib.import_module(f"{__name__}.{module}"), name
        )
        return found

    def __call__(self, truth: Any, prediction: Any) -> float:
        """Return the score of `prediction`; both have the shape (rows, columns).

        Raises
        ------
        UsageError
            When the shapes differ, there are no rows, or the metric takes other
            things than two arrays.
        """
        if self.inputs == "own":
            msg = f"{self.name} takes more than two arrays: call {self.home} itself"
            raise UsageError(msg)
        if truth.shape != prediction.shape or not truth.size:
            msg = (
                f"{self.name} needs two arrays of one shape with at least one row; "
                f"got {truth.shape} and {prediction.shape}"
            )
            raise UsageError(msg)
        return float(self.function(truth, prediction))


def _higher(name: str, title: str, inputs: str, home: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        lower_is_better=False,
        best=1.0,
        inputs=inputs,
        home=f"{home}.{name}",
    )


def _lower(
    name: str, title: str, inputs: str, home: str, *, best: float = 0.0
) -> Metric:
    return Metric(
        name=name,
        title=title,
        lower_is_better=True,
        best=best,
        inputs=inputs,
        home=f"{home}.{name}",
    )


_ALL = (
    # Probabilities of classes.
    _higher("roc_auc", "ROC AUC", "numbers", "classification"),
    _higher("weighted_roc_auc", "weighted ROC AUC", "numbers", "probabilities"),
    _higher("bias_auc", "bias-weighted ROC AUC", "own", "probabilities"),
    _higher("lwlrap", "label-weighted LRAP", "numbers", "probabilities"),
    _higher("probabilistic_f1", "probabilistic F1", "numbers", "probabilities"),
    _lower("log_loss", "log loss", "numbers", "classification"),
    _lower("weighted_log_loss", "weighted log loss", "own", "probabilities"),
    _lower("kl_divergence", "KL divergence", "numbers", "probabilities"),
    # Labels.
    _higher("accuracy", "accuracy", "labels", "labels"),
    _lower("top_1_error", "top-1 error", "labels", "labels"),
    _higher("f1_macro", "macro F1", "labels", "labels"),
    _higher("mcc", "Matthews correlation", "labels", "labels"),
    _higher(
        "quadratic_weighted_kappa", "quadratic weighted kappa", "numbers", "labels"
    ),
    # Lists of labels, written as text with spaces between.
    _higher("f1_micro", "micro F1", "texts", "lists"),
    _higher("map_at_5", "MAP@5", "texts", "lists"),
    _higher("map_at_12", "MAP@12", "texts", "lists"),
    _higher("kendall_tau", "Kendall tau", "texts", "lists"),
    _lower(
        "normalized_levenshtein", "normalised Levenshtein distance", "texts", "lists"
    ),
    # Texts.
    _higher("jaccard", "word-level Jaccard", "texts", "texts"),
    _lower("levenshtein", "mean Levenshtein distance", "texts", "texts"),
    # Numbers.
    _lower("mae", "mean absolute error", "numbers", "regression"),
    _lower("rmse", "root mean squared error", "numbers", "regression"),
    _lower("mcrmse", "mean column-wise RMSE", "numbers", "regression"),
    _lower("rmsle", "root mean squared logarithmic error", "numbers", "regression"),
    _lower("mcrmsle", "mean column-wise RMSLE", "numbers", "regression"),
    _higher("pearson", "Pearson correlation", "numbers", "regression"),
    _higher("spearman", "mean column-wise Spearman", "numbers", "regression"),
    # Numbers with a form of their own.
    _lower("mean_log_mae", "mean log MAE by type", "own", "domain", best=float("-inf")),
    _lower("angular_error", "mean angular error", "own", "domain"),
    _lower("distance_quantiles", "mean of median and 95 % distance", "own", "domain"),
    Metric(
        name="laplace_log_likelihood",
        title="modified Laplace log likelihood",
        lower_is_better=False,
        # -ln(70 sqrt 2): no error, and the smallest deviation that counts.
        best=-4.595068832329332,
        inputs="own",
        home="domain.laplace_log_likelihood",
    ),
    # Masks, boxes and points.
    _higher("dice", "Dice of all pixels", "own", "masks"),
    _higher("mean_dice", "mean Dice", "own", "masks"),
    _higher("f_half", "F0.5 of pixels", "own", "masks"),
    _higher("iou_precision", "mean precision over IoU", "own", "masks"),
    _higher("dice_hausdorff", "0.4 Dice + 0.6 (1 - Hausdorff)", "own", "volumes"),
    _higher("f1_points", "F1 of labelled points", "own", "boxes"),
    _higher("map_at_iou", "mAP at IoU above 0.5", "own", "boxes"),
    _higher("coco_map", "COCO mAP at IoU 0.4", "own", "coco"),
    _higher("map_3d", "mAP over 3D IoU", "own", "boxes_3d"),
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
