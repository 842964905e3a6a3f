"""Ratios of binomial coefficients, to the last digits and without large sums.

Everything here takes arrays of checked counts of one shape, element by element,
and returns floats.  The tests hold the accuracy against exact fractions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

# exp(-40) is below half a unit in the last place of 1.
_SURE = 40.0
# Below exp(-750) there are no floats.
_NOTHING = 750.0
_STIRLING = 16
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_SPLITTER = 2.0**27 + 1.0
# So many standard deviations, and some, leave nothing of a tail in floats.
_DEVIATIONS, _AND_SOME = 40.0, 100


def at_least_one(n: Counts, c: Counts, k: Counts) -> Floats:
    """Return 1 - C(n-c, k)/C(n, k), and NaN where k > n."""
    result = np.full(n.shape, np.nan)
    possible = k <= n
    result[possible & (c == 0)] = 0.0
    result[possible & (k > n - c)] = 1.0
    rest = possible & (c > 0) & (k <= n - c)
    result[rest] = -np.expm1(_log_miss(n[rest], c[rest], k[rest]))
    return result


def miss(n: Counts, c: Counts, k: Counts) -> Floats:
    """Return C(n-c, k)/C(n, k) for c > 0 and k <= n - c, small values included.

    The exponential of `_log_miss` would lose the digits of its exponent: at
    1e-200 it holds 13 of 16.  Here powers of ratios near 1 take its place.
    """
    left = n - c - k
    result = np.zeros(n.shape)
    some = c * (k / n) <= _NOTHING
    many = some & (left >= _STIRLING)
    result[many] = _by_powers(n[many], c[many], k[many])
    few = some & (left < _STIRLING)
    result[few] = _by_product(n[few], c[few], k[few])
    return result


def hypergeometric_tail(n: Counts, c: Counts, k: Counts, least: Counts) -> Floats:
    """Return the chance of at least `least` successes in a draw of k, for k <= n."""
    cells = np.stack([n, c, k, least], axis=1)
    unique, where = np.unique(cells, axis=0, return_inverse=True)
    tails = [_tail(*(int(each) for each in row)) for row in unique]
    return np.array(tails, dtype=np.float64)[where.reshape(-1)]


def _log_miss(n: Counts, c: Counts, k: Counts) -> Floats:
    """Return log C(n-c, k)/C(n, k) of 1-D arrays, for c > 0 and k <= n - c.

    Where it is below -40, so that a success is sure in floats, it is -inf.
    """
    left = n - c - k
    result = np.full(n.shape, -np.inf)
    # log1p(-x) <= -x bounds the sum, so a success that is sure needs no sum.
    unsure = c * (k / n) <= _SURE
    many = unsure & (left >= _STIRLING)
    result[many] = _log_by_stirling(n[many], c[many], k[many])
    few = unsure & (left < _STIRLING)
    result[few] = _log_by_product(n[few], c[few], k[few])
    return result


def _log_by_product(n: Counts, c: Counts, k: Counts) -> Floats:
    """Sum the logarithms of the shorter product, prod(1 - long/(n - j))."""
    short, long = np.minimum(c, k), np.maximum(c, k)
    total = np.zeros(n.shape)
    for j in range(int(short.max(initial=0))):
        more = short > j
        total[more] += np.log1p(-long[more] / (n[more] - j))
    return total


def _log_by_stirling(n: Counts, c: Counts, k: Counts) -> Floats:
    """Return the same sum by Stirling's series, arranged so that little cancels.

    With d = n - c - k, (n - c)(n - k) = n d + c k turns the large terms of
    log[(n-c)! (n-k)! / (n! d!)] into three logarithms near 1.
    """
    d = n - c - k
    ratio = (c / n) * (k / d)
    large = (d + 0.5) * np.log1p(ratio) + k * np.log1p(-c / n) + c * np.log1p(-k / n)
    total: Floats = large + _stirling_rest(n, c, k)
    return total


def _by_product(n: Counts, c: Counts, k: Counts) -> Floats:
    short, long = np.minimum(c, k), np.maximum(c, k)
    total = np.ones(n.shape)
    for j in range(int(short.max(initial=0))):
        more = short > j
        total[more] *= (n[more] - j - long[more]) / (n[more] - j)
    return total


def _by_powers(n: Counts, c: Counts, k: Counts) -> Floats:
    """Return the exponential of `_log_by_stirling`, factor by factor.

    Half powers keep each factor inside the range of floats.
    """
    d = n - c - k
    half = (
        _power((n - c).astype(float) * (n - k), n.astype(float) * d, (d + 0.5) / 2)
        * _power(n - c, n, k / 2)
        * _power(n - k, n, c / 2)
        * np.exp(_stirling_rest(n, c, k) / 2)
    )
    with np.errstate(under="ignore"):
        total: Floats = half * half
    return total


def _power(
    numerator: Counts | Floats, denominator: Counts | Floats, exponent: Floats
) -> Floats:
    """Return (numerator / denominator)**exponent for large exponents.

    The rounding of the ratio, times the exponent, would be the error of the
    power: it is worked out (Dekker 1971, Numerische Mathematik 18) and put back.
    """
    top, bottom = numerator.astype(float), denominator.astype(float)
    ratio = top / bottom
    product = ratio * bottom
    ratio_high, ratio_low = _split(ratio)
    bottom_high, bottom_low = _split(bottom)
    error = ratio_high * bottom_high - product
    error += ratio_high * bottom_low + ratio_low * bottom_high
    error += ratio_low * bottom_low
    rounded = ((top - product) - error) / top
    result: Floats = ratio**exponent * np.exp(exponent * rounded)
    return result


def _split(x: Floats) -> tuple[Floats, Floats]:
    """Return two halves of the digits, whose products are exact."""
    shifted = _SPLITTER * x
    high = shifted - (shifted - x)
    return high, x - high


def _stirling_rest(n: Counts, c: Counts, k: Counts) -> Floats:
    return _stirling(n - c) + _stirling(n - k) - _stirling(n) - _stirling(n - c - k)


def _stirling(x: Counts) -> Floats:
    """Return log x! less Stirling's formula: below 1e-17 off for x >= 16."""
    inverse = 1.0 / x
    square = inverse * inverse
    series = np.polynomial.polynomial.polyval(square, _SERIES)
    result: Floats = inverse * series
    return result


def _tail(n: int, c: int, k: int, least: int) -> float:
    """Sum the terms on one side of `least`, in units of the largest term.

    Neighbouring terms have simple ratios, so neither factorials nor logarithms
    are needed, and the sum over all terms is the norm.
    """
    lowest, highest = max(0, k - (n - c)), min(c, k)
    if least <= lowest:
        return 1.0
    if least > highest:
        return 0.0
    mode = (k + 1) * (c + 1) // (n + 2)
    share = c / n
    deviation = (k * share * (1 - share) * (n - k) / max(n - 1, 1)) ** 0.5
    reach = int(_DEVIATIONS * deviation) + _AND_SOME + abs(least - mode)
    up = np.arange(mode, min(highest, mode + reach), dtype=np.float64)
    down = np.arange(mode, max(lowest, mode - reach), -1, dtype=np.float64)
    with np.errstate(under="ignore"):
        above = np.cumprod((c - up) * (k - up) / ((up + 1) * (n - c - k + up + 1)))
        below = np.cumprod(
            down * (n - c - k + down) / ((c - down + 1) * (k - down + 1))
        )
    total = 1.0 + above.sum() + below.sum()
    if least > mode:
        return float(above[least - mode - 1 :].sum() / total)
    return float(1.0 - below[mode - least :].sum() / total)
