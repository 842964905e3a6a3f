"""Train the reference field: ``python competitions/reference_field.py [ID ...]``.

An offline competition has no history of human entrants, so its leaderboard is made
by machine: 120 pipelines, from the mean of the target to tuned and averaged models,
each trained on its own share of the training rows.  An entrant draws some pipelines
for its level of skill, keeps the one that does best on rows it has set aside, and
is scored on the test set once.  No entrant sees the answers.

The result depends on the seed in this file and on the version of scikit-learn; it
takes a few minutes.  Nothing of it is used at run time but ``leaderboard.csv``.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import sys
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import field_recipes as recipes
import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits

from mle_toolkit.competitions.cards import Card, load_card
from mle_toolkit.competitions.data import prepare
from mle_toolkit.competitions.metrics import get_metric

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 2024
# How many pipelines an entrant tries at each level of skill.
TRIES = (1, 1, 2, 3, 4)
AVERAGING = 4
ASIDE = 0.25


@dataclass(frozen=True)
class Setting:
    """How the field enters one competition; `entrants` counts them by skill."""

    draw: Callable[[random.Random, int], Any]
    target: str
    id_column: str
    classify: bool
    entrants: tuple[int, ...]

    def split(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
        """Return the features and the target."""
        return rows.drop(columns=[self.id_column, self.target]), rows[self.target]


SETTINGS = {
    "digits": Setting(
        recipes.digits,
        "label",
        "image",
        classify=True,
        entrants=(2, 14, 38, 40, 26),
    ),
    "breast-cancer": Setting(
        recipes.breast_cancer,
        "malignant",
        "sample",
        classify=True,
        entrants=(2, 14, 38, 40, 26),
    ),
    "doctor-visits": Setting(
        recipes.doctor_visits,
        "visits",
        "id",
        classify=False,
        entrants=(3, 17, 48, 32, 20),
    ),
}


@dataclass(frozen=True)
class Entry:
    """One line of the leaderboard."""

    score: float
    pipeline: str


def main(ids: list[str]) -> None:
    """Write ``leaderboard.csv`` of the competitions named, else of all."""
    for competition in ids or list(SETTINGS):
        begun = time.perf_counter()
        card = load_card(competition)
        prepare(card.id)
        jobs = [
            (card.id, level, number)
            for level, entrants in enumerate(SETTINGS[card.id].entrants)
            for number in range(entrants)
        ]
        with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
            entries = pool.starmap(enter, jobs, chunksize=4)
        entries.sort(key=lambda entry: entry.score, reverse=not card.lower_is_better)
        write(card, entries)
        seconds = time.perf_counter() - begun
        print(f"{card.id}: {len(entries)} entries in {seconds:.0f} s")


def enter(competition: str, level: int, number: int) -> Entry:
    """Train one entrant and score it once."""
    card, setting = load_card(competition), SETTINGS[competition]
    rng = random.Random(f"{SEED}/{competition}/{level}/{number}")  # noqa: S311
    np.random.seed(rng.randrange(1 << 30))  # noqa: NPY002 - estimators without a seed
    train, test, answers = _read(card)
    share = rng.uniform(0.3, 0.8) if level < recipes.USUAL else rng.uniform(0.7, 1.0)
    rows = train.sample(frac=share, random_state=rng.randrange(1 << 30))
    X, y = setting.split(rows)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = _choose(card, rng, level, rows)
        model.fit(X, y)
        predicted = _predict(model, test[X.columns], setting)
    truth = answers[list(card.target_columns)].to_numpy(float)
    score = round(get_metric(card.metric)(truth, predicted), 5)
    return Entry(score, f"{_describe(model)}; {share:.0%} of rows")


def write(card: Card, entries: list[Entry]) -> None:
    """Write the leaderboard, best first."""
    path = card.folder / "leaderboard.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["score", "pipeline"])
        writer.writerows([f"{entry.score:.5f}", entry.pipeline] for entry in entries)


def _read(card: Card) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    ready = prepare(card.id)
    return (
        pd.read_csv(ready.public / card.files.train),
        pd.read_csv(ready.public / card.files.test),
        pd.read_csv(ready.private / card.files.answers),
    )


def _choose(card: Card, rng: random.Random, level: int, rows: pd.DataFrame) -> Any:
    setting = SETTINGS[card.id]
    skill = min(level, recipes.TUNED)
    drawn = [setting.draw(rng, skill) for _ in range(TRIES[level])]
    if len(drawn) == 1:
        return drawn[0]
    fit, aside = train_test_split(
        rows, test_size=ASIDE, random_state=rng.randrange(1 << 30)
    )
    X_aside, y_aside = setting.split(aside)
    truth = _as_answers(y_aside, setting, n_columns=len(card.target_columns))
    metric = get_metric(card.metric)
    scores = [
        metric(truth, _predict(model.fit(*setting.split(fit)), X_aside, setting))
        for model in drawn
    ]
    order = np.argsort(scores if metric.lower_is_better else np.negative(scores))
    if level < AVERAGING:
        return drawn[order[0]]
    return recipes.average([drawn[i] for i in order[:2]], classify=setting.classify)


def _predict(model: Any, X: pd.DataFrame, setting: Setting) -> Any:
    if not setting.classify:
        return np.clip(model.predict(X), 0, None)[:, None]
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(X)
        return shares[:, 1:] if shares.shape[1] == 2 else shares  # noqa: PLR2004
    return model.decision_function(X)[:, None]


def _as_answers(y: pd.Series, setting: Setting, *, n_columns: int) -> Any:
    if setting.classify and n_columns > 1:
        return (y.to_numpy()[:, None] == np.arange(n_columns)).astype(float)
    return y.to_numpy(float)[:, None]


def _describe(model: Any) -> str:
    match model:
        case Pipeline():
            text = " + ".join(_describe(step) for _, step in model.steps)
        case FeatureUnion():
            text = " and ".join(_describe(part) for _, part in model.transformer_list)
        case VotingClassifier() | VotingRegressor():
            text = " and ".join(f"[{_describe(part)}]" for _, part in model.estimators)
        case TransformedTargetRegressor():
            text = f"log of target: {_describe(model.regressor)}"
        case CalibratedClassifierCV():
            text = f"calibrated {_describe(model.estimator)}"
        case ColumnTransformer():
            names = [str(name) for *_, part in model.transformers for name in part]
            text = f"columns {' '.join(names)}"
        case FunctionTransformer():
            columns = (model.kw_args or {}).get("columns", ())
            text = " ".join([model.func.__name__.replace("_", " "), *columns])
        case _:
            text = f"{type(model).__name__}({', '.join(_changed(model))})"
    return text


def _changed(model: Any) -> list[str]:
    usual = type(model)().get_params(deep=False)
    return [
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in model.get_params(deep=False).items()
        if str(value) != str(usual[name]) and name != "random_state"
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
