"""Graders of masks do what the reference was seen to do, one rule at a time."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mle_toolkit.competitions import grade
from mle_toolkit.competitions.metrics import masks as metrics
from mle_toolkit.competitions.metrics.runs import (
    RunError,
    common_areas,
    decode_runs,
    select_images,
)
from mle_toolkit.errors import UsageError

CONTRAILS = "google-research-identify-contrails-reduce-global-warming"
HUBMAP = "hubmap-kidney-segmentation"
SALT = "tgs-salt-identification-challenge"
INK = "vesuvius-challenge-ink-detection"


def painted(text, size):
    """The pixels of a mask, painted one by one; None for what is no mask."""
    numbers = [int(token) for token in text.split()]
    starts, lengths = numbers[::2], numbers[1::2]
    if any(number < 1 for number in numbers) or starts != sorted(starts):
        return None
    if len(lengths) == 1:
        lengths = lengths * len(starts)
    if len(starts) == 1 and not lengths:
        starts = []
    if len(starts) != len(lengths):
        return None
    pixels = set()
    for start, length in zip(starts, lengths, strict=True):
        run = set(range(start - 1, min(start - 1 + length, size)))
        if run & pixels:
            return None
        pixels |= run
    return pixels


def pixels_of(masks, image):
    """The pixels of one decoded mask."""
    one = select_images(masks, np.array([image]))
    return {
        pixel
        for start, stop in zip(one.start, one.stop, strict=True)
        for pixel in range(start, stop)
    }


SIZE = 30
texts = st.one_of(
    st.lists(st.integers(0, 34), max_size=5),
    # Pairs with gaps, most of which are masks.
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5)), max_size=6).map(
        lambda steps: [
            number
            for index, (gap, length) in enumerate(steps)
            for number in (
                1 + gap + sum(sum(step) for step in steps[:index]),
                length,
            )
        ]
    ),
).map(lambda numbers: " ".join(map(str, numbers)))


@given(texts)
@settings(max_examples=250)
def test_decoding_equals_painting(text):
    """A text is refused when painting it fails, and else has the same pixels."""
    pixels = painted(text, SIZE)
    if pixels is None:
        with pytest.raises(RunError):
            decode_runs([text], np.array([SIZE]))
        return
    masks = decode_runs(["1 3", text, "2 2"], np.array([5, SIZE, 7]))
    assert pixels_of(masks, 1) == pixels
    assert masks.areas.tolist() == [3, len(pixels), 2]


@given(st.lists(st.tuples(texts, texts), max_size=4))
@settings(max_examples=120)
def test_metrics_equal_counts_of_painted_pixels(pairs):
    """All four metrics agree with sets of pixels."""
    pairs = [
        pair for pair in pairs if all(painted(text, SIZE) is not None for text in pair)
    ]
    true = [painted(text, SIZE) for text, _ in pairs]
    found = [painted(text, SIZE) for _, text in pairs]
    sizes = np.full(len(pairs), SIZE)
    truth = decode_runs([text for text, _ in pairs], sizes)
    masks = decode_runs([text for _, text in pairs], sizes)
    both = [len(one & other) for one, other in zip(true, found, strict=True)]
    assert common_areas(truth, masks).tolist() == both
    if not pairs:
        assert math.isnan(metrics.mean_dice(truth, masks))
        assert math.isnan(metrics.f_half(truth, masks))
        assert math.isnan(metrics.iou_precision(truth, masks))
        return
    total = [len(one) + len(other) for one, other in zip(true, found, strict=True)]
    if sum(total):
        assert metrics.dice(truth, masks) == pytest.approx(2 * sum(both) / sum(total))
    else:
        assert math.isnan(metrics.dice(truth, masks))
    shares = [2 * n / of if of else 1 for n, of in zip(both, total, strict=True)]
    assert metrics.mean_dice(truth, masks) == pytest.approx(np.mean(shares))
    assert metrics.f_half(truth, masks) == pytest.approx(
        np.mean([slow_f_half(*each) for each in zip(true, found, strict=True)])
    )
    assert metrics.iou_precision(truth, masks) == pytest.approx(
        np.mean([slow_precision(*each) for each in zip(true, found, strict=True)])
    )


def slow_f_half(true, found):
    n = len(true & found)
    if not n:
        return 0.0
    precision, recall = n / len(found), n / len(true)
    return 1.25 * precision * recall / (0.25 * precision + recall)


def slow_precision(true, found):
    if not true:
        return float(not found)
    if not found:
        found = set(range(SIZE))
    iou = len(true & found) / len(true | found)
    return sum(iou > 0.5 + step * 0.05 for step in range(10)) / 10


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1 2 x 4", "'x' is not a whole number"),
        ("1.0 2", "'1.0' is not a whole number"),
        ("0 2", "above 0"),
        ("0", "above 0"),
        ("3 0", "above 0"),
        ("-3 2", "above 0"),
        ("5 1 4 1", "its starts fall, from 5 to 4"),
        ("5 2 6 1", "its runs overlap at pixel 6"),
        ("5 1 5 1", "its runs overlap at pixel 5"),
        ("1 3 3", "its runs overlap at pixel 3"),
        ("1 1 3 1 5", "5 numbers are no pairs"),
        ("1 0 3", "above 0"),
        ("10000000000000000000000 1 9 1", "its starts fall"),
        ("9" * 5000 + " 1", "is not a whole number"),
    ],
)
def test_what_is_no_mask_is_refused_with_its_reason(text, fault):
    """The error says which text it is and what is wrong with it."""
    with pytest.raises(RunError) as caught:
        decode_runs(["1 1", text], np.array([20, 20]))
    assert caught.value.index == 1
    assert fault in caught.value.fault
    assert len(caught.value.fault) < 120


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("", set()),
        (" \t\n", set()),
        ("7", set()),
        ("99", set()),
        ("2 2", {1, 2}),
        ("+2 0_2", {1, 2}),
        ("\u00a02\u30002 ", {1, 2}),
        ("\u0662 2", {1, 2}),
        ("1 2 4", {0, 1, 3, 4}),
        ("1 1 2 1", {0, 1}),
        ("19 9", {18, 19}),
        ("20 1 21 5 21 9", {19}),
        ("19 9 21 5", {18, 19}),
        ("25 5 27 5", set()),
        ("25 5 25 5", set()),
        ("1 " + "9" * 30, set(range(20))),
        ("9" * 30 + " 1", set()),
        ("3 1 " + "9" * 18 + " " + "9" * 18, {2}),
        ("3 1 9223372036854775807 9223372036854775807", {2}),
        (str(2**61) + " 5 " + str(2**61 + 1) + " 5", set()),
    ],
)
def test_odd_texts_that_are_masks(text, pixels):
    """Signs, underscores, other scripts, shared lengths, ends past the image."""
    masks = decode_runs(["3 4", text], np.array([20, 20]))
    assert pixels_of(masks, 1) == pixels


def test_masks_of_other_images_are_not_compared():
    """Counting common pixels needs the same images on both sides."""
    one, other = (
        decode_runs(["1 1"], np.array([4])),
        decode_runs(["1 1"], np.array([5])),
    )
    with pytest.raises(UsageError, match="same images"):
        common_areas(one, other)
    with pytest.raises(UsageError, match="pixels"):
        decode_runs([""], np.array([1 << 62]))


# The three competitions that match rows by id.


def answers_of(competition, masks, ids="abcdef", height=4, width=5):
    """Answers of images of 20 pixels, or of 101 x 101 for salt."""
    ids = list(ids)[: len(masks)]
    if competition == SALT:
        return pd.DataFrame({"id": ids, "rle_mask": masks})
    names = {
        CONTRAILS: ("record_id", "encoded_pixels", "height", "width"),
        HUBMAP: ("id", "encoding", "height_pixels", "width_pixels"),
        INK: ("Id", "Predicted", "height", "width"),
    }[competition]
    columns = (ids, masks, [height] * len(ids), [width] * len(ids))
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def file_of(competition, masks, ids="abcdef"):
    """A submission."""
    names = {
        CONTRAILS: ("record_id", "encoded_pixels"),
        HUBMAP: ("id", "predicted"),
        SALT: ("id", "rle_mask"),
        INK: ("Id", "Predicted"),
    }[competition]
    columns = (list(ids)[: len(masks)], masks)
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def of(competition, truth, masks, *, strict=False, ids="abcdef"):
    """Our grade of masks given as lists of texts."""
    return grade(
        competition,
        file_of(competition, masks, ids),
        answers=answers_of(competition, truth),
        strict=strict,
    )


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


def accepted_with_a_danger(competition, truth, masks, score, danger):
    """The score stays, the danger is named, and a strict grade refuses it."""
    found = of(competition, truth, masks)
    assert found.score_full == pytest.approx(score, abs=1e-12, nan_ok=True)
    assert any(danger in warning for warning in found.warnings), found.warnings
    assert refused(of(competition, truth, masks, strict=True), "strict", danger)


def clean(competition, truth, masks, score):
    """The score, and nothing to say about the file, also if the grade is strict."""
    found = of(competition, truth, masks, strict=True)
    assert found.valid, found.reason
    assert found.warnings == ()
    assert found.score_full == pytest.approx(score, abs=1e-12)


def test_contrails_pool_the_pixels_of_all_images():
    """2 x 3 common pixels of 7 + 4, not a mean over images."""
    clean(CONTRAILS, ["1 5", "3 2"], ["1 1", "3 3"], 6 / 11)
    clean(CONTRAILS, ["1 5", "-"], ["1 5", "-"], 1.0)
    clean(CONTRAILS, ["1 5", "-"], ["-", "1 5"], 0.0)


def test_hubmap_takes_the_mean_over_images():
    """2/6 and 4/5, and 1 where truth and prediction are both empty."""
    clean(HUBMAP, ["1 5", "3 2"], ["1 1", "3 3"], (2 / 6 + 4 / 5) / 2)
    clean(HUBMAP, ["1 5", "2 2"], [None, "2 2"], 0.5)
    clean(HUBMAP, ["1 5", " ", "5"], ["1 5", None, None], 1.0)
    clean(HUBMAP, ["1 5", " "], ["1 5", "1 1"], 0.5)


def test_salt_counts_the_thresholds_that_are_exceeded():
    """IoU 3/5 exceeds 0.5 and 0.55; empty against empty is 1, against some 0."""
    clean(SALT, ["1 4", None], ["2 4", None], (0.2 + 1) / 2)
    clean(SALT, ["1 4", None], ["1 4", "1 1"], 0.5)
    clean(SALT, ["1 10201"], ["1 10201"], 1.0)
    clean(SALT, ["1 4"], ["1 10201"], 0.0)
    for hits, common in enumerate(range(50, 101, 5)):
        # IoU is common / 100: equality is not enough.
        clean(SALT, ["1 100"], [f"1 {common}"], min(hits, 10) / 10)


def test_empty_salt_is_scored_as_full():
    """59 % cover earns two thresholds, 96 % all ten, half of it none."""
    for cover, score in ((0.59, 0.2), (0.96, 1.0)):
        truth = f"1 {int(10201 * cover)}"
        accepted_with_a_danger(
            SALT, [truth, None], [None, None], (score + 1) / 2, "(id 'a')"
        )
    accepted_with_a_danger(SALT, ["1 10201"], [None], 1.0, "whole image were salt")
    clean(SALT, ["1 5100", "1 1"], [None, "1 1"], 0.5)


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT])
def test_rows_are_matched_by_id(competition):
    """Another order of rows changes nothing."""
    truth, masks = ["1 3", "4 5", "9 1"], ["1 2", "4 5", "8 2"]
    one = of(competition, truth, masks)
    other = of(competition, truth, masks[::-1], ids="cba")
    assert one.score_full == other.score_full
    assert other.warnings == ()


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT])
def test_ids_and_rows_must_be_those_of_the_answers(competition):
    """Unknown, repeated, missing and surplus ids are refused."""
    truth = ["1 3", "4 5", "9 1"]
    assert refused(of(competition, truth, truth, ids="abx"), "'c'")
    assert refused(of(competition, truth, truth, ids="abb"), "'c'")
    assert refused(of(competition, truth, truth[:2]), "2 rows; 3")
    assert refused(of(competition, truth, [*truth, "1 1"]), "4 rows; 3")
    assert refused(of(competition, truth, truth, ids=["a", "b", None]))
    assert refused(of(competition, truth, truth, ids=[1, 2, 3]))


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT])
def test_ids_that_repeat_in_the_answers_need_their_order(competition):
    """In another order it is chance which row is held against which."""
    answers = answers_of(competition, ["1 3", "4 5", "9 1"], ids="aab")
    same = file_of(competition, ["1 3", "4 5", "9 1"], ids="aab")
    assert grade(competition, same, answers=answers, strict=True).score == 1.0
    other = same.iloc[[2, 0, 1]]
    found = grade(competition, other, answers=answers)
    assert found.score == 1.0
    assert "chance" in found.warnings[0]
    assert refused(grade(competition, other, answers=answers, strict=True), "chance")


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT, INK])
def test_columns_must_be_there(competition):
    """A missing column is named."""
    answers = answers_of(competition, ["1 3"])
    table = file_of(competition, ["1 3"])
    for name in table.columns:
        assert refused(
            grade(competition, table.drop(columns=name), answers=answers), name
        )


def test_further_columns_are_refused_only_where_the_set_is_exact():
    """Contrails and hubmap note them, salt and vesuvius refuse them."""
    for competition, exact in ((CONTRAILS, 0), (HUBMAP, 0), (SALT, 1), (INK, 1)):
        answers = answers_of(competition, ["1 3"])
        table = file_of(competition, ["1 3"]).assign(extra=1)
        found = grade(competition, table, answers=answers)
        assert found.valid != bool(exact)
        assert "'extra'" in (found.reason if exact else found.warnings[0])
        mirrored = file_of(competition, ["1 3"]).iloc[:, ::-1]
        assert grade(competition, mirrored, answers=answers).score == 1.0


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT, INK])
@pytest.mark.parametrize(
    "text", ["x", "1 x", "0 1", "1 0", "5 1 4 1", "1 2 2 1", "1 1 3 1 5", "1.5 2", "0"]
)
def test_what_is_no_mask_refuses_the_file(competition, text):
    """Its id and its fault are named."""
    assert refused(of(competition, ["1 3", "4 5"], ["1 3", text]), "id 'b'")
    assert refused(of(competition, ["1 3", text], ["1 3", "4 5"]), "answers", "id 'b'")


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT, INK])
def test_odd_masks_are_accepted_with_a_danger(competition):
    """Cut runs, lone starts, shared lengths, white space."""
    truth = ["5 4", "5 4"]
    big = 10201 if competition == SALT else 20
    full = {CONTRAILS: 8 / 8, HUBMAP: 1, SALT: 1, INK: 1}[competition]
    half = {CONTRAILS: 8 / 12, HUBMAP: 0.5, SALT: 0.5, INK: 0.5}[competition]
    accepted_with_a_danger(
        competition, truth, ["5 4", f"5 4 {big + 1} 7"], full, "past the end"
    )
    accepted_with_a_danger(competition, truth, ["5 4", "5 2 7"], full, "two starts")
    accepted_with_a_danger(competition, truth, ["5 4", "5"], half, "start without")
    accepted_with_a_danger(competition, truth, ["5 4", "  "], half, "white space")


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT, INK])
def test_a_column_of_lone_numbers_is_no_text(competition):
    """Numbers are read then, with blanks or without, and that is refused."""
    truth = ["5 4", "5 4"]
    assert refused(of(competition, truth, ["5", "6"]), "number or flag")
    assert refused(of(competition, truth, ["5", None]))
    assert refused(of(competition, truth, ["True", "False"]), "number or flag")


def test_blanks_by_competition():
    """Empty masks in hubmap and salt, also in all rows; refused elsewhere."""
    for competition in (HUBMAP, SALT):
        clean(competition, ["5 4", "5 4"], [None, None], 0.0)
    for competition in (CONTRAILS, INK):
        truth = ["5 4", "5 4"]
        assert refused(of(competition, truth, ["5 4", None]), "id 'b'", "empty")
        assert refused(of(competition, truth, [None, None]), "id 'a'", "empty")
    # What pandas takes for missing is missing.
    clean(HUBMAP, ["5 4", "5 4"], ["NA", "null"], 0.0)


def test_blank_truths_by_competition():
    """An empty mask in salt; elsewhere it refuses every file."""
    clean(SALT, [None, "1 1"], [None, "1 1"], 1.0)
    for competition in (CONTRAILS, HUBMAP, INK):
        truth = ["5 4", None]
        assert refused(of(competition, truth, ["5 4", "1 1"]), "answers", "id 'b'")


def test_contrails_without_any_pixel_are_nan():
    """0 / 0 is a valid score that wins nothing, and strict refuses it."""
    found = of(CONTRAILS, ["-", "-"], ["-", "-"])
    assert found.valid
    assert math.isnan(found.score_full)
    assert found.medal is None
    assert refused(of(CONTRAILS, ["-", "-"], ["-", "-"], strict=True), "nan")


def test_a_dash_is_an_empty_mask_in_contrails_alone():
    """Elsewhere, and with blanks around it, it is no number."""
    assert refused(of(CONTRAILS, ["5 4", "-"], ["5 4", " -"]), "'-'")
    assert refused(of(HUBMAP, ["5 4", "5 4"], ["5 4", "-"]), "'-'")
    assert refused(of(SALT, ["5 4", None], ["5 4", "-"]), "'-'")


def test_contrails_need_images_of_one_size():
    """Answers with two sizes refuse every file; those of hubmap may have them."""
    masks = ["1 5", "1 9"]
    for competition, height in ((CONTRAILS, "height"), (HUBMAP, "height_pixels")):
        answers = answers_of(competition, masks)
        answers[height] = [4, 5]
        found = grade(competition, file_of(competition, masks), answers=answers)
        assert found.valid == (competition == HUBMAP)
    answers[height] = [4, None]
    assert refused(grade(HUBMAP, file_of(HUBMAP, masks), answers=answers), height)


def test_salt_ids_must_be_texts():
    """Numbers are refused even if they are the same, and a blank id is empty text."""
    truth = ["5 4", "5 4"]
    answers = answers_of(SALT, truth, ids=[1, 2])
    table = file_of(SALT, truth, ids=[1, 2])
    assert refused(grade(SALT, table, answers=answers), "is a number")
    answers = answers_of(SALT, truth, ids=["a", None])
    table = file_of(SALT, truth, ids=[None, "a"])
    assert grade(SALT, table, answers=answers).score == 1.0


def test_vesuvius_needs_the_ids_row_by_row():
    """The same ids in another order are refused, as is another number of rows."""
    truth = ["1 4", "1 6"]
    clean(INK, truth, ["1 4", "2 5"], (1 + 1.25 * (5 / 6) / (0.25 + 5 / 6)) / 2)
    assert refused(of(INK, truth, truth[::-1], ids="ba"), "row 1", "'b'", "'a'")
    assert refused(of(INK, truth, truth[:1]), "1 rows; 2")
    clean(INK, ["1 4", " "], ["1 4", "1 1"], 0.5)


def test_vesuvius_without_ink_counts_zero():
    """Two empty masks are 0, not 1."""
    accepted_with_a_danger(INK, ["1 4", " "], ["1 4", " "], 0.5, "white space")


def test_a_mask_of_more_than_a_billion_pixels_is_never_painted():
    """Two images of 30,000 x 50,000 pixels: 100 MB, not three gigabytes."""
    height, width, runs = 30_000, 50_000, 100_000
    starts = np.arange(runs) * 10_000 + 1
    text = " ".join(f"{start} 5000" for start in starts)
    other = " ".join(f"{start + 2500} 5000" for start in starts)
    answers = answers_of(HUBMAP, [text, text], height=height, width=width)
    table = file_of(HUBMAP, [other, "1 1500000000"])
    tracemalloc.start()
    found = grade(HUBMAP, table, answers=answers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    full = 2 * runs * 5000 / (runs * 5000 + height * width)
    assert found.score_full == pytest.approx((0.5 + full) / 2, rel=1e-12)
    assert peak < 100e6


@pytest.mark.parametrize("competition", [CONTRAILS, HUBMAP, SALT, INK])
@pytest.mark.parametrize(
    "cell",
    [
        "1 " * 1_000_000,
        "9" * 2_000_000,
        "1 " + "9" * 4000,
        "\u2603",
        "nan inf",
        "1e308 1",
    ],
    ids=["many", "long", "huge", "snowman", "words", "float"],
)
def test_hostile_cells_get_an_answer(competition, cell):
    """Megabytes in a cell, huge numbers, other characters: a grade or a sentence."""
    found = of(competition, ["1 3", "4 5"], ["1 3", cell])
    assert found.valid or refused(found)
    assert len(found.reason or "") < 300
