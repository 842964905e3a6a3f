import json

import pytest

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.live import trace as module
from mle_toolkit.reporting.live.queries import Query
from mle_toolkit.reporting.live.trace import TraceView
from mle_toolkit.traces.annotations import annotate
from tests.reporting.live.traces import Made

EVERY = Query()


@pytest.fixture
def made(tmp_path):
    made = Made(tmp_path)
    made.add("start", competition="digits", agent="tree-search/offline", seed=0)
    made.node(0, 0.5)
    made.node(1, 0.4, parent=0)
    return made


def test_a_view_grows_with_its_log(made):
    """What is written later is there at the next look, and nothing is read twice."""
    view = TraceView(made.folder).read_all()
    assert view.total() == 7
    assert view.summary()["reading"] is None
    assert not view.advance()
    made.node(2, 0.3, parent=1)
    assert view.advance()
    assert view.total() == 10
    assert [node["n"] for node in view.summary()["nodes"]] == [0, 1, 2]


def test_only_changed_nodes_are_told(made):
    """A batch holds the nodes that are new or different, once."""
    view = TraceView(made.folder).read_all()
    assert [node["n"] for node in view.changed_nodes()] == [0, 1]
    assert view.changed_nodes() == []
    made.node(2, 0.3, parent=1)
    view.advance()
    assert [node["n"] for node in view.changed_nodes()] == [2]


def test_rows_come_by_range_and_by_query(made):
    """Any part of the transcript, all of it or what fits a query."""
    view = TraceView(made.folder).read_all()
    answer = view.rows(EVERY, 2, 4)
    assert [row["q"] for row in answer["rows"]] == [3, 4]
    assert (answer["from"], answer["total"], answer["scanning"]) == (2, 7, False)
    answer = view.rows(Query(kinds=("node",)), 0, 100)
    assert [row["q"] for row in answer["rows"]] == [4, 7]
    assert view.rows(Query(text="PLAN of 1"), 0, 9)["total"] == 2
    assert view.rows(EVERY, 100, 200)["rows"] == []
    assert view.rows(EVERY, 5, 2)["rows"] == []


def test_a_range_is_bounded(made, monkeypatch):
    """Who asks for everything gets a part: no answer is too large to send."""
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    view = TraceView(made.folder).read_all()
    assert len(view.rows(EVERY, 0, 10**9)["rows"]) == 3


def test_an_event_is_found_in_a_query(made):
    """A jump lands at the event, or at the first one after it that is shown."""
    view = TraceView(made.folder).read_all()
    assert view.locate(EVERY, 5) == 4
    assert view.locate(Query(kinds=("node",)), 5) == 1
    assert view.locate(Query(kinds=("node",)), 99) == 2


def test_before_it_is_read_the_index_shows_the_tail(made):
    """The first picture waits for nothing: total and last rows are there at once."""
    view = TraceView(made.folder)
    assert view.total() == 7
    assert view.summary()["reading"] == {"done": 0, "of": view.lines.size}
    assert [row["q"] for row in view.tail()["rows"]] == list(range(1, 8))
    assert view.rows(EVERY, 5, 7)["total"] == 7
    assert view.event(6)["k"] == "exec"


def test_a_node_shows_its_program_and_its_parents(made):
    """Plan, program, output, and what to compare the program with."""
    node = TraceView(made.folder).read_all().node(1)
    assert (node["plan"], node["code"], node["output"]) == (
        "plan of 1", "print(1)", "out 1",
    )  # fmt: skip
    assert node["parent"] == {"n": 0, "code": "print(0)"}
    assert node["events"] == [5, 7]


def test_long_texts_come_in_pieces(made):
    """Every character can be reached, and no piece is longer than allowed."""
    text = "".join(chr(97 + at % 26) for at in range(450_000))
    made.add("exec", node=2, code=text, output=text, status="ok")
    made.add("note", deep={"list": ["a", text]})
    view = TraceView(made.folder).read_all()
    found, at = "", 0
    while at < len(text):
        piece = view.text(8, "output", at, at + 10**9)
        assert (piece["from"], piece["size"]) == (at, len(text))
        found += piece["text"]
        at += module.MOST_TEXT
    assert found == text
    assert view.text(9, "deep.list.1", 26, 29)["text"] == "abc"


