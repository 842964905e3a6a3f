"""The offline competitions: valid samples, true descriptions, medals that mean much."""

import math
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier as Classifier
from sklearn.ensemble import HistGradientBoostingRegressor as Regressor
from sklearn.svm import SVC

from mle_toolkit.competitions import (
    get_metric,
    grade,
    leaderboard,
    load_card,
    rank,
    read_card,
)
from mle_toolkit.competitions.places import describe

NAMES = (
    "breast-cancer",
    "co2",
    "diabetes",
    "digits",
    "doctor-visits",
    "faces",
    "page",
    "party-identification",
    "school-districts",
    "wine",
)
# Rows of a submission that are no rows of the test table.
PIXELWISE = {"page"}
LABELS = {"digits": "label", "wine": "grower", "page": "clean_image"}
CLASSES = {"breast-cancer", "digits", "faces", "wine"}
# Builds every competition in a fresh process and compares it with its checksums.
BUILD = """
import sys, tempfile
from pathlib import Path
from mle_toolkit.competitions import data, load_card
for name in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as folder:
        card = load_card(name)
        if data.build(card, Path(folder)) != data.checksums(card):
            sys.exit(f"{name} differs")
"""


def label_of(name):
    return LABELS.get(name, load_card(name).target_columns[0])


@pytest.mark.parametrize("name", NAMES)
def test_the_test_set_has_no_answers(tables, name):
    """Ids do not overlap, and what train has more is the target alone."""
    card = load_card(name)
    train, test, sample, answers = tables(name)
    assert set(train.columns) - set(test.columns) == {label_of(name)}
    assert set(test.columns) <= set(train.columns)
    assert list(sample.columns) == list(answers.columns)
    assert sample[card.id_column].tolist() == answers[card.id_column].tolist()
    assert answers[card.id_column].is_unique
    if name not in PIXELWISE:
        assert answers[card.id_column].tolist() == test[card.id_column].tolist()
    ids = test.columns[0]
    assert not set(train[ids]) & set(test[ids])


@pytest.mark.parametrize("name", sorted({*NAMES} - PIXELWISE - {"co2"}))
def test_the_order_of_ids_tells_nothing(tables, name):
    """Neither ids nor rows are sorted by the target, but for time."""
    card = load_card(name)
    *_, answers = tables(name)
    target = answers[list(card.target_columns)].to_numpy() @ np.arange(
        1, 1 + len(card.target_columns)
    )
    order = np.corrcoef(answers[card.id_column], target)[0, 1]
    assert abs(order) < 4 / math.sqrt(len(answers))


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_is_valid_and_the_truth_is_perfect(prepared, name):
    """The sample submission scores badly, the answers score best and win gold."""
    card, folders = load_card(name), prepared[name]
    sample = grade(name, folders.public / card.files.sample_submission)
    assert sample.valid
    assert not sample.above_median
    assert not sample.any_medal
    perfect = grade(name, folders.private / card.files.answers)
    assert perfect.score == pytest.approx(get_metric(card.metric).best, abs=1e-12)
    assert perfect.medal == "gold"
    assert perfect.percentile == 100


@pytest.mark.parametrize("name", NAMES)
def test_the_description_tells_the_truth(tables, name):
    """Numbers of rows, columns and the example are those of the files."""
    card = load_card(name)
    train, test, sample, _ = tables(name)
    text = describe(card)
    assert f"`train.csv`: {len(train):,} " in text
    assert f"`test.csv`: {len(test):,} " in text
    example = text.split("```\n" + card.id_column)[1].split("```")[0]
    lines = f"{card.id_column}{example}".splitlines()
    shown = [line.split(",") for line in lines]
    assert shown[0] == list(sample.columns)
    first = sample.head(2).astype(str).to_numpy().tolist()
    assert [row[0] for row in shown[1:]] == [row[0] for row in first]
    assert [[float(v) for v in row[1:]] for row in shown[1:]] == [
        [float(v) for v in row[1:]] for row in first
    ]
    told = set(re.findall(r"`([a-z_0-9]+)`", text))
    for column in train.columns:
        assert column in told or re.fullmatch(
            r"p\d\d|(mean|spread)_[a-j]|serum_[2-5]", column
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_description_lists_each_file(prepared, name):
    """What lies in the public folder is explained, and nothing else is."""
    text = describe(load_card(name))
    told = set(re.findall(r"`([\w]+(?:\.csv|\.npy|/))`", text))
    there = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in prepared[name].public.iterdir()
    }
    assert told == there - {"description.md"}


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_field_is_a_leaderboard(name):
    """At least 100 lines, best first, few ties, finite, with a pipeline each."""
    card = load_card(name)
    scores = leaderboard(name)
    frame = pd.read_csv(card.folder / "leaderboard.csv")
    assert frame.columns.tolist() == ["score", "pipeline"]
    assert len(scores) >= 100
    assert np.isfinite(scores).all()
    assert scores == sorted(scores, reverse=not card.lower_is_better)
    assert [round(score, 5) for score in scores] == scores
    assert len(set(scores)) > 0.85 * len(scores)
    assert frame["pipeline"].str.contains("of rows").all()
    assert not frame["pipeline"].str.contains("0x").any()


