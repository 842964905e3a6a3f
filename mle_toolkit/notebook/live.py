"""The live view in a notebook: one widget, fed from files by one thread.

The front end asks for what it shows, and the kernel reads it from the run folder.
So whatever the browser or the kernel has lost, asking again brings it back.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
import weakref
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from mle_toolkit.reporting.live import assets

if TYPE_CHECKING:
    from collections.abc import Callable

    from mle_toolkit.reporting.live.session import Session

_POLL_S = 0.03
# While something long is read for the first time, others may have the processor.
_BUSY_S = 0.005
# A front end that hears nothing for longer believes that the kernel is gone.
_ALIVE_S = 3.0


class LiveView(anywidget.AnyWidget):
    """A view of an experiment or an attempt.

    Parameters
    ----------
    session
        What answers the front end.
    token
        Marks the static picture that this view takes the place of.
    """

    _esm = resources.files(__package__).joinpath("bootstrap.js").read_text("utf-8")
    token = traitlets.Unicode().tag(sync=True)

    def __init__(self, session: Session, token: str) -> None:
        super().__init__(token=token)
        self.session = session
        _answer_at_once(self.comm)
        self.on_msg(self._on_message)
        _watcher.add(self)

    def _on_message(self, _: object, content: Any, __: object) -> None:
        if isinstance(content, dict) and content.get("op") == "frontend":
            answer = {"re": content.get("id"), "ok": True, "result": _front_end()}
        else:
            answer = self.session.answer(content)
        self.send(answer)

    def close(self) -> None:
        """Hear and say nothing more."""
        _watcher.discard(self)
        # Every widget brings one, and the kernel would keep it.
        if self.comm is not None:
            self.layout.close()
        super().close()


@lru_cache(maxsize=1)
def _front_end() -> dict[str, str]:
    """Return the front end; `mark` tells one version from another."""
    script, style = assets.esm(), assets.css()
    mark = hashlib.sha256((script + style).encode()).hexdigest()[:16]
    return {"js": script, "css": style, "mark": mark}


def _answer_at_once(comm: Any) -> None:
    """Let requests be answered while a cell runs, where the front end asks for it.

    JupyterLab sends them to a thread beside the cell.  From ipykernel 7.4 on, the
    kernel sends them back to the thread that spoke last, which is the cell's, so
    that a click would wait for hours.  Answers read files and take a lock: they are
    safe in any thread.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _, asked: asked  # noqa: SLF001


class Watcher:
    """One thread that polls every view of this process, and calls what is due."""

    def __init__(self) -> None:
        self._views: weakref.WeakSet[LiveView] = weakref.WeakSet()
        self._chores: list[Callable[[], bool]] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, view: LiveView) -> None:
        """Poll a view from now on."""
        with self._lock:
            self._views.add(view)
        self._start()

    def discard(self, view: LiveView) -> None:
        """Poll a view no more."""
        with self._lock:
            self._views.discard(view)

    def call(self, chore: Callable[[], bool]) -> None:
        """Call `chore` again and again as long as it returns True."""
        with self._lock:
            self._chores.append(chore)
        self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="mle-live", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        alive_at = 0.0
        while True:
            with self._lock:
                views, chores = list(self._views), list(self._chores)
                if not views and not chores:
                    self._thread = None
                    return
            busy = [_serve(view) for view in views]
            if time.monotonic() > alive_at:
                alive_at = time.monotonic() + _ALIVE_S
                for view in views:
                    _still(partial(view.send, {"push": "alive"}))
            for chore in chores:
                if not _still(chore):
                    with self._lock:
                        self._chores.remove(chore)
            del views, chores
            time.sleep(_BUSY_S if any(busy) else _POLL_S)


def _serve(view: LiveView) -> bool:
    """Send what is new; whatever one view fails of must not end the thread of all."""
    with contextlib.suppress(Exception):
        for push in view.session.poll():
            view.send(push)
        return view.session.busy()
    return False


def _still(chore: Callable[[], bool]) -> bool:
    try:
        return chore()
    except Exception:  # noqa: BLE001 - a thread has nobody to raise to
        return False


_watcher = Watcher()


def call_often(chore: Callable[[], bool]) -> None:
    """Call `chore` from the thread of the live views as long as it returns True."""
    _watcher.call(chore)
