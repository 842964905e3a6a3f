"""Pipelines for `diabetes`: ten measurements and a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import dummy, linear_model
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from field_recipes import usual
from field_recipes.common import TUNED, USUAL, chance

if TYPE_CHECKING:
    import random

NUMBERS = ["age", "body_mass", "pressure", *(f"serum_{n}" for n in range(1, 7))]


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a regressor."""
    if skill == 0:
        return dummy.DummyRegressor(strategy=rng.choice(["mean", "median"]))
    if skill < USUAL:
        few = rng.sample(NUMBERS, rng.randint(1, 4))
        choose = make_column_transformer(("passthrough", few))
        return make_pipeline(choose, StandardScaler(), usual.regressor(rng, skill))
    encode = make_column_transformer(
        (OneHotEncoder(drop="if_binary"), ["sex"]), ("passthrough", NUMBERS)
    )
    scalers = [StandardScaler(), RobustScaler()]
    if skill >= TUNED:
        scalers = [StandardScaler(), PowerTransformer()]
    steps = [encode, rng.choice(scalers)]
    if skill >= TUNED and chance(rng, 0.25):
        pairs = PolynomialFeatures(2, include_bias=False)
        few = linear_model.Lasso(10 ** rng.uniform(-0.5, 0.4))
        return make_pipeline(*steps, pairs, StandardScaler(), few)
    model = make_pipeline(*steps, usual.regressor(rng, skill))
    if skill >= TUNED and chance(rng, 0.3):
        return TransformedTargetRegressor(model, func=np.sqrt, inverse_func=np.square)
    return model
