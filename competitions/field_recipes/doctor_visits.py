"""Pipelines for `doctor-visits`: counts, from categories with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import dummy, ensemble, linear_model, neighbors, tree
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    TargetEncoder,
)

from field_recipes.common import USUAL, chance

if TYPE_CHECKING:
    import random

    import pandas as pd

CATEGORIES = ["plan", "form", "burden", "health"]
AMOUNTS = ["bonus", "cap", "limited"]


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a regressor of counts, from a frame with categories and gaps."""
    if skill == 0:
        return dummy.DummyRegressor(strategy="quantile", quantile=rng.uniform(0.3, 0.9))
    if skill < USUAL:
        columns = rng.sample(AMOUNTS + CATEGORIES, rng.choice([1, 2, 3, 4]))
        encode = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), columns), sparse_threshold=0
        )
        return make_pipeline(encode, _count_model(rng, skill))
    steps = [_encode_visits(rng, skill), SimpleImputer(strategy="median")]
    model = make_pipeline(*steps, _count_model(rng, skill))
    if skill == USUAL and chance(rng, 0.35):
        return model
    return TransformedTargetRegressor(model, func=np.log1p, inverse_func=np.expm1)


def _count_model(rng: random.Random, skill: int) -> Any:
    seed = rng.randrange(1 << 30)
    if skill < USUAL:
        return rng.choice(
            [
                linear_model.Ridge(10 ** rng.uniform(-1, 3)),
                tree.DecisionTreeRegressor(
                    min_samples_leaf=rng.randint(5, 200), random_state=seed
                ),
                linear_model.PoissonRegressor(alpha=10 ** rng.uniform(-3, 0)),
            ]
        )
    if skill == USUAL:
        return rng.choice(
            [
                linear_model.Ridge(),
                ensemble.HistGradientBoostingRegressor(random_state=seed),
                ensemble.RandomForestRegressor(
                    60, min_samples_leaf=rng.choice([1, 2, 5]), random_state=seed
                ),
                ensemble.GradientBoostingRegressor(random_state=seed),
                neighbors.KNeighborsRegressor(rng.choice([5, 10, 25])),
                ensemble.ExtraTreesRegressor(
                    60, min_samples_leaf=rng.choice([1, 3]), random_state=seed
                ),
            ]
        )
    return rng.choice(
        [
            ensemble.HistGradientBoostingRegressor(
                learning_rate=rng.uniform(0.03, 0.1),
                max_iter=rng.randint(80, 200),
                max_leaf_nodes=rng.randint(6, 31),
                l2_regularization=10 ** rng.uniform(-1, 1.5),
                random_state=seed,
            ),
            ensemble.RandomForestRegressor(
                80,
                min_samples_leaf=rng.randint(5, 20),
                max_features=rng.uniform(0.3, 0.8),
                random_state=seed,
            ),
            linear_model.Ridge(10 ** rng.uniform(-1, 2)),
        ]
    )


def _encode_visits(rng: random.Random, skill: int) -> Any:
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts: list[tuple[str, Any, list[str]]] = [
        ("amounts", "passthrough", AMOUNTS),
        ("categories", rng.choice([ordinal, one_hot]), CATEGORIES),
    ]
    if skill == USUAL:
        if chance(rng, 0.5):
            parts.append(("household", ordinal, ["household"]))
        return make_column_transformer(*[part[1:] for part in parts])
    levels = [["household"]]
    if chance(rng, 0.5):
        levels.append(["household", "health", "limited", "burden"])
    means = [
        (
            f"mean{number}",
            make_pipeline(
                FunctionTransformer(joined, kw_args={"columns": columns}),
                TargetEncoder(
                    target_type="continuous",
                    smooth=rng.choice(["auto", 2.0, 5.0]),
                    random_state=0,
                ),
            ),
        )
        for number, columns in enumerate(levels)
    ]
    encode = make_column_transformer(*[part[1:] for part in parts])
    return FeatureUnion([("plain", encode), *means])


def joined(frame: pd.DataFrame, columns: list[str]) -> Any:
    """Return one column that names the combination of `columns`."""
    return (
        frame[columns]
        .astype(object)
        .fillna("")
        .astype(str)
        .agg("|".join, axis=1)
        .to_numpy()[:, None]
    )
