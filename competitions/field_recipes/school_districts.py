"""Pipelines for `school-districts`: shares of pupils, from shares and amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit
from sklearn import dummy, linear_model
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from field_recipes import usual
from field_recipes.common import TUNED, USUAL, chance

if TYPE_CHECKING:
    import random

SHARES = ["low_income", "asian", "black", "hispanic", "minority_teachers"]
SCHOOLS = ["experience", "salary", "spending", "class_size", "college_courses"]
RARE = ["charter", "year_round"]


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a regressor."""
    if skill == 0:
        return dummy.DummyRegressor(strategy=rng.choice(["mean", "median"]))
    if skill < USUAL:
        few = rng.sample(SHARES + SCHOOLS + RARE, rng.randint(1, 5))
        choose = make_column_transformer(("passthrough", few))
        return make_pipeline(choose, StandardScaler(), usual.regressor(rng, skill))
    if skill == USUAL:
        scaler = rng.choice([StandardScaler(), StandardScaler(), RobustScaler()])
        return make_pipeline(scaler, usual.regressor(rng, skill))
    roots = make_column_transformer(
        (FunctionTransformer(np.sqrt), SHARES),
        (FunctionTransformer(np.log), ["tested"]),
        ("passthrough", SCHOOLS + RARE),
    )
    steps = [*rng.choice([[], [roots], [roots]]), StandardScaler()]
    if chance(rng, 0.2):
        steps[-1] = PowerTransformer()
    if skill >= TUNED and chance(rng, 0.2):
        pairs = PolynomialFeatures(2, include_bias=False)
        few = linear_model.Lasso(10 ** rng.uniform(-2.7, -2.0))
        return make_pipeline(*steps, pairs, StandardScaler(), few)
    model = make_pipeline(*steps, usual.regressor(rng, skill))
    if chance(rng, 0.5):
        return TransformedTargetRegressor(model, func=logit, inverse_func=expit)
    return model
