"""`check_format` finds what is wrong, says it precisely, and lets the rest pass."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.submissions import (
    Rules,
    align,
    check_format,
    extra_columns,
    quote_some,
)

SAMPLE = pd.DataFrame({"id": [1, 2, 3], "y": [0.0, 0.0, 0.0]})


def check(table, sample=SAMPLE, targets=("y",), **rules):
    return check_format(
        table, sample, id_column="id", target_columns=targets, rules=Rules(**rules)
    )


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"id": [1, 2, 3], "z": 0}, "column 'y' is missing; found: 'id', 'z'"),
        ({"a": [1]}, "columns 'id', 'y' are missing; found: 'a'"),
        ({}, "columns 'id', 'y' are missing; found: none"),
        ({"id": [], "y": []}, "there are no rows; 3 are expected"),
        ({"id": [1, 2], "y": 0}, "1 id is missing from column 'id': 3"),
        ({"id": [1], "y": 0}, "2 ids are missing from column 'id': 2, 3"),
        ({"id": [1, 2, 3, 4], "y": 0}, "1 id is unknown in column 'id': 4"),
        (
            {"id": [1, 2, 3, 3], "y": 0},
            "1 id occurs more than once in column 'id': 3",
        ),
        ({"id": [1, None, 3], "y": 0}, "1 row has no value in column 'id'"),
        (
            {"id": ["1", "2", "x"], "y": 0},
            "1 id is missing from column 'id': '3'",
        ),
        (
            {"id": [1, 2, 3], "y": [1, None, None]},
            "a value in column 'y' is missing (id 2, and 1 more)",
        ),
        (
            {"id": [1, 2, 3], "y": [1, "abc", 2]},
            "the value 'abc' in column 'y' is not a number (id 2)",
        ),
        (
            {"id": [1, 2, 3], "y": [1, 2, -np.inf]},
            "the value -inf in column 'y' is infinite (id 3)",
        ),
        (
            {"id": [1, 2, 3], "y": pd.to_datetime(["2020-01-01"] * 3)},
            "is not a number (id 1, and 2 more)",
        ),
    ],
)
def test_names_the_first_fault(columns, reason):
    """Each fault has its own sentence with the column and the id."""
    assert reason in check(pd.DataFrame(columns))


@pytest.mark.parametrize(
    ("values", "rules", "reason"),
    [
        ([0, -0.5, 1], {"minimum": 0.0}, "the value -0.5 in column 'y' is below 0"),
        ([0, 1, 1.5], {"maximum": 1.0}, "the value 1.5 in column 'y' is above 1"),
        ([0, 1, 1], {"minimum": 0.0, "maximum": 1.0}, None),
        (["a", "b", "c"], {"numeric": False}, None),
    ],
)
def test_holds_the_values_to_the_rules(values, rules, reason):
    """Bounds are inclusive, and text is fine where no number is asked for."""
    found = check(pd.DataFrame({"id": [1, 2, 3], "y": values}), **rules)
    assert found == reason or reason in found


def test_rows_must_add_up_within_the_tolerance():
    """The first row that misses the sum is named with its sum."""
    table = pd.DataFrame({"id": [1, 2, 3], "a": [0.5, 0.6, 0.2], "b": [0.5, 0.4, 0.2]})
    reason = check(table, table, ("a", "b"), row_sum=1.0)
    assert reason == ("the target columns must add up to 1 in each row; id 3 has 0.4")
    table.loc[2, "b"] = 0.805
    assert check(table, table, ("a", "b"), row_sum=1.0) is None


@pytest.mark.parametrize(
    "ids", [[3, 1, 2], [3.0, 1.0, 2.0], ["3", "1", "2"], np.array([3, 1, 2], "uint8")]
)
def test_rows_are_matched_by_id_in_any_order_and_type(ids):
    """7, 7.0 and '7' are one id; the order of rows does not matter."""
    table = pd.DataFrame({"id": ids, "y": [30, 10, 20]})
    assert check(table) is None
    values = align(table, SAMPLE["id"], id_column="id", target_columns=["y"])
    assert values.tolist() == [[10], [20], [30]]


@pytest.mark.parametrize(
    "values",
    [
        [True, False, True],
        pd.Categorical(["1", "0", "1"]),
        pd.array([1, 0, 1], dtype="Int64"),
        np.array(["1", "0", "1"], dtype=object),
        np.array([1, 0, 1], dtype="float16"),
    ],
    ids=["bool", "category", "nullable", "text", "half"],
)
def test_numbers_of_any_type_are_numbers(values):
    """What a frame may hold in place of floats is read as floats."""
    table = pd.DataFrame({"id": [1, 2, 3], "y": values})
    assert check(table) is None
    found = align(table, SAMPLE["id"], id_column="id", target_columns=["y"])
    assert found.ravel().tolist() == [1, 0, 1]


def test_whole_numbers_without_end_are_infinite():
    """Beyond 1.8e308 there is no float; up to there is one."""
    for sign in (1, -1):
        huge = pd.DataFrame({"id": [1, 2, 3], "y": [0, sign * 10**400, 1]})
        assert "is infinite (id 2)" in check(huge)
    large = pd.DataFrame({"id": [1, 2, 3], "y": [0, 10**300, 1]})
    found = align(large, SAMPLE["id"], id_column="id", target_columns=["y"])
    assert found.ravel().tolist() == [0, 1e300, 1]


def test_odd_frames_have_a_reason_too():
    """Repeated columns, complex numbers, lists as cells, ids in the index."""
    twice = pd.DataFrame([[1, 0, 0]], columns=["id", "y", "y"])
    assert check(twice) == "these columns occur more than once: 'y'"
    for cell in (1j, [1], {}, object()):
        odd = pd.DataFrame({"id": [1, 2, 3], "y": [cell] * 3})
        assert "is not a number" in check(odd)
    hidden = SAMPLE.set_index("id")
    assert "call reset_index()" in check(hidden)


def test_a_huge_cell_is_cut_in_the_reason():
    """A reason stays one short sentence whatever the cell holds."""
    table = pd.DataFrame({"id": [1, 2, 3], "y": ["x" * 10_000] * 3})
    assert len(check(table)) < 200
    table = pd.DataFrame({"id": ["x\n" * 10_000] * 3, "y": 0})
    assert len(check(table)) < 200
    assert "\n" not in check(table)


def test_extra_columns_are_listed_not_refused():
    """A submission may have more columns than needed."""
    table = SAMPLE.assign(note="a")
    assert check(table) is None
    assert extra_columns(table, id_column="id", target_columns=["y"]) == ["note"]
    assert quote_some(["note"]) == "'note'"


@given(
    ids=st.lists(st.integers(0, 6), max_size=8),
    values=st.lists(st.floats(width=32) | st.none() | st.text(max_size=3)),
)
def test_agrees_with_a_plain_reading_of_the_rule(ids, values):
    """Valid means: each id once, each value a finite number."""
    values = (values + [0.0] * len(ids))[: len(ids)]
    table = pd.DataFrame({"id": ids, "y": values}, columns=["id", "y"])
    valid = sorted(ids) == [1, 2, 3] and all(map(is_finite_number, values))
    assert (check(table) is None) == valid


def is_finite_number(value):
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError):
        return False
