"""Run folders of imported attempts: whole or not there, safe names, honest totals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError, UnknownNameError
from mle_toolkit.frames import events_frame, load_attempts
from mle_toolkit.notebook.experiment import Experiment, read_grade
from mle_toolkit.records import Problem
from mle_toolkit.running import control
from mle_toolkit.store import ExperimentFolder
from mle_toolkit.traces import EventLog, importing
from mle_toolkit.traces.importing import storing
from mle_toolkit.traces.importing.records import ForeignTrace
from mle_toolkit.traces.importing.storing import import_traces
from tests.traces.importing.foreign import JSON, KINDS
from tests.traces.importing.searches import (
    aide_journal,
    dojo_lines,
    of_kind,
    write_document,
    write_json_lines,
    write_mlab,
)


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Store made-up traces; return the report and the attempts."""

    def store(*traces, **options):
        monkeypatch.setattr(storing, "read_traces", lambda *_, **__: list(traces))
        report = import_traces(tmp_path / "in", tmp_path / "run", **options)
        return report, ExperimentFolder.open(tmp_path / "run").attempts()

    return store


def trace_of(*events, **more):
    values = {"format": "aide", "source": Path("/in/journal.json"), **more}
    return ForeignTrace(events=events, **values)


def events_of(attempt):
    return list(EventLog(attempt.latest_try().path))


def node(number, metric, *, lower=True, **more):
    return {
        "kind": "node",
        "node": number,
        "metric": metric,
        "lower_is_better": lower,
        **more,
    }


def test_folder_is_read_like_one_of_ours(tmp_path, stored):
    """Frames, progress, waiting and the grade record work; a row for each trace."""
    path = write_json_lines(tmp_path / "in" / "a" / "JOURNAL.jsonl", dojo_lines())
    write_json_lines(tmp_path / "in" / "b" / "JOURNAL.jsonl", dojo_lines())
    report, out, _ = stored(path.parents[1])
    frame = load_attempts(out)
    assert len(frame) == report.rows == 2
    assert frame["seed"].tolist() == [0, 1]
    assert frame["agent"].tolist() == ["aira-dojo/unknown"] * 2
    assert frame["status"].tolist() == ["finished"] * 2
    assert frame["experiment"].tolist() == ["run", "run"]
    experiment = Experiment(out)
    assert experiment.progress().complete
    assert experiment.wait(show=False) is experiment
    assert len(experiment.events()) == len(events_frame(experiment.folder.attempts()))
    grade = read_grade(experiment.folder.attempts()[0].grade())
    assert (grade.score, grade.thresholds.median) == (0.28, 0.6)
    plan = json.loads((out / "plan-1.json").read_text())
    assert plan["imported"] == {"format": "aira-dojo", "source": "in"}


def test_missing_test_score_is_missing_with_a_reason(tmp_path, stored):
    """Without a test score nothing is graded, and the frame's report says why."""
    _, out, _ = stored(write_document(tmp_path / "journal.json", aide_journal()))
    frame = load_attempts(out)
    assert frame["score"].isna().all()
    assert frame["valid_submission"].isna().all()
    assert "names no test score" in str(frame.attrs["report"])
    assert Experiment(out).progress().ungradable == 1


def test_resume_and_extend_do_no_harm(tmp_path, stored):
    """Nothing is run, graded or changed in an imported folder; extending is refused."""
    _, out, _ = stored(write_document(tmp_path / "journal.json", aide_journal()))
    before = contents(out)
    experiment = ExperimentFolder.open(out)
    with pytest.raises(StoreError, match="plan"):
        control.extend(experiment, 1)
    control.resume(experiment)
    progress = control.wait(experiment, timeout_s=100)
    assert progress.complete
    after = contents(out)
    added = {"dispatcher.json", "dispatcher.log", "dispatcher.lock"}
    assert {name: text for name, text in after.items() if name not in added} == before


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_existing_folder_is_refused(tmp_path, stored):
    """An import adds to no folder, not even to an empty one or behind a dead link."""
    path = write_document(tmp_path / "journal.json", aide_journal())
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("empty", "link", "journal.json"):
        with pytest.raises(StoreError, match="exists already"):
            import_traces(path, tmp_path / name)
    assert list((tmp_path / "empty").iterdir()) == []
    stored(path)


