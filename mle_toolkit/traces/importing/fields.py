"""Values of other tools' files, made into ours: whatever the type, nothing raises.

Here is what becomes of one value; `mle_toolkit.traces.importing.documents` reads whole
files.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

NOTE_CHARS = 4000
MAX_COUNT = 2**53
_MAX_PLAUSIBLE_S = 1e11
_NANOSECONDS = re.compile(r"(\.\d{6})\d+")
_MARK = " [cut]"


def load_json(text: str | bytes) -> Any:
    """Return the value of a JSON text; NaN and infinity become None.

    Raises
    ------
    ValueError
        When it is not JSON.
    RecursionError
        When it is nested too deeply.

    Examples
    --------
    >>> load_json('[1, NaN, 1e999]')
    [1, None, None]
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", "replace")
    return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)


def text_of(value: Any) -> str:
    r"""Return any JSON value as text.

    A list of content parts, as chat models write them, becomes the text of its parts,
    one below the other, with ``[image]`` for a picture; None becomes ``""``; what is
    no text becomes compact JSON.

    Examples
    --------
    >>> text_of([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
    'a\nb'
    >>> text_of({"x": 1})
    '{"x":1}'
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return str(value["text"])
    if isinstance(value, dict) and "image" in str(value.get("type")):
        return "[image]"
    if isinstance(value, list) and any(isinstance(item, (dict, str)) for item in value):
        return "\n".join(text_of(item) for item in value if item is not None)
    return compact(value)


def optional_text(value: Any) -> str | None:
    """Return `text_of` a value, or None when that is empty."""
    return text_of(value) or None


def word_of(value: Any, default: str = "unknown") -> str:
    """Return a name in one line of at most 200 characters; `default` for no text.

    Examples
    --------
    >>> word_of("  gpt-4o "), word_of(["x"])
    ('gpt-4o', 'unknown')
    """
    if not isinstance(value, str):
        return default
    return " ".join(value.split())[:200] or default


def number_of(value: Any) -> float | None:
    """Return a finite number; None for anything else, also for True and False.

    Numbers written as text are read.

    Examples
    --------
    >>> number_of("0.5"), number_of(float("nan")), number_of(True)
    (0.5, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def integer_of(value: Any) -> int | None:
    """Return a whole number; None for anything else.

    Examples
    --------
    >>> integer_of(3.0), integer_of("3"), integer_of(3.5)
    (3, 3, None)
    """
    number = number_of(value)
    if number is None or number != int(number):
        return None
    return value if isinstance(value, int) else int(number)


def count_of(value: Any) -> int | None:
    """Return a whole number from 0 to 2**53, such as tokens; None for anything else."""
    number = integer_of(value)
    return number if number is not None and 0 <= number <= MAX_COUNT else None


def seconds_of(value: Any) -> float | None:
    """Return a length of time in seconds, 0 or more; None for anything else."""
    number = number_of(value)
    return None if number is None or number < 0 else number


def flag_of(value: Any) -> bool | None:
    """Return True or False; None for anything else.

    Examples
    --------
    >>> flag_of(True), flag_of("false"), flag_of(0), flag_of("maybe")
    (True, False, False, None)
    """
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False, "1": True, "0": False}
    return known.get(str(value).strip().lower()) if is_plain(value) else None


def is_plain(value: Any) -> bool:
    """Whether a value is text or a number: neither None, list nor object."""
    return isinstance(value, (str, int, float))


def dict_of(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none for anything else."""
    return [item for item in list_of(value) if isinstance(item, dict)]


def first_of(source: dict[str, Any], *names: str) -> Any:
    """Return the first value that is there and not None."""
    return next((source[name] for name in names if source.get(name) is not None), None)


def time_of(value: Any) -> str | None:
    """Return a moment as ISO 8601 in UTC; None when it is none.

    Parameters
    ----------
    value
        ISO 8601 text, which is UTC when it names no zone, or seconds,
        milliseconds, microseconds or nanoseconds since 1970.

    Examples
    --------
    >>> time_of("2026-11-23T02:32:03.316Z")
    '2026-11-23T02:32:03.316+00:00'
    >>> time_of(0), time_of("soon")
    ('1970-01-01T00:00:00.000+00:00', None)
    """
    moment = _moment(value)
    return None if moment is None else moment.isoformat(timespec="milliseconds")


def seconds_between(earlier: Any, later: Any) -> float | None:
    """Return the seconds from one moment to another; None when one is no moment.

    Takes what `time_of` takes; negative when `later` is the earlier one.
    """
    begin, end = _moment(earlier), _moment(later)
    if begin is None or end is None:
        return None
    return round((end - begin).total_seconds(), 3)


def compact(value: Any, limit: int | None = None) -> str:
    """Return a value as JSON on one line, cut after `limit` characters."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (RecursionError, ValueError, TypeError):
        text = f"[{type(value).__name__} that is nested too deeply]"
    return cut(text, limit)


def cut(text: str, limit: int | None = None) -> str:
    """Return at most `limit` characters of a text, and a mark when it was longer."""
    if limit is None or len(text) <= limit:
        return text
    return text[: max(0, limit - len(_MARK))] + _MARK


def note_of(value: Any, **more: Any) -> dict[str, Any]:
    """Return a ``note`` event that keeps a foreign record that has no place here."""
    text = value if isinstance(value, str) else compact(value)
    return event_of("note", text=cut(text, NOTE_CHARS), **more)


def event_of(kind: str, **fields: Any) -> dict[str, Any]:
    """Return an event; fields that are None are left out, ``node`` excepted.

    Examples
    --------
    >>> event_of("model", node=None, reply="x", reasoning=None)
    {'kind': 'model', 'node': None, 'reply': 'x'}
    """
    kept = {
        name: value
        for name, value in fields.items()
        if value is not None or name == "node"
    }
    return {"kind": kind, **kept}


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, str) and number_of(value) is None:
            # Python reads six decimals at most.
            text = _NANOSECONDS.sub(r"\1", value.strip().replace(" UTC", "+00:00"))
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                return moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC)
        seconds = number_of(value)
        if seconds is None:
            return None
        while abs(seconds) > _MAX_PLAUSIBLE_S:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
