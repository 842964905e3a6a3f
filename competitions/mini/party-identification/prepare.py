"""Make the data of `party-identification` from the table that statsmodels carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statsmodels.datasets import anes96

from mle_toolkit.competitions.tables import shuffled, unit, write_split

if TYPE_CHECKING:
    from pathlib import Path

SALT = "party"
N_TRAIN = 420
HEADER = (
    "place",
    "news_days",
    "own_view",
    "view_of_democrat",
    "view_of_republican",
    "age",
    "education",
    "income",
)
# Inhabitants in thousands below which a place is of each kind.
PLACES = (
    (1, "countryside"),
    (10, "village"),
    (40, "town"),
    (150, "city"),
    (700, "large city"),
)
LARGEST = "metropolis"
EDUCATION = (
    "primary",
    "some secondary",
    "secondary",
    "some college",
    "college",
    "master",
    "doctor",
)
UNDECIDED = 3


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    table = anes96.load_pandas().data
    people = [
        {str(name): float(value) for name, value in person.items()}
        for person in table.to_dict("records")
    ]
    rows = shuffled(distinct(people), SALT, "order")
    names = {row: 30_000 + number for number, row in enumerate(rows)}

    def entry(row: int) -> tuple[list[int], list[object], list[int]]:
        return [names[row]], cells(people[row], row), [int(people[row]["PID"])]

    write_split(
        public,
        private,
        id_column="respondent",
        header=HEADER,
        targets=["party"],
        train=(entry(row) for row in rows[:N_TRAIN]),
        test=(entry(row) for row in rows[N_TRAIN:]),
        example=[UNDECIDED],
    )


def distinct(people: list[dict[str, float]]) -> list[int]:
    """Return the rows of which no earlier one is a copy."""
    first: dict[tuple[float, ...], int] = {}
    for row, person in enumerate(people):
        first.setdefault(tuple(person.values()), row)
    return list(first.values())


def cells(person: dict[str, float], row: int) -> list[object]:
    """Return the columns of `HEADER` for one row of the source."""
    # Left and right are mirrored, and the age is off by a year or two.
    left, democrat, republican = (
        8 - int(person[name]) for name in ("selfLR", "ClinLR", "DoleLR")
    )
    return [
        place(person["popul"]),
        int(person["TVnews"]),
        left,
        democrat,
        republican,
        int(person["age"]) - 2 + int(5 * unit(SALT, "age", row)),
        EDUCATION[int(person["educ"]) - 1],
        (int(person["income"]) + 1) // 2,
    ]


def place(thousands: float) -> str:
    """Return what kind of place has so many thousand inhabitants."""
    return next((name for limit, name in PLACES if thousands < limit), LARGEST)
