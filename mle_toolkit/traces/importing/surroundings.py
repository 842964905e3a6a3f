"""What the files and folders around a trace tell of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mle_toolkit.traces.importing.documents import head_of

if TYPE_CHECKING:
    from pathlib import Path

# MLE-bench names the folder of a run "<competition>_<uuid>".
_RUN = re.compile(r"(.+)_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SETTING = re.compile(r"( *)([A-Za-z_][\w.-]*):(?:[ \t]+(.*))?")
_PATH = re.compile(r"!!python/object/apply:pathlib\.[\w.]*Path")
_PART = re.compile(r" *- (.*)")
_SECRET = re.compile(
    r"api_?key|secret|passw|credential|(?:access|auth)_?token", re.IGNORECASE
)
_LEVELS = 5
_SAYS_NOTHING = frozenset(
    {"", "data", "dataset", "home", "input", "null", "prepared", "public", "workspace"}
)


def competition_of(path: Path) -> str | None:
    """Return the competition that MLE-bench wrote into the name of a folder above."""
    for folder in list(path.absolute().parents)[:_LEVELS]:
        if found := _RUN.fullmatch(folder.name):
            return found.group(1)
    return None


def competition_of_path(text: str) -> str | None:
    """Return the competition that the path of a data folder is named after.

    Examples
    --------
    >>> competition_of_path("/data/leaf/prepared/public/")
    'leaf'
    >>> competition_of_path("/input/data") is None
    True
    """
    parts = [part for part in re.split(r"[/\\]+", text) if part not in {".", ".."}]
    telling = [part for part in parts if part.lower() not in _SAYS_NOTHING]
    return telling[-1] if telling else None


def read_settings(path: Path) -> dict[str, str]:
    """Return the plain settings of a YAML file, by dotted name, all as text.

    This reads what configuration tools write: one setting a line, two or more blanks
    for each level.  Paths may be objects with a list of their parts, as PyYAML writes
    them.  Other objects, lists, texts over several lines and references are left out,
    and so is what may be a secret.  A file that cannot be read has no settings.

    Examples
    --------
    A file with the lines ``agent:``, ``  code:`` and ``    model: gpt-4o`` gives
    ``{"agent.code.model": "gpt-4o"}``.
    """
    settings: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    path_at = ""
    for line in head_of(path).splitlines():
        part = _PART.fullmatch(line.rstrip())
        if part is not None and path_at:
            before = settings.get(path_at)
            joined = part[1].strip("'\"")
            if before is not None:
                joined = f"{before.rstrip('/')}/{joined}"
            settings[path_at] = joined
            continue
        path_at = ""
        found = _SETTING.fullmatch(line.rstrip())
        if found is None:
            continue
        indent, name, value = len(found[1]), found[2], (found[3] or "").strip()
        while above and above[-1][0] >= indent:
            above.pop()
        dotted = ".".join([*(each for _, each in above), name])
        if _PATH.fullmatch(value):
            path_at = "" if _SECRET.search(name) else dotted
        elif value and value[0] not in "|>&*[{!":
            if not _SECRET.search(name):
                settings[dotted] = value.strip("'\"")
        elif not value:
            above.append((indent, name))
    return settings
