"""What goes into a protocol and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mle_toolkit.competitions.cards import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One submission and the answers it is held against.

    Attributes
    ----------
    submission, answers
        The tables as they were read; a protocol changes neither.  Text columns have
        the type object and missing cells are NaN, whatever pandas is installed.
    card
        The competition's facts.
    """

    submission: pd.DataFrame
    answers: pd.DataFrame
    card: Card

    @property
    def id_column(self) -> str:
        """The column that names the rows."""
        return self.card.id_column

    @property
    def target(self) -> str:
        """The first target column, for competitions that have one."""
        return self.card.target_columns[0]

    @property
    def targets(self) -> list[str]:
        """The target columns."""
        return list(self.card.target_columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a submission scored.

    Attributes
    ----------
    score
        Full precision; may be NaN or infinite where the reference's is.
    dangers
        Sentences on what was accepted although it may have been scored against the
        wrong rows or in the wrong way.  A strict grade refuses a submission for the
        first of them.
    notes
        Sentences on what is odd but harmless.
    """

    score: float
    dangers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
