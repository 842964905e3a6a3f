"""Write figures to files: exact in size, the same bytes every time, data beside."""

from __future__ import annotations

import io
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.embedding import embed_fonts
from mle_toolkit.reporting.style import INK, MEDAL_COLOURS, MUTED, palette, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_FORMATS = ("pdf", "svg", "png")
# Dates and versions would make the same figure a new file on every run.
_METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": "mle-toolkit", "Producer": None, "CreationDate": None},
    "svg": {"Creator": "mle-toolkit", "Date": None},
    "png": {"Software": "mle-toolkit"},
}


def save(
    figure: Figure, path: str | Path, *, data: pd.DataFrame | None = None
) -> list[Path]:
    """Write a figure, and the frame that it shows as CSV beside it.

    Parameters
    ----------
    figure
        What a function of this module returned.
    path
        With a suffix (``.pdf``, ``.svg`` or ``.png``) that one file, without one
        all three.  Missing folders are made.
    data
        The frame behind the figure.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        For another suffix.
    """
    target = Path(path)
    suffix = target.suffix.removeprefix(".").lower()
    if suffix and suffix not in _FORMATS:
        msg = f"figures are saved as {', '.join(_FORMATS)}; got {target.suffix!r}"
        raise UsageError(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    written = []
    with style():
        for kind in (suffix,) if suffix else _FORMATS:
            file = target.with_suffix(f".{kind}")
            if kind == "svg":
                file.write_text(_svg(figure, prefix="mle"), encoding="utf-8")
            else:
                figure.savefig(file, format=kind, metadata=_METADATA[kind])
            written.append(file)
    if data is not None:
        table = target.with_suffix(".csv")
        data.to_csv(table, index=False)
        written.append(table)
    return written


def inline_svg(figure: Figure, *, name: str, description: str) -> str:
    """Return a figure as an SVG element for a page of HTML.

    The characters of its texts are in it, so that it looks everywhere as it was laid
    out.  Colours become CSS variables of the page (``--ink, --muted, --paper, --gold,
    --silver, --bronze``, and ``--c0, --c1`` ... for the palette), so that the
    figure is readable in light and in dark; ids get the prefix `name`, so that
    several figures fit on one page.
    """
    with style():
        text = _svg(figure, prefix=name, transparent=True)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for colour, variable in _variables().items():
        text = text.replace(colour, f"var(--{variable})")
    label = escape(description, quote=True)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _svg(figure: Figure, *, prefix: str, **look: Any) -> str:
    """Return a figure as SVG that carries its font along."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_METADATA["svg"], **look)
    return embed_fonts(buffer.getvalue(), prefix=prefix)


def _variables() -> dict[str, str]:
    """Return the CSS variable that takes the place of each colour."""
    found = {INK: "ink", MUTED: "muted", "#ffffff": "paper"}
    found |= {colour: name for name, colour in MEDAL_COLOURS.items()}
    return found | {colour: f"c{at}" for at, colour in enumerate(palette(10))}
