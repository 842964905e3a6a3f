"""How large an experiment must be: the power of designs, from a pilot or assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.analysis.counting import tidy
from mle_toolkit.analysis.pilots import COLUMNS as PILOT
from mle_toolkit.analysis.pilots import Pilot, read_pilot
from mle_toolkit.errors import UsageError
from mle_toolkit.stats import planning
from mle_toolkit.stats.checks import whole_numbers
from mle_toolkit.stats.components import Components

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mle_toolkit.stats.power import Plan

_INTERVAL = ["estimate", "low", "high", "level", "method"]
_LAST = ["n_competitions", "n_attempts", "n_left_out", "seed", "reason"]
_COLUMNS = ["quantity", "competitions", "seeds", "delta", "power", *_INTERVAL, *PILOT]
_DELTAS = np.linspace(0.0, 0.3, 31)
_SEEDS = (1, 3, 5, 10, 16)
_COMPETITIONS = 75
# Beyond this the number of attempts has no upper limit of use.
_MOST = 2**20


def power_curve(
    pilot: pd.DataFrame | None = None,
    *,
    competitions: int | Sequence[int] | None = None,
    seeds: int | Sequence[int] = _SEEDS,
    deltas: Sequence[float] | None = None,
    a: str | None = None,
    b: str | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    test: str = "paired-t",
    resamples: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the probability that designs find true differences between two agents.

    Parameters
    ----------
    pilot
        One row per attempt, or counts as `mle_toolkit.record` and `count_table`
        return them; ablations of a published record do not enter unless named.  With
        two agents, what varies is estimated from their shared competitions.  With
        one, a second is assumed that has the same law of success rates.  Without a
        pilot, both are like o1-preview with AIDE.
    competitions
        Sizes of the design; by default that of the pilot, else 75.
    seeds
        Attempts per competition and agent.
    deltas
        True differences of the mean success rates; by default 0 to 0.3.
    a, b
        Agents of the pilot; both, or one of them, where it has several.
    by, split, attempts, outcome
        As in `pass_at_k`, for the pilot.
    level
        One less the size of the two-sided test, and the coverage of ``low, high``.
    test
        ``"paired-t"`` or ``"end-atom-t"``.
    resamples, seed
        Of the pilot's competitions.

    Returns
    -------
    DataFrame
        One row per design and difference: ``quantity``, which is ``"power"``;
        ``competitions, seeds, delta, power``; ``estimate, low, high``, the power with
        limits that hold the error of the variances of a pilot of two (NaN without
        one); ``level``; ``method``, the test; ``a, b, components, spread, noise_a,
        noise_b``; ``n_competitions, n_attempts, n_left_out`` of the pilot; ``seed,
        reason``.

    Raises
    ------
    UsageError
        For unknown agents, a frame that lacks a column and illegal values.

    See Also
    --------
    mle_toolkit.stats.power_curve
    """
    known = read_pilot(
        pilot, a=a, b=b, by=by, split=split, attempts=attempts, outcome=outcome,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    effects = _DELTAS if deltas is None else np.asarray(deltas, dtype=np.float64)
    rows = []
    for size, each in _designs(known, competitions, seeds):
        setting: dict[str, Any] = {"seeds": each, "level": level, "test": test}
        main = planning.power_curve(
            effects, size, components=known.components, **setting
        )
        ends = np.full((2, effects.size), np.nan)
        limits = known.limits(each, level)
        if limits:
            # More variance is less power.
            ends = np.sort(
                [planning.power_curve(effects, size, components=part, **setting)
                 for part in limits], axis=0,
            )  # fmt: skip
        for at, delta in enumerate(effects):
            reason = _reason(known, float(abs(delta)))
            row = {"quantity": "power", "competitions": size, "seeds": each,
                   "delta": float(delta), "power": float(main[at]),
                   "estimate": float(main[at]), "low": ends[0, at],
                   "high": ends[1, at], "level": level, "method": test,
                   "reason": reason}  # fmt: skip
            rows.append({**known.row(), **row})
    return _table(rows, pilot)


def detectable_difference(
    pilot: pd.DataFrame | None = None,
    *,
    competitions: int | Sequence[int] | None = None,
    seeds: int | Sequence[int] = _SEEDS,
    power: float = 0.8,
    a: str | None = None,
    b: str | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    test: str = "paired-t",
    resamples: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the smallest true difference that each design is likely to find.

    Parameters
    ----------
    pilot, competitions, seeds, a, b, by, split, attempts, outcome, level, test
        As in `power_curve`.
    power
        Wanted probability of finding it.
    resamples, seed
        As in `power_curve`.

    Returns
    -------
    DataFrame
        One row per design, as in `power_curve`; ``quantity`` is ``"difference"``, and
        ``estimate`` a difference of mean success rates, NaN with the ``reason`` where
        even the largest would be missed too often.

    Raises
    ------
    UsageError
        As `power_curve`.

    See Also
    --------
    mle_toolkit.stats.detectable_difference

    Examples
    --------
    >>> detectable_difference(seeds=[3, 16])["estimate"].round(3).tolist()
    [0.079, 0.047]
    """
    known = read_pilot(
        pilot, a=a, b=b, by=by, split=split, attempts=attempts, outcome=outcome,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    rows = []
    for size, each in _designs(known, competitions, seeds):
        setting: dict[str, Any] = {"power": power, "level": level, "test": test}
        plan = planning.detectable_difference(
            size, each, components=known.components, **setting
        )
        ends = [np.nan, np.nan]
        limits = known.limits(each, level)
        if limits:
            ends = [
                planning.detectable_difference(
                    size, each, components=part, **setting
                ).estimate
                for part in limits
            ]
        rows.append({**known.row(), **_of_plan("difference", plan, ends, level)})
    return _table(rows, pilot)


def attempts_needed(
    delta: float | Sequence[float],
    pilot: pd.DataFrame | None = None,
    *,
    competitions: int | Sequence[int] | None = None,
    power: float = 0.8,
    a: str | None = None,
    b: str | None = None,
    by: str = "agent",
    split: str | Sequence[str] | None = None,
    attempts: int | None = None,
    outcome: str = "any_medal",
    level: float = 0.95,
    test: str = "paired-t",
    resamples: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how many attempts per competition and agent find a true difference.

    Parameters
    ----------
    delta
        One or several true differences of the mean success rates, in (0, 1).
    pilot, competitions, power, a, b, by, split, attempts, outcome, level, test
        As in `detectable_difference`.
    resamples, seed
        As in `power_curve`.

    Returns
    -------
    DataFrame
        One row per design and difference, as in `power_curve`; ``quantity`` is
        ``"attempts"``.  ``estimate`` is NaN with a ``reason`` where no number of
        attempts is enough, because the difference itself varies between
        competitions; ``low`` and ``high`` are infinite where that is so at the least
        and at the most variance that the pilot allows.

    Raises
    ------
    UsageError
        As `power_curve`.

    See Also
    --------
    mle_toolkit.stats.attempts_needed

    Examples
    --------
    >>> attempts_needed([0.05, 0.08])["estimate"].tolist()
    [12.0, 3.0]
    """
    known = read_pilot(
        pilot, a=a, b=b, by=by, split=split, attempts=attempts, outcome=outcome,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    rows = []
    for size, _ in _designs(known, competitions, 1):
        for effect in np.atleast_1d(np.asarray(delta, dtype=np.float64)):
            setting: dict[str, Any] = {"power": power, "level": level, "test": test}
            plan = planning.attempts_needed(
                float(effect), size, components=known.components, **setting
            )
            ends = [np.nan, np.nan]
            if known.limits(1, level):
                ends = [
                    _fewest(known, end, float(effect), size, **setting)
                    for end in (0, 1)
                ]
            rows.append({**known.row(), **_of_plan("attempts", plan, ends, level)})
    return _table(rows, pilot)


def _fewest(
    known: Pilot,
    end: int,
    delta: float,
    size: int,
    *,
    power: float,
    level: float,
    test: str,
) -> float:
    """Return the fewest attempts if the variance is at one of its limits."""

    def enough(seeds: int) -> bool:
        limits = known.limits(seeds, level)
        if limits is None:
            return False
        found = planning.power_curve(
            [delta], size, seeds=1, components=limits[end], level=level, test=test
        )
        return bool(found[0] >= power)

    high = 1
    while not enough(high):
        high *= 2
        if high > _MOST:
            return float("inf")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def _designs(
    known: Pilot,
    competitions: int | Sequence[int] | None,
    seeds: int | Sequence[int],
) -> Iterator[tuple[int, int]]:
    if competitions is None:
        competitions = known.n_competitions if known.a is not None else _COMPETITIONS
    sizes = np.atleast_1d(whole_numbers("competitions", competitions, least=0))
    if sizes.min(initial=2) < 2:  # noqa: PLR2004 - as the test itself
        msg = (
            f"a design needs 2 competitions or more; got {sizes.tolist()}: the pilot "
            "has too few of use, so say how many there will be with competitions="
        )
        raise UsageError(msg)
    for size in sizes:
        for each in np.atleast_1d(whole_numbers("seeds", seeds, least=1)):
            yield int(size), int(each)


def _reason(known: Pilot, delta: float) -> str | None:
    parts = known.components
    if not isinstance(parts, Components):
        parts = parts(delta)
    return parts.reason if np.isnan(parts.spread) else None


def _of_plan(
    quantity: str, plan: Plan, ends: list[float], level: float
) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "competitions": plan.competitions,
        "seeds": plan.seeds,
        "delta": plan.delta,
        "power": plan.power,
        "estimate": plan.estimate,
        "low": ends[0],
        "high": ends[1],
        "level": level,
        "method": plan.method,
        "reason": plan.reason,
    }


def _table(rows: list[dict[str, Any]], pilot: pd.DataFrame | None) -> pd.DataFrame:
    columns = _COLUMNS + _LAST
    table = tidy(rows, columns, pd.DataFrame() if pilot is None else pilot)
    table["seeds"] = table["seeds"].astype("Int64")
    return table
