"""What every test gets: one thread per process, no unexpected skips in CI."""

import os

import pytest
from hypothesis import settings

# Before a test module imports numpy: all tests share the cores.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def strict_skips() -> bool:
    """Say whether a skip is a failure: in CI, where everything is installed."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001
    report = yield
    expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not expected_failure and strict_skips():
        marker = item.get_closest_marker("may_skip")
        if marker is None:
            fail_instead(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):  # noqa: ARG001
    report = yield
    if report.skipped and strict_skips():
        fail_instead(report)
    return report


def fail_instead(report):
    """Turn the report of a skip into the report of a failure that says why."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    report.outcome = "failed"
    report.longrepr = (
        f"{reason}\nIn CI a skip is a failure: install what is missing, or mark the "
        "test with @pytest.mark.may_skip('why')."
    )
