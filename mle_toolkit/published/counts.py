"""The published counts as a table of medals won and seeds run."""

from __future__ import annotations

import pandas as pd

from mle_toolkit.errors import check_choice
from mle_toolkit.published.tables import (
    PROVENANCE,
    competitions,
    experiments,
    medals,
    usual_seeds,
)

_MISSING = ("failure", "drop")
_SHORT = ("keep", "failure")


def record(*, missing: str, short_seeds: str = "keep") -> pd.DataFrame:
    """Return the published record of MLE-bench: medals won and seeds run.

    Six of the 31 experiments have no reports of some competitions: Leeroo has 40 of
    75, LoongFlow 48, Operand and PiEvolve 53, MLEvolve 74, and the experiment with
    extra time 4.  Mostly the missing ones are those without a medal, so what is done
    about them decides the result and has to be said.

    Parameters
    ----------
    missing
        Has no default.  ``"failure"``: a competition without reports counts as
        failed by all seeds (``c = 0``, ``n`` the usual number of seeds of that
        experiment, which is the most frequent one), as the leaderboard counts it.
        ``"drop"``: it is left out, which flatters: Leeroo has 95 % of 40
        competitions.
    short_seeds
        ``"keep"``: every competition keeps the seeds that it has.  ``"failure"``:
        those with fewer than the usual number are filled up with failures, as the
        leaderboard does.  It makes LoongFlow 62.67 % (published: 62.66) instead of
        64.00 %, but it also takes seeds for failures that were merely never run.

    Returns
    -------
    DataFrame
        One row per experiment and competition.  Columns: ``agent``, the
        experiment's name (`mle_toolkit.published.experiments` says what it is);
        ``competition``, ``split``, ``category``; ``c``, seeds that won a medal;
        ``n``, seeds; ``role``, ``"leaderboard"`` or ``"ablation"``.  Of `attrs`,
        ``provenance`` says where the numbers come from, ``missing`` and
        ``short_seeds`` what was chosen, ``padded_competitions`` and
        ``padded_seeds`` how many were made up for each agent that has any.

    Raises
    ------
    UnknownNameError
        For another value of `missing` or `short_seeds`.

    Examples
    --------
    >>> table = record(missing="failure")
    >>> rates = (table["c"] / table["n"]).groupby(table["agent"]).mean()
    >>> round(100 * float(rates["models-o1-preview-aide"]), 2)
    16.98
    >>> table.attrs["padded_competitions"]["Leeroo"]
    35
    """
    check_choice("treatment of missing competitions", missing, _MISSING)
    check_choice("treatment of short seeds", short_seeds, _SHORT)
    counts = medals()
    usual = counts.groupby("experiment")["seeds"].agg(usual_seeds)
    padded_seeds: dict[str, int] = {}
    if short_seeds == "failure":
        counts, padded_seeds = _fill_seeds(counts, usual)
    padded: dict[str, int] = {}
    if missing == "failure":
        counts, padded = _fill_competitions(counts, usual)
    table = _in_order(counts)
    table.attrs = {
        "provenance": PROVENANCE,
        "missing": missing,
        "short_seeds": short_seeds,
        "padded_competitions": padded,
        "padded_seeds": padded_seeds,
    }
    return table


def _fill_seeds(
    counts: pd.DataFrame, usual: pd.Series
) -> tuple[pd.DataFrame, dict[str, int]]:
    wanted = counts["experiment"].map(usual).astype("int64")
    short = (wanted - counts["seeds"]).clip(lower=0)
    added = short.groupby(counts["experiment"]).sum()
    filled = counts.assign(seeds=counts["seeds"] + short)
    return filled, {str(name): int(by) for name, by in added.items() if by}


def _fill_competitions(
    counts: pd.DataFrame, usual: pd.Series
) -> tuple[pd.DataFrame, dict[str, int]]:
    every = pd.MultiIndex.from_product(
        [usual.index, counts["competition"].unique()],
        names=["experiment", "competition"],
    )
    whole = counts.set_index(["experiment", "competition"]).reindex(every)
    whole = whole.reset_index()
    absent = whole["seeds"].isna()
    n_absent = absent.groupby(whole["experiment"]).sum()
    whole["medals"] = whole["medals"].fillna(0).astype("int64")
    seeds = whole["seeds"].fillna(whole["experiment"].map(usual))
    whole["seeds"] = seeds.astype("int64")
    return whole, {str(name): int(n) for name, n in n_absent.items() if n}


def _in_order(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts by agent, then by split and competition, with fixed columns."""
    facts = competitions()
    roles = experiments().set_index("agent")["role"]
    agents = {name: place for place, name in enumerate(roles.index)}
    places = {name: place for place, name in enumerate(facts["competition"])}
    table = counts.rename(
        columns={"experiment": "agent", "medals": "c", "seeds": "n"}
    ).merge(facts, on="competition", how="left", validate="many_to_one")
    table["role"] = table["agent"].map(roles).astype("string")
    order = pd.DataFrame(
        {"agent": table["agent"].map(agents), "at": table["competition"].map(places)}
    ).sort_values(["agent", "at"])
    columns = ["agent", "competition", "split", "category", "c", "n", "role"]
    return table.loc[order.index, columns].reset_index(drop=True)
