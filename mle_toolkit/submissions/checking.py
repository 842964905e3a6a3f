"""Whether a table is a valid submission, and if not, why not."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.submissions.rules import Rules
from mle_toolkit.submissions.wording import quote_some, repeated, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


_DEFAULT_RULES = Rules()


def check_format(
    submission: pd.DataFrame,
    sample: pd.DataFrame,
    *,
    id_column: str,
    target_columns: Sequence[str],
    rules: Rules = _DEFAULT_RULES,
) -> str | None:
    """Return why `submission` cannot be scored, or None when it can.

    Parameters
    ----------
    submission
        The table to check.  Its rows may come in any order, and further columns
        are allowed; see `extra_columns`.
    sample
        The sample submission or the answers: any table with the right ids.
    id_column, target_columns
        Columns that a submission must have.
    rules
        What the target values must fulfil.

    Returns
    -------
    str or None
        One sentence, such as ``"column 'target' is missing; found: 'id'"``.

    Examples
    --------
    >>> import pandas as pd
    >>> sample = pd.DataFrame({"id": [1, 2], "y": [0.0, 0.0]})
    >>> check_format(sample, sample, id_column="id", target_columns=["y"])
    >>> bad = pd.DataFrame({"id": [1, 3], "y": [0.5, 0.5]})
    >>> check_format(bad, sample, id_column="id", target_columns=["y"])
    "1 id is missing from column 'id': 2"
    """
    return (
        check_columns(submission, [id_column, *target_columns])
        or _id_fault(submission[id_column], sample[id_column])
        or _value_fault(submission, id_column, list(target_columns), rules)
    )


def extra_columns(
    submission: pd.DataFrame, *, id_column: str, target_columns: Iterable[str]
) -> list[str]:
    """Return the columns that nobody asked for."""
    wanted = {id_column, *target_columns}
    return [str(name) for name in submission.columns if name not in wanted]


def align(
    submission: pd.DataFrame,
    ids: pd.Series,
    *,
    id_column: str,
    target_columns: Sequence[str],
    as_text: bool = False,
) -> NDArray[Any]:
    """Return the target values in the order of `ids`, shape (rows, columns).

    The submission must have passed `check_format`.  The values are floats, or texts of
    type object `as_text`; then a missing value is the empty text.
    """
    given, wanted = _comparable(submission[id_column], ids)
    rows = pd.Index(given).get_indexer(pd.Index(wanted))
    read = _texts if as_text else _numbers
    return np.column_stack([read(submission[name])[rows] for name in target_columns])


def check_columns(submission: pd.DataFrame, wanted: Sequence[str]) -> str | None:
    """Return which of the wanted columns is missing or repeated, or None."""
    found = list(submission.columns)
    missing = [name for name in wanted if name not in found]
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        verb = "is" if len(missing) == 1 else "are"
        hint = ""
        if missing[0] in submission.index.names:
            hint = " (it is the index of the frame: call reset_index())"
        return (
            f"{noun} {quote_some(missing)} {verb} missing{hint}; "
            f"found: {quote_some(found)}"
        )
    twice = repeated(name for name in found if name in wanted)
    if twice:
        return f"these columns occur more than once: {quote_some(twice)}"
    return None


def _id_fault(given: pd.Series, wanted: pd.Series) -> str | None:
    name = str(given.name)
    if given.empty:
        return f"there are no rows; {len(wanted)} are expected"
    n_blank = int(given.isna().sum())
    if n_blank:
        rows = "row has" if n_blank == 1 else "rows have"
        return f"{n_blank} {rows} no value in column {name!r}"
    got, need = map(pd.Index, _comparable(given, wanted))
    faults = (
        (got[got.duplicated()].unique(), "{} {} more than once in column {!r}: {}"),
        (need.difference(got, sort=False), "{} {} missing from column {!r}: {}"),
        (got.difference(need, sort=False), "{} {} unknown in column {!r}: {}"),
    )
    for ids, sentence in faults:
        if len(ids):
            one = len(ids) == 1
            verb = "occurs" if "more than" in sentence else "is"
            plural = {"occurs": "occur", "is": "are"}
            return sentence.format(
                f"{len(ids)} {'id' if one else 'ids'}",
                verb if one else plural[verb],
                name,
                quote_some(ids),
            )
    return None


def _value_fault(
    submission: pd.DataFrame, id_column: str, targets: list[str], rules: Rules
) -> str | None:
    if not rules.numeric:
        return None
    columns = []
    for name in targets:
        column = submission[name]
        values = _numbers(column)
        blank = column.isna().to_numpy()
        low = -np.inf if rules.minimum is None else rules.minimum
        high = np.inf if rules.maximum is None else rules.maximum
        checks = (
            (blank, "is missing"),
            (np.isnan(values) & ~blank, "is not a number"),
            (np.isinf(values), "is infinite"),
            (values < low, f"is below {low:g}"),
            (values > high, f"is above {high:g}"),
        )
        for bad, what in checks:
            if bad.any():
                return _at(submission, id_column, name, bad, what)
        columns.append(values)
    return _sum_fault(submission[id_column], np.column_stack(columns), rules)


def _sum_fault(ids: pd.Series, values: NDArray[np.float64], rules: Rules) -> str | None:
    if rules.row_sum is None:
        return None
    with np.errstate(over="ignore"):
        total = values.sum(axis=1)
    bad = ~(np.abs(total - rules.row_sum) <= rules.row_sum_tolerance)
    if not bad.any():
        return None
    first = int(bad.argmax())
    return (
        f"the target columns must add up to {rules.row_sum:g} in each row; "
        f"id {short(ids.iloc[first])} has {total[first]:.6g}"
        f"{_and_others(int(bad.sum()))}"
    )


def _at(
    submission: pd.DataFrame,
    id_column: str,
    name: str,
    bad: NDArray[np.bool_],
    what: str,
) -> str:
    row = int(bad.argmax())
    value = submission[name].iloc[row]
    shown = "a value" if what == "is missing" else f"the value {short(value)}"
    return (
        f"{shown} in column {name!r} {what} "
        f"(id {short(submission[id_column].iloc[row])}{_and_others(int(bad.sum()))})"
    )


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    if column.dtype.kind in "mMc":
        return np.full(len(column), np.nan)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    try:
        numbers = pd.to_numeric(column, errors="coerce")
    except OverflowError:
        # Python's integers have no end, floats do at 309 digits.
        numbers = pd.to_numeric(column.map(_within_floats), errors="coerce")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _texts(column: pd.Series) -> NDArray[np.object_]:
    texts = column.astype(object).map(str)
    return texts.where(column.notna(), "").to_numpy(object)


def _within_floats(cell: object) -> object:
    if isinstance(cell, int) and abs(cell) > sys.float_info.max:
        return math.inf if cell > 0 else -math.inf
    return cell


def _comparable(
    given: pd.Series, wanted: pd.Series
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Return both id columns in one type, so that 7, 7.0 and "7" may be equal."""
    number = pd.api.types.is_numeric_dtype
    if number(given.dtype) and number(wanted.dtype):
        return given.to_numpy(), wanted.to_numpy()
    return given.astype(str).to_numpy(object), wanted.astype(str).to_numpy(object)


def _and_others(n_bad: int) -> str:
    return f", and {n_bad - 1} more" if n_bad > 1 else ""
