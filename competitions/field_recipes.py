"""What the machine-made entrants of the reference field draw their pipelines from.

Each function draws one pipeline for one competition at one level of skill.  Levels:
0 looks at the target alone, 1 uses part of the data and simple models, 2 a usual
model with its usual settings, 3 better features and tuned settings, 4 the same with
several of them averaged.
"""

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
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

if TYPE_CHECKING:
    import random

    import pandas as pd

USUAL, TUNED = 2, 3
SIDE = 8
CATEGORIES = ["plan", "form", "burden", "health"]
AMOUNTS = ["bonus", "cap", "limited"]


def digits(rng: random.Random, skill: int) -> Pipeline:
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


def breast_cancer(rng: random.Random, skill: int) -> Pipeline:
    """Draw a classifier of measurements with gaps."""
    if skill == 0:
        return make_pipeline(SimpleImputer(), dummy.DummyClassifier())
    if skill < USUAL:
        few = rng.sample(range(20), rng.choice([1, 2, 3, 4, 6]))
        columns = few if chance(rng, 0.7) else list(range(10, 20))
        choose = make_column_transformer(("passthrough", columns))
        return make_pipeline(
            choose, SimpleImputer(), StandardScaler(), _tumour_model(rng, skill)
        )
    imputers = [SimpleImputer(), SimpleImputer(strategy="median")]
    if skill >= TUNED:
        imputers.append(KNNImputer(n_neighbors=rng.choice([3, 5, 10, 15])))
    scalers = [StandardScaler(), StandardScaler(), RobustScaler()]
    if skill >= TUNED:
        quantiles = QuantileTransformer(
            n_quantiles=50, output_distribution="normal", random_state=0
        )
        scalers = [StandardScaler(), PowerTransformer(), PowerTransformer(), quantiles]
    steps = [rng.choice(imputers), rng.choice(scalers)]
    if skill == USUAL and chance(rng, 0.3):
        steps = [make_column_transformer(("passthrough", list(range(10)))), *steps]
    if skill >= TUNED and chance(rng, 0.15):
        pairs = PolynomialFeatures(2, interaction_only=True, include_bias=False)
        linear = linear_model.LogisticRegression(C=10 ** rng.uniform(-3, -1.5))
        return make_pipeline(*steps, pairs, StandardScaler(), linear)
    return make_pipeline(*steps, _tumour_model(rng, skill))


def doctor_visits(rng: random.Random, skill: int) -> Any:
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


def chance(rng: random.Random, share: float) -> bool:
    """Draw whether something happens that happens in that share of cases."""
    return rng.random() < share


def average(models: list[Any], *, classify: bool) -> Any:
    """Return the models as one, which averages their predictions."""
    named = [(f"m{number}", model) for number, model in enumerate(models)]
    if classify:
        return ensemble.VotingClassifier(named, voting="soft")
    return ensemble.VotingRegressor(named)


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
                _calibrated(svm.SVC(gamma="scale")),
                neural_network.MLPClassifier((50,), max_iter=60, random_state=seed),
            ]
        )
    return rng.choice(
        [
            _calibrated(svm.SVC(C=10 ** rng.uniform(0.3, 1.5), gamma="scale")),
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


def _tumour_model(rng: random.Random, skill: int) -> Any:
    seed = rng.randrange(1 << 30)
    if skill < USUAL:
        return rng.choice(
            [
                naive_bayes.GaussianNB(),
                tree.DecisionTreeClassifier(
                    max_depth=rng.randint(1, 5),
                    min_samples_leaf=rng.randint(1, 12),
                    random_state=seed,
                ),
                linear_model.LogisticRegression(C=10 ** rng.uniform(-3, 1)),
                neighbors.KNeighborsClassifier(rng.randint(3, 31)),
            ]
        )
    if skill == USUAL:
        return rng.choice(
            [
                linear_model.LogisticRegression(C=rng.choice([0.1, 1, 1, 10])),
                ensemble.RandomForestClassifier(
                    rng.choice([100, 200]), random_state=seed
                ),
                ensemble.GradientBoostingClassifier(random_state=seed),
                ensemble.HistGradientBoostingClassifier(max_iter=60, random_state=seed),
                ensemble.AdaBoostClassifier(random_state=seed),
                svm.SVC(),
                neighbors.KNeighborsClassifier(rng.choice([5, 9, 15, 25])),
                naive_bayes.GaussianNB(),
                discriminant_analysis.LinearDiscriminantAnalysis(),
            ]
        )
    return rng.choice(
        [
            linear_model.LogisticRegression(C=10 ** rng.uniform(-2, 0.3)),
            linear_model.LogisticRegression(
                C=10 ** rng.uniform(-1, 0.5),
                l1_ratio=1.0,
                solver="liblinear",
            ),
            _calibrated(
                svm.SVC(
                    C=10 ** rng.uniform(-0.5, 1.0), gamma=10 ** rng.uniform(-2.5, -1)
                )
            ),
            ensemble.ExtraTreesClassifier(
                200, min_samples_leaf=rng.randint(1, 4), random_state=seed
            ),
            neighbors.KNeighborsClassifier(rng.randint(9, 31), weights="distance"),
            discriminant_analysis.QuadraticDiscriminantAnalysis(
                reg_param=rng.uniform(0.1, 0.6)
            ),
            neural_network.MLPClassifier(
                (rng.choice([8, 16, 32]),),
                alpha=10 ** rng.uniform(-1, 1),
                max_iter=150,
                random_state=seed,
            ),
        ]
    )


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


def _calibrated(model: Any) -> CalibratedClassifierCV:
    return CalibratedClassifierCV(model, method="sigmoid", cv=3, ensemble=False)


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
