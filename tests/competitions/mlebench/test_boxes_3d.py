"""The grader of boxes in space does what the reference was seen to do."""

import math

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import grade
from mle_toolkit.competitions.metrics.boxes_3d import (
    Boxes3D,
    are_boxes,
    best_overlaps,
    map_3d,
)
from tests.competitions.mlebench.boxes import refused
from tests.competitions.mlebench.growth import assert_linear

CARS = "3d-object-detection-for-autonomous-vehicles"


def table(cells, ids="abcdef"):
    """Answers or a submission."""
    return pd.DataFrame({"Id": list(ids)[: len(cells)], "PredictionString": cells})


def of(truth, cells, *, ids="abcdef", **options):
    """Our grade of texts held against texts."""
    return grade(CARS, table(cells, ids), answers=table(truth), **options)


def clean(truth, cells, score):
    """The score, and nothing to say about the file, also if the grade is strict."""
    found = of(truth, cells, strict=True)
    assert found.valid, found.reason
    assert found.warnings == ()
    assert found.score_full == pytest.approx(score, abs=1e-12)


def dangerous(truth, cells, score, danger):
    """The score stays, the danger is named, and a strict grade refuses it."""
    found = of(truth, cells)
    assert found.valid, found.reason
    assert found.score_full == pytest.approx(score, abs=1e-12)
    assert any(danger in warning for warning in found.warnings), found.warnings
    assert refused(of(truth, cells, strict=True), "strict", danger)


def corners_of(box):
    """The corners on the ground, against the clock."""
    x, y, _, width, length, _, yaw = box
    turned = []
    for along, across in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        forward, left = along * length / 2, across * width / 2
        turned.append(
            (
                x + forward * math.cos(yaw) - left * math.sin(yaw),
                y + forward * math.sin(yaw) + left * math.cos(yaw),
            )
        )
    return turned


def area_of(polygon):
    """The area by the shoelace formula."""
    pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def clipped(polygon, start, end):
    """What of a convex polygon lies to the left of a line."""

    def side(point):
        return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (
            point[0] - start[0]
        )

    kept = []
    for one, other in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        here, there = side(one), side(other)
        if here >= 0:
            kept.append(one)
        if here * there < 0:
            share = here / (here - there)
            kept.append(
                tuple(a + share * (b - a) for a, b in zip(one, other, strict=True))
            )
    return kept


def slow_iou(one, other):
    """The overlap of two boxes, by clipping one with the sides of the other."""
    shared = corners_of(one)
    frame = corners_of(other)
    for start, end in zip(frame, frame[1:] + frame[:1], strict=True):
        shared = clipped(shared, start, end) if shared else []
    ground = area_of(shared) if shared else 0.0
    top = min(one[2] + one[5] / 2, other[2] + other[5] / 2)
    bottom = max(one[2] - one[5] / 2, other[2] - other[5] / 2)
    both = ground * max(0.0, top - bottom)
    return both / (math.prod(one[3:6]) + math.prod(other[3:6]) - both)


def slow_precision(truth, mine, threshold):
    """The average precision of one class in one sample."""
    taken, points, hits = set(), [(0.0, 0.0)], 0
    order = sorted(mine, key=lambda each: each[0], reverse=True)
    for rank, (_, box) in enumerate(order, start=1):
        overlaps = [slow_iou(box, each) for each in truth]
        best = int(np.argmax(overlaps))
        if overlaps[best] > threshold and best not in taken:
            taken.add(best)
            hits += 1
        points.append((hits / len(truth), hits / rank))
    points.append((1.0, 0.0))
    area = 0.0
    for index in range(1, len(points)):
        best = max(precision for _, precision in points[index:])
        area += (points[index][0] - points[index - 1][0]) * best
    return area


def slow_map_3d(truth, prediction):
    """The score of lists of (class, confidence, box) per sample."""
    samples = []
    for true, mine in zip(truth, prediction, strict=True):
        classes = {label for label, _, _ in true}
        samples.append(
            np.mean(
                [
                    slow_precision(
                        [box for each, _, box in true if each == label],
                        [(sure, box) for each, sure, box in mine if each == label],
                        round(0.5 + 0.05 * step, 2),
                    )
                    for label in classes
                    for step in range(10)
                ]
            )
        )
    return float(np.mean(samples))


def random_box(rng):
    """A box among others."""
    return (*rng.uniform(-3, 3, 2), rng.uniform(-1, 1), *rng.uniform(1, 4, 3),
            rng.uniform(-4, 4))  # fmt: skip


