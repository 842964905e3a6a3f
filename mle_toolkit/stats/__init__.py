"""Statistics on arrays: numbers and result records, numpy and scipy only.

Names are loaded when they are first used, so that importing the package costs
next to nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mle_toolkit.stats.aggregates import iqm
    from mle_toolkit.stats.attempts import g_pass_at_k, pass_at_k, pass_hat_k
    from mle_toolkit.stats.backtest import Backtest, backtest_forecast
    from mle_toolkit.stats.best_of import score_at_k, select_at_k
    from mle_toolkit.stats.betabinomial import (
        Allocation,
        BetaBinomialFit,
        Posterior,
        fit_beta_binomial,
    )
    from mle_toolkit.stats.components import (
        Components,
        assumed_components,
        pilot_components,
    )
    from mle_toolkit.stats.curves import pass_at_k_curve
    from mle_toolkit.stats.end_atom import mean_interval
    from mle_toolkit.stats.families import adjusted_p_values, compare_many
    from mle_toolkit.stats.forecast import Forecast, forecast_pass_at_k
    from mle_toolkit.stats.improvement import probability_of_improvement
    from mle_toolkit.stats.intervals import (
        competition_interval,
        medal_rate,
        pass_at_k_interval,
    )
    from mle_toolkit.stats.overtime import first_medal, medal_curve, step_values
    from mle_toolkit.stats.paired import compare
    from mle_toolkit.stats.percentiles import (
        PercentileRange,
        percentile,
        percentile_range,
    )
    from mle_toolkit.stats.planning import (
        attempts_needed,
        detectable_difference,
        power_curve,
    )
    from mle_toolkit.stats.power import Plan
    from mle_toolkit.stats.powerlaw import PowerLaw, power_law_pass_at_k
    from mle_toolkit.stats.profiles import performance_profile
    from mle_toolkit.stats.ranks import rank_intervals
    from mle_toolkit.stats.records import (
        Comparison,
        Curve,
        Family,
        Interval,
        Pair,
        RankInterval,
        Resampled,
    )
    from mle_toolkit.stats.sequential import SequentialInterval, sequential_interval
    from mle_toolkit.stats.splits import Split, best_split
    from mle_toolkit.stats.survival import MedalTimes, time_to_first_medal
    from mle_toolkit.stats.unseen import chao_pass_at_k, good_toulmin_pass_at_k

_NAMES = {
    "Allocation": "betabinomial",
    "Backtest": "backtest",
    "BetaBinomialFit": "betabinomial",
    "Comparison": "records",
    "Components": "components",
    "Curve": "records",
    "Family": "records",
    "Forecast": "forecast",
    "Interval": "records",
    "MedalTimes": "survival",
    "Pair": "records",
    "PercentileRange": "percentiles",
    "Plan": "power",
    "Posterior": "betabinomial",
    "PowerLaw": "powerlaw",
    "RankInterval": "records",
    "Resampled": "records",
    "SequentialInterval": "sequential",
    "Split": "splits",
    "adjusted_p_values": "families",
    "assumed_components": "components",
    "attempts_needed": "planning",
    "backtest_forecast": "backtest",
    "best_split": "splits",
    "chao_pass_at_k": "unseen",
    "compare": "paired",
    "compare_many": "families",
    "competition_interval": "intervals",
    "detectable_difference": "planning",
    "first_medal": "overtime",
    "fit_beta_binomial": "betabinomial",
    "forecast_pass_at_k": "forecast",
    "g_pass_at_k": "attempts",
    "good_toulmin_pass_at_k": "unseen",
    "iqm": "aggregates",
    "mean_interval": "end_atom",
    "medal_curve": "overtime",
    "medal_rate": "intervals",
    "pass_at_k": "attempts",
    "pass_at_k_curve": "curves",
    "pass_at_k_interval": "intervals",
    "pass_hat_k": "attempts",
    "percentile": "percentiles",
    "percentile_range": "percentiles",
    "performance_profile": "profiles",
    "pilot_components": "components",
    "power_curve": "planning",
    "power_law_pass_at_k": "powerlaw",
    "probability_of_improvement": "improvement",
    "rank_intervals": "ranks",
    "score_at_k": "best_of",
    "select_at_k": "best_of",
    "sequential_interval": "sequential",
    "step_values": "overtime",
    "time_to_first_medal": "survival",
}

__all__ = [
    "Allocation",
    "Backtest",
    "BetaBinomialFit",
    "Comparison",
    "Components",
    "Curve",
    "Family",
    "Forecast",
    "Interval",
    "MedalTimes",
    "Pair",
    "PercentileRange",
    "Plan",
    "Posterior",
    "PowerLaw",
    "RankInterval",
    "Resampled",
    "SequentialInterval",
    "Split",
    "adjusted_p_values",
    "assumed_components",
    "attempts_needed",
    "backtest_forecast",
    "best_split",
    "chao_pass_at_k",
    "compare",
    "compare_many",
    "competition_interval",
    "detectable_difference",
    "first_medal",
    "fit_beta_binomial",
    "forecast_pass_at_k",
    "g_pass_at_k",
    "good_toulmin_pass_at_k",
    "iqm",
    "mean_interval",
    "medal_curve",
    "medal_rate",
    "pass_at_k",
    "pass_at_k_curve",
    "pass_at_k_interval",
    "pass_hat_k",
    "percentile",
    "percentile_range",
    "performance_profile",
    "pilot_components",
    "power_curve",
    "power_law_pass_at_k",
    "probability_of_improvement",
    "rank_intervals",
    "score_at_k",
    "select_at_k",
    "sequential_interval",
    "step_values",
    "time_to_first_medal",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    import importlib

    if name not in _NAMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    module = importlib.import_module(f"{__name__}.{_NAMES[name]}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, for tab completion."""
    return sorted(__all__)
