"""Metrics of single fields agree with slow twins."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.competitions.metrics import domain

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
azimuths, zeniths = st.floats(-7, 7), st.floats(0, math.pi)


@given(
    rows=st.lists(st.tuples(st.integers(0, 3), numbers, numbers), min_size=1),
)
def test_mean_log_mae_agrees_with_loops(rows):
    """Groups count alike; one without an error gives minus infinity."""
    kinds = sorted({kind for kind, _, _ in rows})
    groups = np.array([kinds.index(kind) for kind, _, _ in rows])
    truth, prediction = (np.array([row[place] for row in rows]) for place in (1, 2))
    logs = []
    for kind in kinds:
        errors = [abs(a - b) for group, a, b in rows if group == kind]
        mean = math.fsum(errors) / len(errors)
        logs.append(math.log(mean) if mean else -math.inf)
    found = domain.mean_log_mae(truth, prediction, groups)
    assert found == pytest.approx(sum(logs) / len(logs), abs=1e-9)


def vector(azimuth, zenith):
    """Return the unit vector of a direction."""
    return np.array(
        [
            math.cos(azimuth) * math.sin(zenith),
            math.sin(azimuth) * math.sin(zenith),
            math.cos(zenith),
        ]
    )


@given(st.lists(st.tuples(azimuths, zeniths, azimuths, zeniths), min_size=1))
def test_angles_agree_with_vectors(rows):
    """By half the distance of the unit vectors, which needs no arc cosine."""
    wanted = [
        2 * math.asin(min(1, np.linalg.norm(vector(*row[:2]) - vector(*row[2:])) / 2))
        for row in rows
    ]
    table = np.array(rows)
    found = domain.angular_error(table[:, :2], table[:, 2:])
    assert found == pytest.approx(np.mean(wanted), abs=1e-7)


def test_angles_are_the_same_block_by_block(monkeypatch):
    """The size of a block changes nothing but time; no rows give NaN."""
    generator = np.random.default_rng(0)
    truth, prediction = generator.uniform(0, 3, size=(2, 1000, 2))
    whole = domain.angular_error(truth, prediction)
    monkeypatch.setattr(domain, "_BLOCK", 7)
    assert domain.angular_error(truth, prediction) == pytest.approx(whole, rel=1e-13)
    assert math.isnan(domain.angular_error(truth[:0], prediction[:0]))


def slow_distance(first, second):
    """Return the great circle from the angle between vectors, in metres."""
    points = [
        vector(math.radians(longitude), math.pi / 2 - math.radians(latitude))
        for latitude, longitude in (first, second)
    ]
    cross = np.linalg.norm(np.cross(*points))
    return 6_371_000 * math.atan2(cross, np.dot(*points))


positions = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(st.lists(st.tuples(positions, positions), min_size=1))
def test_distances_agree_with_vectors(rows):
    """To a millimetre, but for antipodes, where the haversine loses digits."""
    first, second = (np.array([row[side] for row in rows]) for side in (0, 1))
    found = domain.haversine(first, second)
    wanted = [slow_distance(*row) for row in rows]
    far = np.array(wanted) > 19_900_000
    assert found[~far] == pytest.approx(np.array(wanted)[~far], rel=1e-9, abs=1e-3)
    near_antipodes = found[far & np.isfinite(found)]
    assert near_antipodes == pytest.approx(
        np.array(wanted)[far & np.isfinite(found)], rel=1e-5
    )


def slow_quantile(values, share):
    """Return the quantile by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.floats(-60, 60, allow_subnormal=False)),
        min_size=1,
    )
)
def test_distance_quantiles_agree_with_loops(rows):
    """Tracks in any order, mixed; each counts once."""
    tracks = sorted({track for track, _ in rows})
    groups = np.array([tracks.index(track) for track, _ in rows])
    truth = np.zeros((len(rows), 2))
    guess = truth.copy()
    guess[:, 0] = [latitude for _, latitude in rows]
    degree = 6_371_000 * math.pi / 180
    means = []
    for track in tracks:
        distances = [abs(latitude) * degree for name, latitude in rows if name == track]
        means.append(
            (slow_quantile(distances, 0.5) + slow_quantile(distances, 0.95)) / 2
        )
    found = domain.distance_quantiles(truth, guess, groups)
    assert found == pytest.approx(sum(means) / len(means), rel=1e-9, abs=1e-6)


def test_distances_to_nowhere_are_nan():
    """NaN and infinity spoil all; so do no rows."""
    truth = np.zeros((3, 2))
    groups = np.array([0, 0, 1])
    for bad in (math.nan, math.inf):
        guess = truth.copy()
        guess[1, 1] = bad
        assert math.isnan(domain.distance_quantiles(truth, guess, groups))
    assert math.isnan(domain.distance_quantiles(truth[:0], truth[:0], groups[:0]))


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1))
def test_laplace_likelihood_agrees_with_loops(rows):
    """With the deviation raised to 70 and the error cut to 1000."""
    terms = []
    for truth, guess, deviation in rows:
        spread, error = max(deviation, 70), min(abs(truth - guess), 1000)
        terms.append(-math.sqrt(2) * error / spread - math.log(math.sqrt(2) * spread))
    found = domain.laplace_log_likelihood(*np.array(rows).T)
    assert found == pytest.approx(math.fsum(terms) / len(terms), rel=1e-9)


def test_laplace_likelihood_at_its_edges():
    """Best without an error; NaN spoils it; no rows give NaN."""
    truth = np.array([2000.0, 3000.0])
    best = domain.laplace_log_likelihood(truth, truth, np.zeros(2))
    assert best == pytest.approx(-math.log(70 * math.sqrt(2)), rel=1e-12)
    spoilt = np.array([math.nan, 3000.0])
    assert math.isnan(domain.laplace_log_likelihood(truth, spoilt, np.zeros(2)))
    assert math.isnan(domain.laplace_log_likelihood(*np.zeros((3, 0))))
    endless = domain.laplace_log_likelihood(truth, truth, np.full(2, math.inf))
    assert endless == -math.inf
