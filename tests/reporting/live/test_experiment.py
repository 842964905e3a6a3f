import json
import os

import pytest

from mle_toolkit.reporting.live import experiment as module
from mle_toolkit.reporting.live.experiment import ExperimentView
from mle_toolkit.store import ExperimentFolder, write_json
from mle_toolkit.traces.annotations import annotate
from tests.builders import write_run
from tests.reporting.live.traces import Made, plan

REFS = [f"digits/tree-search-offline/{seed}" for seed in range(4)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_S", 0.0)
    limits = {"time_limit_s": 300.0}
    tasks = {"digits": {"lower_is_better": True}}
    plan(tmp_path, REFS, limits=limits, tasks=tasks)
    return tmp_path


def by_ref(view):
    view.advance()
    return {row["ref"]: row for row in view.full()["attempts"]}


def test_all_is_listed_from_the_plan_alone(root):
    """Before any attempt is looked at, each has its row."""
    view = ExperimentView(ExperimentFolder.open(root))
    shown = view.shown()
    assert [row["ref"] for row in shown["attempts"]] == REFS
    assert {row["state"] for row in shown["attempts"]} == {"pending"}
    assert shown["reading"] == {"done": 0, "of": 4}
    assert shown["attempts"][0]["limit_s"] == 300.0


def test_each_state_has_its_facts(root):
    """Running attempts are read from their logs, published ones from results."""
    running, published, graded = (Made(root, ref) for ref in REFS[:3])
    running.node(0, 0.5)
    running.node(1)
    running.add("model", node=2, purpose="draft", tokens_in=10)
    published.publish()
    graded.publish(status="time-limit", error="300 s are over")
    graded.grade()
    rows = by_ref(ExperimentView(ExperimentFolder.open(root)))
    assert [row["state"] for row in rows.values()] == [
        "running", "published", "graded", "pending",
    ]  # fmt: skip
    first, _, third, last = rows.values()
    assert (first["nodes"], first["best"], first["tokens"]) == (2, 0.5, 250)
    assert first["elapsed_s"] >= 0
    assert (third["score"], third["medal"], third["valid"]) == (0.15, "silver", True)
    assert (third["status"], third["note"]) == ("time-limit", "300 s are over")
    assert (last["nodes"], last["best"], last["usd"]) == (None, None, None)


def test_the_best_of_a_running_attempt_knows_the_direction(root):
    """Where lower is better, the lowest score is the best."""
    made = Made(root, REFS[0])
    for number, metric in enumerate([0.5, 0.3, 0.4]):
        made.node(number, metric)
    assert by_ref(ExperimentView(ExperimentFolder.open(root)))[REFS[0]]["best"] == 0.3


def test_totals_add_up(tmp_path):
    """States, medals and sums are those of the rows."""
    view = ExperimentView(write_run(tmp_path / "made", attempts=6, pending=2))
    view.advance()
    shown = view.full()
    rows, totals = shown["attempts"], shown["totals"]
    assert totals["n"] == len(rows) == 12
    assert totals["states"] == {"graded": 8, "pending": 4}
    assert sum(totals["medals"].values()) == sum(bool(row["medal"]) for row in rows)
    assert totals["nodes"] == sum(row["nodes"] or 0 for row in rows)
    assert shown["reading"] is None


def test_only_what_changed_is_told(root):
    """A batch holds the rows that differ and those that a longer plan has added."""
    view = ExperimentView(ExperimentFolder.open(root))
    view.advance()
    view.full()
    view.advance()
    view.changes()
    assert view.changes() is None
    Made(root, REFS[2]).publish()
    view.advance()
    view.advance()
    told = view.changes()
    assert [at for at, _ in told["changed"]] == [2]
    assert told["changed"][0][1]["state"] == "published"
    more = {"attempts": [{"path": "digits/tree-search-offline/9"}]}
    write_json(root / "plan-2.json", more)
    view.advance()
    view.advance()
    added = view.changes()
    assert [(at, row["seed"]) for at, row in added["changed"]] == [(4, 9)]
    assert added["serial"] == told["serial"] + 1
    assert view.full()["serial"] == added["serial"]


def test_what_is_done_is_looked_at_no_more(root):
    """Graded attempts cost nothing after the first look."""
    for ref in REFS:
        made = Made(root, ref)
        made.publish()
        made.grade()
    view = ExperimentView(ExperimentFolder.open(root))
    assert not view.done()
    view.advance()
    assert view.done()


def test_tags_and_wishes_are_seen(root):
    """A tag that is added later, and a stop that was asked for."""
    made = Made(root, REFS[0])
    view = ExperimentView(ExperimentFolder.open(root))
    annotate(made.folder.path, tags=["look"])
    (root / "stop").touch()
    rows = by_ref(view)
    assert rows[REFS[0]]["tags"] == ["look"]
    assert rows[REFS[0]]["state"] == "stopping"
    assert view.shown()["stopping"]


@pytest.mark.parametrize("junk", ["", "[1]", "{", '{"elapsed_s": "x"}', '{"a": NaN}'])
def test_a_broken_result_breaks_one_row(root, junk):
    """The others are shown, and everything is still strict JSON."""
    made = Made(root, REFS[0])
    made.folder.result_path.write_text(junk)
    made.folder.grade_path.write_text(junk)
    rows = by_ref(ExperimentView(ExperimentFolder.open(root)))
    assert len(rows) == 4
    json.dumps(rows, allow_nan=False)


@pytest.mark.parametrize(
    "attempts", [None, [], [None, 3, {}, {"path": 4}], [{"path": "a/b/0", "seed": []}]]
)
def test_a_strange_plan_is_shown_as_far_as_it_goes(tmp_path, attempts):
    """Entries that are none are passed over."""
    write_json(tmp_path / "plan-1.json", {"attempts": attempts, "limits": 3})
    view = ExperimentView(ExperimentFolder.open(tmp_path))
    view.advance()
    assert len(view.full()["attempts"]) <= 1


def test_a_plan_leads_nowhere_outside(root):
    """Attempts that a plan places outside the run folder are not listed."""
    plan(root, ["../other/a/0", "/etc/a/0", "digits/../../a", "", REFS[0]])
    view = ExperimentView(ExperimentFolder.open(root))
    assert list(by_ref(view)) == REFS[:1]


def test_notes_that_cannot_be_read_hide_no_attempt(root):
    """One attempt whose notes are a pipe is listed like the others, without tags."""
    first, second = Made(root, REFS[0]), Made(root, REFS[1])
    os.mkfifo(first.folder.path / "annotations.jsonl")
    annotate(second.folder, tags=["kept"])
    rows = by_ref(ExperimentView(ExperimentFolder.open(root)))
    assert [rows[ref]["tags"] for ref in REFS[:2]] == [[], ["kept"]]
    assert rows[REFS[0]]["state"] == "running"


def test_a_running_log_that_is_cut_is_read_anew(root):
    """The counts of the list are those of the log as it is now."""
    made = Made(root, REFS[0])
    made.node(0, 0.5)
    made.node(1, 0.4)
    view = ExperimentView(ExperimentFolder.open(root))
    assert by_ref(view)[REFS[0]]["nodes"] == 2
    log = made.folder.path / "try-1" / "events.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:3]))
    assert by_ref(view)[REFS[0]]["nodes"] == 1
