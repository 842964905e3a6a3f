"""The grader of X-rays does what the reference was seen to do, one rule at a time."""

import math

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import grade
from mle_toolkit.competitions.metrics.coco import coco_map, most_confident
from tests.competitions.mlebench.boxes import boxes_of, random_rows, refused
from tests.competitions.mlebench.growth import assert_linear

XRAYS = "vinbigdata-chest-xray-abnormalities-detection"


def table(cells, ids="abcdef"):
    """A submission."""
    return pd.DataFrame(
        {"image_id": list(ids)[: len(cells)], "PredictionString": cells}
    )


def of(answers, cells, *, ids="abcdef", **options):
    """Our grade of texts."""
    return grade(XRAYS, table(cells, ids), answers=answers, **options)


def clean(answers, cells, score):
    """The score, and nothing to say about the file, also if the grade is strict."""
    found = of(answers, cells, strict=True)
    assert found.valid, found.reason
    assert found.warnings == ()
    assert found.score_full == pytest.approx(score, abs=1e-12)


def dangerous(answers, cells, score, danger, **options):
    """The score stays, the danger is named, and a strict grade refuses it."""
    found = of(answers, cells, **options)
    assert found.valid, found.reason
    assert found.score_full == pytest.approx(score, abs=1e-12)
    assert any(danger in warning for warning in found.warnings), found.warnings
    assert refused(of(answers, cells, strict=True, **options), "strict", danger)


