"""Known messages lead to the right cure."""

import random
from dataclasses import replace

import pytest

from mle_toolkit.models.offline.debugging import last_message, mend
from mle_toolkit.models.offline.drafting import Taste, sober
from mle_toolkit.models.offline.families import families
from mle_toolkit.models.offline.problem import make_out
from mle_toolkit.models.offline.reading import Brief, read_brief
from mle_toolkit.models.offline.recipe import Member

TRACE = 'Traceback (most recent call last):\n  File "x", line 1, in nanmean\n'


@pytest.fixture
def mended(cases):
    """A function that mends a recipe for a case, after a message."""

    def go(name, message, request="", **given):
        problem = make_out(read_brief(cases[name].prompt()))
        known = families(problem)
        taste = Taste(dict.fromkeys(known, 1.0), 1.0, 0.5)
        brief = Brief(output=TRACE + message, request=request)
        recipe = replace(sober(problem), **given)
        return mend(recipe, brief, problem, taste, random.Random(1)).recipe

    return go


@pytest.mark.parametrize(
    ("name", "message", "before", "after"),
    [
        ("binary", "ValueError: Input X contains NaN.", {"impute": ""}, "impute"),
        (
            "counts",
            "ValueError: could not convert string to float: 'red'",
            {"encode": ""},
            "encode",
        ),
        (
            "binary",
            "ValueError: could not convert string to float: 'r1'",
            {"drop_id": False},
            "drop_id",
        ),
        (
            "counts",
            "ValueError: Found unknown categories ['violet'] in column 0",
            {"encode": "onehot", "unknown_ok": False},
            "unknown_ok",
        ),
        (
            "counts",
            "ValueError: The feature names should match those of fit.\n- colour_red",
            {"encode": "dummies"},
            "encode",
        ),
        (
            "counts",
            "ValueError: Root Mean Squared Logarithmic Error cannot be used when",
            {"clip": False},
            "clip",
        ),
        (
            "counts",
            "ValueError: Input y contains infinity or a value too large",
            {"log_target": "log"},
            "log_target",
        ),
        (
            "binary",
            "ValueError: Input X contains infinity or a value too large",
            {"blocks": ("logs",), "impute": "mean"},
            "blocks",
        ),
        (
            "images",
            "ValueError: n_components=100: between 0 and min(n_samples, n_features)=64",
            {"pca": 100},
            "pca",
        ),
        (
            "binary",
            "ValueError: y should be a 1d array, got an array of shape (9, 2)",
            {"one_column": False},
            "one_column",
        ),
        (
            "images",
            "ValueError: operands could not be broadcast together",
            {"align": False},
            "align",
        ),
        (
            "counts",
            "ValueError: Some value(s) of y are out of the valid range of the loss",
            {"members": (Member("gamma", (("alpha", 1.0),)),)},
            "members",
        ),
        (
            "binary",
            "ValueError: n_splits=5 cannot be greater than the number of members",
            {"folds": 5},
            "folds",
        ),
        ("binary", "MemoryError", {"sample_rows": 0}, "sample_rows"),
        (
            "pixels",
            "ValueError: the value 1.02 in column 'grey' is above 1 (id '47_0_0')",
            {"clip": False},
            "clip",
        ),
    ],
)
def test_a_message_leads_to_its_cure(mended, name, message, before, after):
    """The part of the recipe that is at fault changes."""
    recipe = mended(name, message, **before)
    assert getattr(recipe, after) != before[after]


def test_a_time_out_leads_to_a_lighter_program(mended):
    """Less is computed after a program that took too long."""
    recipe = mended("binary", "", request="because it took too long")
    assert recipe.sample_rows or recipe.members[0].param("max_iter") < 50


def test_an_unknown_message_leads_to_a_plain_program(mended):
    """What is not understood is not tinkered with."""
    recipe = mended("binary", "ZeroDivisionError: odd", folds=7, blocks=("ratios",))
    assert recipe.folds == 3
    assert recipe.blocks == ()


def test_the_traceback_is_not_the_message():
    """Names in the traceback, like nanmean, do not mislead."""
    assert last_message(TRACE + "ValueError: odd\n- more") == "ValueError: odd\n- more"
    assert last_message("a\nb\nc\nd") == "b\nc\nd"
    assert last_message("") == ""
