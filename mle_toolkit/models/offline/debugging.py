"""Find the cause of a failure in a program's output, and mend the recipe."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.drafting import (
    allowance_s,
    choose,
    lightened,
    sober,
)
from mle_toolkit.models.offline.families import families
from mle_toolkit.models.offline.recipe import (
    SOUND,
    Recipe,
    with_block,
    without_block,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mle_toolkit.models.offline.drafting import Taste
    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.reading import Brief


@dataclass(frozen=True, slots=True)
class Repair:
    """A mended recipe, with what was wrong and what was done about it."""

    recipe: Recipe
    cause: str
    cure: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a failure when a cure is looked for."""

    recipe: Recipe
    text: str
    brief: Brief
    problem: Problem
    taste: Taste
    rng: random.Random


def mend(
    recipe: Recipe | None,
    brief: Brief,
    problem: Problem,
    taste: Taste,
    rng: random.Random,
) -> Repair:
    """Return a repair for the failure that the brief shows.

    A program that cannot be understood, or whose cure would change nothing, is given
    up for a plain one.
    """
    if recipe is not None:
        text = f"{brief.request}\n{last_message(brief.output)}"
        failure = Failure(recipe, text, brief, problem, taste, rng)
        for pattern, cure in _CURES:
            if not re.search(pattern, text, re.IGNORECASE):
                continue
            repair = cure(failure)
            if repair is not None and repair.recipe != recipe:
                limit = allowance_s(brief)
                fitting = lightened(repair.recipe, problem, limit)
                return replace(repair, recipe=fitting)
    return Repair(
        sober(problem, seed=rng.randrange(1000)),
        "The cause is not clear from the output.",
        "Start again from a plain model with careful preparation.",
    )


def last_message(output: str) -> str:
    """Return the message of the last exception in an output, or its last lines."""
    lines = output.rstrip().splitlines()
    for start in range(len(lines) - 1, -1, -1):
        if re.match(r"[\w.]*(Error|Exception|Interrupt|Exit)\b", lines[start]):
            return "\n".join(lines[start:])
    return "\n".join(lines[-3:])


def _too_slow(failure: Failure) -> Repair | None:
    limit = allowance_s(failure.brief) / 3
    lighter = lightened(failure.recipe, failure.problem, limit)
    if lighter == failure.recipe:
        rows = (failure.recipe.sample_rows or failure.problem.rows) // 3
        lighter = replace(lighter, sample_rows=max(200, rows))
    return Repair(
        lighter, "The program was too slow.", "Compute less: a lighter model."
    )


def _strings(failure: Failure) -> Repair | None:
    recipe, problem = failure.recipe, failure.problem
    cause = "A column of words reached a model that takes numbers only."
    if problem.dates and "dates" not in recipe.blocks:
        cure = "Turn the dates into numbers."
        return Repair(with_block(recipe, "dates"), cause, cure)
    if (problem.words or problem.codes) and not recipe.encode:
        careful = failure.rng.random() < failure.taste.care
        new = failure.rng.choice(("ordinal", "onehot"))
        mended = replace(recipe, encode=new, unknown_ok=careful)
        return Repair(mended, cause, "Encode the categories.")
    mended = replace(recipe, drop_id=True)
    return Repair(mended, cause, "Leave the id out of the features.")


def _unknown_words(failure: Failure) -> Repair | None:
    return Repair(
        replace(failure.recipe, unknown_ok=True),
        "A category occurs that the encoder has not seen.",
        "Let the encoder accept unknown categories.",
    )


def _other_columns(failure: Failure) -> Repair | None:
    return Repair(
        replace(failure.recipe, encode="onehot", unknown_ok=True),
        "Training and test data got different dummy columns.",
        "Use one encoder that is fitted on the training data.",
    )


def _holes(failure: Failure) -> Repair | None:
    recipe = failure.recipe
    if not failure.problem.holes or recipe.impute:
        sound = _sound_blocks(recipe)
        if sound != recipe:
            cause = "Made features have no value where they are not defined."
            return Repair(sound, cause, "Define them for every value.")
    how = failure.rng.choice(("mean", "median"))
    return Repair(
        replace(recipe, impute=how),
        "The data have missing values, which the model does not take.",
        f"Fill them with the {how}.",
    )


