"""Import aira-dojo's ``JOURNAL.jsonl``, or the ``journal.json`` that it makes of it.

Toledo et al., 2025, "AI Research Agents for Machine Learning: Search, Exploration, and
Generalization in MLE-bench", arXiv 2507.02554.  Its nodes are AIDE's, with operators
and their usage.  ``metric`` is the validation score that guided the search;
``metric_info`` is how the node's submission did on the test set, which the search
never saw: it becomes a grade and never a metric.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import MEDALS
from mle_toolkit.traces.importing.documents import (
    find_files,
    head_of,
    peek,
    read_document,
    read_lines,
)
from mle_toolkit.traces.importing.fields import (
    count_of,
    dict_of,
    dicts_of,
    event_of,
    first_of,
    flag_of,
    list_of,
    number_of,
    optional_text,
    seconds_of,
    text_of,
    time_of,
    word_of,
)
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.surroundings import competition_of
from mle_toolkit.traces.importing.tree import (
    Tree,
    asked,
    before,
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

_LINES, _WHOLE = "journal.jsonl", "journal.json"
_LOOKS = 20
_MARKS = frozenset({"operators_used", "operators_metrics", "metric_maximize"})
_REVIEWS = ("analy", "review")
_KNOWN = frozenset(
    {
        "code", "plan", "step", "id", "parent", "parents", "children", "_term_out",
        "term_out", "exec_time", "exc_type", "exc_info", "exit_code", "analysis",
        "metric", "metric_maximize", "metric_info", "is_buggy", "ctime", "timestamp",
        "operators_used", "operators_metrics", "current_best_node",
    }
)  # fmt: skip


def matches(path: Path) -> bool:
    """Whether `path` is a journal of aira-dojo, or a folder with one in it."""
    if path.is_dir():
        return any(map(matches, find_files(path, _is_journal, most=_LOOKS)))
    if not head_of(path).lstrip().startswith("{"):
        return False
    found = dict_of(peek(path))
    nodes = list_of(found.get("nodes"))
    first = dict_of(nodes[0]) if nodes else found
    return "code" in first and bool(_MARKS & first.keys())


def read(path: Path) -> list[ForeignTrace]:
    """Return the trace of a journal, or those of all journals in a folder.

    Where a run has its lines and its document, the lines are read.

    Raises
    ------
    StoreError
        When `path` is a journal that cannot be read, or a folder without any.
    """
    if not path.is_dir():
        problems: list[Problem] = []
        return [_trace(path, problems, _records(path, problems))]
    files = [file for file in find_files(path, _is_journal) if matches(file)]
    streamed = [file for file in files if file.name.lower() == _LINES]
    if not files:
        msg = f"{path} holds no {_LINES} of aira-dojo. Name the folder of a run"
        raise StoreError(msg)
    return [_trace_of_many(file) for file in streamed or files]


def _is_journal(name: str) -> bool:
    return name.lower() in {_LINES, _WHOLE}


def _records(path: Path, problems: list[Problem]) -> list[Any]:
    first = dict_of(peek(path))
    if "nodes" not in first and "code" in first:
        return [item for _, item in read_lines(path, problems)]
    nodes = dict_of(read_document(path, problems)).get("nodes")
    if not isinstance(nodes, list):
        msg = f"{path} is no journal of aira-dojo: it has no nodes"
        raise StoreError(msg)
    return nodes


def _trace_of_many(path: Path) -> ForeignTrace:
    # The grade has to be known now; the nodes are read again when they are stored,
    # because those of many journals do not fit into memory at once.
    try:
        known = _records(path, [])
    except StoreError:
        known = []
    return _trace(path, [], known, again=True)


def _trace(
    path: Path, problems: list[Problem], records: list[Any], *, again: bool = False
) -> ForeignTrace:
    nodes = dicts_of(records)
    names = [dict_of(node.get("metric_info")).get("competition_id") for node in nodes]
    said = next((name for name in names if isinstance(name, str) and name), None)
    best = (_best_so_far(nodes) or [None])[-1]
    return ForeignTrace(
        format="aira-dojo",
        source=path,
        events=_events(path, problems, None if again else records),
        problems=problems,
        competition=said or competition_of(path) or "unknown",
        scaffold="aira-dojo",
        grade=None if best is None else _grade(nodes[best]),
    )


def _events(
    path: Path, problems: list[Problem], records: list[Any] | None
) -> Iterator[dict[str, Any]]:
    items = _records(path, problems) if records is None else records
    cut_off = any(problem.kind == "cut off" for problem in problems)
    tree = build_tree(items, {}, str(path), problems)
    yield event_of("start", time=_first_time(tree.records))
    best = _best_so_far(tree.records)
    for number, stage in enumerate(tree.stages):
        yield from _of_node(tree, number, stage)
        yield from _submission(number, tree.records[number], best=best[number])
    if cut_off:
        yield event_of("end", status="stopped", reason="the journal was cut off")


def _first_time(records: list[dict[str, Any]]) -> str | None:
    begun = [
        before(_time(record), record.get("exec_time"), *_latencies(record))
        for record in records
    ]
    return min((time for time in begun if time is not None), default=None)


def _latencies(record: dict[str, Any]) -> list[Any]:
    usages = [_usage(item) for item in list_of(record.get("operators_metrics"))]
    return [usage.get("latency") for usage in usages]


def _time(record: dict[str, Any]) -> str | None:
    return time_of(first_of(record, "timestamp", "ctime"))


def _of_node(tree: Tree, number: int, stage: str) -> Iterator[dict[str, Any]]:
    record = tree.records[number]
    done = _time(record)
    value = number_of(record.get("metric"))
    maximize = flag_of(record.get("metric_maximize"))
    calls = list(_calls(number, stage, record))
    info = dict_of(record.get("metric_info"))
    valid = flag_of(info.get("valid_submission"))
    yield from events_in_order(
        *(call for call in calls if call["purpose"] != "review"),
        executed(number, record),
        event_of("validation", node=number, valid=valid) if valid is not None else None,
        *(call for call in calls if call["purpose"] == "review"),
    )
    yield {
        **event_of("node", node=number, time=done),
        "parent": tree.parents[number],
        "stage": stage,
        "plan": text_of(record.get("plan")),
        "is_buggy": is_buggy(record),
        "reason": reason_of(record, value),
        "metric": value,
        "lower_is_better": None if maximize is None else not maximize,
        "summary": text_of(record.get("analysis")),
        "has_submission": valid,
        "id": optional_text(record.get("id")),
        "parents": list_of(record.get("parents")) or None,
        "extra": leftovers(record, _KNOWN),
    }


def _submission(
    number: int, record: dict[str, Any], *, best: int | None
) -> Iterator[dict[str, Any]]:
    grade = _grade(record)
    if grade is not None:
        yield event_of(
            "submission",
            node=number,
            number=number + 1,
            best=best == number,
            grade=grade,
            time=_time(record),
        )


def _calls(number: int, stage: str, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a ``model`` event for each operator; the first one wrote the program."""
    operators = [text_of(name) for name in list_of(record.get("operators_used"))]
    usages = [_usage(item) for item in list_of(record.get("operators_metrics"))]
    analysis = text_of(record.get("analysis"))
    reviewed = False
    for place in range(max(1, len(operators), len(usages))):
        operator = operators[place] if place < len(operators) else None
        usage = _tokens(usages[place]) if place < len(usages) else {}
        is_review = (operator or "").lower().startswith(_REVIEWS) and place > 0
        if place == 0:
            yield asked(number, stage, record, operator=operator, **usage)
            continue
        yield event_of(
            "model",
            node=number,
            purpose="review" if is_review else "act",
            operator=operator,
            messages=[],
            reply=analysis if is_review and not reviewed else "",
            rebuilt=True,
            **usage,
        )
        reviewed = reviewed or is_review
    if analysis and not reviewed:
        yield event_of(
            "model",
            node=number,
            purpose="review",
            messages=[],
            reply=analysis,
            rebuilt=True,
        )


