"""Protocols for a list per row, accident by accident."""

import math

import pandas as pd
import pytest

from mle_toolkit.competitions import grade
from tests.competitions.mlebench.cells import accepted, notes, refused, table
from tests.competitions.mlebench.growth import assert_linear

HOTELS = "hotel-id-2021-fgvc8"
WHALES = "whale-categorization-playground"
FASHION = "h-and-m-personalized-fashion-recommendations"
QUESTIONS = "facebook-recruiting-iii-keyword-extraction"
MUSEUM = "imet-2020-fgvc7"
LEAVES = "plant-pathology-2021-fgvc8"
CODE = "AI4Code"
GESTURES = "multi-modal-gesture-recognition"
LISTS = {
    HOTELS: ["41837", "43383", "58780", "41837"],
    WHALES: ["w_1", "new_whale", "w_2", "w_1"],
    FASHION: ["11 12", "13", "11 11 14", "12"],
    QUESTIONS: ["java", ".net c#", "", "r"],
    MUSEUM: ["3084 363", "2888", "1186 2812", "3084"],
    LEAVES: ["scab", "complex scab", "healthy", "rust"],
    CODE: ["aa bb cc", "dd ee", "ff", "gg hh ii jj"],
    GESTURES: ["1 2 3", "20 4", "5", "6 6 7"],
}
EXACT = (WHALES, FASHION)
TAGS = (QUESTIONS, MUSEUM, LEAVES)


@pytest.mark.parametrize("competition", LISTS)
def test_a_perfect_file_is_best_and_clean(competition):
    """The answers score best, in any order, without a warning."""
    answers = table(competition, LISTS[competition])
    best = 0.0 if competition == GESTURES else 1.0
    if competition == FASHION:
        answers_given = table(competition, ["11 12", "13", "11 14", "12"])
    else:
        answers_given = answers
    assert accepted(competition, answers_given, answers) == best
    assert accepted(competition, answers_given.iloc[[2, 0, 3, 1]], answers) == best
    assert notes(competition, answers_given, answers) == ()


@pytest.mark.parametrize("competition", LISTS)
def test_what_identifies_rows_is_checked(competition):
    """Columns, the number of rows, and ids, which may not repeat."""
    answers = table(competition, LISTS[competition])
    name, target = answers.columns
    for column in (name, target):
        reason = refused(competition, answers.drop(columns=column), answers)
        assert f"column {column!r} is missing" in reason
    more = answers.assign(sure=1)
    if competition in EXACT:
        assert "not allowed: 'sure'" in refused(competition, more, answers)
    else:
        said = notes(competition, more, answers)
        assert said == ("columns that nobody asked for: 'sure'",)
    other = answers.replace({name: {"r1": "new"}})
    assert "'r1'" in refused(competition, other, answers)
    twice = answers.replace({name: {"r1": "r0"}})
    assert "'r1'" in refused(competition, twice, answers)
    if competition != FASHION:
        assert "3 rows; 4 are" in refused(competition, answers[:3], answers)
        more = pd.concat([answers, answers[:1]])
        assert "5 rows; 4 are" in refused(competition, more, answers)


# Ranked labels.


@pytest.mark.parametrize("competition", [HOTELS, WHALES])
def test_a_label_counts_by_its_place(competition):
    """1, 1/2 and 1/5; at place 6 it counts nothing."""
    right = ["a", "b", "c", "d"]
    cells = ["a b c d e", "a b", "a b d e c", "a b c e f d"]
    score = accepted(competition, cells, right)
    assert score == pytest.approx((1 + 1 / 2 + 1 / 5 + 0) / 4, rel=1e-12)
    assert accepted(competition, ["x x a a", "b", "c", "d"], right) == pytest.approx(
        (1 / 3 + 3) / 4, rel=1e-12
    )


@pytest.mark.parametrize("competition", [HOTELS, WHALES])
def test_needless_blanks_take_up_places(competition):
    """The label after a blank at the start is at place 2; one at the end is no harm."""
    right = ["a", "b"]
    danger = "1 prediction has needless blanks"
    assert accepted(competition, [" a", "b "], right, danger=danger) == 0.75
    assert accepted(competition, ["x  a", "b"], right, danger=danger) == pytest.approx(
        (1 / 3 + 1) / 2
    )
    assert accepted(competition, ["a ", "b"], right) == 1.0
    # Other blanks part nothing.
    assert accepted(competition, ["x\ta", "b"], right) == 0.5


