"""Figures for papers: a frame in, a matplotlib figure out.

Each function takes the frame that a verb of `mle_toolkit.analysis` returns, the heat
map a table of counts.  The figures have no titles, because a caption says more; `save`
writes them with the data that they show::

    table = analysis.pass_at_k(attempts)
    figures.save(figures.pass_at_k_curve(table), "figures/pass-at-k", data=table)

A figure is laid out by measuring its texts, in a font of this machine that is chosen
once, and drawn in that font wherever it is shown.  Another one is named for a block::

    with figures.style(family="Noto Sans"):
        figure = figures.pass_at_k_curve(table)
"""

from mle_toolkit.reporting.curves import pass_at_k_curve
from mle_toolkit.reporting.export import save
from mle_toolkit.reporting.forecasts import forecast_plot
from mle_toolkit.reporting.forest import comparison_plot
from mle_toolkit.reporting.heatmaps import medal_heat_map
from mle_toolkit.reporting.intervals import medal_rate_plot, rank_plot
from mle_toolkit.reporting.leaderboards import leaderboard_plot
from mle_toolkit.reporting.overtime import budget_split_plot, medal_curve_plot
from mle_toolkit.reporting.power import power_plot
from mle_toolkit.reporting.profiles import performance_profile_plot
from mle_toolkit.reporting.style import WIDTHS, style
from mle_toolkit.reporting.timelines import score_over_time

__all__ = [
    "WIDTHS",
    "budget_split_plot",
    "comparison_plot",
    "forecast_plot",
    "leaderboard_plot",
    "medal_curve_plot",
    "medal_heat_map",
    "medal_rate_plot",
    "pass_at_k_curve",
    "performance_profile_plot",
    "power_plot",
    "rank_plot",
    "save",
    "score_over_time",
    "style",
]
