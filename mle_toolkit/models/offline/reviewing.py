"""Review a program's output, through the tool that the prompt offers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.models.offline.reading import sections, unfenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.chat import Message

_SCORE = re.compile(
    r"^validation [^\n:]*: *(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*$", re.MULTILINE
)
_ERROR = re.compile(r"^(\w*(?:Error|Exception|Interrupt|Exit)\w*)\b:? ?(.*)$")


def review(messages: Sequence[Message]) -> dict[str, Any]:
    """Return the arguments of the review tool."""
    text = "\n\n".join(item.content for item in messages if item.role == "user")
    parts = sections(text)
    output = unfenced(parts.get("Output", ""))
    facts = parts.get("Facts", "")
    scores = _SCORE.findall(output)
    metric = float(scores[-1]) if scores else None
    failed = "Traceback (most recent call last)" in output or (
        "ended" in facts and "ran to its end" not in facts
    )
    lower = "lower is better" in parts.get("Metric", "")
    return {
        "is_bug": failed or metric is None,
        "summary": _summary(output, metric, failed=failed),
        "metric": None if failed else metric,
        "lower_is_better": lower,
        "has_submission": "submission.csv was written" in facts,
    }


def _summary(output: str, metric: float | None, *, failed: bool) -> str:
    if failed:
        return f"The program failed: {_last_error(output)}"
    if metric is None:
        return "The program ran, but printed no validation score."
    warned = " It gave warnings." if "Warning:" in output else ""
    return f"The program ran and reports a validation score of {metric:.6g}.{warned}"


def _last_error(output: str) -> str:
    for line in reversed(output.strip().splitlines()):
        if found := _ERROR.match(line):
            return f"{found[1]}: {found[2]}"[:300]
    last = output.strip().splitlines()[-1:]
    return last[0][:300] if last else "it printed nothing"
