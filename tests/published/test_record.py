"""The published record: its numbers, its traps, and what is known of experiments."""

import inspect

import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import competitions, published
from mle_toolkit.errors import UnknownNameError

# Competitions with reports, of the experiments that lack some.
INCOMPLETE = {
    "Leeroo": 40,
    "loongflow": 48,
    "operand-ensemble": 53,
    "pievolve": 53,
    "mlevolve": 74,
    "extratime-gpt4o-aide": 4,
}


def percent(table):
    """The medal rate of each agent in percent: the plain mean over competitions."""
    return 100 * (table["c"] / table["n"]).groupby(table["agent"]).mean()


def test_it_has_the_grain_of_counts():
    """One row per experiment and competition, with medals of seeds."""
    table = mle.record(missing="failure")
    assert list(table.columns) == [
        "agent", "competition", "split", "category", "c", "n", "role",
    ]  # fmt: skip
    assert len(table) == 31 * 75
    assert not table.duplicated(["agent", "competition"]).any()
    assert table["c"].between(0, table["n"]).all()
    assert table["n"].min() >= 1
    assert table.notna().all(axis=None)
    splits = table.drop_duplicates("competition")["split"].value_counts()
    assert splits.to_dict() == {"medium": 38, "low": 22, "high": 15}


def test_absent_competitions_must_be_chosen_about():
    """There is no default: six experiments depend on it."""
    parameter = inspect.signature(mle.record).parameters["missing"]
    assert parameter.default is inspect.Parameter.empty
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    with pytest.raises(UnknownNameError, match="'failure' or 'drop'"):
        mle.record(missing="fail")
    with pytest.raises(UnknownNameError, match="'keep' or 'failure'"):
        mle.record(missing="drop", short_seeds="drop")


def test_six_experiments_lack_competitions():
    """Dropped they are absent; as failures they are there, and counted as padded."""
    dropped = mle.record(missing="drop")
    sizes = dropped["agent"].value_counts()
    assert sizes[sizes < 75].to_dict() == INCOMPLETE
    assert dropped.attrs["padded_competitions"] == {}
    filled = mle.record(missing="failure")
    assert filled.attrs["padded_competitions"] == {
        name: 75 - there for name, there in INCOMPLETE.items()
    }
    added = pd.concat([filled, dropped]).drop_duplicates(keep=False)
    assert (added["c"] == 0).all()
    seeds = added.groupby("agent")["n"].agg(["min", "max"])
    assert seeds.loc["Leeroo"].tolist() == [3, 3]
    assert seeds.loc["pievolve"].tolist() == [6, 6]
    assert seeds.loc["extratime-gpt4o-aide"].tolist() == [5, 5]


@pytest.mark.parametrize(
    ("agent", "failure", "drop"),
    [
        ("models-o1-preview-aide", 16.98, 16.98),
        ("aira-dojo", 31.60, 31.60),
        ("MLE-STAR-Pro-1.5", 44.00, 44.00),
        ("scaffolding-gpt4o-aide", 8.74, 8.74),
        ("cpu-gpt4o-aide", 9.16, 9.16),
        ("biggpu-gpt4o-aide", 9.42, 9.42),
        ("obfuscation-gpt4o-aide", 8.13, 8.13),
        ("Leeroo", 50.67, 95.00),
        ("mlevolve", 61.33, 62.16),
        ("loongflow", 64.00, 100.00),
    ],
)
def test_golden_percentages(agent, failure, drop):
    """All released seeds, to two decimals."""
    assert round(percent(mle.record(missing="failure"))[agent], 2) == failure
    assert round(percent(mle.record(missing="drop"))[agent], 2) == drop


def test_short_seeds_can_be_filled_up():
    """Only so does LoongFlow come out as published; o1-preview shows the price."""
    table = mle.record(missing="failure", short_seeds="failure")
    rates = percent(table)
    assert round(rates["loongflow"], 2) == 62.67
    assert round(rates["models-o1-preview-aide"], 2) == 16.70
    assert table.attrs["padded_seeds"]["loongflow"] == 3
    assert "aira-dojo" not in table.attrs["padded_seeds"]


def test_published_percentages_agree_with_the_counts():
    """Where a leaderboard's number counts the same seeds, ours is that number."""
    table = published.experiments().set_index("agent")
    rates = percent(mle.record(missing="failure", short_seeds="failure"))
    same = table[table["published_source"].fillna("").str.startswith("leaderboard")]
    other_seeds = ["models-o1-preview-aide", "scaffolding-gpt4o-aide", "famou-agent"]
    same = same.drop(index=[*other_seeds, "pievolve"])
    assert len(same) >= 10
    for agent, row in same.iterrows():
        assert rates[agent] == pytest.approx(row["published"], abs=0.06), agent


def test_experiments_say_what_they_are():
    """31 of them; four are ablations; two carry a known leakage."""
    table = published.experiments().set_index("agent")
    assert len(table) == 31
    assert table["name"].is_unique
    ablations = table[table["role"] == "ablation"].index
    assert sorted(ablations) == [
        "biggpu-gpt4o-aide", "cpu-gpt4o-aide", "extratime-gpt4o-aide",
        "obfuscation-gpt4o-aide",
    ]  # fmt: skip
    assert set(table["role"]) == {"leaderboard", "ablation"}
    assert sorted(table.index[table["leakage"].eq("known")]) == [
        "disarray",
        "loongflow",
    ]
    assert table["n_seeds"]["models-o1-preview-aide"] == 21
    kinds = set(table["published_error_kind"].dropna())
    assert kinds == {"seeds", "binomial"}
    errors = table["published_error"].notna()
    assert errors.eq(table["published_error_kind"].notna()).all()
    assert table.loc[table["published"].notna(), "published_source"].notna().all()


def test_it_says_where_it_comes_from():
    """The provenance travels with the table, and through concat and filters."""
    table = mle.record(missing="drop")
    assert table.attrs["provenance"] == published.PROVENANCE
    assert "second-hand" in published.PROVENANCE
    assert table[table["n"] > 3].attrs["missing"] == "drop"
    assert len(pd.concat([table, mle.record(missing="drop")])) == 2 * len(table)


def test_splits_are_those_of_the_cards():
    """The layer of the record may not read cards, so it has the splits again."""
    cards = {card.id: card.split for card in competitions.list_cards()}
    facts = published.competitions()
    assert len(facts) == 82
    assert facts["competition"].is_unique
    ours = dict(zip(facts["competition"], facts["split"], strict=True))
    assert ours == {name: cards[name] for name in ours}


def test_what_is_returned_may_be_changed():
    """The next caller gets the record as it is."""
    for make in (published.competitions, published.experiments):
        table = make()
        table.iloc[:, 0] = "spoilt"
        assert not make().iloc[:, 0].eq("spoilt").any()
