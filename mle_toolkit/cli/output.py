"""Print tables for people and JSON for programs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from mle_toolkit.records import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def print_json(data: object) -> None:
    """Print data as JSON; NaN becomes null."""
    print(json.dumps(plain(data), indent=1, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; cells are text, never markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    cells = [[_cell(value) for value in row] for row in rows]
    for index, name in enumerate(columns):
        numeric = all(_is_number(row[index]) for row in cells)
        table.add_column(name, justify="right" if numeric else "left")
    for row in cells:
        table.add_row(*(Text(value) for value in row))
    # Piped output must keep whole cells: width is for people's screens.
    if not console.is_terminal:
        console.width = 240
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:.5g}"
    return str(value)


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace("-", "").replace("e", "").isdigit() or not text