def random_samples(rng, n_samples, labels):
    """Samples of boxes."""
    return [
        [
            (rng.choice(list(labels)), rng.integers(1, 5) / 4, random_box(rng))
            for _ in range(rng.integers(1, 7))
        ]
        for _ in range(n_samples)
    ]


def moved(rng, samples):
    """Predictions near the true boxes, some twice, and some of other classes."""
    return [
        [
            (
                label if rng.random() < 0.8 else rng.choice(list("ABX")),
                rng.integers(1, 9) / 8,
                tuple(np.array(box) + rng.normal(0, 0.12, 7)),
            )
            for label, _, box in true
            for _ in range(rng.integers(0, 4))
        ]
        for true in samples
    ]


def text_of(boxes):
    """The text of a cell."""
    return " ".join(
        f"{sure} {' '.join(repr(float(each)) for each in box)} {label}"
        for label, sure, box in boxes
    ) or None  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_scores_equal_the_slow_twin(seed):
    """Turned boxes, ties of confidence, doubles, classes that the sample lacks."""
    rng = np.random.default_rng(seed)
    truth = random_samples(rng, 3, "AB")
    prediction = moved(rng, truth)
    found = of(
        [text_of(each) for each in truth], [text_of(each) for each in prediction]
    )
    assert found.valid, found.reason
    assert found.score_full == pytest.approx(slow_map_3d(truth, prediction), abs=1e-12)


def boxes_of(rows):
    """Boxes of one sample and label from rows of seven numbers."""
    array = np.array(rows, dtype=float).reshape(-1, 7)
    zeros = np.zeros(len(array), dtype=int)
    return Boxes3D(
        sample=zeros,
        label=zeros,
        centre=array[:, :3],
        size=array[:, 3:6],
        yaw=array[:, 6],
        confidence=np.ones(len(array)),
    )


@pytest.mark.parametrize("seed", range(20))
def test_overlaps_equal_clipped_polygons(seed):
    """Pairs that are left out because they are far or unlike cannot exceed 1/2."""
    rng = np.random.default_rng(seed)
    true = [random_box(rng) for _ in range(12)]
    given = [tuple(np.array(box) + rng.normal(0, 0.2, 7)) for box in true]
    given += [random_box(rng) for _ in range(20)]
    overlap, box = best_overlaps(boxes_of(true), boxes_of(given))
    for index, mine in enumerate(given):
        wanted = [slow_iou(mine, each) for each in true]
        if max(wanted) > 0.49:
            assert overlap[index] == pytest.approx(max(wanted), abs=1e-9)
            assert box[index] == int(np.argmax(wanted))
        else:
            assert overlap[index] <= 0.49


CAR = "1.0 100 50 -20 2 4 1.5 0.3 car"
BUS = "1.0 130 50 -20 3 10 3 -1.2 bus"
LOW = CAR.replace("1.0", "0.5", 1)


def test_cars_by_hand():
    """Perfect; one class of two; nothing; a second box of one car."""
    truth = [f"{CAR} {BUS}", CAR]
    clean(truth, truth, 1.0)
    clean(truth, [CAR, CAR], 0.75)
    clean(truth, [None, None], 0.0)
    clean(truth, [" ", CAR], 0.5)
    clean(truth, [f"{CAR} {BUS} {LOW}", CAR], 1.0)
    # A wrong one ahead: precision 1/2.
    far = CAR.replace("100", "900", 1)
    clean([CAR], [f"{LOW} {far}"], 0.5)
    clean([CAR], [f"{LOW} {far.replace('1.0', '0.4', 1)}"], 1.0)


def test_a_box_compares_with_its_best_overlap_taken_or_not():
    """Two cars nearly in one place: the second box finds the first car taken."""
    other = CAR.replace("100", "100.1", 1)
    truth = [f"{CAR} {other}"]
    # Both boxes lie on the first car, which only one of them may have.
    clean(truth, [f"{CAR} {LOW}"], 0.5)
    clean(truth, [f"{CAR} {other}"], 1.0)


def test_equal_overlaps_take_the_first_box_and_equal_confidences_the_first_row():
    """The same car twice is found once, however often it is predicted."""
    clean([f"{CAR} {CAR}"], [f"{CAR} {CAR}"], 0.5)
    far = CAR.replace("100", "900", 1)
    clean([CAR], [f"{CAR} {far}"], 1.0)
    clean([CAR], [f"{far} {CAR}"], 0.5)


