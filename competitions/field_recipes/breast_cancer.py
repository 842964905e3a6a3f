"""Pipelines for `breast-cancer`: measurements with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from sklearn.compose import make_column_transformer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from field_recipes.common import TUNED, USUAL, calibrated, chance

if TYPE_CHECKING:
    import random


def draw(rng: random.Random, skill: int) -> Pipeline:
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
            calibrated(
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
