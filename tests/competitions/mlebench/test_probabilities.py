"""Protocols for probabilities of classes and labels, accident by accident."""

import math

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import grade, load_card

DOGS = "dog-breed-identification"
LEAF = "leaf-classification"
SPOOKY = "spooky-author-identification"
CHATBOTS = "lmsys-chatbot-arena"
REDUX = "dogs-vs-cats-redux-kernels-edition"
ICEBERG = "statoil-iceberg-classifier-challenge"
SPINE = "rsna-2022-cervical-spine-fracture-detection"
BRAIN = "hms-harmful-brain-activity-classification"
BREAST = "rsna-breast-cancer-detection"
SOUNDS = "freesound-audio-tagging-2019"
CLASSES = (DOGS, LEAF, SPOOKY, CHATBOTS)
EPSILON = 2.0**-52


def refusal(competition, submission, answers, **options):
    """The reason of a refusal, which is one proper sentence."""
    found = grade(competition, submission, answers=answers, **options)
    assert not found.valid
    assert found.score is None
    assert "cannot be scored" not in found.reason
    return found.reason


def accepted(competition, submission, answers, danger=None):
    """The full score; with a danger, which a strict grade refuses."""
    found = grade(competition, submission, answers=answers)
    assert found.valid, found.reason
    strict = grade(competition, submission, answers=answers, strict=True)
    if danger is None:
        assert strict.valid, strict.reason
    else:
        assert danger in strict.reason
        assert any(danger in said for said in found.warnings)
    return found.score_full


def classes(competition, rows, names="abcd"):
    """A frame whose first three classes hold the rows, and the others 0."""
    card = load_card(competition)
    values = dict.fromkeys(card.target_columns, 0)
    for place, name in enumerate(card.target_columns[:3]):
        values[name] = [row[place] for row in rows]
    return pd.DataFrame({card.id_column: list(names)[: len(rows)], **values})


TRUTH = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)]
SHARES = [(0.5, 0.25, 0.25), (0.1, 0.8, 0.1), (1, 0, 0), (1, 0, 0)]
# The third row is wrong for certain; the last is right, but for the clipping.
LOSS = -(math.log(0.5) + math.log(0.8) + math.log(EPSILON)) / 4


@pytest.mark.parametrize("competition", CLASSES)
def test_log_loss_clips_at_the_machine_epsilon(competition):
    """The mean of -ln(p), without division by the sum, in any order of rows."""
    answers = classes(competition, TRUTH)
    given = classes(competition, SHARES)
    found = accepted(competition, given, answers)
    assert found == pytest.approx(LOSS, rel=1e-9)
    assert accepted(competition, given.iloc[::-1], answers) == pytest.approx(LOSS)
    perfect = accepted(competition, answers, answers)
    assert perfect == pytest.approx(EPSILON, rel=0.01)


@pytest.mark.parametrize("competition", CLASSES)
def test_flags_are_shares(competition):
    """A table of nothing but True and False is one of 1 and 0; a mixed one is not."""
    answers = classes(competition, TRUTH)
    names = load_card(competition).target_columns
    flags = answers.astype(dict.fromkeys(names, bool))
    assert accepted(competition, flags, answers) == pytest.approx(EPSILON, rel=0.01)
    mixed = answers.astype({names[1]: bool})
    assert f"{names[1]!r} holds True and False" in refusal(competition, mixed, answers)


@pytest.mark.parametrize("competition", [LEAF, CHATBOTS])
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((0.5, None, 0.5), "is missing"),
        ((1.1, -0.1, 0), "is above 1"),
        ((1 + 1e-9, -1e-9, 0), "is above 1"),
        ((1.0, -1e-9, 1e-9), "is below 0"),
        ((0.5, 0.5, "abc"), "'abc' in column"),
        ((0.5, math.inf, 0), "is above 1"),
        ((0.5, 0.4, 0), "adds up to 0.9"),
        ((0, 0, 0), "adds up to 0.0"),
    ],
)
def test_shares_are_checked(competition, row, said):
    """Range, blanks, text and sum, with the row that is wrong."""
    answers = classes(competition, TRUTH)
    given = classes(competition, [*SHARES[:2], row, SHARES[3]])
    reason = refusal(competition, given, answers)
    assert said in reason
    assert "row 3" in reason


