"""Protocol of MLE-bench for answers given as a span of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import labels as metrics
from mle_toolkit.competitions.protocols import cells
from mle_toolkit.competitions.protocols.checks import (
    first_bad,
    match_rows,
    require_columns,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    # A span of tokens, YES or NO, or nothing.
    Answer = tuple[int, int] | str | None

_LONG, _SHORT = "_long", "_short"
_FLAGS = ("YES", "NO")
_LEGAL = "is neither START:END in whole numbers nor YES, NO or empty"


def answer_spans(entry: Entry) -> Outcome:
    """Score the share of rows that are right: tensorflow2-question-answering.

    Each question has a row for the long and one for the short answer.  A row is right
    if its answer is one of those that the first annotation has, or if neither has an
    answer.  YES and NO are never right for a long answer.

    Raises
    ------
    SubmissionError
        When the ids differ or repeat, or a prediction is neither START:END in whole
        numbers nor YES, NO or empty.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    ids, valid = _valid(entry)
    pairs = match_rows(_with_ids(entry, ids))
    given = _given(entry.submission, entry.target)
    if pairs is not None:
        rows, truth_rows = pairs
        given = [given[row] for row in rows]
        ids, valid = (
            [ids[row] for row in truth_rows],
            [valid[row] for row in truth_rows],
        )
    # The reference codes both sides as 0 and 1 and compares those.
    is_given = np.array([answer is not None for answer in given])
    truth = np.array(
        [
            bool(right) if answer is None else answer in right
            for answer, right in zip(given, valid, strict=True)
        ]
    )
    return Outcome(
        score=metrics.accuracy(truth[:, None], is_given[:, None]),
        notes=_notes(ids, given) + cells.unused_columns(entry),
    )


def _valid(entry: Entry) -> tuple[list[str], list[set[Answer]]]:
    """Return the ids of all rows that are wanted and the answers that are right."""
    ids: list[str] = []
    valid: list[set[Answer]] = []
    if entry.answers.empty:
        msg = "the answers have no rows, so there is nothing to score"
        raise SubmissionError(msg)
    names = entry.answers[entry.id_column].tolist()
    for name, annotated in zip(
        names, entry.answers["annotations"].tolist(), strict=True
    ):
        try:
            long, short = _right(annotated[0])
        except (IndexError, KeyError, TypeError, ValueError) as error:
            msg = f"no submission can be scored: the answer {name!r} has no annotation"
            raise SubmissionError(msg) from error
        ids += [f"{name}{_LONG}", f"{name}{_SHORT}"]
        valid += [long, short]
    return ids, valid


def _right(annotation: Mapping[str, Any]) -> tuple[set[Answer], set[Answer]]:
    """Return the long and the short answers that an annotation has."""
    start, end = _span(annotation["long_answer"])
    long: set[Answer] = set() if start == -1 else {(start, end)}
    short: set[Answer] = {_span(each) for each in annotation["short_answers"]}
    if annotation["yes_no_answer"] in _FLAGS:
        short.add(annotation["yes_no_answer"])
    return long, short


def _span(answer: Mapping[str, Any]) -> tuple[int, int]:
    return int(answer["start_token"]), int(answer["end_token"])


def _with_ids(entry: Entry, ids: list[str]) -> Entry:
    """Return the entry with answers that have the ids of all rows that are wanted."""
    answers = pd.DataFrame({entry.id_column: np.array(ids, object)})
    return Entry(submission=entry.submission, answers=answers, card=entry.card)


def _given(table: pd.DataFrame, name: str) -> list[Answer]:
    """Return the answers of a submission.

    Raises
    ------
    SubmissionError
        With the first that is none.
    """
    answers: list[Answer] = []
    blank = table[name].isna().to_numpy()
    for row, cell in enumerate(table[name].tolist()):
        try:
            answers.append(None if blank[row] else _answer(cell))
        except ValueError as error:
            bad = np.zeros(len(table), bool)
            bad[row] = True
            raise first_bad(table, name, bad, _LEGAL) from error
    return answers


def _answer(cell: Any) -> Answer:
    if not isinstance(cell, str):
        msg = "a number or a flag"
        raise ValueError(msg)  # noqa: TRY004 - the caller has one word for all of them
    text = cell.strip()
    if not text:
        return None
    if text in _FLAGS:
        return text
    start, end = text.split(":")
    return int(start), int(end)


def _notes(ids: Sequence[str], given: list[Answer]) -> tuple[str, ...]:
    n_flags = sum(
        isinstance(answer, str) and name.endswith(_LONG)
        for name, answer in zip(ids, given, strict=True)
    )
    notes: tuple[str, ...] = ()
    if n_flags:
        notes = (f"YES or NO as long answers, which is never right: {n_flags}",)
    if not any(answer is not None for answer in given):
        notes += ("no row gives an answer",)
    return notes
