"""Grade published attempts: ``python -m mle_toolkit.competitions.grader FOLDER ...``.

This is the only process that can read answers.  For each attempt folder that has a
``result.json`` it writes ``grade.json``, and a grade beside every snapshot.  What is
graded already is left alone, so it may be run again at any time.  When it cannot
grade for reasons of its own, such as missing answers, it writes ``grade-error.json``
instead, and the next success removes that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import StoreError, ToolkitError
from mle_toolkit.records import to_json
from mle_toolkit.store import AttemptFolder, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mle_toolkit.competitions.grading import Grader

MEMORY_BYTES = 8 << 30
_CHOSEN = "submission.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade the attempts in the folders named; return 1 if some cannot be graded."""
    parser = argparse.ArgumentParser(prog="grader", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--again", action="store_true", help="replace older grades")
    given = parser.parse_args(arguments)
    book = GradeBook(again=given.again)
    n_failed = 0
    for folder in given.folders:
        try:
            book.grade_attempt(AttemptFolder(folder.absolute()))
        except (ToolkitError, OSError) as error:
            n_failed += 1
            print(f"{folder}: {error}", file=sys.stderr)
    return 1 if n_failed else 0


class GradeBook:
    """Grades attempts, and loads the answers of each competition once."""

    def __init__(self, *, again: bool = False) -> None:
        self._again = again
        self._graders: dict[str, Grader] = {}
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def grade_attempt(self, attempt: AttemptFolder) -> None:
        """Grade one published attempt and its snapshots.

        Raises
        ------
        ToolkitError, OSError
            When it cannot be graded; ``grade-error.json`` then says why.
        """
        if not attempt.result_path.exists():
            return
        try:
            self._grade_files(attempt)
        except (ToolkitError, OSError) as error:
            write_json(attempt.grade_error_path, {"error": str(error)})
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            write_json(attempt.grade_error_path, {"error": said})
            msg = f"{attempt.path} cannot be graded: {said}"
            raise StoreError(msg) from error
        attempt.grade_error_path.unlink(missing_ok=True)

    def _grade_files(self, attempt: AttemptFolder) -> None:
        task = attempt.spec().task
        grader = self._grader(task.card_dir or task.competition)
        for attempt_try in attempt.tries():
            for path in sorted(attempt_try.submissions.glob("[0-9]*.csv")):
                self._grade_file(grader, path, path.with_suffix(".grade.json"))
        chosen = _chosen(attempt)
        if chosen is not None:
            self._grade_file(grader, chosen, attempt.grade_path)
        elif self._again or not attempt.grade_path.exists():
            refused = grader.refuse("the attempt made no submission")
            write_json(attempt.grade_path, json.loads(to_json(refused)))

    def _grader(self, competition: str) -> Grader:
        if competition not in self._graders:
            from mle_toolkit.competitions.grading import Grader

            self._graders[competition] = Grader.of(competition)
        return self._graders[competition]

    def _grade_file(self, grader: Grader, path: Path, target: Path) -> None:
        if target.exists() and not self._again:
            return
        key = grader.card.id, _content(path)
        if key not in self._known:
            self._known[key] = json.loads(to_json(grader.grade(path)))
        write_json(target, self._known[key])


def _chosen(attempt: AttemptFolder) -> Path | None:
    # The result says which snapshot it was; the copy beside it is for people.
    snapshot = attempt.submission()
    if snapshot is not None and snapshot.exists():
        return snapshot
    copy = attempt.path / _CHOSEN
    return copy if copy.exists() or copy.is_symlink() else None


def _content(path: Path) -> str:
    # Equal snapshots share a grade; whatever is no plain file stands for itself.
    if path.is_symlink() or not path.is_file():
        return str(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _limit_memory() -> None:
    """Fail on one submission rather than take the machine's memory with it."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


if __name__ == "__main__":
    _limit_memory()
    sys.exit(main())
