"""The helpers of prepare scripts give the same bytes everywhere."""

import numpy as np
import pytest

from mle_toolkit.competitions.tables import shuffled, unit, write_csv


def test_draws_are_fixed_for_ever():
    """These numbers are part of the data: they never change."""
    assert unit("digits", "ink", 0) == 0.588324682264794
    assert shuffled(range(6), "digits", "order") == [4, 2, 1, 0, 5, 3]


def test_draws_are_even():
    """A thousand draws have the mean and spread of the uniform distribution."""
    draws = np.array([unit("even", number) for number in range(1000)])
    assert draws.min() >= 0
    assert draws.max() < 1
    assert abs(draws.mean() - 0.5) < 0.03
    assert abs(draws.std() - 12**-0.5) < 0.02


def test_shuffling_keeps_every_item():
    """A permutation, also of equal items."""
    items = [1, 1, 2, 3] * 20
    assert sorted(shuffled(items, "a")) == sorted(items)
    assert shuffled(items, "a") != shuffled(items, "b")


def test_cells_are_written_as_given_and_floats_refused(tmp_path):
    """None is an empty cell; a float would leave its digits to a library."""
    path = tmp_path / "a.csv"
    write_csv(path, ["a", "b"], [[1, None], ["x,y", "0.10"]])
    assert path.read_bytes() == b'a,b\n1,\n"x,y",0.10\n'
    with pytest.raises(TypeError, match=r"format the floats of a\.csv"):
        write_csv(path, ["a"], [[0.1]])
