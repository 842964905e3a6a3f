"""Make names that strangers chose into parts of a path."""

from __future__ import annotations

import hashlib
import re

from mle_toolkit.store import agent_slug

_LONGEST = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# A run folder keeps files of these names beside its competitions.
_TAKEN = re.compile(r"stop|.*\.(?:json|jsonl|log|part)", re.IGNORECASE)


def competition_part(name: str) -> str:
    """Return the folder name of a competition.

    Examples
    --------
    >>> competition_part("spooky-author-identification")
    'spooky-author-identification'
    >>> competition_part("../../etc"), competition_part("plan-1.json")
    ('etc', 'task-plan-1.json')
    """
    part = _part(_UNSAFE.sub("-", name).strip("-."), name)
    return f"task-{part}" if _TAKEN.fullmatch(part) else part


def agent_part(scaffold: str, model: str) -> str:
    """Return the folder name of an agent; see `mle_toolkit.store.agent_slug`."""
    return _part(agent_slug(scaffold, model), f"{scaffold}/{model}")


def _part(part: str, name: str) -> str:
    """Return a part that is neither empty nor long, and differs when names do."""
    if part and len(part) <= _LONGEST:
        return part
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{part[: _LONGEST - 9] or 'unnamed'}-{digest}"
