"""Graders of boxes and points on images do what the reference was seen to do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from mle_toolkit.competitions import grade
from mle_toolkit.competitions.metrics.boxes import f1_points, map_at_iou
from mle_toolkit.competitions.metrics.pairs import equal_pairs
from mle_toolkit.errors import UsageError
from tests.competitions.mlebench.boxes import boxes_of, random_rows, refused
from tests.competitions.mlebench.growth import assert_linear

PAGES = "kuzushiji-recognition"
STUDIES = "siim-covid19-detection"


def table(competition, cells, ids="abcdef"):
    """A table of one id and one text per row."""
    names = {
        PAGES: ("image_id", "labels"),
        STUDIES: ("id", "PredictionString"),
    }[competition]
    columns = (list(ids)[: len(cells)], cells)
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def of(competition, truth, cells, *, ids="abcdef", **options):
    """Our grade of texts held against texts."""
    answers = table(competition, truth) if isinstance(truth, list) else truth
    return grade(
        competition, table(competition, cells, ids), answers=answers, **options
    )


def clean(competition, truth, cells, score):
    """The score, and nothing to say about the file, also if the grade is strict."""
    found = of(competition, truth, cells, strict=True)
    assert found.valid, found.reason
    assert found.warnings == ()
    assert found.score_full == pytest.approx(score, abs=1e-12)


def dangerous(competition, truth, cells, score, danger, **options):
    """The score stays, the danger is named, and a strict grade refuses it."""
    found = of(competition, truth, cells, **options)
    assert found.valid, found.reason
    assert found.score_full == pytest.approx(score, abs=1e-12, nan_ok=True)
    assert any(danger in warning for warning in found.warnings), found.warnings
    strict = of(competition, truth, cells, strict=True, **options)
    assert refused(strict, "strict", danger)


def test_pairs_come_in_pieces_of_any_size(monkeypatch):
    """However few pairs fit at once, all come, in the same order."""
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 5, 40), rng.integers(0, 6, 30)
    wanted = [
        (one, other)
        for one in range(40)
        for other in range(30)
        if first[one] == second[other]
    ]
    for at_once in (1, 7, 100, 10**6):
        monkeypatch.setattr("mle_toolkit.competitions.metrics.pairs._AT_ONCE", at_once)
        pieces = list(equal_pairs(first, second))
        found = [pair for one, other in pieces for pair in zip(one, other, strict=True)]
        assert found == wanted
        assert all(len(one) <= at_once + 30 for one, _ in pieces)
    assert list(equal_pairs(first[:0], second)) == []


# Characters on pages.


def slow_f1(truth, points):
    """F1 by the rule, one box at a time."""
    hits, used = 0, set()
    for image, label, x, y, right, top, _ in truth:
        for index, point in enumerate(points):
            inside = x < point[2] < right and y < point[3] < top
            same = point[0] == image and point[1] == label
            if inside and same and index not in used:
                used.add(index)
                hits += 1
                break
    total = len(truth) + len(points)
    return 2 * hits / total if total else 0.0


@pytest.mark.parametrize("seed", range(60))
def test_f1_equals_the_slow_twin(seed):
    """On crowded pages, where boxes compete for points."""
    rng = np.random.default_rng(seed)
    grid = bool(seed % 2)
    truth = random_rows(rng, rng.integers(0, 15), grid=grid)
    points = random_rows(rng, rng.integers(0, 25), n_labels=3, grid=grid)
    found = f1_points(boxes_of(truth), boxes_of(points))
    assert found == pytest.approx(slow_f1(truth, points))


PAGE = ["A 10 10 4 4 B 20 20 4 4", None]


def test_characters_need_label_and_place():
    """Two of two; one of two; the label wrong; on the edge of the box; on no box."""
    clean(PAGES, PAGE, ["A 12 12 B 22 22", None], 1.0)
    clean(PAGES, PAGE, ["A 12 12", None], 2 / 3)
    clean(PAGES, PAGE, ["B 12 12 B 22 22", None], 0.5)
    clean(PAGES, PAGE, ["A 10 12 B 22 24", None], 0.0)
    clean(PAGES, PAGE, ["A 13.999 10.001 B 22 22", None], 1.0)
    clean(PAGES, PAGE, ["A 12 12 B 22 22", "A 12 12"], 4 / 5)
    clean(PAGES, PAGE, [None, None], 0.0)
    clean(PAGES, [None, None], [None, None], 0.0)
    clean(PAGES, [None, None], ["A 1 1", None], 0.0)


def test_each_box_takes_the_first_free_point():
    """The first box takes what the second needs, in the order of the boxes."""
    truth = ["A 0 0 10 10 A 0 0 4 4"]
    clean(PAGES, truth, ["A 2 2 A 8 8"], 0.5)
    clean(PAGES, truth, ["A 8 8 A 2 2"], 1.0)
    clean(PAGES, truth, ["A 2 2 A 2 2 A 2 2"], 2 * 2 / 5)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("A 1 1 B 2", ["5 items"]),
        ("A 1 1 ", ["4 items"]),
        (" A 1 1", ["4 items"]),
        ("A  1 1", ["4 items"]),
        ("  ", ["'' is not a number"]),
        ("A 1 x", ["'x' is not a number"]),
        ("A B 1", ["'B' is not a number"]),
        ("1 A 1", ["'A' is not a number"]),
        ("A 1", ["2 items"]),
    ],
)
def test_texts_of_pages_that_are_refused(cell, words):
    """Items left over, and what is no number; also where there is nothing to find."""
    for cells in ([cell, None], [None, cell]):
        assert refused(of(PAGES, PAGE, cells), *words)
    assert refused(of(PAGES, [cell, None], ["A 1 1", None]), "answers")


def test_labels_may_be_anything():
    """An empty label, a number; they are wrong, no more."""
    clean(PAGES, PAGE, ["A 12 12  1 1", None], 0.5)
    clean(PAGES, PAGE, ["1 12 12", None], 0.0)


def test_odd_pages_are_dangers():
    """NaN and inf as coordinates, and more characters than Kaggle allowed."""
    dangerous(PAGES, PAGE, ["A 12 nan B 22 22", None], 0.5, "finite number")
    dangerous(PAGES, PAGE, ["A 12 -inf B 22 22", None], 0.5, "(id 'a')")
    many = " ".join(["A 12 12"] * 1201)
    dangerous(PAGES, PAGE, [None, many], 0.0, "1200")
    clean(PAGES, PAGE, [None, many.removesuffix(" A 12 12")], 0.0)
    # Python's numbers: underscores, blanks of other kinds, exponents.
    clean(PAGES, PAGE, ["A 1_2 12\t B 2.2e1 +22", None], 1.0)


@pytest.mark.parametrize("competition", [PAGES, STUDIES])
def test_rows_are_matched_by_id(competition):
    """Another order changes nothing; unknown, repeated and missing ids are refused."""
    one = "A 10 10 4 4" if competition == PAGES else "A 1 0 0 1 1"
    two = "A 12 12" if competition == PAGES else "A 1 0 0 1 1"
    none = None if competition == PAGES else "B 1 0 0 1 1"
    truth, cells = [one, none], [two, none]
    assert of(competition, truth, cells).score == 1.0
    assert of(competition, truth, cells[::-1], ids="ba").score == 1.0
    assert refused(of(competition, truth, cells, ids="ax"), "'b'")
    assert refused(of(competition, truth, cells, ids="aa"), "'b'")
    assert refused(of(competition, truth, cells[:1]), "1 rows; 2")
    assert refused(of(competition, truth, [*cells, two]), "3 rows; 2")
    answers = table(competition, truth)
    for name in answers.columns:
        given = table(competition, cells).drop(columns=name)
        assert refused(grade(competition, given, answers=answers), name)
    more = table(competition, cells).assign(more=1)
    found = grade(competition, more, answers=answers, strict=True)
    assert found.warnings == ("column 'more' is not read",)


@pytest.mark.parametrize("competition", [PAGES, STUDIES])
def test_a_column_of_lone_numbers_is_no_text(competition):
    """With blanks or without, as numbers or as flags."""
    truth = {PAGES: PAGE, STUDIES: ["A 1 0 0 1 1", "A 1 0 0 1 1"]}
    for cells in (["5", "6"], ["5", None], ["True", "False"]):
        assert refused(of(competition, truth[competition], cells))


# Studies and images of lungs.


def slow_iou(one, other):
    """The overlap of two boxes, written out."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    total = sum(areas) - both
    return both / total if total > 0 else 0.0


