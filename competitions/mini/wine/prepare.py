"""Make the data of `wine` from the table that scikit-learn carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.datasets import load_wine

from mle_toolkit.competitions.tables import shuffled, unit, write_csv

if TYPE_CHECKING:
    from pathlib import Path

SALT = "wine"
N_TRAIN = 78
# The four measurements that tell most by themselves are left out.
COLUMNS = (
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "hue",
    "od280/od315_of_diluted_wines",
)
HEADER = (
    "malic_acid",
    "ash",
    "alkalinity",
    "magnesium",
    "phenols",
    "other_phenols",
    "tannins",
    "hue",
    "dilution",
)
GROWERS = "ABC"
LEVELS = 150


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    bunch = load_wine()
    places = [bunch.feature_names.index(name) for name in COLUMNS]
    columns = [rescale([float(v) for v in bunch.data[:, p]], p) for p in places]
    growers = shuffled(GROWERS, SALT, "growers")
    labels = [growers[int(label)] for label in bunch.target]
    rows = shuffled(range(len(labels)), SALT, "order")
    names = {row: 500 + number for number, row in enumerate(rows)}
    train, test = rows[:N_TRAIN], rows[N_TRAIN:]

    def cells(row: int) -> list[str]:
        return [column[row] for column in columns]

    targets = [f"grower_{name}" for name in GROWERS]
    write_csv(
        public / "train.csv",
        ["bottle", *HEADER, "grower"],
        ([names[row], *cells(row), labels[row]] for row in train),
    )
    write_csv(
        public / "test.csv",
        ["bottle", *HEADER],
        ([names[row], *cells(row)] for row in test),
    )
    write_csv(
        public / "sample_submission.csv",
        ["bottle", *targets],
        ([names[row], "0.34", "0.33", "0.33"] for row in test),
    )
    write_csv(
        private / "answers.csv",
        ["bottle", *targets],
        ([names[row], *(int(labels[row] == g) for g in GROWERS)] for row in test),
    )


def rescale(values: list[float], column: int) -> list[str]:
    """Return the values in a unit of our own, in steps of 1/150 of their range."""
    low, high = min(values), max(values)
    steps = [round(LEVELS * (value - low) / (high - low)) for value in values]
    size = 0.02 + 0.2 * unit(SALT, "unit", column)
    origin = 1.0 + 20.0 * unit(SALT, "origin", column)
    return [f"{origin + size * step:.2f}" for step in steps]
