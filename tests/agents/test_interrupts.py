"""Wishes to end: taken at any time, granted only in a window."""

import os
import signal
import time

import pytest

from mle_toolkit.agents.interrupts import Interrupted, Interrupts
from tests.laboratory import until


@pytest.fixture
def interrupts():
    """Interrupts whose signal handlers are taken back."""
    old = {
        number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)
    }
    yield Interrupts()
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in old.items():
        signal.signal(number, handler)


def wait_for_sigterm():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(600)


def test_a_window_is_broken_off(interrupts):
    """SIGTERM ends a long wait at once."""
    # Were it not broken off, the time limit would end it, and its status would differ.
    interrupts.install(time.monotonic() + 100)
    with pytest.raises(Interrupted) as caught, interrupts.window():
        wait_for_sigterm()
    assert caught.value.status == "stopped"


def test_outside_of_a_window_nothing_is_cut(interrupts):
    """The wish waits for the next check or window."""
    interrupts.install(time.monotonic() + 100)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)
    with pytest.raises(Interrupted):
        interrupts.check()
    with pytest.raises(Interrupted), interrupts.window():
        pytest.fail("nothing may begin")


def test_the_deadline_rings(interrupts):
    """At the deadline a window ends with the status of the time limit."""
    interrupts.install(time.monotonic() + 0.1)
    with pytest.raises(Interrupted) as caught, interrupts.window():
        time.sleep(100)
    assert caught.value.status == "time-limit"


def test_the_first_wish_counts(interrupts):
    """A later wish does not change the status."""
    interrupts.request("stopped")
    interrupts.request("time-limit")
    assert interrupts.status == "stopped"


def test_a_deadline_in_the_past_rings_at_once(interrupts):
    """A runner that starts too late ends at once."""
    interrupts.install(time.monotonic() - 5)
    until(lambda: interrupts.status == "time-limit")
