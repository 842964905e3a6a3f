"""Read submissions as data only, and say in one sentence what is wrong with them.

A submission comes from an agent, so nothing about the file is trusted: links are
not followed, pipes and devices are not waited for, sizes are capped before a byte
is parsed.  Both the agents (before they submit) and the grader use this package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mle_toolkit.submissions.checking import align, check_format, extra_columns
    from mle_toolkit.submissions.reading import MAX_BYTES, MAX_ROWS, as_read, read_table
    from mle_toolkit.submissions.rules import Rules
    from mle_toolkit.submissions.wording import quote_some

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "Rules",
    "align",
    "as_read",
    "check_format",
    "extra_columns",
    "quote_some",
    "read_table",
]

# A card needs the rules, and reading a card must not cost an import of pandas.
_HOMES = {
    "MAX_BYTES": "reading",
    "MAX_ROWS": "reading",
    "Rules": "rules",
    "align": "checking",
    "as_read": "reading",
    "check_format": "checking",
    "extra_columns": "checking",
    "quote_some": "wording",
    "read_table": "reading",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    return getattr(module, name)
