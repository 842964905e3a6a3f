"""The wheel carries the cards and works outside the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CARD_FILES = {"card.toml", "description.md", "prepare.py", "leaderboard.csv"}
# Prints where the package lies and what a perfect submission gets.
GRADE = """
import json, sys
from pathlib import Path
import mle_toolkit
from mle_toolkit import competitions
made = competitions.prepare("breast-cancer")
card = competitions.load_card("breast-cancer")
sample = next(Path(made.public).glob("sample_submission*"))
grade = competitions.grade("breast-cancer", sample)
print(json.dumps({
    "package": mle_toolkit.__file__,
    "cards": str(competitions.cards_dir()),
    "valid": grade.valid,
    "reason": grade.reason,
    "score": grade.score,
    "gold": grade.thresholds.gold,
}))
"""


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel, built from a copy that holds what is in the checkout only."""
    source = tmp_path_factory.mktemp("source") / "mle-toolkit"
    shutil.copytree(
        root,
        source,
        ignore=shutil.ignore_patterns(
            ".*", "runs", "reports", "tests", "dist", "build", "__pycache__"
        ),
    )
    shutil.copy(root / ".gitignore", source)
    dist = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", dist],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the wheel's content, as an installer would leave it."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_outside(installed, folder, *arguments):
    """Run Python in `folder` with the installed package and not the checkout."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH"
    }
    environment |= {"PYTHONPATH": str(installed), "MLE_DATA": str(folder / "data")}
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_carries_the_cards_whole(root, wheel, project_files):
    """Each file of each competition is there, and mini ones have all four."""
    names = set(zipfile.ZipFile(wheel).namelist())
    folder = root / "competitions"
    files = [
        path.relative_to(folder)
        for path in project_files
        if path.is_relative_to(folder)
        # What trains reference fields is for the checkout.
        and path.parent not in {folder, folder / "field_recipes"}
    ]
    assert {f"mle_toolkit/_cards/{path.as_posix()}" for path in files} <= names
    minis = {path.parent for path in files if path.parts[0] == "mini"}
    assert minis
    for mini in minis:
        assert {path.name for path in files if path.parent == mini} >= CARD_FILES


def test_it_carries_nothing_else_than_the_package(wheel):
    """No tests, data, caches, or environments are installed on users' machines."""
    for name in zipfile.ZipFile(wheel).namelist():
        assert name.startswith("mle_toolkit"), name
        assert "__pycache__" not in name
        assert not re.search(r"/(public|private)/", name), name
    assert "mle_toolkit/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_it_is_small(wheel):
    """It is downloaded by everyone, so it stays under 5 MB."""
    assert wheel.stat().st_size < 5_000_000


def test_it_has_the_metadata_of_a_release(wheel, pyproject):
    """Name, version, licence, Python range, extras and the command are in it."""
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    text = archive.read(metadata).decode()
    project = pyproject["project"]
    assert f"Version: {project['version']}\n" in text
    assert "License-Expression: MIT\n" in text
    assert f"Requires-Python: {project['requires-python']}\n" in text
    assert "# mle-toolkit" in text
    for extra in project["optional-dependencies"]:
        assert f"Provides-Extra: {extra}\n" in text
    folder = metadata.rpartition("/")[0]
    assert "mle = mle_toolkit.cli:main" in (
        archive.read(f"{folder}/entry_points.txt").decode()
    )
    assert f"{folder}/licenses/LICENSE" in archive.namelist()


def test_it_grades_outside_the_checkout(installed, tmp_path):
    """A competition is prepared and graded from the wheel's own cards."""
    printed = run_outside(installed, tmp_path, "-c", GRADE)
    result = json.loads(printed.splitlines()[-1])
    assert Path(result["package"]).is_relative_to(installed)
    assert Path(result["cards"]) == installed / "mle_toolkit" / "_cards"
    assert result["valid"], result["reason"]
    # The sample submission says the same of every row.
    assert result["score"] == pytest.approx(0.5)
    assert result["gold"] > result["score"]


def test_its_command_answers_outside_the_checkout(installed, tmp_path):
    """`mle` finds the cards without the checkout."""
    code = "import sys; from mle_toolkit.cli import main; sys.exit(main())"
    printed = run_outside(installed, tmp_path, "-c", code, "ls", "--json")
    assert "breast-cancer" in printed
