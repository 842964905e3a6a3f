"""Competitions: cards, data, metrics, grading, leaderboards and medals.

Names are loaded when they are first used, so that listing cards costs no import of
pandas or scikit-learn.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mle_toolkit.competitions.cards import (
        Card,
        cards_dir,
        list_cards,
        load_card,
        read_card,
    )
    from mle_toolkit.competitions.creating import check_competition, new_competition
    from mle_toolkit.competitions.data import (
        is_prepared,
        prepare,
        task,
        verify,
    )
    from mle_toolkit.competitions.grading import grade
    from mle_toolkit.competitions.medals import Ranking, leaderboard, rank
    from mle_toolkit.competitions.metrics import Metric, get_metric
    from mle_toolkit.competitions.places import Prepared, data_dir
    from mle_toolkit.competitions.view import (
        Competition,
        competition,
        list_competitions,
    )

__all__ = [
    "Card",
    "Competition",
    "Metric",
    "Prepared",
    "Ranking",
    "cards_dir",
    "check_competition",
    "competition",
    "data_dir",
    "get_metric",
    "grade",
    "is_prepared",
    "leaderboard",
    "list_cards",
    "list_competitions",
    "load_card",
    "new_competition",
    "prepare",
    "rank",
    "read_card",
    "task",
    "verify",
]

_HOMES = {
    "Card": "cards",
    "Competition": "view",
    "Metric": "metrics",
    "Prepared": "places",
    "Ranking": "medals",
    "cards_dir": "cards",
    "check_competition": "creating",
    "competition": "view",
    "data_dir": "places",
    "get_metric": "metrics",
    "grade": "grading",
    "is_prepared": "data",
    "leaderboard": "medals",
    "list_cards": "cards",
    "list_competitions": "view",
    "load_card": "cards",
    "new_competition": "creating",
    "prepare": "data",
    "rank": "medals",
    "read_card": "cards",
    "task": "data",
    "verify": "data",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
