"""Small attempts as our supervisor leaves them, to be exported."""

from __future__ import annotations

import pytest

from mle_toolkit.store import write_json
from mle_toolkit.traces import EventWriter

CODE = """\
import csv

with open("input/train.csv") as file:
    rows = list(csv.DictReader(file))
mean = sum(float(row["y"]) for row in rows) / len(rows)
with open("submission.csv", "w") as file:
    file.write(f"id,y\\n1,{mean}\\n")
print(f"validation mae: {mean}")
"""
GRADE = {
    "competition": "means", "score": 0.5, "score_full": 0.5, "valid": True,
    "lower_is_better": True, "medal": "silver", "any_medal": True,
    "above_median": True, "percentile": None, "reason": None, "warnings": [],
    "thresholds": {"gold": 0.1, "silver": 0.6, "bronze": 0.7, "median": 0.9},
}  # fmt: skip
WRITE = "from pathlib import Path\nPath('n.txt').write_text(str(n))"
SEARCH = [
    ("start", {"competition": "means", "agent": "tree-search/offline",
               "model": "offline", "seed": 3, "limits": {"steps": 2}}),
    ("model", {"node": 0, "purpose": "draft", "reply": "Take the mean.",
               "messages": [{"role": "system", "content": "You are an engineer."},
                            {"role": "user", "content": "Write a program."}],
               "tool_calls": [], "tokens_in": 100, "tokens_out": 20,
               "cost_usd": 0.25, "duration_s": 0.5}),
    ("exec", {"node": 0, "code": CODE, "output": "validation mae: 2.0\n",
              "status": "ok", "exception": None, "duration_s": 0.1}),
    ("validation", {"node": 0, "valid": True, "reason": None}),
    ("submission", {"node": 0, "number": 1, "sha256": "0", "size": 9, "best": False}),
    ("node", {"node": 0, "parent": None, "stage": "draft",
              "plan": "Take the mean.\nIt is *robust*.", "is_buggy": False,
              "reason": None, "metric": 2.0, "lower_is_better": True,
              "summary": "It works.", "has_submission": True}),
    ("submission", {"node": 0, "number": 1, "best": True}),
    ("model", {"node": 1, "purpose": "improve", "reply": "Worse.",
               "reasoning": "I wonder.",
               "messages": [{"role": "system", "content": "You are an engineer."},
                            {"role": "user", "content": "Improve it."}],
               "tool_calls": [{"id": "r-1", "name": "submit_review",
                               "arguments": {"is_bug": True}}],
               "tokens_in": 50, "tokens_out": 5, "cost_usd": 0.25}),
    ("exec", {"node": 1, "code": "raise ValueError\n", "output": "Traceback",
              "status": "error", "exception": "ValueError", "duration_s": 0.1}),
    ("node", {"node": 1, "parent": 0, "stage": "improve", "plan": "No plan",
              "is_buggy": True, "reason": "it failed", "metric": None,
              "lower_is_better": True, "summary": "", "has_submission": False}),
    ("node", {"node": 2, "parent": 0, "stage": "improve", "plan": "",
              "is_buggy": True, "reason": "the reply held no program",
              "metric": None, "lower_is_better": True}),
    ("limit", {"limit": "time-limit", "detail": "300 s are over"}),
    ("end", {"status": "finished", "reason": None}),
]  # fmt: skip
LINEAR = [
    ("start", {"competition": "means", "agent": "react/gpt", "model": "gpt",
               "seed": 0}),
    ("model", {"node": None, "purpose": "act", "reply": "I look.",
               "messages": [{"role": "user", "content": "Solve it."}],
               "tool_calls": [{"id": "a", "name": "python",
                               "arguments": {"code": "n = 6 * 7"}},
                              {"id": "b", "name": "bash",
                               "arguments": {"command": "echo \"it's\" > out.txt"}}],
               "tokens_in": 10, "tokens_out": 2, "cost_usd": None}),
    ("note", {"text": "both run at once"}),
    ("tool", {"node": None, "name": "bash", "call_id": "b", "status": "ok",
              "arguments": {"command": "echo \"it's\" > out.txt"}, "output": ""}),
    ("tool", {"node": None, "name": "python", "call_id": "a", "status": "ok",
              "arguments": {"code": "n = 6 * 7"}, "output": "42\n"}),
    ("tool", {"node": None, "name": "Write", "call_id": "c", "status": "error",
              "arguments": {"file_path": "/etc/passwd"}, "output": "refused"}),
    ("tool", {"node": None, "name": "python", "call_id": "d", "status": "ok",
              "arguments": {"code": WRITE},
              "output": ""}),
    ("end", {"status": "finished", "reason": None}),
]  # fmt: skip


@pytest.fixture
def write_attempt(tmp_path):
    """Write an attempt with these events; return its folder."""

    def write(events, *, grade=None, **spec):
        folder = tmp_path / "run" / "means" / "agent" / "0"
        (folder / "try-1" / "submissions").mkdir(parents=True)
        owner = {"host": "made", "boot": "", "pid": 1, "started": ""}
        write_json(folder / "try-1" / "claim", owner)
        writer = EventWriter(folder / "try-1")
        for kind, fields in events:
            writer.append(kind, fields)
        writer.close()
        start = events[0][1]
        scaffold = str(start.get("agent", "agent/m")).partition("/")[0]
        task = {"metric": "mae", "lower_is_better": True, "description": "Predict y."}
        write_json(folder / "spec.json", {
            "experiment": "run", "competition": start.get("competition"),
            "scaffold": scaffold, "model": start.get("model"),
            "seed": start.get("seed"), "sandbox": "bwrap", "task": task, **spec,
        })  # fmt: skip
        write_json(folder / "result.json", {
            "status": "finished", "error": None, "try": 1, "validation_score": 2.0,
            "submission": {"number": 1, "try": 1, "sha256": "0"},
        })  # fmt: skip
        if grade is not None:
            write_json(folder / "grade.json", grade)
        return folder

    return write


@pytest.fixture
def search(write_attempt):
    """A graded tree search of three nodes."""
    return write_attempt(SEARCH, grade=GRADE)


@pytest.fixture
def linear(write_attempt):
    """An agent that calls tools and makes no nodes."""
    return write_attempt(LINEAR)
