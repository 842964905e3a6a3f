"""The shipped notebooks run from top to bottom, as `papermill` runs them."""

import json
import warnings
from pathlib import Path

import nbformat
import papermill
import pytest

from tests.builders import write_run

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """A function that runs a notebook in an empty folder and returns its outputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")

    def run(name, **parameters):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what papermill's own imports say
            papermill.execute_notebook(
                NOTEBOOKS / name,
                tmp_path / name,
                parameters=parameters,
                kernel_name="python3",
                progress_bar=False,
            )
        notebook = nbformat.read(tmp_path / name, as_version=4)
        return [output for cell in notebook.cells for output in cell.get("outputs", [])]

    return run


def kinds(outputs, kind):
    """Return what the outputs hold of one MIME type."""
    return [
        output["data"][kind] for output in outputs if kind in output.get("data", {})
    ]


@pytest.mark.slow
def test_quickstart_reads_a_finished_experiment(execute, tmp_path):
    """It shows the attempts, the figures and the programs, and saves the figures."""
    write_run(tmp_path / "runs" / "quickstart", attempts=4, seed=3)
    outputs = execute("01_quickstart.ipynb")
    html = " ".join(kinds(outputs, "text/html"))
    assert "8 of 8 attempts published and graded" in html
    assert "print(&#x27;node" in html
    assert len(kinds(outputs, "image/png")) == 3
    saved = {path.name for path in (tmp_path / "reports/quickstart/figures").iterdir()}
    assert {"pass-at-k.pdf", "pass-at-k.csv", "score-over-time-digits.svg"} <= saved


@pytest.mark.slow
def test_run_experiment_launches_waits_and_writes_its_table(execute, tmp_path):
    """Real attempts run, the saved picture is the last one, the table lies beside."""
    outputs = execute(
        "03_run_experiment.ipynb",
        competitions=["breast-cancer"],
        attempts=2,
        steps=1,
        time_limit="2m",
        sandbox="none",
        out="runs/tiny",
    )
    html = " ".join(kinds(outputs, "text/html"))
    assert "2 of 2 attempts published and graded" in html
    rows = json.loads((tmp_path / "runs" / "tiny" / "pass_at_k.json").read_text())
    assert {row["competition"] for row in rows} == {"all", "breast-cancer"}
    assert {row["n_attempts"] for row in rows} == {2}
    assert (tmp_path / "runs" / "tiny" / "pass_at_k.csv").exists()
