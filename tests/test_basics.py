"""The small modules at the bottom: durations, seeds, errors, records, names."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mle_toolkit
from mle_toolkit import errors, seeds
from mle_toolkit.durations import format_duration, parse_duration
from mle_toolkit.records import Limits, from_dict, to_json


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("5m", 300), ("24h", 86400), ("1h30m", 5400), ("0.5s", 0.5), (7, 7)],
)
def test_durations_are_read(text, seconds):
    """Numbers are seconds; units may be put together."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5x", "m", "-5", "0", "1 week", "5m x", None])
def test_bad_durations_are_refused(text):
    """What is no length of time is a usage error."""
    with pytest.raises(errors.UsageError):
        parse_duration(text)


@given(st.integers(1, 10**7))
def test_formatted_durations_are_close(seconds):
    """What is shown is what it is, to the second unit shown."""
    shown = parse_duration(format_duration(seconds))
    assert abs(shown - seconds) <= max(1, 0.05 * seconds)


def test_derived_seeds_are_stable_and_distinct():
    """A derived seed is the same in every process, and differs by any part."""
    assert seeds.derive("digits", 0) == 4557797320877657305
    assert len({seeds.derive(a, b) for a in "abc" for b in range(50)}) == 150


def test_generator_is_reproducible():
    """A seed gives the same draws; a generator is used as it is."""
    draws = [seeds.generator(3).random() for _ in range(2)]
    assert draws[0] == draws[1]
    rng = np.random.default_rng(0)
    assert seeds.generator(rng) is rng


def test_errors_are_both_ours_and_pythons():
    """Each error can be caught as ours, or as the built-in that one expects."""
    assert issubclass(errors.UsageError, ValueError)
    assert issubclass(errors.StoreError, RuntimeError)
    assert issubclass(errors.MissingExtraError, ImportError)
    assert "pip install 'mle-toolkit[models]'" in str(
        errors.MissingExtraError("openai", "models")
    )


def test_unknown_names_are_corrected():
    """A typing error is answered with the likely name and all legal ones."""
    with pytest.raises(errors.UnknownNameError, match="did you mean 'digits'"):
        errors.check_choice("competition", "digit", ["digits", "wine"])


def test_records_survive_json():
    """A record is read back equal; keys of a later version are ignored."""
    import json

    limits = Limits(steps=3, memory_mib=100)
    data = json.loads(to_json(limits)) | {"added_later": 1}
    assert from_dict(Limits, data) == limits


def test_public_names_exist():
    """Every name that the package lists can be had, and typing errors cannot."""
    for name in mle_toolkit.__all__:
        assert getattr(mle_toolkit, name) is not None
    with pytest.raises(AttributeError, match="lanch"):
        _ = mle_toolkit.lanch


def test_import_loads_nothing_heavy():
    """Importing the package loads neither numpy nor pandas nor asks anything."""
    code = (
        "import sys, mle_toolkit\n"
        "print([m for m in ('numpy', 'pandas', 'typing') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import sys; sys.path.insert(0, '.')\n" + code],
        capture_output=True,
        text=True,
        check=True,
        cwd=mle_toolkit.__path__[0] + "/..",
    )
    assert done.stdout.strip() == "[]"
