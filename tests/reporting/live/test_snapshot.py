"""Static HTML of notebooks: survives sanitising, runs nothing, stays small."""

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.reporting.live.snapshot import experiment_html, trace_html
from tests.summaries import attempt, experiment, node, search, summary

# What JupyterLab and nbconvert leave in an untrusted notebook.
TAGS = {"div", "p", "b", "span", "table", "thead", "tbody", "tr", "th", "td", "img"}
ATTRIBUTES = {"style", "scope", "alt", "src", "data-mle-static"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\x1b[2J\u202e\"'&"
PICTURE = "data:image/svg+xml;base64,"


class Reader(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], "", []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):  # noqa: D102
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):  # noqa: D102
        assert self.open.pop() == tag

    def handle_data(self, data):  # noqa: D102
        self.text += data


def read(html):
    """Return the page; only elements and attributes that survive are in it."""
    page = Reader(html)
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    for name, value in page.attributes:
        if name == "src":
            assert value.startswith(PICTURE)
            ET.fromstring(base64.b64decode(value.removeprefix(PICTURE)))
        if name == "style":
            assert "url" not in value
    assert len(html) < 100_000
    return page


def row(q, **changes):
    return {"q": q, "t": 1.5 * q, "k": "model", "n": 0, "h": "said", "z": 4} | changes


def test_a_trace_is_complete_and_marked():
    """Facts, three pictures with words for those who cannot see them, last rows."""
    made = search(40)
    made["annotations"] = [
        {"id": "1", "time": "t", "author": "ann", "target": {"kind": "node", "n": 3},
         "tags": ["leak"], "comment": "why?"}
    ]  # fmt: skip
    page = read(trace_html(made, [row(q) for q in range(1, 31)], token="abc"))
    assert ("data-mle-static", "abc") in page.attributes
    alts = [value for name, value in page.attributes if name == "alt"]
    assert [alt.split(":")[0] for alt in alts] == [
        "Solution tree", "Scores over time", "Budget",
    ]  # fmt: skip
    assert "40 nodes" in alts[0]
    for said in (
        "Small digits",
        "silver",
        "a/offline",
        "test score 0.09",
        "node 3: leak",
    ):
        assert said in page.text
    assert page.tags.count("tr") == 13
    assert "The last 12 of 5 events" in page.text


def test_without_a_token_the_root_is_unmarked():
    """A page that no live view replaces carries no mark."""
    assert "data-mle-static" not in trace_html(summary([]), [])
    assert "data-mle-static" not in experiment_html(experiment([attempt()]))


@given(text=st.text(max_size=40) | st.just(HOSTILE))
def test_texts_of_agents_stay_texts(text):
    """Whatever stands in headers, rows, notes or names, no element comes of it."""
    made = summary([node(0, plan=text, s=text)])
    made["header"] |= {"title": text, "agent": text, "reason": text, "metric": text}
    made["annotations"] = [
        {"id": text, "time": text, "author": text,
         "target": {"kind": "attempt", "n": None}, "tags": [text], "comment": text}
    ]  # fmt: skip
    read(trace_html(made, [row(1, h=text, k=text, e=1)], token="t"))
    each = attempt(competition=text, agent=text, note=text, tags=[text], status=text)
    read(experiment_html(experiment([each, each], name=text)))


def test_hostile_text_is_shown():
    """It is not dropped either: a reader sees what the agent wrote."""
    page = read(trace_html(summary([]), [row(1, h=HOSTILE)]))
    assert "<script>alert(1)</script>" in page.text
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize("size", [200, 5000])
def test_a_long_search_stays_below_100_kb(size):
    """With long hostile rows, tags and notes as well."""
    made = search(size)
    note = {"id": "1", "time": "t", "author": "&" * 100, "comment": "&" * 10_000,
            "target": {"kind": "node", "n": 3}, "tags": ["&" * 40] * 20}  # fmt: skip
    made["annotations"] = [note] * 50
    made["header"]["reason"] = "&" * 5000
    read(trace_html(made, [row(q, h="&" * 240) for q in range(200)]))


def test_up_to_40_attempts_have_a_row_each():
    """Grouped by competition; what nobody has is no column."""
    attempts = [
        attempt(n, competition=("digits", "wine")[n % 2], tags=["leak"] * (n == 3))
        for n in range(40)
    ]
    page = read(experiment_html(experiment(attempts), token="t"))
    assert page.tags.count("tr") == 41
    assert "Tags" in page.text
    assert "Note" not in page.text
    assert re.search("digits.*wine", page.text, re.DOTALL)
    assert not re.search("wine.*digits", page.text.split("Cost")[-1], re.DOTALL)


def test_more_attempts_have_a_row_for_each_competition_and_agent():
    """Best score by direction, medals and states are counted; thousands stay small."""
    attempts = [
        attempt(n, score=0.5 - n / 10_000, medal="gold" if n < 3 else None)
        for n in range(3000)
    ]
    attempts.append(attempt(1, competition="wine", state="running", score=None))
    page = read(experiment_html(experiment(attempts)))
    assert page.tags.count("tr") == 3
    assert "0.2001" in page.text
    many = [attempt(n, competition=f"c{n}") for n in range(400)]
    assert "300 more rows are not shown" in read(experiment_html(experiment(many))).text


def test_an_empty_experiment_is_a_line():
    """No attempt: no table, no picture."""
    page = read(experiment_html(experiment([])))
    assert "table" not in page.tags
    assert "0 attempts" in page.text


def test_the_seed_zero_is_a_seed():
    """The first seed of all is named like any other."""
    assert "seed 0" in read(trace_html(search(5), [])).text
