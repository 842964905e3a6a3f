import contextlib
import io
import json
import runpy
import subprocess
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.errors import StoreError, UnknownNameError, UsageError
from mle_toolkit.store import write_json
from mle_toolkit.traces.exporting import to_notebook, to_python
from mle_toolkit.traces.exporting.code import _harmless, _line
from tests.traces.exporting.conftest import CODE, GRADE, LINEAR, SEARCH, WRITE

EVIL = (
    "means\nimport os; os._exit(3)\r\x0b\x0c\x85\u2028print(1)\u2029\0# coding: rot13"
)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A working directory with the data of the competition."""
    folder = tmp_path / "workspace"
    (folder / "input").mkdir(parents=True)
    (folder / "input" / "train.csv").write_text("y\n1\n3\n")
    monkeypatch.chdir(folder)
    return folder


def notebook(path):
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    return found


def run_cells(found):
    """Run the code cells as a kernel does, in one namespace."""
    space = {"__name__": "__main__"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in found.cells:
            if cell.cell_type == "code" and cell.source.startswith("%%bash\n"):
                subprocess.run(["bash", "-c", cell.source[7:]], check=True)
            elif cell.cell_type == "code":
                exec(cell.source, space)
    return printed.getvalue()


@pytest.mark.parametrize("node", [0, None])
def test_program_runs(search, workspace, tmp_path, node):
    """The file of a node does again what the node did; None is the chosen node."""
    path = to_python(search, node, tmp_path / "best.py")
    done = subprocess.run(
        [sys.executable, path],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "validation mae: 2.0\n"
    assert (workspace / "submission.csv").read_text() == "id,y\n1,2.0\n"
    assert path.read_text().endswith(CODE)


def test_program_says_where_it_comes_from(search, tmp_path):
    """The header has competition, agent, seed, node, stage, scores, data and plan."""
    write_json(search / "try-1/submissions/0001.json", {"number": 1, "node": 0})
    write_json(search / "try-1/submissions/0001.grade.json", GRADE | {"score": 0.75})
    head = to_python(search, 0, tmp_path / "n.py").read_text().split("\nimport")[0]
    for text in (
        "# Competition: means", "# Agent: tree-search/offline", "# Seed: 3",
        "# Node: 0 (draft)", "# Validation score: 2 (mae, lower is better)",
        "# Test score: 0.75 (silver)", "input/", "submission.csv",
        "mle prepare means", "# Take the mean.\n# It is *robust*.",
    ):  # fmt: skip
        assert text in head
    buggy = to_python(search, 1, tmp_path / "b.py").read_text()
    assert "# Node: 1 (improve of node 0)" in buggy
    assert "# Validation score: none: it failed" in buggy
    assert "# Exit: error: ValueError" in buggy


def test_notebook_runs(search, workspace, tmp_path):
    """The notebook is valid, has plan, code and recorded output, and runs."""
    found = notebook(to_notebook(search, 0, tmp_path / "n.ipynb"))
    assert [cell.cell_type for cell in found.cells] == ["markdown", "markdown", "code"]
    assert "It is *robust*." in found.cells[1].source
    (output,) = found.cells[2].outputs
    assert (output.output_type, output.text) == ("stream", "validation mae: 2.0\n")
    assert run_cells(found) == output.text
    assert (workspace / "submission.csv").exists()


def test_notebook_runs_in_a_kernel(search, workspace, tmp_path):
    """Papermill runs it as it is."""
    import papermill

    path = to_notebook(search, 0, tmp_path / "n.ipynb")
    papermill.execute_notebook(path, tmp_path / "out.ipynb", cwd=workspace,
                               progress_bar=False)  # fmt: skip
    assert (workspace / "submission.csv").read_text() == "id,y\n1,2.0\n"


def test_linear_agent_is_its_calls(linear, workspace, tmp_path):
    """Python and shell calls become cells in their order, and run as one program."""
    found = notebook(to_notebook(linear, None, tmp_path / "n.ipynb"))
    code = [cell.source for cell in found.cells if cell.cell_type == "code"]
    assert code == [
        '%%bash\necho "it\'s" > out.txt',
        "n = 6 * 7",
        WRITE,
    ]
    assert "1 of Write" in found.cells[0].source
    run_cells(found)
    assert (workspace / "n.txt").read_text() == "42"
    (workspace / "n.txt").unlink()
    (workspace / "out.txt").unlink()
    runpy.run_path(str(to_python(linear, None, tmp_path / "all.py")))
    assert (workspace / "n.txt").read_text() == "42"
    assert (workspace / "out.txt").read_text() == "it's\n"


def test_kernel_arguments_do_not_reach_the_program(write_attempt, tmp_path):
    """A program that reads its arguments or its file name finds those of a script."""
    code = "import sys\nprint(sys.argv, __file__)"
    folder = write_attempt([SEARCH[0], ("exec", {"node": 0, "code": code})])
    found = notebook(to_notebook(folder, 0, tmp_path / "n.ipynb"))
    before = sys.argv
    try:
        assert run_cells(found) == "['solution.py'] solution.py\n"
    finally:
        sys.argv = before


def test_names_stay_in_their_comments(write_attempt, tmp_path):
    """Newlines of any sort and encodings in names and plans change no program."""
    events = [
        ("start", {"competition": EVIL, "agent": f"{EVIL}/{EVIL}", "model": EVIL}),
        ("exec", {"node": 0, "code": "print('only this')", "exception": EVIL,
                  "status": EVIL}),
        ("node", {"node": 0, "parent": EVIL, "stage": EVIL, "plan": EVIL,
                  "reason": EVIL, "metric": None}),
    ]  # fmt: skip
    folder = write_attempt(events, grade=GRADE | {"medal": EVIL})
    path = to_python(folder, 0, tmp_path / "n.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stdout == "only this\n"


@given(text=st.text(), limit=st.none() | st.integers(0, 30))
def test_a_line_is_one_line(text, limit):
    """Whatever comes in, a comment with it is a comment and nothing else."""
    line = _line(text, limit)
    assert len(line.splitlines()) <= 1
    compile(f"# {line}", "comment", "exec")
    assert limit is None or len(line) <= limit


def test_plans_are_no_html():
    """HTML, pictures from elsewhere and mathematics stay text."""
    said = _harmless("<script>x</script> ![a](http://b) $c$ 1 < 2 <!-- d")
    assert said == "&lt;script>x&lt;/script> !\\[a](http://b) \\$c\\$ 1 < 2 &lt;!-- d"


def test_odd_text_can_be_written(write_attempt, tmp_path):
    """Lone surrogates, null bytes and a byte order mark break no file."""
    code = "\ufeffprint('a\ud800b')\0"
    folder = write_attempt(
        [SEARCH[0], ("exec", {"node": 0, "code": code, "output": "\ud800\x1b[0m"})]
    )
    source = to_python(folder, 0, tmp_path / "n.py").read_text()
    assert source.endswith("print('a?b')\n")
    cell = notebook(to_notebook(folder, 0, tmp_path / "n.ipynb")).cells[-1]
    assert cell.outputs[0].text == "?\x1b[0m"


def test_future_import_stays_first(write_attempt, tmp_path):
    """The header does not keep a program from having its first statement first."""
    code = '"""Words."""\nfrom __future__ import annotations\nprint(1)\n'
    folder = write_attempt([SEARCH[0], ("exec", {"node": 0, "code": code})])
    compile(to_python(folder, 0, tmp_path / "n.py").read_text(), "n.py", "exec")


@pytest.mark.parametrize(
    ("node", "error", "said"),
    [
        (9, UnknownNameError, "unknown node 9; those with a program: 0, 1"),
        (2, StoreError, "node 2 has no program: the reply held no program"),
    ],
)
def test_nodes_without_a_program(search, tmp_path, node, error, said):
    """The error says whether the node exists, and why there is nothing to write."""
    with pytest.raises(error, match=said):
        to_python(search, node, tmp_path / "n.py")
    assert not (tmp_path / "n.py").exists()


def test_node_must_be_said_when_none_was_chosen(write_attempt, tmp_path):
    """Without a chosen submission, the error lists the nodes."""
    folder = write_attempt([SEARCH[0], ("exec", {"node": 4, "code": "1"})])
    with pytest.raises(UsageError, match="say which node: 4"):
        to_notebook(folder, None, tmp_path / "n.ipynb")


def test_agent_that_ran_nothing(write_attempt, tmp_path):
    """An attempt without code is an error."""
    folder = write_attempt([LINEAR[0], LINEAR[-1]])
    with pytest.raises(StoreError, match="neither a program nor a command"):
        to_notebook(folder, None, tmp_path / "n.ipynb")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("execute_bash", {"command": "ls"}, "%%bash\nls"),
        ("local_shell", {"command": ["bash", "-lc", "ls | wc"]}, "%%bash\nls | wc"),
        ("shell", {"command": ["ls", "a b"]}, "%%bash\nls 'a b'"),
        ("Python REPL", "1 + 1", "1 + 1"),
        ("execute_ipython_cell", {"code": "2"}, "2"),
    ],
)  # fmt: skip
def test_tools_of_other_agents(write_attempt, tmp_path, name, arguments, expected):
    """Python and shell are known by the names that agents give them."""
    folder = write_attempt(
        [LINEAR[0], ("tool", {"name": name, "arguments": arguments})]
    )
    found = notebook(to_notebook(folder, None, tmp_path / "n.ipynb"))
    assert found.cells[-1].source == expected


def test_imported_code_promises_no_layout(write_attempt, tmp_path):
    """Of another tool's attempt it is not said that the data lie in input/."""
    folder = write_attempt(LINEAR, sandbox="imported")
    source = json.loads(to_notebook(folder, None, tmp_path / "n.ipynb").read_text())
    assert "Another tool ran it" in source["cells"][0]["source"]
    assert "input/" not in source["cells"][0]["source"]
