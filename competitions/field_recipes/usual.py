"""Models for small tables of numbers, from simple to tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn import (
    discriminant_analysis,
    ensemble,
    gaussian_process,
    kernel_ridge,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)

from field_recipes.common import USUAL, calibrated

if TYPE_CHECKING:
    import random


def classifier(rng: random.Random, skill: int) -> Any:
    """Draw a classifier with probabilities for a few dozen to a few hundred rows."""
    seed = rng.randrange(1 << 30)
    if skill < USUAL:
        return rng.choice(
            [
                naive_bayes.GaussianNB(),
                tree.DecisionTreeClassifier(
                    max_depth=rng.randint(1, 3),
                    min_samples_leaf=rng.randint(8, 16),
                    random_state=seed,
                ),
                linear_model.LogisticRegression(C=10 ** rng.uniform(-2.5, 0.5)),
                neighbors.KNeighborsClassifier(rng.randint(15, 20)),
            ]
        )
    if skill == USUAL:
        return rng.choice(
            [
                linear_model.LogisticRegression(C=rng.choice([0.1, 1, 1, 10])),
                ensemble.RandomForestClassifier(
                    rng.choice([50, 100, 200]), random_state=seed
                ),
                ensemble.HistGradientBoostingClassifier(max_iter=30, random_state=seed),
                ensemble.ExtraTreesClassifier(100, random_state=seed),
                calibrated(svm.SVC()),
                neighbors.KNeighborsClassifier(rng.choice([9, 15, 21])),
                naive_bayes.GaussianNB(),
                discriminant_analysis.LinearDiscriminantAnalysis(),
            ]
        )
    return rng.choice(
        [
            linear_model.LogisticRegression(C=10 ** rng.uniform(-1.0, 0.7)),
            calibrated(
                svm.SVC(C=10 ** rng.uniform(0, 1.5), gamma=rng.uniform(0.02, 0.2))
            ),
            ensemble.ExtraTreesClassifier(
                150,
                min_samples_leaf=rng.randint(1, 3),
                max_features=rng.uniform(0.3, 0.9),
                random_state=seed,
            ),
            discriminant_analysis.QuadraticDiscriminantAnalysis(
                reg_param=rng.uniform(0.1, 0.6)
            ),
            discriminant_analysis.LinearDiscriminantAnalysis(
                solver="lsqr", shrinkage=rng.uniform(0.05, 0.4)
            ),
            neural_network.MLPClassifier(
                (rng.choice([8, 16, 32]),),
                alpha=10 ** rng.uniform(-1, 0.7),
                learning_rate_init=0.01,
                max_iter=150,
                random_state=seed,
            ),
        ]
    )


def regressor(rng: random.Random, skill: int) -> Any:
    """Draw a regressor for a few hundred rows of scaled numbers."""
    seed = rng.randrange(1 << 30)
    if skill < USUAL:
        return rng.choice(
            [
                linear_model.Ridge(10 ** rng.uniform(-1, 2)),
                tree.DecisionTreeRegressor(
                    max_depth=rng.randint(1, 5),
                    min_samples_leaf=rng.randint(3, 25),
                    random_state=seed,
                ),
                neighbors.KNeighborsRegressor(rng.randint(3, 40)),
            ]
        )
    if skill == USUAL:
        return rng.choice(
            [
                linear_model.LinearRegression(),
                linear_model.Ridge(rng.choice([0.1, 1.0, 10.0])),
                ensemble.RandomForestRegressor(
                    rng.choice([50, 100, 150]), random_state=seed
                ),
                ensemble.GradientBoostingRegressor(random_state=seed),
                ensemble.HistGradientBoostingRegressor(max_iter=60, random_state=seed),
                ensemble.ExtraTreesRegressor(100, random_state=seed),
                neighbors.KNeighborsRegressor(rng.choice([5, 10, 20])),
                linear_model.HuberRegressor(),
            ]
        )
    return rng.choice(
        [
            linear_model.Ridge(10 ** rng.uniform(0, 2)),
            linear_model.BayesianRidge(),
            linear_model.HuberRegressor(
                epsilon=rng.uniform(1.1, 2), alpha=10 ** rng.uniform(-1, 1.5)
            ),
            kernel_ridge.KernelRidge(
                alpha=10 ** rng.uniform(-1, 0.7),
                kernel="rbf",
                gamma=10 ** rng.uniform(-2.5, -1.3),
            ),
            ensemble.ExtraTreesRegressor(
                120,
                min_samples_leaf=rng.randint(2, 8),
                max_features=rng.uniform(0.3, 0.9),
                random_state=seed,
            ),
            ensemble.GradientBoostingRegressor(
                learning_rate=rng.uniform(0.03, 0.08),
                n_estimators=rng.randint(50, 120),
                max_depth=rng.randint(1, 3),
                subsample=rng.uniform(0.5, 0.9),
                random_state=seed,
            ),
            gaussian_process.GaussianProcessRegressor(
                gaussian_process.kernels.RBF(rng.uniform(4, 12))
                + gaussian_process.kernels.WhiteKernel(rng.uniform(0.3, 1.0)),
                optimizer=None,
                normalize_y=True,
            ),
        ]
    )
