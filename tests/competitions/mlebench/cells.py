"""What the tests of labels, lists and texts share: tables of one target."""

import re

import pandas as pd

from mle_toolkit.competitions import grade, load_card


def table(competition, cells, ids=None):
    """Return a table with these texts as cells, which are read as from a file."""
    card = load_card(competition)
    names = ids or [f"r{number}" for number in range(len(cells))]
    texts = [cell if isinstance(cell, str) else str(cell) for cell in cells]
    return pd.DataFrame({card.id_column: names, card.target_columns[0]: texts})


def accepted(competition, cells, answers, *, danger=None):
    """Return the score, which strict refuses for that danger, or for none at all."""
    given, wanted = (_table(competition, each) for each in (cells, answers))
    found = grade(competition, given, answers=wanted)
    assert found.valid, found.reason
    strict = grade(competition, given, answers=wanted, strict=True)
    if danger is None:
        assert strict.valid, strict.reason
        assert strict.score_full == found.score_full
    else:
        assert not strict.valid
        assert re.search(danger, strict.reason), strict.reason
        assert any(re.search(danger, said) for said in found.warnings)
    return found.score_full


def refused(competition, cells, answers):
    """Return the reason for which it is refused, strict or not."""
    given, wanted = (_table(competition, each) for each in (cells, answers))
    found = grade(competition, given, answers=wanted)
    assert not found.valid, found.score_full
    assert "cannot be scored:" not in found.reason
    assert "\n" not in found.reason
    strict = grade(competition, given, answers=wanted, strict=True)
    assert strict.reason == found.reason
    return found.reason


def notes(competition, cells, answers):
    """Return the warnings of a submission that is accepted, strict or not."""
    given, wanted = (_table(competition, each) for each in (cells, answers))
    found = grade(competition, given, answers=wanted, strict=True)
    assert found.valid, found.reason
    return found.warnings


def _table(competition, cells):
    return cells if isinstance(cells, pd.DataFrame) else table(competition, cells)
