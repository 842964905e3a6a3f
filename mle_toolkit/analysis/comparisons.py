"""Agents compared on the competitions that they share, two at a time or all."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit import stats
from mle_toolkit.analysis.counting import (
    count_outcomes,
    noted_seed,
    tidy,
    without_ablations,
)
from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import one_whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NEIGHBOURS = "neighbours"
_SAMPLED = "sign-flip-sampled"
_COLUMNS = [
    "a", "b", "k", "estimate", "low", "high", "level", "method", "p_value", "p_method",
    "detectable", "power", "mean_a", "mean_b", "n_competitions", "n_not_shared",
    "n_attempts", "n_left_out", "seed", "reason",
]  # fmt: skip
_FAMILY = ["p_adjusted", "differs", "correction"]


def compare(
    data: pd.DataFrame,
    *,
    a: str | None = None,
    b: str | None = None,
    k: int = 1,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    method: str = "end-atom",
    power: float = 0.8,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Compare two agents by their differences on the competitions they share.

    Parameters
    ----------
    data
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them.  Attempts count once they are published and graded.
    a, b
        Names of the two; they may be left out where the frame has no others.
    k
        Compare pass@k, the medal rate for 1.  A competition enters when both have k
        attempts on it.
    by, split, attempts, outcome
        As in `pass_at_k`.
    level, method, power, seed
        As in `mle_toolkit.stats.compare`.

    Returns
    -------
    DataFrame
        One row.  Columns: ``a, b, k``; ``estimate``, the mean of a less b in
        [-1, 1], with ``low, high, level, method``; ``p_value, p_method`` of the
        sign-flip test; ``detectable``, the smallest true difference that such data
        find with probability ``power``; ``mean_a, mean_b`` over the shared
        competitions; ``n_competitions``, how many these are; ``n_not_shared``, those
        that only one of the two has; ``n_attempts`` of both on the shared ones,
        ``n_left_out``; ``seed``, where the test had to sample; ``reason`` where a
        value is NaN.

    Raises
    ------
    UsageError
        For names that the frame does not have, and for illegal arguments.

    See Also
    --------
    compare_many
    """
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    first, second = two_names(counts[by].unique(), a, b)
    values = success_rates(counts, by=by, k=k)
    found = stats.compare(
        values[first],
        values[second],
        level=level,
        method=method,
        power=power,
        seed=seed,
    )
    row = _row((first, second), found, counts, by=by, k=k, seed=seed)
    return tidy([row], _COLUMNS, data)