@pytest.mark.parametrize("competition", [HOTELS, WHALES])
def test_one_blank_turns_numbers_into_decimals(competition):
    """41837 becomes 41837.0, and then no row is right."""
    right = ["1", "2", "3"]
    blank = "the prediction of row 3 is missing, which counts as the item 'nan'"
    assert accepted(competition, ["1", "2", ""], right, danger=blank) == 0.0
    found = grade(
        competition,
        table(competition, ["1", "2", ""]),
        answers=table(competition, right),
    )
    assert any("read as decimals, 1.0 for one" in said for said in found.warnings)
    decimals = "read as decimals, 1.0 for one, so none is right"
    assert accepted(competition, ["1.0", "2", "3"], right, danger=decimals) == 0.0
    score = accepted(competition, ["1 9", "2", ""], right, danger=blank)
    assert score == pytest.approx(2 / 3)
    assert accepted(competition, [""] * 3, right, danger="3 predictions") == 0.0
    assert accepted(competition, ["001", "2", "3"], right) == 1.0


# Baskets.


def test_baskets_by_hand():
    """Hits at 1 and 3 of 2: (1 + 2/3) / 2; a repeated article scores once."""
    score = accepted(FASHION, ["11 99 12", "13 13"], ["11 12 12", "13 14"])
    assert score == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2) / 2, rel=1e-12)


def test_twelve_articles_count():
    """The truth is divided by 12 at most, and the 13th prediction is cut."""
    many = [str(100 + number) for number in range(14)]
    assert accepted(FASHION, [" ".join(many[:12])], [" ".join(many)]) == 1.0
    late = ["x"] * 12 + many
    assert accepted(FASHION, [" ".join(late)], [" ".join(many)]) == 0.0
    score = accepted(FASHION, [" ".join(["x"] * 11 + many)], [" ".join(many)])
    assert score == pytest.approx(1 / 12 / 12, rel=1e-12)


def test_customers_who_are_not_in_the_answers_are_ignored():
    """They are counted in a note, even if they occur twice."""
    answers = table(FASHION, ["11", "12"], ["b", "d"])
    given = table(FASHION, ["x", "11", "y", "y", "12"], ["a", "b", "c", "c", "d"])
    assert accepted(FASHION, given, answers) == 1.0
    assert notes(FASHION, given, answers) == ("customers who are not scored: 3",)
    reason = refused(FASHION, given.iloc[:4], answers)
    assert "1 id is missing from column 'customer_id': 'd'" in reason


def test_a_repeated_customer_shifts_all_that_follow():
    """Sorted a b b c against a b c: c is scored against the second b."""
    answers = table(FASHION, ["11", "12", "13"], ["a", "b", "c"])
    given = table(FASHION, ["13", "12", "11", "12"], ["c", "b", "a", "b"])
    danger = "customers that occur twice shift all that follow: 'b'"
    score = accepted(FASHION, given, answers, danger=danger)
    assert score == pytest.approx(2 / 3)
    last = table(FASHION, ["13", "12", "11", "13"], ["c", "b", "a", "c"])
    assert accepted(FASHION, last, answers, danger="'c'") == 1.0


def test_articles_with_a_leading_zero_are_not_found():
    """Answers have none; one article per row is read as a number and found."""
    right = ["618059019 2", "647756258"]
    danger = "article ids begin with 0 in 2 rows, and never in the answers"
    cells = ["0618059019 2", "0647756258 1"]
    assert accepted(FASHION, cells, right, danger=danger) == 0.25 / 2
    right = ["618059019", "647756258"]
    assert accepted(FASHION, ["0618059019", "0647756258"], right) == 1.0
    danger = "read as decimals|missing"
    assert accepted(FASHION, ["0618059019", ""], right, danger=danger) == 0.0


# Tags.


@pytest.mark.parametrize("competition", TAGS)
def test_micro_f1_by_hand(competition):
    """Right 2, missed 2, wrong 1: 2 * 2 / (2 * 2 + 2 + 1); order does not matter."""
    right = ["a b", "c", "a"]
    score = accepted(competition, ["b a a", "a", ""], right)
    assert score == pytest.approx(4 / (4 + 2 + 1), rel=1e-12)
    score = accepted(competition, ["  b\ta ", "a", ""], right)
    assert score == pytest.approx(4 / 7, rel=1e-12)
    assert accepted(competition, ["c", "b", "b"], right) == 0.0
    assert accepted(competition, ["", "", ""], right) == 0.0


@pytest.mark.parametrize("competition", TAGS)
def test_tags_that_no_answer_has_are_ignored(competition):
    """They are no mistake, which a strict grade does not accept."""
    danger = "tags that no answer has are ignored: 'x', 'y'"
    right = ["a b", "c", "a"]
    assert accepted(competition, ["a b x", "c y y", "a"], right, danger=danger) == 1.0
    assert accepted(competition, ["x y", "y", "x"], right, danger=danger) == 0.0