def _usage(item: Any) -> dict[str, Any]:
    said = dict_of(item)
    return dict_of(said["usage"]) if isinstance(said.get("usage"), dict) else said


def _tokens(usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "tokens_in": count_of(usage.get("prompt_tokens")),
        "tokens_out": count_of(usage.get("completion_tokens")),
        "cost_usd": seconds_of(usage.get("cost")),
        "duration_s": seconds_of(usage.get("latency")),
    }


def _best_so_far(records: list[dict[str, Any]]) -> list[int | None]:
    """Return which node is the best one after each record, by what the records say.

    A record names it by its step or id, or says of itself whether it is the one.
    """
    names: dict[tuple[str, int | str], int] = {}
    for number, record in enumerate(records):
        for key in ("step", "id"):
            if isinstance(record.get(key), (int, str)):
                names.setdefault(_key(record[key]), number)
    series: list[int | None] = []
    best = None
    for number, record in enumerate(records):
        said = record.get("current_best_node")
        said = said.get("id") if isinstance(said, dict) else said
        if said is True:
            best = number
        elif isinstance(said, (int, str)):
            best = names.get(_key(said), best)
        series.append(best)
    return series


def _key(value: int | str) -> tuple[str, int | str]:
    # In Python, True is 1 and would name a step.
    return type(value).__name__, value


def _grade(record: dict[str, Any]) -> dict[str, Any] | None:
    """Return the test score of a node in our words; None when it has none."""
    info = dict_of(record.get("metric_info"))
    if not info:
        return None
    lines = (*MEDALS, "median")
    won = [name for name in MEDALS if flag_of(info.get(f"{name}_medal"))]
    return {
        "score": number_of(info.get("score")),
        "lower_is_better": flag_of(info.get("is_lower_better")),
        "medal": won[0] if won else None,
        "any_medal": flag_of(info.get("any_medal")),
        "above_median": flag_of(info.get("above_median")),
        "valid": flag_of(info.get("valid_submission")),
        "thresholds": {
            name: number_of(info.get(f"{name}_threshold")) for name in lines
        },
        "reason": word_of(info.get("reason"), "") or None,
    }
