"""What every file of the project promises, whoever wrote it."""

import ast
import re

import pytest

TEXT = {
    "", ".cff", ".cfg", ".css", ".csv", ".html", ".ipynb", ".js", ".json", ".md", ".py",
    ".sh", ".svg", ".toml", ".txt", ".typed", ".yaml", ".yml",
}  # fmt: skip

# Split, so that this file does not hold what it looks for.
REGISTRIES = [
    "pypi" + r"\.(org|python)",
    "python" + "hosted",
    "anaconda" + r"\.(org|com)",
    "npm" + r"js\.(org|com)",
    "deb\\." + "debian",
    "--(extra-)?index" + "-url [^\\s]*/",
]
MACHINE_PATHS = [
    r"/ro" + r"ot/",
    r"/ho" + r"me/\w",
    r"/Us" + r"ers/\w",
    r"/wo" + r"rk/",
]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40


@pytest.fixture(scope="module")
def texts(root, project_files):
    """Text of every file by its path below the checkout."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in project_files
        if path.suffix in TEXT
    }


@pytest.fixture(scope="module")
def modules(texts):
    """Source of every module of the package."""
    return {
        name: text
        for name, text in texts.items()
        if name.startswith("mle_toolkit/") and name.endswith(".py")
    }


@pytest.mark.parametrize("pattern", REGISTRIES)
def test_no_file_names_a_package_registry(texts, pattern):
    """Where packages come from is the user's business: no registry, no mirror."""
    assert mentions(texts, pattern) == []


@pytest.mark.parametrize("pattern", MACHINE_PATHS)
def test_no_file_names_a_path_of_one_machine(texts, pattern):
    """A path that exists on one machine only is of no use to a reader."""
    assert mentions(texts, rf"(?<![\w.~$}}]){pattern}") == []


def test_modules_are_short(modules):
    """A module is read in one sitting: 400 lines at most."""
    long = {name: text.count("\n") for name, text in modules.items()}
    assert {n: lines for n, lines in long.items() if lines > LONGEST_MODULE} == {}


def test_functions_are_short(modules):
    """A function fits on a screen: 40 lines below its docstring."""
    long = {}
    for name, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = code_lines(node)
                if lines > LONGEST_FUNCTION:
                    long[f"{name}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_no_assert_decides_in_the_package(modules):
    """`python -O` removes asserts, so none may matter."""
    found = [
        f"{name}:{node.lineno}"
        for name, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_text_ends_with_one_newline_and_has_no_tabs(texts):
    """Except where a format needs them: the Makefile, and tables of others."""
    for name, text in texts.items():
        if name == "Makefile" or name.endswith((".csv", ".svg", ".jsonl")) or not text:
            continue
        assert text.endswith("\n"), name
        if name.endswith(".py"):
            assert "\t" not in text, name


def mentions(texts, pattern):
    """Return the places where a text matches `pattern`, as "file:line"."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return [
        f"{name}:{number}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if wanted.search(line)
    ]


def code_lines(node):
    """Lines of a function, less its signature and docstring."""
    body = node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        body = body[1:]
    return node.end_lineno - body[0].lineno + 1 if body else 0
