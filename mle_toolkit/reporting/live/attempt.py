"""One line of the list of attempts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import ToolkitError
from mle_toolkit.reporting.live.events import number, short, whole
from mle_toolkit.reporting.live.facts import medal_of, stop_asked
from mle_toolkit.reporting.live.logfile import parse
from mle_toolkit.reporting.live.model import TraceModel
from mle_toolkit.store import AttemptFolder, read_json
from mle_toolkit.traces import LogLines
from mle_toolkit.traces.annotations import FILE as ANNOTATIONS
from mle_toolkit.traces.annotations import read_annotations

if TYPE_CHECKING:
    from pathlib import Path

# A running attempt with a long log is read over several looks.
_READ_S = 0.1


class AttemptRow:
    """What the list shows of one attempt.

    Attributes
    ----------
    facts
        The row for the front end, less tags.
    seen
        Whether its folder has been looked at.
    final
        Whether its state will not change any more.
    """

    def __init__(
        self,
        root: Path,
        ref: str,
        item: dict[str, Any],
        *,
        limit_s: float | None,
        lower: bool | None,
    ) -> None:
        self.folder = AttemptFolder(root / ref)
        self.seen = self.final = False
        self._notes_at = 0
        self._tags: list[str] = []
        self._running: _Running | None = None
        competition, agent, seed = _names(ref)
        scaffold, model = item.get("scaffold"), item.get("model")
        self.facts: dict[str, Any] = {
            "ref": ref,
            "competition": short(item.get("competition") or competition, 120),
            "agent": short(f"{scaffold}/{model}" if scaffold else agent, 120),
            "seed": seed_of(item.get("seed", seed)),
            "state": "pending", "status": None, "nodes": None, "best": None,
            "score": None, "lower": lower if isinstance(lower, bool) else None,
            "medal": None, "valid": None, "elapsed_s": None, "limit_s": limit_s,
            "tokens": None, "usd": None, "note": None,
        }  # fmt: skip

    def shown(self) -> dict[str, Any]:
        """Return the row with its tags."""
        return {**self.facts, "tags": self._tags}

    def look(self) -> bool:
        """Look at the folder; return whether the row has changed."""
        before = (dict(self.facts), self._tags)
        self.seen = True
        try:
            self._look()
        except (ToolkitError, OSError, TypeError, ValueError) as error:
            note = short(str(error).replace(f"{self.folder.path}/", ""))
            self.facts |= {"state": "broken", "note": note}
            self.final = True
        self.read_tags()
        return (self.facts, self._tags) != before

    def read_tags(self) -> None:
        """Read the tags again if they may have changed."""
        try:
            changed_at = (self.folder.path / ANNOTATIONS).lstat().st_mtime_ns
        except OSError:
            changed_at = 0
        if changed_at != self._notes_at:
            self._notes_at = changed_at
            try:
                notes = read_annotations(self.folder.path)[0]
            except ToolkitError:
                # The attempt's own view says why; the list goes on.
                notes = []
            every = [short(tag, 40) for each in notes for tag in each.tags]
            self._tags = list(dict.fromkeys(every))

    def _look(self) -> None:
        if self.folder.result_path.exists():
            # `state` would read the result a second time, for each of thousands.
            self._running = None
            self._of_result(read_json(self.folder.result_path))
            return
        state = self.folder.state()
        self.facts["state"] = state
        if state in {"running", "lost"}:
            if state == "running" and stop_asked(self.folder):
                self.facts["state"] = "stopping"
            self._of_log()

    def _of_result(self, result: dict[str, Any]) -> None:
        graded = self.folder.grade_path.exists()
        self.facts |= {
            "state": "graded" if graded else "published",
            "status": short(result.get("status"), 40) or None,
            "nodes": whole(result.get("n_nodes")),
            "best": number(result.get("validation_score")),
            "elapsed_s": number(result.get("elapsed_s")),
            "tokens": (whole(result.get("tokens_in")) or 0)
            + (whole(result.get("tokens_out")) or 0),
            "usd": number(result.get("cost_usd")),
            "note": short(result.get("error")) or None,
        }
        if graded:
            grade = read_json(self.folder.grade_path)
            lower = grade.get("lower_is_better")
            self.facts |= {
                "score": number(grade.get("score")),
                "medal": medal_of(grade),
                "valid": bool(grade.get("valid")),
                "lower": lower if isinstance(lower, bool) else self.facts["lower"],
                "note": self.facts["note"] or short(grade.get("reason")) or None,
            }
            self.final = True
        elif self.folder.grade_error_path.exists():
            error = read_json(self.folder.grade_error_path).get("error")
            self.facts["note"] = f"not graded: {short(error)}"
            self.final = True

    def _of_log(self) -> None:
        newest = self.folder.latest_try()
        if newest is None:
            return
        if self._running is None or not self._running.is_of(newest.path):
            self._running = _Running(newest.path)
        model = self._running.read()
        model.lower_is_better = self.facts["lower"]
        used = model.budget.shown(limit_s=None, now_s=None)
        self.facts |= {
            "nodes": sum(node.buggy is not None for node in model.nodes.values()),
            "best": model.best,
            "elapsed_s": self._running.elapsed_s(),
            "tokens": used["tokens"],
            "usd": used["usd"],
        }


class _Running:
    """The log of an attempt that runs, read as it grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = LogLines(path)
        self._model = TraceModel()

    def is_of(self, path: Path) -> bool:
        """Whether this is the log at `path` as it is now."""
        return self.path == path and not self._lines.replaced()

    def read(self) -> TraceModel:
        for seq, line in self._lines.read_on(_READ_S):
            event = parse(line)
            if isinstance(event, dict):
                self._model.take(seq, event)
        self._model.changed.clear()
        return self._model

    def elapsed_s(self) -> float | None:
        """Return seconds since the try was claimed, by the file system's clock."""
        try:
            return max(0.0, time.time() - (self.path / "claim").stat().st_mtime)
        except OSError:
            return None


def seed_of(value: Any) -> int | str:
    """Return a seed as a number, so that lists sort by it; else as a short text."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:15])
    known = whole(value)
    return short(value, 20) if known is None else known


def _names(ref: str) -> tuple[str, str, str]:
    parts = [*ref.split("/"), "", "", ""]
    return parts[0], parts[1], parts[2]
