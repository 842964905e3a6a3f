"""Protocols for one label per row, accident by accident."""

import math

import pandas as pd
import pytest

from mle_toolkit.competitions import grade, load_card
from tests.competitions.mlebench.cells import accepted, notes, refused, table
from tests.competitions.mlebench.growth import assert_linear

NUMBERED = (
    "cassava-leaf-disease-classification",
    "cdiscount-image-classification-challenge",
    "iwildcam-2020-fgvc7",
    "ml2021spring-hw2",
    "movie-review-sentiment-analysis-kernels-only",
    "tabular-playground-series-dec-2021",
)
CASSAVA = NUMBERED[0]
SPACESHIP = "spaceship-titanic"
SPEECH = "tensorflow-speech-recognition-challenge"
ENGLISH = "text-normalization-challenge-english-language"
RUSSIAN = "text-normalization-challenge-russian-language"
PADDY = "paddy-disease-classification"
SEEDLINGS = "plant-seedlings-classification"
APTOS = "aptos2019-blindness-detection"
ESSAYS = "learning-agency-lab-automated-essay-scoring-2"
CUT = (
    "herbarium-2020-fgvc7",
    "herbarium-2021-fgvc8",
    "herbarium-2022-fgvc9",
    "iwildcam-2019-fgvc6",
)
NATURALIST = "inaturalist-2019-fgvc6"
CONTACTS = "nfl-player-contact-detection"
LABELS = {
    **{name: ["4", "0", "2", "1"] for name in NUMBERED},
    SPACESHIP: ["True", "False", "True", "True"],
    SPEECH: ["yes", "no", "silence", "unknown"],
    ENGLISH: ["two", "sil", "NA", "."],
    RUSSIAN: ["две тысячи", "sil", "null", "1"],
    PADDY: ["blast", "normal", "tungro", "hispa"],
    SEEDLINGS: ["Maize", "Charlock", "Maize", "Sugar beet"],
    APTOS: ["0", "4", "2", "1"],
    ESSAYS: ["1", "6", "2", "3"],
    **{name: ["10", "8", "1", "8"] for name in CUT},
    NATURALIST: ["4", "9", "1009", "4"],
    CONTACTS: ["0", "1", "0", "1"],
}
ACCURACIES = [*NUMBERED, SPACESHIP, SPEECH, ENGLISH, RUSSIAN, PADDY, SEEDLINGS]


@pytest.mark.parametrize("competition", LABELS)
def test_a_perfect_file_is_best_and_clean(competition):
    """The answers themselves score best, in any order, without a warning."""
    answers = table(competition, LABELS[competition])
    best = 0.0 if competition == NATURALIST else 1.0
    assert accepted(competition, answers, answers) == best
    assert accepted(competition, answers.iloc[[2, 0, 3, 1]], answers) == best
    assert notes(competition, answers, answers) == ()


@pytest.mark.parametrize("competition", LABELS)
def test_what_identifies_rows_is_checked(competition):
    """Columns, the number of rows, and ids, which may not repeat; more is no harm."""
    answers = table(competition, LABELS[competition])
    name, target = answers.columns
    for column in (name, target):
        reason = refused(competition, answers.drop(columns=column), answers)
        assert f"column {column!r} is missing" in reason
    assert "3 rows; 4 are expected" in refused(competition, answers[:3], answers)
    surplus = pd.concat([answers, answers[:1]])
    assert "5 rows; 4 are" in refused(competition, surplus, answers)
    other = answers.replace({name: {"r1": "new"}})
    assert "'r1'" in refused(competition, other, answers)
    twice = answers.replace({name: {"r1": "r0"}})
    assert "'r1'" in refused(competition, twice, answers)
    said = notes(competition, answers.assign(sure=1), answers)
    assert said == ("columns that nobody asked for: 'sure'",)


@pytest.mark.parametrize("competition", ACCURACIES)
def test_accuracy_is_the_share_of_rows_that_are_equal(competition):
    """Rows 0 and 2 are right: the others have exchanged their labels."""
    right = LABELS[competition]
    wrong = [right[0], right[3], right[2], right[1]]
    assert accepted(competition, wrong, right) == 0.5


