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
from mle_toolkit.reporting.live import snapshot

if TYPE_CHECKING:
    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.reporting.live.session import Session
    from mle_toolkit.running.control import Progress

_RENEW_S = 5.0
# A renewal may cost this share of the time, also with thousands of attempts.
_SHARE = 0.2
_WIDGET = "application/vnd.jupyter.widget-view+json"

# The widgets of each cell, so that running it again does not leave the old ones.
_of_cell: dict[str, tuple[object, list[Any]]] = {}


def bundle(session: Session, text: str, token: str | None = None) -> dict[str, str]:
    """Return how a session's view looks now, as HTML and as one line of text."""
    return {"text/html": picture(session.still(), token), "text/plain": text}


def picture(still: dict[str, Any], token: str | None = None) -> str:
    """Return the static picture of what `Session.still` returned."""
    if "experiment" in still:
        return snapshot.experiment_html(still["experiment"], token=token)
    return snapshot.trace_html(still["trace"], still["rows"], token=token)


def show(session: Session, text: str) -> None:
    """Show a session live in a notebook; elsewhere print `text`."""
    if not in_notebook():
        sys.stdout.write(f"{text}\n")
        return
    from IPython.display import display

    from mle_toolkit.notebook.live import LiveView, call_often

    token = secrets.token_hex(8)
    first = bundle(session, text, token)
    handle = display(first, raw=True, display_id=True)
    view = LiveView(session, token)
    _replace_older(view)
    reference = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
    # Nothing as text and HTML: where there is no widget, the picture is enough.
    display({_WIDGET: reference, "text/html": "", "text/plain": ""}, raw=True)
    if handle is not None:
        call_often(_Renewal(view, handle, first, text))


class CellProgress:
    """The picture of an experiment in the cell that waits for it.

    It is ordinary output, replaced in place, so that papermill keeps the last state.
    """

    def __init__(self, experiment: Experiment, *, every_s: float = 1.0) -> None:
        from IPython.display import display

        self._experiment = experiment
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
        return bundle(self._session, repr(self._experiment))

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

    def __init__(
        self, view: Any, handle: Any, shown: dict[str, str], text: str
    ) -> None:
        self._view = weakref.ref(view)
        self._handle = handle
        self._shown = shown
        self._text = text
        self._next = time.monotonic() + _RENEW_S

    def __call__(self) -> bool:
        """Renew it if it is time; return whether to come again."""
        view = self._view()
        if view is None or view.comm is None:
            return False
        done = view.session.done()
        if time.monotonic() < self._next and not done:
            return True
        began = time.monotonic()
        now = bundle(view.session, self._text, view.token)
        if now != self._shown:
            self._handle.update(now, raw=True)
            self._shown = now
        cost = time.monotonic() - began
        self._next = time.monotonic() + max(_RENEW_S, cost / _SHARE)
        return not done
