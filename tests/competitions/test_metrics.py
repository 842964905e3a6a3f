"""Metrics agree with formulas written out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mle_toolkit.competitions.metrics import METRICS, get_metric
from mle_toolkit.errors import UnknownNameError, UsageError

counts = arrays.arrays(float, st.tuples(st.integers(1, 9), st.just(1)),
                       elements=st.integers(0, 50))  # fmt: skip


def column(*values):
    return np.array(values, dtype=float)[:, None]


def slow_auc(truth, scores):
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high, is_one in zip(scores, truth, strict=True)
        for low, is_one_too in zip(scores, truth, strict=True)
        if is_one and not is_one_too
    ]
    return sum(pairs) / len(pairs)


NUMBERS = sorted(name for name in METRICS if METRICS[name].inputs == "numbers")


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_is_there_under_its_name(name):
    """Its function exists and has a docstring."""
    metric = get_metric(name)
    assert metric.name == name
    assert metric.function.__doc__
    if metric.inputs == "own":
        with pytest.raises(UsageError, match=metric.home):
            metric(column(0, 1), column(0, 1))


@pytest.mark.parametrize("name", NUMBERS)
def test_directions_are_consistent(name):
    """A perfect prediction scores best, and a wrong one worse."""
    metric = get_metric(name)
    truth = column(0, 1, 1, 0)
    assert metric(truth, truth) == pytest.approx(metric.best, abs=1e-12)
    worse = metric(truth, 1 - truth)
    assert (worse > metric.best) == metric.lower_is_better


def test_an_unknown_metric_gets_a_hint():
    """A misspelt metric names the close one."""
    with pytest.raises(UnknownNameError, match="did you mean 'log_loss'"):
        get_metric("logloss")


def test_shapes_must_agree():
    """Truth and prediction need one shape with rows."""
    with pytest.raises(UsageError, match=r"\(2, 1\) and \(3, 1\)"):
        get_metric("mae")(column(1, 2), column(1, 2, 3))
    with pytest.raises(UsageError, match="at least one row"):
        get_metric("mae")(column(), column())


def test_log_loss_divides_rows_by_their_sum_and_clips():
    """Log loss by hand, also of rows that do not add up and of a sure mistake."""
    truth = np.eye(3)[[0, 1]]
    given_shares = np.array([[2.0, 1.0, 1.0], [0.25, 0.5, 0.25]])
    log_loss = get_metric("log_loss")
    assert log_loss(truth, given_shares) == pytest.approx(math.log(2))
    wrong = np.eye(3)[[1, 1]]
    assert log_loss(truth, wrong) == pytest.approx(-math.log(2**-52) / 2)
    one = log_loss(column(1, 0), column(0.8, 0.4))
    assert one == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)


@given(
    truth=st.lists(st.booleans(), min_size=2, max_size=12),
    data=st.data(),
)
def test_roc_auc_is_the_share_of_pairs_in_order(truth, data):
    """Against all pairs; ties count half."""
    scores = data.draw(
        st.lists(st.integers(0, 4), min_size=len(truth), max_size=len(truth))
    )
    auc = get_metric("roc_auc")
    if len(set(truth)) == 1:
        with pytest.raises(UsageError, match="one class"):
            auc(column(*truth), column(*scores))
        return
    found = auc(column(*truth), column(*scores))
    assert found == pytest.approx(slow_auc(truth, scores))


@given(truth=counts)
def test_errors_agree_with_loops(truth):
    """MAE, RMSE and RMSLE against plain Python."""
    guess = np.flipud(truth) * 0.5
    pairs = list(zip(truth.ravel(), guess.ravel(), strict=True))
    n = len(pairs)
    assert get_metric("mae")(truth, guess) == pytest.approx(
        sum(abs(a - b) for a, b in pairs) / n
    )
    assert get_metric("rmse")(truth, guess) == pytest.approx(
        math.sqrt(sum((a - b) ** 2 for a, b in pairs) / n)
    )
    logs = [math.log1p(a) - math.log1p(b) for a, b in pairs]
    assert get_metric("rmsle")(truth, guess) == pytest.approx(
        math.sqrt(sum(x * x for x in logs) / n), abs=1e-12
    )


def test_accuracy_needs_every_column_right():
    """A row counts when all of it is right."""
    truth = np.array([[1.0, 0.0], [0.0, 1.0]])
    guess = np.array([[1.0, 1.0], [0.0, 1.0]])
    assert get_metric("accuracy")(truth, guess) == 0.5
