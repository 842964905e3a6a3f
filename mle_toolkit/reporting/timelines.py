"""The figure of scores over time, with the medal lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import seaborn as sns
from matplotlib.lines import Line2D

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.labels import Label, label_right
from mle_toolkit.reporting.layout import heighten, legend_outside, settle
from mle_toolkit.reporting.steps import median_steps
from mle_toolkit.reporting.style import (
    INK,
    LINES,
    MEDAL_COLOURS,
    MEDAL_LINES,
    check_columns,
    check_one_competition,
    new_figure,
    palette,
    style,
)
from mle_toolkit.reporting.words import time_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mle_toolkit.records import Thresholds

# Room to the right of the last end, so that final values are lines, not points.
_BEYOND = 1.04
_SCORES = {
    "validation": ("best_validation", "validation, best so far"),
    "test": ("submitted_test", "test, if submitted then"),
}


def score_over_time(
    frame: pd.DataFrame,
    thresholds: Thresholds | None = None,
    *,
    scores: Sequence[str] = ("validation", "test"),
    metric: str | None = None,
    width: str | float = "text",
) -> Figure:
    """Draw the scores of each attempt over time, with the medal lines.

    Thick lines are medians over attempts, in which an attempt without a score yet
    ranks below all others.  Thin lines are single attempts (of the last of the
    `scores`), each with a dot at its end.  All lines are steps.

    Parameters
    ----------
    frame
        Rows of one competition of what `mle_toolkit.analysis.best_over_time`
        returns.
    thresholds
        Scores of the medals and of the leaderboard's median.
    scores
        ``"validation"``, the best score that the agent measured itself, and
        ``"test"``, the grade of the submission that it would have handed in.
    metric
        Name of the metric, for the axis.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.

    Returns
    -------
    matplotlib.figure.Figure
        The axis keeps the direction of the metric and says which way is better.

    Raises
    ------
    UsageError
        When the frame has no such columns, several competitions, or no score.
    """
    check_columns(
        frame, ["competition", "agent", "seed", "elapsed_s", "lower_is_better"]
    )
    kinds = _kinds(frame, scores)
    steps = frame.assign(attempt=frame["agent"] + " " + frame["seed"].astype(str))
    lower = bool(steps["lower_is_better"].iloc[0])
    unit, seconds = time_unit(float(steps["elapsed_s"].max()))
    steps["time"] = steps["elapsed_s"] / seconds
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        handles = _score_lines(axes, steps, kinds, lower=lower)
        axes.set_xlim(0.0, float(steps["time"].max()) * _BEYOND)
        finals = _finals(steps, kinds[-1])
        # Of the other kinds only medians are drawn, so only these need room.
        middles = [np.median(each) for k in kinds if (each := _finals(steps, k)).size]
        shown = np.append(finals, middles)
        axes.set_ylim(*_limits(shown, thresholds, lower=lower))
        axes.set_xlabel(f"Time since the start of the attempt ({unit})")
        arrow = "lower is better" if lower else "higher is better"
        axes.set_ylabel(f"{metric or 'Score'} ({arrow})")
        legend = legend_outside(figure, handles, most_columns=2, handlelength=2.6)
        heighten(figure, legend)
        label_right(axes, _medal_lines(axes, thresholds))
        _note_outside(axes, finals, lower=lower)
        settle(figure)
    return figure


def _kinds(frame: pd.DataFrame, scores: Sequence[str]) -> list[str]:
    check_one_competition(frame)
    unknown = [name for name in scores if name not in _SCORES]
    if unknown or not scores:
        msg = f"scores must be of {', '.join(_SCORES)}; got {list(scores)!r}"
        raise UsageError(msg)
    kinds = [name for name in scores if frame[_SCORES[name][0]].notna().any()]
    if not kinds:
        msg = "no score to draw: no attempt has a valid solution yet"
        raise UsageError(msg)
    return kinds


def _score_lines(
    axes: Axes, steps: pd.DataFrame, kinds: list[str], *, lower: bool
) -> list[Line2D]:
    """Draw medians of every kind, and single attempts of the last kind alone."""
    handles = []
    agents = list(steps["agent"].unique())
    for agent, colour in zip(agents, palette(len(agents)), strict=False):
        mine = steps[steps["agent"] == agent]
        _single_attempts(axes, mine, _SCORES[kinds[-1]][0], colour)
        for kind in kinds:
            column, text = _SCORES[kind]
            look: dict[str, Any] = {
                "color": colour,
                "linestyle": LINES[1] if kind == "validation" else "-",
                "linewidth": 1.3 if kind == "validation" else 2.0,
            }
            middle = median_steps(mine, column, lower_is_better=lower)
            axes.plot(
                [*middle["time"], steps["time"].max() * _BEYOND],
                [*middle["value"], middle["value"].iloc[-1]],
                drawstyle="steps-post",
                zorder=4,
                **look,
            )
            name = f"{agent}: {text}" if agents[1:] else f"median attempt: {text}"
            handles.append(Line2D([], [], label=name, **look))
    return handles


def _single_attempts(axes: Axes, steps: pd.DataFrame, column: str, colour: str) -> None:
    sns.lineplot(
        steps,
        x="time",
        y=column,
        units="attempt",
        estimator=None,
        sort=False,  # steps at the same time keep their order
        drawstyle="steps-post",
        color=colour,
        alpha=0.5,
        linewidth=0.7,
        ax=axes,
    )
    last = steps.groupby("attempt", sort=False).tail(1)
    axes.plot(
        last["time"],
        last[column],
        linestyle="none",
        marker="o",
        markersize=4.0,
        markeredgewidth=0.5,
        markeredgecolor="white",
        color=colour,
        zorder=5,
    )


def _finals(steps: pd.DataFrame, kind: str) -> np.ndarray[Any, Any]:
    last = steps.groupby("attempt", sort=False).tail(1)
    values = last[_SCORES[kind][0]].to_numpy(dtype=float)
    return values[np.isfinite(values)]


def _limits(
    values: np.ndarray[Any, Any], thresholds: Thresholds | None, *, lower: bool
) -> tuple[float, float]:
    """Return limits that hold medals and outcomes, but not every early stumble."""
    lines = [] if thresholds is None else _lines(thresholds)
    inside = np.append(values, lines)
    if lines:
        worst, best = (max, min) if lower else (min, max)
        span = abs(worst(lines) - best(lines))
        sign = 1.0 if lower else -1.0
        edge = worst(lines) + sign * 2.0 * span
        kept = inside[sign * (inside - edge) <= 0]
        inside = np.append(kept, worst(lines) + sign * 0.35 * span)
    low, high = float(inside.min()), float(inside.max())
    pad = 0.07 * (high - low) or 0.05 * abs(high) or 0.05
    return low - pad, high + pad


def _lines(thresholds: Thresholds) -> list[float]:
    values = [getattr(thresholds, name) for name in MEDAL_LINES]
    return [value for value in values if np.isfinite(value)]


def _medal_lines(axes: Axes, thresholds: Thresholds | None) -> list[Label]:
    if thresholds is None:
        return []
    labels = []
    for name, pattern in MEDAL_LINES.items():
        value = float(getattr(thresholds, name))
        if not np.isfinite(value):
            continue
        colour = MEDAL_COLOURS[name]
        axes.axhline(value, color=colour, linestyle=pattern, linewidth=0.9, zorder=2)
        text = "board median" if name == "median" else name
        labels.append(Label(y=value, text=f"{text} {value:.5g}", colour=colour))
    return labels


def _note_outside(axes: Axes, finals: np.ndarray[Any, Any], *, lower: bool) -> None:
    low, high = axes.get_ylim()
    outside = int(((finals < low) | (finals > high)).sum())
    if outside:
        axes.annotate(
            "1 final score lies beyond this edge"
            if outside == 1
            else f"{outside} final scores lie beyond this edge",
            xy=(0.99, 0.985 if lower else 0.015),
            xycoords="axes fraction",
            ha="right",
            va="top" if lower else "bottom",
            color=INK,
            fontsize=7,
            fontstyle="italic",
            bbox={"color": "white", "alpha": 0.8, "pad": 1.5, "linewidth": 0},
            zorder=6,
        )
