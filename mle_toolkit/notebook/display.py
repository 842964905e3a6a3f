"""What a notebook shows of an experiment: plain HTML that survives every export.

The pictures are ordinary cell output, replaced in place while attempts run.  So
a saved notebook, nbconvert and papermill keep the last state without any widget.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import ToolkitError
from mle_toolkit.notebook.waiting import describe, in_notebook
from mle_toolkit.reporting import words
from mle_toolkit.reporting.markup import Html, element, escape, join, table
from mle_toolkit.reporting.sections import attempts_table, medal

if TYPE_CHECKING:
    import pandas as pd

    from mle_toolkit.notebook.experiment import Best, Experiment
    from mle_toolkit.running.control import Progress

_MOST_ROWS = 40
# A refresh may cost this share of the time, also with thousands of attempts.
_SHARE = 0.2
_CSS = """
.mle { font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color1, inherit); font-variant-numeric: tabular-nums; }
.mle p { margin: 0 0 6px; }
.mle .muted, .mle .status, .mle .note { color: var(--jp-ui-font-color2, #6a737d); }
.mle .invalid { color: var(--jp-error-color1, #b3261e); }
.mle .track { height: 4px; margin: 0 0 8px; border-radius: 2px; max-width: 640px;
  background: var(--jp-layout-color2, #e3e6ea); overflow: hidden; }
.mle .track div { height: 100%; background: var(--jp-brand-color1, #0173b2); }
.mle.mle table { border-collapse: collapse; margin: 0; font-size: 12px; }
.mle.mle table th, .mle.mle table td { padding: 2px 14px 2px 0; text-align: left;
  border: 0; background: none; white-space: nowrap; }
.mle.mle table th { font-weight: 600;
  border-bottom: 1px solid var(--jp-border-color1, #bbb); }
.mle.mle table .num { text-align: right; }
.mle.mle td .note { white-space: normal; overflow-wrap: anywhere; }
.mle .medal::before { content: ""; display: inline-block; width: 8px; height: 8px;
  margin-right: 5px; border-radius: 50%; background: currentColor; }
.mle .gold { color: #b8860b; } .mle .silver { color: #7c858e; }
.mle .bronze { color: #a0622d; }
.mle pre { max-height: 26em; overflow: auto; padding: 8px 10px;
  font: 12px/1.45 var(--jp-code-font-family, ui-monospace, Menlo, monospace);
  background: var(--jp-layout-color2, #f4f4f0); }
"""

_views: weakref.WeakKeyDictionary[Experiment, LiveView] = weakref.WeakKeyDictionary()


def attempts_html(frame: pd.DataFrame) -> str:
    """Return attempts as safe HTML: a row each, or one per competition when many.

    Parameters
    ----------
    frame
        The tidy frame.
    """
    return _framed(_attempts(frame))


def experiment_bundle(experiment: Experiment) -> dict[str, str]:
    """Return how an experiment looks now, as HTML and as one line of text."""
    progress = experiment.progress()
    frame = experiment.attempts()
    body = join([_heading(experiment.name, progress), _attempts(frame)])
    return {"text/html": _framed(body), "text/plain": repr(experiment)}


def best_html(best: Best) -> str:
    """Return the best attempt as safe HTML: its grade and its program."""
    grade = best.grade
    facts: list[object] = [
        element("b", f"{best.competition}, seed {best.seed}"),
        f"test score {words.score(grade.score)}",
    ]
    if grade.medal:
        facts.append(medal(grade.medal, grade.medal))
    if grade.percentile is not None:
        facts.append(f"beats {grade.percentile:.0f} % of the leaderboard")
    code = element("pre", Html(escape_whole(best.code))) if best.code else None
    missing = element("p", "The trace does not hold its program.", class_="muted")
    return _framed(join([element("p", join(facts, " · ")), code or missing]))


def escape_whole(text: str) -> str:
    """Return a program as harmless text, however long it is."""
    size = 1000
    return "".join(
        escape(text[start : start + size]) for start in range(0, len(text), size)
    )


def live(experiment: Experiment, *, every_s: float = 1.0) -> None:
    """Show an experiment and keep the picture up to date while it runs.

    In a notebook a background thread replaces the output about once a second,
    also while a cell runs, and ends with the experiment.  Elsewhere the state is
    printed once.

    Parameters
    ----------
    experiment
        What `launch` or `attach` returned.
    every_s
        Least time between two pictures, in seconds.
    """
    bundle = experiment_bundle(experiment)
    if not in_notebook():
        sys.stdout.write(bundle["text/plain"] + "\n")
        return
    from IPython.display import display

    if (old := _views.pop(experiment, None)) is not None:
        old.stop()
    handle = display(bundle, raw=True, display_id=True)
    if handle is not None and not experiment.progress().complete:
        _views[experiment] = LiveView(experiment, handle, bundle, every_s=every_s)


class LiveView:
    """A thread that replaces one output until its experiment is done.

    It holds the experiment weakly: when the last other reference is gone, nobody
    can look at it again, and the thread ends.
    """

    def __init__(
        self,
        experiment: Experiment,
        handle: Any,
        shown: dict[str, str],
        *,
        every_s: float,
    ) -> None:
        self._experiment = weakref.ref(experiment)
        self._handle = handle
        self._shown = shown
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="mle-live-view", daemon=True
        )
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread; the last picture stays."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def alive(self) -> bool:
        """Whether the picture is still kept up to date."""
        return self._thread.is_alive()

    def _run(self) -> None:
        delay = self._every_s
        while not self._stop.wait(delay):
            began = time.monotonic()
            # A folder that is moved away must not end in a traceback from a thread.
            with contextlib.suppress(ToolkitError, OSError):
                if not self._refresh():
                    return
            delay = max(self._every_s, (time.monotonic() - began) / _SHARE)

    def _refresh(self) -> bool:
        """Show the state now; return whether it may change again."""
        experiment = self._experiment()
        if experiment is None:
            return False
        progress = experiment.progress()
        bundle = experiment_bundle(experiment)
        if bundle != self._shown and not self._stop.is_set():
            self._handle.update(bundle, raw=True)
            self._shown = bundle
        return not progress.complete and progress.dispatching is not False


class CellProgress:
    """The picture of an experiment in the cell that waits for it."""

    def __init__(self, experiment: Experiment, *, every_s: float = 1.0) -> None:
        from IPython.display import display

        self._experiment = experiment
        self._every_s = every_s
        self._shown = experiment_bundle(experiment)
        self._handle = display(self._shown, raw=True, display_id=True)
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

    def _show(self) -> None:
        bundle = experiment_bundle(self._experiment)
        if bundle != self._shown and self._handle is not None:
            self._handle.update(bundle, raw=True)
            self._shown = bundle


def _framed(body: Html) -> str:
    return str(element("div", element("style", Html(_CSS)), body, class_="mle"))


def _heading(name: str, progress: Progress) -> Html:
    done = words.counted(progress.total, "attempt")
    states = describe(progress)
    text = f" {progress.done} of {done} published and graded"
    share = 100.0 * progress.done / max(progress.total, 1)
    return join(
        [
            element(
                "p",
                element("b", name),
                text,
                element("span", f" · {states}" if states else "", class_="muted"),
            ),
            element("div", element("div", style=f"width:{share:.1f}%"), class_="track"),
        ]
    )


def _attempts(frame: pd.DataFrame) -> Html:
    if len(frame) > _MOST_ROWS:
        return _totals(frame)
    # Plans interleave competitions; a reader wants them one after the other.
    order = frame["competition"].map(
        {name: at for at, name in enumerate(frame["competition"].unique())}
    )
    rows = frame.loc[order.sort_values(kind="stable").index]
    return attempts_table(rows, notes={}, tokens=False)


def _totals(frame: pd.DataFrame) -> Html:
    rows = []
    for (competition, agent), part in frame.groupby(
        ["competition", "agent"], sort=False
    ):
        graded = part["any_medal"].notna()
        rows.append(
            [
                competition,
                agent,
                len(part),
                int(part["status"].eq("running").sum()),
                int(graded.sum()),
                int(part["valid_submission"].sum()),
                *(int(part["medal"].eq(name).sum()) for name in _MEDALS),
            ]
        )
    heads = ["Competition", "Agent", "Attempts", "Running", "Graded", "Valid"]
    heads += [name.capitalize() for name in _MEDALS]
    return table(heads, rows, numeric=range(2, 9))


_MEDALS = ("gold", "silver", "bronze")
