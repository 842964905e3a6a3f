"""Make text of agents harmless to look at: in a page, a picture or a terminal."""

from __future__ import annotations

import re

# Escape sequences of terminals: CSI, OSC and the short ones.
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|[PX^_][^\x1b]*(?:\x1b\\)?|[@-Z\\-_])"
)
# Control characters, marks that hide or reorder text, and halves of a character.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    r"""Return `text` without escape sequences; other hidden characters show as U+FFFD.

    Line feeds and tabs stay.  A carriage return becomes a line feed: in a terminal what
    stands before it would be overwritten, and nothing shall be hidden here.

    Examples
    --------
    >>> clean("\x1b[31mred\x1b[0m")
    'red'
    >>> clean("a\u202eb") == "a\ufffdb"
    True
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    return _HIDDEN.sub("\ufffd", text)


def head(text: str, size: int) -> str:
    r"""Return the beginning of `text` on one line, cleaned.

    Examples
    --------
    >>> head("one\n  two three", 9)
    'one two …'
    """
    # Four times is enough for what escape sequences and blanks may take away.
    line = _SPACE.sub(" ", clean(text[: 4 * size + 200])).strip()
    return line if len(line) <= size else f"{line[: size - 1].rstrip()} …"[:size]
