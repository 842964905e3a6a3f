"""What a kind of model is to the offline model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.models.offline.recipe import Member

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    Cost = Callable[[Mapping[str, Any], "Size"], float]


@dataclass(frozen=True, slots=True)
class Size:
    """How much one fit has to learn from, and to predict."""

    rows: int
    columns: int
    outputs: int
    predicted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of model.

    Attributes
    ----------
    name, label
        Short name, used in programs, and its name in prose.
    module, estimator
        Where to import it from.
    grid
        The values to choose each setting from, in ascending order.
    fixed
        Settings that stay as they are, as source text.
    scaled
        It wants features of like scale.
    takes_holes
        It copes with missing values.
    calibrated
        It needs a wrapper to give probabilities.
    seeded
        It takes a seed.
    renown
        How likely one is to think of it first.
    promise
        How likely one is to think of it when something works already.
    cost
        Seconds that a fit and its predictions take on one core, roughly.
    """

    name: str
    label: str
    module: str
    estimator: str
    grid: dict[str, tuple[Any, ...]]
    cost: Cost
    fixed: str = ""
    scaled: bool = False
    takes_holes: bool = False
    calibrated: bool = False
    seeded: bool = False
    renown: float = 1.0
    promise: float = 1.0

    def draw(self, rng: random.Random) -> Member:
        """Return a member with settings from the grid, the middle ones likelier."""
        params = tuple((name, _middling(rng, grid)) for name, grid in self.grid.items())
        return Member(self.name, params)


def _middling(rng: random.Random, grid: tuple[Any, ...]) -> Any:
    draws = sorted(rng.random() for _ in range(2))
    return grid[int(sum(draws) / 2 * len(grid))]
