"""Medals over hours and dollars, read from the grades of snapshots."""

import numpy as np
import pandas as pd
import pytest

import mle_toolkit as mle
from mle_toolkit import analysis
from mle_toolkit.errors import UnknownNameError, UsageError
from mle_toolkit.store import AttemptFolder, read_json, write_json
from tests.builders import make_frame, write_run

HOUR = 3600.0


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """An experiment with one attempt of each competition still pending."""
    run = write_run(tmp_path_factory.mktemp("runs") / "made", attempts=8, pending=1)
    return mle.load_attempts(run.path)


@pytest.fixture(scope="module")
def steps(frame):
    """Its medals, step by step."""
    return analysis.medal_steps(frame)


def made_steps(attempts, *, status="finished"):
    """Steps of one agent from (competition, [(hour, won), ...], last hour)."""
    rows = []
    for seed, (competition, wins, end) in enumerate(attempts):
        best = False
        for event, hour, won in [
            *(("submission", hour, won) for hour, won in wins),
            ("end", end, wins[-1][1] if wins else False),
        ]:
            best = best or won
            rows.append(
                {
                    "competition": competition,
                    "split": "mini",
                    "agent": "a",
                    "scaffold": "a",
                    "model": "m",
                    "experiment": "made",
                    "hardware": "h",
                    "seed": seed,
                    "status": status,
                    "event": event,
                    "elapsed_s": hour * HOUR,
                    "cost_usd": 2 * hour,
                    "won": won,
                    "best": best,
                    "submitted": won,
                    "reason": None,
                }
            )
    return pd.DataFrame(rows)


def test_steps_follow_the_grades_of_the_snapshots(frame, steps):
    """Every snapshot has a row whose `won` is the medal in its grade file."""
    graded = frame[frame["any_medal"].notna()]
    for row in graded.itertuples():
        mine = steps[
            (steps["competition"] == row.competition) & (steps["seed"] == row.seed)
        ]
        snapshots = AttemptFolder(mle_path(row)).latest_try().snapshots()
        sent = mine[mine["event"] == "submission"].drop_duplicates("elapsed_s")
        assert sent["won"].tolist() == [
            each["grade"]["any_medal"] for each in snapshots
        ]
        assert mine["elapsed_s"].is_monotonic_increasing
        assert mine["best"].astype(int).is_monotonic_increasing
        assert mine["event"].tolist().count("end") == 1
        assert mine["submitted"].iloc[-1] == row.any_medal


def mle_path(row):
    """The folder of an attempt."""
    from pathlib import Path

    return Path(row.path)


def test_attempts_that_do_not_count_have_one_row_with_the_reason(steps):
    """What is pending is neither a failure nor forgotten."""
    missing = steps[steps["event"] == "missing"]
    assert len(missing) == 2
    assert (missing["reason"] == "it is not graded yet").all()
    assert missing["best"].isna().all()


def test_a_snapshot_without_a_grade_leaves_its_attempt_out(tmp_path):
    """A medal that nobody looked for is not a medal that was not won."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2)
    frame = mle.load_attempts(run.path)
    next((run.attempts()[0].path / "try-1/submissions").glob("*.grade.json")).unlink()
    table = analysis.medal_curve(frame)
    assert (table["n_left_out"] == 1).all()
    assert (table["n_attempts"] == 1).all()


def test_damage_is_reported(tmp_path):
    """An unreadable result leaves the attempt out, and the report names it."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2)
    frame = mle.load_attempts(run.path)
    run.attempts()[1].result_path.write_text("not json")
    steps = analysis.medal_steps(frame)
    assert len(steps.attrs["report"].problems) == 1
    assert (steps["event"] == "missing").sum() == 1


def test_attempts_without_a_folder_are_left_out_with_the_reason():
    """Grading reports of others have no time."""
    frame = make_frame({("a/m", "x"): (2, 1, 0)})
    steps = analysis.medal_steps(frame)
    assert (steps["event"] == "missing").all()
    assert steps["reason"].str.contains("folder").all()
    curve = analysis.medal_curve(steps, at=[1.0])
    assert curve["estimate"].isna().all()
    assert curve["reason"].notna().all()
    assert (curve["n_left_out"] == 2).all()


