"""The forest plot of comparisons: a difference, its interval, what could be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.agents import marks_of, names_of
from mle_toolkit.reporting.layout import fits_beside
from mle_toolkit.reporting.rows import finish, prepare
from mle_toolkit.reporting.style import (
    INK,
    MUTED,
    check_columns,
    new_figure,
    palette,
    style,
)

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mle_toolkit.reporting.agents import Mark

_NEEDED = [
    "a", "b", "estimate", "low", "high", "level", "p_value", "detectable", "power",
]  # fmt: skip
_ROW_INCHES, _SIZE = 0.185, 6.8
_SHADE = "#d9dde2"
_CORRECTIONS = {"holm": "Holm", "benjamini-hochberg": "Benjamini-Hochberg"}


def comparison_plot(
    frame: pd.DataFrame,
    *,
    width: str | float = "wide",
    xlabel: str = "Difference in medal rate, percentage points",
) -> Figure:
    """Draw differences between agents with their intervals, one row per pair.

    Parameters
    ----------
    frame
        What `mle_toolkit.analysis.compare` or `compare_many` returns.
    width
        ``"column"``, ``"text"`` or ``"wide"``, or inches.
    xlabel
        What is on the horizontal axis.

    Returns
    -------
    matplotlib.figure.Figure
        The grey bar reaches as far as a difference that the pair's data would most
        likely have missed: a dot inside says little.  The p-values stand at the
        right.  Filled dots in colour are the differences that survive the
        correction; without a correction, those with an interval beside 0.

    Raises
    ------
    UsageError
        When the frame has no such columns, or nothing to draw.
    """
    check_columns(frame, _NEEDED)
    known = frame[frame["estimate"].notna()].reset_index(drop=True)
    if known.empty:
        msg = "no difference to draw: every estimate is NaN; its column reason says why"
        raise UsageError(msg)
    with style():
        figure = new_figure(width)
        axes = figure.add_subplot()
        baseline = known["b"].iloc[0] if len(set(known["b"])) == 1 else None
        marks = marks_of([*known["a"], *known["b"]], frame.attrs)
        labels = _labels(known, baseline, marks, joint=" ")
        if not all(fits_beside(figure, label, _SIZE) for label in labels):
            labels = _labels(known, baseline, marks, joint="\n")
        prepare(axes, labels, size=_SIZE)
        handles = _draw(axes, known)
        _write_numbers(axes, known)
        if baseline is not None and len(known) > 1:
            xlabel = f"{xlabel}, less {names_of([baseline])[baseline]}"
        axes.xaxis.set_major_formatter(FuncFormatter(_points))
        axes.set_xlabel(xlabel)
        axes.use_sticky_edges = False
        axes.margins(x=0.03)
        used = dict.fromkeys(mark for each in marks.values() for mark in each)
        finish(
            figure,
            axes,
            row_inches=_ROW_INCHES,
            handles=handles,
            marks=list(used),
        )
    return figure


def _labels(
    known: pd.DataFrame,
    baseline: str | None,
    marks: dict[str, tuple[Mark, ...]],
    *,
    joint: str,
) -> list[str]:
    names = {
        agent: name + "".join(mark.sign for mark in marks[agent])
        for agent, name in names_of([*known["a"], *known["b"]]).items()
    }
    if baseline is not None and len(known) > 1:
        return [names[each] for each in known["a"]]
    return [
        f"{names[a]}{joint}\N{MINUS SIGN} {names[b]}"
        for a, b in zip(known["a"], known["b"], strict=True)
    ]


def _draw(axes: Axes, known: pd.DataFrame) -> list[Any]:
    colour = palette(1)[0]
    rows = known.index.to_numpy()
    found = _differs(known)
    # Missing where no difference of rates would be found: then the whole range is.
    reach = known["detectable"].fillna(1.0).clip(upper=1.0)
    axes.barh(
        rows, 2 * reach, left=-reach, height=0.62, color=_SHADE, linewidth=0,
        zorder=1.5,
    )  # fmt: skip
    axes.axvline(0.0, color=MUTED, linewidth=0.8, zorder=2)
    look: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 4.4}
    kinds = {True: (colour, colour), False: ("white", INK)}
    handles: list[Any] = []
    for differs, (face, edge) in kinds.items():
        part = known[found == differs]
        if part.empty:
            continue
        axes.hlines(
            part.index, part["low"], part["high"], color=edge, linewidth=1.5, zorder=3
        )
        axes.plot(
            part["estimate"], part.index, markerfacecolor=face, markeredgecolor=edge,
            markeredgewidth=1.0, zorder=4, **look,
        )  # fmt: skip
        handles.append(
            Line2D(
                [], [], color=edge, linewidth=1.5, marker="o", markersize=4.4,
                markerfacecolor=face, markeredgecolor=edge, markeredgewidth=1.0,
                label=_kind(known, differs=differs),
            )
        )  # fmt: skip
    power = 100 * float(known["power"].iloc[0])
    handles.append(
        Patch(facecolor=_SHADE, label=f"differences with less than {power:g} % power")
    )
    return handles


def _differs(known: pd.DataFrame) -> pd.Series:
    if "differs" in known.columns:
        return known["differs"].astype(bool)
    return (known["low"] > 0) | (known["high"] < 0)


def _kind(known: pd.DataFrame, *, differs: bool) -> str:
    level = f"{100 * float(known['level'].iloc[0]):g} % interval"
    if "correction" not in known.columns:
        return f"{level} beside 0" if differs else f"{level} with 0"
    name = str(known["correction"].iloc[0])
    after = f"after {_CORRECTIONS.get(name, name)}"
    return f"differs {after}" if differs else f"does not differ {after}"


def _write_numbers(axes: Axes, known: pd.DataFrame) -> None:
    """Write p-values beside the rows, and numbers of competitions that vary."""
    adjusted = "p_adjusted" in known.columns
    values = known["p_adjusted" if adjusted else "p_value"]
    _column(axes, 5.0, "adjusted p" if adjusted else "p", [_p(each) for each in values])
    shared = known.get("n_competitions")
    if shared is not None and len(set(shared)) > 1:
        _column(axes, 46.0, "shared", [str(each) for each in shared])


def _column(axes: Axes, points: float, head: str, texts: list[str]) -> None:
    """Write texts so many points to the right of the rows."""
    look: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "annotation_clip": False,
    }
    muted = {"fontsize": 6.6, "color": MUTED, "va": "bottom"}
    axes.annotate(head, (1.0, -0.5), (points, 3.0), **look, **muted)
    plain = {"fontsize": _SIZE, "color": INK, "va": "center"}
    for row, text in enumerate(texts):
        axes.annotate(text, (1.0, row), (points, 0.0), **look, **plain)


def _p(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return "\N{EN DASH}"
    if value < 0.001:  # noqa: PLR2004 - three digits
        return "< 0.001"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"  # noqa: PLR2004


def _points(value: float, _: object) -> str:
    return f"{100 * value:+.0f}".replace("-", "\N{MINUS SIGN}") if value else "0"
