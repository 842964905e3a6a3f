"""The kinds of models that the offline model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mle_toolkit.models.offline import costs
from mle_toolkit.models.offline.family import Family, Size

if TYPE_CHECKING:
    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.recipe import Recipe

_TREES = {
    "n_estimators": (30, 60, 100, 150, 250),
    "min_samples_leaf": (1, 2, 4, 8, 16),
    "max_features": ("sqrt", 0.3, 0.6),
}
_BOOSTING = {
    "learning_rate": (0.03, 0.06, 0.1, 0.2),
    "max_iter": (25, 50, 80, 130, 200),
    "max_leaf_nodes": (5, 8, 15, 31),
    "l2_regularization": (0.0, 1.0, 10.0),
}
_NETWORK = {
    "hidden_layer_sizes": ((16,), (32,), (64,), (64, 32), (128,)),
    "alpha": (0.0001, 0.001, 0.01, 0.1, 1.0, 3.0),
    "learning_rate_init": (0.001, 0.003, 0.01),
    "max_iter": (20, 40, 70),
}
_NEIGHBOURS = {
    "n_neighbors": (3, 5, 8, 12, 20, 35),
    "weights": ("uniform", "distance"),
}
_TREE = {
    "max_depth": (2, 4, 6, 9),
    "min_samples_leaf": (2, 5, 10, 25),
}


def _by_name(*items: Family) -> dict[str, Family]:
    return {item.name: item for item in items}


CLASSIFIERS = _by_name(
    Family(
        name="logistic",
        label="logistic regression",
        module="sklearn.linear_model",
        estimator="LogisticRegression",
        grid={"C": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)},
        fixed="max_iter=500",
        cost=costs.linear,
        scaled=True,
        renown=1.5,
    ),
    Family(
        name="naive_bayes",
        promise=0.4,
        label="naive Bayes",
        module="sklearn.naive_bayes",
        estimator="GaussianNB",
        grid={"var_smoothing": (1e-9, 1e-4, 0.01, 0.1)},
        cost=costs.linear,
        renown=0.7,
    ),
    Family(
        name="neighbours",
        label="nearest neighbours",
        module="sklearn.neighbors",
        estimator="KNeighborsClassifier",
        grid=_NEIGHBOURS,
        cost=costs.neighbours,
        scaled=True,
    ),
    Family(
        name="tree",
        promise=0.2,
        label="a single decision tree",
        module="sklearn.tree",
        estimator="DecisionTreeClassifier",
        grid=_TREE,
        cost=costs.trees(7e-8),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="forest",
        label="a random forest",
        module="sklearn.ensemble",
        estimator="RandomForestClassifier",
        grid=_TREES,
        cost=costs.trees(7e-8),
        takes_holes=True,
        seeded=True,
        renown=2.0,
    ),
    Family(
        name="extra_trees",
        label="extremely randomised trees",
        module="sklearn.ensemble",
        estimator="ExtraTreesClassifier",
        grid=_TREES,
        cost=costs.trees(3e-8),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="boosting",
        label="histogram gradient boosting",
        module="sklearn.ensemble",
        estimator="HistGradientBoostingClassifier",
        grid=_BOOSTING,
        cost=costs.boosting,
        takes_holes=True,
        seeded=True,
        renown=1.5,
    ),
    Family(
        name="svm",
        label="a support vector machine",
        module="sklearn.svm",
        estimator="SVC",
        grid={"C": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)},
        cost=costs.svm,
        scaled=True,
        calibrated=True,
    ),
    Family(
        name="network",
        label="a small neural network",
        module="sklearn.neural_network",
        estimator="MLPClassifier",
        grid=_NETWORK,
        cost=costs.network,
        scaled=True,
        seeded=True,
    ),
    Family(
        name="lda",
        label="linear discriminant analysis",
        module="sklearn.discriminant_analysis",
        estimator="LinearDiscriminantAnalysis",
        grid={"shrinkage": (0.01, 0.03, 0.1, 0.3, 0.6)},
        fixed='solver="lsqr"',
        cost=costs.linear,
        scaled=True,
        renown=0.7,
    ),
    Family(
        name="qda",
        label="quadratic discriminant analysis",
        module="sklearn.discriminant_analysis",
        estimator="QuadraticDiscriminantAnalysis",
        grid={"reg_param": (0.0, 0.03, 0.1, 0.25, 0.5)},
        cost=costs.linear,
        scaled=True,
        renown=1.2,
    ),
)
REGRESSORS = _by_name(
    Family(
        name="ridge",
        label="ridge regression",
        module="sklearn.linear_model",
        estimator="Ridge",
        grid={"alpha": (0.1, 1.0, 10.0, 100.0)},
        cost=costs.linear,
        scaled=True,
        renown=1.5,
    ),
    Family(
        name="poisson",
        label="Poisson regression",
        module="sklearn.linear_model",
        estimator="PoissonRegressor",
        grid={"alpha": (0.0001, 0.01, 0.1, 1.0)},
        fixed="max_iter=300",
        cost=costs.linear,
        scaled=True,
        renown=0.7,
    ),
    Family(
        name="gamma",
        promise=0.3,
        label="gamma regression",
        module="sklearn.linear_model",
        estimator="GammaRegressor",
        grid={"alpha": (0.0001, 0.01, 0.1, 1.0)},
        fixed="max_iter=300",
        cost=costs.linear,
        scaled=True,
        renown=0.3,
    ),
    Family(
        name="neighbours",
        label="nearest neighbours",
        module="sklearn.neighbors",
        estimator="KNeighborsRegressor",
        grid=_NEIGHBOURS,
        cost=costs.neighbours,
        scaled=True,
        renown=0.7,
    ),
    Family(
        name="tree",
        promise=0.2,
        label="a single decision tree",
        module="sklearn.tree",
        estimator="DecisionTreeRegressor",
        grid=_TREE,
        cost=costs.trees(1e-7),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="forest",
        label="a random forest",
        module="sklearn.ensemble",
        estimator="RandomForestRegressor",
        grid=_TREES,
        cost=costs.trees(1e-7),
        takes_holes=True,
        seeded=True,
        renown=2.0,
    ),
    Family(
        name="extra_trees",
        label="extremely randomised trees",
        module="sklearn.ensemble",
        estimator="ExtraTreesRegressor",
        grid=_TREES,
        cost=costs.trees(4e-8),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="boosting",
        label="histogram gradient boosting",
        module="sklearn.ensemble",
        estimator="HistGradientBoostingRegressor",
        grid=_BOOSTING,
        cost=costs.boosting,
        takes_holes=True,
        seeded=True,
        renown=1.5,
    ),
    Family(
        name="network",
        label="a small neural network",
        module="sklearn.neural_network",
        estimator="MLPRegressor",
        grid=_NETWORK,
        cost=costs.network,
        scaled=True,
        seeded=True,
    ),
)


def families(problem: Problem) -> dict[str, Family]:
    """Return the families that fit the problem, by name."""
    return CLASSIFIERS if problem.is_classification else REGRESSORS


def allows(family: Family, problem: Problem) -> bool:
    """Say whether the family can learn a label of this range."""
    if problem.time and family.name in {"poisson", "gamma"}:
        # What a trend leaves over lies on both sides of 0.
        return False
    if family.name == "poisson":
        return not problem.label_low < 0
    return not (family.name == "gamma" and problem.label_low <= 0)


def seconds(recipe: Recipe, problem: Problem) -> float:
    """Return how long the recipe's program will take on one core, roughly."""
    rows = min(recipe.sample_rows or problem.rows, problem.rows)
    size = Size(
        rows=max(1, rows * (recipe.folds - 1) // recipe.folds),
        columns=_width(recipe, problem),
        outputs=problem.outputs,
        predicted=rows // recipe.folds + problem.test_rows,
    )
    known = families(problem)
    fits = sum(known[m.family].cost(dict(m.params), size) for m in recipe.members)
    if recipe.scale == "power":
        scaled = sum(known[m.family].scaled for m in recipe.members)
        fits += scaled * costs.power(size)
    targets = len(problem.targets) if problem.label in problem.targets else 1
    reading = 1e-5 * (problem.rows + problem.test_rows) * problem.is_pixelwise
    return 0.3 + reading + recipe.folds * targets * fits


def _width(recipe: Recipe, problem: Problem) -> int:
    """Return how many features the models see, roughly."""
    width = problem.columns
    words = len(problem.words) + len(problem.codes)
    if recipe.encode == "onehot":
        width += 10 * words
    elif recipe.encode == "dummies":
        width += 10 * len(problem.words) + problem.rows // 10 * len(problem.codes)
    added = {
        "edges": 2 * problem.side**2,
        "profiles": 2 * problem.side,
        "logs": problem.numbers,
        "signed_logs": problem.numbers,
        "gaps": problem.numbers,
        "products": 28,
        "ratios": 6,
        "safe_ratios": 6,
    }
    return max(1, width + sum(added.get(block, 3) for block in recipe.blocks))
