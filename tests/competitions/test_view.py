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
@pytest.mark.parametrize("name", list_competitions("mini").index)
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
    monkeypatch.setattr(view, "describe", lambda _: "<b>*x*</b>")
    page = view.Competition(evil)._repr_html_()
    assert "<img" not in page
    assert "&lt;b&gt;<em>x</em>&lt;/b&gt;" in page


@pytest.mark.usefixtures("prepared")
def test_the_list_is_a_frame():
    """One row per competition with its lines."""
    frame = list_competitions("mini")
    assert {"breast-cancer", "digits", "doctor-visits"} <= set(frame.index)
    assert frame.loc["digits", "metric"] == "log_loss"
    assert frame.loc["digits", "gold"] == competition("digits").thresholds.gold
    assert frame["prepared"].all()
    assert (frame["n_teams"] == 120).all()
    assert len(frame) == 10
    everything = list_competitions()
    pd.testing.assert_frame_equal(frame, everything[everything["split"] == "mini"])
    with pytest.raises(UnknownNameError, match="unknown split"):
        list_competitions("lite")


def test_the_list_has_the_competitions_of_mle_bench():
    """75 and 7 for development, by split, with lines but no leaderboard here."""
    frame = list_competitions()
    sizes = frame["split"].value_counts()
    assert [sizes[name] for name in ("low", "medium", "high", "dev")] == [22, 38, 15, 7]
    pizza = frame.loc["random-acts-of-pizza"]
    assert (pizza["gold"], pizza["median"]) == (0.97908, 0.5996)
    assert pd.isna(pizza["n_teams"])


def test_a_competition_without_data_says_how_to_get_them():
    """Leaks, lines and what to do are shown; nothing is fetched."""
    shown = competition("random-acts-of-pizza")
    page = shown._repr_html_()
    assert "giver_username_if_known" in page
    assert "0.97908" in page
    assert "mle import mlebench DIR" in page
    assert "random-acts-of-pizza" in repr(shown)


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
