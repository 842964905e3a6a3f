import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mle_toolkit.errors import UsageError
from mle_toolkit.reporting.live import session as module
from mle_toolkit.reporting.live.session import Session
from mle_toolkit.store import ExperimentFolder
from tests.reporting.live.traces import Made, plan

REF = "digits/tree-search-offline/0"


@pytest.fixture
def made(tmp_path):
    plan(tmp_path, [REF, "digits/tree-search-offline/1"])
    made = Made(tmp_path, REF)
    made.node(0, 0.5)
    return made


@pytest.fixture
def session(made, tmp_path, monkeypatch):  # noqa: ARG001 - it shows what was made
    monkeypatch.setattr(module, "TRACE_S", 0.0)
    monkeypatch.setattr(module, "LIST_S", 0.0)
    return Session(ExperimentFolder.open(tmp_path))


def ask(session, op, viewer="v", **arguments):
    answer = session.answer({"id": f"{viewer}-1", "op": op, **arguments})
    assert answer["re"] == f"{viewer}-1"
    assert answer["ok"], answer
    json.dumps(answer, allow_nan=False)
    return answer["result"]


def refuse(session, op, **arguments):
    answer = session.answer({"id": 1, "op": op, **arguments})
    assert not answer["ok"]
    return answer["error"]


def pushes(session):
    return list(itertools.islice(session.poll(), 10))


def test_a_view_learns_what_it_shows(session, made, tmp_path):
    """The first question is what there is: an experiment, or one attempt."""
    assert ask(session, "hello")["view"] == "experiment"
    alone = Session(ExperimentFolder.open(tmp_path), made.folder)
    hello = ask(alone, "hello")
    assert (hello["view"], hello["attempt"]) == ("trace", REF)
    assert ask(alone, "open")["attempt"] == REF
    with pytest.raises(UsageError, match="experiment or an attempt"):
        Session(None)


def test_batches_are_numbered_so_that_a_gap_can_be_asked_for(session, made):
    """Every batch says where its rows begin; what it leaves out is a range away."""
    ask(session, "open", attempt=REF)
    pushes(session)
    for number in range(1, 300):
        made.node(number, 0.5)
    nodes = set()
    while len(nodes) < 299:
        (batch,) = pushes(session)
        nodes |= {node["n"] for node in batch["nodes"]}
    tail = batch["tail"]
    assert batch["total"] == 900
    assert tail["from"] + len(tail["rows"]) == 900
    assert tail["rows"][0]["q"] == tail["from"] + 1
    gap = ask(session, "rows", attempt=REF, query={}, **{"from": 3, "to": tail["from"]})
    assert [row["q"] for row in gap["rows"]] == list(range(4, tail["from"] + 1))


def test_nothing_new_is_no_message(session, made):
    """A quiet attempt sends nothing, and one that is not shown never does."""
    assert pushes(session) == []
    ask(session, "open", attempt=REF)
    pushes(session)
    made.publish()
    pushes(session)
    assert [push for push in pushes(session) if push["push"] == "trace"] == []
    made.add("note", text="more")
    ask(session, "close", attempt=REF)
    assert pushes(session) == []


def test_a_trace_is_followed_until_its_last_view_leaves(session, made):
    """A second tab goes on when the first is closed."""
    ask(session, "open", viewer="one", attempt=REF)
    ask(session, "open", viewer="two", attempt=REF)
    pushes(session)
    ask(session, "close", viewer="one", attempt=REF)
    made.add("note", text="more")
    assert [push["attempt"] for push in pushes(session)] == [REF]
    ask(session, "close", viewer="two", attempt=REF)
    made.add("note", text="more")
    assert pushes(session) == []


def test_a_list_is_followed(session, tmp_path):
    """A published attempt is told to who has asked for the list."""
    listed = ask(session, "experiment")
    assert listed["attempts"][0]["ref"] == REF
    pushes(session)
    session._list._look_at = 0.0
    Made(tmp_path, "digits/tree-search-offline/1").publish()
    told = [*pushes(session), *pushes(session)]
    states = [row["state"] for push in told for _, row in push["changed"]]
    assert states[-1] == "published"


@pytest.mark.parametrize("ref", ["../x", "/etc", "digits", "", None, 3, "a/b/0", [REF]])
def test_only_planned_attempts_can_be_opened(session, ref):
    """No name leads out of the run folder."""
    assert "there is no attempt" in refuse(session, "open", attempt=ref)


