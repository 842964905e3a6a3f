"""Columns whose cells are texts of many numbers: masks and boxes.

Faults name the id of the row, as rows may have been sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The cells of a column.

    Attributes
    ----------
    column
        Its name.
    ids, texts
        The id and the text of each row.
    of_answers
        Whether it is a column of the answers, whose faults refuse every submission.
    """

    column: str
    ids: Sequence[Any]
    texts: list[str]
    of_answers: bool

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.texts)

    def fault(self, row: int, what: str) -> SubmissionError:
        """Return the error that a cell is not as it should be."""
        where = f"column {self.column!r}, id {short(self.ids[row])}: {what}"
        if self.of_answers:
            return answers_fault(where)
        return SubmissionError(where)

    def danger(self, rows: Iterable[int], what: str) -> tuple[str, ...]:
        """Return the sentence `what` with the ids that it holds for, if any."""
        distinct = sorted(set(rows))
        if not distinct:
            return ()
        more = f", and {len(distinct) - 1} more" if len(distinct) > 1 else ""
        return (f"{what} (id {short(self.ids[distinct[0]])}{more})",)

    def changed(self, change: Callable[[str], str]) -> Texts:
        """Return the column with each text changed."""
        return Texts(
            column=self.column,
            ids=self.ids,
            texts=[change(text) for text in self.texts],
            of_answers=self.of_answers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The items of a column's texts, so many to a group.

    Attributes
    ----------
    texts
        Where they come from.
    owner
        The row of each group, shape (groups,).
    items
        For each place in a group, the items of all groups.
    """

    texts: Texts
    owner: Whole
    items: tuple[list[str], ...]

    def numbers(self, *places: int) -> NDArray[np.float64]:
        """Return the items at these places as numbers, shape (groups, places).

        Raises
        ------
        SubmissionError
            When one is no number.
        """
        return np.column_stack([self._column(place) for place in places])

    def _column(self, place: int) -> NDArray[np.float64]:
        items = self.items[place]
        try:
            return np.array(list(map(float, items)), dtype=np.float64)
        except ValueError as error:
            bad = next(at for at, item in enumerate(items) if not _is_number(item))
            what = f"{short(items[bad])} is not a number"
            raise self.texts.fault(int(self.owner[bad]), what) from error


def answers_fault(what: str) -> SubmissionError:
    """Return the error of answers that no submission can be held against."""
    return SubmissionError(f"no submission can be scored: in the answers, {what}")


def read_texts(
    table: pd.DataFrame,
    column: str,
    ids: str,
    *,
    blank: str | None = None,
    of_answers: bool = False,
) -> Texts:
    """Return a column that must be text.

    Parameters
    ----------
    table, column
        The table and the column.
    ids
        The column that names the rows.
    blank
        What a missing cell is taken for; None refuses it.
    of_answers
        Whether the table is the answers.

    Raises
    ------
    SubmissionError
        When a cell was read as a number or flag, or is missing although it must not.
    """
    cells = table[column].to_numpy(object)
    found = Texts(
        column=column,
        ids=table[ids].tolist(),
        texts=[cell if isinstance(cell, str) else blank or "" for cell in cells],
        of_answers=of_answers,
    )
    for row, cell in enumerate(cells):
        if isinstance(cell, str):
            continue
        if not pd.isna(cell):
            what = f"{short(cell)} was read as a number or flag, and a text is wanted"
            raise found.fault(row, what)
        if blank is None:
            raise found.fault(row, "the cell is empty")
    return found


def split_groups(texts: Texts, size: int, *, what: str, between: str | None) -> Groups:
    """Return the items of each text, `size` of them to a group.

    Parameters
    ----------
    texts
        The column; an empty text has no items.
    size
        Items in a group.
    what
        What a group is, as in ``"label x y"``.
    between
        What separates items; None means any white space.

    Raises
    ------
    SubmissionError
        When a text has items left over.
    """
    counts, items = [], []
    for row, text in enumerate(texts.texts):
        parts = text.split(between) if text else []
        if len(parts) % size:
            noun = "item is" if len(parts) == 1 else "items are"
            left = f"{len(parts)} {noun} no whole number of '{what}'"
            raise texts.fault(row, left)
        counts.append(len(parts) // size)
        items.extend(parts)
    owner = np.repeat(np.arange(len(counts)), counts)
    columns = tuple(items[place::size] for place in range(size))
    return Groups(texts=texts, owner=owner, items=columns)


def number_labels(*columns: Sequence[Any]) -> list[Whole]:
    """Return labels as numbers from 0, the same number for the same label.

    Examples
    --------
    >>> number_labels(["b", "a"], ["a", "c"])
    [array([0, 1]), array([1, 2])]
    """
    known: dict[Any, int] = {}
    return [
        np.array([known.setdefault(label, len(known)) for label in column], np.int64)
        for column in columns
    ]


def whole_column(answers: pd.DataFrame, name: str) -> Whole:
    """Return a column of the answers that holds whole numbers above 0, as 22 or 22.0.

    Raises
    ------
    SubmissionError
        When it holds anything else.
    """
    values = pd.to_numeric(answers[name], errors="coerce").to_numpy(np.float64)
    if not ((values >= 1) & (values < 1 << 31) & (values == np.floor(values))).all():
        msg = f"column {name!r} does not hold whole numbers above 0"
        raise answers_fault(msg)
    return values.astype(np.int64)


def _is_number(item: str) -> bool:
    try:
        float(item)
    except ValueError:
        return False
    return True
