"""Leaderboards from counts: our interval, the reference's beside it, honest ranks."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis, stats
from mle_toolkit.errors import UsageError
from tests.builders import make_frame

SPLITS = {"low": 22, "medium": 38, "high": 15}


@pytest.fixture(scope="module")
def record():
    """The published record with absent competitions as failures."""
    return mle.record(missing="failure")


@pytest.fixture(scope="module")
def table(record):
    """Its leaderboard."""
    return analysis.leaderboard(record)


def counts(**agents):
    """Return a count table from (competition, split, c, n) of each agent."""
    rows = [(name, *row) for name, part in agents.items() for row in part]
    return pd.DataFrame(rows, columns=["agent", "competition", "split", "c", "n"])


def test_golden_rows(table):
    """The numbers that the record is known by, in percent with two decimals."""
    over_all = table[table["split"] == "all"].set_index("agent")
    rates = (100 * over_all["estimate"]).round(2)
    assert rates["models-o1-preview-aide"] == 16.98
    assert rates["aira-dojo"] == 31.60
    assert rates["MLE-STAR-Pro-1.5"] == 44.00
    assert rates["Leeroo"] == 50.67
    assert over_all.loc["aira-dojo", "published"] == pytest.approx(0.316)
    assert over_all.loc["aira-dojo", "published_error"] == pytest.approx(0.0082)
    assert over_all.loc["disarray", "rank"] == 1
    assert over_all.loc["disarray", "leakage"] == "known"
    assert over_all.loc["models-o1-preview-aide", "name"] == "AIDE, o1-preview"


def test_rows_are_the_statistics_on_the_counts(record, table):
    """Each row is what the array function gives for that agent and split."""
    for split, size in SPLITS.items():
        row = table[(table["split"] == split) & (table["agent"] == "Thesis")].iloc[0]
        part = record[(record["split"] == split) & (record["agent"] == "Thesis")]
        expected = stats.medal_rate(part["n"], part["c"])
        assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
            (expected.estimate, expected.low, expected.high)
        )
        assert row["n_competitions"] == size
        assert row["n_attempts"] == part["n"].sum()
        assert row["method"] == "end-atom"
    assert list(table["split"].unique()) == ["all", *SPLITS]


def test_ours_is_wider_than_the_spread_over_seeds(table):
    """The reference's bar holds nothing of the differences between competitions."""
    known = table[table["reference_sem"].notna()]
    ours = known["high"] - known["low"]
    theirs = known["reference_high"] - known["reference_low"]
    assert (ours > theirs).all()
    over_all = table[(table["split"] == "all") & (table["agent"] == "aira-dojo")].iloc[
        0
    ]
    wider = (over_all["high"] - over_all["low"]) / (
        over_all["reference_high"] - over_all["reference_low"]
    )
    assert 5 < wider < 6


def test_ablations_stay_out_unless_asked_for(record, table):
    """The same agent on a CPU is no competitor."""
    assert table["agent"].nunique() == 27
    assert not table["agent"].isin(["cpu-gpt4o-aide"]).any()
    whole = analysis.leaderboard(record, ablations=True)
    assert whole["agent"].nunique() == 31


def test_agents_that_lack_competitions_have_no_rank():
    """Dropping makes Leeroo 95 %: it is shown, and not ranked."""
    table = analysis.leaderboard(mle.record(missing="drop"))
    over_all = table[table["split"] == "all"].set_index("agent")
    leeroo = over_all.loc["Leeroo"]
    assert round(100 * leeroo["estimate"], 2) == 95.00
    assert (leeroo["n_competitions"], leeroo["n_absent"]) == (40, 35)
    assert pd.isna(leeroo["rank"])
    assert over_all["rank"].isna().sum() == 5
    assert over_all.loc["disarray", "rank"] == 1


def test_equals_share_a_rank():
    """And the next one stands behind both."""
    table = analysis.leaderboard(
        counts(
            a=[("x", "low", 1, 2)], b=[("x", "low", 2, 4)], c=[("x", "low", 0, 2)],
            d=[("x", "low", 2, 2)],
        )
    )  # fmt: skip
    over_all = table[table["split"] == "all"].set_index("agent")
    assert over_all["rank"].to_dict() == {"d": 1, "a": 2, "b": 2, "c": 4}


