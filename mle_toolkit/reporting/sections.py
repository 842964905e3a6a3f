"""The parts of a report: material in, markup out."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from typing import TYPE_CHECKING, Any

from mle_toolkit.durations import format_duration
from mle_toolkit.reporting import words
from mle_toolkit.reporting.caveats import caveats
from mle_toolkit.reporting.markup import Html, element, join, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from mle_toolkit.reporting.material import CompetitionFacts, Material

_MEDALS = ("gold", "silver", "bronze")
_MOST_COLUMNS = 5
_PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy")
_SECRET = re.compile("key|token|secret|password", re.IGNORECASE)
_TEXT_COLUMNS = ("Competition", "Agent", "Status", "Medal", "Note")
_NOT_DONE = ("pending", "running", "lost")


def headline(material: Material) -> Html:
    """Return the numbers that a reader looks for first."""
    if len(material.agents) != 1 or not material.summary["n_attempts"].iloc[0]:
        return _agents_table(material)
    row = material.summary.iloc[0]
    over_all = material.rates[material.rates["competition"] == "all"]
    last = over_all.iloc[-1]
    boxes = [_rate_box("Medal rate, pass@1", over_all.iloc[0])]
    if last["k"] > 1:
        boxes.append(_rate_box(f"pass@{last['k']}", last))
    won = f"{row['any_medal']} of {row['n_attempts']}"
    medals = join(
        [medal(name, f"{row[name]} {name}") for name in _MEDALS if row[name]], " "
    )
    valid = f"{row['valid_submission']} of {row['n_attempts']}"
    boxes += [
        _box("Attempts with a medal", won, medals or Html("none")),
        _box(
            "Valid submissions",
            valid,
            f"{row['above_median']} above the median",
        ),
        _box("Agent time", _time(row["elapsed_s"]), _usage(row)),
    ]
    return element("div", *boxes, class_="boxes")


def rates(material: Material) -> Html:
    """Return the tables of pass@k with intervals, one per agent."""
    return join(_rates_of(material, agent) for agent in material.agents)


def competition_lines(facts: CompetitionFacts) -> Html:
    """Return the metric of a competition and its medal lines in one paragraph."""
    parts: list[object] = []
    if facts.metric and facts.task:
        way = "lower" if facts.task.lower_is_better else "higher"
        parts.append(f"Scored by {facts.metric}; {way} is better.")
    if facts.thresholds:
        lines = [
            medal(name, f"{name} {words.score(getattr(facts.thresholds, name))}")
            for name in _MEDALS
        ]
        median = words.score(facts.thresholds.median)
        parts.append(join([*lines, f"leaderboard median {median}"], " · "))
    return element("p", join(parts, " "), class_="lines")


def attempts_of(material: Material, competition: str) -> Html:
    """Return the table of attempts on one competition."""
    frame = material.attempts
    frame = frame[frame["competition"] == competition]
    return attempts_table(frame, notes=material.notes)


def attempts_table(
    frame: pd.DataFrame, *, notes: dict[str, str], tokens: bool = True
) -> Html:
    """Return attempts as a table; `notes` has a sentence for some of their paths."""
    columns: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
        ("Status", lambda row: element("span", row["status"], class_="status")),
        ("Validation", lambda row: words.fixed_score(row["validation_score"])),
        ("Test score", lambda row: words.fixed_score(row["score"])),
        ("Medal", _medal_cell),
        ("Percentile", lambda row: _percentile(row["percentile"])),
        ("Nodes", lambda row: words.amount(row["n_nodes"])),
        ("Time", lambda row: _time(row["elapsed_s"])),
    ]
    if tokens:
        columns += [
            ("Tokens in", lambda row: words.amount(row["tokens_in"])),
            ("Tokens out", lambda row: words.amount(row["tokens_out"])),
        ]
    columns.insert(0, ("Seed", lambda row: row["seed"]))
    for name in ("agent", "competition"):
        if len(frame[name].unique()) > 1:
            columns.insert(0, (name.capitalize(), _cell_of(name)))
    if any(str(path) in notes for path in frame["path"]):
        columns.append(("Note", lambda row: _note(notes.get(str(row["path"]), ""))))
    heads = [head for head, _ in columns]
    rows = [[cell(row) for _, cell in columns] for row in frame.to_dict("records")]
    numeric = [at for at, head in enumerate(heads) if head not in _TEXT_COLUMNS]
    body = table(heads, rows, numeric=numeric, class_="attempts")
    return element("div", body, class_="scroll")


def settings(material: Material) -> Html:
    """Return what ran, on what, and with which versions."""
    facts: list[tuple[str, object]] = [("Agents", ", ".join(material.agents))]
    if material.plans:
        facts += _planned(material)
    facts += [("Machine", each) for each in _machines(material.hardware)]
    facts.append(("Versions of this report", _versions()))
    if material.started and material.ended:
        first, last = _minute(material.started), _minute(material.ended)
        facts.append(("When (UTC)", f"{first} to {last}"))
    facts.append(("Folder", material.name))
    pairs = [join([element("dt", term), element("dd", fact)]) for term, fact in facts]
    return element("dl", *pairs, class_="facts")


def caveat_list(material: Material) -> Html:
    """Return the caveats of an experiment as a list."""
    items = [
        element("li", element("strong", f"{each.name}."), " ", each.text)
        for each in caveats(material)
    ]
    return element("ul", *items, class_="caveats")


def medal(name: str, text: str) -> Html:
    """Return a medal as a coloured dot with its text."""
    return element("span", text, class_=f"medal {name}")


def _agents_table(material: Material) -> Html:
    rows = [
        [
            row["agent"],
            f"{row['n_attempts']}",
            f"{row['valid_submission']}",
            *[f"{row[name]}" for name in _MEDALS],
            words.percent(row["medal_rate"]),
            words.interval(row["low"], row["high"]),
            _time(row["elapsed_s"]),
        ]
        for row in material.summary.to_dict("records")
    ]
    heads = [
        "Agent", "Attempts", "Valid", "Gold", "Silver", "Bronze", "Medal rate",
        "95 % interval", "Agent time",
    ]  # fmt: skip
    return element("div", table(heads, rows, numeric=range(1, 9)), class_="scroll")


def _rate_box(name: str, row: pd.Series) -> Html:
    limits = words.interval(row["low"], row["high"])
    detail = f"95 % interval {limits}" if limits != "no interval" else row["reason"]
    return _box(name, words.percent(row["estimate"]), detail)


def _box(name: str, value: object, detail: object) -> Html:
    return element(
        "div",
        element("div", name, class_="name"),
        element("div", value, class_="value"),
        element("div", detail, class_="detail"),
        class_="box",
    )


def _rates_of(material: Material, agent: str) -> Html:
    mine = material.rates[material.rates["agent"] == agent]
    names = [name for name in mine["competition"].unique() if name != "all"]
    shown = ["all", *names] if len(names) <= _MOST_COLUMNS else ["all"]
    if len(names) == 1:
        shown = names
    rows = []
    for k, part in mine.groupby("k"):
        cells = {row["competition"]: row for row in part.to_dict("records")}
        rows.append([k, *(_rate_cell(cells[name]) for name in shown)])
    # The words of the figure beside it.
    mean = f"mean of {len(names)}"
    heads = ["k", *(mean if name == "all" else str(name) for name in shown)]
    caption = f"pass@k of {agent}" if len(material.agents) > 1 else None
    return element(
        "div",
        table(heads, rows, numeric=[0], caption=caption, class_="rates"),
        class_="scroll",
    )


def _rate_cell(row: dict[str, Any]) -> Html:
    value = element("b", words.percent(row["estimate"]))
    if words.is_missing(row["low"]):
        return element("span", value, title=row["reason"])
    low, at, high = (
        f"{100 * float(row[name]):.1f}%" for name in ("low", "estimate", "high")
    )
    bar = element("span", class_="range", style=f"--low:{low};--at:{at};--high:{high}")
    limits = words.interval(row["low"], row["high"])
    return join([value, " ", element("small", limits), bar])


def _medal_cell(row: dict[str, Any]) -> object:
    if not words.is_missing(row["medal"]):
        return medal(str(row["medal"]), str(row["medal"]))
    if row["status"] in _NOT_DONE:
        return ""
    if words.is_missing(row["any_medal"]):
        return "not graded"
    if not row["valid_submission"]:
        return element("span", "invalid", class_="invalid")
    return (
        element("span", "above median", class_="muted") if row["above_median"] else ""
    )


def _cell_of(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda row: row[name]


def _note(text: str) -> Html:
    return element("span", text, class_="note")


def _percentile(value: Any) -> str:
    return words.MISSING if words.is_missing(value) else f"{float(value):.0f}"


def _time(seconds: Any) -> str:
    return (
        words.MISSING if words.is_missing(seconds) else format_duration(float(seconds))
    )


def _usage(row: pd.Series) -> str:
    tokens = row["tokens_in"] + row["tokens_out"]
    return f"{words.amount(tokens)} tokens, {words.dollars(row['cost_usd'])}"


def _planned(material: Material) -> list[tuple[str, object]]:
    plan = material.plans[-1]
    limits = plan.get("limits") or {}
    wanted = {
        "Time limit": _time(limits.get("time_limit_s")),
        "Steps": limits.get("steps") or "no limit",
        "Memory": _memory(limits.get("memory_mib")),
        "Cores": f"{limits.get('cpus')} per attempt",
        "In parallel": words.counted(int(plan.get("parallel") or 1), "attempt"),
        "Sandbox": plan.get("sandbox"),
        "Engine": plan.get("engine"),
    }
    facts: list[tuple[str, object]] = [
        ("Attempts", f"{len(material.attempts)} planned, in {_plans(material.plans)}"),
        *wanted.items(),
    ]
    options = plan.get("options") or {}
    if options:
        shown = [
            f"{name} = {'(hidden)' if _SECRET.search(str(name)) else value}"
            for name, value in options.items()
        ]
        facts.append(("Options", ", ".join(shown)))
    return facts


def _memory(mib: Any) -> str:
    return f"{words.amount(mib)} MiB per attempt" if mib else "no limit"


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _plans(plans: Sequence[dict[str, Any]]) -> str:
    return "one plan" if len(plans) == 1 else f"{len(plans)} plans"


def _machines(hardware: Iterable[dict[str, Any]]) -> list[str]:
    found = []
    for each in hardware:
        gpus = each.get("gpus") or []
        parts = [
            f"{each.get('cores')} cores of {each.get('cpu')}",
            f"{each.get('memory_gib')} GiB",
            words.counted(len(gpus), "GPU") if gpus else "no GPU",
            f"{each.get('system')}, Python {each.get('python')}",
        ]
        found.append(", ".join(parts))
    return found


def _versions() -> str:
    import mle_toolkit

    packages = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    own = f"mle-toolkit {mle_toolkit.__version__}"
    return ", ".join([own, f"Python {platform.python_version()}", *packages])
