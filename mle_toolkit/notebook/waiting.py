"""Show progress while waiting: a bar in a terminal, a line in a notebook."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.running.control import Progress

# A bar in a cell comes after this many seconds, and moves as often.
_SHOW_S = 0.3
_NOTHING = {"text/html": "", "text/plain": ""}


@contextlib.contextmanager
def progress_shown(
    experiment: Experiment, *, enabled: bool
) -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows a progress where people look for it."""
    if not enabled:
        yield lambda _: None
    elif in_notebook():
        with _in_cell(experiment) as update:
            yield update
    else:
        with _in_terminal(experiment) as update:
            yield update


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return bool(shell) and hasattr(shell, "kernel")


@contextlib.contextmanager
def bytes_shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows how many bytes of how many have been read."""
    shown = _bytes_in_cell if in_notebook() else _bytes_in_terminal
    with shown(what) as update:
        yield update


@contextlib.contextmanager
def _bytes_in_terminal(what: str) -> Iterator[Callable[[int, int], None]]:
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with bars.Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


@contextlib.contextmanager
def _bytes_in_cell(what: str) -> Iterator[Callable[[int, int], None]]:
    from IPython.display import display

    from mle_toolkit.reporting.markup import element

    handle: Any = display(_NOTHING, raw=True, display_id=True)
    due = time.monotonic() + _SHOW_S

    def update(done: int, total: int) -> None:
        nonlocal due
        if handle is None or time.monotonic() < due:
            return
        due = time.monotonic() + _SHOW_S
        text = f"{what}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
        bar = element("progress", value=done, max=max(total, 1), style="width:320px")
        html = str(element("p", bar, f" {text}"))
        handle.update({"text/html": html, "text/plain": text}, raw=True)

    try:
        yield update
    finally:
        if handle is not None:
            handle.update(_NOTHING, raw=True)


@contextlib.contextmanager
def _in_terminal(experiment: Experiment) -> Iterator[Callable[[Progress], None]]:
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("[bold]{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[detail]}"),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(experiment.name, total=None, detail="")

        def update(progress: Progress) -> None:
            shown.update(
                task,
                total=progress.total,
                completed=progress.done,
                detail=describe(progress),
            )

        yield update


@contextlib.contextmanager
def _in_cell(experiment: Experiment) -> Iterator[Callable[[Progress], None]]:
    from mle_toolkit.notebook.showing import CellProgress

    shown = CellProgress(experiment)
    try:
        yield shown.update
    finally:
        shown.close()


def describe(progress: Progress) -> str:
    """Return the states in one short line."""
    names = {name: name for name in ("running", "pending", "lost", "broken")}
    names["published"] = "to grade"
    parts = [
        f"{progress.states[state]} {name}"
        for state, name in names.items()
        if progress.states.get(state)
    ]
    if progress.stopping:
        parts.append("stopping")
    return ", ".join(parts)
