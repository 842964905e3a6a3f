"""`launch`, `attach`, and the handle they return.

The handle only reads the run folder and leaves wishes there.  Nothing runs in
the kernel, so closing or killing it does not touch the attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.records import Grade, Thresholds
from mle_toolkit.running import control
from mle_toolkit.store import AttemptFolder, ExperimentFolder

if TYPE_CHECKING:
    import pandas as pd

    from mle_toolkit.notebook.watching import Attempt, Comparison
    from mle_toolkit.reporting.live.session import Session
    from mle_toolkit.running.plan import Plan


@dataclass(frozen=True, slots=True)
class Best:
    """The best graded attempt on one competition.

    Attributes
    ----------
    code
        The program behind the submission, or None when the trace has none.
    submission
        Where the submission lies.
    """

    competition: str
    attempt: Path
    seed: int
    code: str | None
    submission: Path
    grade: Grade

    def _repr_html_(self) -> str:
        from mle_toolkit.notebook.best import best_html

        return best_html(self)


# Who asks for a picture alone wants a whole one.
_PATIENCE_S = 5.0


class Experiment:
    """A handle on a run folder.

    Parameters
    ----------
    path
        A run folder that holds a plan.

    Raises
    ------
    StoreError
        When there is no experiment at `path`.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = ExperimentFolder.open(path)
        self._monitor = control.Monitor(self.folder)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.folder.name

    def __repr__(self) -> str:
        """Say in one line how far the experiment is."""
        progress = self.progress()
        counts = ", ".join(f"{n} {state}" for state, n in progress.states.items())
        return f"<Experiment {self.name}: {progress.total} attempts: {counts}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from mle_toolkit.notebook.showing import bundle

        return bundle(self.session(), most_s=_PATIENCE_S)

    def _ipython_display_(self) -> None:
        from mle_toolkit.notebook.showing import show

        show(self.session(), self.__repr__)

    def __getitem__(self, attempt: int | str | tuple[str, ...]) -> Attempt:
        """Return one attempt: by row number, by path, or by the end of its path.

        Raises
        ------
        UsageError
            When there is none, or more than one.

        Examples
        --------
        >>> exp[0], exp["digits/tree-search-offline/3"]  # doctest: +SKIP
        """
        from mle_toolkit.notebook.watching import Attempt

        return Attempt(self._attempt(attempt), self.folder)

    def session(self, **options: Any) -> Session:
        """Return what answers a live view of this experiment."""
        from mle_toolkit.notebook.watching import actions
        from mle_toolkit.reporting.live.session import Session

        return Session(self.folder, act=actions(self.folder), **options)

    def compare(
        self, first: int | str | tuple[str, ...], second: int | str | tuple[str, ...]
    ) -> Comparison:
        """Show two attempts side by side: scores, where they part, and their programs.

        Parameters
        ----------
        first, second
            Each as in ``exp[...]``.
        """
        from mle_toolkit.notebook.watching import Comparison

        return Comparison(self, self._attempt(first), self._attempt(second))

    def export(self, target: str | Path, *, overwrite: bool = False) -> Path:
        """Write the experiment into one HTML file to share; return its path.

        The page is interactive and needs nobody: the list, and every attempt that has
        begun, with its tree, scores and transcript.

        Raises
        ------
        UsageError
            When `target` does not end in ``.html``.
        StoreError
            When the file exists or cannot be written.
        """
        from mle_toolkit.notebook.exporting import export_experiment

        return export_experiment(self, Path(target), overwrite=overwrite)

    def progress(self) -> control.Progress:
        """Return how many attempts are in which state."""
        return self._monitor.read()

    def plans(self) -> list[Plan]:
        """Return what was planned: the first plan and its extensions."""
        return control.plans(self.folder)

    def wait(self, timeout: float | None = None, *, show: bool = True) -> Experiment:
        """Wait until all attempts are published and graded.

        Parameters
        ----------
        timeout
            Stop waiting after this many seconds; the attempts go on.
        show
            Show a progress bar.

        Raises
        ------
        StoreError
            When the dispatcher has ended before all was done.
        """
        from mle_toolkit.notebook.waiting import progress_shown

        with progress_shown(self, enabled=show) as update:
            progress = control.wait(self.folder, show=update, timeout_s=timeout)
        if progress.complete or progress.stopping or progress.dispatching is not False:
            return self
        left = progress.total - progress.done
        msg = (
            f"the dispatcher has ended with {left} of {progress.total} attempts left. "
            f"Go on with: mle resume {_shown(self.path)}"
        )
        raise StoreError(msg)

    def stop(self) -> None:
        """End running attempts with what they have, and start no more."""
        control.stop(self.folder)

    def resume(self) -> Experiment:
        """Run the attempts that have no result yet."""
        control.resume(self.folder)
        return self

    def extend(self, attempts: int) -> Experiment:
        """Add `attempts` more seeds of each agent on each competition, and run them."""
        control.extend(self.folder, attempts)
        return self.resume()

    def attempts(self) -> pd.DataFrame:
        """Return the tidy frame, one row per attempt; see `load_attempts`."""
        from mle_toolkit.frames import load_attempts

        return load_attempts(self.path)

    def annotations(self) -> pd.DataFrame:
        """Return what people noted, one row per annotation; see `load_annotations`."""
        from mle_toolkit.frames import load_annotations

        return load_annotations(self.path)

    def events(self, attempt: int | str | Path | None = None) -> pd.DataFrame:
        """Return the events of one attempt, or of all.

        Parameters
        ----------
        attempt
            A path or a row number of `attempts`; None for all attempts.
        """
        from mle_toolkit.frames import events_frame

        if attempt is None:
            return events_frame(self.folder.attempts())
        if isinstance(attempt, Path):
            return events_frame([AttemptFolder(self.path / attempt)])
        return events_frame([self._attempt(attempt)])

    def best(self, competition: str | None = None) -> Best:
        """Return the best graded attempt: its code, submission and grade.

        Parameters
        ----------
        competition
            Needed when the experiment has more than one.

        Raises
        ------
        StoreError
            When no attempt has a valid submission yet.
        """
        from mle_toolkit.notebook.best import best_attempt

        return best_attempt(self.folder, competition)

    def _attempt(self, wanted: int | str | tuple[str, ...]) -> AttemptFolder:
        attempts = self.folder.attempts()
        if isinstance(wanted, int):
            if not -len(attempts) <= wanted < len(attempts):
                msg = f"there is no attempt {wanted}; {self.name} has {len(attempts)}"
                raise UsageError(msg)
            return attempts[wanted]
        parts = wanted if isinstance(wanted, tuple) else wanted.strip("/").split("/")
        name = [str(part) for part in parts]
        found = [each for each in attempts if _named(each, name)]
        if len(found) != 1:
            names = ", ".join("/".join(each.path.parts[-3:]) for each in attempts[:3])
            msg = (
                f"{len(found) or 'no'} attempts are named {'/'.join(name)!r}; "
                f"name one as competition/agent/seed, such as {names}"
            )
            raise UsageError(msg)
        return found[0]


def attach(path: str | Path) -> Experiment:
    """Return a handle on a run folder that exists, from any process at any time.

    A relative path is looked for here and in the folders above, because the
    kernel of a notebook works in the notebook's own folder.

    Raises
    ------
    StoreError
        When there is no experiment at `path`.
    """
    return Experiment(find(path))


def find(path: str | Path) -> Path:
    """Return a path that exists here or in one of the folders above, else `path`."""
    wanted = Path(path).expanduser()
    if not wanted.is_absolute():
        for folder in (Path.cwd(), *Path.cwd().parents):
            if (folder / wanted).exists():
                return folder / wanted
    return wanted


def _named(attempt: AttemptFolder, name: list[str]) -> bool:
    """Whether the parts of `name` are among those of the attempt, in their order."""
    parts = iter(attempt.path.parts[-3:])
    return all(part in parts for part in name)


def read_grade(data: dict[str, Any]) -> Grade:
    """Return the grade record of a ``grade.json``."""
    values = {**data, "thresholds": Thresholds(**data["thresholds"])}
    values["warnings"] = tuple(data["warnings"])
    return Grade(**values)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
