"""Write values and lists as Python source, as a formatter would."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = 88
# Calls stand inside of others, and have a name or a comma beside them.
_INDENT = 24


def call(name: str, arguments: Sequence[str]) -> str:
    """Return a call, on one line if it is short.

    Examples
    --------
    >>> call("PCA", ["n_components=3", "random_state=SEED"])
    'PCA(n_components=3, random_state=SEED)'
    """
    return wrapped(f"{name}(", arguments, ")")


def wrapped(start: str, items: Sequence[str], end: str) -> str:
    """Return items with commas between brackets, on one line if it is short."""
    line = f"{start}{', '.join(items)}{end}"
    if len(line) < LINE - _INDENT and "\n" not in line:
        return line
    inside = textwrap.indent("".join(f"{item},\n" for item in items), "    ")
    return f"{start}\n{inside}{end}"


def texts(some: Sequence[str]) -> str:
    """Return a list of texts.

    Examples
    --------
    >>> texts(["a", "b"])
    '["a", "b"]'
    """
    return wrapped("[", [literal(text) for text in some], "]")


def literal(value: object) -> str:
    """Return a literal; of a text, with the quotes that a formatter would choose.

    Examples
    --------
    >>> literal("a"), literal(0.5)
    ('"a"', '0.5')
    """
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'
    return text
