"""What a notebook shows of a competition."""

import dataclasses
import html.parser

import pandas as pd
import pytest

import mle_toolkit
from mle_toolkit.competitions import competition, list_competitions, view
from mle_toolkit.competitions.markdown import to_html
from mle_toolkit.errors import NotPreparedError, UnknownNameError


class Balance(html.parser.HTMLParser):
    """Checks that every tag is closed, and collects the names."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):  # noqa: ARG002, D102
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):  # noqa: D102
        assert self.open.pop() == tag


def tags(text):
    balance = Balance()
    balance.feed(text)
    assert not balance.open
    return balance.seen


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("name", ["digits", "breast-cancer", "doctor-visits"])
def test_the_page_has_description_rows_and_medal_lines(name):
    """All three are in the HTML, which is well-formed and has no script."""
    page = competition(name)._repr_html_()
    shown = competition(name)
    assert tags(page) >= {"h2", "table", "details", "style"}
    assert "<script" not in page
    assert "<h3>Evaluation</h3>" in page
    assert f"{shown.thresholds.gold:.5f}" in page
    assert "First rows of train.csv" in page
    assert page.count(f"<h2>{shown.card.title}</h2>") == 1
    assert "var(--jp-" in page


def test_a_page_without_data_says_how_to_get_them(tmp_path, monkeypatch):
    """Looking at a competition does not need its data."""
    monkeypatch.setenv("MLE_DATA", str(tmp_path))
    shown = mle_toolkit.competition("digits")
    assert not shown.is_prepared
    assert "mle prepare digits" in shown._repr_html_()
    with pytest.raises(NotPreparedError):
        shown.sample()


@pytest.mark.usefixtures("prepared")
def test_the_object_gives_what_it_shows(prepared):
    """Attributes and methods, for those who would rather have data."""
    shown = competition("digits")
    assert shown.id == "digits"
    assert shown.sample(3).shape == (3, 66)
    assert shown.public_dir == prepared["digits"].public
    assert shown.prepare() == prepared["digits"]
    assert shown.description.startswith("# Handwritten digits")
    assert len(shown.leaderboard) == 120
    assert shown.grade(shown.public_dir / "sample_submission.csv").valid
    assert repr(shown) == (
        "<Competition digits: Handwritten digits, log loss (lower is better)>"
    )
    with pytest.raises(UnknownNameError, match="did you mean 'digits'"):
        competition("digit")


def test_text_of_a_card_is_escaped(monkeypatch):
    """Nothing in a card or description becomes markup."""
    shown = competition("digits")
    evil = dataclasses.replace(shown.card, title="<img src=x onerror=a>")
    monkeypatch.setattr(type(evil), "description", lambda _: "<b>*x*</b>")
    page = view.Competition(evil)._repr_html_()
    assert "<img" not in page
    assert "&lt;b&gt;<em>x</em>&lt;/b&gt;" in page


@pytest.mark.usefixtures("prepared")
def test_the_list_is_a_frame():
    """One row per competition with its lines."""
    frame = list_competitions()
    assert list(frame.index) == ["breast-cancer", "digits", "doctor-visits"]
    assert frame.loc["digits", "metric"] == "log_loss"
    assert frame.loc["digits", "gold"] == competition("digits").thresholds.gold
    assert frame["prepared"].all()
    assert (frame["n_teams"] == 120).all()
    pd.testing.assert_frame_equal(frame, list_competitions("mini"))
    with pytest.raises(UnknownNameError, match="unknown split"):
        list_competitions("low")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n\nc", "<p>a b</p>\n<p>c</p>"),
        ("## T `x`", "<h2>T <code>x</code></h2>"),
        ("- a\n  b\n- c", "<ul><li>a b</li><li>c</li></ul>"),
        ("1. a\n2. b", "<ul><li>a</li><li>b</li></ul>"),
        ("```py\n<a> *b*\n```\nc", "<pre><code>&lt;a&gt; *b*</code></pre>\n<p>c</p>"),
        ("```\nopen", "<pre><code>open</code></pre>"),
        (
            "| a |\n|---|\n| `x` **2** ` |",
            (
                "<table><tr><th>a</th></tr>"
                "<tr><td><code>x</code> <strong>2</strong> `</td></tr></table>"
            ),
        ),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("[x](javascript:y)", "<p>[x](javascript:y)</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_plain_safe_html(text, expected):
    """The few forms that descriptions use; all else stays text."""
    assert to_html(text) == expected
