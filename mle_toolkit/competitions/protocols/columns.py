"""Columns of numbers, read as graders read them.

pandas makes a column text as soon as one cell is no number, or a whole number that
64 bits cannot hold.  Some graders refuse a text column as such (`numeric_column`);
others convert its cells one by one when they compute (`converted_column`), and then
take what Python takes: ``1_000``, blanks around a number, digits of other scripts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.protocols.checks import first_bad
from mle_toolkit.errors import SubmissionError

_PLAIN = re.compile(
    r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE
)
_TOO_LARGE = 2.0**63

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def numeric_column(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column that pandas read as numbers; True and False are 1 and 0.

    Missing values are NaN.  Whole numbers stay whole, so that differences come out as
    they do elsewhere.

    Raises
    ------
    SubmissionError
        When the column holds text, with the first cell that is no number.
    """
    values = table[name].to_numpy()
    if values.dtype == object:
        raise _text_fault(table, name, values)
    return values.astype(float) if values.dtype == bool else values


def flag_column(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column as `numeric_column` does, and let True and False have blanks.

    Raises
    ------
    SubmissionError
        When the column holds text, with the first cell that is no number.
    """
    cells = table[name].to_numpy()
    if cells.dtype == object and all(
        isinstance(cell, bool) or cell != cell  # noqa: PLR0124 - only NaN differs
        for cell in cells
    ):
        return cells.astype(np.float64)
    return numeric_column(table, name)


def bounded_column(
    table: pd.DataFrame, name: str, *, low: float, high: float, may_lack: bool = False
) -> NDArray[Any]:
    """Return a column that pandas read as numbers, all of them within a range.

    With `may_lack` a value may be missing, and is NaN.

    Raises
    ------
    SubmissionError
        When the column holds text, a value is missing, or one is out of range.
    """
    values = numeric_column(table, name)
    if ((values >= low) & (values <= high)).all():
        return values
    for bad, what in (
        (np.isnan(values) & (not may_lack), "is missing"),
        (values < low, f"is below {low:g}"),
        (values > high, f"is above {high:g}"),
    ):
        if bad.any():
            raise first_bad(table, name, bad, what)
    return values


def missing_column(name: str, values: NDArray[Any], effect: str) -> tuple[str, ...]:
    """Return the danger of missing values that were accepted, and what they did."""
    n_blank = int(np.isnan(values).sum())
    if not n_blank:
        return ()
    noun = "value" if n_blank == 1 else "values"
    return (f"{n_blank} missing {noun} in column {name!r} {effect}",)


def outside_column(
    name: str, values: NDArray[Any], *, low: float, high: float
) -> tuple[str, ...]:
    """Return the danger of values that are out of range but were accepted."""
    n_outside = int(np.count_nonzero((values < low) | (values > high)))
    if not n_outside:
        return ()
    cells = "value is" if n_outside == 1 else "values are"
    said = (
        f"{n_outside} {cells} outside of {low:g} to {high:g} in column {name!r}, "
        "which this grader does not check"
    )
    return (said,)


def converted_column(
    table: pd.DataFrame, name: str, rows: NDArray[np.intp] | None = None
) -> NDArray[Any]:
    """Return the finite numbers of a column, text converted as Python's float does.

    Parameters
    ----------
    table, name
        The table and its column.
    rows
        The rows that are looked at, in the order in which they are returned; None
        means all.

    Raises
    ------
    SubmissionError
        When a cell that is looked at is no number, missing or infinite.
    """
    values = table[name].to_numpy()
    picked = values if rows is None else values[rows]
    if picked.dtype == object:
        try:
            picked = picked.astype(np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            bad = ~_are_numbers(picked)
            raise _fault(table, name, rows, bad, "is not a number") from error
    elif picked.dtype == bool:
        picked = picked.astype(float)
    for bad, what in ((np.isnan(picked), "missing"), (np.isinf(picked), "infinite")):
        if bad.any():
            raise _fault(table, name, rows, bad, f"is {what}")
    return picked


def careless_cells(table: pd.DataFrame, names: Iterable[str]) -> tuple[str, ...]:
    """Return the danger of cells that are no finite numbers but were accepted.

    They are in rows or columns that the grader does not look at, or that it scores
    all the same.
    """
    found = []
    for name in names:
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
        n_bad = len(numbers) - int(np.isfinite(numbers).sum())
        if n_bad:
            cells = "value is" if n_bad == 1 else "values are"
            found.append(
                f"{n_bad} {cells} not finite numbers in column {name!r}, "
                "which this grader lets pass"
            )
    return tuple(found)


def _are_numbers(cells: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.fromiter((_is_number(cell) for cell in cells), bool, len(cells))


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _fault(
    table: pd.DataFrame,
    name: str,
    rows: NDArray[np.intp] | None,
    bad: NDArray[np.bool_],
    what: str,
) -> SubmissionError:
    """Return the error of the first bad cell; `bad` belongs to `rows`."""
    if rows is not None:
        flags = np.zeros(len(table), bool)
        flags[rows[bad]] = True
        bad = flags
    return first_bad(table, name, bad, what)


def _text_fault(
    table: pd.DataFrame, name: str, cells: NDArray[np.object_]
) -> SubmissionError:
    if not len(cells):
        return SubmissionError(f"column {name!r} has no values")
    bad = ~_are_numbers(cells)
    if bad.any():
        return first_bad(table, name, bad, "is not a number")
    # Every cell is one to Python, such as 1_000, but not to pandas.
    odd = np.fromiter((not _is_plain(cell) for cell in cells), bool, len(cells))
    if odd.any():
        return first_bad(table, name, odd, "makes the column text")
    return SubmissionError(f"column {name!r} mixes True and False with missing values")


def _is_plain(cell: Any) -> bool:
    """Whether pandas reads the cell as a number of 64 bits."""
    if not isinstance(cell, str):
        return True
    if not _PLAIN.fullmatch(cell):
        return False
    return abs(float(cell)) < (_TOO_LARGE if cell.strip("+- ").isdigit() else np.inf)
