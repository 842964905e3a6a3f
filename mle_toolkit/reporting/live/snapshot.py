"""How a trace or an experiment looks now, as HTML that needs nobody to answer.

A notebook keeps it beside the live view: for GitHub, nbconvert, papermill, and after
the kernel has gone.  Untrusted notebooks drop style sheets and scripts, so styles are
inline, and pictures are images in which no script ever runs.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from mle_toolkit.durations import format_duration
from mle_toolkit.reporting import words
from mle_toolkit.reporting.live.canvas import MEDALS, number
from mle_toolkit.reporting.live.drawing import (
    budget_svg,
    chart_svg,
    matrix_svg,
    tree_svg,
)
from mle_toolkit.reporting.live.text import head
from mle_toolkit.reporting.markup import Html, element, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ROWS = 12
_NOTES = 4
_HEADLINE = 140
_MOST_ATTEMPTS = 40
_MOST_GROUPS = 100
_WIDTH = 860
_FONT = "font:13px/1.45 system-ui,-apple-system,'Segoe UI',sans-serif"
_CELL = "padding:2px 12px 2px 0;text-align:left;border:0;white-space:nowrap"
_WRAP = "padding:2px 12px 2px 0;text-align:left;border:0;overflow-wrap:anywhere"
_HEAD = f"{_CELL};font-weight:600;border-bottom:1px solid #aab1b9"
_MUTED = "opacity:0.7"
_ERROR = "color:#c8401a"


def trace_html(
    summary: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    *,
    token: str | None = None,
) -> str:
    """Return a trace as static HTML: facts, pictures, the last rows.

    Parameters
    ----------
    summary
        What `TraceView.summary` returns.
    rows
        Rows of the trace; the last dozen are shown.
    token
        Marks the root element, so that a live view can hide what it replaces.

    Returns
    -------
    str
        Less than 100 kB.
    """
    header = summary.get("header") or {}
    parts: list[object] = [_title(header, summary)]
    if header.get("reason"):
        parts.append(_line(head(str(header["reason"]), 300), style=_ERROR))
    parts += _tags(summary.get("annotations") or ())
    for name, picture in (
        ("Solution tree", tree_svg(summary, width=_WIDTH)),
        ("Scores over time", chart_svg(summary, width=_WIDTH)),
        ("Budget", budget_svg(summary, width=_WIDTH)),
    ):
        parts.append(_picture(picture, name))
    last = list(rows)[-_ROWS:]
    if last:
        total = summary.get("total") or len(last)
        parts += [_line(f"The last {len(last)} of {total} events", style=_MUTED)]
        parts.append(_events(last))
    return _root(parts, token)


def experiment_html(experiment: dict[str, Any], *, token: str | None = None) -> str:
    """Return an experiment as static HTML: totals, a table, a picture of all attempts.

    Parameters
    ----------
    experiment
        What `ExperimentView.full` returns.
    token
        As in `trace_html`.

    Returns
    -------
    str
        Less than 100 kB: above 40 attempts the table has one row for each agent on
        each competition.
    """
    attempts = list(experiment.get("attempts") or ())
    parts: list[object] = [
        _line(
            element("b", head(str(experiment.get("name")), 120)),
            " ",
            totals_text(experiment),
        )
    ]
    if len(attempts) > _MOST_ATTEMPTS:
        parts.append(_groups(attempts))
    elif attempts:
        # Plans interleave competitions; a reader wants them one after the other.
        order = {name: at for at, name in enumerate(map(_competition, attempts))}
        parts.append(_attempts(sorted(attempts, key=lambda a: order[_competition(a)])))
    if len(attempts) > 1:
        picture = matrix_svg(experiment, width=_WIDTH)
        parts.append(_picture(picture, "Attempts by competition, agent and seed"))
    return _root(parts, token)


def totals_text(experiment: dict[str, Any]) -> str:
    """Return what an experiment adds up to, on one line."""
    totals = experiment.get("totals") or {}
    states = {name: n for name, n in (totals.get("states") or {}).items() if n}
    medals = {name: n for name, n in (totals.get("medals") or {}).items() if n}
    listed = [f"{n} {name}" for name, n in states.items()]
    won = ", ".join(f"{n} {name}" for name, n in medals.items()) or "no medal"
    facts = [words.counted(totals.get("n") or 0, "attempt") + ": " + ", ".join(listed)]
    if {"published", "graded"} & set(states):
        facts.append(f"{won}, {totals.get('valid') or 0} valid")
    if totals.get("nodes"):
        facts.append(words.counted(totals["nodes"], "node"))
    if totals.get("tokens"):
        facts.append(f"{words.amount(totals['tokens'])} tokens")
    if number(totals.get("usd")) is not None:
        facts.append(words.dollars(totals["usd"]))
    if number(totals.get("elapsed_s")):
        facts.append(f"{format_duration(totals['elapsed_s'])} of work")
    if experiment.get("stopping"):
        facts.append("stopping")
    return " \N{MIDDLE DOT} ".join(facts)


def header_facts(summary: dict[str, Any]) -> list[str]:
    """Return who did what in a trace and how it went, each fact as a few words."""
    header = summary.get("header") or {}
    state, status = (head(str(header.get(k) or ""), 40) for k in ("state", "status"))
    agent = head(str(header.get("agent") or ""), 80)
    seed = "" if header.get("seed") is None else head(str(header["seed"]), 80)
    facts = [
        agent,
        f"seed {seed}" if seed else "",
        ", ".join(dict.fromkeys(part for part in (status, state) if part)),
    ]
    if header.get("imported"):
        facts.append(f"imported from {head(str(header['imported']), 40)}")
    if number(header.get("score")) is not None:
        facts.append(f"test score {words.score(header['score'])}")
    if number(header.get("percentile")) is not None:
        facts.append(f"beats {header['percentile']:.0f} % of the leaderboard")
    nodes = summary.get("nodes") or ()
    if nodes:
        buggy = sum(bool(node.get("bug")) for node in nodes)
        facts.append(f"{words.counted(len(nodes), 'node')}, {buggy} buggy")
    if number(summary.get("problems")):
        facts.append(words.counted(summary["problems"], "unreadable line"))
    return [fact for fact in facts if fact]


def _title(header: dict[str, Any], summary: dict[str, Any]) -> Html:
    title = head(str(header.get("title") or header.get("competition") or ""), 120)
    facts: list[object] = [element("b", title)]
    if header.get("medal") in MEDALS:
        facts.append(_medal(header["medal"]))
    facts += header_facts(summary)
    return _line(join(facts, " \N{MIDDLE DOT} "))


def _medal(name: object) -> Html:
    if name not in MEDALS:
        return Html("")
    dot = element("span", "\N{BLACK CIRCLE}", style=f"color:{MEDALS[str(name)]}")
    return join([dot, f" {name}"])


def _tags(annotations: Iterable[dict[str, Any]]) -> list[Html]:
    """Return what people noted, the newest first and not too much of it."""
    lines = []
    for each in list(annotations)[-_NOTES:][::-1]:
        target = each.get("target") or {}
        where = (
            "" if target.get("n") is None else f"{target.get('kind')} {target['n']}: "
        )
        tags = head(", ".join(map(str, each.get("tags") or ())), 200)
        comment = head(str(each.get("comment") or ""), 200)
        said = " \N{EN DASH} ".join(part for part in (tags, comment) if part)
        lines.append(
            _line("Note: ", where, said, f" ({head(str(each.get('author')), 40)})")
        )
    return lines


def _events(rows: Iterable[dict[str, Any]]) -> Html:
    columns: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
        ("#", lambda row: row.get("q"), _CELL),
        ("Time", lambda row: _time(row.get("t")), _CELL),
        ("Kind", lambda row: head(str(row.get("k")), 24), _CELL),
        ("Node", lambda row: _known(row.get("n")), _CELL),
        ("What", _said, _WRAP),
    ]
    return _table(columns, rows, marked=lambda row: bool(row.get("e")))


def _said(row: dict[str, Any]) -> str:
    """Return the headline of a row, less the program that may follow it."""
    return head(str(row.get("h") or "").split("```", 1)[0], _HEADLINE)


def _attempts(attempts: Sequence[dict[str, Any]]) -> Html:
    columns: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
        ("Competition", lambda row: head(str(row.get("competition")), 60), _CELL),
        ("Agent", lambda row: head(str(row.get("agent")), 60), _CELL),
        ("Seed", lambda row: row.get("seed"), _CELL),
        ("State", state_text, _CELL),
        ("Nodes", lambda row: _known(row.get("nodes")), _CELL),
        ("Validation", lambda row: words.score(number(row.get("best"))), _CELL),
        ("Test score", lambda row: words.score(number(row.get("score"))), _CELL),
        ("Medal", lambda row: _medal(row.get("medal")), _CELL),
        ("Time", lambda row: _time(row.get("elapsed_s")), _CELL),
        ("Cost", lambda row: words.dollars(number(row.get("usd"))), _CELL),
    ]
    if any(row.get("tags") for row in attempts):
        tags = lambda row: head(", ".join(map(str, row.get("tags") or ())), 80)  # noqa: E731
        columns.append(("Tags", tags, f"{_WRAP};min-width:9em"))
    if any(row.get("note") for row in attempts):
        columns.append(
            ("Note", lambda row: head(str(row.get("note") or ""), 160), _WRAP)
        )
    if len({str(row.get("agent")) for row in attempts}) == 1:
        del columns[1]
    return _table(columns, attempts)


def state_text(attempt: dict[str, Any]) -> str:
    """Return the state of an attempt, or how it ended once it has."""
    state = str(attempt.get("state") or "")
    ended = state in {"published", "graded"} and attempt.get("status")
    return head(str(attempt["status"] if ended else state), 40)


def _competition(attempt: dict[str, Any]) -> str:
    return str(attempt.get("competition"))


def _groups(attempts: Sequence[dict[str, Any]]) -> Html:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in attempts:
        key = (str(each.get("competition")), str(each.get("agent")))
        groups.setdefault(key, []).append(each)
    shown = list(groups.items())[:_MOST_GROUPS]
    columns: list[tuple[str, Callable[[Any], object], str]] = [
        ("Competition", lambda item: head(item[0][0], 60), _CELL),
        ("Agent", lambda item: head(item[0][1], 60), _CELL),
        ("Attempts", lambda item: len(item[1]), _CELL),
        ("Running", lambda item: _count(item[1], "state", "running"), _CELL),
        ("Done", lambda item: _count(item[1], "state", "published", "graded"), _CELL),
        ("Valid", lambda item: _count(item[1], "valid", True), _CELL),  # noqa: FBT003
        *(
            (
                name.capitalize(),
                lambda item, name=name: _count(item[1], "medal", name),
                _CELL,
            )
            for name in ("gold", "silver", "bronze")
        ),
        ("Best test score", lambda item: words.score(_best(item[1])), _CELL),
    ]
    table = _table(columns, shown)
    if len(groups) > len(shown):
        more = f"{len(groups) - len(shown)} more rows are not shown"
        return join([table, _line(more, style=_MUTED)])
    return table


def _count(attempts: Iterable[dict[str, Any]], key: str, *values: object) -> int:
    return sum(each.get(key) in values for each in attempts)


def _best(attempts: Iterable[dict[str, Any]]) -> float | None:
    known = [
        (score, bool(each.get("lower")))
        for each in attempts
        if (score := number(each.get("score"))) is not None
    ]
    if not known:
        return None
    scores = [score for score, _ in known]
    return min(scores) if known[0][1] else max(scores)


def _table(
    columns: Sequence[tuple[str, Callable[[Any], object], str]],
    rows: Iterable[Any],
    *,
    marked: Callable[[Any], bool] = lambda _: False,
) -> Html:
    heads = [element("th", name, style=_HEAD, scope="col") for name, _, _ in columns]
    body = [
        element(
            "tr",
            *(element("td", cell(row), style=style) for _, cell, style in columns),
            style=_ERROR if marked(row) else None,
        )
        for row in rows
    ]
    table = element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *body),
        style="border-collapse:collapse;margin:6px 0;font-size:12px",
    )
    return element("div", table, style="overflow-x:auto")


def _picture(svg: str, name: str) -> Html:
    data = base64.b64encode(svg.encode()).decode()
    alt = name
    # The picture says of itself what it shows.
    if "<title>" in svg:
        alt = svg.split("<title>", 1)[1].split("</title>", 1)[0]
    style = "display:block;max-width:100%;height:auto;margin:6px 0"
    return Html(
        f'<img alt="{alt}" style="{style}" src="data:image/svg+xml;base64,{data}">'
    )


def _line(*parts: object, style: str | None = None) -> Html:
    looks = ";".join(part for part in ("margin:4px 0", style) if part)
    return element("p", *parts, style=looks)


def _root(parts: Iterable[object], token: str | None) -> str:
    style = f"{_FONT};max-width:{_WIDTH + 40}px"
    return str(element("div", *parts, style=style, data_mle_static=token))


def _time(value: object) -> str:
    seconds = number(value)
    return words.MISSING if seconds is None else format_duration(seconds)


def _known(value: object) -> object:
    return words.MISSING if value is None else value
