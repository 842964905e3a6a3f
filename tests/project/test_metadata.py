"""What a reader of the package index, of the repository and of a paper sees."""

import re

import pytest
import yaml


def test_versions_agree(root, pyproject):
    """Package and citation name the same version and licence."""
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    project = pyproject["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert citation["authors"][0]["name"] == project["authors"][0]["name"]
    assert "MIT License" in (root / "LICENSE").read_text()


def test_the_changelog_has_unreleased_on_top(root):
    """The newest changes come first, each a sentence."""
    text = (root / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    for entry in re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE):
        assert entry.endswith("."), entry


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "reports/README.md"])
def test_links_between_pages_lead_somewhere(root, name):
    """A relative link or picture in a page exists."""
    page = root / name
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "reports/README.md"])
def test_commands_of_the_pages_exist(root, name):
    """Every `make target` that a page names is in the Makefile."""
    makefile, page = (root / "Makefile").read_text(), (root / name).read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", page, re.MULTILINE))
    assert named <= targets


def test_make_help_tells_every_target(root):
    """A target without a line of help is not found by anyone."""
    text = (root / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)", text, re.MULTILINE)
    described = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert set(phony.split()) == described


def test_every_python_that_is_tested_is_named(root, pyproject):
    """The package's metadata, the page for contributors and the README agree."""
    named = [
        each.removeprefix("Programming Language :: Python :: ")
        for each in pyproject["project"]["classifiers"]
        if re.search(r":: 3\.\d+$", each)
    ]
    assert named[0] == pyproject["project"]["requires-python"].removeprefix(">=")
    listed = f"{', '.join(named[:-1])} and {named[-1]}"
    assert f"Tested with Python {listed}" in (root / "CONTRIBUTING.md").read_text()
    assert f"(tested: {', '.join(named)})" in (root / "README.md").read_text()


def test_the_hooks_fetch_nothing(root):
    """pre-commit runs the tools of .venv, never a repository's."""
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())
    for repository in config["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].startswith(".venv/bin/")
