"""Pipelines for `faces`: noisy pictures that lie any way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn import (
    discriminant_analysis,
    dummy,
    ensemble,
    linear_model,
    naive_bayes,
    neighbors,
    svm,
    tree,
)
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from field_recipes.common import TUNED, USUAL, Described, calibrated, chance

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

SIDE = 25
MIDDLE, RANGE = 128, 64
QUARTERS = 4


class AnyWayRound(Described, ClassifierMixin, BaseEstimator):
    """A classifier that sees each picture turned, mirrored and, if asked, inverted."""

    def __init__(self, classifier: Any, *, inverted: bool = False) -> None:
        self.classifier = classifier
        self.inverted = inverted

    def fit(self, X: Any, y: Any) -> AnyWayRound:
        """Fit to all forms of all pictures."""
        forms = list(self._forms(X))
        self.classifier_ = clone(self.classifier)
        self.classifier_.fit(np.vstack(forms), np.tile(y, len(forms)))
        self.classes_ = self.classifier_.classes_
        return self

    def in_words(self, describe: Callable[[Any], str]) -> str:
        """Return what the model is."""
        forms = "any way round or inverted" if self.inverted else "any way round"
        return f"{forms}: {describe(self.classifier)}"

    def predict_proba(self, X: Any) -> Any:
        """Return the mean probability over all forms of each picture."""
        shares = [self.classifier_.predict_proba(form) for form in self._forms(X)]
        return np.mean(shares, axis=0)

    def _forms(self, X: Any) -> Any:
        values = np.asarray(X, dtype=float)
        pictures = images(values)
        for sign in (1, -1) if self.inverted else (1,):
            for turns in range(QUARTERS):
                turned = sign * np.rot90(pictures, turns, axes=(1, 2))
                yield turned.reshape(len(values), -1)
                yield turned[:, :, ::-1].reshape(len(values), -1)


def read(path: Path) -> pd.DataFrame:
    """Return the table with a column for each pixel of the pictures beside it."""
    table = pd.read_csv(path)
    pictures = np.load(path.with_name(f"{path.stem}_images.npy"))
    pixels = pd.DataFrame(pictures.reshape(len(table), -1)).add_prefix("pixel_")
    return pd.concat([table, pixels], axis=1)


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a classifier."""
    if skill == 0:
        return dummy.DummyClassifier(strategy="prior")
    if skill < USUAL:
        see = FunctionTransformer(rng.choice([plain, coarse, coarse, levels, levels]))
        return make_pipeline(see, StandardScaler(), _model(rng, skill))
    if skill < TUNED:
        see = FunctionTransformer(rng.choice([plain, smooth, levels, rings, spectrum]))
        return make_pipeline(see, StandardScaler(), _model(rng, skill))
    if chance(rng, 0.35):
        some = rng.sample([levels, rings, spectrum, symmetric], rng.randint(2, 3))
        parts = [(part.__name__, FunctionTransformer(part)) for part in some]
        return make_pipeline(FeatureUnion(parts), StandardScaler(), _model(rng, skill))
    see = FunctionTransformer(rng.choice([smooth, smoother, small]))
    reduce = PCA(rng.randint(10, 32), whiten=chance(rng, 0.3), random_state=0)
    # Eight or more forms of each picture are enough rows for a covariance.
    curved = discriminant_analysis.QuadraticDiscriminantAnalysis(
        reg_param=rng.uniform(0.1, 0.6)
    )
    model = curved if chance(rng, 0.25) else _model(rng, skill)
    inner = make_pipeline(StandardScaler(), reduce, model)
    return make_pipeline(see, AnyWayRound(inner, inverted=chance(rng, 0.8)))


