"""The tidy frame: one row per attempt, which is what every analysis takes.

`load_attempts` reads run folders of ours and the grading reports of MLE-bench.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.errors import StoreError, UsageError
from mle_toolkit.frames.annotations import load_annotations
from mle_toolkit.frames.columns import COLUMNS, join
from mle_toolkit.frames.finding import Sources, find_sources
from mle_toolkit.frames.groups import Groups, groups_for, read_table
from mle_toolkit.frames.reports import UnreadableError, read_reports
from mle_toolkit.frames.runs import attempts_frame, events_frame
from mle_toolkit.frames.table import reports_frame
from mle_toolkit.records import LoadReport
from mle_toolkit.store import ExperimentFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = [
    "COLUMNS",
    "attempts_frame",
    "events_frame",
    "load_annotations",
    "load_attempts",
]


def load_attempts(
    path: str | Path,
    *,
    experiments: str | Path | Mapping[str, str | list[str]] | None = None,
) -> pd.DataFrame:
    """Return the tidy frame of what is at `path`: one row per attempt.

    What was wrong is listed in ``frame.attrs["report"]``, a `LoadReport`: records
    that were passed over and why, what is odd about those that were kept, and the
    columns that a source does not know.  Print it.

    Parameters
    ----------
    path
        One of these:

        - a run folder of ours, or a folder of several;
        - a grading report of MLE-bench, of one submission or of a run;
        - a folder of grading reports, at any depth: files named
          ``*grading_report*.json``, or else every JSON file.  Links are followed.
        - the table ``run_group_experiments.csv`` of MLE-bench, with the columns
          ``experiment_id`` and ``run_group``: the reports in the folders of those
          run groups, which lie beside it.
    experiments
        For grading reports: another such table, or a mapping from the run group to
        the name of its experiment.  By default, the table in the folder or in the
        one above.

    Returns
    -------
    DataFrame
        Attempts of ours without a result have the status ``pending``, ``running``
        or ``lost`` and missing values; those that cannot be read are ``broken``.

        Grading reports are read in the order of their paths, folder by folder, and
        the i-th one of a competition in an experiment is its seed i, from 0, as in
        MLE-bench.  Reports that were read already are left out and counted; a run
        group that belongs to two experiments has its rows in both.  Without a table
        each run group, which is the folder of the report, is an experiment.
        ``agent`` is the experiment's name, because a report names no agent.
        Competitions that MLE-bench does not have are kept, without a split.  A
        missing score is NaN.

    Raises
    ------
    StoreError
        When there is nothing to read at `path`.
    UsageError
        When the experiment table is none.
    """
    place = Path(path).absolute()
    if place.is_dir():
        return _of_folder(place, experiments)
    if not place.exists():
        msg = f"{path} does not exist, so there is no experiment and no grading report"
        raise StoreError(msg)
    if place.suffix.lower() == ".csv":
        return _of_table(place, experiments)
    try:
        read_reports(str(place))
    except UnreadableError as error:
        msg = f"{path} holds no grading report: {error.reason}"
        raise StoreError(msg) from error
    groups = groups_for(place.parent, experiments)
    return reports_frame([str(place)], groups, root=place.parent)


def _of_folder(
    place: Path, experiments: str | Path | Mapping[str, str | list[str]] | None
) -> pd.DataFrame:
    sources = find_sources(place)
    names = sources.reports or ([] if sources.runs else sources.others)
    if not names and not sources.runs:
        raise StoreError(_nothing(place, sources))
    frames = [_of_run(run) for run in sources.runs]
    if names:
        groups = groups_for(place, experiments)
        frame = reports_frame(names, groups, root=place)
        if not sources.reports and frame.empty:
            raise StoreError(_nothing(place, sources))
        frames.append(frame)
    return join(frames, LoadReport(0, tuple(sources.problems)))


def _of_run(folder: Path) -> pd.DataFrame:
    experiment = ExperimentFolder.open(folder)
    return attempts_frame(experiment.attempts(), experiment=experiment.name)


def _of_table(
    table: Path, experiments: str | Path | Mapping[str, str | list[str]] | None
) -> pd.DataFrame:
    if experiments is not None:
        msg = f"{table} is an experiment table itself: leave out experiments="
        raise UsageError(msg)
    groups = read_table(table)
    root = table.parent
    sources = find_sources(root)
    names = [name for name in sources.reports if _is_listed(name, root, groups)]
    if not names:
        msg = f"no run group of {table} has a grading report beside it, in {root}"
        raise StoreError(msg)
    frame = reports_frame(names, groups, root=root)
    return join([frame], LoadReport(0, tuple(sources.problems)))


def _is_listed(name: str, root: Path, groups: Groups) -> bool:
    folders = Path(name).relative_to(root).parts[:-1]
    return any(folder in groups.experiments for folder in folders)


def _nothing(place: Path, sources: Sources) -> str:
    seen = len(sources.others)
    also = f"; {seen} other JSON files are no reports" if seen else ""
    also += "".join(f"; {each.path}: {each.reason}" for each in sources.problems[:1])
    return (
        f"{place} holds no experiment (there is no plan-1.json in it) and no grading "
        f"report (*grading_report*.json){also}"
    )
