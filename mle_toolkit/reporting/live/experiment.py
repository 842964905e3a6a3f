"""All attempts of an experiment, as a view asks for them."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeGuard

from mle_toolkit.errors import ToolkitError
from mle_toolkit.reporting.live.attempt import AttemptRow
from mle_toolkit.reporting.live.events import number
from mle_toolkit.reporting.live.facts import MEDALS
from mle_toolkit.store import read_json
from mle_toolkit.store.processes import read_owner

if TYPE_CHECKING:
    from mle_toolkit.store import ExperimentFolder

# Attempts that may still change are looked at this often.
_LOOK_S = 1.0


class ExperimentView:
    """An experiment's attempts, read again and again while they run.

    Every planned attempt is listed from the plans alone at once; their states follow
    as far as `advance` is given time.
    """

    def __init__(self, folder: ExperimentFolder) -> None:
        self.folder = folder
        self.rows: list[AttemptRow] = []
        self.imported = False
        self._known: dict[str, int] = {}
        self._plans = 0
        self._queue: list[int] = []
        self._open: set[int] = set()
        self._changed: set[int] = set()
        self.serial = 0
        self._look_at = 0.0
        self._seen: tuple[object, ...] = ()
        self._read_plans()
        # Whoever asks for everything gets these; a batch would say them twice.
        self._changed.clear()

    def advance(self, most_s: float = float("inf")) -> bool:
        """Look at attempts for about `most_s` seconds; return whether any changed."""
        until = time.monotonic() + most_s
        if not self._queue and time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            self._read_plans()
            self._queue = sorted(self._open, reverse=True)
        while self._queue:
            at = self._queue.pop()
            if self.rows[at].look():
                self._changed.add(at)
            if self.rows[at].final:
                self._open.discard(at)
            if time.monotonic() > until:
                break
        return bool(self._changed)

    def look_again(self) -> None:
        """Let the next `advance` look at everything, however recently it did."""
        self._look_at = 0.0

    def full(self) -> dict[str, Any]:
        """Return everything, and the number of the last batch that is in it."""
        return {**self.shown(), "serial": self.serial}

    def shown(self) -> dict[str, Any]:
        """Return everything."""
        return {
            "name": self.folder.name,
            "attempts": [row.shown() for row in self.rows],
            **self._state(),
        }

    def changes(self) -> dict[str, Any] | None:
        """Return the next batch: rows that changed or are new; None when none did.

        Batches are numbered by ``serial``, so that who missed one asks for everything.
        """
        state = self._state()
        seen = (state["stopping"], state["dispatching"], state["reading"])
        if not self._changed and seen == self._seen:
            return None
        self._seen = seen
        self.serial += 1
        changed = [[at, self.rows[at].shown()] for at in sorted(self._changed)]
        self._changed.clear()
        return {"serial": self.serial, "changed": changed, **state}

    @property
    def caught_up(self) -> bool:
        """Whether every attempt has been looked at."""
        return not self._queue and all(row.seen for row in self.rows)

    def done(self) -> bool:
        """Whether no attempt will change any more."""
        return not self._open

    def _state(self) -> dict[str, Any]:
        owner = read_owner(self.folder.dispatcher)
        unread = sum(not row.seen for row in self.rows)
        return {
            "totals": self.totals(),
            "stopping": self.folder.stop_wish.exists(),
            "dispatching": owner.alive() if owner else False,
            "reading": {"done": len(self.rows) - unread, "of": len(self.rows)}
            if unread
            else None,
        }

    def totals(self) -> dict[str, Any]:
        """Return sums over all attempts; money is None where no price is known."""
        shown = [row.facts for row in self.rows]
        costs = [row["usd"] for row in shown if row["usd"] is not None]
        return {
            "n": len(shown),
            "states": dict(Counter(row["state"] for row in shown)),
            "medals": {
                medal: sum(row["medal"] == medal for row in shown) for medal in MEDALS
            },
            "valid": sum(bool(row["valid"]) for row in shown),
            "nodes": sum(row["nodes"] or 0 for row in shown),
            "tokens": sum(row["tokens"] or 0 for row in shown),
            "usd": sum(costs) if costs else None,
            "elapsed_s": sum(row["elapsed_s"] or 0.0 for row in shown),
        }

    def _read_plans(self) -> None:
        paths = self.folder.plan_paths()
        for path in paths[self._plans :]:
            try:
                plan = read_json(path)
            except ToolkitError:
                continue
            self.imported = self.imported or "imported" in plan
            self._add(plan)
        self._plans = len(paths)

    def _add(self, plan: dict[str, Any]) -> None:
        limits, tasks = plan.get("limits"), plan.get("tasks")
        limit_s = (
            number(limits.get("time_limit_s")) if isinstance(limits, dict) else None
        )
        attempts = plan.get("attempts")
        for item in attempts if isinstance(attempts, list) else ():
            ref = item.get("path") if isinstance(item, dict) else None
            if not is_inside(ref) or ref in self._known:
                continue
            competition = str(item.get("competition") or ref.split("/")[0])
            task = tasks.get(competition) if isinstance(tasks, dict) else None
            lower = task.get("lower_is_better") if isinstance(task, dict) else None
            self._known[ref] = len(self.rows)
            self._open.add(len(self.rows))
            self._changed.add(len(self.rows))
            self.rows.append(
                AttemptRow(self.folder.path, ref, item, limit_s=limit_s, lower=lower)
            )
        self._queue = sorted(self._open, reverse=True)


def is_inside(ref: object) -> TypeGuard[str]:
    """Whether a plan's path of an attempt stays within the run folder."""
    parts = ref.split("/") if isinstance(ref, str) else []
    return "".join(parts) != "" and parts[0] != "" and ".." not in parts
