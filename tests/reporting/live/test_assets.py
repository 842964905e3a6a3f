"""The front end is joined without a build step, and checked while it is."""

import json
import re
import shutil
import subprocess

import pytest

from mle_toolkit.errors import ToolkitError
from mle_toolkit.reporting.live import assets

FOLDER = assets._folder()


def test_modules_become_one_script_without_imports_exports_and_comments():
    """What is left is the code, in the given order."""
    joined = assets.join(
        {
            "a.js": "// why\nexport const x = 1;\n/** Doc. */\nfunction own() {}\n",
            "b.js": 'import { x } from "./a.js";\n\nexport async function y() {\n'
            "  // inner\n  return x; // kept\n}\n",
        }
    )
    assert joined == (
        "const x = 1;\nfunction own() {}\n"
        "async function y() {\n  return x; // kept\n}\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("function x() {}\n", "x is declared in a.js and in b.js"),
        ("const { q, x } = o;\n", "x is declared in a.js and in b.js"),
        ('import { z } from "./a.js";\n', "b.js imports z, which a.js does not export"),
        ('import { own } from "./a.js";\n', "imports own, which a.js does not"),
        ('import { x } from "./c.js";\n', "imports x, which c.js does not export"),
        ('import * as a from "./a.js";\n', "cannot be joined: 'import"),
        ('import "https://cdn/x.js";\n', "contains 'https:'"),
        ("export default x;\n", "cannot be joined: 'export default x;'"),
        ("export { x };\n", "cannot be joined: 'export"),
        ("el.innerHTML = text;\n", "contains 'innerHTML'"),
        ("el['outerHTML'] = text;\n", "contains 'outerHTML'"),
        ("el.insertAdjacentHTML('beforeend', text);\n", "insertAdjacentHTML"),
        ("document.write(text);\n", "document.write"),
        ("eval(text);\n", "contains 'eval('"),
        ("window.eval(text);\n", "contains 'eval('"),
        ("new Function(text)();\n", "new Function"),
        ("await import(name);\n", "import("),
        ("fetch(url);\n", "contains 'fetch('"),
        ("const end = '</script>';\n", "contains '</script'"),
    ],
)
def test_what_a_browser_must_not_get_is_refused(text, said):
    """Two names, a missing name, another form of module, markup or a request."""
    with pytest.raises(ToolkitError, match=re.escape(said)):
        assets.join({"a.js": "export const x = 1;\nfunction own() {}\n", "b.js": text})


def test_a_word_that_ends_like_a_forbidden_one_is_fine():
    """Only whole words are forbidden."""
    text = "function prefetch() {}\nprefetch();\nretrieval(1);\n"
    assert "prefetch" in assets.join({"a.js": text})


@pytest.mark.parametrize(
    ("missing", "added", "said"),
    [
        (None, "extra.js", "extra.js is in frontend/ and not in ORDER"),
        ("rows.js", None, "rows.js is in ORDER and not in frontend/"),
    ],
)
def test_folder_and_order_agree(tmp_path, missing, added, said):
    """A file that nobody joins, or one that is gone, is an error and no surprise."""
    for name in assets.ORDER:
        if name != missing:
            (tmp_path / name).write_text("")
    if added:
        (tmp_path / added).write_text("")
    with pytest.raises(ToolkitError, match=re.escape(said)):
        assets._sources(tmp_path)


def test_both_scripts_hold_the_same_code_and_end_as_they_must():
    """A widget exports `render`; a page mounts itself and exports nothing."""
    module, page = assets.esm(), assets.page_script()
    assert module.endswith("\nexport default { render };\n")
    assert page.endswith("\nmountPage();\n")
    assert module.rpartition("\nexport")[0] == page.rpartition("\nmountPage")[0]
    assert not re.search(r"^(import|export) ", page, re.MULTILINE)


def test_the_front_end_names_no_place_to_load_from():
    """It works offline: the only URL is the name of the space of SVG."""
    urls = re.findall(r"\w+://[^\s\"')]*", assets.esm() + assets.css())
    assert set(urls) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in assets.css()
    assert "url(" not in assets.css()


