"""Make the data of `faces` from the pictures that scikit-image carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skimage.data import lfw_subset

from mle_toolkit.competitions.images import write_npy
from mle_toolkit.competitions.tables import bell, shuffled, unit, write_split

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SALT = "faces"
# In the source, the faces come first.
N_FACES = 100
N_TRAIN = 80
SIDE = 25
WAYS = 8
NEGATIVES = 0.5
# Grey values: the middle, the contrast of a picture, and the noise upon it.
MIDDLE, CONTRAST, NOISE = 128, 140, 42
FLAT = 0.05


def prepare(public: Path, private: Path) -> None:
    """Write train, test and sample submission to `public`, answers to `private`."""
    pictures = lfw_subset()
    rows = shuffled(range(len(pictures)), SALT, "order")
    train, test = rows[:N_TRAIN], rows[N_TRAIN:]
    names = {row: 1 + number for number, row in enumerate(train + test)}

    def entry(row: int) -> tuple[list[int], list[object], list[int]]:
        return [names[row]], [], [int(row < N_FACES)]

    write_split(
        public,
        private,
        id_column="picture",
        header=[],
        targets=["face"],
        train=(entry(row) for row in train),
        test=(entry(row) for row in test),
        example=["0.5"],
    )
    for name, some in (("train_images.npy", train), ("test_images.npy", test)):
        greys = (grey for row in some for grey in scan(pictures[row], row))
        write_npy(public / name, greys, (len(some), SIDE, SIDE))


def scan(picture: Any, row: int) -> Iterator[int]:
    """Yield the grey values of one picture, as it came out of the drawer."""
    values = [[float(value) for value in line] for line in picture]
    low, high = min(map(min, values)), max(map(max, values))
    sign = -1 if unit(SALT, "negative", row) < NEGATIVES else 1
    gain = sign * CONTRAST / max(high - low, FLAT)
    for place, value in enumerate(turned(values, int(WAYS * unit(SALT, "way", row)))):
        grey = MIDDLE + gain * (value - (low + high) / 2)
        grey += NOISE * bell(SALT, "noise", row, place)
        yield min(255, max(0, round(grey)))


def turned(values: list[list[float]], way: int) -> list[float]:
    """Return the pixels of a square after one of its eight symmetries."""
    if way % 2:
        values = [line[::-1] for line in values]
    for _ in range(way // 2):
        values = [list(line) for line in zip(*values[::-1], strict=True)]
    return [value for line in values for value in line]
