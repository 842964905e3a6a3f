"""What an importer returns: the trace of one attempt, in our events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mle_toolkit.records import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTrace:
    """One attempt that another tool made.

    Attributes
    ----------
    format
        Name of the format, such as ``"aide"``.
    source
        The file that it was read from.
    events
        Our events in order; may be a generator, and is read once.
    problems
        What was passed over; complete when `events` has been read.
    competition, scaffold, model, seed
        Who did what, as far as the tool says it.
    status, reason
        How the attempt ended.
    grade
        The test score that the tool knows: ``score, lower_is_better, medal,
        any_medal, above_median, valid, thresholds``; None when it knows none.
    """

    format: str
    source: Path
    events: Iterable[dict[str, Any]]
    problems: list[Problem] = field(default_factory=list)
    competition: str = "unknown"
    scaffold: str = "agent"
    model: str = "unknown"
    seed: int = 0
    status: str = "finished"
    reason: str | None = None
    grade: dict[str, Any] | None = None
