"""The offline tables: whole, lifelike, and not to be looked up in a package."""

import runpy

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from statsmodels.datasets import anes96, co2, randhie, star98

from mle_toolkit.competitions import load_card
from mle_toolkit.competitions.tables import shuffled


def script_of(name):
    return runpy.run_path(str(load_card(name).folder / "prepare.py"))


def test_doctor_visits_is_whole_and_lifelike(tables):
    """All rows; categories, gaps, new households, and a group only in the test."""
    train, test, *_ = tables("doctor-visits")
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


def test_breast_cancer_has_gaps_and_both_classes(tables):
    """Missing values in both files, and about the same share of malignant."""
    train, test, _, answers = tables("breast-cancer")
    for table in (train, test):
        assert 0.03 < table.isna().to_numpy().mean() < 0.1
    assert abs(train["malignant"].mean() - answers["malignant"].mean()) < 0.1


def test_breast_cancer_rows_are_not_in_the_package(tables, rows_found):
    """Rescaled values do not equal the packaged ones, even column by column."""
    train, test, *_ = tables("breast-cancer")
    ours = pd.concat([train, test])[test.columns[1:]].to_numpy()
    shapes = shuffled(range(10), "tumours", "columns")
    packaged = load_breast_cancer().data
    theirs = packaged[:, shapes + [10 + shape for shape in shapes]]
    assert rows_found(ours, theirs) == 0
    assert rows_found(ours[:, 1::2], theirs[:, 1::2]) < 5


def test_doctor_visit_rows_name_no_row_of_the_package(tables):
    """No amount pair of a test row is that of exactly one packaged row."""
    _, test, *_ = tables("doctor-visits")
    packaged = randhie.load_pandas().data
    theirs = packaged.groupby(
        [np.exp(packaged[name]).mul(0.62).round(4) for name in ("lpi", "fmde")]
    ).size()
    alone = {key for key, n in theirs.items() if n == 1}
    pairs = zip(test["bonus"], test["cap"], strict=True)
    assert sum(pair in alone for pair in pairs) == 0


def test_the_household_code_keeps_terms_apart():
    """The code changes where the terms of insurance change in the source."""
    script = script_of("doctor-visits")
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
    assert script_of("doctor-visits")["form_and_burden"](index) == (form, burden)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("breast-cancer", 569),
        ("diabetes", 442),
        ("party-identification", 943),
        ("school-districts", 303),
        ("wine", 178),
    ],
)
def test_no_row_is_on_both_sides(tables, name, rows):
    """All rows of the source are used once, and none is a copy of another."""
    train, test, *_ = tables(name)
    both = pd.concat([train[test.columns], test], ignore_index=True)
    assert len(both) == rows
    assert not both.iloc[:, 1:].duplicated().any()


@pytest.mark.parametrize(
    "name", ["diabetes", "school-districts", "party-identification"]
)
def test_both_sides_are_alike(tables, name):
    """The target has about the same mean and spread in train and test."""
    card = load_card(name)
    train, _, _, answers = tables(name)
    (target,) = card.target_columns
    error = answers[target].std() * np.sqrt(1 / len(train) + 1 / len(answers))
    assert abs(train[target].mean() - answers[target].mean()) < 3 * error
    assert 0.8 < train[target].std() / answers[target].std() < 1.25


def test_wine_rows_are_not_in_the_package(tables, rows_found):
    """Three growers of about equal weight; no row equals a packaged one."""
    train, test, _, answers = tables("wine")
    shares = train["grower"].value_counts(normalize=True)
    assert shares.between(0.2, 0.5).all()
    assert answers.iloc[:, 1:].mean().between(0.2, 0.5).all()
    ours = pd.concat([train, test])[test.columns[1:]].to_numpy()
    bunch, script = load_wine(), script_of("wine")
    theirs = bunch.data[:, [bunch.feature_names.index(c) for c in script["COLUMNS"]]]
    assert rows_found(ours, theirs) == 0
    assert rows_found(ours[:, :4], theirs[:, :4]) < 5


