"""Pictures and arrays that prepare scripts write are what any library reads."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mle_toolkit.competitions.images import write_npy, write_png

GREYS = st.integers(0, 255)
SIZES = st.tuples(st.integers(1, 30), st.integers(1, 30))


@given(SIZES, st.data())
def test_a_png_is_read_as_it_was_written(tmp_path_factory, size, data):
    """Every grey of every pixel comes back, whatever the size."""
    height, width = size
    line = st.lists(GREYS, min_size=width, max_size=width)
    rows = data.draw(st.lists(line, min_size=height, max_size=height))
    path = tmp_path_factory.mktemp("png") / "a.png"
    write_png(path, rows)
    with Image.open(path) as picture:
        assert picture.mode == "L"
        assert np.asarray(picture).tolist() == rows


def test_a_large_png_takes_several_blocks(tmp_path):
    """More than 65,535 bytes are split, and the checks still hold."""
    rows = [[(x * y) % 256 for x in range(300)] for y in range(500)]
    write_png(tmp_path / "a.png", rows)
    with Image.open(tmp_path / "a.png") as picture:
        assert np.asarray(picture).tolist() == rows


def test_the_bytes_are_fixed_for_ever(tmp_path):
    """They are part of the checksums of the data."""
    write_png(tmp_path / "a.png", [[0, 128], [255, 7]])
    write_npy(tmp_path / "a.npy", range(6), (2, 3))
    assert [
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()[:16]
        for name in ("a.png", "a.npy")
    ] == ["d0f41177dd2a4303", "1aa49be8db2728d7"]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_an_array_is_read_as_it_was_written(tmp_path_factory, shape, data):
    """Shape and values come back, the last axis fastest; NumPy writes it alike."""
    size = int(np.prod(shape))
    values = data.draw(st.lists(GREYS, min_size=size, max_size=size))
    folder = tmp_path_factory.mktemp("npy")
    write_npy(folder / "ours.npy", values, tuple(shape))
    read = np.load(folder / "ours.npy")
    assert read.dtype == np.uint8
    assert read.shape == tuple(shape)
    assert read.ravel().tolist() == values
    np.save(folder / "theirs.npy", np.array(values, np.uint8).reshape(shape))
    assert (folder / "ours.npy").read_bytes() == (folder / "theirs.npy").read_bytes()


@pytest.mark.parametrize("rows", [[], [[]], [[1, 2], [3]], [[256]], [[-1]]])
def test_what_is_no_picture_is_refused(tmp_path, rows):
    """Nothing, ragged rows, and values that are no grey."""
    with pytest.raises(ValueError, match=r"a\.png needs rows|range\(0, 256\)"):
        write_png(tmp_path / "a.png", rows)


@pytest.mark.parametrize("values", [[], [1, 2, 3], [1, 2, 3, 300]])
def test_what_does_not_fill_an_array_is_refused(tmp_path, values):
    """Too few values, and values that are no grey."""
    with pytest.raises(ValueError, match=r"a\.npy needs 4 values|range\(0, 256\)"):
        write_npy(tmp_path / "a.npy", values, (2, 2))