def slow_map_at_iou(truth, prediction, n_images):
    """The score by the rule; None where a label has no wrong outcome."""
    scores = []
    for label in sorted({row[1] for row in truth}):
        pairs = []
        for image in range(n_images):
            free = [row for row in truth if row[0] == image and row[1] == label]
            mine = [row for row in prediction if row[0] == image and row[1] == label]
            if not free and not mine:
                pairs.append((0, 0.0))
            for row in sorted(mine, key=lambda each: -each[6]):
                best, most = None, 0.5
                for index, box in enumerate(free):
                    if slow_iou(row[2:6], box[2:6]) > most:
                        best, most = index, slow_iou(row[2:6], box[2:6])
                pairs.append((int(best is not None), row[6]))
                if best is not None:
                    del free[best]
            pairs += [(1, 0.0)] * len(free)
        if all(right for right, _ in pairs):
            return None
        scores.append(average_precision_score(*zip(*pairs, strict=True)))
    return float(np.mean(scores))


@pytest.mark.parametrize("seed", range(60))
def test_map_at_iou_equals_the_slow_twin(seed):
    """With ties of confidence and overlap, and labels that nobody asked for."""
    rng = np.random.default_rng(seed)
    grid = bool(seed % 2)
    truth = random_rows(rng, rng.integers(1, 12), grid=grid)
    n = rng.integers(0, 25)
    prediction = random_rows(rng, n, n_labels=3, grid=grid)
    near = rng.random(n) < 0.6
    copied = truth[rng.integers(0, len(truth), n)]
    prediction[near, :6] = copied[near, :6]
    prediction[near, 4:6] += rng.integers(-1, 2, (near.sum(), 2)) * (1 if grid else 0.4)
    wanted = slow_map_at_iou(truth, prediction, 4)
    found = map_at_iou(boxes_of(truth), boxes_of(prediction), n_images=4)
    assert found == pytest.approx(wanted)


