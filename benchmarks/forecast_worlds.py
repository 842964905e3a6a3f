"""More worlds for forecasts: those behind one choice, and some made by chance."""

from __future__ import annotations

import numpy as np
from worlds import Part, World, beta, hopeless, logit_normal, two_points

# How many of the random worlds have hopeless competitions.
HOPELESS = 0.4


def _points(*parts: tuple[float, float]) -> World:
    name = ", ".join(f"{share:.0%} at {p:g}" for share, p in parts)
    points = tuple(Part(share=s, law="point", numbers=(p,)) for s, p in parts)
    return World(name=name, parts=points)


# The share of its tails at which the band is cut was chosen on these.
CHOSEN_ON = (
    beta(0.05, 1.0),
    beta(0.25, 0.5),
    beta(0.25, 3.0),
    beta(0.45, 0.4),
    beta(0.12, 8.0),
    beta(0.50, 0.4),
    _points((1.0, 0.03)),
    _points((1.0, 0.2)),
    logit_normal(-2.0, 1.0),
    logit_normal(-4.0, 2.0),
    logit_normal(-1.0, 3.0),
    logit_normal(-6.0, 1.5),
    two_points(0.7, 0.02, 0.6),
    two_points(0.5, 0.03, 0.3),
    two_points(0.6, 0.005, 0.4),
    _points((0.4, 0.0), (0.3, 0.04), (0.3, 0.7)),
    hopeless(0.4, 0.3, 1.0),
    hopeless(0.6, 1.0, 5.0),
    hopeless(0.4, 3.0, 2.0),
    hopeless(0.75, 0.8, 1.0),
)


def fresh_worlds(count: int, seed: int) -> tuple[World, ...]:
    """Return worlds made by chance: one to three laws, some with hopeless ones."""
    rng = np.random.default_rng(seed)
    worlds = []
    for at in range(count):
        shares = rng.dirichlet(np.ones(rng.integers(1, 4)))
        some = rng.random() < HOPELESS
        hopeless_share = rng.uniform(0.1, 0.8) if some else 0.0
        parts = [_random_part(rng, share * (1 - hopeless_share)) for share in shares]
        if hopeless_share:
            parts.append(Part(share=hopeless_share, law="point", numbers=(0.0,)))
        worlds.append(World(name=f"random {at}", parts=tuple(parts)))
    return tuple(worlds)


def _random_part(rng: np.random.Generator, share: float) -> Part:
    kind = rng.integers(3)
    if kind == 0:
        mean, total = rng.random() ** 2, 0.3 * 100.0 ** rng.random()
        numbers = (max(mean * total, 1e-3), (1.0 - mean) * total)
        return Part(share=share, law="beta", numbers=numbers)
    if kind == 1:
        numbers = (rng.uniform(-6.0, 2.0), rng.uniform(0.3, 3.0))
        return Part(share=share, law="logit-normal", numbers=numbers)
    point = 0.003 * (0.95 / 0.003) ** rng.random()
    return Part(share=share, law="point", numbers=(point,))
