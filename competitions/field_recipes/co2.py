"""Pipelines for `co2`: a weekly series that is to be continued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn import dummy, ensemble, linear_model, neighbors, tree
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from field_recipes.common import TUNED, USUAL, Described, chance

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

FIRST_YEAR = 1930
DAYS_PER_YEAR = 365.25
ANCHOR_WEEKS = 26


class TrendAndSeason(RegressorMixin, BaseEstimator):
    """A polynomial of time and waves of a year, fitted to the last years.

    `anchor` is the share of the last half year's mean miss that is added to all
    forecasts.
    """

    def __init__(
        self,
        degree: int = 1,
        harmonics: int = 2,
        years: float = 99.0,
        anchor: float = 0.0,
    ) -> None:
        self.degree = degree
        self.harmonics = harmonics
        self.years = years
        self.anchor = anchor

    def fit(self, X: pd.DataFrame, y: Any) -> TrendAndSeason:
        """Fit by least squares."""
        times, truth = in_years(X), np.asarray(y, dtype=float)
        self.end_ = times.max()
        recent = times > self.end_ - self.years
        design = self._design(times[recent])
        self.weights_ = np.linalg.lstsq(design, truth[recent], rcond=None)[0]
        last = np.argsort(times)[-ANCHOR_WEEKS:]
        misses = truth[last] - self._design(times[last]) @ self.weights_
        self.miss_ = self.anchor * misses.mean()
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        """Return the continued trend and season."""
        return self._design(in_years(X)) @ self.weights_ + self.miss_

    def _design(self, times: Any) -> Any:
        steps = (times - self.end_) / 10
        columns = [steps**power for power in range(self.degree + 1)]
        for number in range(1, self.harmonics + 1):
            angle = 2 * np.pi * number * times
            columns += [np.sin(angle), np.cos(angle)]
        return np.column_stack(columns)


class Detrended(Described, RegressorMixin, BaseEstimator):
    """A regressor of what a trend and a season leave over, on parts of the date."""

    def __init__(self, regressor: Any, base: Any) -> None:
        self.regressor = regressor
        self.base = base

    def fit(self, X: pd.DataFrame, y: Any) -> Detrended:
        """Fit the trend, then the regressor."""
        self.base_ = clone(self.base).fit(X, y)
        left = np.asarray(y, dtype=float) - self.base_.predict(X)
        self.regressor_ = clone(self.regressor).fit(time_of_year(X), left)
        return self

    def in_words(self, describe: Callable[[Any], str]) -> str:
        """Return what the model is."""
        return f"{describe(self.base)} and {describe(self.regressor)} of the rest"

    def predict(self, X: pd.DataFrame) -> Any:
        """Return trend and rest together."""
        return self.base_.predict(X) + self.regressor_.predict(time_of_year(X))


def draw(rng: random.Random, skill: int) -> Any:
    """Draw a forecaster."""
    seed = rng.randrange(1 << 30)
    if skill == 0:
        return dummy.DummyRegressor(strategy="quantile", quantile=rng.uniform(0.8, 1.0))
    if skill < USUAL:
        model = rng.choice(
            [
                linear_model.Ridge(10 ** rng.uniform(-2, 2)),
                tree.DecisionTreeRegressor(
                    min_samples_leaf=rng.randint(5, 100), random_state=seed
                ),
                neighbors.KNeighborsRegressor(rng.randint(5, 100)),
            ]
        )
        see = FunctionTransformer(rng.choice([in_years_only, calendar]))
        return make_pipeline(see, StandardScaler(), model)
    if skill < TUNED:
        return _usual(rng, seed)
    base = TrendAndSeason(
        degree=rng.choice([1, 1, 2, 2, 3]),
        harmonics=rng.randint(2, 4),
        years=rng.uniform(6, 32),
        anchor=rng.choice([0.0, rng.uniform(0.3, 1.0), 1.0]),
    )
    if chance(rng, 0.6):
        return base
    rest = rng.choice(
        [
            ensemble.RandomForestRegressor(60, min_samples_leaf=20, random_state=seed),
            neighbors.KNeighborsRegressor(rng.randint(20, 60)),
            ensemble.HistGradientBoostingRegressor(
                max_iter=40, max_leaf_nodes=6, random_state=seed
            ),
        ]
    )
    return Detrended(rest, base)


def _usual(rng: random.Random, seed: int) -> Any:
    see = FunctionTransformer(rng.choice([calendar, seasons, seasons]))
    line = TrendAndSeason(degree=rng.choice([1, 2]), harmonics=rng.choice([0, 1]))
    return rng.choice(
        [
            make_pipeline(see, StandardScaler(), linear_model.Ridge(rng.uniform(0, 2))),
            make_pipeline(see, StandardScaler(), linear_model.HuberRegressor()),
            make_pipeline(see, ensemble.RandomForestRegressor(60, random_state=seed)),
            make_pipeline(see, ensemble.GradientBoostingRegressor(random_state=seed)),
            TrendAndSeason(
                degree=rng.choice([1, 2, 3]),
                harmonics=rng.choice([1, 2, 3]),
                years=rng.choice([15.0, 25.0, 99.0]),
            ),
            Detrended(neighbors.KNeighborsRegressor(rng.randint(10, 40)), line),
            Detrended(
                ensemble.RandomForestRegressor(
                    60, min_samples_leaf=rng.randint(1, 20), random_state=seed
                ),
                line,
            ),
        ]
    )


def in_years(frame: pd.DataFrame) -> Any:
    """Return the dates as years, with fractions."""
    start = pd.Timestamp(FIRST_YEAR, 1, 1)
    days = (pd.to_datetime(frame["date"]) - start) / pd.Timedelta(days=1)
    return days.to_numpy(float) / DAYS_PER_YEAR


def in_years_only(frame: pd.DataFrame) -> Any:
    """Return the time as the one column."""
    return in_years(frame)[:, None]


def calendar(frame: pd.DataFrame) -> Any:
    """Return the year and the month as numbers."""
    dates = pd.to_datetime(frame["date"])
    return np.column_stack([in_years(frame), dates.dt.year, dates.dt.month])


def time_of_year(frame: pd.DataFrame) -> Any:
    """Return where in the year a date lies, as a point on a circle."""
    angle = 2 * np.pi * in_years(frame)
    return np.column_stack([np.sin(angle), np.cos(angle)])


def seasons(frame: pd.DataFrame) -> Any:
    """Return the time, its square, and two waves of a year."""
    times = in_years(frame)
    circle = time_of_year(frame)
    twice = np.column_stack([circle[:, 0] * circle[:, 1], circle[:, 0] ** 2])
    return np.column_stack([times, times**2 / 100, circle, twice])
