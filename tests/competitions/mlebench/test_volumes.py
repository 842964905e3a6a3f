"""The grader of scans does what the reference was seen to do, one rule at a time."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from mle_toolkit.competitions import grade
from mle_toolkit.competitions.metrics import volumes
from mle_toolkit.competitions.metrics.intervals import common, union, without
from mle_toolkit.competitions.metrics.runs import decode_runs
from mle_toolkit.competitions.metrics.volumes import hausdorff, stack

SCANS = "uw-madison-gi-tract-image-segmentation"
ORGANS = ("large_bowel", "small_bowel", "stomach")
ids_of = st.sampled_from(
    [
        "case1_day0_slice_0001",
        "case1_day0_slice_0002",
        "case10_day0_slice_0001",
        "case2_day0_slice_0001",
        "case2_day0_slice_0002",
        "case3",
    ]
)


def dense(text, height, width):
    """The mask as an array, painted pixel by pixel, column by column."""
    mask = np.zeros((height, width), dtype=bool)
    numbers = [int(token) for token in (text if isinstance(text, str) else "").split()]
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        for pixel in range(start - 1, min(start - 1 + length, height * width)):
            mask[pixel % height, pixel // height] = True
    return mask


def slow_volumes(ids, masks):
    """The volumes of the scans, as the rules say."""
    slices = {}
    for each, mask in zip(ids, masks, strict=True):
        slices[each] = slices.get(each, False) | mask
    scans = {}
    for each in sorted(slices):
        scans.setdefault(each.split("_slice_")[0], []).append(slices[each])
    return [np.stack(scan) for scan in scans.values()]


def slow_hausdorff(truth, prediction):
    """The distance from all pairs of voxels."""
    if not truth.any() and not prediction.any():
        return math.nan
    if truth.shape == prediction.shape and (truth == prediction).all():
        return 0.0
    if not truth.any() or not prediction.any():
        return 1.0
    if prediction.sum() > 10 * truth.sum():
        return 1.0
    distances = cdist(
        np.argwhere(truth) / truth.shape, np.argwhere(prediction) / truth.shape
    )
    nearest = max(distances.min(axis=0).max(), distances.min(axis=1).max())
    return nearest / math.sqrt(3)


def slow_score(submission, answers):
    """The whole score of tables with one size of images."""
    height, width = int(answers["image_height"][0]), int(answers["image_width"][0])
    n = min(len(submission), len(answers))
    true = [dense(text, height, width) for text in answers["predicted"][:n]]
    found = [dense(text, height, width) for text in submission["predicted"][:n]]
    shares = [
        2 * (one & other).sum() / (one.sum() + other.sum())
        for one, other in zip(true, found, strict=True)
        if one.any() or other.any()
    ]
    pairs = zip(
        slow_volumes(answers["id"][:n], true),
        slow_volumes(submission["id"][:n], found),
        strict=False,
    )
    distances = [slow_hausdorff(*pair) for pair in pairs]
    distances = [each for each in distances if not math.isnan(each)]
    if not shares or not distances:
        return math.nan
    return 0.4 * np.mean(shares) + 0.6 * (1 - np.mean(distances))


@st.composite
def mask_texts(draw):
    """Texts of masks of 12 pixels."""
    numbers, at = [], 1
    for gap, length in draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), max_size=3)
    ):
        numbers += [at + gap, length]
        at += gap + length
    return " ".join(map(str, numbers)) or None


tables = st.lists(st.tuples(ids_of, mask_texts()), min_size=1, max_size=8)


def table_of(rows, **columns):
    """A table of ids and masks."""
    return pd.DataFrame(
        {
            "id": [row[0] for row in rows],
            "class": [ORGANS[index % 3] for index in range(len(rows))],
            "predicted": [row[1] for row in rows],
            **columns,
        }
    )


def answers_of(rows, height=3, width=4):
    """A table of answers; sizes are decimals, as in the real one."""
    return table_of(rows, image_width=float(width), image_height=float(height))


@given(tables, tables, st.sampled_from([(3, 4), (4, 3), (2, 6), (12, 1)]))
@settings(max_examples=60, deadline=None)
def test_scores_equal_painted_volumes(true, found, size):
    """Any ids, any masks, either side longer: as the slow twin has it."""
    answers, submission = answers_of(true, *size), table_of(found)
    grading = grade(SCANS, submission, answers=answers)
    assert grading.valid, grading.reason
    wanted = slow_score(submission, answers)
    assert grading.score_full == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def random_volume(rng, shape, n_balls):
    """A volume of balls of several sizes."""
    where = np.indices(shape).reshape(3, -1).T
    mask = np.zeros(len(where), dtype=bool)
    for _ in range(n_balls):
        centre = rng.random(3) * shape
        mask |= ((where - centre) ** 2).sum(axis=1) < rng.uniform(1, 6) ** 2
    return mask.reshape(shape)


def encoded(mask):
    """The text of a mask."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]]).astype(np.int8)
    starts = np.flatnonzero(np.diff(flat) == 1)
    stops = np.flatnonzero(np.diff(flat) == -1)
    pairs = zip(starts + 1, stops - starts, strict=True)
    return " ".join(f"{start} {length}" for start, length in pairs)