@pytest.mark.parametrize("name", NAMES)
def test_medal_lines_stand_apart(name):
    """Gold is not perfect, and each line is a step away from the next."""
    card, scores = load_card(name), leaderboard(name)
    lines = rank(None, scores).thresholds
    assert rank(None, scores).lower_is_better == card.lower_is_better
    best = get_metric(card.metric).best
    in_order = [best, scores[0], lines.gold, lines.silver, lines.bronze, lines.median]
    assert in_order == sorted(in_order, reverse=not card.lower_is_better)
    span = abs(lines.median - scores[0])
    assert abs(lines.gold - best) > 0.2 * span
    steps = np.abs(np.diff(in_order[1:]))
    assert (steps > 0.05 * span).all()
    assert steps[-1] > 0.08 * span


@pytest.mark.parametrize("name", NAMES)
def test_a_simple_model_beats_the_sample_and_wins_no_gold(prepared, tables, name):
    """There is something to learn, and the usual settings are not enough."""
    card = load_card(name)
    train, test, sample, _ = tables(name)
    X, X_test, y = simple_features(prepared[name].public, train, test, label_of(name))
    known = y.notna()
    X, y = X[known.to_numpy()], y[known]
    if name in {"co2", "faces"}:
        predicted = line(X, y, X_test) if name == "co2" else vector(X, y, X_test)
    elif name in CLASSES:
        shares = Classifier(max_iter=20, random_state=0).fit(X, y).predict_proba(X_test)
        predicted = shares[:, 1] if len(card.target_columns) == 1 else shares
    else:
        predicted = Regressor(max_iter=30, random_state=0).fit(X, y).predict(X_test)
    if name == "party-identification":
        predicted = np.rint(predicted)
    predicted = np.clip(predicted, card.rules.minimum, card.rules.maximum)
    ours = sample.copy()
    ours[list(card.target_columns)] = np.reshape(predicted, (len(sample), -1))
    mine, plain = grade(name, ours), grade(name, sample)
    assert mine.valid, mine.reason
    better = (
        mine.score < plain.score if card.lower_is_better else mine.score > plain.score
    )
    assert better
    assert mine.medal != "gold"


def simple_features(public, train, test, label):
    """Return the numbers of both tables, and the target."""
    if label == "clean_image":
        return (
            pixels(public, train["image"]),
            pixels(public, test["image"]),
            pd.Series(pixels(public, train[label])[:, 0] / 255),
        )
    y = train[label]
    if "date" in train:
        train, test = (pd.to_datetime(t["date"]).to_frame() for t in (train, test))
        days = [(t["date"] - train["date"][0]).dt.days for t in (train, test)]
        return *(part.to_numpy(float)[:, None] for part in days), y
    if (public / "train_images.npy").exists():
        images = [np.load(public / f"{part}_images.npy") for part in ("train", "test")]
        return *(part.reshape(len(part), -1) / 255 for part in images), y
    X, X_test = (t.iloc[:, 1:].select_dtypes("number") for t in (train, test))
    return X[X_test.columns].to_numpy(), X_test.to_numpy(), y


def pixels(public, names):
    """Return the grey of every pixel of the pictures as one column."""
    from skimage.io import imread

    return np.concatenate([imread(public / name).ravel() for name in names])[:, None]


def line(X, y, X_test):
    """Return a straight line through the last half of the series, continued."""
    half = len(X) // 2
    return np.polyval(np.polyfit(X[half:, 0], y[half:], 1), X_test[:, 0])


def vector(X, y, X_test):
    """Return the decision of a kernel machine on plain pixels."""
    return SVC().fit(X, y).decision_function(X_test)


@pytest.mark.slow
def test_data_are_the_same_in_every_place_and_process():
    """Other hashes of texts, another time zone and another language change no byte."""
    places = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, *NAMES],
        env=os.environ | places,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_where_the_data_come_from(name):
    """Source, licence and changes are told; what needs the extra says so."""
    card = read_card(load_card(name).folder)
    assert len(card.source.name) > 20
    assert len(card.source.licence) > 8
    assert card.source.changes
    script = (card.folder / "prepare.py").read_text()
    needs_extra = "statsmodels" in script or "skimage" in script
    assert (card.source.extra == "mini") == needs_extra


def test_mini_spans_the_kinds_of_tasks():
    """Tables, pictures, picture to picture and time series; several metrics."""
    cards = [load_card(name) for name in NAMES]
    assert {card.category for card in cards} == {
        "tabular",
        "image",
        "image to image",
        "time series",
    }
    assert len({card.metric for card in cards}) >= 6