@pytest.mark.parametrize("competition", LABELS)
def test_answers_with_a_blank(competition):
    """They refuse every file, where a blank cannot be compared."""
    answers = ["", *LABELS[competition][1:]]
    if competition in {ENGLISH, RUSSIAN, PADDY, SEEDLINGS}:
        assert accepted(competition, LABELS[competition], answers) == 0.75
    else:
        reason = refused(competition, LABELS[competition], answers)
        assert "no submission can be scored: in the answers" in reason


@pytest.mark.parametrize("competition", [*NUMBERED, APTOS, ESSAYS, CONTACTS])
def test_numbers_must_be_whole(competition):
    """Blanks, fractions and infinity are refused, with the cell and its row."""
    right = LABELS[competition]
    for cell, said in (
        ("", "a value"),
        ("2.5", "the value 2.5"),
        ("inf", "the value inf"),
        ("1e308", "the value 1e+308"),
        ("1e19", "the value 1e+19"),
    ):
        reason = refused(competition, [*right[:2], cell, right[3]], right)
        assert said in reason
        assert "(row 3)" in reason


@pytest.mark.parametrize("competition", [*NUMBERED, APTOS, ESSAYS, CONTACTS])
def test_whole_decimals_are_whole_numbers(competition):
    """3.0 is 3."""
    right = LABELS[competition]
    assert accepted(competition, [f"{cell}.0" for cell in right], right) == 1.0


@pytest.mark.parametrize("competition", [*NUMBERED, ESSAYS])
def test_numbers_must_fit_in_64_bits(competition):
    """2^63 and 400 digits are refused; the largest that fits is a label like any."""
    right = LABELS[competition]
    fits = str(2**63 - 1)
    found = grade(
        competition,
        table(competition, [fits, *right[1:]]),
        answers=table(competition, right),
    )
    assert found.valid
    reason = refused(competition, [str(2**63), *right[1:]], right)
    assert "does not fit in 64 bits (row 1)" in reason
    huge = grade(
        competition,
        table(competition, ["9" * 400, *right[1:]]),
        answers=table(competition, right),
        strict=True,
    )
    assert not huge.valid
    assert "cannot be scored:" not in huge.reason


@pytest.mark.parametrize("competition", NUMBERED)
def test_flags_count_as_numbers(competition):
    """True is 1 and False is 0: rows 1 and 3 are right."""
    score = accepted(
        competition,
        ["True", "False", "True", "True"],
        LABELS[competition],
        danger="holds True and False, which count as 1 and 0",
    )
    assert score == 0.5


@pytest.mark.parametrize("competition", NUMBERED)
def test_one_text_makes_all_numbers_text(competition):
    """Nothing is right then; with two labels at most on each side it is refused."""
    right = LABELS[competition]
    danger = "is read as text, because of 'x', while the answers are numbers"
    assert accepted(competition, ["x", *right[1:]], right, danger=danger) == 0.0
    assert accepted(competition, ["x", "y", "x", "y"], right, danger="'x'") == 0.0
    assert accepted(competition, ["x", "y", "z", "1"], list("1010"), danger="'x'") == 0
    assert "'x'" in refused(competition, ["x", "1", "x", "1"], list("1010"))
    # A blank among texts is refused.
    assert "is missing (row 2)" in refused(competition, ["x", "", *right[2:]], right)


def test_flags_of_spaceship_titanic_may_be_written_in_many_ways():
    """TRUE, true, 0 and 1; a blank before them makes texts of all."""
    right = LABELS[SPACESHIP]
    for cells in (
        ["TRUE", "FALSE", "TRUE", "TRUE"],
        ["true", "false", "true", "true"],
        ["1", "0", "1", "1"],
        ["1.0", "0.0", "1.0", "1.0"],
    ):
        assert accepted(SPACESHIP, cells, right) == 1.0
    assert accepted(SPACESHIP, ["1", "0", "7", "1"], right) == 0.75
    for cells in (
        [" True", " False", " True", " True"],
        ["yes", "no", "yes", "yes"],
    ):
        assert "is read as text" in refused(SPACESHIP, cells, right)
    assert "2 more" in refused(SPACESHIP, ["0.9", "0.2", "0.7", "1"], right)
    assert "is missing (row 4)" in refused(SPACESHIP, [*right[:3], ""], right)
    for odd in ("maybe", "0"):
        three = ["True", "False", odd, "True"]
        assert accepted(SPACESHIP, three, right, danger="read as text") == 0.0


