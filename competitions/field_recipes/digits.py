"""Pipelines for `digits`: pictures of 8 by 8 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import (
    discriminant_analysis,
    dummy,
    ensemble,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from field_recipes.common import TUNED, USUAL, calibrated, chance

if TYPE_CHECKING:
    import random

SIDE = 8


def draw(rng: random.Random, skill: int) -> Pipeline:
    """Draw a classifier of 8 by 8 pictures."""
    if skill == 0:
        return make_pipeline(dummy.DummyClassifier(strategy="prior"))
    if skill < USUAL:
        steps: list[Any] = [FunctionTransformer(rng.choice([coarse, middle, one_line]))]
    elif skill < TUNED:
        steps = [FunctionTransformer(rng.choice([plain, plain, ink]))]
    else:
        shapes = FunctionTransformer(rng.choice([ink, ink, ink_and_edges]))
        steps = [shapes]
    if skill <= USUAL or chance(rng, 0.3):
        steps.append(StandardScaler())
    if skill < TUNED and chance(rng, 0.15):
        steps.append(PCA(rng.choice([8, 10, 12] if skill < USUAL else [24, 32, 40])))
    return make_pipeline(*steps, _digit_model(rng, skill))


def _digit_model(rng: random.Random, skill: int) -> Any:
    seed = rng.randrange(1 << 30)
    if skill < USUAL:
        return rng.choice(
            [
                naive_bayes.GaussianNB(var_smoothing=rng.choice([1e-3, 1e-2, 1e-1])),
                tree.DecisionTreeClassifier(
                    min_samples_leaf=rng.randint(4, 40), random_state=seed
                ),
                linear_model.LogisticRegression(C=10 ** rng.uniform(-3, 0)),
                neighbors.KNeighborsClassifier(rng.randint(15, 80)),
                ensemble.RandomForestClassifier(rng.randint(5, 30), random_state=seed),
            ]
        )
    if skill == USUAL:
        return rng.choice(
            [
                linear_model.LogisticRegression(C=rng.choice([0.1, 1, 1, 10])),
                neighbors.KNeighborsClassifier(
                    rng.choice([5, 7, 9, 15]), weights="distance"
                ),
                ensemble.RandomForestClassifier(
                    rng.choice([50, 100, 200]), random_state=seed
                ),
                ensemble.ExtraTreesClassifier(
                    rng.choice([100, 200]), random_state=seed
                ),
                discriminant_analysis.LinearDiscriminantAnalysis(),
                calibrated(svm.SVC(gamma="scale")),
                neural_network.MLPClassifier((50,), max_iter=60, random_state=seed),
            ]
        )
    return rng.choice(
        [
            calibrated(svm.SVC(C=10 ** rng.uniform(0.3, 1.5), gamma="scale")),
            linear_model.LogisticRegression(C=10 ** rng.uniform(-0.5, 1), max_iter=400),
            neural_network.MLPClassifier(
                (rng.choice([60, 100, 150]),),
                alpha=10 ** rng.uniform(-2, 0.3),
                max_iter=80,
                random_state=seed,
            ),
            make_pipeline(
                PCA(rng.randint(14, 26), random_state=seed),
                discriminant_analysis.QuadraticDiscriminantAnalysis(
                    reg_param=rng.uniform(0.05, 0.4)
                ),
            ),
            CalibratedClassifierCV(
                ensemble.ExtraTreesClassifier(200, random_state=seed), cv=3
            ),
        ]
    )


def plain(pixels: Any) -> Any:
    """Return the grey values between 0 and 1."""
    return np.asarray(pixels, dtype=float) / 255


def ink(pixels: Any) -> Any:
    """Return the ink of each picture between 0 (paper) and 1 (darkest)."""
    grey = np.asarray(pixels, dtype=float)
    low, high = grey.min(axis=1, keepdims=True), grey.max(axis=1, keepdims=True)
    return (high - grey) / np.maximum(high - low, 1)


def ink_and_edges(pixels: Any) -> Any:
    """Return the ink and its differences to the right and downwards."""
    images = ink(pixels).reshape(-1, SIDE, SIDE)
    parts = [images, np.diff(images, axis=1), np.diff(images, axis=2)]
    return np.hstack([part.reshape(len(images), -1) for part in parts])


def coarse(pixels: Any) -> Any:
    """Return the means of 2 by 2 pixels."""
    images = plain(pixels).reshape(-1, SIDE // 2, 2, SIDE // 2, 2)
    return images.mean(axis=(2, 4)).reshape(len(images), -1)


def middle(pixels: Any) -> Any:
    """Return the middle 4 by 4 pixels."""
    images = plain(pixels).reshape(-1, SIDE, SIDE)
    return images[:, 2:6, 2:6].reshape(len(images), -1)


def one_line(pixels: Any) -> Any:
    """Return the sums of rows and of columns."""
    images = plain(pixels).reshape(-1, SIDE, SIDE)
    return np.hstack([images.sum(axis=1), images.sum(axis=2)])
