"""The heat map of a count table: which agent wins a medal where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba
from matplotlib.patches import Patch

from mle_toolkit import published
from mle_toolkit.analysis.counting import check_counts, without_ablations
from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.layout import beside, settle
from mle_toolkit.reporting.style import INK, MUTED, new_figure, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ORDER = ("low", "medium", "high", "dev")
_NEVER, _MISSING, _GAP = "#f3f5f7", "#d3d7dc", 1.6
_COLOURS = ("#cfe6f2", "#8cc3de", "#3f8fc0", "#155a92", "#0a2a54")
_ROW_INCHES, _LEAST_INCHES, _ROOM_INCHES, _BAR_INCHES = 0.0915, 1.0, 6.0, 0.085
_SMALL, _TINY = 5.6, 5.0
# Where the means of the agents stand, above the first group.
_MEANS = 0.7


def medal_heat_map(
    counts: pd.DataFrame,
    *,
    by: str = "split",
    ablations: bool = False,
    width: str | float = "wide",
) -> Figure:
    """Draw the share of attempts with a medal, per competition and agent.

    Parameters
    ----------
    counts
        One row per agent and competition with the columns ``agent, competition, c,
        n`` and `by`, as `mle_toolkit.record` and
        `mle_toolkit.analysis.count_table` return it.
    by
        The column that divides the competitions.
    ablations
        Whether to draw agents whose ``role`` is ``"ablation"``.
    width
        ``"wide"`` or ``"text"``, or inches.  75 competitions fill a page.

    Returns
    -------
    matplotlib.figure.Figure
        Rows are competitions, the easiest of each group first; columns are agents,
        the best one first; both by the mean share, for which a competition without
        attempts counts as 0.  The means stand at the margins, in percent: those of
        an agent over all competitions drawn, those of a competition over all
        agents.  Grey cells with a stroke have no attempt.

    Raises
    ------
    UsageError
        When the frame has no such columns, two rows of one competition, illegal
        counts, or nothing to draw.
    """
    check_counts(counts, by)
    if not ablations:
        counts = without_ablations(counts)
    counts = counts[counts["n"] > 0]
    if counts.empty:
        msg = "no cell to draw: the frame has no attempt that counts"
        raise UsageError(msg)
    shares = counts.assign(share=counts["c"] / counts["n"]).pivot_table(
        index="competition", columns="agent", values="share", sort=False
    )
    groups = counts.drop_duplicates("competition").set_index("competition")[by]
    filled = shares.fillna(0.0)
    agents = list(filled.mean().sort_values(ascending=False, kind="stable").index)
    easiest = filled.mean(axis=1).sort_values(ascending=False, kind="stable").index
    shares, filled = shares.loc[easiest, agents], filled.loc[easiest, agents]
    blocks = {
        name: shares[(groups.reindex(easiest).astype("object") == name).to_numpy()]
        for name in _in_order([str(name) for name in groups.dropna().unique()])
    }
    with style():
        figure = new_figure(width)
        rows = len(shares) + _GAP * len(blocks) + 2 * _MEANS
        # Room for the longest names; what is not needed goes at the end.
        figure.set_figheight(_ROW_INCHES * rows + _ROOM_INCHES)
        axes = figure.add_subplot()
        bottom = _draw(axes, blocks, by)
        _label_agents(axes, agents, filled.mean(), bottom)
        lines = max(label.get_text().count("\n") for label in axes.get_yticklabels())
        inches = max(_ROW_INCHES * rows * (lines + 1), _LEAST_INCHES)
        missing = bool(shares.isna().any(axis=None))
        _legend(figure, axes, missing=missing, thickness=_BAR_INCHES / inches)
        settle(figure, tall=(axes, inches))
    return figure


def _in_order(names: list[str]) -> list[str]:
    known = [name for name in _ORDER if name in names]
    return known + [name for name in names if name not in known]


def _draw(axes: Axes, blocks: dict[str, pd.DataFrame], by: str) -> float:
    """Draw the blocks below each other; return where the last one ends."""
    top = 2 * _MEANS
    places: list[float] = []
    names: list[str] = []
    strokes: list[list[tuple[float, float]]] = []
    for name, block in blocks.items():
        top += _GAP
        size = f"{name} ({len(block)})" if by == "split" else f"{name}"
        _beside(axes, -3, top - 0.25, size, fontsize=6.6, weight="bold", va="bottom")
        _draw_block(axes, block.to_numpy(), top)
        for place, (competition, values) in enumerate(block.iterrows()):
            middle = top + place + 0.5
            places.append(middle)
            names.append(str(competition))
            mean = 100 * values.fillna(0.0).mean()
            _beside(axes, 4, middle, f"{mean:.0f}", fontsize=_TINY, color=MUTED)
            strokes += [
                [(at + 0.2, middle + 0.3), (at + 0.8, middle - 0.3)]
                for at in np.flatnonzero(values.isna())
            ]
        top += len(block)
    axes.add_collection(LineCollection(strokes, colors=MUTED, linewidths=0.5))
    figure = axes.get_figure(root=True)
    names = [beside(figure, name, _SMALL) for name in names]
    axes.set_yticks(places, names, fontsize=_SMALL)
    return top


def _draw_block(axes: Axes, values: np.ndarray, top: float) -> None:
    rows, columns = values.shape
    painted = _colours()(Normalize(0.0, 1.0)(np.nan_to_num(values)))
    painted[values == 0.0] = to_rgba(_NEVER)
    painted[np.isnan(values)] = to_rgba(_MISSING)
    axes.pcolormesh(
        np.arange(columns + 1),
        top + np.arange(rows + 1),
        painted,
        edgecolors="white",
        linewidth=0.5,
    )


def _label_agents(
    axes: Axes, agents: list[str], means: pd.Series, bottom: float
) -> None:
    known = published.experiments().set_index("agent")["name"].to_dict()
    middles = np.arange(len(agents)) + 0.5
    for middle, agent in zip(middles, agents, strict=True):
        axes.text(
            middle, _MEANS, f"{100 * means[agent]:.0f}", ha="center", va="center",
            fontsize=_TINY, color=MUTED,
        )  # fmt: skip
    _beside(axes, -3, _MEANS, "mean, %", fontsize=_TINY, color=MUTED)
    axes.set_xlim(0, len(agents))
    axes.set_ylim(bottom, 0.0)
    names = [known.get(agent, agent) for agent in agents]
    axes.set_xticks(middles, names, rotation=90, fontsize=_SMALL)
    axes.tick_params(
        length=0, pad=2.0, bottom=False, labelbottom=False, top=True, labeltop=True
    )
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _beside(axes: Axes, points: float, y: float, text: str, **look: Any) -> None:
    """Write a text at a row, so many points left of the axes (or right of them)."""
    axes.annotate(
        text,
        xy=(float(points > 0), y),
        xycoords=("axes fraction", "data"),
        xytext=(points, 0),
        textcoords="offset points",
        ha="left" if points > 0 else "right",
        annotation_clip=False,
        **{"va": "center", "color": INK} | look,
    )


def _legend(figure: Figure, axes: Axes, *, missing: bool, thickness: float) -> None:
    patches = [Patch(facecolor=_NEVER, edgecolor=MUTED, linewidth=0.4, label="never")]
    if missing:
        patches.append(
            Patch(
                facecolor=_MISSING, edgecolor=MUTED, linewidth=0.4, hatch="////",
                label="no attempt",
            )
        )  # fmt: skip
    scale = ScalarMappable(Normalize(0.0, 100.0), _colours())
    bar = figure.colorbar(
        scale, ax=axes, orientation="horizontal", fraction=thickness, aspect=40,
        pad=0.01, shrink=0.55, anchor=(1.0, 0.0),
    )  # fmt: skip
    bar.outline.set_visible(False)
    bar.set_ticks([0, 25, 50, 75, 100])
    bar.ax.tick_params(labelsize=_SMALL, length=2.0)
    bar.set_label("attempts with a medal, %", fontsize=7.0)
    bar.ax.legend(
        handles=patches, loc="center right", bbox_to_anchor=(-0.04, 0.5), ncols=2,
        fontsize=7.0, handlelength=1.2, handleheight=0.9, borderaxespad=0.0,
    )  # fmt: skip


def _colours() -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("medals", list(_COLOURS))