def test_words_of_the_speech_competition_are_not_numbers():
    """Whole numbers and flags score 0; blanks, fractions and infinity are refused."""
    right = LABELS[SPEECH]
    danger = "is read as numbers, while the answers are text"
    assert accepted(SPEECH, ["1", "2", "3", "4"], right, danger=danger) == 0.0
    assert accepted(SPEECH, ["True"] * 4, right, danger=danger) == 0.0
    assert "row 2" in refused(SPEECH, ["yes", "", "silence", "no"], right)
    assert "1.5" in refused(SPEECH, ["1.5", "2", "3", "4"], right)
    assert "inf" in refused(SPEECH, ["inf", "2", "3", "4"], right)
    assert "is missing" in refused(SPEECH, ["1", "2", "", "4"], right)


@pytest.mark.parametrize("competition", [ENGLISH, RUSSIAN])
def test_missing_texts_find_each_other(competition):
    """NA, null, nan and a blank are one text on both sides."""
    right = ["NA", "null", "", "x"]
    assert accepted(competition, ["", "nan", "NULL", "1"], right) == 0.75
    danger = "missing values count as the text 'nan': 1 in all"
    assert accepted(competition, ["NA", "", "x", ""], right, danger=danger) == 0.5
    assert accepted(competition, ["NA", "", "None", "x"], right) == 1.0


@pytest.mark.parametrize("competition", [ENGLISH, RUSSIAN])
def test_texts_are_what_pandas_makes_of_a_column(competition):
    """A column of numbers loses leading zeros, and with a blank 1 becomes 1.0."""
    assert accepted(competition, ["01", "2", "3", "4"], ["01", "2", "x", "4"]) == 0.5
    answers = ["1", "2.0", "x", "nine"]
    score = accepted(competition, ["1", "2", "", "9"], answers, danger="missing values")
    assert score == 0.25
    assert accepted(competition, ["TRUE"] * 4, ["TRUE", "True", "x", "y"]) == 0.25
    assert accepted(competition, ["a", " b", "é", "x"], ["a", "b", "é", "x "]) == 0.5


def test_blank_labels_of_paddy_are_wrong():
    """Numbers are never right, blanks beside them or not; fractions are refused."""
    right = LABELS[PADDY]
    danger = "the prediction of row 2 is missing, which is wrong"
    assert accepted(PADDY, ["blast", "", "tungro", "x"], right, danger=danger) == 0.5
    assert accepted(PADDY, [""] * 4, right, danger="4 predictions are missing") == 0.0
    assert accepted(PADDY, ["1", "2", "3", "4"], right, danger="read as numbers") == 0.0
    assert accepted(PADDY, ["1", "", "3.5", "4"], right, danger="missing") == 0.0
    assert accepted(PADDY, ["True", "", "True", "x"], right, danger="missing") == 0.0
    assert accepted(PADDY, ["True"] * 4, right, danger="read as numbers") == 0.0
    assert accepted(PADDY, ["1", "2"], ["a", "b"], danger="read as numbers") == 0.0
    assert "1.5" in refused(PADDY, ["1.5", "2", "3", "4"], right)
    assert "inf" in refused(PADDY, ["inf", "2", "3", "4"], right)
    assert "64 bits" in refused(PADDY, [str(2**63), "2", "3", "4"], right)


def test_labels_of_plant_seedlings_are_texts():
    """A blank among them is wrong; blanks alone, numbers and flags are refused."""
    right = LABELS[SEEDLINGS]
    danger = "the prediction of row 2 is missing"
    assert accepted(SEEDLINGS, ["Maize", "", "Maize", "x"], right, danger=danger) == 0.5
    assert "every value" in refused(SEEDLINGS, [""] * 4, right)
    for cells in (
        ["1", "2", "3", "4"],
        ["1", "", "3", "4"],
        ["True"] * 4,
        ["True", "", "True", "True"],
        ["1.5"] * 4,
    ):
        assert "texts are wanted" in refused(SEEDLINGS, cells, right)


