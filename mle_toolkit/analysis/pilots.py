"""What a pilot says about how much outcomes vary, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mle_toolkit.analysis.counting import count_outcomes, without_ablations
from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.seeds import generator
from mle_toolkit.stats.betabinomial import fit_beta_binomial
from mle_toolkit.stats.checks import one_whole_number
from mle_toolkit.stats.components import (
    Components,
    assumed_components,
    pilot_components,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_LEAST = 2
COLUMNS = ["a", "b", "components", "spread", "noise_a", "noise_b"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pilot:
    """What a design is planned with.

    `components` are numbers, or a function of the difference; `drawn` are those of
    resamples of the pilot's competitions, none where there was no pilot of two.
    """

    a: str | None
    b: str | None
    method: str
    components: Components | Callable[[float], Components]
    drawn: tuple[Components, ...]
    n_competitions: int
    n_attempts: int
    n_left_out: int
    seed: int | None

    def row(self) -> dict[str, Any]:
        """Return the columns that the pilot fills."""
        parts = self.components
        if not isinstance(parts, Components):
            parts = parts(0.0)
        return {
            "a": self.a,
            "b": self.b,
            "components": self.method,
            "spread": parts.spread,
            "noise_a": parts.noise_a,
            "noise_b": parts.noise_b,
            "n_competitions": self.n_competitions,
            "n_attempts": self.n_attempts,
            "n_left_out": self.n_left_out,
            "seed": self.seed,
        }

    def limits(self, seeds: int, level: float) -> tuple[Components, Components] | None:
        """Return components with as little and as much variance as may be true.

        By the percentile bootstrap over the pilot's competitions, of the variance of
        one difference of means over `seeds` attempts.  None without a pilot of two.
        """
        total = np.array(
            [each.spread**2 + (each.noise_a + each.noise_b) / seeds
             for each in self.drawn]
        )  # fmt: skip
        total = total[np.isfinite(total)]
        if not total.size:
            return None
        shares = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
        low, high = np.quantile(total, shares)
        return _all_spread(float(low)), _all_spread(float(high))


def read_pilot(
    data: pd.DataFrame | None,
    *,
    a: str | None,
    b: str | None,
    by: str,
    split: str | Sequence[str] | None,
    attempts: int | None,
    outcome: str,
    resamples: int,
    seed: int,
) -> Pilot:
    """Return what is known: of two agents, of one, or of none.

    Raises
    ------
    UsageError
        For names that the frame does not have, and as `count_outcomes`.
    """
    number = one_whole_number("resamples", resamples, least=1)
    noted = one_whole_number("seed", seed, least=0)
    if data is None:
        if a is not None or b is not None:
            msg = "a= and b= name agents of the pilot; pass its frame as well"
            raise UsageError(msg)
        return Pilot(
            a=None, b=None, method="assumed", components=assumed_components, drawn=(),
            n_competitions=0, n_attempts=0, n_left_out=0, seed=None,
        )  # fmt: skip
    if a is None and b is None:
        data = without_ablations(data)
    counts = count_outcomes(
        data, by=by, outcome=outcome, split=split, attempts=attempts
    )
    first, second = _names([str(name) for name in counts[by].unique()], a, b)
    mine = counts[counts[by].astype(str) == first]
    if second is None:
        return _of_one(mine, first)
    other = counts[counts[by].astype(str) == second]
    return _of_two(mine, other, (first, second), number, noted)


def _names(present: list[str], a: str | None, b: str | None) -> tuple[str, str | None]:
    for name in (a, b):
        if name is not None:
            check_choice("agent", name, present)
    if a is not None:
        return a, b
    if b is not None or not 1 <= len(present) <= _LEAST:
        msg = (
            "say which agents of the pilot to plan with: a= alone for the success "
            "rates of one, a= and b= for the difference of two; the frame has "
            f"{present}"
        )
        raise UsageError(msg)
    return present[0], present[1] if present[1:] else None


def _of_one(mine: pd.DataFrame, name: str) -> Pilot:
    """Assume a second agent that is like the first, but for its own errors."""
    fit = fit_beta_binomial(mine["n"], mine["c"])
    nan = float("nan")

    def parts(difference: float) -> Components:
        if fit.reason is not None or not 0.0 < fit.rho < 1.0:
            why = fit.reason or "its competitions are all alike, or all or nothing"
            return Components(
                spread=nan, noise_a=nan, noise_b=nan, method="assumed",
                reason=f"no law could be fitted to the pilot: {why}",
            )  # fmt: skip
        return assumed_components(
            difference, rate=fit.mean, concentration=1.0 / fit.rho - 1.0
        )

    return Pilot(
        a=name, b=None, method="assumed from a", components=parts, drawn=(),
        n_competitions=fit.n, n_attempts=int(mine["n"].sum()),
        n_left_out=int(mine["n_left_out"].sum()), seed=None,
    )  # fmt: skip


def _of_two(
    mine: pd.DataFrame,
    other: pd.DataFrame,
    names: tuple[str, str],
    resamples: int,
    seed: int,
) -> Pilot:
    both = mine.merge(other, on="competition", suffixes=("_a", "_b"))
    inside = (both["n_a"] >= _LEAST) & (both["n_b"] >= _LEAST)
    table = both.loc[inside, ["n_a", "c_a", "n_b", "c_b"]].to_numpy(dtype=np.int64)
    rng = generator(seed)
    drawn = tuple(
        _pilot(table[rng.integers(len(table), size=len(table))])
        for _ in range(resamples if len(table) >= _LEAST else 0)
    )
    return Pilot(
        a=names[0], b=names[1], method="pilot", components=_pilot(table), drawn=drawn,
        n_competitions=len(table), n_attempts=int(table[:, [0, 2]].sum()),
        n_left_out=int(mine["n_left_out"].sum() + other["n_left_out"].sum()),
        seed=seed,
    )  # fmt: skip


def _pilot(table: Counts) -> Components:
    n_a, c_a, n_b, c_b = table.T
    return pilot_components(n_a, c_a, n_b=n_b, c_b=c_b)


def _all_spread(variance: float) -> Components:
    return Components(
        spread=float(np.sqrt(variance)), noise_a=0.0, noise_b=0.0, method="pilot"
    )
