"""Rows per second of the graders of masks and boxes, beside plain formulations.

Plain means what one would write first: paint every mask, loop over boxes, and let
numpy, scikit-learn, scipy and shapely do the rest.  Both start from tables that have
been read, and both must come to the same score.

``benchmarks/graders.py`` runs it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mle_toolkit.competitions import load_card
from mle_toolkit.competitions.protocols import get_protocol
from mle_toolkit.competitions.protocols.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Case = tuple[str, int, Callable[[], object], Callable[[], object]]
    Array = np.ndarray[Any, Any]

MASKS, BOXES = 10_000, 10_000
LEAST_IOU = 0.5
CLASSES = ("large_bowel", "small_bowel", "stomach")


def cases() -> Iterator[Case]:
    """Yield name, rows, our grader and the plain one, for each competition."""
    yield from _mask_cases(np.random.default_rng(1))
    yield from _box_cases(np.random.default_rng(2))


def _ours(
    competition: str, submission: pd.DataFrame, answers: pd.DataFrame
) -> Callable[[], float]:
    card = load_card(competition)
    protocol = get_protocol(card.protocol)
    entry = Entry(submission=submission, answers=answers, card=card)
    return lambda: protocol(entry).score


# Masks.


def _mask_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield the five competitions of masks."""
    for name, count, size, columns in (
        (
            "google-research-identify-contrails-reduce-global-warming",
            MASKS,
            (256, 256),
            ("record_id", "encoded_pixels", "encoded_pixels", "height", "width"),
        ),
        (
            "hubmap-kidney-segmentation",
            3,
            (15_000, 25_000),
            ("id", "predicted", "encoding", "height_pixels", "width_pixels"),
        ),
        (
            "tgs-salt-identification-challenge",
            MASKS,
            (101, 101),
            ("id", "rle_mask", "rle_mask", "height", "width"),
        ),
        (
            "vesuvius-challenge-ink-detection",
            2,
            (6_000, 8_000),
            ("Id", "Predicted", "Predicted", "height", "width"),
        ),
    ):
        key, target, true_target, high, wide = columns
        ids = [f"image{index:06d}" for index in range(count)]
        answers = pd.DataFrame(
            {
                key: ids,
                true_target: [_mask_text(rng, *size) for _ in ids],
                high: size[0],
                wide: size[1],
            }
        )
        given = pd.DataFrame({key: ids, target: [_mask_text(rng, *size) for _ in ids]})
        given = given.astype(object)
        plain = _plain_masks(
            name, answers[true_target].tolist(), given[target].tolist(), size
        )
        yield name, count, _ours(name, given, answers), plain
    yield _scan_case(rng)


def _mask_text(rng: np.random.Generator, height: int, width: int) -> str:
    """Return an ellipse as runs down the columns."""
    middle = (0.3 + 0.4 * rng.random(2)) * (height, width)
    radius = (0.1 + 0.2 * rng.random(2)) * (height, width)
    column = np.arange(int(middle[1] - radius[1]) + 1, int(middle[1] + radius[1]))
    half = radius[0] * np.sqrt(1 - ((column - middle[1]) / radius[1]) ** 2)
    low = (middle[0] - half).astype(int)
    length = np.maximum(1, (2 * half).astype(int))
    pairs = np.column_stack([column * height + low + 1, length])
    return " ".join(map(str, pairs.ravel().tolist()))


def _painted(text: str, height: int, width: int) -> Array:
    numbers = [int(token) for token in text.split()]
    starts = np.array(numbers[::2]) - 1
    mask = np.zeros(height * width, dtype=bool)
    for start, stop in zip(starts, starts + numbers[1::2], strict=True):
        if mask[start:stop].any():
            raise ValueError(text)
        mask[start:stop] = True
    return mask.reshape(width, height).T


