"""Take a prompt apart: what any reader of the messages can see in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.overview import (
    Picture,
    Table,
    read_arrays,
    read_pictures,
    read_tables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.models.chat import Message

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^`]*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a prompt asks for.

    Attributes
    ----------
    metric, lower_is_better
        As the prompt says.
    id_column, targets, sample
        What the submission has to look like, and the file that shows it.
    tables
        The tables of the data overview, by file name.
    arrays, pictures
        The shapes of its arrays, and the pictures of its folders.
    lowest, highest
        The limits of the values that a submission may hold, where the prompt says.
    memory
        What the prompt tells of earlier programs.
    program, output
        The program to work on and its output; None in a draft.
    request
        What to do now.
    run_limit_s, time_left_s, steps
        What is left; infinite or None when the prompt does not say.
    """

    metric: str = ""
    lower_is_better: bool = False
    id_column: str = ""
    targets: tuple[str, ...] = ()
    sample: str = "sample_submission.csv"
    tables: dict[str, Table] = field(default_factory=dict)
    arrays: dict[str, tuple[int, ...]] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    lowest: float | None = None
    highest: float | None = None
    memory: str = ""
    program: str | None = None
    output: str = ""
    request: str = ""
    run_limit_s: float = float("inf")
    time_left_s: float = float("inf")
    steps: int | None = None


def read_brief(messages: Sequence[Message]) -> Brief:
    """Return what the messages ask for."""
    text = "\n\n".join(item.content for item in messages if item.role == "user")
    parts = sections(text)
    metric, rules = parts.get("Metric", ""), parts.get("Rules", "")
    words = re.search(r"the columns (.+?), and the ids", rules, re.DOTALL)
    names = re.findall(r"`([^`]+)`", words[1]) if words else []
    file = re.search(r"ids of\s+`input/([^`]+)`", rules)
    budget = parts.get("Budget", "")
    overview = unfenced(parts.get("Data overview", ""))
    return Brief(
        metric=(re.findall(r"[A-Za-z_]\w*", metric) or [""])[0],
        lower_is_better="lower is better" in metric,
        id_column=names[0] if names else "",
        targets=tuple(names[1:]),
        sample=file[1] if file else "sample_submission.csv",
        tables=read_tables(overview),
        arrays=read_arrays(overview),
        pictures=read_pictures(overview),
        lowest=_limit(rules, "below"),
        highest=_limit(rules, "above"),
        memory=parts.get("Earlier programs", ""),
        program=unfenced(parts["Program to work on"])
        if "Program to work on" in parts
        else None,
        output=unfenced(parts.get("Its output", "")),
        request=parts.get("What to do now", ""),
        run_limit_s=_seconds(budget, r"A program is ended after: (.+)"),
        time_left_s=_seconds(budget, r"Time left for everything: (.+)"),
        steps=_number(budget, r"this one included: (\d+)"),
    )


def sections(text: str) -> dict[str, str]:
    r"""Return the sections of a Markdown text by their top-level headings.

    Headings inside of fences do not count.

    Examples
    --------
    >>> sections("# A\n\none\n\n# B\n\ntwo")
    {'A': 'one', 'B': 'two'}
    """
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        if fence:
            if line.strip() == fence:
                fence = ""
        elif opening := _FENCE.match(line):
            fence = opening["fence"]
        elif line.startswith("# "):
            lines = found.setdefault(line[2:].strip(), [])
            continue
        lines.append(line)
    return {title: "\n".join(body).strip() for title, body in found.items()}


def unfenced(text: str) -> str:
    """Return the inside of the first fence of a text, or the text without one."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if opening := _FENCE.match(line):
            inside = lines[start + 1 :]
            if opening["fence"] in inside:
                inside = inside[: inside.index(opening["fence"])]
            return "\n".join(inside) + "\n"
    return text


def _seconds(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    parts = re.search(r"([\d.]+) (second|minute|hour)", found[1]) if found else None
    if parts is None:
        return float("inf")
    return float(parts[1]) * {"second": 1, "minute": 60, "hour": 3600}[parts[2]]


def _limit(rules: str, side: str) -> float | None:
    found = re.search(rf"No value may be {side} (-?[\d.]*\d)", rules)
    return float(found[1]) if found else None


def _number(text: str, pattern: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None