@pytest.mark.parametrize(
    ("competition", "off", "is_fine"),
    [
        (DOGS, 1.09e-5, True),
        (DOGS, -1.09e-5, True),
        (DOGS, 1.11e-5, False),
        (DOGS, -1.11e-5, False),
        (LEAF, 1.09e-5, True),
        (LEAF, 1.11e-5, False),
        (SPOOKY, -1.09e-5, True),
        (SPOOKY, -1.11e-5, False),
        (CHATBOTS, 4.9e-7, True),
        (CHATBOTS, -4.9e-7, True),
        (CHATBOTS, 5.1e-7, False),
        (CHATBOTS, -5.1e-7, False),
        # Multiplied by 1e6 it is a tie, which goes to the even neighbour, 1000000.
        (CHATBOTS, -5e-7, True),
    ],
)
def test_sums_have_a_tolerance(competition, off, is_fine):
    """1.1e-5, or six decimals for the chatbots; what is tolerated is not divided."""
    answers = classes(competition, TRUTH)
    given = classes(competition, [(0.25 + off, 0.25, 0.5), *SHARES[1:]])
    if not is_fine:
        assert "adds up to" in refusal(competition, given, answers)
        return
    loss = LOSS + (math.log(0.5) - math.log(0.25 + off)) / 4
    assert accepted(competition, given, answers) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("competition", CLASSES)
def test_classes_need_their_columns_and_ids(competition):
    """Columns in any order; all of them, all ids and as many rows as asked for."""
    answers = classes(competition, TRUTH)
    given = classes(competition, SHARES)
    name, *others = given.columns
    turned = given[[name, *others[::-1]]]
    assert accepted(competition, turned, answers) == pytest.approx(LOSS)
    assert "missing" in refusal(competition, given.drop(columns=others[1]), answers)
    assert "missing" in refusal(competition, given.drop(columns=name), answers)
    assert "rows" in refusal(competition, given[:3], answers)
    for names in ("abcx", "abcc"):
        wrong = classes(competition, SHARES, names)
        assert "'d'" in refusal(competition, wrong, answers)


def test_further_class_columns_are_dropped_or_refused():
    """Dogs and chatbots ignore them; leaves and authors count columns."""
    for competition in CLASSES:
        answers = classes(competition, TRUTH)
        wide = classes(competition, SHARES).assign(more="text")
        if competition in {DOGS, CHATBOTS}:
            assert accepted(competition, wide, answers) == pytest.approx(LOSS)
        else:
            assert "not allowed: 'more'" in refusal(competition, wide, answers)


def test_the_id_of_a_sentence_comes_first():
    """Authors are columns two to four by place; elsewhere the id may stand last."""
    for competition in CLASSES:
        answers = classes(competition, TRUTH)
        given = classes(competition, SHARES)
        turned = given[[*given.columns[1:], given.columns[0]]]
        if competition == SPOOKY:
            assert "first column must be 'id'" in refusal(SPOOKY, turned, answers)
        else:
            assert accepted(competition, turned, answers) == pytest.approx(LOSS)


@pytest.mark.parametrize("competition", [REDUX, ICEBERG])
def test_binary_log_loss(competition):
    """-ln of the probability of what is true, clipped; sets of ids must agree."""
    column = load_card(competition).target_columns[0]
    answers = pd.DataFrame({"id": [1, 2, 3, 4], column: [1, 0, 1, 0]})
    given = pd.DataFrame({"id": [1, 2, 3, 4], column: [0.5, 0.2, 0, 0]})
    loss = -(math.log(0.5) + math.log(0.8) + math.log(EPSILON)) / 4
    assert accepted(competition, given, answers) == pytest.approx(loss, rel=1e-12)
    moved = given.iloc[[3, 0, 2, 1]].assign(more=1)
    assert accepted(competition, moved, answers) == pytest.approx(loss, rel=1e-12)
    certain = accepted(competition, answers, answers)
    assert certain == pytest.approx(EPSILON, rel=0.01)
    flags = answers.astype({column: bool})
    assert accepted(competition, flags, answers) == certain
    for value, said in ((1.0000001, "above 1"), (-1e-9, "below 0"), (None, "missing"),
                        ("x", "not a number"), (math.inf, "above 1")):  # fmt: skip
        broken = given.astype({column: object})
        broken.loc[1, column] = value
        assert said in refusal(competition, broken, answers)
    assert "5 rows; 4" in refusal(competition, pd.concat([given, given[:1]]), answers)
    repeated = given.assign(id=[1, 2, 3, 3])
    assert "4" in refusal(competition, repeated, answers)
    one = answers.assign(**{column: 1})
    assert "of one class" in refusal(competition, given, one)
    assert f"{column!r} is missing" in refusal(competition, given[["id"]], answers)


