"""Show the little Markdown that descriptions use as HTML; everything is escaped.

Headings, paragraphs, lists, tables, fenced code, `code`, **bold** and *emphasis*.
Links, pictures and raw HTML are shown as the text that they are.
"""

from __future__ import annotations

import html
import re
from itertools import takewhile

_FENCE = "```"
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(.*)")
_RULE_ROW = re.compile(r"\|?[\s:|-]+\|?")
_CODE = re.compile(r"(`[^`]+`)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"\*(\S(?:.*?\S)?)\*")


def to_html(text: str, *, top_heading: int = 1) -> str:
    """Return Markdown as HTML.

    Parameters
    ----------
    text
        Markdown; nothing in it is trusted.
    top_heading
        The level at which a heading with one ``#`` is shown.

    Examples
    --------
    >>> to_html("# A & B")
    '<h1>A &amp; B</h1>'
    >>> to_html("<script>*x*</script>")
    '<p>&lt;script&gt;<em>x</em>&lt;/script&gt;</p>'
    """
    lines = text.replace("\r\n", "\n").split("\n")
    out: list[str] = []
    while lines:
        line = lines[0].strip()
        if not line:
            del lines[0]
        elif line.startswith(_FENCE):
            out.append(_take_code(lines))
        elif heading := _HEADING.fullmatch(line):
            level = min(6, len(heading[1]) + top_heading - 1)
            out.append(f"<h{level}>{_inline(heading[2])}</h{level}>")
            del lines[0]
        elif line.startswith("|"):
            out.append(_take_table(lines))
        elif _ITEM.fullmatch(line):
            out.append(_take_list(lines))
        else:
            out.append(f"<p>{_inline(' '.join(_take_paragraph(lines)))}</p>")
    return "\n".join(out)


def _take_code(lines: list[str]) -> str:
    del lines[0]
    code = list(takewhile(lambda line: not line.strip().startswith(_FENCE), lines))
    del lines[: len(code) + 1]
    return f"<pre><code>{html.escape(chr(10).join(code))}</code></pre>"


def _take_table(lines: list[str]) -> str:
    rows = list(takewhile(lambda line: line.strip().startswith("|"), lines))
    del lines[: len(rows)]
    cells = [
        [_inline(cell.strip()) for cell in row.strip().strip("|").split("|")]
        for row in rows
        if not _RULE_ROW.fullmatch(row.strip())
    ]
    tags = ["th"] + ["td"] * len(cells)
    return (
        "<table>"
        + "".join(
            "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"
            for tag, row in zip(tags, cells, strict=False)
        )
        + "</table>"
    )


def _take_list(lines: list[str]) -> str:
    items: list[str] = []
    while lines and lines[0].strip():
        found = _ITEM.fullmatch(lines[0])
        if found:
            items.append(found[1])
        else:
            items[-1] += f" {lines[0].strip()}"
        del lines[0]
    return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"


def _take_paragraph(lines: list[str]) -> list[str]:
    taken = [lines.pop(0).strip()]
    while lines and not _starts_block(lines[0].strip()):
        taken.append(lines.pop(0).strip())
    return taken


def _starts_block(line: str) -> bool:
    return (
        not line
        or line.startswith((_FENCE, "|"))
        or _HEADING.fullmatch(line) is not None
        or _ITEM.fullmatch(line) is not None
    )


def _inline(text: str) -> str:
    parts = []
    for part in _CODE.split(text):
        if _CODE.fullmatch(part):
            parts.append(f"<code>{html.escape(part[1:-1])}</code>")
            continue
        shown = _BOLD.sub(r"<strong>\1</strong>", html.escape(part))
        parts.append(_EMPHASIS.sub(r"<em>\1</em>", shown))
    return "".join(parts)