def test_interrupted_import_leaves_nothing(tmp_path, monkeypatch):
    """When reading breaks in the middle, no half of a run folder is there."""

    def events():
        yield {"kind": "start"}
        raise KeyboardInterrupt

    trace = trace_of()
    broken = ForeignTrace(format="aide", source=Path("/x"), events=events())
    monkeypatch.setattr(storing, "read_traces", lambda *_, **__: [trace, broken])
    with pytest.raises(KeyboardInterrupt):
        import_traces(tmp_path / "in", tmp_path / "deep" / "run")
    assert list(tmp_path.rglob("*run*")) == []


def test_killed_import_shows_no_folder(tmp_path):
    """After a kill the draft has a hidden name and no plan."""
    path = write_document(tmp_path / "in" / "journal.json", aide_journal())
    code = (
        "import os, signal, sys\n"
        "from mle_toolkit.traces.importing import storing\n"
        "real = storing.keep\n"
        "def keep(*args):\n"
        "    real(*args)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "storing.keep = keep\n"
        "storing.import_traces(sys.argv[1], sys.argv[2], format='aide')\n"
    )
    out = tmp_path / "out" / "run"
    command = [sys.executable, "-c", code, str(path), str(out)]
    done = subprocess.run(command, check=False, timeout=100)
    assert done.returncode == -9
    assert not out.exists()
    assert list(out.parent.rglob("result.json"))
    assert list(out.parent.rglob("plan-*.json")) == []
    assert not [path for path in out.parent.iterdir() if path.name[0] != "."]


def test_folder_that_cannot_be_written_is_an_error(tmp_path):
    """The error names the folder and the reason."""
    path = write_document(tmp_path / "journal.json", aide_journal())
    with pytest.raises(StoreError, match="cannot be written"):
        import_traces(path, path / "run")


def test_names_become_safe_parts_of_a_path(keep, tmp_path):
    """No name leaves the folder, hides a file of it, or is too long for a disk."""
    names = ["../../etc", "a/b\0c", "stop", "plan-1.json", "x" * 400, "…", "", "."]
    report, attempts = keep(
        *(
            trace_of({"kind": "start"}, competition=n, scaffold=n, model=n)
            for n in names
        )
    )
    assert report.rows == len(names) == len(attempts)
    for attempt in attempts:
        parts = attempt.path.relative_to(tmp_path / "run").parts
        assert len(parts) == 3
        assert not set(parts) & {"", ".", "..", "stop", "plan-1.json"}
        assert all(len(part) <= 80 for part in parts)
    assert not control.Monitor(ExperimentFolder.open(tmp_path / "run")).read().stopping
    assert len(load_attempts(tmp_path / "run")) == len(names)


@given(name=st.text(), model=st.text())
def test_any_name_is_a_part(name, model):
    """Names of any characters give one part, the same each time."""
    for part in (storing.competition_part(name), storing.agent_part(name, model)):
        assert part not in {"", ".", ".."}
        assert part.isascii()
        assert not set(part) & set("/\\\0\n ")
        assert len(part) <= 90
    assert storing.competition_part(name) == storing.competition_part(name)


def test_long_names_that_differ_stay_apart():
    """Two long names that begin alike do not become one."""
    parts = {storing.competition_part("x" * 100 + end) for end in "ab"}
    assert len(parts) == 2


