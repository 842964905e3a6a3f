"""The kinds of models that the offline model knows, and what it knows of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.models.offline.recipe import Member

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.recipe import Recipe

    Cost = Callable[[Mapping[str, Any], "Size"], float]


@dataclass(frozen=True, slots=True)
class Size:
    """How much one fit has to learn from, and to predict."""

    rows: int
    columns: int
    outputs: int
    predicted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of model.

    Attributes
    ----------
    name, label
        Short name, used in programs, and its name in prose.
    module, estimator
        Where to import it from.
    grid
        The values to choose each setting from, in ascending order.
    fixed
        Settings that stay as they are, as source text.
    scaled
        It wants features of like scale.
    takes_holes
        It copes with missing values.
    calibrated
        It needs a wrapper to give probabilities.
    seeded
        It takes a seed.
    renown
        How likely one is to think of it first.
    cost
        Seconds that a fit and its predictions take on one core, roughly.
    """

    name: str
    label: str
    module: str
    estimator: str
    grid: dict[str, tuple[Any, ...]]
    cost: Cost
    fixed: str = ""
    scaled: bool = False
    takes_holes: bool = False
    calibrated: bool = False
    seeded: bool = False
    renown: float = 1.0

    def draw(self, rng: random.Random) -> Member:
        """Return a member with settings from the grid, the middle ones likelier."""
        params = tuple((name, _middling(rng, grid)) for name, grid in self.grid.items())
        return Member(self.name, params)


def families(problem: Problem) -> dict[str, Family]:
    """Return the families that fit the problem, by name."""
    return CLASSIFIERS if problem.is_classification else REGRESSORS


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
    targets = len(problem.targets) if problem.label in problem.targets else 1
    return 0.3 + recipe.folds * targets * fits


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


def _middling(rng: random.Random, grid: tuple[Any, ...]) -> Any:
    draws = sorted(rng.random() for _ in range(2))
    return grid[int(sum(draws) / 2 * len(grid))]


def _linear(_: Mapping[str, Any], size: Size) -> float:
    return 0.01 + 3e-8 * size.rows * size.columns * size.outputs


def _neighbours(_: Mapping[str, Any], size: Size) -> float:
    return 0.01 + 9e-9 * size.rows * size.predicted


def _trees(per_split: float) -> Cost:
    def cost(params: Mapping[str, Any], size: Size) -> float:
        share = params.get("max_features", 0.5)
        columns = (
            size.columns * share
            if isinstance(share, float)
            else (math.sqrt(size.columns))
        )
        leaf = 1 / math.sqrt(params.get("min_samples_leaf", 1))
        work = size.rows * columns * math.log2(size.rows + 1) * leaf
        count = params.get("n_estimators", 1)
        return float(count) * (1e-3 + per_split * work + 2e-6 * size.predicted)

    return cost


def _boosting(params: Mapping[str, Any], size: Size) -> float:
    trees = params["max_iter"] * (size.outputs if size.outputs > 2 else 1)  # noqa: PLR2004
    tree = 5e-4 + 3e-5 * size.columns + 1e-8 * size.rows * size.columns
    leaves = 0.6 + params["max_leaf_nodes"] / 40
    return float(trees * (tree * leaves + 2e-7 * size.predicted))


def _svm(_: Mapping[str, Any], size: Size) -> float:
    work = size.rows**2 + 0.3 * size.rows * size.predicted
    return 0.02 + 6e-9 * work * (size.columns + 8)


def _network(params: Mapping[str, Any], size: Size) -> float:
    width = 0.5 + sum(params["hidden_layer_sizes"]) / 100
    return float(0.01 + params["max_iter"] * 2.2e-6 * size.rows * width)


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
        cost=_linear,
        scaled=True,
        renown=1.5,
    ),
    Family(
        name="naive_bayes",
        label="naive Bayes",
        module="sklearn.naive_bayes",
        estimator="GaussianNB",
        grid={"var_smoothing": (1e-9, 1e-4, 0.01, 0.1)},
        cost=_linear,
        renown=0.7,
    ),
    Family(
        name="neighbours",
        label="nearest neighbours",
        module="sklearn.neighbors",
        estimator="KNeighborsClassifier",
        grid=_NEIGHBOURS,
        cost=_neighbours,
        scaled=True,
    ),
    Family(
        name="tree",
        label="a single decision tree",
        module="sklearn.tree",
        estimator="DecisionTreeClassifier",
        grid=_TREE,
        cost=_trees(7e-8),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="forest",
        label="a random forest",
        module="sklearn.ensemble",
        estimator="RandomForestClassifier",
        grid=_TREES,
        cost=_trees(7e-8),
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
        cost=_trees(3e-8),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="boosting",
        label="histogram gradient boosting",
        module="sklearn.ensemble",
        estimator="HistGradientBoostingClassifier",
        grid=_BOOSTING,
        cost=_boosting,
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
        cost=_svm,
        scaled=True,
        calibrated=True,
    ),
    Family(
        name="network",
        label="a small neural network",
        module="sklearn.neural_network",
        estimator="MLPClassifier",
        grid=_NETWORK,
        cost=_network,
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
        cost=_linear,
        scaled=True,
        renown=0.7,
    ),
    Family(
        name="qda",
        label="quadratic discriminant analysis",
        module="sklearn.discriminant_analysis",
        estimator="QuadraticDiscriminantAnalysis",
        grid={"reg_param": (0.0, 0.03, 0.1, 0.25, 0.5)},
        cost=_linear,
        scaled=True,
        renown=0.7,
    ),
)
REGRESSORS = _by_name(
    Family(
        name="ridge",
        label="ridge regression",
        module="sklearn.linear_model",
        estimator="Ridge",
        grid={"alpha": (0.1, 1.0, 10.0, 100.0)},
        cost=_linear,
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
        cost=_linear,
        scaled=True,
        renown=0.7,
    ),
    Family(
        name="gamma",
        label="gamma regression",
        module="sklearn.linear_model",
        estimator="GammaRegressor",
        grid={"alpha": (0.0001, 0.01, 0.1, 1.0)},
        fixed="max_iter=300",
        cost=_linear,
        scaled=True,
        renown=0.3,
    ),
    Family(
        name="neighbours",
        label="nearest neighbours",
        module="sklearn.neighbors",
        estimator="KNeighborsRegressor",
        grid=_NEIGHBOURS,
        cost=_neighbours,
        scaled=True,
        renown=0.7,
    ),
    Family(
        name="tree",
        label="a single decision tree",
        module="sklearn.tree",
        estimator="DecisionTreeRegressor",
        grid=_TREE,
        cost=_trees(1e-7),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="forest",
        label="a random forest",
        module="sklearn.ensemble",
        estimator="RandomForestRegressor",
        grid=_TREES,
        cost=_trees(1e-7),
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
        cost=_trees(4e-8),
        takes_holes=True,
        seeded=True,
    ),
    Family(
        name="boosting",
        label="histogram gradient boosting",
        module="sklearn.ensemble",
        estimator="HistGradientBoostingRegressor",
        grid=_BOOSTING,
        cost=_boosting,
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
        cost=_network,
        scaled=True,
        seeded=True,
    ),
)
