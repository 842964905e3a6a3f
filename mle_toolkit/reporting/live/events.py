"""Show one event: as a row of the transcript, and with everything that it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting.live.text import clean, head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADLINE = 240
PIECE = 20_000
LARGEST = 1e290
# A trace with more kinds than this is no trace of ours, and one byte tells them apart.
MOST_KINDS, OTHER_KIND = 255, "other"
_COMMON = frozenset({"seq", "time", "elapsed_s", "kind", "node"})
_CODE_TOOLS = ("python", "ipython", "jupyter", "code")


def number(value: Any) -> float | None:
    """Return a finite number, or None for anything else.

    Numbers above `LARGEST` are None as well, so that sums of them stay finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -LARGEST <= value <= LARGEST else None


def whole(value: Any) -> int | None:
    """Return an integer that is not negative, or None for anything else."""
    ok = isinstance(value, int) and not isinstance(value, bool)
    return value if ok and 0 <= value < 2**53 else None


def short(value: Any, size: int = HEADLINE) -> str:
    """Return the beginning of a text, also of one that lies in a blob."""
    if isinstance(value, dict) and "blob" in value:
        value = value.get("head")
    if value is None:
        return ""
    return head(value if isinstance(value, str) else _json(value, size), size)


def size_of(value: Any) -> int:
    """Return how many characters, or bytes of a blob, the texts in `value` have."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        if "blob" in value:
            return whole(value.get("size")) or 0
        return sum(size_of(item) for item in value.values())
    if isinstance(value, list):
        return sum(size_of(item) for item in value)
    return 0


def row(seq: int, event: dict[str, Any]) -> dict[str, Any]:
    """Return one line of the transcript: ``q, t, k, n, h, z``, and ``e``, ``d``."""
    kind = kind_of(event)
    made: dict[str, Any] = {
        "q": seq,
        "t": number(event.get("elapsed_s")),
        "k": kind,
        "n": whole(event.get("node")),
        "h": _HEADLINES.get(kind, _other)(event),
        "z": size_of(event),
    }
    if is_error(event):
        made["e"] = 1
    duration = number(event.get("duration_s"))
    if duration is not None:
        made["d"] = duration
    return made


def broken_row(seq: int, why: str) -> dict[str, Any]:
    """Return the row of a line that is no event."""
    return {"q": seq, "t": None, "k": "broken", "n": None, "h": why, "z": 0, "e": 1}


def kind_of(event: dict[str, Any]) -> str:
    """Return the kind as a short word."""
    return head(str(event.get("kind", "note")), 24) or "note"


def is_error(event: dict[str, Any]) -> bool:
    """Whether the event tells of something that went wrong."""
    kind, status = kind_of(event), short(event.get("status"))
    if kind in {"exec", "tool"}:
        return status not in {"", "ok"}
    if kind == "node":
        return bool(event.get("is_buggy"))
    if kind == "validation":
        return event.get("valid") is False
    if kind == "end":
        return status not in {"", "finished"}
    return kind in {"error", "limit"}


def _start(event: dict[str, Any]) -> str:
    parts = [short(event.get(name), 80) for name in ("competition", "agent")]
    if event.get("seed") is not None:
        parts.append(f"seed {short(event['seed'], 20)}")
    return " · ".join(part for part in parts if part) or "the attempt begins"


def _model(event: dict[str, Any]) -> str:
    purpose = short(event.get("purpose"), 40)
    said = short(event.get("reply")) or short(event.get("reasoning"))
    calls = event.get("tool_calls")
    if not said and isinstance(calls, list):
        said = ", ".join(_call(item) for item in calls[:4])
    return head(f"{purpose}: {said}" if purpose else said, HEADLINE) or "no words"


def _call(item: Any) -> str:
    if not isinstance(item, dict):
        return short(item, 40)
    return f"{short(item.get('name'), 40)}({short(item.get('arguments'), 120)})"


def _tool(event: dict[str, Any]) -> str:
    return head(
        f"{short(event.get('name'), 40) or 'tool'} {short(_main_argument(event))}",
        HEADLINE,
    )


def _main_argument(event: dict[str, Any]) -> Any:
    arguments = event.get("arguments")
    if isinstance(arguments, dict) and "blob" not in arguments:
        for name in ("command", "cmd", "code", "path", "file_path", "query"):
            if arguments.get(name):
                return arguments[name]
    return arguments


def _exec(event: dict[str, Any]) -> str:
    status = short(event.get("status"), 20) or "ran"
    last = _last_line(event.get("output"))
    if status == "ok":
        return head(last or "no output", HEADLINE)
    name = short(event.get("exception"), 60)
    if name and not last.startswith(name):
        last = f"{name}: {last}" if last else name
    return head(f"{status}: {last}" if last else status, HEADLINE)


def _last_line(value: Any) -> str:
    if isinstance(value, dict):
        # Only the beginning of a blob is at hand: its last line is not.
        return short(value)
    lines = [
        line for line in clean(str(value or ""))[-4000:].split("\n") if line.strip()
    ]
    return lines[-1].strip() if lines else ""


def _node(event: dict[str, Any]) -> str:
    name = f"{short(event.get('stage'), 24) or 'node'} {short(event.get('node'), 12)}"
    if event.get("is_buggy"):
        return head(f"{name}: buggy: {short(event.get('reason'))}", HEADLINE)
    score = number(event.get("metric"))
    said = short(event.get("summary"))
    value = "no score" if score is None else f"{score:.6g}"
    return head(f"{name}: {value}" + (f" · {said}" if said else ""), HEADLINE)


def _submission(event: dict[str, Any]) -> str:
    which = short(event.get("number"), 12)
    name = f"submission {which}" if which else "a submission"
    return f"{name} is the one to hand in" if event.get("best") else f"{name} kept"


def _validation(event: dict[str, Any]) -> str:
    if event.get("valid"):
        return "the submission has the right format"
    return head(f"not valid: {short(event.get('reason'))}", HEADLINE)


def _end(event: dict[str, Any]) -> str:
    said = [short(event.get("status"), 40), short(event.get("reason"))]
    return head(": ".join(part for part in said if part) or "the end", HEADLINE)


def _other(event: dict[str, Any]) -> str:
    for name in ("text", "message", "reason", "limit"):
        if event.get(name):
            return short(event[name])
    rest = {key: value for key, value in event.items() if key not in _COMMON}
    return short(rest) if rest else kind_of(event)


_HEADLINES: dict[str, Callable[[dict[str, Any]], str]] = {
    "start": _start,
    "model": _model,
    "tool": _tool,
    "exec": _exec,
    "node": _node,
    "submission": _submission,
    "validation": _validation,
    "end": _end,
}


def details(seq: int, event: dict[str, Any]) -> dict[str, Any]:
    """Return an event with all its parts, long texts cut to their first piece."""
    return {
        "q": seq,
        "t": number(event.get("elapsed_s")),
        "time": short(event.get("time"), 40) or None,
        "k": kind_of(event),
        "n": whole(event.get("node")),
        "parts": list(parts(event)),
    }


def parts(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the texts of an event in the order in which a reader wants them."""
    told: set[str] = set(_COMMON)
    if event.get("kind") == "model":
        yield from _said(event)
        told |= {"messages", "reasoning", "reply", "tool_calls"}
    for name, (role, title, lang) in _FIELDS.items():
        value = event.get(name)
        if name in told or value in (None, "", [], {}):
            continue
        told.add(name)
        yield _part(role, title, value, name, lang=_lang(event, name, lang), of=event)
    rest = {key: value for key, value in event.items() if key not in told}
    if rest:
        yield _part("data", "Data", _json(rest, PIECE), "", lang="json", of=event)


