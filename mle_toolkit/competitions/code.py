"""The one place where a competition's own code is run.

Reading a card runs nothing.  Code runs only from the cards that this package ships,
or when the caller says that the competition is trusted.
"""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

from mle_toolkit.competitions.cards import Card, is_shipped
from mle_toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def run_script(card: Card, name: str, *, trust: bool = False) -> Mapping[str, Any]:
    """Run the script `name` in the card's folder and return what it defines.

    Parameters
    ----------
    card
        The competition.
    name
        File name, such as ``"prepare.py"``.
    trust
        Run it even if the card is not one of ours.

    Raises
    ------
    UsageError
        When the card is not shipped and not trusted.
    """
    if not trust and not is_shipped(card):
        msg = (
            f"{card.id!r} brings code of its own, {card.folder / name}: "
            "read it, then say --trust"
        )
        raise UsageError(msg)
    # Run by path: the folder is no package, and no bytecode is left in it.
    return runpy.run_path(str(card.folder / name))
