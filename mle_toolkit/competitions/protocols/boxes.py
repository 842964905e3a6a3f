"""Protocols of MLE-bench for boxes and points.

What each accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_boxes.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mle_toolkit.competitions.metrics import boxes as metrics
from mle_toolkit.competitions.metrics import boxes_3d as space
from mle_toolkit.competitions.metrics import coco
from mle_toolkit.competitions.metrics.boxes import Boxes
from mle_toolkit.competitions.metrics.boxes_3d import Boxes3D
from mle_toolkit.competitions.protocols.checks import (
    repeated_ids,
    require_columns,
    require_same_id_set,
    sort_by_id,
    spare_columns,
)
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.competitions.protocols.tokens import (
    Groups,
    Texts,
    answers_fault,
    number_labels,
    read_texts,
    split_groups,
)
from mle_toolkit.errors import SubmissionError, UsageError
from mle_toolkit.submissions.wording import quote_some, short

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_POINTS = 1200
_CORNERS = ("x_min", "y_min", "x_max", "y_max")


def characters(entry: Entry) -> Outcome:
    """Score kuzushiji-recognition: F1 of characters over all pages.

    A missing cell has no characters.  Items lie between single blanks.

    Raises
    ------
    SubmissionError
        When the ids differ, a text has items left over, or a coordinate is no number.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    submission, answers = sort_by_id(entry)
    given = split_groups(
        read_texts(submission, entry.target, entry.id_column, blank=""),
        3,
        what="label x y",
        between=" ",
    )
    true = split_groups(
        read_texts(answers, entry.target, entry.id_column, blank="", of_answers=True),
        5,
        what="label x y width height",
        between=" ",
    )
    labels = number_labels(true.items[0], given.items[0])
    places, low, sides = given.numbers(1, 2), true.numbers(1, 2), true.numbers(3, 4)
    truth = _boxes(true.owner, labels[0], np.hstack([low, low + sides]))
    points = _boxes(given.owner, labels[1], np.hstack([places, places]))
    crowded = np.bincount(given.owner, minlength=len(given.texts)) > _MOST_POINTS
    what = f"a page has more than {_MOST_POINTS} characters, which Kaggle did not allow"
    return Outcome(
        score=metrics.f1_points(truth, points),
        dangers=repeated_ids(entry)
        + _strange_numbers(given, places)
        + given.texts.danger(np.flatnonzero(crowded).tolist(), what),
        notes=spare_columns(entry),
    )