LABELS = ["patient_overall", "C1", "C2", "C3", "C4", "C5", "C6", "C7"]


def spine(values, studies=("1.2.3", "1.9")):
    """One row per study and label, label by label as the real answers have them."""
    names = [f"{study}_{label}" for label in LABELS for study in studies]
    return pd.DataFrame({"row_id": names, "fractured": values})


def test_spines_weigh_patients_and_fractures():
    """Weights 14 and 7 for the patient, 2 and 1 for a vertebra, by study."""
    truth = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    answers = spine(truth)
    given = spine([0.6, 0.3] + [0.2, 0.1] * 7)
    first = 14 * math.log(0.6) + 2 * math.log(0.2) + 6 * math.log(0.8)
    second = 7 * math.log(0.7) + 7 * math.log(0.9)
    loss = -(first / (14 + 2 + 6) + second / 14) / 2
    assert accepted(SPINE, given, answers) == pytest.approx(loss, rel=1e-12)
    moved = given.sample(frac=1, random_state=0)
    assert accepted(SPINE, moved, answers) == pytest.approx(loss, rel=1e-12)
    # A sure mistake costs -ln(1e-15), for whoever says 0 or 1.
    wrong = accepted(SPINE, spine([0] + [0.5] * 15), answers)
    mistake = -(14 * math.log(1e-15) + 8 * math.log(0.5)) / 22
    assert wrong == pytest.approx((mistake - math.log(0.5)) / 2, rel=1e-12)
    assert accepted(SPINE, answers, answers) == pytest.approx(1e-15, rel=0.2)


def test_spines_are_checked():
    """Range, blanks, ids and columns."""
    answers = spine([0, 1] * 8)
    for value, said in ((1.01, "above 1"), (-1, "below 0"), (None, "missing"),
                        ("x", "not a number")):  # fmt: skip
        given = spine([0.5] * 15 + [value])
        assert said in refusal(SPINE, given, answers)
    given = spine([0.5] * 16)
    assert "15 rows; 16" in refusal(SPINE, given[1:], answers)
    assert "missing" in refusal(SPINE, spine([0.5] * 16, ("1.2.3", "1.8")), answers)
    assert "'fractured' is missing" in refusal(SPINE, given[["row_id"]], answers)
    assert accepted(SPINE, given, answers) == pytest.approx(math.log(2))


VOTES = load_card(BRAIN).target_columns


def brain(rows, names=(11, 22, 33)):
    return pd.DataFrame(rows, columns=VOTES).assign(eeg_id=names)


COUNTS = [(3, 0, 0, 0, 0, 0), (0, 1, 1, 0, 0, 2), (0, 0, 0, 0, 5, 5)]
GUESS = [
    (0.5, 0.1, 0.1, 0.1, 0.1, 0.1),
    (0, 0.5, 0, 0, 0.25, 0.25),
    (0, 0, 0, 0, 0.5, 0.5),
]
# Counts are divided by their sum: ln(1 / .5) in the first row, in the second
# .25 ln(.25 / .5) + .25 ln(.25 / 1e-15) + .5 ln(.5 / .25), and 0 in the third.
DIVERGENCE = (
    math.log(2)
    + 0.25 * math.log(0.5)
    + 0.25 * math.log(0.25e15)
    + 0.5 * math.log(2)
) / 3  # fmt: skip


def test_votes_by_hand():
    """The divergence from the shares of the votes, clipped at 1e-15."""
    answers = brain(COUNTS)
    assert accepted(BRAIN, brain(GUESS), answers) == pytest.approx(
        DIVERGENCE, rel=1e-12
    )
    turned = brain(GUESS).iloc[::-1]
    assert accepted(BRAIN, turned, answers) == pytest.approx(DIVERGENCE, rel=1e-12)
    shares = brain(np.array(COUNTS) / np.array([[3], [4], [10]]))
    assert accepted(BRAIN, shares, answers) == pytest.approx(1e-15 / 3, abs=1e-15)


