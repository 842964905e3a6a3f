"""Make the data of `diabetes` from the table that scikit-learn carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.datasets import load_diabetes

from mle_toolkit.competitions.tables import bell, shuffled, unit, write_split

if TYPE_CHECKING:
    from pathlib import Path

SALT = "diabetes"
N_TRAIN = 222
N_BLOOD = 6
HEADER = ("age", "sex", "body_mass", "pressure")
BLOOD_LEVELS = 120
# Points of the outcome for one unit of the source.
POINTS, ORIGIN = 0.31, 4.0


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    bunch = load_diabetes(scaled=False)
    people = [[float(value) for value in row] for row in bunch.data]
    first = len(HEADER)
    blood = shuffled(range(first, first + N_BLOOD), SALT, "columns")
    serum = [rescale([person[column] for person in people], column) for column in blood]
    rows = shuffled(range(len(people)), SALT, "order")
    names = {row: 2000 + number for number, row in enumerate(rows)}

    def entry(row: int) -> tuple[list[int], list[object], list[str]]:
        age, sex, mass, pressure = people[row][:first]
        cells: list[object] = [
            round(age + bell(SALT, "age", row)),
            "ab"[int(sex) - 1],
            f"{mass + 0.2 * bell(SALT, 'mass', row):.1f}",
            round(pressure + bell(SALT, "pressure", row)),
            *(column[row] for column in serum),
        ]
        outcome = ORIGIN + POINTS * float(bunch.target[row])
        return [names[row]], cells, [f"{outcome:.1f}"]

    write_split(
        public,
        private,
        id_column="patient",
        header=[*HEADER, *(f"serum_{number}" for number in range(1, N_BLOOD + 1))],
        targets=["progression"],
        train=(entry(row) for row in rows[:N_TRAIN]),
        test=(entry(row) for row in rows[N_TRAIN:]),
        example=["50.0"],
    )


def rescale(values: list[float], column: int) -> list[str]:
    """Return the values on a scale of our own, in steps of 1/120 of their range."""
    low, high = min(values), max(values)
    steps = [round(BLOOD_LEVELS * (value - low) / (high - low)) for value in values]
    size = 0.05 + unit(SALT, "unit", column)
    origin = 10.0 * unit(SALT, "origin", column)
    return [f"{origin + size * step:.2f}" for step in steps]
