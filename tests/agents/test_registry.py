"""Scaffolds are found by name, and listed without loading any."""

import subprocess
import sys

import pytest

from mle_toolkit.agents import known_agents, load_scaffold
from mle_toolkit.errors import UnknownNameError


def test_every_known_agent_can_be_loaded():
    """A name that is listed leads to something that can be called."""
    assert all(callable(load_scaffold(name)) for name in known_agents())


def test_an_unknown_agent_is_named():
    """The message helps with the spelling."""
    with pytest.raises(UnknownNameError, match="did you mean 'tree-search'"):
        load_scaffold("tree-serch")


def test_listing_loads_nothing_heavy():
    """A command line can complete names without numpy or pandas."""
    code = (
        "import sys; from mle_toolkit.agents import known_agents; known_agents(); "
        "from mle_toolkit.models import known_models; known_models(); "
        "sys.exit(bool({'numpy', 'pandas', 'sklearn', 'openai'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
