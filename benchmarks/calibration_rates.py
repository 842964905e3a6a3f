"""Coverage of the intervals of medal rates and pass@k.

Our own intervals are simulated often, through the functions on whole tables
that `medal_rate` and `pass_at_k_interval` call on one row; a test holds that
these agree.  The others are called one by one, and less often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from calibration import COVERAGE_COLUMNS, LOWEST, Report, Tally, repetitions, table
from worlds import ADVERSARIAL, PATTERNS, WORLDS, World, attempts

from mle_toolkit.stats import pass_at_k_interval
from mle_toolkit.stats.combinatorics import at_least_one
from mle_toolkit.stats.end_atom import fixed_limits, population_limits
from mle_toolkit.stats.methods import attempt_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

SIZES = (22, 75)
FULL, FULL_OTHERS = 2000, 200
OURS, STRICT = "end-atom", "end-atom, strict"
POPULATION = (
    "logit-t",
    "clopper-pearson",
    "wilson",
    "cluster-t",
    "bootstrap-percentile",
    "bootstrap-bca",
    "sem-over-seeds",
)
THESE = (
    "clopper-pearson",
    "wilson",
    "smoothed-z",
    "stratified-z",
    "bootstrap-percentile",
    "sem-over-seeds",
)
# pass@k: the attempts of every competition, and k.
DRAWS = (("8", 2), ("8", 4), ("8", 8), ("16", 2), ("16", 8), ("16", 16))
# The average that the documentation promises of the defaults.
AVERAGE = 95.0
RESAMPLES = 1000


def run(effort: float, seed: int) -> Report:
    """Simulate all worlds and write the section."""
    rng = np.random.default_rng([seed, 1])
    ones = tuple((pattern, 1) for pattern in PATTERNS)
    broken: list[str] = []
    parts = ["## Intervals of medal rates and pass@k", explanation(effort)]
    for title, worlds, target, kinds, others in (
        (
            "Medal rate, population of competitions",
            WORLDS,
            "population",
            ones,
            POPULATION,
        ),
        ("The same in adversarial worlds", ADVERSARIAL, "population", ones, POPULATION),
        ("Medal rate, these competitions only", WORLDS, "these", ones, THESE),
        (
            "pass@k, population of competitions",
            WORLDS,
            "population",
            DRAWS,
            POPULATION[:4],
        ),
        ("pass@k, these competitions only", WORLDS, "these", DRAWS, THESE[:4]),
    ):
        tallies = coverage(
            worlds, kinds, target=target, others=others, effort=effort, rng=rng
        )
        rows = [tally.row(name, tallies[OURS]) for name, tally in tallies.items()]
        parts += [f"### {title}", table(COVERAGE_COLUMNS, rows)]
        promised = STRICT if worlds is ADVERSARIAL else OURS
        broken += judge(f"{title}: {promised}", tallies[promised])
    return Report(markdown="\n\n".join(parts), broken=tuple(broken))


def coverage(
    worlds: tuple[World, ...],
    kinds: tuple[tuple[str, int], ...],
    *,
    target: str,
    others: tuple[str, ...],
    effort: float,
    rng: np.random.Generator,
    sizes: tuple[int, ...] = SIZES,
) -> dict[str, Tally]:
    """Return the coverage of each method over all cells.

    Parameters
    ----------
    worlds, sizes
        The worlds and the numbers of competitions.
    kinds
        Pairs of a pattern of attempts and a k.
    target
        Which truth counts: that of the population, or of the competitions drawn.
    others
        Methods beside ours.
    effort, rng
        As in `run`.
    """
    ours = (OURS, STRICT) if target == "population" else (OURS,)
    tallies = {name: Tally() for name in (*ours, *others)}
    for world in worlds:
        for size in sizes:
            for pattern, k in kinds:
                cell = f"{world.name}; T = {size}; attempts {pattern}"
                cell += f"; k = {k}" if kinds is DRAWS else ""
                times = repetitions(FULL, effort)
                n, c, p = simulated(world, size, pattern, times, rng)
                truth = np.full(times, world.pass_at_k(k))
                if target == "these":
                    truth = (1.0 - (1.0 - p) ** k).mean(axis=1)
                for name in ours:
                    low, high = limits(n, c, k, target, strict=name == STRICT)
                    tallies[name].add(cell, np.stack([low - truth, high - truth], 1), 0)
                some = range(min(times, repetitions(FULL_OTHERS, effort)))
                for name in others:
                    found = [
                        named(n[at], c[at], k, target=target, method=name, seed=at)
                        - truth[at]
                        for at in some
                    ]
                    tallies[name].add(cell, found, 0.0)
    return tallies


def simulated(
    world: World, size: int, pattern: str, times: int, rng: np.random.Generator
) -> tuple[Counts, Counts, Floats]:
    """Return attempts, successes and rates, each (repetitions, competitions)."""
    p = world.draw(rng, times * size).reshape(times, size)
    n = np.stack([attempts(pattern, row) for row in p])
    return n, rng.binomial(n, p), p


def limits(
    n: Counts, c: Counts, k: int, target: str, *, strict: bool = False
) -> tuple[Floats, Floats]:
    """Return our limits of every repetition at once."""
    values = c / n if k == 1 else at_least_one(n, c, np.full_like(n, k))
    if target == "population":
        return population_limits(values, 0.95, strict=strict)
    noise = attempt_noise(values, n, c, np.int64(k))
    return fixed_limits(values, noise, n / k, 0.95)


def named(
    n: Counts, c: Counts, k: int, *, target: str, method: str, seed: int = 0
) -> Floats:
    """Return the limits of one repetition by the public function."""
    found = pass_at_k_interval(
        n, c, k, target=target, method=method, resamples=RESAMPLES, seed=seed
    )
    return np.array([found.low, found.high])


def judge(promise: str, tally: Tally) -> list[str]:
    """Return which promises did not hold."""
    found = []
    if tally.mean < AVERAGE:
        found.append(f"{promise} covers {tally.mean:.1f} % on average")
    if tally.worst < LOWEST:
        found.append(f"{promise} covers {tally.worst:.1f} % in {tally.worst_cell}")
    return found


def explanation(effort: float) -> str:
    """Return what the reader of the tables has to know."""
    times, others = repetitions(FULL, effort), repetitions(FULL_OTHERS, effort)
    return (
        f"Nominal 95 %. {len(WORLDS)} worlds, {SIZES[0]} and {SIZES[1]} competitions. "
        f"Attempts per competition: {'; '.join(PATTERNS)}. Each combination is a cell, "
        f"simulated {times} times for the end-atom forms and {others} times for the "
        f"others (bootstraps of {RESAMPLES} resamples). The worst of hundreds of cells "
        "is a minimum over noise: about one point too low for ours, four for the "
        "others. Widths are relative to the first row. An interval that is undefined "
        "covers nothing; that of the seeds' SEM is wherever a competition has one "
        "attempt."
    )
