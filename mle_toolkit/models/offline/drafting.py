"""Write a first recipe, with the taste and the care that the seed gives."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.families import allows, families, seconds
from mle_toolkit.models.offline.recipe import BLOCKS, SCALES, SOUND, Recipe
from mle_toolkit.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mle_toolkit.models.offline.family import Family
    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.reading import Brief
    from mle_toolkit.models.offline.recipe import Member

# The writer is no friend of long fits, however much time there is.
PATIENCE_S = 2.5
_LEAST_S = 0.6
_SMALL = 3000
_FEW_ROWS = 400
_TRIES = 6
_LIGHTENINGS = 16
_UNRIVALLED = 4


@dataclass(frozen=True, slots=True)
class Taste:
    """What a seed likes and how careful it is.

    Attributes
    ----------
    liking
        Weight of each family when one is chosen.
    care
        Probability of thinking of a trap in the data, in [0, 1].
    boldness
        How readily features are made and models are combined, in [0, 1].
    """

    liking: dict[str, float]
    care: float
    boldness: float


def taste_of(seed: int, problem: Problem) -> Taste:
    """Return the taste of a seed: the same in every call."""
    rng = random.Random(derive("offline", "taste", seed))  # noqa: S311
    care, boldness = rng.uniform(0.5, 0.98), rng.uniform(0.1, 0.9)
    liking = {
        name: family.renown * rng.gammavariate(0.7, 1.0) + 0.02
        for name, family in sorted(families(problem).items())
    }
    return Taste(liking, care, boldness)


def draft(brief: Brief, problem: Problem, taste: Taste, rng: random.Random) -> Recipe:
    """Return a first recipe, of another family than what the memory tells of."""
    known = families(problem)
    free = [f for f in known.values() if f.label not in brief.memory.lower()]
    recipe = None
    for _ in range(_TRIES):
        family = choose(free or list(known.values()), problem, taste, rng)
        recipe = _first(family.draw(rng), problem, taste, rng)
        if seconds(recipe, problem) <= allowance_s(brief):
            return recipe
    return lightened(recipe, problem, allowance_s(brief)) if recipe else sober(problem)


def sober(problem: Problem, seed: int = 0) -> Recipe:
    """Return a plain recipe that should work on any table."""
    known = families(problem)
    family = known["boosting"]
    member = family.draw(random.Random(0))  # noqa: S311
    for name, value in (("max_iter", 50), ("max_leaf_nodes", 8)):
        member = member.with_param(name, value)
    return Recipe(
        members=(member,),
        blocks=tuple(block for block in BLOCKS if block in _needed(problem)),
        folds=3,
        seed=seed,
        encode="ordinal" if problem.words or problem.codes else "",
        clip=problem.limits != (None, None),
        trend=1 if problem.time else 0,
    )


def choose(
    some: Iterable[Family], problem: Problem, taste: Taste, rng: random.Random
) -> Family:
    """Return one of the families by liking, if careful one that can learn the label."""
    options = list(some)
    if rng.random() < taste.care:
        options = [family for family in options if allows(family, problem)] or options
    weights = [taste.liking[family.name] for family in options]
    return rng.choices(options, weights)[0]


def allowance_s(brief: Brief) -> float:
    """Return how long a program may take, from what is left."""
    share = brief.time_left_s / max(1, brief.steps or 1)
    return max(_LEAST_S, min(PATIENCE_S, 0.5 * brief.run_limit_s, 0.5 * share))


def lightened(recipe: Recipe, problem: Problem, limit_s: float) -> Recipe:
    """Return the recipe with less to compute, until it should fit into the limit."""
    for _ in range(_LIGHTENINGS):
        if seconds(recipe, problem) <= limit_s:
            break
        recipe = _lighter(recipe, problem)
    return recipe


def finishing(
    recipe: Recipe, problem: Problem, taste: Taste, rng: random.Random
) -> Recipe:
    """Return the recipe with what its models need, as far as one thinks of it."""
    known = families(problem)
    picky = any(not known[member.family].takes_holes for member in recipe.members)
    # Blocks of features can make holes of their own.
    holes = problem.holes or "safe_ratios" in recipe.blocks
    if picky and holes and not recipe.impute and rng.random() < taste.care:
        recipe = replace(recipe, impute=rng.choice(("mean", "median")))
    if (problem.words or problem.codes) and not recipe.encode:
        recipe = replace(recipe, encode=_encoding(problem, taste, rng))
    return recipe


def _first(
    member: Member, problem: Problem, taste: Taste, rng: random.Random
) -> Recipe:
    minds = _minding(taste, rng)
    recipe = Recipe(
        members=(member,),
        blocks=_blocks(problem, taste, rng),
        folds=5 if problem.rows <= _SMALL else 3,
        seed=rng.randrange(1000),
        drop_id=minds() or minds(),
        impute=rng.choice(("mean", "median")) if problem.holes and minds() else "",
        encode=_encoding(problem, taste, rng),
        unknown_ok=minds(),
        scale=rng.choices(SCALES, (5, 2, 1))[0],
        pca=_components(problem, taste, rng),
        log_target=_log_target(problem, taste, rng),
        clip=problem.limits != (None, None),
        one_column=minds(),
        align=minds(),
    )
    if problem.time:
        recipe = replace(recipe, trend=rng.choice((1, 1, 2)) if minds() else 0)
    if rng.random() < 0.25 * taste.boldness:
        others = [f for f in families(problem).values() if f.name != member.family]
        second = choose(others, problem, taste, rng).draw(rng)
        recipe = replace(recipe, members=(member, second))
    return recipe


def _minding(taste: Taste, rng: random.Random) -> Callable[[], bool]:
    """Return a function that says whether a trap is thought of."""
    # Most traps are common knowledge: only part of the carelessness counts.
    return lambda: rng.random() < 0.7 + 0.3 * taste.care


def _encoding(problem: Problem, taste: Taste, rng: random.Random) -> str:
    if not problem.words and not problem.codes:
        return ""
    if rng.random() > 0.65 + 0.35 * taste.care:
        return ""
    if problem.codes:
        skill = (1, 4, 4, 3) if rng.random() < taste.care else (2, 4, 4, 1)
    else:
        skill = (2, 3, 6, 0)
    return rng.choices(("dummies", "ordinal", "onehot", "target"), skill)[0]


def _blocks(problem: Problem, taste: Taste, rng: random.Random) -> tuple[str, ...]:
    chosen = {
        block
        for block in possible_blocks(problem, taste, rng)
        if rng.random() < 0.2 * taste.boldness
    }
    for block in _needed(problem):
        if rng.random() < taste.care:
            chosen.add(block)
    return tuple(block for block in BLOCKS if block in chosen)


def _needed(problem: Problem) -> tuple[str, ...]:
    """Return the blocks of features that nobody careful would leave out."""
    if problem.is_pixelwise:
        return ("evened",)
    return (
        *(("dates",) if problem.dates else ()),
        *(("seasons",) if problem.time else ()),
    )


def possible_blocks(
    problem: Problem, taste: Taste, rng: random.Random
) -> tuple[str, ...]:
    """Return the blocks of features that come to mind for the problem."""
    found = []
    if problem.side:
        found += ["row_scale", "edges", "profiles"]
    if problem.words or problem.codes:
        found.append("counts")
    if len(problem.words) + len(problem.codes) > 1:
        found.append("joined")
    if problem.numbers >= _UNRIVALLED and not problem.side:
        found += ["logs", "ratios", "products", "row_stats"]
    if problem.holes:
        found.append("gaps")
    if problem.is_pixelwise:
        found.append("evened")
    if problem.time:
        found.append("seasons")
    careful = rng.random() < taste.care
    return tuple(SOUND.get(name, name) if careful else name for name in found)


def _components(problem: Problem, taste: Taste, rng: random.Random) -> int:
    if problem.numbers < 10 or rng.random() > 0.5 * taste.boldness:  # noqa: PLR2004
        return 0
    if rng.random() > taste.care:
        # A round number from memory, whatever the number of columns is.
        return rng.choice((20, 50, 100))
    return max(2, round(problem.columns * rng.choice((0.3, 0.5, 0.7))))


def _log_target(problem: Problem, taste: Taste, rng: random.Random) -> str:
    if (
        problem.score != "rmsle"
        or problem.time
        or rng.random() > 0.3 + 0.4 * taste.care
    ):
        return ""
    return "log1p" if rng.random() < 0.75 + 0.25 * taste.care else "log"


def _lighter(recipe: Recipe, problem: Problem) -> Recipe:
    known = families(problem)
    alone = {m: seconds(replace(recipe, members=(m,)), problem) for m in recipe.members}
    heavy = max(alone, key=lambda member: alone[member])
    for name in ("n_estimators", "max_iter"):
        value = heavy.param(name)
        lower = [v for v in known[heavy.family].grid.get(name, ()) if v < (value or 0)]
        if lower:
            light = heavy.with_param(name, max(lower))
            members = tuple(light if m is heavy else m for m in recipe.members)
            return replace(recipe, members=members)
    if recipe.folds > 3:  # noqa: PLR2004 - three folds are the least
        return replace(recipe, folds=3)
    if len(recipe.members) > 1:
        rest = tuple(m for m in recipe.members if m is not heavy)
        return replace(recipe, members=rest)
    rows = min(recipe.sample_rows or problem.rows, problem.rows)
    if rows > _FEW_ROWS:
        return replace(recipe, sample_rows=max(_FEW_ROWS, rows // 2))
    linear = known["logistic" if problem.is_classification else "ridge"]
    plain = linear.draw(random.Random(0))  # noqa: S311
    return replace(recipe, members=(plain,), blocks=(), scale="standard")
