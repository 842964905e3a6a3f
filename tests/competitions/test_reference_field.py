"""The reference field can be made again, and is what the leaderboards hold."""

import importlib
import random

import pandas as pd
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
    [
        ("breast-cancer", 1),
        ("breast-cancer", 3),
        ("co2", 3),
        ("diabetes", 4),
        ("digits", 1),
        ("doctor-visits", 1),
        ("faces", 2),
        ("page", 1),
        ("party-identification", 3),
        ("school-districts", 3),
        ("wine", 2),
    ],
)
def test_an_entrant_trained_again_is_on_the_leaderboard(field, competition, level):
    """Same seed, same score, but for the last digits of another library version."""
    entry = field.enter(competition, level, 0)
    scores = leaderboard(competition)
    nearest = min(abs(entry.score - score) for score in scores)
    assert nearest < 0.002 * max(1, abs(scores[0]))
    assert entry.pipeline.endswith("% of rows")


def test_a_series_is_never_chosen_by_the_past(field):
    """Rows set aside come after those to fit; of groups, all rows go together."""
    weeks = pd.DataFrame({"date": ["1999", "2003", "2001", "2002"], "level": range(4)})
    fit, aside = field.SETTINGS["co2"].aside(weeks, 0)
    assert fit["date"].max() < aside["date"].min()
    pixels = pd.DataFrame({"tile": [1, 2, 3, 4] * 5, "grey": 0.0})
    fit, aside = field.SETTINGS["page"].aside(pixels, 0)
    assert len(fit) == 15
    assert not set(fit["tile"]) & set(aside["tile"])
    assert "tile" not in field.SETTINGS["page"].split(pixels)[0]


def test_entrants_differ_and_can_be_described(field):
    """Forty draws at each level: all can be put into words, few are alike."""
    for competition, setting in field.SETTINGS.items():
        assert sum(setting.entrants) >= 100
        for level in range(1, 4):
            rng = random.Random(f"{competition}{level}")
            told = {field._describe(setting.draw(rng, level)) for _ in range(40)}
            assert len(told) > 12
            assert not any("0x" in text for text in told)
