"""Statistics on arrays: numbers and result records, numpy and scipy only."""

from mle_toolkit.stats.attempts import pass_at_k, score_at_k
from mle_toolkit.stats.intervals import (
    competition_interval,
    mean_interval,
    medal_rate,
    pass_at_k_interval,
)
from mle_toolkit.stats.records import Interval

__all__ = [
    "Interval",
    "competition_interval",
    "mean_interval",
    "medal_rate",
    "pass_at_k",
    "pass_at_k_interval",
    "score_at_k",
]
