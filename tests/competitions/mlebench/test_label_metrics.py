"""Metrics of labels, lists and texts agree with slow and obvious twins."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein
from sklearn import metrics as sklearn_metrics

from mle_toolkit.competitions.metrics import get_metric, labels, lists
from mle_toolkit.competitions.metrics.inversions import count_inversions
from mle_toolkit.errors import UsageError
from tests.competitions.mlebench.growth import assert_linear


def column(*cells):
    """Return an array of one column; texts are of type object, as in a table."""
    is_text = any(isinstance(cell, str) for cell in cells)
    return np.array(cells, object if is_text else None)[:, None]


few = st.sampled_from(["a", "b", "c"])
many = st.text("ab d", max_size=9)
numbers = st.integers(-2, 3)


def pairs(cells):
    """Return a strategy for truth and prediction of one length."""
    both = st.lists(st.tuples(cells, cells), min_size=1, max_size=9)
    return both.map(
        lambda rows: tuple(column(*side) for side in zip(*rows, strict=True))
    )


@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
@given(pair=pairs(numbers | st.booleans()) | pairs(few))
def test_label_metrics_are_those_of_scikit_learn(pair):
    """Accuracy, macro F1 and the Matthews correlation of numbers, flags and texts."""
    truth, guess = (np.asarray(side.ravel()) for side in pair)
    for name, peer in (
        ("accuracy", sklearn_metrics.accuracy_score),
        ("f1_macro", lambda *sides: sklearn_metrics.f1_score(*sides, average="macro")),
        ("mcc", sklearn_metrics.matthews_corrcoef),
    ):
        assert get_metric(name)(*pair) == pytest.approx(peer(truth, guess), abs=1e-12)
    wrong = get_metric("top_1_error")(*pair)
    assert wrong == pytest.approx(1 - np.mean(truth == guess), abs=1e-12)


def slow_kappa(truth, guess):
    """Sum the weights of all pairs of rows."""
    places = {grade: place for place, grade in enumerate(sorted({*truth, *guess}))}
    seen = sum((places[t] - places[g]) ** 2 for t, g in zip(truth, guess, strict=True))
    chance = sum(
        (places[t] - places[g]) ** 2 for t, g in itertools.product(truth, guess)
    )
    return 1 - seen * len(truth) / chance if chance else math.nan


@given(pair=pairs(st.integers(-3, 9)))
def test_kappa_counts_places(pair):
    """Against all pairs of rows, which is also what scikit-learn has."""
    truth, guess = (side.ravel().tolist() for side in pair)
    found = get_metric("quadratic_weighted_kappa")(*pair)
    assert found == pytest.approx(slow_kappa(truth, guess), nan_ok=True, abs=1e-12)
    if not math.isnan(found):
        peer = sklearn_metrics.cohen_kappa_score(truth, guess, weights="quadratic")
        assert found == pytest.approx(peer, abs=1e-12)


def test_kappa_has_room_for_many_grades(monkeypatch):
    """Sums that could pass 64 bits are those of floats."""
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(0, 99, (2, 500, 1))
    exact = labels.quadratic_weighted_kappa(truth, guess)
    monkeypatch.setattr(labels, "_SAFE", 1)
    assert labels.quadratic_weighted_kappa(truth, guess) == pytest.approx(exact)


def test_columns_count_alike():
    """The mean of two columns; accuracy wants both to be right."""
    truth = np.array([[1, 0], [0, 1], [1, 1]])
    guess = np.array([[1, 1], [0, 1], [1, 0]])
    for name in ("f1_macro", "mcc", "quadratic_weighted_kappa"):
        metric = get_metric(name)
        parts = [metric(truth[:, [at]], guess[:, [at]]) for at in (0, 1)]
        assert metric(truth, guess) == pytest.approx(np.mean(parts))
    assert get_metric("accuracy")(truth, guess) == pytest.approx(1 / 3)


def test_labels_that_cannot_be_compared():
    """Fractions have no place, and texts no order among numbers."""
    with pytest.raises(UsageError, match=r"takes whole numbers; got 1.5"):
        get_metric("quadratic_weighted_kappa")(column(1, 2), column(1.0, 1.5))
    for name in ("f1_macro", "mcc"):
        with pytest.raises(UsageError, match="mix texts and numbers"):
            get_metric(name)(column("a", "b"), column(1, 2).astype(object))


@given(pair=pairs(many))
def test_micro_f1_counts_pairs(pair):
    """Against sets of pairs of a cell and an item that the truth knows."""
    truth, guess = (
        {(row, item) for row, cell in enumerate(side.ravel()) for item in cell.split()}
        for side in pair
    )
    known = {item for _, item in truth}
    guess = {each for each in guess if each[1] in known}
    n_all = len(truth) + len(guess)
    wanted = 2 * len(truth & guess) / n_all if n_all else math.nan
    assert get_metric("f1_micro")(*pair) == pytest.approx(wanted, nan_ok=True)


def test_micro_f1_takes_no_nul():
    """The mark between cells is no item."""
    with pytest.raises(UsageError, match="cannot be an item"):
        get_metric("f1_micro")(column("a \0"), column("a"))
    assert get_metric("f1_micro")(column("a\0"), column("a\0")) == 1.0


def slow_precision(truth, guess, most):
    """Walk down the list."""
    items, right, total = set(truth.split(" ")), 0, 0.0
    seen = guess.split(" ")[:most]
    for place, item in enumerate(seen):
        if item in items and item not in seen[:place]:
            right += 1
            total += right / (place + 1)
    return total / min(len(items), most)


@given(pair=pairs(st.text("ab ", max_size=20)))
def test_average_precision_walks_down_the_list(pair):
    """Also with empty items, repeated ones, and lists that are too long."""
    for name, most in (("map_at_5", 5), ("map_at_12", 12)):
        rows = zip(*(side.ravel() for side in pair), strict=True)
        wanted = np.mean([slow_precision(*row, most) for row in rows])
        assert get_metric(name)(*pair) == pytest.approx(wanted, abs=1e-12)


orders = st.lists(st.integers(0, 12), unique=True, max_size=8)


@given(rows=st.lists(st.tuples(orders, st.randoms()), min_size=1, max_size=6))
def test_kendall_tau_counts_pairs(rows):
    """Against every pair of every list."""
    truth, guess, wrong, n_pairs = [], [], 0, 0
    for items, random in rows:
        shuffled = random.sample(items, len(items))
        truth.append(" ".join(map(str, items)))
        guess.append("  ".join(map(str, shuffled)))
        n_pairs += len(items) * (len(items) - 1)
        for one, other in itertools.combinations(items, 2):
            wrong += shuffled.index(one) > shuffled.index(other)
    found = get_metric("kendall_tau")(column(*truth), column(*guess))
    wanted = 1 - 4 * wrong / n_pairs if n_pairs else math.nan
    assert found == pytest.approx(wanted, nan_ok=True)


def test_kendall_tau_needs_the_same_items():
    """Each once, and none more."""
    tau = get_metric("kendall_tau")
    for guess in ("a c", "a b c", "b b", "a"):
        with pytest.raises(
            UsageError, match="the same items on both sides; got 'a b' and"
        ):
            tau(column("b", "a b"), column("b", guess))


@given(data=st.lists(st.lists(st.integers(0, 40), max_size=12), min_size=1, max_size=6))
def test_inversions_are_pairs_out_of_order(data):
    """Ties are in order, and lists do not mix."""
    counts = np.array([len(ranks) for ranks in data])
    ranks = np.array([rank for ranks in data for rank in ranks], np.int64)
    wanted = sum(
        one > other for each in data for one, other in itertools.combinations(each, 2)
    )
    assert count_inversions(ranks, counts) == wanted


def slow_distance(one, other):
    """Fill the table of Wagner and Fischer."""
    above = list(range(len(other) + 1))
    for row, left in enumerate(one, start=1):
        here = [row]
        for at, right in enumerate(other):
            swap = above[at] + (left != right)
            here.append(min(above[at + 1] + 1, here[-1] + 1, swap))
        above = here
    return above[-1]


@given(pair=pairs(st.text("ab é😀", max_size=9)))
def test_levenshtein_fills_the_table(pair):
    """The mean over cells of the distance of texts."""
    rows = zip(*(side.ravel() for side in pair), strict=True)
    wanted = np.mean([slow_distance(*row) for row in rows])
    assert get_metric("levenshtein")(*pair) == pytest.approx(wanted)


@given(pair=pairs(st.text("ab ", max_size=12)))
def test_normalized_levenshtein_fills_the_table(pair):
    """Distances of lists, divided by the items of the truth."""
    rows = [
        tuple(cell.split() for cell in row)
        for row in zip(*(side.ravel() for side in pair), strict=True)
    ]
    n_items = sum(len(items) for items, _ in rows)
    n_edits = sum(slow_distance(*row) for row in rows)
    wanted = n_edits / n_items if n_items else math.nan
    found = get_metric("normalized_levenshtein")(*pair)
    assert found == pytest.approx(wanted, nan_ok=True)


def test_items_are_compared_and_not_their_hashes():
    """For rapidfuzz 2^61 - 1 is 0, since Python's hashes of them are one."""
    large = 2**61 - 1
    assert Levenshtein.distance([0], [large]) == 0
    assert lists.normalized_levenshtein(column("0"), column(str(large))) == 1.0


@given(pair=pairs(st.text("abAB ", max_size=9)))
def test_jaccard_counts_words(pair):
    """Words in both / words in either, without case."""
    wanted = []
    for row in zip(*(side.ravel() for side in pair), strict=True):
        one, other = (set(cell.lower().split()) for cell in row)
        wanted.append(len(one & other) / len(one | other) if one | other else 0)
    assert get_metric("jaccard")(*pair) == pytest.approx(np.mean(wanted))


def test_long_orders_are_not_compared_pair_by_pair():
    """1,200,000 items in reverse, in three lists, in about linear time."""

    def count(size):
        ranks = np.tile(np.arange(size)[::-1], 3)
        found = count_inversions(ranks, np.array([size] * 3))
        assert found == 3 * size * (size - 1) // 2

    # Pair by pair this takes minutes even where numpy compares.
    count(400_000)
    # Few enough for the cache of any processor: it is no part of what is compared.
    assert_linear(count, 8_000)
