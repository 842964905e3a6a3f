"""AIDE's journals: the tree, its stages, metrics, times, and what is broken in them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError
from mle_toolkit.traces.importing import aide
from tests.traces.importing.foreign import JSON, mutated
from tests.traces.importing.searches import (
    aide_journal,
    aide_node,
    dojo_lines,
    of_kind,
    of_trace,
    outcome,
    write_document,
)


def read(tmp_path, document):
    return of_trace(aide, write_document(tmp_path / "journal.json", document))


def test_values_come_round(tmp_path):
    """Plan, code, output, review, metric and times are those of the journal."""
    trace, events = read(tmp_path, aide_journal())
    assert [event["kind"] for event in events[:5]] == [
        "start", "model", "exec", "model", "node",
    ]  # fmt: skip
    model, run, review, node = events[1:5]
    assert model["purpose"] == "draft"
    assert model["reply"] == "plan 0\n\n```python\nprint(0)\n```"
    assert model["rebuilt"] is True
    assert (run["code"], run["output"]) == ("print(0)", "Epoch 1\nscore 0.5\n")
    assert (run["status"], run["duration_s"]) == ("ok", 20.5)
    assert run["time"] == "2023-11-14T22:13:40.500+00:00"
    assert (review["purpose"], review["reply"]) == ("review", "analysis 0")
    assert (node["metric"], node["lower_is_better"]) == (0.5, False)
    assert trace.problems == []


def test_tree_comes_from_node2parent(tmp_path):
    """Parents are nulled in the nodes: the mapping has them, and gives the stages."""
    _, events = read(tmp_path, aide_journal())
    nodes = of_kind(events, "node")
    assert [node["parent"] for node in nodes] == [None, None, 1, 2, 0]
    stages = ["draft", "draft", "improve", "debug", "improve"]
    assert [node["stage"] for node in nodes] == stages
    calls = [call for call in of_kind(events, "model") if call["purpose"] != "review"]
    assert [call["purpose"] for call in calls] == stages


def test_buggy_node_says_why(tmp_path):
    """An exception, a missing metric and a bad review are told apart."""
    nodes = [
        aide_node(0, buggy=True),
        aide_node(1, is_buggy=True, metric=None),
        aide_node(2, is_buggy=True),
        aide_node(3, buggy=True, exc_type="TimeoutError"),
    ]
    _, events = read(tmp_path, aide_journal(nodes, {}))
    assert [node["reason"] for node in of_kind(events, "node")] == [
        "it raised ValueError",
        "it has no metric",
        "its review calls it buggy",
        "it raised TimeoutError",
    ]
    statuses = [run["status"] for run in of_kind(events, "exec")]
    assert statuses == ["error", "ok", "ok", "timeout"]
    assert of_kind(events, "exec")[0]["exception_info"] == {"args": ["bad"]}


def test_direction_is_that_of_the_metric(tmp_path, stored):
    """The best of a loss is its lowest value; buggy nodes do not count."""
    nodes = [
        aide_node(0, metric=0.5, maximize=False),
        aide_node(1, metric=0.2, maximize=False),
        aide_node(2, metric=0.1, maximize=False, is_buggy=True),
    ]
    path = write_document(tmp_path / "journal.json", aide_journal(nodes, {}))
    _, out, _ = stored(path)
    (result,) = out.glob("*/*/*/result.json")
    assert json.loads(result.read_text())["validation_score"] == 0.2


def test_node_that_did_not_run_has_no_exec(tmp_path):
    """A node that was written and never run or reviewed is neither good nor buggy."""
    node = aide_node(
        0, _term_out=None, exec_time=None, analysis=None, metric=None, is_buggy=None
    )
    _, events = read(tmp_path, aide_journal([node], {}))
    assert [event["kind"] for event in events] == ["start", "model", "node"]
    assert events[-1]["is_buggy"] is None


def test_broken_node_is_counted_and_hides_nothing(tmp_path):
    """What is no object is a problem with its place; the nodes around it are read."""
    nodes = [aide_node(0), "junk", None, aide_node(1)]
    trace, events = read(tmp_path, aide_journal(nodes, {"id-1": "id-0"}))
    assert [node["parent"] for node in of_kind(events, "node")] == [None, 0]
    assert [problem.skipped for problem in trace.problems] == [1, 1]
    assert "node 1 is a str" in trace.problems[0].reason


def test_circle_of_parents_is_cut(tmp_path):
    """Nodes that are each other's parents end somewhere, with a problem."""
    nodes = [aide_node(number) for number in range(4)]
    parents = {"id-0": "id-2", "id-1": "id-0", "id-2": "id-1", "id-3": "id-3"}
    trace, events = read(tmp_path, aide_journal(nodes, parents))
    found = [node["parent"] for node in of_kind(events, "node")]
    assert found.count(None) == 2
    for start in range(4):
        node, seen = start, set()
        while node is not None:
            assert node not in seen
            seen.add(node)
            node = found[node]
    assert [problem.kind for problem in trace.problems] == ["circle of parents"] * 2


def test_ids_used_twice_and_parents_missing_are_told(tmp_path):
    """The first node keeps the id; a parent that is not there is left out."""
    nodes = [aide_node(0), aide_node(1, id="id-0"), aide_node(2), aide_node(3)]
    parents = {"id-2": "id-0", "id-3": "gone"}
    trace, events = read(tmp_path, aide_journal(nodes, parents))
    assert [node["parent"] for node in of_kind(events, "node")] == [None, None, 0, None]
    kinds = [problem.kind for problem in trace.problems]
    assert kinds == ["id used twice", "parent missing"]


