"""Change one thing about a recipe that works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.drafting import (
    allowance_s,
    choose,
    finishing,
    possible_blocks,
)
from mle_toolkit.models.offline.families import families, seconds
from mle_toolkit.models.offline.prose import BLOCK_WORDS, SCALE_WORDS
from mle_toolkit.models.offline.recipe import (
    SCALES,
    SOUND,
    Recipe,
    with_block,
    without_block,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mle_toolkit.models.offline.drafting import Taste
    from mle_toolkit.models.offline.family import Family
    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.reading import Brief
    from mle_toolkit.models.offline.recipe import Member

    Move = Callable[["Recipe", "Problem", "Taste", "random.Random"], "Change | None"]

_TRIES = 40
_MAX_MEMBERS = 4
_MAX_FOLDS = 10
_TREND_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """A changed recipe, and the change in a sentence."""

    recipe: Recipe
    words: str


def improve(
    recipe: Recipe, brief: Brief, problem: Problem, taste: Taste, rng: random.Random
) -> Change | None:
    """Return a change that was not tried before and fits the time, if there is one."""
    weights = _MOVES | ({_detrend: _TREND_WEIGHT} if problem.time else {})
    moves = list(weights)
    # What ran once may run again, even if it took longer than was thought.
    limit = max(allowance_s(brief), 1.1 * seconds(recipe, problem))
    for _ in range(_TRIES):
        move = rng.choices(moves, list(weights.values()))[0]
        change = move(recipe, problem, taste, rng)
        if change is None or change.words in brief.memory:
            continue
        if seconds(change.recipe, problem) <= limit:
            return change
    return None


def _tune(
    recipe: Recipe, problem: Problem, _: Taste, rng: random.Random
) -> Change | None:
    """Move a setting of one model one step along its grid."""
    member = rng.choice(recipe.members)
    family = families(problem)[member.family]
    name = rng.choice(list(family.grid))
    grid, now = family.grid[name], member.param(name)
    if now not in grid:
        return None
    place = grid.index(now) + rng.choice((-1, 1))
    if not 0 <= place < len(grid):
        return None
    words = f"Set {name} of {family.label} to {grid[place]} instead of {now}."
    return Change(
        _replaced(recipe, member, member.with_param(name, grid[place])), words
    )


def _swap(
    recipe: Recipe, problem: Problem, taste: Taste, rng: random.Random
) -> Change | None:
    """Replace one model by one of another family."""
    member = rng.choice(recipe.members)
    known = families(problem)
    new = choose(_others(recipe, problem), problem, _wiser(taste, problem), rng)
    words = f"Replace {known[member.family].label} by {new.label}."
    changed = _replaced(recipe, member, new.draw(rng))
    return Change(finishing(changed, problem, taste, rng), words)


def _join(
    recipe: Recipe, problem: Problem, taste: Taste, rng: random.Random
) -> Change | None:
    """Average with a model of another family."""
    if len(recipe.members) >= _MAX_MEMBERS:
        return None
    new = choose(_others(recipe, problem), problem, _wiser(taste, problem), rng)
    changed = replace(recipe, members=(*recipe.members, new.draw(rng)))
    words = f"Average the predictions with those of {new.label}."
    return Change(finishing(changed, problem, taste, rng), words)


def _weigh(
    recipe: Recipe, problem: Problem, _: Taste, rng: random.Random
) -> Change | None:
    """Give one model of several another weight, or leave it out."""
    if len(recipe.members) < 2:  # noqa: PLR2004 - one model has no rival
        return None
    member = rng.choice(recipe.members)
    label = families(problem)[member.family].label
    if rng.random() < 0.3:  # noqa: PLR2004
        rest = tuple(item for item in recipe.members if item is not member)
        return Change(replace(recipe, members=rest), f"Leave {label} out.")
    weight = rng.choice([value for value in (1, 2, 3) if value != member.weight])
    words = f"Let {label} count {weight} times instead of {member.weight}."
    return Change(_replaced(recipe, member, replace(member, weight=weight)), words)


def _add_features(
    recipe: Recipe, problem: Problem, taste: Taste, rng: random.Random
) -> Change | None:
    """Make new features."""
    rivals = {SOUND.get(block) for block in recipe.blocks} | {
        risky for risky, sound in SOUND.items() if sound in recipe.blocks
    }
    options = set(possible_blocks(problem, taste, rng)) - rivals - set(recipe.blocks)
    if not options:
        return None
    block = rng.choice(sorted(options))
    words = f"Add features: {BLOCK_WORDS[block]}."
    if block == "joined" and rng.random() < taste.care:
        recipe = replace(recipe, encode="target")
        words = f"Add features: {BLOCK_WORDS[block]}, as the mean target of their rows."
    return Change(finishing(with_block(recipe, block), problem, taste, rng), words)


def _drop_features(
    recipe: Recipe, _: Problem, __: Taste, rng: random.Random
) -> Change | None:
    """Leave a block of features out."""
    options = [block for block in recipe.blocks if block != "dates"]
    if not options:
        return None
    block = rng.choice(options)
    words = f"Leave out features: {BLOCK_WORDS[block]}."
    return Change(without_block(recipe, block), words)


def _learn_log(
    recipe: Recipe, problem: Problem, taste: Taste, rng: random.Random
) -> Change | None:
    """Learn the logarithm, when the metric is about logarithms."""
    if problem.score != "rmsle" or problem.time or recipe.log_target:
        return None
    kind = "log1p" if rng.random() < 0.75 + 0.25 * taste.care else "log"
    words = "Learn the logarithm of the target, as the metric compares logarithms."
    return Change(replace(recipe, log_target=kind), words)


def _encode(
    recipe: Recipe, problem: Problem, _: Taste, rng: random.Random
) -> Change | None:
    """Turn words into numbers in another way."""
    if not problem.words and not problem.codes:
        return None
    options = {"ordinal": 1, "onehot": 2, "target": 3 if problem.codes else 0}
    options[recipe.encode] = 0
    new = rng.choices(list(options), list(options.values()))[0]
    names = {
        "ordinal": "Number the categories instead of the encoding so far.",
        "onehot": "Give each frequent category a column of its own.",
        "target": "Replace each code by the mean target of its rows in other folds.",
    }
    return Change(replace(recipe, encode=new), names[new])


def _compress(
    recipe: Recipe, problem: Problem, taste: Taste, rng: random.Random
) -> Change | None:
    """Turn principal components on, off, or change their number."""
    scaled = any(families(problem)[m.family].scaled for m in recipe.members)
    if not scaled or problem.numbers < 10:  # noqa: PLR2004
        return None
    options = [0, *(round(problem.columns * share) for share in (0.3, 0.5, 0.7))]
    if rng.random() > taste.care:
        options += [50, 100]
    new = rng.choice([value for value in options if value != recipe.pca])
    words = (
        f"Reduce the scaled features to {new} principal components."
        if new
        else "Use the scaled features without principal components."
    )
    return Change(replace(recipe, pca=new), words)


def _rescale(
    recipe: Recipe, problem: Problem, _: Taste, rng: random.Random
) -> Change | None:
    """Scale the numbers in another way."""
    if not any(families(problem)[m.family].scaled for m in recipe.members):
        return None
    new = rng.choice([scale for scale in SCALES if scale != recipe.scale])
    words = f"Turn the numbers into {SCALE_WORDS[new]} for the models that want it."
    return Change(replace(recipe, scale=new), words)


def _fill(
    recipe: Recipe, problem: Problem, _: Taste, rng: random.Random
) -> Change | None:
    """Fill missing values in another way, or learn from more folds."""
    if problem.holes and recipe.impute and rng.random() < 0.5:  # noqa: PLR2004
        new = "mean" if recipe.impute == "median" else "median"
        words = f"Fill missing values with the {new}."
        return Change(replace(recipe, impute=new), words)
    if recipe.folds < _MAX_FOLDS:
        folds = min(_MAX_FOLDS, recipe.folds + rng.choice((2, 3, 5)))
        words = f"Average over {folds} folds, so that each model learns from more rows."
        return Change(replace(recipe, folds=folds), words)
    return None


def _detrend(
    recipe: Recipe, problem: Problem, _: Taste, rng: random.Random
) -> Change | None:
    """Continue another trend."""
    if not problem.time:
        return None
    new = rng.choice([degree for degree in range(4) if degree != recipe.trend])
    words = f"Continue a trend of degree {new} in time instead of {recipe.trend}."
    return Change(replace(recipe, trend=new), words)


_MOVES: dict[Move, float] = {
    _tune: 0.22,
    _swap: 0.12,
    _join: 0.25,
    _weigh: 0.05,
    _add_features: 0.15,
    _drop_features: 0.03,
    _learn_log: 0.15,
    _encode: 0.08,
    _compress: 0.06,
    _rescale: 0.06,
    _fill: 0.05,
}


def _others(recipe: Recipe, problem: Problem) -> list[Family]:
    used = {member.family for member in recipe.members}
    return [f for f in families(problem).values() if f.name not in used]


def _wiser(taste: Taste, problem: Problem) -> Taste:
    """Return the taste without the fondness for what seldom adds anything."""
    known = families(problem)
    liking = {name: known[name].promise * like for name, like in taste.liking.items()}
    return replace(taste, liking=liking)


def _replaced(recipe: Recipe, old: Member, new: Member) -> Recipe:
    members = tuple(new if item is old else item for item in recipe.members)
    return replace(recipe, members=members)