def compare_many(
    data: pd.DataFrame,
    *,
    baseline: str | None = None,
    pairs: str | Sequence[tuple[str, str]] | pd.DataFrame = "all",
    correction: str = "holm",
    ablations: bool = False,
    k: int = 1,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    method: str = "end-atom",
    power: float = 0.8,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Compare many agents, and say which differences survive their number.

    Parameters
    ----------
    data
        As in `compare`.
    baseline
        Compare every other agent with this one.
    pairs
        Without a baseline: ``"all"``; ``"neighbours"``, those next to each other by
        mean over the competitions that all agents have; a list of pairs of names; or
        the frame of another comparison, for the same pairs.
    correction
        ``"holm"``: the chance of any false alarm among the pairs is at most
        1 - `level`.  ``"benjamini-hochberg"``: the expected share of false alarms
        among the findings is.
    ablations
        Whether to take rows whose ``role`` is ``"ablation"``.
    k, by, split, attempts, outcome, level, method, power, seed
        As in `compare`.  Each interval has its level on its own.

    Returns
    -------
    DataFrame
        One row per pair, the better one by mean first, or the baseline second.
        Columns as in `compare`, and behind them ``p_adjusted``; ``differs``, whether
        it is at most 1 - `level`; ``correction``.

    Raises
    ------
    UsageError
        For fewer than two agents, for names that the frame does not have, for
        neighbours where no competition is common to all, and for illegal arguments.

    Examples
    --------
    >>> import mle_toolkit as mle
    >>> record = mle.record(missing="failure")
    >>> aide = record[record["agent"].str.endswith("aide")]
    >>> table = compare_many(aide, baseline="models-o1-preview-aide")
    >>> table[["a", "estimate", "differs"]].round(3).values.tolist()[0]
    ['scaffolding-gpt4o-aide', -0.082, True]
    """
    if not ablations:
        data = without_ablations(data)
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    values = success_rates(counts, by=by, k=k)
    family = stats.compare_many(
        {name: each for name, each in values.items() if not np.isnan(each).all()},
        baseline=baseline,
        pairs=_pairs(values, pairs),
        correction=correction,
        level=level,
        method=method,
        power=power,
        seed=seed,
    )
    rows = [
        {
            **_row((pair.a, pair.b), pair.comparison, counts, by=by, k=k, seed=seed),
            "p_adjusted": pair.p_adjusted,
            "differs": pair.differs,
            "correction": family.correction,
        }
        for pair in family.pairs
    ]
    return tidy(rows, _COLUMNS + _FAMILY, data)


def success_rates(counts: pd.DataFrame, *, by: str, k: int) -> dict[str, Floats]:
    """Return pass@k of each system on each competition, NaN where it has too few.

    All arrays have the same competitions in the same order, that of their first
    appearance.
    """
    draws = one_whole_number("k", k, least=1)
    n, c = counts["n"].to_numpy(), counts["c"].to_numpy()
    # For k = 1 the plain ratio: the exact test wants the fractions as they are.
    rates = np.full(n.shape, np.nan)
    np.divide(c, n, out=rates, where=n > 0)
    if draws > 1:
        rates = np.asarray(stats.pass_at_k(n, c, draws))
    places = {name: at for at, name in enumerate(counts["competition"].unique())}
    at = counts["competition"].map(places).to_numpy()
    values = {}
    for name in counts[by].unique():
        mine = (counts[by] == name).to_numpy(dtype=bool)
        values[str(name)] = np.full(len(places), np.nan)
        values[str(name)][at[mine]] = rates[mine]
    return values


def two_names(
    present: Sequence[object] | NDArray[np.object_], a: str | None, b: str | None
) -> tuple[str, str]:
    """Return the names of two systems, which may be left out where there are two.

    Raises
    ------
    UsageError
        For unknown names, one name alone or twice, and other than two systems
        where no names are given.
    """
    names = [str(name) for name in present]
    if a is None and b is None:
        if len(names) != 2:  # noqa: PLR2004 - a pair
            msg = f"say which two to compare with a= and b=; the frame has {names}"
            raise UsageError(msg)
        return names[0], names[1]
    if a is None or b is None or a == b:
        msg = f"a= and b= must name two different systems; got {a!r} and {b!r}"
        raise UsageError(msg)
    for name in (a, b):
        check_choice("agent", name, names)
    return a, b


def _pairs(
    values: Mapping[str, Floats], pairs: str | Sequence[tuple[str, str]] | pd.DataFrame
) -> str | list[tuple[str, str]]:
    if isinstance(pairs, pd.DataFrame):
        return list(zip(pairs["a"], pairs["b"], strict=True))
    if not isinstance(pairs, str) or pairs != _NEIGHBOURS:
        return pairs if isinstance(pairs, str) else list(pairs)
    begun = {name: each for name, each in values.items() if not np.isnan(each).all()}
    table = np.array(list(begun.values()))
    common = ~np.isnan(table).any(axis=0)
    if begun and not common.any():
        msg = (
            "no competition is common to all agents, so that none is another's "
            "neighbour; leave agents out, or pass pairs='all'"
        )
        raise UsageError(msg)
    means = {name: float(each[common].mean()) for name, each in begun.items()}
    return list(pairwise(sorted(means, key=lambda name: -means[name])))


def _row(
    names: tuple[str, str],
    found: stats.Comparison,
    counts: pd.DataFrame,
    *,
    by: str,
    k: int,
    seed: int | np.random.Generator,
) -> dict[str, Any]:
    both = counts[counts[by].isin(names)]
    enough = both[both["n"] >= k]
    shared = enough[enough.duplicated("competition", keep=False)]
    return {
        "a": names[0],
        "b": names[1],
        "k": k,
        **asdict(found),
        "n_competitions": found.n,
        "n_not_shared": len(enough) - len(shared),
        "n_attempts": int(shared["n"].sum()),
        "n_left_out": int(both["n_left_out"].sum()),
        "seed": noted_seed(seed, used=found.p_method == _SAMPLED),
    }
