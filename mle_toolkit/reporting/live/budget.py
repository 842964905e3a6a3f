"""Where the time, the tokens and the money of an attempt went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mle_toolkit.reporting.live.events import number, whole

MODEL, TRAINING, DEBUGGING, TOOLS, IDLE = PHASES = (
    "model", "training", "debugging", "tools", "idle",
)  # fmt: skip


@dataclass(slots=True)
class Phase:
    """What one phase has used; `usd` is None while no price is known."""

    seconds: float = 0.0
    tokens: int = 0
    usd: float | None = None


@dataclass(slots=True)
class Budget:
    """Adds up what events say they took.

    All that happens for a node which repairs another is debugging: the model's time
    for it as well as its runs.  Idle is what remains of the elapsed time.
    """

    phases: dict[str, Phase] = field(
        default_factory=lambda: {name: Phase() for name in PHASES}
    )
    elapsed_s: float = 0.0
    _next: str = IDLE

    def take(self, kind: str, event: dict[str, Any], *, debugging: bool) -> None:
        """Add one event."""
        self.elapsed_s = max(self.elapsed_s, number(event.get("elapsed_s")) or 0.0)
        self._next = _next_phase(kind, event, debugging=debugging)
        name = {"model": MODEL, "exec": TRAINING, "tool": TOOLS}.get(kind)
        if name is None:
            return
        phase = self.phases[DEBUGGING if debugging else name]
        phase.seconds += max(0.0, number(event.get("duration_s")) or 0.0)
        for key in ("tokens_in", "tokens_out"):
            phase.tokens += whole(event.get(key)) or 0
        usd = number(event.get("cost_usd"))
        if usd is not None:
            phase.usd = (phase.usd or 0.0) + usd

    def shown(self, *, limit_s: float | None, now_s: float | None) -> dict[str, Any]:
        """Return the budget for the front end.

        Parameters
        ----------
        limit_s
            The time limit in seconds, where there is one.
        now_s
            Seconds since the start while the attempt runs; what is beyond the last
            event counts for the phase that is going on.
        """
        seconds = {name: phase.seconds for name, phase in self.phases.items()}
        elapsed = max(self.elapsed_s, now_s or 0.0)
        seconds[self._next] += elapsed - self.elapsed_s
        busy = sum(seconds.values()) - seconds[IDLE]
        seconds[IDLE] = max(0.0, elapsed - busy)
        costs = [p.usd for p in self.phases.values() if p.usd is not None]
        return {
            "elapsed_s": round(elapsed, 1),
            "limit_s": limit_s,
            "usd": sum(costs) if costs else None,
            "usd_limit": None,
            "tokens": sum(phase.tokens for phase in self.phases.values()),
            "phases": [
                {
                    "name": name,
                    "seconds": round(seconds[name], 3),
                    "tokens": phase.tokens,
                    "usd": phase.usd,
                }
                for name, phase in self.phases.items()
            ],
        }


def _next_phase(kind: str, event: dict[str, Any], *, debugging: bool) -> str:
    """Return what an attempt is busy with after this event."""
    if kind == "model" and event.get("purpose") != "review":
        busy = TOOLS if event.get("node") is None else TRAINING
    elif kind in {"exec", "validation", "node", "submission", "tool"}:
        busy = MODEL
    else:
        return IDLE
    return DEBUGGING if debugging else busy
