"""The offline pictures: whole, readable, apart, and not to be looked up."""

import runpy

import numpy as np
import pandas as pd
from skimage import data
from skimage.io import imread
from sklearn.datasets import load_digits

from mle_toolkit.competitions import get_metric, load_card


def script_of(name):
    return runpy.run_path(str(load_card(name).folder / "prepare.py"))


def test_digits_are_whole_pictures(tables):
    """All 1,797 images, ten balanced classes, grey values in range."""
    train, test, _, answers = tables("digits")
    assert len(train) + len(test) == 1797
    assert train["label"].value_counts().between(70, 110).all()
    assert (answers.iloc[:, 1:].sum(axis=1) == 1).all()
    pixels = test.iloc[:, 1:].to_numpy()
    assert pixels.min() >= 0
    assert pixels.max() <= 255


def test_digit_rows_are_not_in_the_package(tables, rows_found):
    """Neither pixel by pixel nor inverted do the images equal the packaged ones."""
    train, test, *_ = tables("digits")
    ours = pd.concat([train, test])[test.columns[1:]].to_numpy()
    packaged = load_digits().data
    assert rows_found(ours, packaged) == 0
    assert rows_found(ours, -packaged) == 0
    high, low = (getattr(ours, end)(axis=1, keepdims=True) for end in ("max", "min"))
    whole = (ours - low) / (high - low)
    assert rows_found(whole, 1 - packaged / 16) < 0.1 * len(whole)


def test_faces_are_arrays_in_the_order_of_the_tables(prepared, tables):
    """A picture for each row, half of them faces, all of one size."""
    train, test, _, answers = tables("faces")
    for name, table in (("train", train), ("test", test)):
        images = np.load(prepared["faces"].public / f"{name}_images.npy")
        assert images.shape == (len(table), 25, 25)
        assert images.dtype == np.uint8
        assert images.min() == 0
        assert images.max() == 255
    assert len(train) + len(test) == 200
    assert train["face"].sum() + answers["face"].sum() == 100
    assert 0.35 < train["face"].mean() < 0.65


def test_each_face_belongs_to_its_label(prepared, tables):
    """Among the forms of all sources, most pictures are nearest to one of their kind.

    The source holds the faces first, so this is a check of labels and of order.
    """
    train, *_ = tables("faces")
    images = np.load(prepared["faces"].public / "train_images.npy")
    sources = data.lfw_subset()
    forms = [np.rot90(sources, turn, axes=(1, 2)) for turn in range(4)]
    forms += [form[:, :, ::-1] for form in forms]
    likeness = np.max(
        [np.abs(standard(images) @ standard(form).T) for form in forms], axis=0
    )
    found = likeness.argmax(axis=1)
    assert ((found < 100) == (train["face"] == 1)).mean() > 0.95
    # Each source is one picture: nearly all of those found differ.
    assert len(set(found)) > 0.9 * len(found)


def test_no_face_is_a_copy(prepared):
    """Train and test pictures are no nearer to each other than strangers are."""
    public = prepared["faces"].public
    train, test = (np.load(public / f"{n}_images.npy") for n in ("train", "test"))
    turned = [np.rot90(test, turn, axes=(1, 2)) for turn in range(4)]
    turned += [form[:, :, ::-1] for form in turned]
    nearest = max(np.abs(standard(train) @ standard(form).T).max() for form in turned)
    assert nearest < 0.9


def standard(images):
    """Return each image as a row with mean 0 and length 1."""
    flat = images.reshape(len(images), -1).astype(float)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def test_a_square_is_turned_in_all_eight_ways():
    """The eight ways of a square with four different corners are all different."""
    turned = script_of("faces")["turned"]
    ways = {tuple(turned([[1.0, 2.0], [3.0, 4.0]], way)) for way in range(8)}
    assert len(ways) == 8
    assert turned([[1.0, 2.0], [3.0, 4.0]], 0) == [1, 2, 3, 4]


