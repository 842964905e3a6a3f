"""`watch`, and the handle on one attempt."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.store import AttemptFolder, ExperimentFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from mle_toolkit.notebook.experiment import Experiment
    from mle_toolkit.reporting.live.session import Session
    from mle_toolkit.traces.annotations import Annotation


# As in `mle_toolkit.notebook.experiment`.
_PATIENCE_S = 5.0


class Attempt:
    """A handle on one attempt: shows itself live, and gives its trace.

    Parameters
    ----------
    folder
        The folder of the attempt.
    experiment
        The run folder that it is part of; None to look for it.
    """

    def __init__(
        self, folder: AttemptFolder, experiment: ExperimentFolder | None = None
    ) -> None:
        self.folder = folder
        self._experiment = experiment or _experiment_of(folder)

    @property
    def path(self) -> Path:
        """The attempt's folder."""
        return self.folder.path

    def __repr__(self) -> str:
        """Say in one line what this is and how far it is."""
        return f"<Attempt {'/'.join(self.path.parts[-3:])}: {self.folder.state()}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from mle_toolkit.notebook.showing import bundle

        return bundle(self.session(), most_s=_PATIENCE_S)

    def _ipython_display_(self) -> None:
        from mle_toolkit.notebook.showing import show

        show(self.session(), self.__repr__)

    def session(self) -> Session:
        """Return what answers a view of this attempt."""
        from mle_toolkit.reporting.live.session import Session

        act = None if self._experiment is None else actions(self._experiment)
        return Session(self._experiment, self.folder, act=act)

    def summary(self) -> dict[str, Any]:
        """Return nodes, scores, budget and counts of the trace as plain data."""
        return self._view().summary()

    def events(self) -> pd.DataFrame:
        """Return the events, one row each; see `Experiment.events`."""
        from mle_toolkit.frames import events_frame

        return events_frame([self.folder])

    def node(self, number: int) -> dict[str, Any]:
        """Return plan, code, output and the parent's code of a node.

        Raises
        ------
        UsageError
            When there is no such node.
        """
        return self._view().node(number)

    def annotate(
        self,
        *,
        node: int | None = None,
        event: int | None = None,
        tags: Iterable[str] = (),
        comment: str = "",
    ) -> Annotation:
        """Tag or comment the attempt, one of its nodes, or one of its events.

        Raises
        ------
        UsageError, StoreError
            For illegal values, or when the folder cannot be written.
        """
        from mle_toolkit.traces.annotations import annotate

        if node is not None and event is not None:
            msg = "annotate a node or an event, not both at once"
            raise UsageError(msg)
        kind = "node" if node is not None else "attempt" if event is None else "event"
        return annotate(
            self.path,
            kind=kind,
            n=event if node is None else node,
            tags=tags,
            comment=comment,
        )

    def annotations(self) -> pd.DataFrame:
        """Return what was noted about this attempt; see `mle.load_annotations`."""
        from mle_toolkit.frames import load_annotations

        return load_annotations(self.path)

    def stop(self) -> None:
        """Ask the attempt to stop; it publishes what it has."""
        from mle_toolkit.running import control

        control.stop(self.folder)

    def export(
        self,
        target: str | Path,
        *,
        node: int | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the attempt into one file to share; return its path.

        Parameters
        ----------
        target
            Its ending says what is written: ``.html``, one page that is interactive
            and needs nobody; ``.json``, an ATIF trajectory; ``.eval``, a log for
            Inspect View (extra ``inspect``); ``.ipynb`` or ``.py``, a program.
        node
            Of programs, which one; by default the best. The other forms hold all.
        overwrite
            Replace a file that exists.

        Raises
        ------
        UsageError
            For another ending, or a node that is not there.
        StoreError
            When the file exists or cannot be written.
        """
        from mle_toolkit.notebook.exporting import export_attempt

        return export_attempt(self, Path(target), node=node, overwrite=overwrite)

    def _view(self) -> Any:
        from mle_toolkit.reporting.live.trace import TraceView

        return TraceView(self.folder).read_all()


class Comparison:
    """Two attempts of an experiment, shown side by side."""

    def __init__(
        self, experiment: Experiment, first: AttemptFolder, second: AttemptFolder
    ) -> None:
        self.experiment = experiment
        self.first = first
        self.second = second

    def __repr__(self) -> str:
        """Say in one line what is compared."""
        names = ("/".join(each.path.parts[-3:]) for each in (self.first, self.second))
        return f"<Comparison of {' and '.join(names)}>"

    def _ipython_display_(self) -> None:
        from mle_toolkit.notebook.showing import show

        root = self.experiment.path
        first, second = (
            {"ref": each.path.relative_to(root).as_posix(), "node": None}
            for each in (self.first, self.second)
        )
        session = self.experiment.session(compare={"a": first, "b": second})
        show(session, self.__repr__)


def watch(path: str | Path, *, format: str | None = None) -> Experiment | Attempt:  # noqa: A002 - the word for it
    """Return a handle that shows itself live: an experiment or one attempt.

    Parameters
    ----------
    path
        A run folder, an attempt's folder, or a trace that another tool wrote: a
        journal of AIDE or aira-dojo, an Inspect log, an ATIF trajectory, a stream of
        Claude Code or Codex, a trajectory of OpenHands or SWE-agent, a log of MLAB.
        A folder of such files is shown as an experiment.  Other tools' traces are
        read into the user's cache folder first; ``mle import trace`` keeps them where
        you say.
    format
        Name of the other tool's format; by default it is recognised.

    Raises
    ------
    StoreError
        When there is nothing at `path` that can be shown.

    Examples
    --------
    >>> watch("runs/first/digits/tree-search-offline/0")  # doctest: +SKIP
    """
    from mle_toolkit.notebook.experiment import Experiment, find

    found = find(path)
    if format is None:
        folder = attempt_at(found)
        if folder is not None:
            return Attempt(folder)
        if ExperimentFolder(found).plan_paths():
            return Experiment(found)
    imported = Experiment(_imported(found, format))
    attempts = imported.folder.attempts()
    return imported if len(attempts) > 1 else Attempt(attempts[0], imported.folder)


def attempt_at(path: Path) -> AttemptFolder | None:
    """Return the attempt whose folder, try or log lies at `path`, else None."""
    if path.name == "events.jsonl":
        path = path.parent
    if path.name.startswith("try-"):
        path = path.parent
    folder = AttemptFolder(path.absolute())
    there = (path / "spec.json").exists() or folder.result_path.exists()
    return folder if there or folder.tries() else None


def actions(
    experiment: ExperimentFolder,
) -> Callable[[str, AttemptFolder | None], None] | None:
    """Return what stops and resumes attempts; None where none was ever run here."""
    from mle_toolkit.running import control
    from mle_toolkit.store import read_json

    plans = experiment.plan_paths()
    if not plans or "imported" in read_json(plans[0]):
        return None

    def act(verb: str, attempt: AttemptFolder | None) -> None:
        if verb == "stop":
            control.stop(attempt or experiment)
        else:
            control.resume(experiment)

    return act


def _experiment_of(folder: AttemptFolder) -> ExperimentFolder | None:
    parents = folder.path.parents
    if len(parents) < 3:  # noqa: PLR2004 - competition, agent, seed
        return None
    experiment = ExperimentFolder(parents[2])
    return experiment if experiment.plan_paths() else None


def _imported(source: Path, form: str | None) -> Path:
    """Import a foreign trace into the cache, unless this very file lies there."""
    from platformdirs import user_cache_path

    from mle_toolkit.traces.importing.storing import import_traces

    if not source.exists():
        msg = f"there is nothing at {source}"
        raise StoreError(msg)
    mark = hashlib.sha256(f"{source.absolute()}\0{form}".encode())
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    for path in files:
        status = path.lstat()
        mark.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    folder = user_cache_path("mle-toolkit") / "traces" / mark.hexdigest()[:24]
    if not folder.exists():
        from mle_toolkit.notebook.waiting import bytes_shown

        try:
            with bytes_shown(f"reading {source.name}") as progress:
                import_traces(source, folder, format=form, progress=progress)
        except StoreError:
            # Another process may have read the same meanwhile.
            if not folder.exists():
                raise
    return folder
