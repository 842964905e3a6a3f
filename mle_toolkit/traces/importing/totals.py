"""What the events of a trace add up to: times, tokens, cost and the best score."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mle_toolkit.traces.importing.fields import (
    count_of,
    flag_of,
    number_of,
    optional_text,
    seconds_between,
    seconds_of,
    time_of,
    word_of,
)

_TOKENS = ("tokens_in", "tokens_out")


class Clock:
    """Says when each event happened, by what the events know themselves.

    An event's own ``elapsed_s`` counts; else its time, seen from the first event that
    has one; else the durations so far.

    Attributes
    ----------
    first, last
        The earliest and latest time that an event names, or None.
    elapsed_s
        The latest moment so far, in seconds since the attempt began.
    knows
        Whether any event tells a time or a duration.
    """

    def __init__(self) -> None:
        self.first: str | None = None
        self.last: str | None = None
        self.elapsed_s = 0.0
        self.knows = False
        self._begin: tuple[str, float] | None = None

    def stamp(self, event: dict[str, Any]) -> tuple[str | None, float]:
        """Return the time and the elapsed seconds of the next event."""
        time, given = time_of(event.get("time")), seconds_of(event.get("elapsed_s"))
        duration = seconds_of(event.get("duration_s"))
        told = (time, given, duration)
        self.knows = self.knows or any(each is not None for each in told)
        elapsed = given
        if elapsed is None and time is not None and self._begin is not None:
            passed = seconds_between(self._begin[0], time) or 0.0
            elapsed = max(0.0, self._begin[1] + passed)
        if elapsed is None:
            # The first time that is named says only what came before it.
            elapsed = self.elapsed_s + (0.0 if time is not None else duration or 0.0)
        if time is not None:
            self._begin = self._begin or (time, elapsed)
            self.first = min(self.first or time, time)
            self.last = max(self.last or time, time)
        self.elapsed_s = max(self.elapsed_s, elapsed)
        return time, round(elapsed, 3)


class Totals:
    """Counts events; what no event tells is None.

    Attributes
    ----------
    events, nodes
        Events so far, and those of kind ``node``.
    status, reason
        What the last ``end`` event says, or None.
    """

    def __init__(self) -> None:
        self.events = 0
        self.nodes = 0
        self.status: str | None = None
        self.reason: str | None = None
        self._sums: dict[str, int] = {}
        self._costs: list[float | None] = []
        self._said: dict[str, Any] = {}
        self._metrics: list[float] = []
        self._directions: Counter[bool] = Counter()

    def take(self, event: dict[str, Any]) -> None:
        """Count one event."""
        self.events += 1
        if event["kind"] == "model":
            self._take_model(event)
        elif event["kind"] == "node":
            self._take_node(event)
        elif event["kind"] == "end":
            self.status = word_of(event.get("status"), "finished")
            self.reason = optional_text(event.get("reason"))
            # Some tools count for themselves, and know better than the sum of parts.
            counts = {name: count_of(event.get(name)) for name in _TOKENS}
            said = {**counts, "cost_usd": seconds_of(event.get("cost_usd"))}
            self._said = {name: each for name, each in said.items() if each is not None}

    def lower_is_better(self) -> bool | None:
        """Return the direction of most nodes; None when they name none, or differ."""
        ranked = self._directions.most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return None
        return ranked[0][0]

    def disagree(self) -> bool:
        """Whether some nodes call lower better, and others higher."""
        return len(self._directions) > 1

    def validation_score(self) -> float | None:
        """Return the best metric of a node that is not buggy; None without one."""
        lower = self.lower_is_better()
        if lower is None or not self._metrics:
            return None
        return min(self._metrics) if lower else max(self._metrics)

    def usage(self) -> dict[str, float | None]:
        """Return tokens and cost as a result names them."""
        known = [cost for cost in self._costs if cost is not None]
        # The sum of some calls would look like the cost of all.
        whole = bool(known) and len(known) == len(self._costs)
        usage: dict[str, float | None] = {
            name: self._sums.get(name) for name in _TOKENS
        }
        return {**usage, "cost_usd": sum(known) if whole else None, **self._said}

    def _take_model(self, event: dict[str, Any]) -> None:
        counts = {name: count_of(event.get(name)) for name in _TOKENS}
        for name, count in counts.items():
            if count is not None:
                self._sums[name] = self._sums.get(name, 0) + count
        cost = seconds_of(event.get("cost_usd"))
        if cost is not None or any(counts.values()):
            self._costs.append(cost)

    def _take_node(self, event: dict[str, Any]) -> None:
        self.nodes += 1
        lower = flag_of(event.get("lower_is_better"))
        if lower is not None:
            self._directions[lower] += 1
        metric = number_of(event.get("metric"))
        if metric is not None and not flag_of(event.get("is_buggy")):
            self._metrics.append(metric)
