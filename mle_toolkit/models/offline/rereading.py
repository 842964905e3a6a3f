"""Turn a program back into the recipe that it follows."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING, Any

from mle_toolkit.models.offline.families import families
from mle_toolkit.models.offline.recipe import BLOCKS, Member, Recipe
from mle_toolkit.models.offline.templates import BLOCK_CODE

if TYPE_CHECKING:
    from mle_toolkit.models.offline.family import Family
    from mle_toolkit.models.offline.problem import Problem

_ENCODERS = (
    ("dummies", "get_dummies("),
    ("target", "TargetEncoder("),
    ("ordinal", "OrdinalEncoder("),
    ("onehot", "OneHotEncoder("),
)
_SCALERS = (("power", "PowerTransformer("), ("quantile", "QuantileTransformer("))


def reread(program: str, problem: Problem) -> Recipe | None:
    """Return the recipe of `program`, or None when it is not of our kind."""
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError):
        return None
    constants = _constants(tree)
    members = _members(tree, constants.get("WEIGHTS"), families(problem))
    folds, seed = constants.get("FOLDS"), constants.get("SEED")
    if not members or not isinstance(folds, int) or not isinstance(seed, int):
        return None
    imputer = re.search(r'SimpleImputer\(strategy="(\w+)"', program)
    components = re.search(r"PCA\(n_components=(\d+)", program)
    function = re.search(r"\bfunc=np\.(log1p|log)\b", program)
    encode = next((name for name, mark in _ENCODERS if mark in program), "")
    rows, trend = constants.get("SAMPLE_ROWS", 0), constants.get("TREND", 0)
    return Recipe(
        members=members,
        blocks=tuple(
            name
            for name in BLOCKS
            if textwrap.indent(BLOCK_CODE[name], "    ") in program
        ),
        folds=folds,
        seed=seed,
        drop_id="if name != ID" in program,
        impute=imputer[1] if imputer else "",
        encode=encode,
        unknown_ok="handle_unknown=" in program,
        scale=next((name for name, mark in _SCALERS if mark in program), "standard"),
        pca=int(components[1]) if components else 0,
        log_target=function[1] if function else "",
        clip="np.clip(" in program,
        one_column="[:, 1]" in program,
        align="reindex(columns=CLASSES" in program,
        sample_rows=rows if isinstance(rows, int) else 0,
        trend=trend if isinstance(trend, int) else 0,
    )


def _constants(tree: ast.Module) -> dict[str, Any]:
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and _is_literal(statement.value):
                found[target.id] = ast.literal_eval(statement.value)
    return found


def _members(
    tree: ast.Module, weights: Any, known: dict[str, Family]
) -> tuple[Member, ...]:
    by_estimator = {family.estimator: family for family in known.values()}
    members = []
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(
            statement.value, ast.Dict
        ):
            continue
        if ast.unparse(statement.targets[0]) != "MODELS":
            continue
        for key, value in zip(
            statement.value.keys, statement.value.values, strict=True
        ):
            name = key.value if isinstance(key, ast.Constant) else ""
            weight = weights.get(name, 1) if isinstance(weights, dict) else 1
            member = _member(value, by_estimator)
            if member is None or not isinstance(weight, int):
                return ()
            members.append(Member(member.family, member.params, weight))
    return tuple(members)


def _member(expression: ast.expr, known: dict[str, Family]) -> Member | None:
    for node in ast.walk(expression):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        family = known.get(node.func.id)
        if family is None:
            continue
        given = {
            word.arg: ast.literal_eval(word.value)
            for word in node.keywords
            if _is_literal(word.value)
        }
        params = tuple((name, given[name]) for name in family.grid if name in given)
        return Member(family.name, params) if len(params) == len(family.grid) else None
    return None


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
