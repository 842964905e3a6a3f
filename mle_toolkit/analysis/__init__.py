"""The statistics as verbs on the tidy frame: a frame in, a tidy frame out.

An attempt counts once it is published and graded.  Attempts that are pending,
running, lost or not graded yet are never taken for failures: they are left out,
and the column ``n_left_out`` of every result says how many they are.
"""

from mle_toolkit.analysis.rates import pass_at_k, summary
from mle_toolkit.analysis.scores import score_at_k
from mle_toolkit.analysis.timeline import best_over_time

__all__ = ["best_over_time", "pass_at_k", "score_at_k", "summary"]
