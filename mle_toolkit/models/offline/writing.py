"""Turn a recipe into a program."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from mle_toolkit.models.offline import loading
from mle_toolkit.models.offline.families import families
from mle_toolkit.models.offline.literals import LINE, call, literal, texts, wrapped
from mle_toolkit.models.offline.problem import BINARY, CLASSES, LABEL, NUMBERS
from mle_toolkit.models.offline.prose import describe
from mle_toolkit.models.offline.recipe import BLOCKS
from mle_toolkit.models.offline.templates import (
    AS_TABLE,
    BLOCK_CODE,
    CROSS_VALIDATE,
    FEATURES,
    FOLDS,
    FORECAST,
    PREDICT,
    SCORES,
    YEARS,
)

if TYPE_CHECKING:
    from mle_toolkit.models.offline.problem import Problem
    from mle_toolkit.models.offline.recipe import Member, Recipe

_MAX_CATEGORIES = 40
_MAX_TERMS = 200
_JOINED_CODES = 2
_JOINED_WORDS = 5
_SCALERS = {
    "standard": "StandardScaler()",
    "power": "PowerTransformer()",
    "quantile": "QuantileTransformer(n_quantiles=100, random_state=SEED)",
}
# Where names that occur in a program come from.
_HOMES = {
    "CalibratedClassifierCV": "sklearn.calibration",
    "GroupKFold": "sklearn.model_selection",
    "KFold": "sklearn.model_selection",
    "PowerTransformer": "sklearn.preprocessing",
    "QuantileTransformer": "sklearn.preprocessing",
    "OneHotEncoder": "sklearn.preprocessing",
    "OrdinalEncoder": "sklearn.preprocessing",
    "PCA": "sklearn.decomposition",
    "SimpleImputer": "sklearn.impute",
    "StandardScaler": "sklearn.preprocessing",
    "StratifiedKFold": "sklearn.model_selection",
    "TargetEncoder": "sklearn.preprocessing",
    "TfidfVectorizer": "sklearn.feature_extraction.text",
    "TransformedTargetRegressor": "sklearn.compose",
    "clone": "sklearn.base",
    "imread": "skimage.io",
    "median_filter": "scipy.ndimage",
    "percentile_filter": "scipy.ndimage",
    "resize": "skimage.transform",
    "sliding_window_view": "numpy.lib.stride_tricks",
    "combinations": "itertools",
    "combinations_with_replacement": "itertools",
    "make_column_transformer": "sklearn.compose",
    "make_pipeline": "sklearn.pipeline",
} | {name: "sklearn.metrics" for _, name in SCORES.values()}


def write_program(recipe: Recipe, problem: Problem) -> str:
    """Return the program that does what the recipe says."""
    parts = [
        _constants(recipe, problem),
        loading.functions(problem),
        loading.loading(recipe, problem),
        _models(recipe, problem),
        *_functions(recipe, problem),
        _main(recipe, problem),
    ]
    body = "\n".join(part for part in parts if part)
    head = textwrap.fill(f'"""{describe(recipe, problem)}"""', LINE) + "\n"
    return f"{head}\n{_imports(body, problem)}\n{body}"


def _imports(body: str, problem: Problem) -> str:
    homes = _HOMES | {
        item.estimator: item.module for item in families(problem).values()
    }
    needed: dict[str, list[str]] = {}
    for name in sorted(set(re.findall(r"\b[A-Za-z_]\w*(?=\()", body))):
        if name in homes:
            needed.setdefault(homes[name], []).append(name)
    lines = [
        f"from {home} import {', '.join(names)}"
        for home, names in sorted(needed.items())
    ]
    own = [line for line in lines if line.startswith("from itertools")]
    others = [line for line in lines if line not in own]
    common = ["import numpy as np", "import pandas as pd"]
    return "\n".join([*own, *([""] if own else []), *common, *others]) + "\n"


def _constants(recipe: Recipe, problem: Problem) -> str:
    lines = [
        f"ID = {literal(problem.id_column)}",
        f"TARGETS = {texts(problem.targets)}",
        f"FOLDS = {recipe.folds}",
        f"SEED = {recipe.seed}",
    ]
    if recipe.sample_rows:
        lines.append(f"SAMPLE_ROWS = {recipe.sample_rows}")
    lines += loading.constants(problem)
    if problem.time:
        lines.append(f"TREND = {recipe.trend}")
    uses_words = bool(recipe.encode) or "counts" in recipe.blocks
    for name, columns in (
        ("WORDS", problem.words if uses_words else ()),
        ("CODES", problem.codes if uses_words else ()),
        ("DATES", problem.dates if "dates" in recipe.blocks else ()),
        ("TEXTS", problem.texts),
    ):
        if columns or (uses_words and name in {"WORDS", "CODES"}):
            lines.append(f"{name} = {texts(columns)}")
    if "joined" in recipe.blocks:
        lines.append(f"JOINED = {_joined(problem)}")
        lines.append('JOINED_NAMES = ["_".join(names) for names in JOINED]')
    if {"row_scale", "edges", "profiles"} & set(recipe.blocks):
        first, last = problem.pixels
        lines.append(f"FIRST_PIXEL, LAST_PIXEL = {literal(first)}, {literal(last)}")
    if {"row_scale", "edges", "profiles"} & set(recipe.blocks) or problem.has_files:
        lines.append(f"SIDE = {problem.side}")
    return "\n".join(lines) + "\n"


def _joined(problem: Problem) -> str:
    """Return which columns of words are joined to new codes."""
    words = list(problem.words[:_JOINED_WORDS])
    codes = list(problem.codes[:_JOINED_CODES]) or words[:1]
    pairs = [[code, word] for code in codes for word in words if word != code]
    wholes = [[code, *words] for code in codes if code not in words] or [words]
    groups = dict.fromkeys(tuple(names) for names in (*pairs, *wholes))
    return wrapped("[", [texts(group) for group in groups], "]")


def _models(recipe: Recipe, problem: Problem) -> str:
    text = ""
    prepared = _preparation(recipe, problem)
    if prepared:
        text += f"PREPARE = {prepared}\n"
    names = member_names(recipe)
    text += "MODELS = {\n"
    for name, member in zip(names, recipe.members, strict=True):
        expression = _member(member, recipe, problem, prepared=bool(prepared))
        text += textwrap.indent(f"{literal(name)}: {expression},\n", "    ")
    weights = [
        f"{literal(name)}: {member.weight}"
        for name, member in zip(names, recipe.members, strict=True)
    ]
    return text + "}\nWEIGHTS = {" + ", ".join(weights) + "}\n"


def member_names(recipe: Recipe) -> list[str]:
    """Return a name for each member: its family, and a number from the second on."""
    names: list[str] = []
    for member in recipe.members:
        count = sum(other.split("-")[0] == member.family for other in names)
        names.append(member.family if not count else f"{member.family}-{count + 1}")
    return names


def _preparation(recipe: Recipe, problem: Problem) -> str:
    """Return the transformer of the columns that are not numbers, if any is wanted."""
    parts = []
    codes = "*CODES, *JOINED_NAMES" if "joined" in recipe.blocks else "*CODES"
    if recipe.encode == "onehot":
        parts.append(_pair(_one_hot(recipe), f"[*WORDS, {codes}]"))
    elif recipe.encode == "ordinal":
        unknown = ['handle_unknown="use_encoded_value"', "unknown_value=-1"]
        encoder = call("OrdinalEncoder", unknown if recipe.unknown_ok else [])
        parts.append(_pair(encoder, f"[*WORDS, {codes}]"))
    elif recipe.encode == "target":
        kind = ['target_type="continuous"'] if problem.kind == NUMBERS else []
        encoder = call("TargetEncoder", [*kind, "random_state=SEED"])
        parts.append(_pair(_one_hot(recipe), "WORDS"))
        parts.append(_pair(encoder, f"[{codes}]"))
    parts.extend(
        f"(TfidfVectorizer(max_features={_MAX_TERMS}), {literal(name)})"
        for name in problem.texts
    )
    if not parts:
        return ""
    rest = [
        'remainder="passthrough"',
        *(["sparse_threshold=0"] if problem.texts else []),
    ]
    return call("make_column_transformer", [*parts, *rest])


def _one_hot(recipe: Recipe) -> str:
    known = ['handle_unknown="infrequent_if_exist"'] if recipe.unknown_ok else []
    sizes = [f"max_categories={_MAX_CATEGORIES}", "sparse_output=False"]
    return call("OneHotEncoder", [*known, *sizes])


def _pair(encoder: str, columns: str) -> str:
    return wrapped("(", [encoder, columns], ")")


def _member(member: Member, recipe: Recipe, problem: Problem, *, prepared: bool) -> str:
    family = families(problem)[member.family]
    settings = [f"{name}={literal(value)}" for name, value in member.params]
    settings += [family.fixed] if family.fixed else []
    settings += ["random_state=SEED"] if family.seeded else []
    core = call(family.estimator, settings)
    if family.calibrated:
        core = call("CalibratedClassifierCV", [core, "ensemble=False", "cv=3"])
    steps = ["PREPARE"] if prepared else []
    if recipe.impute and not family.takes_holes:
        steps.append(f"SimpleImputer(strategy={literal(recipe.impute)})")
    if family.scaled:
        steps.append(_SCALERS[recipe.scale])
        if recipe.pca:
            steps.append(f"PCA(n_components={recipe.pca}, random_state=SEED)")
    whole = call("make_pipeline", [*steps, core]) if steps else core
    if recipe.log_target:
        inverse = {"log": "np.exp", "log1p": "np.expm1"}[recipe.log_target]
        functions = [f"func=np.{recipe.log_target}", f"inverse_func={inverse}"]
        whole = call("TransformedTargetRegressor", [whole, *functions])
    return whole


def _functions(recipe: Recipe, problem: Problem) -> list[str]:
    names = "if name != ID" if recipe.drop_id else ""
    columns = f"frame[[name for name in test.columns {names}]].copy()"
    blocks = [BLOCK_CODE[name] for name in BLOCKS if name in recipe.blocks]
    if problem.texts:
        blocks.insert(0, 'X[TEXTS] = X[TEXTS].fillna("")\n')
    if problem.time:
        blocks.insert(0, YEARS)
    grows = any("parts.append" in block for block in blocks)
    if grows:
        blocks.insert(0, "parts = []\n")
    end = "pd.concat([X, *parts], axis=1)" if grows else "X"
    if recipe.encode == "dummies":
        end = f"pd.get_dummies({end}, columns=[*WORDS, *CODES])"
    body = textwrap.indent("".join(blocks) + f"return {end}\n", "    ")
    found = [
        "\n" + FEATURES.format(columns=columns.replace(" ]", "]"), blocks=body),
        "\n" + PREDICT[_prediction(recipe, problem)],
        "\n" + _cross_validation(recipe, problem),
    ]
    if {"edges", "profiles"} & set(recipe.blocks):
        found.insert(0, "\n" + AS_TABLE)
    return found


def _prediction(recipe: Recipe, problem: Problem) -> str:
    if problem.kind == NUMBERS:
        return "numbers"
    if problem.kind == BINARY:
        return "binary" if recipe.one_column else "both"
    return "aligned" if recipe.align else "classes"


def _cross_validation(recipe: Recipe, problem: Problem) -> str:
    if problem.time:
        forecast = "forecast(X, y, X_test)"
        values = _clipped(forecast, problem) if recipe.clip else forecast
        return FORECAST.format(returned=f"held_out, {values}")
    flat = _prediction(recipe, problem) in {"binary", "numbers"}
    width = "len(CLASSES)" if problem.kind in {CLASSES, LABEL} else "2"
    stratify = "classes" if problem.is_classification else "numbers"
    returned = "held_out, predicted"
    if recipe.clip:
        parts = (_clipped(name, problem) for name in ("held_out", "predicted"))
        returned = ", ".join(parts)
    return CROSS_VALIDATE.format(
        shape_train="len(X)" if flat else f"(len(X), {width})",
        shape_test="len(X_test)" if flat else f"(len(X_test), {width})",
        folds=FOLDS["pixels"] if problem.is_pixelwise else FOLDS[stratify],
        groups=", train[GROUP]" if problem.is_pixelwise else "",
        returned=returned,
    )


def _clipped(values: str, problem: Problem) -> str:
    limits = ["None" if limit is None else f"{limit:g}" for limit in problem.limits]
    return f"np.clip({values}, {', '.join(limits)})"


def _main(recipe: Recipe, problem: Problem) -> str:
    ids = "test[ID]" if problem.id_in_test else "sample[ID]"
    lines = [
        "",
        "X, X_test = features(train), features(test)",
        f"submission = pd.DataFrame({{ID: {ids}}})",
    ]
    score = SCORES[problem.score][0].format(
        multi=', multi_class="ovr"' if problem.kind == CLASSES else "",
        labels=", labels=CLASSES" if problem.kind == CLASSES else "",
    )
    if problem.label in problem.targets and len(problem.targets) > 1:
        lines += _several_targets(score)
    else:
        lines += [
            f"y = train[{literal(problem.label)}]",
            "held_out, predicted = cross_validate(X, y, X_test)",
            *_filling(recipe, problem),
            *(_ONLY_FORECAST if problem.time else []),
            f"score = {score}",
        ]
    lines += [
        'submission.to_csv("submission.csv", index=False)',
        f'print(f"validation {problem.metric}: {{score:.6f}}")',
    ]
    return "\n".join(lines) + "\n"


# Rows before the first forecast have none.
_ONLY_FORECAST = [
    "known = ~np.isnan(held_out)",
    "y, held_out = y[known], held_out[known]",
]


def _several_targets(score: str) -> list[str]:
    return [
        "scores = []",
        "for target in TARGETS:",
        "    y = train[target]",
        "    held_out, submission[target] = cross_validate(X, y, X_test)",
        f"    scores.append({score})",
        "score = np.mean(scores)",
    ]


def _filling(recipe: Recipe, problem: Problem) -> list[str]:  # noqa: ARG001
    if problem.kind == CLASSES:
        return [
            f"COLUMNS = {_column_map(problem)}",
            "for number, value in enumerate(CLASSES):",
            "    submission[COLUMNS[value]] = predicted[:, number]",
        ]
    if problem.kind == LABEL:
        return ["submission[TARGETS[0]] = CLASSES[predicted.argmax(1)]"]
    return ["submission[TARGETS[0]] = predicted"]


def _column_map(problem: Problem) -> str:
    """Return which column of the submission holds each class."""
    found = {}
    for value in problem.classes:
        bare = value.strip('"')
        ends = [t for t in problem.targets if t == bare or t.endswith(f"_{bare}")]
        if len(ends) != 1:
            break
        found[value] = ends[0]
    if len(found) != len(problem.targets) or len(set(found.values())) != len(found):
        return "dict(zip(CLASSES, TARGETS))"
    inside = [f"{value}: {literal(name)}" for value, name in found.items()]
    return wrapped("{", inside, "}")
