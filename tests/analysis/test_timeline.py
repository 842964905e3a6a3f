"""Best scores over time, read from run folders."""

import numpy as np
import pandas as pd
import pytest

from mle_toolkit import analysis
from mle_toolkit.frames import load_attempts
from mle_toolkit.store import read_json, write_json
from tests.builders import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """An experiment with one attempt of each competition still pending."""
    return write_run(tmp_path_factory.mktemp("runs") / "made", attempts=6, pending=1)


@pytest.fixture(scope="module")
def table(run):
    """Its steps."""
    return analysis.best_over_time(load_attempts(run.path))


def each_attempt(table):
    """Iterate over the steps of each attempt."""
    for _, steps in table.groupby(["competition", "seed"]):
        yield steps.reset_index(drop=True)


def test_pending_attempts_have_no_steps(table):
    """What has not begun is not drawn."""
    assert table.groupby("competition")["seed"].nunique().to_dict() == {
        "breast-cancer": 5,
        "digits": 5,
    }


def test_best_is_the_running_best_in_the_right_direction(table):
    """It equals the cumulative best of the column it comes from."""
    for steps in each_attempt(table):
        lower = steps["lower_is_better"].iloc[0]
        for raw, best in (
            ("validation_score", "best_validation"),
            ("test_score", "best_test"),
        ):
            running = steps[raw].cummin() if lower else steps[raw].cummax()
            running = running.ffill()
            np.testing.assert_array_equal(running, steps[best])


def test_submitted_is_the_agents_choice(run, table):
    """What the agent would hand in ends at the grade and never beats the best."""
    frame = load_attempts(run.path).set_index(["competition", "seed"])
    seen_worse = False
    for steps in each_attempt(table):
        last = steps.iloc[-1]
        key = (last["competition"], last["seed"])
        grade = read_json(run.path / frame.loc[key, "path"] / "grade.json")
        assert last["event"] == "end"
        assert last["submitted_test"] == pytest.approx(grade["score"], nan_ok=True)
        sign = -1 if last["lower_is_better"] else 1
        gap = sign * (steps["best_test"] - steps["submitted_test"]).dropna()
        assert (gap >= 0).all()
        seen_worse |= bool((gap > 0).any())
    assert seen_worse


def test_time_only_goes_forward(table):
    """Steps are in order of time and close with the end of the attempt."""
    for steps in each_attempt(table):
        assert steps["elapsed_s"].is_monotonic_increasing
        assert list(steps["event"]).count("end") == 1


def test_without_a_choice_the_last_submission_stands(tmp_path):
    """An agent that never says which is best hands in its newest file."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1)
    log = run.attempts()[0].path / "try-1" / "events.jsonl"
    log.write_text(log.read_text().replace('"best": true', '"best": false'))
    steps = analysis.best_over_time(load_attempts(run.path))
    sent = steps[steps["event"] == "submission"]
    pd.testing.assert_series_equal(
        sent["submitted_test"], sent["test_score"], check_names=False
    )


def test_damage_is_reported_and_the_rest_is_read(tmp_path):
    """A bad line and an unreadable result cost what they hold, no more."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=3)
    first, second, third = run.attempts()
    whole = len(analysis.best_over_time(load_attempts(run.path)))
    log = first.path / "try-1" / "events.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join([*lines[:2], "{torn\n", *lines[2:]]))
    second.result_path.write_text("not json")
    table = analysis.best_over_time(load_attempts(run.path))
    problems = table.attrs["report"].problems
    assert len(problems) == 2
    assert all("not JSON" in problem.reason for problem in problems)
    assert set(table["seed"]) == {0, 2}
    assert third.spec().seed == 2
    assert len(table) < whole


def test_ungraded_snapshots_leave_the_test_scores_open(tmp_path):
    """Before the grader has been there, validation scores are all there is."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1)
    attempt = run.attempts()[0]
    for path in attempt.path.rglob("*grade.json"):
        path.unlink()
    attempt.result_path.unlink()
    steps = analysis.best_over_time(load_attempts(run.path))
    assert steps["test_score"].isna().all()
    assert steps["best_validation"].notna().any()
    assert steps["lower_is_better"].all()


def test_values_that_are_no_scores_are_none(tmp_path):
    """A metric that is text, a truth value or infinite is no score."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1, steps=1)
    log = run.attempts()[0].path / "try-1" / "events.jsonl"
    for wrong in ('"0.1"', "true", "NaN", "1e999", "null"):
        line = '{"kind": "node", "node": 0, "elapsed_s": 1, "metric": %s}\n'
        log.write_text(line % wrong)
        steps = analysis.best_over_time(load_attempts(run.path))
        assert steps["best_validation"].isna().all()
    log.write_text('{"kind": "node", "node": 0, "elapsed_s": 1, "metric": 1}\n')
    assert (
        analysis.best_over_time(load_attempts(run.path))["best_validation"].iloc[0]
        == 1.0
    )


def test_an_integer_score_in_the_grade_is_a_score(tmp_path):
    """JSON writes 1.0 as 1 at times."""
    run = write_run(tmp_path / "made", competitions=("digits",), attempts=1)
    attempt = run.attempts()[0]
    write_json(attempt.grade_path, {**attempt.grade(), "score": 0})
    steps = analysis.best_over_time(load_attempts(run.path))
    assert steps["submitted_test"].iloc[-1] == 0.0