ONE = "0 0 1 1"
LUNGS = [f"neg 1 {ONE}", f"typ 1 {ONE}", f"typ 1 {ONE}", "op 1 0 0 4 4 op 1 9 9 14 14"]


def test_studies_by_hand():
    """Perfect; a label that is never predicted; a box among four that is missed."""
    clean(STUDIES, LUNGS, LUNGS, 1.0)
    # neg is found; typ is missed twice among four pairs of confidence 0: 2/4.
    clean(STUDIES, LUNGS, [f"neg 1 {ONE}"] * 3 + LUNGS[3:], (1 / 3 + 2 / 4 + 1) / 3)
    # op: one right with 1, one missed with 0 beside three bare images: 1/2 + 2/5/2.
    half = [*LUNGS[:3], "op 1 0 0 4 4"]
    clean(STUDIES, LUNGS, half, (1 + 1 + 0.5 + 0.5 * 2 / 5) / 3)


def test_iou_must_be_above_a_half():
    """Exactly 1/2 misses; the best box wins, the first of equals."""
    truth = ["A 1 0 0 2 2", f"B 1 {ONE}"]
    missed = (1 / 3 + 1) / 2
    clean(STUDIES, truth, ["A 1 0 0 2 1", f"B 1 {ONE}"], (missed * 2 - 1 + 1) / 2)
    clean(STUDIES, truth, ["A 1 0 0 2 1.01", f"B 1 {ONE}"], 1.0)