@pytest.mark.parametrize("competition", [APTOS, ESSAYS])
def test_kappa_by_hand(competition):
    """One step off in one of three rows: 1 - 1 / ((5 + 2 + 2) / 3)."""
    score = accepted(competition, ["0", "1", "1"], ["0", "1", "2"])
    assert score == pytest.approx(2 / 3, rel=1e-12)
    assert accepted(competition, ["0", "1", "2"], ["0", "1", "1"]) == score


@pytest.mark.parametrize("competition", [APTOS, ESSAYS])
def test_grades_count_by_their_place(competition):
    """9 is next to 2, as 3 would be."""
    danger = "the grade 9 counts by its place among all that occur, not by its value"
    right = ["0", "1", "2", "2"]
    far = accepted(competition, ["0", "1", "2", "9"], right, danger=danger)
    assert far == pytest.approx(accepted(competition, ["0", "1", "2", "3"], right))


@pytest.mark.parametrize("competition", [APTOS, ESSAYS])
def test_kappa_of_one_grade_is_undefined(competition):
    """0 / 0 is NaN: a valid file that wins nothing, and is told."""
    score = accepted(competition, ["1"] * 3, ["1"] * 3, danger="the score is nan")
    assert math.isnan(score)
    assert accepted(competition, ["2"] * 3, ["1"] * 3) == 0.0


@pytest.mark.parametrize("competition", [APTOS, ESSAYS])
def test_grades_are_numbers(competition):
    """Flags are 1 and 0, with a warning; texts are refused."""
    danger = "count as 1 and 0"
    score = accepted(competition, ["True", "False"], ["1", "0"], danger=danger)
    assert score == 1.0
    reason = refused(competition, ["1", "good", "2"], ["1", "0", "2"])
    assert "the value '1' in column" in reason
    assert "is text, not a number" in reason
    assert "is missing" in refused(competition, [""] * 3, ["1", "0", "2"])


@pytest.mark.parametrize("competition", CUT)
def test_macro_f1_by_hand(competition):
    """Label 1: 2/3, label 2: 2/3, label 9, made up: 0."""
    score = accepted(competition, ["1", "2", "2", "9"], ["1", "1", "2", "2"])
    # 1: TP 1 of 2 true, 1 given; 2: TP 1 of 2 true, 2 given; 9: none.
    assert score == pytest.approx((2 / 3 + 2 / 4 + 0) / 3, rel=1e-12)


@pytest.mark.parametrize("competition", CUT)
def test_labels_are_cut_to_whole_numbers(competition):
    """3.9 is 3 and -0.5 is 0."""
    danger = "3 predictions are cut to a whole number; the first is that of row 1"
    cells = ["3.9", "-0.5", "2.1", "1"]
    assert accepted(competition, cells, ["3", "0", "2", "1"], danger=danger) == 1.0
    assert accepted(competition, ["3.0", "1.0"], ["3", "1"]) == 1.0
    flags = accepted(competition, ["True", "False"], ["1", "0"], danger="1 and 0")
    assert flags == 1.0


@pytest.mark.parametrize("competition", [*CUT, NATURALIST])
def test_texts_are_read_as_python_reads_integers(competition):
    """Underscores, blanks and digits of other scripts; nothing else."""
    best = 0.0 if competition == NATURALIST else 1.0
    right = ["10", "7", "12", "3"]
    cells = ["1_0", "+7", "１２", " 3 "]  # noqa: RUF001 - digits of full width
    assert accepted(competition, cells, right) == best
    for cell in ("x", "True", "3.0", "0x1", "1e3"):
        reason = refused(competition, [cell, "7_0", "1", "3"], right)
        assert f"the value {cell!r}" in reason
        assert "is not a whole number (row 1" in reason
    assert "is missing (row 2)" in refused(competition, ["1_0", "", "1", "3"], right)


