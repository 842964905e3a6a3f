"""What counts tell of the spread over seeds: its expectation and its limits."""

import itertools
import math

import numpy as np
import pytest

import mle_toolkit as mle
from mle_toolkit import published
from mle_toolkit.analysis.spread import error_from_counts, error_limits


def every_arrangement(seeds, counts):
    """Return the SEM over seed means of each way to spread the medals on the seeds."""
    ways = [
        [set(chosen) for chosen in itertools.combinations(range(seeds), count)]
        for count in counts
    ]
    found = []
    for chosen in itertools.product(*ways):
        means = [
            sum(seed in won for won in chosen) / len(counts) for seed in range(seeds)
        ]
        found.append(np.std(means, ddof=1) / math.sqrt(seeds))
    return np.array(found)


@pytest.mark.parametrize("counts", [[1, 2], [0, 1, 3], [2, 2, 2], [1, 1, 1, 2], [3, 0]])
def test_limits_and_expectation_over_every_arrangement(counts):
    """The limits are reached and never left; the mean square is the estimate."""
    n = [3] * len(counts)
    errors = every_arrangement(3, counts)
    least, most = error_limits(n, counts)
    assert errors.min() == pytest.approx(least)
    assert errors.max() == pytest.approx(most)
    estimate, reason = error_from_counts(n, counts)
    assert estimate == pytest.approx(math.sqrt((errors**2).mean()))
    assert reason is None


def test_published_errors_lie_within_the_limits():
    """Nine of the leaderboard's errors over seeds are possible for the counts."""
    table = mle.record(missing="failure", short_seeds="failure")
    known = published.experiments().set_index("agent")
    known = known[known["published_error_kind"].eq("seeds")]
    # Their published numbers rest on other seeds than the counts.
    known = known.drop(index=["models-o1-preview-aide", "scaffolding-gpt4o-aide",
                              "famou-agent", "pievolve"])  # fmt: skip
    assert len(known) == 9
    for agent, row in known.iterrows():
        part = table[table["agent"] == agent]
        least, most = error_limits(part["n"], part["c"])
        # Printed to two decimals of a percent.
        slack = 0.0051
        error = row["published_error"]
        assert 100 * least - slack <= error <= 100 * most + slack, agent


def test_what_counts_cannot_say_is_nan():
    """Unequal n have no limits; one seed has no spread; nothing has nothing."""
    assert np.isnan(error_limits([3, 4], [1, 1])).all()
    assert np.isnan(error_limits([1, 1], [1, 0])).all()
    assert np.isnan(error_limits([], [])).all()
    value, reason = error_from_counts([1, 3], [1, 1])
    assert math.isnan(value)
    assert reason.startswith("1 competition has")
    assert error_from_counts([0], [0])[1] == "no attempt"
    # A competition without an attempt changes nothing.
    assert error_from_counts([3, 0], [1, 0]) == error_from_counts([3], [1])
