"""Protocols for one number or several per row, accident by accident."""

import math
import re

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import grade, load_card
from mle_toolkit.competitions.protocols.entry import Entry
from mle_toolkit.competitions.protocols.numbers import rank_columns
from mle_toolkit.errors import SubmissionError

DENOISING = "denoising-dirty-documents"
NOMAD = "nomad2018-predict-transparent-conductors"
TAXI = "new-york-city-taxi-fare-prediction"
PETS = "petfinder-pawpularity-score"
VOLCANO = "predict-volcanic-eruptions-ingv-oe"
QUEST = "google-quest-challenge"
PATENT = "us-patent-phrase-to-phrase-matching"
COLUMNS = {
    DENOISING: ("id", "value"),
    TAXI: ("key", "fare_amount"),
    PETS: ("Id", "Pawpularity"),
    VOLCANO: ("segment_id", "time_to_eruption"),
    PATENT: ("id", "score"),
}
ENERGY, GAP = "formation_energy_ev_natom", "bandgap_energy_ev"
TARGETS = load_card(QUEST).target_columns


def table(competition, cells, ids=("a", "b", "c", "d")):
    """Return a table of one target."""
    name, target = COLUMNS[competition]
    return pd.DataFrame({name: list(ids)[: len(cells)], target: cells})


def accepted(competition, submission, answers, *, danger=None):
    """Return the score, which strict refuses for that danger, or for none at all."""
    found = grade(competition, submission, answers=answers)
    assert found.valid, found.reason
    strict = grade(competition, submission, answers=answers, strict=True)
    if danger is None:
        assert strict.valid, strict.reason
        assert strict.score_full == found.score_full
    else:
        assert not strict.valid
        assert re.search(danger, strict.reason), strict.reason
        assert any(re.search(danger, said) for said in found.warnings)
    return found.score_full


def refused(competition, submission, answers):
    """Return the reason for which it is refused, strict or not."""
    found = grade(competition, submission, answers=answers)
    assert not found.valid
    assert "cannot be scored" not in found.reason
    assert "\n" not in found.reason
    strict = grade(competition, submission, answers=answers, strict=True)
    assert strict.reason == found.reason
    return found.reason


# What every protocol of this module must do with its single target.

LATE = (DENOISING, TAXI, VOLCANO)
CHECKED = (DENOISING, PETS, PATENT)
SETS = (VOLCANO,)


@pytest.mark.parametrize("competition", COLUMNS)
def test_the_order_of_rows_does_not_matter(competition):
    """A shuffled file scores as it did: rows are matched by id."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    given = table(competition, [2.0, 2.0, 3.0, 90.0])
    straight = accepted(competition, given, answers)
    assert accepted(competition, given.iloc[[2, 0, 3, 1]], answers) == straight


@pytest.mark.parametrize("competition", COLUMNS)
def test_columns_that_are_missing_are_named(competition):
    """Both the id and the target are needed; others are noted and harmless."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    for name in COLUMNS[competition]:
        reason = refused(competition, answers.drop(columns=name), answers)
        assert f"column {name!r} is missing" in reason
    found = grade(competition, answers.assign(more=7), answers=answers)
    assert found.warnings == ("column 'more' is not read",)
    assert not grade(competition, answers, answers=answers).warnings


@pytest.mark.parametrize("competition", [*CHECKED, TAXI])
def test_the_number_of_rows_must_agree(competition):
    """A row too few or too many is refused with both numbers."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    reason = refused(competition, answers[:3], answers)
    assert reason == "the submission has 3 rows; 4 are expected"
    longer = pd.concat([answers, answers[:1]])
    assert "5 rows; 4 are expected" in refused(competition, longer, answers)


@pytest.mark.parametrize("competition", CHECKED)
def test_ids_must_be_those_of_the_answers(competition):
    """A repeated id, an unknown one and a blank one are refused."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    twice = table(competition, [1.0, 2.0, 4.0, 8.0], ids="aabc")
    assert "1 id is missing from column" in refused(competition, twice, answers)
    other = table(competition, [1.0, 2.0, 4.0, 8.0], ids="abcz")
    assert "'d'" in refused(competition, other, answers)
    blank = table(competition, [1.0, 2.0, 4.0, 8.0], ids=["a", "b", "c", None])
    assert "is missing (row 4)" in refused(competition, blank, answers)


