"""The scaffolds by name.  Listing them imports none of them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

from mle_toolkit.errors import check_choice

if TYPE_CHECKING:
    from mle_toolkit.agents.attempt import Attempt

_MODULES = {"tree-search": "mle_toolkit.agents.tree_search"}


class Scaffold(Protocol):
    """The loop of an agent: acts through the attempt until its budget is used up."""

    def __call__(self, attempt: Attempt) -> str:
        """Work on `attempt`; return the status with which it ends."""


def known_agents() -> tuple[str, ...]:
    """Return the names of the scaffolds.

    Examples
    --------
    >>> known_agents()
    ('tree-search',)
    """
    return tuple(_MODULES)


def load_scaffold(name: str) -> Scaffold:
    """Return the scaffold called `name`.

    Raises
    ------
    UnknownNameError
        When there is none of that name.
    """
    check_choice("agent", name, _MODULES)
    return cast("Scaffold", importlib.import_module(_MODULES[name]).run)
