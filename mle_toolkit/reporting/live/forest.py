"""What a static picture or a terminal shows of a solution tree, and where.

A tree of hundreds of nodes is thinned: the paths to the best, chosen and running nodes
stay, then those to the next best, and counts stand for the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting.live.canvas import is_scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLD_ABOVE = 200
# What a thinned tree still shows.
MOST = 80
_RECENT = 10
_TRIED = 200


@dataclass(slots=True)
class Spot:
    """A node in the picture; `hidden` counts what was folded into it."""

    node: dict[str, Any]
    parent: Spot | None = None
    kids: list[Spot] = field(default_factory=list)
    depth: int = 0
    lane: float = 0.0
    hidden: int = 0
    skipped: bool = False


def best_of(
    nodes: Iterable[dict[str, Any]], *, lower: bool | None
) -> dict[str, Any] | None:
    """Return the node with the best validation score; the first of equals."""
    scored = [node for node in nodes if is_scored(node)]
    if not scored or lower is None:
        return None
    return (min if lower else max)(scored, key=lambda node: node["m"])


def forest(
    nodes: Sequence[dict[str, Any]],
    best: dict[str, Any] | None,
    *,
    lower: bool | None,
    fold_above: int = FOLD_ABOVE,
    most: int = MOST,
) -> tuple[list[Spot], int]:
    """Return the roots of what is shown, and how many nodes are folded.

    Of more than `fold_above` nodes, at most `most` are shown.
    """
    by_number = {node["n"]: node for node in nodes}
    # A parent that is unknown, or not older, would be no forest.
    parents = {
        n: node.get("p") if _is_older(node.get("p"), n, by_number) else None
        for n, node in by_number.items()
    }
    shown = (
        set(by_number)
        if len(by_number) <= fold_above
        else _worth_showing(by_number, parents, best, lower=lower, most=most)
    )
    # The nearest shown node above each, which is itself where it is shown.
    above: dict[int, Spot | None] = {}
    roots: list[Spot] = []
    for n in sorted(by_number):
        parent = parents[n]
        holder = None if parent is None else above[parent]
        if n not in shown:
            above[n] = holder
            if holder is not None:
                holder.hidden += 1
            continue
        spot = above[n] = Spot(by_number[n], parent=holder)
        if holder is None:
            roots.append(spot)
            continue
        spot.skipped = holder.node["n"] != parent
        spot.depth = holder.depth + 1
        holder.kids.append(spot)
    return roots, len(by_number) - len(shown)


def _is_older(parent: object, n: int, nodes: dict[int, dict[str, Any]]) -> bool:
    return isinstance(parent, int) and parent < n and parent in nodes


def _worth_showing(
    nodes: dict[int, dict[str, Any]],
    parents: dict[int, int | None],
    best: dict[str, Any] | None,
    *,
    lower: bool | None,
    most: int,
) -> set[int]:
    """Return the paths to the best, chosen and running nodes, then the next best."""
    chosen = [n for n, node in nodes.items() if node.get("chosen")]
    running = [n for n, node in nodes.items() if node.get("bug") is None][-_RECENT:]
    ranked = sorted(
        (n for n, node in nodes.items() if is_scored(node)),
        key=lambda n: nodes[n]["m"],
        reverse=not lower,
    )
    first = [best["n"]] if best else []
    shown: set[int] = set()
    for n in [*first, *chosen, *running, *ranked[:_TRIED], *list(nodes)[:_TRIED]]:
        line = _line_to(n, parents)
        # The middle of a long line says least.
        if len(line) > most // 2:
            line = line[: most // 4] + line[-(most // 4) :]
        new = [each for each in line if each not in shown]
        if len(shown) + len(new) <= most:
            shown.update(new)
    return shown


def _line_to(n: int, parents: dict[int, int | None]) -> list[int]:
    line = []
    holder: int | None = n
    while holder is not None:
        line.append(holder)
        holder = parents[holder]
    return line


def place(roots: list[Spot]) -> tuple[int, int]:
    """Give leaves the next free lane, parents the middle of their children.

    Returns the last lane and the last depth.
    """
    order = list(walk(roots))
    lane = 0
    for spot in order:
        if not spot.kids:
            spot.lane = float(lane)
            lane += 1
    for spot in reversed(order):
        if spot.kids:
            spot.lane = (spot.kids[0].lane + spot.kids[-1].lane) / 2
    return max(lane - 1, 0), max(spot.depth for spot in order)


def walk(roots: Iterable[Spot]) -> Iterable[Spot]:
    """Yield parents before children, in the order of the picture."""
    waiting = list(roots)[::-1]
    while waiting:
        spot = waiting.pop()
        yield spot
        waiting += spot.kids[::-1]
