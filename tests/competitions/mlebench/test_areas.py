"""Protocols for areas under ROC curves, accident by accident."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import grade, load_card

CACTUS = "aerial-cactus-identification"
INSULTS = "detecting-insults-in-social-commentary"
CATHETERS = "ranzcr-clip-catheter-line-classification"
ENZYMES = "playground-series-s3e18"
LEAVES = "plant-pathology-2020-fgvc7"
TOXIC = "jigsaw-toxic-comment-classification-challenge"
ALASKA = "alaska2-image-steganalysis"
BIAS = "jigsaw-unintended-bias-in-toxicity-classification"
PLAIN = [
    CACTUS,
    INSULTS,
    "histopathologic-cancer-detection",
    "invasive-species-monitoring",
    "mlsp-2013-birds",
    "random-acts-of-pizza",
    "rsna-miccai-brain-tumor-radiogenomic-classification",
    "seti-breakthrough-listen",
    "siim-isic-melanoma-classification",
    "tabular-playground-series-may-2022",
    "the-icml-2013-whale-challenge-right-whale-redux",
]
# Three of the four pairs of a positive and a negative row are in order.
TRUTH, SCORES, AREA = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75
NAMES = ["a", "b", "c", "d"]


def table(competition, columns, names=NAMES):
    """A frame with the id column and the target columns; one list serves all."""
    card = load_card(competition)
    if not isinstance(columns, dict):
        columns = dict.fromkeys(card.target_columns, columns)
    return pd.DataFrame({card.id_column: names, **columns})


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


@pytest.mark.parametrize("competition", PLAIN)
def test_plain_areas_are_those_of_pairs(competition):
    """The share of pairs in order, in any order of rows, also strict."""
    answers = table(competition, TRUTH)
    assert accepted(competition, table(competition, SCORES), answers) == AREA
    assert accepted(competition, table(competition, TRUTH), answers) == 1
    assert accepted(competition, table(competition, [0.5] * 4), answers) == 0.5
    shuffled = table(competition, SCORES).iloc[[2, 0, 3, 1]]
    assert accepted(competition, shuffled, answers) == AREA
    ties = table(competition, [0.4, 0.4, 0.4, 0.8])
    assert accepted(competition, ties, answers) == 0.75


@pytest.mark.parametrize("competition", [CACTUS, CATHETERS])
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (-1e-9, "is below 0"),
        (1 + 1e-9, "is above 1"),
        (math.inf, "is above 1"),
        (-math.inf, "is below 0"),
        (None, "is missing"),
        ("abc", "'abc' in column"),
        ("1_0", "makes the column text"),
    ],
)
def test_values_have_a_range(competition, bad, said):
    """A value out of 0..1, missing or no number is refused, with its row."""
    answers = table(competition, TRUTH)
    values = [0.1, 0.4, bad, 0.8]
    reason = refusal(competition, table(competition, values), answers)
    assert said in reason
    assert "row 3" in reason


def test_flags_are_numbers():
    """True and False count as 1 and 0, on either side; with a blank they are none."""
    answers = table(CACTUS, TRUTH)
    flags = table(CACTUS, [False, True, True, True])
    assert accepted(CACTUS, flags, answers) == 0.75
    pizza = "random-acts-of-pizza"
    answers = table(pizza, [False, False, True, True])
    assert accepted(pizza, table(pizza, SCORES), answers) == AREA
    blank = table(CACTUS, [False, None, True, True])
    answers = table(CACTUS, TRUTH)
    assert "True and False with missing values" in refusal(CACTUS, blank, answers)


def test_huge_numbers_are_refused():
    """They are above 1 or, where a number has no room for them, text."""
    answers = table(CACTUS, TRUTH)
    for huge in ("1e308", "9" * 19):
        assert "is above 1" in refusal(CACTUS, table(CACTUS, [0, 0, 1, huge]), answers)
    for huge in ("1e400", "9" * 30, "9" * 400):
        assert "text" in refusal(CACTUS, table(CACTUS, [0, 0, 1, huge]), answers)


def test_columns_and_ids_are_checked():
    """Each column must be there, each id as often as in the answers."""
    answers = table(CACTUS, TRUTH)
    good = table(CACTUS, SCORES)
    assert "'has_cactus' is missing" in refusal(CACTUS, good[["id"]], answers)
    assert "'id' is missing" in refusal(CACTUS, good[["has_cactus"]], answers)
    assert "3 rows; 4 are" in refusal(CACTUS, good[:3], answers)
    assert "0 rows; 4 are" in refusal(CACTUS, good[:0], answers)
    for names, said in (
        (["a", "b", "c", "x"], "missing from column 'id': 'd'"),
        (["a", "b", "c", "c"], "missing from column 'id': 'd'"),
        (["a", "b", "c", None], "is missing (row 4)"),
        ([1, 2, 3, 4], "missing from column 'id'"),
    ):
        reason = refusal(CACTUS, table(CACTUS, SCORES, names), answers)
        assert said in reason


def test_further_columns_are_noted():
    """They are ignored: no danger, but a note."""
    answers = table(CACTUS, TRUTH)
    wide = table(CACTUS, SCORES).assign(more=7)
    assert accepted(CACTUS, wide, answers) == AREA
    assert "'more'" in grade(CACTUS, wide, answers=answers).warnings[0]
    whale = "the-icml-2013-whale-challenge-right-whale-redux"
    indexed = table(whale, SCORES).reset_index(names="Unnamed: 0")
    assert accepted(whale, indexed, table(whale, TRUTH)) == AREA


def test_comments_are_ids_byte_for_byte():
    """The id may hold commas, quotes and lines, and is compared as it stands."""
    names = ['say "no", twice', "two\nlines", " blank ahead", "d"]
    answers = table(INSULTS, TRUTH, names)
    good = table(INSULTS, SCORES, names)
    assert accepted(INSULTS, good.iloc[::-1], answers) == AREA
    names[2] = "blank ahead"
    assert "missing" in refusal(INSULTS, table(INSULTS, SCORES, names), answers)


def test_repeated_answers_keep_their_order():
    """Ids that repeat in the answers are safe in that order and a danger in another."""
    names = ["a", "a", "b", "c"]
    answers = table(INSULTS, TRUTH, names)
    good = table(INSULTS, SCORES, names)
    assert accepted(INSULTS, good, answers) == AREA
    # The two rows of "a" change places with each other, which makes no pair worse.
    swapped = good.iloc[[1, 0, 2, 3]]
    assert accepted(INSULTS, swapped, answers) == AREA
    moved = good.iloc[[2, 0, 1, 3]]
    assert accepted(INSULTS, moved, answers, "occur more than once: 'a'") == AREA
    reason = refusal(INSULTS, table(INSULTS, SCORES, ["a", "b", "b", "c"]), answers)
    assert "as often as in the answers" in reason


def test_repeated_texts_are_sorted_as_pandas_sorts_them():
    """With equal texts, rows meet as an unstable sort of each table leaves them."""
    names = [f"n{number % 20}" for number in range(60)]
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 2, 60)
    scores = generator.random(60).round(3)
    answers = table(INSULTS, truth, names)
    given = table(INSULTS, scores, names).iloc[generator.permutation(60)]
    found = accepted(INSULTS, given, answers, "occur more than once")
    by_id = given["Comment"].to_numpy(object).argsort(kind="quicksort")
    order = np.array(names, object).argsort(kind="quicksort")
    high = given["Insult"].to_numpy()[by_id][truth[order] == 1]
    low = given["Insult"].to_numpy()[by_id][truth[order] == 0]
    pairs = (high[:, None] > low).mean() + (high[:, None] == low).mean() / 2
    assert found == pytest.approx(pairs, rel=1e-12)


@pytest.mark.parametrize("competition", [CACTUS, CATHETERS, ENZYMES, LEAVES, TOXIC])
def test_one_class_has_no_area(competition):
    """Answers of one class in any column refuse the file, and so do no answers."""
    columns = dict.fromkeys(load_card(competition).target_columns, TRUTH)
    columns[list(columns)[-1]] = [1, 1, 1, 1]
    answers = table(competition, columns)
    reason = refusal(competition, table(competition, SCORES), answers)
    assert "of one class" in reason
    empty = table(competition, SCORES)[:0]
    assert refusal(competition, empty, empty)


def test_answers_need_two_classes():
    """Three labels or a missing one are no question of yes or no."""
    for truth in ([0, 1, 2, 1], [0, 1, None, 1]):
        answers = table(CACTUS, truth)
        assert "two classes" in refusal(CACTUS, table(CACTUS, SCORES), answers)
    answers = table(CACTUS, ["no", "yes", "no", "yes"])
    assert "no numbers" in refusal(CACTUS, table(CACTUS, SCORES), answers)


@pytest.mark.parametrize("competition", [CATHETERS, ENZYMES, LEAVES, TOXIC])
def test_columns_count_alike(competition):
    """The score is the plain mean over columns."""
    answers = table(competition, TRUTH)
    names = load_card(competition).target_columns
    columns = dict.fromkeys(names, SCORES)
    columns[names[0]] = [0.9, 0.8, 0.1, 0.1]
    found = accepted(competition, table(competition, columns), answers)
    assert found == pytest.approx(AREA * (len(names) - 1) / len(names), rel=1e-12)


def test_catheters_are_nine_columns():
    """The two that were left out are not read, in answers or submission."""
    card = load_card(CATHETERS)
    assert len(card.target_columns) == 9
    answers = table(CATHETERS, TRUTH).assign(**{"Swan Ganz Catheter Present": 1})
    assert accepted(CATHETERS, table(CATHETERS, SCORES), answers) == AREA
    without = table(CATHETERS, SCORES).drop(columns="CVC - Borderline")
    assert "'CVC - Borderline' is missing" in refusal(CATHETERS, without, answers)
    assert "3 rows" in refusal(CATHETERS, table(CATHETERS, SCORES)[:3], answers)


@pytest.mark.parametrize("competition", [ENZYMES, LEAVES, TOXIC])
def test_open_areas_have_no_range(competition):
    """Any finite score is ranked; strict refuses what is no probability."""
    answers = table(competition, TRUTH)
    logits = table(competition, [-3.0, 0.5, 0.4, 1e308])
    assert accepted(competition, logits, answers, "outside of 0 to 1") == AREA
    for bad, said in ((None, "missing"), (math.inf, "infinite"), ("x", "not a number")):
        broken = table(competition, [0.1, 0.4, bad, 0.8])
        assert said in refusal(competition, broken, answers)


@pytest.mark.parametrize("competition", [ENZYMES, LEAVES, TOXIC, ALASKA])
def test_late_conversion_takes_what_python_takes(competition):
    """Underscores, foreign digits and huge whole numbers are numbers to Python."""
    answers = table(competition, TRUTH)
    for text, danger in (
        ("1_0", "not finite numbers"),
        ("\u0665", "not finite numbers"),
        ("9" * 30, None if competition == ALASKA else "outside of 0 to 1"),
    ):
        given = table(competition, [1, 4, 3, text])
        wanted = grade(competition, table(competition, SCORES), answers=answers)
        assert accepted(competition, given, answers, danger) == wanted.score_full
    assert "not a number" in refusal(
        competition, table(competition, [0, 0, 1, "1__0"]), answers
    )
    assert refusal(competition, table(competition, [0, 0, 1, "9" * 400]), answers)


def test_leaves_have_exactly_five_columns():
    """A further column refuses the file; the order of columns is free."""
    answers = table(LEAVES, TRUTH)
    wide = table(LEAVES, SCORES).assign(more=1)
    assert "not allowed: 'more'" in refusal(LEAVES, wide, answers)
    turned = table(LEAVES, SCORES)[["scab", "image_id", "rust", "healthy",
                                    "multiple_diseases"]]  # fmt: skip
    assert accepted(LEAVES, turned, answers) == AREA
    narrow = table(LEAVES, SCORES).drop(columns="scab")
    assert "'scab' is missing" in refusal(LEAVES, narrow, answers)


def test_enzymes_read_two_columns():
    """The other four of the answers are neither needed nor read."""
    answers = table(ENZYMES, TRUTH).assign(EC3=1)
    assert accepted(ENZYMES, table(ENZYMES, SCORES).assign(EC3=0), answers) == AREA


def test_unlabelled_comments_are_left_out():
    """Rows that are -1 in the answers may hold anything, which is a danger."""
    names = ["a", "b", "x", "c", "d"]
    answers = table(TOXIC, [0, 0, -1, 1, 1], names)
    given = table(TOXIC, [0.1, 0.4, 0.9, 0.35, 0.8], names)
    assert accepted(TOXIC, given, answers) == AREA
    assert accepted(TOXIC, given.iloc[::-1], answers) == AREA
    for value in (None, math.inf, "abc", "9" * 400):
        odd = table(TOXIC, [0.1, 0.4, value, 0.35, 0.8], names)
        found = accepted(TOXIC, odd, answers, "not finite numbers")
        assert found == AREA
    nothing = table(TOXIC, [-1] * 5, names)
    assert "no row of the answers" in refusal(TOXIC, given, nothing)


def test_toxic_columns_are_compared_by_place():
    """Labels in another order are held against the wrong ones."""
    answers = table(TOXIC, dict.fromkeys(load_card(TOXIC).target_columns, TRUTH))
    answers["threat"] = [1, 1, 0, 0]
    given = answers.copy()
    assert accepted(TOXIC, given, answers) == 1
    turned = given[["id", "threat", "toxic", "severe_toxic", "obscene", "insult",
                    "identity_hate"]]  # fmt: skip
    # Two of six columns are wrong throughout.
    found = accepted(TOXIC, turned, answers, "in another order")
    assert found == pytest.approx(4 / 6)
    last = given[[*given.columns[1:], "id"]]
    assert accepted(TOXIC, last, answers) == 1
    wide = given.assign(more=0.5)
    assert "not allowed: 'more'" in refusal(TOXIC, wide, answers)


def test_a_repeated_comment_shifts_the_rows():
    """Sorted by id, rows are compared by place: a repeated id moves those between."""
    answers = table(TOXIC, [0, 1, 0, 1])
    given = table(TOXIC, [0.1, 0.9, 0.2, 0.8], ["a", "a", "c", "d"])
    # Sorted: a a c d against a b c d, so the order of the two rows of a counts.
    found = accepted(TOXIC, given, answers, "occur more than once: 'a'")
    assert found == 1
    later = table(TOXIC, [0.1, 0.9, 0.2, 0.8], ["a", "d", "c", "d"])
    # Sorted: a c d d with 0.1 0.2 0.9 0.8 against 0 1 0 1; one pair of four is wrong
    # twice: 0.2 and 0.8 against 0.9.
    found = accepted(TOXIC, later, answers, "occur more than once: 'd'")
    assert found == 0.5
    unknown = table(TOXIC, SCORES, ["a", "b", "c", "x"])
    assert "'d'" in refusal(TOXIC, unknown, answers)
    assert "3 rows; 4" in refusal(TOXIC, given[:3], answers)


def test_a_repeated_comment_must_not_change_the_number_of_rows():
    """After unlabelled rows are left out, both tables need as many rows."""
    answers = table(TOXIC, [0, 1, 1, -1])
    given = table(TOXIC, SCORES, ["a", "b", "c", "c"])
    assert "4 rows have ids that are scored" in refusal(TOXIC, given, answers)
    given = table(TOXIC, SCORES, ["a", "b", "d", "d"])
    assert "2 rows have ids that are scored" in refusal(TOXIC, given, answers)


@pytest.mark.parametrize("cell", ["", "x", " ", "True"])
def test_toxic_answers_are_numbers(cell):
    """A label of the answers that is missing or text scores no submission."""
    answers = table(TOXIC, [0, 1, 0, 1])
    given = table(TOXIC, SCORES)
    strange = answers.assign(threat=[cell, "1", "0", "1"])
    reason = refusal(TOXIC, given, strange)
    assert reason == (
        "no submission can be scored: in the answers, a label is missing or no number"
    )


def slow_weighted_area(truth, scores):
    """Walk along the ROC curve in small steps of both bands."""
    steps = sorted(set(scores), reverse=True)
    positive = [s for s, t in zip(scores, truth, strict=True) if t]
    negative = [s for s, t in zip(scores, truth, strict=True) if not t]
    points = [(0.0, 0.0)]
    points += [
        (
            sum(s >= step for s in negative) / len(negative),
            sum(s >= step for s in positive) / len(positive),
        )
        for step in steps
    ]
    total = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        # The integral of the height, in which what lies below 0.4 counts twice, is
        # exact by the trapezoid rule between corners and the crossing.
        cuts = [0.0, 1.0]
        if min(y0, y1) < 0.4 < max(y0, y1):
            cuts.insert(1, (0.4 - y0) / (y1 - y0))
        for a, b in pairwise(cuts):
            heights = [y0 + (y1 - y0) * cut for cut in (a, b)]
            weighed = [2 * min(h, 0.4) + max(h - 0.4, 0) for h in heights]
            total += (x1 - x0) * (b - a) * sum(weighed) / 2
    return total / 1.4


@pytest.mark.parametrize("seed", range(6))
def test_steganalysis_weighs_the_lower_part_twice(seed):
    """Against a walk along the curve, with ties, at and around the knee."""
    generator = np.random.default_rng(seed)
    n = 40 + seed
    truth = generator.integers(0, 2, n)
    scores = (generator.normal(size=n) + truth).round(1 if seed % 2 else 6)
    names = [f"{number}.jpg" for number in range(n)]
    found = accepted(
        ALASKA,
        table(ALASKA, scores, names).sample(frac=1, random_state=seed),
        table(ALASKA, truth, names),
    )
    assert found == pytest.approx(slow_weighted_area(truth, scores), rel=1e-12)


def test_steganalysis_by_hand():
    """All scores alike: a straight curve; below the knee 0.8 * 0.4, 1/2 in all."""
    answers = table(ALASKA, TRUTH)
    found = accepted(ALASKA, table(ALASKA, [7] * 4), answers)
    low = 0.4 - 0.4 * 0.4 / 2
    assert found == pytest.approx((2 * low + (0.5 - low)) / 1.4, rel=1e-12)
    assert accepted(ALASKA, table(ALASKA, TRUTH), answers) == pytest.approx(1)
    assert accepted(ALASKA, table(ALASKA, [1, 1, 0, 0]), answers) == 0
    # Two of five positives above both negatives: the knee lies on a corner.
    names = list("abcdefg")
    answers = table(ALASKA, [1, 1, 1, 1, 1, 0, 0], names)
    given = table(ALASKA, [9, 8, 3, 2, 1, 5, 4], names)
    assert accepted(ALASKA, given, answers) == pytest.approx(0.8 / 1.4, rel=1e-12)


def test_steganalysis_without_a_class():
    """Nothing positive scores 0; nothing negative is NaN, which strict refuses."""
    given = table(ALASKA, SCORES)
    assert accepted(ALASKA, given, table(ALASKA, [0] * 4)) == 0
    found = accepted(ALASKA, given, table(ALASKA, [1] * 4), "score is nan")
    assert math.isnan(found)
    assert "no rows" in refusal(ALASKA, given[:0], given[:0])


def test_steganalysis_notes_scores_on_another_scale():
    """It asks for any real score, so that is no danger."""
    found = grade(
        ALASKA, table(ALASKA, [-5, 0, 1, 9]), answers=table(ALASKA, TRUTH), strict=True
    )
    assert found.valid
    assert "outside of 0 to 1" in found.warnings[0]
    for bad, said in ((None, "missing"), (math.inf, "infinite")):
        broken = table(ALASKA, [0.1, 0.4, bad, 0.8])
        assert said in refusal(ALASKA, broken, table(ALASKA, TRUTH))


IDENTITIES = load_card(BIAS).answer_columns[2:]


def bias_answers(toxicity, columns):
    """Answers in which an identity without a column of its own has the first one."""
    first = next(iter(columns.values()))
    rows = {name: columns.get(name, first) for name in IDENTITIES}
    return pd.DataFrame(
        {"id": range(1, len(toxicity) + 1), "toxicity": toxicity} | rows
    )


def given_bias(values, name="prediction"):
    return pd.DataFrame({"id": range(1, len(values) + 1), name: values})


HALF = [0.5, 0.5, 0.5, 0.5, 0.1, None, 0.0, 0.4]
TOXICITY = [0.5, 0.9, 0.49, 0.0, 1.0, 0.6, 0.1, 0.2]
VERDICT = [0.5, 0.4999, 0.2, 0.1, 0.9, 0.7, 0.6, 0.3]


def test_bias_by_hand():
    """Predictions are cut at 0.5; an identity that is missing counts as absent.

    With the identity: positives 1 0, negatives 0 0.  Without: positives 1 1,
    negatives 1 0.
    """
    answers = bias_answers(TOXICITY, {"male": HALF})
    found = accepted(BIAS, given_bias(VERDICT), answers)
    overall = (1 + 3 / 4 - 1 / 4) / 2
    subgroup = (1 + 1 / 2 - 0) / 2
    background_positive = (1 + 1 - 0) / 2
    background_negative = (1 + 1 / 2 - 1 / 2) / 2
    # All nine identities are alike, so that power means are the areas.
    wanted = overall + subgroup + background_positive + background_negative
    assert found == pytest.approx(wanted / 4, rel=1e-12)
    turned = given_bias(VERDICT).iloc[::-1]
    assert accepted(BIAS, turned, answers) == pytest.approx(wanted / 4, rel=1e-12)


def test_bias_takes_power_means_over_nine_identities():
    """One identity with other areas weighs a ninth before the root."""
    other = [1, 0, 1, 0, 1, 0, 1, 0]
    answers = bias_answers(TOXICITY, {"female": HALF, "male": other})
    found = accepted(BIAS, given_bias(VERDICT), answers)
    areas = {"others": (0.75, 1.0, 0.5), "male": (1.0, 0.75, 0.75)}
    # male: with it positives 1 1, negatives 0 1; without it positives 0 1, negatives
    # 0 0.
    areas["male"] = (
        (1 + 1 - 1 / 2) / 2,
        (1 + 1 / 2 - 1 / 2) / 2,
        (1 + 1 - 0) / 2,
    )
    means = [
        ((8 * a**-5 + b**-5) / 9) ** (-1 / 5)
        for a, b in zip(areas["others"], areas["male"], strict=True)
    ]
    assert found == pytest.approx((0.75 + sum(means)) / 4, rel=1e-12)


def test_bias_reads_either_column():
    """The predictions may be called toxicity, but then there is no other."""
    answers = bias_answers(TOXICITY, {"male": HALF})
    wanted = accepted(BIAS, given_bias(VERDICT), answers)
    assert accepted(BIAS, given_bias(VERDICT, "toxicity"), answers) == wanted
    both = given_bias(VERDICT).assign(toxicity=0.5)
    assert "two columns of predictions" in refusal(BIAS, both, answers)
    none = given_bias(VERDICT, "score")
    assert "'prediction' is missing" in refusal(BIAS, none, answers)


def test_bias_accepts_blanks_and_any_range():
    """A blank counts as 0, a value out of range by its side of 0.5; text is refused."""
    answers = bias_answers(TOXICITY, {"male": HALF})
    wanted = accepted(BIAS, given_bias(VERDICT), answers)
    blank = [0.5, None, 0.2, 0.1, 0.9, 0.7, 0.6, 0.3]
    found = accepted(BIAS, given_bias(blank), answers, "missing value")
    assert found == wanted
    wild = [7, -1, -9, 0, math.inf, 1, 1, -math.inf]
    assert accepted(BIAS, given_bias(wild), answers, "outside of 0 to 1") == wanted
    flags = [True, False, False, False, True, True, True, False]
    assert accepted(BIAS, given_bias(flags), answers) == wanted
    flags[1] = None
    assert accepted(BIAS, given_bias(flags), answers, "missing value") == wanted
    for text in ("abc", "1_0", "9" * 40):
        reason = refusal(BIAS, given_bias([1, 0, 0, 0, 1, 1, 1, text]), answers)
        assert "number" in reason or "text" in reason


def test_bias_needs_every_area():
    """A subset without a class, and an area of 0, refuse the file."""
    answers = bias_answers(TOXICITY, {"male": HALF, "black": [0.0] * 8})
    reason = refusal(BIAS, given_bias(VERDICT), answers)
    assert "'black' is undefined" in reason
    answers = bias_answers([0.1] * 8, {"male": HALF})
    assert "one class" in refusal(BIAS, given_bias(VERDICT), answers)
    answers = bias_answers(TOXICITY, {"male": HALF})
    wrong = [0, 0, 1, 1, 1, 1, 0, 0]
    assert "'male' is 0" in refusal(BIAS, given_bias(wrong), answers)
    assert "7 rows; 8" in refusal(BIAS, given_bias(VERDICT[:7]), answers)
