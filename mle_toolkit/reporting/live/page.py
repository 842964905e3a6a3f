"""One file to share: the interactive view with all that it needs inside.

The page asks nobody for anything, and its policy forbids every script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting.live import assets, events
from mle_toolkit.reporting.live.experiment import ExperimentView
from mle_toolkit.reporting.live.logfile import parse
from mle_toolkit.reporting.live.session import PROTOCOL
from mle_toolkit.reporting.live.text import clean
from mle_toolkit.reporting.live.trace import TraceView
from mle_toolkit.reporting.markup import Html, element
from mle_toolkit.store import ExperimentFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mle_toolkit.store import AttemptFolder

# A page above this is slow to open and cannot be mailed.
MOST_BYTES = 40 << 20
_MOST_ROWS = 100_000
_STEP = 1000


def trace_page(
    attempt: AttemptFolder, *, ref: str = "", most_bytes: int = MOST_BYTES
) -> str:
    """Return the page of one attempt.

    Parameters
    ----------
    ref
        The name of the attempt.
    most_bytes
        Room for the details of events and nodes.  What does not fit is left out, the
        oldest events first, and the page says so.
    """
    view = TraceView(attempt, ref=ref).read_all()
    data = {
        "hello": _hello("trace", view.ref, view.ref),
        "experiment": None,
        "traces": {view.ref: _trace(view, most_bytes)},
    }
    return _page(view.ref, data, root=_root(attempt))


def experiment_page(
    experiment: ExperimentFolder,
    *,
    most_bytes: int = MOST_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Return the page of an experiment: the list, and each attempt that has begun.

    Parameters
    ----------
    most_bytes
        Room for details, shared evenly by the attempts.
    progress
        Called with how many attempts are done, of how many.
    """
    listed = ExperimentView(experiment)
    listed.advance()
    begun = [row for row in listed.rows if row.facts["state"] != "pending"]
    traces = {}
    for done, row in enumerate(begun):
        view = TraceView(row.folder, ref=row.facts["ref"]).read_all()
        traces[view.ref] = _trace(view, most_bytes // max(1, len(begun)))
        if progress is not None:
            progress(done + 1, len(begun))
    data = {
        "hello": _hello("experiment", experiment.name, None),
        "experiment": {**listed.shown(), "actions": False, "stopping": False},
        "traces": traces,
    }
    return _page(experiment.name, data, root=experiment.path)


def _hello(view: str, name: str, attempt: str | None) -> dict[str, Any]:
    return {
        "view": view,
        "name": name,
        "attempt": attempt,
        "writable": False,
        "actions": False,
        "compare": None,
        "protocol": PROTOCOL,
    }


def _trace(view: TraceView, most_bytes: int) -> dict[str, Any]:
    summary = view.summary()
    nodes, room = _nodes(view, most_bytes // 2)
    total = view.total()
    first = max(1, total - _MOST_ROWS + 1)
    rows: list[dict[str, Any]] = []
    details: dict[int, Any] = {}
    room += most_bytes // 2
    for seq, found in _backwards(view, first, total):
        event = found
        if isinstance(event, str):
            rows.append(events.broken_row(seq, event))
            event = {"kind": "broken", "text": event}
        else:
            rows.append(events.row(seq, event))
        if room > 0:
            details[seq] = events.details(seq, event)
            room -= len(json.dumps(details[seq]))
    left_out = total - len(details)
    if left_out:
        said = f"{left_out} of {total} events are here without their details"
        summary["problem_list"] = [said, *summary["problem_list"]]
        summary["problems"] += 1
    return {
        "summary": {**summary, "total": len(rows)},
        "rows": rows[::-1],
        "events": details,
        "nodes": nodes,
    }


def _backwards(
    view: TraceView, first: int, last: int
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the events from the last to the first, or why a line is none."""
    for end in range(last, first - 1, -_STEP):
        some = list(view.lines.get(range(max(first, end - _STEP + 1), end + 1)))
        for seq, line in reversed(some):
            yield seq, parse(line)


def _nodes(view: TraceView, room: int) -> tuple[dict[int, Any], int]:
    """Return the details of nodes as far as there is room, the newest first."""
    found: dict[int, Any] = {}
    for name in reversed(view.model.nodes):
        if room <= 0:
            break
        found[name] = view.node(name)
        room -= len(json.dumps(found[name]))
    return found, max(0, room)


def _root(attempt: AttemptFolder) -> Path:
    """Return the run folder of an attempt, or the attempt's own."""
    # runs/<experiment>/<competition>/<agent>/<seed>
    above = attempt.path.parents
    planned = len(above) > 2 and ExperimentFolder(above[2]).plan_paths()  # noqa: PLR2004
    return above[2] if planned else attempt.path


def _without(value: Any, place: re.Pattern[str]) -> Any:
    """Return data without the run folder's place on this machine."""
    if isinstance(value, str):
        return place.sub("", value)
    if isinstance(value, dict):
        return {name: _without(item, place) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, place) for item in value]
    return value


def _page(title: str, data: dict[str, Any], *, root: Path) -> str:
    # A path that only ends in the folder's is another one.
    place = re.compile(rf"(?<![\w./-]){re.escape(str(root))}/")
    script, style = assets.page_script(), assets.css() + _PAGE_CSS
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{_digest(script)}'"
    )
    # Within a script element only these could end it or break the line.
    text = json.dumps(_without(data, place), ensure_ascii=True).replace("<", "\\u003c")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Html(policy)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", clean(title)),
        element("style", Html(style)),
    )
    body = element(
        "body",
        element("div", id="mle-root"),
        element("script", Html(text), type="application/json", id="mle-data"),
        element("script", Html(script), type="module"),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


_PAGE_CSS = """
html, body { margin: 0; height: 100%; background: Canvas; color: CanvasText;
  color-scheme: light dark; }
#mle-root { height: 100vh; padding: 12px; box-sizing: border-box; }
"""
