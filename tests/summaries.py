"""Summaries of traces and experiments as the views give them, made by hand."""

from __future__ import annotations

import math
import random
from typing import Any

PHASES = ("model", "training", "debugging", "tools", "idle")


def node(n: int, p: int | None = None, **changes: Any) -> dict[str, Any]:
    """Return a node; by default one that worked and has the score 0.5."""
    made = {
        "n": n, "p": p, "s": "draft" if p is None else "improve", "m": 0.5,
        "t": 10.0 * (n + 1), "d": 3.0, "bug": False, "why": None, "sub": True,
        "best": False, "chosen": False, "test": None, "medal": None, "gain": None,
        "k": None, "tok": 10, "usd": None, "first": n, "last": n, "plan": "A plan.",
    }  # fmt: skip
    return made | changes


def summary(nodes: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return the summary of a trace with these nodes; lower is better."""
    made = {
        "attempt": "digits/tree-search-offline/0",
        "header": {
            "competition": "digits", "title": "Small digits", "agent": "a/offline",
            "model": "offline", "seed": 0, "metric": "log loss", "lower": True,
            "state": "graded", "status": "finished", "reason": None, "started": None,
            "limit_s": 600.0, "steps": 5, "medal": "silver", "score": 0.09,
            "percentile": 80.0, "imported": None,
        },
        "total": 5, "kinds": {"model": 5}, "problems": 0, "problem_list": [],
        "reading": None, "nodes": nodes,
        "chart": {"lines": {}, "tests": []},
        "budget": {
            "elapsed_s": 100.0, "limit_s": 600.0, "usd": 1.5, "usd_limit": None,
            "tokens": 1000,
            "phases": [
                {"name": name, "seconds": 10.0 * at, "tokens": 10, "usd": None}
                for at, name in enumerate(PHASES)
            ],
        },
        "annotations": [],
    }  # fmt: skip
    return made | changes


def search(size: int, *, seed: int = 0, chain: bool = False) -> dict[str, Any]:
    """Return the summary of a long search: a quarter of its nodes is buggy."""
    rng = random.Random(seed)
    nodes: list[dict[str, Any]] = []
    tests = []
    for n in range(size):
        parent = n - 1 if chain else rng.randrange(max(0, n - 9), max(n, 1))
        bug = n > 0 and rng.random() < 0.25
        metric = None if bug else 0.1 + math.exp(-n / size) + rng.gauss(0, 0.05)
        medal = rng.choice([None, "gold", "silver", "bronze"])
        nodes.append(node(n, None if n < 3 else parent, m=metric, bug=bug, medal=medal))
        if not bug:
            score = metric + rng.gauss(0, 0.05)
            tests.append({"t": nodes[-1]["t"], "score": score, "medal": medal,
                          "node": n, "number": n, "chosen": False})  # fmt: skip
    best = min((each for each in nodes if not each["bug"]), key=lambda each: each["m"])
    best["chosen"] = True
    next(test for test in tests if test["node"] == best["n"])["chosen"] = True
    lines = {"gold": 0.3, "silver": 0.35, "bronze": 0.36, "median": 0.8}
    return summary(nodes, chart={"lines": lines, "tests": tests})


def attempt(seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Return one attempt of an experiment; by default a graded one."""
    made = {
        "ref": f"digits/a/{seed}", "competition": "digits", "agent": "a/offline",
        "seed": seed, "state": "graded", "status": "finished", "nodes": 5,
        "best": 0.1, "score": 0.2, "lower": True, "medal": None, "valid": True,
        "elapsed_s": 60.0, "limit_s": 600.0, "tokens": 100, "usd": 0.5, "tags": [],
        "note": None,
    }  # fmt: skip
    return made | changes


def experiment(attempts: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return an experiment of these attempts."""
    states = [each["state"] for each in attempts]
    medals = [each["medal"] for each in attempts]
    made = {
        "name": "x", "attempts": attempts, "stopping": False, "dispatching": None,
        "actions": True, "reading": None,
        "totals": {
            "n": len(attempts), "states": {s: states.count(s) for s in set(states)},
            "medals": {m: medals.count(m) for m in ("gold", "silver", "bronze")},
            "valid": sum(bool(each["valid"]) for each in attempts), "nodes": 5,
            "tokens": 100, "usd": 0.5, "elapsed_s": 60.0,
        },
    }  # fmt: skip
    return made | changes
