"""A reference field: pipelines trained by machine, so that a score has company.

Each entrant draws a model, a share of the rows and a share of the columns, is trained
once and scored once on the test.  The usual medal rule turns the field into lines.  A
medal then means as good as the better part of this field, and says nothing of people.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from mle_toolkit.competitions.creating.problem import Problem

_MAX_ROWS = 20_000
_MAX_LEVELS = 40
_LONG_TEXT = 25


@dataclass(frozen=True, slots=True)
class Entrant:
    """One line of the leaderboard."""

    score: float
    pipeline: str


def enter_field(
    problem: Problem,
    train: pd.DataFrame,
    test: pd.DataFrame,
    *,
    n_entrants: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> list[Entrant]:
    """Train the field and return its entrants, best first.

    Parameters
    ----------
    problem
        What is predicted.
    train, test
        Rows with features and targets.
    n_entrants
        How many lines the leaderboard gets.
    rng
        All draws come from it.
    progress
        Called with the number of entrants done and of all.
    """
    truth = problem.answers(test)
    entrants = []
    for number in range(n_entrants):
        if number == 0:
            guess = problem.baseline(train, len(test))
            entrants.append(_enter(problem, truth, guess, "no features"))
        else:
            entrants.append(_train(problem, train, test, truth, rng))
        if progress is not None:
            progress(number + 1, n_entrants)
    # A pipeline that cannot be scored is no entrant.
    entrants = [each for each in entrants if np.isfinite(each.score)]
    sign = 1 if problem.metric.lower_is_better else -1
    return sorted(entrants, key=lambda each: sign * each.score)


def _train(
    problem: Problem,
    train: pd.DataFrame,
    test: pd.DataFrame,
    truth: pd.DataFrame,
    rng: np.random.Generator,
) -> Entrant:
    features = [name for name in test.columns if name not in problem.targets]
    share = float(rng.uniform(0.3, 1.0))
    n_rows = min(_MAX_ROWS, max(5, round(share * len(train))))
    rows = train.iloc[np.sort(rng.permutation(len(train))[:n_rows])]
    n_columns = max(1, round(float(rng.uniform(0.4, 1.0)) * len(features)))
    columns = [features[i] for i in np.sort(rng.permutation(len(features))[:n_columns])]
    model, name = _draw_model(problem, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = _pipeline(rows[columns], model)
        target = rows[list(problem.targets)]
        pipeline.fit(rows[columns], target.to_numpy().squeeze())
        guess = _predict(problem, pipeline, test[columns])
    what = f"{name}; {n_columns} of {len(features)} columns; {len(rows)} rows"
    return _enter(problem, truth, guess, what)


def _enter(
    problem: Problem, truth: pd.DataFrame, guess: pd.DataFrame, pipeline: str
) -> Entrant:
    values = [table.to_numpy() for table in (truth, guess[list(problem.columns)])]
    if problem.is_numeric:
        values = [table.astype(float) for table in values]
    with np.errstate(all="ignore"):
        score = problem.metric(*values)
    return Entrant(round(score, 5), pipeline)


def _predict(problem: Problem, pipeline: Any, X: pd.DataFrame) -> pd.DataFrame:
    if not problem.form.startswith("probab"):
        values = np.asarray(pipeline.predict(X)).reshape(len(X), -1)
        if problem.minimum is not None:
            values = np.maximum(values, problem.minimum)
        return pd.DataFrame(values, columns=list(problem.columns))
    known = pd.DataFrame(pipeline.predict_proba(X), columns=list(pipeline.classes_))
    shares = known.reindex(columns=list(problem.classes), fill_value=0.0)
    if problem.form == "probability":
        shares = shares.iloc[:, 1:]
    return shares.set_axis(list(problem.columns), axis=1)


def _draw_model(problem: Problem, rng: np.random.Generator) -> tuple[Any, str]:
    from sklearn import ensemble, linear_model, neighbors, tree

    seed = int(rng.integers(1 << 30))
    leaf = int(rng.integers(1, 20))
    strength = float(10 ** rng.uniform(-2, 2))
    rate = float(10 ** rng.uniform(-1.7, -0.5))
    rounds = int(rng.integers(30, 150))
    forest = {"n_estimators": 60, "min_samples_leaf": leaf, "random_state": seed}
    boost = {"learning_rate": rate, "max_iter": rounds, "random_state": seed}
    if problem.is_classification:
        models = (
            linear_model.LogisticRegression(C=strength, max_iter=300),
            neighbors.KNeighborsClassifier(n_neighbors=3 + leaf),
            tree.DecisionTreeClassifier(min_samples_leaf=leaf, random_state=seed),
            ensemble.RandomForestClassifier(**forest),
            ensemble.ExtraTreesClassifier(**forest),
            ensemble.HistGradientBoostingClassifier(**boost),
        )
    else:
        models = (
            linear_model.Ridge(alpha=strength),
            neighbors.KNeighborsRegressor(n_neighbors=3 + leaf),
            tree.DecisionTreeRegressor(min_samples_leaf=leaf, random_state=seed),
            ensemble.RandomForestRegressor(**forest),
            ensemble.ExtraTreesRegressor(**forest),
            _each_target(ensemble.HistGradientBoostingRegressor(**boost), problem),
        )
    model = models[int(rng.integers(len(models)))]
    return model, type(model).__name__


def _each_target(model: Any, problem: Problem) -> Any:
    if len(problem.targets) == 1:
        return model
    from sklearn.multioutput import MultiOutputRegressor

    return MultiOutputRegressor(model)


def _pipeline(X: pd.DataFrame, model: Any) -> Any:
    """Return the model behind what its kinds of columns need."""
    from sklearn.compose import make_column_transformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    steps: list[tuple[Any, Any]] = []
    for name in X.columns:
        kind = _kind(X[name])
        if kind == "number":
            fill = SimpleImputer(keep_empty_features=True)
            steps.append((make_pipeline(fill, StandardScaler()), [name]))
        elif kind == "text":
            words = TfidfVectorizer(max_features=500, preprocessor=_plain_text)
            steps.append((words, name))
        else:
            levels = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=_MAX_LEVELS,
                sparse_output=False,
            )
            steps.append((levels, [name]))
    return make_pipeline(make_column_transformer(*steps, sparse_threshold=0), model)


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "number"
    lengths = column.dropna().astype(str).str.len()
    is_text = column.nunique() > _MAX_LEVELS and lengths.mean() > _LONG_TEXT
    return "text" if is_text else "levels"


def _plain_text(value: object) -> str:
    return str(value).lower()
