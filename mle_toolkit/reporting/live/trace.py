"""One attempt, as a view asks for it: what it adds up to, and any part of its trace."""

from __future__ import annotations

import bisect
import time
from collections import OrderedDict, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.reporting.live import events
from mle_toolkit.reporting.live.attempt import seed_of
from mle_toolkit.reporting.live.facts import (
    Facts,
    beside,
    medal_of,
    metric_title,
    read_facts,
    stop_asked,
)
from mle_toolkit.reporting.live.facts import stamp as facts_stamp
from mle_toolkit.reporting.live.logfile import MOST_TEXT, LogFile, parse
from mle_toolkit.reporting.live.model import Node, TraceModel
from mle_toolkit.reporting.live.queries import Marks, Matches, Query
from mle_toolkit.reporting.live.text import clean

if TYPE_CHECKING:
    from mle_toolkit.store import AttemptFolder, TryFolder

TAIL = 200
_HEAVY = 32 << 10
_MOST_PROBLEMS = 20
MOST_ROWS = 1000
_LOOK_S = 0.4
_SEARCH_S = 0.1
_QUERIES = 8


class TraceView:
    """An attempt's trace, read again and again while it grows.

    Nothing of the log is held but 13 bytes an event; whatever is shown is read from
    the file when it is asked for.

    Parameters
    ----------
    attempt
        Folder of the attempt.
    ref
        The name by which views know it.
    """

    def __init__(self, attempt: AttemptFolder, *, ref: str = "") -> None:
        self.attempt = attempt
        self.ref = ref or attempt.path.name
        self.folder: TryFolder | None = None
        self._begin()

    def _begin(self) -> None:
        self.folder = self.attempt.telling_try()
        path = self.folder.path if self.folder else self.attempt.path / "try-1"
        self.file = LogFile(path)
        self.lines = self.file.lines
        self.model = TraceModel()
        self.marks = Marks()
        self.problems: list[str] = []
        self._notes_problem: list[str] = []
        self.n_problems = 0
        self.facts = Facts()
        self.caught_up = False
        self._stamp: tuple[object, ...] = ()
        self._look_at = 0.0
        # Events, and rows of those that would fill the memory.
        self._last: deque[tuple[int, dict[str, Any], bool]] = deque(maxlen=TAIL)
        # The last rows of a log that is still being read, which change seldom.
        self._early: tuple[int, list[dict[str, Any]]] = (-1, [])
        self._matches: OrderedDict[Query, Matches] = OrderedDict()
        self._look()

    @property
    def final(self) -> bool:
        """Whether nothing more will come but notes."""
        done = self.facts.state in {"graded", "broken"}
        return self.caught_up and (done or self.attempt.grade_error_path.exists())

    def advance(self, most_s: float = float("inf")) -> bool:
        """Read what is new, for about `most_s` seconds; return whether anything was."""
        changed = self._look() if time.monotonic() > self._look_at else False
        before = self.lines.read_count
        until = time.monotonic() + most_s
        for seq, line in self.lines.read_on(most_s):
            self._take(seq, line)
        self.caught_up = time.monotonic() <= until
        return changed or self.lines.read_count != before

    def look_again(self) -> None:
        """Let the next `advance` look at the files beside the log."""
        self._look_at = 0.0

    def read_all(self) -> TraceView:
        """Read the whole log; return the view itself."""
        self.advance()
        return self

    def summary(self) -> dict[str, Any]:
        """Return all but the rows: header, nodes, chart, budget, counts."""
        # First, because what is wrong with them is counted.
        notes = self.annotations()
        return {
            **self.state(),
            "nodes": [self._node(node) for node in self.model.nodes.values()],
            "annotations": notes,
            "problem_list": self._problem_list(),
        }

    def state(self) -> dict[str, Any]:
        """Return the small part of the summary, which every batch repeats."""
        of = self.lines.size
        reading = None if self.caught_up else {"done": self.lines.read_bytes, "of": of}
        return {
            "attempt": self.ref,
            "header": self.header(),
            "total": self.total(),
            "kinds": dict(self.model.kinds.most_common(64)),
            "problems": self.n_problems
            + len(self._file_problems())
            + (events.whole(self.facts.imported.get("n_problems")) or 0),
            "reading": reading,
            "chart": {
                "lines": self.facts.lines,
                "tests": [
                    {**test, "chosen": test["number"] == self._chosen()}
                    for test in self.facts.tests
                ],
            },
            "budget": self.model.budget.shown(
                limit_s=self._limit_s(), now_s=self._now_s()
            ),
        }

    def header(self) -> dict[str, Any]:
        """Return who does what, and how it ended."""
        facts, start = self.facts, self.model.start
        path, grade, result = self.attempt.path, facts.grade, facts.result
        lower = facts.lower_is_better
        return {
            "competition": path.parents[1].name,
            "title": events.short(facts.task.get("title"), 120) or path.parents[1].name,
            "agent": events.short(start.get("agent"), 80) or path.parent.name,
            "model": events.short(start.get("model"), 80) or None,
            "seed": seed_of(path.name),
            "metric": metric_title(facts.task.get("metric")),
            "lower": self.model.lower_is_better if lower is None else lower,
            "state": self._state(),
            "status": events.short(result.get("status"), 40) or None,
            "reason": events.short(result.get("error")) or None,
            "started": events.short(result.get("started") or start.get("time"), 40)
            or None,
            "limit_s": self._limit_s(),
            "steps": events.whole(facts.limits.get("steps")),
            "medal": medal_of(grade),
            "score": events.number(grade.get("score")),
            "percentile": events.number(grade.get("percentile")),
            "imported": events.short(facts.imported.get("format"), 40) or None,
        }

    def total(self) -> int:
        """Return how many events there are."""
        return self.lines.count() if not self.caught_up else self.lines.read_count

    def changed_nodes(self) -> list[dict[str, Any]]:
        """Return the nodes that changed since the last call."""
        numbers = sorted(self.model.changed)
        self.model.changed.clear()
        return [self._node(self.model.nodes[name]) for name in numbers]

    def tail(self) -> dict[str, Any]:
        """Return the last rows and where they begin."""
        total = self.total()
        if self.caught_up:
            rows = [
                each if is_row else events.row(seq, each)
                for seq, each, is_row in self._last
            ]
        elif total == self._early[0]:
            rows = self._early[1]
        else:
            rows = self.file.rows(range(max(1, total - TAIL + 1), total + 1))
            self._early = (total, rows)
        return {"from": max(0, total - len(rows)), "rows": rows}

    def rows(self, query: Query, begin: int, end: int) -> dict[str, Any]:
        """Return rows `begin` (from 0) to before `end` of what fits a query."""
        begin = max(0, begin)
        end = min(max(begin, end), begin + MOST_ROWS)
        if not query:
            total = self.total()
            rows = self.file.rows(range(begin + 1, min(end, total) + 1))
            return {"rows": rows, "from": begin, "total": total, "scanning": False}
        matches, complete = self._match(query)
        rows = self.file.rows(matches.found[begin:end].tolist())
        return {
            "rows": rows,
            "from": begin,
            "total": len(matches.found),
            "scanning": not (complete and self.caught_up),
        }

    def locate(self, query: Query, seq: int) -> int:
        """Return the position of the first row of a query at or after an event."""
        if not query:
            return min(max(seq - 1, 0), max(self.total() - 1, 0))
        return bisect.bisect_left(self._match(query)[0].found, seq)

    def event(self, seq: int) -> dict[str, Any]:
        """Return one event with everything in it.

        Raises
        ------
        UsageError
            When there is no such event.
        """
        return events.details(seq, self.file.event(seq))

    def text(self, seq: int, field: str, begin: int, end: int) -> dict[str, Any]:
        """Return a piece of a long text of an event.

        Raises
        ------
        UsageError
            When there is no such event or field.
        """
        return self.file.piece(seq, field, begin, end)

    def node(self, name: int) -> dict[str, Any]:
        """Return the texts of a node and its parent's program.

        Raises
        ------
        UsageError
            When there is no such node.
        """
        if name not in self.model.nodes:
            msg = f"there is no node {name} in {self.ref}"
            raise UsageError(msg)
        node = self.model.nodes[name]
        texts = self._texts(name)
        parent = None
        if node.parent is not None:
            code = self._texts(node.parent)["code"]
            parent = {"n": node.parent, "code": clean(code[:MOST_TEXT])}
        return {
            "n": name,
            **{key: clean(text[:MOST_TEXT]) for key, text in texts.items()},
            "code_size": len(texts["code"]),
            "output_size": len(texts["output"]),
            "why": node.reason,
            "parent": parent,
            "events": [node.first, node.last],
        }

    def annotations(self) -> list[dict[str, Any]]:
        """Return the notes that people left."""
        from mle_toolkit.traces.annotations import read_annotations

        try:
            notes = read_annotations(self.attempt.path)[0]
        except StoreError as error:
            self._notes_problem = [beside(error, self.attempt.path)]
            return []
        self._notes_problem = []
        return [shown_annotation(each) for each in notes]

    def _look(self) -> bool:
        """Read the files beside the log if they may have changed."""
        self._look_at = time.monotonic() + _LOOK_S
        newest = self.attempt.telling_try()
        if newest != self.folder or self.lines.replaced():
            self._begin()
            return True
        stamp = facts_stamp(self.attempt, self.folder)
        state = self.attempt.state()
        if (*stamp, state) == self._stamp:
            return False
        self._stamp = (*stamp, state)
        self.facts = read_facts(self.attempt, self.folder)
        self.model.changed.update(
            test["node"]
            for test in self.facts.tests
            if test["node"] in self.model.nodes
        )
        if self.facts.lower_is_better is not None:
            self.model.lower_is_better = self.facts.lower_is_better
        return True

    def _take(self, seq: int, line: bytes) -> None:
        event = parse(line)
        if isinstance(event, str):
            self.n_problems += 1
            if len(self.problems) < _MOST_PROBLEMS:
                self.problems.append(f"line {seq}: {event}")
            event = {"kind": "broken", "text": event}
        self.model.take(seq, event)
        self.marks.add(events.kind_of(event), events.whole(event.get("node")))
        # A hostile log may be nothing but events of megabytes.
        heavy = len(line) > _HEAVY
        self._last.append((seq, events.row(seq, event) if heavy else event, heavy))

    def _match(self, query: Query) -> tuple[Matches, bool]:
        matches = self._matches.pop(query, None)
        if matches is None:
            matches = Matches(query, self.lines.path.with_name("blobs"))
        self._matches[query] = matches
        while len(self._matches) > _QUERIES:
            self._matches.popitem(last=False)
        return matches, matches.grow(self.marks, self.lines, _SEARCH_S)

    def _texts(self, name: int) -> dict[str, str]:
        node = self.model.nodes[name]
        found = self.marks.find(Query(node=name), node.first - 1, node.last)
        return self.file.texts(found.tolist())

    def _node(self, node: Node) -> dict[str, Any]:
        shown = node.shown()
        test = self.facts.test_of(node.number)
        chosen = self._chosen()
        holder = self.model.snapshots.get(chosen) if chosen is not None else None
        shown["test"] = test and test["score"]
        shown["medal"] = test and test["medal"]
        shown["chosen"] = holder is not None and holder == node.number
        return shown

    def _problem_list(self) -> list[str]:
        told = self.facts.imported.get("problems")
        before = [events.short(each) for each in told] if isinstance(told, list) else []
        found = [*self._file_problems(), *before, *self.problems]
        return found[:_MOST_PROBLEMS]

    def _file_problems(self) -> list[str]:
        """Return which files cannot be read, and why."""
        log = self.lines.problem
        return [*([log] if log else []), *self._notes_problem, *self.facts.problems]

    def _chosen(self) -> int | None:
        published = self.facts.result.get("submission")
        if isinstance(published, dict):
            return events.whole(published.get("number"))
        return self.model.chosen

    def _state(self) -> str:
        running = self.facts.state == "running"
        asked = running and stop_asked(self.attempt)
        return "stopping" if asked else self.facts.state

    def _limit_s(self) -> float | None:
        return events.number(self.facts.limits.get("time_limit_s"))

    def _now_s(self) -> float | None:
        ended = events.number(self.facts.result.get("elapsed_s"))
        if self.facts.state != "running":
            return ended
        try:
            began = datetime.fromisoformat(str(self.model.start.get("time")))
            return (datetime.now(UTC) - began).total_seconds()
        except (ValueError, TypeError):
            return None


def shown_annotation(each: Any) -> dict[str, Any]:
    """Return an annotation with the names that the front end knows."""
    return {
        "id": each.id,
        "time": each.time,
        "author": clean(each.author),
        "target": {"kind": each.kind, "n": each.n},
        "tags": [clean(tag) for tag in each.tags],
        "comment": clean(each.comment),
    }
