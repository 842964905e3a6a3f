"""The offline competitions: real data, fair splits, no answers to be found."""

import math
import re
import runpy

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from statsmodels.datasets import randhie

from mle_toolkit.competitions import (
    get_metric,
    grade,
    leaderboard,
    load_card,
    rank,
    read_card,
)
from mle_toolkit.competitions.tables import shuffled

NAMES = ("breast-cancer", "digits", "doctor-visits")


def tables(prepared, name):
    """Return train, test, sample submission and answers."""
    folders, files = prepared[name], load_card(name).files
    return (
        pd.read_csv(folders.public / files.train),
        pd.read_csv(folders.public / files.test),
        pd.read_csv(folders.public / files.sample_submission),
        pd.read_csv(folders.private / files.answers),
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_test_set_has_no_answers(prepared, name):
    """Ids do not overlap, and what train has more is the target alone."""
    card = load_card(name)
    train, test, sample, answers = tables(prepared, name)
    target = {"digits": "label"}.get(name, card.target_columns[0])
    assert set(train.columns) - set(test.columns) == {target}
    assert set(test.columns) <= set(train.columns)
    assert list(sample.columns) == list(answers.columns)
    assert sample[card.id_column].tolist() == test[card.id_column].tolist()
    assert answers[card.id_column].tolist() == test[card.id_column].tolist()
    assert not set(train[card.id_column]) & set(test[card.id_column])


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_ids_tells_nothing(prepared, name):
    """Neither ids nor rows are sorted by the target."""
    card = load_card(name)
    *_, answers = tables(prepared, name)
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
def test_the_description_tells_the_truth(prepared, name):
    """Numbers of rows, columns and the example are those of the files."""
    card = load_card(name)
    train, test, sample, _ = tables(prepared, name)
    text = card.description()
    assert f"`train.csv`: {len(train):,} " in text
    assert f"`test.csv`: {len(test):,} " in text
    example = text.split("```\n" + card.id_column)[1].split("```")[0]
    ids = [int(line.split(",")[0]) for line in example.strip().splitlines()[1:]]
    assert ids == sample[card.id_column].head(2).tolist()
    told = set(re.findall(r"`([a-z_0-9]+)`", text))
    for column in train.columns:
        assert column in told or re.fullmatch(r"p\d\d|(mean|spread)_[a-j]", column)


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
    lines = rank(None, scores).thresholds
    assert rank(None, scores).lower_is_better == card.lower_is_better
    in_order = [lines.gold, lines.silver, lines.bronze, lines.median]
    assert len(set(in_order)) == 4
    assert in_order == sorted(in_order, reverse=not card.lower_is_better)


def test_doctor_visits_is_whole_and_lifelike(prepared):
    """All rows; categories, gaps, new households, and a group only in the test."""
    train, test, *_ = tables(prepared, "doctor-visits")
    assert len(train) + len(test) == 20_190
    assert set(test["burden"].dropna()) - set(train["burden"].dropna()) == {"extreme"}
    assert 1 <= (test["burden"] == "extreme").sum() < 100
    new = ~test["household"].isin(train["household"])
    assert 0.2 < new.mean() < 0.6
    for column in ("bonus", "cap", "limited", "form", "burden"):
        assert train[column].isna().any()
        assert test[column].isna().any()
    assert train["visits"].max() > 30
    assert sorted(train["health"].unique()) == ["excellent", "fair", "good", "poor"]


def test_breast_cancer_has_gaps_and_both_classes(prepared):
    """Missing values in both files, and about the same share of malignant."""
    train, test, _, answers = tables(prepared, "breast-cancer")
    for table in (train, test):
        assert 0.03 < table.isna().to_numpy().mean() < 0.1
    assert abs(train["malignant"].mean() - answers["malignant"].mean()) < 0.1


def test_digits_are_whole_pictures(prepared):
    """All 1,797 images, ten balanced classes, grey values in range."""
    train, test, _, answers = tables(prepared, "digits")
    assert len(train) + len(test) == 1797
    assert train["label"].value_counts().between(70, 110).all()
    assert (answers.iloc[:, 1:].sum(axis=1) == 1).all()
    pixels = test.iloc[:, 1:].to_numpy()
    assert pixels.min() >= 0
    assert pixels.max() <= 255


def to_unit_range(columns):
    """Return each column on a scale from 0 to 1, as a lookup would compare them."""
    values = np.asarray(columns, dtype=float)
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    return np.round((values - low) / np.where(high > low, high - low, 1), 6)


def rows_found(ours, theirs):
    """Return how many rows without gaps occur in the packaged data."""
    known = {row.tobytes() for row in np.ascontiguousarray(theirs + 0.0)}
    return sum(row.tobytes() in known for row in np.ascontiguousarray(ours + 0.0))


def test_breast_cancer_rows_are_not_in_the_package(prepared):
    """Rescaled values do not equal the packaged ones, even column by column."""
    train, test, *_ = tables(prepared, "breast-cancer")
    ours = to_unit_range(pd.concat([train, test])[test.columns[1:]])
    shapes = shuffled(range(10), "tumours", "columns")
    packaged = load_breast_cancer().data
    theirs = to_unit_range(packaged[:, shapes + [10 + shape for shape in shapes]])
    assert rows_found(ours, theirs) == 0
    half = [column for column in range(20) if column % 2]
    assert rows_found(ours[:, half], theirs[:, half]) < 5


def test_digit_rows_are_not_in_the_package(prepared):
    """Neither pixel by pixel nor inverted do the images equal the packaged ones."""
    train, test, *_ = tables(prepared, "digits")
    ours = to_unit_range(pd.concat([train, test])[test.columns[1:]])
    packaged = load_digits().data
    assert rows_found(ours, to_unit_range(packaged)) == 0
    assert rows_found(ours, to_unit_range(-packaged)) == 0
    whole = to_unit_range(pd.concat([train, test])[test.columns[1:]].to_numpy().T).T
    by_image = to_unit_range(-packaged.T).T
    assert rows_found(whole, by_image) < 0.1 * len(whole)


def test_doctor_visit_rows_name_no_row_of_the_package(prepared):
    """No amount pair of a test row is that of exactly one packaged row."""
    _, test, *_ = tables(prepared, "doctor-visits")
    packaged = randhie.load_pandas().data
    theirs = packaged.groupby(
        [np.exp(packaged[name]).mul(0.62).round(4) for name in ("lpi", "fmde")]
    ).size()
    alone = {key for key, n in theirs.items() if n == 1}
    pairs = zip(test["bonus"], test["cap"], strict=True)
    assert sum(pair in alone for pair in pairs) == 0


def test_the_household_code_keeps_terms_apart():
    """The code changes where the terms of insurance change in the source."""
    script = runpy.run_path(str(load_card("doctor-visits").folder / "prepare.py"))
    same = dict.fromkeys(script["TERMS"], 1.0)
    codes = script["household_codes"]([same, same, {**same, "lpi": 2.0}, same])
    assert codes[0] == codes[1] != codes[2] != codes[3]
    assert codes[0] != codes[3]


@pytest.mark.parametrize(
    ("index", "form", "burden"),
    [
        (0.0, None, "none"),
        (3.4, "A", "low"),
        (13.8, "A", "medium"),
        (17.4, "B", "high"),
        (30.4, "B", "very high"),
        (58.6, "A", "extreme"),
        (13.73189, "F", None),
        (9.967326, "C", None),
    ],
)
def test_the_disease_index_is_read_as_a_form_and_a_group(index, form, burden):
    """17.4 is 4 of 23 questions, 13.8 is 4 of 29; averages are nobody's answer."""
    script = runpy.run_path(str(load_card("doctor-visits").folder / "prepare.py"))
    assert script["form_and_burden"](index) == (form, burden)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_where_the_data_come_from(name):
    """Source, licence and changes are told."""
    card = read_card(load_card(name).folder)
    assert card.source.licence in {"CC BY 4.0", "public domain"}
    assert len(card.source.name) > 20
    assert card.source.changes
