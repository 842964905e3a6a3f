"""The files of a new competition: card, description, tables, leaderboard."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit.competitions.places import DESCRIPTION, LEADERBOARD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mle_toolkit.competitions.creating.field import Entrant
    from mle_toolkit.competitions.creating.problem import Problem

_DIRECTIONS = {True: "lower", False: "higher"}
_FORMS = {
    "probability": "the probability that `{target}` is {last!r}",
    "probabilities": "the probability of every class of `{target}`; a row adds up to 1",
    "label": "the class of `{target}`",
    "number": "the value of {targets}",
}

_DESCRIPTION = """\
# {title}

## Overview

Predict {targets} for every row of the test set.

## Evaluation

Submissions are scored by **{metric}**, {direction} is better.

### Submission file

For each `{id_column}` of the test set give {form}.
The file needs a header, and every id exactly once:

```
{example}
```

## Data

- `train.csv`: {n_rows} rows with the target
- `test.csv`: the rows to predict
- `sample_submission.csv`: a valid submission that looks at no feature

| column | what it holds |
|---|---|
{rows}"""


def write_toml(path: Path, tables: Mapping[str, Any]) -> None:
    """Write a card: plain values first, then each table under its name."""
    lines = []
    for name, value in tables.items():
        if isinstance(value, dict):
            lines.append(f"\n[{name}]")
            lines += [f"{key} = {_toml(v)}" for key, v in value.items()]
        else:
            lines.append(f"{name} = {_toml(value)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_leaderboard(path: Path, entrants: Sequence[Entrant]) -> None:
    """Write the leaderboard, best first."""
    with (path / LEADERBOARD).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["score", "pipeline"])
        writer.writerows([repr(each.score), each.pipeline] for each in entrants)


def write_description(
    path: Path, *, title: str, problem: Problem, id_column: str, train: pd.DataFrame
) -> None:
    """Write what agents read: the task, the score, the file to submit, the columns."""
    example = pd.DataFrame(
        {id_column: train[id_column].iloc[:2], **_example(problem, train)}
    )
    rows = "".join(
        f"| `{name}` | {_about(train[name])} |\n"
        for name in train.columns
        if name != id_column
    )
    targets = ", ".join(f"`{name}`" for name in problem.targets)
    form = _FORMS[problem.form].format(
        target=problem.targets[0],
        targets=targets,
        last=problem.classes[-1] if problem.classes else None,
    )
    text = _DESCRIPTION.format(
        title=title,
        targets=targets,
        metric=problem.metric.title,
        direction=_DIRECTIONS[problem.metric.lower_is_better],
        id_column=id_column,
        form=form,
        example=example.to_csv(index=False).strip(),
        n_rows=len(train),
        rows=rows,
    )
    (path / DESCRIPTION).write_text(text, encoding="utf-8")


def _example(problem: Problem, train: pd.DataFrame) -> dict[str, Any]:
    guess = problem.baseline(train, 2)
    return {name: guess[name].to_numpy() for name in guess.columns}


def _about(column: pd.Series) -> str:
    n_missing = int(column.isna().sum())
    missing = f"; {n_missing} missing" if n_missing else ""
    if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
        return f"number from {column.min():g} to {column.max():g}{missing}"
    n_levels = column.nunique()
    return f"text, {n_levels} different values{missing}"


def _toml(value: Any) -> str:
    # JSON writes texts, numbers, booleans and lists of texts as TOML wants them.
    return json.dumps(value, ensure_ascii=False)
