"""Tells work that grows with its input from work that grows with the square of it."""

import math
import time

import pytest

_TRIES = 3
_MOST = 10


def assert_linear(run, size):
    """Fail if work on four times as much input takes ten times as long, or longer.

    Linear work takes four times as long, quadratic work sixteen times.  Time on the
    processor is held against time on the same processor, so neither a slow machine
    nor a busy one matters, and the least of three tries counts.

    Parameters
    ----------
    run
        Does the work on an input of the size that it is called with.
    size
        The size of the large input.
    """
    # Whatever only the first run has to do, such as importing, is done here.
    run(max(1, size // 1000))
    small = large = math.inf
    for _ in range(_TRIES):
        small = min(small, _seconds(run, size // 4))
        large = min(large, _seconds(run, size))
        if large < _MOST * small:
            return
    pytest.fail(f"a size of {size} takes {large:.2f} s, a quarter of it {small:.2f} s")


def _seconds(run, size):
    began = time.process_time()
    run(size)
    return time.process_time() - began
