"""Protocols for a text per row, accident by accident."""

import pandas as pd
import pytest

from mle_toolkit.competitions import grade
from tests.competitions.mlebench.cells import accepted, notes, refused, table
from tests.competitions.mlebench.growth import assert_linear

CHAII = "chaii-hindi-and-tamil-question-answering"
TWEETS = "tweet-sentiment-extraction"
WORDS = "billion-word-imputation"
MOLECULES = "bms-molecular-translation"
TEXTS = {
    CHAII: ["राजधानी भारत", "1947", "சென்னை", "Delhi"],
    TWEETS: ["so sad", "Yes", "miss you", "no"],
    WORDS: ["A b .", "It 's a 😀 .", "Said no .", "x"],
    MOLECULES: ["InChI=1S/C", "InChI=1S/O", "InChI=1S/N", "InChI=1S/H"],
}
JACCARD, EDITS = (CHAII, TWEETS), (WORDS, MOLECULES)


@pytest.mark.parametrize("competition", TEXTS)
def test_a_perfect_file_is_best_and_clean(competition):
    """The answers score best, in any order, without a warning."""
    answers = table(competition, TEXTS[competition])
    best = 1.0 if competition in JACCARD else 0.0
    assert accepted(competition, answers, answers) == best
    assert accepted(competition, answers.iloc[[2, 0, 3, 1]], answers) == best
    assert notes(competition, answers, answers) == ()


@pytest.mark.parametrize("competition", TEXTS)
def test_what_identifies_rows_is_checked(competition):
    """Columns, the number of rows, and ids, which may not repeat; more is no harm."""
    answers = table(competition, TEXTS[competition])
    name, target = answers.columns
    for column in (name, target):
        reason = refused(competition, answers.drop(columns=column), answers)
        assert f"column {column!r} is missing" in reason
    assert "3 rows; 4 are expected" in refused(competition, answers[:3], answers)
    other = answers.replace({name: {"r1": "new"}})
    assert "'r1'" in refused(competition, other, answers)
    twice = answers.replace({name: {"r1": "r0"}})
    assert "'r1'" in refused(competition, twice, answers)
    said = notes(competition, answers.assign(sure=1), answers)
    assert said == ("columns that nobody asked for: 'sure'",)


@pytest.mark.parametrize("competition", JACCARD)
def test_shared_words_by_hand(competition):
    """2 of 4, all in another case, none of 2; a word counts once."""
    right = ["so very sad", "Yes", "no", "a b"]
    cells = ["so sad  now", "YES yes", "not", "b\ta a"]
    score = accepted(competition, cells, right)
    assert score == pytest.approx((2 / 4 + 1 + 0 + 1) / 4, rel=1e-12)


@pytest.mark.parametrize("competition", JACCARD)
def test_a_missing_text_has_no_words(competition):
    """It scores 0 and is told, but no danger."""
    right = ["so sad", "yes"]
    assert accepted(competition, ["so sad", ""], right) == 0.5
    assert notes(competition, ["so sad", ""], right) == (
        "predictions without a word: 1",
    )
    assert accepted(competition, ["", ""], right) == 0.0


def test_chaii_refuses_numbers():
    """Numbers and flags are refused, with blanks beside them or not."""
    right = ["1947", "x y", "z"]
    for cells in (
        ["1947", "3", "4"],
        ["1947", "", "4"],
        ["1.5", "2", "4"],
        ["True"] * 3,
        ["True", "", "True"],
    ):
        assert "texts are wanted (row 1" in refused(CHAII, cells, right)
    assert accepted(CHAII, ["1947", "x", "4"], right) == pytest.approx((1 + 1 / 2) / 3)
    # Both without a word: 0, as scikit-learn has it.
    assert accepted(CHAII, ["a", ""], ["a", ""]) == 0.5


def test_tweets_may_not_be_empty_where_the_answer_is():
    """0 / 0 refuses the file; any word there scores 0."""
    right = ["so sad", ""]
    assert accepted(TWEETS, ["so sad", "x"], right) == 0.5
    for cell in ("", "   ", "NA"):
        assert "0 / 0" in refused(TWEETS, ["so sad", cell], right)


