"""The figure of a leaderboard: a row for each agent, with both intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.lines import Line2D

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import ABSENT, marked, marks_of
from mle_toolkit.reporting.rows import finish, label_rows, stripe
from mle_toolkit.reporting.style import (
    INK,
    check_columns,
    new_figure,
    palette,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mle_toolkit.reporting.agents import Mark

_ALL = "all"
_ROW_INCHES, _PANEL_INCHES = 0.185, 1.2
_APART = 0.17
_NEEDED = [
    "agent", "name", "estimate", "low", "high", "n_competitions", "n_absent",
    "reference_mean", "reference_low", "reference_high",
]  # fmt: skip
_REFERENCE = "mean over seeds \N{PLUS-MINUS SIGN} 1.96 SEM, as MLE-bench has it"


@dataclass(frozen=True, slots=True)
class _Bar:
    """How one of the two intervals looks."""

    estimate: str
    low: str
    high: str
    label: str
    colour: str
    marker: str
    width: float
    shift: float


def leaderboard_plot(
    table: pd.DataFrame,
    *,
    by: str = "split",
    width: str | float = "wide",
    reference: bool = True,
    xlabel: str = "Medal rate, %",
) -> Figure:
    """Draw a leaderboard: a row for each agent and a panel for each split.

    Parameters
    ----------
    table
        What `mle_toolkit.analysis.leaderboard` returns, or the rows of some splits.
    by
        The column that names the panels.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    reference
        Whether to draw the mean over seeds -+ 1.96 SEM below our interval.
    xlabel
        What is on the horizontal axis.

    Returns
    -------
    matplotlib.figure.Figure
        Agents stand in the order of the first panel.  A mark behind a name says
        what to know of it, and the lines below the panels what the mark means.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(table, [by, *_NEEDED])
    table = table[table["estimate"].notna()]
    if table.empty:
        msg = "no agent to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    groups = list(table[by].unique())
    first = table[table[by] == groups[0]].drop_duplicates("agent")
    others = table[~table["agent"].isin(first["agent"])].drop_duplicates("agent")
    agents = pd.concat([first, others])
    colours = palette(4)
    bars = [
        _Bar("estimate", "low", "high", _ours(table), colours[0], "o", 1.8, -_APART)
    ]
    if reference:
        bars.append(
            _Bar(
                "reference_mean", "reference_low", "reference_high", _REFERENCE,
                colours[3], "|", 1.2, _APART,
            )
        )  # fmt: skip
    with style():
        figure = new_figure(width)
        panels = _panels(figure, len(groups))
        for axes, group in zip(panels, groups, strict=True):
            part = table[table[by] == group].set_index("agent")
            _panel(axes, part.reindex(agents["agent"]), bars)
            axes.set_title(_title(str(group), part), fontsize=8.0, color=INK)
            axes.set_xlabel(xlabel, fontsize=7.5)
        labels, used = _labels(agents, table.attrs)
        label_rows(panels[0], labels)
        finish(
            figure,
            panels[0],
            row_inches=_ROW_INCHES,
            handles=_handles(bars),
            marks=used,
        )
    return figure


def _panels(figure: Figure, count: int) -> list[Axes]:
    """Return axes side by side, in two lines where the page is narrow."""
    narrow = figure.get_figwidth() < _PANEL_INCHES * count
    columns = -(-count // 2) if narrow else count
    grid = figure.subplots(-(-count // columns), columns, sharey=True, squeeze=False)
    for axes in grid.flat[count:]:
        axes.remove()
    return list(grid.flat[:count])


def _panel(axes: Axes, part: pd.DataFrame, bars: list[_Bar]) -> None:
    places = range(len(part))
    stripe(axes, len(part))
    for bar in bars:
        y = [place + (bar.shift if bars[1:] else 0.0) for place in places]
        axes.hlines(
            y, part[bar.low], part[bar.high], color=bar.colour, linewidth=bar.width,
            alpha=0.9, zorder=2, clip_on=True,
        )  # fmt: skip
        axes.plot(
            part[bar.estimate], y, linestyle="none", marker=bar.marker,
            markersize=3.4 if bar.marker == "o" else 4.2, color=bar.colour,
            markeredgewidth=0.0 if bar.marker == "o" else 1.3, zorder=3,
            clip_on=False,
        )  # fmt: skip
    axes.set_xlim(0.0, 1.0)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "", "50", "", "100"])


def _labels(
    agents: pd.DataFrame, attrs: dict[Any, Any]
) -> tuple[list[str], list[Mark]]:
    """Return what stands beside the rows, and the marks that were used."""
    known = marks_of(agents["agent"], attrs)
    labels = []
    used: dict[Mark, None] = {}
    for row in agents.itertuples():
        marks = [*known[str(row.agent)], *([ABSENT] if row.n_absent else [])]
        used |= dict.fromkeys(marks)
        labels.append(marked(str(row.name), marks))
    return labels, list(used)


def _title(group: str, part: pd.DataFrame) -> str:
    number = int((part["n_competitions"] + part["n_absent"]).max())
    name = "all competitions" if group == _ALL else group
    return f"{name} ({number})"


def _ours(table: pd.DataFrame) -> str:
    level = table["level"].iloc[0] if "level" in table.columns else 0.95
    target = "these" if table["method"].eq("end-atom-fixed").any() else "other"
    return f"mean with its {100 * level:g} % interval for {target} competitions"


def _handles(bars: list[_Bar]) -> list[Line2D]:
    return [
        Line2D(
            [], [], color=bar.colour, linewidth=bar.width, marker=bar.marker,
            markersize=4.0 if bar.marker == "o" else 5.0, label=bar.label,
            markeredgewidth=0.0 if bar.marker == "o" else 1.3,
        )
        for bar in bars
    ]  # fmt: skip