@pytest.mark.parametrize("competition", [*LATE, PETS])
def test_cells_that_are_no_finite_numbers_are_refused(competition):
    """Text, a blank and infinity, each with its column and row."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    target = COLUMNS[competition][1]
    cases = {
        "what": "the value 'what' in column {!r} is not a number (row 2)",
        "1e": "the value '1e' in column {!r} is not a number (row 2)",
        "": "a value in column {!r} is missing (row 2)",
    }
    for cell, sentence in cases.items():
        given = table(competition, ["1.5", cell, "4", "8"])
        assert refused(competition, given, answers) == sentence.format(target)
    for cell in ("inf", "-inf"):
        given = table(competition, ["1.5", cell, "4", "8"])
        reason = refused(competition, given, answers)
        assert ("is infinite" in reason) or ("not in the range" in reason)
    given = table(competition, ["1.5", "1e999", "4", "8"])
    reason = refused(competition, given, answers)
    assert ("is infinite (row 2)" in reason) or ("makes the column text" in reason)


@pytest.mark.parametrize("competition", LATE)
def test_text_that_python_takes_for_a_number_counts(competition):
    """One odd cell makes the column text, and then Python's float decides."""
    answers = table(competition, [10.0, 2.0, 4.0, 8.0])
    plain = accepted(competition, table(competition, [10.0, 3.0, 5.0, 8.0]), answers)
    odd = table(competition, ["1_0", " 3 ", "५", "8"])
    assert accepted(competition, odd, answers) == plain
    reason = refused(competition, table(competition, ["1_0", "", "5", "8"]), answers)
    assert "is missing (row 2)" in reason
    for cell in ("1__0", "0x10", "1,5", "9" * 400):
        given = table(competition, ["1_0", cell, "5", "8"])
        assert "(row 2)" in refused(competition, given, answers)


@pytest.mark.parametrize("competition", LATE)
def test_whole_numbers_beyond_64_bits_count(competition):
    """To pandas such a column is text; to Python it is a number."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    given = table(competition, ["1", "2", "4", str(10**30)])
    plain = table(competition, [1.0, 2.0, 4.0, 1e30])
    found = accepted(competition, given, answers)
    assert found == accepted(competition, plain, answers) > 1e29


@pytest.mark.parametrize("competition", [PETS, PATENT])
def test_a_text_column_is_refused_where_it_is_not_converted(competition):
    """The reason shows the cell that made it text."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    for cells, said in (
        (
            ["1", "2_0", "4", "8"],
            "the value '2_0' in column {!r} makes the column text",
        ),
        (["1", "x", "4", "8"], "the value 'x' in column {!r} is not a number (row 2)"),
        (["1", "2", "4", str(10**30)], "makes the column text (row 4)"),
        (["1", "2", "1e999", "4"], "the value '1e999' in column {!r} makes the column"),
    ):
        reason = refused(competition, table(competition, cells), answers)
        assert said.format(COLUMNS[competition][1]) in reason


