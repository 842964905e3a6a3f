"""The protocol of MLE-bench for the organs on scans, slice by slice.

What it accepts and refuses was observed on its own grader; see
``tests/competitions/mlebench/test_volumes.py`` for the accidents one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mle_toolkit.competitions.metrics.runs import Runs, select_images
from mle_toolkit.competitions.metrics.volumes import Volume, dice_hausdorff, stack
from mle_toolkit.competitions.protocols.checks import require_columns, spare_columns
from mle_toolkit.competitions.protocols.entry import Entry, Outcome
from mle_toolkit.competitions.protocols.masks import decode, odd_masks
from mle_toolkit.competitions.protocols.tokens import read_texts, whole_column
from mle_toolkit.errors import SubmissionError
from mle_toolkit.submissions.wording import short

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

_CLASS = "class"
_HEIGHT, _WIDTH = "image_height", "image_width"
_SLICE = "_slice_"


def scan_volumes(entry: Entry) -> Outcome:
    """Score uw-madison-gi-tract: 0.4 Dice + 0.6 (1 - Hausdorff distance).

    Row i is held against row i of the answers, as far as both go.  For the distance,
    each side unites the masks of an id and stacks its ids, in the order of text, to
    one volume per scan; the scans are then paired by position.

    Raises
    ------
    SubmissionError
        When a column is missing, an id or a mask was read as a number, an id is
        missing, a text is no mask, or images of different size meet in one scan.
    """
    name = entry.target
    require_columns(entry.submission, [entry.id_column, _CLASS, name])
    used = min(len(entry.submission), len(entry.answers))
    submission, answers = entry.submission.iloc[:used], entry.answers.iloc[:used]
    height, width = whole_column(answers, _HEIGHT), whole_column(answers, _WIDTH)
    given = read_texts(submission, name, entry.id_column, blank="")
    truth = read_texts(answers, name, entry.id_column, blank="", of_answers=True)
    ids, true_ids = _ids(submission, entry.id_column), _ids(answers, entry.id_column)
    true_masks = decode(truth, height * width)
    masks = decode(given, height * width)
    score = dice_hausdorff(
        true_masks,
        masks,
        _volumes(true_masks, true_ids, height, width),
        _volumes(masks, ids, height, width),
    )
    return Outcome(
        score=score,
        dangers=_misplaced(entry) + odd_masks(given, masks),
        notes=spare_columns(entry, _CLASS),
    )


def _ids(table: pd.DataFrame, name: str) -> list[str]:
    ids = table[name].tolist()
    for row, each in enumerate(ids, start=1):
        if not isinstance(each, str):
            msg = f"{short(each)} in column {name!r} is no text, as ids are (row {row})"
            raise SubmissionError(msg)
    return ids


def _volumes(masks: Runs, ids: list[str], height: Whole, width: Whole) -> list[Volume]:
    """Return the volume of each scan, in the order in which sorted ids name scans."""
    rows: dict[str, list[int]] = {}
    for row, each in enumerate(ids):
        rows.setdefault(each, []).append(row)
    scans: dict[str, list[list[int]]] = {}
    for each in sorted(rows):
        scans.setdefault(each.split(_SLICE, 1)[0], []).append(rows[each])
    volumes = []
    for scan, slices in scans.items():
        images = np.array([row for some in slices for row in some])
        shapes = {(height[row], width[row]) for row in images}
        if len(shapes) > 1:
            sizes = sorted(f"{high} x {wide}" for high, wide in shapes)
            msg = (
                f"the masks of {short(scan)} have the sizes {' and '.join(sizes)}, "
                "which are those of the answers in the same rows, and cannot be stacked"
            )
            raise SubmissionError(msg)
        place = np.repeat(np.arange(len(slices)), [len(some) for some in slices])
        volumes.append(
            stack(
                select_images(masks, images),
                place=place,
                slices=len(slices),
                height=int(height[images[0]]),
            )
        )
    return volumes


def _misplaced(entry: Entry) -> tuple[str, ...]:
    """Return the dangers of rows that are compared with the wrong ones or with none."""
    got, wanted = len(entry.submission), len(entry.answers)
    dangers: tuple[str, ...] = ()
    if got != wanted:
        what = "the others are not scored" if got < wanted else "the rest is not read"
        dangers += (f"the submission has {got} rows, the answers {wanted}: {what}",)
    for name in (entry.id_column, _CLASS):
        if name not in entry.answers.columns:
            continue
        given, true = entry.submission[name].tolist(), entry.answers[name].tolist()
        pairs = enumerate(zip(given, true, strict=False), start=1)
        first = next(((row, pair) for row, pair in pairs if pair[0] != pair[1]), None)
        if first is not None:
            row, pair = first
            said = (
                "rows are compared by their position, and they are not in the order of "
                f"the answers: row {row} has the {name} {short(pair[0])} instead of "
                f"{short(pair[1])}"
            )
            return (*dangers, said)
    return dangers