def stacked(volume):
    """The same volume as runs."""
    slices, height, width = volume.shape
    texts = [encoded(mask) for mask in volume]
    masks = decode_runs(texts, np.full(slices, height * width))
    return stack(masks, place=np.arange(slices), slices=slices, height=height)


@pytest.mark.parametrize("way", ["tree", "painted"])
@pytest.mark.parametrize("seed", range(25))
def test_distances_equal_those_of_all_pairs(seed, way, monkeypatch):
    """Leaving out voxels that cannot matter leaves the distance as it is."""
    monkeypatch.setattr(volumes, "_PATIENCE_S", -1 if way == "painted" else math.inf)
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers((1, 8, 8), (9, 30, 30)))
    other = shape if seed % 3 else tuple(rng.integers((1, 8, 8), (9, 30, 30)))
    truth = random_volume(rng, shape, rng.integers(1, 6))
    prediction = random_volume(rng, other, rng.integers(1, 6))
    if seed % 5 == 0 and other == shape:
        prediction = truth ^ (rng.random(shape) < 0.002)
    assert hausdorff(stacked(truth), stacked(prediction)) == pytest.approx(
        slow_hausdorff(truth, prediction), abs=1e-12, nan_ok=True
    )


sets = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=8)


@given(sets, sets)
@settings(max_examples=100)
def test_intervals_are_sets(one, other):
    """Union, intersection and difference agree with Python's sets."""

    def both(pairs):
        start = np.array([each[0] for each in pairs], dtype=np.int64)
        stop = start + np.array([each[1] for each in pairs], dtype=np.int64)
        found = union(start, stop)
        members = {number for low, size in pairs for number in range(low, low + size)}
        assert found.members().tolist() == sorted(members)
        assert len(found) == len(members)
        # Intervals that touch are one, so equal sets are equal arrays.
        assert (found.start[1:] > found.stop[:-1]).all()
        return found, members

    (first, members), (second, others) = both(one), both(other)
    assert common(first, second).members().tolist() == sorted(members & others)
    assert without(first, second).members().tolist() == sorted(members - others)


DAY = "case1_day0_slice_000"
TRUTH = [(f"{DAY}1", "1 2"), (f"{DAY}1", None), (f"{DAY}2", "5 1")]


def score_of(found, true=TRUTH, **options):
    """The grade of rows of ids and masks."""
    return grade(SCANS, table_of(found), answers=answers_of(true), **options)


def refused(found, *words):
    """Whether it was refused in one sentence that has these words."""
    assert not found.valid
    assert found.score is None
    assert "cannot be scored: " not in found.reason.replace(
        "no submission can be scored: ", ""
    )
    assert "\n" not in found.reason
    for word in words:
        assert word in found.reason
    return True


def dangerous(found, score, danger, true=TRUTH):
    """The score stays, the danger is named, and a strict grade refuses it."""
    grading = score_of(found, true)
    assert grading.score_full == pytest.approx(score, abs=1e-12, nan_ok=True)
    assert any(danger in warning for warning in grading.warnings), grading.warnings
    assert refused(score_of(found, true, strict=True), "strict", danger)


def clean(found, score, true=TRUTH):
    """The score, and nothing to say about the file, also if the grade is strict."""
    grading = score_of(found, true, strict=True)
    assert grading.valid, grading.reason
    assert grading.warnings == ()
    assert grading.score_full == pytest.approx(score, abs=1e-12)


def test_a_perfect_file_scores_one():
    """Blanks against blanks are skipped."""
    clean(TRUTH, 1.0)


def test_orientation_of_the_axes():
    """A step down a column of 3 is 1/3, a step to the next column of 4 is 1/4."""
    one = [(f"{DAY}1", "1 1")]
    for text, step in (
        ("2 1", 1 / 3),
        ("4 1", 1 / 4),
        ("5 1", math.hypot(1 / 3, 1 / 4)),
    ):
        clean([(f"{DAY}1", text)], 0.6 * (1 - step / math.sqrt(3)), one)


