"""Step functions, medal curves, censored times and budget splits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.stats.attempts import pass_at_k
from mle_toolkit.stats.end_atom import mean_interval
from mle_toolkit.stats.overtime import first_medal, medal_curve, step_values
from mle_toolkit.stats.splits import best_split
from mle_toolkit.stats.survival import time_to_first_medal

NAN = float("nan")


@st.composite
def attempts(draw):
    """Draw step functions: a few changes of a medal at whole hours."""
    count = draw(st.integers(1, 6))
    times, medals = [], []
    for _ in range(count):
        steps = draw(st.lists(st.integers(0, 10), max_size=5))
        times.append([float(step) for step in sorted(steps)])
        medals.append([draw(st.integers(0, 1)) for _ in steps])
    return times, medals


@st.composite
def censored(draw):
    """Draw first medals and the ends of observation, in whole hours."""
    count = draw(st.integers(1, 12))
    until = [draw(st.integers(1, 9)) for _ in range(count)]
    first = [
        draw(st.sampled_from([NAN, *(float(t) for t in range(1, end + 1))]))
        for end in until
    ]
    return first, until


def slow_value(times, values, at):
    """Return the value of the last step at or before a moment."""
    held = NAN
    for time, value in zip(times, values, strict=True):
        if time <= at:
            held = value
    return held


def slow_kaplan_meier(first, until, at):
    """Return the share with a medal by the product over the hours before."""
    alive = 1.0
    for hour in sorted({t for t in first if t <= at}):
        risk = sum(
            (end >= hour if np.isnan(t) else t >= hour)
            for t, end in zip(first, until, strict=True)
        )
        alive *= 1 - first.count(hour) / risk
    return 1 - alive


@given(attempts(), st.lists(st.floats(-1, 12), min_size=1, max_size=5))
def test_a_value_holds_until_the_next_step(case, moments):
    """Nothing is interpolated: the last step at or before the moment counts."""
    times, medals = case
    table = step_values(times, medals, moments)
    for row, (when, what) in enumerate(zip(times, medals, strict=True)):
        slow = [slow_value(when, what, at) for at in moments]
        assert np.array_equal(table[row], slow, equal_nan=True)


@given(attempts())
def test_the_first_medal_is_the_first(case):
    """It is the earliest step above 0, or missing."""
    for found, when, what in zip(first_medal(*case), *case, strict=True):
        won = [t for t, medal in zip(when, what, strict=True) if medal]
        assert found == min(won) if won else np.isnan(found)


@given(attempts())
def test_a_medal_once_won_stays_won(case):
    """The best so far never falls; what is held at the moment never exceeds it."""
    times, medals = case
    hours = np.arange(12.0)
    names = [str(row % 2) for row in range(len(times))]
    best, held = (
        medal_curve(times, medals, hours, competition=names, until=np.inf, best=best)
        for best in (True, False)
    )
    assert (np.diff(best.estimate) >= 0).all()
    assert (held.estimate <= best.estimate + 1e-12).all()


def test_competitions_have_equal_weight():
    """Ten attempts on one competition count no more than one on another."""
    times, medals = [[1.0]] * 10 + [[2.0]] + [[]] * 3, [[1]] * 10 + [[1]] + [[]] * 3
    names = ["a"] * 10 + ["b", "c", "c", "c"]
    curve = medal_curve(times, medals, [0.0, 1.0, 2.0], competition=names, until=3.0)
    assert curve.estimate == pytest.approx([0, 1 / 3, 2 / 3])
    assert curve.n.tolist() == [3, 3, 3]
    interval = mean_interval([1, 0, 0])
    assert (curve.low[1], curve.high[1]) == (interval.low, interval.high)


def test_says_nothing_beyond_what_was_seen():
    """After an attempt was stopped from outside, the curve is NaN, with a reason."""
    curve = medal_curve(
        [[1.0], [1.0]], [[1], [0]], [1.0, 2.0, 3.0], competition=["a", "b"],
        until=[np.inf, 2.0],
    )  # fmt: skip
    assert np.isnan([curve.estimate[2], curve.low[2], curve.high[2]]).all()
    assert curve.reasons[:2] == (None, None)
    assert "not observed" in curve.reasons[2]
    empty = medal_curve([], [], [1.0], competition=[], until=[])
    assert np.isnan(empty.estimate).all()
    assert empty.reasons[0]


@given(censored())
def test_kaplan_meier_is_its_product(case):
    """The curve is the product of the shares that went on, hour by hour."""
    first, until = case
    result = time_to_first_medal(first, until)
    slow = [slow_kaplan_meier(first, until, hour) for hour in result.curve.x]
    assert result.curve.estimate == pytest.approx(slow)
    known = [reason is None for reason in result.curve.reasons]
    inside = (result.curve.low <= result.curve.estimate) & (
        result.curve.estimate <= result.curve.high
    )
    assert inside[known].all()
    assert result.n_medals == sum(not np.isnan(t) for t in first)


@given(censored())
def test_by_competition_it_is_the_mean_of_curves(case):
    """Each competition has its own curve; the average has the end-atom interval."""
    first, until = case
    names = [row % 3 for row in range(len(first))]
    result = time_to_first_medal(first, until, competition=names)
    for at, hour in enumerate(result.curve.x):
        rows = [
            [row for row in range(len(first)) if names[row] == name]
            for name in sorted(set(names))
        ]
        values = [
            slow_kaplan_meier([first[r] for r in some], [until[r] for r in some], hour)
            for some in rows
        ]
        assert result.curve.estimate[at] == pytest.approx(np.mean(values))


def test_without_censoring_it_is_the_plain_share():
    """When all were observed to the end, the curve is the share by then."""
    first = [2.0, NAN, 5.0, NAN, 2.0]
    curve = time_to_first_medal(first, 24.0).curve
    assert curve.x.tolist() == [2, 5]
    assert curve.estimate == pytest.approx([0.4, 0.6])


def test_giving_up_is_not_censoring():
    """An attempt that ended by its own choice never wins; a stopped one might."""
    gave_up = time_to_first_medal([1.0, NAN, 3.0], [9.0, np.inf, 9.0])
    stopped = time_to_first_medal([1.0, NAN, 3.0], [9.0, 2.0, 9.0])
    assert gave_up.curve.estimate == pytest.approx([1 / 3, 2 / 3])
    assert stopped.curve.estimate == pytest.approx([1 / 3, 1])


def test_the_median_is_when_half_have_a_medal():
    """Its limits are where the limits of the curve cross one half."""
    first = np.arange(1.0, 41.0)
    result = time_to_first_medal(first, 50.0)
    curve, median = result.curve, result.median
    assert median.estimate == 20
    assert median.low == curve.x[np.flatnonzero(curve.high >= 0.5)[0]]
    assert median.high == curve.x[np.flatnonzero(curve.low >= 0.5)[0]]
    assert median.low < 20 < median.high
    assert median.reason is None


@pytest.mark.parametrize("first", [[], [NAN, NAN], [1.0, NAN, NAN]])
def test_no_median_below_one_half(first):
    """When fewer than half won, the median is missing, with the reason."""
    result = time_to_first_medal(first, 5.0)
    assert np.isnan(result.median.estimate)
    assert "fewer than half" in result.median.reason


@pytest.mark.parametrize(
    ("times", "medals", "word"),
    [
        ([[2.0, 1.0]], [[0, 1]], "must not fall"),
        ([[NAN]], [[1]], "must not fall"),
        ([[1.0]], [[1, 0]], "as many values"),
        ([[1.0]], [], "per attempt"),
        ([["soon"]], [[1]], "numbers"),
    ],
)
def test_refuses_bad_steps(times, medals, word):
    """Times that fall, gaps and lengths that differ are errors."""
    for function in (first_medal, lambda a, b: step_values(a, b, [1.0])):
        with pytest.raises(UsageError, match=word):
            function(times, medals)


def test_refuses_bad_curves():
    """Medals beyond [0, 1], missing names and negative times are errors."""
    good = {"competition": ["a"], "until": 3.0}
    for change in ({"competition": ["a", "b"]}, {"until": [-1.0]}, {"level": 1}):
        with pytest.raises(UsageError):
            medal_curve([[1.0]], [[1]], [1.0], **{**good, **change})
    with pytest.raises(UsageError):
        medal_curve([[1.0]], [[2]], [1.0], **good)
    with pytest.raises(UsageError):
        medal_curve([[1.0]], [[1]], [NAN], **good)


@pytest.mark.parametrize(
    ("first", "until", "word"),
    [
        ([4.0], [3.0], "after it was observed"),
        ([-1.0], [3.0], "at least 0"),
        ([1.0, 2.0], [3.0], "until"),
        (["soon"], [3.0], "times"),
        ([1.0], [NAN], "until"),
    ],
)
def test_refuses_bad_times(first, until, word):
    """A medal after the end and times that are none are errors."""
    with pytest.raises(UsageError, match=word):
        time_to_first_medal(first, until)


def exponential(rng, competitions, each, rate):
    """Draw first medals with a constant hazard: a split then changes nothing."""
    times = rng.exponential(1 / rate, competitions * each)
    names = np.repeat(np.arange(competitions), each)
    return np.where(times <= 1, times, NAN), names


def test_values_are_pass_at_k_of_cut_attempts():
    """Each k is worth the unbiased pass@k of attempts that end at budget / k."""
    first, names = exponential(np.random.default_rng(1), 6, 7, 0.8)
    split = best_split(first, 1.0, budget=1.0, competition=names)
    for k, value in zip(split.ks, split.values, strict=True):
        c = [(first[names == name] <= 1 / k).sum() for name in range(6)]
        assert value == pytest.approx(np.mean(pass_at_k([7] * 6, c, int(k))))
    assert split.ks.tolist() == list(range(1, 8))
    assert split.in_sample == max(split.values)
    assert split.length == pytest.approx(1 / split.k)


def test_each_competition_is_valued_by_the_others_choice():
    """Leaving one out, the choice maximises the mean of the rest."""
    first, names = exponential(np.random.default_rng(2), 5, 6, 0.8)
    split = best_split(first, 1.0, budget=1.0, competition=names)
    outside = []
    for name in range(5):
        others = names != name
        rest = best_split(first[others], 1.0, budget=1.0, competition=names[others])
        assert rest.k == split.chosen[name]
        c = (first[~others] <= 1 / rest.k).sum()
        outside.append(pass_at_k(6, int(c), rest.k))
    assert split.estimate == pytest.approx(np.mean(outside))
    assert split.low <= split.estimate <= split.high


@pytest.mark.parametrize("by", ["competition", "attempt"])
def test_out_of_sample_values_are_honest(by):
    """With a constant hazard all splits are equal; only the in-sample value exceeds."""
    rng = np.random.default_rng(3)
    truth = 1 - np.exp(-0.5)
    inside, outside = [], []
    for _ in range(60):
        first, names = exponential(rng, 12, 8, 0.5)
        split = best_split(
            first, 1.0, budget=1.0, competition=names, by=by, repeats=5, seed=rng
        )
        inside.append(split.in_sample - truth)
        outside.append(split.estimate - truth)
    error = np.std(outside) / np.sqrt(60)
    assert abs(np.mean(outside)) < 4 * error
    assert np.mean(inside) > np.mean(outside) + 2 * error


def test_only_what_the_data_can_value_is_compared():
    """A budget beyond the time limit needs several attempts; too many are not there."""
    first, names = exponential(np.random.default_rng(4), 4, 4, 0.8)
    assert best_split(first, 1.0, budget=3.0, competition=names).ks.tolist() == [3, 4]
    out = best_split(first, 1.0, budget=9.0, competition=names)
    assert np.isnan([out.estimate, out.low, out.high, out.in_sample]).all()
    assert "no k fits" in out.reason
    half = best_split(first, 1.0, budget=1.0, competition=names, by="attempt", seed=5)
    assert half.ks.tolist() == [1, 2]
    assert half.seed == 5
    alone = best_split([0.5, NAN], 1.0, budget=1.0, competition=["a", "a"])
    assert "2 competitions" in alone.reason


def test_equal_values_go_to_the_longer_attempts():
    """When nothing differs, one long attempt is chosen."""
    split = best_split([NAN] * 6, 1.0, budget=1.0, competition=list("aabbcc"))
    assert (split.k, split.estimate) == (1, 0.0)


def test_refuses_bad_splits():
    """Odd budgets, units and numbers of attempts are errors."""
    good = {"budget": 1.0, "competition": list("aabb")}
    first = [0.5, NAN, 0.2, NAN]
    for change in (
        {"budget": 0.0}, {"budget": NAN}, {"ks": [3]}, {"ks": [0]}, {"level": 0},
        {"by": "attempt", "repeats": 0}, {"seed": -1}, {"competition": list("aab")},
    ):  # fmt: skip
        with pytest.raises(UsageError):
            best_split(first, 1.0, **{**good, **change})
    with pytest.raises(UnknownNameError):
        best_split(first, 1.0, **good, by="seed")