@pytest.mark.parametrize("field", ["nothing", "output.blob", "../x", "0", "deep.9"])
def test_a_field_that_is_not_there_is_named(made, field):
    """No path leads out of an event."""
    made.add("exec", output="y" * 20_000, deep=[1], status="ok")
    with pytest.raises(UsageError, match="has no field"):
        TraceView(made.folder).read_all().text(8, field, 0, 5)


def test_grades_join_nodes_and_their_submissions(made):
    """Test scores, medals and the choice stand at the nodes; lines come along."""
    made.snapshot(1, 0, 0.45)
    made.snapshot(2, 1, 0.15, best=True, medal="silver")
    made.publish(submission={"number": 2, "try": 1})
    made.grade()
    summary = TraceView(made.folder).read_all().summary()
    first, second = summary["nodes"]
    assert (first["test"], first["medal"], first["chosen"]) == (0.45, None, False)
    assert (second["test"], second["medal"], second["chosen"]) == (0.15, "silver", True)
    assert summary["chart"]["lines"]["gold"] == 0.1
    assert [test["chosen"] for test in summary["chart"]["tests"]] == [False, True]
    header = summary["header"]
    assert (header["state"], header["medal"], header["lower"]) == (
        "graded", "silver", True,
    )  # fmt: skip


def test_medal_lines_are_there_before_the_grade(made):
    """A known competition has its lines from the start, so that one can hope."""
    lines = TraceView(made.folder).read_all().summary()["chart"]["lines"]
    assert set(lines) == {"gold", "silver", "bronze", "median"}


def test_grades_arrive_while_one_looks(made, monkeypatch):
    """Files beside the log are looked at again and again."""
    monkeypatch.setattr(module, "_LOOK_S", 0.0)
    view = TraceView(made.folder).read_all()
    view.changed_nodes()
    made.snapshot(1, 1, 0.15, medal="silver")
    view.advance()
    view.advance()
    assert view.changed_nodes()[0]["test"] == 0.15
    (made.folder.path / "stop").touch()
    view.advance()
    assert view.header()["state"] == "stopping"


def test_a_new_try_begins_anew(made, monkeypatch):
    """After a take-over the newest try is shown, from its first event."""
    monkeypatch.setattr(module, "_LOOK_S", 0.0)
    view = TraceView(made.folder).read_all()
    second = made.folder.path / "try-2"
    second.mkdir()
    (second / "claim").write_text((made.folder.path / "try-1/claim").read_text())
    (second / "events.jsonl").write_text('{"kind": "start", "elapsed_s": 0}\n')
    view.advance()
    view.advance()
    assert view.total() == 1
    assert view.summary()["nodes"] == []


def test_bad_lines_are_rows_and_are_counted(made):
    """A line that is no event is shown as such; its neighbours are not harmed."""
    log = made.folder.path / "try-1" / "events.jsonl"
    made.writer.close()
    for junk in (b"junk\n", b"[1]\n", b"\xff\n", b"[" * 50_000 + b"\n"):
        log.write_bytes(log.read_bytes() + junk)
    view = TraceView(made.folder).read_all()
    summary = view.summary()
    assert summary["problems"] == 4
    assert summary["problem_list"][0] == "line 8: this line is no JSON"
    assert [row["k"] for row in view.rows(EVERY, 7, 11)["rows"]] == ["broken"] * 4
    assert view.rows(Query(kinds=("broken",)), 0, 9)["total"] == 4
    assert view.event(8)["parts"][0]["text"] == "this line is no JSON"


def test_annotations_are_part_of_the_summary(made):
    """What people noted stands where the front end looks for it."""
    annotate(made.folder.path, kind="node", n=1, tags=["leak"], comment="look\x1b[1m")
    (note,) = TraceView(made.folder).summary()["annotations"]
    assert note["target"] == {"kind": "node", "n": 1}
    assert (note["tags"], note["comment"]) == (["leak"], "look")


def test_an_attempt_that_has_not_begun_is_empty(tmp_path):
    """A pending attempt can be watched: it has no events yet."""
    from mle_toolkit.store import AttemptFolder

    folder = AttemptFolder(tmp_path / "digits" / "agent" / "0")
    folder.path.mkdir(parents=True)
    view = TraceView(folder).read_all()
    assert view.total() == 0
    assert view.header()["state"] == "pending"
    json.dumps(view.summary(), allow_nan=False)


