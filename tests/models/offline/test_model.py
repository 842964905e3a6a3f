"""The offline model as a chat model: seeded, stateless but for a count, free."""

import pytest

from mle_toolkit.agents.nodes import Node
from mle_toolkit.agents.prompts import review_prompt
from mle_toolkit.agents.replies import read_program
from mle_toolkit.agents.review import SUBMIT_REVIEW, read_review
from mle_toolkit.models import Message, get_model


def draft(case, seed):
    return get_model("offline", seed=seed).complete(case.prompt())


def test_the_same_seed_gives_the_same_answers(cases):
    """Two models of one seed agree word for word."""
    assert draft(cases["counts"], 3) == draft(cases["counts"], 3)


def test_time_left_does_not_change_the_answer(cases):
    """Small differences in time do not decide what is written."""
    first, second = (
        get_model("offline", seed=4).complete(cases["counts"].prompt(time_left_s=left))
        for left in (300.0, 271.0)
    )
    assert first.text == second.text


def test_seeds_differ(cases):
    """Many seeds start from many different programs."""
    programs = {read_program(draft(cases["counts"], s).text).code for s in range(12)}
    assert len(programs) == 12


def test_an_answer_is_a_plan_and_one_program(cases):
    """Three to five sentences, then one block."""
    for seed in range(8):
        program = read_program(draft(cases["images"], seed).text)
        assert program.fault is None
        assert 3 <= program.plan.count(". ") + 1 <= 5


def test_a_second_draft_is_of_another_kind(cases):
    """Families that the memory tells of are avoided."""
    case = cases["binary"]
    model = get_model("offline", seed=1)
    first = read_program(model.complete(case.prompt()).text)
    node = Node(number=0, parent=None, stage="draft", plan=first.plan, code=first.code)
    second = read_program(model.complete(case.prompt(nodes=[node])).text)
    assert second.plan.split(".")[0] != first.plan.split(".")[0]


def test_an_improvement_is_one_change(cases):
    """It names its change, keeps most of the program, and is not repeated."""
    case = cases["binary"]
    model = get_model("offline", seed=2)
    first = read_program(model.complete(case.prompt()).text)
    nodes = [scored(0, first, None)]
    changes = []
    for number in range(1, 7):
        parent = nodes[0]
        program = read_program(
            model.complete(case.prompt(nodes=nodes, parent=parent)).text
        )
        changes.append(program.plan.split(" All else")[0])
        nodes.append(scored(number, program, 0))
        same = set(first.code.splitlines()) & set(program.code.splitlines())
        assert len(same) > 0.6 * len(first.code.splitlines())
    assert len(set(changes)) == len(changes)


def scored(number, program, parent):
    return Node(
        number=number,
        parent=parent,
        stage="draft" if parent is None else "improve",
        plan=program.plan,
        code=program.code,
        output="validation roc_auc: 0.7",
        is_buggy=False,
        metric=0.7,
    )


def test_a_foreign_program_is_replaced(cases):
    """What cannot be understood is given up for a program of its own."""
    case = cases["binary"]
    node = Node(
        number=0, parent=None, stage="draft", code="import torch\n", reason="it failed"
    )
    reply = get_model("offline", seed=0).complete(
        case.prompt(nodes=[node], parent=node)
    )
    program = read_program(reply.text)
    assert "HistGradientBoosting" in program.code


def test_without_a_table_it_says_so():
    """A prompt without an overview gets the sample submission handed in."""
    reply = get_model("offline", seed=0).complete([Message("user", "Hello!")])
    program = read_program(reply.text)
    assert "no table to learn from" in program.plan
    assert "sample_submission.csv" in program.code


def test_tokens_are_a_quarter_of_the_characters(cases):
    """The count is rough, and the cost is nothing."""
    messages = cases["binary"].prompt()
    reply = get_model("offline", seed=0).complete(messages)
    assert reply.tokens_in == pytest.approx(
        sum(len(m.content) for m in messages) / 4, abs=2
    )
    assert reply.tokens_out == pytest.approx(len(reply.text) / 4, abs=1)
    assert reply.cost_usd == 0.0


@pytest.mark.parametrize(
    ("output", "facts", "metric", "is_bug"),
    [
        ("fold 1: 0.2\nvalidation auc: 0.75\n", "it ran to its end", 0.75, False),
        ("validation auc: 1\n", "it ran to its end", 1.0, False),
        ("validation auc: 3e-05\n", "it ran to its end", 3e-5, False),
        ("validation a: 0.1\nvalidation a: 0.2\n", "it ran to its end", 0.2, False),
        ("done\n", "it ran to its end", None, True),
        (
            "Traceback (most recent call last):\nKeyError: 'x'\n",
            "it ended with KeyError",
            None,
            True,
        ),
        ("validation auc: 0.7\n", "it was ended after 9 seconds", None, True),
    ],
)
def test_reviews(cases, output, facts, metric, is_bug):
    """The printed score is reported through the tool, and nothing is invented."""
    messages = review_prompt(
        cases["binary"].task,
        code="print()",
        output=output,
        facts=[f"the program: {facts}", "submission.csv was written"],
    )
    reply = get_model("offline", seed=0).complete(messages, [SUBMIT_REVIEW])
    review = read_review(reply)
    assert review.metric == metric
    assert review.is_bug is is_bug
    assert review.lower_is_better is False
    assert review.has_submission is True
    assert review.summary
