"""Importing into a run folder, and what lies there then."""

from __future__ import annotations

import os

import pytest

from mle_toolkit.traces import EventLog
from mle_toolkit.traces.importing.storing import import_traces


@pytest.fixture(autouse=True, scope="module")
def unsynced():
    """Let the system choose when to write: these tests make hundreds of folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(os, "sync", lambda: None)
        yield


@pytest.fixture
def stored(tmp_path):
    """Import a path; return the report, the run folder and the events of each try."""

    def store(path, **options):
        out = tmp_path / "run"
        report = import_traces(path, out, **options)
        tries = sorted(out.glob("*/*/*/try-1"))
        return report, out, [list(EventLog(each)) for each in tries]

    return store
