"""Read answers: the table that submissions are scored against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mle_toolkit.competitions.protocols import STANDARD
from mle_toolkit.errors import SubmissionError, UsageError
from mle_toolkit.submissions import as_read, check_format, read_table
from mle_toolkit.submissions.checking import check_columns
from mle_toolkit.submissions.rules import Rules

if TYPE_CHECKING:
    from mle_toolkit.competitions.cards import Card

_MAX_BYTES = 8 << 30


def read_answers(card: Card, answers: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Return the answers of a competition as a table.

    Parameters
    ----------
    card
        The competition.
    answers
        A CSV file, a file of JSON lines, or a frame.

    Raises
    ------
    UsageError
        When the answers cannot be read or lack a column or an id.
    """
    if isinstance(answers, pd.DataFrame):
        name = "the frame given as answers"
    else:
        name = f"the answers file {str(answers)!r}"
    try:
        table = _read(card, answers)
    except (SubmissionError, OSError, ValueError) as error:
        msg = f"{name} cannot be used: {error}"
        raise UsageError(msg) from error
    fault = _fault(card, table)
    if fault:
        msg = f"{name} cannot be used: {fault}"
        raise UsageError(msg)
    return table


def _read(card: Card, answers: str | Path | pd.DataFrame) -> pd.DataFrame:
    is_ours = card.protocol == STANDARD
    if isinstance(answers, pd.DataFrame):
        # JSON lines hold lists, which a CSV file would turn into text.
        keep = is_ours or card.files.answers.endswith(".jsonl")
        return answers if keep else as_read(answers)
    # A data folder may be made of links, and its owner vouches for it.
    path = Path(answers).resolve()
    if path.suffix == ".jsonl":
        return _read_json_lines(path)
    return read_table(path, max_bytes=_MAX_BYTES, lenient=not is_ours)


def _read_json_lines(path: Path) -> pd.DataFrame:
    """Return one row per line with the top-level fields that grading needs.

    Documents make up nearly all of such a file and are never looked at.
    """
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as file:
        for line in filter(str.strip, file):
            row = json.loads(line)
            row.pop("document_text", None)
            row.pop("long_answer_candidates", None)
            rows.append(row)
    return pd.DataFrame(rows)


def _fault(card: Card, table: pd.DataFrame) -> str | None:
    if card.protocol == STANDARD:
        return check_format(
            table,
            table,
            id_column=card.id_column,
            target_columns=card.target_columns,
            rules=Rules(numeric=card.rules.numeric),
        )
    needed = card.answer_columns or (card.id_column, *card.target_columns)
    return check_columns(table, needed)
