"""A recipe: all choices that make up a program, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

# Blocks of made features.  Those of the left can fail on data that they were not
# meant for; the right-hand ones are their sound forms.
SOUND = {"logs": "signed_logs", "ratios": "safe_ratios"}
BLOCKS = (
    "dates",
    "seasons",
    "evened",
    "row_scale",
    "logs",
    "signed_logs",
    "ratios",
    "safe_ratios",
    "products",
    "row_stats",
    "gaps",
    "counts",
    "joined",
    "edges",
    "profiles",
)
ENCODINGS = ("", "dummies", "ordinal", "onehot", "target")
SCALES = ("standard", "power", "quantile")


@dataclass(frozen=True, slots=True)
class Member:
    """One model of the ensemble.

    Attributes
    ----------
    family
        Name in `mle_toolkit.models.offline.families`.
    params
        Its settings, as (name, value) in the order of the family's grid.
    weight
        Share in the average.
    """

    family: str
    params: tuple[tuple[str, Any], ...] = ()
    weight: int = 1

    def with_param(self, name: str, value: Any) -> Member:
        """Return the member with one setting changed."""
        params = tuple((key, value if key == name else old) for key, old in self.params)
        return replace(self, params=params)

    def param(self, name: str) -> Any:
        """Return a setting, or None when there is none of that name."""
        return dict(self.params).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a program does.

    Attributes
    ----------
    members
        The models, whose predictions are averaged by weight.
    blocks
        Made features, a subset of `BLOCKS` in that order.
    folds
        Folds of the cross-validation.
    seed
        Seed of the program.
    drop_id
        Leave the id out of the features.
    impute
        How missing numbers are filled in: ``"mean"``, ``"median"`` or not at all.
    encode
        How words become numbers, one of `ENCODINGS`.
    unknown_ok
        The encoder takes words that it has not seen before.
    scale
        How features get a like scale for the models that want it, one of `SCALES`.
    pca
        Principal components that scaled models get; 0 for none.
    log_target
        Function of the target that is learnt: ``"log"``, ``"log1p"`` or none.
    clip
        Predictions below 0 become 0.
    one_column
        Take one column of the two probabilities of a binary classifier.
    align
        Put a classifier's columns in the order of all classes.
    sample_rows
        Learn from so many rows; 0 for all.
    trend
        Degree of the polynomial of time that is continued, in a forecast.
    """

    members: tuple[Member, ...]
    blocks: tuple[str, ...] = ()
    folds: int = 5
    seed: int = 0
    drop_id: bool = True
    impute: str = "median"
    encode: str = ""
    unknown_ok: bool = True
    scale: str = "standard"
    pca: int = 0
    log_target: str = ""
    clip: bool = False
    one_column: bool = True
    align: bool = True
    sample_rows: int = 0
    trend: int = 0


def with_block(recipe: Recipe, block: str) -> Recipe:
    """Return the recipe with a block of features added."""
    blocks = tuple(name for name in BLOCKS if name in {*recipe.blocks, block})
    return replace(recipe, blocks=blocks)


def without_block(recipe: Recipe, block: str) -> Recipe:
    """Return the recipe with a block of features taken away."""
    return replace(recipe, blocks=tuple(b for b in recipe.blocks if b != block))
