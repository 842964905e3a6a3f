"""The review: a model reads a program's output and reports through one tool."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.models import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mle_toolkit.models import Reply

SUBMIT_REVIEW = Tool(
    name="submit_review",
    description="Report what the output of the program shows.",
    parameters={
        "type": "object",
        "properties": {
            "is_bug": {
                "type": "boolean",
                "description": "true if the program failed or its result is wrong",
            },
            "summary": {
                "type": "string",
                "description": (
                    "two or three sentences: what happened, and what to learn from it"
                ),
            },
            "metric": {
                "type": ["number", "null"],
                "description": "the validation score as printed; null if there is none",
            },
            "lower_is_better": {
                "type": "boolean",
                "description": "true if a smaller value of the metric is better",
            },
            "has_submission": {
                "type": "boolean",
                "description": "true if the program wrote submission.csv",
            },
        },
        "required": [
            "is_bug",
            "summary",
            "metric",
            "lower_is_better",
            "has_submission",
        ],
    },
    required=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the reviewer reported; `lower_is_better` is None if it did not say."""

    is_bug: bool
    summary: str
    metric: float | None
    lower_is_better: bool | None = None
    has_submission: bool | None = None


def read_review(reply: Reply) -> Review | None:
    """Return the review in `reply`, or None when it holds none.

    A reply that gives the tool's arguments as JSON text counts, because some
    models do not call tools.
    """
    for call in reply.tool_calls:
        if call.name == SUBMIT_REVIEW.name and "is_bug" in call.arguments:
            return _review(call.arguments)
    start, end = reply.text.find("{"), reply.text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        arguments = json.loads(reply.text[start : end + 1])
    except (ValueError, RecursionError):
        return None
    if isinstance(arguments, dict) and "is_bug" in arguments:
        return _review(arguments)
    return None


def as_metric(value: Any) -> float | None:
    """Return `value` as a score, or None when it is no finite number.

    An integer is a number; a truth value is not.

    Examples
    --------
    >>> as_metric(1), as_metric("0.25"), as_metric(True), as_metric(float("nan"))
    (1.0, 0.25, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _review(arguments: Mapping[str, Any]) -> Review:
    return Review(
        is_bug=_truth(arguments["is_bug"]) is not False,
        summary=str(arguments.get("summary") or ""),
        metric=as_metric(arguments.get("metric")),
        lower_is_better=_truth(arguments.get("lower_is_better")),
        has_submission=_truth(arguments.get("has_submission")),
    )


def _truth(value: Any) -> bool | None:
    """Return a truth value, also one that was written as text."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "false": False, "no": False}
    return words.get(str(value).strip().lower())
