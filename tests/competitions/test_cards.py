"""Cards are found, read with types, and say which field is wrong."""

import os
import subprocess
import sys

import pytest

from mle_toolkit.competitions import cards, list_cards, load_card, read_card
from mle_toolkit.competitions.places import describe
from mle_toolkit.errors import CardError, UnknownNameError

CARD = """
id = "toy"
title = "A toy"
split = "mini"
category = "tabular"

[source]
name = "made up"
licence = "none"

[metric]
name = "rmse"
lower_is_better = true

[submission]
id_column = "id"
target_columns = ["y"]
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a card and returns its folder."""
    folder = tmp_path / "mini" / "toy"
    folder.mkdir(parents=True)

    def _write(text):
        (folder / "card.toml").write_text(text)
        return folder

    return _write


def test_the_offline_competitions_are_there():
    """The ten cards of the mini split load."""
    assert [card.id for card in list_cards("mini")] == [
        "breast-cancer",
        "co2",
        "diabetes",
        "digits",
        "doctor-visits",
        "faces",
        "page",
        "party-identification",
        "school-districts",
        "wine",
    ]
    digits = load_card("digits")
    assert digits.metric == "log_loss"
    assert digits.lower_is_better
    assert len(digits.target_columns) == 10
    assert digits.rules.row_sum == 1
    assert load_card("doctor-visits").source.extra == "mini"


@pytest.mark.parametrize("name", ["digit", "../mini/digits", "", "mini"])
def test_an_unknown_name_is_an_error_that_lists_the_known(name):
    """A misspelt id names the close one; a path is no id."""
    listed = r"choose 'breast-cancer', .* or .* more"
    with pytest.raises(UnknownNameError, match=listed):
        load_card(name)


def test_misspelling_gets_a_hint():
    """The message asks for what was probably meant."""
    with pytest.raises(UnknownNameError, match="did you mean 'doctor-visits'"):
        load_card("doctor-visit")
    with pytest.raises(UnknownNameError, match="did you mean 'mini'"):
        list_cards("minni")


def test_defaults_fill_what_a_card_leaves_out(write):
    """A short card is a whole card."""
    card = read_card(write(CARD))
    assert card.files.answers == "answers.csv"
    assert card.rules.numeric
    assert card.rules.minimum is None
    assert card.max_mib == 64
    assert card.source.extra is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('title = "A toy"', "", "title is missing; it must be a text"),
        ('title = "A toy"', "title = 3", "title must be a text; got 3"),
        ('title = "A toy"', 'titel = "A toy"', "title is missing"),
        ('id = "toy"', 'id = "toys"', "id is 'toys', but the folder is 'toy'"),
        ('"y"]', '"y"]\nprotocol = "standart"', "did you mean 'standard'"),
        ("= true", "= false", "lower_is_better of rmse must be true"),
        ("= true", "= 1", r"\[metric\]: lower_is_better must be true or false"),
        ('"rmse"', '"rsme"', "did you mean 'rmse'"),
        ('["y"]', "[]", "must differ"),
        ('["y"]', '["id"]', "must differ"),
        ('["y"]', '"y"', "target_columns must be a list of texts"),
        ('["y"]', "[1]", "target_columns must be a list of texts"),
        ('["y"]', '["y"]\nminimun = 0', "did you mean 'minimum'"),
        ('["y"]', '["y"]\nminimum = true', "minimum must be a number"),
        ('["y"]', '["y"]\nminimum = 2\nmaximum = 1', "2 is above maximum 1"),
        ("[source]", "[sources]", "source is missing; it must be a table"),
        ("[source]", "[source", "cannot be read"),
    ],
)
def test_a_mistake_names_the_field(write, old, new, reason):
    """Every kind of mistake in a card is a CardError with the file and the field."""
    folder = write(CARD.replace(old, new))
    with pytest.raises(CardError, match=reason) as caught:
        read_card(folder)
    assert "card.toml" in str(caught.value)


def test_a_missing_card_or_description_is_an_error(write, tmp_path):
    """No file, no competition; no description, no task."""
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path)
    with pytest.raises(CardError, match="no description of 'toy' on this machine"):
        describe(read_card(write(CARD)))


def test_cards_are_found_in_the_wheel_and_in_the_checkout(write, tmp_path, monkeypatch):
    """The folder inside the package wins over one beside it."""
    folder = write(CARD)
    package = tmp_path / "site" / "mle_toolkit"
    package.mkdir(parents=True)
    monkeypatch.setattr(cards, "_PACKAGE", package)
    with pytest.raises(CardError, match="install mle-toolkit again"):
        cards.cards_dir()
    (package.parent / "competitions").symlink_to(folder.parent.parent)
    assert cards.cards_dir() == package.parent / "competitions"
    (package / "_cards").symlink_to(folder.parent.parent)
    assert cards.cards_dir() == package / "_cards"
    assert load_card("toy").title == "A toy"


def test_reading_cards_imports_no_pandas():
    """Listing competitions stays fast."""
    code = (
        "import sys; from mle_toolkit import competitions as c; c.list_cards();"
        "sys.exit(sum(name in sys.modules for name in ('pandas', 'sklearn')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
