"""What an attempt does for a scaffold, with doubles of the model and the box."""

import dataclasses
import os

import pytest

from mle_toolkit.agents.interrupts import Interrupted
from mle_toolkit.agents.nodes import Node
from mle_toolkit.errors import ModelError, SandboxError
from mle_toolkit.models import Message
from mle_toolkit.records import Limits


def test_asking_is_told(harness):
    """The event holds the messages, the reply, and what it took."""
    made = harness()
    made.attempt.ask([Message("user", "hello")], node=2, purpose="draft")
    (event,) = made.events("model")
    assert event["node"] == 2
    assert event["purpose"] == "draft"
    assert event["messages"] == [{"role": "user", "content": "hello"}]
    assert "print(1)" in event["reply"]
    assert (event["tokens_in"], event["tokens_out"]) == (10, 5)
    assert event["cost_usd"] is None
    assert event["duration_s"] >= 0


def test_a_model_error_is_passed_on(harness):
    """What the provider's client has given up on is for the runner to tell."""
    made = harness()
    made.model.programs = [ModelError("gone")]
    with pytest.raises(ModelError, match="gone"):
        made.attempt.ask([Message("user", "hello")], node=0, purpose="draft")


def test_one_box_serves_all_programs(harness):
    """The box is opened once, and closed at the end."""
    made = harness()
    made.attempt.execute("a", node=0)
    made.attempt.execute("b", node=1)
    made.attempt.close()
    assert [box.closed for box in made.boxes] == [True]
    assert [event["code"] for event in made.events("exec")] == ["a", "b"]


def test_a_broken_box_is_opened_anew(harness, doubles):
    """The program runs again in the new box; a note tells of it."""
    made = harness(outcomes=[doubles.broke(), doubles.ran()])
    assert made.attempt.execute("a", node=0).status == "ok"
    assert len(made.boxes) == 2
    assert made.boxes[0].closed
    assert "the box is gone" in made.events("note")[0]["text"]


def test_a_box_that_breaks_twice_costs_the_node(harness, doubles):
    """The second break is the program's end, not the attempt's."""
    made = harness(outcomes=[doubles.broke(), doubles.broke(), doubles.ran()])
    execution = made.attempt.execute("a", node=0)
    assert execution.status == "killed"
    assert "broke twice" in execution.output
    assert made.attempt.execute("b", node=1).status == "ok"


def test_a_box_that_cannot_be_opened_ends_the_attempt(harness):
    """Without a box nothing can be run."""
    made = harness()

    reason = "no box here"

    def refuse(*_, **__):
        raise SandboxError(reason)

    made.attempt._make_box = refuse
    with pytest.raises(SandboxError, match="no box here"):
        made.attempt.execute("a", node=0)


def test_a_submission_is_checked_and_handed_over(harness, folder, doubles):
    """A copy lies in the incoming folder, and its format is judged, not its score."""
    made = harness()
    made.attempt.execute("a", node=0)
    found = made.attempt.collect(node=0)
    assert found.valid
    assert (folder.incoming / "node-0000.csv").read_text() == doubles.GOOD
    assert made.events("validation") == [
        {"kind": "validation", "node": 0, "valid": True, "reason": None}
    ]
    assert made.events("submission") == [
        {"kind": "submission", "node": 0, "file": "node-0000.csv"}
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,z\n1,1\n2,1\n", "'y' is missing"),
        ("id,y\n1,1\n", "id"),
        ("id,y\n1,one\n2,1\n", "not a number"),
        ("", ""),
    ],
)
def test_a_wrong_format_is_told_and_still_kept(harness, text, reason, doubles):
    """An invalid file is handed over too: judging is the grader's."""
    made = harness(outcomes=[doubles.ran(text)])
    made.attempt.execute("a", node=0)
    found = made.attempt.collect(node=0)
    assert found.written
    assert not found.valid
    assert reason in found.reason
    assert made.events("submission")


def test_words_are_allowed_where_the_sample_has_words(harness, folder, doubles):
    """The sample shows whether a competition wants numbers."""
    path = folder.path.parent / "public" / "sample_submission.csv"
    path.write_text("id,y\n1,cat\n2,cat\n")
    made = harness(outcomes=[doubles.ran("id,y\n1,dog\n2,cat\n")])
    made.attempt.execute("a", node=0)
    assert made.attempt.collect(node=0).valid


