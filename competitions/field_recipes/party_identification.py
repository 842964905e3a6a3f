"""Pipelines for `party-identification`: seven steps between two parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import dummy
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from field_recipes import usual
from field_recipes.common import TUNED, USUAL, Described, chance

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    import pandas as pd

VIEWS = ["own_view", "view_of_democrat", "view_of_republican"]
PERSON = ["news_days", "age", "income"]
PLACES = ["countryside", "village", "town", "city", "large city", "metropolis"]
SCHOOLS = [
    "primary",
    "some secondary",
    "secondary",
    "some college",
    "college",
    "master",
    "doctor",
]


class Stretched(Described, RegressorMixin, BaseEstimator):
    """A regressor whose predictions are drawn apart from their middle.

    Predictions of a mean are less spread than the truth, which costs agreement.
    """

    def __init__(self, regressor: Any, factor: float = 1.0) -> None:
        self.regressor = regressor
        self.factor = factor

    def fit(self, X: Any, y: Any) -> Stretched:
        """Fit the regressor, and keep the middle of the truth."""
        self.regressor_ = clone(self.regressor).fit(X, y)
        self.middle_ = float(np.mean(y))
        return self

    def in_words(self, describe: Callable[[Any], str]) -> str:
        """Return what the model is."""
        return f"stretched by {self.factor:.2f}: {describe(self.regressor)}"

    def predict(self, X: Any) -> Any:
        """Return the stretched predictions."""
        away = self.regressor_.predict(X) - self.middle_
        return self.middle_ + self.factor * away


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a regressor of the step; whoever scores it rounds."""
    if skill == 0:
        return dummy.DummyRegressor(strategy="quantile", quantile=rng.uniform(0.1, 0.9))
    if skill < USUAL:
        few = rng.sample(VIEWS + PERSON, rng.randint(1, 4))
        choose = make_column_transformer(("passthrough", few))
        return make_pipeline(choose, StandardScaler(), usual.regressor(rng, skill))
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    in_order = OrdinalEncoder(categories=[PLACES, SCHOOLS])
    encode = make_column_transformer(
        (rng.choice([one_hot, in_order]), ["place", "education"]),
        ("passthrough", VIEWS + PERSON),
    )
    if skill < TUNED:
        return make_pipeline(encode, StandardScaler(), usual.regressor(rng, skill))
    features: Any = encode
    if chance(rng, 0.7):
        far = FunctionTransformer(distances)
        features = FeatureUnion([("columns", encode), ("distances", far)])
    model = make_pipeline(features, StandardScaler(), usual.regressor(rng, skill))
    return Stretched(model, rng.uniform(1.0, 1.5))


def distances(frame: pd.DataFrame) -> Any:
    """Return how far the own view is from that of either candidate."""
    own, left, right = (frame[name].to_numpy(float) for name in VIEWS)
    near = np.abs(own - right) - np.abs(own - left)
    return np.column_stack([own - left, own - right, near, left - right])
