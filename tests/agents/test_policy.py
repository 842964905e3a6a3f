"""The tree search's policy: what may follow what, whatever the results are."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.agents.nodes import Node, best_node, debug_depth
from mle_toolkit.agents.policy import (
    TreeOptions,
    drafts_wanted,
    next_action,
    read_options,
)
from mle_toolkit.errors import UnknownNameError, UsageError

OPTIONS = st.builds(
    TreeOptions,
    num_drafts=st.integers(1, 6),
    debug_prob=st.sampled_from([0.0, 0.5, 1.0]),
    max_debug_depth=st.integers(0, 4),
)
RESULTS = st.lists(
    st.one_of(st.none(), st.floats(-5, 5, allow_nan=False)), min_size=1, max_size=25
)
STEPS = st.one_of(st.none(), st.integers(1, 25))


def play(results, options, *, steps, lower, seed=0):
    """Return (action, nodes before it) for a search with the given results."""
    rng = random.Random(seed)
    nodes, history = [], []
    for result in results:
        action = next_action(
            nodes, options, lower_is_better=lower, steps=steps, rng=rng
        )
        history.append((action, list(nodes)))
        if action is None:
            break
        node = Node(
            number=len(nodes),
            parent=action.parent,
            stage=action.stage,
            is_buggy=result is None,
            metric=result,
        )
        nodes.append(node)
    return history


@given(RESULTS, OPTIONS, STEPS, st.booleans())
def test_drafts_come_first_and_steps_are_kept(results, options, steps, lower):
    """As many drafts as wanted start the search, and it ends with its steps."""
    wanted = drafts_wanted(options, steps)
    for action, nodes in play(results, options, steps=steps, lower=lower):
        if steps is not None and len(nodes) >= steps:
            assert action is None
        else:
            assert action is not None
            if len(nodes) < wanted:
                assert action.stage == "draft"


@given(RESULTS, OPTIONS, STEPS, st.booleans())
def test_a_debug_continues_a_buggy_leaf(results, options, steps, lower):
    """Only a buggy node that nothing was built on is debugged, to a depth."""
    for action, nodes in play(results, options, steps=steps, lower=lower):
        if action is None or action.stage != "debug":
            continue
        parent = nodes[action.parent]
        assert parent.is_buggy
        assert all(node.parent != parent.number for node in nodes)
        assert debug_depth(nodes, parent) < options.max_debug_depth
        assert options.debug_prob > 0


@given(RESULTS, OPTIONS, STEPS, st.booleans())
def test_the_best_is_improved(results, options, steps, lower):
    """An improvement starts from the best score, in the direction of the task."""
    for action, nodes in play(results, options, steps=steps, lower=lower):
        if action is None or action.stage != "improve":
            continue
        scores = [node.metric for node in nodes if node.metric is not None]
        best = min(scores) if lower else max(scores)
        assert nodes[action.parent].metric == best


@given(RESULTS, OPTIONS, STEPS, st.booleans())
def test_without_a_good_node_nothing_is_improved(results, options, steps, lower):
    """A draft or a debug follows as long as every node is buggy."""
    for action, nodes in play(results, options, steps=steps, lower=lower):
        if action is not None and all(node.is_buggy for node in nodes):
            assert action.stage in {"draft", "debug"}


@given(RESULTS, OPTIONS, STEPS, st.integers(0, 5))
def test_the_seed_decides(results, options, steps, seed):
    """The same seed and results give the same search."""
    first = play(results, options, steps=steps, lower=True, seed=seed)
    again = play(results, options, steps=steps, lower=True, seed=seed)
    assert first == again


def test_all_that_is_buggy_is_debugged_with_certainty():
    """With probability 1, a fresh failure is debugged at once."""
    history = play(
        [0.5, None, None, 0.7, 0.8],
        TreeOptions(num_drafts=1),
        steps=None,
        lower=False,
    )
    stages = [(action.stage, action.parent) for action, _ in history]
    assert stages == [
        ("draft", None),
        ("improve", 0),
        ("debug", 1),
        ("debug", 2),
        ("improve", 3),
    ]


@given(st.lists(st.tuples(st.booleans(), st.floats(-1, 1)), max_size=10))
def test_the_best_node_is_the_earliest_of_the_best(results):
    """Buggy nodes never win, whatever score they claim; ties go to the first."""
    nodes = [
        Node(number=i, parent=None, stage="draft", is_buggy=buggy, metric=metric)
        for i, (buggy, metric) in enumerate(results)
    ]
    good = [node for node in nodes if not node.is_buggy]
    found = best_node(nodes, lower_is_better=True)
    if not good:
        assert found is None
    else:
        assert found.metric == min(node.metric for node in good)
        assert all(n.metric > found.metric for n in good if n.number < found.number)


def test_options_are_checked():
    """Unknown options and illegal values are named."""
    assert read_options({"num_drafts": 3}) == TreeOptions(num_drafts=3)
    with pytest.raises(UnknownNameError, match="num_draft"):
        read_options({"num_draft": 3})
    for bad in (
        {"num_drafts": 0},
        {"num_drafts": True},
        {"debug_prob": 1.5},
        {"max_debug_depth": -1},
    ):
        with pytest.raises(UsageError, match=next(iter(bad))):
            read_options(bad)