def test_the_larger_of_the_two_directions_counts():
    """One more voxel, far off, is as far whichever side has it."""
    near, far = [(f"{DAY}1", "1 1")], [(f"{DAY}1", "1 1 12 1")]
    away = math.hypot(2 / 3, 3 / 4) / math.sqrt(3)
    for true, found in ((near, far), (far, near)):
        clean(found, 0.4 * 2 / 3 + 0.6 * (1 - away), true)


def test_one_empty_side_is_one_and_two_are_skipped():
    """The distance of a scan without prediction is 1; one without both counts not."""
    true = [(f"{DAY}1", "1 1"), ("case2_slice_1", None)]
    clean([(f"{DAY}1", None), ("case2_slice_1", None)], 0.0, true)
    clean([(f"{DAY}1", "1 1"), ("case2_slice_1", None)], 1.0, true)
    clean(
        [(f"{DAY}1", "1 1"), ("case2_slice_1", "1 1")],
        0.4 / 2 + 0.6 * (1 - 1 / 2),
        true,
    )


def test_more_than_ten_times_the_voxels_is_one():
    """Ten times is not more; the other direction has no such rule."""
    one, ten, eleven = ([(f"{DAY}1", f"1 {n}")] for n in (1, 10, 11))
    away = math.hypot(2 / 3, 2 / 4) / math.sqrt(3)
    clean(ten, 0.4 * 2 / 11 + 0.6 * (1 - away), one)
    clean(eleven, 0.4 * 2 / 12, one)
    clean(one, 0.4 * 2 / 12 + 0.6 * (1 - away), eleven)


def test_dice_is_taken_by_position():
    """Rows in another order are scored against the wrong ones, and named."""
    swapped = [TRUTH[2], TRUTH[1], TRUTH[0]]
    wanted = slow_score(table_of(swapped), answers_of(TRUTH))
    assert wanted == pytest.approx(0.6)
    dangerous(swapped, wanted, "row 1 has the id")


def test_classes_are_not_read_but_their_order_is_a_danger():
    """The same ids with other classes score the same."""
    submission = table_of(TRUTH)
    submission["class"] = submission["class"].tolist()[::-1]
    for strict in (False, True):
        found = grade(SCANS, submission, answers=answers_of(TRUTH), strict=strict)
        assert found.valid != strict
        assert "row 1 has the class 'stomach'" in (found.reason or found.warnings[0])
    answers = answers_of(TRUTH).drop(columns="class")
    assert grade(SCANS, submission, answers=answers, strict=True).score == 1.0


def test_scans_are_paired_in_the_order_of_text():
    """case10 comes before case2, and the names need not be the same."""
    true = [("case2_slice_1", "1 1"), ("case10_slice_1", "12 1")]
    found = [("z_slice_1", "12 1"), ("a_slice_1", "1 1")]
    # Dice is 0; scan "a" has what case10 has not, and the other way round.
    away = math.hypot(2 / 3, 3 / 4) / math.sqrt(3)
    dangerous(found, 0.6 * (1 - away), "row 1 has the id 'z_slice_1'", true)
    found = [("a_slice_1", "12 1"), ("z_slice_1", "1 1")]
    dangerous(found, 0.6, "row 1 has the id 'a_slice_1'", true)


def test_the_longer_list_of_scans_is_cut():
    """One scan against two: the second is not looked at."""
    true = [("case1_slice_1", "1 1"), ("case2_slice_1", "12 1")]
    found = [("case1_slice_1", "1 1"), ("case1_slice_1", None)]
    wanted = slow_score(table_of(found), answers_of(true))
    assert wanted == pytest.approx(0.4 * 0.5 + 0.6)
    dangerous(found, wanted, "row 2 has the id", true)


def test_files_of_another_length():
    """The shorter side decides; a header alone is NaN."""
    dangerous(TRUTH[:2], 1.0, "2 rows, the answers 3")
    dangerous([*TRUTH, (f"{DAY}9", "1 1")], 1.0, "4 rows, the answers 3")
    found = score_of([])
    assert found.valid
    assert math.isnan(found.score_full)
    assert found.medal is None
    assert refused(score_of([], strict=True), "0 rows")


def test_rows_that_are_not_used_may_hold_anything():
    """An id or a mask behind the last row of the answers is not read."""
    extra = [*TRUTH, (f"{DAY}9", "not a mask"), (None, "1 1")]
    dangerous(extra, 1.0, "the rest is not read")