def _infinity(failure: Failure) -> Repair | None:
    recipe = failure.recipe
    cause = "Some values are infinite."
    if "Input y" in failure.text or recipe.log_target == "log":
        mended = replace(recipe, log_target="log1p" if recipe.log_target else "")
        return Repair(mended, cause, "Take the logarithm of 1 plus the target.")
    if not recipe.impute and failure.rng.random() > failure.taste.care:
        # A mistake: imputers fill what is missing, not what is infinite.
        return Repair(replace(recipe, impute="median"), cause, "Add an imputer.")
    return Repair(_sound_blocks(recipe), cause, "Make the features safe at zero.")


def _below_zero(failure: Failure) -> Repair | None:
    return Repair(
        replace(failure.recipe, clip=True),
        "Some predictions lie where none is allowed.",
        "Cut the predictions off at the limits.",
    )


def _components(failure: Failure) -> Repair | None:
    found = re.search(r"min\(n_samples, n_features\)=(\d+)", failure.text)
    most = int(found[1]) if found else 10
    return Repair(
        replace(failure.recipe, pca=max(1, most // 2)),
        "There are fewer columns than principal components.",
        f"Ask for {max(1, most // 2)} components.",
    )


def _singular(failure: Failure) -> Repair | None:
    cause = "A covariance matrix is singular: too many columns for a class's rows."
    width = failure.problem.columns
    fewer = failure.recipe.pca // 2 if failure.recipe.pca else width // 3
    if fewer < 2:  # noqa: PLR2004 - one component is no covariance
        return None
    return Repair(
        replace(failure.recipe, pca=fewer), cause, "Reduce the columns beforehand."
    )


def _two_columns(failure: Failure) -> Repair | None:
    return Repair(
        replace(failure.recipe, one_column=True, align=True),
        "The shape of the probabilities is not the shape that is wanted.",
        "Take the probability of each class that is asked for.",
    )


def _illegal_target(failure: Failure) -> Repair | None:
    recipe, problem = failure.recipe, failure.problem
    bad = {"gamma", "poisson"}
    others = [f for f in families(problem).values() if f.name not in bad]
    members = tuple(
        choose(others, problem, failure.taste, failure.rng).draw(failure.rng)
        if member.family in bad
        else member
        for member in recipe.members
    )
    return Repair(
        replace(recipe, members=members),
        "The target has values that this loss does not allow.",
        "Use a model for any numbers.",
    )


def _fewer_folds(failure: Failure) -> Repair | None:
    return Repair(
        replace(failure.recipe, folds=2 if failure.recipe.folds <= 3 else 3),  # noqa: PLR2004
        "A class has fewer rows than there are folds.",
        "Use fewer folds.",
    )


def _memory(failure: Failure) -> Repair | None:
    rows = (failure.recipe.sample_rows or failure.problem.rows) // 3
    mended = replace(failure.recipe, sample_rows=max(200, rows), encode="ordinal")
    if not (failure.problem.words or failure.problem.codes):
        mended = replace(mended, encode="")
    return Repair(mended, "The memory ran out.", "Learn from fewer rows.")


def _sound_blocks(recipe: Recipe) -> Recipe:
    for risky, sound in SOUND.items():
        if risky in recipe.blocks:
            recipe = with_block(without_block(recipe, risky), sound)
    return recipe


# What the output says, and what to do about it.  The first that helps counts.
_CURES: tuple[tuple[str, Callable[[Failure], Repair | None]], ...] = (
    (r"took too long", _too_slow),
    (r"too much memory|MemoryError|Unable to allocate", _memory),
    (r"Found unknown categories", _unknown_words),
    (r"feature names (should match|unseen|seen|must be)|Feature names", _other_columns),
    (r"could not convert string|invalid literal|does not support", _strings),
    (r"Cannot cast|DTypePromotion|unsupported operand", _strings),
    (r"Logarithmic Error cannot be used", _below_zero),
    (r"is below -?\d|is above -?\d|negative value", _below_zero),
    (r"out of the valid range", _illegal_target),
    (r"infinity or a value too large|inf or|contains inf", _infinity),
    (r"contains NaN|missing values|NaN", _holes),
    (r"n_components=\d+", _components),
    (r"not full rank|singular|LinAlgError", _singular),
    (r"1d array|shape|could not be broadcast|dimension", _two_columns),
    (r"n_splits=\d+ cannot be greater|number of members", _fewer_folds),
)