def test_notes_are_kept_changed_and_removed(session, made):
    """A note is written into the folder, and the answer holds all of them."""
    about = {"kind": "node", "n": 0}
    (note,) = ask(
        session, "annotate", attempt=REF, target=about, tags=["leak"], comment="look"
    )["annotations"]
    assert (made.folder.path / "annotations.jsonl").exists()
    (note,) = ask(
        session, "annotate", attempt=REF, target=about, tags=[], comment="ok",
        note=note["id"],
    )["annotations"]  # fmt: skip
    assert (note["tags"], note["comment"]) == ([], "ok")
    left = ask(session, "annotate", attempt=REF, note=note["id"], remove=True)
    assert left == {"annotations": []}
    assert "unknown" in refuse(session, "annotate", attempt=REF, note="no", remove=True)


def test_a_note_of_another_process_is_told(session, made):
    """Two notebooks see each other's notes."""
    from mle_toolkit.traces.annotations import annotate

    ask(session, "open", attempt=REF)
    pushes(session)
    annotate(made.folder.path, comment="hello")
    made.add("note", text="so that there is something to say")
    (push,) = pushes(session)
    assert [note["comment"] for note in push["annotations"]] == ["hello"]


def test_stop_is_a_wish_and_needs_something_that_runs(session, made, tmp_path):
    """Buttons call what the owner of the session gave, else they say why not."""
    assert "imported" in refuse(session, "stop", attempt=None)
    said = []
    able = Session(ExperimentFolder.open(tmp_path), act=lambda *wish: said.append(wish))
    ask(able, "stop", attempt=REF)
    ask(able, "stop", attempt=None)
    ask(able, "resume")
    assert [(verb, each and each.path) for verb, each in said] == [
        ("stop", made.folder.path), ("stop", None), ("resume", None),
    ]  # fmt: skip
    assert ask(able, "hello")["actions"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    op=st.sampled_from(sorted(module._OPS)) | JSON,
    fields=st.dictionaries(
        st.sampled_from(
            [
                "attempt",
                "query",
                "from",
                "to",
                "seq",
                "field",
                "n",
                "target",
                "tags",
                "comment",
                "note",
                "remove",
            ]
        ),
        st.just(REF) | st.integers(-2, 9) | JSON,
    ),
)
def test_any_message_gets_an_answer(session, op, fields):
    """Nothing that a browser sends ends in a traceback or in no answer."""
    answer = session.answer({"id": "x-1", "op": op, **fields})
    assert answer["re"] == "x-1"
    assert answer["ok"] or isinstance(answer["error"], str)
    json.dumps(answer, allow_nan=False)


@given(JSON)
def test_what_is_no_message_is_answered_too(tmp_path_factory, message):
    """Even then somebody may be waiting."""
    folder = tmp_path_factory.mktemp("run")
    plan(folder, [])
    answer = Session(ExperimentFolder.open(folder)).answer(message)
    assert not answer["ok"]


def test_no_request_leads_outside_the_run_folder(tmp_path):
    """An attempt that a plan places elsewhere is neither opened nor annotated."""
    outside = Made(tmp_path, "other/a/0")
    root = tmp_path / "run"
    root.mkdir()
    plan(root, ["../other/a/0"])
    session = Session(ExperimentFolder.open(root))
    for ref in ("../other/a/0", str(outside.folder.path)):
        assert "there is no attempt" in refuse(session, "open", attempt=ref)
        assert "there is no" in refuse(session, "annotate", attempt=ref, tags=["x"])
    assert not (outside.folder.path / "annotations.jsonl").exists()


def test_a_plan_without_paths_is_an_error_that_says_so(session, tmp_path):
    """What is wrong with the file is told, not the name of a missing key."""
    (tmp_path / "plan-2.json").write_text('{"attempts": [{"seed": 1}]}')
    assert "is no plan" in refuse(session, "open", attempt=REF)


def test_a_picture_is_never_a_second_old(session, made, tmp_path):
    """What was published a moment ago is in the picture that is drawn now."""
    alone = Session(ExperimentFolder.open(tmp_path), made.folder)
    states = session.still()["experiment"]["totals"]["states"]
    assert states == {"running": 1, "pending": 1}
    assert alone.still()["traces"][0]["trace"]["header"]["state"] == "running"
    made.publish()
    made.grade()
    states = session.still()["experiment"]["totals"]["states"]
    assert states == {"graded": 1, "pending": 1}
    assert alone.still()["traces"][0]["trace"]["header"]["state"] == "graded"


def test_who_missed_a_batch_can_tell(session, made):
    """Batches are numbered without a gap, from the number that came with everything."""
    serial = ask(session, "open", attempt=REF)["serial"]
    for number in range(1, 4):
        made.node(number, 0.5)
        (push,) = pushes(session)
        serial += 1
        assert push["serial"] == serial
    # A second view begins in the middle and takes nothing from the first.
    made.node(4, 0.4)
    assert ask(session, "open", viewer="two", attempt=REF)["serial"] == serial
    (push,) = pushes(session)
    assert [node["n"] for node in push["nodes"]] == [4]
    assert push["serial"] == serial + 1
