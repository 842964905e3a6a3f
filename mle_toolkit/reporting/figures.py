"""Figures for papers: a frame in, a matplotlib figure out.

Each function takes the frame that a verb of `mle_toolkit.analysis` returns.  The
figures have no titles, because a caption says more; `save` writes them with the
data that they show::

    table = analysis.pass_at_k(attempts)
    figures.save(figures.pass_at_k_curve(table), "figures/pass-at-k", data=table)
"""

from mle_toolkit.reporting.curves import pass_at_k_curve
from mle_toolkit.reporting.export import save
from mle_toolkit.reporting.style import WIDTHS, style
from mle_toolkit.reporting.timelines import score_over_time

__all__ = ["WIDTHS", "pass_at_k_curve", "save", "score_over_time", "style"]
