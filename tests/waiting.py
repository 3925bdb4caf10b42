"""Waiting for what another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(probe: Callable[[], T], *, seconds: float = 10.0, pause_seconds: float = 0.02) -> T:
    """Return the first true value of `probe`, called after pauses; fail after the timeout, showing the last value."""
    deadline = time.monotonic() + seconds
    while not (value := probe()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {value!r}"
        time.sleep(pause_seconds)
    return value
