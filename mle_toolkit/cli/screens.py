"""What `mle watch` shows: the facts of the live view as rich text.

Everything that an agent wrote is cleaned and enters as `Text`, never as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mle_toolkit.cli.plots import BARS, LINES, score_plot
from mle_toolkit.durations import format_duration
from mle_toolkit.reporting import words
from mle_toolkit.reporting.live.canvas import is_scored, number, stage_of
from mle_toolkit.reporting.live.drawing import budget_text
from mle_toolkit.reporting.live.forest import Spot, best_of, forest, walk
from mle_toolkit.reporting.live.snapshot import header_facts, state_text, totals_text
from mle_toolkit.reporting.live.text import clean, head

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

_MARKS = {"draft": "●", "improve": "▲", "debug": "■", "other": "◆"}
_RANKS = {"running": 0, "stopping": 0, "lost": 1, "broken": 1, "published": 2}
_STATES = {
    "running": "cyan", "stopping": "yellow", "lost": "red", "broken": "red",
    "pending": "dim", "finished": "green", "failed": "red",
}  # fmt: skip
# Narrower than this, panes stand below each other.
_WIDE = 104
_PLOT_ROWS, _MOST_PLOT_ROWS = 10, 16
_EVENTS = 6
_LEAST_TREE = 6
_PLAN = 60
# What stands beside the mark of the best node, in characters.
_LABEL = 40


def experiment_screen(
    experiment: dict[str, Any], *, width: int, height: int | None
) -> RenderableType:
    """Return an experiment: its totals, and its attempts as far as they fit.

    Parameters
    ----------
    experiment
        What `ExperimentView.full` returns.
    width, height
        Size of the screen in characters; None for no limit of the height.
    """
    attempts = list(experiment["attempts"])
    name = Text(head(str(experiment["name"]), 60), style="bold")
    title = Text.assemble(name, "  ", totals_text(experiment))
    parts: list[RenderableType] = [title]
    reading = experiment.get("reading")
    if reading:
        parts.append(Text(f"read {reading['done']} of {reading['of']}", style="dim"))
    room = len(attempts) if height is None else max(height - len(parts) - 4, 3)
    shown = attempts
    if len(attempts) > room:
        # Sorting is stable: within a rank the plan's order stays.
        shown = sorted(attempts, key=_interest)[:room]
    parts += [Text(), _attempts(shown, width)]
    if len(shown) < len(attempts):
        left = len(attempts) - len(shown)
        parts.append(Text(f"and {left} more; running ones come first", style="dim"))
    if experiment.get("dispatching") is False and _unfinished(attempts):
        parts.append(Text("nothing is being started; see: mle resume", style="yellow"))
    return Group(*parts)


def trace_screen(
    summary: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    *,
    width: int,
    height: int | None,
) -> RenderableType:
    """Return a trace: header, tree, scores, budget and the last events.

    Parameters
    ----------
    summary
        What `TraceView.summary` returns.
    rows
        The last rows of the trace.
    width, height
        Size of the screen in characters; None for no limit of the height.
    """
    side_by_side = width >= _WIDE
    last = list(rows)[-_EVENTS:]
    top = _header(summary, width)
    below = [*_budget(summary, width), Text(), *_events(last, width)]
    taken = len(top) + len(below) + (0 if side_by_side else _PLOT_ROWS + 4)
    lines = 40 if height is None else max(height - taken - 4, _LEAST_TREE)
    left = width * 11 // 20 if side_by_side else width
    branches = _tree(summary, left - 2, lines)
    tree = Group(Text("Solution tree", style="bold"), *branches)
    plot_width = width - left - 1 if side_by_side else width
    plot_rows = min(max(len(branches) - 2, _PLOT_ROWS), _MOST_PLOT_ROWS)
    plot_rows = plot_rows if side_by_side else _PLOT_ROWS
    plot = Group(*score_plot(summary, width=plot_width, rows=plot_rows))
    middle: list[RenderableType] = [tree, Text(), plot]
    if side_by_side:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=left - 1)
        grid.add_column(width=plot_width)
        grid.add_row(tree, plot)
        middle = [grid]
    return Group(*top, Text(), *middle, Text(), *below)


def _interest(attempt: dict[str, Any]) -> tuple[int, int]:
    rank = _RANKS.get(str(attempt["state"]), 4 if attempt["state"] == "pending" else 3)
    return rank, 0 if attempt.get("medal") else 1


def _unfinished(attempts: Iterable[dict[str, Any]]) -> bool:
    return any(each["state"] in {"pending", "lost"} for each in attempts)


def _attempts(attempts: Sequence[dict[str, Any]], width: int) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    heads = ["competition", "agent", "seed", "state", "nodes", "validation", "test"]
    heads += ["medal", "time", "cost", "tags"]
    agents = {each["agent"] for each in attempts}
    hidden = set() if len(agents) > 1 and width >= _WIDE else {"agent"}
    if not any(each.get("tags") for each in attempts):
        hidden.add("tags")
    numeric = {"nodes", "validation", "test", "time", "cost"}
    shown = [name for name in heads if name not in hidden]
    for name in shown:
        table.add_column(
            name,
            justify="right" if name in numeric else "left",
            no_wrap=True,
            overflow="ellipsis",
        )
    for each in attempts:
        cells = _cells(each)
        table.add_row(*(cells[name] for name in shown))
    return table


def _cells(attempt: dict[str, Any]) -> dict[str, Text]:
    state = state_text(attempt)
    used = format_duration(number(attempt.get("elapsed_s")) or 0.0)
    limit = number(attempt.get("limit_s"))
    if attempt["state"] in {"running", "stopping"} and limit:
        used += f" of {format_duration(limit)}"
    tags = ", ".join(map(str, attempt.get("tags") or ()))
    nodes = attempt.get("nodes")
    known = attempt.get("elapsed_s") is not None
    return {
        "competition": Text(head(str(attempt["competition"]), 40)),
        "agent": Text(head(str(attempt["agent"]), 40)),
        "seed": Text(head(str(attempt["seed"]), 12)),
        "state": Text(state, style=_STATES.get(state, "")),
        "nodes": Text("" if nodes is None else str(nodes)),
        "validation": Text(_score(attempt.get("best"))),
        "test": Text(_score(attempt.get("score"))),
        "medal": medal(attempt.get("medal")),
        "time": Text(used if known else ""),
        "cost": Text(words.dollars(attempt.get("usd")) if known else ""),
        "tags": Text(head(tags, 40), style="magenta"),
    }


def medal(name: object) -> Text:
    """Return a medal with its colour, or nothing."""
    return Text(f"● {name}", style=LINES[str(name)]) if name in LINES else Text()


def _header(summary: dict[str, Any], width: int) -> list[Text]:
    header = summary["header"]
    title = Text(head(str(header.get("title") or ""), 80), style="bold")
    lines = [Text.assemble(title, "  ", medal(header.get("medal")))]
    lines.append(Text(" · ".join(header_facts(summary)), style="dim"))
    if header.get("reason"):
        lines.append(Text(head(str(header["reason"]), 300), style="red"))
    tags = [tag for each in summary.get("annotations") or () for tag in each["tags"]]
    if tags:
        lines.append(
            Text(head("tags: " + ", ".join(dict.fromkeys(tags)), 200), "magenta")
        )
    reading = summary.get("reading")
    if reading:
        share = words.percent(reading["done"] / max(reading["of"], 1))
        lines.append(Text(f"reading the trace: {share}", style="yellow"))
    for text in lines:
        text.truncate(width, overflow="ellipsis")
    return lines


def _tree(summary: dict[str, Any], width: int, lines: int) -> list[Text]:
    nodes = summary["nodes"]
    if not nodes:
        return [Text("no node yet", style="dim")]
    lower = summary["header"].get("lower")
    best = best_of(nodes, lower=lower)
    roots, folded = forest(nodes, best, lower=lower, fold_above=lines, most=lines)
    deepest = max(spot.depth for spot in walk(roots))
    if 2 * deepest + _LABEL > width:
        lines = max((width - _LABEL) // 2, _LEAST_TREE)
        roots, folded = forest(nodes, best, lower=lower, fold_above=lines, most=lines)
    made = []
    guides: dict[int, str] = {}
    for spot in walk(roots):
        siblings = spot.parent.kids if spot.parent else roots
        last = spot is siblings[-1]
        above = guides[id(spot.parent)] if spot.parent else ""
        own = "" if spot.parent is None else ("└╴" if last else "├╴")
        guides[id(spot)] = above + (
            "" if spot.parent is None else "  " if last else "│ "
        )
        line = Text.assemble((above + own, "dim"), *_node(spot, best))
        line.truncate(width, overflow="ellipsis")
        line.no_wrap = True
        made.append(line)
    if folded:
        made.append(Text(f"{len(nodes)} nodes, {folded} folded", style="dim"))
    return made


def _node(spot: Spot, best: dict[str, Any] | None) -> list[Text]:
    node = spot.node
    mark = _MARKS[stage_of(node)]
    name = f" {node['n']}"
    if node.get("bug"):
        parts = [Text(f"✗{name} buggy", style="red")]
    elif node.get("bug") is None:
        parts = [Text(f"○{name} running", style="cyan")]
    else:
        style = "bold green" if node is best else ""
        score = f" {words.score(node['m'])}" if is_scored(node) else " no score"
        parts = [Text(f"{mark}{name}{score}", style=style)]
    if node is best:
        parts.append(Text(" ★ best", style="bold green"))
    if node.get("chosen"):
        parts.append(Text(" ◎ submitted", style="bold yellow"))
    if node.get("medal") in LINES:
        parts.append(Text.assemble(" ", medal(node["medal"])))
    if spot.hidden:
        parts.append(Text(f" +{spot.hidden}", style="bold dim"))
    said = node.get("why") if node.get("bug") else node.get("plan")
    parts.append(Text(f" {head(str(said or ''), _PLAN)}", style="dim"))
    return parts


def _budget(summary: dict[str, Any], width: int) -> list[Text]:
    budget = summary["budget"]
    phases = [each for each in budget["phases"] if each["seconds"] > 0]
    spent = sum(each["seconds"] for each in phases)
    lines = [Text.assemble(("Budget  ", "bold"), budget_text(budget))]
    if not spent:
        return lines
    bar, legend, used = Text(), Text(), 0.0
    for each in phases:
        style = BARS.get(each["name"], "white")
        before = round(used / spent * width)
        used += each["seconds"]
        bar.append("█" * (round(used / spent * width) - before), style=style)
        name = f"{head(each['name'], 12)} {format_duration(each['seconds'])}"
        legend.append("■ ", style=style).append(f"{name}   ", style="dim")
    for text in (bar, legend):
        text.truncate(width)
    return [*lines, bar, legend]


def _events(rows: Sequence[dict[str, Any]], width: int) -> list[Text]:
    if not rows:
        return [Text("no event yet", style="dim")]
    lines = [Text("Last events", style="bold")]
    for row in rows:
        seconds = number(row.get("t"))
        at = "" if seconds is None else format_duration(seconds)
        node = "" if row.get("n") is None else f"node {row['n']}"
        line = Text.assemble(
            (f"{row['q']!s:>6} {at:>7}  ", "dim"),
            (f"{head(str(row['k']), 12):<12} ", "cyan"),
            f"{node:<9} ",
            (clean(str(row["h"])), "red" if row.get("e") else ""),
        )
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    return lines


def _score(value: Any) -> str:
    return "" if number(value) is None else words.score(value)
