import re

from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.reporting.live.text import clean, head

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e]")


@given(text=st.text() | st.text(alphabet="\x1b[]0;m\x07Aa\u202e\r\n\t\u200b\udcff"))
def test_nothing_hidden_stays(text):
    """No control character, no mark that reorders text, whatever went in."""
    shown = clean(text)
    assert not HIDDEN.search(shown)
    shown.encode("utf-8")
    assert clean(shown) == shown


def test_escape_sequences_vanish_and_links_keep_their_words():
    """Colours and links of a terminal are no text; what they dress is."""
    assert clean("\x1b[1;31mError\x1b[0m: \x1b[4mx\x1b[m") == "Error: x"
    assert clean("\x1b]8;;http://evil.example\x07click\x1b]8;;\x07") == "click"
    assert clean("\x1b]0;title\x1b\\text") == "text"


def test_text_that_a_terminal_would_overwrite_is_shown():
    """What stands before a carriage return cannot be hidden by it."""
    assert clean("rm -rf\rharmless\r\n") == "rm -rf\nharmless\n"


@given(text=st.text(max_size=300), size=st.integers(2, 50))
def test_a_head_is_one_short_line(text, size):
    """Never longer than asked, never with a line feed."""
    shown = head(text, size)
    assert len(shown) <= size
    assert "\n" not in shown


def test_a_head_of_a_huge_text_is_quick_and_right():
    """Only the beginning of the text is looked at."""
    assert head("x " * 50_000_000, 10) == "x x x x x …"[:10]
