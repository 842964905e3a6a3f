"""Import AIDE's ``journal.json``, of the original and of the fork for MLE-bench.

The format as the tool writes it: Jiang et al., 2025, "AIDE: AI-Driven Exploration in
the Space of Code", arXiv 2502.13138, with its reference implementation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing.documents import (
    find_files,
    head_of,
    peek,
    read_document,
)
from mle_toolkit.traces.importing.fields import (
    dict_of,
    dicts_of,
    event_of,
    flag_of,
    number_of,
    optional_text,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.surroundings import (
    competition_of,
    competition_of_path,
    read_settings,
)
from mle_toolkit.traces.importing.tree import (
    after,
    asked,
    build_tree,
    events_in_order,
    executed,
    is_buggy,
    leftovers,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mle_toolkit.records import Problem

NAME = "journal.json"
_LOOKS = 20
# Marks of its descendants, whose journals look alike.
_NOT_OURS = frozenset({"operators_used", "operators_metrics", "metric_maximize"})
_KNOWN = frozenset(
    {
        "code", "plan", "step", "id", "ctime", "parent", "parents", "children",
        "_term_out", "term_out", "exec_time", "exc_type", "exc_info", "analysis",
        "metric", "is_buggy", "finish_time",
    }
)  # fmt: skip


def matches(path: Path) -> bool:
    """Whether `path` is a journal of AIDE, or a folder with one in it."""
    if path.is_dir():
        return any(map(matches, find_files(path, NAME.__eq__, most=_LOOKS)))
    head = head_of(path)
    if not head.lstrip().startswith("{") or '"nodes"' not in head:
        return False
    document = dict_of(peek(path))
    nodes = document.get("nodes")
    if not isinstance(nodes, list):
        return False
    if not nodes:
        return "node2parent" in document or "__version" in document
    first = dict_of(nodes[0])
    return "code" in first and not _NOT_OURS & first.keys()


def read(path: Path) -> list[ForeignTrace]:
    """Return the trace of a journal, or those of all journals in a folder.

    Raises
    ------
    StoreError
        When `path` is a journal that cannot be read, or a folder without any.
    """
    if not path.is_dir():
        problems: list[Problem] = []
        return [_trace(path, problems, _load(path, problems))]
    files = [file for file in find_files(path, NAME.__eq__) if matches(file)]
    if not files:
        msg = f"{path} holds no {NAME} of AIDE. Name the folder that AIDE logs into"
        raise StoreError(msg)
    # Many journals do not fit into memory at once: each is read when it is stored.
    return [_trace(file, []) for file in files]


def _load(path: Path, problems: list[Problem]) -> dict[str, Any]:
    document = read_document(path, problems)
    if not isinstance(document, dict) or not isinstance(document.get("nodes"), list):
        msg = f"{path} is no journal of AIDE: it has no list of nodes"
        raise StoreError(msg)
    return document


def _trace(
    path: Path, problems: list[Problem], document: dict[str, Any] | None = None
) -> ForeignTrace:
    settings = read_settings(path.with_name("config.yaml"))
    data = competition_of_path(settings.get("data_dir", ""))
    return ForeignTrace(
        format="aide",
        source=path,
        events=_events(path, problems, settings, document),
        problems=problems,
        competition=competition_of(path) or data or "unknown",
        scaffold="aide",
        model=word_of(settings.get("agent.code.model")),
    )


def _events(
    path: Path,
    problems: list[Problem],
    settings: dict[str, str],
    document: dict[str, Any] | None,
) -> Iterator[dict[str, Any]]:
    journal = document if document is not None else _load(path, problems)
    cut_off = any(problem.kind == "cut off" for problem in problems)
    tree = build_tree(
        journal["nodes"], dict_of(journal.get("node2parent")), str(path), problems
    )
    times = [time_of(node.get("ctime")) for node in dicts_of(journal["nodes"])]
    first = min((time for time in times if time is not None), default=None)
    yield event_of("start", time=first, settings=settings or None)
    for number, (record, stage) in enumerate(
        zip(tree.records, tree.stages, strict=True)
    ):
        yield from _of_node(number, record, stage, tree.parents[number])
    if cut_off:
        yield event_of("end", status="stopped", reason="the journal was cut off")


def _of_node(
    number: int, record: dict[str, Any], stage: str, parent: int | None
) -> Iterator[dict[str, Any]]:
    begin = time_of(record.get("ctime"))
    ran = after(begin, record.get("exec_time"))
    value, lower_is_better = _metric(record.get("metric"))
    analysis = text_of(record.get("analysis"))
    review = event_of(
        "model",
        node=number,
        purpose="review",
        messages=[],
        reply=analysis,
        rebuilt=True,
        time=ran,
    )
    yield from events_in_order(
        asked(number, stage, record, time=begin),
        executed(number, record, time=ran),
        review if analysis else None,
    )
    yield {
        **event_of("node", node=number, time=time_of(record.get("finish_time")) or ran),
        "parent": parent,
        "stage": stage,
        "plan": text_of(record.get("plan")),
        "is_buggy": is_buggy(record),
        "reason": reason_of(record, value),
        "metric": value,
        "lower_is_better": lower_is_better,
        "summary": analysis,
        "has_submission": _has_submission(record),
        "id": optional_text(record.get("id")),
        "extra": leftovers(record, _KNOWN),
    }


def _metric(said: Any) -> tuple[float | None, bool | None]:
    """Return the metric and whether lower is better, each None when it is unknown."""
    if not isinstance(said, dict):
        return number_of(said), None
    maximize = flag_of(said.get("maximize"))
    return number_of(said.get("value")), None if maximize is None else not maximize


def _has_submission(record: dict[str, Any]) -> bool | None:
    names = ("has_csv_submission", "has_submission")
    said = [flag_of(record.get(name)) for name in names]
    return next((flag for flag in said if flag is not None), None)