@pytest.mark.parametrize(
    ("off", "is_fine"),
    [(4.9e-6, True), (-4.9e-6, True), (5.1e-6, False), (-5.1e-6, False),
     (6e-6, False), (1.05e-5, False)],
)  # fmt: skip
def test_sums_of_votes_are_rounded_to_five_decimals(off, is_fine):
    """A row may be off by less than half of the fifth decimal."""
    rows = [(0.5 + off, 0.5, 0, 0, 0, 0), *GUESS[1:]]
    if is_fine:
        accepted(BRAIN, brain(rows), brain(COUNTS))
    else:
        assert "adds up to" in refusal(BRAIN, brain(rows), brain(COUNTS))


def test_sums_of_votes_round_as_python_does():
    """On doubles around the bounds, against round itself."""
    for bound in (0.999995, 1.000005):
        value = bound
        for _ in range(3):
            value = math.nextafter(value, 0)
        for _ in range(7):
            answers = brain([(1, 0, 0, 0, 0, 0)], [1])
            # A second class keeps every value within 0 to 1.
            low = value / 2
            given = brain([(low, value - low, 0, 0, 0, 0)], [1])
            found = grade(BRAIN, given, answers=answers)
            assert low + (value - low) == value
            assert found.valid == (round(value, 5) == 1)
            value = math.nextafter(value, 2)


def test_further_columns_of_votes_count_in_the_second_check():
    """Extra columns may hold next to nothing, and nothing but numbers."""
    answers = brain(COUNTS)
    given = brain(GUESS)
    for harmless in (0, 0.0, 1e-9, 9e-6, None, [0, None, 1e-6]):
        wide = given.assign(more=harmless)
        assert accepted(BRAIN, wide, answers) == pytest.approx(DIVERGENCE, rel=1e-12)
        assert "'more'" in grade(BRAIN, wide, answers=answers).warnings[0]
    for harmful, said in (
        (1.2e-5, "over all its columns"),
        (7, "above 1"),
        (-1e-9, "below 0"),
        ("text", "'text' in column 'more' is not a number"),
        (False, "'more' holds True and False"),
        (math.inf, "above 1"),
    ):
        wide = given.assign(more=harmful)
        assert said in refusal(BRAIN, wide, answers)
    indexed = given.reset_index(names="Unnamed: 0")
    assert "above 1" in refusal(BRAIN, indexed, answers)


def test_votes_of_flags():
    """Six columns of True and False are shares; one of them among numbers is not."""
    answers = brain(COUNTS)
    rows = np.eye(6, dtype=bool)[[0, 5, 5]]
    numbers = accepted(BRAIN, brain(rows.astype(int)), answers)
    assert accepted(BRAIN, brain(rows), answers) == numbers
    mixed = brain(rows.astype(int)).astype({VOTES[1]: bool})
    assert "holds True and False" in refusal(BRAIN, mixed, answers)


def test_a_blank_vote_counts_nothing():
    """If the others add up to 1, a blank is accepted and counts as no error."""
    answers = brain(COUNTS)
    rows = [(None, 0.2, 0.2, 0.2, 0.2, 0.2), *GUESS[1:]]
    wanted = DIVERGENCE - math.log(2) / 3
    found = accepted(BRAIN, brain(rows), answers, "counted as no error")
    assert found == pytest.approx(wanted, rel=1e-12)
    rows[0] = (None, 0.2, 0.2, 0.2, 0.2, 0.1)
    assert "adds up to 0.9" in refusal(BRAIN, brain(rows), answers)
    rows[0] = (None,) * 6
    assert "adds up to 0.0" in refusal(BRAIN, brain(rows), answers)


def test_repeated_recordings_keep_the_order_of_the_answers():
    """Ids repeat in the real answers; only their own order is safe."""
    answers = brain(COUNTS, [11, 22, 11])
    given = brain(GUESS, [11, 22, 11])
    assert accepted(BRAIN, given, answers) == pytest.approx(DIVERGENCE, rel=1e-12)
    moved = given.iloc[[1, 0, 2]]
    found = accepted(BRAIN, moved, answers, "occur more than once: 11")
    assert found == pytest.approx(DIVERGENCE, rel=1e-12)
    # Sets of ids are compared, so another one may be the repeated one: sorted,
    # 11 22 22 stands against 11 11 22, row by row.
    other = brain([GUESS[0], GUESS[2], GUESS[1]], [11, 22, 22])
    found = accepted(BRAIN, other, answers, "occur more than once: 22")
    assert found == pytest.approx(DIVERGENCE, rel=1e-12)
    assert "missing" in refusal(BRAIN, brain(GUESS, [11, 11, 11]), answers)
    assert "unknown" in refusal(BRAIN, brain(GUESS, [11, 22, 33]), answers)


