"""Metrics of classes and probabilities agree with slow twins and with scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peers

from mle_toolkit.competitions.metrics import classification, probabilities
from mle_toolkit.errors import UsageError

seeds = st.integers(0, 2**32 - 1)
shares = st.sampled_from([0.0, 1e-300, 1e-16, 1e-15, 0.1, 0.25, 0.5, 1 - 2**-53, 1.0])


def column(values):
    return np.array(values, dtype=float)[:, None]


@given(st.lists(st.tuples(st.booleans(), shares), min_size=1))
def test_binary_log_loss_is_that_of_scikit_learn(rows):
    """Down to the clipping, for one column of probabilities."""
    truth, guess = column([t for t, _ in rows]), column([p for _, p in rows])
    wanted = peers.log_loss(truth[:, 0], guess[:, 0], labels=[0, 1])
    assert classification.log_loss(truth, guess) == pytest.approx(wanted, rel=1e-12)


@given(seeds)
def test_log_loss_adds_up_what_the_truth_asks_for(seed):
    """Against loops: rows that are divided by their sum, and rows that are not."""
    generator = np.random.default_rng(seed)
    n_rows, n_classes = generator.integers(1, 9), generator.integers(2, 6)
    truth = np.eye(n_classes)[generator.integers(0, n_classes, n_rows)]
    guess = generator.dirichlet(np.full(n_classes, 0.05), n_rows).round(3) + 0.01
    for divide in (True, False):
        total = 0.0
        for labels, row in zip(truth, guess, strict=True):
            value = row[int(labels.argmax())] / (row.sum() if divide else 1)
            total -= math.log(min(max(value, 2.0**-52), 1 - 2.0**-52))
        found = classification.log_loss(truth, guess, divide=divide)
        assert found == pytest.approx(total / n_rows, rel=1e-12)


def test_a_row_of_zeros_cannot_be_divided():
    """The row is named."""
    with pytest.raises(UsageError, match="row 1 has the sum 0"):
        classification.log_loss(np.eye(2), np.array([[1.0, 0], [0, 0]]))


@given(seeds)
def test_areas_are_those_of_scikit_learn(seed):
    """With ties, on any scale, for whole numbers and for verdicts."""
    generator = np.random.default_rng(seed)
    truth = np.concatenate(
        [[0, 1], generator.integers(0, 2, generator.integers(0, 40))]
    )
    scores = generator.normal(size=len(truth)).round(generator.integers(0, 3))
    for form in (scores, scores * 1e300, scores.astype(int), scores > 0):
        wanted = peers.roc_auc_score(truth, form)
        found = classification.roc_auc(truth[:, None], form[:, None])
        assert found == pytest.approx(wanted, abs=1e-12)


def test_areas_need_two_classes_and_no_nan():
    """What has no area is an error, never 0 or 1."""
    with pytest.raises(UsageError, match="one class"):
        classification.roc_auc(column([1, 1]), column([0, 1]))
    with pytest.raises(UsageError, match="has more"):
        classification.roc_auc(column([0, 1, 2]), column([0, 1, 2]))
    with pytest.raises(UsageError, match="NaN"):
        probabilities.weighted_roc_auc(column([0, 1]), column([0, math.nan]))
    assert math.isnan(classification.pair_auc(np.array([]), np.array([1.0])))


def curve_area(truth, scores):
    """The weighted area from the points of scikit-learn's curve."""
    rates, heights, _ = peers.roc_curve(truth, scores, drop_intermediate=False)
    if not (heights == 0.4).any():
        place = int((heights < 0.4).sum())
        share = (0.4 - heights[place - 1]) / (heights[place] - heights[place - 1])
        rate = rates[place - 1] + share * (rates[place] - rates[place - 1])
        rates, heights = np.insert(rates, place, rate), np.insert(heights, place, 0.4)
    low = np.trapezoid(np.minimum(heights, 0.4), rates)
    high = np.trapezoid(np.maximum(heights - 0.4, 0), rates)
    return (2 * low + high) / 1.4


@given(seeds)
def test_weighted_areas_are_those_below_the_curve(seed):
    """Between the points of the curve and the knee, ties included."""
    generator = np.random.default_rng(seed)
    n_rows = generator.integers(2, 60)
    truth = np.concatenate([[0, 1], generator.integers(0, 2, n_rows)])
    scores = generator.normal(size=len(truth)).round(generator.integers(0, 3)) + truth
    found = probabilities.weighted_roc_auc(truth[:, None], scores[:, None])
    assert found == pytest.approx(curve_area(truth, scores), abs=1e-12)


