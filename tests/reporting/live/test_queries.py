import json

from hypothesis import given, settings
from hypothesis import strategies as st

from mle_toolkit.reporting.live.queries import Marks, Matches, Query
from mle_toolkit.traces import EventWriter, LogLines

WORDS = st.text(alphabet='abAäÄß"\\\n €😀', min_size=1, max_size=4)


def grown(folder, query):
    log, marks = LogLines(folder), Marks()
    for _, line in log.read_on():
        event = json.loads(line)
        marks.add(event["kind"], event.get("node"))
    matches = Matches(query, folder / "blobs")
    while not matches.grow(marks, log, 0.0):
        pass
    return matches.found.tolist()


@settings(max_examples=60)
@given(
    found=st.lists(
        st.tuples(st.sampled_from("mte"), st.none() | st.integers(0, 3), WORDS),
        max_size=12,
    ),
    kinds=st.lists(st.sampled_from("mte"), max_size=2),
    node=st.none() | st.integers(0, 3),
    text=st.just("") | WORDS,
)
def test_a_query_finds_what_reading_everything_finds(
    tmp_path_factory, found, kinds, node, text
):
    """Kinds, node and words select what a slow look at every event selects."""
    folder = tmp_path_factory.mktemp("log")
    writer = EventWriter(folder)
    for kind, about, words in found:
        writer.append(kind, {"node": about, "text": words})
    writer.close()
    wanted = text.strip().casefold()
    slow = [
        seq
        for seq, (kind, about, words) in enumerate(found, 1)
        if (not kinds or kind in kinds)
        and (node is None or about == node)
        and wanted in words.casefold()
    ]
    query = Query.of({"kinds": kinds, "node": node, "text": text})
    fast = grown(folder, query)
    if text.strip().isascii():
        assert fast == slow
    else:
        # Letters of other alphabets are found as they are written, and as capitals.
        assert set(fast) <= set(slow)
        assert {s for s in slow if text.strip() in found[s - 1][2]} <= set(fast)


def test_long_texts_are_searched_too(tmp_path):
    """What lies in a blob is part of its event."""
    writer = EventWriter(tmp_path)
    writer.append("exec", {"output": "x" * 20_000 + "Needle"})
    writer.append("exec", {"output": "x" * 20_000 + "hay"})
    writer.append("exec", {"output": "x" * 20_000 + "Needle"})
    writer.close()
    assert grown(tmp_path, Query(text="needle")) == [1, 3]


def test_names_of_fields_are_not_text(tmp_path):
    """Every event has a kind and a time; nobody looks for these words."""
    writer = EventWriter(tmp_path)
    writer.append("note", {"text": "hello"})
    writer.close()
    for word in ("kind", "elapsed", "seq"):
        assert grown(tmp_path, Query(text=word)) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["kinds", "text", "node"]), inner)
        ),
    )
)
def test_a_query_is_made_of_anything(data):
    """A message may hold nonsense; the query is still one."""
    query = Query.of(data)
    assert hash(query) == hash(Query.of(data))


def test_more_kinds_than_fit_share_a_name():
    """A trace with hundreds of kinds is no trace of ours, and breaks nothing."""
    marks = Marks()
    for number in range(600):
        marks.add(f"kind-{number}", number)
    assert len(marks) == 600
    assert marks.find(Query(kinds=("kind-3",)), 0, 600).tolist() == [4]
    assert marks.find(Query(node=599), 0, 600).tolist() == [600]
