"""The lines that Claude Code writes: what is in one, and where its agents' are."""

from __future__ import annotations

import heapq
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import Problem
from mle_toolkit.traces.importing.documents import (
    find_files,
    inside,
    read_document,
    read_lines,
)
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    first_of,
    optional_text,
    seconds_of,
    text_of,
    time_of,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AGENT = re.compile(r"agent-[0-9A-Za-z_-]+\.jsonl")
_AGENTS = "subagents"
_MAX_AGENTS = 200
_MAX_AMOUNT = 1e15
_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_USED = ("inputTokens", "cacheCreationInputTokens", "cacheReadInputTokens")
# What repeats other lines, or says only that the agent is at work.
_REPEATS = {
    "api-request",
    "api-request-blob",
    "atis-latch",
    "last-prompt",
    "tools-used",
}
_PROGRESS = {"thinking_tokens"}


def is_ours(item: Any) -> bool:
    """Whether a record is a line of a stream or a session log of Claude Code."""
    if not isinstance(item, dict):
        return False
    kind = text_of(item.get("type"))
    if kind in {"assistant", "user"}:
        session = "session_id" in item or "sessionId" in item
        return session and "uuid" in item and isinstance(item.get("message"), dict)
    if "session_id" not in item:
        return False
    if kind == "system":
        # Cursor writes an init line too, without the list of tools.
        return "uuid" in item or isinstance(item.get("tools"), list)
    if kind == "result":
        return "total_cost_usd" in item or "num_turns" in item
    return kind == "stream_event" and isinstance(item.get("event"), dict)


def is_agents(path: Path) -> bool:
    """Whether a file holds the lines of an agent of an agent, kept with its session."""
    log = path.parent.parent
    return (
        path.parent.name == _AGENTS
        and _AGENT.fullmatch(path.name) is not None
        and inside(log.parent, f"{log.name}.jsonl") is not None
    )


def session_lines(
    path: Path, problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the lines of a file and of its session's agents, in the order of time."""
    folder = path.with_suffix("") / _AGENTS
    own = folder.resolve() == path.parent.resolve() / path.stem / _AGENTS
    files = find_files(folder, _is_agent) if own else []
    if len(files) > _MAX_AGENTS:
        reason = f"of {len(files)} agents, the first {_MAX_AGENTS} were read"
        problems.append(
            Problem(str(path), reason, "left out", len(files) - _MAX_AGENTS)
        )
    streams = [_timed(read_lines(path, problems))]
    streams += [_of_agent(file, problems) for file in islice(files, _MAX_AGENTS)]
    for _, place, item in heapq.merge(*streams, key=lambda each: each[0]):
        yield place, item


def _is_agent(name: str) -> bool:
    return _AGENT.fullmatch(name) is not None


def _of_agent(
    file: Path, problems: list[Problem]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the lines of an agent, each with the call that started it."""
    call = None
    about = inside(file.parent, f"{file.stem}.meta.json")
    if about is not None:
        try:
            call = optional_text(dict_of(read_document(about, [])).get("toolUseId"))
        except StoreError:
            call = None
    for time, place, item in _timed(read_lines(file, problems)):
        yield time, place, item | {"isSidechain": True, "parent_tool_use_id": call}


def _timed(
    lines: Iterator[tuple[str, dict[str, Any]]],
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield lines with a time, that of the line before when they have none."""
    latest = ""
    for place, item in lines:
        latest = max(latest, time_of(item.get("timestamp")) or "")
        yield latest, place, item


def session(item: dict[str, Any]) -> str:
    """Return the id of the session that a line belongs to; ``""`` without one."""
    return word_of(first_of(item, "session_id", "sessionId"), "")


def tokens(usage: dict[str, Any]) -> tuple[int, int]:
    """Return tokens in, with those of the cache, and out."""
    tokens_in = sum(count_of(usage.get(name)) or 0 for name in _INPUT)
    return tokens_in, count_of(usage.get("output_tokens")) or 0


def sums_of(models: dict[str, Any]) -> dict[str, Any]:
    """Return tokens in and out and dollars of all models together."""
    each = [dict_of(used) for used in models.values()]
    counts = [count_of(used.get(name)) or 0 for used in each for name in _USED]
    sums: dict[str, Any] = {
        "tokens_in": sum(counts),
        "tokens_out": sum(count_of(used.get("outputTokens")) or 0 for used in each),
    }
    costs = [amount_of(used.get("costUSD")) for used in each]
    known = [cost for cost in costs if cost is not None]
    if len(known) == len(each):
        sums["cost_usd"] = sum(known)
    return sums


def stated_in(item: dict[str, Any]) -> dict[str, Any]:
    """Return what a result or a cost state says that its session took so far."""
    models, usage = dict_of(item.get("modelUsage")), item.get("usage")
    stated: dict[str, Any] = {}
    if models:
        stated = sums_of(models)
    elif isinstance(usage, dict):
        stated["tokens_in"], stated["tokens_out"] = tokens(usage)
    cost = amount_of(first_of(item, "total_cost_usd", "totalCostUSD"))
    if cost is not None:
        stated["cost_usd"] = cost
    return stated


def added(before: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return the sums of two statements."""
    names = sorted(before.keys() | more.keys())
    return {name: before.get(name, 0) + more.get(name, 0) for name in names}


def limit_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return the end that a session log tells of by an attachment; else nothing."""
    said = dict_of(item.get("attachment"))
    if said.get("type") != "max_turns_reached":
        return {}
    turns = count_of(said.get("maxTurns"))
    return {"subtype": "error_max_turns", "result": f"{turns} turns" if turns else None}


def is_noise(item: dict[str, Any]) -> bool:
    """Whether a line repeats others, or says only that the agent is at work."""
    if text_of(item.get("type")) in _REPEATS:
        return True
    subtype = text_of(item.get("subtype"))
    asking = subtype == "status" and item.get("status") == "requesting"
    return item.get("type") == "system" and (subtype in _PROGRESS or asking)


def blocks(content: Any) -> list[dict[str, Any]]:
    """Return the blocks of a message, whatever its content is."""
    if isinstance(content, list):
        return [
            part if isinstance(part, dict) else {"type": "text", "text": text_of(part)}
            for part in content
        ]
    if isinstance(content, dict):
        return [content]
    return [] if content is None else [{"type": "text", "text": text_of(content)}]


def text_of_block(block: dict[str, Any]) -> str:
    """Return a block as text; what is no text by its kind and size."""
    source = dict_of(block.get("source"))
    if isinstance(source.get("data"), str):
        media = word_of(source.get("media_type"), "data")
        return f"[{media}, {len(source['data'])} characters]"
    return text_of(block)


def amount_of(value: Any) -> float | None:
    """Return an amount that may be added up, 0 or more; None for anything else."""
    number = seconds_of(value)
    return None if number is None or number > _MAX_AMOUNT else number
