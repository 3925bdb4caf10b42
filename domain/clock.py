"""Time as a port, so that tests can hold it."""

from collections.abc import Callable

Clock = Callable[[], int]
"""Returns nanoseconds since the Unix epoch, UTC, like `time.time_ns`."""
