"""The search as a whole, with doubles of the model and the box."""

import pytest

from mle_toolkit.agents.attempt import Submission
from mle_toolkit.agents.review import Review
from mle_toolkit.agents.tree_search import judge, run
from mle_toolkit.errors import UnknownNameError
from mle_toolkit.models import Reply
from mle_toolkit.records import Limits
from mle_toolkit.sandbox import Execution


def test_a_search_from_start_to_end(harness, doubles):
    """Drafts, a repair and an improvement, with an event for each step of each."""
    model = doubles.FakeModel(
        reviews=[
            doubles.review_reply(0.6),
            doubles.review_reply(None, is_bug=True),
            doubles.review_reply(0.7),
            doubles.review_reply(0.65),
        ]
    )
    made = harness(
        model=model, outcomes=[doubles.ran(), doubles.crashed(), doubles.ran()]
    )
    assert run(made.attempt) == "finished"
    nodes = made.events("node")
    assert [(node["stage"], node["parent"]) for node in nodes] == [
        ("draft", None),
        ("draft", None),
        ("debug", 1),
        ("improve", 2),
    ]
    assert [node["metric"] for node in nodes] == [0.6, None, 0.7, 0.65]
    assert [node["is_buggy"] for node in nodes] == [False, True, False, False]
    best = [event["node"] for event in made.events("submission") if "best" in event]
    assert best == [0, 2]
    purposes = [event["purpose"] for event in made.events("model")]
    expected = "draft review draft review debug review improve review"
    assert purposes == expected.split()


def test_the_direction_is_the_task_s(harness, doubles):
    """A reviewer that has the direction wrong changes nothing but a note."""
    model = doubles.FakeModel(
        reviews=[
            doubles.review_reply(0.6, lower=True),
            doubles.review_reply(0.2, lower=True),
        ]
    )
    made = harness(model=model, limits=Limits(time_limit_s=100, steps=2))
    run(made.attempt)
    best = [event["node"] for event in made.events("submission") if "best" in event]
    assert best == [0]
    assert not made.events("node")[0]["lower_is_better"]
    assert "higher is better" in made.events("note")[0]["text"]


def test_an_integer_metric_is_a_metric(harness, doubles):
    """A perfect score of 1 does not make a node buggy."""
    made = harness(
        model=doubles.FakeModel(reviews=[doubles.review_reply(1)]),
        limits=Limits(time_limit_s=100, steps=1),
    )
    run(made.attempt)
    assert made.events("node")[0]["metric"] == 1.0
    assert not made.events("node")[0]["is_buggy"]


def test_a_reply_without_a_program_is_asked_for_again(harness, doubles):
    """The second reply counts; the first one's fault is told to the model."""
    model = doubles.FakeModel(programs=[Reply("No."), doubles.program_reply("x = 1")])
    made = harness(model=model, limits=Limits(time_limit_s=100, steps=1))
    run(made.attempt)
    assert made.events("exec")[0]["code"] == "x = 1\n"
    assert "holds no Python code block" in model.asked[1][0][-1].content


def test_two_replies_without_a_program_make_a_buggy_node(harness, doubles):
    """Nothing is run, and the reason is clear."""
    made = harness(
        model=doubles.FakeModel(programs=[Reply("No.")]),
        limits=Limits(time_limit_s=100, steps=1),
    )
    assert run(made.attempt) == "finished"
    (node,) = made.events("node")
    assert node["is_buggy"]
    assert "no Python code block" in node["reason"]
    assert made.events("exec") == []


def test_a_review_that_never_comes_makes_a_buggy_node(harness, doubles):
    """A reviewer that does not call its tool is asked twice."""
    model = doubles.FakeModel(reviews=[Reply("Looks fine.")])
    made = harness(model=model, limits=Limits(time_limit_s=100, steps=1))
    run(made.attempt)
    assert made.events("node")[0]["is_buggy"]
    assert "no review" in made.events("node")[0]["reason"]
    assert len(made.events("model")) == 3


def test_an_invalid_submission_is_told_to_the_model(harness, doubles):
    """The format's fault is the reason in the next prompt."""
    model = doubles.FakeModel()
    made = harness(
        model=model,
        outcomes=[doubles.ran("id,z\n1,1\n2,1\n"), doubles.ran()],
        limits=Limits(time_limit_s=100, steps=2),
    )
    run(made.attempt)
    first, second = made.events("node")
    assert first["is_buggy"]
    assert not first["has_submission"]
    assert second["stage"] == "debug"
    request = model.asked[2][0][-1].content
    assert "'y' is missing" in request


def test_no_time_no_node(harness):
    """A search whose time is over ends with that status."""
    made = harness(limits=Limits(time_limit_s=0.5))
    assert run(made.attempt) == "time-limit"
    assert made.events("node") == []


def test_unknown_options_are_refused(harness):
    """An option that the search does not know is an error before anything runs."""
    with pytest.raises(UnknownNameError, match="width"):
        run(harness(options={"width": 3}).attempt)


def test_the_options_of_the_model_are_not_the_search_s(harness):
    """What is meant for the model is left alone."""
    made = harness(options={"model": {"temperature": 1}, "num_drafts": 1})
    assert run(made.attempt) == "finished"


RAN = Execution("ok", None, "", 0, 1.0)
FILE = Submission(written=True, valid=True)
FINE = Review(is_bug=False, summary="", metric=0.5)


@pytest.mark.parametrize(
    ("execution", "submission", "review", "reason"),
    [
        (Execution("error", "KeyError", "", 0, 1.0), FILE, FINE, "ended with KeyError"),
        (Execution("timeout", None, "", 0, 9.0), FILE, FINE, "took too long"),
        (Execution("output-limit", None, "", 0, 9.0), FILE, FINE, "printed too much"),
        (Execution("memory", None, "", 0, 9.0), FILE, FINE, "too much memory"),
        (Execution("killed", None, "", 0, 9.0), FILE, FINE, "it was killed"),
        (RAN, Submission(written=False, valid=False, reason="none"), FINE, "none"),
        (RAN, Submission(written=True, valid=False, reason="r"), FINE, "not valid: r"),
        (RAN, FILE, None, "no review"),
        (RAN, FILE, Review(is_bug=True, summary="leak", metric=0.5), "leak"),
        (RAN, FILE, Review(is_bug=False, summary="", metric=None), "no validation"),
        (RAN, FILE, FINE, None),
    ],
)
def test_facts_come_before_the_review(execution, submission, review, reason):
    """Whatever the reviewer says, a program that failed has no score."""
    verdict = judge(execution, submission, review)
    if reason is None:
        assert verdict.metric == 0.5
        assert verdict.reason is None
    else:
        assert verdict.metric is None
        assert reason in verdict.reason
