"""Find what a folder holds: run folders of ours, and grading reports of MLE-bench.

Links are followed, because results are often linked into place, and each folder is
entered once, so that a loop of links ends.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from mle_toolkit.records import Problem

_PLAN = re.compile(r"plan-\d+\.json")
_REPORT = "grading_report"
_JSON = ".json"


@dataclass(slots=True)
class Sources:
    """What lies in a folder.

    Attributes
    ----------
    runs
        Run folders.
    reports
        Files named like grading reports, in the order of their paths.
    others
        Other JSON files outside of run folders.
    problems
        Folders that could not be entered.
    """

    runs: list[Path] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def find_sources(root: Path) -> Sources:
    """Search `root` and the folders below it; hidden files are left alone."""
    found = Sources()
    entered: dict[tuple[int, int], str] = {}
    waiting = [str(root)]
    while waiting:
        folder = waiting.pop()
        try:
            waiting += _look_into(folder, found, entered)
        except OSError as error:
            reason = f"the folder cannot be read: {error.strerror or error}"
            found.problems.append(Problem(folder, reason, "unreadable folder", 1))
    for names in (found.reports, found.others):
        names.sort(key=in_parts)
    found.runs.sort()
    return found


def in_parts(path: str) -> tuple[str, ...]:
    """Return the key that sorts paths as MLE-bench does: folder by folder."""
    return Path(path).parts


def _look_into(
    folder: str, found: Sources, entered: dict[tuple[int, int], str]
) -> list[str]:
    """Note the files of a folder and return the folders in it, last one first."""
    state = os.stat(folder)  # noqa: PTH116 - thousands of them
    first = entered.setdefault((state.st_dev, state.st_ino), folder)
    if first != folder:
        reason = f"the same folder as {first}, by a link: read once"
        found.problems.append(Problem(folder, reason, "linked folder"))
        return []
    with os.scandir(folder) as listing:
        entries = [entry for entry in listing if not entry.name.startswith(".")]
    # In order, so that it does not depend on the disk which name of a folder counts.
    entries.sort(key=lambda entry: entry.name, reverse=True)
    if any(_PLAN.fullmatch(entry.name) for entry in entries):
        found.runs.append(Path(folder))
        return []
    below = []
    for entry in entries:
        if entry.is_dir():
            below.append(entry.path)
        elif entry.name.endswith(_JSON):
            named = found.reports if _REPORT in entry.name else found.others
            named.append(entry.path)
    return below
