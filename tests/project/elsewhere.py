"""Numbers of every kind, as JSON: the same program for every machine that is compared.

Frames are flattened to their cells; what is discrete (counts, names, verdicts, places,
chosen k) and what is a float come apart.
"""

import csv
import dataclasses
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import mle_toolkit as mle  # noqa: E402
from mle_toolkit import analysis, stats  # noqa: E402
from mle_toolkit.competitions.grading import Grader  # noqa: E402
from mle_toolkit.competitions.protocols.checks import id_order  # noqa: E402
from tests.builders import write_run  # noqa: E402
from tests.scored import scored_frame  # noqa: E402

EXAMPLES = ROOT / "tests" / "competitions" / "examples"
EVERY = 4
AGENTS = ("aira-dojo", "models-o1-preview-aide", "Thesis", "disarray", "Neo")


def main():
    """Write everything, and what this process computed with."""
    folder = Path(sys.argv[1])
    found = {
        "features": features(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
        "odd": odd(),
        "stats": of_stats(),
        "analysis": of_analysis(folder),
        "grades": grades(),
    }
    json.dump(found, sys.stdout)


def features():
    """Return the processor features that numpy chooses its loops by and may use."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__[name]]


def odd():
    """Return what is known to differ in its last digits."""
    values = np.random.default_rng(0).random(4000)
    return [*map(float.hex, np.log(values).tolist())]


def of_stats():
    """Return records of the functions on arrays."""
    rng = np.random.default_rng(7)
    n = rng.integers(3, 17, 40)
    c = rng.binomial(n, rng.beta(0.4, 0.8, 40))
    other = rng.binomial(n, rng.beta(0.4, 1.2, 40))
    scores = rng.beta(0.7, 1.0, size=(8, 40))
    fit = stats.fit_beta_binomial(n, c)
    found = {
        "pass_at_k": stats.pass_at_k(n, c, [1, 2, 3]),
        "curve": stats.pass_at_k_interval(n, c, 3),
        "these": stats.pass_at_k_interval(n, c, 2, target="these"),
        "rate": stats.medal_rate(n, c),
        "bootstrap": stats.medal_rate(n, c, method="bootstrap-percentile", seed=1),
        "compare": stats.compare(c / n, other / n),
        "iqm": stats.iqm(scores, seed=2),
        "profile": stats.performance_profile(scores, [0.2, 0.5, 0.9], seed=3),
        "improvement": stats.probability_of_improvement(
            scores, np.sqrt(scores), seed=4
        ),
        "best_of": stats.score_at_k(scores.T[0], [1, 3, 8]),
        "select": stats.select_at_k(scores.T[0], scores.T[1], [1, 3, 8]),
        "fit": [fit.mean, fit.rho, fit.pass_at_k(100)],
        "next": fit.next_attempts(50).attempts,
        "forecast": stats.forecast_pass_at_k(n, c, [20, 60], seed=5),
        "chao": stats.chao_pass_at_k(n, c, 40),
        "power": stats.power_curve([0.0, 0.05, 0.1], 75, seeds=3),
    }
    return {name: plain(value) for name, value in found.items()}


def of_analysis(folder):
    """Return frames of the verbs, on the record and on a run."""
    record = mle.record(missing="failure")
    record = record[record["agent"].isin(AGENTS)]
    scored = scored_frame(competitions=6, attempts=6)
    run = write_run(folder / "run", attempts=6)
    medals = analysis.medal_steps(mle.load_attempts(run.path))
    found = {
        "board": analysis.leaderboard(record),
        "ranks": analysis.rank_intervals(record),
        "pairs": analysis.compare_many(record),
        "forecast": analysis.forecast_pass_at_k(record, k=[40], seed=1),
        "score": analysis.score_at_k(scored, lower_is_better=False),
        "improvement": analysis.probability_of_improvement(
            scored, a="tree/big", b="react/small", lower_is_better=False, seed=2
        ),
        "split": analysis.best_split(medals, budget=0.016, seed=3),
        "first": analysis.time_to_first_medal(medals),
    }
    return {name: plain(value) for name, value in found.items()}


def grades():
    """Return grades of examples of MLE-bench's competitions, and their verdicts."""
    with (EXAMPLES / "examples.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::EVERY]
    # Ids that occur more than once: sorts of numbers differ between processors.
    ids = np.random.default_rng(0).integers(0, 20, 500)
    found = {"repeated ids": plain(id_order(pd.Series(ids)))}
    for row in rows:
        grader = Grader.of(row["competition_id"], answers=EXAMPLES / row["answers"])
        grade = grader.grade(EXAMPLES / row["submission"])
        found[row["submission"]] = plain([grade.score, grade.valid, grade.medal])
    return found


def plain(value):
    """Return the cells of a result in order: floats as floats, the rest as text."""
    if dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, pd.DataFrame):
        frame = value.drop(columns=["path"], errors="ignore")
        value = [frame[name].tolist() for name in frame]
    elif isinstance(value, dict):
        value = list(value.items())
    elif isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if isinstance(value, (list, tuple)):
        return [each for one in value for each in plain(one)]
    if isinstance(value, float) and math.isfinite(value):
        return [float(value)]
    return [str(value)]


if __name__ == "__main__":
    main()
