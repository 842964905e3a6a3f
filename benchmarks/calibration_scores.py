"""Coverage for aggregates of scores: IQM, profiles, probability of improvement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from calibration import COVERAGE_COLUMNS, LOWEST, Report, Tally, repetitions, table
from scipy import special
from worlds import World, beta, two_points

from mle_toolkit.stats import iqm, performance_profile, probability_of_improvement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FULL = 300
SIZES, SEEDS = (22, 75), (1, 3, 8)
RESAMPLES = 1000
LARGE = 200_000
# Shares of failed attempts, which have the score 0, and the noise of a score.
FAILED, NOISE = 0.1, 0.7
TAUS = (0.1, 0.5, 0.9)
METHODS = ("end-atom", "bootstrap-percentile")
WORLDS = (
    beta(0.20, 1.5),
    beta(0.35, 0.8),
    beta(0.50, 2.0),
    beta(0.50, 16.0),
    beta(0.85, 3.5),
    two_points(0.70, 0.10, 0.90),
    two_points(0.85, 0.02, 0.80),
)


def run(effort: float, seed: int) -> Report:
    """Simulate all worlds and write the section."""
    rng = np.random.default_rng([seed, 3])
    kinds = ("interquartile mean", "profile", "probability of improvement")
    tallies = {kind: {method: Tally() for method in METHODS} for kind in kinds}
    for world in WORLDS:
        truths = truth_of(world)
        for size in SIZES:
            for seeds in SEEDS:
                cell = f"{world.name}; T = {size}; attempts {seeds}"
                limits = simulate(world, size, seeds, effort, rng)
                for kind, truth in zip(kinds, truths, strict=True):
                    for method in METHODS:
                        found = limits[kind, method] - np.asarray(truth)[..., None]
                        tallies[kind][method].add(cell, found.reshape(-1, 2), 0.0)
    parts = ["## Aggregates of scores", explanation(effort)]
    broken = []
    for kind in kinds:
        ours = tallies[kind]["end-atom"]
        rows = [tally.row(name, ours) for name, tally in tallies[kind].items()]
        parts += [f"### {kind.capitalize()}", table(COVERAGE_COLUMNS, rows)]
        # A cell of 300 repetitions is known to 1.3 points, the worst of 42 to 3.
        if ours.worst < LOWEST - 3.0:
            broken.append(f"{kind} covers {ours.worst:.1f} % in {ours.worst_cell}")
    return Report(markdown="\n\n".join(parts), broken=tuple(broken))


def draw(
    world: World, rng: np.random.Generator, seeds: int, size: int, shift: float = 0.0
) -> Floats:
    """Draw scores in [0, 1], shape (attempts, competitions), some of them failed."""
    level = special.logit(np.clip(world.draw(rng, size), 1e-9, 1 - 1e-9))
    return scores(level, rng, seeds, shift)


def scores(
    level: Floats, rng: np.random.Generator, seeds: int, shift: float = 0.0
) -> Floats:
    """Draw scores around the levels of the competitions."""
    noise = NOISE * rng.standard_normal((seeds, level.size))
    failed = rng.random((seeds, level.size)) < FAILED
    return np.where(failed, 0.0, special.expit(level + shift + noise))


def truth_of(world: World) -> tuple[float, Floats, float]:
    """Return the IQM, the profile and the chance to improve of the population."""
    rng = np.random.default_rng(0)
    level = special.logit(np.clip(world.draw(rng, LARGE), 1e-9, 1 - 1e-9))
    first, second = scores(level, rng, 2, 0.5), scores(level, rng, 2)
    ordered = np.sort(first, axis=None)
    quarter = ordered.size // 4
    profile = np.array([(first > tau).mean() for tau in TAUS])
    wins = (first > second).mean() + (first == second).mean() / 2.0
    return float(ordered[quarter:-quarter].mean()), profile, float(wins)


def simulate(
    world: World, size: int, seeds: int, effort: float, rng: np.random.Generator
) -> dict[tuple[str, str], Floats]:
    """Return limits by kind and method, shape (repetitions, ..., 2)."""
    limits: dict[tuple[str, str], list[Floats]] = {}
    for at in range(repetitions(FULL, effort)):
        level = special.logit(np.clip(world.draw(rng, size), 1e-9, 1 - 1e-9))
        first, second = scores(level, rng, seeds, 0.5), scores(level, rng, seeds)
        for method in METHODS:
            options = {"method": method, "resamples": RESAMPLES, "seed": at}
            middle = iqm(first, **options)
            profile = performance_profile(first, TAUS, **options)
            wins = probability_of_improvement(first, second, **options)
            for kind, found in (
                ("interquartile mean", middle),
                ("profile", profile),
                ("probability of improvement", wins),
            ):
                both = np.stack([found.low, found.high], axis=-1)
                limits.setdefault((kind, method), []).append(both)
    return {key: np.stack(each) for key, each in limits.items()}


def explanation(effort: float) -> str:
    """Return what the reader of the tables has to know."""
    return (
        f"Scores in [0, 1] of {len(WORLDS)} worlds: the log-odds of a competition's "
        f"level plus normal noise of {NOISE}, and {FAILED:.0%} of the attempts fail "
        f"with the score 0. {SIZES[0]} and {SIZES[1]} competitions, "
        f"{', '.join(map(str, SEEDS))} attempts, {repetitions(FULL, effort)} "
        f"repetitions of each cell. Profiles at {', '.join(map(str, TAUS))}. The "
        "resamples are of competitions; the truth is that of the population."
    )