def test_costs_add_up_and_an_unknown_price_ends_them(tmp_path):
    """Dollars are those of the model calls so far; without a price, NaN."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=2, steps=3)
    first, second = (each.path / "try-1" / "events.jsonl" for each in run.attempts())
    first.write_text(first.read_text().replace('"cost_usd": 0.0', '"cost_usd": 0.5'))
    second.write_text(second.read_text().replace('"cost_usd": 0.0', '"cost_usd": null'))
    steps = analysis.medal_steps(mle.load_attempts(run.path))
    paid = steps[steps["seed"] == 0]
    assert paid["cost_usd"].iloc[-1] == pytest.approx(1.5)
    assert paid["cost_usd"].is_monotonic_increasing
    assert steps.loc[steps["seed"] == 1, "cost_usd"].isna().iloc[-1]
    curve = analysis.medal_curve(steps, axis="dollars")
    assert (curve["n_left_out"] == 1).all()
    assert curve["x"].max() == pytest.approx(1.5)


def test_the_curve_is_the_plain_count_at_every_moment(frame, steps):
    """A slow twin: for each moment, look up what every attempt has won by then."""
    curve = analysis.medal_curve(steps)
    counts = steps[steps["event"] != "missing"]
    for row in curve.itertuples():
        shares = []
        for _, competition in counts.groupby("competition"):
            won = [
                bool(part.loc[part["elapsed_s"] <= row.x * HOUR + 1e-9, "best"].any())
                for _, part in competition.groupby("seed")
            ]
            shares.append(np.mean(won))
        assert row.estimate == pytest.approx(np.mean(shares))
    ends = frame.groupby("competition")["any_medal"].mean().mean()
    assert curve["estimate"].iloc[-1] >= ends
    assert curve["estimate"].is_monotonic_increasing
    assert (curve["n_competitions"] == 2).all()


def test_what_the_agent_would_hand_in_ends_at_the_medal_rate(frame, steps):
    """At the end, the submitted curve is the share of medals of the frame."""
    curve = analysis.medal_curve(steps, held="submitted")
    rate = frame.groupby("competition")["any_medal"].mean().mean()
    assert curve["estimate"].iloc[-1] == pytest.approx(rate)


def test_a_choice_can_throw_a_medal_away():
    """The best so far keeps it, what would have been handed in loses it."""
    steps = made_steps(
        [("x", [(1.0, True), (2.0, False)], 3.0), ("y", [(1.0, True)], 3.0)]
    )
    best = analysis.medal_curve(steps, at=[0.5, 1.0, 2.5])
    chosen = analysis.medal_curve(steps, at=[0.5, 1.0, 2.5], held="submitted")
    assert best["estimate"].tolist() == [0.0, 1.0, 1.0]
    assert chosen["estimate"].tolist() == [0.0, 1.0, 0.5]


def test_stopped_attempts_are_censored_and_finished_ones_are_final():
    """Beyond the end of a stopped attempt, nobody knows."""
    attempts = [("x", [(1.0, True)], 2.0), ("y", [], 3.0)]
    finished = analysis.medal_curve(made_steps(attempts), at=[1.5, 2.5])
    assert finished["estimate"].tolist() == [0.5, 0.5]
    for steps, ended in (
        (made_steps(attempts, status="time-limit"), "final"),
        (made_steps(attempts), "censored"),
    ):
        curve = analysis.medal_curve(steps, at=[1.5, 2.5], ended=ended)
        assert curve["estimate"].iloc[0] == 0.5
        assert np.isnan(curve["estimate"].iloc[1])
        assert "observed" in curve["reason"].iloc[1]


def test_first_medals_know_their_median():
    """Two of three win by two hours; the pooled curve counts attempts."""
    steps = made_steps(
        [
            ("x", [(1.0, True)], 4.0),
            ("x", [(2.0, True)], 4.0),
            ("y", [(1.0, False)], 4.0),
        ]
    )
    table = analysis.time_to_first_medal(steps, pooled=True)
    curve, (_, middle) = (
        table[table["kind"] == "curve"],
        next(table[table["kind"] == "median"].iterrows()),
    )
    assert curve["x"].tolist() == [1.0, 2.0]
    np.testing.assert_allclose(curve["estimate"], [1 / 3, 2 / 3])
    assert middle["estimate"] == 2.0
    assert middle["n_medals"] == 2
    by_competition = analysis.time_to_first_medal(steps)
    curve = by_competition[by_competition["kind"] == "curve"]
    np.testing.assert_allclose(curve["estimate"], [0.25, 0.5])


def test_first_medals_in_dollars():
    """The axis is what the attempt had spent by then."""
    steps = made_steps([("x", [(1.0, True)], 4.0), ("y", [(3.0, True)], 4.0)])
    table = analysis.time_to_first_medal(steps, axis="dollars")
    assert table.loc[table["kind"] == "curve", "x"].tolist() == [2.0, 6.0]


def test_a_budget_is_split_where_short_attempts_win():
    """Half of the attempts win within an hour: two short ones beat one long one."""
    attempts = [
        (name, [(0.5, won)], 2.0) for name in ("x", "y", "z") for won in (True, False)
    ]
    table = analysis.best_split(made_steps(attempts), budget=2.0)
    inside = table[table["kind"] == "in-sample"].set_index("k")
    assert inside["estimate"].to_dict() == {1: 0.5, 2: 1.0}
    assert inside["share_chosen"].to_dict() == {1: 0.0, 2: 1.0}
    (chosen,) = table[table["kind"] == "out-of-sample"].to_dict("records")
    assert (chosen["k"], chosen["length"], chosen["estimate"]) == (2, 1.0, 1.0)
    assert chosen["low"] < 1.0


def test_splits_tested_on_attempts_note_their_seed(steps):
    """Random halves have a seed; leaving competitions out has none."""
    halves = analysis.best_split(steps, unit="attempt", repeats=5, seed=4)
    assert (halves["seed"] == 4).all()
    whole = analysis.best_split(steps)
    assert whole["seed"].isna().all()
    assert whole["budget"].nunique() == 2
    assert whole["budget"].max() == pytest.approx(steps["elapsed_s"].max() / HOUR)


def test_one_competition_cannot_choose_for_others():
    """NaN with the reason, and no limits."""
    table = analysis.best_split(made_steps([("x", [(0.5, True)], 2.0)] * 2))
    last = table[table["kind"] == "out-of-sample"]
    assert last["estimate"].isna().all()
    assert last["reason"].str.contains("2 competitions").all()


def test_attempts_selects_by_seed(frame, steps):
    """The first seeds alone; steps are past that choice."""
    curve = analysis.medal_curve(frame, attempts=3)
    assert (curve["n_attempts"] == 6).all()
    with pytest.raises(UsageError, match="attempts="):
        analysis.medal_curve(steps, attempts=3)


def test_counts_and_unknown_names_are_refused(steps):
    """Counts know no time; names are checked."""
    with pytest.raises(UsageError, match="counts"):
        analysis.medal_curve(mle.record(missing="drop"))
    for wrong in ({"axis": "days"}, {"held": "all"}, {"ended": "no"}, {"by": "colour"}):
        with pytest.raises(UnknownNameError):
            analysis.medal_curve(steps, **wrong)


def test_a_medal_of_the_final_grade_counts_even_without_events(tmp_path):
    """When the log is gone, the end of the attempt still holds what it won."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1)
    attempt = run.attempts()[0]
    (attempt.path / "try-1" / "events.jsonl").write_text("")
    write_json(attempt.grade_path, {**read_json(attempt.grade_path), "any_medal": True})
    steps = analysis.medal_steps(mle.load_attempts(run.path))
    (row,) = steps.to_dict("records")
    assert (row["event"], row["best"], row["submitted"]) == ("end", True, True)
    assert row["elapsed_s"] == pytest.approx(attempt.result()["elapsed_s"])


def test_a_medal_once_won_stays_the_best(tmp_path):
    """Only the first snapshot wins here, and `best` remembers it to the end."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1, steps=8)
    folder = run.attempts()[0].path / "try-1" / "submissions"
    first, *others = sorted(folder.glob("*.grade.json"))
    assert others
    for path in (first, *others):
        write_json(path, {**read_json(path), "any_medal": path == first})
    steps = analysis.medal_steps(mle.load_attempts(run.path))
    assert steps["best"].all()
    assert steps["won"].iloc[0]
    assert not steps["won"].iloc[-2]
