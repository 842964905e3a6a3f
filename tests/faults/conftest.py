"""A laboratory for each test, and prepared data for all."""

import pytest

from mle_toolkit import competitions
from tests.laboratory import Lab


@pytest.fixture(scope="session", autouse=True)
def data(tmp_path_factory):
    """Prepared data of their own, so that no user's cache is touched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLE_DATA", str(tmp_path_factory.mktemp("data")))
        competitions.prepare("digits")
        yield


@pytest.fixture
def lab(tmp_path):
    """A folder for experiments; nothing of them outlives the test."""
    made = Lab(tmp_path)
    yield made
    made.end()
