"""The reference field can be made again, and is what the leaderboards hold."""

import importlib
import random

import pytest

from mle_toolkit.competitions import cards_dir, leaderboard


@pytest.fixture
def field(monkeypatch):
    """Return the script that trains the field, as a module."""
    monkeypatch.syspath_prepend(str(cards_dir()))
    return importlib.import_module("reference_field")


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    ("competition", "level"),
    [("breast-cancer", 1), ("breast-cancer", 3), ("digits", 1), ("doctor-visits", 1)],
)
def test_an_entrant_trained_again_is_on_the_leaderboard(field, competition, level):
    """Same seed, same score, but for the last digits of another library version."""
    entry = field.enter(competition, level, 0)
    nearest = min(abs(entry.score - score) for score in leaderboard(competition))
    assert nearest < 0.002
    assert entry.pipeline.endswith("% of rows")


def test_entrants_differ_and_can_be_described(field):
    """Forty draws at each level: all can be put into words, few are alike."""
    for competition, setting in field.SETTINGS.items():
        assert sum(setting.entrants) >= 100
        for level in range(1, 4):
            rng = random.Random(f"{competition}{level}")
            told = {field._describe(setting.draw(rng, level)) for _ in range(40)}
            assert len(told) > 12
            assert not any("0x" in text for text in told)
