"""Make the data of `breast-cancer` from the table that scikit-learn carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.datasets import load_breast_cancer

from mle_toolkit.competitions.tables import shuffled, unit, write_csv

if TYPE_CHECKING:
    from pathlib import Path

SALT = "tumours"
N_TRAIN = 220
N_SHAPES = 10
LEVELS = 1000
# Of some samples no spread could be had; other values are lost one by one.
NO_SPREAD = 0.05
LOST = 0.035


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    bunch = load_breast_cancer()
    # The source has the means first, then their spreads, then the extremes.
    shapes = shuffled(range(N_SHAPES), SALT, "columns")
    columns = shapes + [N_SHAPES + shape for shape in shapes]
    letters = "abcdefghij"
    header = [f"mean_{x}" for x in letters] + [f"spread_{x}" for x in letters]
    scales = [scale([float(value) for value in bunch.data[:, c]], c) for c in columns]
    rows = shuffled(range(len(bunch.target)), SALT, "order")
    names = {row: 1000 + number for number, row in enumerate(rows)}
    train, test = rows[:N_TRAIN], rows[N_TRAIN:]

    def cells(row: int) -> list[str | None]:
        values = [values[row] for values in scales]
        return [None if is_lost(row, c) else values[c] for c in range(len(columns))]

    def malignant(row: int) -> int:
        return int(bunch.target[row] == 0)

    write_csv(
        public / "train.csv",
        ["sample", *header, "malignant"],
        ([names[row], *cells(row), malignant(row)] for row in train),
    )
    write_csv(
        public / "test.csv",
        ["sample", *header],
        ([names[row], *cells(row)] for row in test),
    )
    write_csv(
        public / "sample_submission.csv",
        ["sample", "malignant"],
        ([names[row], "0.5"] for row in test),
    )
    write_csv(
        private / "answers.csv",
        ["sample", "malignant"],
        ([names[row], malignant(row)] for row in test),
    )


def scale(values: list[float], column: int) -> list[str]:
    """Return the values on a scale of our own, rounded to a thousandth of the range."""
    low, high = min(values), max(values)
    unit_size = 0.05 + 2.0 * unit(SALT, "gain", column)
    origin = 30.0 * unit(SALT, "offset", column)
    steps = [round(LEVELS * (value - low) / (high - low)) for value in values]
    return [f"{origin + step * unit_size:.2f}" for step in steps]


def is_lost(row: int, column: int) -> bool:
    """Whether the value is missing: the same for every run, and by chance alone."""
    no_spread = column >= N_SHAPES and unit(SALT, "no spread", row) < NO_SPREAD
    return no_spread or unit(SALT, "lost", row, column) < LOST
