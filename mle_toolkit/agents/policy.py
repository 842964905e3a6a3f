"""What the tree search does next: a pure function of the nodes so far.

The policy is the one of AIDE (Jiang et al., 2025, arXiv 2502.13138): several drafts
first, then debug what is buggy, else improve the best.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mle_toolkit.agents.nodes import (
    DEBUG,
    DRAFT,
    IMPROVE,
    Node,
    best_node,
    buggy_leaves,
    debug_depth,
)
from mle_toolkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeOptions:
    """Options of the tree search.

    Attributes
    ----------
    num_drafts
        Drafts before anything is debugged or improved; see `drafts_wanted`.
    debug_prob
        Probability of debugging when there is something to debug.
    max_debug_depth
        Debugging steps in a row before a branch is given up.
    """

    num_drafts: int = 5
    debug_prob: float = 1.0
    max_debug_depth: int = 3

    def __post_init__(self) -> None:
        if isinstance(self.num_drafts, bool) or not (
            isinstance(self.num_drafts, int) and self.num_drafts >= 1
        ):
            msg = f"num_drafts must be an integer from 1 up; got {self.num_drafts!r}"
            raise UsageError(msg)
        if not (
            isinstance(self.debug_prob, (int, float)) and 0 <= self.debug_prob <= 1
        ):
            msg = f"debug_prob must be in [0, 1]; got {self.debug_prob!r}"
            raise UsageError(msg)
        if isinstance(self.max_debug_depth, bool) or not (
            isinstance(self.max_debug_depth, int) and self.max_debug_depth >= 0
        ):
            msg = f"max_debug_depth must be 0 or more; got {self.max_debug_depth!r}"
            raise UsageError(msg)


@dataclass(frozen=True, slots=True)
class Action:
    """Make a node of this stage from this parent (None for a draft)."""

    stage: str
    parent: int | None = None


def read_options(options: Mapping[str, Any]) -> TreeOptions:
    """Return the options of an attempt's spec as a record.

    Raises
    ------
    UsageError
        When an option is not known or has an illegal value.
    """
    legal = [item.name for item in fields(TreeOptions)]
    for name in options:
        check_choice("option of tree-search", name, legal)
    return TreeOptions(**options)


def drafts_wanted(options: TreeOptions, steps: int | None) -> int:
    """Return how many drafts to make: at most half of the steps, but one at least.

    Examples
    --------
    >>> drafts_wanted(TreeOptions(num_drafts=5), steps=None)
    5
    >>> drafts_wanted(TreeOptions(num_drafts=5), steps=5)
    2
    >>> drafts_wanted(TreeOptions(num_drafts=5), steps=1)
    1
    """
    if steps is None:
        return options.num_drafts
    return min(options.num_drafts, max(1, steps // 2))


def next_action(
    nodes: Sequence[Node],
    options: TreeOptions,
    *,
    lower_is_better: bool,
    steps: int | None,
    rng: random.Random,
) -> Action | None:
    """Return what to do next, or None when the steps are used up.

    Parameters
    ----------
    nodes
        All nodes so far, in order.
    options
        The search's options.
    lower_is_better
        Direction of the metric, from the task.
    steps
        Nodes allowed in all; None means no limit.
    rng
        Decides whether to debug, and which of several buggy leaves.
    """
    if steps is not None and len(nodes) >= steps:
        return None
    drafts = sum(node.stage == DRAFT for node in nodes)
    if drafts < drafts_wanted(options, steps):
        return Action(DRAFT)
    leaves = [
        node
        for node in buggy_leaves(nodes)
        if debug_depth(nodes, node) < options.max_debug_depth
    ]
    if leaves and rng.random() < options.debug_prob:
        return Action(DEBUG, rng.choice(leaves).number)
    best = best_node(nodes, lower_is_better=lower_is_better)
    if best is None:
        return Action(DRAFT)
    return Action(IMPROVE, best.number)