def overlap(one, other):
    """COCO's IoU of corners that are taken for x, y, width and height."""
    wide = np.fmin(one[2] + one[0], other[2] + other[0]) - np.fmax(one[0], other[0])
    high = np.fmin(one[3] + one[1], other[3] + other[1]) - np.fmax(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / (one[2] * one[3] + other[2] * other[3] - wide * high)


def outside(box):
    """Whether the area is not one that counts."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    return area < 0 or area > 1e10


def falling(confidence):
    """The key that sorts by falling confidence, NaN last."""
    return np.isnan(confidence), -np.nan_to_num(confidence)


def slow_outcomes(boxes, mine):
    """Confidence, match and neglect of the predictions on an image, box by box."""
    taken = {}
    for number, box, confidence in mine:
        best, least = None, 0.4
        for candidate in boxes:
            if taken.get(candidate[0], 0) > 0:
                continue
            if best is not None and not best[2] and candidate[2]:
                break
            if overlap(box, candidate[1]) < least:
                continue
            best, least = candidate, overlap(box, candidate[1])
        if best is not None:
            taken[best[0]] = number
        matched = best is not None and best[0] > 0
        ignored = best is not None and best[2]
        yield confidence, matched, ignored or (not matched and outside(box))


def slow_precisions(outcomes, n_true):
    """The best precision at each of 101 recalls or above."""
    flags = [matched for _, matched, ignored in outcomes if not ignored]
    hits = np.cumsum(flags)
    for level in np.linspace(0, 1, 101):
        reached = [n / (i + 1) for i, n in enumerate(hits) if n / n_true >= level]
        yield max(reached, default=0.0)


def slow_coco(truth, prediction):
    """COCO's evaluation for one threshold, with identifiers from 0."""
    scores = []
    for label in sorted({row[1] for row in truth}):
        outcomes, n_true = [], 0
        for image in sorted({row[0] for row in [*truth, *prediction]}):
            boxes = [
                (number, row[2:6], outside(row[2:6]))
                for number, row in enumerate(truth)
                if (row[0], row[1]) == (image, label)
            ]
            boxes.sort(key=lambda each: each[2])
            n_true += sum(not ignored for _, _, ignored in boxes)
            mine = [
                (number, row[2:6], row[6])
                for number, row in enumerate(prediction)
                if (row[0], row[1]) == (image, label)
            ]
            mine.sort(key=lambda each: falling(each[2]))
            outcomes += slow_outcomes(boxes, mine[:100])
        outcomes.sort(key=lambda each: falling(each[0]))
        if n_true:
            scores += slow_precisions(outcomes, n_true)
    return float(np.mean(scores)) if scores else math.nan


@pytest.mark.parametrize("seed", range(120))
def test_coco_equals_the_slow_twin(seed):
    """With ties, boxes inside out, huge ones, NaN and classes that nobody has."""
    rng = np.random.default_rng(seed)
    grid = bool(seed % 2)
    truth = random_rows(rng, rng.integers(1, 12), grid=grid)
    truth = truth[np.argsort(truth[:, 0], kind="stable")]
    n = rng.integers(0, 40)
    prediction = random_rows(rng, n, n_labels=3, grid=grid)
    near = rng.random(n) < 0.6
    copied = truth[rng.integers(0, len(truth), n)]
    prediction[near, :6] = copied[near, :6]
    prediction[near, 2:6] += rng.integers(-1, 2, (near.sum(), 4)) * (1 if grid else 0.3)
    if seed % 3 == 0:
        odd = rng.random((n, 5)) < 0.05
        values = [np.nan, np.inf, -np.inf, -3.0, 0.0, 1e6, 1e200]
        prediction[:, 2:][odd] = rng.choice(values, odd.sum())
        swapped = rng.random(len(truth)) < 0.2
        truth[swapped] = truth[swapped][:, [0, 1, 4, 3, 2, 5, 6]]
    with np.errstate(all="ignore"):
        wanted = slow_coco(
            truth.tolist(), [tuple(map(np.float64, r)) for r in prediction]
        )
    found = coco_map(boxes_of(truth), boxes_of(prediction))
    assert found == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_a_hundred_boxes_of_an_image_and_class_count():
    """The most confident ones, the earlier of equals, NaN last."""
    confidence = np.linspace(0, 1, 150)
    confidence[7] = np.nan
    boxes = boxes_of([[i % 2, 0, 0, 0, 1, 1, c] for i, c in enumerate(confidence)])
    assert len(most_confident(boxes, np.array([0]))) == 150
    boxes = boxes_of([[0, 0, 0, 0, 1, 1, c] for c in confidence])
    assert most_confident(boxes, np.array([0])).tolist() == list(range(149, 49, -1))
    ones = boxes_of([[0, 0, 0, 0, 1, 1, 1]] * 150)
    assert most_confident(ones, np.array([0])).tolist() == list(range(100))
    assert not len(most_confident(ones, np.array([1])))


def xray_answers(rows):
    """Answers from rows of image, class and four corners."""
    names = ["image_id", "class_id", "x_min", "y_min", "x_max", "y_max"]
    return pd.DataFrame(rows, columns=names)


XRAY = xray_answers(
    [
        ("a", 14, 0.0, 0.0, 1.0, 1.0),
        ("b", 3, 10.0, 10.0, 30.0, 30.0),
        ("b", 3, 50.0, 50.0, 90.0, 90.0),
        ("c", 0, 20.0, 20.0, 60.0, 60.0),
    ]
)
PERFECT = [
    "14 1 0 0 1 1",
    "3 1 10 10 30 30 3 0.9 50 50 90 90",
    "0 1.0 20.0 20.0 60.0 60.0",
]


def test_a_perfect_file_of_xrays_loses_the_first_box():
    """Box 0 cannot be matched: class 14 scores 0, the others 1."""
    clean(XRAY, PERFECT, 2 / 3)


def test_images_are_numbered_as_they_first_appear():
    """The first row of the answers is box 0, wherever its image stands in the file."""
    answers = XRAY.iloc[[1, 0, 2, 3]]
    # Now one of two boxes of class 3 is lost: precision 1/2 up to recall 1/2.
    found = of(answers, PERFECT)
    assert found.score_full == pytest.approx((1 + 51 / 101 / 2 + 1) / 3)


def test_boxes_found_by_the_first_prediction_stay_free():
    """A double of the first box counts too; at another place it does not."""
    doubled = ["0 1 20 20 60 60 0 0.9 20 20 60 60", *PERFECT[:2]]
    dangerous(XRAY, doubled, 2 / 3, "double", ids="cab")
    # Both hits of the double are right: recall is 2 of 1, precision stays 1.
    later = [*PERFECT[:2], doubled[0]]
    clean(XRAY, later, 2 / 3)
    two = XRAY.iloc[[0, 1, 2, 3, 3]].copy()
    two.iloc[4, 2:] = [200.0, 200.0, 300.0, 300.0]
    # Of two boxes one is found twice: up to recall 1, with precision 1.
    dangerous(two, doubled, 2 / 3, "double", ids="cab")
    assert of(two, later).score_full == pytest.approx((0 + 1 + 51 / 101) / 3)


def test_rows_of_an_image_are_all_used():
    """A repeated id is a danger; unknown and missing ids are refused."""
    rows = [PERFECT[0], "3 1 10 10 30 30", PERFECT[2], "3 0.9 50 50 90 90"]
    dangerous(XRAY, rows, 2 / 3, "all are used", ids="abcb")
    assert refused(of(XRAY, PERFECT[:2]), "'c'")
    assert refused(of(XRAY, [*PERFECT, PERFECT[0]]), "'d'")
    assert refused(of(XRAY, PERFECT, ids=["a", "b", None]), "'c'")
    assert of(XRAY, PERFECT[::-1], ids="cba").score_full == pytest.approx(2 / 3)


def test_classes_are_cut_to_whole_numbers():
    """3.9 is 3 and -0.5 is 0; what the answers lack is ignored."""
    cells = [PERFECT[0], PERFECT[1].replace("3 1 10", "3.0 1 10"), PERFECT[2]]
    clean(XRAY, cells, 2 / 3)
    cells = [PERFECT[0], PERFECT[1].replace("3 1 10", "3.9 1 10"), PERFECT[2]]
    dangerous(XRAY, cells, 2 / 3, "fraction of a class")
    cells = [*PERFECT[:2], "-0.5 1 20 20 60 60"]
    dangerous(XRAY, cells, 2 / 3, "fraction of a class")
    for unknown in ("15", "-1", "1e308", "9" * 40):
        cells = [*PERFECT[:2], f"{PERFECT[2]} {unknown} 1 0 0 1 1"]
        dangerous(XRAY, cells, 2 / 3, "answers lack")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (None, ["empty"]),
        (" ", ["2 items"]),
        ("0 1 20 20 60", ["5 items"]),
        ("0 1 20 20 60 60 ", ["7 items"]),
        ("0 1  20 20 60 60", ["7 items"]),
        ("x 1 20 20 60 60", ["'x' is not a number"]),
        ("nan 1 20 20 60 60", ["'nan' is not a whole number"]),
        ("inf 1 20 20 60 60", ["'inf' is not a whole number"]),
        ("0 x 20 20 60 60", ["'x' is not a number"]),
        ("0 1 20 20 60 x", ["'x' is not a number"]),
        ("     ", ["'' is not a number"]),
    ],
)
def test_texts_of_xrays_that_are_refused(cell, words):
    """Blanks, items left over, fields that are no numbers."""
    assert refused(of(XRAY, [*PERFECT[:2], cell]), "'c'", *words)


