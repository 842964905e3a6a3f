"""Put a live view into a cell, with a picture that stays when nobody answers.

Two outputs are shown: the picture, which is plain HTML, and the widget.  When the
widget has reached the kernel it hides the picture.  A saved notebook, nbconvert and
papermill keep the picture, which is renewed now and then while things change.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import ToolkitError
from mle_toolkit.notebook.waiting import in_notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.reporting.live.session import Session
    from mle_toolkit.running.control import Progress

_RENEW_S = 5.0
# A renewal may cost this share of the time, also with thousands of attempts.
_SHARE = 0.2
# What a picture may take to read: the cell waits for it.
_READ_S = 0.1
_WIDGET = "application/vnd.jupyter.widget-view+json"

# The widgets of each cell, so that running it again does not leave the old ones.
_of_cell: dict[str, tuple[object, list[Any]]] = {}


def bundle(
    session: Session, token: str | None = None, *, most_s: float = _READ_S
) -> dict[str, str]:
    """Return how a session's view looks now, as HTML and as one line of text."""
    still = session.still(most_s)
    return {"text/html": picture(still, token), "text/plain": line(still)}


def line(still: dict[str, Any]) -> str:
    """Return what `Session.still` returned in one line, as the handles' names do."""
    if "experiment" in still:
        shown = still["experiment"]
        states = shown["totals"]["states"]
        counts = ", ".join(f"{n} {state}" for state, n in states.items())
        name, n = shown["name"], shown["totals"]["n"]
        return f"<Experiment {name}: {n} attempts: {counts}>"
    traces = [each["trace"] for each in still["traces"]]
    if len(traces) > 1:
        return f"<Comparison of {' and '.join(each['attempt'] for each in traces)}>"
    return f"<Attempt {traces[0]['attempt']}: {traces[0]['header']['state']}>"


def picture(still: dict[str, Any], token: str | None = None) -> str:
    """Return the static picture of what `Session.still` returned."""
    from mle_toolkit.reporting.live import snapshot

    if "experiment" in still:
        return snapshot.experiment_html(still["experiment"], token=token)
    traces = still["traces"]
    return "".join(
        snapshot.trace_html(
            each["trace"], each["rows"] if len(traces) == 1 else (), token=token
        )
        for each in traces
    )


def show(session: Session, describe: Callable[[], str]) -> None:
    """Show a session live in a notebook; elsewhere print what `describe` says.

    The widget comes first, because a picture of ten thousand attempts takes a while.
    """
    if not in_notebook():
        sys.stdout.write(f"{describe()}\n")
        return
    from IPython.display import display

    from mle_toolkit.notebook.live import LiveView, call_often

    token = secrets.token_hex(8)
    empty = {"text/html": "", "text/plain": ""}
    handle = display(empty, raw=True, display_id=True)
    view = LiveView(session, token)
    _replace_older(view)
    reference = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
    # Nothing as text and HTML: where there is no widget, the picture is enough.
    display({_WIDGET: reference, **empty}, raw=True)
    if handle is not None:
        renewal = _Renewal(view, handle)
        renewal.renew(most_s=_READ_S)
        call_often(renewal)


class CellProgress:
    """The picture of an experiment in the cell that waits for it.

    It is ordinary output, replaced in place, so that papermill keeps the last state.
    """

    def __init__(self, experiment: Experiment, *, every_s: float = 1.0) -> None:
        from IPython.display import display

        self._session = experiment.session()
        self._every_s = every_s
        self._shown: dict[str, str] = self._bundle()
        self._handle: Any = display(self._shown, raw=True, display_id=True)
        self._next = time.monotonic() + every_s

    def update(self, progress: Progress) -> None:
        """Show the state, unless that was done a moment ago."""
        began = time.monotonic()
        if began >= self._next or progress.complete:
            self._show()
            cost = time.monotonic() - began
            self._next = time.monotonic() + max(self._every_s, cost / _SHARE)

    def close(self) -> None:
        """Show the last state, which is the one that a saved notebook keeps."""
        with contextlib.suppress(ToolkitError, OSError):
            self._show()

    def _bundle(self) -> dict[str, str]:
        return bundle(self._session)

    def _show(self) -> None:
        now = self._bundle()
        if now != self._shown and self._handle is not None:
            self._handle.update(now, raw=True)
            self._shown = now


def _replace_older(view: Any) -> None:
    """Close what an earlier run of the same cell has shown."""
    from IPython import get_ipython

    shell = get_ipython()
    cell = (shell.get_parent().get("metadata") or {}).get("cellId")
    if not cell:
        return
    run, views = _of_cell.get(cell, (None, []))
    if run != shell.execution_count:
        for each in views:
            each.close()
        views = []
    _of_cell[cell] = (shell.execution_count, [*views, view])


class _Renewal:
    """Renews the picture behind a view until nothing changes any more."""

    def __init__(self, view: Any, handle: Any) -> None:
        self._view = weakref.ref(view)
        self._handle = handle
        self._shown: dict[str, str] = {}
        self._next = 0.0

    def __call__(self) -> bool:
        """Renew it if it is time; return whether to come again."""
        view = self._view()
        if view is None or view.comm is None:
            return False
        done = view.session.done()
        if time.monotonic() < self._next and not done:
            return True
        self.renew(most_s=0.0)
        return not done

    def renew(self, *, most_s: float) -> None:
        """Draw the picture anew after reading on for `most_s` seconds."""
        view = self._view()
        if view is None:
            return
        began = time.monotonic()
        now = bundle(view.session, view.token, most_s=most_s)
        if now != self._shown:
            self._handle.update(now, raw=True)
            self._shown = now
        cost = time.monotonic() - began
        self._next = time.monotonic() + max(_RENEW_S, cost / _SHARE)
