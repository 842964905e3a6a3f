"""The front end of the live view as one script and one style sheet.

The modules in `frontend/` are plain JavaScript.  They are joined here, in a fixed
order, by dropping their import lines and the word `export`; there is no build step.
What the browser relies on is checked while joining: every file has its place, no
name is declared twice, and nothing turns text into markup.
"""

import functools
import re
from importlib import resources
from importlib.resources.abc import Traversable

from mle_toolkit.errors import ToolkitError

ORDER = (
    "dom.js",
    "theme.js",
    "source.js",
    "highlight.js",
    "diff.js",
    "rows.js",
    "longtext.js",
    "annotate.js",
    "bar.js",
    "detail.js",
    "transcript.js",
    "scales.js",
    "tree_layout.js",
    "tree.js",
    "chart.js",
    "budget.js",
    "compare_facts.js",
    "compare.js",
    "grid_facts.js",
    "matrix.js",
    "experiment.js",
    "attempt.js",
    "main.js",
)
STYLES = ("live.css", "panes.css")

# What agents wrote may only become text: these would make markup, code or requests.
FORBIDDEN = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "srcdoc",
    "eval(",
    "new Function",
    "import(",
    "fetch(",
    "XMLHttpRequest",
    "WebSocket",
    "https:",
    "javascript:",
)
_ALLOWED_URL = "http://www.w3.org/2000/svg"

_IMPORT = re.compile(r"^import \{([^}]*)\} from \"\./([\w]+\.js)\";\n?", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|const|let|var|class) +([\w$]+|[{\[][^=]*)",
    re.MULTILINE,
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_COMMENT_LINE = re.compile(r"^[ \t]*//[^\n]*\n", re.MULTILINE)
_DOC_COMMENT = re.compile(r"^[ \t]*/\*(?:[^*]|\*(?!/))*\*/[ \t]*\n", re.MULTILINE)


def esm() -> str:
    """Return the front end as one module with `export default {render}`.

    Returns
    -------
    str
        Source for anywidget's `_esm`; no comments, no imports, no URL to load.

    Raises
    ------
    ToolkitError
        The folder and `ORDER` disagree, a name is declared twice, an import names
        nothing, or text could become markup.

    Examples
    --------
    >>> esm().rstrip().splitlines()[-1]
    'export default { render };'
    """
    return f"{_joined()}\nexport default {{ render }};\n"


def page_script() -> str:
    """Return the front end as a script for `<script type="module">`.

    It mounts itself on the element `mle-root` and reads its data from the JSON in
    the element `mle-data`.

    Returns
    -------
    str
        Source without exports, safe inside a script element.

    Raises
    ------
    ToolkitError
        As `esm`.

    Examples
    --------
    >>> page_script().rstrip().splitlines()[-1]
    'mountPage();'
    """
    return f"{_joined()}\nmountPage();\n"


def css() -> str:
    """Return the style sheet: everything in it is below the class `mlev`.

    Returns
    -------
    str
        The files of `STYLES`, one after the other.

    Examples
    --------
    >>> ".mlev" in css()
    True
    """
    return "\n".join(_text(_folder() / name) for name in STYLES)


@functools.cache
def _joined() -> str:
    sources = _sources(_folder())
    return join(sources)


def join(sources: dict[str, str]) -> str:
    r"""Join modules into one script and check what the browser relies on.

    Parameters
    ----------
    sources : dict of str to str
        Names of files to their text, in the order of joining.

    Returns
    -------
    str
        The script, without imports, exports, and lines that are comments.

    Raises
    ------
    ToolkitError
        A name is declared twice, an import names nothing that the other file
        exports, an import or export has another form, or a forbidden word occurs.

    Examples
    --------
    >>> join({"a.js": "export const x = 1;", "b.js": 'import { x } from "./a.js";'})
    'const x = 1;\n'
    """
    _check_words(sources)
    _check_names(sources)
    _check_imports(sources)
    parts = []
    for name, text in sources.items():
        bare = _EXPORT.sub("", _IMPORT.sub("", text))
        left = re.search(r"^(?:import|export)\b.*", bare, re.MULTILINE)
        if left:
            _refuse(f"{name} has a line that cannot be joined: {left.group()!r}")
        parts.append(_COMMENT_LINE.sub("", _DOC_COMMENT.sub("", bare)).strip())
    return "\n".join(part for part in parts if part) + "\n"


def _sources(folder: Traversable) -> dict[str, str]:
    """Read the modules in the order of `ORDER`; none may be missing or left over."""
    found = {entry.name for entry in folder.iterdir() if entry.name.endswith(".js")}
    for name in sorted(found ^ set(ORDER)):
        place = "frontend/" if name in found else "ORDER"
        other = "ORDER" if name in found else "frontend/"
        _refuse(f"{name} is in {place} and not in {other}")
    return {name: _text(folder / name) for name in ORDER}


def _check_words(sources: dict[str, str]) -> None:
    for name, text in sources.items():
        plain = text.replace(_ALLOWED_URL, "")
        for word in (*FORBIDDEN, "http:", "</script"):
            # A longer name may end like a forbidden one: `prefetch(` is no `fetch(`.
            pattern = rf"(?<![\w$.]){re.escape(word)}|\.{re.escape(word)}"
            # Most words occur in no form at all, which is much quicker to see.
            if word in plain and re.search(pattern, plain):
                _refuse(f"{name} contains {word!r}")


def _check_names(sources: dict[str, str]) -> None:
    owners: dict[str, str] = {}
    for name, text in sources.items():
        for declared in _declared(text):
            if declared in owners:
                _refuse(f"{declared} is declared in {owners[declared]} and in {name}")
            owners[declared] = name


def _check_imports(sources: dict[str, str]) -> None:
    for name, text in sources.items():
        for names, origin in _IMPORT.findall(text):
            exported = {
                declared
                for line in sources.get(origin, "").splitlines()
                if line.startswith("export ")
                for declared in _declared(line)
            }
            for wanted in _NAME.findall(names):
                if wanted not in exported:
                    _refuse(f"{name} imports {wanted}, which {origin} does not export")


def _declared(text: str) -> list[str]:
    """Names that are declared at the beginning of a line, thus for the whole file."""
    return [name for found in _DECLARED.findall(text) for name in _NAME.findall(found)]


def _refuse(what: str) -> None:
    message = f"the front end of the live view cannot be joined: {what}"
    raise ToolkitError(message)


def _folder() -> Traversable:
    return resources.files("mle_toolkit.reporting.live").joinpath("frontend")


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
