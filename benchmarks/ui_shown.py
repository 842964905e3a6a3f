"""An attempt to look at: a tree with branches, programs, failures, notes."""

from __future__ import annotations

import hashlib
import random
import shutil
from typing import TYPE_CHECKING, Any

from mle_toolkit.store import AttemptFolder, read_json, write_json
from mle_toolkit.store.processes import current_owner
from mle_toolkit.traces import EventWriter
from mle_toolkit.traces.annotations import annotate
from tests.builders import SCALES, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from mle_toolkit.store import ExperimentFolder

NODES = 34
MODELS = ("LogisticRegression", "RandomForestClassifier", "HistGradientBoosting")
PROGRAM = """import pandas as pd
from sklearn.model_selection import cross_val_predict, StratifiedKFold

train = pd.read_csv("input/train.csv")
test = pd.read_csv("input/test.csv")
X, y = train.drop(columns=["id", "target"]), train["target"]
folds = StratifiedKFold(n_splits={folds}, shuffle=True, random_state=0)
model = {model}(random_state=0)  # variant {node}
{extra}
proba = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
print("validation log_loss:", log_loss(y, proba))
model.fit(X, y)
out = pd.DataFrame(model.predict_proba(test[X.columns]))
out.insert(0, "id", test["id"])
out.to_csv("submission.csv", index=False)
"""
FAILURE = """Traceback (most recent call last):
  File "/workspace/solution.py", line 11, in <module>
    proba = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
  File "/usr/lib/python3/sklearn/model_selection/_validation.py", line 1219
    raise ValueError("Input X contains NaN.")
ValueError: Input X contains NaN.
"""


def write_shown(folder: Path) -> ExperimentFolder:
    """Write an experiment: some attempts in detail, others in brief.

    One of them runs: its owner is this process.
    """
    run = write_run(folder, attempts=6, steps=9, pending=2, seed=3)
    attempts = run.attempts()
    _write_detailed(attempts[0], seed=1)
    _write_detailed(attempts[2], seed=2)
    annotate(attempts[0], kind="node", n=3, tags=["leak?"], author="ada",
             comment="Reads the test file before the split.")  # fmt: skip
    annotate(attempts[0], tags=["report"], author="grace", comment="For the figure.")
    running = attempts[8].path / "try-1"
    running.mkdir()
    write_json(running / "claim", current_owner().to_dict())
    _write_nodes(_Log(running), attempts[8], random.Random(3), 9)  # noqa: S311
    return run


def _write_detailed(attempt: AttemptFolder, *, seed: int) -> None:
    """Replace the log of an attempt by one with a tree as agents grow them."""
    result = read_json(attempt.result_path)
    folder = attempt.path / "try-1"
    claim = (folder / "claim").read_text()
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "claim").write_text(claim)
    log = _Log(folder)
    rng = random.Random(seed)  # noqa: S311
    result |= _write_nodes(log, attempt, rng, NODES)
    log.write("limit", limit="steps", reason="all steps are used")
    log.write("end", status="finished", reason="the steps are used up")
    log.close()
    result |= {
        "elapsed_s": log.elapsed_s, "status": "finished", "n_nodes": NODES,
        "tokens_in": 2100 * NODES, "tokens_out": 640 * NODES, "cost_usd": 0.012 * NODES,
    }  # fmt: skip
    write_json(attempt.result_path, result)


def _write_nodes(
    log: _Log, attempt: AttemptFolder, rng: random.Random, nodes: int
) -> dict[str, Any]:
    """Write a tree of nodes; return what a result says of the best one."""
    folder = attempt.path / "try-1"
    (folder / "submissions").mkdir(exist_ok=True)
    log.write("start", agent="tree-search/offline", model="offline", seed=0)
    scores: dict[int, float] = {}
    best: dict[str, Any] = {}
    for node in range(nodes):
        parent = None if node < 4 else _parent(rng, scores, node)  # noqa: PLR2004
        score = _write_node(log, rng, node, parent, scores.get(parent, 0.26))
        if score is None:
            continue
        scores[node] = score
        grade = _grade(score + rng.uniform(-0.004, 0.02))
        is_best = min(scores.values()) == score
        _keep(log, folder, node, grade, best=is_best)
        if is_best:
            if attempt.result_path.exists():
                write_json(attempt.grade_path, grade)
            chosen = {"try": 1, "number": len(scores), "sha256": "0"}
            best = {"submission": chosen, "validation_score": score}
    return best


