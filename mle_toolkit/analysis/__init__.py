"""The statistics as verbs on frames: a frame in, a tidy frame out.

A frame is the tidy one, a row per attempt, or a count table, a row per agent and
competition, such as `mle_toolkit.record` and `count_table` return.  Verbs that need
scores or validation scores take attempts alone.

An attempt counts once it is published and graded.  Attempts that are pending,
running, lost or not graded yet are never taken for failures: they are left out,
and the column ``n_left_out`` of every result says how many they are.
"""

from mle_toolkit.analysis.allocation import next_attempts
from mle_toolkit.analysis.choices import select_at_k
from mle_toolkit.analysis.comparisons import compare, compare_many
from mle_toolkit.analysis.leaderboards import count_table, leaderboard
from mle_toolkit.analysis.medals import medal_rate
from mle_toolkit.analysis.meetings import probability_of_improvement
from mle_toolkit.analysis.overtime import (
    best_split,
    medal_curve,
    time_to_first_medal,
)
from mle_toolkit.analysis.places import leaderboard_percentile
from mle_toolkit.analysis.planning import (
    attempts_needed,
    detectable_difference,
    power_curve,
)
from mle_toolkit.analysis.profiles import iqm, performance_profile
from mle_toolkit.analysis.ranks import rank_intervals
from mle_toolkit.analysis.rates import pass_at_k, pass_hat_k, summary
from mle_toolkit.analysis.scaling import backtest_forecast, forecast_pass_at_k
from mle_toolkit.analysis.scores import score_at_k
from mle_toolkit.analysis.seeding import SeedTable, by_seed
from mle_toolkit.analysis.sequential import sequential_interval
from mle_toolkit.analysis.steps import medal_steps
from mle_toolkit.analysis.subsets import fewer_attempts
from mle_toolkit.analysis.timeline import best_over_time

__all__ = [
    "SeedTable",
    "attempts_needed",
    "backtest_forecast",
    "best_over_time",
    "best_split",
    "by_seed",
    "compare",
    "compare_many",
    "count_table",
    "detectable_difference",
    "fewer_attempts",
    "forecast_pass_at_k",
    "iqm",
    "leaderboard",
    "leaderboard_percentile",
    "medal_curve",
    "medal_rate",
    "medal_steps",
    "next_attempts",
    "pass_at_k",
    "pass_hat_k",
    "performance_profile",
    "power_curve",
    "probability_of_improvement",
    "rank_intervals",
    "score_at_k",
    "select_at_k",
    "sequential_interval",
    "summary",
    "time_to_first_medal",
]