@pytest.mark.parametrize("competition", [DENOISING, TAXI, VOLCANO])
def test_true_and_false_are_one_and_zero(competition):
    """A column of them counts as numbers."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    flags = table(competition, [True, False, True, True])
    numbers = table(competition, [1, 0, 1, 1])
    assert accepted(competition, flags, answers) == accepted(
        competition, numbers, answers
    )


@pytest.mark.parametrize("competition", [DENOISING, TAXI])
def test_an_error_that_overflows_is_an_infinite_score(competition):
    """The square of 1e308 is infinite, which is a score, though no medal."""
    answers = table(competition, [1.0, 2.0, 4.0, 8.0])
    given = table(competition, [1.0, 2.0, 4.0, 1e308])
    assert accepted(competition, given, answers, danger="the score is inf") == math.inf


# denoising-dirty-documents


def test_pixels_by_hand():
    """Errors of 3 and 4 in four pixels: sqrt(25 / 4)."""
    answers = table(DENOISING, [0.0, 0.5, 0.5, 1.0])
    given = table(DENOISING, [0.0, 0.5, 3.5, -3.0])
    assert accepted(DENOISING, given, answers) == 2.5


# nomad2018-predict-transparent-conductors


def energies(first, second, ids=(1, 2, 3)):
    return pd.DataFrame({"id": list(ids), ENERGY: first, GAP: second})


def test_energies_by_hand():
    """Logarithms off by 1 in one of three rows, and by 1 in all: mean of both roots."""
    e = math.e
    answers = energies([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    given = energies([e - 1, 0.0, 0.0], [e - 1, e - 1, e - 1])
    wanted = (math.sqrt(1 / 3) + 1) / 2
    assert accepted(NOMAD, given, answers) == pytest.approx(wanted, rel=1e-12)


def test_energies_are_compared_in_file_order():
    """Other ids, an other order and no ids at all score the same, and are a danger."""
    answers = energies([0.1, 0.2, 0.3], [1.0, 2.0, 3.0])
    score = accepted(NOMAD, answers, answers)
    assert score == 0
    strangers = answers.assign(id=[7, 8, 9])
    danger = "3 rows have another id than the answers at that place"
    assert accepted(NOMAD, strangers, answers, danger=danger) == 0
    assert accepted(NOMAD, answers[::-1], answers, danger="2 rows have another id") > 0
    bare = answers.drop(columns="id")
    assert accepted(NOMAD, bare, answers, danger="there is no column 'id'") == 0
    assert accepted(NOMAD, answers, answers.drop(columns="id")) == 0


def test_energies_must_be_there_and_not_negative():
    """The two targets and the number of rows are all that is checked, and the sign."""
    answers = energies([0.1, 0.2, 0.3], [1.0, 2.0, 3.0])
    for name in (ENERGY, GAP):
        reason = refused(NOMAD, answers.drop(columns=name), answers)
        assert f"column {name!r} is missing" in reason
    assert "2 rows; 3 are expected" in refused(NOMAD, answers[:2], answers)
    for cell in (-0.5, -1.0, -7.0):
        reason = refused(NOMAD, energies([0.1, 0.2, cell], [1, 2, 3]), answers)
        assert f"the value {cell} in column {ENERGY!r} is below 0 (row 3)" in reason
    assert accepted(NOMAD, energies([0.1, 0.2, -0.0], [1, 2, 3]), answers) > 0


def test_energies_are_converted_late():
    """As text they count; True and False are refused, and so is what is not finite."""
    answers = energies([0.0, 0.0, 9.0], [1.0, 2.0, 3.0])
    given = energies(["0", "0", "1_0"], [1.0, 2.0, 3.0])
    wanted = math.log(11 / 10) / math.sqrt(3) / 2
    assert accepted(NOMAD, given, answers) == pytest.approx(wanted, rel=1e-12)
    flags = energies([True, False, True], [1.0, 2.0, 3.0])
    assert "holds True and False" in refused(NOMAD, flags, answers)
    for cell, said in (("", "missing"), ("inf", "infinite"), ("no", "not a number")):
        given = energies(["0.5", cell, "1"], [1.0, 2.0, 3.0])
        assert f"is {said} (row 2)" in refused(NOMAD, given, answers)


# new-york-city-taxi-fare-prediction


def test_fares_are_matched_by_the_rank_of_their_key():
    """Unknown keys are scored against whatever key sorts to the same place."""
    answers = table(TAXI, [1.0, 2.0, 4.0, 8.0])
    given = table(TAXI, [1.0, 2.0, 4.0, 8.0], ids="wxyz")
    danger = "ids differ from the answers.* 4 rows are scored against another id"
    assert accepted(TAXI, given, answers, danger=danger) == 0
    given = table(TAXI, [8.0, 1.0, 2.0, 4.0], ids="0abc")
    wanted = math.sqrt((49 + 1 + 4 + 16) / 4)
    found = accepted(TAXI, given, answers, danger="another id")
    assert found == pytest.approx(wanted, rel=1e-12)


def test_blank_fare_keys_sort_last():
    """As pandas sorts: the row without a key meets the last answer."""
    answers = table(TAXI, [1.0, 2.0, 4.0, 8.0])
    given = table(TAXI, [8.0, 1.0, 2.0, 4.0], ids=[None, "a", "b", "c"])
    assert accepted(TAXI, given, answers, danger="1 row is scored") == 0


def test_a_repeated_fare_key_shifts_the_rows_behind():
    """Of a, a, b, c against a, b, c, d only the first is in its place."""
    answers = table(TAXI, [1.0, 2.0, 4.0, 8.0])
    given = table(TAXI, [1.0, 2.0, 4.0, 8.0], ids="aabc")
    assert accepted(TAXI, given, answers, danger="3 rows are scored") == 0


def test_fare_keys_that_cannot_be_sorted_are_refused(tmp_path):
    """A large file is typed piece by piece, so that keys may be of two types."""
    path = tmp_path / "submission.csv"
    n_rows = 262_145
    lines = [f"{number},1" for number in range(n_rows)]
    lines[-1] = "x,1"
    path.write_text("key,fare_amount\n" + "\n".join(lines))
    answers = pd.DataFrame({"key": range(n_rows), "fare_amount": 1.0})
    assert "mixes texts and numbers" in refused(TAXI, path, answers)


# petfinder-pawpularity-score


def test_scores_of_pets_by_hand():
    """Errors 0, 1, 2 and 2: sqrt(9 / 4)."""
    answers = table(PETS, [1, 50, 60, 100])
    assert accepted(PETS, table(PETS, [1, 51, 58, 98]), answers) == 1.5


@pytest.mark.parametrize("cell", [0.999, 100.001, -5.0, 1e308, math.inf])
def test_scores_of_pets_have_a_range(cell):
    """From 1 to 100, both included."""
    answers = table(PETS, [1, 50, 60, 100])
    reason = refused(PETS, table(PETS, [1, 50, cell, 100]), answers)
    assert f"the value {cell} in column" in reason
    assert "is not in the range from 1 to 100 (row 3)" in reason


# predict-volcanic-eruptions-ingv-oe


@pytest.mark.parametrize(
    ("errors", "score"),
    [([0, 0, 0, 2], 0), ([0, 0, 0, 6], 2), ([1, 1, 4, 4], 2), ([1, 2, 2, 2], 2)],
)
def test_times_are_rounded_half_to_even(errors, score):
    """Means of 0.5, 1.5, 2.5 and 1.75 give 0, 2, 2 and 2."""
    answers = table(VOLCANO, [10, 20, 30, 40], ids=(1, 2, 3, 4))
    given = table(VOLCANO, np.add([10, 20, 30, 40], errors), ids=(1, 2, 3, 4))
    assert accepted(VOLCANO, given, answers) == score


def test_a_repeated_segment_counts_twice():
    """Errors 0, 0, 0, 40 and 40 again: 16."""
    answers = table(VOLCANO, [10, 20, 30, 40])
    given = pd.concat([table(VOLCANO, [10, 20, 30, 0]), table(VOLCANO, [0], ids="d")])
    danger = "ids occur more than once: 'd'"
    assert accepted(VOLCANO, given, answers, danger=danger) == 16


def test_segments_must_be_the_same_set():
    """Missing and unknown ones are refused."""
    answers = table(VOLCANO, [10, 20, 30, 40])
    assert "1 id is missing" in refused(VOLCANO, answers[1:], answers)
    longer = pd.concat([answers, table(VOLCANO, [1], ids="z")])
    assert "1 id is unknown in column 'segment_id': 'z'" in refused(
        VOLCANO, longer, answers
    )


def test_an_infinite_time_error_cannot_be_rounded():
    """Two errors of 1e308 add up to infinity."""
    answers = table(VOLCANO, [10, 20, 30, 40])
    given = table(VOLCANO, [1e308, 1e308, 1.0, 1.0])
    assert "the mean absolute error is infinite" in refused(VOLCANO, given, answers)
    single = table(VOLCANO, [1e308, 20.0, 30.0, 40.0])
    assert accepted(VOLCANO, single, answers) == 2.5e307


def test_differences_of_whole_numbers_wrap_as_elsewhere():
    """Both columns are int64: 40 + 2**63 comes out as 2**63 - 40."""
    answers = table(VOLCANO, [40], ids="a")
    given = table(VOLCANO, [-(2**63)], ids="a")
    assert accepted(VOLCANO, given, answers) == float(2**63 - 40)


# google-quest-challenge


def marks(seed, n_rows=6):
    """Return a table of random marks, each column with its own order."""
    generator = np.random.default_rng(seed)
    values = {name: generator.permutation(n_rows) / 10 for name in TARGETS}
    return pd.DataFrame({"qa_id": np.arange(n_rows) * 3 + 5, **values})


def slow_spearman(truth, guess):
    """Return the rank correlation of numbers without ties, by its old formula."""
    n = len(truth)
    distance = sum(
        (sorted(truth).index(a) - sorted(guess).index(b)) ** 2
        for a, b in zip(truth, guess, strict=True)
    )
    return 1 - 6 * distance / (n * (n * n - 1))


def test_marks_agree_with_the_old_formula():
    """The mean over all 30 columns."""
    answers, given = marks(1), marks(2)
    wanted = np.mean(
        [slow_spearman(list(answers[name]), list(given[name])) for name in TARGETS]
    )
    assert accepted(QUEST, given, answers) == pytest.approx(wanted, rel=1e-12)
    shuffled = given.iloc[[3, 1, 0, 5, 4, 2]]
    assert accepted(QUEST, shuffled, answers) == pytest.approx(wanted, rel=1e-12)


def test_marks_with_ties_get_mean_ranks():
    """Ranks 1.5, 1.5, 3 against 1, 2, 3: correlation sqrt(3) / 2 in each column."""
    answers = pd.DataFrame({"qa_id": [1, 2, 3]} | {name: [1, 2, 3] for name in TARGETS})
    given = answers.assign(**{name: [0.5, 0.5, 0.9] for name in TARGETS})
    found = accepted(QUEST, given, answers)
    assert found == pytest.approx(math.sqrt(3) / 2, rel=1e-12)


def test_ids_of_marks_are_sorted_but_not_compared():
    """Strange ids score like the right ones, and are a danger."""
    answers = marks(1)
    given = answers.assign(qa_id=range(100, 106))
    found = accepted(QUEST, given, answers, danger="6 rows are scored")
    assert found == pytest.approx(1, rel=1e-12)


def test_the_columns_of_marks_are_exact():
    """Neither an extra column nor a missing one is allowed."""
    answers = marks(1)
    extra = refused(QUEST, answers.assign(more=1), answers)
    assert "this column is not allowed: 'more'" in extra
    for name in ("qa_id", TARGETS[7]):
        reason = refused(QUEST, answers.drop(columns=name), answers)
        assert f"column {name!r} is missing" in reason
    assert "5 rows; 6 are expected" in refused(QUEST, answers[:5], answers)


@pytest.mark.parametrize(
    ("cells", "danger"),
    [
        ([0.1] * 6, "all values in column .* are the same"),
        (["x"] * 6, "all values in column .* are the same"),
        ([1, 2, None, 4, 5, 6], "a value in column .* is missing"),
        (["a", "b", None, "c", "d", "e"], "a value in column .* is missing"),
        ([True, False, None, True, True, True], "a value in column .* is missing"),
    ],
)
def test_a_constant_or_blank_column_of_marks_gives_nan(cells, danger):
    """One such column is enough; the file is valid."""
    answers = marks(1)
    given = answers.assign(**{TARGETS[3]: cells})
    assert math.isnan(accepted(QUEST, given, answers, danger=danger))


def test_marks_that_are_text_are_ranked_by_their_characters():
    """With one cell that is no number, 10 sorts before 9, and x behind both."""
    answers = marks(1)
    name = TARGETS[0]
    answers[name] = [1, 2, 3, 4, 5, 6]
    given = answers.assign(**{name: ["10", "9", "x", "é", "100", "a"]})
    # 10, 100, 9, a, x, é
    wanted = (29 + slow_spearman([1, 2, 3, 4, 5, 6], [1, 3, 5, 6, 2, 4])) / 30
    found = accepted(QUEST, given, answers, danger="is text")
    assert found == pytest.approx(wanted, rel=1e-12)
    shuffled = given.iloc[[5, 4, 3, 2, 1, 0]]
    assert accepted(QUEST, shuffled, answers, danger="is text") == found


def test_marks_of_two_types_are_refused():
    """A large file is typed piece by piece; numbers and texts have no order."""
    answers = marks(1)
    given = answers.assign(**{TARGETS[4]: pd.Series([0.5, *"abcde"], dtype=object)})
    entry = Entry(submission=given, answers=answers, card=load_card(QUEST))
    with pytest.raises(SubmissionError) as caught:
        rank_columns(entry)
    assert str(caught.value) == (
        f"column {TARGETS[4]!r} mixes texts and numbers, so it cannot be ranked"
    )


def test_infinite_marks_have_a_rank():
    """Minus infinity is the lowest, infinity the highest."""
    answers = marks(1)
    answers[TARGETS[0]] = [1, 2, 3, 4, 5, 6]
    cells = [-math.inf, 2, 3, 4, 5, math.inf]
    given = answers.assign(**{TARGETS[0]: cells})
    found = accepted(QUEST, given, answers, danger="is infinite")
    assert found == pytest.approx(1, rel=1e-12)


# us-patent-phrase-to-phrase-matching


def test_similarity_by_hand():
    """Centred (-3, -1, 1, 3) / 2 and (-1, -3, 3, 1) / 2: 12 / 20."""
    answers = table(PATENT, [0.0, 1.0, 2.0, 3.0])
    given = table(PATENT, [1.0, 0.0, 3.0, 2.0])
    assert accepted(PATENT, given, answers) == pytest.approx(0.6, rel=1e-12)


@pytest.mark.parametrize(
    ("cells", "danger"),
    [
        ([0.1, 0.1, 0.1, 0.1], "all values in column 'score' are the same"),
        ([0.1, None, 0.3, 0.4], "a value in column 'score' is missing"),
        ([None] * 4, "a value in column 'score' is missing"),
        ([0.1, math.inf, 0.3, 0.4], "a value in column 'score' is infinite"),
        ([-math.inf, 1, 0.3, 0.4], "a value in column 'score' is infinite"),
        ([1e308, 1e308, 1.0, 2.0], "the score is nan"),
    ],
)
def test_a_similarity_that_is_undefined_is_nan(cells, danger):
    """Constant, blank, infinite, or too large to be added up: valid, without medal."""
    answers = table(PATENT, [0.0, 1.0, 2.0, 3.0])
    found = accepted(PATENT, table(PATENT, cells), answers, danger=danger)
    assert math.isnan(found)


def test_huge_similarities_do_not_overflow():
    """One of 1e308 correlates like one of 1."""
    answers = table(PATENT, [0.0, 1.0, 2.0, 3.0])
    found = accepted(PATENT, table(PATENT, [1e308, 0.0, 0.0, 0.0]), answers)
    small = accepted(PATENT, table(PATENT, [1.0, 0.0, 0.0, 0.0]), answers)
    assert found == pytest.approx(small, rel=1e-12)


def test_similarity_flags_count_but_not_with_blanks():
    """True is 1; with a blank pandas makes the column text."""
    answers = table(PATENT, [0.0, 1.0, 2.0, 3.0])
    flags = accepted(PATENT, table(PATENT, [False, False, True, True]), answers)
    numbers = accepted(PATENT, table(PATENT, [0, 0, 1, 1]), answers)
    assert flags == numbers
    blank = table(PATENT, [False, None, True, True])
    assert "mixes True and False with missing values" in refused(PATENT, blank, answers)
