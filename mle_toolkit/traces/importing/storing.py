"""Store the attempts of other tools as a run folder, which everything here can read."""

from __future__ import annotations

import os
import shutil
from collections import Counter, deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError
from mle_toolkit.records import LoadReport, Problem
from mle_toolkit.store import write_json
from mle_toolkit.traces.importing import read_traces
from mle_toolkit.traces.importing.fields import count_of, word_of
from mle_toolkit.traces.importing.keeping import keep
from mle_toolkit.traces.importing.naming import agent_part, competition_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mle_toolkit.traces.importing.records import ForeignTrace

MAX_SEED = 2**31
_EVERY = 200


def import_traces(
    path: str | Path,
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - as in read_traces
    progress: Callable[[int, int], None] | None = None,
) -> LoadReport:
    """Write the attempts that another tool recorded into a new run folder.

    Frames, figures, annotations and the live view then read it like a run of ours.
    Nothing runs in it: resuming finds nothing to do.  Test scores that the tool knows
    become grades; an attempt without one says so in ``grade-error.json``.

    Parameters
    ----------
    path
        A file, or the folder that the tool wrote.
    out
        The run folder; it must not exist.  It appears when it is whole.
    format
        One of `mle_toolkit.traces.importing.FORMATS`; by default it is detected.
    progress
        Called now and then with the bytes that are done and the bytes in all.
        Inside of a file the number is an estimate.

    Returns
    -------
    LoadReport
        ``rows`` attempts were stored; the problems say what was passed over.

    Raises
    ------
    StoreError
        When `out` exists or cannot be written, or nothing at `path` can be read.
    UnknownNameError
        When there is no such format.
    """
    target = Path(out).absolute()
    _refuse_existing(target)
    traces = read_traces(path, format=format)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        draft.mkdir(parents=True)
        folder = _Folder(draft, target.name)
        problems = folder.store(traces, _Meter(traces, progress))
        if not folder.planned:
            reason = problems[0].reason if problems else "there are no events"
            msg = f"{path} holds no trace that can be read: {reason}"
            raise StoreError(msg)
        folder.write_plan(format=traces[0].format, source=Path(path).absolute().name)
        if next(draft.glob("*/*/*/try-1/submissions"), None) is not None:
            os.sync()
        _refuse_existing(target)
        draft.rename(target)
    except OSError as error:
        msg = f"{out} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return LoadReport(len(folder.planned), tuple(problems))


def _refuse_existing(target: Path) -> None:
    if os.path.lexists(target):
        msg = f"{target} exists already. Name a new folder; an import adds to none"
        raise StoreError(msg)


class _Folder:
    """A run folder in the making."""

    def __init__(self, path: Path, experiment: str) -> None:
        self.planned: list[dict[str, Any]] = []
        self._path = path
        self._experiment = experiment
        self._next_seed: Counter[tuple[str, str]] = Counter()

    def store(self, traces: Sequence[ForeignTrace], meter: _Meter) -> list[Problem]:
        """Store each trace that can be read; return what was wrong."""
        problems: list[Problem] = []
        for trace in traces:
            item = self._place(trace)
            spec = {"experiment": self._experiment, **item}
            if keep(trace, self._path / item["path"], spec, meter.step):
                self.planned.append(item)
            problems += trace.problems
            meter.finish()
        return problems

    def write_plan(self, *, format: str, source: str) -> None:  # noqa: A002
        """Write the plan, which names the attempts and cannot be run."""
        plan = {
            "experiment": self._experiment,
            "version": 1,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "imported": {"format": format, "source": source},
            "sandbox": "imported",
            "attempts": self.planned,
        }
        write_json(self._path / "plan-1.json", plan)

    def _place(self, trace: ForeignTrace) -> dict[str, Any]:
        """Make the folder of a trace, with the next seed that is free."""
        scaffold, model = word_of(trace.scaffold, "agent"), word_of(trace.model)
        competition = competition_part(word_of(trace.competition))
        agent = agent_part(scaffold, model)
        # The disk decides what is taken: some cannot tell "A" from "a".
        above = self._path / competition / agent
        key = (competition.lower(), agent.lower())
        seed = count_of(trace.seed) or 0
        if seed >= MAX_SEED:
            seed = 0
        while True:
            try:
                (above / str(seed)).mkdir(parents=True)
                break
            except FileExistsError:
                seed = max(seed + 1, self._next_seed[key])
        self._next_seed[key] = max(self._next_seed[key], seed + 1)
        return {
            "path": f"{competition}/{agent}/{seed}",
            "competition": competition,
            "scaffold": scaffold,
            "model": model,
            "seed": seed,
        }


class _Meter:
    """Tells how much of the files is stored."""

    def __init__(
        self,
        traces: Sequence[ForeignTrace],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        # The traces of one file share its size.
        sharers = Counter(trace.source for trace in traces)
        sizes = {source: _size(source) for source in sharers}
        self._shares = deque(
            sizes[trace.source] // sharers[trace.source] for trace in traces
        )
        self._total = sum(self._shares)
        self._progress = progress
        self._done = 0
        self._within = 0
        self._calls = 0

    def step(self, written: int) -> None:
        """Take note that an event was stored: it had about `written` bytes."""
        self._calls += 1
        self._within += written
        if self._calls % _EVERY == 0:
            self._tell(self._done + min(self._within, self._shares[0]))

    def finish(self) -> None:
        """Take note that a trace is stored."""
        self._done += self._shares.popleft()
        self._within = 0
        self._tell(self._done)

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            self._progress(done, self._total)


def _size(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError:
        return 0