def test_diabetes_rows_are_not_in_the_package(tables, rows_found):
    """What was measured equals no packaged row, in the blood or elsewhere."""
    train, test, *_ = tables("diabetes")
    everything = pd.concat([train[test.columns], test])
    packaged = load_diabetes(scaled=False)
    named = ["age", "body_mass", "pressure"]
    theirs = packaged.data[:, [0, 2, 3]]
    assert rows_found(everything[named], theirs) < 5
    serum = shuffled(range(4, 10), "diabetes", "columns")
    ours = everything.filter(like="serum").to_numpy()
    assert rows_found(ours, packaged.data[:, serum]) == 0


def test_party_rows_are_groups_of_the_package(tables):
    """Places, education and incomes are groups, and the vote is not there."""
    train, test, *_ = tables("party-identification")
    assert "vote" not in train
    assert train["place"].nunique() == test["place"].nunique() == 6
    assert train["education"].nunique() == 7
    assert set(train["income"]) == set(range(1, 13))
    assert sorted(train["party"].unique()) == list(range(7))
    packaged = anes96.load_pandas().data
    # The mean age is kept, the single one is not.
    ages = pd.concat([train["age"], test["age"]])
    assert abs(ages.mean() - packaged["age"].mean()) < 0.3
    # High numbers are liberal views here, and low numbers are Democrats.
    assert train["own_view"].corr(train["party"]) < -0.5


def test_school_districts_are_shares(tables, rows_found):
    """The target is the share of the source; amounts and sizes are rounded."""
    train, test, *_, answers = tables("school-districts")
    packaged = star98.load_pandas().data
    share = packaged["NABOVE"] / (packaged["NABOVE"] + packaged["NBELOW"])
    ours = pd.concat([train["share_above"], answers["share_above"]])
    assert np.allclose(np.sort(ours), np.sort(share), atol=5.1e-5)
    assert answers["share_above"].between(0, 1).all()
    columns = [name for name, *_ in script_of("school-districts")["COLUMNS"]]
    everything = pd.concat([train[test.columns], test]).iloc[:, 2:]
    assert rows_found(everything, packaged[columns]) == 0


@pytest.mark.parametrize(
    ("pupils", "rounded"), [(7, 7), (45, 45), (104, 100), (105, 110), (12_499, 12_000)]
)
def test_pupils_are_told_to_two_digits(pupils, rounded):
    """105 becomes 110, and small numbers stay."""
    assert script_of("school-districts")["tested"](pupils) == rounded


def test_the_series_goes_on_where_training_ends(tables):
    """Weeks without a break; all that is asked for lies in the future."""
    train, test, _, answers = tables("co2")
    dates = pd.to_datetime(pd.concat([train["date"], test["date"]]))
    assert (dates.diff().dropna() == pd.Timedelta(days=7)).all()
    assert pd.concat([train["week"], test["week"]]).tolist() == list(range(2284))
    assert train["level"].isna().sum() == 59
    assert answers["level"].notna().all()


def test_the_series_keeps_its_seasons_and_hides_its_units(tables):
    """In 28 years the calendar repeats; no level is a packaged one."""
    train, test, _, answers = tables("co2")
    packaged = co2.load_pandas().data["co2"]
    dates = pd.to_datetime(pd.concat([train["date"], test["date"]]))
    moved = packaged.index - pd.Timedelta(days=28 * 365 + 7)
    assert (dates.to_numpy() == moved.to_numpy()).all()
    assert [*dates.dt.strftime("%j")] == [*packaged.index.strftime("%j")]
    ours = pd.concat([train["level"], answers["level"]]).to_numpy()
    known = ~np.isnan(ours)
    assert np.corrcoef(ours[known], packaged.to_numpy()[known])[0, 1] > 0.9999
    assert not set(ours[known]) & set(packaged)
