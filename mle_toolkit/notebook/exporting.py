"""Write an experiment or an attempt into one file to share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.store import write_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.notebook.watching import Attempt

FORMS = (".html", ".json", ".eval", ".ipynb", ".py")


def export_experiment(
    experiment: Experiment,
    target: Path,
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the page of an experiment; see `Experiment.export`."""
    from mle_toolkit.reporting.live.page import experiment_page

    if target.suffix != ".html":
        msg = f"an experiment is exported as .html; got {target.name!r}"
        raise UsageError(msg)
    _check_free(target, overwrite=overwrite)
    return _write(target, experiment_page(experiment.folder, progress=progress))


def export_attempt(
    attempt: Attempt, target: Path, *, node: int | None = None, overwrite: bool = False
) -> Path:
    """Write an attempt in the form that the ending names; see `Attempt.export`."""
    from mle_toolkit.traces import exporting

    if target.suffix not in FORMS:
        msg = f"the file must end in one of {', '.join(FORMS)}; got {target.name!r}"
        raise UsageError(msg)
    if node is not None and target.suffix not in {".ipynb", ".py"}:
        msg = f"node chooses a program, for .ipynb and .py; got {target.name!r}"
        raise UsageError(msg)
    _check_free(target, overwrite=overwrite)
    if target.suffix == ".html":
        from mle_toolkit.reporting.live.page import trace_page

        ref = "/".join(attempt.path.parts[-3:])
        return _write(target, trace_page(attempt.folder, ref=ref))
    if target.suffix == ".json":
        return exporting.to_atif(attempt.folder, target, overwrite=overwrite)
    if target.suffix == ".eval":
        return exporting.to_inspect(attempt.folder, target, overwrite=overwrite)
    node = _best_node(attempt) if node is None else node
    write = exporting.to_python if target.suffix == ".py" else exporting.to_notebook
    return write(attempt.folder, node, target, overwrite=overwrite)


def _best_node(attempt: Attempt) -> int | None:
    """Return the node that was handed in, else the best; None without nodes."""
    nodes = attempt.summary()["nodes"]
    for wanted in ("chosen", "best"):
        found = [node["n"] for node in nodes if node[wanted]]
        if found:
            return int(found[-1])
    return int(nodes[-1]["n"]) if nodes else None


def _check_free(target: Path, *, overwrite: bool) -> None:
    if target.exists() and not overwrite:
        msg = f"{target} exists; pass overwrite=True, or choose another name"
        raise StoreError(msg)


def _write(target: Path, text: str) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, text)
    except OSError as error:
        msg = f"{target} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    return target