def _model(rng: random.Random, skill: int) -> Any:
    seed = rng.randrange(1 << 30)
    if skill < USUAL:
        return rng.choice(
            [
                naive_bayes.GaussianNB(),
                linear_model.LogisticRegression(C=10 ** rng.uniform(-4, 0)),
                tree.DecisionTreeClassifier(
                    min_samples_leaf=rng.randint(3, 15), random_state=seed
                ),
                neighbors.KNeighborsClassifier(rng.randint(3, 25)),
            ]
        )
    if skill < TUNED:
        return rng.choice(
            [
                linear_model.LogisticRegression(C=rng.choice([0.01, 0.1, 1.0])),
                ensemble.RandomForestClassifier(
                    rng.choice([50, 100, 200]), random_state=seed
                ),
                ensemble.ExtraTreesClassifier(100, random_state=seed),
                svm.SVC(),
                neighbors.KNeighborsClassifier(rng.choice([5, 9, 15])),
            ]
        )
    return rng.choice(
        [
            calibrated(svm.SVC(C=10 ** rng.uniform(-0.5, 1), gamma="scale")),
            calibrated(svm.SVC(C=10 ** rng.uniform(-0.5, 1), gamma="scale")),
            ensemble.ExtraTreesClassifier(
                120, min_samples_leaf=rng.randint(1, 6), random_state=seed
            ),
            linear_model.LogisticRegression(C=10 ** rng.uniform(-2, 0)),
        ]
    )


def images(values: Any) -> Any:
    """Return the rows of a table as square pictures."""
    side = round(values.shape[1] ** 0.5)
    return values.reshape(-1, side, side)


def plain(frame: Any) -> Any:
    """Return the grey values, with the middle at 0."""
    return (np.asarray(frame, dtype=float) - MIDDLE) / RANGE


def smooth(frame: Any) -> Any:
    """Return the pictures with most of the noise blurred away."""
    blurred = ndimage.gaussian_filter(images(plain(frame)), (0, 1.0, 1.0))
    return blurred.reshape(len(blurred), -1)


def smoother(frame: Any) -> Any:
    """Return the pictures without noise and without details."""
    blurred = ndimage.gaussian_filter(images(plain(frame)), (0, 1.8, 1.8))
    return blurred.reshape(len(blurred), -1)


def small(frame: Any) -> Any:
    """Return every second pixel of the blurred pictures."""
    pictures = images(smooth(frame))[:, ::2, ::2]
    return pictures.reshape(len(pictures), -1)


def coarse(frame: Any) -> Any:
    """Return the means of 5 by 5 pixels."""
    pictures = plain(frame).reshape(-1, SIDE // 5, 5, SIDE // 5, 5)
    return pictures.mean(axis=(2, 4)).reshape(len(pictures), -1)


def levels(frame: Any) -> Any:
    """Return the mean, the spread and the quantiles of the grey values."""
    values = smooth(frame)
    steps = np.diff(images(values), axis=1), np.diff(images(values), axis=2)
    rough = [np.abs(step).mean(axis=(1, 2)) for step in steps]
    quantiles = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1)
    return np.column_stack([values.mean(1), values.std(1), *rough, *quantiles])


def rings(frame: Any) -> Any:
    """Return mean and spread at each distance from the middle, without a sign."""
    pictures = images(smooth(frame))
    place = np.abs(np.arange(SIDE) - SIDE // 2)
    ring = np.maximum(place[:, None], place)
    around = [pictures[:, ring == step] for step in range(SIDE // 2 + 1)]
    means = np.column_stack([some.mean(axis=1) for some in around])
    spreads = np.column_stack([some.std(axis=1) for some in around])
    return np.column_stack([np.abs(means - means[:, -1:]), spreads])


def spectrum(frame: Any) -> Any:
    """Return how strong the waves of each length are, whatever their direction."""
    power = np.abs(np.fft.fft2(images(plain(frame))))[:, :8, :8]
    mean = np.log1p(power + power.transpose(0, 2, 1)).reshape(len(power), -1)
    return mean[:, 1:]


def symmetric(frame: Any) -> Any:
    """Return the size of the mean over all eight ways to lay the picture."""
    pictures = images(smooth(frame))
    turned = [np.rot90(pictures, turns, axes=(1, 2)) for turns in range(QUARTERS)]
    mean = sum(form + form[:, :, ::-1] for form in turned) / (2 * QUARTERS)
    corner = mean[:, : SIDE // 2 + 1 : 2, : SIDE // 2 + 1 : 2]
    return np.abs(corner).reshape(len(pictures), -1)