def test_tweets_that_are_numbers_are_words():
    """5 is a word; beside a blank it is the word 5.0, which is told."""
    assert accepted(TWEETS, ["5", "6"], ["5", "no"]) == 0.5
    danger = "predictions are read as decimals, 5.0 for one"
    assert accepted(TWEETS, ["5", ""], ["5", "no"], danger=danger) == 0.0


@pytest.mark.parametrize("competition", EDITS)
def test_edits_by_hand(competition):
    """3, 1 for a letter in another case, 1 for an emoji, 2 for two blanks: 7 / 4."""
    right = ["kitten", "Yes", "a 😀", "a b"]
    cells = ["sitting", "yes", "a x", "a  b "]
    assert accepted(competition, cells, right) == 7 / 4


def test_a_sentence_may_not_be_missing():
    """Blanks, numbers and flags are refused."""
    right = ["A b .", "c"]
    for cell in ("", "NA", "null"):
        assert "is missing (row 2)" in refused(WORDS, ["A b .", cell], right)
    assert "texts are wanted" in refused(WORDS, ["1", "2"], right)
    assert "texts are wanted" in refused(WORDS, ["True", "True"], right)
    assert "in the answers" in refused(WORDS, right, ["A b .", ""])


def test_a_missing_molecule_is_the_text_nan():
    """It is one edit from nnn; beside a blank, numbers are decimals as well."""
    right = ["nnn", "nan"]
    danger = "missing, which counts as the text 'nan'"
    assert accepted(MOLECULES, ["", "x"], right, danger=danger) == (1 + 3) / 2
    assert accepted(MOLECULES, ["x", ""], ["xyz", "na"], danger=danger) == 3 / 2
    assert accepted(MOLECULES, ["12", "3"], ["12", "a"]) == 0.5
    # 12.0 against 12, and nan against na.
    assert accepted(MOLECULES, ["12", ""], ["12", "na"], danger=danger) == (2 + 1) / 2


