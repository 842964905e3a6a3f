"""Size and power of the tests, coverage of differences and of ranks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from calibration import COVERAGE_COLUMNS, LOWEST, Report, Tally, repetitions, table
from scipy import special
from worlds import World, beta, hopeless, logit_normal, two_points

from mle_toolkit.stats import compare, compare_many, rank_intervals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Pairs = Callable[[World, np.random.Generator, int], tuple[Floats, Floats]]

FULL, FULL_FAMILIES = 1000, 400
SIZES, SEEDS = (22, 75), (1, 3, 5, 16)
LARGE = 400_000
MOST = 6.0
METHODS = ("end-atom", "end-atom-sharp", "paired-t")
WORLDS = (
    beta(0.03, 0.6),
    beta(0.17, 0.6),
    beta(0.35, 0.8),
    beta(0.50, 10.0),
    beta(0.90, 0.8),
    hopeless(0.60, 2.0, 2.0),
    two_points(0.80, 0.05, 0.80),
    logit_normal(-3.0, 1.5),
)
# Both agents differ from the world, competition by competition, by so much.
INTERACTION, SHIFT = 0.7, 0.7
# Shares of competitions that are solved on top, or swapped, and their rates.
SOLVED, SWAPPED, SURE, RARE = 0.06, 0.04, 0.95, 0.02
ERROR = 0.05


def interaction(
    world: World, rng: np.random.Generator, size: int
) -> tuple[Floats, Floats]:
    """Draw two agents that differ everywhere, and are equal on average."""
    odds = special.logit(world.draw(rng, size))
    noise = INTERACTION * rng.standard_normal((2, size))
    return special.expit(odds + noise[0]), special.expit(odds + noise[1])


def shifted(world: World, rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    """Draw a first agent that is better by 0.7 on the scale of log-odds."""
    odds = special.logit(world.draw(rng, size))
    noise = INTERACTION * rng.standard_normal((2, size))
    return special.expit(odds + noise[0] + SHIFT), special.expit(odds + noise[1])


def newly_solved(
    world: World, rng: np.random.Generator, size: int
) -> tuple[Floats, Floats]:
    """Draw a first agent that solves 6 % of the competitions on top."""
    p = world.draw(rng, size)
    return np.where(rng.random(size) < SOLVED, np.maximum(p, SURE), p), p


def won_and_lost(
    world: World, rng: np.random.Generator, size: int
) -> tuple[Floats, Floats]:
    """Draw two agents that each solve 4 % where the other one does not."""
    p, luck = world.draw(rng, size), rng.random(size)
    first = np.where(luck < SWAPPED, SURE, np.where(luck < 2 * SWAPPED, RARE, p))
    second = np.where(luck < SWAPPED, RARE, np.where(luck < 2 * SWAPPED, SURE, p))
    return first, second


NULLS: dict[str, Pairs] = {
    "differ everywhere, equal on average": interaction,
    "4 % won, 4 % lost": won_and_lost,
}
EFFECTS: dict[str, Pairs] = {
    "better by 0.7 in log-odds": shifted,
    "6 % newly solved": newly_solved,
}


@dataclass(slots=True)
class Rejections:
    """How often each test rejected, in percent, one entry per cell."""

    rates: dict[str, list[float]] = field(default_factory=dict)

    def add(self, found: dict[str, list[bool]]) -> None:
        """Count one cell."""
        for name, rejected in found.items():
            self.rates.setdefault(name, []).append(100.0 * float(np.mean(rejected)))


def run(effort: float, seed: int) -> Report:
    """Simulate all worlds and write the section."""
    rng = np.random.default_rng([seed, 2])
    coverage = {method: Tally() for method in METHODS}
    sizes, powers = Rejections(), Rejections()
    for pairs, into in ((NULLS, sizes), (EFFECTS, powers)):
        for kind, draw in pairs.items():
            cells(kind, draw, into, coverage, effort=effort, rng=rng)
    rows = [
        [
            name,
            f"{np.mean(sizes.rates[name]):.1f}",
            f"{np.max(sizes.rates[name]):.1f}",
            f"{np.mean(powers.rates[name]):.0f}",
        ]
        for name in sizes.rates
    ]
    broken = [
        f"{name}: rejects {max(sizes.rates[name]):.1f} % of true hypotheses"
        for name in ("sign-flip test", "end-atom interval without 0")
        if max(sizes.rates[name]) > MOST
    ]
    reference = coverage["end-atom"]
    if reference.worst < LOWEST:
        broken.append(
            f"difference covers {reference.worst:.1f} % in {reference.worst_cell}"
        )
    family = families(effort, rng)
    parts = [
        "## Comparisons",
        explanation(effort),
        "### Tests of one difference",
        table(("test", "size: mean %", "size: worst %", "power: mean %"), rows),
        "### Intervals of one difference",
        table(COVERAGE_COLUMNS, [t.row(m, reference) for m, t in coverage.items()]),
        "### Many agents",
        table(("statement", "per cent"), family),
    ]
    return Report(markdown="\n\n".join(parts), broken=tuple(broken))


def cells(
    kind: str,
    draw: Pairs,
    into: Rejections,
    coverage: dict[str, Tally],
    *,
    effort: float,
    rng: np.random.Generator,
    worlds: tuple[World, ...] = WORLDS,
    sizes: tuple[int, ...] = SIZES,
) -> None:
    """Simulate one kind of pair in all worlds."""
    for world in worlds:
        first, second = draw(world, np.random.default_rng(0), LARGE)
        truth = 0.0 if draw in NULLS.values() else float((first - second).mean())
        for size in sizes:
            for seeds in SEEDS:
                found: dict[str, list[bool]] = {}
                limits: dict[str, list[tuple[float, float]]] = {}
                for _ in range(repetitions(FULL, effort)):
                    p, q = draw(world, rng, size)
                    a, b = rng.random((2, seeds, size)) < np.stack([p, q])[:, None]
                    judge(a, b, found, limits)
                into.add(found)
                cell = f"{world.name}; {kind}; T = {size}; attempts {seeds}"
                for method in METHODS:
                    coverage[method].add(cell, limits[method], truth)


def judge(
    a: NDArray[np.bool_],
    b: NDArray[np.bool_],
    found: dict[str, list[bool]],
    limits: dict[str, list[tuple[float, float]]],
) -> None:
    """Add what each test says of outcomes, shape (attempts, competitions)."""
    for method in METHODS:
        result = compare(a, b, method=method)
        limits.setdefault(method, []).append((result.low, result.high))
        apart = result.low > 0.0 or result.high < 0.0
        found.setdefault(f"{method} interval without 0", []).append(apart)
    p_value = compare(a, b).p_value
    found.setdefault("sign-flip test", []).append(p_value <= ERROR)
    means = a.mean(axis=1), b.mean(axis=1)
    if len(a) > 1:
        errors = [np.std(each, ddof=1) / len(a) ** 0.5 for each in means]
        gap = abs(means[0].mean() - means[1].mean())
        bars = "bars of one SEM over seeds do not overlap"
        found.setdefault(bars, []).append(bool(gap > sum(errors)))
        z = "z test on the SEMs over seeds"
        found.setdefault(z, []).append(bool(gap > 1.96 * np.hypot(*errors)))


def families(effort: float, rng: np.random.Generator) -> list[list[str]]:
    """Return error rates of `compare_many` and coverage of `rank_intervals`."""
    any_alarm, false_share, held, held_each = [], [], [], []
    base = beta(0.35, 0.8)
    for _ in range(repetitions(FULL_FAMILIES, effort)):
        odds = special.logit(base.draw(rng, 75))
        # Six equal agents, and two that are worse by 1 and by 2.
        shift = np.array([0.0] * 6 + [-1.0, -2.0])
        noise = INTERACTION * rng.standard_normal((8, 75))
        rates = special.expit(odds + noise + shift[:, None])
        values = {str(at): row for at, row in enumerate(rng.binomial(3, rates) / 3.0)}
        equal = {name: values[name] for name in "012345"}
        any_alarm.append(any(pair.differs for pair in compare_many(equal).pairs))
        pairs = compare_many(values, correction="benjamini-hochberg").pairs
        finds = [pair for pair in pairs if pair.differs]
        false = [pair for pair in finds if {pair.a, pair.b} <= set("012345")]
        false_share.append(len(false) / max(len(finds), 1))
        held.append(all(inside(rank) for rank in rank_intervals(values)))
        resampled = rank_intervals(
            values, method="bootstrap-percentile", resamples=500, seed=rng
        )
        held_each.append(np.mean([inside(rank) for rank in resampled]))
    return [
        ["Holm: any false alarm among 15 pairs of equals", percent(any_alarm)],
        ["Benjamini-Hochberg: false share of the findings", percent(false_share)],
        ["rank intervals, pairwise: all 8 hold at once", percent(held)],
        ["rank intervals, bootstrap: one holds", percent(held_each)],
    ]


def inside(rank: object) -> bool:
    """Say whether an interval holds all places that the agent shares in truth."""
    name = rank.name
    low, high = (1, 6) if name in "012345" else (7, 7) if name == "6" else (8, 8)
    return rank.low <= low and rank.high >= high


def percent(values: list[float]) -> str:
    """Return a mean in percent."""
    return f"{100.0 * float(np.mean(values)):.1f}"


def explanation(effort: float) -> str:
    """Return what the reader of the tables has to know."""
    return (
        f"Two agents in {len(WORLDS)} worlds, {SIZES[0]} and {SIZES[1]} competitions, "
        f"{', '.join(map(str, SEEDS))} attempts on each, {repetitions(FULL, effort)} "
        "repetitions of each cell. Without a difference on average: both differ from "
        "the world by normal noise of 0.7 in the log-odds of every competition, or "
        "each solves 4 % of the competitions where the other fails. With one: the "
        "first is better by 0.7 in log-odds, or solves 6 % more. Level 5 %. Many "
        f"agents: 75 competitions, 3 attempts, {repetitions(FULL_FAMILIES, effort)} "
        "repetitions, six equal agents and two worse ones."
    )
