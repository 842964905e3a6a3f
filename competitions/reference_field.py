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

import argparse
import csv
import functools
import multiprocessing
import os
import random
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from field_recipes import (
    breast_cancer,
    co2,
    common,
    diabetes,
    digits,
    doctor_visits,
    faces,
    page,
    party_identification,
    school_districts,
    wine,
)
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
    from pathlib import Path

SEED = 2024
# How many pipelines an entrant tries at each level of skill.
TRIES = (1, 1, 2, 3, 4)
AVERAGING = 4
ASIDE = 0.25
TARGETS = {"log1p": "log", "sqrt": "root", "logit": "logit"}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How the field enters one competition.

    Attributes
    ----------
    draw
        Draws a pipeline for a level of skill.
    target, id_column
        The columns of the training rows that are no features.
    entrants
        How many there are at each level of skill.
    classes
        The values of the target in the order of the submission's columns; none for
        a number.
    group, time
        Rows of one group are set aside together; of a series, the last rows are.
    limits, whole
        What numbers are cut off at, and whether they are rounded.
    read
        Reads a table, with what lies beside it.
    """

    draw: Callable[[random.Random, int], Any]
    target: str
    id_column: str
    entrants: tuple[int, ...]
    classes: tuple[Any, ...] = ()
    group: str = ""
    time: str = ""
    limits: tuple[float, float | None] = (0, None)
    whole: bool = False
    read: Callable[[Path], pd.DataFrame] = pd.read_csv

    def split(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
        """Return the features and the target."""
        names = {self.id_column, self.target, self.group}
        return rows[[name for name in rows if name not in names]], rows[self.target]

    def aside(self, rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return rows to fit and rows to choose by."""
        if self.time:
            rows = rows.sort_values(self.time)
            return train_test_split(rows, test_size=ASIDE, shuffle=False)
        if self.group:
            numbers = np.unique(rows[self.group])
            _, held = train_test_split(numbers, test_size=ASIDE, random_state=seed)
            apart = rows[self.group].isin(held)
            return rows[~apart], rows[apart]
        return train_test_split(rows, test_size=ASIDE, random_state=seed)


SETTINGS = {
    "digits": Setting(
        draw=digits.draw,
        target="label",
        id_column="image",
        entrants=(2, 14, 38, 40, 26),
        classes=tuple(range(10)),
    ),
    "breast-cancer": Setting(
        draw=breast_cancer.draw,
        target="malignant",
        id_column="sample",
        entrants=(2, 14, 38, 40, 26),
        classes=(0, 1),
    ),
    "doctor-visits": Setting(
        draw=doctor_visits.draw,
        target="visits",
        id_column="id",
        entrants=(3, 17, 48, 32, 20),
    ),
    "wine": Setting(
        draw=wine.draw,
        target="grower",
        id_column="bottle",
        entrants=(4, 44, 34, 24, 14),
        classes=("A", "B", "C"),
    ),
    "diabetes": Setting(
        draw=diabetes.draw,
        target="progression",
        id_column="patient",
        entrants=(4, 44, 34, 24, 14),
    ),
    "party-identification": Setting(
        draw=party_identification.draw,
        target="party",
        id_column="respondent",
        entrants=(2, 40, 38, 26, 14),
        limits=(0, 6),
        whole=True,
    ),
    "school-districts": Setting(
        draw=school_districts.draw,
        target="share_above",
        id_column="district",
        entrants=(4, 44, 34, 24, 14),
        limits=(0, 1),
    ),
    "co2": Setting(
        draw=co2.draw,
        target="level",
        id_column="week",
        entrants=(3, 20, 45, 34, 18),
        time="date",
    ),
    "faces": Setting(
        draw=faces.draw,
        target="face",
        id_column="picture",
        entrants=(1, 19, 42, 36, 22),
        classes=(0, 1),
        read=faces.read,
    ),
    "page": Setting(
        draw=page.draw,
        target="grey",
        id_column="pixel",
        entrants=(2, 24, 46, 32, 16),
        group="tile",
        limits=(0, 1),
        read=page.read,
    ),
}


@dataclass(frozen=True)
class Entry:
    """One line of the leaderboard."""

    score: float
    pipeline: str


def main() -> None:
    """Write ``leaderboard.csv`` of the competitions named, else of all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: all")
    cores = min(2, os.cpu_count() or 1)
    parser.add_argument("--jobs", type=int, default=cores, help="processes")
    given = parser.parse_args()
    for competition in given.ids or list(SETTINGS):
        begun = time.perf_counter()
        card = load_card(competition)
        prepare(card.id)
        jobs = [
            (card.id, level, number)
            for level, entrants in enumerate(SETTINGS[card.id].entrants)
            for number in range(entrants)
        ]
        with multiprocessing.Pool(given.jobs) as pool:
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
    train, test, truth = _read(card.id)
    share = rng.uniform(0.3, 0.8) if level < common.USUAL else rng.uniform(0.7, 1.0)
    rows = train.sample(frac=share, random_state=rng.randrange(1 << 30))
    X, y = setting.split(rows)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = _choose(card, rng, level, rows)
        model.fit(X, y)
        predicted = _predict(model, test[X.columns], setting)
    score = round(get_metric(card.metric)(truth, predicted), 5)
    return Entry(score, f"{_describe(model)}; {share:.0%} of rows")


def write(card: Card, entries: list[Entry]) -> None:
    """Write the leaderboard, best first."""
    path = card.folder / "leaderboard.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["score", "pipeline"])
        writer.writerows([f"{entry.score:.5f}", entry.pipeline] for entry in entries)


@functools.cache
def _read(competition: str) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    """Return the training rows, the test rows and the truth of the latter."""
    card, ready = load_card(competition), prepare(competition)
    setting = SETTINGS[competition]
    train = setting.read(ready.public / card.files.train)
    test = setting.read(ready.public / card.files.test)
    answers = pd.read_csv(ready.private / card.files.answers)
    train = train.dropna(subset=[setting.target])
    return train, test, answers[list(card.target_columns)].to_numpy(float)


def _choose(card: Card, rng: random.Random, level: int, rows: pd.DataFrame) -> Any:
    setting = SETTINGS[card.id]
    skill = min(level, common.TUNED)
    drawn = [setting.draw(rng, skill) for _ in range(TRIES[level])]
    if len(drawn) == 1:
        return drawn[0]
    fit, aside = setting.aside(rows, rng.randrange(1 << 30))
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
    best = [drawn[place] for place in order[:2]]
    return common.average(best, classify=bool(setting.classes))


def _predict(model: Any, X: pd.DataFrame, setting: Setting) -> Any:
    if not setting.classes:
        values = np.clip(model.predict(X), *setting.limits)[:, None]
        return np.rint(values) if setting.whole else values
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(X)
        return shares[:, 1:] if shares.shape[1] == 2 else shares  # noqa: PLR2004
    return model.decision_function(X)[:, None]


def _as_answers(y: pd.Series, setting: Setting, *, n_columns: int) -> Any:
    if n_columns > 1:
        return (y.to_numpy()[:, None] == np.array(setting.classes)).astype(float)
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
            name = TARGETS[model.func.__name__]
            text = f"{name} of target: {_describe(model.regressor)}"
        case common.Described():
            text = model.in_words(_describe)
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
    main()