def test_the_tiles_are_pictures_in_files(prepared, tables):
    """Every file of the tables can be read, has one size, and no other is there."""
    train, test, *_ = tables("page")
    public = prepared["page"].public
    named = {*train["image"], *train["clean_image"], *test["image"]}
    there = {path.relative_to(public).as_posix() for path in public.glob("*/*")}
    assert named == there
    for name in named:
        assert imread(public / name).shape == (28, 44)


def test_the_pixels_are_those_of_the_tiles(prepared, tables):
    """One line per pixel, row by row; dirt costs much, and cleaning can be learnt."""
    _, test, _, answers = tables("page")
    tiles = [imread(prepared["page"].public / name) / 255 for name in test["image"]]
    names = [
        f"{number}_{row}_{column}"
        for number, tile in zip(test["tile"], tiles, strict=True)
        for row in range(tile.shape[0])
        for column in range(tile.shape[1])
    ]
    assert answers["pixel"].tolist() == names
    truth = answers[["grey"]].to_numpy()
    dirty = np.concatenate([tile.ravel() for tile in tiles])[:, None]
    assert get_metric("rmse")(truth, dirty) > 0.3
    assert 0.3 < np.corrcoef(truth[:, 0], dirty[:, 0])[0, 1] < 0.9
    assert 0.03 < (truth < 0.3).mean() < 0.2


def test_the_order_of_tiles_tells_nothing(tables):
    """The mean grey of a tile has nothing to do with its number."""
    *_, answers = tables("page")
    tile = answers["pixel"].str.split("_").str[0].astype(int)
    means = answers["grey"].groupby(tile).mean()
    assert abs(np.corrcoef(means.index, means)[0, 1]) < 4 / np.sqrt(len(means))


def test_no_tile_shows_what_its_neighbour_hides(monkeypatch):
    """The pixels that tiles are made of, blur and all, belong to one tile each."""
    cut = script_of("page")["cut"]
    used = []
    # Every pixel gets a number of its own, and the blur shows which it has seen.
    monkeypatch.setitem(cut.__globals__, "cleaned", lambda page, *_: number(page))
    monkeypatch.setitem(cut.__globals__, "out_of_focus", lambda page: page)
    for name, *facts in cut.__globals__["PAGES"]:
        width = getattr(data, name)().shape[1]
        used += [
            {
                (name, pixel + down * width + right)
                for pixel in tile.ravel().tolist()
                for down in (-1, 0, 1)
                for right in (-1, 0, 1)
            }
            for tile, _ in cut(name, *facts)
        ]
    assert len(used) == 93
    assert sum(map(len, used)) == len(set().union(*used))


def number(page):
    return np.arange(page.size).reshape(page.shape)


def test_blur_reaches_one_pixel():
    """A single dot is spread over three by three pixels, a quarter stays."""
    dot = np.zeros((7, 7), int)
    dot[3, 3] = 160
    spread = script_of("page")["out_of_focus"](dot)
    assert spread[2:5, 2:5].tolist() == [[10, 20, 10], [20, 40, 20], [10, 20, 10]]
    assert spread.sum() == 160


def test_even_light_is_paper_and_ink_is_black():
    """A grey page under a slope of light is white, and ink on it is near black."""
    slope = np.tile(np.linspace(100, 200, 60).astype(int), (60, 1))
    slope[28:31, 28:31] //= 5
    even = script_of("page")["cleaned"](slope, 0.75, 350, 900)
    assert even[29, 29] == 0
    assert (even[5:20, 5:-5] > 200).all()


def test_clean_tiles_are_not_in_the_package(prepared, tables):
    """The clean page is made of the scan, but is no part of it."""
    train, *_ = tables("page")
    scans = [data.page(), data.text()]
    rows = {row.tobytes() for scan in scans for row in windows(scan)}
    for name in train["clean_image"]:
        tile = imread(prepared["page"].public / name)
        if tile.min() < 128:
            assert tile[14].tobytes() not in rows


def windows(scan):
    """Return all stretches of 44 pixels in the rows of a scan."""
    views = np.lib.stride_tricks.sliding_window_view(scan, 44, axis=1)
    return np.ascontiguousarray(views).reshape(-1, 44)
