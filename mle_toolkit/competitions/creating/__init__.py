"""Make a competition of one's own from a table, or from a ``prepare.py``."""

from mle_toolkit.competitions.creating.building import new_competition
from mle_toolkit.competitions.creating.checking import check_competition

__all__ = ["check_competition", "new_competition"]
