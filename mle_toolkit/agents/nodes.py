"""A node: one program of the search, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAFT = "draft"
DEBUG = "debug"
IMPROVE = "improve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One program and its result.

    Attributes
    ----------
    number
        Position in the list of nodes, from 0.
    parent
        Number of the node that this one debugs or improves; None for a draft.
    stage
        ``"draft"``, ``"debug"`` or ``"improve"``.
    plan, code
        What the model wrote.
    output
        What the program printed.
    is_buggy
        The program failed, or gave no metric or no valid submission.
    reason
        Why it is buggy, for the next prompt; empty when it is not.
    metric
        Validation score that the program reported; None when it is buggy.
    summary
        The reviewer's words.
    has_submission
        The program wrote a submission in the right format.
    duration_s
        Wall time of the program.
    """

    number: int
    parent: int | None
    stage: str
    plan: str = ""
    code: str = ""
    output: str = ""
    is_buggy: bool = True
    reason: str = ""
    metric: float | None = None
    summary: str = ""
    has_submission: bool = False
    duration_s: float = 0.0


def best_node(nodes: Sequence[Node], *, lower_is_better: bool) -> Node | None:
    """Return the node with the best validation score, the earliest among equals.

    Examples
    --------
    >>> good = Node(number=0, parent=None, stage=DRAFT, is_buggy=False, metric=0.7)
    >>> better = Node(number=1, parent=0, stage=IMPROVE, is_buggy=False, metric=0.9)
    >>> best_node([good, better], lower_is_better=False).number
    1
    >>> best_node([good, better], lower_is_better=True).number
    0
    """
    scored = [
        (node.metric if lower_is_better else -node.metric, node.number, node)
        for node in nodes
        if not node.is_buggy and node.metric is not None
    ]
    return min(scored, key=lambda entry: entry[:2])[2] if scored else None


def debug_depth(nodes: Sequence[Node], node: Node) -> int:
    """Return how many debugging steps in a row led to `node`."""
    depth = 0
    while node.stage == DEBUG and node.parent is not None:
        depth += 1
        node = nodes[node.parent]
    return depth


def buggy_leaves(nodes: Sequence[Node]) -> list[Node]:
    """Return the buggy nodes on which nothing has been built yet."""
    parents = {node.parent for node in nodes}
    return [node for node in nodes if node.is_buggy and node.number not in parents]
