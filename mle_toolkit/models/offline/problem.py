"""Make out what kind of problem a prompt poses."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mle_toolkit.models.offline.pictures import (
    FILES,
    PIXELS,
    Pictures,
    find_pictures,
)

if TYPE_CHECKING:
    from mle_toolkit.models.offline.overview import Column, Table
    from mle_toolkit.models.offline.reading import Brief

BINARY = "binary"
CLASSES = "classes"
LABEL = "label"
NUMBERS = "numbers"

# Fragments of metric names, the kind of prediction that the metric wants, and how
# to compute it.  The first fragment that occurs in the name counts.
_METRICS = (
    ("auc", BINARY, "auc"),
    ("log_loss", BINARY, "log_loss"),
    ("logloss", BINARY, "log_loss"),
    ("cross_entropy", BINARY, "log_loss"),
    ("brier", BINARY, "brier"),
    ("accuracy", LABEL, "accuracy"),
    ("f1", LABEL, "f1"),
    ("kappa", LABEL, "kappa"),
    ("rmsle", NUMBERS, "rmsle"),
    ("squared_log", NUMBERS, "rmsle"),
    ("rmse", NUMBERS, "rmse"),
    ("root_mean_squared", NUMBERS, "rmse"),
    ("mse", NUMBERS, "mse"),
    ("mean_squared", NUMBERS, "mse"),
    ("mae", NUMBERS, "mae"),
    ("absolute", NUMBERS, "mae"),
    ("r2", NUMBERS, "r2"),
)
_STAND_INS = {
    (LABEL, False): "accuracy",
    (LABEL, True): "error",
    (NUMBERS, False): "r2",
    (NUMBERS, True): "rmse",
}
_MANY_CLASSES = 30
_MIN_SIDE = 4
_SPAN = re.compile(r'"([^"]+)" to "([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A table to learn from.

    Attributes
    ----------
    kind
        What to predict: the probability of one class (``"binary"``), of several
        (``"classes"``), a class (``"label"``) or a number (``"numbers"``).
    metric, score
        The metric's name, and which of our computations stands for it.
    train, test, sample
        File names.
    id_column, targets
        Columns of the submission.
    label
        Column of the training data with the truth; for several targets that are
        themselves columns of the training data, the first of them.
    classes
        The values of the label as the overview shows them, with ``"classes"``.
    id_in_test
        The test table has the id column.
    rows, test_rows, columns
        Size of the training data, in rows and feature columns.
    words, codes, dates, texts
        Names of the columns that hold no numbers, by kind.
    numbers
        How many columns hold numbers.
    holes
        Values are missing among the features.
    hollow_label
        Values of the label are missing.
    limits
        What predicted numbers may not lie below and above, where that is known.
    label_low
        The label's lowest value; NaN when it is no number.
    pixels, side
        First and last column of a square image and its side; side 0 without one.
    pictures
        Pictures beside the tables, of which columns are made.
    time
        The column of dates, when the test data lie after all training data.
    """

    kind: str
    metric: str
    score: str
    lower_is_better: bool
    train: str
    test: str
    sample: str
    id_column: str
    targets: tuple[str, ...]
    label: str
    classes: tuple[str, ...] = ()
    id_in_test: bool = True
    rows: int = 0
    test_rows: int = 0
    columns: int = 0
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: int = 0
    holes: bool = False
    hollow_label: bool = False
    limits: tuple[float | None, float | None] = (None, None)
    label_low: float = math.nan
    pixels: tuple[str, str] = ("", "")
    side: int = 0
    pictures: Pictures | None = None
    time: str = ""

    @property
    def is_pixelwise(self) -> bool:
        """Whether pictures are to be made of pictures, so that rows are pixels."""
        return self.pictures is not None and self.pictures.kind == PIXELS

    @property
    def has_files(self) -> bool:
        """Whether each row has a picture in a file of its own."""
        return self.pictures is not None and self.pictures.kind == FILES

    @property
    def outputs(self) -> int:
        """Classes that a classifier has to tell apart; 1 with numbers."""
        return 1 if self.kind == NUMBERS else max(2, len(self.classes))

    @property
    def is_classification(self) -> bool:
        """Whether classifiers are fitted."""
        return self.kind != NUMBERS