@pytest.mark.parametrize("competition", [*CUT, NATURALIST])
def test_labels_that_are_no_number_of_64_bits_are_refused(competition):
    """Blanks, infinity, 1e19, 2^63, 30 digits and 9,000 digits."""
    right = ["1", "2", "3", "4"]
    for cell in ("", "inf", "-inf", "1e308", "1e19", str(2**63), "9" * 30, "9" * 9000):
        reason = refused(competition, [*right[:3], cell], right)
        assert "(row 4)" in reason


def test_the_first_label_counts_in_inaturalist():
    """Cells are cut at blanks, numbers to whole ones; the score is the error."""
    right = LABELS[NATURALIST]
    said = "3 rows name more than one label; the first counts"
    cells = ["4 1 2", " 9  8", "5\t1009", "4"]
    assert accepted(NATURALIST, cells, right) == 0.25
    assert said in notes(NATURALIST, cells, right)
    assert accepted(NATURALIST, ["4.0", "9.0", "1009.0", "5.0"], right) == 0.25
    cut = ["4.5", "9", "1009", "-0.5"]
    danger = "2 predictions are cut to a whole number"
    assert accepted(NATURALIST, cut, right, danger=danger) == 0.25
    assert accepted(NATURALIST, cut, [*right[:3], "0"], danger=danger) == 0.0
    reason = refused(NATURALIST, ["4.5", "9 1", "1", "4"], right)
    assert "'4.5' in column 'predicted' is not a whole number" in reason
    assert "row 1" in refused(NATURALIST, ["   ", "9 1", "1", "4"], right)
    assert "'4.0 5'" in refused(NATURALIST, ["4.0 5", "9 1", "1", "4"], right)
    flags = ["True", "False", "True", "True"]
    answers = ["1", "0", "0", "1"]
    assert accepted(NATURALIST, flags, answers, danger="count as 1 and 0") == 0.25


def test_contacts_by_hand():
    """One of two contacts missed: (3 * 4 - 8) / sqrt(6 * 8)."""
    score = accepted(CONTACTS, ["0", "0", "0", "1"], ["0", "1", "0", "1"])
    assert score == pytest.approx((3 * 4 - 8) / math.sqrt((16 - 10) * (16 - 8)))
    assert accepted(CONTACTS, ["0"] * 4, ["0", "1", "0", "1"]) == 0.0
    flags = ["False", "True", "False", "True"]
    assert accepted(CONTACTS, flags, ["0", "1", "0", "1"], danger="1 and 0") == 1.0
    assert "is text" in refused(CONTACTS, ["x", "1", "0", "1"], ["0", "1", "0", "1"])


def test_a_third_kind_of_contact_is_a_class():
    """Right 2 of 4, truth 2 and 2, given 1, 2 and 1: (2 * 4 - 6) / sqrt(10 * 8)."""
    danger = "7 is counted as a class, beside 0 and 1"
    right = ["0", "1", "0", "1"]
    score = accepted(CONTACTS, ["0", "1", "7", "0"], right, danger=danger)
    # Given: 0 twice, 1 once, 7 once.
    assert score == pytest.approx((2 * 4 - (4 + 2)) / math.sqrt((16 - 6) * (16 - 8)))


def test_a_long_file_is_read_in_parts():
    """A text in the last part leaves numbers in the first: refused, as a mixture."""
    rows = 270_000
    card = load_card(CASSAVA)
    answers = pd.DataFrame(
        {card.id_column: [f"i{number}" for number in range(rows)], "label": 1}
    )
    given = answers.astype({"label": object})
    given.loc[rows - 1, "label"] = "x"
    assert "mixes texts, numbers or flags" in refused(CASSAVA, given, answers)


@pytest.mark.parametrize("competition", [CASSAVA, ENGLISH, PADDY, APTOS, NATURALIST])
def test_a_cell_of_5_mb_does_no_harm(competition):
    """There is a grade or a reason, in time linear in the cell."""
    right = LABELS[competition]

    def answer(cell):
        found = grade(
            competition,
            table(competition, [cell, *right[1:]]),
            answers=table(competition, right),
        )
        assert found.valid or len(found.reason) < 400
        assert found.valid or "cannot be scored:" not in found.reason

    for text in ("x", "1 ", "1"):
        assert_linear(lambda n, text=text: answer(text * n), 5_000_000 // len(text))
