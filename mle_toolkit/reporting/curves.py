"""The figure of pass@k against k."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import names_of
from mle_toolkit.reporting.labels import Label, label_right
from mle_toolkit.reporting.layout import settle
from mle_toolkit.reporting.style import (
    LINES,
    MARKERS,
    MUTED,
    check_columns,
    check_one_competition,
    new_figure,
    palette,
    style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ALL = "all"
_MOST_LABELS = 8
_MOST_BANDS = 4
_MOST_LARGE_MARKERS = 10
_MOST_TICKS = 9


def pass_at_k_curve(
    frame: pd.DataFrame,
    *,
    by: str = "agent",
    width: str | float = "text",
    ylabel: str = "pass@k (any medal)",
) -> Figure:
    """Draw pass@k against k: the mean thick with its band, each competition thin.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.pass_at_k` returns, or its rows of one
        competition, which is then the thick line.
    by
        Column that names the systems; each has its colour and its marker.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    ylabel
        What is on the vertical axis.

    Returns
    -------
    matplotlib.figure.Figure
        The band is the interval of the frame; with more than four systems there are
        none.  With several systems the lines of single competitions are left out.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, [by, "competition", "k", "estimate", "low", "high"])
    known = frame[frame["estimate"].notna()]
    if known.empty:
        msg = "no pass@k to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    names = names_of(known[by].unique())
    largest = int(known["k"].max())
    if not (known["competition"] == _ALL).any():
        check_one_competition(known)
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        labels: list[Label] = []
        if len(names) == 1 and (known["competition"] == _ALL).any():
            labels += _thin_lines(axes, known)
        for index, (agent, name) in enumerate(names.items()):
            mine = _Line.of(known[known[by] == agent], name if len(names) > 1 else "")
            labels.append(mine.draw(axes, index, band=len(names) <= _MOST_BANDS))
            mine.lead(axes, index, largest)
        axes.set_xlim(1 - 0.03 * largest, largest)
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xticks(whole_ticks(largest))
        axes.set_xlabel("Attempts k")
        axes.set_ylabel(ylabel)
        label_right(axes, labels)
        settle(figure)
    return figure


def whole_ticks(largest: int) -> list[int]:
    """Return at most ten round ticks; the first is 1, because k = 0 is nothing."""
    step = next(
        step * 10**power
        for power in range(20)
        for step in (1, 2, 5)
        if largest <= _MOST_TICKS * step * 10**power
    )
    return sorted({1, *range(step, largest + 1, step)})


def _thin_lines(axes: Axes, table: pd.DataFrame) -> list[Label]:
    single = table[table["competition"] != _ALL]
    names = list(single["competition"].unique())
    few = len(names) <= _MOST_LABELS
    colours = palette(len(names) + 1)[1:]
    labels = []
    for index, name in enumerate(names):
        line = single[single["competition"] == name]
        colour = colours[index] if few else MUTED
        axes.plot(
            line["k"],
            line["estimate"],
            color=colour,
            linewidth=1.0 if few else 0.6,
            alpha=1.0 if few else 0.35,
            linestyle=LINES[1 + index % 3] if few else "-",
            marker=MARKERS[1 + index % 7] if few else None,
            markersize=2.6,
            clip_on=False,
        )
        last = line.iloc[-1]
        if few:
            labels.append(Label(y=last["estimate"], text=str(name), colour=colour))
    return labels


@dataclass(frozen=True, slots=True)
class _Line:
    """The mean over competitions, or the one competition that there is."""

    points: pd.DataFrame
    name: str

    @classmethod
    def of(cls, table: pd.DataFrame, name: str) -> _Line:
        competitions = [each for each in table["competition"].unique() if each != _ALL]
        mean = table[table["competition"] == _ALL]
        if mean.empty:
            return cls(table.sort_values("k"), name or str(competitions[0]))
        return cls(mean.sort_values("k"), name or f"mean of {len(competitions)}")

    def draw(self, axes: Axes, index: int, *, band: bool) -> Label:
        """Draw the line and its band; return its label."""
        colour, k = _colour(index), self.points["k"].astype(float)
        low, high = self.points["low"], self.points["high"]
        if band:
            axes.fill_between(
                k, low, high, color=colour, alpha=0.13, linewidth=0, zorder=1
            )
            for edge in (low, high):
                axes.plot(k, edge, color=colour, alpha=0.4, linewidth=0.5, zorder=1)
        few = len(k) <= _MOST_LARGE_MARKERS
        axes.plot(
            k,
            self.points["estimate"],
            color=colour,
            linewidth=1.9,
            linestyle=LINES[index % 4],
            marker=MARKERS[index % 8],
            markersize=4.0 if few else 2.8,
            clip_on=False,
            zorder=4,
        )
        last = self.points["estimate"].iloc[-1]
        return Label(y=last, text=self.name, colour=colour, bold=True)

    def lead(self, axes: Axes, index: int, largest: int) -> None:
        """Lead the eye from an early end to the label at the right."""
        last = self.points.iloc[-1]
        if last["k"] < largest:
            axes.hlines(
                last["estimate"], last["k"], largest, color=_colour(index), alpha=0.6,
                linewidth=0.6, linestyle=(0, (1, 3)), zorder=2,
            )  # fmt: skip


def _colour(index: int) -> str:
    return palette(10)[index % 10]
