"""Metrics for numbers agree with slow twins and with peers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mle_toolkit.competitions.metrics import get_metric, regression
from mle_toolkit.errors import UsageError

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def tables(draw, elements=numbers):
    """Return truth and prediction of one shape."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    one = st.lists(elements, min_size=rows * columns, max_size=rows * columns)
    return [np.array(draw(one)).reshape(rows, columns) for _ in range(2)]


def slow_roots(truth, prediction):
    roots = []
    for column in range(truth.shape[1]):
        pairs = zip(truth[:, column], prediction[:, column], strict=True)
        squares = [(a - b) ** 2 for a, b in pairs]
        roots.append(math.sqrt(math.fsum(squares) / len(squares)))
    return math.fsum(roots) / len(roots)


@given(tables())
def test_errors_agree_with_loops(pair):
    """MAE over all cells; RMSE as the mean over columns, under both its names."""
    truth, prediction = pair
    cells = list(zip(truth.ravel(), prediction.ravel(), strict=True))
    wanted = math.fsum(abs(a - b) for a, b in cells) / len(cells)
    assert get_metric("mae")(truth, prediction) == pytest.approx(wanted)
    for name in ("rmse", "mcrmse"):
        found = get_metric(name)(truth, prediction)
        assert found == pytest.approx(slow_roots(truth, prediction))


@given(tables(st.floats(0, 1e6, allow_subnormal=False)))
def test_logarithmic_errors_agree_with_loops(pair):
    """RMSLE as the mean over columns, under both its names."""
    logs = [np.array([[math.log(1 + x) for x in row] for row in side]) for side in pair]
    for name in ("rmsle", "mcrmsle"):
        found = get_metric(name)(*pair)
        assert found == pytest.approx(slow_roots(*logs), abs=1e-9)


def test_logarithms_need_values_above_minus_one():
    """On either side."""
    fine = np.array([[0.0], [1.0]])
    for low in (-1.0, -7.5):
        for pair in ((fine, fine + low - 1), (fine + low, fine)):
            with pytest.raises(UsageError, match="needs values above -1; got"):
                regression.rmsle(*pair)


def test_errors_overflow_to_infinity_without_a_warning():
    """Squares of 1e200, and sums of 1e308."""
    truth = np.zeros((2, 1))
    assert get_metric("rmse")(truth, truth + 1e200) == math.inf
    assert get_metric("mae")(truth, truth + 1e308) == math.inf


@given(tables())
def test_correlations_agree_with_scipy(pair):
    """Pearson and Spearman column by column; constant columns are NaN in both."""
    truth, prediction = pair
    n_rows, n_columns = truth.shape
    for name, peer in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        found = get_metric(name)(truth, prediction)
        constant = n_rows < 2 or any(
            np.ptp(side[:, column]) == 0 for side in pair for column in range(n_columns)
        )
        if constant:
            assert math.isnan(found)
            continue
        with np.errstate(all="ignore"):
            each = [
                peer(truth[:, column], prediction[:, column]).statistic
                for column in range(n_columns)
            ]
        assert found == pytest.approx(np.mean(each), abs=1e-6)
        assert -1 <= found <= 1


def test_a_column_that_is_constant_but_for_rounding_has_no_correlation():
    """The mean of three 0.1 is not 0.1 in floating point."""
    truth = np.array([[1.0], [2.0], [3.0]])
    assert math.isnan(regression.pearson(truth, np.full((3, 1), 0.1)))
    assert math.isnan(regression.pearson(np.full((3, 1), 0.1), truth))
    assert math.isnan(regression.spearman(truth, np.full((3, 1), 0.1)))


def test_correlations_survive_any_scale():
    """1e300 and 1e-300 correlate as 1 does; NaN and infinity do not correlate."""
    truth = np.array([[1.0], [2.0], [4.0], [3.0]])
    plain = regression.pearson(truth, truth[::-1])
    for scale in (1e300, 1e-300):
        found = regression.pearson(truth, truth[::-1] * scale)
        assert found == pytest.approx(plain, rel=1e-12)
    for bad in (math.nan, math.inf, -math.inf):
        spoilt = truth.copy()
        spoilt[1] = bad
        assert math.isnan(regression.pearson(truth, spoilt))
    spoilt[1] = math.nan
    assert math.isnan(regression.spearman(truth, spoilt))
    spoilt[1] = math.inf
    assert regression.spearman(truth, spoilt) == pytest.approx(0.4)