def make_out(brief: Brief) -> Problem | None:
    """Return the problem, or None when the overview shows no table to learn from."""
    train, test = _find(brief, "train"), _find(brief, "test")
    if train is None or test is None or not brief.targets:
        return None
    pictures = find_pictures(brief, train, test)
    if pictures is not None and pictures.kind == PIXELS:
        return _pixelwise(brief, pictures, train, test)
    if (label := _label(brief, train, test)) is None:
        return None
    problem = _outline(brief, label, train, test)
    shown = {brief.id_column, label.first, *brief.targets}
    others = [item for item in train.columns if item.first not in shown]
    features = [item for item in others if item.first in test.names]
    others += [item for item in test.columns if item.first not in shown]
    if pictures is not None:
        features = [item for item in features if item.first != pictures.train]
        features.append(pictures.features)
    time = _time(features, test) if problem.kind == NUMBERS else ""
    pixels = _pixels(features)
    return replace(
        problem,
        columns=sum(item.count for item in features),
        words=_names(features, "words"),
        codes=_names(features, "code", "file"),
        dates=tuple(name for name in _names(features, "date") if name != time),
        texts=_names(features, "text"),
        numbers=sum(item.count for item in features if item.kind == "number"),
        holes=any(item.missing for item in others),
        pixels=(pixels.first, pixels.last) if pixels else ("", ""),
        side=math.isqrt(pixels.count) if pixels else 0,
        pictures=pictures,
        time=time,
    )


def _pixelwise(
    brief: Brief, pictures: Pictures, train: Table, test: Table
) -> Problem | None:
    """Return the problem to give a number for each pixel."""
    # The truth is a grey value, like what surrounds it.
    label = replace(pictures.features, first=brief.targets[0])
    problem = _outline(brief, label, train, test)
    if problem.kind != NUMBERS:
        return None
    # Beside the surroundings, the light around the pixel and the mean of the picture.
    columns = pictures.features.count + 2
    area = pictures.rows * pictures.columns
    return replace(
        problem,
        id_in_test=False,
        rows=train.rows * area,
        test_rows=test.rows * area,
        columns=columns,
        numbers=columns,
        pictures=pictures,
    )


def _outline(brief: Brief, label: Column, train: Table, test: Table) -> Problem:
    """Return what there is to say of a problem before its features are known."""
    wanted, score = _metric(brief, label)
    if wanted == BINARY and len(brief.targets) > 1 and label.first not in brief.targets:
        wanted = CLASSES
    return Problem(
        kind=wanted,
        metric=brief.metric,
        score=score,
        lower_is_better=brief.lower_is_better,
        train=train.name,
        test=test.name,
        sample=brief.sample,
        id_column=brief.id_column,
        targets=brief.targets,
        label=label.first,
        classes=_classes(label) if wanted in {CLASSES, LABEL} else (),
        id_in_test=brief.id_column in test.names,
        rows=train.rows,
        test_rows=test.rows,
        hollow_label=label.missing > 0,
        limits=_limits(brief, score) if wanted == NUMBERS else (None, None),
        label_low=label.low,
    )


def _find(brief: Brief, word: str) -> Table | None:
    for name, table in brief.tables.items():
        if word in name.lower() and name != brief.sample and table.columns:
            return table
    return None


def _label(brief: Brief, train: Table, test: Table) -> Column | None:
    """Return the column of the truth: a target, else one that the test lacks."""
    by_name = {item.first: item for item in train.columns}
    if brief.targets[0] in by_name:
        return by_name[brief.targets[0]]
    lacking = [
        item
        for item in train.columns
        if item.first not in test.names and item.first != brief.id_column
    ]
    likely = [item for item in lacking if re.search("label|class|target", item.first)]
    return next(iter(likely or lacking), None)


def _metric(brief: Brief, label: Column) -> tuple[str, str]:
    for fragment, kind, score in _METRICS:
        if fragment in brief.metric.lower():
            return kind, score
    kind = LABEL if label.kind != "number" else NUMBERS
    return kind, _STAND_INS[kind, brief.lower_is_better]


def _limits(brief: Brief, score: str) -> tuple[float | None, float | None]:
    """Return the limits that the prompt gives, or else the metric."""
    lowest = brief.lowest
    if lowest is None and score == "rmsle":
        lowest = 0.0
    return lowest, brief.highest


def _classes(label: Column) -> tuple[str, ...]:
    """Return the label's values, as Python literals, as far as they are shown."""
    if label.kind == "number":
        _, _, listed = label.values.partition(": ")
        values = [value for value in listed.split(", ") if value]
    else:
        values = re.findall(r'"(?:[^"\\]|\\.)*"', label.values)
    return tuple(values) if 1 < len(values) <= _MANY_CLASSES else ()


def _time(features: list[Column], test: Table) -> str:
    """Return a column whose dates are all later in the test data, if there is one."""
    spans = {item.first: _SPAN.fullmatch(item.values) for item in test.columns}
    for item in features:
        before, after = _SPAN.fullmatch(item.values), spans.get(item.first)
        if item.kind == "date" and before and after and before[2] < after[1]:
            return item.first
    return ""


def _names(features: list[Column], *kinds: str) -> tuple[str, ...]:
    return tuple(item.first for item in features if item.kind in kinds)


def _pixels(features: list[Column]) -> Column | None:
    """Return a group of columns that may be the pixels of a square image."""
    for item in features:
        side = math.isqrt(item.count)
        if item.kind == "number" and side >= _MIN_SIDE and side**2 == item.count:
            return item
    return None