@settings(max_examples=15)
@given(seeds)
def test_bias_is_the_mean_of_four(seed):
    """Against scikit-learn's areas of every subset, for scores and for verdicts."""
    generator = np.random.default_rng(seed)
    truth = generator.random(60) < 0.5
    identities = generator.random((60, 4)) < 0.5
    scores = generator.random(60).round(1) + truth / 2
    for form in (scores, scores > 0.7):
        rows = np.empty((3, 4))
        for place, has in enumerate(identities.T):
            subsets = (has, has ^ truth, ~(has ^ truth))
            rows[:, place] = [peers.roc_auc_score(truth[s], form[s]) for s in subsets]
        areas = probabilities.bias_areas(truth, form, identities)
        assert areas == pytest.approx(rows, abs=1e-12)
        means = [(sum(a**-5 for a in row) / 4) ** -0.2 for row in rows]
        overall = peers.roc_auc_score(truth, form)
        found = probabilities.bias_auc(truth, form, identities)
        assert found == pytest.approx((overall + sum(means)) / 4, rel=1e-9)


def test_an_area_of_zero_makes_its_mean_zero():
    """The limit of the power mean; an area that is undefined makes all NaN."""
    areas = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert probabilities.mean_bias(1.0, areas) == 0.75
    areas[0, 0] = math.nan
    assert math.isnan(probabilities.mean_bias(1.0, areas))


@given(seeds)
def test_label_ranking_is_that_of_scikit_learn(seed):
    """Weighted by the number of labels, with ties and rows without labels."""
    generator = np.random.default_rng(seed)
    n_rows, n_labels = generator.integers(1, 12), generator.integers(2, 9)
    truth = generator.random((n_rows, n_labels)) < generator.random()
    truth[0, 0] = True
    scores = generator.normal(size=truth.shape).round(generator.integers(0, 3))
    has = truth.any(axis=1)
    weights = truth[has].sum(axis=1)
    wanted = peers.label_ranking_average_precision_score(
        truth[has], scores[has], sample_weight=weights
    )
    found = probabilities.lwlrap(truth, scores)
    assert found == pytest.approx(wanted, rel=1e-12)


def test_label_ranking_needs_a_label():
    """Without any there is nothing to rank."""
    with pytest.raises(UsageError, match="needs a row with a label"):
        probabilities.lwlrap(np.zeros((2, 3)), np.ones((2, 3)))


@given(st.lists(st.tuples(st.booleans(), st.integers(-10, 20)), min_size=1))
def test_probabilistic_f1_agrees_with_loops(rows):
    """Precision and recall from sums, row by row."""
    hits = sum(min(max(p, 0), 1) for t, p in rows if t)
    total = sum(min(max(p, 0), 1) for _, p in rows)
    n_positive = sum(t for t, _ in rows)
    truth, guess = column([t for t, _ in rows]), column([p for _, p in rows])
    if not n_positive:
        with pytest.raises(UsageError, match="needs positives"):
            probabilities.probabilistic_f1(truth, guess)
        return
    wanted = 0.0
    if hits:
        precision, recall = hits / total, hits / n_positive
        wanted = 2 * precision * recall / (precision + recall)
    found = probabilities.probabilistic_f1(truth, guess)
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-300)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.booleans(), shares, st.integers(1, 14)),
        min_size=1,
    )
)
def test_weighted_log_loss_agrees_with_loops(rows):
    """A weighted mean in each group, then the plain mean."""
    names = sorted({group for group, *_ in rows})
    means = []
    for name in names:
        members = [row for row in rows if row[0] == name]
        total = 0.0
        for _, label, guess, weight in members:
            clipped = min(max(guess, 1e-15), 1 - 1e-15)
            total -= weight * math.log(clipped if label else 1 - clipped)
        means.append(total / sum(weight for *_, weight in members))
    groups, truth, guess, weights = map(np.array, zip(*rows, strict=True))
    found = probabilities.weighted_log_loss(
        truth, guess, weights=weights, groups=np.searchsorted(names, groups)
    )
    assert found == pytest.approx(math.fsum(means) / len(means), rel=1e-9, abs=1e-18)


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=9))
def test_divergence_agrees_with_loops(rows):
    """The sum of t ln(t / p) over two classes, the second with what is left."""
    truth = np.array([(t, 1 - t) for t, _ in rows])
    guess = np.array([(p, 1 - p) for _, p in rows])
    total = 0.0
    for t, p in zip(truth.ravel(), guess.ravel(), strict=True):
        if t:
            total += t * math.log(t / min(max(p, 1e-15), 1 - 1e-15))
    found = probabilities.kl_divergence(truth, guess)
    assert found == pytest.approx(total / len(rows), rel=1e-9, abs=1e-15)
