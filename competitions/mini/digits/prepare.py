"""Make the data of `digits` from the images that scikit-learn carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.datasets import load_digits

from mle_toolkit.competitions.tables import shuffled, unit, write_csv

if TYPE_CHECKING:
    from pathlib import Path

SALT = "digits"
# Neighbouring images are often by one hand, so they stay on one side of the split.
STRETCH = 60
TRAIN_SHARE = 0.5
SIDE = 8
WHITE = 16
CLASSES = range(10)


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    bunch = load_digits()
    images = [[int(value) for value in row] for row in bunch.data]
    labels = [int(label) for label in bunch.target]
    rows = shuffled(range(len(images)), SALT, "order")
    stretches = shuffled(range(-(-len(images) // STRETCH)), SALT, "split")
    in_train = set(stretches[: int(TRAIN_SHARE * len(stretches))])
    train = [row for row in rows if row // STRETCH in in_train]
    test = [row for row in rows if row // STRETCH not in in_train]
    names = {row: number for number, row in enumerate(train + test, start=1)}

    pixels = [f"p{row}{column}" for row in range(SIDE) for column in range(SIDE)]
    targets = [f"digit_{digit}" for digit in CLASSES]
    write_csv(
        public / "train.csv",
        ["image", *pixels, "label"],
        ([names[row], *expose(images[row], row), labels[row]] for row in train),
    )
    write_csv(
        public / "test.csv",
        ["image", *pixels],
        ([names[row], *expose(images[row], row)] for row in test),
    )
    write_csv(
        public / "sample_submission.csv",
        ["image", *targets],
        ([names[row], *["0.1"] * len(targets)] for row in test),
    )
    write_csv(
        private / "answers.csv",
        ["image", *targets],
        ([names[row], *one_hot(labels[row])] for row in test),
    )


def expose(image: list[int], row: int) -> list[int]:
    """Return the image in dark ink on light paper, as one scan among many."""
    paper = 190 + int(60 * unit(SALT, "paper", row))
    ink = int(70 * unit(SALT, "ink", row))
    return [(paper * (WHITE - value) + ink * value) // WHITE for value in image]


def one_hot(label: int) -> list[int]:
    """Return 1 at the label and 0 elsewhere."""
    return [int(label == digit) for digit in CLASSES]
