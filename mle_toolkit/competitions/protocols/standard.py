"""The standard protocol: ids are compared, order does not matter, values are checked.

It serves every competition that is not one of MLE-bench.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import get_metric
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions import align, check_format, extra_columns, quote_some
from mle_toolkit.submissions.wording import short

_SUM_SLACK = 1e-6


def standard(entry: Entry) -> Outcome:
    """Score a submission whose rows are matched with the answers by id.

    Raises
    ------
    SubmissionError
        When a column or an id is missing, an id is unknown or repeated, or a value
        breaks the card's rules.
    """
    card = entry.card
    reason = check_format(
        entry.submission,
        entry.answers,
        id_column=card.id_column,
        target_columns=card.target_columns,
        rules=card.rules,
    )
    if reason is not None:
        raise SubmissionError(reason)
    metric = get_metric(card.metric)
    if metric.inputs == "own":
        msg = f"{metric.name} has no meaning under the standard protocol"
        raise SubmissionError(msg)
    as_text = metric.inputs == "texts" or (
        metric.inputs == "labels" and not _holds_numbers(entry)
    )
    truth, values = (
        align(
            table,
            entry.answers[entry.id_column],
            id_column=entry.id_column,
            target_columns=card.target_columns,
            as_text=as_text,
        )
        for table in (entry.answers, entry.submission)
    )
    if metric.inputs == "labels" and as_text and (values == "").any():
        row = int((values == "").any(axis=1).argmax())
        name = short(entry.answers[entry.id_column].iloc[row])
        msg = f"the row of id {name} has no label"
        raise SubmissionError(msg)
    return Outcome(
        score=metric(truth, values),
        notes=tuple(_notes(entry, entry.submission, values)),
    )


def _holds_numbers(entry: Entry) -> bool:
    return all(
        pd.api.types.is_numeric_dtype(entry.answers[name].dtype)
        for name in entry.targets
    )


def _notes(entry: Entry, table: pd.DataFrame, values: Any) -> list[str]:
    card = entry.card
    found = []
    extra = extra_columns(
        table, id_column=card.id_column, target_columns=card.target_columns
    )
    if extra:
        found.append(f"columns that nobody asked for: {quote_some(extra)}")
    if card.rules.row_sum is not None:
        misses = np.abs(values.sum(axis=1) - card.rules.row_sum) > _SUM_SLACK
        if misses.any():
            found.append(
                f"{int(misses.sum())} rows do not add up to "
                f"{card.rules.row_sum:g} exactly"
            )
    if len(values) > 1 and (values == values[:1]).all():
        found.append("all rows have the same prediction")
    return found