@pytest.mark.parametrize("competition", TAGS)
def test_tags_must_be_read_as_texts(competition):
    """Numbers and flags are refused, with blanks beside them or not."""
    right = ["1", "2 3", "1"]
    for cells in (
        ["1", "2", "1"],
        ["1", "", "1"],
        ["1.5", "2", "1"],
        ["True", "False", "True"],
        ["True", "", "True"],
    ):
        assert "texts are wanted (row 1" in refused(competition, cells, right)
    # One odd cell makes the column text: 3 right, 1 wrong, 1 missed.
    assert accepted(competition, ["1 3", "2", "1"], right) == 2 * 3 / (2 * 3 + 1 + 1)


def test_only_some_answers_may_lack_tags():
    """Those of facebook do; elsewhere no file can be scored then."""
    # a is right, b is wrong; the tag null is read as missing on both sides.
    score = accepted(QUESTIONS, ["a b", "", "null"], ["a", "null", "b"])
    assert score == pytest.approx(2 / (2 + 1 + 1))
    for competition in (MUSEUM, LEAVES):
        reason = refused(competition, ["a", "b", "c"], ["a", "", "c"])
        assert "in the answers, a value" in reason
    assert "no tags" in refused(QUESTIONS, ["a", "b"], ["", ""])


# Orders of cells.


def test_kendall_tau_is_pooled_over_notebooks():
    """Inversions 1 and 3 of 3 and 6 pairs: 1 - 4 * 4 / (6 + 12)."""
    right = ["a b c", "d e f g", "h"]
    score = accepted(CODE, ["b a c", "g d e f", "h"], right)
    assert score == pytest.approx(1 - 4 * 4 / (6 + 12), rel=1e-12)
    assert accepted(CODE, ["c b a", "g f e d", "h"], right) == -1.0
    assert accepted(CODE, ["  a\tb   c ", "d e f g", " h "], right) == 1.0


def test_the_cells_must_be_those_of_the_notebook():
    """Missing, surplus, unknown and repeated cells are refused, a blank too."""
    right = ["a b c", "d e"]
    assert "2 cells, where 3 are expected" in refused(CODE, ["a b", "d e"], right)
    assert "4 cells, where 3" in refused(CODE, ["a b c c", "d e"], right)
    assert "lacks the cells 'c'" in refused(CODE, ["a b x", "d e"], right)
    assert "lacks the cells 'c'" in refused(CODE, ["a b b", "d e"], right)
    assert "'nan' with 1 cells" in refused(CODE, ["a b c", ""], right)
    assert "lacks the cells 'h'" in refused(CODE, ["a b", ""], ["a b", "h"])
    assert "no notebook" in refused(CODE, ["a", "b"], ["a", "b"])


# Gestures.


def test_gestures_by_hand():
    """One replaced, one missing, two too many: 4 of 4; the score may pass 1."""
    right = ["1 2 3", "4"]
    assert accepted(GESTURES, ["1 9", "4 4 4"], right) == 1.0
    assert accepted(GESTURES, ["9 9 9 9 9", "5"], right) == 1.5
    assert accepted(GESTURES, ["   ", "4"], right) == 0.75


def test_gestures_are_whole_numbers():
    """Leading zeros and blanks are no harm; decimals and blanks in numbers are."""
    right = ["1 2 3", "4", "-1 -2"]
    assert accepted(GESTURES, [" 01  +2 3 ", "4", "-2 -1"], right) == 2 / 6
    # Two numbers of one hash are still two gestures.
    assert accepted(GESTURES, ["0 1"], [f"{2**61 - 1} 1"]) == 0.5
    assert accepted(GESTURES, ["1", "4", "7"], right) == (2 + 0 + 2) / 6
    for cells, said in (
        (["1", "4", ""], "the value 1.0"),
        (["1 2", "4", ""], "a value"),
        (["1 2.0", "4", "1"], "'1 2.0'"),
        (["x", "4", "1"], "'x'"),
        (["True"] * 3, "True"),
        (["9" * 5000 + " 1", "4", "1"], "9999"),
    ):
        reason = refused(GESTURES, cells, right)
        assert said in reason
        assert "is no list of whole numbers" in reason
    assert "no gestures" in refused(GESTURES, ["1 2", "3 4"], ["   ", " "])


@pytest.mark.parametrize("competition", LISTS)
def test_a_cell_of_5_mb_does_no_harm(competition):
    """There is a grade or a reason, in time linear in the cell."""
    right = LISTS[competition]

    def answer(cell):
        found = grade(
            competition,
            table(competition, [cell, *right[1:]]),
            answers=table(competition, right),
        )
        assert found.valid or len(found.reason) < 400
        assert found.valid or "cannot be scored:" not in found.reason
        assert not found.valid or math.isfinite(found.score)

    for text in ("x", "1 "):
        assert_linear(lambda n, text=text: answer(text * n), 5_000_000 // len(text))