def test_odd_xrays_are_dangers():
    """Boxes inside out, huge, NaN and infinite ones, and odd confidences."""
    for extra, danger in (
        ("0 0.5 60 20 20 60", "absurd area"),
        ("0 0.5 0 0 1e6 1e6", "absurd area"),
        ("0 0.5 nan 0 5 5", "finite number"),
        ("0 0.5 5 5 inf 5", "finite number"),
        ("0 nan 0 0 5 5", "within 0 and 1"),
        ("0 -2 0 0 5 5", "within 0 and 1"),
    ):
        cells = [*PERFECT[:2], f"{PERFECT[2]} {extra}"]
        dangerous(XRAY, cells, 2 / 3, danger)


def test_boxes_inside_out_are_not_wrong():
    """Ahead of the right one, they leave the precision as it is."""
    inside_out = [
        *PERFECT[:2],
        f"0 1 600 20 200 60 {PERFECT[2].replace('1.0', '0.5', 1)}",
    ]
    assert of(XRAY, inside_out).score_full == pytest.approx(2 / 3)
    wrong = [*PERFECT[:2], f"0 1 200 20 600 60 {PERFECT[2].replace('1.0', '0.5', 1)}"]
    assert of(XRAY, wrong).score_full == pytest.approx((0 + 1 + 0.5) / 3)


def test_columns_of_xrays():
    """Both must be there; others are noted; answers need numbers."""
    given = table(PERFECT)
    for name in given.columns:
        assert refused(grade(XRAYS, given.drop(columns=name), answers=XRAY), name)
    found = grade(XRAYS, given.assign(more=1), answers=XRAY, strict=True)
    assert found.warnings == ("column 'more' is not read",)
    broken = XRAY.assign(x_min="left")
    assert refused(grade(XRAYS, given, answers=broken), "answers", "x_min")


@pytest.mark.parametrize(
    ("begin", "repeated", "times"),
    [
        ("", "3 1 10 10 30 30 ", 150_000),
        ("", "9", 3_000_000),
        ("3 1 10 10 30 ", "9", 3_000_000),
    ],
    ids=["boxes", "digits", "number"],
)
def test_long_cells_get_an_answer(begin, repeated, times):
    """Megabytes in a cell: a grade or one sentence, in time linear in the cell."""

    def answer(size):
        cell = (begin + repeated * size).strip()
        found = of(XRAY, [cell, *PERFECT[1:]])
        assert found.valid or refused(found)

    assert_linear(answer, times)


@pytest.mark.parametrize(
    "cell",
    ["\u2603 \u00a0", "-1e308 1e308 -1e308 -1e308 1e308 1e308"],
    ids=["snowman", "far"],
)
def test_hostile_cells_get_an_answer(cell):
    """Other characters, huge numbers: a grade or one sentence."""
    found = of(XRAY, [cell, *PERFECT[1:]])
    assert found.valid or refused(found)


def test_a_column_of_lone_numbers_is_no_text():
    """With blanks or without, as numbers or as flags."""
    for cells in (["5", "6", "7"], ["5", "6", None], ["True", "False", "True"]):
        assert refused(of(XRAY, cells))


def test_more_boxes_than_count_are_noted():
    """The 101st of an image and class, by confidence, is not looked at."""
    wrong = [f"0 0.{index:03d} 200 200 300 300" for index in range(500, 600)]
    cells = [*PERFECT[:2], " ".join([*wrong, PERFECT[2].replace("1.0", "0.1", 1)])]
    found = of(XRAY, cells, strict=True)
    assert found.score_full == pytest.approx((0 + 1 + 0) / 3)
    assert found.warnings == (
        "of the boxes of an image and class the 100 most confident count (id 'c')",
    )
    cells = [*PERFECT[:2], " ".join([*wrong[1:], PERFECT[2].replace("1.0", "0.1", 1)])]
    clean(XRAY, cells, (0 + 1 + 1 / 100) / 3)