def test_masks_of_different_sizes_cannot_be_stacked():
    """Sizes come from the answers' rows, so a shuffled id is refused."""
    answers = answers_of([("a_slice_1", "1 1"), ("b_slice_1", "1 1")])
    answers["image_width"] = [4.0, 5.0]
    rows = [("a_slice_1", "1 1"), ("b_slice_1", "1 1")]
    assert grade(SCANS, table_of(rows), answers=answers, strict=True).score == 1.0
    for second in ("a_slice_1", "a_slice_2"):
        rows = [("a_slice_1", "1 1"), (second, "1 1")]
        found = grade(SCANS, table_of(rows), answers=answers)
        assert refused(found, "3 x 4", "3 x 5")


def test_volumes_of_different_shape_are_compared_by_the_true_one():
    """The predicted scan has two slices, the true one has one."""
    true = [("a_slice_1", "1 1"), ("a_slice_1", None)]
    found = [("a_slice_1", "1 1"), ("a_slice_2", "1 1")]
    # Dice is 1 and 0; a step of one slice is 1/1.
    wanted = 0.4 * 0.5 + 0.6 * (1 - 1 / math.sqrt(3))
    dangerous(found, wanted, "row 2 has the id", true)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([(f"{DAY}1", "1 2"), (None, "1 1")], ["row 2"]),
        ([(1, "1 2"), (2, "1 1")], ["no text"]),
        ([(f"{DAY}1", "5"), (f"{DAY}1", "6")], ["number or flag"]),
        ([(f"{DAY}1", "5"), (f"{DAY}1", None)], ["number or flag"]),
        ([(f"{DAY}1", "5 1 4 1")], ["starts fall", DAY]),
        ([(f"{DAY}1", "1 x")], ["'x'"]),
        ([(f"{DAY}1", "1 2 2 2")], ["overlap"]),
        ([(f"{DAY}1", "0 2")], ["above 0"]),
        ([(f"{DAY}1", "-")], ["'-'"]),
    ],
)
def test_what_is_refused(found, words):
    """Ids that are no text, masks that are numbers, texts that are no masks."""
    assert refused(score_of(found), *words)


def test_all_blank_masks_are_accepted():
    """The column then has no text at all, and is empty all the same."""
    clean([(each, None) for each, _ in TRUTH], 0.0)


def test_columns_must_be_there():
    """Also the class, which is not read; others are noted."""
    for name in ("id", "class", "predicted"):
        submission = table_of(TRUTH).drop(columns=name)
        assert refused(grade(SCANS, submission, answers=answers_of(TRUTH)), name)
    submission = table_of(TRUTH, more=1)
    found = grade(SCANS, submission, answers=answers_of(TRUTH), strict=True)
    assert found.warnings == ("column 'more' is not read",)


def test_odd_masks_are_dangers():
    """Cut runs, lone starts, shared lengths, white space."""
    for text, danger in (
        ("1 2 13 5", "past the end"),
        ("1 1 2", "two starts"),
    ):
        dangerous([(f"{DAY}1", text), *TRUTH[1:]], 1.0, danger)
    dangerous([TRUTH[0], (f"{DAY}1", " "), TRUTH[2]], 1.0, "white space")
    dangerous([TRUTH[0], (f"{DAY}1", "3"), TRUTH[2]], 1.0, "start without a length")


def test_hostile_stacks_stay_small():
    """Full masks of four thousand slices, all in one scan: half a byte per voxel."""
    n, height, width = 4_000, 310, 360
    true = [(f"case{i // 100}_slice_{i:05d}", "50000 300") for i in range(n)]
    found = [(f"a_slice_{i:05d}", f"1 {height * width}") for i in range(n)]
    tracemalloc.start()
    grading = grade(SCANS, table_of(found), answers=answers_of(true, height, width))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grading.valid
    assert grading.score < 0.4
    # Painted, each of them takes a byte.
    assert peak < n * height * width / 2


@pytest.mark.parametrize("way", ["tree", "painted"])
def test_far_sheets_of_voxels_are_no_pairs(way, monkeypatch):
    """Two thick plates at both ends of the scan: every voxel is about as far."""
    monkeypatch.setattr(volumes, "_PATIENCE_S", -1 if way == "painted" else math.inf)
    height, width, slices = 300, 300, 40
    rows = [f"a_slice_{i:05d}" for i in range(slices)]
    true = [(each, f"1 {height * 30}") for each in rows]
    found = [(each, f"{height * (width - 60)} {height * 60}") for each in rows]
    grading = grade(SCANS, table_of(found), answers=answers_of(true, height, width))
    # From the last column to column 29, and the step of one row is nothing to it.
    assert grading.score_full == pytest.approx(0.6 * (1 - 270 / 300 / 3**0.5), abs=1e-3)
