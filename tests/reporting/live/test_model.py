import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.reporting.live import model as module
from mle_toolkit.reporting.live.budget import Budget
from mle_toolkit.reporting.live.model import TraceModel
from tests.reporting.live.traces import Made


def read(made):
    model = TraceModel()
    for seq, event in enumerate(made.lines(), 1):
        model.take(seq, event)
    return model


@pytest.fixture
def made(tmp_path):
    """A search of four nodes: a draft, a bug, its repair, an improvement."""
    made = Made(tmp_path)
    made.add("start", competition="digits")
    made.node(0, 0.5)
    made.node(1)
    made.node(2, 0.6, parent=1, stage="debug")
    made.node(3, 0.4, parent=0)
    made.snapshot(1, 0, best=True)
    made.snapshot(2, 3, best=True)
    made.add("end", status="finished")
    return made


def test_nodes_know_their_place_and_worth(made):
    """Parents, stages, bugs, gains and the best so far, where lower is better."""
    nodes = read(made).nodes
    assert [node.parent for node in nodes.values()] == [None, None, 1, 0]
    assert [node.stage for node in nodes.values()] == (
        ["draft", "draft", "debug", "improve"]
    )
    assert [node.buggy for node in nodes.values()] == [False, True, False, False]
    assert [node.metric for node in nodes.values()] == [0.5, None, 0.6, 0.4]
    assert [node.best for node in nodes.values()] == [True, False, False, True]
    assert nodes[2].gain is None
    assert nodes[3].gain == pytest.approx(0.1)
    assert (nodes[1].reason, nodes[1].tokens, nodes[1].cost_usd) == (
        "it broke", 120, 0.5,
    )  # fmt: skip


def test_the_last_choice_is_the_one_to_hand_in(made):
    """Snapshots belong to nodes, and the newest mark counts."""
    model = read(made)
    assert model.snapshots == {1: 0, 2: 3}
    assert model.chosen == 2


def test_a_node_is_there_before_it_is_judged(tmp_path):
    """While its program runs it has a stage and no verdict."""
    made = Made(tmp_path)
    made.add("model", node=5, purpose="debug", reply="try this")
    node = read(made).nodes[5]
    assert (node.buggy, node.stage, node.plan) == (None, "debug", "try this")


def test_equal_programs_have_equal_marks(tmp_path):
    """The mark of a program tells two of them apart and nothing else."""
    made = Made(tmp_path)
    for number, code in enumerate(["a = 1", "a = 1", "a = 2"]):
        made.add("exec", node=number, code=code, status="ok")
    marks = [node.code for node in read(made).nodes.values()]
    assert marks[0] == marks[1] != marks[2]


def test_time_tokens_and_money_go_to_phases(made):
    """All that a repair takes is debugging; what nothing took is idle."""
    model = read(made)
    shown = model.budget.shown(limit_s=100.0, now_s=40.0)
    phases = {phase["name"]: phase for phase in shown["phases"]}
    assert phases["model"]["seconds"] == 6.0
    assert phases["training"]["seconds"] == 9.0
    assert phases["debugging"]["seconds"] == 5.0
    assert phases["debugging"]["usd"] == 0.5
    assert phases["idle"]["seconds"] == pytest.approx(20.0, abs=0.5)
    assert shown["tokens"] == 480
    assert shown["usd"] == 2.0


def test_what_goes_on_now_counts():
    """A program that still runs is training, although no event says so yet."""
    budget = Budget()
    budget.take("model", {"elapsed_s": 10.0, "purpose": "draft", "node": 0},
                debugging=False)  # fmt: skip
    shown = budget.shown(limit_s=None, now_s=70.0)
    assert {phase["name"]: phase["seconds"] for phase in shown["phases"]} == {
        "model": 0.0, "training": 60.0, "debugging": 0.0, "tools": 0.0, "idle": 10.0,
    }  # fmt: skip


def test_unknown_prices_are_not_zero():
    """Money is missing where nobody said what it cost."""
    budget = Budget()
    budget.take("model", {"tokens_in": 5}, debugging=False)
    shown = budget.shown(limit_s=None, now_s=None)
    assert shown["usd"] is None
    assert shown["phases"][0]["usd"] is None


VALUES = st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.text()
FIELDS = [
    "node", "parent", "metric", "number", "best", "stage", "duration_s", "tokens_in",
    "code", "purpose", "is_buggy",
]  # fmt: skip
KINDS = st.sampled_from(["model", "exec", "node", "submission"])


@given(
    st.lists(
        st.fixed_dictionaries({"kind": KINDS}, optional=dict.fromkeys(FIELDS, VALUES))
    )
)
def test_no_event_breaks_the_model(found):
    """Any types anywhere: the model goes on, and a parent is a node that is there."""
    model = TraceModel()
    for seq, event in enumerate(found, 1):
        model.take(seq, event)
    for node in model.nodes.values():
        assert node.parent is None or node.parent in model.nodes
        assert node.parent != node.number
    model.budget.shown(limit_s=None, now_s=None)


def test_nodes_are_bounded(monkeypatch):
    """A trace that names nodes without end does not fill the memory."""
    monkeypatch.setattr(module, "MOST_NODES", 10)
    model = TraceModel()
    for number in range(100):
        model.take(number, {"kind": "node", "node": number})
    assert len(model.nodes) == 10
    assert model.kinds["node"] == 100
