"""The seed of a result: checked, and noted down."""

from __future__ import annotations

import numpy as np

from mle_toolkit.seeds import generator
from mle_toolkit.stats.checks import one_whole_number


def noted_generator(
    seed: int | np.random.Generator,
) -> tuple[np.random.Generator, int | None]:
    """Return a generator, and the seed if it was a number.

    Raises
    ------
    UsageError
        For a seed that is neither a generator nor a whole number of at least 0.
    """
    if isinstance(seed, np.random.Generator):
        return seed, None
    number = one_whole_number("seed", seed, least=0)
    return generator(number), number