def test_votes_are_checked():
    """Columns, rows, range and text."""
    answers = brain(COUNTS)
    given = brain(GUESS)
    without = given.drop(columns=VOTES[2])
    assert f"{VOTES[2]!r} is missing" in refusal(BRAIN, without, answers)
    assert "2 rows; 3" in refusal(BRAIN, given[1:], answers)
    rows = [(1.1, -0.1, 0, 0, 0, 0), *GUESS[1:]]
    assert "is above 1" in refusal(BRAIN, brain(rows), answers)
    rows = [("a", 1, 0, 0, 0, 0), *GUESS[1:]]
    assert "not a number" in refusal(BRAIN, brain(rows), answers)


def breast(values):
    names = [f"{number}_L" for number in range(len(values))]
    return pd.DataFrame({"prediction_id": names, "cancer": values})


def test_breasts_by_hand():
    """Precision .8 / 1.3 and recall .8 / 2; values are clipped one by one."""
    answers = breast([1, 0, 1, 0])
    precision, recall = 0.8 / 1.3, 0.8 / 2
    wanted = 2 * precision * recall / (precision + recall)
    given = breast([0.8, 0.5, 0, 0])
    assert accepted(BREAST, given, answers) == pytest.approx(wanted, rel=1e-12)
    turned = given.iloc[::-1]
    assert accepted(BREAST, turned, answers) == pytest.approx(wanted, rel=1e-12)
    wild = breast([0.8, 0.5, -7, -0.1])
    found = accepted(BREAST, wild, answers, "outside of 0 to 1")
    assert found == pytest.approx(wanted, rel=1e-12)
    found = accepted(BREAST, breast([math.inf, 9, -1, 0]), answers, "outside")
    assert found == pytest.approx(2 * 0.5 * 0.5, rel=1e-12)
    assert accepted(BREAST, answers, answers) == 1
    flags = breast([True, False, True, False])
    assert accepted(BREAST, flags, answers) == 1


def test_breasts_without_a_hit():
    """Zeros score 0, nothing but negatives is refused, and so is an answer without."""
    answers = breast([1, 0, 1, 0])
    assert accepted(BREAST, breast([0] * 4), answers) == 0
    assert accepted(BREAST, breast([-0.0] * 4), answers) == 0
    assert accepted(BREAST, breast([0, 1, 0, 1]), answers) == 0
    assert accepted(BREAST, breast([-1, -1, -1, 0]), answers, "outside") == 0
    assert accepted(BREAST, breast([-1, 0.5, -1, -1]), answers, "outside") == 0
    assert "are below 0" in refusal(BREAST, breast([-1, -2, -0.1, -3]), answers)
    assert "no answer" in refusal(BREAST, breast([1] * 4), breast([0] * 4))


def test_a_blank_breast_scores_nothing():
    """One missing value makes the score 0, also among True and False."""
    answers = breast([1, 0, 1, 0])
    for values in ([1, None, 1, 0], [None, 0, 1, 0], [True, None, True, False],
                   [None] * 4, [-1, None, -1, -1]):  # fmt: skip
        assert accepted(BREAST, breast(values), answers, "made the score 0") == 0
    for text in ("x", "1_0", "9" * 30):
        reason = refusal(BREAST, breast([1, 0, 1, text]), answers)
        assert "number" in reason or "text" in reason
    assert "no answer" in refusal(BREAST, breast([1, None, 1, 1]), breast([0] * 4))


def test_breasts_need_columns_and_ids():
    """Each id once, in any order."""
    answers = breast([1, 0, 1, 0])
    given = breast([1, 0, 1, 0])
    assert "'cancer' is missing" in refusal(BREAST, given[["prediction_id"]], answers)
    assert "3 rows; 4" in refusal(BREAST, given[:3], answers)
    wrong = given.assign(prediction_id=["0_L", "1_L", "2_L", "3_R"])
    assert "'3_L'" in refusal(BREAST, wrong, answers)


