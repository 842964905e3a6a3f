"""Answer what a front end asks, and say what is new: without knowing any transport.

Requests and answers are plain data; see the methods ``_on_*`` for what there is to
ask.  Whoever owns a session calls `poll` about ten times a second or more and sends
what it yields.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import ToolkitError, UsageError, check_choice
from mle_toolkit.reporting.live.events import short, whole
from mle_toolkit.reporting.live.experiment import ExperimentView, is_inside
from mle_toolkit.reporting.live.queries import Query
from mle_toolkit.reporting.live.trace import TraceView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mle_toolkit.store import AttemptFolder, ExperimentFolder

PROTOCOL = 1
SLICE_S = 0.04
# What is read before the first answer: enough for most, and nobody waits for it.
FIRST_S = 0.1
# Batches of one trace are at least this far apart, lists of attempts further.
TRACE_S = 0.08
LIST_S = 0.8
_MOST_TRACES = 6


class Session:
    """What one front end looks at: an experiment, or one attempt.

    Parameters
    ----------
    experiment
        The run folder; None when only one attempt is shown.
    attempt
        The attempt to show first; None for the list.
    act
        Called with ``"stop"`` or ``"resume"`` and the attempt, or None for all; None
        where nothing can be stopped.
    compare
        Show these two first: ``a`` and ``b``, each with ``ref`` and ``node``.
    """

    def __init__(
        self,
        experiment: ExperimentFolder | None,
        attempt: AttemptFolder | None = None,
        *,
        act: Callable[[str, AttemptFolder | None], None] | None = None,
        compare: dict[str, Any] | None = None,
    ) -> None:
        shown = attempt or experiment
        if shown is None:
            msg = "a session needs an experiment or an attempt"
            raise UsageError(msg)
        self.experiment = experiment
        self.attempt = attempt
        self._root = shown.path
        self._act = act
        self._compare = compare
        self._lock = threading.RLock()
        self._list: ExperimentView | None = None
        self._traces: OrderedDict[str, _Open] = OrderedDict()
        self._list_at = 0.0

    def answer(self, message: Any) -> dict[str, Any]:
        """Return the answer to a request; never raises for what a message holds."""
        given = message if isinstance(message, dict) else {}
        try:
            with self._lock:
                result = self._dispatch(given)
        except ToolkitError as error:
            return {"re": given.get("id"), "ok": False, "error": str(error)}
        except (OSError, TypeError, ValueError, KeyError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            return {"re": given.get("id"), "ok": False, "error": reason}
        return {"re": given.get("id"), "ok": True, "result": result}

    def poll(self) -> Iterator[dict[str, Any]]:
        """Read on for a moment and yield what a front end should hear."""
        with self._lock:
            opened = list(self._traces.items())
            for ref, each in opened:
                push = each.poll()
                if push is not None:
                    yield {"push": "trace", "attempt": ref, **push}
            if self._list is not None:
                self._list.advance(SLICE_S)
                due = time.monotonic() > self._list_at
                if due:
                    self._list_at = time.monotonic() + LIST_S
                    told = self._list.changes()
                    if told is not None:
                        yield {"push": "experiment", **told, **self._actions()}

    def busy(self) -> bool:
        """Whether something that is shown is still being read for the first time."""
        with self._lock:
            return any(not each.view.caught_up for each in self._traces.values())

    def done(self) -> bool:
        """Whether nothing that is shown will change any more."""
        with self._lock:
            lists = self._list is None or self._list.done()
            return lists and all(each.view.final for each in self._traces.values())

    def still(self, most_s: float = 0.2) -> dict[str, Any]:
        """Return what a picture needs: an ``experiment``, or ``traces`` with ``rows``.

        For about `most_s` seconds it reads what has not been read yet.  Requests are
        answered meanwhile.
        """
        until = time.monotonic() + most_s
        with self._lock:
            views = self._shown()
            for view in views:
                # The last picture of all is kept: it must not be a second old.
                view.look_again()
        while True:
            with self._lock:
                for view in views:
                    view.advance(SLICE_S)
                done = all(view.caught_up for view in views)
                if done or time.monotonic() > until:
                    return self._still_of(views)
            # A lock that is taken again at once would never be had by others.
            time.sleep(0.001)

    def _shown(self) -> list[ExperimentView | TraceView]:
        """Return what is seen first: the list, one attempt, or two to compare."""
        if self._compare is not None:
            return [self._open(self._compare[side]["ref"]).view for side in "ab"]
        return [self._listed() if self.attempt is None else self._open(None).view]

    def _still_of(self, views: list[ExperimentView | TraceView]) -> dict[str, Any]:
        if isinstance(views[0], ExperimentView):
            return {"experiment": {**views[0].shown(), **self._actions()}}
        return {
            "traces": [
                {"trace": view.summary(), "rows": view.tail()["rows"]}
                for view in views
                if isinstance(view, TraceView)
            ]
        }

    def _dispatch(self, given: dict[str, Any]) -> Any:
        name = given.get("op")
        check_choice("op", name if isinstance(name, str) else repr(name), _OPS)
        return _OPS[str(name)](self, given)

    def _on_hello(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "view": "experiment" if self.attempt is None else "trace",
            "name": self.experiment.name if self.experiment else self._ref(),
            "attempt": None if self.attempt is None else self._ref(),
            "writable": os.access(self._root, os.W_OK),
            "compare": self._compare,
            "protocol": PROTOCOL,
            **self._actions(),
        }

    def _actions(self) -> dict[str, Any]:
        return {"actions": self._act is not None}

    def _on_experiment(self, _: dict[str, Any]) -> dict[str, Any]:
        return {**self._listed().full(), **self._actions()}

    def _listed(self) -> ExperimentView:
        if self.experiment is None:
            msg = "this view shows one attempt and no experiment"
            raise UsageError(msg)
        if self._list is None:
            # The plans are enough for a first list; states follow.
            self._list = ExperimentView(self.experiment)
        return self._list

    def _on_open(self, given: dict[str, Any]) -> dict[str, Any]:
        opened = self._open(given.get("attempt"))
        opened.viewers.add(_viewer(given))
        return {**opened.view.summary(), "serial": opened.serial}

    def _on_close(self, given: dict[str, Any]) -> dict[str, Any]:
        opened = self._traces.get(str(given.get("attempt")))
        if opened is not None:
            opened.viewers.discard(_viewer(given))
            if not opened.viewers:
                del self._traces[str(given.get("attempt"))]
        return {}

    def _on_rows(self, given: dict[str, Any]) -> dict[str, Any]:
        view, query = (
            self._open(given.get("attempt")).view,
            Query.of(given.get("query")),
        )
        return view.rows(query, _int(given, "from"), _int(given, "to"))

    def _on_locate(self, given: dict[str, Any]) -> dict[str, Any]:
        view, query = (
            self._open(given.get("attempt")).view,
            Query.of(given.get("query")),
        )
        return {"index": view.locate(query, _int(given, "seq"))}

    def _on_event(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._open(given.get("attempt")).view.event(_int(given, "seq"))

    def _on_text(self, given: dict[str, Any]) -> dict[str, Any]:
        view, field = self._open(given.get("attempt")).view, str(given.get("field", ""))
        return view.text(
            _int(given, "seq"), field, _int(given, "from"), _int(given, "to")
        )

    def _on_node(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._open(given.get("attempt")).view.node(_int(given, "n"))

    def _on_annotate(self, given: dict[str, Any]) -> dict[str, Any]:
        from mle_toolkit.traces.annotations import annotate, remove_annotation

        view = self._open(given.get("attempt")).view
        name = given.get("note")
        if given.get("remove"):
            remove_annotation(view.attempt.path, str(name))
        else:
            target = given.get("target")
            about = target if isinstance(target, dict) else {}
            tags = given.get("tags")
            annotate(
                view.attempt.path,
                kind=str(about.get("kind", "attempt")),
                n=about.get("n"),
                tags=[str(tag) for tag in tags] if isinstance(tags, list) else [],
                comment=str(given.get("comment") or ""),
                id=None if name is None else str(name),
            )
        return {"annotations": view.annotations()}

    def _on_stop(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._wish("stop", given.get("attempt"))

    def _on_resume(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._wish("resume", given.get("attempt"))

    def _wish(self, verb: str, ref: Any) -> dict[str, Any]:
        if self._act is None:
            msg = f"there is nothing to {verb}: these attempts were imported"
            raise UsageError(msg)
        self._act(verb, None if ref is None else self._folder(ref))
        return {}

    def _open(self, ref: Any) -> _Open:
        name = self._ref() if ref is None and self.attempt is not None else str(ref)
        opened = self._traces.pop(name, None)
        if opened is None:
            opened = _Open(TraceView(self._folder(name), ref=name))
            opened.view.advance(FIRST_S)
        self._traces[name] = opened
        while len(self._traces) > _MOST_TRACES:
            self._traces.popitem(last=False)
        return opened

    def _folder(self, ref: Any) -> AttemptFolder:
        """Return the attempt of a name; only planned ones, so that no path escapes."""
        if self.attempt is not None and ref == self._ref():
            return self.attempt
        if self.experiment is not None and is_inside(ref):
            for folder in self.experiment.attempts():
                if _below(folder.path, self.experiment.path) == ref:
                    return folder
        msg = f"there is no attempt {short(str(ref), 200)!r} here"
        raise UsageError(msg)

    def _ref(self) -> str:
        if self.attempt is None:
            return ""
        root = self.experiment.path if self.experiment else self.attempt.path.parents[2]
        return _below(self.attempt.path, root)


class _Open:
    """A trace that is shown, and what of it has been told."""

    def __init__(self, view: TraceView) -> None:
        self.view = view
        self.viewers: set[str] = set()
        # Batches are numbered, so that who missed one asks for the whole summary.
        self.serial = 0
        self._due = 0.0
        self._pending = True
        self._notes: list[dict[str, Any]] | None = None

    def poll(self) -> dict[str, Any] | None:
        running = self.view.facts.state == "running"
        self._pending = self.view.advance(SLICE_S) or self._pending
        now = time.monotonic()
        # While it runs the clock goes on, also when nothing happens.
        quiet = running and now > self._due + 1.0
        if not (self._pending or quiet) or now < self._due:
            return None
        self._due, self._pending = now + TRACE_S, False
        self.serial += 1
        push = {
            "serial": self.serial,
            **self.view.state(),
            "tail": self.view.tail(),
            "nodes": self.view.changed_nodes(),
        }
        notes = self.view.annotations()
        if notes != self._notes:
            self._notes = push["annotations"] = notes
        return push


def _viewer(given: dict[str, Any]) -> str:
    """Return which of several views of one session asks: its requests say so."""
    return str(given.get("id")).partition("-")[0]


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _int(given: dict[str, Any], name: str) -> int:
    value = whole(given.get(name))
    if value is None:
        msg = f"{name} must be an integer of 0 or more; got {given.get(name)!r}"
        raise UsageError(msg)
    return value


_OPS: dict[str, Callable[[Session, dict[str, Any]], Any]] = {
    name.removeprefix("_on_"): method
    for name, method in vars(Session).items()
    if name.startswith("_on_")
}
