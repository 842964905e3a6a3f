"""Sequential intervals at all times, and whether planned power is what happens."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from calibration import Report, repetitions, table

# isort: split
import numpy as np
from scipy import special
from worlds import WORLDS

from mle_toolkit.stats import medal_rate
from mle_toolkit.stats.components import assumed_components
from mle_toolkit.stats.planning import power_curve
from mle_toolkit.stats.sequential import sequential_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

METHODS = ("betting", "empirical-bernstein")
SIZES = ((22, 16), (75, 16))
LEVEL = 0.95
# Two points of Monte-Carlo error above the nominal 5 %, over all cells.
MOST_MISSED = 5.0
TESTS = ("paired-t", "end-atom")
ATOM = 0.25


def sequential_section(effort: float, rng: np.random.Generator) -> Report:
    """Look at intervals after every round, and count who is wrong at any time."""
    rows, broken = [], []
    for size, rounds in SIZES:
        found: dict[str, list[tuple[float, float, float]]] = {}
        for world in WORLDS:
            for _ in range(repetitions(100, effort, least=10)):
                rates = world.draw(rng, size)
                outcomes = (rng.random((rounds, size)) < rates).astype(float)
                for name, values in watched(outcomes, rates.mean()).items():
                    found.setdefault(name, []).append(values)
        for name, values in found.items():
            missed, last, half = np.mean(values, axis=0)
            rows.append(
                [f"{size} x {rounds}", name, f"{100 * missed:.1f}", f"{half:.3f}",
                 f"{last:.3f}"]
            )  # fmt: skip
            if name in METHODS and 100 * missed > MOST_MISSED:
                broken.append(f"{name} is wrong at some time in {100 * missed:.1f} %")
    columns = ("size", "interval", "ever wrong %", "width at half-time", "at the end")
    text = f"{SEQUENTIAL}\n\n{table(columns, rows)}"
    return Report(markdown=text, broken=tuple(broken))


def watched(outcomes: Floats, truth: float) -> dict[str, tuple[float, float, float]]:
    """Return whether each interval was ever wrong, and its widths."""
    rounds, size = outcomes.shape
    found = {}
    for method in METHODS:
        result = sequential_interval(outcomes, level=LEVEL, method=method)
        lows, highs = result.lows, result.highs
        found[method] = _one(lows, highs, truth)
    wins = outcomes.cumsum(axis=0).astype(int)
    usual = [
        medal_rate(np.full(size, at + 1), wins[at], target="these", level=LEVEL)
        for at in range(1, rounds)
    ]
    lows, highs = (np.array([getattr(one, end) for one in usual]) for end in ENDS)
    found["ordinary, looked at after each round"] = _one(lows, highs, truth)
    found["ordinary, looked at once"] = _one(lows[-1:], highs[-1:], truth)
    return found


def _one(lows: Floats, highs: Floats, truth: float) -> tuple[float, float, float]:
    wrong = (lows > truth + 1e-12) | (highs < truth - 1e-12)
    widths = highs - lows
    return float(wrong.any()), float(widths[-1]), float(widths[len(widths) // 2])


def power_section(effort: float, rng: np.random.Generator) -> Report:
    """Simulate two agents and compare how often a test finds them different."""
    rows = []
    for rate in (0.17, 0.35):
        parts = functools.partial(assumed_components, rate=rate)
        for size, seeds in ((22, 3), (75, 3), (75, 16)):
            for delta in (0.0, 0.05, 0.1, 0.15):
                truth, shift = mean_difference(rate, delta, rng)
                found = simulated_power(
                    rate, shift, size, seeds, draws=repetitions(2000, effort), rng=rng
                )
                row = [f"{rate:.0%}", f"{size} x {seeds}", f"{truth:.3f}"]
                for test in TESTS:
                    planned = power_curve(
                        [truth], size, seeds=seeds, components=parts, test=test
                    )
                    row += [f"{100 * planned[0]:.0f}", f"{100 * found[test]:.0f}"]
                rows.append(row)
    columns = (
        "rate", "size", "difference", "paired t: planned", "happened",
        "end atoms: planned", "happened",
    )  # fmt: skip
    return Report(markdown=f"{POWER}\n\n{table(columns, rows)}")


def two_agents(
    rate: float, shift: float, size: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the success rates of two agents, the second better by a logit shift."""
    common = rng.beta(rate * 0.6, (1.0 - rate) * 0.6, size).clip(1e-300, 1 - 1e-16)
    logit = special.logit(common)
    first, second = (special.expit(logit + rng.normal(0, 0.7, size)) for _ in range(2))
    return first, special.expit(special.logit(second.clip(1e-300, 1 - 1e-16)) + shift)


def mean_difference(
    rate: float, delta: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return a logit shift that makes about this difference, and its difference."""
    _, second = two_agents(rate, 0.0, 200_000, rng)
    logit = special.logit(second.clip(1e-300, 1 - 1e-16))
    shifts = np.linspace(0.0, 4.0, 81)
    means = [special.expit(logit + shift).mean() - second.mean() for shift in shifts]
    shift = float(np.interp(delta, means, shifts))
    return float(special.expit(logit + shift).mean() - second.mean()), shift


def simulated_power(
    rate: float,
    shift: float,
    size: int,
    seeds: int,
    *,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Return how often each test finds the agents different."""
    first, second = two_agents(rate, shift, draws * size, rng)
    d = (rng.binomial(seeds, second) - rng.binomial(seeds, first)) / seeds
    d = d.reshape(draws, size)
    quantile = special.stdtrit(size - 1.0, (1.0 + LEVEL) / 2.0)
    error = d.std(axis=1, ddof=1) / np.sqrt(size)
    n = size + 2.0 * ATOM
    mean = d.sum(axis=1) / n
    variance = ((d**2).sum(axis=1) + 2.0 * ATOM) / n - mean**2
    safe = np.abs(mean) > quantile * np.sqrt(variance / (n - 1.0))
    sure = np.abs(d.mean(axis=1)) > quantile * error
    return {"paired-t": float(sure.mean()), "end-atom": float(safe.mean())}


ENDS = ("low", "high")
SEQUENTIAL = """\
### Intervals that are looked at after every round

All 22 worlds, medals of these competitions, a nominal 95 %; one more attempt on every
competition is a round. *Ordinary* is `medal_rate(target="these")`, from the second
round on. Widths are those after half of the rounds and after all."""
POWER = """\
### Planned power, and what happens

Agents with success rates from a Beta law (a+b = 0.6), each with a normal error of 0.7
of the logit, the second shifted by a constant. Planned by `assumed_components`: the
same model. In percent, at a nominal size of 5 %."""
