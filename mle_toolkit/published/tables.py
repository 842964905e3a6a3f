"""What is known of the published experiments, and of the competitions they ran on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

PROVENANCE = (
    "Medals and seeds were counted from the grading reports that the authors of "
    "MLE-bench publish with their code (openai/mle-bench, runs/, as of early 2026); "
    "split and category are those of the benchmark, the category partly our reading. "
    "The record is second-hand: which submissions were graded, and how, is the word of "
    "those who sent the reports. Published percentages are from the leaderboard in "
    "that repository and from the paper (arXiv 2410.07095)."
)

_FOLDER = Path(__file__).resolve().parent
_MEDALS = {
    "experiment": "string",
    "competition": "string",
    "medals": "int64",
    "seeds": "int64",
}
_COMPETITIONS = {"competition": "string", "split": "string", "category": "string"}
_EXPERIMENTS = {
    "experiment": "string",
    "name": "string",
    "scaffold": "string",
    "model": "string",
    "role": "string",
    "published": "float64",
    "published_error": "float64",
    "published_error_kind": "string",
    "published_source": "string",
    "leakage": "string",
    "note": "string",
}


def experiments() -> pd.DataFrame:
    """Return one row for each published experiment.

    Returns
    -------
    DataFrame
        Columns: ``agent``, the experiment's name in the reports; ``name``, for
        people; ``scaffold`` and ``model``, missing where it is not known; ``role``,
        ``"leaderboard"`` or ``"ablation"`` (the same agent with other means, which
        belongs in no ranking); ``n_competitions`` with reports; ``n_seeds``, the
        usual number of seeds of a competition; ``published`` and
        ``published_error``, in percent, as printed by its source, NaN where we know
        of none; ``published_error_kind``: ``"seeds"``, the standard error over seed
        means, or ``"binomial"``, that of all attempts pooled; ``published_source``;
        ``leakage``: ``"known"`` as marked on the leaderboard, ``"disputed"`` by
        users, missing else; ``note``.

    Examples
    --------
    >>> table = experiments().set_index("agent")
    >>> table.loc["aira-dojo", "name"], float(table.loc["aira-dojo", "published"])
    ('AIRA-dojo, o3', 31.6)
    >>> int(table["n_competitions"].lt(75).sum())
    6
    """
    table = _read("experiments.csv", tuple(_EXPERIMENTS.items()))
    seeds = medals().groupby("experiment")["seeds"]
    numbers = pd.DataFrame(
        {"n_competitions": seeds.size(), "n_seeds": seeds.agg(usual_seeds)}
    )
    table = table.join(numbers, on="experiment")
    first = ["experiment", "name", "scaffold", "model", "role"]
    first += ["n_competitions", "n_seeds"]
    table = table[[*first, *table.columns.drop(first)]]
    return table.rename(columns={"experiment": "agent"})


def competitions() -> pd.DataFrame:
    """Return the 75 competitions and the 7 development ones of MLE-bench.

    Returns
    -------
    DataFrame
        Columns ``competition``; ``split``: ``"low"`` (also called Lite),
        ``"medium"``, ``"high"`` or ``"dev"``; ``category``, such as ``"Tabular"``.

    Examples
    --------
    >>> competitions()["split"].value_counts().to_dict()
    {'medium': 38, 'low': 22, 'high': 15, 'dev': 7}
    """
    return _read("competitions.csv", tuple(_COMPETITIONS.items())).copy()


def medals() -> pd.DataFrame:
    """Return the counts as published: experiment, competition, medals, seeds."""
    return _read("medals.csv", tuple(_MEDALS.items())).copy()


def usual_seeds(seeds: pd.Series) -> int:
    """Return the most frequent number of seeds; of several, the largest."""
    return int(seeds.mode().max())


@cache
def _read(name: str, types: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.read_csv(_FOLDER / name, dtype=dict(types))
