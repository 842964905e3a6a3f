"""The helpers of prepare scripts give the same bytes everywhere."""

import numpy as np
import pytest

from mle_toolkit.competitions.tables import (
    bell,
    shuffled,
    unit,
    write_csv,
    write_split,
)


def test_draws_are_fixed_for_ever():
    """These numbers are part of the data: they never change."""
    assert unit("digits", "ink", 0) == 0.588324682264794
    assert shuffled(range(6), "digits", "order") == [4, 2, 1, 0, 5, 3]
    assert bell("faces", "noise", 0, 0) == 1.2108224126110883


def test_draws_are_even():
    """A thousand draws have the mean and spread of the uniform distribution."""
    draws = np.array([unit("even", number) for number in range(1000)])
    assert draws.min() >= 0
    assert draws.max() < 1
    assert abs(draws.mean() - 0.5) < 0.03
    assert abs(draws.std() - 12**-0.5) < 0.02


def test_bells_are_nearly_normal():
    """A thousand draws have mean 0, spread 1, no skew, and few beyond 2."""
    draws = np.array([bell("even", number) for number in range(1000)])
    assert abs(draws.mean()) < 0.1
    assert abs(draws.std() - 1) < 0.07
    assert abs((draws**3).mean()) < 0.25
    assert 0.03 < (np.abs(draws) > 2).mean() < 0.06
    assert np.abs(draws).max() <= 96**0.5 / 2


def test_a_split_is_written_as_four_tables(tmp_path):
    """Train has the truth, test has not, and sample and answers follow the test."""
    write_split(
        tmp_path,
        tmp_path,
        id_column="n",
        header=["x", "y"],
        targets=["z"],
        train=[([1], ["a", None], ["0.5"])],
        test=iter([([2], ["b", 3], ["0.7"]), ([3], ["c", 4], ["0.9"])]),
        example=["0.0"],
    )
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {
        "train.csv": "n,x,y,z\n1,a,,0.5\n",
        "test.csv": "n,x,y\n2,b,3\n3,c,4\n",
        "sample_submission.csv": "n,z\n2,0.0\n3,0.0\n",
        "answers.csv": "n,z\n2,0.7\n3,0.9\n",
    }


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
