"""Let a reader make our events of records, twice: the end tells how it all began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.documents import read_lines
from mle_toolkit.traces.importing.records import ForeignTrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mle_toolkit.traces.importing.turns import Turns


class Lines(Protocol):
    """What yields the records of a file."""

    def __call__(
        self, path: Path, problems: list[Problem], /
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield place and record; what is none becomes a problem."""


class Reader(Protocol):
    """What makes our events of the records of one format."""

    turns: Turns
    known: int

    def take(self, item: dict[str, Any]) -> None:
        """Take the next record."""

    def finish(self, place: str, problems: list[Problem]) -> None:
        """Close the trace."""

    def facts(self) -> dict[str, Any]:
        """Return the fields of `ForeignTrace` that the records tell."""


def follow(
    records: Iterable[tuple[str, dict[str, Any]]],
    reader: Reader,
    problems: list[Problem],
    source: Path,
) -> Iterator[dict[str, Any]]:
    """Yield the events that a reader makes of records."""
    for place, item in records:
        try:
            reader.take(item)
        except RecursionError:
            reason = "the record is nested too deeply"
            problems.append(Problem(place, reason, "nested too deeply", 1))
        yield from reader.turns.drain()
    reader.finish(str(source), problems)
    yield from reader.turns.drain()


def read_stream(
    path: Path,
    make: Callable[[Any], Reader],
    *,
    tool: str,
    hint: str,
    lines: Lines = read_lines,
) -> ForeignTrace:
    """Read a file of JSON lines: once for how it ends, and later for its events.

    Parameters
    ----------
    make
        Makes a reader, given None, or the reader of the first reading.
    tool, hint
        Name of the format in a sentence, and what its files hold.
    lines
        Yields the records of a file with their places.

    Raises
    ------
    StoreError
        When no line is of this format.
    """
    first = make(None)
    passed: list[Problem] = []
    for _ in follow(lines(path, passed), first, passed, path):
        pass
    if not first.known:
        why = f"; the first line that is none: {passed[0].reason}" if passed else ""
        msg = f"{path} holds no {tool} record{why}. Give {hint}"
        raise StoreError(msg)
    problems: list[Problem] = []
    events = follow(lines(path, problems), make(first), problems, path)
    return ForeignTrace(source=path, events=events, problems=problems, **first.facts())


def numbered(
    items: list[Any], place: str, problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list with their places; the others are problems."""
    for number, item in enumerate(items):
        if isinstance(item, dict):
            yield f"{place} {number}", item
        else:
            reason = f"a JSON object is needed; this is a {type(item).__name__}"
            problems.append(Problem(f"{place} {number}", reason, "not an object", 1))
