"""A tidy frame of scores drawn from a seed, for what needs more than medals."""

import numpy as np
import pandas as pd

from tests.builders import COLUMNS

AGENTS = ("tree/big", "tree/small", "react/small")


def scored_frame(
    *, agents=AGENTS, competitions=6, attempts=5, pending=0, failing=0.15, seed=0
):
    """Return attempts whose score, percentile and validation score hang together.

    Competitions ``c0, c1, ...`` are of split low and high in turn, more is better on
    all of them, and the last `pending` attempts of each have not begun.
    """
    rng = np.random.default_rng(seed)
    ease = rng.normal(0.0, 1.0, competitions)
    rows = []
    for place, agent in enumerate(agents):
        scaffold, _, model = agent.partition("/")
        for at in range(competitions):
            for number in range(attempts + pending):
                row = dict.fromkeys(COLUMNS) | {
                    "experiment": "drawn", "competition": f"c{at}",
                    "split": ("low", "high")[at % 2], "scaffold": scaffold,
                    "model": model, "agent": agent, "seed": number,
                    "status": "pending",
                }  # fmt: skip
                if number < attempts:
                    row |= _outcome(rng, ease[at] - 0.7 * place, failing)
                rows.append(row)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("any_medal", "above_median", "valid_submission", "flagged"):
        frame[name] = frame[name].astype("boolean")
    for name in ("score", "percentile", "validation_score", "elapsed_s", "cost_usd"):
        frame[name] = frame[name].astype("float64")
    return frame


def _outcome(rng, ease, failing):
    score = float(1.0 / (1.0 + np.exp(-ease - rng.normal(0.0, 0.8))))
    validation = score + float(rng.normal(0.0, 0.15))
    failed = bool(rng.random() < failing)
    return {
        "status": "failed" if failed else "finished",
        "score": None if failed else score,
        "percentile": None if failed else 100.0 * score,
        "validation_score": None if failed else validation,
        "any_medal": not failed and score > 0.6,
        "above_median": not failed and score > 0.5,
        "valid_submission": not failed,
    }