def _plain_masks(
    name: str, true: list[str], given: list[str], size: tuple[int, int]
) -> Callable[[], float]:
    def score() -> float:
        counts = []
        for one, other in zip(true, given, strict=True):
            first, second = _painted(one, *size), _painted(other, *size)
            counts.append((first.sum(), second.sum(), (first & second).sum()))
        n_true, n_given, n_both = np.array(counts).T
        if name.startswith("google"):
            return float(2 * n_both.sum() / (n_true.sum() + n_given.sum()))
        if name.startswith("hubmap"):
            return float(np.mean(2 * n_both / (n_true + n_given)))
        if name.startswith("vesuvius"):
            return float(np.mean(1.25 * n_both / (0.25 * n_true + n_given)))
        iou = n_both / (n_true + n_given - n_both)
        return float((iou[:, None] > 0.5 + np.arange(10) * 0.05).mean())

    return score


def _scan_case(rng: np.random.Generator) -> Case:
    name = "uw-madison-gi-tract-image-segmentation"
    slices, size = 48, (96, 96)
    scans = MASKS // (slices * len(CLASSES))
    rows = [
        (f"case{scan}_day0_slice_{index:04d}", organ)
        for scan in range(scans)
        for index in range(slices)
        for organ in CLASSES
    ]
    answers = pd.DataFrame(rows, columns=["id", "class"])
    given = answers.copy()
    for table in (answers, given):
        texts = [_mask_text(rng, *size) for _ in rows]
        table["predicted"] = pd.Series(texts, dtype=object)
    answers["image_width"], answers["image_height"] = float(size[1]), float(size[0])
    return name, len(rows), _ours(name, given, answers), _plain_scans(given, answers)


def _plain_scans(given: pd.DataFrame, answers: pd.DataFrame) -> Callable[[], float]:
    from scipy.spatial.distance import directed_hausdorff

    size = int(answers["image_height"][0]), int(answers["image_width"][0])

    def score() -> float:
        true = [_painted(text, *size) for text in answers["predicted"]]
        found = [_painted(text, *size) for text in given["predicted"]]
        dice = [
            2 * (one & other).sum() / (one.sum() + other.sum())
            for one, other in zip(true, found, strict=True)
        ]
        distances = []
        volumes = zip(
            _volumes(answers["id"], true), _volumes(given["id"], found), strict=True
        )
        for one, other in volumes:
            first = np.argwhere(one) / one.shape
            second = np.argwhere(other) / one.shape
            both = (
                directed_hausdorff(first, second)[0],
                directed_hausdorff(second, first)[0],
            )
            distances.append(max(both) / np.sqrt(3))
        return float(0.4 * np.mean(dice) + 0.6 * (1 - np.mean(distances)))

    return score


def _volumes(ids: pd.Series, masks: list[Array]) -> list[Array]:
    slices: dict[str, Array] = {}
    for each, mask in zip(ids, masks, strict=True):
        slices[each] = slices[each] | mask if each in slices else mask
    scans = defaultdict(list)
    for each in sorted(slices):
        scans[each.split("_slice_")[0]].append(slices[each])
    return [np.stack(scan) for scan in scans.values()]


# Boxes.


