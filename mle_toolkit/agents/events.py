"""Send events to the supervisor: one JSON object a line."""

from __future__ import annotations

import json
import math
from typing import Any

from mle_toolkit.store import append_bytes


class EventPipe:
    """The way of a runner's events to its supervisor.

    Parameters
    ----------
    descriptor
        An open file to write to.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, kind: str, **fields: Any) -> None:
        """Send one event; NaN and infinity become null."""
        # ASCII, so that a lone surrogate that a program printed is escaped too.
        text = json.dumps(_finite({"kind": kind, **fields}), default=str)
        append_bytes(self._descriptor, text.encode("ascii") + b"\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