@pytest.mark.parametrize("competition", TEXTS)
def test_a_cell_of_5_mb_does_no_harm(competition):
    """There is a grade, in time linear in the cell."""
    right = TEXTS[competition]

    def answer(cell):
        found = grade(
            competition,
            table(competition, [cell, *right[1:]]),
            answers=table(competition, right),
        )
        assert found.valid, found.reason

    for text in ("x", "ab c", "é "):
        assert_linear(lambda n, text=text: answer(text * n), 5_000_000 // len(text))


def test_a_text_of_5_mb_is_compared_exactly():
    """All of it but three letters is to be deleted."""
    cell = "zz" * 1_250_000 + "abc" + "zz" * 1_250_000
    assert accepted(WORDS, [cell], ["abc"]) == 5_000_000


# Questions, whose answers come as JSON lines.

QA = "tensorflow2-question-answering"


def question(name, long=-1, short=(), flag="NONE", others=()):
    """Return the answer to a question: token spans that begin at these places."""
    first = {
        "long_answer": {"start_token": long, "end_token": long + 50},
        "short_answers": [
            {"start_token": start, "end_token": start + 2} for start in short
        ],
        "yes_no_answer": flag,
    }
    return {"example_id": name, "annotations": [first, *others]}


ANSWERS = pd.DataFrame(
    [
        question("1", long=100, short=[110, 120]),
        question("2", long=200, flag="YES"),
        question("3"),
        question("4", long=0, short=[0]),
    ]
)
RIGHT = ["100:150", "120:122", "200:250", "YES", "", "", "0:50", "0:2"]


def predictions(cells, names="1234"):
    """Return a submission with the long and the short answer of each question."""
    ids = [f"{name}{end}" for name in names for end in ("_long", "_short")]
    return pd.DataFrame({"example_id": ids, "PredictionString": cells})


def changed(**cells):
    """Return the right submission with other cells, by id such as ``q1_long``."""
    given = predictions(RIGHT).set_index("example_id")
    for name, cell in cells.items():
        given.loc[name[1:], "PredictionString"] = cell
    return given.reset_index()


def test_right_answers_are_those_of_the_first_annotation():
    """Any short span, YES, and no answer where there is none, in any order."""
    assert accepted(QA, predictions(RIGHT), ANSWERS) == 1.0
    assert accepted(QA, predictions(RIGHT)[::-1], ANSWERS) == 1.0
    assert accepted(QA, changed(q1_short="110:112"), ANSWERS) == 1.0
    more = [question("1", others=question("1", long=7)["annotations"])]
    given = predictions(["7:57", ""], "1")
    assert accepted(QA, given, pd.DataFrame(more)) == 0.5


def test_answers_are_read_from_a_file_of_json_lines(tmp_path):
    """As mle-bench prepares them; ids may be numbers there."""
    path = tmp_path / "test.jsonl"
    lines = ANSWERS.assign(example_id=[1, 2, 3, 4], document_text="long")
    lines.to_json(path, orient="records", lines=True)
    assert grade(QA, predictions(RIGHT), answers=path, strict=True).score_full == 1.0


@pytest.mark.parametrize(
    ("cells", "score"),
    [
        ({"q1_long": "100:151"}, 7 / 8),
        ({"q1_long": ""}, 7 / 8),
        ({"q3_long": "1:2"}, 7 / 8),
        ({"q3_short": "NO"}, 7 / 8),
        ({"q2_short": "NO"}, 7 / 8),
        ({"q2_short": ""}, 7 / 8),
        ({"q1_long": "120:122"}, 7 / 8),
        ({"q2_long": "YES"}, 7 / 8),
        ({"q1_long": " 100:150 "}, 1),
        ({"q1_long": "100 : 150"}, 1),
        ({"q1_long": "+0100:00150"}, 1),
        ({"q2_short": " YES "}, 1),
        ({"q3_long": "   "}, 1),
        ({"q3_long": "null", "q3_short": "NA"}, 1),
        ({"q3_long": "-1:49"}, 7 / 8),
    ],
)
def test_each_row_is_right_or_wrong(cells, score):
    """Blanks, plus signs and leading zeros do no harm."""
    assert accepted(QA, changed(**cells), ANSWERS) == score


def test_no_answers_at_all():
    """They are right where there is none: 2 of 8 rows."""
    assert accepted(QA, predictions([""] * 8), ANSWERS) == 2 / 8
    assert notes(QA, predictions([""] * 8), ANSWERS) == ("no row gives an answer",)


def test_yes_is_no_long_answer():
    """Allowed, never right, and told."""
    said = notes(QA, changed(q2_long="YES", q3_long="NO"), ANSWERS)
    assert said == ("YES or NO as long answers, which is never right: 2",)


@pytest.mark.parametrize(
    "cell",
    ["yes", "No", "5", "1:2:3", ":", "1:", "x:y", "1.0:2", "1:2 3:4", "YES NO", "1-2"],
)
def test_other_answers_are_refused(cell):
    """With the cell and its row."""
    reason = refused(QA, changed(q2_long=cell), ANSWERS)
    assert f"the value {cell!r} in column 'PredictionString'" in reason
    assert (
        "is neither START:END in whole numbers nor YES, NO or empty (row 3)" in reason
    )


def test_columns_that_hold_no_texts_are_refused():
    """Numbers, with blanks or not, and flags."""
    for cells in (["1"] * 8, ["1", *[""] * 7], ["True"] * 8):
        assert "(row 1)" in refused(QA, predictions(cells), ANSWERS)


def test_each_question_has_two_rows():
    """Ids missing, unknown or repeated are refused."""
    given = predictions(RIGHT)
    assert "7 rows; 8 are expected" in refused(QA, given[:7], ANSWERS)
    more = pd.concat([given, given[:1]])
    assert "9 rows; 8 are expected" in refused(QA, more, ANSWERS)
    other = given.replace({"example_id": {"4_short": "5_short"}})
    assert "missing from column 'example_id': '4_short'" in refused(QA, other, ANSWERS)
    twice = given.replace({"example_id": {"4_short": "1_short"}})
    assert "'4_short'" in refused(QA, twice, ANSWERS)
    bare = given.replace({"example_id": {"4_short": "4"}})
    assert "'4_short'" in refused(QA, bare, ANSWERS)
    for column in given.columns:
        assert "is missing" in refused(QA, given.drop(columns=column), ANSWERS)


def test_a_question_without_annotation_is_told():
    """No file can be scored then."""
    answers = ANSWERS.assign(annotations=[[]] * 4)
    assert "'1' has no annotation" in refused(QA, predictions(RIGHT), answers)
