"""pyproject.toml, constraints.txt and environment.yml tell one story.

conda is not needed here and was not at hand: environment.yml is checked as text.
"""

import ast
import re
import sys

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

# Needed without an import: a program that is started, a plugin, a tool.
NOT_IMPORTED = {
    "build",
    "hatchling",
    "import-linter",
    "jupyterlab",
    "mypy",
    "nbconvert",
    "pandas-stubs",
    "papermill",
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
    "scipy-stubs",
}
IMPORT_NAMES = {
    "fonttools": "fontTools",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "pyyaml": "yaml",
}


@pytest.fixture(scope="module")
def pins(root):
    """Constraints as a list of (name, version, requirement)."""
    lines = (root / "constraints.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line.strip()]
    return [
        (canonicalize_name(item.name), next(iter(item.specifier)).version, item)
        for item in requirements
    ]


@pytest.fixture(scope="module")
def groups(pyproject):
    """Requirements by group: "core" and every extra but those made of extras."""
    project = pyproject["project"]
    named = {"core": project["dependencies"], **project["optional-dependencies"]}
    return {
        name: [Requirement(text) for text in texts] for name, texts in named.items()
    }


def test_each_constraint_is_one_exact_version_of_a_package(root, pins):
    """No URL, no path, no option, no hash: `name==version`, perhaps with a marker."""
    text = (root / "constraints.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*[-#./]", text, re.MULTILINE)
    for _, _, item in pins:
        assert item.url is None
        assert [part.operator for part in item.specifier] == ["=="]


def test_a_package_has_one_version_in_each_environment(pins):
    """Two lines for a package have markers that exclude each other here."""
    here = [name for name, _, item in pins if not item.marker or item.marker.evaluate()]
    assert len(here) == len(set(here))


# Its own dependencies hold back those of others, so it is installed on its own.
APART = "inspect"


def test_each_dependency_is_pinned_to_a_version_that_it_allows(groups, pins):
    """What pyproject.toml asks for is in constraints.txt, and satisfied by it."""
    versions = {}
    for name, version, _ in pins:
        versions.setdefault(name, []).append(version)
    for group, requirements in groups.items():
        for item in requirements:
            name = canonicalize_name(item.name)
            if name == "mle-toolkit" or group == APART:
                continue
            assert name in versions, f"{name} is not in constraints.txt: make lock"
            for version in versions[name]:
                assert item.specifier.contains(version, prereleases=True), item


def test_what_is_installed_is_what_is_pinned(pins):
    """The tests run with the versions that constraints.txt promises."""
    from importlib.metadata import PackageNotFoundError, version

    wrong = []
    for name, pinned, item in pins:
        if item.marker and not item.marker.evaluate():
            continue
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        if Version(installed) != Version(pinned):
            wrong.append(f"{name} {installed}, pinned {pinned}")
    assert not wrong, "make setup installs the pinned versions"


def test_extras_that_are_made_of_extras_name_existing_ones(groups):
    """`all` holds every extra that can be installed together, and no other."""
    assert {"all", "dev", "mini", "models"} <= set(groups)
    (everything,) = groups["all"]
    assert everything.extras == set(groups) - {"core", "dev", "all", APART}


def test_each_dependency_has_a_lower_bound_and_a_reason(root, groups):
    """A bound says what was tested; the comment says what the package is for."""
    text = (root / "pyproject.toml").read_text()
    for name, requirements in groups.items():
        for item in requirements:
            if item.name == "mle-toolkit":
                continue
            assert any(part.operator == ">=" for part in item.specifier), item
            if name in {"core", "dev"}:
                assert re.search(rf'"{item.name}>=.*",\s+# \w', text), item.name


def test_each_dependency_is_used(root, groups):
    """What nothing imports is not installed, but for named programs and plugins."""
    imported = set()
    folders = ("mle_toolkit", "tests", "benchmarks", "competitions")
    for folder in folders:
        for path in (root / folder).rglob("*.py"):
            imported |= imported_names(path.read_text())
    for requirements in groups.values():
        for item in requirements:
            name = canonicalize_name(item.name)
            if name in NOT_IMPORTED | {"mle-toolkit"}:
                continue
            module = IMPORT_NAMES.get(name, name.replace("-", "_"))
            assert module in imported, f"nothing imports {module}"


def test_the_python_range_is_the_same_everywhere(root, pyproject):
    """Package, conda environment, ruff and mypy agree on the oldest Python."""
    wanted = pyproject["project"]["requires-python"]
    environment = yaml.safe_load((root / "environment.yml").read_text())
    texts = [item for item in environment["dependencies"] if isinstance(item, str)]
    (python,) = (text for text in texts if re.match(r"python\W", text))
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(wanted)
    oldest = wanted.removeprefix(">=")
    tools = pyproject["tool"]
    assert tools["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert tools["mypy"]["python_version"] == oldest
    assert f"(sys.version_info < ({oldest.replace('.', ', ')}))" in (
        (root / "Makefile").read_text()
    )
    assert sys.version_info >= tuple(int(part) for part in oldest.split("."))


def test_conda_brings_python_and_pip_and_the_lock_brings_the_rest(root, groups):
    """environment.yml adds no version of its own and names existing extras."""
    environment = yaml.safe_load((root / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *conda, pip = environment["dependencies"]
    assert [re.split(r"\W", text)[0] for text in conda] == ["python", "pip"]
    constraints, package = pip["pip"]
    assert constraints == "-c constraints.txt"
    extras = re.fullmatch(r"-e \.\[([a-z,]+)\]", package)
    assert extras
    assert set(extras[1].split(",")) <= set(groups)


def imported_names(source):
    """Top-level names that a module imports, wherever the import stands."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call):
            # A name may also be given as text, to import_module or importorskip.
            names |= {
                argument.value.split(".")[0]
                for argument in node.args[:1]
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
                and argument.value.replace(".", "").replace("_", "").isalnum()
            }
    return names
