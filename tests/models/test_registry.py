"""Models are found by name, and their options are checked."""

import sys

import pytest

from mle_toolkit.errors import (
    MissingExtraError,
    ModelError,
    UnknownNameError,
    UsageError,
)
from mle_toolkit.models import Message, get_model
from mle_toolkit.models.options import ModelOptions, read_options


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_the_offline_model_needs_nothing():
    """Its name is all it takes."""
    assert get_model("offline", seed=1).name == "offline"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("oflline", "did you mean 'offline'"),
        ("gpt-4", "choose 'offline'"),
        ("", "unknown model ''"),
    ],
)
def test_unknown_names(name, message):
    """The legal names are listed."""
    with pytest.raises(UnknownNameError, match=message):
        get_model(name, seed=0)


@pytest.mark.parametrize("name", ["openai", "openai:", "anthropic", "scripted:"])
def test_a_name_without_a_model(name):
    """The family alone is not enough."""
    with pytest.raises(UsageError, match="names no model"):
        get_model(name, seed=0)


def test_the_offline_model_takes_no_options():
    """Options that would do nothing are refused."""
    with pytest.raises(UsageError, match="takes no options; got temperature"):
        get_model("offline", seed=0, options={"temperature": 1})
    with pytest.raises(UsageError, match="nothing more"):
        get_model("offline:x", seed=0)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": "hot"},
        {"max_tokens": 1.5},
        {"max_tokens": True},
        {"timeout_s": -1},
        {"send_seed": 1},
        {"base_url": 3},
    ],
)
def test_illegal_options(options):
    """The option and its value are named."""
    with pytest.raises(UsageError, match=next(iter(options))):
        read_options(options)


def test_unknown_options():
    """A misspelt option is not passed over."""
    with pytest.raises(UnknownNameError, match="temperatur"):
        read_options({"temperatur": 1})


def test_none_is_the_default():
    """None stands for what the provider does."""
    assert read_options({"temperature": None}) == ModelOptions()


@pytest.mark.parametrize("family", ["openai", "anthropic"])
def test_a_missing_package_names_the_extra(family, monkeypatch):
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, family, None)
    with pytest.raises(MissingExtraError, match=r"mle-toolkit\[models\]"):
        get_model(f"{family}:x", seed=0)


@pytest.mark.parametrize("family", ["openai", "anthropic"])
def test_a_missing_key_is_named(family, monkeypatch, tmp_path):
    """The message says which variable to set."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ModelError, match=f"{family.upper()}_API_KEY"):
        get_model(f"{family}:x", seed=0)


def test_roles_are_checked():
    """A role that no protocol knows is refused."""
    with pytest.raises(UsageError, match="robot"):
        Message("robot", "hello")