def test_the_style_sheet_stays_below_its_class():
    """A notebook around it looks as before: each selector begins with .mlev."""
    bare = re.sub(r"/\*.*?\*/", "", assets.css(), flags=re.DOTALL)
    bare = re.sub(r"@keyframes [\w-]+ \{(?:[^{}]*\{[^{}]*\})*\s*\}", "", bare)
    heads = re.findall(r"(?:^|[{};])\s*([^{};@]+)\{", bare)
    assert len(heads) > 200
    for head in heads:
        outside = re.sub(r"\([^()]*\)", "", head)
        for selector in outside.split(","):
            assert re.match(r"\.mlev(?![\w-])", selector.strip()), selector


def test_every_module_is_of_a_size_that_can_be_read():
    """No file is longer than 400 lines."""
    for name in assets.ORDER:
        assert FOLDER.joinpath(name).read_text().count("\n") <= 400, name


CHECKS = """
const letters = (n) => Array.from({ length: n }, () => "abc"[next() % 3]);
let seed = 11;
function next() { seed = (seed * 1103515245 + 12345) % 2147483648; return seed >> 8; }
function common(a, b) {
  const best = Array.from({ length: a.length + 1 }, () => Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) for (let j = b.length - 1; j >= 0; j -= 1)
    best[i][j] = a[i] === b[j] ? 1 + best[i + 1][j + 1]
      : Math.max(best[i + 1][j], best[i][j + 1]);
  return best[0][0];
}
let wrong = 0;
for (let trial = 0; trial < 400; trial += 1) {
  const a = letters(next() % 12), b = letters(next() % 12);
  const edit = diffLines(a.join("\\n"), b.join("\\n"));
  const side = (tag) => edit.filter((l) => l.tag !== tag).map((l) => l.text).join();
  const same = edit.filter((l) => l.tag === " ").length;
  if (side("+") !== a.join() || side("-") !== b.join() || same !== common(a, b))
    wrong += 1;
}
const HEAD = "Traceback (most recent call last):\\n";
const output = `before\\n${HEAD}  File "x"\\n    y\\nKeyError: 'z'\\nafter\\n`;
const folded = foldTracebacks(output + output + HEAD + "  cut");
const huge = "line\\n".repeat(6000);
console.log(JSON.stringify({
  wrong,
  huge: diffLines(huge, `x\\n${huge}`).filter((l) => l.tag !== " ").length,
  whole: folded.map((part) => part.text).join("") === output + output + HEAD + "  cut",
  last: folded.filter((part) => part.traceback).map((part) => part.last),
  times: ["1:05:00", "12:30", "90s", "1.5h", "5 m", "120"].map(parseTime),
  clocks: [7, 3599.9, 86399, NaN].map(fmtTime),
  took: [0.0034, 5.84, 133, undefined].map(fmtDuration),
  scores: [0.1 + 0.2, 1234567, 0.00001234, 0, null].map(fmtScore),
  counts: [9999, 12345, 999999, 3.14e6].map(fmtCount),
  merged: mergeTrace(
    { total: 1, nodes: [{ n: 0, m: 1 }, { n: 1, m: 2 }], kinds: { a: 1 } },
    { total: 5, nodes: [{ n: 1, m: 3 }, { n: 2 }], reading: null },
  ),
}));
"""


@pytest.mark.may_skip("needs node, which nothing else here needs")
def test_the_logic_of_the_front_end():
    """Edits are shortest (a slow twin counts); texts stay whole; numbers read well."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; browsers run this code in tests/ui")
    run = subprocess.run(
        [node, "--input-type=module"],
        input=f"{assets._joined()}{{{CHECKS}}}",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    dash = "\N{EN DASH}"
    assert json.loads(run.stdout) == {
        "wrong": 0,
        "huge": 1,
        "whole": True,
        "last": ["KeyError: 'z'", "KeyError: 'z'", ""],
        "times": [3900, 750, 90, 5400, 300, None],
        "clocks": ["0:07", "59:59", "23:59:59", dash],
        "took": ["3 ms", "5.8 s", "2:13", ""],
        "scores": ["0.3", "1234567", "1.234e-5", "0", dash],
        "counts": ["9,999", "12.3k", "1.0M", "3.1M"],
        "merged": {
            "total": 5,
            "nodes": [{"n": 0, "m": 1}, {"n": 1, "m": 3}, {"n": 2}],
            "kinds": {"a": 1},
            "reading": None,
        },
    }
