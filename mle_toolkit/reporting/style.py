"""One look for all figures, set by a context manager and left behind with it.

Colours are those of seaborn's colour-blind palette; whatever a colour tells, a
marker, a line style or a label tells too.  Widths are those of the columns of
common venues, kept exactly: nothing is cropped when a figure is saved.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting import fonts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from matplotlib.backend_bases import RendererBase

# Widths in inches: one column of two, full text width, two columns.
WIDTHS = {"column": 3.25, "text": 5.5, "wide": 6.75}

INK = "#1c2126"
MUTED = "#6a737d"
RULE = "#d8dce1"
MEDAL_COLOURS = {
    "gold": "#b8860b",
    "silver": "#7c858e",
    "bronze": "#a0622d",
    "median": "#5b6470",
}
MEDAL_LINES: dict[str, Any] = {
    "gold": "-",
    "silver": (0, (6, 2)),
    "bronze": (0, (4, 1.5, 1, 1.5)),
    "median": (0, (1, 2)),
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))

_RC: dict[Any, Any] = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 110.0,
    "font.size": 8.0,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "savefig.bbox": None,
    "savefig.dpi": 300.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "mle-toolkit",
    "text.color": INK,
    # Names of agents and competitions are no formulas, whatever is in them.
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "xtick.major.size": 3.0,
    "xtick.major.width": 0.6,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 7.5,
    "ytick.major.size": 3.0,
    "ytick.major.width": 0.6,
}  # fmt: skip


class PaperFigure(Figure):
    """A figure that is always shown in the style and the font that it was made in.

    It shows itself in a notebook without any pyplot state.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.family = fonts.current()
        super().__init__(*args, **kwargs)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure as it was laid out, wherever it is drawn."""
        with style(family=self.family):
            super().draw(renderer)

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Write the figure with the settings of this module, as `Figure.savefig`."""
        with style(family=self.family):
            super().savefig(*args, **kwargs)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=220, facecolor="white")
        pixels = [round(float(inches) * 110) for inches in self.get_size_inches()]
        return buffer.getvalue(), {"width": pixels[0], "height": pixels[1]}


@contextlib.contextmanager
def style(*, family: str | None = None) -> Iterator[None]:
    """Set the look of figures inside a ``with`` block.

    Parameters
    ----------
    family
        The font to lay figures out in, and to show them in.  Without it, that of a
        block around this one, or the first that is installed of Arial, Liberation
        Sans and Arimo, whose widths are the same, and DejaVu Sans.

    Raises
    ------
    UsageError
        When there is no such family, or no file can carry it along.
    """
    base: dict[Any, Any] = sns.axes_style("ticks") | sns.plotting_context("paper")
    with fonts.named(family):
        # Names of families, never "sans-serif", which others read in their own way.
        families = list(dict.fromkeys([fonts.current(), fonts.LAST]))
        with mpl.rc_context(base | _RC | {"font.family": families}):
            yield


def new_figure(width: str | float, *, ratio: float = 0.62) -> PaperFigure:
    """Return an empty figure of a named width, or of one in inches.

    Raises
    ------
    UsageError
        For a width that is neither a known name nor a positive number.
    """
    inches = WIDTHS.get(width) if isinstance(width, str) else float(width)
    if inches is None or not inches > 0:
        msg = f"width must be inches or one of {', '.join(WIDTHS)}; got {width!r}"
        raise UsageError(msg)
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03)
    figure = PaperFigure(figsize=(inches, inches * ratio), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def palette(count: int) -> list[str]:
    """Return `count` colours that colour-blind readers can tell apart."""
    return list(sns.color_palette("colorblind", max(count, 1)).as_hex())


def check_columns(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    """Raise unless `frame` has the `needed` columns.

    Raises
    ------
    UsageError
        With the names that are missing.
    """
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        msg = (
            f"the frame has no column {', '.join(map(repr, missing))}; figures take "
            "what mle_toolkit.analysis returns, not the attempts themselves"
        )
        raise UsageError(msg)


def check_one_competition(frame: pd.DataFrame) -> None:
    """Raise when `frame` has several competitions, whose scores share no axis.

    Raises
    ------
    UsageError
        With the names of the competitions.
    """
    names = [str(name) for name in frame["competition"].unique()]
    if len(names) > 1:
        listed = ", ".join(names)
        msg = f"one competition per figure, each has its scale; the frame has {listed}"
        raise UsageError(msg)