def _parent(rng: random.Random, scores: dict[int, float], node: int) -> int:
    """Return one of the best nodes, or now and then any."""
    good = sorted(scores, key=scores.get)[:3]
    return rng.choice(good) if good and rng.random() < 0.8 else rng.randrange(node)  # noqa: PLR2004


def _write_node(
    log: _Log, rng: random.Random, node: int, parent: int | None, before: float
) -> float | None:
    """Write the events of one node; return its score, or None if it failed."""
    buggy = rng.random() < 0.22  # noqa: PLR2004
    stage = "draft" if parent is None else rng.choice(["improve", "improve", "debug"])
    model = MODELS[node % 3]
    score = None if buggy else round(max(0.062, before * rng.uniform(0.82, 1.06)), 5)
    plan = (
        f"Use {model} with {3 + node % 4} folds. The last attempt over-fitted, so this "
        f"one scales the columns and stops early.\n\n- keep the split\n- step {node}"
    )
    code = PROGRAM.format(
        folds=3 + node % 4,
        model=model,
        node=node,
        extra="X = X.fillna(0)\n" * (node % 2),
    )
    log.pass_time(rng.uniform(2, 3))
    log.write("model", node=node, purpose=stage, reply=f"{plan}\n```python\n{code}```",
              messages=[{"role": "system", "content": "You are an expert."},
                        {"role": "user", "content": "Improve the solution."}],
              tokens_in=2100 + 90 * node, tokens_out=640, cost_usd=0.012,
              duration_s=round(rng.uniform(1, 2), 2))  # fmt: skip
    took = rng.uniform(1, 9)
    log.pass_time(took)
    log.write("exec", node=node, code=code, duration_s=round(took, 2),
              output=FAILURE if buggy else f"validation log_loss: {score}\n",
              status="error" if buggy else "ok",
              exception="ValueError" if buggy else None)  # fmt: skip
    log.write("node", node=node, parent=parent, stage=stage, plan=plan, metric=score,
              is_buggy=buggy, reason="ValueError: Input X contains NaN." if buggy
              else None, summary="It crashed." if buggy else "It ran and was scored.",
              has_submission=not buggy, lower_is_better=True)  # fmt: skip
    return score


def _keep(
    log: _Log, folder: Path, node: int, grade: dict[str, Any], *, best: bool
) -> None:
    number = len(list((folder / "submissions").glob("*.csv"))) + 1
    stem = folder / "submissions" / f"{number:04d}"
    stem.with_suffix(".csv").write_text(f"id,target\n0,{grade['score']}\n")
    write_json(stem.with_suffix(".json"), {
        "number": number, "sha256": hashlib.sha256(stem.name.encode()).hexdigest(),
        "size": 20, "elapsed_s": log.elapsed_s, "node": node,
    })  # fmt: skip
    write_json(stem.with_suffix(".grade.json"), grade)
    log.write("submission", node=node, number=number, sha256="0", size=20, best=best)


def _grade(score: float) -> dict[str, Any]:
    scale = SCALES["digits"]
    medal = scale.medal(score)
    return {
        "competition": "digits", "score": round(score, 5), "valid": True,
        "reason": None, "warnings": [], "medal": medal, "any_medal": bool(medal),
        "above_median": score < scale.median, "percentile": 81.0,
        "score_full": score, "thresholds": scale.thresholds, "lower_is_better": True,
    }  # fmt: skip


class _Log(EventWriter):
    """A log whose clock is turned by hand."""

    elapsed_s = 0.0

    def pass_time(self, seconds: float) -> None:
        self.elapsed_s = round(self.elapsed_s + seconds, 3)

    def write(self, kind: str, **fields: Any) -> None:
        self.append(kind, fields)
