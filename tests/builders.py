"""Run folders and frames as a real experiment leaves them, made in milliseconds."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from mle_toolkit.records import Limits, Task
from mle_toolkit.running.plan import plan_experiment
from mle_toolkit.store import (
    AttemptFolder,
    ExperimentFolder,
    read_json,
    write_json,
)
from mle_toolkit.traces import EventWriter

if TYPE_CHECKING:
    from pathlib import Path

START = "2026-11-01T10:00:00Z"
COLUMNS = [
    "experiment", "competition", "split", "scaffold", "model", "agent", "seed",
    "status", "score", "medal", "any_medal", "above_median", "valid_submission",
    "percentile", "validation_score", "elapsed_s", "tokens_in", "tokens_out",
    "cost_usd", "n_nodes", "hardware", "flagged", "tags", "path",
]  # fmt: skip


class Scale(NamedTuple):
    """A competition as far as the builder needs it: its metric and medal lines."""

    title: str
    metric: str
    lower_is_better: bool
    gold: float
    silver: float
    bronze: float
    median: float

    @property
    def thresholds(self) -> dict[str, float]:
        """The medal lines alone."""
        return {
            name: getattr(self, name) for name in ("gold", "silver", "bronze", "median")
        }

    def medal(self, score: float) -> str | None:
        """Return the medal that a score wins."""
        sign = -1 if self.lower_is_better else 1
        for name in ("gold", "silver", "bronze"):
            if sign * score >= sign * getattr(self, name):
                return name
        return None


SCALES = {
    "digits": Scale(
        "Small digits", "log_loss", lower_is_better=True,
        gold=0.071, silver=0.093, bronze=0.118, median=0.191,
    ),
    "breast-cancer": Scale(
        "Cell nuclei", "roc_auc", lower_is_better=False,
        gold=0.9978, silver=0.9962, bronze=0.9941, median=0.9893,
    ),
}  # fmt: skip


def make_frame(
    outcomes: dict[tuple[str, str], tuple[int, int, int]], **columns: Any
) -> pd.DataFrame:
    """Return a tidy frame from (agent, competition): (attempts, medals, pending)."""
    rows = []
    for (agent, competition), (n, c, pending) in outcomes.items():
        for seed in range(n + pending):
            row = dict.fromkeys(COLUMNS)
            scaffold, _, model = agent.partition("/")
            row |= {
                "experiment": "made", "competition": competition, "split": "mini",
                "scaffold": scaffold, "model": model, "agent": agent, "seed": seed,
                "status": "pending", "path": f"/nowhere/{competition}/{agent}/{seed}",
            }  # fmt: skip
            if seed < n:
                won = seed < c
                row |= {
                    "status": "finished", "score": 0.9 if won else 0.5,
                    "medal": "silver" if won else None, "any_medal": won,
                    "above_median": won, "valid_submission": True,
                    "percentile": 90.0 if won else 30.0, "elapsed_s": 60.0,
                    "tokens_in": 100, "tokens_out": 10, "cost_usd": 0.5, "n_nodes": 5,
                }  # fmt: skip
            rows.append(row)
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(**columns)
    for name in ("any_medal", "above_median", "valid_submission", "flagged"):
        frame[name] = frame[name].astype("boolean")
    for name in ("score", "percentile", "validation_score", "elapsed_s", "cost_usd"):
        frame[name] = frame[name].astype("float64")
    return frame


def write_run(
    folder: Path,
    *,
    competitions: tuple[str, ...] = ("digits", "breast-cancer"),
    attempts: int = 8,
    steps: int = 5,
    pending: int = 0,
    seed: int = 0,
) -> ExperimentFolder:
    """Write an experiment: the last `pending` attempts of each have not begun."""
    plan = plan_experiment(
        folder.name,
        [_task(name) for name in competitions],
        scaffold="tree-search",
        model="offline",
        seeds=range(attempts),
        limits=Limits(time_limit_s=300.0, steps=steps),
        parallel=2,
    )
    for planned in plan.attempts:
        attempt = AttemptFolder(folder / planned.path)
        attempt.path.mkdir(parents=True)
        write_json(attempt.path / "spec.json", asdict(plan.spec(planned)))
        if planned.seed < attempts - pending:
            place = competitions.index(planned.competition)
            rng = np.random.default_rng((seed, planned.seed, place))
            _write_attempt(attempt, rng)
    write_json(folder / "plan-1.json", plan.to_dict())
    return ExperimentFolder.open(folder)


def _task(competition: str) -> Task:
    scale = SCALES[competition]
    return Task(
        competition=competition,
        title=scale.title,
        description="Predict.",
        metric=scale.metric,
        lower_is_better=scale.lower_is_better,
        public_dir="/nowhere/public",
        sample_submission="sample_submission.csv",
        id_column="id",
        target_columns=("target",),
        split="mini",
    )


def _write_attempt(attempt: AttemptFolder, rng: np.random.Generator) -> None:
    spec = attempt.spec()
    scale = SCALES[spec.competition]
    folder = attempt.path / "try-1"
    (folder / "submissions").mkdir(parents=True)
    write_json(folder / "claim", {"host": "made", "boot": "", "pid": 1, "started": ""})
    log = _Log(folder)
    log.write("start", agent=spec.agent, model=spec.model, seed=spec.seed,
              limits=asdict(spec.limits), sandbox=spec.sandbox,
              hardware="2 cores")  # fmt: skip
    worst = scale.median + (scale.median - scale.gold) * 1.5
    best, chosen, validation = worst, None, None
    for node in range(spec.limits.steps or 5):
        log.pass_time(float(rng.gamma(3.0, 2.5)))
        buggy = rng.random() < 0.25
        best += (scale.gold - best) * float(rng.uniform(-0.2, 0.75))
        metric = None if buggy else round(best, 5)
        log.write("model", node=node, purpose="draft", messages=[], reply="<b>plan</b>",
                  tokens_in=900, tokens_out=300, cost_usd=0.0,
                  duration_s=0.1)  # fmt: skip
        log.write("exec", node=node, code=f"print('node {node}')\n", output="",
                  status="error" if buggy else "ok",
                  exception="ValueError" if buggy else None,
                  duration_s=1.0)  # fmt: skip
        log.write("node", node=node, parent=node - 1 if node else None,
                  stage="improve" if node else "draft", plan="<script>x</script>",
                  is_buggy=buggy, metric=metric, summary="", has_submission=not buggy,
                  lower_is_better=scale.lower_is_better)  # fmt: skip
        if buggy:
            continue
        test = best + (scale.median - scale.gold) * float(rng.normal(0.08, 0.12))
        number = _snapshot(
            folder, log, spec.competition, node=node, score=round(test, 5)
        )
        sign = -1 if scale.lower_is_better else 1
        if validation is None or sign * metric > sign * validation:
            validation, chosen = metric, number
            log.submit(number, node, best=True)
    status = "finished" if chosen else "failed"
    log.write("end", status=status)
    log.close()
    grade = _grade(spec.competition, scale, None)
    if chosen:
        grade = read_json(folder / "submissions" / f"{chosen:04d}.grade.json")
    write_json(attempt.grade_path, grade)
    write_json(attempt.result_path, {
        "status": status, "error": None if chosen else "every node failed",
        "started": START, "ended": START, "elapsed_s": log.elapsed_s, "try": 1,
        "submission": {"try": 1, "number": chosen, "sha256": "0"} if chosen else None,
        "validation_score": validation, "n_nodes": spec.limits.steps,
        "tokens_in": 4500, "tokens_out": 1500, "cost_usd": 0.0,
        "hardware": {"cpu": "Made-up 5000", "cores": 2, "memory_gib": 8.0, "gpus": [],
                     "python": "3.11.7", "system": "Linux x86_64"},
        "sandbox": spec.sandbox,
    })  # fmt: skip


def _snapshot(
    folder: Path, log: _Log, competition: str, *, node: int, score: float
) -> int:
    scale = SCALES[competition]
    number = len(list((folder / "submissions").glob("*.csv"))) + 1
    stem = folder / "submissions" / f"{number:04d}"
    stem.with_suffix(".csv").write_text(f"id,target\n0,{score}\n")
    write_json(stem.with_suffix(".json"), {
        "number": number, "sha256": hashlib.sha256(str(score).encode()).hexdigest(),
        "size": 20, "elapsed_s": log.elapsed_s, "time": START, "node": node,
    })  # fmt: skip
    write_json(stem.with_suffix(".grade.json"), _grade(competition, scale, score))
    log.submit(number, node, best=False)
    return number


def _grade(competition: str, scale: Scale, score: float | None) -> dict[str, Any]:
    medal = None if score is None else scale.medal(score)
    sign = -1 if scale.lower_is_better else 1
    above = score is not None and sign * score > sign * scale.median
    span = abs(scale.gold - scale.median)
    return {
        "competition": competition, "score": score, "score_full": score,
        "valid": score is not None,
        "reason": None if score is not None else "there is no submission",
        "warnings": [], "medal": medal, "any_medal": medal is not None,
        "above_median": above,
        "percentile": None if score is None else float(
            np.clip(50 + 45 * sign * (score - scale.median) / span, 0, 100)
        ),
        "thresholds": scale.thresholds, "lower_is_better": scale.lower_is_better,
    }  # fmt: skip


class _Log(EventWriter):
    """An event log whose clock the builder turns itself."""

    elapsed_s = 0.0

    def pass_time(self, seconds: float) -> None:
        self.elapsed_s = round(self.elapsed_s + seconds, 3)

    def write(self, kind: str, **fields: Any) -> None:
        self.append(kind, fields)

    def submit(self, number: int, node: int, *, best: bool) -> None:
        self.write("submission", node=node, number=number, sha256="0", size=20,
                   best=best)  # fmt: skip