def test_equals_share_a_rank_however_their_rates_add_up():
    """The same rates on other competitions have a mean with another last digit."""
    rates = [(2, 9), (7, 8), (5, 7), (0, 8), (4, 11)]
    turned = [rates[at] for at in (0, 4, 2, 1, 3)]
    agents = {
        name: [(f"c{at}", "low", *each) for at, each in enumerate(order)]
        for name, order in (("b", rates), ("a", turned))
    }
    table = analysis.leaderboard(counts(**agents))
    over_all = table[table["split"] == "all"]
    assert over_all["estimate"].nunique() == 2
    assert over_all["agent"].tolist() == ["a", "b"]
    assert over_all["rank"].tolist() == [1, 1]


def test_one_competition_has_no_interval_and_says_why():
    """NaN with the reason; unknown agents are called by their name."""
    table = analysis.leaderboard(counts(mine=[("x", "low", 1, 3), ("y", "odd", 0, 0)]))
    row = table.iloc[0]
    assert np.isnan(row["low"])
    assert "at least 2" in row["reason"]
    assert row["name"] == "mine"
    assert pd.isna(row["leakage"])
    assert list(table["split"]) == ["all", "low", "odd"]
    assert np.isnan(table.iloc[2]["estimate"])


def test_it_divides_by_any_column(record):
    """By category as by split."""
    table = analysis.leaderboard(record, by="category")
    tabular = table[(table["category"] == "Tabular") & (table["agent"] == "Thesis")]
    part = record[(record["category"] == "Tabular") & (record["agent"] == "Thesis")]
    assert tabular["n_competitions"].item() == len(part)


def test_the_target_and_the_strict_form_are_passed_on(record):
    """Narrower for these competitions, wider in the strict form."""
    width = {}
    for name, options in {
        "population": {}, "these": {"target": "these"}, "strict": {"strict": True},
    }.items():  # fmt: skip
        row = analysis.leaderboard(record, **options).iloc[0]
        width[name] = row["high"] - row["low"]
    assert width["these"] < width["population"] < width["strict"]


def test_attempts_become_counts():
    """An agent of one's own stands below the published ones."""
    frame = make_frame(
        {("a/x", "one"): (4, 1, 2), ("b/y", "one"): (2, 2, 0)}, split="low"
    )
    table = analysis.count_table(frame)
    assert list(table.columns) == [
        "agent", "competition", "split", "c", "n", "n_left_out",
    ]  # fmt: skip
    assert table.iloc[0].tolist() == ["a/x", "one", "low", 1, 4, 2]
    by_model = analysis.count_table(frame, by="model", outcome="valid_submission")
    assert list(by_model["agent"]) == ["x", "y"]
    cut = analysis.count_table(frame, split="low", attempts=3)
    assert cut["n"].tolist() == [3, 2]
    with pytest.raises(UsageError, match="split"):
        analysis.count_table(frame, split="high")
    both = pd.concat([mle.record(missing="failure"), table])
    over_all = analysis.leaderboard(both)
    row = over_all[(over_all["agent"] == "b/y") & (over_all["split"] == "all")].iloc[0]
    assert (row["estimate"], row["n_absent"]) == (1.0, 75)
    assert pd.isna(row["rank"])


def test_seeds_replace_what_counts_only_guess():
    """With attempts at hand the mean and its error are those of the seeds."""
    frame = make_frame({("a/x", "one"): (4, 1, 0), ("a/x", "two"): (4, 2, 0)})
    summary = analysis.by_seed(frame, seeds="fewest").summary()
    counted = analysis.count_table(frame)
    guessed = analysis.leaderboard(counted).iloc[0]
    known = analysis.leaderboard(counted, reference=summary).iloc[0]
    assert guessed["reference_source"] == "counts"
    assert known["reference_source"] == "seeds"
    assert known["reference_sem"] == pytest.approx(summary["sem"].iloc[0])
    # The builder lets the first attempts win: as uneven as the counts allow.
    assert known["reference_sem"] == pytest.approx(guessed["sem_most"])
    assert np.isnan(known["sem_most"])
    with pytest.raises(UsageError, match=r"SeedTable\.summary"):
        analysis.leaderboard(counted, reference=counted)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda table: table.drop(columns="n"), "no column 'n'"),
        (lambda table: pd.concat([table, table]), "two rows of"),
        (lambda table: table.assign(c=99), "must not exceed"),
    ],
)
def test_wrong_counts_are_refused(record, spoil, said):
    """The sentence says what to pass."""
    with pytest.raises(UsageError, match=said):
        analysis.leaderboard(spoil(record))
