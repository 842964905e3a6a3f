"""What import-linter cannot hold: what is loaded when, and that its lists are whole."""

import json
import re
import subprocess
import sys

import pytest

LOADED = (
    "import importlib, json, sys; before = set(sys.modules); "
    "importlib.import_module(sys.argv[1]); "
    "print(json.dumps(sorted(set(sys.modules) - before)))"
)
PACKAGES_OF_LAYER = {
    "reporting": {"matplotlib", "seaborn"},
    "notebook": {"IPython", "ipywidgets", "anywidget", "papermill"},
}
HEAVY = {"IPython", "matplotlib", "numpy", "pandas", "scipy", "seaborn", "sklearn"}


def loaded_by(root, module):
    """Names of the modules that a fresh process loads to import `module`."""
    command = [sys.executable, "-c", LOADED, module]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def words(row):
    """Names in a row of layers."""
    return re.findall(r"\w+", row)


def top_level(modules):
    """First parts of dotted names."""
    return {name.split(".")[0] for name in modules}


@pytest.mark.parametrize(
    "module", ["mle_toolkit.running.supervisor", "mle_toolkit.records"]
)
def test_the_supervisor_needs_the_standard_library_alone(root, module):
    """It must start at once and outlive a broken environment."""
    foreign = top_level(loaded_by(root, module)) - sys.stdlib_module_names
    foreign = {name for name in foreign if not name.startswith("__")}
    assert foreign == {"mle_toolkit"}


@pytest.mark.parametrize("module", ["mle_toolkit", "mle_toolkit.cli"])
def test_importing_the_package_or_its_command_loads_nothing_heavy(root, module):
    """`mle --help` and the first cell of a notebook answer at once."""
    assert top_level(loaded_by(root, module)) & HEAVY == set()


@pytest.mark.parametrize("layer", sorted(PACKAGES_OF_LAYER))
def test_the_import_rules_name_each_library_of_a_layer(pyproject, layer):
    """A library that only one layer may import has a rule for each name."""
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    forbidden = [set(contract.get("forbidden_modules", [])) for contract in contracts]
    assert PACKAGES_OF_LAYER[layer] in forbidden


def test_the_rule_on_statistics_covers_both_layers_above_them(pyproject):
    """No package that runs attempts is forgotten; import-linter knows them all."""
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    layers = next(rule for rule in contracts if rule["type"] == "layers")["layers"]
    bottom = layers.index("(stats)")
    wanted = {name for row in layers[bottom - 2 : bottom] for name in words(row)}
    (rule,) = (
        rule
        for rule in contracts
        if rule.get("forbidden_modules") == ["mle_toolkit.stats"]
    )
    assert {name.split(".")[1] for name in rule["source_modules"]} == wanted


def test_the_package_says_that_it_is_typed(root):
    """Type checkers of users read our annotations."""
    assert (root / "mle_toolkit" / "py.typed").exists()
