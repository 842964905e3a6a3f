"""How long models take to fit and to predict, roughly, in seconds on one core.

The numbers were measured once with scikit-learn; they need to be right within a
factor of two or three.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mle_toolkit.models.offline.family import Cost, Size


def linear(_: Mapping[str, Any], size: Size) -> float:
    """Linear models, and what costs no more."""
    return 0.01 + 3e-8 * size.rows * size.columns * size.outputs


def neighbours(_: Mapping[str, Any], size: Size) -> float:
    """Brute comparison of each row with each."""
    return 0.01 + 9e-9 * size.rows * size.predicted


def trees(per_split: float) -> Cost:
    """Trees, by the work of a split."""

    def cost(params: Mapping[str, Any], size: Size) -> float:
        share = params.get("max_features", 0.5)
        columns = (
            size.columns * share
            if isinstance(share, float)
            else (math.sqrt(size.columns))
        )
        leaf = 1 / math.sqrt(params.get("min_samples_leaf", 1))
        work = size.rows * columns * math.log2(size.rows + 1) * leaf
        count = params.get("n_estimators", 1)
        return float(count) * (1e-3 + per_split * work + 2e-6 * size.predicted)

    return cost


def boosting(params: Mapping[str, Any], size: Size) -> float:
    """Boosted trees on histograms."""
    trees = params["max_iter"] * (size.outputs if size.outputs > 2 else 1)  # noqa: PLR2004
    tree = 5e-4 + 3e-5 * size.columns + 1e-8 * size.rows * size.columns
    leaves = 0.6 + params["max_leaf_nodes"] / 40
    return float(trees * (tree * leaves + 2e-7 * size.predicted))


def svm(_: Mapping[str, Any], size: Size) -> float:
    """Kernel machines with their calibration."""
    work = size.rows**2 + 0.3 * size.rows * size.predicted
    return 0.02 + 6e-9 * work * (size.columns + 8)


def network(params: Mapping[str, Any], size: Size) -> float:
    """Networks of few layers."""
    width = 0.5 + sum(params["hidden_layer_sizes"]) / 100
    return float(0.01 + params["max_iter"] * 2.2e-6 * size.rows * width)


def power(size: Size) -> float:
    """Power transformations, which search for an exponent in each column."""
    return size.columns * (6e-3 + 3e-6 * size.rows)
