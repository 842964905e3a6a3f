"""Make the data of `page` from two scanned pages that scikit-image carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from skimage import data

from mle_toolkit.competitions.images import write_png
from mle_toolkit.competitions.tables import bell, shuffled, unit, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SALT = "page"
# Each page: the share of its surroundings that is darker than the paper, and what
# is ink and what is paper, in thousandths of the paper's grey.
PAGES = (("page", 0.75, 350, 900), ("text", 0.70, 350, 880))
WINDOW = 25
HEIGHT, WIDTH = 28, 44
# Between tiles some pixels are left out, so that none shows what its neighbour hides.
GAP = 4
TRAIN_SHARE = 0.5
WHITE = 255
# The dirt: faded ink, uneven light, a stain, noise and specks.
INK, NOISE, SPECKS = 25, 14.0, 0.015
DARK_SPECK, LIGHT_SPECK = 20, 235


def prepare(public: Path, private: Path) -> None:
    """Write tiles and sample submission to `public`, answers to `private`."""
    tiles = [tile for facts in PAGES for tile in cut(*facts)]
    order = shuffled(range(len(tiles)), SALT, "order")
    n_train = int(TRAIN_SHARE * len(order))
    names = {tile: 1 + number for number, tile in enumerate(order)}
    for folder in ("train", "train_clean", "test"):
        (public / folder).mkdir()
    for tile, name in names.items():
        folder = "train" if name <= n_train else "test"
        clean, blurred = tiles[tile]
        write_png(public / folder / f"{name:03d}.png", soiled(blurred, tile).tolist())
        if folder == "train":
            write_png(public / "train_clean" / f"{name:03d}.png", clean.tolist())
    numbers = sorted(names.values())
    write_csv(
        public / "train.csv",
        ["tile", "image", "clean_image"],
        (
            [n, f"train/{n:03d}.png", f"train_clean/{n:03d}.png"]
            for n in numbers[:n_train]
        ),
    )
    write_csv(
        public / "test.csv",
        ["tile", "image"],
        ([n, f"test/{n:03d}.png"] for n in numbers[n_train:]),
    )
    write_pixels(public, private, [(names[t], tiles[t][0]) for t in order[n_train:]])


def write_pixels(public: Path, private: Path, tiles: list[tuple[int, Any]]) -> None:
    """Write a line for each pixel of the test tiles: its clean grey from 0 to 1."""

    def lines() -> Iterator[tuple[str, int]]:
        for name, clean in tiles:
            for row, line in enumerate(clean.tolist()):
                for column, grey in enumerate(line):
                    yield f"{name}_{row}_{column}", grey

    header = ["pixel", "grey"]
    write_csv(
        public / "sample_submission.csv", header, ([name, 1] for name, _ in lines())
    )
    write_csv(
        private / "answers.csv",
        header,
        ([name, f"{grey / WHITE:.4f}"] for name, grey in lines()),
    )


def cut(name: str, share: float, ink: int, paper: int) -> Iterator[tuple[Any, Any]]:
    """Yield the tiles of a page, each clean and a little out of focus."""
    page = cleaned(getattr(data, name)(), share, ink, paper)
    blurred = out_of_focus(page)
    for top in range(1, len(page) - HEIGHT + 1, HEIGHT + GAP):
        for left in range(1, page.shape[1] - WIDTH + 1, WIDTH + GAP):
            tile = slice(top, top + HEIGHT), slice(left, left + WIDTH)
            yield page[tile], blurred[tile]


def cleaned(page: Any, share: float, ink: int, paper: int) -> Any:
    """Return the page as if evenly lit: ink is 0 and paper 255."""
    place = int(share * (WINDOW**2 - 1))
    light = np.partition(windows(page, WINDOW), place, axis=-1)[..., place]
    light = windows(light, WINDOW).sum(axis=-1, dtype=int) // WINDOW**2
    evened = 1000 * page.astype(int) // light
    return np.clip(WHITE * (evened - ink) // (paper - ink), 0, WHITE)


def out_of_focus(page: Any) -> Any:
    """Return the page after a blur over three by three pixels."""
    weights = np.array([1, 2, 1, 2, 4, 2, 1, 2, 1])
    return (windows(page, 3) * weights).sum(axis=-1) // weights.sum()


def windows(page: Any, size: int) -> Any:
    """Return the square around each pixel as the last axis; the edge is repeated."""
    wide = np.pad(page, size // 2, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
    return views.reshape(*page.shape, size * size)


def soiled(tile: Any, number: int) -> Any:
    """Return the tile as it came out of a bad scanner."""

    def draw(low: float, high: float, *key: object) -> float:
        return low + (high - low) * unit(SALT, number, *key)

    # Only sums and products of single numbers: the same on every machine.
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = draw(0.45, 0.75, "light")
    light = light + draw(-0.24, 0.24, "down") * (rows / HEIGHT)
    light = light + draw(-0.24, 0.24, "right") * (columns / WIDTH)
    below = rows - draw(0, HEIGHT, "stain row")
    beside = columns - draw(0, WIDTH, "stain column")
    reach = draw(6, 14, "stain size")
    near = (below * below + beside * beside) / (reach * reach)
    light = light * (1 - 0.45 * np.maximum(0, 1 - near))
    places = [(row, column) for row in range(HEIGHT) for column in range(WIDTH)]
    noise = [NOISE * bell(SALT, number, "noise", *place) for place in places]
    grey = (INK + (WHITE - INK) * (tile / WHITE)) * light
    grey = grey + np.reshape(noise, tile.shape)
    specks = np.reshape(
        [unit(SALT, number, "s", *place) for place in places], tile.shape
    )
    grey = np.where(specks < SPECKS, DARK_SPECK, grey)
    grey = np.where(specks > 1 - SPECKS, LIGHT_SPECK, grey)
    return np.clip(np.rint(grey), 0, WHITE).astype(int)