# Field: role, title, language.
_FIELDS = {
    "plan": ("plan", "Plan", "markdown"),
    "code": ("code", "Code", "python"),
    "arguments": ("arguments", "Arguments", "json"),
    "output": ("output", "Output", "text"),
    "reason": ("reason", "Reason", "text"),
    "summary": ("text", "Summary", "text"),
    "text": ("text", "Note", "text"),
    "message": ("text", "Message", "text"),
}


def _said(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    messages = event.get("messages")
    for at, message in enumerate(messages if isinstance(messages, list) else ()):
        said = message if isinstance(message, dict) else {"content": message}
        title = short(said.get("role"), 24) or "message"
        field = (
            f"messages.{at}.content" if isinstance(message, dict) else f"messages.{at}"
        )
        yield _part(
            "prompt",
            title,
            said.get("content"),
            field,
            lang="markdown",
            of=event,
            folded=True,
        )
    for name, title in (("reasoning", "Reasoning"), ("reply", "Reply")):
        if event.get(name):
            yield _part(name, title, event[name], name, lang="markdown", of=event)
    calls = event.get("tool_calls")
    for at, item in enumerate(calls if isinstance(calls, list) else ()):
        call = item if isinstance(item, dict) else {"arguments": item}
        title = f"Call of {short(call.get('name'), 60) or 'a tool'}"
        field = (
            f"tool_calls.{at}.arguments"
            if isinstance(item, dict)
            else f"tool_calls.{at}"
        )
        yield _part(
            "arguments", title, call.get("arguments"), field, lang="json", of=event
        )


def _lang(event: dict[str, Any], name: str, lang: str) -> str:
    """Arguments of a tool that runs Python read best as Python."""
    if name != "arguments" or not isinstance(event.get(name), str):
        return lang
    tool = str(event.get("name", "")).lower()
    return "python" if any(word in tool for word in _CODE_TOOLS) else "text"


def _part(
    role: str,
    title: str,
    value: Any,
    field: str,
    *,
    lang: str,
    of: dict[str, Any],
    folded: bool = False,
) -> dict[str, Any]:
    stored = isinstance(value, dict) and "blob" in value
    text = value.get("head") if stored else value
    if not isinstance(text, str):
        text = "" if text is None else _json(text, 50 * PIECE, indent=1)
    size = size_of(value) if stored else len(text)
    return {
        "role": role,
        "title": title,
        "lang": lang,
        "text": clean(text[:PIECE]),
        # Where the rest begins: cleaning may have made the text shorter.
        "end": min(len(text), PIECE),
        "size": size,
        "field": field,
        "folded": folded,
        "error": role == "output" and is_error(of),
    }


def _json(value: Any, size: int, *, indent: int | None = None) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    except (RecursionError, ValueError):
        text = "nested too deeply to show"
    return text[:size]
