"""The offline competitions, prepared once for all test processes."""

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import list_cards, load_card, prepare


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
    return {card.id: prepare(card.id) for card in list_cards("mini")}


@pytest.fixture(scope="session")
def tables(prepared):
    """A function that returns train, test, sample submission and answers."""

    def read(name):
        folders, files = prepared[name], load_card(name).files
        return (
            pd.read_csv(folders.public / files.train),
            pd.read_csv(folders.public / files.test),
            pd.read_csv(folders.public / files.sample_submission),
            pd.read_csv(folders.private / files.answers),
        )

    return read


@pytest.fixture(scope="session")
def rows_found():
    """A function that counts the rows of one table that another holds as well.

    Each column is brought to a scale from 0 to 1 first, as a lookup would do.
    """

    def count(ours, theirs):
        known = {row.tobytes() for row in to_unit_range(theirs)}
        return sum(row.tobytes() in known for row in to_unit_range(ours))

    return count


def to_unit_range(columns):
    values = np.asarray(columns, dtype=float)
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    scaled = np.round((values - low) / np.where(high > low, high - low, 1), 6)
    return np.ascontiguousarray(scaled + 0.0)
