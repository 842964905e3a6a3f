"""Notebooks are calls and prose: short, clean, with parameters for papermill."""

from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_CELLS = 14
LONGEST_CELL = 15

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def notebook(path):
    """The notebook as nbformat reads it."""
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks_in_a_numbered_order():
    """The file names say where to begin."""
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        assert path.stem[:2].isdigit(), path.name
        assert path.stem[2] == "_", path.name


@each_notebook
def test_it_is_valid_and_short(notebook):
    """Under 15 cells, and none longer than a screen."""
    nbformat.validate(notebook)
    assert len(notebook.cells) <= MOST_CELLS
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.source.count("\n") < LONGEST_CELL


@each_notebook
def test_the_first_code_cell_holds_the_parameters(notebook):
    """Papermill finds them by their tag; only prose stands above."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "parameters" in code[0].metadata.get("tags", [])
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1


@each_notebook
def test_it_begins_by_saying_what_it_is(notebook):
    """A title and a sentence come before any code."""
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert len(first.source.splitlines()) > 1


@each_notebook
def test_it_carries_no_outputs(notebook):
    """Outputs are written to reports/, so that a diff shows what changed."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert "papermill" not in cell.metadata
        assert "execution" not in cell.metadata
    assert "widgets" not in notebook.metadata
    assert "papermill" not in notebook.metadata


@each_notebook
def test_its_kernel_is_the_plain_one(notebook):
    """The name of an environment on one machine would fail on the next."""
    assert notebook.metadata.kernelspec.name == "python3"


@each_notebook
def test_it_defines_nothing(notebook):
    """Logic lives in the package, where it is tested."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            assert not any(line.startswith(("def ", "class ")) for line in lines)