def _box_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield the four competitions of boxes."""
    yield _character_case(rng)
    yield _study_case(rng)
    yield _xray_case(rng)
    yield _car_case(rng)


def _texts(rows: Array, owner: Array, n_images: int) -> pd.Series:
    cells = [""] * n_images
    for image, row in zip(owner.tolist(), rows.tolist(), strict=True):
        text = " ".join(map(str, row))
        cells[image] = f"{cells[image]} {text}" if cells[image] else text
    return pd.Series([cell or None for cell in cells], dtype=object)


def _character_case(rng: np.random.Generator) -> Case:
    name, pages = "kuzushiji-recognition", 50
    page = np.sort(rng.integers(0, pages, BOXES))
    label = np.array([f"U+{code:04X}" for code in rng.integers(0, 200, BOXES)])
    low, side = rng.integers(0, 3000, (BOXES, 2)), rng.integers(30, 120, (BOXES, 2))
    at = low + side // 2 + rng.integers(-50, 50, (BOXES, 2))
    order = np.argsort(page + rng.random(BOXES))
    ids = pd.Series([f"page{index}" for index in range(pages)], dtype=object)
    true = np.column_stack([label, low, side])
    answers = pd.DataFrame({"image_id": ids, "labels": _texts(true, page, pages)})
    points = np.column_stack([label, at])[order]
    given = pd.DataFrame({"image_id": ids, "labels": _texts(points, page, pages)})

    def plain() -> float:
        hits = total = 0
        for truth, cell in zip(answers["labels"], given["labels"], strict=True):
            boxes = np.array(truth.split(" ")).reshape(-1, 5)
            found = np.array(cell.split(" ")).reshape(-1, 3)
            x, y = found[:, 1].astype(float), found[:, 2].astype(float)
            free = np.ones(len(found), dtype=bool)
            corners = boxes[:, 1:].astype(float)
            for code, (left, top, wide, high) in zip(boxes[:, 0], corners, strict=True):
                inside = (left < x) & (x < left + wide) & (top < y) & (y < top + high)
                fits = inside & (found[:, 0] == code) & free
                if fits.any():
                    free[np.argmax(fits)] = False
            hits += int((~free).sum())
            total += len(boxes) + len(found)
        return 2 * hits / total

    return name, BOXES, _ours(name, given, answers), plain


def _lung_boxes(rng: np.random.Generator, n_images: int) -> tuple[Array, ...]:
    """Return image and corners of true boxes and of noisy ones with confidences."""
    n_true = BOXES // 3
    image = np.sort(rng.integers(0, n_images, n_true))
    low = rng.random((n_true, 2)) * 800
    corners = np.hstack([low, low + 100 + rng.random((n_true, 2)) * 400])
    source = np.sort(rng.integers(0, n_true, BOXES))
    found = corners[source] + rng.normal(0, 15, (BOXES, 4))
    return image, corners.round(1), source, found.round(1), rng.random(BOXES).round(4)


def _study_case(rng: np.random.Generator) -> Case:
    name, images = "siim-covid19-detection", 1500
    image, corners, source, found, sure = _lung_boxes(rng, images)
    names = np.array(["opacity", "typical", "negative"])
    label = names[rng.integers(0, 3, len(image))]
    true = np.column_stack([label, np.ones(len(image)), corners.astype(str)])
    mine = np.column_stack([label[source], sure.astype(str), found.astype(str)])
    ids = pd.Series([f"study{index}" for index in range(images)], dtype=object)
    blank = "none 1 0 0 1 1"
    answers = pd.DataFrame(
        {"id": ids, "PredictionString": _texts(true, image, images).fillna(blank)}
    )
    given = pd.DataFrame(
        {
            "id": ids,
            "PredictionString": _texts(mine, image[source], images).fillna(blank),
        }
    )
    return name, BOXES, _ours(name, given, answers), _plain_studies(given, answers)


def _plain_studies(given: pd.DataFrame, answers: pd.DataFrame) -> Callable[[], float]:
    from sklearn.metrics import average_precision_score

    def groups(table: pd.DataFrame) -> list[dict[str, Array]]:
        images = []
        for cell in table["PredictionString"]:
            fields = np.array(cell.split()).reshape(-1, 6)
            numbers = fields[:, 1:].astype(float)
            images.append(
                {each: numbers[fields[:, 0] == each] for each in set(fields[:, 0])}
            )
        return images

    def score() -> float:
        true, mine = groups(answers), groups(given)
        scores = []
        for label in sorted({each for image in true for each in image}):
            pairs: list[tuple[int, float]] = []
            for boxes, found in zip(true, mine, strict=True):
                one = boxes.get(label, np.empty((0, 5)))
                other = found.get(label, np.empty((0, 5)))
                pairs += _image_pairs(one, other) or [(0, 0.0)]
            scores.append(average_precision_score(*zip(*pairs, strict=True)))
        return float(np.mean(scores))

    return score


def _image_pairs(true: Array, found: Array) -> list[tuple[int, float]]:
    pairs = []
    free = np.ones(len(true), dtype=bool)
    for row in found[np.argsort(-found[:, 0], kind="stable")]:
        overlaps = np.where(free, _ious(row[1:], true[:, 1:]), -1.0)
        hit = len(true) > 0 and overlaps.max() > LEAST_IOU
        if hit:
            free[np.argmax(overlaps)] = False
        pairs.append((int(hit), row[0]))
    return pairs + [(1, 0.0)] * int(free.sum())


def _ious(box: Array, others: Array) -> Array:
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    both = np.maximum(sides, 0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return both / ((box[2:] - box[:2]).prod() + areas - both)


def _xray_case(rng: np.random.Generator) -> Case:
    name, images = "vinbigdata-chest-xray-abnormalities-detection", 1500
    image, corners, source, found, sure = _lung_boxes(rng, images)
    label = rng.integers(0, 14, len(image))
    ids = np.array([f"xray{index}" for index in range(images)], dtype=object)
    answers = pd.DataFrame({"image_id": ids[image], "class_id": label})
    answers[["x_min", "y_min", "x_max", "y_max"]] = corners
    mine = np.column_stack([label[source], sure, found])
    cells = _texts(mine, image[source], images)
    given = pd.DataFrame({"image_id": ids, "PredictionString": cells})
    given = given[given["image_id"].isin(set(answers["image_id"]))]
    given["PredictionString"] = given["PredictionString"].fillna("0 0 0 0 1 1")
    return name, BOXES, _ours(name, given, answers), _plain_xrays(given, answers)


def _plain_xrays(given: pd.DataFrame, answers: pd.DataFrame) -> Callable[[], float]:
    def score() -> float:
        true = defaultdict(list)
        for number, row in enumerate(answers.itertuples(index=False)):
            true[row[1], row[0]].append((number, row[2:]))
        mine, number = defaultdict(list), 0
        for image, cell in given.itertuples(index=False):
            items = list(map(float, cell.split(" ")))
            for at in range(0, len(items), 6):
                label, sure, *box = items[at : at + 6]
                mine[int(label), image].append((sure, number, box))
                number += 1
        labels = sorted({label for label, _ in true})
        return float(
            np.mean([_xray_precision(label, true, mine, answers) for label in labels])
        )

    return score


def _xray_precision(label: int, true: Any, mine: Any, answers: pd.DataFrame) -> float:
    outcomes, n_true = [], 0
    for image in answers["image_id"].unique():
        boxes = true.get((label, image), [])
        found = sorted(mine.get((label, image), []), key=lambda each: -each[0])[:100]
        n_true += len(boxes)
        if not found:
            continue
        corners = np.array([box for _, box in boxes]).reshape(-1, 4)
        taken: dict[int, int] = {}
        for sure, number, box in found:
            overlaps = _coco_ious(np.array(box), corners)
            best, least = -1, 0.4
            for place, overlap in enumerate(overlaps):
                if taken.get(place, 0) == 0 and overlap >= least:
                    best, least = place, overlap
            if best >= 0:
                taken[best] = number
            outcomes.append((sure, best >= 0 and boxes[best][0] > 0))
    outcomes.sort(key=lambda each: -each[0])
    hits = np.cumsum([hit for _, hit in outcomes])
    precision = hits / np.arange(1, len(hits) + 1)
    best_at = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(hits / n_true, np.linspace(0, 1, 101))
    return float(np.append(best_at, 0.0)[at].mean())


def _coco_ious(box: Array, others: Array) -> Array:
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    sides = np.maximum(high - np.maximum(box[:2], others[:, :2]), 0)
    both = sides.prod(axis=1)
    return both / (box[2:].prod() + others[:, 2:].prod(axis=1) - both)


def _car_case(rng: np.random.Generator) -> Case:
    name, samples = "3d-object-detection-for-autonomous-vehicles", 200
    n_true = BOXES // 2
    owner = np.sort(np.append(np.arange(samples), rng.integers(0, samples, n_true)))
    n_true = len(owner)
    label = np.array(["car", "bus", "pedestrian"])[rng.integers(0, 3, n_true)]
    boxes = np.column_stack(
        [
            rng.random((n_true, 2)) * 100,
            rng.normal(0, 1, n_true),
            rng.random((n_true, 3)) * (1, 3, 1) + (1.5, 3, 1.5),
            rng.random(n_true) * 6,
        ]
    ).round(4)
    source = np.sort(rng.integers(0, n_true, BOXES))
    found = (boxes[source] + rng.normal(0, 0.08, (BOXES, 7))).round(4)
    sure = rng.random(BOXES).round(4)
    ids = pd.Series([f"sample{index}" for index in range(samples)], dtype=object)
    true = np.column_stack([np.ones(n_true), boxes.astype(str), label])
    mine = np.column_stack([sure, found.astype(str), label[source]])
    answers = pd.DataFrame(
        {"Id": ids, "PredictionString": _texts(true, owner, samples)}
    )
    given = pd.DataFrame(
        {"Id": ids, "PredictionString": _texts(mine, owner[source], samples)}
    )
    return name, BOXES, _ours(name, given, answers), _plain_cars(given, answers)


def _plain_cars(given: pd.DataFrame, answers: pd.DataFrame) -> Callable[[], float]:
    def rows(cell: object) -> list[tuple[str, list[float]]]:
        items = cell.split(" ") if isinstance(cell, str) else []
        return [
            (items[at + 8], [float(each) for each in items[at : at + 8]])
            for at in range(0, len(items), 9)
        ]

    def score() -> float:
        scores = []
        tables = zip(
            answers["PredictionString"], given["PredictionString"], strict=True
        )
        for one, other in tables:
            true, mine = rows(one), rows(other)
            scores.append(
                np.mean(
                    [
                        _car_precision(
                            [_shape(box) for each, box in true if each == label],
                            sorted(
                                (box for each, box in mine if each == label),
                                key=lambda box: -box[0],
                            ),
                        )
                        for label in {each for each, _ in true}
                    ]
                )
            )
        return float(np.mean(scores))

    return score


def _shape(box: list[float]) -> tuple[Any, float, float, float]:
    """Return ground, bottom, top and volume of a box."""
    from shapely.geometry import Polygon

    _, x, y, z, width, length, height, yaw = box
    cos, sin = np.cos(yaw), np.sin(yaw)
    corners = [
        (
            x + ahead * length / 2 * cos + side * width / 2 * sin,
            y + ahead * length / 2 * sin - side * width / 2 * cos,
        )
        for ahead, side in ((1, 1), (1, -1), (-1, -1), (-1, 1))
    ]
    volume = width * length * height
    return Polygon(corners), z - height / 2, z + height / 2, volume


def _car_precision(true: list[Any], mine: list[Any]) -> float:
    thresholds = np.linspace(0.5, 0.95, 10).round(2)
    hits = np.zeros((len(mine), 10))
    free = np.ones((len(true), 10), dtype=bool)
    for row, box in enumerate(mine):
        ground, bottom, top, volume = _shape(box)
        overlaps = []
        for other, low, high, size in true:
            both = ground.intersection(other).area * max(
                0.0, min(top, high) - max(bottom, low)
            )
            overlaps.append(both / (volume + size - both))
        best = int(np.argmax(overlaps))
        hits[row] = (overlaps[best] > thresholds) & free[best]
        free[best] &= hits[row] == 0
    found = np.cumsum(hits, axis=0)
    precision = found / np.arange(1, len(mine) + 1)[:, None]
    best_at = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    return float((best_at * hits).sum(axis=0).mean() / len(true))