HUGE = "1" + "0" * 400
DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "line",
    [
        f'{{"kind": "note", "elapsed_s": {HUGE}}}',
        f'{{"kind": "node", "node": {HUGE}, "metric": {HUGE}}}',
        f'{{"kind": "exec", "node": 1, "duration_s": {HUGE}}}',
        '{"kind": "exec", "node": 1, "duration_s": 1e308}\n' * 2,
        '{"kind": "model", "node": 1, "cost_usd": 1e308}\n' * 2,
        '{"kind": "node", "node": 1, "metric": NaN, "elapsed_s": Infinity}',
        f'{{"kind": "note", "text": {DEEP}}}',
        f'{{"kind": {DEEP}, "node": 1}}',
        '{"kind": {"a": 1}, "node": 1}',
        '{"kind": "exec", "node": 1, "code": 5, "output": true, "plan": 7.5}',
        '{"kind": "exec", "node": 1, "code": [1], "output": {"blob": 5}}',
    ],
)
def test_any_line_can_be_shown(made, line):
    """Whatever a line holds, every answer is plain JSON, and the others are there."""
    log = made.folder.path / "try-1" / "events.jsonl"
    log.write_bytes(log.read_bytes() + line.strip().encode() + b"\n")
    view = TraceView(made.folder).read_all()
    shown = [view.summary(), view.tail(), view.node(0), view.node(1)]
    shown += [view.rows(EVERY, 0, 100), view.rows(Query(text="plan"), 0, 100)]
    shown += [view.event(seq) for seq in range(1, view.total() + 1)]
    json.dumps(shown, allow_nan=False)
    assert view.node(0)["code"] == "print(0)"


def test_a_number_of_an_event_is_a_text_as_well(made):
    """Every field can be asked for, also one that is no text."""
    view = TraceView(made.folder).read_all()
    assert view.text(2, "duration_s", 0, 10)["text"] == "2.0"


def test_a_log_that_is_cut_or_replaced_is_read_anew(made, monkeypatch):
    """What is shown is what the file holds now."""
    monkeypatch.setattr(module, "_LOOK_S", 0.0)
    view = TraceView(made.folder).read_all()
    log = made.folder.path / "try-1" / "events.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:4]))
    assert view.advance()
    assert view.total() == 4
    assert [node["n"] for node in view.summary()["nodes"]] == [0]


def test_what_cannot_be_read_is_said_and_hides_nothing(made, tmp_path):
    """Notes, a grade and a log behind links are problems, and no place is told."""
    view = TraceView(made.folder).read_all()
    assert view.summary()["problems"] == 0
    made.publish()
    (tmp_path / "outside.json").write_text('{"score": 9}')
    for name in ("annotations.jsonl", "grade.json", "try-1/events.jsonl"):
        path = made.folder.path / name
        path.unlink(missing_ok=True)
        path.symlink_to(tmp_path / "outside.json")
    summary = TraceView(made.folder).read_all().summary()
    assert summary["annotations"] == []
    assert summary["header"]["score"] is None
    assert summary["problems"] == 3
    assert sorted(summary["problem_list"]) == [
        f"{name} cannot be read: it is not a plain file"
        for name in ("annotations.jsonl", "events.jsonl", "grade.json")
    ]


def test_a_log_of_many_kinds_or_heavy_events_does_not_fill_the_memory(made):
    """Beyond 255 kinds the rest counts as other; of heavy events the rows are kept."""
    for number in range(400):
        made.add(f"kind-{number}")
    made.add("note", items=["x" * 9000] * 10)
    view = TraceView(made.folder).read_all()
    assert len(view.model.kinds) == len(view.marks.names) == 256
    assert view.model.kinds["other"] == view.rows(Query(("other",)), 0, 1)["total"]
    assert view.model.kinds["other"] > 100
    assert all(len(json.dumps(kept)) < 10_000 for _, kept, _ in view._last)
    assert view.tail()["rows"] == view.rows(EVERY, view.total() - 200, 999)["rows"]
