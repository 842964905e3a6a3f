"""Say in words what a recipe does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mle_toolkit.models.offline.families import families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.recipe import Recipe

BLOCK_WORDS = {
    "dates": "parts of the dates",
    "seasons": "waves of a year",
    "evened": "the surroundings of a pixel divided by the light there",
    "row_scale": "each image stretched to the same range",
    "logs": "logarithms of the numbers",
    "signed_logs": "logarithms of the numbers that keep the sign",
    "ratios": "ratios of the first numbers",
    "safe_ratios": "ratios of the first numbers, without divisions by zero",
    "products": "products of the first numbers",
    "row_stats": "mean, spread and range of each row",
    "gaps": "marks for missing values",
    "counts": "how often each category occurs",
    "joined": "each code joined with the categories",
    "edges": "differences between neighbouring pixels",
    "profiles": "sums over the rows and columns of each image",
}
SCALE_WORDS = {
    "standard": "mean 0 and spread 1",
    "power": "a shape close to the bell curve",
    "quantile": "their ranks",
}
ENCODING_WORDS = {
    "dummies": "a dummy column for each category",
    "ordinal": "numbered categories",
    "onehot": "one-hot categories",
    "target": "target-encoded codes",
}


def describe(recipe: Recipe, problem: Problem) -> str:
    """Return one sentence about the recipe."""
    known = families(problem)
    models = listed([known[member.family].label for member in recipe.members])
    text = f"The mean of {models}" if len(recipe.members) > 1 else models
    additions = [BLOCK_WORDS[block] for block in recipe.blocks]
    if recipe.encode:
        additions.append(ENCODING_WORDS[recipe.encode])
    scaled = any(known[member.family].scaled for member in recipe.members)
    if scaled and recipe.scale != "standard":
        additions.append(f"numbers turned into {SCALE_WORDS[recipe.scale]}")
    if scaled and recipe.pca:
        additions.append(f"{recipe.pca} principal components")
    if additions:
        text += f" on {listed(additions)}"
    if problem.time and recipe.trend:
        text += f", added to a trend of degree {recipe.trend}"
    if recipe.log_target:
        text += ", learning the logarithm of the target"
    return text[:1].upper() + text[1:] + "."


def listed(words: Sequence[str]) -> str:
    """Return words as an English list.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:  # noqa: PLR2004 - a list of one word has no "and"
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
