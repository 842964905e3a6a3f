"""How large an experiment must be, and what a given one can find.

Two agents run on the same competitions.  Three numbers decide: how much their
true difference varies between competitions, how noisy single attempts are, and
how many of both there are (Miller 2024, arXiv 2411.00640, section 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.errors import UsageError
from mle_toolkit.stats.checks import one_whole_number
from mle_toolkit.stats.power import Plan, paired_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from mle_toolkit.stats.components import Components

    Floats = NDArray[np.float64]
    Assumption = Components | Callable[[float], Components] | None

_LEAST = 2


def power_curve(
    deltas: ArrayLike,
    competitions: int,
    *,
    seeds: int,
    components: Assumption = None,
    level: float = 0.95,
    test: str = "paired-t",
) -> Floats:
    """Return the probability of finding each true difference.

    Parameters
    ----------
    deltas : array, shape (deltas,)
        True mean differences of the success rates.
    competitions, seeds
        Size of the experiment: both agents make `seeds` attempts on each
        competition.
    components
        What varies: `Components`, such as those of a pilot, or a function that
        returns them for a difference; by default `assumed_components`.
    level
        One less the size of the two-sided test.
    test
        ``"paired-t"`` on the competition means, or ``"end-atom"``, the
        interval that `compare` uses by default: safer, and less powerful.

    Returns
    -------
    ndarray, shape (deltas,)
        By the noncentral t law; close to the truth for many competitions,
        optimistic for few competitions with rare medals
        (``docs/calibration_forecasts.md``).  NaN where the components are.

    Raises
    ------
    UsageError
        For fewer than 2 competitions, no attempts, and other illegal values.

    Examples
    --------
    Without any difference, only the errors of the test are left:

    >>> power_curve([0.0, 0.1], 75, seeds=3).round(2)
    array([0.05, 0.92])
    """
    size = one_whole_number("competitions", competitions, least=_LEAST)
    each = one_whole_number("seeds", seeds, least=1)
    setting = paired_test(components, level, 0.8, test)
    effects = np.asarray(deltas, dtype=np.float64)
    if not (np.abs(effects) <= 1.0).all():
        msg = f"deltas must lie in [-1, 1]; got {deltas!r}"
        raise UsageError(msg)
    found = [setting.chance(float(d), size, float(each)) for d in np.abs(effects.flat)]
    return np.array(found, dtype=np.float64).reshape(effects.shape)


def detectable_difference(
    competitions: int,
    seeds: int,
    *,
    components: Assumption = None,
    power: float = 0.8,
    level: float = 0.95,
    test: str = "paired-t",
) -> Plan:
    """Return the smallest true difference that an experiment is likely to find.

    Parameters
    ----------
    competitions, seeds, components, level, test
        As in `power_curve`.
    power
        Wanted probability of finding it.

    Returns
    -------
    Plan
        NaN with a reason when even a difference of 1 would be missed too often,
        or when the components are NaN.

    Raises
    ------
    UsageError
        For illegal values.

    Examples
    --------
    With three seeds on all of MLE-bench, differences below 8 points are luck:

    >>> round(detectable_difference(75, 3).estimate, 3)
    0.079
    """
    size = one_whole_number("competitions", competitions, least=_LEAST)
    each = one_whole_number("seeds", seeds, least=1)
    setting = paired_test(components, level, power, test)
    estimate, reason = setting.smallest(size, float(each))
    return setting.plan(estimate, reason, competitions=size, seeds=each, delta=estimate)


def attempts_needed(
    delta: float,
    competitions: int,
    *,
    components: Assumption = None,
    power: float = 0.8,
    level: float = 0.95,
    test: str = "paired-t",
) -> Plan:
    """Return how many attempts per competition and agent find a difference.

    Parameters
    ----------
    delta
        True mean difference of the success rates, in (0, 1).
    competitions, components, power, level, test
        As in `detectable_difference`.

    Returns
    -------
    Plan
        The estimate is a whole number.  NaN with a reason when no number of
        attempts is enough, because the difference itself varies between
        competitions: then only more competitions help.

    Raises
    ------
    UsageError
        For illegal values.

    Examples
    --------
    >>> attempts_needed(0.08, 75).estimate
    3.0
    >>> attempts_needed(0.01, 75).reason
    'no number of attempts is enough: with these components it takes ...'
    """
    size = one_whole_number("competitions", competitions, least=_LEAST)
    setting = paired_test(components, level, power, test)
    if not 0.0 < delta < 1.0:
        msg = f"delta must lie between 0 and 1; got {delta!r}"
        raise UsageError(msg)
    estimate, reason = setting.fewest(float(delta), size)
    return setting.plan(
        estimate, reason, competitions=size, seeds=None, delta=float(delta)
    )
