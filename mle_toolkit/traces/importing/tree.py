"""The search trees of AIDE and its descendants: who is whose parent, and what stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.fields import (
    dict_of,
    event_of,
    first_of,
    flag_of,
    list_of,
    number_of,
    seconds_of,
    text_of,
    time_of,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KILLED = frozenset({"KeyboardInterrupt", "SystemExit", "MemoryError"})


@dataclass(slots=True)
class Tree:
    """The nodes of one search, numbered from 0 in the order of their records.

    Attributes
    ----------
    records
        The nodes as the tool wrote them.
    parents
        For each node the number of its parent, or None.
    """

    records: list[dict[str, Any]]
    parents: list[int | None] = field(default_factory=list)

    @property
    def stages(self) -> list[str]:
        """What each node is: a draft without a parent, else a mend or a step on."""
        stages = []
        for record, parent in zip(self.records, self.parents, strict=True):
            if parent is None:
                stages.append("draft")
            elif is_buggy(self.records[parent]):
                stages.append("debug")
            else:
                stages.append("improve")
            said = list_of(record.get("operators_used"))
            if any("crossover" in text_of(name).lower() for name in said):
                stages[-1] = "crossover"
        return stages


def build_tree(
    items: Sequence[Any],
    parent_of: dict[str, Any],
    place: str,
    problems: list[Problem],
) -> Tree:
    """Return the tree of a journal's nodes.

    Parameters
    ----------
    items
        What the journal holds; anything but an object is passed over.
    parent_of
        The id of each node's parent, which goes before what the nodes say.
    place
        Where the journal lies, for the problems.
    problems
        Gets what is wrong: ids that are used twice, parents that are not there, and
        circles, which are cut where they close.
    """
    records = []
    for position, item in enumerate(items):
        if isinstance(item, dict):
            records.append(item)
        else:
            reason = f"node {position} is a {type(item).__name__}, not an object"
            problems.append(Problem(place, reason, "broken node", 1))
    numbers: dict[str, int] = {}
    for number, record in enumerate(records):
        name = _name(record.get("id"))
        if name and numbers.setdefault(name, number) != number:
            reason = f"node {number} has the id of node {numbers[name]}"
            problems.append(Problem(place, reason, "id used twice"))
    tree = Tree(records)
    for number, record in enumerate(records):
        said = _said_parent(record, numbers, parent_of)
        parent = numbers.get(said) if said else None
        if said and parent is None:
            reason = f"the parent of node {number} is not in the journal"
            problems.append(Problem(place, reason, "parent missing"))
        tree.parents.append(parent)
    _cut_circles(tree.parents, place, problems)
    return tree


def _said_parent(
    record: dict[str, Any], numbers: dict[str, int], parent_of: dict[str, Any]
) -> str:
    own = _name(record.get("id"))
    if own and parent_of.get(own) is not None:
        return _name(parent_of[own])
    said = record.get("parent")
    if said is None:
        # With two parents, after a crossover, the first that is here leads the way.
        names = [_name(item) for item in list_of(record.get("parents"))]
        here = [name for name in names if name in numbers]
        return (here or [*names, ""])[0]
    return _name(dict_of(said).get("id")) if isinstance(said, dict) else _name(said)


def _name(value: Any) -> str:
    plain = isinstance(value, (str, int)) and not isinstance(value, bool)
    return str(value) if plain else ""


def _cut_circles(
    parents: list[int | None], place: str, problems: list[Problem]
) -> None:
    """Take away the link that closes each circle."""
    seen_from: dict[int, int] = {}
    for start in range(len(parents)):
        node: int | None = start
        while node is not None and node not in seen_from:
            seen_from[node] = start
            parent = parents[node]
            if parent is not None and seen_from.get(parent) == start:
                reason = f"node {node} is its own ancestor: its parent is left out"
                problems.append(Problem(place, reason, "circle of parents"))
                parents[node] = parent = None
            node = parent


def is_buggy(record: dict[str, Any]) -> bool | None:
    """Whether a node failed: by its review, else by its exception, else unknown."""
    said = flag_of(record.get("is_buggy"))
    return True if said is None and record.get("exc_type") else said


def asked(
    number: int, stage: str, record: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Return the ``model`` event of a node's program.

    The journal keeps plan and code, not the reply: the text is put together again.
    """
    plan, code = text_of(record.get("plan")), text_of(record.get("code"))
    fenced = f"```python\n{code}\n```" if code else ""
    return event_of(
        "model",
        node=number,
        purpose=stage,
        messages=[],
        reply="\n\n".join(part for part in (plan, fenced) if part),
        rebuilt=True,
        **more,
    )


def executed(number: int, record: dict[str, Any], **more: Any) -> dict[str, Any] | None:
    """Return the ``exec`` event of a node; None when it was never run."""
    output = first_of(record, "_term_out", "term_out")
    if output is None and record.get("exec_time") is None:
        return None
    lines = output if isinstance(output, list) else [output]
    exception = word_of(record.get("exc_type"), "") or None
    return event_of(
        "exec",
        node=number,
        code=text_of(record.get("code")),
        # The pieces hold their own line ends.
        output="".join(text_of(line) for line in lines),
        status=_status(exception, record.get("exit_code")),
        exception=exception,
        exception_info=record.get("exc_info") or None,
        exit_code=record.get("exit_code"),
        duration_s=seconds_of(record.get("exec_time")),
        **more,
    )


def _status(exception: str | None, exit_code: Any) -> str:
    if exception is None:
        return "error" if number_of(exit_code) else "ok"
    if exception == "TimeoutError":
        return "timeout"
    return "killed" if exception in _KILLED else "error"


def reason_of(record: dict[str, Any], metric: float | None) -> str | None:
    """Say why a node is buggy; None when it is not."""
    if not is_buggy(record):
        return None
    if exception := word_of(record.get("exc_type"), ""):
        return f"it raised {exception}"
    if metric is None:
        return "it has no metric"
    return "its review calls it buggy"


def after(time: Any, *seconds: Any) -> str | None:
    """Return the moment some lengths of time after `time`; None when that is none."""
    return _moved(time, sum(seconds_of(each) or 0.0 for each in seconds))


def before(time: Any, *seconds: Any) -> str | None:
    """Return the moment some lengths of time before `time`; None when that is none."""
    return _moved(time, -sum(seconds_of(each) or 0.0 for each in seconds))


def _moved(time: Any, seconds: float) -> str | None:
    moment = time_of(time)
    if moment is None:
        return None
    try:
        moved = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    except OverflowError:
        return moment
    return moved.isoformat(timespec="milliseconds")


def leftovers(record: dict[str, Any], known: frozenset[str]) -> dict[str, Any] | None:
    """Return the fields of a node that no event has a place for; None without any."""
    empty: tuple[Any, ...] = (None, "", [], {})
    rest = {
        name: value
        for name, value in record.items()
        if name not in known and value not in empty
    }
    return rest or None


def events_in_order(*events: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Yield the events that are there."""
    yield from (event for event in events if event is not None)
