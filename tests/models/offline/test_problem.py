"""The kind of problem is made out from the prompt."""

import dataclasses
import math

import numpy as np
import pytest

from mle_toolkit.models.offline.pictures import Pictures
from mle_toolkit.models.offline.problem import make_out
from mle_toolkit.models.offline.reading import Brief, read_brief


@pytest.mark.parametrize(
    ("name", "kind", "score", "label"),
    [
        ("binary", "binary", "auc", "malignant"),
        ("images", "classes", "log_loss", "label"),
        ("counts", "numbers", "rmsle", "visits"),
        ("grades", "label", "accuracy", "grade"),
        ("several", "numbers", "mae", "a|b"),
        ("unknown", "numbers", "r2", "y"),
        ("arrays", "binary", "auc", "label"),
        ("files", "binary", "auc", "label"),
        ("series", "numbers", "mae", "level"),
    ],
)
def test_kinds(cases, name, kind, score, label):
    """Metric, targets and columns together tell what to predict."""
    problem = make_out(read_brief(cases[name].prompt()))
    assert (problem.kind, problem.score, problem.label) == (kind, score, label)
    assert problem.rows == 160
    assert problem.test_rows == 60


def test_images_are_recognised(cases):
    """A square number of like columns may be an image; its classes are listed."""
    problem = make_out(read_brief(cases["images"].prompt()))
    assert (problem.side, problem.pixels) == (8, ("p00", "p63"))
    assert problem.classes == ("0", "1", "2", "3")
    assert problem.outputs == 4


def test_pictures_beside_the_tables_are_found(cases):
    """Arrays in an archive, files that a column names, and pictures of pictures."""
    found = {
        name: make_out(read_brief(cases[name].prompt()))
        for name in ("arrays", "files", "pixels")
    }
    arrays = found["arrays"].pictures
    assert (arrays.kind, arrays.train) == ("arrays", "images.npz:train")
    assert (found["arrays"].side, found["arrays"].columns) == (8, 64)
    files = found["files"].pictures
    assert (files.kind, files.train) == ("files", "file")
    assert (found["files"].side, found["files"].columns) == (16, 257)
    pixels = found["pixels"].pictures
    assert (pixels.kind, pixels.train, pixels.wanted) == ("pixels", "noisy", "wanted")
    assert (found["pixels"].rows, found["pixels"].test_rows) == (14 * 80, 6 * 80)
    assert (pixels.scale, found["pixels"].limits) == (255, (0.0, 1.0))


@pytest.mark.parametrize(
    ("shape", "step", "count"),
    [((9, 8, 8), 1, 64), ((9, 64, 64), 2, 1024), ((9, 40, 30, 3), 2, 900)],
)
def test_large_pictures_are_thinned_out(shape, step, count):
    """No picture gives more than 32 by 32 pixels of each colour."""
    pictures = Pictures(
        kind="arrays",
        train="a",
        rows=shape[1],
        columns=shape[2],
        channels=shape[3] if len(shape) > 3 else 1,
    )
    assert pictures.step == step
    assert pictures.features.count == count
    thinned = np.zeros(shape)[:, ::step, ::step]
    assert thinned[0].size == count


def test_the_future_is_recognised_by_its_dates(cases):
    """Dates that overlap are no forecast, and neither is a class."""
    prompt = cases["series"].prompt()
    assert make_out(read_brief(prompt)).time == "date"
    earlier = [
        dataclasses.replace(
            item, content=item.content.replace('"2023-01-28" to', '"2023-01-20" to')
        )
        for item in prompt
    ]
    assert earlier != prompt
    problem = make_out(read_brief(earlier))
    assert (problem.time, problem.dates) == ("", ("date",))
    assert make_out(read_brief(cases["grades"].prompt())).time == ""


def test_columns_without_numbers_are_told_apart(cases):
    """Few categories, many codes, dates and prose."""
    problem = make_out(read_brief(cases["grades"].prompt()))
    assert problem.words == ("colour",)
    assert problem.codes == ("street",)
    assert problem.dates == ("day",)
    assert problem.texts == ("review",)
    assert problem.holes
    assert problem.classes == ('"fine"', '"poor"')
    assert math.isnan(problem.label_low)


def test_no_table_no_problem():
    """Without training data there is nothing to make out."""
    assert make_out(Brief(targets=("y",))) is None
