"""Two agents on the same competitions: their difference, and what it may mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mle_toolkit.errors import UsageError, check_choice
from mle_toolkit.stats.checks import between, checked_seed, confidence
from mle_toolkit.stats.records import Comparison
from mle_toolkit.stats.sign_flip import EXACT, SAMPLED, sign_flip

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

METHODS = ("end-atom", "end-atom-sharp", "paired-t")
_WEIGHT, _WEIGHT_SHARP = 0.25, 0.125
_NAN = float("nan")


class _Range(NamedTuple):
    low: float
    high: float
    error: float


def compare(
    a: ArrayLike,
    b: ArrayLike,
    *,
    level: float = 0.95,
    method: str = "end-atom",
    power: float = 0.8,
    seed: int | np.random.Generator = 0,
) -> Comparison:
    """Compare two agents by their differences on the competitions they share.

    One value per competition and agent is all that enters: what the agents have
    in common, the difficulty of each competition, cancels.  Overlapping
    intervals of the two agents do not answer the question, and bars of one
    standard error that do not overlap raise a false alarm in 30 to 40 % of cases.

    Parameters
    ----------
    a, b : array, shape (competitions,) or (attempts, competitions)
        Values in [0, 1]: the success rate or pass@k of each competition, or the
        outcomes of all attempts, which are averaged.  NaN is a competition that
        the agent did not try; the comparison leaves it out.  (A failed attempt
        has the value 0, not NaN.)
    level
        Nominal coverage of the interval.
    method
        ``"end-atom"``: a t interval that counts one quarter of a competition at
        -1 and another at +1, for those that were not drawn (safe also for
        pass@k).  ``"end-atom-sharp"``: a little narrower, for medal rates only,
        with the end atoms weighted by how large the differences are; it fails
        where all comes from a few newly solved competitions.  ``"paired-t"``: the
        plain t interval; its values may have any scale.
    power
        Probability that the detectable difference refers to.
    seed
        For the sign-flip test, where it must sample.

    Returns
    -------
    Comparison
        The mean of ``a - b`` with its interval, the p-value of the sign-flip
        test, and the difference that such data could have detected.  NaN, with a
        reason, when fewer than 2 competitions are shared.

    Raises
    ------
    UsageError
        For values outside the scale, arrays that do not fit together, and
        illegal options.

    Examples
    --------
    >>> a = [1, 1, 0.5, 1, 0, 0.5, 1, 1]
    >>> b = [0, 1, 0.0, 0, 0, 0.5, 0, 0.5]
    >>> result = compare(a, b)
    >>> result.estimate, round(result.p_value, 4)
    (0.5, 0.0625)

    Five differences point the same way, and 2 of 32 ways to sign them are as
    extreme.
    """
    check_choice("method", method, METHODS)
    level = confidence(level)
    power = between("power", power, above=0.5, such_as=0.8)
    first, second, left_out = _shared(a, b, method)
    if first.size < 2:
        return _undefined(
            first, second, level=level, method=method, power=power, left_out=left_out
        )
    differences = first - second
    limits = _INTERVALS[method](differences, level)
    p_value, p_method = sign_flip(differences, seed)
    reason = None
    if limits.error == 0.0:
        reason = "all differences are equal, so that the t interval has no width"
    is_flat = reason is not None
    detectable = _detectable(limits.error, first.size - 1, level, power)
    if method != "paired-t" and detectable > 1.0:
        # Values of these methods lie in [0, 1]: there is no such difference.
        detectable = _NAN
        reason = "no difference is so large that so few competitions would show it"
    return Comparison(
        estimate=float(differences.mean()),
        low=_NAN if is_flat else limits.low,
        high=_NAN if is_flat else limits.high,
        level=level,
        method=method,
        n=first.size,
        reason=reason,
        mean_a=float(first.mean()),
        mean_b=float(second.mean()),
        p_value=p_value,
        p_method=p_method,
        detectable=detectable,
        power=power,
        n_left_out=left_out,
        seed=checked_seed(seed)[1] if p_method == SAMPLED else None,
    )


def competition_values(name: str, values: ArrayLike) -> Floats:
    """Return one value per competition: given as such, or averaged over attempts.

    Raises
    ------
    UsageError
        For what is not a number, and for competitions of which only some
        attempts have a value.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be numbers, one per competition, or attempts by competition"
        raise UsageError(msg) from error
    if array.ndim == 1:
        usable = array
    elif array.ndim == 2 and len(array):
        missing = np.isnan(array)
        if (missing.any(axis=0) & ~missing.all(axis=0)).any():
            msg = (
                f"{name} has attempts without a value beside others on the same "
                "competition; give a failed attempt its worth, 0, and where attempts "
                "differ in number pass their mean per competition"
            )
            raise UsageError(msg)
        usable = array.mean(axis=0)
    else:
        msg = (
            f"{name} must have the shape (competitions,) or (attempts, competitions); "
            f"got {array.shape}"
        )
        raise UsageError(msg)
    if np.isinf(usable).any():
        msg = f"{name} must be finite, or NaN for a competition that was not tried"
        raise UsageError(msg)
    return usable


