"""Run folders for the browser: hostile ones and large ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mle_toolkit.store import AttemptFolder, ExperimentFolder, write_json
from mle_toolkit.traces import EventWriter
from mle_toolkit.traces.annotations import annotate

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE_PARTS = (
    "<script>window.__pwned='tag'</script>",
    "<img src=x onerror=\"window.__pwned='img'\">",
    "<svg onload=\"window.__pwned='svg'\"><animate onbegin=alert(1)></svg>",
    "[link](javascript:window.__pwned='markdown')",
    "<a href=\"javascript:window.__pwned='link'\">press</a>",
    "<iframe srcdoc=\"<script>parent.__pwned='frame'</script>\"></iframe>",
    "\x1b]8;;javascript:window.__pwned='osc'\x1b\\terminal link\x1b]8;;\x1b\\",
    "\x1b[31mred\x1b[0m",
    "bidi \u202e\u2066 marks",
    "line\u2028separator\u2029and\x00null",
    "</script><script>window.__pwned='closed'</script>",
    "</textarea></style></title><script>window.__pwned='raw'</script>",
    "\"'` onmouseover=\"window.__pwned='attribute'\"",
    '" style="background:url(//evil.example)"',
    "<base href='//evil.example/'><link rel=stylesheet href='//evil.example/a.css'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<form action='//evil.example'><input onfocus=\"window.__pwned='focus'\">",
    "{{constructor.constructor(\"window.__pwned='template'\")()}}",
    "${window.__pwned='literal'}",
    "]]> --> <!-- <![CDATA[ &lt;script&gt; \\u003cscript\\u003e",
    "$\\href{javascript:window.__pwned='math'}{x}$ \ud800 lone half",
)
HOSTILE = "\n".join(HOSTILE_PARTS)
# As a path it can have no slash.
HOSTILE_NAME = "<img src=x onerror=window.__pwned='name'>"
# What must be seen of it, on one line each.
SEEN = ("<script>window.__pwned='tag'</script>", "<img src=x onerror=")


def hostile_events() -> list[tuple[str, dict[str, Any]]]:
    """Return one event of every kind, hostile in every field that may hold a text."""
    bad = HOSTILE
    message = {"role": bad, "content": bad}
    call = {"name": bad, "arguments": {"command": bad, bad: bad}}
    return [
        ("start", {"agent": bad, "model": bad, "competition": bad, "seed": bad}),
        ("model", {"node": 0, "purpose": bad, "messages": [message, bad],
                   "reply": f"{bad}\n```python\n{bad}\n```\n", "reasoning": bad,
                   "tool_calls": [call, bad], "tokens_in": 1, "tokens_out": 1,
                   "duration_s": 0.1}),
        ("tool", {"node": 0, "name": bad, "arguments": bad, "output": bad,
                  "status": bad}),
        ("exec", {"node": 0, "code": bad, "output": f"{traceback()}\n{bad}",
                  "status": "error", "exception": bad, "duration_s": 1.0}),
        ("node", {"node": 0, "parent": None, "stage": bad, "plan": bad,
                  "is_buggy": True, "reason": bad, "summary": bad, "metric": None}),
        ("exec", {"node": 1, "code": f"{bad}\n# other", "output": bad, "status": "ok"}),
        ("node", {"node": 1, "parent": 0, "stage": "improve", "plan": bad,
                  "is_buggy": False, "metric": 0.5, "summary": bad,
                  "lower_is_better": True, "has_submission": True}),
        ("submission", {"node": 1, "number": bad, "sha256": bad, "best": True}),
        ("validation", {"valid": False, "reason": bad}),
        ("limit", {"limit": bad, "reason": bad}),
        ("note", {"text": bad, bad: {bad: [bad]}}),
        ("error", {"message": bad, "text": bad}),
        (bad, {"text": bad}),
        ("end", {"status": bad, "reason": bad}),
    ]  # fmt: skip


def traceback() -> str:
    """Return a traceback whose lines are hostile."""
    return (
        "Traceback (most recent call last):\n"
        f'  File "{HOSTILE_NAME}", line 1, in <module>\n    {HOSTILE_NAME}\n'
        f"ValueError: {HOSTILE_NAME}"
    )


def hostile_run(folder: Path) -> ExperimentFolder:
    """Write an experiment of two attempts that are hostile wherever text can be."""
    bad = HOSTILE
    refs = [f"{HOSTILE_NAME}/{HOSTILE_NAME}/{seed}" for seed in range(2)]
    task = {"title": bad, "metric": bad, "lower_is_better": True, "competition": bad}
    items = [
        {"path": ref, "competition": HOSTILE_NAME, "scaffold": bad, "model": bad,
         "seed": seed}
        for seed, ref in enumerate(refs)
    ]  # fmt: skip
    for ref in refs:
        _hostile_attempt(AttemptFolder(folder / ref), task)
    write_json(folder / "plan-1.json", {
        "name": bad, "version": 1, "attempts": items, "tasks": {HOSTILE_NAME: task},
        "limits": {"time_limit_s": 60.0},
    })  # fmt: skip
    return ExperimentFolder.open(folder)


def _hostile_attempt(attempt: AttemptFolder, task: dict[str, Any]) -> None:
    bad = HOSTILE
    folder = attempt.path / "try-1"
    folder.mkdir(parents=True)
    claim = {"host": "made", "boot": "", "pid": 1, "started": ""}
    write_json(folder / "claim", claim)
    write_json(attempt.path / "spec.json", {"task": task, "limits": {"steps": 2}})
    log = EventWriter(folder)
    for kind, fields in hostile_events():
        log.append(kind, fields)
    # As a blob, and as a line that is none.
    log.append("note", {"text": f"{bad}\n{'<b>x</b> ' * 4000}"})
    log.close()
    with (folder / "events.jsonl").open("ab") as raw:
        raw.write(json.dumps(bad).encode() + b"\n" + b"<script>not json\n")
    write_json(attempt.grade_path, {
        "competition": bad, "score": 0.4, "valid": True, "reason": bad, "medal": bad,
        "warnings": [bad], "lower_is_better": True, "thresholds": {"gold": 0.1},
        "percentile": 5.0,
    })  # fmt: skip
    write_json(attempt.result_path, {
        "status": bad, "error": bad, "started": bad, "ended": bad, "elapsed_s": 5.0,
        "try": 1, "submission": None, "validation_score": 0.5, "n_nodes": 2,
        "tokens_in": 1, "tokens_out": 1, "cost_usd": 0.0, "imported": bad,
    })  # fmt: skip
    for kind, n in (("attempt", None), ("node", 1), ("event", 3)):
        annotate(attempt, kind=kind, n=n, tags=[HOSTILE_NAME[:40]], comment=bad,
                 author=HOSTILE_NAME)  # fmt: skip


def planned_run(folder: Path, attempts: int) -> ExperimentFolder:
    """Write the plan of many attempts on ten competitions, none of which has begun."""
    folder.mkdir(parents=True)
    items = [
        {
            "path": f"comp-{at % 10}/agent-{at // 10 % 4}/{at // 40}",
            "competition": f"comp-{at % 10}",
            "scaffold": "agent",
            "model": f"model-{at // 10 % 4}",
            "seed": at // 40,
        }
        for at in range(attempts)
    ]
    plan = {"attempts": items, "tasks": {}, "limits": {"time_limit_s": 60.0}}
    write_json(folder / "plan-1.json", plan)
    return ExperimentFolder.open(folder)