def test_colliding_traces_get_the_next_free_seeds(keep):
    """Seeds are kept where they are free; odd ones begin at 0."""
    seeds = [3, 3, 0, 3, -1, 2**70, True]
    _, attempts = keep(*(trace_of({"kind": "start"}, seed=seed) for seed in seeds))
    found = [int(attempt.path.name) for attempt in attempts]
    assert found[:4] == [3, 4, 0, 5]
    assert len(set(found)) == len(seeds)
    for attempt, seed in zip(attempts, found, strict=True):
        assert events_of(attempt)[0]["seed"] == attempt.spec().seed == seed


@pytest.mark.parametrize(
    ("events", "elapsed", "whole"),
    [
        ([{"elapsed_s": 3.5}, {"elapsed_s": 9}], [3.5, 9.0], 9.0),
        (
            [{"time": "2026-01-01T00:00:00Z"}, {"time": "2026-01-01T00:01:30+00:00"}],
            [0.0, 90.0],
            90.0,
        ),
        ([{"duration_s": 2}, {}, {"duration_s": 3.25}], [2.0, 2.0, 5.25], 5.25),
        ([{}, {}], [0.0, 0.0], None),
        ([{"time": 100}, {"time": 40}, {"duration_s": 1}], [0.0, 0.0, 1.0], 1.0),
        ([{"elapsed_s": 5, "time": 100}, {"time": 110}], [5.0, 15.0], 15.0),
    ],
)
def test_elapsed_is_said_else_from_times_else_from_durations(
    keep, events, elapsed, whole
):
    """What an event says of itself counts; what nothing tells is no 0 in the result."""
    first, *rest = events
    made = [{"kind": "start", **first}, *({"kind": "tool", **event} for event in rest)]
    _, (attempt,) = keep(trace_of(*made))
    written = events_of(attempt)[:-1]
    assert [event["elapsed_s"] for event in written] == elapsed
    assert attempt.result()["elapsed_s"] == whole
    assert [event["time"] is None for event in written] == [
        "time" not in event for event in events
    ]


@pytest.mark.parametrize(
    ("nodes", "best"),
    [
        ([node(0, 0.5), node(1, 0.2), node(2, 0.1, is_buggy=True)], 0.2),
        ([node(0, 0.5, lower=False), node(1, 0.2, lower=False)], 0.5),
        ([node(0, 0.5, lower=None), node(1, 0.2, lower=None)], None),
        ([node(0, None)], None),
        ([node(0, 0.5), node(1, 0.2), node(2, 0.9, lower=False)], 0.2),
        ([node(0, 0.5), node(1, 0.9, lower=False)], None),
    ],
)
def test_validation_score_is_the_best_by_its_direction(keep, nodes, best):
    """Without a direction no node is the best one; a disagreement is told."""
    report, (attempt,) = keep(trace_of(*nodes))
    assert attempt.result()["validation_score"] == best
    assert attempt.result()["n_nodes"] == len(nodes)
    directions = {item["lower_is_better"] for item in nodes} - {None}
    assert ("mixed directions" in report.counts()) == (len(directions) > 1)


def model(tokens_in=None, tokens_out=None, cost=None):
    fields = {"tokens_in": tokens_in, "tokens_out": tokens_out, "cost_usd": cost}
    return {"kind": "model", **{key: each for key, each in fields.items() if each}}


@pytest.mark.parametrize(
    ("events", "usage"),
    [
        ([model(1, 2, 0.5), model(), model(3, 4, 0.25)], (4, 6, 0.75)),
        ([model(1, 2, 0.5), model(3, 4)], (4, 6, None)),
        ([model(), model()], (None, None, None)),
        ([model(1, 2), {"kind": "end", "tokens_in": 9, "cost_usd": 2}], (9, 2, 2.0)),
        ([model("x", -1, "y"), model(10**30, 5)], (None, 5, None)),
    ],
)
def test_usage_is_the_sum_of_what_is_known(keep, tmp_path, events, usage):
    """A cost that leaves calls out is no cost; what the tool says itself wins."""
    _, (attempt,) = keep(trace_of(*events))
    result = attempt.result()
    assert (result["tokens_in"], result["tokens_out"], result["cost_usd"]) == usage
    assert len(load_attempts(tmp_path / "run")) == 1


