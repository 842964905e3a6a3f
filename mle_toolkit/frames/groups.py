"""Run groups of MLE-bench, and the table that says which experiment they belong to."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mle_toolkit.errors import StoreError, UsageError

TABLE = "run_group_experiments.csv"
_COLUMNS = ("experiment_id", "run_group")
_NO_TABLE = "no experiment table: each run group is an experiment of its own"


@dataclass(frozen=True, slots=True)
class Groups:
    """Which experiments each run group belongs to.

    Attributes
    ----------
    experiments
        Names of experiments by run group; a group may belong to several.
    source
        Where that is written, or why nothing is known.
    is_whole
        Whether it speaks of all run groups at hand; not of one among many.
    """

    experiments: dict[str, tuple[str, ...]]
    source: str
    is_whole: bool = True

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return bool(self.experiments)

    def group_of(self, folders: tuple[str, ...]) -> str:
        """Return the run group of a report, from the names of its folders.

        The outermost folder that is in the table, else the innermost.
        """
        return next((name for name in folders if name in self.experiments), folders[-1])

    def experiments_of(self, group: str) -> tuple[str, ...]:
        """Return the experiments of a run group; its own name when none is known."""
        return self.experiments.get(group, (group,))


def groups_for(
    root: Path, given: str | Path | Mapping[str, str | list[str]] | None
) -> Groups:
    """Return what is known of the run groups below `root`.

    Raises
    ------
    UsageError
        When the table that was `given` has other columns or content.
    StoreError
        When it cannot be read.
    """
    if isinstance(given, Mapping):
        return Groups(
            {
                str(group): (names,) if isinstance(names, str) else tuple(names)
                for group, names in given.items()
            },
            "the mapping given",
        )
    if given is not None:
        return read_table(Path(given))
    # The table lies beside the run groups: in the folder itself, or above one group.
    for folder in (root, root.parent):
        table = folder / TABLE
        if table.is_file():
            groups = read_table(table)
            if folder == root:
                return groups
            if root.name in groups.experiments:
                return replace(groups, is_whole=False)
    return Groups({}, _NO_TABLE)


def read_table(path: Path) -> Groups:
    """Read a table with the columns ``experiment_id`` and ``run_group``.

    Raises
    ------
    StoreError
        When the file cannot be read.
    UsageError
        When it is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        msg = f"the experiment table {path} cannot be read: {error.strerror or error}"
        raise StoreError(msg) from error
    except (csv.Error, UnicodeDecodeError) as error:
        msg = f"the experiment table {path} is no CSV in UTF-8: {error}"
        raise UsageError(msg) from error
    got = list(rows[0]) if rows else []
    if not set(_COLUMNS) <= set(got):
        msg = (
            f"an experiment table has the columns {' and '.join(_COLUMNS)} and at "
            f"least one row; {path} has {got or 'no rows'}"
        )
        raise UsageError(msg)
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        experiment, group = ((row[name] or "").strip() for name in _COLUMNS)
        if experiment and group:
            found.setdefault(group, {})[experiment] = None
    return Groups({group: tuple(names) for group, names in found.items()}, str(path))