def test_the_more_confident_box_chooses_first():
    """It takes the box that only the other one needs."""
    truth = ["A 1 0 0 10 10 A 1 0 0 10 7", f"B 1 {ONE}"]
    cells = ["A 0.5 0 0 10 10 A 0.9 0 0 10 9", f"B 1 {ONE}"]
    # 10 x 9 overlaps the first box by 0.9, the other 7/9; then 10 x 10 gets 0.7.
    clean(STUDIES, truth, cells, 1.0)
    truth = ["A 1 0 0 10 10 A 1 0 0 10 4", f"B 1 {ONE}"]
    # Now the second one finds nothing: right at 0.9, wrong at 0.5, missed at 0.
    wanted = (0.5 + 0.5 * 2 / 4 + 1) / 2
    clean(STUDIES, truth, cells, wanted)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (None, ["empty"]),
        ("A 1 0 0 1", ["5 items"]),
        ("A 1 0 0 1 1 B", ["7 items"]),
        ("A x 0 0 1 1", ["'x' is not a number"]),
        ("A 1 0 0 1 y", ["'y' is not a number"]),
        ("other 1 0 0 1 y", ["'y' is not a number"]),
        ("neg nan 0 0 1 1", ["'nan' is not finite"]),
        ("neg inf 0 0 1 1", ["'inf' is not finite"]),
        ("neg", ["1 item is"]),
    ],
)
def test_texts_of_studies_that_are_refused(cell, words):
    """Blanks, groups that are not full, fields that are no numbers, NaN."""
    assert refused(of(STUDIES, LUNGS, [*LUNGS[:3], cell]), "'d'", *words)


def test_studies_without_a_wrong_outcome_are_refused():
    """A label on every image, always found: there is nothing to tell apart."""
    truth = [f"A 1 {ONE}", f"A 1 {ONE}"]
    assert refused(of(STUDIES, truth, truth), "all right")
    clean(STUDIES, truth, [truth[0], f"A 1 {ONE} A 0.5 {ONE}"], 1.0)
    zeros = boxes_of([[0, 0, 0, 0, 1, 1, 1]])
    with pytest.raises(UsageError, match="all right"):
        map_at_iou(zeros, zeros, n_images=1)


def test_odd_studies_are_dangers():
    """White space, unknown labels, strange numbers: accepted, and named."""
    cells = [*LUNGS[:3], " \t"]
    # op: two missed at 0 beside three bare images.
    dangerous(STUDIES, LUNGS, cells, (2 + 2 / 5) / 3, "white space")
    for extra, danger in (
        ("new 1 0 0 1 1", "'new'"),
        ("new nan 0 0 1 1", "within 0 and 1"),
        ("op 0.1 nan 0 4 4", "finite number"),
        ("op 0.1 0 0 inf 4", "finite number"),
        ("op 0.1 -inf -inf inf inf", "finite number"),
        ("op -2 5 5 6 6", "within 0 and 1"),
    ):
        cells = [*LUNGS[:3], f"{LUNGS[3]}  {extra}"]
        dangerous(STUDIES, LUNGS, cells, 1.0, danger)
    # A box inside out overlaps nothing.
    clean(STUDIES, LUNGS, [*LUNGS[:3], f"{LUNGS[3]} op 0.1 4 4 0 0"], 1.0)


@pytest.mark.parametrize("competition", [PAGES, STUDIES])
@pytest.mark.parametrize(
    ("begin", "repeated", "times"),
    [
        ("", "A 12 12 ", 300_000),
        ("", "op 1 0 0 4 4 ", 150_000),
        ("", "9", 3_000_000),
        ("op 1 0 0 4 ", "9", 3_000_000),
    ],
    ids=["points", "boxes", "digits", "number"],
)
def test_long_cells_get_an_answer(competition, begin, repeated, times):
    """Megabytes in a cell: a grade or one sentence, in time linear in the cell."""
    truth = PAGE if competition == PAGES else LUNGS

    def answer(size):
        cell = (begin + repeated * size).strip()
        found = of(competition, truth, [cell, *truth[1:]])
        assert found.valid or refused(found)

    assert_linear(answer, times)


@pytest.mark.parametrize("competition", [PAGES, STUDIES])
@pytest.mark.parametrize(
    "cell",
    ["\u2603 \u00a0", "A -1e308 1e308 -1e308 -1e308 1e308"],
    ids=["snowman", "far"],
)
def test_hostile_cells_get_an_answer(competition, cell):
    """Other characters, huge numbers: a grade or one sentence."""
    truth = PAGE if competition == PAGES else LUNGS
    found = of(competition, truth, [cell.strip(), *truth[1:]])
    assert found.valid or refused(found)