def test_thresholds_must_be_exceeded():
    """A box of 6/10 of the height exceeds 0.5 and 0.55; of 5/10 none."""
    truth = ["1.0 0 0 0 1 1 10 0 car"]
    for tenths, hits in ((5, 0), (5.01, 1), (5.5, 1), (6, 2), (9.5, 9), (9.6, 10)):
        clean(truth, [f"1.0 0 0 0 1 1 {tenths} 0 car"], hits / 10)
    # Half up and half down: one that stands on its centre shares half of its height.
    clean(truth, ["1.0 0 0 5 1 1 10 0 car"], 0.0)


def test_length_lies_along_the_heading():
    """A quarter turn swaps width and length; half a turn changes nothing."""
    truth = ["1.0 0 0 0 1 8 1 0 car"]
    clean(truth, [f"1.0 0 0 0 8 1 1 {math.pi / 2!r} car"], 1.0)
    clean(truth, [f"1.0 0 0 0 1 8 1 {math.pi!r} car"], 1.0)
    clean(truth, [f"1.0 0 0 0 1 8 1 {math.pi / 2!r} car"], 0.0)
    # Eight long on x, one wide on y: a shift of 2 on x leaves 6/10, on y nothing.
    clean(truth, ["1.0 2 0 0 1 8 1 0 car"], 0.2)
    clean(truth, ["1.0 0 1 0 1 8 1 0 car"], 0.0)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1.0 1 2", ["3 items"]),
        ("0.5", ["1 item"]),
        (f"{CAR} ", ["10 items"]),
        (f" {CAR}", ["10 items"]),
        (CAR.replace(" 50", "  50"), ["10 items"]),
        (CAR.replace("1.0", "x", 1), ["'x' is not a number"]),
        (CAR.replace("0.3", "y"), ["'y' is not a number"]),
        ("1.0 1 2 3 4 5 6 z dog", ["'z' is not a number"]),
        (CAR.replace("100", "nan"), ["no box"]),
        (CAR.replace("100", "inf"), ["no box"]),
        (CAR.replace("-20", "nan"), ["no box"]),
        (CAR.replace(" 2 ", " nan "), ["no box"]),
        (CAR.replace(" 2 ", " 0 "), ["no box"]),
        (CAR.replace(" 2 ", " -2 "), ["no box"]),
        (CAR.replace("1.5", "0"), ["no box"]),
        (CAR.replace("0.3", "nan"), ["no box"]),
        (CAR.replace("0.3", "inf"), ["no box"]),
        (CAR.replace("100", "1e12"), ["no box"]),
        (CAR.replace(" 4 ", " 1e12 "), ["no box"]),
        (CAR.replace(" 4 ", " inf "), ["no box"]),
    ],
)
def test_texts_that_are_refused(cell, words):
    """Items left over, fields that are no numbers, boxes that are none."""
    assert refused(of([CAR, CAR], [CAR, cell]), "id 'b'", *words)
    assert refused(of([CAR, cell], [CAR, CAR]), "answers", "id 'b'")


def test_boxes_of_classes_that_the_sample_lacks_are_not_looked_at():
    """They may hold anything that is a number; strange ones are a danger."""
    truth = [CAR, BUS]
    clean(truth, [f"{CAR} {BUS}", BUS], 1.0)
    for odd in ("nan", "-3", "inf", "0"):
        broken = BUS.replace(" 3 ", f" {odd} ", 1)
        dangerous(truth, [f"{CAR} {broken}", BUS], 1.0, "a box that is none")
        assert refused(of(truth, [CAR, broken]), "no box")
    dangerous(truth, [f"{CAR} {CAR.replace('car', 'dog')}", BUS], 1.0, "'dog'")
    dangerous(truth, [f"{CAR} 0 1 2 3 4 5 6 7 ", BUS], 1.0, "''")


def test_places_that_are_no_places_but_boxes():
    """An infinite z or height is accepted and overlaps nothing."""
    for old, new in (("-20", "inf"), ("-20", "-inf"), ("1.5", "inf"), ("1.5", "1e308")):
        clean([CAR], [CAR.replace(old, new)], 0.0)
        clean([CAR], [f"{CAR} {LOW.replace(old, new)}"], 1.0)
    both = CAR.replace("-20", "inf").replace("1.5", "inf")
    clean([CAR], [both], 0.0)
    # Without a turn the corners are right whatever the size.
    for size in ("1e200", "1e308", "1e-300"):
        straight = f"1.0 100 50 -20 {size} 4 1.5 0 car"
        clean([CAR], [straight], 0.0)
    clean([CAR], ["1.0 100 50 -20 1e-200 1e200 12 0 car"], 0.0)


