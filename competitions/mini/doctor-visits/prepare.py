"""Make the data of `doctor-visits` from the table that statsmodels carries."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from statsmodels.datasets import randhie

from mle_toolkit.competitions.tables import shuffled, unit, write_csv

if TYPE_CHECKING:
    from pathlib import Path

SALT = "doctor-visits"
NEW_HOUSEHOLDS = 0.10
HELD_OUT = 0.22
POINTS_PER_DOLLAR = 0.62
TERMS = ("lncoins", "idp", "lpi", "fmde")
HEADER = [
    "household",
    "plan",
    "bonus",
    "cap",
    "limited",
    "form",
    "burden",
    "health",
]
# The disease index is a share of the questions on a form: of 29 or of 23, in
# percent.  Four values are averages that the source filled in for missing answers.
FORMS = {"A": 29, "B": 23}
FILLED_IN = {9.967: "C", 10.576: "D", 11.843: "E", 13.732: "F"}
ROUNDING = 0.02
BURDENS = ((0.0, "none"), (7, "low"), (14, "medium"), (28, "high"), (43, "very high"))
RARE = "extreme"


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    people: list[dict[str, float]] = randhie.load_pandas().data.to_dict("records")
    codes = household_codes(people)
    table = [cells(person, code) for person, code in zip(people, codes, strict=True)]
    rows = shuffled(range(len(table)), SALT, "order")
    names = {row: 10_000 + number for number, row in enumerate(rows)}
    new = new_households(table)
    held = {
        row
        for row in rows
        if codes[row] in new or unit(SALT, "held out", row) < HELD_OUT
    }
    train = [row for row in rows if row not in held]
    test = [row for row in rows if row in held]

    def visits(row: int) -> int:
        return int(people[row]["mdvis"])

    write_csv(
        public / "train.csv",
        ["id", *HEADER, "visits"],
        ([names[row], *table[row], visits(row)] for row in train),
    )
    write_csv(
        public / "test.csv",
        ["id", *HEADER],
        ([names[row], *table[row]] for row in test),
    )
    write_csv(
        public / "sample_submission.csv",
        ["id", "visits"],
        ([names[row], 0] for row in test),
    )
    write_csv(
        private / "answers.csv",
        ["id", "visits"],
        ([names[row], visits(row)] for row in test),
    )


def household_codes(people: list[dict[str, float]]) -> list[str]:
    """Return a code for each row; it changes where the terms of insurance do."""
    terms = [tuple(person[name] for name in TERMS) for person in people]
    numbers = [0]
    for before, now in pairwise(terms):
        numbers.append(numbers[-1] + (before != now))
    order = shuffled(range(numbers[-1] + 1), SALT, "codes")
    return [f"H{order[number]:04d}" for number in numbers]


def new_households(table: list[list[Any]]) -> set[str]:
    """Return the households of which no row is in the training set."""
    households = sorted({row[HEADER.index("household")] for row in table})
    chosen = {code for code in households if unit(SALT, "new", code) < NEW_HOUSEHOLDS}
    rare = {
        row[HEADER.index("household")]
        for row in table
        if row[HEADER.index("burden")] == RARE
    }
    return chosen | rare


def cells(person: dict[str, float], household: str) -> list[Any]:
    """Return the columns of `HEADER` for one row of the source."""
    form, burden = form_and_burden(person["disea"])
    return [
        household,
        plan(person),
        points(person["lpi"]),
        points(person["fmde"]),
        int(person["physlm"]) if person["physlm"] in {0.0, 1.0} else None,
        form,
        burden,
        health(person),
    ]


def plan(person: dict[str, float]) -> str:
    """Return the insurance plan: the share that is paid oneself, and its kind."""
    share = round(math.exp(person["lncoins"]) - 1)
    return f"P{share}" + ("i" if person["idp"] else "")


def points(log_dollars: float) -> int | None:
    """Return an amount in points, rounded to five; no amount is missing."""
    if log_dollars == 0:
        return None
    return 5 * round(math.exp(log_dollars) * POINTS_PER_DOLLAR / 5)


def form_and_burden(index: float) -> tuple[str | None, str | None]:
    """Return the code of the form and the group of the disease index."""
    if round(index, 3) in FILLED_IN:
        return FILLED_IN[round(index, 3)], None
    if index == 0:
        return None, BURDENS[0][1]
    form = next(
        form
        for form, questions in FORMS.items()
        if abs(index * questions / 100 - round(index * questions / 100)) < ROUNDING
    )
    return form, next((name for top, name in BURDENS if index <= top), RARE)


def health(person: dict[str, float]) -> str:
    """Return how a person rates the own health."""
    for column, word in (("hlthg", "good"), ("hlthf", "fair"), ("hlthp", "poor")):
        if person[column]:
            return word
    return "excellent"
