"""What the events of an attempt add up to: nodes, the budget, how far it is."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mle_toolkit.reporting.live.budget import Budget
from mle_toolkit.reporting.live.events import (
    MOST_KINDS,
    OTHER_KIND,
    kind_of,
    number,
    short,
    whole,
)

DEBUG = "debug"
STAGES = ("draft", DEBUG, "improve", "crossover")
# A trace of a hostile agent must not fill the memory with nodes.
MOST_NODES = 100_000
_PLAN = 200


@dataclass(slots=True)
class Node:
    """One solution of the search, as far as its events have come.

    Attributes
    ----------
    buggy
        None while nobody has judged it yet.
    metric
        Its validation score; None without one, and for a buggy node.
    elapsed_s
        When it was judged.
    code
        Beginning of the hash of its program.
    gain
        By how much it is better than its parent; negative when worse.
    best
        It was the best so far when it was judged.
    """

    number: int
    parent: int | None = None
    stage: str = "draft"
    metric: float | None = None
    elapsed_s: float | None = None
    duration_s: float | None = None
    buggy: bool | None = None
    reason: str | None = None
    submission: bool = False
    best: bool = False
    gain: float | None = None
    code: str | None = None
    tokens: int = 0
    cost_usd: float | None = None
    first: int = 0
    last: int = 0
    plan: str = ""

    def shown(self) -> dict[str, Any]:
        """Return the node with the names that the front end knows."""
        return {
            "n": self.number, "p": self.parent, "s": self.stage, "m": self.metric,
            "t": self.elapsed_s, "d": self.duration_s, "bug": self.buggy,
            "why": self.reason, "sub": self.submission, "best": self.best,
            "gain": self.gain, "k": self.code, "tok": self.tokens,
            "usd": self.cost_usd, "first": self.first, "last": self.last,
            "plan": self.plan,
        }  # fmt: skip


@dataclass(slots=True)
class TraceModel:
    """Takes events one by one, and never looks back.

    Attributes
    ----------
    lower_is_better
        The direction of the scores; None until a node tells it.
    nodes
        By number, in order of appearance.
    snapshots
        The node of each kept submission, by the submission's number.
    chosen
        Number of the submission to hand in, as of now.
    changed
        Nodes that changed since this set was emptied last.
    """

    lower_is_better: bool | None = None
    nodes: dict[int, Node] = field(default_factory=dict)
    snapshots: dict[int, int | None] = field(default_factory=dict)
    chosen: int | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    budget: Budget = field(default_factory=Budget)
    start: dict[str, Any] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    best: float | None = None

    def take(self, seq: int, event: dict[str, Any]) -> None:
        """Take the next event."""
        kind = kind_of(event)
        known = kind in self.kinds or len(self.kinds) < MOST_KINDS
        self.kinds[kind if known else OTHER_KIND] += 1
        node = self._node_of(seq, event)
        if kind == "node" and node is not None:
            self._judge(node, event)
        elif kind == "model":
            self._ask(node, event)
        elif kind == "exec" and node is not None:
            node.duration_s = (node.duration_s or 0.0) + (
                number(event.get("duration_s")) or 0.0
            )
            node.code = _mark(event.get("code"))
        elif kind == "submission":
            self._keep(event)
        elif kind == "start":
            self.start = event
        debugging = node is not None and node.stage == DEBUG
        self.budget.take(kind, event, debugging=debugging)

    def _node_of(self, seq: int, event: dict[str, Any]) -> Node | None:
        name = whole(event.get("node"))
        if name is None or (name not in self.nodes and len(self.nodes) >= MOST_NODES):
            return None
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = Node(number=name, first=seq)
        node.last = seq
        self.changed.add(name)
        return node

    def _ask(self, node: Node | None, event: dict[str, Any]) -> None:
        if node is None:
            return
        purpose = event.get("purpose")
        if node.buggy is None and purpose in STAGES:
            node.stage = str(purpose)
            node.plan = node.plan or short(event.get("reply"), _PLAN)
        for name in ("tokens_in", "tokens_out"):
            node.tokens += whole(event.get(name)) or 0
        cost = number(event.get("cost_usd"))
        if cost is not None:
            node.cost_usd = (node.cost_usd or 0.0) + cost

    def _judge(self, node: Node, event: dict[str, Any]) -> None:
        parent = whole(event.get("parent"))
        node.parent = parent if parent in self.nodes and parent != node.number else None
        node.stage = short(event.get("stage"), 24) or node.stage
        node.buggy = bool(event.get("is_buggy"))
        node.metric = None if node.buggy else number(event.get("metric"))
        node.reason = short(event.get("reason")) or None
        node.submission = bool(event.get("has_submission"))
        node.plan = short(event.get("plan"), _PLAN) or node.plan
        node.elapsed_s = number(event.get("elapsed_s"))
        if isinstance(event.get("lower_is_better"), bool):
            self.lower_is_better = event["lower_is_better"]
        above = self.nodes[node.parent] if node.parent is not None else None
        if above is not None and above.metric is not None and node.metric is not None:
            node.gain = self._better_by(node.metric, above.metric)
        if node.metric is not None and (
            self.best is None or self._better_by(node.metric, self.best) > 0
        ):
            self.best = node.metric
            node.best = True

    def _better_by(self, new: float, old: float) -> float:
        return old - new if self.lower_is_better else new - old

    def _keep(self, event: dict[str, Any]) -> None:
        which = whole(event.get("number"))
        full = len(self.snapshots) >= MOST_NODES and which not in self.snapshots
        if which is None or full:
            return
        self.snapshots[which] = whole(event.get("node"))
        if event.get("best"):
            self._mark_changed(self.chosen)
            self.chosen = which
            self._mark_changed(which)

    def _mark_changed(self, snapshot: int | None) -> None:
        node = self.snapshots.get(snapshot) if snapshot is not None else None
        if node is not None and node in self.nodes:
            self.changed.add(node)


def _mark(code: Any) -> str | None:
    """Return a short mark that is equal for equal programs."""
    if isinstance(code, dict):
        return short(code.get("blob"), 8) or None
    if not isinstance(code, str) or not code:
        return None
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()[:8]
