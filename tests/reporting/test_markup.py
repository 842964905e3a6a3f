"""HTML that is safe by construction."""

from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.reporting.markup import Html, element, escape, join, table


@given(st.text())
def test_text_never_becomes_markup(text):
    """No text opens a tag, closes an attribute or reorders the line."""
    safe = escape(text)
    assert not set(safe) & set("<>\"'")
    assert not set(safe) & set("\u202e\u2066\x1b\x00")


@given(st.text())
def test_attributes_and_cells_are_text(text):
    """Whatever comes in, the page has the elements that were asked for, no more."""
    made = element("td", text, title=text)
    assert made.count("<") == 2
    made = table([text], [[text]], caption=text)
    assert made.count("<td") == 1


def test_markup_is_kept():
    """What was built here is not escaped twice."""
    assert element("p", element("b", "1"), " < 2") == "<p><b>1</b> &lt; 2</p>"
    assert join([Html("<br>"), "<br>"]) == "<br>&lt;br&gt;"
    assert isinstance(escape("x"), Html)


def test_endless_text_is_cut():
    """A line of 100 MB becomes a line, and says how long it was."""
    safe = escape("x" * 100_000_000)
    assert len(safe) < 3000
    assert "100000000 characters" in safe


def test_void_elements_and_missing_attributes():
    """Void elements have no end, attributes of None do not appear."""
    assert element("meta", charset="utf-8", lang=None) == '<meta charset="utf-8">'
