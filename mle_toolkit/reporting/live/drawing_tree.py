"""The solution tree as a static picture, laid out as in the live view.

Drafts stand on the left, what came of them to the right.  A tree of hundreds of
nodes is thinned: the paths to what matters stay, and counts stand for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mle_toolkit.reporting import words as said
from mle_toolkit.reporting.live.canvas import (
    BUGGY,
    INK,
    MEDALS,
    MUTED,
    PAPER,
    RULE,
    STAGES,
    Scale,
    at,
    card,
    crossing,
    is_scored,
    length_of,
    mark,
    outline,
    path,
    scale_bar,
    stage_of,
    words,
)
from mle_toolkit.reporting.live.forest import Spot, best_of, forest, place, walk
from mle_toolkit.reporting.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RING = {"fill": "none", "stroke": INK, "stroke_width": "1.5"}
_HOLLOW = {"fill": PAPER, "stroke": BUGGY, "stroke_width": "1.2"}
_RUNNING = {
    "fill": PAPER, "stroke": MUTED, "stroke_width": "1.3", "stroke_dasharray": "2 1.5",
}  # fmt: skip
_LEGEND = 30.0
# At the right: a number, a star and a score in whatever font the viewer has.
_TOP, _LEFT, _RIGHT = 16.0, 20.0, 78.0
# Smaller marks bear no letters.
_TEXT_R = 4.0
_TEXT_DX, _TEXT_DY = 26.0, 13.0
_WORTH_SAYING = 10
# Least and most pixels between lanes, and between a parent and its child.
_LANES = (9.0, 26.0)
_DEPTHS = (14.0, 92.0)


def tree_svg(
    summary: dict[str, Any], *, width: float = 720, height: float | None = None
) -> str:
    """Return the solution tree of a trace as an SVG.

    The shape of a node is its stage, its colour the score.  A hollow mark with a
    cross is buggy, a ring is what was submitted, a star the best validation score.

    Parameters
    ----------
    summary
        What `TraceView.summary` returns.
    width, height
        Pixels; by default as high as the tree needs, up to 460.

    Returns
    -------
    str
        Less than 60 kB, however many nodes there are.
    """
    nodes = [node for node in summary.get("nodes") or () if isinstance(node, dict)]
    if not nodes:
        return _empty(width, summary)
    lower = (summary.get("header") or {}).get("lower")
    scores = [node["m"] for node in nodes if is_scored(node)]
    scale = Scale(scores, lower=bool(lower)) if scores else None
    best = best_of(nodes, lower=lower)
    roots, folded = forest(nodes, best, lower=lower)
    lanes, depths = place(roots)
    natural = _TOP * 2 + _LEGEND + max(lanes, 1) * _LANES[1]
    tall = height or min(460.0, max(110.0, natural))
    dx = _clamp((width - _LEFT - _RIGHT) / max(depths, 1), _DEPTHS)
    # A tree that is too large for the picture is squeezed, never cut off.
    dx = min(dx, (width - _LEFT - _RIGHT) / max(depths, 1))
    dy = min(_LANES[1], (tall - 2 * _TOP - _LEGEND) / max(lanes, 1))
    picture = _Picture(dx=dx, dy=dy, scale=scale, best=best)
    spots = list(walk(roots))
    label = _label(nodes, best)
    note = f"{len(nodes)} nodes, {folded} of them folded into counts" if folded else ""
    legend = _legend(tall - _LEGEND + 8, width, scale, nodes, lower=lower, note=note)
    return str(
        card(width, tall, label, *picture.edges(spots), *picture.nodes(spots), *legend)
    )


def _empty(width: float, summary: dict[str, Any]) -> str:
    imported = (summary.get("header") or {}).get("imported")
    text = "This imported trace has no solution nodes." if imported else "No node yet."
    return str(card(width, 60, text, words(16, 35, text, fill=MUTED)))


@dataclass(slots=True, kw_only=True)
class _Picture:
    dx: float
    dy: float
    scale: Scale | None
    best: dict[str, Any] | None

    def place(self, spot: Spot) -> tuple[float, float]:
        return _LEFT + spot.depth * self.dx, _TOP + spot.lane * self.dy

    @property
    def radius(self) -> float:
        return _clamp(0.36 * min(self.dy, self.dx), (2.4, 7.0))

    def edges(self, spots: list[Spot]) -> list[Html]:
        """Return all lines; the way to what was submitted is darker."""
        goal = next((s for s in spots if s.node.get("chosen")), None)
        goal = goal or next((s for s in spots if s.node is self.best), None)
        lineage = set()
        while goal is not None:
            lineage.add(id(goal))
            goal = goal.parent
        lines: dict[tuple[bool, bool], str] = {}
        for spot in spots:
            if spot.parent is None:
                continue
            (x0, y0), (x1, y1) = self.place(spot.parent), self.place(spot)
            mid = at((x0 + x1) / 2)
            curve = (
                f"M{at(x0)} {at(y0)}C{mid} {at(y0)} {mid} {at(y1)} {at(x1)} {at(y1)}"
            )
            key = (id(spot) in lineage, spot.skipped)
            lines[key] = lines.get(key, "") + curve
        return [
            path(
                curves,
                stroke=INK if main else "#b4bac1",
                stroke_width="1.6" if main else "1.1",
                stroke_dasharray="2 3" if skipped else None,
            )
            for (main, skipped), curves in sorted(lines.items())
        ]

    def nodes(self, spots: list[Spot]) -> list[Html]:
        """Return the marks of nodes, those of one look as one path, and labels."""
        looks: dict[tuple[tuple[str, str], ...], str] = {}
        labels: list[Html] = []
        for spot in spots:
            x, y = self.place(spot)
            for look, places in self._marks(spot.node, x, y):
                key = tuple(look.items())
                looks[key] = looks.get(key, "") + places
            medal = spot.node.get("medal")
            if medal in MEDALS and self.radius > _TEXT_R:
                away = 1.1 * self.radius
                labels.append(_medal_dot(medal, x + away, y + 0.8 * self.radius))
            labels += self._labels(spot, x, y)
        return [*(path(places, **dict(key)) for key, places in looks.items()), *labels]

    def _marks(
        self, node: dict[str, Any], x: float, y: float
    ) -> Iterator[tuple[dict[str, str], str]]:
        """Yield how a node looks, and the path of it."""
        r, stage = self.radius, stage_of(node)
        if node.get("chosen"):
            yield _RING, outline("draft", x, y, r + 3.5)
        mark = outline(stage, x, y, r)
        if node.get("bug"):
            # In a small mark a cross would look like a filling.
            inner = crossing(x, y, 0.75 * r) if r > _TEXT_R else ""
            yield _HOLLOW, mark + inner
        elif node.get("bug") is None:
            yield _RUNNING, mark
        else:
            scored = self.scale is not None and is_scored(node)
            fill = self.scale.of(node["m"]) if scored and self.scale else RULE
            width = "2" if node is self.best else "0.6"
            yield {"fill": fill, "stroke": INK, "stroke_width": width}, mark

    def _labels(self, spot: Spot, x: float, y: float) -> list[Html]:
        node, r = spot.node, self.radius
        right = x + r + (6 if node.get("chosen") else 3)
        texts = []
        if self.dy >= _TEXT_DY and self.dx >= _TEXT_DX:
            texts.append(str(node["n"]))
        if node is self.best:
            texts.append("\N{BLACK STAR}")
        made = []
        for text in texts:
            fill = MUTED if text.isdigit() else INK
            # Above the line, or the edge to a child would run through it.
            up = y - 4 if spot.kids else y + 3
            made.append(words(right, up, text, size=9, fill=fill, halo=True))
            right += length_of(text, 9) + 3
        ends = node is self.best or node.get("chosen")
        if ends and not spot.kids and is_scored(node):
            score = said.score(node["m"])
            made.append(words(right + 2, y + 3, score, size=9.5, bold=True))
        if spot.hidden:
            made += self._count(spot, x, y, right)
        return made

    def _count(self, spot: Spot, x: float, y: float, right: float) -> list[Html]:
        """Say how many nodes are folded into this one, where there is room for it."""
        text = f"+{spot.hidden}"
        look = {"size": 8.5, "fill": MUTED, "halo": True}
        if not spot.kids:
            return [words(right, y + 3, text, **look)]
        if self.dx < length_of(text, 8.5) and spot.hidden < _WORTH_SAYING:
            return []
        return [words(x, y + self.radius + 9, text, anchor="middle", **look)]


def _medal_dot(medal: str, x: float, y: float) -> Html:
    return element(
        "g",
        element("circle", cx=at(x), cy=at(y), r="5", fill=MEDALS[medal],
                stroke=PAPER, stroke_width="0.8"),
        words(x, y + 2.6, medal[0].upper(), size=7.5, fill=PAPER, anchor="middle",
              bold=True),
    )  # fmt: skip


def _legend(
    y: float,
    width: float,
    scale: Scale | None,
    nodes: Sequence[dict[str, Any]],
    *,
    lower: bool | None,
    note: str,
) -> list[Html]:
    """Return what the marks mean, of those marks only that are there."""
    x = 14.0
    made: list[Html] = []

    def add(text: str, *icon: Html) -> None:
        nonlocal x
        made.extend((*icon, words(x + 8, y + 12, text, size=9.5, fill=MUTED)))
        x += 22 + length_of(text, 9.5)

    stages = {stage_of(node) for node in nodes}
    for stage in (*STAGES, "other"):
        if stage in stages:
            add(stage, mark(stage, x, y + 9, 4, fill="#9aa3ad"))
    if any(node.get("bug") for node in nodes):
        shape = outline("draft", x, y + 9, 4.5) + crossing(x, y + 9, 3.4)
        add("buggy", path(shape, **_HOLLOW))
    if any(node.get("bug") is None for node in nodes):
        add("running", mark("draft", x, y + 9, 4.5, **_RUNNING))
    if any(node.get("chosen") for node in nodes):
        add("submitted", mark("draft", x, y + 9, 5, **_RING))
    if scale:
        add("best", words(x - 5, y + 12.5, "\N{BLACK STAR}", size=10))
        made.extend(_scale_key(y, width, scale, lower=lower))
    if note:
        made.append(words(width - 14, y - 8, note, size=9.5, fill=MUTED, anchor="end"))
    return made


def _scale_key(
    y: float, width: float, scale: Scale, *, lower: bool | None
) -> list[Html]:
    bad, good = ("low", "high") if lower is None else ("worse", "better")
    edge = (
        "\N{GREATER-THAN OR EQUAL TO}" if lower else "\N{LESS-THAN OR EQUAL TO}"
    ) + " "
    first = f"{bad} {edge if scale.clamped else ''}{said.score(scale.worst)}"
    last = f"{said.score(scale.best)} {good}"
    right = width - 14 - length_of(last, 9.5)
    bar = 70.0
    return [
        words(right - 6 - bar - 5, y + 12, first, size=9.5, fill=MUTED, anchor="end"),
        scale_bar(right - 6 - bar, y + 5, bar),
        words(right - 1, y + 12, last, size=9.5, fill=MUTED),
    ]


def _label(nodes: Sequence[dict[str, Any]], best: dict[str, Any] | None) -> str:
    buggy = sum(bool(node.get("bug")) for node in nodes)
    text = f"Solution tree: {said.counted(len(nodes), 'node')}, {buggy} buggy"
    if best is not None:
        text += f"; best validation score {said.score(best['m'])} at node {best['n']}"
    return text


def _clamp(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
