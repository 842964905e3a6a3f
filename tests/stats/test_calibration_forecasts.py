"""The calibration of ``docs/calibration_forecasts.md`` in a small form."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from mle_toolkit.stats.forecast import forecast_pass_at_k

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
NEEDED = ("calibration_forecasts", "calibration_planning", "forecast_worlds")


@pytest.fixture(scope="module")
def bench():
    """The benchmark scripts as modules, by name."""
    sys.path.insert(0, str(BENCHMARKS))
    yield {name: importlib.import_module(name) for name in NEEDED}
    sys.path.remove(str(BENCHMARKS))


def test_the_benchmark_simulates_what_the_forecast_does(bench):
    """Its shortcut gives the estimates, bands and lower values of the function."""
    forecasts = bench["calibration_forecasts"]
    wins = np.array([8, 7, 5, 3, 2, 1, 1] + [0] * 15)
    bands = dict(forecasts.Experiment(8).bands(wins, np.random.default_rng(0)))
    for reach in forecasts.REACHES:
        result = forecast_pass_at_k([8] * 22, wins, 8 * reach)
        for key, (estimate, (low, high)) in bands.items():
            if (key.method, key.reach) == (forecasts.OURS, reach):
                assert estimate == pytest.approx(result.estimate, abs=1e-4)
                assert (low, high) == pytest.approx((result.low, result.high), abs=0.02)
            if (key.method, key.reach) == (forecasts.CHAO, reach):
                assert estimate == pytest.approx(result.at_least)


def test_bands_cover_random_worlds_better_than_a_beta_binomial(bench, monkeypatch):
    """At 10 n, on average over worlds made by chance: 72 % and more, of 80."""
    forecasts = bench["calibration_forecasts"]
    monkeypatch.setattr(forecasts, "SIZES", (40,))
    worlds = bench["forecast_worlds"].fresh_worlds(12, 990)
    cells = forecasts.simulate(worlds, (8,), effort=0.01, rng=np.random.default_rng(1))
    ours, one = (
        forecasts.coverage(forecasts.picked(cells, method=method, reach=10))
        for method in (forecasts.OURS, forecasts.ONE)
    )
    assert ours >= 72
    assert one < 60


def test_an_interval_that_is_looked_at_stays_right(bench):
    """Over 16 rounds, sequential intervals err in at most 5 %, ordinary ones more."""
    planning = bench["calibration_planning"]
    rng = np.random.default_rng(3)
    wrong = []
    for _ in range(80):
        rates = rng.beta(0.2, 0.6, 40)
        outcomes = (rng.random((16, 40)) < rates).astype(float)
        found = planning.watched(outcomes, rates.mean())
        wrong.append([values[0] for values in found.values()])
    betting, bernstein, looked, _once = np.mean(wrong, axis=0)
    assert max(betting, bernstein) <= 0.05
    assert looked > 0.05