def study_boxes(entry: Entry) -> Outcome:
    """Score siim-covid19-detection: mean average precision at IoU above 0.5.

    Raises
    ------
    SubmissionError
        When the ids differ, a cell is missing, a text has items left over, a field is
        no number, a confidence is not finite, or a label has no wrong outcome at all.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    submission, answers = sort_by_id(entry)
    form = "label confidence xmin ymin xmax ymax"
    given = split_groups(
        read_texts(submission, entry.target, entry.id_column),
        6,
        what=form,
        between=None,
    )
    true = split_groups(
        read_texts(answers, entry.target, entry.id_column, of_answers=True),
        6,
        what=form,
        between=None,
    )
    labels = number_labels(true.items[0], given.items[0])
    truth = _boxes(true.owner, labels[0], true.numbers(2, 3, 4, 5), true.numbers(1))
    prediction = _boxes(
        given.owner, labels[1], given.numbers(2, 3, 4, 5), given.numbers(1)
    )
    _require_finite(given, prediction, np.isin(labels[1], labels[0]))
    try:
        score = metrics.map_at_iou(truth, prediction, n_images=len(answers))
    except UsageError as error:
        msg = f"{error}: add a box somewhere that is wrong, with a low confidence"
        raise SubmissionError(msg) from error
    spaces = [row for row, text in enumerate(given.texts.texts) if text.isspace()]
    return Outcome(
        score=score,
        dangers=repeated_ids(entry)
        + _strange_confidences(given, prediction.confidence)
        + _strange_numbers(given, prediction.corners)
        + _unknown_labels(given.items[0], true.items[0])
        + given.texts.danger(spaces, "white space was taken for no box"),
        notes=spare_columns(entry),
    )


def xray_boxes(entry: Entry) -> Outcome:
    """Score vinbigdata-chest-xray: COCO's mean average precision, see `coco_map`.

    Items lie between single blanks.  All rows of an image are used.

    Raises
    ------
    SubmissionError
        When the sets of ids differ, a cell is missing, a text has items left over, or
        a field is no number.
    """
    name = entry.id_column
    require_columns(entry.submission, [name, entry.target])
    require_same_id_set(entry)
    given = split_groups(
        read_texts(entry.submission, entry.target, name),
        6,
        what="class confidence xmin ymin xmax ymax",
        between=" ",
    )
    images = pd.Index(entry.answers[name].unique())
    truth, classes = _true_abnormalities(entry, images)
    given_class = _finite_classes(given)
    label = np.searchsorted(classes, np.trunc(given_class))
    known = np.append(classes, np.nan)[label] == np.trunc(given_class)
    prediction = _boxes(
        images.get_indexer(pd.Index(entry.submission[name]))[given.owner],
        np.where(known, label, len(classes)),
        given.numbers(2, 3, 4, 5),
        given.numbers(1),
    )
    return Outcome(
        score=coco.coco_map(truth, prediction),
        dangers=_repeated_images(entry)
        + given.texts.danger(
            given.owner[given_class != np.trunc(given_class)].tolist(),
            "the fraction of a class was cut off",
        )
        + given.texts.danger(
            given.owner[~known].tolist(),
            "boxes of a class that the answers lack are ignored",
        )
        + _xray_dangers(given, truth, prediction),
        notes=_crowds(given, prediction) + spare_columns(entry),
    )


def _true_abnormalities(
    entry: Entry, images: pd.Index
) -> tuple[Boxes, NDArray[np.float64]]:
    """Return the true boxes, image by image, and the classes that labels stand for."""
    classes, label = np.unique(_answers(entry, "class_id"), return_inverse=True)
    image = images.get_indexer(pd.Index(entry.answers[entry.id_column]))
    corners = np.column_stack([_answers(entry, each) for each in _CORNERS])
    truth = _boxes(image, label, corners)
    return truth.select(np.argsort(image, kind="stable")), classes


def boxes_3d(entry: Entry) -> Outcome:
    """Score 3d-object-detection-for-autonomous-vehicles: mAP over the IoU of volumes.

    A missing cell, or one of white space, has no boxes.  Otherwise items lie between
    single blanks.  A box is looked at only if its class occurs in the sample's truth.

    Raises
    ------
    SubmissionError
        When the ids differ, a text has items left over, a field is no number, or one
        of the boxes that are looked at is no box.
    """
    require_columns(entry.submission, [entry.id_column, entry.target])
    submission, answers = sort_by_id(entry)
    given = _groups_3d(read_texts(submission, entry.target, entry.id_column, blank=""))
    true = _groups_3d(
        read_texts(answers, entry.target, entry.id_column, of_answers=True)
    )
    labels = number_labels(true.items[8], given.items[8])
    truth, prediction = _boxes_3d(true, labels[0]), _boxes_3d(given, labels[1])
    _require_boxes(true, space.are_boxes(truth))
    looked_at, fine = space.known_here(truth, prediction), space.are_boxes(prediction)
    _require_boxes(given, fine | ~looked_at)
    return Outcome(
        score=_map_3d(truth, prediction, len(answers)),
        dangers=repeated_ids(entry)
        + _strange_confidences(given, prediction.confidence)
        + _unknown_labels(given.items[8], true.items[8])
        + given.texts.danger(
            given.owner[~fine].tolist(),
            "a box that is none was not looked at, as the sample lacks its class",
        ),
        notes=spare_columns(entry),
    )


def _map_3d(truth: Boxes3D, prediction: Boxes3D, n_samples: int) -> float:
    from shapely.errors import ShapelyError

    try:
        return space.map_3d(truth, prediction, n_samples=n_samples)
    except ShapelyError as error:
        said = " ".join(str(error).split())[:100]
        msg = f"the overlap of two boxes cannot be computed: {said}"
        raise SubmissionError(msg) from error


def _groups_3d(texts: Texts) -> Groups:
    return split_groups(
        texts.changed(lambda text: "" if text.isspace() else text),
        9,
        what="confidence x y z width length height yaw class",
        between=" ",
    )


def _boxes_3d(groups: Groups, label: NDArray[np.int64]) -> Boxes3D:
    return Boxes3D(
        sample=groups.owner,
        label=label,
        centre=groups.numbers(1, 2, 3),
        size=groups.numbers(4, 5, 6),
        yaw=groups.numbers(7)[:, 0],
        confidence=groups.numbers(0)[:, 0],
    )


def _require_boxes(groups: Groups, fine: NDArray[np.bool_]) -> None:
    if not fine.all():
        first = int(fine.argmin())
        shown = " ".join(items[first] for items in groups.items[1:8])
        what = (
            f"{short(shown)} is no box: sizes must be above 0, and the corners right "
            "angles to 1e-8"
        )
        raise groups.texts.fault(int(groups.owner[first]), what)


def _boxes(
    image: NDArray[np.int64],
    label: NDArray[np.int64],
    corners: NDArray[np.float64],
    confidence: NDArray[np.float64] | None = None,
) -> Boxes:
    sure = np.ones(len(image)) if confidence is None else confidence.reshape(-1)
    return Boxes(image=image, label=label, corners=corners, confidence=sure)


def _require_finite(groups: Groups, boxes: Boxes, counts: NDArray[np.bool_]) -> None:
    bad = counts & ~np.isfinite(boxes.confidence)
    if bad.any():
        first = int(bad.argmax())
        what = f"the confidence {short(groups.items[1][first])} is not finite"
        raise groups.texts.fault(int(groups.owner[first]), what)


def _strange_confidences(
    groups: Groups, confidence: NDArray[np.float64]
) -> tuple[str, ...]:
    bad = ~((confidence >= 0) & (confidence <= 1))
    what = "a confidence is not within 0 and 1"
    return groups.texts.danger(groups.owner[bad].tolist(), what)


def _strange_numbers(groups: Groups, numbers: NDArray[np.float64]) -> tuple[str, ...]:
    bad = ~np.isfinite(numbers).all(axis=1)
    what = "a coordinate is not a finite number"
    return groups.texts.danger(groups.owner[bad].tolist(), what)


def _unknown_labels(given: list[str], true: list[str]) -> tuple[str, ...]:
    unknown = sorted(set(given) - set(true))
    if not unknown:
        return ()
    return (f"boxes of these labels are ignored: {quote_some(unknown)}",)


def _answers(entry: Entry, column: str) -> NDArray[np.float64]:
    try:
        return pd.to_numeric(entry.answers[column]).to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        msg = f"column {column!r} does not hold numbers"
        raise answers_fault(msg) from error


def _finite_classes(groups: Groups) -> NDArray[np.float64]:
    numbers = groups.numbers(0)[:, 0]
    bad = ~np.isfinite(numbers)
    if bad.any():
        first = int(bad.argmax())
        what = f"the class {short(groups.items[0][first])} is not a whole number"
        raise groups.texts.fault(int(groups.owner[first]), what)
    return numbers


def _repeated_images(entry: Entry) -> tuple[str, ...]:
    ids = entry.submission[entry.id_column]
    twice = ids[ids.duplicated()].unique()
    if not len(twice):
        return ()
    return (f"images have several rows, and all are used: {quote_some(twice)}",)


def _xray_dangers(groups: Groups, truth: Boxes, prediction: Boxes) -> tuple[str, ...]:
    absurd = groups.owner[coco.out_of_range(prediction)].tolist()
    found = _strange_confidences(groups, prediction.confidence)
    found += _strange_numbers(groups, prediction.corners)
    found += groups.texts.danger(absurd, "a box has an absurd area, or one below 0")
    if coco.first_is_doubled(truth, prediction):
        found += ("the first box has a double, and both count as right",)
    return found


def _crowds(groups: Groups, prediction: Boxes) -> tuple[str, ...]:
    """Return the note on boxes that are too many to count."""
    key = prediction.key(1 + int(prediction.label.max(initial=0)))
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    rows = groups.owner[first[counts > coco.MOST]].tolist()
    what = f"of the boxes of an image and class the {coco.MOST} most confident count"
    return groups.texts.danger(rows, what)