def test_truncated_journal_gives_what_is_there(tmp_path):
    """Cut anywhere behind its first node, a journal gives the nodes before that."""
    path = tmp_path / "journal.json"
    text = json.dumps(aide_journal())
    first = text.index("print(1)")
    for cut in range(first, len(text) - 1, 97):
        path.write_text(text[:cut])
        trace, events = of_trace(aide, path)
        nodes = of_kind(events, "node")
        whole = text[:cut].count('"is_buggy"')
        assert whole <= len(nodes) <= whole + 1
        assert nodes[0]["metric"] == 0.5
        assert trace.problems[0].kind == "cut off"
        assert events[-1] == {
            "kind": "end", "status": "stopped", "reason": "the journal was cut off"
        }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"nodes": 3}', "junk", '{"nodes', "\0\xff", '"nodes"']
)
def test_what_is_no_journal_is_refused(tmp_path, text):
    """The error names the file."""
    path = tmp_path / "journal.json"
    path.write_text(text, encoding="latin-1")
    assert not aide.matches(path)
    with pytest.raises(StoreError, match=r"journal\.json"):
        aide.read(path)


def test_deep_nesting_is_an_error_and_no_crash(tmp_path):
    """A document of a hundred thousand brackets is refused."""
    path = tmp_path / "journal.json"
    path.write_text('{"nodes": [{"code": "x", "plan": ' + "[" * 100_000)
    with pytest.raises(StoreError, match=r"nested too deeply|cut off"):
        aide.read(path)


def test_not_a_number_is_no_metric(tmp_path):
    """NaN and infinity, which AIDE's JSON may hold, are no scores."""
    nodes = [aide_node(0, metric=math.nan), aide_node(1, metric=math.inf)]
    _, events = read(tmp_path, aide_journal(nodes, {}))
    assert [node["metric"] for node in of_kind(events, "node")] == [None, None]


def test_whole_numbers_are_metrics(tmp_path):
    """A score of exactly 1 is a score."""
    _, events = read(tmp_path, aide_journal([aide_node(0, metric=1)], {}))
    assert of_kind(events, "node")[0]["metric"] == 1.0


def test_run_is_named_by_its_folder_and_settings(tmp_path):
    """MLE-bench names the run's folder, AIDE's config.yaml the model; no keys."""
    run = tmp_path / "leaf_0b2f5d2e-9f1c-4c5a-8d7e-0123456789ab"
    path = write_document(run / "logs" / "journal.json", aide_journal())
    config = "data_dir: /x/other\nagent:\n  steps: 9\n  code:\n    model: gpt-4o\n"
    path.with_name("config.yaml").write_text(f"{config}    api_key: sk-1\n")
    trace, events = of_trace(aide, path)
    said = (trace.competition, trace.scaffold, trace.model)
    assert said == ("leaf", "aide", "gpt-4o")
    assert events[0]["settings"]["agent.steps"] == "9"
    assert "sk-1" not in str(events)


def test_competition_may_come_from_the_data(tmp_path):
    """Without a telling folder, that of the data names the competition."""
    path = write_document(tmp_path / "journal.json", aide_journal())
    path.with_name("config.yaml").write_text("data_dir: '/d/spooky/prepared/public'\n")
    (trace,) = aide.read(path)
    assert trace.competition == "spooky"


@pytest.mark.parametrize(
    "config",
    [
        "data_dir: !!python/object/apply:pathlib.PosixPath\n- /d/spooky/public\n",
        "data_dir: !!python/object/apply:pathlib.PosixPath\n- /\n- d\n- spooky\n",
        "data_dir: !!python/object/apply:pathlib._local.PosixPath\n- d/spooky\n",
    ],
)
def test_paths_in_the_settings_may_be_objects(tmp_path, config):
    """AIDE writes its paths as Python objects, by parts before Python 3.12."""
    path = write_document(tmp_path / "journal.json", aide_journal())
    more = "desc_file: null\nother: !!python/object/apply:os.system\n- ls\nlast: 1\n"
    path.with_name("config.yaml").write_text(config + more)
    trace, events = of_trace(aide, path)
    assert trace.competition == "spooky"
    settings = events[0]["settings"]
    assert {"desc_file", "last"} < settings.keys()
    assert "other" not in settings
    assert "ls" not in settings.values()


def test_folder_of_runs_gives_all_in_order(tmp_path):
    """Each journal below a folder is a trace; those of others are left alone."""
    for name in ("1-b", "0-a"):
        write_document(tmp_path / "logs" / name / "journal.json", aide_journal())
    document = {"nodes": dojo_lines()}
    write_document(tmp_path / "logs" / "2-c" / "journal.json", document)
    assert aide.matches(tmp_path)
    names = [trace.source.parent.name for trace in aide.read(tmp_path)]
    assert names == ["0-a", "1-b"]


@given(document=mutated(aide_journal()))
def test_any_value_may_be_anything(tmp_path_factory, document):
    """Whatever one value becomes, the journal is stored or refused in words."""
    folder = tmp_path_factory.mktemp("journal")
    path = folder / "journal.json"
    path.write_text(json.dumps(document))
    assert outcome(path, folder / "run", format="aide") in {1, path.name}


@given(node=st.dictionaries(st.sampled_from(sorted(aide_node(0))), JSON))
def test_any_node_may_hold_anything(tmp_path_factory, node):
    """A node of random values gives one node event, with a number or no metric."""
    document = aide_journal([node, node], {"id-0": node.get("id")})
    path = tmp_path_factory.mktemp("journal") / "journal.json"
    path.write_text(json.dumps(document))
    _, events = of_trace(aide, path)
    nodes = of_kind(events, "node")
    assert [each["node"] for each in nodes] == [0, 1]
    for each in nodes:
        assert each["metric"] is None or math.isfinite(each["metric"])