TAGS = load_card(SOUNDS).target_columns


def sounds(rows):
    """Clips with scores or labels for the first tags; the others have 0."""
    columns = {name: [0.0] * len(rows) for name in TAGS}
    for place in range(len(rows[0])):
        columns[TAGS[place]] = [row[place] for row in rows]
    names = [f"{number}.wav" for number in range(len(rows))]
    return pd.DataFrame({"fname": names, **columns})


LABELLED = [(1, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 0)]
RANKED = [(0.9, 0.5, 0.3, 0.1), (0.6, 0.3, 0.2, 0.3), (0.5, 0.5, 0.5, 0.5)]
# Ranks 1 and 3 of two, 2/3 for the second; then a tie on place 3, which counts whole.
PRECISION = (1 + 2 / 3 + 1 / 3) / 3


def test_tags_by_hand():
    """Each true label counts alike; a clip without labels is left out."""
    answers = sounds(LABELLED)
    given = sounds(RANKED)
    assert accepted(SOUNDS, given, answers) == pytest.approx(PRECISION, rel=1e-12)
    turned = given.iloc[::-1]
    assert accepted(SOUNDS, turned, answers) == pytest.approx(PRECISION, rel=1e-12)
    assert accepted(SOUNDS, answers, answers) == 1
    # Without scores all 80 tie on the last place.
    nothing = accepted(SOUNDS, sounds([(0, 0, 0, 0)] * 3), answers)
    assert nothing == pytest.approx((2 * 2 / 80 + 1 / 80) / 3, rel=1e-12)
    logits = sounds([(9, 5, 3, 1), (6, -1, -2, -1), (0, 0, 0, 0)])
    assert accepted(SOUNDS, logits, answers) < PRECISION


def test_tags_have_an_order():
    """The file name comes first, then the vocabulary in its order, and no more."""
    answers = sounds(LABELLED)
    given = sounds(RANKED)
    last = given[[*TAGS, "fname"]]
    assert "first column must be 'fname'" in refusal(SOUNDS, last, answers)
    swapped = given[["fname", TAGS[1], TAGS[0], *TAGS[2:]]]
    reason = refusal(SOUNDS, swapped, answers)
    assert f"{TAGS[1]!r} in the place of {TAGS[0]!r}" in reason
    assert "not allowed" in refusal(SOUNDS, given.assign(more=1), answers)
    short = given.drop(columns=TAGS[7])
    assert f"{TAGS[7]!r} is missing" in refusal(SOUNDS, short, answers)
    assert "2 rows; 3" in refusal(SOUNDS, given[1:], answers)
    wrong = given.assign(fname=["0.wav", "1.wav", "x.wav"])
    assert "'2.wav'" in refusal(SOUNDS, wrong, answers)


def test_tags_must_be_finite_where_they_count():
    """A blank is refused in a clip with labels, and a danger in one without."""
    answers = sounds(LABELLED)
    for value in (None, math.inf, -math.inf):
        rows = [RANKED[0], (value, 0.3, 0.2, 0.3), RANKED[2]]
        reason = refusal(SOUNDS, sounds(rows), answers)
        assert "not a finite number" in reason
        assert "row 2" in reason
        rows = [*RANKED[:2], (value, 0.5, 0.5, 0.5)]
        found = accepted(SOUNDS, sounds(rows), answers, "not finite numbers")
        assert found == pytest.approx(PRECISION, rel=1e-12)
    rows = [*RANKED[:2], ("x", 0.5, 0.5, 0.5)]
    assert "not a number" in refusal(SOUNDS, sounds(rows), answers)
    nothing = sounds([(0, 0, 0, 0)] * 3)
    assert "no clip" in refusal(SOUNDS, sounds(RANKED), nothing)


def test_tags_of_flags():
    """One column of True and False counts as numbers; 80 of them cannot be ranked."""
    answers = sounds(LABELLED)
    one = answers.astype({TAGS[0]: bool})
    assert accepted(SOUNDS, one, answers) == 1
    every = answers.astype(dict.fromkeys(TAGS, bool))
    assert "True and False" in refusal(SOUNDS, every, answers)
