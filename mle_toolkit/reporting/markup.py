"""HTML that is safe by construction: text is escaped unless it was built here.

Whatever an agent wrote is text.  `Html` marks what this module made; everything
else that enters an element is escaped, stripped of characters that could hide or
reorder what a reader sees, and cut when it is very long.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 2000
# Control characters, and the marks that reverse the order of text.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_VOID = frozenset({"br", "col", "hr", "meta"})


class Html(str):
    """Markup that this package made; never text from elsewhere."""

    __slots__ = ()


def escape(value: object) -> Html:
    """Return `value` as markup: `Html` as it is, anything else as harmless text.

    Examples
    --------
    >>> escape("<b>1 & 2</b>")
    '&lt;b&gt;1 &amp; 2&lt;/b&gt;'
    >>> escape(Html("<b>1</b>"))
    '<b>1</b>'
    """
    if isinstance(value, Html):
        return value
    text = str(value)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} … [{len(text)} characters]"
    return Html(html.escape(_HIDDEN.sub("\ufffd", text), quote=True))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element; an attribute that ends in ``_`` loses that ending.

    Attributes that are None are left out, and ``_`` inside a name becomes ``-``.

    Examples
    --------
    >>> element("td", "a < b", class_="num", data_k=3)
    '<td class="num" data-k="3">a &lt; b</td>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def join(parts: Iterable[object], separator: str = "") -> Html:
    """Return the parts as markup, one after the other."""
    return Html(separator.join(escape(part) for part in parts))


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numeric: Iterable[int] = (),
    caption: str | None = None,
    class_: str | None = None,
) -> Html:
    """Return a table; the columns in `numeric` are set flush right."""
    right = set(numeric)

    def cells(tag: str, values: Sequence[object]) -> Html:
        scope = "col" if tag == "th" else None
        return join(
            element(tag, value, class_="num" if at in right else None, scope=scope)
            for at, value in enumerate(values)
        )

    return element(
        "table",
        element("caption", caption) if caption else Html(""),
        element("thead", element("tr", cells("th", heads))),
        element("tbody", join(element("tr", cells("td", row)) for row in rows)),
        class_=class_,
    )
