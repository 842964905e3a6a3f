"""The kind of problem is made out from the prompt."""

import math

import pytest

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
