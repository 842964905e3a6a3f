"""How values from a submission are shown in a sentence: quoted and short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 60
_LISTED = 6


def quote_some(values: Iterable[object]) -> str:
    """Return the values quoted and joined by commas; long lists are cut.

    Examples
    --------
    >>> quote_some(["a", "b"])
    "'a', 'b'"
    >>> quote_some(range(9))
    '0, 1, 2, 3, 4, 5 and 3 more'
    """
    shown = [short(value) for value in values]
    text = ", ".join(shown[:_LISTED]) or "none"
    more = len(shown) - _LISTED
    return f"{text} and {more} more" if more > 0 else text


def repeated(names: Iterable[object]) -> list[object]:
    """Return the names that occur more than once, in order."""
    seen: dict[object, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, times in seen.items() if times > 1]


def short(value: object) -> str:
    """Return the value as Python shows it, cut to a length fit for a sentence."""
    if isinstance(value, np.generic):
        value = value.item()
    text = repr(value[:_SHOWN] if isinstance(value, str) else value)
    cut = len(text) > _SHOWN or (isinstance(value, str) and len(value) > _SHOWN)
    return f"{text[:_SHOWN]}..." if cut else text
