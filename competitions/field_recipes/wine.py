"""Pipelines for `wine`: nine measurements, three growers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn import dummy, linear_model
from sklearn.compose import make_column_transformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from field_recipes import usual
from field_recipes.common import TUNED, USUAL, chance

if TYPE_CHECKING:
    import random

N_COLUMNS = 9


def draw(rng: random.Random, skill: int) -> Pipeline:
    """Draw a classifier."""
    if skill == 0:
        return make_pipeline(dummy.DummyClassifier(strategy="prior"))
    if skill < USUAL:
        few = rng.sample(range(N_COLUMNS), rng.randint(1, 5))
        choose = make_column_transformer(("passthrough", few))
        return make_pipeline(choose, StandardScaler(), usual.classifier(rng, skill))
    scalers = [StandardScaler(), StandardScaler(), RobustScaler()]
    if skill >= TUNED:
        scalers = [StandardScaler(), PowerTransformer()]
    steps = [rng.choice(scalers)]
    if skill >= TUNED and chance(rng, 0.2):
        steps += [PolynomialFeatures(2, include_bias=False), StandardScaler()]
        linear = linear_model.LogisticRegression(C=10 ** rng.uniform(-1.5, -0.3))
        return make_pipeline(*steps, linear)
    return make_pipeline(*steps, usual.classifier(rng, skill))