def test_end_of_the_events_goes_before_the_trace(keep):
    """The last word on the status is the last ``end``; without one, the trace's."""
    end = {"kind": "end", "status": "time-limit", "reason": "late"}
    _, attempts = keep(
        trace_of(end, status="failed"), trace_of({"kind": "start"}, status="failed")
    )
    results = [attempt.result() for attempt in attempts]
    assert [(r["status"], r["error"]) for r in results] == [
        ("time-limit", "late"),
        ("failed", None),
    ]
    for attempt in attempts:
        kinds = [event["kind"] for event in events_of(attempt)]
        assert kinds == ["start", "end"]


def test_unknown_kinds_become_notes(keep):
    """An event that we have no kind for is kept as text."""
    _, (attempt,) = keep(trace_of({"kind": "dream", "x": 1}, {"kind": ["odd"]}))
    notes = [event["text"] for event in of_kind(events_of(attempt), "note")]
    assert notes == ['{"kind":"dream","x":1}', '{"kind":["odd"]}']


def test_event_that_is_nested_too_deeply_is_a_problem(keep):
    """It becomes a note; the events around it are there."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    report, (attempt,) = keep(
        trace_of({"kind": "tool", "arguments": deep}, {"kind": "note", "text": "next"})
    )
    kinds = [event["kind"] for event in events_of(attempt)]
    assert kinds == ["start", "note", "note", "end"]
    assert report.skipped == 1
    while deep:  # Freed from within, it would overflow the stack.
        deep = deep[0]


def test_trace_that_breaks_off_is_kept_up_to_there(keep):
    """What was read stays, with the error; of what gave nothing, no folder is left."""

    def broken(*events):
        yield from events
        msg = "the disk is gone"
        raise StoreError(msg)

    def made(*events):
        return ForeignTrace(
            format="aide", source=Path("/x"), events=broken(*events), scaffold="b"
        )

    report, attempts = keep(
        made({"kind": "start"}, {"kind": "note", "text": "x"}), made()
    )
    assert report.rows == len(attempts) == 1
    assert [event["kind"] for event in events_of(attempts[0])] == [
        "start", "note", "error", "end",
    ]  # fmt: skip
    assert [problem.reason for problem in report.problems] == ["the disk is gone"] * 2
    assert [path.name for path in attempts[0].path.parent.iterdir()] == ["0"]


def test_nothing_to_read_is_an_error(keep, tmp_path):
    """A trace without a single event gives no run folder."""
    with pytest.raises(StoreError, match="no events"):
        keep(trace_of())
    assert list(tmp_path.iterdir()) == []


def test_problems_of_all_traces_are_reported(keep):
    """Problems that arise while events are read are in the report."""
    problems = []

    def events():
        yield {"kind": "start"}
        problems.append(Problem("/x", "odd", "odd", 1))

    trace = ForeignTrace(
        format="aide", source=Path("/x"), events=events(), problems=problems
    )
    report, _ = keep(trace, trace_of({"kind": "start"}))
    assert (report.rows, report.skipped) == (2, 1)


def test_progress_grows_to_the_whole(tmp_path):
    """Bytes done never shrink, never pass the whole, and end there."""
    for number in range(4):
        journal = aide_journal([*aide_journal()["nodes"]] * 60, {})
        write_document(tmp_path / "in" / str(number) / "journal.json", journal)
    told = []
    import_traces(
        tmp_path / "in", tmp_path / "run", progress=lambda *it: told.append(it)
    )
    done = [each for each, _ in told]
    total = sum(path.stat().st_size for path in (tmp_path / "in").rglob("*.json"))
    assert {whole for _, whole in told} == {total}
    assert done == sorted(done)
    assert done[-1] == total
    assert len(told) > 4


def test_grade_fields_of_any_type_are_made_sound(keep, tmp_path):
    """A score makes a submission valid; a medal is one of three; NaN is missing."""
    grades = [
        {"score": 0.5, "medal": "gold"},
        {"score": float("nan"), "valid": False, "medal": "tin", "reason": ["x"]},
        {"score": "junk", "thresholds": 3},
        {"score": 1, "thresholds": {"gold": "0.5", "median": None}},
    ]
    _, attempts = keep(*(trace_of({"kind": "start"}, grade=grade) for grade in grades))
    found = [attempt.grade() for attempt in attempts]
    assert (found[0]["valid"], found[0]["any_medal"]) == (True, True)
    assert (found[1]["valid"], found[1]["medal"]) == (False, None)
    assert found[2] is None
    assert found[3]["thresholds"]["gold"] == 0.5
    for grade in found:
        if grade is not None:
            read_grade(grade)
    assert load_attempts(tmp_path / "run")["score"].notna().sum() == 2


@given(
    events=st.lists(
        st.dictionaries(
            st.sampled_from(["time", "elapsed_s", "node", "metric", "number", "best"])
            | st.sampled_from(["grade", "status", "tokens_in", "cost_usd", "seq"]),
            JSON,
        ).flatmap(
            lambda fields: st.sampled_from(sorted(KINDS)).map(
                lambda kind: {**fields, "kind": kind}
            )
        ),
        min_size=1,
        max_size=4,
    ),
    grade=JSON,
)
def test_any_events_are_stored(tmp_path_factory, events, grade):
    """Whatever the fields hold, there is one row, and each event is in the log."""
    folder = tmp_path_factory.mktemp("any")
    said = grade if isinstance(grade, dict) else {"score": grade}
    with pytest.MonkeyPatch.context() as patch:
        trace = trace_of(*events, grade=said)
        patch.setattr(storing, "read_traces", lambda *_, **__: [trace])
        report = import_traces(folder / "in", folder / "run")
    frame = load_attempts(folder / "run")
    assert len(frame) == report.rows == 1
    assert frame["status"].tolist() != ["broken"]
    (attempt,) = ExperimentFolder.open(folder / "run").attempts()
    kinds = [event["kind"] for event in events_of(attempt)]
    assert [kind for kind in kinds if kind not in {"start", "end"}] == [
        event["kind"] for event in events if event["kind"] not in {"start", "end"}
    ]


def test_formats_are_told_apart(tmp_path):
    """Each file and folder is detected as its own format, and junk as none."""
    made = {
        "aide": write_document(tmp_path / "1" / "journal.json", aide_journal()),
        "aira-dojo": write_json_lines(tmp_path / "2" / "JOURNAL.jsonl", dojo_lines()),
        "mlab": write_mlab(tmp_path / "3"),
    }
    for name, path in made.items():
        assert importing.detect(path) == name
        assert importing.detect(path.parent) == name
    junk = write_document(tmp_path / "4" / "other.json", {"a": 1})
    assert importing.detect(junk) is None
    assert importing.detect(junk.parent) is None
    with pytest.raises(StoreError, match="no known format"):
        importing.read_traces(junk)


def test_pipes_and_missing_files_are_refused(tmp_path):
    """Nothing waits for a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe")
    assert importing.detect(tmp_path / "pipe") is None
    with pytest.raises(StoreError, match="not a plain file"):
        importing.read_traces(tmp_path / "pipe", format="aide")
    with pytest.raises(StoreError, match="does not exist"):
        importing.read_traces(tmp_path / "gone")
    with pytest.raises(UnknownNameError, match="trace format"):
        importing.read_traces(tmp_path, format="word")


def test_importers_load_only_when_used():
    """Importing the package loads none of the formats, and no pandas."""
    code = (
        "import sys, mle_toolkit.traces.importing.storing\n"
        "names = ('.aide', '.atif', 'pandas')\n"
        "loaded = [n for n in sys.modules if n.endswith(names)]\n"
        "sys.exit(len(loaded))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=100)
    assert done.returncode == 0
