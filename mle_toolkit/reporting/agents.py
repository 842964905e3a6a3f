"""Agents in figures: the names that people know, and marks for what to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit import published

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign behind a name, and what it means."""

    sign: str
    text: str


LEAKAGE = {
    "known": Mark("\N{DAGGER}", "known leakage"),
    "disputed": Mark("\N{DOUBLE DAGGER}", "use of test scores is disputed"),
}
PADDED = Mark("*", "competitions without reports count as failed")
ABSENT = Mark("\N{SECTION SIGN}", "lacks competitions: not ranked")


def names_of(agents: Iterable[object]) -> dict[str, str]:
    """Return the name of each agent: that of a published one, else its own."""
    known = published.experiments().set_index("agent")["name"].to_dict()
    return {str(agent): str(known.get(agent, agent)) for agent in agents}


def marks_of(
    agents: Iterable[object], attrs: Mapping[Any, Any]
) -> dict[str, tuple[Mark, ...]]:
    """Return the marks of each agent.

    `attrs` are those of a frame that was made from `mle_toolkit.record`: they say
    which agents have competitions that were made up.
    """
    leakage = published.experiments().set_index("agent")["leakage"].dropna().to_dict()
    padded = attrs.get("padded_competitions") or {}
    found = {}
    for agent in agents:
        marks = [LEAKAGE[leakage[agent]]] if agent in leakage else []
        if agent in padded:
            marks.append(PADDED)
        found[str(agent)] = tuple(marks)
    return found


def marked(name: str, marks: Iterable[Mark]) -> str:
    """Return a name with the signs of its marks behind it."""
    return " ".join([name, "".join(mark.sign for mark in marks)]).strip()