def _shared(a: ArrayLike, b: ArrayLike, method: str) -> tuple[Floats, Floats, int]:
    """Return the values on shared competitions, and how many were left out."""
    first, second = competition_values("a", a), competition_values("b", b)
    if first.shape != second.shape:
        msg = (
            "a and b must have one value per competition, for the same competitions; "
            f"got {first.size} and {second.size}"
        )
        raise UsageError(msg)
    if method != "paired-t":
        _check_unit("a", first, method)
        _check_unit("b", second, method)
    shared = ~(np.isnan(first) | np.isnan(second))
    return first[shared], second[shared], int(first.size - shared.sum())


def _check_unit(name: str, values: Floats, method: str) -> None:
    outside = values[(values < 0.0) | (values > 1.0)]
    if outside.size:
        msg = (
            f"{name} must lie in [0, 1] for method={method!r}; got {outside[0]}. "
            "Use method='paired-t' for values of another scale"
        )
        raise UsageError(msg)


def _plain(differences: Floats, level: float) -> _Range:
    size = differences.size
    error = 0.0
    if (differences != differences[0]).any():
        error = float(np.sqrt(differences.var(ddof=1) / size))
    reach = _quantile(size - 1, level) * error
    mean = float(differences.mean())
    return _Range(mean - reach, mean + reach, error)


def _safe(differences: Floats, level: float) -> _Range:
    size = differences.size + 2.0 * _WEIGHT
    mean = differences.sum() / size
    variance = ((differences**2).sum() + 2.0 * _WEIGHT) / size - mean**2
    error = float(np.sqrt(variance / (size - 1.0)))
    reach = _quantile(differences.size - 1, level) * error
    return _Range(max(float(mean) - reach, -1.0), min(float(mean) + reach, 1.0), error)


def _sharp(differences: Floats, level: float) -> _Range:
    squares, sizes = (differences**2).sum(), np.abs(differences).sum()
    weight = _WEIGHT_SHARP * (squares + 1.0) / (sizes + 1.0)
    size = differences.size + weight
    ends, errors = [], []
    for end in (-1.0, 1.0):
        mean = (differences.sum() + end * weight) / size
        variance = (squares + weight) / size - mean**2
        errors.append(float(np.sqrt(variance / (size - 1.0))))
        limit = mean + end * _quantile(differences.size - 1, level) * errors[-1]
        ends.append(float(np.clip(limit, -1.0, 1.0)))
    return _Range(ends[0], ends[1], max(errors))


_INTERVALS = {"end-atom": _safe, "end-atom-sharp": _sharp, "paired-t": _plain}


def _detectable(error: float, freedom: int, level: float, power: float) -> float:
    """Return (t of the level + t of the power) standard errors (Bloom 1995)."""
    if error == 0.0:
        return _NAN
    from scipy import special

    return (_quantile(freedom, level) + float(special.stdtrit(freedom, power))) * error


def _quantile(freedom: int, level: float) -> float:
    from scipy import special

    return float(special.stdtrit(freedom, (1.0 + level) / 2.0))


def _undefined(
    first: Floats,
    second: Floats,
    *,
    level: float,
    method: str,
    power: float,
    left_out: int,
) -> Comparison:
    shared = first.size
    return Comparison(
        estimate=float((first - second).mean()) if shared else _NAN,
        low=_NAN,
        high=_NAN,
        level=level,
        method=method,
        n=shared,
        reason=f"at least 2 shared competitions are needed; there are {shared}",
        mean_a=float(first.mean()) if shared else _NAN,
        mean_b=float(second.mean()) if shared else _NAN,
        p_value=_NAN,
        p_method=EXACT,
        detectable=_NAN,
        power=power,
        n_left_out=left_out,
    )