def test_the_rules_of_the_task_are_checked(harness, task, doubles):
    """A value that the competition does not allow is named before it is graded."""
    ruled = dataclasses.replace(task, rules={"minimum": 0.0})
    made = harness(outcomes=[doubles.ran("id,y\n1,-0.5\n2,1\n")], task=ruled)
    made.attempt.execute("a", node=0)
    found = made.attempt.collect(node=0)
    assert not found.valid
    assert "below 0" in found.reason


def test_an_old_submission_does_not_count(harness, doubles):
    """What an earlier program left is gone before the next one runs."""
    made = harness(outcomes=[doubles.ran(), doubles.crashed()])
    made.attempt.execute("a", node=0)
    made.attempt.execute("b", node=1)
    found = made.attempt.collect(node=1)
    assert not found.written
    assert "wrote no submission.csv" in found.reason


def test_a_link_is_not_followed(harness, folder, doubles):
    """A submission that points elsewhere is refused, and not read."""
    secret = folder.path / "secret.csv"
    secret.write_text(doubles.GOOD)
    made = harness(outcomes=[doubles.ran(None)])
    (folder.workspace / "submission.csv").symlink_to(secret)
    found = made.attempt.collect(node=0)
    assert not found.written
    assert not list(folder.incoming.iterdir())
    made.attempt.execute("a", node=1)
    assert not os.path.lexists(folder.workspace / "submission.csv")
    assert secret.exists()


def test_a_folder_in_the_way_is_removed(harness, folder, doubles):
    """A folder called submission.csv is no submission and does not stay."""
    made = harness(outcomes=[doubles.ran()])
    (folder.workspace / "submission.csv" / "deep").mkdir(parents=True)
    assert not made.attempt.collect(node=0).written
    made.attempt.execute("a", node=1)
    assert made.attempt.collect(node=1).valid


def test_a_deleted_workspace_is_no_crash(harness, folder):
    """Where there is no workspace there is no submission."""
    made = harness()
    (folder.workspace).rmdir()
    assert not made.attempt.collect(node=0).written


def test_without_a_sample_formats_are_not_checked(harness, folder):
    """A sample that cannot be read is noted once."""
    (folder.path.parent / "public" / "sample_submission.csv").unlink()
    made = harness()
    for node in (0, 1):
        made.attempt.execute("a", node=node)
        assert made.attempt.collect(node=node).valid
    assert len(made.events("note")) == 1


def test_time_limits(harness):
    """A program gets what is left less a reserve, or its own limit."""
    free = harness(limits=Limits(time_limit_s=1000)).attempt
    assert 850 < free.run_limit_s <= 950
    assert free.budget(3).steps is None
    tight = harness(limits=Limits(time_limit_s=100, exec_timeout_s=7, steps=5)).attempt
    assert tight.run_limit_s == 7
    assert tight.budget(3).steps == 2
    assert harness(limits=Limits(time_limit_s=86_400)).attempt.reserve_s == 60


def test_no_new_work_once_the_end_was_asked_for(harness):
    """After a wish to end, neither model nor box is asked."""
    made = harness()
    made.attempt.interrupts.request("stopped")
    with pytest.raises(Interrupted):
        made.attempt.ask([Message("user", "x")], node=0, purpose="draft")
    with pytest.raises(Interrupted):
        made.attempt.execute("a", node=0)
    assert made.model.asked == []
    assert made.boxes == []


def test_a_cut_program_is_told(harness):
    """A program that runs when the end is asked for leaves an event."""
    made = harness()
    made.attempt.execute("a", node=0)

    def cut(*_, **__):
        made.attempt.interrupts.request("stopped")

    made.boxes[0].run_python = cut
    with pytest.raises(Interrupted):
        made.attempt.execute("b", node=1)
    event = made.events("exec")[-1]
    assert event["status"] == "killed"
    assert "stopped" in event["output"]


def test_events_are_json_whatever_they_hold(harness):
    """Infinite scores become null and lone surrogates are escaped."""
    made = harness()
    made.attempt.report(
        Node(number=0, parent=None, stage="draft", plan="\udcff", metric=float("inf"))
    )
    (event,) = made.events("node")
    assert event["metric"] is None
    assert event["plan"] == "\udcff"
