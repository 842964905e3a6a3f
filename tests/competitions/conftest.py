"""The offline competitions, prepared once for all test processes."""

import pytest

from mle_toolkit.competitions import prepare

MINI = ("breast-cancer", "digits", "doctor-visits")


@pytest.fixture(scope="session", autouse=True)
def _data_folder(tmp_path_factory):
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):
        shared = shared.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLE_DATA", str(shared / "mle-data"))
        yield


@pytest.fixture(scope="session")
def prepared(_data_folder):
    """Return the prepared folders of each offline competition."""
    return {name: prepare(name) for name in MINI}
