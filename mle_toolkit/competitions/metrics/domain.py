"""Metrics for numbers that belong to one field: molecules, directions, lungs, tracks.

Each is a competition's own.  They take one-dimensional arrays, and where rows belong
to groups, the number of each row's group: whole numbers from 0 without a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_000.0
# Rows at a time: a block and what is computed from it stay in the processor's cache.
_BLOCK = 16_384


def mean_log_mae(
    truth: NDArray[np.float64],
    prediction: NDArray[np.float64],
    groups: NDArray[np.intp],
) -> float:
    """Return the mean over groups of ln(mean absolute error of the group).

    Parameters
    ----------
    truth, prediction
        Shape (rows,), finite.
    groups
        The number of each row's group; groups count alike, whatever their size.

    Returns
    -------
    float
        Minus infinity as soon as one group is without any error.

    Notes
    -----
    The measure of the CHAMPS competition on scalar couplings (Kaggle, 2019), without
    the floor of 1e-9 under the errors that Kaggle has.

    Examples
    --------
    Errors of 1 and e, whose logarithms are 0 and 1:

    >>> import numpy as np
    >>> error = mean_log_mae(np.zeros(2), np.array([1.0, np.e]), np.array([0, 1]))
    >>> round(error, 9)
    0.5
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        errors = np.abs(prediction - truth)
        means = np.bincount(groups, weights=errors) / np.bincount(groups)
        return float(np.log(means).mean())


def angular_error(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Return the mean angle between true and predicted directions, in radians.

    Parameters
    ----------
    truth, prediction
        Azimuth and zenith in radians, shape (rows, 2), finite.

    Returns
    -------
    float
        In [0, pi].  A perfect prediction gives about 1e-8 rather than 0: the arc
        cosine turns a rounding error near 1 into its root.

    Notes
    -----
    The measure of the IceCube competition on neutrinos (Kaggle, 2023).

    Examples
    --------
    Two directions on the horizon, a right angle apart:

    >>> import numpy as np
    >>> truth = np.array([[0.0, np.pi / 2]])
    >>> round(angular_error(truth, truth + [[np.pi / 2, 0.0]]), 6)
    1.570796
    """
    total = 0.0
    for start in range(0, len(truth), _BLOCK):
        rows = slice(start, start + _BLOCK)
        total += float(_angles(truth[rows], prediction[rows]).sum())
    return total / len(truth) if len(truth) else float("nan")


def distance_quantiles(
    truth: NDArray[np.float64],
    prediction: NDArray[np.float64],
    groups: NDArray[np.intp],
) -> float:
    """Return the mean over tracks of the median and the 95 % quantile of distances.

    Parameters
    ----------
    truth, prediction
        Latitude and longitude in degrees, shape (rows, 2).
    groups
        The number of each row's track; tracks count alike, whatever their length.

    Returns
    -------
    float
        In metres along the great circle of a sphere (`haversine`), at least 0.  NaN
        when a coordinate is not finite, or far out of its range.

    Notes
    -----
    Of each track the mean of both quantiles, which are interpolated linearly: the
    measure of Google's smartphone decimetre challenges (Kaggle, 2021 and 2022).

    Examples
    --------
    One track, off by a degree of latitude, pi / 180 radians, in both rows:

    >>> import numpy as np
    >>> truth = np.array([[0.0, 0.0], [10.0, 0.0]])
    >>> round(distance_quantiles(truth, truth + [1.0, 0.0], np.array([0, 0])), 3)
    111194.927
    """
    if not len(groups):
        return float("nan")
    distances = haversine(truth, prediction)
    if not np.isfinite(distances).all():
        return float("nan")
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups))
    tracks = np.split(distances[order], ends[:-1])
    return float(np.mean([np.percentile(track, (50, 95)).mean() for track in tracks]))


def haversine(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distances of points on the sphere, in metres, shape (rows,).

    Parameters
    ----------
    first, second
        Latitude and longitude in degrees, shape (rows, 2).

    Returns
    -------
    numpy.ndarray
        Great circles of a sphere with the radius 6,371,000 m.  NaN where a coordinate
        is not finite.

    Notes
    -----
    Sinnott, R. W. (1984), Virtues of the haversine, Sky and Telescope 68, 159.

    Examples
    --------
    A quarter of a great circle:

    >>> import numpy as np
    >>> pole, equator = np.array([[90.0, 0.0]]), np.array([[0.0, 50.0]])
    >>> haversine(pole, equator).round(3).tolist()
    [10007543.398]
    """
    with np.errstate(invalid="ignore", over="ignore"):
        # Radians before the difference: the last digits of small ones depend on it.
        latitude, longitude = np.radians(first.T)
        other_latitude, other_longitude = np.radians(second.T)
        half_chord_squared = (
            np.sin((other_latitude - latitude) / 2) ** 2
            + np.cos(latitude)
            * np.cos(other_latitude)
            * np.sin((other_longitude - longitude) / 2) ** 2
        )
        metres: NDArray[np.float64] = (
            2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half_chord_squared))
        )
    return metres


def laplace_log_likelihood(
    truth: NDArray[np.float64],
    prediction: NDArray[np.float64],
    deviation: NDArray[np.float64],
    *,
    least_deviation: float = 70.0,
    largest_error: float = 1000.0,
) -> float:
    """Return the mean log likelihood of the truth under Laplace distributions.

    Parameters
    ----------
    truth, prediction, deviation
        Shape (rows,): forced vital capacity in millilitres, what was predicted, and
        the standard deviation that the prediction claims for itself.
    least_deviation, largest_error
        Deviations count as at least this, errors as at most that.

    Returns
    -------
    float
        At most ``-log(sqrt(2) * least_deviation)``, which is -4.595 by default.  NaN
        when a value is, or when there are no rows.

    Notes
    -----
    The mean of ``-sqrt(2) * error / deviation - log(sqrt(2) * deviation)``: the
    measure of the OSIC competition on pulmonary fibrosis (Kaggle, 2020).

    Examples
    --------
    An error of 100 under a deviation of 100: -sqrt(2) - ln(141.42):

    >>> import numpy as np
    >>> hundred = np.array([100.0])
    >>> round(laplace_log_likelihood(2 * hundred, hundred, hundred), 5)
    -6.36596
    """
    if not len(truth):
        return float("nan")
    root = np.sqrt(2.0)
    with np.errstate(over="ignore"):
        spread = np.maximum(deviation, least_deviation)
        errors = np.minimum(np.abs(truth - prediction), largest_error)
        terms = -root * errors / spread - np.log(root * spread)
    return float(np.mean(terms))


def _angles(
    truth: NDArray[np.float64], prediction: NDArray[np.float64]
) -> NDArray[np.float64]:
    azimuth, zenith = truth.T
    guessed_azimuth, guessed_zenith = prediction.T
    # In this form: near 0 another order of the terms moves the seventh digit.
    cosine = np.sin(zenith) * np.sin(guessed_zenith) * (
        np.cos(azimuth) * np.cos(guessed_azimuth)
        + np.sin(azimuth) * np.sin(guessed_azimuth)
    ) + np.cos(zenith) * np.cos(guessed_zenith)
    angles: NDArray[np.float64] = np.arccos(np.clip(cosine, -1, 1))
    return angles