def test_confidences_may_be_anything():
    """Infinite ones are first and last; NaN is sorted as Python sorts it."""
    far = CAR.replace("100", "900", 1)
    up, down = (CAR.replace("1.0", each, 1) for each in ("inf", "-inf"))
    dangerous([CAR], [f"{far} {up}"], 1.0, "within 0 and 1")
    dangerous([CAR], [f"{down} {far}"], 0.5, "within 0 and 1")
    dangerous([CAR], [CAR.replace("1.0", "7", 1)], 1.0, "(id 'a')")
    values = [0.2, math.nan, 0.9, 0.5, math.nan, 0.7]
    order = sorted(range(6), key=values.__getitem__, reverse=True)
    boxes = [far.replace("1.0", str(value), 1) for value in values]
    for index in range(6):
        cells = boxes.copy()
        cells[index] = CAR.replace("1.0", str(values[index]), 1)
        rank = 1 + order.index(index)
        dangerous([CAR], [" ".join(cells)], 1 / rank, "within 0 and 1")


def test_blank_truths():
    """A missing one refuses every file; one of white space makes the score NaN."""
    assert refused(of([CAR, None], [CAR, None]), "answers", "id 'b'")
    found = of([CAR, " "], [CAR, CAR])
    assert found.valid
    assert math.isnan(found.score_full)
    assert refused(of([CAR, " "], [CAR, CAR], strict=True), "nan")


def test_rows_are_matched_by_id():
    """Another order changes nothing; unknown, repeated and missing ids are refused."""
    truth, cells = [CAR, f"{BUS} {CAR}"], [CAR, BUS]
    assert of(truth, cells).score == 0.75
    assert of(truth, cells[::-1], ids="ba").score == 0.75
    assert refused(of(truth, cells, ids="ax"), "'b'")
    assert refused(of(truth, cells, ids="aa"), "'b'")
    assert refused(of(truth, cells[:1]), "1 rows; 2")
    for name in ("Id", "PredictionString"):
        given = table(cells).drop(columns=name)
        assert refused(grade(CARS, given, answers=table(truth)), name)
    more = table(cells).assign(more=1)
    found = grade(CARS, more, answers=table(truth), strict=True)
    assert found.warnings == ("column 'more' is not read",)


def test_a_column_of_lone_numbers_is_no_text():
    """With blanks or without, as numbers or as flags."""
    for cells in (["5", "6"], ["5", None], ["True", "False"]):
        assert refused(of([CAR, CAR], cells), "number or flag")


def test_boxes_are_boxes_until_rounding_breaks_their_corners():
    """Right angles to 1e-8: real sizes and places pass, turned giants do not."""
    real = boxes_of(
        [[2500, 1500, -20, 3, 20, 4, yaw] for yaw in np.linspace(-4, 4, 99)]
    )
    assert are_boxes(real).all()
    giants = boxes_of([[0, 0, 0, 1e6, 3e6, 1, 0.3], [1e9, 0, 0, 30, 30, 1, 0.3]])
    assert not are_boxes(giants).any()
    assert math.isnan(map_3d(real.select(slice(0, 0)), real, n_samples=1))


@pytest.mark.parametrize(
    ("write", "size"),
    [
        (lambda n: " ".join([CAR] * n), 30_000),
        (lambda n: " ".join([CAR.replace("1.0", "nan", 1)] * n), 20_000),
        (lambda n: "9" * n, 3_000_000),
        (lambda n: CAR.replace("100", "9" * n, 1), 3_000_000),
    ],
    ids=["many", "nan", "digits", "number"],
)
def test_long_cells_get_an_answer(write, size):
    """Megabytes in a cell: a grade or one sentence, in time linear in the cell."""

    def answer(size):
        found = of([CAR, CAR], [CAR, write(size)])
        assert found.valid or refused(found)

    assert_linear(answer, size)


@pytest.mark.parametrize(
    "cell",
    ["\u2603", " ".join(["1e308"] * 8) + " car", " ".join(["-1e-308"] * 8) + " car"],
    ids=["snowman", "far", "tiny"],
)
def test_hostile_cells_get_an_answer(cell):
    """Other characters, huge and tiny numbers: a grade or one sentence."""
    found = of([CAR, CAR], [CAR, cell])
    assert found.valid or refused(found)
